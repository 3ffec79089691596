use super::{
    bucket::Bucket,
    health::Health,
    heartbeat::{Heartbeat, State},
    webhook::Verifier,
};
use crate::{
    cli::time,
    engine::{Clock as _, SystemClock},
};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

/// Where the two threads meet.
#[derive(Debug)]
pub(super) struct Shared {
    /// The folder for what the clone remembers.
    folder: PathBuf,
    health: Mutex<Health>,
    phase: Mutex<Phase>,
    stop: watch::Sender<bool>,
    /// Where to listen, as it was read last.
    pub(super) listen: watch::Sender<Option<SocketAddr>>,
    /// A signal wants another look. Both of these are remembered until somebody waits, and then are one, however many came.
    pub(super) signalled: Notify,
    /// A webhook does.
    pub(super) hooked: Notify,
    verifier: Mutex<Option<Verifier>>,
    bucket: Mutex<Bucket>,
}

/// What may be ended at once, and what not.
#[derive(Debug, Default)]
struct Phase {
    /// Whether it is to end.
    stop: bool,
    /// Whether something is begun that must be finished.
    busy: bool,
}

impl Shared {
    pub(super) fn new(folder: PathBuf, health: Health, listen: Option<SocketAddr>) -> Self {
        Self {
            folder,
            health: Mutex::new(health),
            phase: Mutex::default(),
            stop: watch::Sender::new(false),
            listen: watch::Sender::new(listen),
            signalled: Notify::new(),
            hooked: Notify::new(),
            verifier: Mutex::new(None),
            bucket: Mutex::new(Bucket::new(SystemClock.boottime())),
        }
    }

    /// Returns how it goes, to be read or changed.
    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        lock(&self.health)
    }

    /// Gives a sign of life.
    pub(super) fn beat(&self) {
        self.health().alive = time::now();
    }

    pub(super) fn verifier(&self) -> Option<Verifier> {
        lock(&self.verifier).clone()
    }

    pub(super) fn verify_with(&self, verifier: Option<Verifier>) {
        *lock(&self.verifier) = verifier;
    }

    /// Lets one more webhook pass, or not.
    pub(super) fn takes_webhook(&self) -> bool {
        lock(&self.bucket).take(SystemClock.boottime())
    }

    /// Asks it to end, and returns whether something must be finished before.
    pub(super) fn ask_to_stop(&self) -> bool {
        let mut phase = lock(&self.phase);
        phase.stop = true;
        self.stop.send_replace(true);
        phase.busy
    }

    /// Returns what changes when it is to end.
    pub(super) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Begins what must be finished, unless it is to end.
    pub(super) fn enter(&self) -> bool {
        let mut phase = lock(&self.phase);
        phase.busy = !phase.stop;
        phase.busy
    }

    /// Has finished it.
    pub(super) fn leave(&self) {
        lock(&self.phase).busy = false;
    }

    /// Writes down that it lives, for who looks at the clone. What it does after it was asked to end is no news.
    pub(super) fn write(&self, state: State) {
        let phase = lock(&self.phase);
        if phase.stop && state != State::Stopped {
            return;
        }
        let health = self.health().clone();
        let beat = Heartbeat::new(state, time::now(), health.poll, health.problem);
        if let Err(error) = beat.write(&self.folder) {
            tracing::debug!("{error}");
        }
    }
}

/// Waits until it is to end.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender lives as long as whoever waits.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use std::time::Duration;

    #[test]
    fn nothing_is_begun_after_it_was_asked_to_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let health = || Health::new(Timestamp::EPOCH, Duration::from_secs(300));
        let shared = Shared::new(folder.path().to_owned(), health(), None);
        assert!(shared.enter());
        shared.leave();
        assert!(!shared.ask_to_stop());
        assert!(!shared.enter());
        let shared = Shared::new(folder.path().to_owned(), health(), None);
        assert!(shared.enter());
        assert!(shared.ask_to_stop(), "it is busy");
        shared.write(State::Resting);
        assert_eq!(Heartbeat::read(folder.path()), Ok(None));
        shared.write(State::Stopped);
        assert!(Heartbeat::read(folder.path()).expect("readable").is_some());
    }
}
