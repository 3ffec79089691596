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
mod tests {
    use super::*;
    use crate::ledger::fixture::{any_event, hold, intent, other, receipt, tried};
    use proptest::{
        prelude::{Just, Strategy as _, prop_assert, prop_assert_eq, proptest},
        sample::Index,
    };

    /// The state of part 1 after the events, in order.
    fn state(events: impl IntoIterator<Item = Event>) -> PartState {
        let ledger = fold(None, (1..).zip(events));
        let mut deliveries = ledger.deliveries.into_values();
        let delivery = deliveries.next().expect("a delivery");
        assert!(deliveries.next().is_none());
        delivery.part(0)
    }

    #[track_caller]
    fn check(events: impl IntoIterator<Item = Event>, expect: &str) {
        let short = match state(events) {
            PartState::Queued { attempts, not_before: None } => format!("queued after {attempts}"),
            PartState::Queued { attempts, not_before: Some(at) } => format!("queued after {attempts} until {at}"),
            PartState::Sending(intent) => format!("sending {}", intent.id),
            PartState::Published(published) => format!("published {}", published.remote.id),
            PartState::Failed { kind, digest, attempts, .. } => format!("failed {kind} {digest} after {attempts}"),
            PartState::Attention { reason } => format!("attention: {reason}"),
            PartState::Retracted { remote, .. } => format!("retracted {}", remote.id),
            PartState::Cancelled { why } => format!("cancelled: {why}"),
        };
        assert_eq!(short, expect);
    }

    fn try_(id: &str) -> Event {
        intent("hello", "brand", 1, id)
    }

    fn held(id: &str, of: &str) -> Event {
        hold("hello", "brand", 1, id, of)
    }

    fn out(id: &str, of: &str, remote: &str) -> Event {
        receipt("hello", "brand", 1, id, of, remote)
    }

    fn person(id: &str, remote: &str) -> Event {
        let mut event = out(id, "x", remote);
        let Happening::Receipt { via, .. } = &mut event.what else { panic!("a receipt") };
        *via = "person".to_owned();
        event
    }

    fn release(id: &str, of: &str) -> Event {
        other(id, Some(of), Happening::Release { why: "no connection".to_owned() })
    }

    fn absent(id: &str, of: &str) -> Event {
        other(id, Some(of), Happening::Absent { evidence: "not in the list".to_owned() })
    }

    fn defer(id: &str, of: &str) -> Event {
        other(id, Some(of), Happening::Defer { until: Timestamp::EPOCH, why: "too many requests".to_owned() })
    }

    fn fail(id: &str, of: &str) -> Event {
        other(id, Some(of), Happening::Fail { kind: "refused".to_owned(), message: "no".to_owned() })
    }

    #[test]
    fn an_intent_is_sending_until_something_is_heard_of_it() {
        check([try_("1")], "sending 1");
        check([try_("1"), release("2", "1")], "queued after 1");
        check([try_("1"), absent("2", "1")], "queued after 1");
        check([try_("1"), defer("2", "1")], "queued after 1 until 1970-01-01T00:00:00Z");
        check([try_("1"), fail("2", "1")], "failed refused d1 after 1");
        check([try_("1"), held("2", "1")], "attention: look there");
        check([try_("1"), out("2", "1", "109")], "published 109");
    }

    #[test]
    fn a_repetition_keeps_an_intent_open_for_longer() {
        let repeat = |id: &str, of: &str, at: i64| {
            let mut event = other(id, Some(of), Happening::Repeat { lease: 70 });
            event.at = Timestamp::from_millis(at * 1000);
            event
        };
        let over = |events: Vec<Event>| match state(events) {
            PartState::Sending(intent) => intent.over().millis() / 1000,
            state => panic!("{state:?}"),
        };
        assert_eq!(over(vec![try_("1")]), 130);
        assert_eq!(over(vec![try_("1"), repeat("2", "1", 1000)]), 1130);
        assert_eq!(over(vec![try_("1"), repeat("2", "1", 1000), repeat("3", "1", 500)]), 1130);
        assert_eq!(over(vec![try_("1"), repeat("2", "9", 1000)]), 130);
        check([try_("1"), repeat("2", "1", 9), absent("3", "1")], "queued after 1");
        check([try_("1"), release("2", "1"), repeat("3", "1", 9)], "queued after 1");
        check([try_("1"), held("2", "1"), repeat("3", "1", 9)], "attention: look there");
        check([try_("1"), repeat("2", "1", 9), out("3", "1", "109")], "published 109");
        check([repeat("1", "9", 9)], "queued after 0");
    }

