//! Opening the workspace's vault, and what it and the configuration tell of the ways into accounts.

use super::{Failure, Ui};
use crate::{
    config::Config,
    engine::{About, Kind, SecretSource as _, SharedVault, SystemSecrets, Vault},
    ledger::StoreError,
    model::{SecretRef, Timestamp},
    plan::Access,
    workspace::{Repo, SharedFiles},
};
use std::path::Path;

/// Whether a command opens what is in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It does, so the key is fetched.
    Open,
    /// It only looks at what is no secret.
    Look,
    /// It looks at that as this clone has read it last, and asks no remote.
    Known,
}

/// Opens the vault; none if the workspace has none.
pub(super) fn open(root: &Path, repository: &Repo, config: &Config, use_: Use) -> Result<Option<Vault>, StoreError> {
    let Some(settings) = &config.vault else { return Ok(None) };
    let files = SharedFiles::open(repository, &settings.branch, config.ledger.remote.as_deref(), "vault")?;
    let key = match use_ {
        Use::Open => SystemSecrets::new(root).get(&settings.key),
        Use::Look | Use::Known => Err("it was not asked for".to_owned()),
    };
    let files = if use_ == Use::Known { files.offline() } else { files };
    Ok(Some(Vault::new(Box::new(files), key, settings.recipients.clone())))
}

/// Returns where secrets and sessions are found.
pub(super) fn secrets(root: &Path, repository: &Repo, config: &Config) -> Result<SystemSecrets, Failure> {
    let vault = open(root, repository, config, Use::Open).map_err(super::ledger_failure)?;
    Ok(SystemSecrets::new(root).with_vault(vault.map(SharedVault::new)))
}

/// Finds out what is known of the ways into accounts, without opening anything. A vault that can't be looked at is told of.
pub(super) fn access(root: &Path, repository: &Repo, config: &Config, use_: Use, ui: &Ui) -> Access {
    let kept = open(root, repository, config, use_).and_then(|vault| match vault {
        Some(mut vault) => vault.list(),
        None => Ok(Vec::new()),
    });
    let kept = kept.unwrap_or_else(|error| {
        ui.warning(&format!("what the vault knows of tokens is left out: {error}"));
        Vec::new()
    });
    judge(config, &kept)
}

/// Puts together when tokens end and which accounts are signed out.
pub(super) fn judge(config: &Config, kept: &[About]) -> Access {
    let find = |kind: Kind, name: &str| kept.iter().find(|about| about.kind == kind && about.name == name);
    let mut access = Access::default();
    for account in config.accounts.values() {
        let session = find(Kind::Session, account.id.as_str());
        if let Some(why) = session.and_then(|session| session.signed_out.clone()) {
            access.signed_out.insert(account.id.clone(), why);
        }
        let written = account.token_expires.as_ref().map(|at| at.value);
        let stored = match account.token.as_ref().map(|token| &token.value) {
            Some(SecretRef::Vault(name)) => find(Kind::Secret, name).and_then(|secret| secret.expires),
            // With a secret of its own a session can be opened anew.
            Some(SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Command(_)) => None,
            None => session.and_then(|session| session.refresh_expires),
        };
        if let Some(ends) = [written, stored].into_iter().flatten().min() {
            access.ends.insert(account.id.clone(), ends);
        }
    }
    access
}

/// Says whether an end is past, if it is that or soon.
pub(super) fn is_over_if_soon(ends: Timestamp, now: Timestamp) -> Option<bool> {
    const SOON: std::time::Duration = std::time::Duration::from_secs(14 * 24 * 60 * 60);
    (ends < now.plus(SOON)).then_some(ends <= now)
}
