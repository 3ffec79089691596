//! Who gets a message of their own, and what the ledger calls them.

use super::SecretSource;
use crate::{
    diag::words,
    ledger::DeliveryState,
    model::Account,
    network::{Mailbox, Recipient, Recipients, addresses},
};
use secrecy::{ExposeSecret as _, SecretString};

/// The shortest key, in characters: who guesses it can try addresses on the ledger.
const SHORTEST_KEY: usize = 16;

/// How many characters of a recipient's name tell which key it was made with.
const MARK: usize = 8;

/// How many characters of a name tell whose it is: 96 bits.
const OWN: usize = 24;

/// The recipients of an account.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// All of them, in the order of the list.
    pub(super) all: Vec<Recipient>,
    mark: String,
}

impl List {
    /// Fetches the list and its key, or tells why that can't be and what to do.
    pub(super) fn fetch(account: &Account, of: Recipients<'_>, secrets: &dyn SecretSource) -> Result<Self, String> {
        let id = &account.id;
        let key = secrets.get(of.key).map_err(|why| format!("`recipients_key` of account `{id}`: {why}"))?;
        let list = secrets.list(of.list).map_err(|why| format!("`recipients` of account `{id}`: {why}"))?;
        if key.expose_secret().trim().chars().count() < SHORTEST_KEY {
            return Err(format!(
                "`recipients_key` of account `{id}` is shorter than {SHORTEST_KEY} characters; make one with `openssl rand -hex 32`"
            ));
        }
        let mailboxes = addresses(list.expose_secret()).map_err(|line| {
            format!("`recipients` of account `{id}`: line {line} is no e-mail address; write one address a line")
        })?;
        if mailboxes.is_empty() {
            return Err(format!("`recipients` of account `{id}` is empty"));
        }
        Ok(Self::new(&key, mailboxes))
    }

    fn new(key: &SecretString, mailboxes: Vec<Mailbox>) -> Self {
        let key = blake3::derive_key("masthead 2026-11-23 recipients", key.expose_secret().trim().as_bytes());
        let digest = |text: &str| blake3::keyed_hash(&key, text.as_bytes()).to_hex();
        let mark = digest("")[..MARK].to_owned();
        let name = |mailbox: &Mailbox| format!("{mark}{}", &digest(&mailbox.address.to_lowercase())[..OWN]);
        let all = mailboxes.into_iter().map(|mailbox| Recipient { name: name(&mailbox), mailbox }).collect();
        Self { all, mark }
    }

    /// Returns why nothing may be sent, if what was sent before was written down by another key: nobody could be told apart.
    pub(super) fn other_key<'l>(
        &self,
        mut known: impl Iterator<Item = (&'l str, &'l DeliveryState)>,
    ) -> Option<&'static str> {
        known.any(|(name, _)| !name.starts_with(&self.mark)).then_some(
            "`recipients_key` isn't the one by which the recipients of this post were written down, so nobody can tell who has \
             it already; bring the earlier key back",
        )
    }

    /// Returns how many there are, for people.
    pub(super) fn count(&self) -> String {
        words::count(self.all.len(), "recipient", "recipients")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(key: &str, addresses: &[&str]) -> List {
        let mailboxes = addresses.iter().map(|address| Mailbox::parse(address).expect("an address")).collect();
        List::new(&SecretString::from(key), mailboxes)
    }

    #[test]
    fn a_name_is_the_same_for_an_address_and_a_key_and_tells_neither() {
        let one = list("a long random text", &["Amy <amy@a.example>", "bo@b.example"]);
        let again = list("a long random text\n", &["bo@b.example", "AMY@a.example"]);
        assert_eq!(one.all[0].name, again.all[1].name);
        assert_eq!(one.all[1].name, again.all[0].name);
        assert_ne!(one.all[0].name, one.all[1].name);
        let other = list("another random text", &["amy@a.example"]);
        assert_ne!(one.all[0].name[MARK..], other.all[0].name[MARK..]);
        assert_eq!(one.all[0].name.len(), MARK + OWN);
        assert!(one.all[0].name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn another_key_is_known_by_the_names_that_were_written() {
        let (one, other) =
            (list("a long random text", &["amy@a.example"]), list("another random text", &["b@b.example"]));
        let state = DeliveryState::default();
        let known_by = |list: &List| one.other_key([(list.all[0].name.as_str(), &state)].into_iter());
        assert_eq!(known_by(&one), None);
        assert!(known_by(&other).is_some());
    }
}
