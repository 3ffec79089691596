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
