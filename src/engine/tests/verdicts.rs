use super::{
    stage::{Stage, at, row, row_of},
    twin::{Fault, Habits},
};
use crate::{
    engine::Outcome,
    ledger::{Happening, PartState},
    network::{Auth, Settling},
};
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(600) };

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Published { .. } => "published",
        Outcome::Updated { .. } => "updated",
        Outcome::Retracted => "retracted",
        Outcome::Beaten => "beaten",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Failed { .. } => "failed",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Attention { .. } => "attention",
        Outcome::Blocked { .. } => "blocked",
    }
}

/// One fault of the publishing call: the outcome, the events and how many posts there are.
#[track_caller]
fn check(settling: Settling, fault: Fault, outcome: &str, kinds: &[&str], live: usize) {
    let stage = Stage::new(settling, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", fault.clone()));
    let got = stage.run_one(row(&["Hello"]));
    let got = (word(&got), stage.kinds(), stage.texts().len());
    assert_eq!(got, (outcome, kinds.to_vec(), live), "{fault:?} on {settling:?}");
}

fn status(status: u16) -> Fault {
    Fault::Status(status, Vec::new())
}

#[test]
fn what_is_proven_not_to_have_left_is_tried_later() {
    for class in [Settling::OwnId, CLASS_B, CLASS_C, Settling::Person] {
        check(class, Fault::NotSent, "deferred", &["intent", "defer"], 0);
        check(class, status(429), "deferred", &["intent", "defer"], 0);
    }
}

#[test]
fn what_is_refused_stays_refused() {
    for class in [Settling::OwnId, CLASS_B, CLASS_C, Settling::Person] {
        for refusal in [400, 403, 404, 413, 422, 302] {
            check(class, status(refusal), "failed", &["intent", "fail"], 0);
        }
    }
}

#[test]
fn what_nobody_can_tell_is_left_open_where_asking_at_once_proves_nothing() {
    for class in [CLASS_C, Settling::Person] {
        check(class, Fault::Lost, "unknown", &["intent"], 0);
        check(class, Fault::LostAfter, "unknown", &["intent"], 1);
        for answer in [408, 409, 425, 500, 502, 503, 504, 524] {
            check(class, status(answer), "unknown", &["intent"], 0);
        }
    }
}

#[test]
fn what_nobody_can_tell_is_asked_at_once_where_the_id_is_ours() {
    check(Settling::OwnId, Fault::LostAfter, "published", &["intent", "receipt"], 1);
    for fault in [Fault::Lost, status(500), status(409), status(503)] {
        check(Settling::OwnId, fault, "published", &["intent", "repeat", "receipt"], 1);
    }
}

#[test]
fn under_a_key_it_is_looked_for_at_once_and_sent_again_only_after_the_lease() {
    check(CLASS_B, Fault::LostAfter, "published", &["intent", "receipt"], 1);
    for fault in [Fault::Lost, status(500), status(409), status(503)] {
        check(CLASS_B, fault.clone(), "unknown", &["intent"], 0);
        let stage = Stage::new(CLASS_B, Auth::Token);
        stage.server.faults.borrow_mut().push_back(("post", fault));
        stage.run_one(row(&["Hello"]));
        assert_eq!(stage.calls(), ["post", "find", "find"]);
        stage.clock.advance(Duration::from_secs(130));
        assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published");
        assert_eq!((stage.calls()[3..].to_vec(), stage.texts().len()), (vec!["find", "post"], 1));
    }
}

#[test]
fn a_success_that_cannot_be_read_is_looked_for() {
    for fault in [Fault::GarbageAfter, Fault::CutAfter, Fault::NamelessAfter] {
        for class in [Settling::OwnId, CLASS_B] {
            check(class, fault.clone(), "published", &["intent", "receipt"], 1);
        }
        check(CLASS_C, fault.clone(), "unknown", &["intent"], 1);
        for class in [Settling::OwnId, CLASS_B, CLASS_C] {
            let stage = Stage::new(class, Auth::Token);
            stage.server.faults.borrow_mut().push_back(("post", fault.clone()));
            stage.run_one(row(&["Hello"]));
            stage.clock.advance(Duration::from_secs(700));
            stage.run(vec![row(&["Hello"])]);
            assert_eq!(stage.state().published(0).expect("a published part").remote.id, "id-1");
            assert_eq!(stage.texts().len(), 1);
        }
    }
}

#[test]
fn a_strangers_page_that_says_yes_makes_no_receipt() {
    // Nothing is done, and the page of a hotel's network comes back, whatever is asked.
    let portal = || Fault::Portal;
    for class in [Settling::OwnId, CLASS_B, CLASS_C] {
        let stage = Stage::new(class, Auth::Token);
        let faults = (0..9).flat_map(|_| [("post", portal()), ("find", portal())]);
        stage.server.faults.borrow_mut().extend(faults);
        assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown", "{class:?}");
        stage.clock.advance(Duration::from_secs(700));
        assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown", "{class:?}");
        let proofs = stage.kinds().into_iter().filter(|kind| !matches!(*kind, "intent" | "repeat")).count();
        assert_eq!(proofs, 0, "{class:?}");
        stage.server.faults.borrow_mut().clear();
        stage.clock.advance(Duration::from_secs(700));
        for _ in 0..2 {
            stage.run(vec![row(&["Hello"])]);
        }
        assert_eq!(stage.texts(), ["Hello"], "{class:?}");
        assert_eq!(stage.state().published(0).expect("a published part").remote.id, "id-1");
    }
}

#[test]
fn where_nobody_can_be_asked_a_success_that_cannot_be_read_is_out_without_a_name() {
    for fault in [Fault::GarbageAfter, Fault::CutAfter, Fault::NamelessAfter] {
        check(Settling::Person, fault.clone(), "published", &["intent", "receipt"], 1);
        let stage = Stage::new(Settling::Person, Auth::Token);
        stage.server.faults.borrow_mut().push_back(("post", fault));
        let settled = stage.run(vec![row(&["One", "Two"])]);
        assert_eq!(stage.state().published(0).expect("a published part").remote.id, "");
        // What comes after a part without a name can't answer it.
        assert_eq!(settled.iter().map(|settled| word(&settled.outcome)).collect::<Vec<_>>(), ["published", "blocked"]);
        assert_eq!(stage.texts(), ["One"]);
    }
}

#[test]
fn asking_at_once_is_bounded() {
    let stage = Stage::new(Settling::OwnId, Auth::Token);
    stage.server.faults.borrow_mut().extend((0..9).map(|_| ("post", Fault::Lost)));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown");
    assert_eq!(stage.calls(), ["post", "find", "post", "find", "post"]);
    assert_eq!(stage.kinds(), ["intent", "repeat", "repeat"]);
    assert!(matches!(stage.state().part(0), PartState::Sending(_)));
}

#[test]
fn what_is_unknown_says_when_it_is_asked_about() {
    let stage = Stage::new(CLASS_C, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Lost));
    let outcome = stage.run_one(row(&["Hello"]));
    let Outcome::Unknown { why } = outcome else { panic!("{outcome:?}") };
    assert!(why.ends_with("; what became of it is asked after 2026-11-22 09:02 +00:00"), "{why}");
}

