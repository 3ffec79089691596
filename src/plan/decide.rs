use super::{
    Desired, Plan, Policy, Reason, Row, Verdict, flood, recipients,
    renamed::Orphans,
    withdrawn::{taken_back, withdrawn},
};
use crate::{
    ledger::{DeliveryKey, DeliveryState, Ledger, PartState, excerpt},
    model::{Freeze, NetworkId, PostId, Reference, Timestamp},
    network,
};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

/// How far ahead of ours a clock may be before nothing that it says is waited for.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Decides what would happen at a moment: one row for each delivery that is wanted, and one for each that is in the ledger
/// although its post no longer wants it.
pub fn plan(
    desired: Vec<Desired>,
    ledger: &Ledger,
    policy: &Policy<'_>,
    now: Timestamp,
    commit: Option<String>,
) -> Plan {
    let in_tree: HashSet<PostId> = desired.iter().map(|desired| desired.draft.post.clone()).collect();
    let orphans = Orphans::new(ledger, &in_tree);
    let wanted = one_each(desired);
    let unwanted = ledger.deliveries.iter().filter(|(key, _)| !wanted.contains_key(key));
    let is_told = |key: &DeliveryKey, state: &DeliveryState| recipients::is_told(key, state, &wanted);
    let unwanted = unwanted.map(|(key, state)| (key, &**state)).filter(|(key, state)| is_told(key, state));
    let mut rows: Vec<Row> = unwanted.filter_map(gone(now)).collect();
    let facts = Facts { ledger, policy, now, orphans: &orphans };
    rows.extend(wanted.into_values().map(|desired| decide(desired, &facts)));
    rows.sort_by(|a, b| {
        (a.verdict, a.at, a.post.as_str(), a.account.as_str()).cmp(&(
            b.verdict,
            b.at,
            b.post.as_str(),
            b.account.as_str(),
        ))
    });
    flood::guard(&mut rows, ledger, policy, now);
    rows.sort_by_key(|row| row.verdict);
    Plan { now, commit, rows }
}

/// Brings what is wanted into order, one for each delivery. Two files that want the same one are a mistake in both, so
/// that neither goes out.
fn one_each(desired: Vec<Desired>) -> BTreeMap<DeliveryKey, Desired> {
    let mut wanted: BTreeMap<DeliveryKey, Desired> = BTreeMap::new();
    for desired in desired {
        let key = DeliveryKey { post: desired.draft.post.clone(), account: desired.draft.account.clone() };
        match wanted.remove(&key) {
            None => wanted.insert(key, desired),
            Some(other) => {
                let first = if other.path <= desired.path { other } else { desired };
                wanted.insert(key, Desired { invalid: true, ..first })
            }
        };
    }
    wanted
}

struct Facts<'a> {
    ledger: &'a Ledger,
    policy: &'a Policy<'a>,
    now: Timestamp,
    orphans: &'a Orphans<'a>,
}

fn decide(desired: Desired, facts: &Facts<'_>) -> Row {
    let nothing = DeliveryState::default();
    let state = facts.ledger.delivery(&desired.draft.post, &desired.draft.account).unwrap_or(&nothing);
    let first = state.published(0);
    let count = match first {
        // What was sent by then says how many parts there are, unless it is what is wanted now.
        Some(first) if first.digest != desired.digest => first.parts.into(),
        Some(_) | None => desired.draft.parts.len(),
    };
    let parts = count.max(1);
    let done = (0..parts).take_while(|&part| state.published(part).is_some()).count();
    let (verdict, reason, at) = troubled(state, done, parts, facts.now)
        .or_else(|| under_way(&desired, state, facts))
        .or_else(|| withdrawn(&desired, state))
        .unwrap_or_else(|| match first {
            Some(first) if done == parts && first.digest == desired.digest => {
                (Verdict::Done, Reason::Published, Some(first.at))
            }
            Some(first) if done == parts => (drift(&desired, parts), Reason::Changed, Some(first.at)),
            Some(_) | None => missing(&desired, state, done, facts),
        });
    Row {
        post: desired.draft.post.clone(),
        account: desired.draft.account.clone(),
        verdict,
        reason,
        at,
        parts,
        done,
        url: first.and_then(|first| first.remote.url.clone()),
        desired: Some(Box::new(desired)),
    }
}

