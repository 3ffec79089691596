use crate::{
    check::{case::Case, hosts, hosts::Address},
    diag::{Code, Diagnostic, Level},
};

pub(super) static LINK_TEXT_MISMATCH: Code = Code {
    name: "link-text-mismatch",
    summary: "the text of a link names another site than it leads to",
    level: Level::Warning,
    fixed: false,
    explain: "A link whose text is an address but which leads to another one is how fraud works, and some networks mark or \
              refuse such posts. By honest mistake it comes from copying a link and changing only one half.\n\n\
              ```markdown\n[acme.example](https://acmee.example/hoodie)\n```\n\n\
              Make the two agree, or write a text that is no address.",
};

/// Reports links whose text is the address of somewhere else.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for link in case.nodes.links.iter().filter(|link| !link.bare) {
        let target = &link.address;
        let (true, Some(host), Some(named)) = (target.is_web(), target.host, named_host(&link.text)) else { continue };
        if !is_same_site(&hosts::encoded(host), &hosts::encoded(named)) {
            let message = format!("this link reads `{named}` but leads to `{}`", hosts::encoded(host));
            let help = "make the two agree, or write a text that is no address";
            found.push(Diagnostic::new(&LINK_TEXT_MISMATCH, link.span, message).help(help));
        }
    }
}

/// Returns the host that a text shows, if all of it is an address.
fn named_host(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.contains(char::is_whitespace) || text.contains('@') {
        return None;
    }
    let address = Address::parse(text);
    let host = match address.host {
        Some(host) if address.is_web() => host,
        Some(_) => return None,
        None => {
            let host = text.split(['/', '?', '#', ':']).next()?;
            // Without a scheme only what has the look of a domain is one: `Node.js` and `3.5` have not.
            let (name, ending) = host.rsplit_once('.')?;
            let known = KNOWN_ENDINGS.contains(&&*ending.to_ascii_lowercase());
            let has_path = text.len() > host.len() && ending.chars().all(char::is_alphabetic) && ending.len() > 1;
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
            if !is_name || !(known || has_path || name.starts_with("www.")) {
                return None;
            }
            host
        }
    };
    host.contains('.').then_some(host)
}

/// The endings of domains that are rarely those of files or product names.
const KNOWN_ENDINGS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "example", "eu", "de", "fr", "it", "es", "uk", "nl", "ch", "at", "be", "pl",
    "cz", "se", "no", "fi", "dk", "pt", "ie", "us", "ca", "au", "nz", "jp", "cn", "kr", "in", "br", "mx", "ar", "ru",
    "ua", "tr", "za", "info", "biz", "shop", "store", "online", "site", "blog", "news", "social", "dev", "app", "io",
    "ai", "co", "xyz", "tech", "cloud", "art", "club", "top", "live", "tv",
];

/// Tells whether two hosts are the same or one is below the other.
fn is_same_site(a: &str, b: &str) -> bool {
    let bare = |host: &str| host.trim_end_matches('.').trim_start_matches("www.").to_owned();
    let (a, b) = (bare(a), bare(b));
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_addresses_name_a_host() {
        assert_eq!(named_host("acme.com"), Some("acme.com"));
        assert_eq!(named_host(" https://www.acme.example/a "), Some("www.acme.example"));
        assert_eq!(named_host("acme.museum/shop"), Some("acme.museum"));
    }

    #[test]
    fn other_texts_do_not() {
        for text in ["Read more", "Node.js", "v3.5", "see acme.com", "a@acme.com", "README.md", "", "...", "mailto:x"] {
            assert_eq!(named_host(text), None, "{text}");
        }
    }

    #[test]
    fn a_site_includes_what_is_below_it() {
        assert!(is_same_site("www.acme.com", "acme.com") && is_same_site("shop.acme.com", "acme.com"));
        assert!(!is_same_site("acmee.com", "acme.com") && !is_same_site("notacme.com", "acme.com"));
    }
}