#[test]
fn a_repetition_that_is_refused_proves_nothing() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    stage.server.faults.borrow_mut().extend([("post", Fault::LostAfter), ("post", status(422))]);
    // The listing is behind.
    stage.server.faults.borrow_mut().extend((0..3).map(|_| ("find", status(200))));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown");
    stage.clock.advance(Duration::from_secs(130));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown");
    assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent", "repeat"], 1));
}

#[test]
fn a_limit_is_obeyed_and_holds_the_whole_account() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Status(429, vec![("retry-after", "600".to_owned())])));
    let settled =
        stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"]), row_of("third", "sky", &["Third"])]);
    let words: Vec<_> = settled.iter().map(|settled| (settled.account.as_str(), word(&settled.outcome))).collect();
    assert_eq!(words.iter().filter(|word| **word == ("brand", "deferred")).count(), 2);
    assert!(words.contains(&("sky", "published")));
    assert_eq!(stage.texts(), ["Third"]);
    assert_eq!(stage.state().part(0), PartState::Queued { attempts: 1, not_before: Some(at("2026-11-22T09:10:00Z")) });

    let early = stage.run_one(row(&["Hello"]));
    assert!(matches!(early, Outcome::Deferred { until, .. } if until == at("2026-11-22T09:10:00Z")), "{early:?}");
    assert_eq!(stage.calls().len(), 2);
    stage.clock.advance(Duration::from_secs(600));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published");
}

#[test]
fn deferrals_take_longer_each_time() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    let mut waits = Vec::new();
    for _ in 0..4 {
        stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
        let outcome = stage.run_one(row(&["Hello"]));
        let Outcome::Deferred { until, .. } = outcome else { panic!("{outcome:?}") };
        waits.push(until.since(crate::engine::Clock::now(&stage.clock)));
        stage.clock.advance(Duration::from_secs(3600));
    }
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
}

