//! The vault: secrets and sessions that publishers share, encrypted with age on a branch of their own.
//!
//! ```text
//! vault.json                                format version, for whom it is encrypted
//! secrets/NAME.age                          what a person has put there: `vault:NAME`
//! sessions/ACCOUNT.age                      a session, with its access and refresh token
//! secrets/NAME.json  sessions/ACCOUNT.json  what is no secret about them: ages and ends
//! refreshes/ACCOUNT/0007-intent-ID.json     who is refreshing generation 7
//! ```
//!
//! Every change replaces the branch by compare-and-swap, so of any number of writers one wins; who loses reads and decides
//! again. It does not decide when a session is renewed: that is [`super::renew`].

mod format;
mod seal;
mod sessions;
#[cfg(test)]
pub(super) mod tests;

pub(super) use self::format::kept;
pub use self::{format::Kind, seal::make_key, sessions::SharedVault};
use self::{
    format::{AboutWire, HEAD, HeadWire, SecretWire, VERSION, read, read_secret, write},
    seal::{Closed, Key, seal},
};
use crate::{
    ledger::{StoreError, StoreProblem},
    model::Timestamp,
    workspace::{FileSet, SharedFiles},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::BTreeMap,
    fmt, thread,
    time::{Duration, Instant},
};

/// For how long a lost race is run again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Files that are replaced by compare-and-swap.
pub trait Files: Send {
    /// Reads what is there now.
    fn read(&mut self) -> Result<FileSet, StoreError>;

    /// Replaces everything, if nothing has changed since it was read. Returns whether it did.
    fn replace(&mut self, seen: &FileSet, files: &BTreeMap<String, Vec<u8>>, message: &str)
    -> Result<bool, StoreError>;
}

impl Files for SharedFiles {
    fn read(&mut self) -> Result<FileSet, StoreError> {
        Self::read(self)
    }

    fn replace(
        &mut self,
        seen: &FileSet,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, StoreError> {
        Self::replace(self, seen, files, message)
    }
}

/// A vault. Its calls block.
pub struct Vault {
    files: Box<dyn Files>,
    /// The key, or why there is none.
    key: Result<Key, String>,
    /// Other keys that open it too.
    recipients: Vec<String>,
}

/// What can be said of something kept without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// When it was put there.
    pub got: Option<Timestamp>,
    /// When it ends, or its access token does.
    pub expires: Option<Timestamp>,
    /// When its refresh token ends.
    pub refresh_expires: Option<Timestamp>,
    /// How often a session was renewed.
    pub generation: u64,
    /// Why nobody gets in with it any more.
    pub signed_out: Option<String>,
    /// Whether somebody has claimed to refresh it, and who and when.
    pub refreshing: Option<(String, Timestamp)>,
}

/// The public halves that a vault is encrypted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients {
    /// When it was encrypted last.
    pub last: Vec<String>,
    /// As the configuration says now.
    pub wanted: Vec<String>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("key", &self.key).field("recipients", &self.recipients).finish_non_exhaustive()
    }
}

type Contents = BTreeMap<String, Vec<u8>>;

impl Vault {
    /// Opens a vault. Without its key, what is no secret can be seen still, and secrets can be put there for others.
    pub fn new(files: Box<dyn Files>, key: Result<SecretString, String>, recipients: Vec<String>) -> Self {
        Self { files, key: key.and_then(|key| Key::parse(&key)), recipients }
    }

    /// Returns why the key can't be had, if so.
    pub fn locked(&self) -> Option<&str> {
        self.key.as_ref().err().map(String::as_str)
    }

    /// Returns the public half of the key.
    pub fn public(&self) -> Option<String> {
        self.key.as_ref().ok().map(Key::public)
    }

    /// Puts a secret there.
    pub fn set(
        &mut self,
        name: &str,
        secret: &SecretString,
        now: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let wire = SecretWire { v: VERSION, name: name.to_owned(), secret: secret.expose_secret().to_owned() };
        let about = AboutWire {
            v: VERSION,
            got: Some(now.to_string()),
            expires: expires.map(|at| at.to_string()),
            ..AboutWire::default()
        };
        self.change(&format!("put the secret {name}"), |vault, files| {
            files.insert(Kind::Secret.sealed(name), vault.seal(files, &write(&wire))?);
            files.insert(Kind::Secret.about(name), write(&about));
            Ok(true)
        })
        .map(|_| ())
    }

