use super::{Brake, BrakeEvent, Event, Ledger};
use std::fmt;

/// Keeps a ledger: compare-and-swap over an append-only set of events.
///
/// Calls block, unless it says otherwise; the engine runs them away from its own thread.
pub trait Store: Send {
    /// Returns whether calls take time, so that they are made away from the thread that publishes.
    fn blocks(&self) -> bool {
        true
    }

    /// Reads the ledger as it stands now: fetched if there is a remote. A ledger that doesn't exist yet is empty.
    fn read(&mut self) -> Result<Ledger, StoreError>;

    /// Adds events in as few commits as possible. An event is written only if its part has as many events at the tip as
    /// its writer saw; on a lost race the tip is read again and each event is judged again. Makes the ledger if there is
    /// none. Returns once the events are durable, one answer for each in order.
    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError>;

    /// Looks at the brakes as they stand now, which is cheaper than reading everything.
    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError>;

    /// Adds events of the brakes. They are written whatever else has come; one that is there already is not written again.
    /// Returns once they are durable, so that every later look sees them.
    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError>;
}

/// An event to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The event.
    pub event: Event,
    /// How many events of its part the writer saw; none adds it whatever else has come, as a late receipt.
    pub seen: Option<u16>,
}

/// What became of an event to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable.
    Written,
    /// Somebody else wrote to that part first; nothing was written.
    Beaten,
}

/// A ledger that can't be read or written. Nothing may be published then.
#[derive(Debug)]
pub struct StoreError {
    /// What kind it is.
    pub problem: StoreProblem,
    /// What was attempted and what went wrong: a lowercase fragment.
    pub message: String,
    /// What a person can do.
    pub hint: Option<String>,
}

/// Why a ledger can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreProblem {
    /// The branch holds something that is not a ledger, or another one than before.
    Foreign,
    /// A newer program wrote it.
    Newer,
    /// The ledger is gone, or has lost what it had.
    Rewound,
    /// An event can't be read.
    Damaged,
    /// The remote can't be reached.
    Unreachable,
    /// The remote or the file system refuses.
    Refused,
    /// It was not possible to win the race in reasonable time.
    Contended,
}

impl StoreError {
    /// Makes an error.
    pub fn new(problem: StoreProblem, message: impl Into<String>) -> Self {
        Self { problem, message: message.into(), hint: None }
    }

    /// Says what a person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}
