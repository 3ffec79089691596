use super::{World, recorder::Halted, scribe::Scribe};
use crate::model::{AccountId, Freeze};
use std::cell::RefCell;

/// What somebody has stopped, as it was seen last. All accounts of a run share it, so that what one of them sees stops all
/// before their next claim.
pub(super) struct Brakes<'a> {
    world: World<'a>,
    seen: RefCell<Vec<Freeze>>,
}

impl<'a> Brakes<'a> {
    /// Starts with what the ledger had when it was read.
    pub(super) fn new(world: World<'a>, seen: Vec<Freeze>) -> Self {
        Self { world, seen: RefCell::new(seen) }
    }

    /// Looks again.
    pub(super) async fn look(&self, scribe: &Scribe<'_>) -> Result<(), Halted> {
        let brakes = scribe.look().await?;
        *self.seen.borrow_mut() = brakes.into_iter().map(|brake| brake.freeze).collect();
        Ok(())
    }

    /// Returns who has stopped an account or a campaign and why, if somebody has.
    pub(super) fn frozen(&self, account: &AccountId, campaign: Option<&str>) -> Option<String> {
        let now = self.world.clock.now();
        let seen = self.seen.borrow();
        let freeze = seen.iter().find(|freeze| freeze.concerns(account, campaign) && freeze.holds(now))?;
        Some(format!("{} was frozen by {}: {}", freeze.scope, freeze.by, freeze.reason))
    }
}

impl std::fmt::Debug for Brakes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brakes").field("seen", &self.seen).finish_non_exhaustive()
    }
}
