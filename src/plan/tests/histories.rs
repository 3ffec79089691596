//! Histories as they may come to be: late, repeated, reordered and foreign events, folded and planned.
//!
//! `PROPTEST_CASES=200000` tries that many of each, `PROPTEST_RNG_SEED=7` others.

use super::{policy, threaded, wants};
use crate::{
    config::PublishSettings,
    ledger::{
        Event, EventId, Happening, Ledger, PartState, decode, encode,
        fixture::{any_event, tried},
        fold,
    },
    plan::{Verdict, plan},
};
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest},
    sample::Index,
};
use std::collections::BTreeSet;

type History = Vec<(u16, Event)>;

fn any_history(longest: usize) -> impl Strategy<Value = History> {
    vec((1..9u16, any_event()), 0..longest)
}

/// What somebody adds who has seen a history: anything, but after all of it.
fn later(history: &[(u16, Event)], more: Vec<Event>) -> History {
    let known: BTreeSet<&EventId> = history.iter().map(|(_, event)| &event.id).collect();
    let new = more.into_iter().filter(|event| !known.contains(&event.id));
    history.iter().cloned().chain((100..).zip(new)).collect()
}

fn is_by_a_person(event: &Event) -> bool {
    matches!(&event.what, Happening::Receipt { via, .. } if via == "person")
}

/// Returns the intents of a part of which nothing has been heard since.
fn open(events: &[Event]) -> BTreeSet<&EventId> {
    let is_open = |place: usize, intent: &Event| {
        let is_word = |event: &Event| {
            event.of.as_ref() == Some(&intent.id)
                && matches!(
                    event.what,
                    Happening::Release { .. }
                        | Happening::Defer { .. }
                        | Happening::Fail { .. }
                        | Happening::Absent { .. }
                        | Happening::Hold { .. }
                )
        };
        matches!(intent.what, Happening::Intent { .. }) && !events[place..].iter().any(is_word)
    };
    events.iter().enumerate().filter(|(place, event)| is_open(*place, event)).map(|(_, event)| &event.id).collect()
}

fn parts(ledger: &Ledger) -> impl Iterator<Item = (&PartState, &[Event])> {
    let of_one = |state: &crate::ledger::DeliveryState| (0..state.parts.len()).collect::<Vec<_>>();
    ledger.deliveries.values().flat_map(move |state| {
        of_one(state).into_iter().map(move |index| (&state.parts[index], state.events[index].as_slice()))
    })
}

