use super::{Flat, Measure, count::weigh_slice};
use unicode_segmentation::GraphemeCursor;

/// How a text is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun {
    /// What all of it weighs.
    pub weight: u64,
    /// How many of its bytes are within the limit, up to the last place where it could be cut: not inside a grapheme cluster,
    /// nor inside a range.
    pub fits: usize,
}

/// Returns how a text is over a limit; none if it isn't.
pub fn overrun(flat: &Flat, measure: &Measure, max: u64) -> Option<Overrun> {
    let (mut fits, mut room) = (0usize, max);
    // Hardly anything weighs more than its bytes, so as many bytes as there is room for nearly always fit.
    let mut ahead = usize::try_from(room).unwrap_or(usize::MAX).min(flat.text.len());
    while ahead > 0 {
        let cut = cut_before(flat, fits + ahead);
        let weight = if cut > fits { weigh_slice(&flat.text[fits..cut], fits, &flat.ranges, measure) } else { 0 };
        if cut > fits && weight <= room {
            (fits, room) = (cut, room - weight);
            ahead = usize::try_from(room).unwrap_or(usize::MAX).min(flat.text.len() - fits);
        } else {
            // A link that weighs more, or something that can't be cut and has more bytes than there is room.
            break;
        }
    }
    let rest = weigh_slice(&flat.text[fits..], fits, &flat.ranges, measure);
    if rest <= room {
        return None;
    }
    let weight = max - room + rest;
    // Only a link may weigh nothing.
    let fits = if room == 0 && measure.url != Some(0) { fits } else { search(flat, measure, fits, room) };
    Some(Overrun { weight, fits })
}

/// Finds where a text passes the limit, from a place on that is within it, by halves.
fn search(flat: &Flat, measure: &Measure, from: usize, room: u64) -> usize {
    let (mut fits, mut over) = (from, flat.text.len());
    // What is looked for is most often near.
    let mut step = 16;
    while fits + 1 < over {
        let middle = fits.saturating_add(step).min(fits + (over - fits) / 2);
        let cut = cut_before(flat, middle);
        if cut <= from || weigh_slice(&flat.text[from..cut], from, &flat.ranges, measure) <= room {
            fits = middle;
            step = step.saturating_mul(2);
        } else {
            over = cut;
        }
    }
    cut_before(flat, fits).max(from)
}

/// Returns the last place at or before a position where a text could be cut.
fn cut_before(flat: &Flat, position: usize) -> usize {
    let text = flat.text.as_str();
    let mut at = text.floor_char_boundary(position);
    loop {
        let next = flat.ranges.partition_point(|range| range.end <= at);
        at = flat.ranges.get(next).map_or(at, |range| range.start.min(at));
        // Two ASCII characters are one cluster only as CR LF; all else is for the tables to say.
        let is_plain = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii() && *byte != b'\n');
        let is_border = at == 0 || (is_plain(text.as_bytes().get(at)) && text.as_bytes()[at - 1].is_ascii());
        if is_border || is_cluster_border(text, at) {
            return at;
        }
        at = text.floor_char_boundary(at - 1);
    }
}

fn is_cluster_border(text: &str, at: usize) -> bool {
    // With the whole text at hand the cursor asks for no more of it.
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{MentionWeight, Range, RangeKind, Unit, weigh};
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation as _;

    const UNITS: [Unit; 4] = [Unit::Graphemes, Unit::Bytes, Unit::CodePoints, Unit::Utf16];

    /// Does the same by looking at every place.
    fn plainly(flat: &Flat, measure: &Measure, max: u64) -> usize {
        let is_inside = |at: usize| flat.ranges.iter().any(|range| range.start < at && at < range.end);
        let fits = |at: &usize| weigh_slice(&flat.text[..*at], 0, &flat.ranges, measure) <= max;
        let cuts = flat.text.grapheme_indices(true).map(|(at, _)| at).filter(|at| !is_inside(*at));
        cuts.take_while(fits).last().unwrap_or(0)
    }

    fn linked(before: &str, link: &str, after: &str) -> Flat {
        let range = Range {
            start: before.len(),
            end: before.len() + link.len(),
            kind: RangeKind::Link { url: "https://acme.example/a".to_owned() },
        };
        Flat { text: [before, link, after].concat(), ranges: vec![range], anchors: Vec::new(), ..Flat::default() }
    }

    fn piece() -> impl Strategy<Value = String> {
        let word =
            prop_oneof!["[a-z ]{1,9}", "[éÜß日本語🎉\u{301}]{1,4}", Just("👩‍👩‍👧".to_owned()), Just("\r\n".to_owned())];
        proptest::collection::vec(word, 0..6).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn looking_at_every_place_finds_the_same(
            before in piece(),
            link in prop_oneof![Just("https://a.example"), Just("read"), Just("")],
            after in piece(),
            max in 0u64..60,
            unit in proptest::sample::select(&UNITS[..]),
        ) {
            let flat = linked(&before, link, &after);
            let measure = Measure { unit, url: Some(23), mention: MentionWeight::Full };
            let weight = weigh(&flat, &measure);
            let expect = (weight > max).then(|| Overrun { weight, fits: plainly(&flat, &measure, max) });
            prop_assert_eq!(overrun(&flat, &measure, max), expect, "{:?}", flat);
        }
    }
}
