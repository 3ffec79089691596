use super::{
    stage::{COMMIT, Stage, at, row, with},
    twin::{Fault, Habits, Memory},
};
use crate::{
    engine::Outcome,
    ledger::{Event, EventId, Happening, PartState},
    network::{Auth, Settling},
    plan::{Desired, Row, Verdict},
};
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(600) };

/// A stage on which an attempt's answer was lost: after it was done, or before.
fn doubt(settling: Settling, done: bool) -> Stage {
    let stage = Stage::new(settling, Auth::Token);
    let first = if done { Fault::CrashAfter } else { Fault::Crash };
    stage.server.faults.borrow_mut().push_back(("post", first));
    assert!(stage.try_run(vec![row(&["Hello"])]).is_none(), "it dies");
    assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent"], usize::from(done)));
    stage.server.calls.borrow_mut().clear();
    stage
}

fn settle() -> Row {
    Row { verdict: Verdict::Settle, ..row(&["Hello"]) }
}

fn published(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Published { url: Some(_) })
}

#[test]
fn nobody_takes_over_before_the_lease_is_over() {
    for class in [Settling::OwnId, CLASS_B, CLASS_C, Settling::Person] {
        let stage = doubt(class, true);
        stage.clock.advance(Duration::from_secs(129));
        assert_eq!(stage.run_one(settle()), Outcome::Beaten);
        assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent"]));
    }
}

#[test]
fn an_id_of_ours_is_looked_up_and_else_sent_again() {
    let stage = doubt(Settling::OwnId, true);
    stage.clock.advance(Duration::from_secs(130));
    assert!(published(&stage.run_one(settle())));
    assert_eq!((stage.calls(), stage.kinds(), stage.texts().len()), (vec!["find"], vec!["intent", "receipt"], 1));
    let Happening::Receipt { via, commit, digest, .. } = stage.store.events()[1].what.clone() else { panic!() };
    assert_eq!((via.as_str(), commit.as_str(), digest.as_str()), ("found", COMMIT, "digest of Hello"));

    let stage = doubt(Settling::OwnId, false);
    stage.clock.advance(Duration::from_secs(130));
    assert!(published(&stage.run_one(settle())));
    assert_eq!(
        (stage.calls(), stage.kinds(), stage.texts().len()),
        (vec!["find", "post"], vec!["intent", "repeat", "receipt"], 1)
    );
}

#[test]
fn an_id_made_of_the_text_settles_the_text_that_was_sent_and_no_other() {
    for (done, calls) in [(true, vec!["find"]), (false, vec!["find", "post"])] {
        let stage = doubt(Settling::Hash, done);
        stage.clock.advance(Duration::from_secs(130));
        assert!(published(&stage.run_one(settle())));
        assert_eq!((stage.calls(), stage.texts().len()), (calls, 1));
    }
    let stage = doubt(Settling::Hash, false);
    stage.clock.advance(Duration::from_secs(130));
    let edited = Row { verdict: Verdict::Settle, ..row(&["Hello again"]) };
    let outcome = stage.run_one(edited);
    assert!(matches!(outcome, Outcome::Attention { .. }), "{outcome:?}");
    assert_eq!((stage.calls(), stage.texts().len()), (Vec::<&str>::new(), 0), "it would be another post");
}

#[test]
fn who_has_read_less_sends_nothing_again() {
    // Another publisher has given the attempt up, and perhaps made another, since this one read the ledger.
    for class in [Settling::OwnId, CLASS_B] {
        let stage = doubt(class, false);
        stage.clock.advance(Duration::from_secs(300));
        let first = stage.store.events()[0].clone();
        let given_up = Event {
            id: EventId("0123456789abcdef0123456789abcdef".to_owned()),
            of: Some(first.id.clone()),
            what: Happening::Release { why: "the server was busy".to_owned() },
            ..first
        };
        stage.store.beat_next(vec![given_up]);
        assert_eq!(stage.run_one(settle()), Outcome::Beaten);
        assert_eq!((stage.calls(), stage.texts().len()), (vec!["find"], 0));
    }
}

