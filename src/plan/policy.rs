use crate::{
    config::{Config, PublishSettings},
    model::{Account, AccountId, Freeze, Zone},
};
use std::collections::BTreeMap;

/// What a workspace says about publishing, and who has stopped it.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// `[publish]`.
    pub publish: &'a PublishSettings,
    /// The accounts, which may have limits of their own.
    pub accounts: &'a BTreeMap<AccountId, Account>,
    /// The workspace's zone, for quiet hours.
    pub zone: Zone,
    /// The freezes of the ledger and of the commit, those that have ended included.
    pub freezes: &'a [Freeze],
}

impl<'a> Policy<'a> {
    /// Returns a configuration's policy.
    pub fn new(config: &'a Config, freezes: &'a [Freeze]) -> Self {
        Self { publish: &config.publish, accounts: &config.accounts, zone: config.zone, freezes }
    }

    /// Returns how many posts an account may publish in an hour.
    pub(super) fn burst(&self, account: &AccountId) -> usize {
        let own = self.accounts.get(account).and_then(|account| account.burst);
        own.unwrap_or(self.publish.burst) as usize
    }
}