#[test]
fn a_session_that_can_be_renewed_costs_no_second_password() {
    let renews = Habits { renews: true, ..Habits::default() };
    let stage = Stage::with_habits(CLASS_B, Auth::Session, renews);
    stage.server.faults.borrow_mut().push_back(("post", status(401)));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published");
    assert_eq!(stage.calls(), ["sign in", "post", "renew", "post"]);

    let stage = Stage::with_habits(CLASS_B, Auth::Session, renews);
    stage.server.faults.borrow_mut().extend([("post", status(401)), ("renew", status(400))]);
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published");
    assert_eq!(stage.calls(), ["sign in", "post", "renew", "sign in", "post"]);
}

#[test]
fn a_session_is_renewed_once_and_the_attempt_keeps_its_key() {
    let stage = Stage::new(CLASS_B, Auth::Session);
    stage.server.faults.borrow_mut().push_back(("post", status(401)));
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published");
    assert_eq!(stage.calls(), ["sign in", "post", "sign in", "post"]);
    assert_eq!(stage.kinds(), ["intent", "release", "intent", "receipt"]);
    let keys: Vec<_> = stage
        .store
        .events()
        .into_iter()
        .filter_map(|event| match event.what {
            Happening::Intent { key, nonce, .. } => Some((key, nonce, event.at)),
            _ => None,
        })
        .collect();
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn a_session_that_is_refused_twice_blocks_the_account() {
    let stage = Stage::new(CLASS_B, Auth::Session);
    stage.server.faults.borrow_mut().extend([("post", status(401)), ("post", status(401))]);
    let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
    assert_eq!(settled.iter().map(|settled| word(&settled.outcome)).collect::<Vec<_>>(), ["blocked", "blocked"]);
    assert_eq!(stage.kinds(), ["intent", "release", "intent", "release"]);
    assert_eq!(stage.calls(), ["sign in", "post", "sign in", "post"]);
}

#[test]
fn a_token_that_is_refused_blocks_at_once() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", status(401)));
    let outcome = stage.run_one(row(&["Hello"]));
    assert!(
        matches!(&outcome, Outcome::Blocked { why } if why.contains("renew the token of account `brand`")),
        "{outcome:?}"
    );
    assert_eq!((stage.kinds(), stage.calls()), (vec!["intent", "release"], vec!["post"]));
}

#[test]
fn sign_in_happens_once_and_what_it_refuses_is_not_written_down() {
    let stage = Stage::new(CLASS_B, Auth::Session);
    stage.run(vec![row(&["One", "Two"]), row_of("second", "brand", &["Three"])]);
    assert_eq!(stage.calls(), ["sign in", "post", "post", "post"]);

    for (fault, expect, kinds) in [
        (status(401), "blocked", vec![]),
        (status(400), "blocked", vec![]),
        (Fault::NotSent, "deferred", vec!["defer"]),
        (status(429), "deferred", vec!["defer"]),
    ] {
        let stage = Stage::new(CLASS_B, Auth::Session);
        stage.server.faults.borrow_mut().extend((0..3).map(|_| ("sign in", fault.clone())));
        let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
        assert_eq!(settled.iter().map(|settled| word(&settled.outcome)).collect::<Vec<_>>(), [expect, expect]);
        assert_eq!((stage.kinds(), stage.texts().len()), (kinds, 0), "{fault:?}");
    }
}

#[test]
fn an_error_after_the_publication_is_not_about_it() {
    for fault in [Fault::NotSent, status(404), status(429), status(401), Fault::Lost] {
        let stage = Stage::with_habits(Settling::OwnId, Auth::Token, Habits { looks_after: true, ..Habits::default() });
        stage.server.faults.borrow_mut().extend((0..3).map(|_| ("look", fault.clone())));
        assert_eq!(word(&stage.run_one(row(&["Hello"]))), "published", "{fault:?}");
        assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent", "receipt"], 1));
    }
}

#[test]
fn an_adapter_that_publishes_twice_gets_one_request_out() {
    let stage = Stage::with_habits(CLASS_C, Auth::Token, Habits { twice: true, ..Habits::default() });
    assert_eq!(word(&stage.run_one(row(&["Hello"]))), "unknown");
    assert_eq!((stage.calls(), stage.kinds()), (vec!["post"], vec!["intent"]));
}