    #[test]
    fn a_new_intent_is_sending_again() {
        check([try_("1"), defer("2", "1"), try_("3")], "sending 3");
        check([try_("1"), fail("2", "1"), try_("3")], "sending 3");
        check([try_("1"), held("2", "1"), try_("3")], "sending 3");
        check([try_("1"), defer("2", "1"), try_("3"), release("4", "3")], "queued after 2");
    }

    #[test]
    fn a_late_receipt_beats_everything() {
        check([try_("1"), absent("2", "1"), out("3", "1", "109")], "published 109");
        check([try_("1"), fail("2", "1"), out("3", "1", "109")], "published 109");
        check([try_("1"), held("2", "1"), out("3", "1", "109")], "published 109");
        check([try_("1"), absent("2", "1"), try_("3"), out("4", "1", "109")], "published 109");
        check([try_("1"), out("2", "1", "109"), try_("3")], "published 109");
        check([try_("1"), out("2", "1", "109"), fail("3", "1")], "published 109");
    }

    #[test]
    fn two_remote_ids_are_an_alarm() {
        check(
            [try_("1"), out("2", "1", "109"), out("3", "1", "110")],
            "attention: it is out twice, as `https://mastodon.example/@brand/109` and as \
             `https://mastodon.example/@brand/110`: delete one of them there and resolve it",
        );
    }

    #[test]
    fn one_remote_id_twice_is_one_post() {
        check([try_("1"), out("2", "1", "109"), out("3", "1", "109")], "published 109");
    }

    #[test]
    fn an_id_that_was_not_read_at_first_is_filled_in() {
        check([try_("1"), out("2", "1", ""), out("3", "1", "109")], "published 109");
        check([try_("1"), out("2", "1", "109"), out("3", "1", "")], "published 109");
        check([try_("1"), out("2", "1", "")], "published ");
    }

    #[test]
    fn a_person_settles_an_alarm() {
        check([out("2", "1", "109"), out("3", "1", "110"), person("4", "110")], "published 110");
        check([person("1", ""), out("2", "1", "110")], "published 110");
    }

    #[test]
    fn an_open_intent_is_never_hidden_by_what_is_said_of_another() {
        check([try_("1"), try_("2"), release("3", "2")], "sending 1");
        check([try_("1"), try_("2"), fail("3", "1")], "sending 2");
        check([try_("1"), release("2", "9")], "sending 1");
        check([try_("1"), other("2", None, Happening::Release { why: String::new() })], "sending 1");
        check([try_("1"), held("2", "1"), try_("3"), release("4", "3")], "attention: look there");
    }

    #[test]
    fn a_held_intent_is_freed_by_proof() {
        check([try_("1"), held("2", "1"), absent("3", "1")], "queued after 1");
    }

    #[test]
    fn what_names_no_intent_holds_where_none_is_open() {
        check([defer("1", "9")], "queued after 0 until 1970-01-01T00:00:00Z");
        check([held("1", "9")], "attention: look there");
        check([held("1", "9"), release("2", "9")], "queued after 0");
    }

    #[test]
    fn an_event_written_twice_counts_once() {
        check([try_("1"), release("2", "1"), try_("1")], "queued after 1");
    }

    fn edit(id: &str) -> Event {
        let (commit, digest, excerpt) = ("decade".to_owned(), "d2".to_owned(), "Dress anew".to_owned());
        other(id, None, Happening::Edit { commit, digest, excerpt, parts: 1 })
    }

    fn back(id: &str) -> Event {
        other(id, None, Happening::Retract { why: "a mistake".to_owned() })
    }

    fn cancel(id: &str) -> Event {
        other(id, None, Happening::Cancel { why: "old news".to_owned() })
    }

    #[test]
    fn what_is_out_may_be_edited() {
        let PartState::Published(published) = state([out("1", "0", "109"), edit("2")]) else { panic!("published") };
        assert_eq!((published.digest.as_str(), published.excerpt.as_str()), ("d2", "Dress anew"));
        assert_eq!(published.remote.id, "109");
        check([edit("1")], "queued after 0");
    }

    #[test]
    fn what_was_taken_back_stays_so() {
        check([try_("1"), out("2", "1", "109"), back("3")], "retracted 109");
        check([try_("1"), back("2"), out("3", "1", "109")], "retracted 109");
        check([out("1", "0", "109"), back("2"), edit("3")], "retracted 109");
        check([back("1")], "queued after 0");
    }

