use crate::{engine::Clock, model::Timestamp, network::Flow};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
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
        Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }

    /// Moves on to a moment, or as little as can be past it; never back.
    pub(super) fn reach(&self, moment: Duration) {
        let millis = moment.as_nanos().div_ceil(1_000_000);
        self.millis.fetch_max(u64::try_from(millis).expect("small"), Ordering::Relaxed);
    }

    pub(super) fn pass(&self, duration: Duration) {
        self.reach(self.gone() + duration);
    }
}

/// A publisher's own clocks, which are a little wrong, and its bed: whoever waits there is woken by the simulation. Clones are
/// the same.
#[derive(Clone, Debug)]
pub(super) struct OwnClock {
    pub(super) time: Time,
    /// How wrong the wall clock is, in milliseconds.
    pub(super) wrong: Rc<Cell<i64>>,
    /// How much time the clocks have missed in a rest, if they are such clocks.
    pub(super) missed: Rc<Cell<Duration>>,
    /// When each of those who sleep wants to be woken.
    pub(super) bed: Rc<RefCell<BTreeMap<u64, Duration>>>,
}

/// Somebody who waits for a moment.
struct Sleeper {
    clock: OwnClock,
    moment: Duration,
    /// The place in the bed.
    place: Option<u64>,
}

impl OwnClock {
    /// Returns when the first of those who sleep wants to be woken.
    pub(super) fn wakes(&self) -> Option<Duration> {
        self.bed.borrow().values().min().copied()
    }

    /// Waits until a moment of the simulation.
    pub(super) async fn until(&self, moment: Duration) {
        Sleeper { clock: self.clone(), moment, place: None }.await;
    }
}

impl Future for Sleeper {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.clock.time.gone() >= self.moment {
            return Poll::Ready(());
        }
        if self.place.is_none() {
            let mut bed = self.clock.bed.borrow_mut();
            let place = bed.last_key_value().map_or(0, |(last, _)| last + 1);
            bed.insert(place, self.moment);
            drop(bed);
            self.place = Some(place);
        }
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.bed.borrow_mut().remove(&place);
        }
    }
}

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::parse(START).expect("a timestamp");
        let gone = i64::try_from(self.boottime().as_millis()).expect("small");
        Timestamp::from_millis(start.millis() + gone + self.wrong.get())
    }

    fn boottime(&self) -> Duration {
        self.time.gone() - self.missed.get()
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        Box::pin(async move { self.until(self.time.gone() + duration).await })
    }
}
