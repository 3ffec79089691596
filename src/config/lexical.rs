//! The forms of names, languages, branches and addresses.

/// Returns whether it can name an account, a group or a person: lowercase letters, digits, `_` and `-`, which neither
/// begin nor end with `-`, and don't begin with `_`.
pub(crate) fn is_name(text: &str) -> bool {
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    starts_well && !text.ends_with('-') && text.len() <= 64 && text.bytes().all(allowed)
}

/// Returns the name that someone who wrote another form may have wanted, if there is one.
pub(crate) fn as_name(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '_' | '-' => name.push(c),
            ' ' | '.' | '/' | ':' => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_matches(['-', '_']);
    is_name(name).then(|| name.to_owned())
}

/// Returns whether it is a BCP 47 language tag by its form: `en`, `pt-BR`, `zh-Hant-TW`.
pub(crate) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let alphanumeric =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && text.len() <= 35
        && parts.all(alphanumeric)
}

/// Returns whether git takes it as the name of a branch.
pub(crate) fn is_branch(text: &str) -> bool {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !text.is_empty()
        && text != "@"
        && !text.starts_with(['-', '/'])
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("//")
        && !text.contains("@{")
        && !text.contains(forbidden)
        && text.split('/').all(|part| !part.starts_with('.') && !part.ends_with(".lock"))
}

/// Returns whether it is an `http` or `https` address with a host, and without blanks.
pub(crate) fn is_web_address(text: &str) -> bool {
    let Some(rest) = strip_scheme(text, "https://").or_else(|| strip_scheme(text, "http://")) else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let blank = |c: char| c.is_whitespace() || c.is_control();
    !host.is_empty() && !host.starts_with(':') && !text.contains(blank)
}

/// Strips a scheme, which is written in any case.
pub(crate) fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let start = text.get(..scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
}

/// What keeps an address from being a server's base address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointProblem {
    /// It isn't an `http(s)` address.
    NoAddress,
    /// It is unencrypted, and leads to another machine.
    Unencrypted,
    /// It holds a user name or password.
    UserInfo,
    /// It has a query or a fragment.
    Tail,
}

/// Checks a server's base address and returns it without trailing slashes.
pub(crate) fn endpoint(text: &str) -> Result<&str, EndpointProblem> {
    if !is_web_address(text) {
        return Err(EndpointProblem::NoAddress);
    }
    let encrypted = strip_scheme(text, "https://");
    let rest = encrypted.or_else(|| strip_scheme(text, "http://")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(EndpointProblem::UserInfo);
    }
    if rest.contains(['?', '#']) {
        return Err(EndpointProblem::Tail);
    }
    if encrypted.is_none() && !is_loopback(authority) {
        return Err(EndpointProblem::Unencrypted);
    }
    Ok(text.trim_end_matches('/'))
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["brand", "a", "1st", "team_a", "x-y"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "Brand", "-a", "_a", "a b", "é", "a.b", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
        assert_eq!(as_name("Brand EN").as_deref(), Some("brand-en"));
        assert_eq!(as_name("…"), None);
    }

    #[test]
    fn languages_have_the_form_of_tags() {
        for tag in ["en", "nds", "pt-BR", "zh-Hant-TW", "de-1996"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "e", "engl", "en_GB", "en-", "e1", "-en", "en-123456789"] {
            assert!(!is_language(tag), "{tag}");
        }
    }

    #[test]
    fn branches_follow_git() {
        for branch in ["main", "release/1.0", "masthead-ledger"] {
            assert!(is_branch(branch), "{branch}");
        }
        for branch in ["", "-x", "a b", "a..b", "a.lock", "a/.b", "/a", "a/", "a\nb", "@", "a@{b", "a\\b"] {
            assert!(!is_branch(branch), "{branch}");
        }
    }

    #[test]
    fn endpoints_are_encrypted_unless_local() {
        assert_eq!(endpoint("https://a.example/"), Ok("https://a.example"));
        assert_eq!(endpoint("https://a.example/base//"), Ok("https://a.example/base"));
        assert_eq!(endpoint("http://127.0.0.1:3000"), Ok("http://127.0.0.1:3000"));
        assert_eq!(endpoint("http://localhost:3000/"), Ok("http://localhost:3000"));
        assert_eq!(endpoint("http://[::1]:80"), Ok("http://[::1]:80"));
        assert_eq!(endpoint("http://a.example"), Err(EndpointProblem::Unencrypted));
        assert_eq!(endpoint("http://localhost.a.example"), Err(EndpointProblem::Unencrypted));
        assert_eq!(endpoint("http://127.0.0.1.a.example"), Err(EndpointProblem::Unencrypted));
        assert_eq!(endpoint("a.example"), Err(EndpointProblem::NoAddress));
        assert_eq!(endpoint("https://"), Err(EndpointProblem::NoAddress));
        assert_eq!(endpoint("https://a b"), Err(EndpointProblem::NoAddress));
        assert_eq!(endpoint("https://u:p@a.example"), Err(EndpointProblem::UserInfo));
        assert_eq!(endpoint("https://a.example?x"), Err(EndpointProblem::Tail));
    }
}
