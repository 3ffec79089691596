//! Little text: the form of a post's words on LinkedIn.
//!
//! Owns how words, tags and mentions are written in it. A character that could be markup is escaped with a backslash wherever it
//! is none: an unescaped one makes LinkedIn cut the text off in silence, and answer that all is well. An address is left as it
//! is, since it would lead elsewhere with a backslash in it. There are no styles: a text is flattened before.
//! See <https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format> (read November 2026).

use crate::text::{Flat, RangeKind};

/// What could be markup.
const RESERVED: &str = r"\|{}@[]()<>#*_~";

/// Writes a text. `urn` says whom a handle names, as `urn:li:organization:123`; a mention of somebody unknown stays plain words.
pub fn little(flat: &Flat, urn: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(flat.text.len() + flat.text.len() / 16);
    let mut at = 0;
    for range in &flat.ranges {
        escape_into(&mut out, &flat.text[at..range.start]);
        let shown = &flat.text[range.start..range.end];
        match &range.kind {
            RangeKind::Link { url } if shown == url => out.push_str(url),
            RangeKind::Link { .. } => escape_into(&mut out, shown),
            RangeKind::Tag { tag } => hashtag_into(&mut out, tag),
            RangeKind::Mention { handle } => match urn(handle) {
                Some(urn) => mention_into(&mut out, shown.strip_prefix('@').unwrap_or(shown), &urn),
                None => escape_into(&mut out, shown),
            },
        }
        at = range.end;
    }
    escape_into(&mut out, &flat.text[at..]);
    out
}

/// Writes words that mean nothing but themselves.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    escape_into(&mut out, text);
    out
}

/// Returns the words that people see of little text, as far as it can be read: what is no markup stays as it is.
pub(super) fn shown(little: &str) -> String {
    let mut out = String::with_capacity(little.len());
    let mut rest = little;
    while let Some(c) = rest.chars().next() {
        let template = ["{hashtag|\\#|", "{hashtag|#|"].iter().find_map(|start| rest.strip_prefix(start));
        if let Some((tag, after)) = template.and_then(|tag| until(tag, '}')) {
            out.push('#');
            out.push_str(&tag);
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("@[").and_then(|name| until(name, ']'))
            && let Some((_, after)) = after.strip_prefix('(').and_then(|urn| urn.split_once(')'))
        {
            out.push('@');
            out.push_str(&name);
            rest = after;
        } else {
            let escaped =
                rest.strip_prefix('\\').and_then(|rest| rest.chars().next()).filter(|c| RESERVED.contains(*c));
            out.push(escaped.unwrap_or(c));
            rest = &rest[c.len_utf8() + escaped.map_or(0, char::len_utf8)..];
        }
    }
    out
}

/// Reads up to an end that isn't escaped.
fn until(text: &str, end: char) -> Option<(String, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == end => return Some((shown(&text[..at]), &text[at + c.len_utf8()..])),
            _ => {}
        }
    }
    None
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        if RESERVED.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Writes a tag as a template, which holds whatever character stands behind it.
fn hashtag_into(out: &mut String, tag: &str) {
    out.push_str(r"{hashtag|\#|");
    escape_into(out, tag);
    out.push('}');
}

