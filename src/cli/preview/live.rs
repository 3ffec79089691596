use super::desk::{Desk, Effect};
use serde_json::json;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// How many events may wait for a page that is slow to take them; who misses one is told to take everything anew.
const WAITING: usize = 64;

/// For how long after a page was asked for it may still be made, fetched in parts and painted.
const COURTESY: Duration = Duration::from_millis(250);

/// Tells open pages what has changed.
#[derive(Clone, Debug)]
pub(super) struct Live {
    sender: broadcast::Sender<Arc<str>>,
    /// When a page was asked for last.
    asked: Arc<Mutex<Option<Instant>>>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING), asked: Arc::default() }
    }

    /// Notes that a page, or a part of one, is asked for now.
    pub(super) fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns for how long what nobody waits for had better be put off.
    pub(super) fn courtesy(&self) -> Duration {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.map_or(Duration::ZERO, |asked| COURTESY.saturating_sub(asked.elapsed()))
    }

    /// Begins to listen.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<str>> {
        self.sender.subscribe()
    }

    /// Returns how many listen.
    pub(super) fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Tells what an effect means for pages.
    pub(super) fn tell(&self, desk: &Desk, effect: &Effect) {
        if self.listeners() == 0 || effect.is_none() {
            return;
        }
        let sight = desk.look();
        let event = match sight.gone() {
            Some(why) => event("trouble", sight.version(), &json!({ "message": why })),
            None if effect.all => change(sight.version(), None),
            None => change(sight.version(), Some(&sight.pages_of(effect))),
        };
        // Whoever listened may have gone away meanwhile.
        let _ = self.sender.send(event.into());
    }
}

/// Writes the event of a change: of these pages, or of any.
pub(super) fn change(version: u64, pages: Option<&[String]>) -> String {
    event("change", version, &json!({ "version": version, "paths": pages }))
}

fn event(name: &str, version: u64, data: &serde_json::Value) -> String {
    format!("id: {version}\nevent: {name}\ndata: {data}\n\n")
}
