use super::{Flat, Measure, MentionWeight, Range, RangeKind, Unit, url::is_web, weighted};
use unicode_segmentation::UnicodeSegmentation as _;

/// Counts a text in a unit.
pub fn count(text: &str, unit: Unit) -> u64 {
    let count = match unit {
        Unit::Weighted => return weighted::weigh(text),
        Unit::Graphemes => graphemes(text),
        Unit::Bytes => text.len(),
        Unit::CodePoints => text.chars().count(),
        Unit::Utf16 => text.chars().count() + text.bytes().filter(|&byte| byte >= FIRST_BYTE_OF_FOUR).count(),
    };
    count as u64
}

/// Weighs a text against a limit: a URL that is shown and a mention weigh what the measure says, all else is counted.
pub fn weigh(flat: &Flat, measure: &Measure) -> u64 {
    weigh_slice(&flat.text, 0, &flat.ranges, measure)
}

/// Returns what a text weighs at most, without counting: no unit counts more than bytes, but for a few characters that X
/// counts as several, and only a link may weigh more.
pub fn at_most(flat: &Flat, measure: &Measure) -> u64 {
    let each = if measure.unit == Unit::Weighted { 2 } else { 1 };
    let links = flat.ranges.iter().filter(|range| matches!(range.kind, RangeKind::Link { .. })).count();
    (flat.text.len() * each + links * measure.url.map_or(0, |weight| weight as usize)) as u64
}

/// Weighs a slice of a text; `offset` is where it starts in the text that `ranges` belong to.
///
/// Ranges outside of the slice are passed over; none may cross its border.
pub(super) fn weigh_slice(text: &str, offset: usize, ranges: &[Range], measure: &Measure) -> u64 {
    if measure.url.is_none() && measure.mention == MentionWeight::Full {
        return count(text, measure.unit);
    }
    let mut total = 0;
    let mut done = 0;
    for range in ranges {
        if range.start < offset || range.end > offset + text.len() {
            continue;
        }
        let (start, end) = (range.start - offset, range.end - offset);
        if let Some(weight) = special(&text[start..end], &range.kind, measure) {
            total += count(&text[done..start], measure.unit) + weight;
            done = end;
        }
    }
    total + count(&text[done..], measure.unit)
}

/// Returns what a range weighs, if that differs from its count.
fn special(covered: &str, kind: &RangeKind, measure: &Measure) -> Option<u64> {
    match kind {
        RangeKind::Link { url } => {
            let shows_itself = is_web(covered) || url.strip_prefix("https://") == Some(covered);
            measure.url.filter(|_| shows_itself).map(u64::from)
        }
        RangeKind::Mention { .. } if measure.mention == MentionWeight::WithoutHost => {
            let host = covered.get(1..)?.find('@')? + 1;
            Some(count(&covered[..host], measure.unit))
        }
        RangeKind::Mention { .. } | RangeKind::Tag { .. } => None,
    }
}

const FIRST_BYTE_OF_FOUR: u8 = 0xF0;

/// Counts extended grapheme clusters, as `graphemes(true).count()` does but faster where the text is plain.
///
/// Between two plain characters there is always a border unless they are CR LF, whatever stands around them. So the
/// inside of a run of them is counted without tables, and only the rest needs those. The first character of a run stays
/// with what is before (a prepended mark may hold it) and the last with what follows (a combining mark may hold on to it);
/// CR LF is never parted.
fn graphemes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut total = 0;
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        let run = at;
        at += plain_prefix(&bytes[at..]);
        if at > run {
            let mut first = if run == 0 { 0 } else { text.ceil_char_boundary(run + 1) };
            let mut last = if at == bytes.len() { at } else { text.floor_char_boundary(at - 1) };
            let parts_pair = |border: usize| border > 0 && bytes.get(border - 1..=border) == Some(b"\r\n");
            first += usize::from(parts_pair(first));
            last = last.saturating_sub(usize::from(parts_pair(last)));
            if first < last {
                total += text[done..first].graphemes(true).count() + plain(&text[first..last]);
                done = last;
            }
        }
        while at < bytes.len() && !is_plain_start(&bytes[at..]) {
            at += 1;
        }
    }
    total + text[done..].graphemes(true).count()
}

/// Returns how many bytes of plain characters a text begins with.
fn plain_prefix(bytes: &[u8]) -> usize {
    const NOT_ASCII: u64 = u64::from_ne_bytes([0x80; 8]);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if let Some(eight) = bytes[at..].first_chunk().filter(|_| byte.is_ascii()) {
            let beyond = u64::from_le_bytes(*eight) & NOT_ASCII;
            at += beyond.trailing_zeros() as usize / 8;
        } else if is_plain_start(&bytes[at..]) {
            at += 1 + bytes[at + 1..].iter().take_while(|byte| (0x80..0xC0).contains(*byte)).count();
        } else {
            return at;
        }
    }
    at
}

