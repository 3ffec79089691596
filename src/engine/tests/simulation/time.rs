use crate::{engine::Clock, model::Timestamp, network::Flow};
use std::{
    cell::Cell,
    future::poll_fn,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

/// When every simulation begins.
pub(super) const START: &str = "2026-11-22T09:00:00Z";

/// The one time of a simulation, as it has gone by since its beginning. Clones are the same time.
#[derive(Clone, Debug, Default)]
pub(super) struct Time {
    millis: Arc<AtomicU64>,
}

impl Time {
    pub(super) fn gone(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    /// Moves on to a moment; never back.
    pub(super) fn reach(&self, moment: Duration) {
        self.millis.fetch_max(u64::try_from(moment.as_millis()).expect("small"), Ordering::SeqCst);
    }

    pub(super) fn pass(&self, duration: Duration) {
        self.reach(self.gone() + duration);
    }
}

/// A publisher's own clock, which is a little wrong, and its bed: whoever waits there is woken by the simulation.
#[derive(Clone, Debug)]
pub(super) struct OwnClock {
    pub(super) time: Time,
    /// How wrong it is, in milliseconds.
    pub(super) wrong: i64,
    /// When its publisher wants to be woken, if it sleeps.
    pub(super) wakes: Rc<Cell<Option<Duration>>>,
}

impl OwnClock {
    /// Waits until a moment of the simulation.
    pub(super) async fn until(&self, moment: Duration) {
        poll_fn(|_| {
            let is_over = self.time.gone() >= moment;
            self.wakes.set((!is_over).then_some(moment));
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::parse(START).expect("a timestamp");
        let gone = i64::try_from(self.time.gone().as_millis()).expect("small");
        Timestamp::from_millis(start.millis() + gone + self.wrong)
    }

    fn boottime(&self) -> Duration {
        self.time.gone()
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        Box::pin(async move { self.until(self.time.gone() + duration).await })
    }
}
