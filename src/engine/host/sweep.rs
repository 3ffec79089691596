use super::{Held, HostError, MediaHost};
use crate::{
    config::Config,
    ledger::{Ledger, PartKey, PartState},
    model::{AccountId, NetworkId, Timestamp},
    network::AnyNetwork,
};
use std::{fmt, time::Duration};

/// How long a file is left alone: a publisher elsewhere may have put it there and claimed nothing yet, or a network may still
/// be at work on it.
const GRACE: Duration = Duration::from_secs(60 * 60);

/// What sweeping came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The files that were taken away, or would be.
    pub removed: Vec<String>,
    /// How many were left because they are too new.
    pub young: usize,
    /// How many were left because the outcome of a delivery that may need them isn't known.
    pub needed: usize,
}

/// What sweeping goes by.
#[derive(Clone, Copy)]
pub struct Broom<'a> {
    /// What has happened.
    pub ledger: &'a Ledger,
    /// The configuration.
    pub config: &'a Config,
    /// Finds adapters.
    pub networks: &'a dyn Fn(NetworkId) -> Option<&'static dyn AnyNetwork>,
    /// The moment.
    pub now: Timestamp,
    /// Whether nothing is taken away, and only told.
    pub dry: bool,
}

impl fmt::Debug for Broom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broom").field("now", &self.now).field("dry", &self.dry).finish_non_exhaustive()
    }
}

/// Takes away the files of ours that no delivery needs.
pub async fn sweep(host: &dyn MediaHost, broom: Broom<'_>) -> Result<Swept, HostError> {
    let swept = choose(&host.held().await?, broom.is_needed(None), broom.now);
    if !broom.dry {
        for name in &swept.removed {
            host.remove(name).await?;
        }
    }
    Ok(swept)
}

impl Broom<'_> {
    /// Returns whether an attempt, but for one part, is open on an account of a network that fetches media: it may fetch them
    /// still, and which ones the ledger doesn't tell. An account that is no more may have been one.
    pub(in crate::engine) fn is_needed(&self, but: Option<&PartKey>) -> bool {
        let fetches = |account: &AccountId| {
            let network = self.config.accounts.get(account).and_then(|account| (self.networks)(account.network));
            network.is_none_or(|network| network.profile().media.as_ref().is_some_and(|media| media.by_address))
        };
        self.ledger.deliveries.iter().any(|(key, delivery)| {
            let own = |index: usize| {
                but.is_some_and(|but| {
                    but.post == key.post && but.account == key.account && usize::from(but.part) == index + 1
                })
            };
            let mut parts = delivery.parts.iter().enumerate();
            parts.any(|(index, part)| matches!(part, PartState::Sending(_)) && !own(index)) && fetches(&key.account)
        })
    }
}

/// Chooses what goes. Which files an open delivery needs is not in the ledger, so while one is open none goes.
fn choose(held: &[Held], open: bool, now: Timestamp) -> Swept {
    let mut swept = Swept::default();
    for file in held {
        if now.since(file.since) < GRACE {
            swept.young += 1;
        } else if open {
            swept.needed += 1;
        } else {
            swept.removed.push(file.name.clone());
        }
    }
    swept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ages: &[u64], open: bool, expect: (&[&str], usize, usize)) {
        let now = Timestamp::parse("2026-11-23T09:00:00Z").expect("a time");
        let file =
            |minutes: &u64| Held { name: minutes.to_string(), since: now.minus(Duration::from_secs(minutes * 60)) };
        let held: Vec<Held> = ages.iter().map(file).collect();
        let Swept { removed, young, needed } = choose(&held, open, now);
        assert_eq!((removed.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), young, needed), expect);
    }

    #[test]
    fn what_is_old_and_needed_by_nobody_goes() {
        check(&[], false, (&[], 0, 0));
        check(&[0, 59, 60, 600], false, (&["60", "600"], 2, 0));
        check(&[0, 59, 60, 600], true, (&[], 2, 2));
    }
}
