//! Deliveries to many: what is told of those that each recipient has.

use super::{Desired, Reason};
use crate::{
    ledger::{DeliveryKey, DeliveryState, Ledger, PartState},
    model::{AccountId, PostId},
};
use std::collections::BTreeMap;

/// Returns how a delivery goes on to those who don't have it yet, if any of it has begun.
pub(super) fn begun(ledger: &Ledger, post: &PostId, account: &AccountId) -> Option<Reason> {
    let (mut out, mut refused, mut person, mut any) = (0, 0, 0, false);
    for (_, state) in ledger.recipients(post, account) {
        any = true;
        match state.parts.first() {
            Some(PartState::Published(_)) => out += 1,
            Some(PartState::Failed { .. }) => refused += 1,
            Some(PartState::Attention { .. }) => person += 1,
            Some(
                PartState::Queued { .. }
                | PartState::Sending(_)
                | PartState::Retracted { .. }
                | PartState::Cancelled { .. },
            )
            | None => {}
        }
    }
    any.then_some(Reason::Recipients { out, refused, person })
}

/// Returns whether a delivery that no post wants by itself has a row. Those of recipients stand in the row of their account, but
/// for what a person must look at; there may be thousands.
pub(super) fn is_told(key: &DeliveryKey, state: &DeliveryState, wanted: &BTreeMap<DeliveryKey, Desired>) -> bool {
    if key.account.recipient().is_none() {
        return true;
    }
    let of = DeliveryKey { post: key.post.clone(), account: AccountId::new(key.account.key()) };
    let is_open = |part: &PartState| match part {
        PartState::Attention { .. } => true,
        // Settled with the row of the account, while there is one.
        PartState::Sending(_) => !wanted.contains_key(&of),
        PartState::Queued { .. }
        | PartState::Published(_)
        | PartState::Failed { .. }
        | PartState::Retracted { .. }
        | PartState::Cancelled { .. } => false,
    };
    state.parts.iter().any(is_open)
}
