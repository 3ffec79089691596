use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Takes a name that its maker has validated.
            pub fn new(name: impl Into<std::sync::Arc<str>>) -> Self {
                Self(name.into())
            }

            /// Returns the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// What the ledger knows a post by: its `id`, or its path below `content/` less `.md`.
    PostId
}
name! {
    /// The key of an account in `masthead.toml`; in the ledger also with the name of a recipient.
    AccountId
}
impl AccountId {
    /// What stands between an account and one of those to whom it sends. No account's key has it.
    const RECIPIENT: char = '.';

    /// Returns the name under which the ledger knows what an account sends to one of its recipients.
    #[must_use]
    pub fn to_recipient(&self, recipient: &str) -> Self {
        Self::new(format!("{self}{}{recipient}", Self::RECIPIENT))
    }

    /// Returns the recipient, if it is the name of an account and one of those to whom it sends.
    pub fn recipient(&self) -> Option<&str> {
        self.as_str().split_once(Self::RECIPIENT).map(|(_, recipient)| recipient)
    }

    /// Returns the account's key in `masthead.toml`, without a recipient.
    pub fn key(&self) -> &str {
        self.as_str().split(Self::RECIPIENT).next().unwrap_or_default()
    }
}

name! {
    /// The key of a group in `masthead.toml`.
    GroupId
}

/// A network's stable name, as in `network = "mastodon"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId(pub &'static str);

impl NetworkId {
    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for NetworkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_stands_behind_its_account() {
        let account = AccountId::new("letters");
        assert_eq!((account.key(), account.recipient()), ("letters", None));
        let one = account.to_recipient("0a1b");
        assert_eq!((one.as_str(), one.key(), one.recipient()), ("letters.0a1b", "letters", Some("0a1b")));
    }
}