#[test]
fn an_id_of_ours_that_is_absent_and_refused_has_failed() {
    let stage = doubt(Settling::OwnId, false);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Status(400, Vec::new())));
    stage.clock.advance(Duration::from_secs(130));
    assert!(matches!(stage.run_one(settle()), Outcome::Failed { .. }));
    assert_eq!(stage.kinds(), ["intent", "repeat", "fail"]);
}

#[test]
fn a_key_is_sent_again_inside_its_window_once_the_post_is_not_seen() {
    for (done, calls, kinds) in [
        (true, vec!["find"], vec!["intent", "receipt"]),
        (false, vec!["find", "post"], vec!["intent", "repeat", "receipt"]),
    ] {
        let stage = doubt(CLASS_B, done);
        stage.clock.advance(Duration::from_secs(3000));
        assert!(published(&stage.run_one(settle())));
        assert_eq!((stage.calls(), stage.kinds(), stage.texts().len()), (calls, kinds, 1));
    }
    // A look that fails or tells nothing is no reason not to trust the key.
    for look in [Fault::Status(400, Vec::new()), Fault::Says(serde_json::json!({"unclear": "too many posts"}))] {
        let stage = doubt(CLASS_B, true);
        stage.server.faults.borrow_mut().push_back(("find", look));
        stage.clock.advance(Duration::from_secs(3000));
        assert!(published(&stage.run_one(settle())));
        assert_eq!((stage.calls(), stage.texts().len()), (vec!["find", "post"], 1));
    }
}

#[test]
fn a_key_is_not_relied_on_near_the_end_of_its_window() {
    let stage = doubt(CLASS_B, false);
    // A request that is claimed in the last moment takes its time: 130 seconds before the end nobody relies on it any more.
    stage.clock.advance(Duration::from_secs(3465));
    stage.server.faults.borrow_mut().push_back(("post", Fault::Lost));
    assert!(matches!(stage.run_one(settle()), Outcome::Unknown { .. }));
    assert_eq!(stage.kinds(), ["intent", "repeat"]);
    stage.clock.advance(Duration::from_secs(200));
    // It was sent again just before, and that must be in the listing before anything is believed to be absent.
    let complete = at("2026-11-22T10:08:55Z");
    let outcome = stage.run_one(settle());
    assert!(matches!(outcome, Outcome::Deferred { until, .. } if until == complete), "{outcome:?}");
    assert_eq!((stage.calls(), stage.kinds()), (vec!["find", "post", "find"], vec!["intent", "repeat"]));
    stage.clock.set(complete);
    assert!(matches!(stage.run_one(settle()), Outcome::Deferred { .. }));
    assert_eq!(stage.kinds(), ["intent", "repeat", "absent"]);
}

#[test]
fn a_key_is_not_sent_again_after_its_window_however_long_an_upload_takes() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { uploads: true, ..Habits::default() });
    stage.server.faults.borrow_mut().push_back(("post", Fault::Crash));
    assert!(stage.try_run(vec![row(&["Hello"])]).is_none(), "it dies");
    stage.clock.advance(Duration::from_secs(3000));
    let clock = stage.clock.clone();
    let slow = Fault::Meanwhile(std::rc::Rc::new(move || clock.advance(Duration::from_secs(600))));
    stage.server.faults.borrow_mut().push_back(("upload", slow));
    assert!(matches!(stage.run_one(settle()), Outcome::Unknown { .. }));
    assert_eq!((stage.texts().len(), stage.kinds()), (0, vec!["intent"]));
}

