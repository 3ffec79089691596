use super::{
    Append, Appended, Brake, BrakeEvent, DeliveryKey, Event, Genesis, Ledger, PartKey, Store, StoreError, StoreProblem,
    decode, decode_brake, encode, encode_brake, fold::fold_delivery, fold_brakes,
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
    /// In the order of writing, as they read back.
    events: Vec<Event>,
    /// The same by part, each with its sequence.
    by_part: BTreeMap<DeliveryKey, BTreeMap<u16, Vec<(u16, Event)>>>,
    /// The same, folded.
    ledger: Ledger,
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
        store.lock().ledger.genesis = Some(genesis);
        store
    }

    /// Returns the state of every delivery.
    pub fn ledger(&self) -> Ledger {
        self.read_with(Ledger::clone)
    }

    /// Looks at the state of every delivery.
    pub fn read_with<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.lock().ledger)
    }

    /// Looks at all events in the order of writing.
    pub fn look<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        look(&self.lock().events)
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
    fn blocks(&self) -> bool {
        false
    }

    fn read(&mut self) -> Result<Ledger, StoreError> {
        let inner = self.lock();
        inner.check()?;
        Ok(inner.ledger.clone())
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
                events.into_iter().for_each(|event| inner.brake(event));
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
            None => Ok(inner.ledger.brakes.clone()),
        }
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.check()?;
        events.iter().for_each(|event| inner.brake(event.clone()));
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
        let known = self.of_part(&event.key);
        if known.iter().any(|(_, known)| known.id == event.id) {
            return Appended::Written;
        }
        if seen.is_some_and(|seen| usize::from(seen) != known.len()) {
            return Appended::Beaten;
        }
        self.write(event.clone());
        Appended::Written
    }

    fn write(&mut self, event: Event) {
        self.ledger.genesis.get_or_insert_with(|| Genesis { id: event.id.0.clone(), created: event.at });
        // What a reader of the real ledger would see.
        let event = decode(&encode(&event)).expect("what is written reads back");
        let key = DeliveryKey { post: event.key.post.clone(), account: event.key.account.clone() };
        let parts = self.by_part.entry(key.clone()).or_default();
        let part = parts.entry(event.key.part).or_default();
        part.push((u16::try_from(part.len() + 1).unwrap_or(u16::MAX), event.clone()));
        self.ledger.deliveries.insert(key, Arc::new(fold_delivery(parts.clone())));
        self.events.push(event);
    }

    fn brake(&mut self, event: BrakeEvent) {
        self.ledger.genesis.get_or_insert_with(|| Genesis { id: event.id.0.clone(), created: event.at });
        if !self.brakes.iter().any(|known| known.id == event.id) {
            self.brakes.push(decode_brake(&encode_brake(&event)).expect("what is written reads back"));
            self.ledger.brakes = fold_brakes(&self.brakes);
        }
    }

    fn of_part(&self, key: &PartKey) -> &[(u16, Event)] {
        let delivery = DeliveryKey { post: key.post.clone(), account: key.account.clone() };
        self.by_part.get(&delivery).and_then(|parts| parts.get(&key.part)).map_or(&[], Vec::as_slice)
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
