use crate::model::NetworkId;

/// How a network writes what Markdown says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Whose handles people are written with.
    pub network: NetworkId,
    /// What becomes of a link with a text of its own.
    pub links: LinkStyle,
    /// What a handle of this network looks like.
    pub handles: HandleStyle,
    /// Whether it links to domains that are written without a scheme.
    pub bare_domains: bool,
    /// Whether it can set text in styles. Then quotes and code blocks are styles too, and carry no marks of their own.
    pub styles: bool,
}

/// What becomes of a link with a text of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStyle {
    /// The text, then the URL in parentheses, since the network links bare URLs only.
    TextThenUrl,
    /// The text alone, as a range that leads to the URL.
    Range,
}

/// What a handle looks like, so that an `@name` of another network stays plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleStyle {
    /// `@user@host`, or `@user` on the same server.
    UserAtHost,
    /// `@name.example`: a domain name.
    Domain,
    /// `@npub1…`: a public key of Nostr.
    PublicKey,
    /// No mentions.
    None,
}

/// What a text is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Extended grapheme clusters: what people call characters.
    Graphemes,
    /// Bytes of UTF-8.
    Bytes,
    /// Unicode scalar values.
    CodePoints,
    /// UTF-16 code units.
    Utf16,
    /// As X counts: one for the letters of most alphabets, two for everything else and for an emoji.
    Weighted,
}

/// How a text is weighed against a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The unit.
    pub unit: Unit,
    /// What every `http(s)` URL counts, however long it is.
    pub url: Option<u32>,
    /// What a mention counts.
    pub mention: MentionWeight,
}

/// What a mention counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionWeight {
    /// All of it.
    Full,
    /// `@user`, without its host.
    WithoutHost,
}

impl HandleStyle {
    /// Returns whether a handle, without its first `@`, is one that a network with this style knows.
    pub fn fits(self, handle: &str) -> bool {
        match self {
            Self::UserAtHost => match handle.split_once('@') {
                Some((user, host)) => is_user(user) && is_host(host),
                // A user name with a dot may exist on one's own server, but what people mean by it is a domain handle.
                None => is_user(handle) && !handle.contains('.'),
            },
            Self::Domain => handle.is_ascii() && handle.contains('.') && is_host(handle),
            // 32 bytes and six characters of a checksum, which is for whoever decodes it.
            Self::PublicKey => handle
                .strip_prefix("npub1")
                .is_some_and(|key| key.len() == 58 && key.chars().all(|c| matches!(c, '0' | '2'..='9' | 'a'..='z'))),
            Self::None => false,
        }
    }
}

fn is_user(user: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let edge = |c: char| c.is_ascii_alphanumeric() || c == '_';
    user.starts_with(edge) && user.ends_with(edge) && user.chars().all(inside)
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    name.split('.').all(label)
        && name.rsplit('.').next().is_some_and(|top| top.starts_with(char::is_alphabetic))
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Unit {
    /// Returns the noun for one and for many.
    pub const fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Graphemes => ("character", "characters"),
            Self::Bytes => ("byte", "bytes"),
            Self::CodePoints => ("code point", "code points"),
            Self::Utf16 => ("UTF-16 unit", "UTF-16 units"),
            Self::Weighted => ("weighted character", "weighted characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(handle: &str, user_at_host: bool, domain: bool) {
        assert_eq!(HandleStyle::UserAtHost.fits(handle), user_at_host, "{handle} as user@host");
        assert_eq!(HandleStyle::Domain.fits(handle), domain, "{handle} as a domain");
        assert!(!HandleStyle::None.fits(handle));
    }

    #[test]
    fn public_keys_fit_nostr() {
        let key = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
        assert!(HandleStyle::PublicKey.fits(key));
        for other in
            ["ana", "ana@example.org", &key[..62], "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"]
        {
            assert!(!HandleStyle::PublicKey.fits(other), "{other}");
        }
    }

    #[test]
    fn users_with_and_without_a_host_fit_the_fediverse() {
        check("ana", true, false);
        check("ana_b@example.org", true, false);
        check("a.b@example.org", true, false);
        check("ana@bücher.example", true, false);
        check("ana@localhost:3000", true, false);
    }

    #[test]
    fn domains_fit_networks_with_domain_handles() {
        check("ana.example", false, true);
        check("a-b.example.org", false, true);
    }

    #[test]
    fn what_is_no_handle_fits_nothing() {
        for handle in
            ["", "ana@", "@example.org", "a@b@c", "-ana@b.c", "ana.", ".example", "a..b", "a.-b", "1.2", "é.example"]
        {
            check(handle, false, false);
        }
    }
}
