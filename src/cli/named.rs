use super::Failure;
use crate::{
    config::Config,
    diag::did_you_mean,
    model::{AccountId, GroupId},
};

/// Finds the accounts that names mean, groups spread out; each account once, in order.
pub(super) fn accounts(names: &[String], config: &Config) -> Result<Vec<AccountId>, Failure> {
    let mut found: Vec<AccountId> = Vec::new();
    for name in names {
        let meant = if let Some((account, _)) = config.accounts.get_key_value(name.as_str()) {
            vec![account.clone()]
        } else if let Some(members) = config.groups.get(name.as_str()) {
            members.clone()
        } else {
            let known = config.accounts.keys().map(AccountId::as_str).chain(config.groups.keys().map(GroupId::as_str));
            let failure = Failure::usage(format!("there is no account or group `{name}`"));
            return Err(match did_you_mean(name, known) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`masthead accounts` lists them"),
            });
        };
        for account in meant {
            if !found.contains(&account) {
                found.push(account);
            }
        }
    }
    Ok(found)
}