/// Returns what is said of a delivery that is out and was changed since: whether the network can take the change.
fn drift(desired: &Desired, parts: usize) -> Verdict {
    let can_edit = network::find(desired.draft.network).is_some_and(|network| network.profile().edit);
    let fits = desired.draft.parts.len() == parts && !desired.invalid && !desired.is_draft;
    if can_edit && fits { Verdict::Update } else { Verdict::Drift }
}

/// Returns whether a draft goes on with what is out of a delivery: it is the draft that was begun, or it has as many parts
/// and those that are out begin the same, so that only later ones were changed.
pub fn continues(state: &DeliveryState, desired: &Desired) -> bool {
    let Some(first) = state.published(0) else { return true };
    let parts = &desired.draft.parts;
    let is_the_same = |(state, part): (&PartState, &network::DraftPart)| match state {
        PartState::Published(out) => out.excerpt == excerpt(&part.text.text),
        PartState::Queued { .. }
        | PartState::Sending(_)
        | PartState::Failed { .. }
        | PartState::Attention { .. }
        | PartState::Retracted { .. }
        | PartState::Cancelled { .. } => true,
    };
    first.digest == desired.digest
        || (usize::from(first.parts) == parts.len() && state.parts.iter().zip(parts).all(is_the_same))
}

type Decision = (Verdict, Reason, Option<Timestamp>);

/// What comes before everything else, whatever is wanted.
enum Unsettled {
    /// A person must look.
    Person(String),
    /// An attempt is believed to be under way until then.
    Believed(Timestamp),
    /// Nothing has been heard of an attempt at this part, from 0.
    Unheard(usize),
}

/// Finds what is not settled anywhere in a delivery; the gravest, if there is more.
fn unsettled(state: &DeliveryState, now: Timestamp) -> Option<Unsettled> {
    let mut unheard = None;
    let mut believed = None;
    for (index, part) in state.parts.iter().enumerate() {
        match part {
            PartState::Attention { reason } => return Some(Unsettled::Person(reason.clone())),
            PartState::Sending(intent) if intent.at.since(now) > DAY => {
                let what = format!("an attempt is dated {}, so some machine's clock is wrong: look there", intent.at);
                return Some(Unsettled::Person(what));
            }
            PartState::Sending(intent) if now < intent.over() => believed = believed.max(Some(intent.over())),
            PartState::Sending(_) => unheard = unheard.max(Some(index)),
            PartState::Published(_)
            | PartState::Queued { .. }
            | PartState::Failed { .. }
            | PartState::Retracted { .. }
            | PartState::Cancelled { .. } => {}
        }
    }
    believed.map(Unsettled::Believed).or(unheard.map(Unsettled::Unheard))
}

/// Decides on what is not settled, and on what can't be. `done` of the parts are out before the first that isn't.
fn troubled(state: &DeliveryState, done: usize, parts: usize, now: Timestamp) -> Option<Decision> {
    let person = |what: String| Some((Verdict::Attention, Reason::NeedsPerson(what), None));
    match unsettled(state, now) {
        Some(Unsettled::Person(what)) => person(what),
        Some(Unsettled::Believed(until)) => Some((Verdict::Wait, Reason::Sending, Some(until))),
        Some(Unsettled::Unheard(index)) if index == done && done < parts => {
            Some((Verdict::Settle, Reason::Unknown, None))
        }
        Some(Unsettled::Unheard(index)) => {
            person(format!("part {} was being sent although it was not its turn: look there", index + 1))
        }
        None => {
            let stray = (done + 1..state.parts.len()).find(|&part| state.published(part).is_some());
            let stray = stray.filter(|_| done < parts);
            stray.and_then(|stray| {
                person(format!("part {} is out although part {} is not: look there", stray + 1, done + 1))
            })
        }
    }
}