    /// Returns a secret.
    pub fn get(&mut self, name: &str) -> Result<SecretString, StoreError> {
        let files = self.read()?.files;
        let Some(sealed) = files.get(&Kind::Secret.sealed(name)) else {
            return Err(StoreError::new(StoreProblem::Damaged, format!("the vault has no secret `{name}`"))
                .hint(format!("put it there with `masthead vault set {name}`, or see `masthead vault list`")));
        };
        let wire: SecretWire = self.open(&Kind::Secret.sealed(name), sealed)?;
        if wire.name != name {
            return Err(swapped(&Kind::Secret.sealed(name), &wire.name));
        }
        Ok(format::secret(wire.secret))
    }

    /// Removes a secret or a session. Returns whether it was there.
    pub fn remove(&mut self, kind: Kind, name: &str) -> Result<bool, StoreError> {
        self.change(&format!("removed {} {name}", kind.folder()), |_, files| {
            let sealed = files.remove(&kind.sealed(name));
            let about = files.remove(&kind.about(name));
            if kind == Kind::Session {
                end_refreshes(files, name);
            }
            Ok(sealed.is_some() || about.is_some())
        })
    }

    /// Lists what is there, without opening anything.
    pub fn list(&mut self) -> Result<Vec<About>, StoreError> {
        let files = self.read()?.files;
        let mut all = Vec::new();
        for kind in [Kind::Secret, Kind::Session] {
            for (path, bytes) in &files {
                let name = path.strip_prefix(kind.folder()).and_then(|rest| rest.strip_prefix('/'));
                let Some(name) = name.and_then(|name| name.strip_suffix(".json")) else { continue };
                let about: AboutWire = read(path, bytes)?;
                let time = |text: Option<String>| text.as_deref().and_then(Timestamp::parse);
                let refreshing =
                    sessions::refreshing(&files, name, about.generation)?.filter(|_| kind == Kind::Session);
                all.push(About {
                    kind,
                    name: name.to_owned(),
                    got: time(about.got),
                    expires: time(about.expires),
                    refresh_expires: time(about.refresh_expires),
                    generation: about.generation,
                    signed_out: about.signed_out,
                    refreshing: refreshing.map(|refreshing| (refreshing.by.clone(), refreshing.over())),
                });
            }
        }
        Ok(all)
    }

    /// Returns for whom everything was encrypted last, and for whom it would be now; none if there is no vault yet.
    pub fn recipients(&mut self) -> Result<Option<Recipients>, StoreError> {
        let files = self.read()?.files;
        let Some(head) = files.get(HEAD) else { return Ok(None) };
        let head: HeadWire = read(HEAD, head)?;
        Ok(Some(Recipients { last: head.recipients, wanted: self.wanted() }))
    }

    /// Makes the vault, if there is none.
    pub fn create(&mut self) -> Result<bool, StoreError> {
        self.change("began the vault", |vault, files| {
            let is_new = !files.contains_key(HEAD);
            if is_new {
                files.insert(HEAD.to_owned(), vault.head());
            }
            Ok(is_new)
        })
    }

    /// Encrypts everything anew, for the keys of the configuration. Returns how much.
    pub fn rekey(&mut self) -> Result<usize, StoreError> {
        let mut count = 0;
        self.change("encrypted everything anew", |vault, files| {
            let paths: Vec<String> = files.keys().filter(|path| path.ends_with(".age")).cloned().collect();
            for path in &paths {
                let plain = vault.open_bytes(path, &files[path])?;
                files.insert(path.clone(), vault.seal_for(&plain, &vault.wanted())?);
            }
            files.insert(HEAD.to_owned(), vault.head());
            count = paths.len();
            Ok(true)
        })?;
        Ok(count)
    }

    /// Reads the files. A branch that holds something else is left alone, and so is the work of a newer program.
    fn read(&mut self) -> Result<FileSet, StoreError> {
        let seen = self.files.read()?;
        match seen.files.get(HEAD) {
            Some(head) => match read::<HeadWire>(HEAD, head) {
                Err(error) if error.problem == StoreProblem::Newer => Err(error),
                // What needs to know for whom it is encrypted says so where it is damaged.
                Ok(_) | Err(_) => Ok(seen),
            },
            None if seen.version.is_none() => Ok(seen),
            None => {
                let message = format!("the branch of the vault holds something else: it has no `{HEAD}`");
                Err(StoreError::new(StoreProblem::Foreign, message)
                    .hint("name another in `branch` of `[vault]`; if it was the vault, bring it back with `git log`"))
            }
        }
    }

