//! What somebody stops while a publisher is at work.

use super::stage::{Stage, at, row, row_of};
use crate::{
    engine::Outcome,
    ledger::{Actor, BrakeEvent, Braking, EventId, Store as _, StoreProblem},
    model::{AccountId, Scope},
    network::{Auth, Settling},
};
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };

fn fresh() -> Stage {
    Stage::new(CLASS_B, Auth::Token)
}

pub(super) fn freeze(scope: Scope) -> BrakeEvent {
    BrakeEvent {
        id: EventId("f".to_owned()),
        at: at("2026-11-22T08:59:00Z"),
        by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: Some("Ada".to_owned()) },
        what: Braking::Freeze { scope, until: None, reason: "a crisis".to_owned() },
    }
}

fn stopped(scope: &str) -> Outcome {
    Outcome::Blocked { why: format!("{scope} was frozen by Ada: a crisis") }
}

#[test]
fn a_freeze_that_the_plan_did_not_know_stops_before_the_claim() {
    let stage = fresh();
    stage.store.clone().brake(&[freeze(Scope::All)]).expect("written");
    assert_eq!(stage.run_one(row(&["Hello"])), stopped("everything"));
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
}

#[test]
fn a_freeze_after_the_claim_stops_the_request() {
    let stage = fresh();
    stage.store.brake_after_next(vec![freeze(Scope::Account(AccountId::new("brand")))]);
    assert_eq!(stage.run_one(row(&["Hello"])), stopped("account `brand`"));
    assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent", "release"]));
}

#[test]
fn a_freeze_in_the_middle_of_a_run_stops_the_rest_of_it() {
    let stage = fresh();
    // The first intent, the first receipt, and then somebody runs `masthead freeze`.
    stage.store.beat_next(Vec::new());
    stage.store.brake_after_next(vec![freeze(Scope::All)]);
    let settled = stage.run(vec![row(&["One", "Two"]), row_of("news", "brand", &["News"])]);
    let outcomes: Vec<_> = settled.into_iter().map(|settled| settled.outcome).collect();
    assert!(matches!(outcomes[0], Outcome::Published { .. }), "{outcomes:?}");
    // What the second part's look saw stops the next post before anything of it is written.
    assert_eq!(outcomes[1..], [stopped("everything"), stopped("everything")]);
    assert_eq!(stage.kinds(), ["intent", "receipt", "intent", "release"]);
    assert_eq!(stage.texts(), ["One"]);
}

#[test]
fn a_freeze_of_something_else_stops_nothing() {
    let stage = fresh();
    let elsewhere = [Scope::Account(AccountId::new("sky")), Scope::Campaign("hoodie".to_owned())];
    let freezes: Vec<_> = elsewhere
        .into_iter()
        .enumerate()
        .map(|(index, scope)| BrakeEvent { id: EventId(format!("f{index}")), ..freeze(scope) })
        .collect();
    stage.store.clone().brake(&freezes).expect("written");
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
}

#[test]
fn who_cannot_look_sends_nothing() {
    let stage = fresh();
    stage.store.refuse_looks(StoreProblem::Unreachable);
    assert!(stage.try_run(vec![row(&["Hello"])]).expect("nobody died").is_err());
    assert_eq!((stage.calls().len(), stage.kinds()), (0, vec!["intent"]));
}
