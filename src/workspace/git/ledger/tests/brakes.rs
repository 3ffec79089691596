use super::*;
use crate::{
    ledger::{Actor, BrakeEvent, Braking},
    model::Scope,
};

pub(super) fn freeze(id: &str) -> BrakeEvent {
    BrakeEvent {
        id: EventId(id.to_owned()),
        at: Timestamp::EPOCH,
        by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: Some("Ada".to_owned()) },
        what: Braking::Freeze { scope: Scope::All, until: None, reason: "a crisis".to_owned() },
    }
}

fn thaw(id: &str, of: &str) -> BrakeEvent {
    let what = Braking::Thaw { of: EventId(of.to_owned()), reason: "it is over".to_owned() };
    BrakeEvent { what, at: Timestamp::from_millis(1), ..freeze(id) }
}

#[test]
fn a_freeze_is_seen_by_everybody_at_the_next_look() {
    let origin = origin();
    let (one_clone, two) = (clone(&origin, &[]), clone(&origin, &[]));
    let (mut here, mut there) = (open(one_clone.path(), Some("origin")), open(two.path(), Some("origin")));
    assert_eq!(there.brakes().expect("no brakes"), []);
    here.brake(&[freeze("a")]).expect("frozen");
    assert_eq!(there.brakes().expect("brakes").len(), 1);
    there.append(&one(try_("hello", "1"), None)).expect("answers");
    there.brake(&[thaw("b", "a")]).expect("thawed");
    let brakes = here.brakes().expect("brakes");
    assert_eq!(brakes[0].thawed, Some((Timestamp::from_millis(1), "Ada".to_owned())));
    assert_eq!(here.read().expect("a ledger").brakes, brakes);
    let log = origin.git(&["log", "--format=%s", BRANCH]);
    let expect =
        ["thawed `a`, by Ada: it is over", "sending hello to brand (part 1)", "frozen: everything, by Ada: a crisis"];
    assert_eq!(log.lines().collect::<Vec<_>>(), expect);
}

#[test]
fn a_freeze_again_is_written_once() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    store.brake(&[freeze("a")]).expect("frozen");
    store.brake(&[freeze("a"), freeze("c")]).expect("frozen");
    assert_eq!(store.brakes().expect("brakes").len(), 2);
    let log = sandbox.git(&["log", "--format=%s", BRANCH]);
    assert_eq!(log.trim(), "frozen: everything, by Ada: a crisis\nfrozen: everything, by Ada: a crisis");
}

#[test]
fn brakes_that_cannot_be_understood_stop_everything() {
    let sandbox = local();
    open(sandbox.path(), None).brake(&[freeze("a")]).expect("frozen");
    tamper(&sandbox, |sandbox| {
        sandbox.write("by-hand/freezes/0002-melt-b.json", "{\"kind\": \"melt\", \"v\": 1}");
    });
    let mut store = open(sandbox.path(), None);
    assert_eq!(store.brakes().expect_err("newer").problem, StoreProblem::Newer);
    assert_eq!(store.read().expect_err("newer").problem, StoreProblem::Newer);
}
