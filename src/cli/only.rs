use super::{Failure, committed::Committed};
use crate::{
    diag::did_you_mean,
    ledger::Ledger,
    model::{AccountId, Scope},
};

/// Which posts and accounts a command is about.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Only {
    /// Only this account, group, post id or file; may be given more than once
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// An [`Only`] whose names were found: with accounts and posts, both must fit.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    accounts: Option<Vec<AccountId>>,
    posts: Option<Vec<String>>,
}

impl Only {
    /// Finds what the names mean. A post may be gone from the branch and still be in the ledger.
    pub(super) fn choose(&self, committed: &Committed, ledger: &Ledger) -> Result<Chosen, Failure> {
        let config = &committed.config;
        let mut chosen = Chosen::default();
        for name in &self.only {
            if let Some((account, _)) = config.accounts.get_key_value(name.as_str()) {
                chosen.accounts.get_or_insert_default().push(account.clone());
            } else if let Some(accounts) = config.groups.get(name.as_str()) {
                chosen.accounts.get_or_insert_default().extend(accounts.iter().cloned());
            } else if let Some(post) = committed.find(name, ledger) {
                chosen.posts.get_or_insert_default().push(post.as_str().to_owned());
            } else {
                let names = config.accounts.keys().map(AccountId::as_str);
                let groups = config.groups.keys().map(|group| group.as_str());
                let ids = committed.posts.iter().map(|(_, post)| post.id.value.as_str());
                let failure =
                    Failure::usage(format!("there is no account, group or post `{name}` on the publish branch"));
                return Err(match did_you_mean(name, names.chain(groups).chain(ids)) {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint("`masthead accounts` lists the accounts, `masthead plan --all` the posts"),
                });
            }
        }
        Ok(chosen)
    }
}

impl Chosen {
    /// Returns whether a freeze is meant: with names, only one of a named account.
    pub(super) fn concerns(&self, scope: &Scope) -> bool {
        match (scope, &self.accounts) {
            (Scope::Account(account), Some(accounts)) => accounts.contains(account),
            (Scope::All | Scope::Account(_) | Scope::Campaign(_), _) => self.accounts.is_none() && self.posts.is_none(),
        }
    }

    /// Returns whether a delivery is meant.
    pub(super) fn includes(&self, post: &str, account: &AccountId) -> bool {
        self.accounts.as_ref().is_none_or(|accounts| accounts.contains(account))
            && self.posts.as_ref().is_none_or(|posts| posts.iter().any(|id| id == post))
    }
}
