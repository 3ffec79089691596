//! Changing and taking back: the last part first, written down after it, and done again by whoever comes after one that died.

use super::{
    freezing::freeze,
    stage::{Stage, row, with},
    twin::{Fault, Habits},
};
use crate::{
    engine::{Asked, Outcome, Settled},
    ledger::{Happening, PartState, Store as _},
    model::Scope,
    network::{Auth, Settling},
    plan::{Row, Verdict},
};

/// A thread that is out.
fn thread(habits: Habits) -> Stage {
    let stage = Stage::with_habits(Settling::OwnId, Auth::Token, habits);
    stage.run(vec![row(&["One", "Two", "Three"])]);
    assert_eq!(stage.texts(), ["One", "Two", "Three"]);
    stage.server.calls.borrow_mut().clear();
    stage
}

fn out() -> Stage {
    thread(Habits::default())
}

fn asked() -> Asked {
    Asked { by: Some("Ada".to_owned()), why: Some("it is wrong".to_owned()) }
}

fn taken_back() -> Row {
    Row { verdict: Verdict::Retract, ..row(&["One", "Two", "Three"]) }
}

fn changed(parts: &[&str]) -> Row {
    Row { verdict: Verdict::Update, ..row(parts) }
}

#[track_caller]
fn amend(stage: &Stage, row: Row) -> Vec<Settled> {
    stage.try_amend(row, &asked()).expect("nobody died").expect("a ledger")
}

fn retracted(stage: &Stage) -> Vec<bool> {
    stage.state().parts.iter().map(|part| matches!(part, PartState::Retracted { .. })).collect()
}

#[test]
fn a_thread_is_taken_back_from_its_end() {
    let stage = out();
    let settled = amend(&stage, taken_back());
    let parts: Vec<_> = settled.iter().map(|settled| settled.part.0).collect();
    assert_eq!(parts, [3, 2, 1]);
    assert!(settled.iter().all(|settled| settled.outcome == Outcome::Retracted), "{settled:?}");
    assert_eq!((stage.texts(), retracted(&stage)), (Vec::new(), vec![true; 3]));
    let events = stage.store.events();
    let Happening::Retract { why } = &events[events.len() - 1].what else { panic!("{events:?}") };
    assert_eq!((why.as_str(), events[events.len() - 1].by.person.as_deref()), ("it is wrong", Some("Ada")));
    // There is nothing left to do.
    assert_eq!((amend(&stage, taken_back()), stage.calls().len()), (Vec::new(), 3));
}

#[test]
fn what_a_post_asks_for_is_said_to_be_the_posts() {
    let stage = out();
    stage.run(vec![with(taken_back(), |desired| desired.retract = true)]);
    let events = stage.store.events();
    let Happening::Retract { why } = &events[events.len() - 1].what else { panic!("{events:?}") };
    assert_eq!(why, "its post says `retract = true`");
}

#[test]
fn a_deletion_that_fails_leaves_no_thread_with_a_hole() {
    let stage = out();
    stage.server.faults.borrow_mut().push_back(("delete", Fault::Meanwhile(std::rc::Rc::new(|| {}))));
    stage.server.faults.borrow_mut().push_back(("delete", Fault::Status(503, Vec::new())));
    let settled = amend(&stage, taken_back());
    let Outcome::Blocked { why } = &settled[1].outcome else { panic!("{settled:?}") };
    assert!(why.starts_with("it is still out: "), "{why}");
    assert_eq!((settled.len(), stage.texts()), (2, vec!["One".to_owned(), "Two".to_owned()]));
    assert_eq!(retracted(&stage), [false, false, true]);
    amend(&stage, taken_back());
    assert_eq!((stage.texts().len(), retracted(&stage)), (0, vec![true; 3]));
}

#[test]
fn who_dies_after_a_deletion_is_followed_by_one_who_does_it_again() {
    for fault in [Fault::CrashAfter, Fault::Crash] {
        let stage = out();
        stage.server.faults.borrow_mut().push_back(("delete", fault));
        assert!(stage.try_amend(taken_back(), &asked()).is_none());
        assert_eq!(retracted(&stage), [false; 3], "what is not written down has not happened");
        amend(&stage, taken_back());
        assert_eq!((stage.texts().len(), retracted(&stage)), (0, vec![true; 3]));
    }
}

#[test]
fn what_can_not_be_deleted_is_a_persons_work() {
    let stage = thread(Habits { deletes_nothing: true, ..Habits::default() });
    let settled = amend(&stage, taken_back());
    let [Settled { outcome: Outcome::Attention { reason }, .. }] = settled.as_slice() else { panic!("{settled:?}") };
    assert!(reason.contains("masthead resolve hello --account brand --retracted"), "{reason}");
    assert_eq!((stage.texts().len(), stage.calls(), retracted(&stage)), (3, Vec::new(), vec![false; 3]));
}

#[test]
fn a_change_begins_at_the_end_and_the_first_part_tells() {
    let stage = out();
    let before = stage.state().published(0).expect("out").digest.clone();
    stage.server.faults.borrow_mut().push_back(("edit", Fault::Meanwhile(std::rc::Rc::new(|| {}))));
    stage.server.faults.borrow_mut().push_back(("edit", Fault::Meanwhile(std::rc::Rc::new(|| {}))));
    stage.server.faults.borrow_mut().push_back(("edit", Fault::Status(503, Vec::new())));
    let settled = amend(&stage, changed(&["1", "2", "3"]));
    assert!(matches!(settled[2].outcome, Outcome::Blocked { .. }), "{settled:?}");
    assert_eq!(stage.texts(), ["One", "2", "3"]);
    assert_eq!(stage.state().published(0).expect("out").digest, before, "it is still to be changed");
    let settled = amend(&stage, changed(&["1", "2", "3"]));
    assert!(settled.iter().all(|settled| matches!(settled.outcome, Outcome::Updated { .. })), "{settled:?}");
    assert_eq!(stage.texts(), ["1", "2", "3"]);
    assert_ne!(stage.state().published(0).expect("out").digest, before);
}

#[test]
fn another_number_of_parts_is_no_change() {
    for parts in [&["1", "2"][..], &["1", "2", "3", "4"]] {
        let stage = out();
        let settled = amend(&stage, changed(parts));
        assert!(matches!(settled.as_slice(), [Settled { outcome: Outcome::Beaten, .. }]), "{settled:?}");
        assert_eq!((stage.texts().len(), stage.calls()), (3, Vec::new()));
    }
}

#[test]
fn a_freeze_stops_changes_and_not_deletions() {
    let stage = out();
    stage.store.clone().brake(&[freeze(Scope::All)]).expect("written");
    let settled = amend(&stage, changed(&["1", "2", "3"]));
    let [Settled { outcome: Outcome::Blocked { why }, .. }] = settled.as_slice() else { panic!("{settled:?}") };
    assert!(why.contains("a crisis"), "{why}");
    assert_eq!((stage.calls(), stage.texts()[2].as_str()), (Vec::new(), "Three"));
    amend(&stage, taken_back());
    assert_eq!(stage.texts().len(), 0);
}

#[test]
fn who_is_asked_to_stop_begins_no_other_part() {
    let stage = std::rc::Rc::new(out());
    let weak = std::rc::Rc::downgrade(&stage);
    let stop = Fault::Meanwhile(std::rc::Rc::new(move || weak.upgrade().expect("a stage").stop.ask()));
    stage.server.faults.borrow_mut().push_back(("delete", stop));
    assert_eq!(amend(&stage, taken_back()).len(), 1);
    assert_eq!((stage.texts().len(), retracted(&stage)), (2, vec![false, false, true]));
}
