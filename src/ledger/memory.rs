use super::{
    Append, Appended, Brake, BrakeEvent, Event, Genesis, Ledger, PartKey, Store, StoreError, StoreProblem, decode,
    decode_brake, encode, encode_brake, fold, fold_brakes,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A ledger in memory with the rules of the real one, for tests and rehearsals. Clones share it, as publishers would.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    genesis: Option<Genesis>,
    /// In the order of writing, as they read back.
    events: Vec<Event>,
    brakes: Vec<BrakeEvent>,
    commits: usize,
    upsets: VecDeque<Upset>,
    refuses: Option<(StoreProblem, String)>,
    refuses_looks: Option<StoreProblem>,
}

/// What a test makes happen to an append.
#[derive(Debug)]
enum Upset {
    Fails(StoreError),
    FailsAfterWriting(StoreError),
    IsBeatenBy(Vec<Event>),
    IsFollowedBy(Vec<BrakeEvent>),
}

impl MemoryStore {
    /// Makes an empty one: there is no ledger yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one that begins so.
    pub fn with_genesis(genesis: Genesis) -> Self {
        let store = Self::new();
        store.lock().genesis = Some(genesis);
        store
    }

    /// Returns the state of every delivery.
    pub fn ledger(&self) -> Ledger {
        self.lock().ledger()
    }

    /// Returns all events in the order of writing.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Returns how many commits were made.
    pub fn commits(&self) -> usize {
        self.lock().commits
    }

    /// Writes an event as another publisher would, whatever has come before.
    pub fn push(&self, event: Event) {
        self.lock().write(event);
    }

    /// Makes an append to come fail and write nothing. Upsets befall one append each, in order.
    pub fn fail_next(&self, error: StoreError) {
        self.lock().upsets.push_back(Upset::Fails(error));
    }

    /// Makes an append to come fail although its events are written, as when the answer to a push is lost for good.
    pub fn fail_next_after_writing(&self, error: StoreError) {
        self.lock().upsets.push_back(Upset::FailsAfterWriting(error));
    }

    /// Lets an append to come be preceded by another publisher's events.
    pub fn beat_next(&self, events: Vec<Event>) {
        self.lock().upsets.push_back(Upset::IsBeatenBy(events));
    }

    /// Lets an append to come be followed by somebody's use of the brakes.
    pub fn brake_after_next(&self, events: Vec<BrakeEvent>) {
        self.lock().upsets.push_back(Upset::IsFollowedBy(events));
    }

    /// Refuses reading and writing from now on, or no longer.
    pub fn refuse(&self, problem: Option<(StoreProblem, String)>) {
        self.lock().refuses = problem;
    }

    /// Refuses to let anybody look at the brakes from now on.
    pub fn refuse_looks(&self, problem: StoreProblem) {
        self.lock().refuses_looks = Some(problem);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked while it held the lock has left whole events only.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        let inner = self.lock();
        inner.check()?;
        Ok(inner.ledger())
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let mut inner = self.lock();
        inner.check()?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match inner.upsets.pop_front() {
            None => Ok(inner.append(batch)),
            Some(Upset::Fails(error)) => Err(error),
            Some(Upset::FailsAfterWriting(error)) => {
                inner.append(batch);
                Err(error)
            }
            Some(Upset::IsFollowedBy(events)) => {
                let answers = inner.append(batch);
                inner.brakes.extend(events);
                Ok(answers)
            }
            Some(Upset::IsBeatenBy(events)) => {
                events.into_iter().for_each(|event| inner.write(event));
                Ok(inner.append(batch))
            }
        }
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        let inner = self.lock();
        inner.check()?;
        match inner.refuses_looks {
            Some(problem) => Err(StoreError::new(problem, "the brakes can't be read")),
            None => Ok(fold_brakes(&inner.brakes)),
        }
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.check()?;
        for event in events {
            inner.genesis.get_or_insert_with(|| Genesis { id: event.id.0.clone(), created: event.at });
            if !inner.brakes.iter().any(|known| known.id == event.id) {
                inner.brakes.push(decode_brake(&encode_brake(event)).expect("what is written reads back"));
            }
        }
        inner.commits += 1;
        Ok(())
    }
}

impl Inner {
    fn check(&self) -> Result<(), StoreError> {
        match &self.refuses {
            Some((problem, message)) => Err(StoreError::new(*problem, message.clone())),
            None => Ok(()),
        }
    }

    fn append(&mut self, batch: &[Append]) -> Vec<Appended> {
        // Each is judged by the tip and by what stands before it in the batch.
        let answers: Vec<_> = batch.iter().map(|append| self.append_one(append)).collect();
        self.commits += usize::from(answers.contains(&Appended::Written));
        answers
    }

