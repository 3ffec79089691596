//! A publisher that rests between its claim and its request, while another takes over.

use super::stage::{COMMIT, Stage, at, row};
use crate::{
    engine::{Clock as _, Outcome, execute, testing::FakeClock},
    ledger::{
        Actor, Append, Appended, Brake, BrakeEvent, Event, EventId, Happening, Ledger, MemoryStore, Store, StoreError,
    },
    network::{Auth, Settling},
    plan::Plan,
};
use std::time::Duration;

/// A ledger whose first answer comes late, and by then somebody else has repeated the intent.
struct Overtaken {
    store: MemoryStore,
    clock: FakeClock,
}

impl Store for Overtaken {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        self.store.read()
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let appended = self.store.append(batch)?;
        if self.store.events().len() == 1 {
            let Append { event: intent, .. } = &batch[0];
            self.clock.advance(Duration::from_secs(131));
            self.store.push(Event {
                id: EventId("0123456789abcdef0123456789abcdef".to_owned()),
                of: Some(intent.id.clone()),
                at: self.clock.now(),
                by: Actor { run: "another".to_owned(), ..intent.by.clone() },
                what: Happening::Repeat { lease: 70 },
                ..intent.clone()
            });
        }
        Ok(appended)
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        self.store.brakes()
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.store.brake(events)
    }
}

#[test]
fn who_was_overtaken_does_not_say_that_nothing_left() {
    let stage = Stage::new(Settling::OwnId, Auth::Token);
    let plan = Plan { now: at("2026-11-22T09:00:00Z"), commit: Some(COMMIT.to_owned()), rows: vec![row(&["Hello"])] };
    let store = Overtaken { store: stage.store.clone(), clock: stage.clock.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let networks = stage.networks();
    let ended = runtime.block_on(execute(stage.world(&networks), &plan, Box::new(store), &mut |_| {}));
    assert_eq!(ended.expect("a ledger")[0].outcome, Outcome::Beaten);
    // A release would let a third publisher send it under another id while the repetition is on its way.
    assert_eq!((stage.kinds(), stage.calls().len()), (vec!["intent", "repeat"], 0));
}