#[test]
fn of_two_that_come_at_once_one_sends_the_key_again() {
    let stage = doubt(CLASS_B, false);
    stage.clock.advance(Duration::from_secs(300));
    let first = stage.store.events()[0].clone();
    let rival = Event {
        id: EventId("0123456789abcdef0123456789abcdef".to_owned()),
        of: Some(first.id.clone()),
        at: at("2026-11-22T09:05:00Z"),
        what: Happening::Repeat { lease: 70 },
        ..first
    };
    stage.store.beat_next(vec![rival]);
    assert_eq!(stage.run_one(settle()), Outcome::Beaten);
    assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent", "repeat"]));
    // Who comes after the other has written it down keeps away until its lease is over.
    stage.clock.advance(Duration::from_secs(129));
    assert_eq!(stage.run_one(settle()), Outcome::Beaten);
    stage.clock.advance(Duration::from_secs(1));
    assert!(published(&stage.run_one(settle())));
    assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent", "repeat", "repeat", "receipt"], 1));
}

#[test]
fn a_key_is_not_trusted_on_a_server_that_does_not_keep_it() {
    let forgetful = Habits { keeps_no_keys: true, ..Habits::default() };
    for done in [true, false] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, forgetful);
        stage.server.faults.borrow_mut().push_back(("post", if done { Fault::LostAfter } else { Fault::Lost }));
        assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Unknown { .. }));
        stage.clock.advance(Duration::from_secs(130));
        stage.server.calls.borrow_mut().clear();
        let outcome = stage.run_one(settle());
        assert_eq!((published(&outcome), stage.calls()), (done, vec!["settling", "find"]), "{outcome:?}");
        stage.clock.advance(Duration::from_secs(700));
        stage.run(vec![row(&["Hello"])]);
        stage.run(vec![row(&["Hello"])]);
        assert_eq!(stage.texts(), ["Hello"]);
        let kinds: &[&str] = if done { &["intent", "receipt"] } else { &["intent", "absent", "intent", "receipt"] };
        assert_eq!(stage.kinds(), kinds);
    }
}

#[test]
fn a_server_that_does_not_say_what_it_keeps_is_asked_again_later() {
    let forgetful = Habits { keeps_no_keys: true, ..Habits::default() };
    let stage = Stage::with_habits(CLASS_B, Auth::Token, forgetful);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Lost));
    stage.server.faults.borrow_mut().extend((0..9).map(|_| ("settling", Fault::NotSent)));
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Unknown { .. }));
    stage.clock.advance(Duration::from_secs(3000));
    assert!(matches!(stage.run_one(settle()), Outcome::Unknown { .. }));
    assert_eq!((stage.calls().iter().filter(|call| **call == "post").count(), stage.kinds()), (1, vec!["intent"]));
}

#[test]
fn a_listing_is_believed_once_it_is_complete() {
    for done in [true, false] {
        let stage = doubt(CLASS_C, done);
        stage.clock.advance(Duration::from_secs(130));
        let outcome = stage.run_one(settle());
        if done {
            // What is there is there, however early it is looked for.
            assert!(published(&outcome), "{outcome:?}");
            assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent", "receipt"]));
            continue;
        }
        let complete = at("2026-11-22T09:11:10Z");
        assert!(matches!(outcome, Outcome::Deferred { until, .. } if until == complete), "{outcome:?}");
        assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent"]));
        stage.clock.set(complete);
        // Absent twice; the next plan decides whether it is sent anew.
        assert!(matches!(stage.run_one(settle()), Outcome::Deferred { .. }));
        assert_eq!((stage.calls(), stage.kinds()), (vec!["find"; 3], vec!["intent", "absent"]));
        assert!(published(&stage.run_one(row(&["Hello"]))));
        assert_eq!((stage.texts(), stage.kinds().len()), (vec!["Hello".to_owned()], 4));
    }
}

