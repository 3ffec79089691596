use crate::{
    model::{Account, OptionValue},
    network::Session,
};

/// A scheme, a host and a port: whom a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) secure: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// Reads the start of an address, as strictly as it can be done: an address that two programs could read differently
    /// (with a user name, a backslash, a control character) is none.
    pub(super) fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        // Mail servers are told to encrypt before anything of ours is said, or nothing is: see `transport/smtp.rs`.
        let (secure, usual) = match scheme.to_ascii_lowercase().as_str() {
            "https" | "wss" => (true, 443),
            "http" | "ws" => (false, 80),
            "smtps" => (true, 465),
            "smtp" => (true, 587),
            _ => return None,
        };
        if url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return None;
        }
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let (host, port) = match authority.strip_prefix('[') {
            Some(six) => {
                let (inside, after) = six.split_once(']')?;
                inside.parse::<std::net::Ipv6Addr>().ok()?;
                (format!("[{inside}]"), after)
            }
            None => {
                let end = authority.find(':').unwrap_or(authority.len());
                (authority[..end].to_owned(), &authority[end..])
            }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || !(host.starts_with('[') || host.chars().all(plain)) {
            return None;
        }
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.chars().all(|c| c.is_ascii_digit()) => digits.parse().ok()?,
            None if port.is_empty() => usual,
            _ => return None,
        };
        Some(Self { secure, host: host.to_ascii_lowercase(), port })
    }

    /// Returns whether it is this very machine, so that nobody can listen in between.
    pub(super) fn is_loopback(&self) -> bool {
        let six = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || six.and_then(|host| host.parse::<std::net::Ipv6Addr>().ok()).is_some_and(|address| address.is_loopback())
    }

    /// Returns whether what is sent there can't be read on the way.
    pub(super) fn is_safe(&self) -> bool {
        self.secure || self.is_loopback()
    }
}

/// Decides whether a request may go to an address: always encrypted, except on this machine; and anything but a look
/// without a credential to the account's own servers alone.
///
/// Those are its endpoint and what sign-in learnt: facts whose name ends in `pds` or `endpoint`. An account without
/// an endpoint is on a network with one server, which its adapter knows: then no file can lead a secret elsewhere.
pub(super) fn allow(url: &str, account: &Account, session: &Session, personal: bool) -> Result<(), String> {
    let Some(origin) = Origin::of(url) else {
        return Err("the request's address can't be read".to_owned());
    };
    if !origin.is_safe() {
        return Err(format!(
            "`{}` would be spoken to without encryption; its address must start with {}",
            origin.host,
            if is_relay(url) { "wss" } else { "https" }
        ));
    }
    if !personal {
        return Ok(());
    }
    let learnt = session.facts.iter().filter(|(name, _)| name.ends_with("pds") || name.ends_with("endpoint"));
    let own = learnt
        .map(|(_, value)| value.as_str())
        .chain(account.endpoint.as_ref().map(|endpoint| endpoint.value.as_str()));
    if account.endpoint.is_none() || own.filter_map(Origin::of).any(|own| own == origin) {
        return Ok(());
    }
    Err(format!("`{}` is not a server of account `{}`, and gets nothing that belongs to it", origin.host, account.id))
}

/// Returns whether an address is spoken to over a WebSocket.
pub(super) fn is_relay(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    ["wss", "ws"].iter().any(|it| scheme.eq_ignore_ascii_case(it))
}

/// Decides whether something may be told to a relay: encrypted, except on this machine, and one that the account's settings name.
pub(super) fn allow_relay(url: &str, account: &Account) -> Result<(), String> {
    allow(url, account, &Session::default(), false)?;
    if !is_relay(url) {
        return Err("the address of a relay must start with wss".to_owned());
    }
    let named = account.options.iter().filter_map(|(_, value)| match value {
        OptionValue::List(list) => Some(list),
        OptionValue::Text(_) | OptionValue::Flag(_) | OptionValue::Integer(_) | OptionValue::Secret(_) => None,
    });
    if named.flatten().any(|own| own == url) {
        return Ok(());
    }
    Err(format!("`{url}` is not a relay of account `{}`, and gets nothing that belongs to it", account.id))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::account, *};
    use crate::diag::Spanned;

    #[track_caller]
    fn check(url: &str, expect: Option<(bool, &str, u16)>) {
        let read = Origin::of(url);
        assert_eq!(read.as_ref().map(|origin| (origin.secure, origin.host.as_str(), origin.port)), expect, "{url}");
    }

    #[test]
    fn origins_are_read_strictly() {
        check("https://Example.org/a?b", Some((true, "example.org", 443)));
        check("http://127.0.0.1:8080", Some((false, "127.0.0.1", 8080)));
        check("http://[::1]:80/x", Some((false, "[::1]", 80)));
        check("smtps://mail.example", Some((true, "mail.example", 465)));
        check("smtp://mail.example:2525", Some((true, "mail.example", 2525)));
        check("https://example.org#@evil.example", Some((true, "example.org", 443)));
        for url in [
            "https://me@example.org/",
            "https://example.org\\@evil.example/",
            "https://exa mple.org/",
            "https://example.org:99999/",
            "https://example.org:80x/",
            "https://[::1/",
            "https://[nonsense]/",
            "https:///path",
            "https://",
            "ftp://example.org/",
            "example.org",
            "https://b\u{fc}cher.example/",
            "https://example.org/\n",
        ] {
            check(url, None);
        }
    }

    #[test]
    fn relays_are_origins_too() {
        check("wss://relay.example/nostr", Some((true, "relay.example", 443)));
        check("WS://127.0.0.1:7777", Some((false, "127.0.0.1", 7777)));
    }

    #[test]
    fn only_relays_that_the_account_names_are_told_anything() {
        let mut account = account(None);
        let relays = ["wss://relay.example", "ws://127.0.0.1:7777", "ws://far.example", "https://page.example"];
        let value = OptionValue::List(relays.map(str::to_owned).to_vec());
        account.options.set("relays", Spanned::new(value, account.span));
        let may = |url: &str| allow_relay(url, &account).is_ok();
        assert!(may("wss://relay.example") && may("ws://127.0.0.1:7777"));
        for not in ["wss://other.example", "ws://relay.example", "ws://far.example", "https://page.example"] {
            assert!(!may(not), "{not}");
        }
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        for (url, expect) in [
            ("http://localhost:1", true),
            ("http://pds.localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://localhost.evil.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(Origin::of(url).expect("an origin").is_loopback(), expect, "{url}");
        }
    }

    #[test]
    fn what_is_ours_goes_to_our_servers_alone() {
        let account = account(Some("https://social.example"));
        let mut session = Session::default();
        session.facts.insert("pds", "https://pds.example".to_owned());
        session.facts.insert("did", "https://other.example".to_owned());
        let may = |url: &str, personal: bool| allow(url, &account, &session, personal).is_ok();
        assert!(may("https://social.example/api", true));
        assert!(may("https://SOCIAL.example:443/api", true));
        assert!(may("https://pds.example/xrpc", true));
        assert!(!may("https://other.example/", true));
        assert!(!may("https://social.example:8443/api", true));
        assert!(!may("https://social.example.evil.example/api", true));
        assert!(may("https://other.example/page", false));
        assert!(!may("http://other.example/page", false));
        assert!(!may("http://social.example/api", true));
    }

    #[test]
    fn a_network_with_one_server_names_it_in_its_adapter() {
        let account = account(None);
        assert!(allow("https://bsky.social/xrpc", &account, &Session::default(), true).is_ok());
        assert!(allow("http://bsky.social/xrpc", &account, &Session::default(), true).is_err());
    }
}