/// Writes a mention. LinkedIn makes one of it only if the name is exactly the one that the page has.
fn mention_into(out: &mut String, name: &str, urn: &str) {
    out.push_str("@[");
    escape_into(out, name);
    out.push_str("](");
    out.push_str(urn);
    out.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::fixtures::flat;
    use proptest::prelude::*;

    fn urn(handle: &str) -> Option<String> {
        (handle == "Acme (Italia)").then(|| "urn:li:organization:123".to_owned())
    }

    #[track_caller]
    fn check(text: &str, ranges: &[(std::ops::Range<usize>, &str, &str)], expect: &str) {
        assert_eq!(little(&flat(text, ranges), &urn), expect);
    }

    #[test]
    fn words_are_escaped() {
        check("Hello, world! 1 + 1 = 2; it's \"fine\" & well.", &[], "Hello, world! 1 + 1 = 2; it's \"fine\" & well.");
        check("Hello (world)", &[], r"Hello \(world\)");
        check("a|b {c} [d] <e>", &[], r"a\|b \{c\} \[d\] \<e\>");
        check("*not* _set_ ~in~ any #style @all", &[], r"\*not\* \_set\_ \~in\~ any \#style \@all");
        check(r"C:\hoodies", &[], r"C:\\hoodies");
        check("東京 👩‍👩‍👧‍👦 (café)", &[], r"東京 👩‍👩‍👧‍👦 \(café\)");
        check("", &[], "");
    }

    #[test]
    fn tags_are_templates() {
        check("New #hoodie_2!", &[(4..13, "tag", "hoodie_2")], r"New {hashtag|\#|hoodie\_2}!");
        check("#パーカー", &[(0..13, "tag", "パーカー")], r"{hashtag|\#|パーカー}");
    }

    #[test]
    fn addresses_are_left_as_they_are() {
        let url = "https://acme.example/a_(b)#c~d";
        check(&format!("({url})"), &[(1..1 + url.len(), "link", url)], &format!(r"\({url}\)"));
    }

    #[test]
    fn mentions_need_somebody_who_is_known() {
        check(
            "By @Acme (Italia)!",
            &[(3..17, "mention", "Acme (Italia)")],
            r"By @[Acme \(Italia\)](urn:li:organization:123)!",
        );
        check("By @nobody_else", &[(3..15, "mention", "nobody_else")], r"By \@nobody\_else");
    }

    /// Reads little text as LinkedIn shows it; none if a character stands where only markup may.
    fn strict(little: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = little;
        while let Some(c) = rest.chars().next() {
            if let Some(tag) = rest.strip_prefix(r"{hashtag|\#|") {
                let (tag, after) = strict_until(tag, '}')?;
                out.push('#');
                out.push_str(&tag);
                rest = after;
            } else if let Some(name) = rest.strip_prefix("@[") {
                let (name, after) = strict_until(name, ']')?;
                out.push('@');
                out.push_str(&name);
                rest = after.strip_prefix('(')?.split_once(')')?.1;
            } else if c == '\\' {
                let escaped = rest[1..].chars().next().filter(|c| RESERVED.contains(*c))?;
                out.push(escaped);
                rest = &rest[2..];
            } else if RESERVED.contains(c) {
                return None;
            } else {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        Some(out)
    }

    /// Reads up to an end that isn't escaped.
    fn strict_until(text: &str, end: char) -> Option<(String, &str)> {
        let mut escaped = false;
        for (at, c) in text.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == end => return Some((strict(&text[..at])?, &text[at + c.len_utf8()..])),
                _ => {}
            }
        }
        None
    }

    proptest! {
        #[test]
        fn what_is_read_leniently_is_the_same(text in "\\PC{0,40}") {
            prop_assert_eq!(shown(&escape(&text)), text.clone());
            let _ = shown(&text);
        }

        #[test]
        fn what_is_shown_is_what_was_written(text in "\\PC{0,40}") {
            prop_assert_eq!(strict(&escape(&text)), Some(text.clone()));
        }

        #[test]
        fn markup_characters_survive_in_any_order(text in r"[\\|{}@\[\]()<>#*_~a é]{0,40}") {
            prop_assert_eq!(strict(&escape(&text)), Some(text.clone()));
        }

        #[test]
        fn tags_and_mentions_are_shown_as_they_were_written(
            before in "\\PC{0,12}", tag in "[\\w]{1,8}", between in "\\PC{0,12}", name in "\\PC{1,12}", after in "\\PC{0,12}",
        ) {
            let text = format!("{before}#{tag}{between}@{name}{after}");
            let tag_end = before.len() + 1 + tag.len();
            let name_start = tag_end + between.len();
            let ranges = [
                (before.len()..tag_end, "tag", tag.as_str()),
                (name_start..name_start + 1 + name.len(), "mention", name.as_str()),
            ];
            let known = |_: &str| Some("urn:li:person:abc".to_owned());
            prop_assert_eq!(strict(&little(&flat(&text, &ranges), &known)), Some(text.clone()));
        }
    }
}