    /// Changes the files until nobody was faster. The change says whether there is anything to write.
    fn change(
        &mut self,
        message: &str,
        mut change: impl FnMut(&Self, &mut Contents) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let began = Instant::now();
        for round in 0u32.. {
            let seen = self.read()?;
            let mut files = seen.files.clone();
            if !change(self, &mut files)? {
                return Ok(false);
            }
            files.entry(HEAD.to_owned()).or_insert_with(|| self.head());
            if self.files.replace(&seen, &files, message)? {
                return Ok(true);
            }
            if began.elapsed() > PATIENCE {
                break;
            }
            let most = (10u64 << round.min(6)).min(500);
            thread::sleep(Duration::from_millis(1 + getrandom::u64().unwrap_or(most / 2) % most));
        }
        let message = format!("other publishers wrote to the vault first, for {} seconds", PATIENCE.as_secs());
        Err(StoreError::new(StoreProblem::Contended, message).hint("run again later, or with fewer publishers at once"))
    }

    /// Returns for whom is encrypted: the reviewed configuration says so, and never what stands on the branch, where whoever
    /// can push could add a key of theirs.
    fn wanted(&self) -> Vec<String> {
        let mut wanted = self.recipients.clone();
        wanted.extend(self.public());
        wanted.sort();
        wanted.dedup();
        wanted
    }

    fn head(&self) -> Vec<u8> {
        write(&HeadWire { v: VERSION, recipients: self.wanted() })
    }

    fn seal(&self, files: &Contents, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let wanted = self.wanted();
        if let (Err(why), Some(head)) = (&self.key, files.get(HEAD)) {
            let head: HeadWire = read(HEAD, head)?;
            if let Some(other) = head.recipients.iter().find(|other| !wanted.contains(other)) {
                let message = format!("what is written now could not be opened with the key `{other}`: {why}");
                return Err(StoreError::new(StoreProblem::Refused, message)
                    .hint("give the vault's key, or name that one in `recipients` of `[vault]` if you know it"));
            }
        }
        self.seal_for(plain, &wanted)
    }

    fn seal_for(&self, plain: &[u8], recipients: &[String]) -> Result<Vec<u8>, StoreError> {
        if recipients.is_empty() {
            let why = self.locked().unwrap_or("there is no key");
            return Err(StoreError::new(StoreProblem::Refused, format!("nobody could open the vault: {why}"))
                .hint("give the vault's key, or write its public half into `recipients` of `[vault]`"));
        }
        seal(plain, recipients).map_err(|why| {
            StoreError::new(StoreProblem::Refused, format!("can't encrypt for the vault: {why}"))
                .hint("write public halves into `recipients` of `[vault]`, as `masthead vault init` shows one")
        })
    }

    fn open<T: serde::de::DeserializeOwned>(&self, path: &str, sealed: &[u8]) -> Result<T, StoreError> {
        read_secret(&self.open_bytes(path, sealed)?).map_err(|why| {
            StoreError::new(StoreProblem::Damaged, format!("`{path}` of the vault: {why}"))
                .hint("put it there again; if a newer program wrote it, update this one")
        })
    }

    fn open_bytes(&self, path: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = self.key.as_ref().map_err(|why| {
            StoreError::new(StoreProblem::Refused, format!("the vault's key can't be had: {why}"))
                .hint("put it where `key` of `[vault]` says; `masthead vault init` showed it once")
        })?;
        key.open(sealed).map_err(|closed| match closed {
            Closed::NotForUs => {
                let message = format!("`{path}` of the vault was not encrypted for the key `{}`", key.public());
                StoreError::new(StoreProblem::Refused, message).hint(
                    "write that public half into `recipients` of `[vault]`, and run `masthead vault rekey` with a key that \
                     opens it",
                )
            }
            Closed::Damaged => {
                StoreError::new(StoreProblem::Damaged, format!("`{path}` of the vault is damaged, or was tampered with"))
                    .hint("see who wrote it with `git log` on the vault's branch, and put it there again")
            }
        })
    }
}

fn swapped(path: &str, name: &str) -> StoreError {
    StoreError::new(StoreProblem::Damaged, format!("`{path}` of the vault holds what belongs to `{name}`"))
        .hint("somebody moved it: see who with `git log` on the vault's branch, and put it there again")
}

fn end_refreshes(files: &mut Contents, name: &str) {
    let folder = format!("refreshes/{name}/");
    files.retain(|path, _| !path.starts_with(&folder));
}
