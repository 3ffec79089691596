use super::{
    stage::{Stage, at, row, row_of, with},
    twin::{Fault, Habits},
};
use crate::{
    engine::{Outcome, probe},
    ledger::{Actor, Event, EventId, Happening, PartKey, StoreError, StoreProblem},
    model::{AccountId, PostId, Timestamp},
    network::{Auth, Settling},
};
use std::{rc::Rc, time::Duration};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };

fn fresh() -> Stage {
    Stage::new(CLASS_B, Auth::Token)
}

/// An intent of another publisher.
fn rival(at: Timestamp) -> Event {
    Event {
        id: EventId("0123456789abcdef0123456789abcdef".to_owned()),
        key: PartKey { post: PostId::new("hello"), account: AccountId::new("brand"), part: 1 },
        of: None,
        at,
        by: Actor { run: "another".to_owned(), version: "0.1.0".to_owned(), person: None },
        what: Happening::Intent {
            attempt: 1,
            lease: 70,
            commit: "c0ffee".to_owned(),
            digest: "digest of Hello".to_owned(),
            key: "fedcba9876543210fedcba9876543210".to_owned(),
            nonce: 7,
            network_time: None,
            media: std::collections::BTreeMap::new(),
        },
    }
}

#[test]
fn who_loses_the_race_sends_nothing() {
    let stage = fresh();
    stage.store.beat_next(vec![rival(at("2026-11-22T09:00:00Z"))]);
    assert_eq!(stage.run_one(row(&["Hello"])), Outcome::Beaten);
    assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent"]));
}

#[test]
fn who_comes_after_the_plan_was_made_is_respected() {
    let stage = fresh();
    stage.store.push(rival(at("2026-11-22T08:59:30Z")));
    assert_eq!(stage.run_one(row(&["Hello"])), Outcome::Beaten);
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn a_receipt_for_a_projected_network_is_raced_for_too() {
    let stage = Stage::new(Settling::Receipt, Auth::None);
    stage.store.beat_next(vec![rival(at("2026-11-22T09:00:00Z"))]);
    assert_eq!(stage.run_one(row(&["Hello"])), Outcome::Beaten);
    assert_eq!(stage.kinds(), ["intent"]);
}

#[test]
fn a_request_leaves_soon_after_its_claim_or_not_at_all() {
    let stage = fresh();
    stage.slow_ledger([Duration::from_secs(30)]);
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
    assert_eq!(stage.kinds(), ["intent", "receipt"]);

    let stage = fresh();
    stage.slow_ledger([Duration::from_secs(31)]);
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
    assert_eq!((stage.kinds(), stage.calls()), (vec!["intent", "release", "intent", "receipt"], vec!["post"]));

    let stage = fresh();
    stage.slow_ledger([Duration::from_secs(31), Duration::ZERO, Duration::from_secs(31)]);
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Deferred { .. }));
    assert_eq!((stage.kinds(), stage.calls().len()), (vec!["intent", "release", "intent", "release"], 0));
}

#[test]
fn a_ledger_that_fails_stops_everything_before_it_leaves() {
    let stage = fresh();
    stage.store.fail_next(StoreError::new(StoreProblem::Refused, "the remote refuses"));
    let ended =
        stage.try_run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"]), row_of("third", "sky", &["3"])]);
    assert_eq!(ended.expect("an end").expect_err("an error").problem, StoreProblem::Refused);
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
}

