//! The ledger as a publisher has it: slow, now and then out of reach, and silent about what it did.

use super::{chance::Chance, flaw::Flaw, time::Time};
use crate::ledger::{
    Append, Appended, Brake, BrakeEvent, DeliveryState, Happening, Ledger, MemoryStore, PartState, Store, StoreError,
    StoreProblem,
};
use std::{sync::Arc, time::Duration};

pub(super) struct Slow {
    pub(super) store: MemoryStore,
    pub(super) time: Time,
    pub(super) chance: Chance,
    /// Until when there is trouble.
    pub(super) troubled: Duration,
    pub(super) flaw: Option<Flaw>,
}

impl Slow {
    fn fails(&self) -> Option<StoreError> {
        let problem = match self.chance.below(100) {
            0..3 => StoreProblem::Unreachable,
            3 => StoreProblem::Contended,
            _ => return None,
        };
        (self.time.gone() < self.troubled).then(|| StoreError::new(problem, "no route"))
    }
}

impl Store for Slow {
    fn blocks(&self) -> bool {
        false
    }

    fn read(&mut self) -> Result<Ledger, StoreError> {
        if let Some(error) = self.fails() {
            return Err(error);
        }
        let mut ledger = self.store.read()?;
        if self.flaw == Some(Flaw::SkipsAPart) {
            ledger.deliveries.values_mut().map(Arc::make_mut).for_each(skip_a_part);
        }
        Ok(ledger)
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let most = if self.chance.percent(5) { 60 } else { 3 };
        let takes = || self.chance.time(Duration::ZERO, Duration::from_secs(most));
        self.time.pass(takes());
        if let Some(error) = self.fails() {
            return Err(error);
        }
        let appended = match self.flaw {
            Some(flaw) => flawed(flaw, &mut self.store, batch)?,
            None => self.store.append(batch)?,
        };
        self.time.pass(takes());
        // It is written, and nobody hears of it: who asks again may rest in between.
        self.fails().or_else(|| self.fails()).map_or(Ok(appended), Err)
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        self.fails().map_or_else(|| self.store.brakes(), Err)
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.store.brake(events)
    }
}

/// Writes as a ledger does that has a mistake.
fn flawed(flaw: Flaw, store: &mut MemoryStore, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
    let mut answers = Vec::new();
    for append in batch {
        let what = &append.event.what;
        let answer = match flaw {
            Flaw::ForgetsRepeats if matches!(what, Happening::Repeat { .. }) => Appended::Written,
            Flaw::NeverBeaten => {
                store.append(std::slice::from_ref(append))?;
                Appended::Written
            }
            Flaw::ReleasesBlindly if matches!(what, Happening::Release { .. }) => {
                store.append(&[Append { seen: None, ..append.clone() }])?[0]
            }
            _ => store.append(std::slice::from_ref(append))?[0],
        };
        answers.push(answer);
    }
    Ok(answers)
}

/// Takes the part after the last that is out for one that is out as well.
fn skip_a_part(state: &mut DeliveryState) {
    let out = state.parts.iter().rposition(|part| matches!(part, PartState::Published(_)));
    if let Some(last) = out
        && last + 1 == state.parts.len()
    {
        state.parts.push(state.parts[last].clone());
        state.events.push(Vec::new());
        state.counts.push(0);
    }
}
