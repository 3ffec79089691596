//! Flat texts and drafts built by hand, for the tests of modules that see them only.

use super::{Draft, DraftPart};
use crate::{
    diag::{FileId, Span, Spanned},
    model::{AccountId, Media, NetworkId, OptionValue, Options, PostId},
    text::{Flat, Range, RangeKind},
};

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

/// Makes a draft of one part with options, the first of which is written at byte 20.
pub(crate) fn draft(text: Flat, media: Vec<Media>, options: &[(&'static str, OptionValue)]) -> Draft {
    let place = |start: u32| Span { file: FileId(0), start, end: start + 1 };
    let mut set = Options::default();
    for (at, (key, value)) in (20..).zip(options) {
        set.set(key, Spanned::new(value.clone(), place(at)));
    }
    Draft {
        post: PostId::new("news"),
        account: AccountId::new("brand"),
        network: NetworkId("trial"),
        title: None,
        language: None,
        tags: Vec::new(),
        parts: vec![DraftPart { text, rich: [].into(), media, beside: 0, span: place(50) }],
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        options: set,
    }
}
