use super::{
    DeliveryKey, DeliveryState, Event, EventId, Genesis, Happening, Intent, Ledger, PartState, Published, state::leased,
};
use crate::model::{Remote, Timestamp};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

/// Turns events, each with the sequence of its file's name, into the state of every delivery.
///
/// The order of the input does not matter. What each event means follows from the intent that it names:
///
/// - A receipt beats everything, however late it comes. Receipts with different remote ids are an alarm.
/// - An intent of which nothing more is heard is being sent, whatever is heard of others. A repetition only makes it longer.
/// - A hold waits for a person until something else is heard of its intent.
/// - Otherwise the last intent decides: released, absent or deferred is queued, failed is failed.
/// - What is out may be edited and taken back; a receipt that comes later than that doesn't bring it back.
/// - What a person cancelled never goes out, unless it is out or may be.
pub fn fold(genesis: Option<Genesis>, events: impl IntoIterator<Item = (u16, Event)>) -> Ledger {
    let mut deliveries: BTreeMap<DeliveryKey, BTreeMap<u16, Vec<(u16, Event)>>> = BTreeMap::new();
    for (sequence, event) in events {
        let key = DeliveryKey { post: event.key.post.clone(), account: event.key.account.clone() };
        deliveries.entry(key).or_default().entry(event.key.part).or_default().push((sequence, event));
    }
    let deliveries = deliveries.into_iter().map(|(key, parts)| (key, Arc::new(fold_delivery(parts)))).collect();
    Ledger { genesis, commit: None, brakes: Vec::new(), deliveries }
}

/// Turns the events of one delivery, by part, into its state.
pub(crate) fn fold_delivery(parts: BTreeMap<u16, Vec<(u16, Event)>>) -> DeliveryState {
    let mut state = DeliveryState::default();
    // Most have one part, for which a growing vector would take the room of four.
    let count = parts.keys().next_back().copied().map_or(0, usize::from);
    state.parts.reserve_exact(count);
    state.events.reserve_exact(count);
    state.counts.reserve_exact(count);
    for (part, events) in parts {
        // Part 0 does not exist; the codec refuses it.
        let Some(index) = usize::from(part).checked_sub(1) else { continue };
        let events = in_order(events);
        state.parts.resize(index, PartState::Queued { attempts: 0, not_before: None });
        state.events.resize(index, Vec::new());
        state.counts.resize(index, 0);
        state.counts.push(u16::try_from(events.len()).unwrap_or(u16::MAX));
        let part = fold_part(&events);
        let is_out = matches!(part, PartState::Published(_));
        state.parts.push(part);
        state.events.push(if is_out { Vec::new() } else { events });
    }
    state
}

/// Sorts by sequence, then by id. An event that was written twice counts once.
fn in_order(mut events: Vec<(u16, Event)>) -> Vec<Event> {
    events.sort_by(|(sequence, event), (other_sequence, other)| {
        let order = sequence.cmp(other_sequence).then_with(|| event.id.cmp(&other.id));
        // Two events with one id and different content are damage; even so the result must not depend on the order.
        order.then_with(|| super::encode(event).cmp(&super::encode(other)))
    });
    let mut known = HashSet::new();
    let is_new: Vec<bool> = events.iter().map(|(_, event)| known.insert(&event.id)).collect();
    let mut is_new = is_new.into_iter();
    events.retain(|_| is_new.next() == Some(true));
    events.into_iter().map(|(_, event)| event).collect()
}

fn fold_part(events: &[Event]) -> PartState {
    fold_receipts(events).unwrap_or_else(|| {
        let mut tries = Tries::default();
        for event in events {
            tries.apply(event);
        }
        match (tries.state(), cancelled(events)) {
            // What may be out is not forgotten because nobody wants it any more.
            (state @ PartState::Sending(_), _) | (state, None) => state,
            (_, Some(why)) => PartState::Cancelled { why: why.to_owned() },
        }
    })
}

/// Returns why a person said that it never goes out, if that is the last word.
fn cancelled(events: &[Event]) -> Option<&str> {
    let mut why = None;
    for event in events {
        match &event.what {
            Happening::Cancel { why: said } => why = Some(said.as_str()),
            // A person takes it back with the same command: that no attempt had an effect, so that it is queued again. What a
            // publisher finds out about an attempt that was under way doesn't.
            Happening::Absent { .. } if event.by.person.is_some() => why = None,
            Happening::Intent { .. } => why = None,
            _ => {}
        }
    }
    why
}

