use crate::{model::Timestamp, network::Response};
use std::{cell::Cell, time::Duration};

/// The network's clock, from the last answer that told it.
#[derive(Debug, Default)]
pub(super) struct Heard(Cell<Option<(Timestamp, Duration)>>);

impl Heard {
    /// Notes what an answer's date says.
    pub(super) fn listen(&self, response: &Response, boottime: Duration) {
        if let Some(date) = response.date() {
            self.0.set(Some((date, boottime)));
        }
    }

    /// Returns what the network's clock shows now.
    pub(super) fn now(&self, boottime: Duration) -> Option<Timestamp> {
        self.0.get().map(|(date, then)| date.plus(boottime.saturating_sub(then)))
    }
}