proptest! {
    #![proptest_config(tried(256))]

    #[test]
    fn what_is_out_stays_out(history in any_history(16), more in vec(any_event(), 0..6)) {
        let more: Vec<Event> = more.into_iter().filter(|event| !is_by_a_person(event)).collect();
        let is_edited = more.iter().any(|event| matches!(event.what, Happening::Edit { .. }));
        let is_taken_back = more.iter().any(|event| matches!(event.what, Happening::Retract { .. }));
        let (before, after) = (fold(None, history.clone()), fold(None, later(&history, more)));
        for (key, state) in &before.deliveries {
            for (index, part) in state.parts.iter().enumerate() {
                let PartState::Published(out) = part else { continue };
                match after.deliveries[key].part(index) {
                    PartState::Published(still) => {
                        prop_assert!(out.remote.id.is_empty() || still.remote.id == out.remote.id);
                        prop_assert!(is_edited || still.digest == out.digest);
                        prop_assert_eq!(still.at, out.at);
                    }
                    PartState::Retracted { .. } => prop_assert!(is_taken_back),
                    PartState::Attention { reason } => prop_assert!(reason.starts_with("it is out twice"), "{}", reason),
                    state => prop_assert!(false, "{:?}", state),
                }
            }
        }
    }

    #[test]
    fn an_open_intent_is_closed_only_by_what_names_it(history in any_history(16), more in any_event()) {
        let before = fold(None, history.clone());
        let after = fold(None, later(&history, vec![more.clone()]));
        for (key, state) in &before.deliveries {
            for (index, events) in state.events.iter().enumerate() {
                let open = open(events);
                let is_there = usize::from(more.key.part) == index + 1
                    && (&more.key.post, &more.key.account) == (&key.post, &key.account);
                let names_it = more.of.as_ref().is_some_and(|of| open.contains(of));
                if !is_there {
                    prop_assert_eq!(after.deliveries[key].part(index), state.part(index));
                } else if matches!(state.part(index), PartState::Sending(_)) && !names_it {
                    let is_receipt = matches!(more.what, Happening::Receipt { .. });
                    let still = after.deliveries[key].part(index);
                    prop_assert!(is_receipt || matches!(still, PartState::Sending(_)), "{:?} after {:?}", still, more);
                }
            }
        }
    }

    #[test]
    fn a_state_is_what_its_intents_say(history in any_history(20)) {
        for (state, events) in parts(&fold(None, history)) {
            let is_receipt = |event: &Event| matches!(event.what, Happening::Receipt { .. });
            if events.iter().any(is_receipt) {
                continue;
            }
            let open = open(events);
            match state {
                PartState::Sending(intent) => prop_assert!(open.contains(&intent.id)),
                state => prop_assert!(open.is_empty(), "{:?} although {:?} are open", state, open),
            }
            let tried = events.iter().filter(|event| matches!(event.what, Happening::Intent { .. })).count();
            if let PartState::Queued { attempts, .. } | PartState::Failed { attempts, .. } = state {
                prop_assert_eq!(usize::try_from(*attempts).expect("few"), tried);
            }
        }
    }

    #[test]
    fn what_a_person_cancelled_is_not_sent_by_a_machine(history in any_history(12), more in vec(any_event(), 0..6)) {
        let is_by_hand = |event: &Event| matches!(event.what, Happening::Cancel { .. }) || is_by_a_person(event);
        let more: Vec<Event> = more.into_iter().filter(|event| !is_by_hand(event)).collect();
        let is_tried = more.iter().any(|event| matches!(event.what, Happening::Intent { .. }));
        let (before, after) = (fold(None, history.clone()), fold(None, later(&history, more)));
        for (key, state) in &before.deliveries {
            for (index, events) in state.events.iter().enumerate() {
                let is_last = |event: &&Event| {
                    matches!(event.what, Happening::Cancel { .. } | Happening::Intent { .. }) || event.by.person.is_some()
                };
                let last = events.iter().rfind(is_last).map(|event| &event.what);
                if matches!(last, Some(Happening::Cancel { .. })) && !is_tried {
                    let now = after.deliveries[key].part(index);
                    prop_assert!(!matches!(now, PartState::Queued { .. } | PartState::Failed { .. }), "{:?}", now);
                }
            }
        }
    }

    #[test]
    fn what_was_written_reads_back_and_says_the_same(history in any_history(12), again in any::<Index>()) {
        let read = history.iter().map(|(sequence, event)| (*sequence, decode(&encode(event)).expect("an event")));
        let mut read: History = read.collect();
        let folded = fold(None, history);
        prop_assert_eq!(&fold(None, read.clone()), &folded);
        if !read.is_empty() {
            let twice = again.get(&read).clone();
            read.insert(0, twice);
            read.reverse();
            prop_assert_eq!(&fold(None, read), &folded);
        }
    }

    #[test]
    fn an_event_of_a_kind_that_is_not_known_is_refused(event in any_event(), kind in "[a-z]{1,9}") {
        let own = event.what.kind();
        let text = encode(&event).replacen(&format!("\"kind\": \"{own}\""), &format!("\"kind\": \"{kind}\""), 1);
        prop_assert!(text.contains(&format!("\"kind\": \"{kind}\"")), "{}", text);
        if let Ok(read) = decode(&text) {
            prop_assert_eq!(read.what.kind(), kind);
        }
    }

    #[test]
    fn nothing_is_planned_while_anything_is_open(
        history in any_history(16), count in 1..4usize, now in -400_000i64..400_000
    ) {
        let ledger = fold(None, history);
        let now = crate::model::Timestamp::from_millis(super::at(super::NOW).millis() + now * 1000);
        let desired = crate::plan::Desired { digest: "d1".to_owned(), ..threaded("hello", count) };
        let other = wants("another");
        let plan = plan(vec![desired, other], &ledger, &policy(&PublishSettings::default(), &[]), now, None);
        for row in &plan.rows {
            let Some(state) = ledger.delivery(&row.post, &row.account) else { continue };
            let open: usize = state.events.iter().map(|events| open(events).len()).sum();
            let sending = state.parts.iter().filter(|part| matches!(part, PartState::Sending(_))).count();
            match row.verdict {
                Verdict::Publish => prop_assert_eq!(sending, 0, "{} open", open),
                Verdict::Settle => {
                    let over = state.parts.iter().filter_map(|part| match part {
                        PartState::Sending(intent) => Some(intent.over()),
                        _ => None,
                    });
                    prop_assert!(over.max().is_some_and(|over| over <= now));
                }
                // Whoever waits knows until when.
                Verdict::Wait => prop_assert!(row.at.is_some_and(|until| until > now)),
                _ => {}
            }
        }
    }
}
