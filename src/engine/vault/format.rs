//! The shapes of the vault's files, version 1. What is not secret stands beside the encrypted files, so that names and ages
//! can be listed without the key; what is decided by is inside.

use crate::{
    engine::tokens::{Kept, Refreshing},
    ledger::{StoreError, StoreProblem},
    model::{Account, Timestamp},
    network::{Session, SignIn},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The version that is written, and the newest that is understood.
pub(super) const VERSION: u32 = 1;

/// The file that says what the branch is.
pub(super) const HEAD: &str = "vault.json";

/// What kind of thing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A secret that a person has put there: `vault:NAME`.
    Secret,
    /// An account's session.
    Session,
}

impl Kind {
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Session => "sessions",
        }
    }

    pub(super) fn sealed(self, name: &str) -> String {
        format!("{}/{name}.age", self.folder())
    }

    pub(super) fn about(self, name: &str) -> String {
        format!("{}/{name}.json", self.folder())
    }
}

/// `vault.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HeadWire {
    pub(super) v: u32,
    /// For whom everything was encrypted last.
    pub(super) recipients: Vec<String>,
}

/// What is no secret about something kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct AboutWire {
    pub(super) v: u32,
    /// How often a session was renewed or opened anew.
    #[serde(default)]
    pub(super) generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) got: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_expires: Option<String>,
    /// Why nobody can get in with it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signed_out: Option<String>,
}

/// What is encrypted of a secret.
#[derive(Serialize, Deserialize)]
pub(super) struct SecretWire {
    pub(super) v: u32,
    /// Its own name: a file that was moved to another name is refused.
    pub(super) name: String,
    pub(super) secret: String,
}

/// What is encrypted of a session.
#[derive(Serialize, Deserialize)]
pub(super) struct SessionWire {
    v: u32,
    name: String,
    /// Whose it is: one of another server or handle is not used.
    whose: Whose,
    generation: u64,
    got: String,
    #[serde(default)]
    expires: Option<String>,
    #[serde(default)]
    refresh_expires: Option<String>,
    facts: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Whose {
    network: String,
    endpoint: Option<String>,
    handle: Option<String>,
}

/// A refresh that is under way; it holds no secret.
#[derive(Serialize, Deserialize)]
pub(super) struct RefreshingWire {
    v: u32,
    id: String,
    at: String,
    lease_seconds: u64,
    by: String,
}

impl SessionWire {
    pub(super) fn new(account: &Account, kept: &Kept) -> Self {
        let facts = kept.session.facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone()));
        let secrets = kept.secrets.iter().map(|(name, secret)| ((*name).to_owned(), secret.expose_secret().to_owned()));
        Self {
            v: VERSION,
            name: account.id.to_string(),
            whose: whose(account),
            generation: kept.generation,
            got: kept.got.to_string(),
            expires: kept.expires.map(|at| at.to_string()),
            refresh_expires: kept.refresh_expires.map(|at| at.to_string()),
            facts: facts.collect(),
            secrets: secrets.collect(),
        }
    }

    /// Returns it with its generation; nothing if it is of another server or handle than the account has now.
    pub(super) fn kept(self, account: &Account) -> Result<Option<Kept>, String> {
        if self.name != account.id.as_str() {
            return Err(format!("it is of `{}`", self.name));
        }
        if self.whose != whose(account) {
            return Ok(None);
        }
        let time = |text: &str| Timestamp::parse(text).ok_or_else(|| "a time in it can't be read".to_owned());
        let maybe = |text: Option<String>| text.as_deref().map(time).transpose();
        Ok(Some(Kept {
            generation: self.generation,
            got: time(&self.got)?,
            expires: maybe(self.expires)?,
            refresh_expires: maybe(self.refresh_expires)?,
            session: Session { facts: self.facts.into_iter().map(|(name, fact)| (known(&name), fact)).collect() },
            secrets: self.secrets.into_iter().map(|(name, secret)| (known(&name), secret.into())).collect(),
        }))
    }
}

impl RefreshingWire {
    pub(super) fn new(refreshing: &Refreshing) -> Self {
        Self {
            v: VERSION,
            id: refreshing.id.clone(),
            at: refreshing.at.to_string(),
            lease_seconds: refreshing.lease.as_secs(),
            by: refreshing.by.clone(),
        }
    }

    pub(super) fn refreshing(self, generation: u64) -> Option<Refreshing> {
        Some(Refreshing {
            id: self.id,
            generation,
            at: Timestamp::parse(&self.at)?,
            lease: Duration::from_secs(self.lease_seconds),
            by: self.by,
        })
    }
}

impl AboutWire {
    pub(super) fn of(kept: &Kept) -> Self {
        Self {
            v: VERSION,
            generation: kept.generation,
            got: Some(kept.got.to_string()),
            expires: kept.expires.map(|at| at.to_string()),
            refresh_expires: kept.refresh_expires.map(|at| at.to_string()),
            signed_out: None,
        }
    }
}

/// Returns what is kept of a session that was opened or renewed. What the answer left out of the secrets before it stays as
/// it was: some networks give the refresh token once.
pub(in crate::engine) fn kept(sign_in: SignIn, before: Option<&Kept>, generation: u64, got: Timestamp) -> Kept {
    let SignIn { session, mut secrets, expires, refresh_expires } = sign_in;
    let mut refresh_expires = refresh_expires;
    if let Some(before) = before {
        for (name, secret) in &before.secrets {
            if !secrets.iter().any(|(known, _)| known == name) {
                secrets.push((*name, secret.clone()));
                refresh_expires = refresh_expires.or(before.refresh_expires);
            }
        }
    }
    Kept { generation, got, expires, refresh_expires, session, secrets }
}

fn whose(account: &Account) -> Whose {
    Whose {
        network: account.network.to_string(),
        endpoint: account.endpoint.as_ref().map(|endpoint| endpoint.value.clone()),
        handle: account.handle.as_ref().map(|handle| handle.value.clone()),
    }
}

/// Returns a name as adapters have it, for the whole run. There are a handful of them.
fn known(name: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(name) {
        return found;
    }
    let made: &'static str = Box::leak(name.to_owned().into_boxed_str());
    known.insert(made);
    made
}

/// Writes a file that anybody may read.
pub(super) fn write(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("texts and numbers");
    bytes.push(b'\n');
    bytes
}

/// Tells how a file is mended that can't be read.
pub(super) fn mend(path: &str) -> String {
    let (folder, rest) = path.split_once('/').unwrap_or(("", path));
    let name = rest.split_once(['/', '.']).map_or(rest, |(name, _)| name);
    match folder {
        "" => "run `masthead vault rekey`, which writes it anew".to_owned(),
        "secrets" => format!("put it there again with `masthead vault set {name}`"),
        _ => format!("run `masthead vault rm --session {name}`; who has the account's own secret signs in anew"),
    }
}

/// Reads a file that anybody may read.
pub(super) fn read<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, StoreError> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let damaged = |error: serde_json::Error| {
        StoreError::new(StoreProblem::Damaged, format!("`{path}` of the vault can't be read: {error}")).hint(mend(path))
    };
    let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
    if version.v > VERSION {
        let message = format!("`{path}` of the vault was written by a newer program");
        return Err(StoreError::new(StoreProblem::Newer, message).hint("update this program"));
    }
    serde_json::from_slice(bytes).map_err(damaged)
}

/// Reads what was encrypted. What is wrong with it is not quoted.
pub(super) fn read_secret<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|_| "what is inside can't be read".to_owned())
}

/// Makes a secret of a text.
pub(super) fn secret(text: String) -> SecretString {
    text.into()
}