    fn append_one(&mut self, Append { event, seen }: &Append) -> Appended {
        if self.of_part(&event.key).any(|known| known.id == event.id) {
            return Appended::Written;
        }
        let count = self.of_part(&event.key).count();
        if seen.is_some_and(|seen| usize::from(seen) != count) {
            return Appended::Beaten;
        }
        self.write(event.clone());
        Appended::Written
    }

    fn write(&mut self, event: Event) {
        self.genesis.get_or_insert_with(|| Genesis { id: event.id.0.clone(), created: event.at });
        // What a reader of the real ledger would see.
        self.events.push(decode(&encode(&event)).expect("what is written reads back"));
    }

    fn of_part(&self, key: &PartKey) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.key == *key)
    }

    fn ledger(&self) -> Ledger {
        let mut counts: BTreeMap<&PartKey, u16> = BTreeMap::new();
        let sequenced = self.events.iter().map(|event| {
            let count = counts.entry(&event.key).or_default();
            *count = count.saturating_add(1);
            (*count, event.clone())
        });
        Ledger { brakes: fold_brakes(&self.brakes), ..fold(self.genesis.clone(), sequenced) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        PartState,
        fixture::{intent, receipt},
    };

    fn append(event: Event, seen: Option<u16>) -> Append {
        Append { event, seen }
    }

    #[test]
    fn the_first_to_write_wins() {
        let (mut one, store) = (MemoryStore::new(), MemoryStore::new());
        assert_eq!(one.read().expect("a ledger"), Ledger::default());
        let mut other = store.clone();
        one = store.clone();
        let first = one.append(&[append(intent("hello", "brand", 1, "1"), Some(0))]).expect("answers");
        let second = other.append(&[append(intent("hello", "brand", 1, "2"), Some(0))]).expect("answers");
        assert_eq!((first, second), (vec![Appended::Written], vec![Appended::Beaten]));
        assert_eq!(store.events().len(), 1);
        assert_eq!(store.commits(), 1);
    }

    #[test]
    fn a_late_receipt_is_written_whatever_has_come() {
        let mut store = MemoryStore::new();
        store.push(intent("hello", "brand", 1, "1"));
        store.push(intent("hello", "brand", 1, "2"));
        let batch = [append(receipt("hello", "brand", 1, "3", "1", "109"), None)];
        assert_eq!(store.append(&batch).expect("answers"), [Appended::Written]);
        assert_eq!(store.append(&batch).expect("answers"), [Appended::Written]);
        assert_eq!(store.events().len(), 3);
        let ledger = store.ledger();
        assert_eq!(ledger.genesis.expect("a genesis").id, "1");
        let delivery = ledger.deliveries.values().next().expect("a delivery");
        assert!(matches!(delivery.part(0), PartState::Published(_)));
    }

    #[test]
    fn a_batch_is_judged_in_order() {
        let mut store = MemoryStore::new();
        let batch = [
            append(intent("hello", "brand", 1, "1"), Some(0)),
            append(receipt("hello", "brand", 1, "2", "1", "109"), Some(1)),
            append(intent("hello", "brand", 2, "3"), Some(1)),
        ];
        let answers = store.append(&batch).expect("answers");
        assert_eq!(answers, [Appended::Written, Appended::Written, Appended::Beaten]);
    }

    #[test]
    fn upsets_befall_one_append_each() {
        let mut store = MemoryStore::new();
        store.fail_next(StoreError::new(StoreProblem::Unreachable, "no network"));
        store.fail_next_after_writing(StoreError::new(StoreProblem::Unreachable, "no answer"));
        store.beat_next(vec![intent("bye", "brand", 1, "9")]);
        let hello = append(intent("hello", "brand", 1, "1"), Some(0));
        assert!(store.append(std::slice::from_ref(&hello)).is_err());
        assert_eq!(store.events().len(), 0);
        assert!(store.append(std::slice::from_ref(&hello)).is_err());
        assert_eq!(store.events().len(), 1);
        let bye = append(intent("bye", "brand", 1, "2"), Some(0));
        assert_eq!(store.append(&[hello, bye]).expect("answers"), [Appended::Written, Appended::Beaten]);
    }

    #[test]
    fn a_store_that_refuses_does_neither() {
        let mut store = MemoryStore::new();
        store.refuse(Some((StoreProblem::Rewound, "gone".to_owned())));
        assert_eq!(store.read().expect_err("refused").problem, StoreProblem::Rewound);
        assert!(store.append(&[]).is_err());
        store.refuse(None);
        assert!(store.read().is_ok());
    }
}