/// Decides on what is not settled of a delivery to many.
fn under_way(desired: &Desired, state: &DeliveryState, facts: &Facts<'_>) -> Option<Decision> {
    let Facts { ledger, now, .. } = *facts;
    if state.published(0).is_some() {
        return None;
    }
    let mut unheard = false;
    let mut believed = None;
    for (_, state) in ledger.recipients(&desired.draft.post, &desired.draft.account) {
        match unsettled(state, now) {
            Some(Unsettled::Believed(until)) => believed = believed.max(Some(until)),
            Some(Unsettled::Unheard(_)) => unheard = true,
            // Who is left to a person is told in a row of their own, and nobody else waits for them.
            Some(Unsettled::Person(_)) if matches!(state.part(0), PartState::Attention { .. }) => {}
            Some(Unsettled::Person(what)) => return Some((Verdict::Attention, Reason::NeedsPerson(what), None)),
            None => {}
        }
    }
    let believed = believed.map(|until| (Verdict::Wait, Reason::Sending, Some(until)));
    believed.or(unheard.then_some((Verdict::Settle, Reason::Unknown, None)))
}

/// Decides on a delivery that is not wholly out; `part` is the first that isn't, and nothing of it is under way.
fn missing(desired: &Desired, state: &DeliveryState, part: usize, facts: &Facts<'_>) -> Decision {
    let part_state = state.part(part);
    match &part_state {
        PartState::Queued { not_before: Some(until), .. } if *until > facts.now => {
            return (Verdict::Wait, Reason::Deferred, Some(*until));
        }
        PartState::Failed { digest, message, .. } if *digest == desired.digest => {
            return (Verdict::Attention, Reason::Refused(message.clone()), None);
        }
        PartState::Queued { .. }
        | PartState::Failed { .. }
        | PartState::Sending(_)
        | PartState::Published(_)
        | PartState::Attention { .. }
        | PartState::Retracted { .. }
        | PartState::Cancelled { .. } => {}
    }
    if part > 0 && state.published(part - 1).is_some_and(|before| before.remote.id.is_empty()) {
        let what = format!(
            "part {part} is out, but nobody knows what it is called there, so nothing can follow it: look there"
        );
        return (Verdict::Attention, Reason::NeedsPerson(what), None);
    }
    if !continues(state, desired) && !desired.invalid && !desired.is_draft {
        return (Verdict::Held, Reason::Changed, None);
    }
    match due(desired, part, facts) {
        (Verdict::Publish, _, at) if part > 0 => (Verdict::Publish, Reason::Resume(part + 1), at),
        (Verdict::Publish, _, at) if matches!(part_state, PartState::Failed { .. }) => {
            (Verdict::Publish, Reason::Edited, at)
        }
        (Verdict::Publish, reason, at) => {
            let begun = recipients::begun(facts.ledger, &desired.draft.post, &desired.draft.account);
            (Verdict::Publish, begun.unwrap_or(reason), at)
        }
        decision => decision,
    }
}