#[test]
fn a_ledger_that_cannot_be_read_stops_everything() {
    let stage = fresh();
    stage.store.refuse(Some((StoreProblem::Newer, "a newer program wrote it".to_owned())));
    let ended = stage.try_run(vec![row(&["Hello"])]);
    assert_eq!(ended.expect("an end").expect_err("an error").problem, StoreProblem::Newer);
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn a_receipt_is_tried_again_when_the_ledger_was_out_of_reach() {
    let stage = Rc::new(fresh());
    let weak = Rc::downgrade(&stage);
    stage.server.faults.borrow_mut().push_back((
        "post",
        Fault::Meanwhile(Rc::new(move || {
            let stage = weak.upgrade().expect("a stage");
            stage.store.fail_next(StoreError::new(StoreProblem::Unreachable, "no route"));
        })),
    ));
    let ended = stage.try_run(vec![row(&["One", "Two"])]);
    assert_eq!(ended.expect("an end").expect_err("an error").problem, StoreProblem::Unreachable);
    // The receipt is in; the second part was not begun.
    assert_eq!((stage.kinds(), stage.texts()), (vec!["intent", "receipt"], vec!["One".to_owned()]));
}

#[test]
fn who_is_asked_to_stop_finishes_what_is_under_way_and_claims_no_more() {
    let stage = Rc::new(fresh());
    let weak = Rc::downgrade(&stage);
    let stop = Fault::Meanwhile(Rc::new(move || weak.upgrade().expect("a stage").stop.ask()));
    stage.server.faults.borrow_mut().push_back(("post", stop));
    let settled = stage.run(vec![row(&["One", "Two"]), row_of("second", "brand", &["Second"])]);
    assert_eq!(settled.len(), 1);
    assert_eq!((stage.kinds(), stage.texts()), (vec!["intent", "receipt"], vec!["One".to_owned()]));
    assert_eq!(stage.run(vec![row(&["One", "Two"])]), []);
}

#[test]
fn a_stop_during_an_upload_claims_nothing() {
    let habits = Habits { uploads: true, ..Habits::default() };
    let stage = Rc::new(Stage::with_habits(CLASS_B, Auth::Token, habits));
    let weak = Rc::downgrade(&stage);
    let stop = Fault::Meanwhile(Rc::new(move || weak.upgrade().expect("a stage").stop.ask()));
    stage.server.faults.borrow_mut().push_back(("upload", stop));
    assert_eq!(stage.run(vec![row(&["Hello"])]), []);
    assert_eq!((stage.kinds().len(), stage.calls()), (0, vec!["upload"]));
}

#[test]
fn nothing_goes_out_early_by_the_networks_clock() {
    let due = at("2026-11-22T09:00:00Z");
    let row = || with(row(&["Hello"]), |desired| desired.when = Some(due));
    for (ahead, early) in [(-3, true), (-2, false), (0, false), (300, false)] {
        let stage = Stage::new(CLASS_B, Auth::Session);
        stage.server.ahead.set(Some(ahead));
        let outcome = stage.run_one(row());
        assert_eq!(matches!(outcome, Outcome::Deferred { until, .. } if until == due), early, "{ahead}: {outcome:?}");
        assert_eq!((stage.texts().is_empty(), stage.kinds().is_empty()), (early, early));
    }
}

#[test]
fn clocks_that_are_far_apart_stop_the_account() {
    for ahead in [-700, 700] {
        let stage = Stage::new(CLASS_B, Auth::Session);
        stage.server.ahead.set(Some(ahead));
        let outcome = stage.run_one(row(&["Hello"]));
        assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("11 minutes apart")), "{outcome:?}");
        assert_eq!((stage.texts().len(), stage.kinds().len()), (0, 0));
    }
}

#[test]
fn the_networks_clock_is_noted_in_the_intent() {
    let stage = Stage::new(CLASS_B, Auth::Session);
    stage.server.ahead.set(Some(5));
    stage.run_one(row(&["Hello"]));
    let Happening::Intent { network_time, .. } = stage.store.events()[0].what else { panic!() };
    assert_eq!(network_time, Some(at("2026-11-22T09:00:05Z")));
}

#[test]
fn a_probe_tells_how_far_the_clocks_are_apart() {
    for (auth, calls) in [(Auth::Token, vec!["probe"]), (Auth::Session, vec!["sign in", "probe"])] {
        let stage = Stage::new(CLASS_B, auth);
        stage.server.ahead.set(Some(-42));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let networks = stage.networks();
        let account = &stage.config.accounts["brand"];
        let report = runtime.block_on(probe(stage.world(&networks), account)).expect("an answer");
        assert_eq!(report.clock_difference, Some(-42_000));
        assert_eq!(stage.calls(), calls);
    }
}
