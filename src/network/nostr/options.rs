//! The options of a post and of an account, and what they come to.

use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::{Credential, ErrorKind, NetworkError, Signer, nip19},
};

/// The option that names the media server.
pub(super) const MEDIA_SERVER: &str = "media_server";

/// The most relays that an account may have: each is a connection of its own.
pub(super) const MOST_RELAYS: usize = 20;

/// The keys of `[nostr]` in a post.
pub(super) static POST: &[OptionSpec] = &[OptionSpec {
    key: "content_warning",
    kind: OptionKind::Text,
    doc: "Shown instead of the text until the reader opens it.",
}];

/// The keys of `[accounts.NAME]` beyond the common ones.
pub(super) static ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "relays",
        kind: OptionKind::List,
        doc: "The addresses of the relays that get every note, at most 20: `wss://…`, or `ws://…` on this machine.",
    },
    OptionSpec {
        key: "accept",
        kind: OptionKind::Integer { min: 1, max: 20 },
        doc: "How many relays must take a note for it to count as published; half of them, rounded up, if absent.",
    },
    OptionSpec {
        key: MEDIA_SERVER,
        kind: OptionKind::Text,
        doc: "The address of the Blossom server that keeps the images and videos: `https://…`, or `http://…` on this machine. Needed \
              for posts that have some.",
    },
];

/// What an account on Nostr comes to.
#[derive(Clone, Debug)]
pub(super) struct Us<'a> {
    /// The addresses of its relays; at least one.
    pub(super) relays: &'a [String],
    /// How many must take a note.
    pub(super) accept: usize,
    /// The public key.
    pub(super) key: [u8; 32],
    /// The address of its media server, without a slash at its end.
    pub(super) media_server: Option<&'a str>,
}

impl<'a> Us<'a> {
    /// Reads an account. `check` says the same with its place long before.
    pub(super) fn of(account: &'a Account) -> Result<Self, NetworkError> {
        let wrong = |why: String| NetworkError::new(ErrorKind::Misconfigured, why);
        let relays = account.options.list("relays");
        if relays.is_empty() {
            return Err(wrong(format!("account `{}` has no `relays`", account.id)));
        }
        let key = account.handle.as_ref().and_then(|handle| public_key(&handle.value)).ok_or_else(|| {
            wrong(format!("the `handle` of account `{}` is no public key, which begins with `npub1`", account.id))
        })?;
        Ok(Self { relays, accept: accept(account), key, media_server: media_server(account) })
    }

    /// Returns the public key as events have it.
    pub(super) fn hex(&self) -> String {
        nip19::hex(&self.key)
    }

    /// Returns who signs.
    pub(super) fn signer(&self) -> Signer {
        Signer { credential: Credential::Token, public_key: self.hex() }
    }
}

/// Reads a public key; in hexadecimal as well, which is how some programs show it.
pub(super) fn public_key(handle: &str) -> Option<[u8; 32]> {
    nip19::key("npub", handle)
}

/// Returns the address of the media server without a slash at its end.
pub(super) fn media_server(account: &Account) -> Option<&str> {
    account.options.text(MEDIA_SERVER).map(|server| server.trim_end_matches('/')).filter(|server| !server.is_empty())
}

/// Returns how many relays must take a note.
pub(super) fn accept(account: &Account) -> usize {
    let asked = account.options.integer("accept").and_then(|number| usize::try_from(number).ok());
    asked.unwrap_or_else(|| account.options.list("relays").len().div_ceil(2)).max(1)
}
