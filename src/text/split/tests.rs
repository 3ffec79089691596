use super::*;
use crate::{
    model::fixtures,
    text::{Dialect, HandleStyle, LinkStyle, MentionWeight, Unit, flatten},
};
use proptest::prelude::*;

const PLAIN: Measure = Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full };
const SHORT_URLS: Measure = Measure { unit: Unit::Graphemes, url: Some(23), mention: MentionWeight::WithoutHost };

fn flat(text: &str) -> Flat {
    Flat { text: text.to_owned(), ranges: Vec::new(), anchors: vec![(0, 100)], ..Flat::default() }
}

fn with(mut flat: Flat, covered: &str, kind: RangeKind) -> Flat {
    let start = flat.text.find(covered).expect("the covered text is in the text");
    flat.ranges.push(Range { start, end: start + covered.len(), kind });
    flat
}

fn link(flat: Flat, url: &str) -> Flat {
    with(flat, url, RangeKind::Link { url: url.to_owned() })
}

fn tag(flat: Flat, tag: &str) -> Flat {
    with(flat, &format!("#{tag}"), RangeKind::Tag { tag: tag.to_owned() })
}

#[track_caller]
fn check(flat: &Flat, max: u64, expect: &[&str]) {
    let parts = split(flat, &PLAIN, max, None);
    assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), expect);
}

#[test]
fn what_fits_stays_whole_and_unnumbered() {
    check(&flat("Exactly ten"), 11, &["Exactly ten"]);
    check(&flat(""), 0, &[""]);
}

#[test]
fn paragraphs_come_first() {
    check(
        &flat("One two three. Four.\n\nFive six. Seven eight."),
        34,
        &["One two three. Four. (1/2)", "Five six. Seven eight. (2/2)"],
    );
}

#[test]
fn a_paragraph_that_leaves_a_part_nearly_empty_is_joined_by_sentences() {
    check(
        &flat("Hi!\n\nThis is the news. It is quite long. And it goes on."),
        34,
        &["Hi!\n\nThis is the news. (1/3)", "It is quite long. (2/3)", "And it goes on. (3/3)"],
    );
}

#[test]
fn sentences_come_before_words() {
    check(
        &flat("Come in. It is open to all of you"),
        26,
        &["Come in. (1/3)", "It is open to all of (2/3)", "you (3/3)"],
    );
}

#[test]
fn list_items_are_like_sentences() {
    check(&flat("Today:\n• milk and bread\n• water"), 30, &["Today:\n• milk and bread (1/2)", "• water (2/2)"]);
}

#[test]
fn long_words_are_cut_between_clusters() {
    check(&flat("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦"), 8, &["👩‍👩‍👧‍👦👩‍👩‍👧‍👦 (1/5)", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦 (2/5)", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦 (3/5)", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦 (4/5)", "👩‍👩‍👧‍👦 (5/5)"]);
}

#[test]
fn full_width_sentences_need_no_space() {
    check(
        &flat("これは文です。これも文です。そして三つ目の文です。"),
        22,
        &["これは文です。これも文です。 (1/2)", "そして三つ目の文です。 (2/2)"],
    );
}

#[test]
fn a_url_stays_whole_and_may_be_over() {
    let url = "https://example.org/a/very/long/address";
    let text = format!("Look here: {url} and there");
    let expect = ["Look here: (1/3)", &format!("{url} (2/3)"), "and there (3/3)"];
    check(&link(flat(&text), url), 20, &expect);
    check(&flat(&text), 20, &expect);
    let parts = split(&link(flat(&text), url), &SHORT_URLS, 29, None);
    assert_eq!(parts.iter().map(|part| weigh(part, &SHORT_URLS)).collect::<Vec<_>>(), [16, 29, 15]);
}

#[test]
fn tags_at_the_end_go_with_the_last_words() {
    let text = tag(tag(flat("This is one sentence. This is another one.\n\n#news #cats"), "news"), "cats");
    check(&text, 50, &["This is one sentence. (1/2)", "This is another one.\n\n#news #cats (2/2)"]);
}

#[test]
fn bytes_count_as_well() {
    let parts = split(&flat("ééééé ééééé"), &PLAIN, 300, Some(16));
    assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["ééééé (1/2)", "ééééé (2/2)"]);
}

#[test]
fn numbers_of_two_digits_count_too() {
    let parts = split(&flat(&"word ".repeat(24)), &PLAIN, 12, None);
    assert_eq!(parts.len(), 24);
    assert_eq!(parts[0].text, "word (1/24)");
    assert_eq!(parts[23].text, "word (24/24)");
    let parts = split(&flat(&"word ".repeat(20)), &PLAIN, 15, None);
    assert_eq!((parts.len(), parts[0].text.as_str()), (20, "word (1/20)"));
}

#[test]
fn ranges_and_places_move_along() {
    let text = tag(link(flat("The first half is here. Then https://a.example and #tag"), "https://a.example"), "tag");
    let parts = split(&text, &PLAIN, 42, None);
    let covered =
        |part: &Flat| part.ranges.iter().map(|range| part.text[range.start..range.end].to_owned()).collect::<Vec<_>>();
    assert_eq!(parts.len(), 2);
    assert!(parts[0].ranges.is_empty());
    assert_eq!(covered(&parts[1]), ["https://a.example", "#tag"]);
    assert_eq!(parts[1].source_of(0), Some(124));
}

#[test]
fn no_room_at_all_still_ends() {
    check(&flat("abc"), 1, &["a (1/3)", "b (2/3)", "c (3/3)"]);
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn nothing_is_lost_and_no_part_is_over(
        blocks in fixtures::blocks(),
        max in 12u64..60,
        max_bytes in proptest::option::of(12u64..90),
        is_short in proptest::bool::ANY,
    ) {
        let (measure, links) = if is_short { (SHORT_URLS, LinkStyle::TextThenUrl) } else { (PLAIN, LinkStyle::Range) };
        let flat = flatten(&blocks, &Dialect { network: fixtures::MASTODON, links, handles: HandleStyle::UserAtHost, bare_domains: false, styles: false });
        let parts = split(&flat, &measure, max, max_bytes);
        let mut joined = String::new();
        let mut kinds = Vec::new();
        for (number, part) in (1..).zip(&parts) {
            let suffix = format!(" ({number}/{})", parts.len());
            let body = if parts.len() == 1 { part.text.as_str() } else { part.text.strip_suffix(&suffix).expect("a number") };
            let whole = Flat { text: body.to_owned(), ..part.clone() };
            if weigh(part, &measure) > max || max_bytes.is_some_and(|max| part.text.len() as u64 > max) {
                prop_assert_eq!(Pieces::new(&whole, &measure).atoms.len(), 1, "{:?} is over but not one piece", body);
            }
            prop_assert_eq!(body.trim(), body);
            joined.push_str(body);
            for range in &part.ranges {
                prop_assert!(range.end <= body.len() && part.text.get(range.start..range.end).is_some());
                kinds.push(range.kind.clone());
            }
        }
        prop_assert_eq!(without_spaces(&joined), without_spaces(&flat.text));
        prop_assert_eq!(kinds, flat.ranges.into_iter().map(|range| range.kind).collect::<Vec<_>>());
    }
}
