use super::{Desired, Reason, Verdict};
use crate::{
    ledger::{DeliveryState, PartState},
    model::Timestamp,
    network,
};

type Decision = (Verdict, Reason, Option<Timestamp>);

/// Decides on a delivery that was taken back or cancelled, or that its post wants taken back. None leaves it to what is
/// wanted otherwise. Nothing of the delivery is unsettled.
pub(super) fn withdrawn(desired: &Desired, state: &DeliveryState) -> Option<Decision> {
    let live = state.parts.iter().find_map(|part| match part {
        PartState::Published(published) => Some(published),
        _ => None,
    });
    let Some(live) = live else {
        let nothing_is_out = || desired.retract.then_some((Verdict::Done, Reason::Withdrawn, None));
        return taken_back(state).or_else(nothing_is_out);
    };
    if desired.retract {
        let network = network::find(desired.draft.network);
        return Some(match network {
            Some(network) if !network.profile().delete => {
                let what = format!(
                    "{} deletes nothing for programs: delete it there, then tell with `masthead resolve … --retracted`",
                    network.profile().name
                );
                (Verdict::Attention, Reason::NeedsPerson(what), Some(live.at))
            }
            Some(_) | None => (Verdict::Retract, Reason::Withdrawn, Some(live.at)),
        });
    }
    taken_back(state)
}

/// Decides on a delivery of which something was taken back or cancelled.
pub(super) fn taken_back(state: &DeliveryState) -> Option<Decision> {
    let is_live = state.parts.iter().any(|part| matches!(part, PartState::Published(_)));
    state.parts.iter().find_map(|part| match part {
        PartState::Retracted { .. } if is_live => {
            let what = "some of its parts were taken back and others are still out: run `masthead retract` again";
            Some((Verdict::Attention, Reason::NeedsPerson(what.to_owned()), None))
        }
        PartState::Retracted { at, .. } => Some((Verdict::Done, Reason::Retracted, Some(*at))),
        PartState::Cancelled { why } => Some((Verdict::Done, Reason::Cancelled(why.clone()), None)),
        PartState::Queued { .. }
        | PartState::Sending(_)
        | PartState::Published(_)
        | PartState::Failed { .. }
        | PartState::Attention { .. } => None,
    })
}
