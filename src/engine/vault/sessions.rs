//! Sessions in the vault, as the engine asks for them.

use super::{
    Contents, Vault, end_refreshes,
    format::{AboutWire, Kind, RefreshingWire, SessionWire, VERSION, mend, read, write},
    swapped,
};
use crate::{
    engine::tokens::{Kept, Look, Refreshing, Tokens},
    ledger::{StoreError, StoreProblem},
    model::Account,
    network::{ErrorKind, Flow, NetworkError},
};
use std::{
    panic,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A vault that the accounts of a run share. Its calls run away from the engine's own thread.
#[derive(Clone, Debug)]
pub struct SharedVault(Arc<Mutex<Vault>>);

impl SharedVault {
    /// Shares a vault.
    pub fn new(vault: Vault) -> Self {
        Self(Arc::new(Mutex::new(vault)))
    }

    /// Locks it for a call that blocks.
    pub fn lock(&self) -> MutexGuard<'_, Vault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn away<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&mut Vault) -> Result<T, StoreError> + Send + 'static,
    ) -> Flow<'a, Result<T, NetworkError>> {
        let vault = self.clone();
        Box::pin(async move {
            let call = tokio::task::spawn_blocking(move || work(&mut vault.lock()));
            match call.await {
                Ok(result) => result.map_err(as_network),
                Err(error) => panic::resume_unwind(error.into_panic()),
            }
        })
    }
}

impl Tokens for SharedVault {
    fn look<'a>(&'a self, account: &'a Account) -> Flow<'a, Result<Look, NetworkError>> {
        let account = account.clone();
        self.away(move |vault| vault.look(&account))
    }

    fn claim<'a>(
        &'a self,
        account: &'a Account,
        look: &'a Look,
        refreshing: &'a Refreshing,
    ) -> Flow<'a, Result<bool, NetworkError>> {
        let name = account.id.to_string();
        let (generation, before) = (look.generation, look.refreshing.as_ref().map(|refreshing| refreshing.id.clone()));
        let refreshing = refreshing.clone();
        self.away(move |vault| vault.claim(&name, generation, before.as_deref(), &refreshing))
    }

    fn store<'a>(
        &'a self,
        account: &'a Account,
        refreshing: &'a Refreshing,
        kept: &'a Kept,
    ) -> Flow<'a, Result<bool, NetworkError>> {
        let (account, refreshing, kept) = (account.clone(), refreshing.clone(), kept.clone());
        self.away(move |vault| vault.store(&account, &refreshing, &kept))
    }

    fn release<'a>(&'a self, account: &'a Account, refreshing: &'a Refreshing) -> Flow<'a, Result<(), NetworkError>> {
        let path = intent_path(account.id.as_str(), refreshing);
        let message = format!("did not refresh {}", account.id);
        self.away(move |vault| vault.change(&message, |_, files| Ok(files.remove(&path).is_some())).map(|_| ()))
    }

    fn sign_out<'a>(
        &'a self,
        account: &'a Account,
        generation: u64,
        why: &'a str,
    ) -> Flow<'a, Result<(), NetworkError>> {
        let (name, why) = (account.id.to_string(), why.to_owned());
        self.away(move |vault| vault.sign_out(&name, generation, &why))
    }
}

impl Vault {
    pub(super) fn look(&mut self, account: &Account) -> Result<Look, StoreError> {
        let files = self.read()?.files;
        let name = account.id.as_str();
        let about = about(&files, name)?;
        let path = Kind::Session.sealed(name);
        let kept = match files.get(&path) {
            Some(sealed) => {
                let wire: SessionWire = self.open(&path, sealed)?;
                wire.kept(account).map_err(|why| swapped(&path, &why))?
            }
            None => None,
        };
        if let Some(kept) = kept.as_ref().filter(|kept| kept.generation != about.generation) {
            let message =
                format!("`{path}` of the vault is of generation {}, not {}", kept.generation, about.generation);
            return Err(StoreError::new(StoreProblem::Damaged, message).hint(format!(
                "somebody brought an old file back: see who with `git log` on the vault's branch, then run `masthead vault \
                 rm --session {name}`"
            )));
        }
        Ok(Look {
            generation: about.generation,
            kept,
            refreshing: refreshing(&files, name, about.generation)?,
            signed_out: about.signed_out,
        })
    }

    pub(super) fn claim(
        &mut self,
        name: &str,
        generation: u64,
        before: Option<&str>,
        refreshing: &Refreshing,
    ) -> Result<bool, StoreError> {
        self.change(&format!("refreshing {name}"), |_, files| {
            let there = self::refreshing(files, name, generation)?;
            let is_unchanged =
                about(files, name)?.generation == generation && there.as_ref().map(|there| there.id.as_str()) == before;
            if is_unchanged {
                end_refreshes(files, name);
                files.insert(intent_path(name, refreshing), write(&RefreshingWire::new(refreshing)));
            }
            Ok(is_unchanged)
        })
    }

    pub(super) fn store(
        &mut self,
        account: &Account,
        refreshing: &Refreshing,
        kept: &Kept,
    ) -> Result<bool, StoreError> {
        let name = account.id.as_str();
        let plain = write(&SessionWire::new(account, kept));
        self.change(&format!("refreshed {name}"), |vault, files| {
            if about(files, name)?.generation != refreshing.generation {
                return Ok(false);
            }
            end_refreshes(files, name);
            files.insert(Kind::Session.sealed(name), vault.seal(files, &plain)?);
            files.insert(Kind::Session.about(name), write(&AboutWire::of(kept)));
            Ok(true)
        })
    }

    pub(super) fn sign_out(&mut self, name: &str, generation: u64, why: &str) -> Result<(), StoreError> {
        let signed_out = self.change(&format!("{name} is signed out"), |_, files| {
            let mut about = about(files, name)?;
            if about.generation != generation || about.signed_out.as_deref() == Some(why) {
                return Ok(false);
            }
            end_refreshes(files, name);
            about.v = VERSION;
            about.signed_out = Some(why.to_owned());
            files.insert(Kind::Session.about(name), write(&about));
            Ok(true)
        });
        signed_out.map(|_| ())
    }
}

/// Finds who has claimed to refresh a generation.
pub(super) fn refreshing(files: &Contents, name: &str, generation: u64) -> Result<Option<Refreshing>, StoreError> {
    let start = format!("refreshes/{name}/{generation:04}-intent-");
    let Some((path, bytes)) = files.iter().find(|(path, _)| path.starts_with(&start)) else { return Ok(None) };
    let wire: RefreshingWire = read(path, bytes)?;
    let refreshing = wire.refreshing(generation).ok_or_else(|| {
        StoreError::new(StoreProblem::Damaged, format!("the time in `{path}` of the vault can't be read"))
            .hint(mend(path))
    })?;
    Ok(Some(refreshing))
}

fn about(files: &Contents, name: &str) -> Result<AboutWire, StoreError> {
    let path = Kind::Session.about(name);
    files.get(&path).map_or_else(|| Ok(AboutWire::default()), |bytes| read(&path, bytes))
}

fn intent_path(name: &str, refreshing: &Refreshing) -> String {
    format!("refreshes/{name}/{:04}-intent-{}.json", refreshing.generation, refreshing.id)
}

fn as_network(error: StoreError) -> NetworkError {
    let kind = match error.problem {
        // Nothing was sent to anybody, and it may work later.
        StoreProblem::Unreachable | StoreProblem::Contended => ErrorKind::NotSent,
        _ => ErrorKind::Misconfigured,
    };
    let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    NetworkError::new(kind, format!("{}{hint}", error.message))
}
