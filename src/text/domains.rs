//! Links that don't say so: domains without a scheme, which some networks link to all the same.
//!
//! The rules are those of X's `twitter-text` (<https://github.com/twitter/twitter-text>, `conformance/`, read 2026-11-22).

use std::{collections::HashSet, sync::LazyLock};

/// The top-level domains, as the Public Suffix List has them (its version of August 2026).
static TOP_LEVEL: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("tlds.txt").split_whitespace().collect());

/// Country domains that are a link directly behind a name; the others need a further label or a path, or every `e.g` would be.
const SHORT: [&str; 2] = ["co", "tv"];

/// Finds what is a link without saying so, such as `acme.com/shop`. Returns bytes of the text.
pub(super) fn links(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(dot) = text[from..].find('.').map(|at| from + at) {
            let start = dot - text[from..dot].len()
                + text[from..dot]
                    .rfind(|c| !is_label(c))
                    .map_or(0, |at| at + text[from + at..].chars().next().map_or(0, char::len_utf8));
            let host = &text[start..];
            let host = &host[..host.find(|c: char| !(is_label(c) || c == '.')).unwrap_or(host.len())];
            let end = start + host.len();
            from = end.max(dot + 1);
            let before = text[..start].chars().next_back();
            let scheme = text[..start].len() - without_scheme(&text[..start]).len();
            if scheme > 0 {
                let whole = host.len() + path_length(&text[end..]);
                from = start + whole;
                return Some((start - scheme, start + whole));
            }
            // What stands behind these is a handle, a tag, an address for mail or part of a path.
            if before.is_some_and(|c| matches!(c, '@' | '#' | '$' | '/' | ':' | '.') || c.is_alphanumeric()) {
                continue;
            }
            if text[end..].starts_with('@') {
                continue;
            }
            let path = path_length(&text[end..]);
            if let Some(length) = link_in(host, path > 0) {
                let whole = if length == host.len() { length + path } else { length };
                from = start + whole;
                return Some((start, start + whole));
            }
        }
        None
    })
}

fn without_scheme(text: &str) -> &str {
    let ends = |scheme: &str| {
        let at = text.len().checked_sub(scheme.len())?;
        text.get(at..).filter(|end| end.eq_ignore_ascii_case(scheme)).map(|_| &text[..at])
    };
    ends("https://").or_else(|| ends("http://")).unwrap_or(text)
}

fn is_label(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Returns how many bytes of what looks like a host name are one: up to its last top-level domain.
fn link_in(host: &str, has_path: bool) -> Option<usize> {
    let labels: Vec<&str> = host.split('.').collect();
    let is_sound = |label: &&str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let sound = labels.iter().take_while(|label| is_sound(label)).count();
    let last = (1..sound).rev().find(|at| TOP_LEVEL.contains(labels[*at].to_lowercase().as_str()))?;
    let top = labels[last].to_lowercase();
    let is_country = top.len() == 2 && top.is_ascii();
    if is_country && last == 1 && !has_path && !SHORT.contains(&top.as_str()) {
        return None;
    }
    Some(labels[..=last].iter().map(|label| label.len() + 1).sum::<usize>() - 1)
}

/// Returns how many bytes a path, a query and a port take, without the punctuation that ends the sentence.
fn path_length(rest: &str) -> usize {
    let starts = |rest: &str| rest.starts_with(['/', '?']);
    let digits = rest
        .strip_prefix(':')
        .map_or(0, |port| port.len() - port.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let port = if digits > 0 { digits + 1 } else { 0 };
    if !starts(&rest[port..]) {
        return port;
    }
    let inside = |c: char| c.is_alphanumeric() || "/?!*';:=+,.$%#[]-_~&|@()".contains(c);
    let end = port + rest[port..].find(|c| !inside(c)).unwrap_or(rest.len() - port);
    rest[..end].trim_end_matches(|c| ".,:;!?'\")]*$%|@".contains(c)).len().max(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let found: Vec<&str> = links(text).map(|(start, end)| &text[start..end]).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_bare_domain_is_a_link() {
        for link in [
            "acme.com",
            "www.acme.example.com",
            "t.co",
            "foo.co.jp",
            "acme.com/path/to/resource?search=foo&lang=en",
            "acme.de/shop",
            "ACME.COM",
            "bücher.com",
            "acme.com:8080/x",
            "acme.中国",
            "acme.photography",
        ] {
            check(link, &[link]);
            check(&format!("See {link}. Or {link}, or"), &[link, link]);
            check(&format!("({link})"), &[link]);
        }
    }

    #[test]
    fn what_only_looks_like_a_domain_is_not_a_link() {
        for words in [
            "e.g",
            "i.e.",
            "a.b",
            "it.is",
            "1.2.3",
            "end.Start",
            "amy@acme.com",
            "@acme.com",
            "#acme.com",
            "...",
            "acme.-com",
            "node.js",
            "version 2.0",
            ".com",
            "-.com",
            "a..com",
        ] {
            check(words, &[]);
        }
    }

    #[test]
    fn an_address_with_a_scheme_is_found_whole() {
        check("in code: https://acme.com/x?y=1 and", &["https://acme.com/x?y=1"]);
        check("HTTP://acme.com", &["HTTP://acme.com"]);
        check("ftp://acme.com", &[]);
    }

    proptest! {
        #[test]
        fn links_are_in_order(text in "[a-c./@ :-]{0,10}(\\.com|\\.co|/a)?[ a.]{0,4}", any in "\\PC{0,30}") {
            for text in [text, any] {
                let mut done = 0;
                for (start, end) in links(&text) {
                    prop_assert!(done <= start && start < end && text.get(start..end).is_some());
                    done = end;
                }
            }
        }
    }
}
