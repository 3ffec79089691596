use super::{
    stage::{Stage, row},
    twin::{Fault, Habits},
};
use crate::{
    engine::Outcome,
    ledger::PartState,
    network::{Auth, Settling},
};
use std::{rc::Rc, time::Duration};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(600) };
const THREAD: [&str; 3] = ["One", "Two", "Three"];

/// Lets the publisher die at one call, before or after it took effect, and others go on until nothing changes any more.
fn die_at(settling: Settling, call: usize, after: bool) -> Stage {
    let stage = Stage::with_habits(settling, Auth::Session, Habits { uploads: true, ..Habits::default() });
    let labels = ["sign in", "upload", "post", "upload", "post", "upload", "post"];
    let passes = labels[..call].iter().map(|label| (*label, Fault::Meanwhile(Rc::new(|| {}))));
    let dies = (labels[call], if after { Fault::CrashAfter } else { Fault::Crash });
    stage.server.faults.borrow_mut().extend(passes.chain([dies]));
    assert!(stage.try_run(vec![row(&THREAD)]).is_none(), "it dies at call {call}");
    for _ in 0..3 {
        stage.clock.advance(Duration::from_secs(700));
        stage.run(vec![row(&THREAD)]);
    }
    stage
}

#[test]
fn whoever_dies_at_whichever_call_everything_is_out_once() {
    for settling in [Settling::OwnId, CLASS_B, CLASS_C] {
        for call in 0..7 {
            for after in [false, true] {
                let stage = die_at(settling, call, after);
                assert_eq!(stage.texts(), THREAD, "{settling:?}, call {call}, after: {after}");
                let state = stage.state();
                for (index, live) in stage.server.live.borrow().iter().enumerate() {
                    assert_eq!(state.published(index).expect("a receipt").remote.id, live.id);
                }
            }
        }
    }
}

#[test]
fn where_only_a_person_can_tell_nothing_is_out_twice_and_nothing_is_lost() {
    for call in 0..7 {
        for after in [false, true] {
            let stage = die_at(Settling::Person, call, after);
            let texts = stage.texts();
            assert_eq!(texts, THREAD[..texts.len()], "call {call}, after: {after}");
            let state = stage.state();
            let held = state.parts.iter().any(|part| matches!(part, PartState::Attention { .. }));
            assert!(held || texts.len() == THREAD.len(), "call {call}, after: {after}: {state:?}");
        }
    }
}

#[test]
fn who_dies_while_writing_a_receipt_is_asked_about() {
    // The answer has come, and the publisher dies before the receipt is in the ledger.
    for settling in [Settling::OwnId, CLASS_B, CLASS_C] {
        let stage = Stage::new(settling, Auth::Token);
        let error = crate::ledger::StoreError::new(crate::ledger::StoreProblem::Refused, "killed");
        let (store, error) = (stage.store.clone(), std::cell::RefCell::new(Some(error)));
        stage.server.faults.borrow_mut().push_back((
            "post",
            Fault::Meanwhile(Rc::new(move || {
                store.fail_next(error.take().expect("once"));
            })),
        ));
        stage.try_run(vec![row(&["Hello"])]).expect("an end").expect_err("an error");
        assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent"], 1));
        stage.clock.advance(Duration::from_secs(700));
        assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
        assert_eq!((stage.kinds(), stage.texts().len()), (vec!["intent", "receipt"], 1));
    }
}
