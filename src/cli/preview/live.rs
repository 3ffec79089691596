use super::desk::{Desk, Effect};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::broadcast;

/// How many events may wait for a page that is slow to take them; who misses one is told to take everything anew.
const WAITING: usize = 64;

/// Tells open pages what has changed.
#[derive(Clone, Debug)]
pub(super) struct Live {
    sender: broadcast::Sender<Arc<str>>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING) }
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
