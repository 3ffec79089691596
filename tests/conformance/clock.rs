//! A clock that stands still until somebody waits.

use masthead::{
    engine::{Clock, Entropy},
    model::Timestamp,
    network::Flow,
};
use std::{cell::Cell, time::Duration};

/// The clock of a trial.
pub(crate) struct FakeClock {
    now: Cell<Timestamp>,
    start: Timestamp,
}

impl FakeClock {
    /// Starts a clock at a fixed moment.
    pub(crate) fn new() -> Self {
        let start = Timestamp::parse("2026-12-01T09:00:00Z").expect("a timestamp");
        Self { now: Cell::new(start), start }
    }

    /// Returns the moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, duration: Duration) {
        self.now.set(self.now.get().plus(duration));
    }

    /// Returns how much time has passed since the start.
    pub(crate) fn passed(&self) -> Duration {
        self.now.get().since(self.start)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn boottime(&self) -> Duration {
        self.passed()
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        self.pass(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Random numbers that are the same in every run.
pub(crate) struct FakeEntropy {
    state: Cell<u64>,
}

impl FakeEntropy {
    /// Starts a sequence.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    /// Returns the next number (splitmix64).
    pub(crate) fn next(&self) -> u64 {
        self.state.set(self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        let mut z = self.state.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
