/// Returns whether an address is an `http` or `https` URL with something after the scheme.
pub fn is_web(url: &str) -> bool {
    without_scheme(url).is_some_and(|rest| !rest.is_empty())
}

/// Returns whether a text names the same address as a URL: with or without scheme or final slash.
pub(super) fn is_same(text: &str, url: &str) -> bool {
    if text == url {
        return true;
    }
    let bare = without_scheme(url).or_else(|| strip_prefix(url, "mailto:"));
    let short = |address: &str| address.strip_suffix('/').map_or(address.len(), str::len);
    bare.is_some_and(|bare| {
        let text = without_scheme(text).unwrap_or(text);
        text[..short(text)] == bare[..short(bare)]
    })
}

/// Returns whether an address may be a link on a page: `http://`, `https://` or `mailto:` and something after it.
pub(super) fn is_safe(url: &str) -> bool {
    is_web(url) || strip_prefix(url, "mailto:").is_some_and(|rest| !rest.is_empty())
}

fn without_scheme(url: &str) -> Option<&str> {
    strip_prefix(url, "https://").or_else(|| strip_prefix(url, "http://"))
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_have_a_web_scheme_and_more() {
        assert!(is_web("https://example.org") && is_web("HTTP://x"));
        assert!(!is_web("https://") && !is_web("example.org") && !is_web("javascript:alert(1)") && !is_web("é"));
    }

    #[test]
    fn only_known_schemes_are_safe() {
        assert!(is_safe("mailto:a@b.c") && is_safe("https://x"));
        for url in ["javascript:alert(1)", " https://x", "//x", "data:text/html,x", "mailto:", "a/b"] {
            assert!(!is_safe(url), "{url}");
        }
    }

    #[test]
    fn the_same_address_may_lack_scheme_and_final_slash() {
        assert!(is_same("example.org/a", "https://example.org/a"));
        assert!(is_same("https://example.org", "https://example.org/"));
        assert!(is_same("example.org", "http://example.org/"));
        assert!(is_same("a@b.c", "mailto:a@b.c"));
        assert!(!is_same("example.org", "https://example.org/a"));
        assert!(!is_same("a", "b"));
    }
}
