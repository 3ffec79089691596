use super::{Desired, Plan, Reason, Row, Verdict, renamed::Orphans};
use crate::{
    config::PublishSettings,
    ledger::{DeliveryKey, DeliveryState, Ledger, PartState, excerpt},
    model::{AccountId, NetworkId, PostId, Reference, Timestamp},
    network,
};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

/// The window of the burst limit.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How far ahead of ours a clock may be before nothing that it says is waited for.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Decides what would happen at a moment: one row for each delivery that is wanted, and one for each that is in the ledger
/// although its post no longer wants it.
pub fn plan(
    desired: Vec<Desired>,
    ledger: &Ledger,
    policy: &PublishSettings,
    now: Timestamp,
    commit: Option<String>,
) -> Plan {
    let in_tree: HashSet<PostId> = desired.iter().map(|desired| desired.draft.post.clone()).collect();
    let orphans = Orphans::new(ledger, &in_tree);
    let wanted = one_each(desired);
    let gone = ledger.deliveries.iter().filter(|(key, _)| !wanted.contains_key(key)).filter_map(gone(now));
    let mut rows: Vec<Row> = gone.collect();
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
    hold_bursts(&mut rows, ledger, policy, now);
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
    policy: &'a PublishSettings,
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
    let (verdict, reason, at) = troubled(state, done, parts, facts.now).unwrap_or_else(|| match first {
        Some(first) if done == parts && first.digest == desired.digest => {
            (Verdict::Done, Reason::Published, Some(first.at))
        }
        Some(first) if done == parts => (Verdict::Drift, Reason::Changed, Some(first.at)),
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

/// Returns whether a draft goes on with what is out of a delivery: it is the draft that was begun, or it has as many parts
/// and those that are out begin the same, so that only later ones were changed.
pub fn continues(state: &DeliveryState, desired: &Desired) -> bool {
    let Some(first) = state.published(0) else { return true };
    let parts = &desired.draft.parts;
    let is_the_same = |(state, part): (&PartState, &network::DraftPart)| match state {
        PartState::Published(out) => out.excerpt == excerpt(&part.text.text),
        PartState::Queued { .. } | PartState::Sending(_) | PartState::Failed { .. } | PartState::Attention { .. } => {
            true
        }
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
            PartState::Published(_) | PartState::Queued { .. } | PartState::Failed { .. } => {}
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
        | PartState::Attention { .. } => {}
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
        if now.since(when) > policy.grace {
            return (Verdict::Held, Reason::TooLate, Some(when));
        }
        if is_first && when < ledger.genesis.as_ref().map_or(now, |genesis| genesis.created) {
            return (Verdict::Held, Reason::BeforeLedger, Some(when));
        }
    }
    let draft = &desired.draft;
    let missing = [&draft.reply_to, &draft.quote, &draft.boost].into_iter().flatten().filter(|_| is_first).find_map(
        |reference| match reference {
            Reference::Post(id) => {
                let out = ledger.delivery(id, &draft.account).and_then(|state| state.published(0));
                out.is_none_or(|out| out.remote.id.is_empty()).then(|| id.clone())
            }
            Reference::Url(_) => None,
        },
    );
    match (missing, desired.when) {
        (Some(id), when) => (Verdict::Wait, Reason::After(id), when),
        (None, Some(when)) => (Verdict::Publish, Reason::Due, Some(when)),
        (None, None) => (Verdict::Publish, Reason::NoDate, None),
    }
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
            (None, None) => return None,
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

/// Holds what would exceed the number of posts that an account may publish in an hour, oldest first through.
fn hold_bursts(rows: &mut [Row], ledger: &Ledger, policy: &PublishSettings, now: Timestamp) {
    let mut recent: BTreeMap<AccountId, Vec<Timestamp>> = BTreeMap::new();
    for (key, state) in &ledger.deliveries {
        let at = match state.parts.first() {
            Some(PartState::Published(first)) => first.at,
            // It may well be out.
            Some(PartState::Sending(intent)) => intent.at,
            Some(PartState::Queued { .. } | PartState::Failed { .. } | PartState::Attention { .. }) | None => continue,
        };
        if now.since(at) < HOUR {
            recent.entry(key.account.clone()).or_default().push(at);
        }
    }
    for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Publish && row.done == 0) {
        if row.draft().is_none_or(|draft| is_projected(draft.network)) {
            continue;
        }
        let times = recent.entry(row.account.clone()).or_default();
        if times.len() < policy.burst as usize {
            times.push(now);
        } else {
            times.sort_unstable();
            row.verdict = Verdict::Held;
            row.reason = Reason::Burst;
            row.at = times.get(times.len() - policy.burst as usize).map(|oldest| oldest.plus(HOUR));
        }
    }
}

/// Returns whether a network's output is made anew from the ledger, so that lateness and bursts flood nobody.
fn is_projected(network: NetworkId) -> bool {
    network::find(network).is_some_and(|network| network.profile().projected)
}
