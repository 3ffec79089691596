//! Who is asked to stop waits for nothing, and nothing is written down only because of it.

use super::{
    stage::{Stage, row, row_of},
    twin::{Fault, Habits},
};
use crate::{
    engine::{Clock as _, Outcome, Settled},
    ledger::PartState,
    model::Timestamp,
    network::{Auth, Settling},
};
use std::{rc::Rc, time::Duration};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(600) };
const A_DAY: Duration = Duration::from_secs(25 * 60 * 60);

/// Runs a row whose first wait is cut short, and checks that the run ends there and then.
#[track_caller]
fn stop_in_the_first_wait(stage: &Stage) -> Vec<Settled> {
    stage.stopped_wait.set(Some(0));
    let before: Timestamp = stage.clock.now();
    let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
    assert!(stage.stop.is_asked(), "it never waited");
    assert_eq!(stage.clock.now().since(before), Duration::from_millis(500), "it waited on");
    settled
}

fn in_doubt(settling: Settling) -> Stage {
    let stage = Stage::new(settling, Auth::Token);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Crash));
    assert!(stage.try_run(vec![row(&["Hello"])]).is_none(), "it dies");
    stage.server.calls.borrow_mut().clear();
    stage
}

#[test]
fn a_retry_is_not_waited_for() {
    let status = |status| Fault::Status(status, Vec::new());
    for (label, habits, auth) in [
        ("upload", Habits { uploads: true, ..Habits::default() }, Auth::Token),
        ("greet", Habits { greets: true, ..Habits::default() }, Auth::Token),
        ("sign in", Habits::default(), Auth::Session),
    ] {
        let stage = Stage::with_habits(CLASS_B, auth, habits);
        stage.server.faults.borrow_mut().push_back((label, status(503)));
        assert_eq!(stop_in_the_first_wait(&stage), [], "{label}");
        assert_eq!((stage.calls(), stage.kinds()), (vec![label], vec![]), "nothing is claimed or put off");
    }
}

#[test]
fn an_upload_is_not_waited_for() {
    let stage =
        Stage::with_habits(CLASS_B, Auth::Token, Habits { uploads: true, processes: true, ..Habits::default() });
    assert_eq!(stop_in_the_first_wait(&stage), []);
    assert_eq!((stage.calls(), stage.kinds()), (vec!["upload"], vec![]));
}

#[test]
fn what_has_left_is_finished() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { looks_after: true, ..Habits::default() });
    let stage = Rc::new(stage);
    let weak = Rc::downgrade(&stage);
    let stop = Fault::Meanwhile(Rc::new(move || weak.upgrade().expect("a stage").stop.ask()));
    stage.server.faults.borrow_mut().extend([("post", stop), ("look", Fault::Status(503, Vec::new()))]);
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { url: Some(_) }));
    assert_eq!((stage.calls(), stage.kinds()), (vec!["post", "look", "look"], vec!["intent", "receipt"]));
}

#[test]
fn a_lost_answer_is_not_asked_about() {
    for class in [Settling::OwnId, CLASS_B] {
        let stage = Stage::new(class, Auth::Token);
        stage.server.faults.borrow_mut().push_back(("post", Fault::LostAfter));
        let settled = stop_in_the_first_wait(&stage);
        assert!(matches!(settled.as_slice(), [Settled { outcome: Outcome::Unknown { .. }, .. }]), "{settled:?}");
        // The intent stays open, and the next run asks.
        assert_eq!((stage.calls(), stage.kinds()), (vec!["post"], vec!["intent"]));
    }
}

#[test]
fn a_second_look_is_not_waited_for() {
    let stage = in_doubt(CLASS_C);
    stage.clock.advance(Duration::from_secs(1000));
    assert_eq!(stop_in_the_first_wait(&stage), []);
    assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent"]));
}

#[test]
fn no_person_is_troubled_because_somebody_stopped_us() {
    // Long after the attempt a question that leads nowhere makes a hold; one that was not asked does not.
    let stage = Rc::new(in_doubt(Settling::OwnId));
    stage.clock.advance(A_DAY);
    let weak = Rc::downgrade(&stage);
    let stop = Fault::Meanwhile(Rc::new(move || weak.upgrade().expect("a stage").stop.ask()));
    stage.server.faults.borrow_mut().push_back(("find", stop));
    assert_eq!(stage.run(vec![row(&["Hello"])]), []);
    assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent"]));

    // A retry of the question that was cut short.
    let stage = in_doubt(Settling::OwnId);
    stage.clock.advance(A_DAY);
    stage.server.faults.borrow_mut().push_back(("find", Fault::Status(503, Vec::new())));
    assert_eq!(stop_in_the_first_wait(&stage), []);
    assert_eq!(stage.kinds(), ["intent"]);
}

#[test]
fn no_person_is_troubled_because_a_clock_is_wrong_or_the_ledger_slow() {
    let stage = in_doubt(Settling::OwnId);
    stage.clock.advance(A_DAY);
    stage.server.ahead.set(Some(700));
    let outcome = stage.run_one(row(&["Hello"]));
    assert!(matches!(&outcome, Outcome::Unknown { why } if why.contains("11 minutes apart")), "{outcome:?}");
    assert_eq!((stage.calls(), stage.kinds()), (vec!["find"], vec!["intent"]));
    // Once it is set right, the attempt is settled like any other.
    stage.server.ahead.set(Some(0));
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));

    let stage = in_doubt(Settling::OwnId);
    stage.clock.advance(A_DAY);
    stage.slow_ledger([Duration::from_secs(31)]);
    let outcome = stage.run_one(row(&["Hello"]));
    assert!(matches!(&outcome, Outcome::Unknown { why } if why.contains("too much time")), "{outcome:?}");
    assert!(matches!(stage.state().part(0), PartState::Sending(_)), "{:?}", stage.kinds());
}