/// Judges the receipts; none if there is none.
fn fold_receipts(events: &[Event]) -> Option<PartState> {
    let is_person = |event: &Event| matches!(&event.what, Happening::Receipt { via, .. } if via == "person");
    // What a person says settles what was known until then, which is the way out of the alarm below.
    let from = events.iter().rposition(is_person).unwrap_or(0);
    let mut known: Option<Published> = None;
    for event in &events[from..] {
        let Happening::Receipt { remote, commit, digest, excerpt, parts, media, .. } = &event.what else { continue };
        let Some(known) = &mut known else {
            known = Some(Published {
                remote: remote.clone(),
                at: event.at,
                commit: commit.clone(),
                digest: digest.clone(),
                excerpt: excerpt.clone(),
                parts: *parts,
                media: media.clone(),
            });
            continue;
        };
        known.media.extend(media.clone());
        if known.remote.id.is_empty() {
            // The first answer couldn't be read; this one says what it was.
            let url = remote.url.clone().or_else(|| known.remote.url.take());
            known.remote = Remote { url, ..remote.clone() };
        } else if !remote.id.is_empty() && remote.id != known.remote.id {
            return Some(PartState::Attention { reason: duplicate(&known.remote, remote) });
        } else if known.remote.url.is_none() {
            known.remote.url.clone_from(&remote.url);
        }
    }
    known.map(|known| since_published(known, events))
}

/// Applies what was done with a part after it was out.
fn since_published(mut known: Published, events: &[Event]) -> PartState {
    let mut retracted = None;
    for event in events {
        match &event.what {
            Happening::Edit { commit, digest, excerpt, parts } => {
                known.commit.clone_from(commit);
                known.digest.clone_from(digest);
                known.excerpt.clone_from(excerpt);
                known.parts = *parts;
            }
            Happening::Retract { .. } => retracted = Some(event.at),
            _ => {}
        }
    }
    match retracted {
        Some(at) => PartState::Retracted { remote: known.remote, at },
        None => PartState::Published(known),
    }
}

fn duplicate(one: &Remote, other: &Remote) -> String {
    let name = |remote: &Remote| remote.url.clone().unwrap_or_else(|| remote.id.clone());
    format!("it is out twice, as `{}` and as `{}`: delete one of them there and resolve it", name(one), name(other))
}

/// What has been heard of each intent.
#[derive(Default)]
struct Tries<'a> {
    tries: Vec<Try<'a>>,
    attempts: u32,
}

struct Try<'a> {
    /// None for what was said of no known intent.
    intent: Option<&'a EventId>,
    digest: &'a str,
    status: Status<'a>,
}

enum Status<'a> {
    Open(Box<Intent>),
    Queued(Option<Timestamp>),
    Failed { kind: &'a str, message: &'a str },
    Held(&'a str),
}

impl<'a> Tries<'a> {
    fn apply(&mut self, event: &'a Event) {
        let status = match &event.what {
            Happening::Intent { attempt, lease, digest, key, nonce, network_time, .. } => {
                let intent = Intent {
                    id: event.id.clone(),
                    at: event.at,
                    run: event.by.run.clone(),
                    attempt: *attempt,
                    lease: Duration::from_secs(*lease),
                    repeated: None,
                    digest: digest.clone(),
                    key: key.clone(),
                    nonce: *nonce,
                    network_time: *network_time,
                };
                self.attempts = self.attempts.saturating_add(1);
                self.tries.push(Try { intent: Some(&event.id), digest, status: Status::Open(Box::new(intent)) });
                return;
            }
            Happening::Repeat { lease } => {
                // It says nothing of what became of the intent, and nothing at all of one that is not open.
                let of = event.of.as_ref();
                if let Some(Try { status: Status::Open(intent), .. }) =
                    self.tries.iter_mut().find(|one| one.intent.is_some() && one.intent == of)
                {
                    let until = leased(event.at, Duration::from_secs(*lease));
                    intent.repeated = intent.repeated.max(Some(until));
                }
                return;
            }
            Happening::Release { .. } | Happening::Absent { .. } => Status::Queued(None),
            Happening::Defer { until, .. } => Status::Queued(Some(*until)),
            Happening::Fail { kind, message } => Status::Failed { kind, message },
            Happening::Hold { reason } => Status::Held(reason),
            Happening::Receipt { .. }
            | Happening::Edit { .. }
            | Happening::Retract { .. }
            | Happening::Cancel { .. } => return,
        };
        let named = event.of.as_ref().and_then(|of| self.tries.iter_mut().find(|one| one.intent == Some(of)));
        if let Some(one) = named {
            one.status = status;
        } else {
            // It names no intent that we know, so it proves nothing of those that are open.
            self.tries.retain(|one| one.intent.is_some());
            self.tries.push(Try { intent: None, digest: "", status });
        }
    }

    fn state(self) -> PartState {
        let attempts = self.attempts;
        let mut state = PartState::Queued { attempts, not_before: None };
        let mut gravity = 0;
        for Try { digest, status, .. } in self.tries {
            let (grave, says) = match status {
                Status::Open(intent) => (2, PartState::Sending(*intent)),
                Status::Held(reason) => (1, PartState::Attention { reason: reason.to_owned() }),
                Status::Queued(not_before) => (0, PartState::Queued { attempts, not_before }),
                Status::Failed { kind, message } => {
                    let (kind, message, digest) = (kind.to_owned(), message.to_owned(), digest.to_owned());
                    (0, PartState::Failed { kind, message, digest, attempts })
                }
            };
            if grave >= gravity {
                (gravity, state) = (grave, says);
            }
        }
        state
    }
}

#[cfg(test)]
mod tests;
