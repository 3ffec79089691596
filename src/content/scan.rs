//! What stands in plain text: web addresses, tags and mentions.

use linkify::{LinkFinder, LinkKind};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// Something that was found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where.
    pub range: Range<usize>,
    /// What.
    pub what: What,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An `http(s)` address.
    Url,
    /// `#tag`.
    Tag,
    /// `@handle`.
    Mention,
}

/// Returns whether a text can hold anything to find. Most can't, and are done with after this.
pub(super) fn may_hold(text: &str) -> bool {
    memchr::memchr3(b'#', b'@', b':', text.as_bytes()).is_some()
}

/// Finds addresses, tags and mentions, in order. A `#` or `@` that `is_literal` opens nothing.
pub(super) fn scan(text: &str, is_literal: impl Fn(usize) -> bool, all: &mut Vec<Found>) {
    let mut at = 0;
    if memchr::memchr_iter(b':', text.as_bytes()).any(|at| text.as_bytes()[at..].starts_with(b"://")) {
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url]);
        for link in finder.links(text) {
            if is_http(link.as_str()) {
                marks(text, at..link.start(), &is_literal, all);
                all.push(Found { range: link.start()..link.end(), what: What::Url });
                at = link.end();
            }
        }
    }
    marks(text, at..text.len(), &is_literal, all);
}

fn is_http(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| crate::config::lexical::strip_scheme(url, scheme).is_some())
}

fn marks(text: &str, within: Range<usize>, is_literal: &impl Fn(usize) -> bool, all: &mut Vec<Found>) {
    let mut at = within.start;
    let bytes = text.as_bytes();
    while let Some(mark) = memchr::memchr2(b'#', b'@', &bytes[at..within.end]).map(|next| at + next) {
        at = mark + 1;
        if is_literal(mark) || !may_follow(text[..mark].chars().next_back()) {
            continue;
        }
        let rest = &text[mark + 1..within.end];
        let (length, what) = match bytes[mark] {
            b'#' => (tag_length(rest), What::Tag),
            _ => (handle_length(rest), What::Mention),
        };
        if let Some(length) = length {
            at = mark + 1 + length;
            all.push(Found { range: mark..at, what });
        }
    }
}

/// Whether a mark may stand after this character: not inside a word, an address or another mark.
fn may_follow(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '#' | '@' | '/' | '&' | '\u{200c}' | '\u{200d}'))
}

/// Returns the length of the tag that a text begins with: letters and digits of any script with their marks, and `_`,
/// of which not all are digits.
pub(super) fn tag_length(text: &str) -> Option<usize> {
    let is_tag_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let plain = text.bytes().take_while(|&byte| is_tag_byte(byte)).count();
    if text.as_bytes().get(plain).is_none_or(u8::is_ascii) {
        // Nothing can combine with the last letter: this is nearly every tag.
        return text[..plain].bytes().any(|byte| byte.is_ascii_alphabetic()).then_some(plain);
    }
    let mut length = 0;
    let mut has_letter = false;
    for (start, cluster) in text.grapheme_indices(true) {
        let first = cluster.chars().next()?;
        // A digit with an enclosing key cap or an emoji selector is an emoji.
        let is_emoji = cluster.contains(['\u{20e3}', '\u{fe0f}']);
        if is_emoji || !(first.is_alphanumeric() || first == '_') {
            break;
        }
        has_letter |= !first.is_numeric() && first != '_';
        length = start + cluster.len();
    }
    has_letter.then_some(length)
}

/// Returns the length of the handle that a text begins with: `user`, `user@host.example` or `name.example`.
fn handle_length(text: &str) -> Option<usize> {
    let name = word_length(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let length = match text[name..].strip_prefix('@') {
        Some(host) if name > 0 => {
            let host = word_length(host, |byte| byte.is_ascii_alphanumeric());
            let is_host = text[name + 1..name + 1 + host].split('.').filter(|label| !label.is_empty()).count() > 1;
            if is_host { name + 1 + host } else { return None }
        }
        _ => name,
    };
    // A letter of another script after it, or another `@`, shows that it was no handle.
    let ends_well = text[length..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '@');
    (length > 0 && ends_well).then_some(length)
}

/// The length of a word that may hold `.` and `-`, and begins and ends with what `solid` says.
fn word_length(text: &str, solid: fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let run = bytes.iter().take_while(|&&byte| solid(byte) || byte == b'.' || byte == b'-').count();
    if !bytes.first().is_some_and(|&byte| solid(byte)) {
        return 0;
    }
    let last = bytes[..run].iter().rposition(|&byte| solid(byte));
    let end = last.map_or(0, |last| last + 1);
    // Two dots in a row end a sentence, not a name.
    bytes[..end].windows(2).position(|pair| pair == b"..").unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let mut all = Vec::new();
        scan(text, |_| false, &mut all);
        let found: Vec<&str> = all.into_iter().map(|found| &text[found.range]).collect();
        assert_eq!(found, expect, "{text}");
        assert!(found.is_empty() || may_hold(text));
    }

    #[test]
    fn addresses_end_where_people_think() {
        check("see https://a.example/b_c?x=1&y=2#z, ok", &["https://a.example/b_c?x=1&y=2#z"]);
        check("(https://a.example/b_(c))", &["https://a.example/b_(c)"]);
        check("HTTP://A.example.", &["HTTP://A.example"]);
        check("https://a.example/@user/#tag", &["https://a.example/@user/#tag"]);
        check("ftp://a.example/x and a.example", &[]);
    }

    #[test]
    fn tags_are_words_of_any_script() {
        check("#one #two_3, #été! #日本語 #हिन्दी.", &["#one", "#two_3", "#été", "#日本語", "#हिन्दी"]);
        check("(#a) “#b” #a-b", &["#a", "#b", "#a"]);
        check("#1st #2026", &["#1st"]);
    }

    #[test]
    fn tags_are_not_inside_words_numbers_or_entities() {
        check("C#sharp a#b ##x &#35; # x #", &[]);
        check("issue #42 #️⃣ #1️⃣ #_ #_1", &[]);
    }

    #[test]
    fn mentions_have_three_forms() {
        check("@user @user@host.example @name.example", &["@user", "@user@host.example", "@name.example"]);
        check("hi @a, (@b) “@c” .@d @e's @f_g-h!", &["@a", "@b", "@c", "@d", "@e", "@f_g-h"]);
        check(
            "@user. @user@host.example. @name.example... @x..y",
            &["@user", "@user@host.example", "@name.example", "@x"],
        );
    }

    #[test]
    fn mentions_are_not_inside_words_or_mail_addresses() {
        check("me@host.example a@b medium.com/@user @ x @@y", &[]);
        check("@usér @user@host@x @имя @a@b", &[]);
    }

    #[test]
    fn a_literal_mark_opens_nothing() {
        let mut all = Vec::new();
        scan("#a #b", |at| at == 0, &mut all);
        assert_eq!(all, [Found { range: 3..5, what: What::Tag }]);
    }
}