/// Tells by its first bytes whether a character is plain: one of those that neither join what stands beside them nor are
/// joined by it. They are ASCII, most letters, punctuation and symbols, ideographs, and the emoji that are no skin tone.
fn is_plain_start(bytes: &[u8]) -> bool {
    let second = bytes.get(1).copied().unwrap_or_default();
    let third = bytes.get(2).copied().unwrap_or_default();
    match bytes[0] {
        // Latin, Greek and Cyrillic, ideographs and the syllables of Hangul.
        0..0x80 | 0xC3..=0xCB | 0xCE..=0xD1 | 0xE4..=0xE9 | 0xEB | 0xEC => true,
        // Hebrew and Arabic without their marks.
        0xD7 => matches!(second, 0x90..=0xAA),
        0xD8 => matches!(second, 0xA0..=0xBF),
        0xD9 => matches!(second, 0x80..=0x8A),
        // Dashes and quotation marks; the signs of currencies, arrows, dingbats.
        0xE2 => matches!((second, third), (0x80, 0x90..=0xA7) | (0x82 | 0x84..=0xAF, _)),
        // Kana without the marks that join.
        0xE3 => matches!((second, third), (0x81 | 0x83, _) | (0x82, 0x80..=0x98 | 0x9B..=0xBF)),
        // Emoji: the letters of flags stand before them.
        0xF0 => {
            second == 0x9F && matches!((third, bytes.get(3)), (0x8F, Some(..0xBB)) | (0x8C..=0x8E | 0x90..=0xAB, _))
        }
        _ => false,
    }
}