#[test]
fn what_was_withdrawn_after_the_attempt_is_not_sent_again() {
    let later = at("2026-11-23T09:00:00Z");
    type Change = fn(&mut Desired);
    let changes: [(Change, &str); 3] = [
        (|desired| desired.is_draft = true, "its post is a draft now"),
        (|desired| desired.invalid = true, "its post has errors now"),
        (|desired| desired.when = Some(at("2026-11-23T09:00:00Z")), "its post has a new date, 2026-11-23 09:00 +00:00"),
    ];
    for class in [Settling::OwnId, CLASS_B, CLASS_C] {
        for (change, words) in changes {
            let stage = doubt(class, false);
            stage.clock.advance(Duration::from_secs(700));
            let outcome = stage.run_one(with(settle(), change));
            match class {
                Settling::Listing { .. } => assert_eq!(stage.kinds(), ["intent", "absent"]),
                _ => assert!(matches!(&outcome, Outcome::Unknown { why } if why.ends_with(words)), "{outcome:?}"),
            }
            assert!(!stage.calls().contains(&"post"), "{class:?}");
            // Nobody is left to wonder for ever: our own posts tell, or a person is asked.
            stage.clock.set(later);
            let outcome = stage.run_one(with(row(&["Hello"]), |desired| desired.is_draft = true));
            assert_eq!(matches!(outcome, Outcome::Attention { .. }), class == Settling::OwnId, "{outcome:?}");
        }
    }
}

#[test]
fn what_turns_up_at_the_second_look_is_not_sent_again() {
    let stage = doubt(CLASS_C, true);
    let late = stage.server.live.take();
    stage.clock.advance(Duration::from_secs(700));
    // The first listing is behind; by the second look the post is in it.
    let stage = std::rc::Rc::new(stage);
    let weak = std::rc::Rc::downgrade(&stage);
    stage.server.faults.borrow_mut().push_back(("find", Fault::Status(200, Vec::new())));
    stage.server.faults.borrow_mut().push_back((
        "find",
        Fault::Meanwhile(std::rc::Rc::new(move || {
            weak.upgrade().expect("a stage").server.live.borrow_mut().extend(late.clone());
        })),
    ));
    assert!(published(&stage.run_one(settle())));
    assert_eq!((stage.calls(), stage.texts().len()), (vec!["find", "find"], 1));
}

#[test]
fn what_is_absent_three_times_goes_to_a_person() {
    let stage = doubt(CLASS_C, false);
    for _ in 0..2 {
        stage.clock.advance(Duration::from_secs(700));
        assert!(matches!(stage.run_one(settle()), Outcome::Deferred { .. }));
        stage.server.faults.borrow_mut().push_back(("post", Fault::Lost));
        assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Unknown { .. }));
    }
    stage.clock.advance(Duration::from_secs(700));
    let outcome = stage.run_one(settle());
    let Outcome::Attention { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("3 attempts had no effect: look at account `brand` on Scripted"), "{reason}");
    assert_eq!(stage.kinds(), ["intent", "absent", "intent", "absent", "intent", "hold"]);
    assert!(matches!(stage.state().part(0), PartState::Attention { .. }));
}

#[test]
fn what_only_a_person_can_tell_is_held_with_what_to_look_for() {
    let stage = doubt(Settling::Person, true);
    stage.clock.advance(Duration::from_secs(130));
    let outcome = stage.run_one(settle());
    let Outcome::Attention { reason } = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        reason,
        "Scripted can't be asked: look at account `brand` on Scripted for a post of 2026-11-22 09:00 +00:00 that begins \
         `Hello`, then tell with `masthead resolve`"
    );
    assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent", "hold"]));
    assert!(matches!(stage.run_one(settle()), Outcome::Attention { .. }));
    assert_eq!(stage.kinds().len(), 2);
}

#[test]
fn two_that_fit_are_held() {
    let stage = doubt(CLASS_C, true);
    let twin = stage.server.live.borrow()[0].clone();
    stage.server.live.borrow_mut().push(twin);
    stage.clock.advance(Duration::from_secs(700));
    assert!(matches!(stage.run_one(settle()), Outcome::Attention { reason } if reason.starts_with("two posts fit: ")));
}

