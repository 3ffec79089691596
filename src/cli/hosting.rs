//! The public place of media, for the commands that publish and for those that look after it.

use super::{Failure, Ui, committed::Committed, time};
use crate::{
    config::Config,
    engine::{self, Broom, HostError, MediaHost, PublicHost, Swept, SystemSecrets},
    ledger::Ledger,
    network,
};
use std::{path::Path, sync::OnceLock};

/// The place of `[media.host]`, opened when somebody first needs it.
#[derive(Debug, Default)]
pub(super) struct Hosting(OnceLock<Result<PublicHost, HostError>>);

impl Hosting {
    /// Returns the place, or why it can't be used.
    pub(super) fn open(
        &self,
        config: &Config,
        root: &Path,
        secrets: impl FnOnce() -> Result<SystemSecrets, Failure>,
    ) -> Result<&dyn MediaHost, HostError> {
        let settings = config.host.as_ref().ok_or_else(HostError::none)?;
        let opened = self.0.get_or_init(|| {
            let secrets = secrets().map_err(|failure| HostError {
                message: format!("the secret of `[media.host]` can't be had: {}", failure.message),
                help: "see `masthead doctor`".to_owned(),
            })?;
            PublicHost::open(settings, root, &secrets)
        });
        opened.as_ref().map(|host| host as &dyn MediaHost).map_err(Clone::clone)
    }
}

/// Takes away what nobody needs from the public place.
pub(super) async fn sweep(committed: &Committed, ledger: &Ledger, dry: bool) -> Result<Swept, HostError> {
    let host = committed.public_place()?;
    let broom = Broom { ledger, config: &committed.config, networks: &network::find, now: time::now(), dry };
    engine::sweep(host, broom).await
}

/// Does that at the end of a round, where there is something to look after; what goes wrong is no failure of the round.
pub(super) async fn tidy(committed: &Committed, ledger: &Ledger, ui: &Ui) {
    let fetches = |network| {
        let network = network::find(network);
        network.is_some_and(|network| network.profile().media.as_ref().is_some_and(|media| media.by_address))
    };
    if committed.config.host.is_none() || !committed.config.accounts.values().any(|account| fetches(account.network)) {
        return;
    }
    match sweep(committed, ledger, false).await {
        Ok(swept) if swept.removed.is_empty() => {}
        Ok(swept) => ui.detail(&format!("took {} from the public place of media", files(swept.removed.len()))),
        Err(error) => ui.warning(&format!("the public place of media was not swept: {error}")),
    }
}

/// Counts files.
pub(super) fn files(count: usize) -> String {
    crate::diag::words::count(count, "file", "files")
}
