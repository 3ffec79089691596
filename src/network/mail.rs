use super::MediaKey;
use crate::model::Timestamp;
use std::fmt;

/// An e-mail as a value. The engine makes one message of it: the text and the HTML as alternatives, with the images beside
/// the HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// From whom.
    pub from: Mailbox,
    /// To whom.
    pub to: Mailbox,
    /// Where answers go, if that is somewhere else.
    pub reply_to: Option<Mailbox>,
    /// The subject, one line.
    pub subject: String,
    /// The message's id, without its angle brackets.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// Further headers, each one line.
    pub headers: Vec<(&'static str, String)>,
    /// The text for programs that show no HTML.
    pub text: String,
    /// The page.
    pub html: String,
    /// The images that the page shows as `cid:ID`, each with its id.
    pub images: Vec<(String, MediaKey)>,
}

/// An address, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name, if one is given.
    pub name: Option<String>,
    /// The address: `user@host.example`.
    pub address: String,
}

impl Mailbox {
    /// Reads `user@host.example`, or `Name <user@host.example>`. Strict: what two programs could read differently is none, and
    /// neither is what could end a line of a header or of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return None;
        }
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => {
                let (name, address) = rest.split_once('<')?;
                (Some(name.trim().trim_matches('"').trim()).filter(|name| !name.is_empty()), address)
            }
            None => (None, text),
        };
        let is_named_well = name.is_none_or(|name| !name.contains(['<', '>', '"', '\\', ',', ';']));
        (is_named_well && is_address(address))
            .then(|| Self { name: name.map(str::to_owned), address: address.to_owned() })
    }

    /// Returns the part of the address behind the `@`.
    pub fn host(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, host)| host)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// Returns whether it is an address as nearly all are: without quotes and comments (RFC 5321, 4.1.2 and 4.5.3.1).
fn is_address(address: &str) -> bool {
    let Some((user, host)) = address.rsplit_once('@') else { return false };
    let word = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(word);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    user.len() <= 64 && host.len() <= 255 && user.split('.').all(is_atom) && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(Option<&str>, &str)>) {
        let read = Mailbox::parse(text);
        assert_eq!(read.as_ref().map(|read| (read.name.as_deref(), read.address.as_str())), expect, "{text}");
    }

    #[test]
    fn an_address_may_have_a_name() {
        check("news@acme.example", Some((None, "news@acme.example")));
        check(" Acme News <news+1@acme.example> ", Some((Some("Acme News"), "news+1@acme.example")));
        check("\"Café\" <o'neil@mail.acme.example>", Some((Some("Café"), "o'neil@mail.acme.example")));
        check("<news@localhost>", Some((None, "news@localhost")));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_none() {
        for text in [
            "",
            "news",
            "@acme.example",
            "news@",
            "a b@acme.example",
            "news@acme..example",
            "news@-acme.example",
            "news@acme.example, other@acme.example",
            "\"a b\"@acme.example",
            "news@[127.0.0.1]",
            "News <news@acme.example> <other@acme.example>",
            "News, Inc <news@acme.example>",
            "news@acme.example\r\nBcc: other@acme.example",
            "New\ns <news@acme.example>",
            "n\u{e9}ws@acme.example",
        ] {
            check(text, None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_that_ends_a_line_gets_through(text in "\\PC{0,20}|[a<>@.\r\n ,;\"]{0,20}") {
            if let Some(read) = Mailbox::parse(&text) {
                let written = read.to_string();
                prop_assert!(!written.contains(['\r', '\n']) && read.address.split('@').count() == 2);
                prop_assert_eq!(Mailbox::parse(&written), Some(read));
            }
        }
    }
}
