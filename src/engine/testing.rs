//! A clock and entropy for tests: virtual time, and numbers that repeat.
//!
//! Public so that the conformance suite can use them; not part of what the library promises.

use super::{Clock, Entropy};
use crate::{model::Timestamp, network::Flow};
use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A clock that stands still until somebody waits or moves it; waiting takes no time. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct FakeClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    boottime: Duration,
}

impl FakeClock {
    /// Starts at a moment.
    pub fn new(now: Timestamp) -> Self {
        Self { hands: Arc::new(Mutex::new(Hands { now, boottime: Duration::from_secs(1000) })) }
    }

    /// Moves both clocks forward, as time does.
    pub fn advance(&self, duration: Duration) {
        let now = self.hands().now.plus(duration);
        self.set(now);
        self.suspend(duration);
    }

    /// Moves the boot clock alone, as a machine that sleeps with a stopped wall clock.
    pub fn suspend(&self, duration: Duration) {
        self.hands().boottime += duration;
    }

    /// Sets the wall clock, as an administrator does.
    pub fn set(&self, now: Timestamp) {
        self.hands().now = now;
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn boottime(&self) -> Duration {
        self.hands().boottime
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        Box::pin(async move { self.advance(duration) })
    }
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug)]
pub struct FakeEntropy {
    state: Cell<u64>,
}

impl FakeEntropy {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }
}

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // SplitMix64: small, and good enough to never repeat an id in a test.
            self.state.set(self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
            let mut mixed = self.state.get();
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = ((mixed ^ (mixed >> 31)) & 0xff) as u8;
        }
    }
}