    #[test]
    fn what_was_cancelled_stays_so_unless_it_is_or_may_be_out() {
        check([cancel("1")], "cancelled: old news");
        check([try_("1"), held("2", "1"), cancel("3")], "cancelled: old news");
        check([try_("1"), cancel("2")], "sending 1");
        check([try_("1"), cancel("2"), out("3", "1", "109")], "published 109");
        let mut told = absent("2", "9");
        told.by.person = Some("Ada".to_owned());
        check([cancel("1"), told], "queued after 0");
        check([try_("1"), cancel("2"), absent("3", "1")], "cancelled: old news");
    }

    #[test]
    fn parts_that_never_began_are_queued() {
        let ledger = fold(None, [(1, intent("hello", "brand", 3, "1"))]);
        let delivery = ledger.deliveries.values().next().expect("a delivery");
        assert_eq!((delivery.parts.len(), delivery.events.len()), (3, 3));
        assert_eq!(delivery.part(1), PartState::Queued { attempts: 0, not_before: None });
        assert_eq!((delivery.seen(0), delivery.seen(2), delivery.seen(9)), (0, 1, 0));
        assert_eq!(delivery.awaited(2), Some(&EventId("1".to_owned())));
        assert_eq!(delivery.awaited(0), None);
    }

    proptest! {
        #![proptest_config(tried(128))]

        #[test]
        fn a_receipt_is_published_or_an_alarm(events in proptest::collection::vec((1..9u16, any_event()), 0..16)) {
            let is_receipt = |event: &&Event| matches!(event.what, Happening::Receipt { .. });
            let ledger = fold(None, events.clone());
            for delivery in ledger.deliveries.values() {
                let lengths = [delivery.events.len(), delivery.counts.len()];
                prop_assert_eq!(lengths, [delivery.parts.len(); 2]);
                for (index, (state, kept)) in delivery.parts.iter().zip(&delivery.events).enumerate() {
                    let receipts = kept.iter().filter(is_receipt).count();
                    match state {
                        PartState::Retracted { .. } => prop_assert!(receipts > 0),
                        // Its events are not kept, but counted.
                        PartState::Published(out) => {
                            let is_receipt = |event: &Event| matches!(event.what, Happening::Receipt { .. }) && event.at == out.at;
                            // An edit says anew what is out.
                            let says = |event: &Event| match &event.what {
                                Happening::Receipt { excerpt, .. } | Happening::Edit { excerpt, .. } => *excerpt == out.excerpt,
                                _ => false,
                            };
                            prop_assert!(kept.is_empty() && delivery.seen(index) > 0);
                            prop_assert!(events.iter().any(|(_, event)| is_receipt(event)));
                            prop_assert!(events.iter().any(|(_, event)| says(event)));
                        }
                        PartState::Attention { reason } if reason.starts_with("it is out twice") => {
                            prop_assert!(receipts > 1);
                        }
                        _ => prop_assert_eq!(receipts, 0),
                    }
                }
            }
        }

        #[test]
        fn an_intent_without_a_word_is_never_queued(events in proptest::collection::vec((1..9u16, any_event()), 0..16)) {
            for delivery in fold(None, events).deliveries.values() {
                for (state, events) in delivery.parts.iter().zip(&delivery.events) {
                    let is_open = |intent: &Event| {
                        matches!(intent.what, Happening::Intent { .. })
                            && !events.iter().any(|event| {
                                event.of.as_ref() == Some(&intent.id) && !matches!(event.what, Happening::Repeat { .. })
                            })
                    };
                    if events.iter().any(is_open) {
                        let is_queued = matches!(state, PartState::Queued { .. } | PartState::Failed { .. });
                        prop_assert!(!is_queued, "{:?}", state);
                    }
                }
            }
        }

        #[test]
        fn the_order_of_input_does_not_matter(
            (events, shuffled) in proptest::collection::vec((1..5u16, any_event()), 0..16)
                .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
        ) {
            prop_assert_eq!(fold(None, events), fold(None, shuffled));
        }

        #[test]
        fn an_event_again_changes_nothing(
            events in proptest::collection::vec(any_event(), 1..12), again in proptest::arbitrary::any::<Index>()
        ) {
            let events: Vec<_> = (1..).zip(events).collect();
            let mut more = events.clone();
            more.push(again.get(&events).clone());
            prop_assert_eq!(fold(None, events), fold(None, more));
        }
    }
}
