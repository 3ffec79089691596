use super::{AccountId, NetworkId, Options, Timestamp};
use crate::diag::{Span, Spanned};
use std::{collections::BTreeMap, time::Duration};

/// A place that posts go to, from `[accounts.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name everywhere else.
    pub id: AccountId,
    /// The network it is on.
    pub network: NetworkId,
    /// The server's base address without a trailing slash, where the network has many servers.
    pub endpoint: Option<Spanned<String>>,
    /// The account's own handle on the network, without a leading `@`.
    pub handle: Option<Spanned<String>>,
    /// Where its secret is kept; never the secret.
    pub token: Option<Spanned<SecretRef>>,
    /// Who speaks.
    pub voice: Voice,
    /// The BCP 47 tag of the language it usually writes in; the workspace's unless it says its own.
    pub language: Option<String>,
    /// How many posts it may publish in an hour, where it differs from the workspace's.
    pub burst: Option<u32>,
    /// How long after a lost answer its list of posts is believed to be complete, where it differs from the workspace's.
    pub settle: Option<Duration>,
    /// When its token is refused, where a person has written that down.
    pub token_expires: Option<Spanned<Timestamp>>,
    /// As which application we ask to be let in, where the network has OAuth.
    pub client: Option<Client>,
    /// The network's own settings for accounts.
    pub options: Options,
    /// Where the table's name stands.
    pub span: Span,
}

/// An application that is registered with a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its public id.
    pub id: Spanned<String>,
    /// Where its secret is kept, if it has one.
    pub secret: Option<Spanned<SecretRef>>,
    /// Where the network sends people back to, as it is registered there.
    pub redirect: Option<Spanned<String>>,
}

impl Account {
    /// Makes an account that says nothing beyond where it is.
    pub fn new(id: AccountId, network: NetworkId, span: Span) -> Self {
        Self {
            id,
            network,
            endpoint: None,
            handle: None,
            token: None,
            voice: Voice::default(),
            language: None,
            burst: None,
            settle: None,
            token_expires: None,
            client: None,
            options: Options::default(),
            span,
        }
    }
}

/// Who speaks through an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// The brand itself.
    #[default]
    Brand,
    /// A person who speaks for it.
    Ambassador,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// In an environment variable: `env:NAME`.
    Env(String),
    /// In a file that only its owner can read: `file:PATH`, relative to the workspace's root.
    File(String),
    /// Printed by a command, run without a shell: `command:PROGRAM ARGUMENT…`.
    Command(Vec<String>),
    /// In the workspace's vault: `vault:NAME`.
    Vault(String),
}

/// Someone whom copy may mention, from `[people.KEY]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The key: `@key` in copy.
    pub key: String,
    /// The name shown where they have no handle.
    pub name: String,
    /// Their handle on each network, without a leading `@`.
    pub handles: BTreeMap<NetworkId, String>,
}
