//! Clocks that stand still until somebody waits.

use masthead::{
    engine::{Clock, Entropy},
    model::Timestamp,
    network::Flow,
};
use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

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

/// Time that stands still while anybody works, and jumps to the end of the shortest wait when all wait. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct WaitedFor {
    passed: Rc<Cell<Duration>>,
    waits: Rc<RefCell<Vec<(Duration, Waker)>>>,
}

impl WaitedFor {
    /// Starts at a fixed moment.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Runs something to its end.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return done;
            }
            if woken.0.swap(false, Ordering::Relaxed) {
                continue;
            }
            let mut waits = self.waits.borrow_mut();
            let next = waits.iter().map(|(until, _)| *until).min().expect("somebody waits for time to pass");
            self.passed.set(next);
            waits.extract_if(.., |(until, _)| *until <= next).for_each(|(_, waker)| waker.wake());
        }
    }
}

impl Clock for WaitedFor {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-12-01T09:00:00Z").expect("a timestamp").plus(self.passed.get())
    }

    fn boottime(&self) -> Duration {
        self.passed.get()
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        let until = self.passed.get() + duration;
        Box::pin(poll_fn(move |context| {
            if self.passed.get() >= until {
                return Poll::Ready(());
            }
            self.waits.borrow_mut().push((until, context.waker().clone()));
            Poll::Pending
        }))
    }
}

/// Whether somebody can go on.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
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