#[test]
fn a_network_that_does_not_answer_changes_nothing() {
    for fault in
        [Fault::NotSent, Fault::Status(500, Vec::new()), Fault::Status(429, Vec::new()), Fault::Status(401, Vec::new())]
    {
        let stage = doubt(CLASS_C, true);
        stage.server.faults.borrow_mut().extend((0..6).map(|_| ("find", fault.clone())));
        stage.clock.advance(Duration::from_secs(700));
        assert!(matches!(stage.run_one(settle()), Outcome::Unknown { .. }), "{fault:?}");
        assert_eq!(stage.kinds(), ["intent"]);
    }
}

#[test]
fn a_network_that_does_not_answer_for_a_day_is_a_case_for_a_person() {
    let stage = doubt(CLASS_C, true);
    stage.server.faults.borrow_mut().extend((0..3).map(|_| ("find", Fault::NotSent)));
    stage.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert!(matches!(stage.run_one(settle()), Outcome::Attention { .. }));
    assert_eq!(stage.kinds(), ["intent", "hold"]);
}

#[test]
fn an_edited_post_is_not_looked_for_by_its_text() {
    let edited = || Row { verdict: Verdict::Settle, ..row(&["Hello, edited"]) };
    let stage = doubt(CLASS_C, true);
    stage.clock.advance(Duration::from_secs(700));
    assert!(matches!(stage.run_one(edited()), Outcome::Attention { reason } if reason.contains("was edited")));
    assert_eq!((stage.calls().len(), stage.texts().len()), (0, 1));
}

#[test]
fn a_receipt_tells_which_of_two_texts_a_key_led_to() {
    let edited = || Row { verdict: Verdict::Settle, ..row(&["Hello, edited"]) };
    for (done, text) in [(true, "Hello"), (false, "Hello, edited")] {
        let stage = Stage::with_memory(CLASS_B, Auth::Token, Memory::KeysAndTexts);
        stage.server.faults.borrow_mut().push_back(("post", if done { Fault::CrashAfter } else { Fault::Crash }));
        assert!(stage.try_run(vec![row(&["Hello"])]).is_none(), "it dies");
        stage.clock.advance(Duration::from_secs(700));
        assert!(published(&stage.run_one(edited())));
        assert_eq!(stage.texts(), [text]);
        assert_eq!(stage.state().published(0).expect("it is out").digest, format!("digest of {text}"));
    }
}

#[test]
fn a_search_cannot_publish() {
    let stage = Stage::with_habits(CLASS_C, Auth::Token, Habits { finds_by_publishing: true, ..Habits::default() });
    stage.server.faults.borrow_mut().push_back(("post", Fault::Crash));
    assert!(stage.try_run(vec![row(&["Hello"])]).is_none());
    stage.clock.advance(Duration::from_secs(700));
    assert!(matches!(stage.run_one(settle()), Outcome::Unknown { .. }));
    assert_eq!((stage.texts().len(), stage.kinds()), (0, vec!["intent"]));
}

#[test]
fn a_post_that_is_gone_goes_to_a_person() {
    let stage = doubt(CLASS_B, true);
    stage.clock.advance(Duration::from_secs(700));
    let outcome = stage.run_one(Row { desired: None, ..settle() });
    assert!(matches!(outcome, Outcome::Attention { .. }), "{outcome:?}");
    assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent"]));
}

#[test]
fn a_thread_goes_on_after_a_part_is_settled() {
    let stage = Stage::new(Settling::OwnId, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", Fault::CrashAfter));
    assert!(stage.try_run(vec![row(&["One", "Two"])]).is_none());
    stage.clock.advance(Duration::from_secs(130));
    let settled = stage.run(vec![row(&["One", "Two"])]);
    assert_eq!(settled.len(), 1, "it is settled and nothing else: {settled:?}");
    assert_eq!(stage.texts(), ["One"]);
    stage.run(vec![row(&["One", "Two"])]);
    assert_eq!(stage.texts(), ["One", "Two"]);
    assert_eq!(stage.server.live.borrow()[1].body["parent"], "id-1");
}
