//! Flat texts built by hand, for the tests of modules that see them through drafts only.

use crate::text::{Flat, Range, RangeKind};

/// Makes a text with ranges, each given by its bytes, `link`, `tag` or `mention`, and its value.
pub(crate) fn flat(text: &str, ranges: &[(std::ops::Range<usize>, &str, &str)]) -> Flat {
    let ranges = ranges.iter().map(|(bytes, kind, value)| {
        let value = (*value).to_owned();
        let kind = match *kind {
            "link" => RangeKind::Link { url: value },
            "tag" => RangeKind::Tag { tag: value },
            "mention" => RangeKind::Mention { handle: value },
            other => panic!("no kind of range: {other}"),
        };
        Range { start: bytes.start, end: bytes.end, kind }
    });
    Flat { text: text.to_owned(), ranges: ranges.collect(), anchors: vec![(0, 0)], ..Flat::default() }
}