/// Decides whether it is time for a part and nothing holds it. What only matters before anything of a delivery is out is
/// asked for the first part alone.
fn due(desired: &Desired, part: usize, facts: &Facts<'_>) -> Decision {
    let Facts { ledger, policy, now, orphans } = *facts;
    if desired.invalid || desired.draft.parts.is_empty() {
        return (Verdict::Held, Reason::Invalid, desired.when);
    }
    if desired.is_draft {
        return (Verdict::Wait, Reason::Draft, desired.when);
    }
    if let Some(when) = desired.when.filter(|&when| when > now) {
        return (Verdict::Wait, Reason::Scheduled, Some(when));
    }
    let is_first = part == 0;
    if is_first && let Some(old) = orphans.same_content(desired) {
        return (Verdict::Held, Reason::Renamed(old), desired.when);
    }
    if let Some(when) = desired.when.filter(|_| !is_projected(desired.draft.network)) {
        if now.since(when) > policy.publish.grace {
            return (Verdict::Held, Reason::TooLate, Some(when));
        }
        if is_first && when < ledger.genesis.as_ref().map_or(now, |genesis| genesis.created) {
            return (Verdict::Held, Reason::BeforeLedger, Some(when));
        }
    }
    if let Some(decision) = frozen(desired, is_first, facts) {
        return decision;
    }
    let draft = &desired.draft;
    let missing = [&draft.reply_to, &draft.quote, &draft.boost].into_iter().flatten().filter(|_| is_first).find_map(
        |reference| match reference {
            Reference::Post(id) => {
                let out = ledger.delivery(id, &draft.account).and_then(|state| state.published(0));
                out.is_none_or(|out| out.remote.id.is_empty()).then(|| (id.clone(), out.is_some()))
            }
            Reference::Url(_) => None,
        },
    );
    // A thread that has begun goes on, so that nobody reads half of it all night.
    let quiet = policy.publish.quiet.filter(|_| is_first && !is_projected(draft.network));
    let quiet = quiet.and_then(|quiet| quiet.until(now, policy.zone));
    match (missing, desired.when) {
        (Some((id, true)), when) => {
            let what = format!(
                "post `{id}` is out, but nobody knows what it is called there, so nothing can answer it: look there"
            );
            (Verdict::Attention, Reason::NeedsPerson(what), when)
        }
        (Some((id, false)), when) => (Verdict::Wait, Reason::After(id), when),
        (None, _) if let Some(until) = quiet => (Verdict::Wait, Reason::Quiet, Some(until)),
        (None, Some(when)) => (Verdict::Publish, Reason::Due, Some(when)),
        (None, None) => (Verdict::Publish, Reason::NoDate, None),
    }
}

/// Decides on what a freeze stops, or stopped when it was due: that stays held, since after a crisis nobody knows what of
/// it is still meant.
fn frozen(desired: &Desired, is_first: bool, facts: &Facts<'_>) -> Option<Decision> {
    let Facts { policy, now, .. } = *facts;
    let concerns = |freeze: &&Freeze| freeze.concerns(&desired.draft.account, desired.campaign.as_deref());
    let mut holding = policy.freezes.iter().filter(concerns).filter(|freeze| freeze.holds(now));
    if let Some(freeze) = holding.next() {
        let reason = Reason::Frozen { by: freeze.by.clone(), why: freeze.reason.clone() };
        return Some((Verdict::Held, reason, freeze.until));
    }
    let when = desired.when.filter(|_| is_first && !is_projected(desired.draft.network))?;
    let was_stopped = |freeze: &Freeze| freeze.until.is_some_and(|end| when < end);
    let stopped = policy.freezes.iter().filter(concerns).any(was_stopped);
    stopped.then_some((Verdict::Held, Reason::LateByFreeze, Some(when)))
}

/// Decides on a delivery of the ledger that no post wants any more.
fn gone(now: Timestamp) -> impl FnMut((&DeliveryKey, &DeliveryState)) -> Option<Row> {
    move |(key, state)| {
        let first = state.published(0);
        let done = state.parts.iter().filter(|part| matches!(part, PartState::Published(_))).count();
        let person = |what| (Verdict::Attention, Reason::NeedsPerson(what), first.map(|first| first.at));
        let (verdict, reason, at) = match (unsettled(state, now), first) {
            (Some(Unsettled::Person(what)), _) => person(what),
            (Some(Unsettled::Believed(until)), _) => (Verdict::Wait, Reason::Sending, Some(until)),
            (Some(Unsettled::Unheard(_)), _) => {
                let what = "an attempt's answer was lost, and its post is no longer in the tree: bring the file back to \
                            settle it";
                person(what.to_owned())
            }
            (None, Some(first)) => (Verdict::Done, Reason::Gone, Some(first.at)),
            (None, None) => match taken_back(state) {
                Some((verdict, reason, at)) => (verdict, reason, at),
                None => return None,
            },
        };
        Some(Row {
            post: key.post.clone(),
            account: key.account.clone(),
            verdict,
            reason,
            at,
            parts: first.map_or(state.parts.len(), |first| first.parts.into()),
            done,
            url: first.and_then(|first| first.remote.url.clone()),
            desired: None,
        })
    }
}

/// Returns whether a network's output is made anew from the ledger, so that lateness and bursts flood nobody.
pub(super) fn is_projected(network: NetworkId) -> bool {
    network::find(network).is_some_and(|network| network.profile().projected)
}
