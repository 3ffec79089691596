//! The options of a post and of an account.

use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::{Draft, DraftPart},
    text::RangeKind,
};

/// The version of the Graph API that this adapter was written against.
pub(super) const VERSION: &str = "v25.0";

pub(super) const REEL: &str = "reel";
pub(super) const STORY: &str = "story";

/// The keys of `[facebook]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "link",
        kind: OptionKind::Url,
        doc: "The address whose card is shown below the text; the first link of the text if absent. Beside images there is no card.",
    },
    OptionSpec {
        key: REEL,
        kind: OptionKind::Flag,
        doc: "Whether the one video is published as a reel: upright, and 3 to 90 seconds long.",
    },
    OptionSpec {
        key: STORY,
        kind: OptionKind::Flag,
        doc: "Whether the one image or video is a story, gone after a day and without words, instead of a post.",
    },
];

/// The keys of `[accounts.NAME]` beyond the common ones.
pub(super) static ACCOUNT: &[OptionSpec] = &[
    OptionSpec { key: "page", kind: OptionKind::Text, doc: "The Page's id: the number that `me/accounts` tells." },
    OptionSpec {
        key: "version",
        kind: OptionKind::Text,
        doc: "The version of the Graph API, such as `v26.0`, once `v25.0` is no longer served.",
    },
];

/// Returns the version to speak.
pub(super) fn version(account: &Account) -> &str {
    account.options.text("version").unwrap_or(VERSION)
}

/// Returns the Page's id, if it is one.
pub(super) fn page(account: &Account) -> Option<&str> {
    account.options.text("page").filter(|page| !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether a word is a version of the Graph API.
pub(super) fn is_version(word: &str) -> bool {
    let number = |digits: &str| !digits.is_empty() && digits.len() < 4 && digits.bytes().all(|it| it.is_ascii_digit());
    word.strip_prefix('v').and_then(|rest| rest.split_once('.')).is_some_and(|(a, b)| number(a) && number(b))
}

/// Returns the address whose card is shown: the one that is asked for, else the first link of the text.
pub(super) fn link<'a>(draft: &'a Draft, part: &'a DraftPart) -> Option<&'a str> {
    if !part.media.is_empty() {
        return None;
    }
    let first = || {
        part.text.ranges.iter().find_map(|range| match &range.kind {
            RangeKind::Link { url } => Some(url.as_str()),
            RangeKind::Tag { .. } | RangeKind::Mention { .. } => None,
        })
    };
    draft.options.text("link").or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_a_letter_and_two_numbers() {
        for (word, expect) in [(VERSION, true), ("v9.1", true), ("25.0", false), ("v25", false), ("v25.0/me", false)] {
            assert_eq!(is_version(word), expect, "{word}");
        }
    }
}