/// Counts the clusters of a text of plain characters.
fn plain(text: &str) -> usize {
    let pairs = memchr::memchr_iter(b'\r', text.as_bytes()).filter(|at| text.as_bytes().get(at + 1) == Some(&b'\n'));
    text.chars().count() - pairs.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, [graphemes, bytes, code_points, utf16]: [u64; 4]) {
        assert_eq!(count(text, Unit::Graphemes), graphemes, "graphemes of {text:?}");
        assert_eq!(count(text, Unit::Bytes), bytes, "bytes of {text:?}");
        assert_eq!(count(text, Unit::CodePoints), code_points, "code points of {text:?}");
        assert_eq!(count(text, Unit::Utf16), utf16, "UTF-16 units of {text:?}");
    }

    #[test]
    fn nothing_counts_nothing() {
        check("", [0, 0, 0, 0]);
    }

    #[test]
    fn ascii_counts_one_each_but_cr_lf_is_one_cluster() {
        check("abc", [3, 3, 3, 3]);
        check("a\nb", [3, 3, 3, 3]);
        check("a\r\nb", [3, 4, 4, 4]);
        check("\r\n", [1, 2, 2, 2]);
        check("\n\r", [2, 2, 2, 2]);
    }

    #[test]
    fn emoji_joined_to_a_family_are_one_cluster() {
        check("👩‍👩‍👧‍👦", [1, 25, 7, 11]);
        check("a👩‍👩‍👧‍👦b", [3, 27, 9, 13]);
        check("👍🏽", [1, 8, 2, 4]);
        check("1️⃣", [1, 7, 3, 3]);
    }

    #[test]
    fn flags_pair_up() {
        check("🇮🇹", [1, 8, 2, 4]);
        check("🇮🇹🇫🇷", [2, 16, 4, 8]);
        check("🇮🇹🇫", [2, 12, 3, 6]);
    }

    #[test]
    fn combining_marks_join_the_letter_before() {
        check("e\u{301}", [1, 3, 2, 2]);
        check("ae\u{301}b", [3, 5, 4, 4]);
        check("\u{301}", [1, 2, 1, 1]);
        check("é", [1, 2, 1, 1]);
    }

    #[test]
    fn a_mark_after_cr_lf_stands_alone() {
        check("a\r\n\u{301}", [3, 5, 4, 4]);
        check("\r\n\u{301}\r\n", [3, 6, 5, 5]);
    }

    #[test]
    fn a_prepended_mark_holds_the_digit_after_it() {
        check("\u{600}1", [1, 3, 2, 2]);
        check("a\u{600}12", [3, 5, 4, 4]);
        check("\u{600}\r\n", [2, 4, 3, 3]);
    }

    #[test]
    fn unicodes_own_cases_hold() {
        let cases = include_str!("../../tests/vectors/GraphemeBreakTest.txt");
        let mut known = 0;
        for case in cases.lines().filter(|line| !line.starts_with('#')) {
            let mut clusters = 0;
            let mut text = String::new();
            for word in case.split(' ') {
                match word {
                    "÷" => clusters += 1,
                    "×" => {}
                    digits => text.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)),
                }
            }
            // One more of these than there are clusters.
            assert_eq!(count(&text, Unit::Graphemes), clusters - 1, "{case}");
            known += 1;
        }
        assert!(known > 700, "{known} cases");
    }

    #[test]
    fn other_scripts() {
        check("日本語", [3, 9, 3, 3]);
        check("한국", [2, 6, 2, 2]);
        check("مرحبا", [5, 10, 5, 5]);
        check("שלום", [4, 8, 4, 4]);
        check("नमस्ते", [3, 18, 6, 6]);
        check("👋", [1, 4, 1, 2]);
    }

    #[test]
    fn plain_characters_never_join() {
        let is_plain = |c: &char| is_plain_start(c.encode_utf8(&mut [0; 4]).as_bytes());
        for c in ('\u{80}'..=char::MAX).filter(is_plain) {
            let text = format!("a{c}{c}b日");
            assert_eq!(text.graphemes(true).count(), 5, "U+{:04X}", u32::from(c));
        }
    }

    fn flat(text: &str, ranges: Vec<Range>) -> Flat {
        Flat { text: text.to_owned(), ranges, anchors: Vec::new(), ..Flat::default() }
    }

    fn range(text: &str, covered: &str, kind: RangeKind) -> Range {
        let start = text.find(covered).expect("the covered text is in the text");
        Range { start, end: start + covered.len(), kind }
    }

    fn link(url: &str) -> RangeKind {
        RangeKind::Link { url: url.to_owned() }
    }

    fn mention(handle: &str) -> RangeKind {
        RangeKind::Mention { handle: handle.to_owned() }
    }

    const MASTODON: Measure = Measure { unit: Unit::Graphemes, url: Some(23), mention: MentionWeight::WithoutHost };
    const PLAIN: Measure = Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full };

    #[track_caller]
    fn check_weight(text: &str, covered: &str, kind: RangeKind, measure: Measure, expect: u64) {
        assert_eq!(weigh(&flat(text, vec![range(text, covered, kind)]), &measure), expect);
    }

    #[test]
    fn a_url_weighs_what_the_network_says() {
        let url = "https://example.org/a/very/long/path/indeed";
        check_weight(&format!("é {url}!"), url, link(url), MASTODON, 26);
        check_weight(&format!("é {url}!"), url, link(url), PLAIN, 46);
        check_weight("http://a.b", "http://a.b", link("http://a.b"), MASTODON, 23);
    }

    #[test]
    fn a_link_whose_url_is_not_shown_weighs_its_text() {
        check_weight("read it", "read", link("https://example.org"), MASTODON, 7);
    }

    #[test]
    fn a_mention_weighs_without_its_host() {
        check_weight("hi @ana@example.org", "@ana@example.org", mention("ana@example.org"), MASTODON, 7);
        check_weight("hi @ana@example.org", "@ana@example.org", mention("ana@example.org"), PLAIN, 19);
        check_weight("hi @ana", "@ana", mention("ana"), MASTODON, 7);
    }

    fn tricky() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("a"),
            Just("1 "),
            Just("\r\n"),
            Just("\r"),
            Just("\n"),
            Just("\u{301}"),
            Just("\u{200d}"),
            Just("👩"),
            Just("🇮"),
            Just("\u{600}"),
            Just("\u{fe0f}"),
            Just("\u{20e3}"),
            Just("é"),
            Just("ж "),
            Just("日本"),
            Just("한"),
            Just("가"),
            Just("\u{11a8}"),
            Just("👋"),
            Just("\u{1f3fd}"),
            Just("🇮🇹"),
            Just("❤"),
            Just("—”"),
            Just("م"),
            Just("\u{64e}"),
            Just("が"),
            Just("\u{3099}"),
            Just("\u{1100}"),
            Just("\u{1161}"),
            Just("न"),
            Just("\u{94d}"),
            Just("hello"),
            Just("\u{0}"),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_text_weighs_more_than_is_told_without_counting(
            before in tricky(),
            link in prop_oneof![Just("http://a"), Just("https://acme.example/news"), Just("read")],
            after in tricky(),
            unit in proptest::sample::select(&[Unit::Graphemes, Unit::Bytes, Unit::CodePoints, Unit::Utf16, Unit::Weighted][..]),
        ) {
            let (start, end) = (before.len(), before.len() + link.len());
            let flat = flat(&[&before, link, &after].concat(), vec![Range { start, end, kind: self::link(link) }]);
            for measure in [Measure { unit, ..MASTODON }, Measure { unit, ..PLAIN }] {
                prop_assert!(weigh(&flat, &measure) <= at_most(&flat, &measure), "{:?}", flat);
            }
        }

        #[test]
        fn the_fast_count_is_the_slow_count(text in prop_oneof![tricky(), ".{0,40}"]) {
            prop_assert_eq!(graphemes(&text), text.graphemes(true).count());
            prop_assert_eq!(count(&text, Unit::Utf16), text.encode_utf16().count() as u64);
        }
    }
}
