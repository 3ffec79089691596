mod talk;
mod tls;

use self::talk::talk;
use super::{Outgoing, Transport, TransportError};
use crate::{
    config::Times,
    network::{Flow, RelayAnswer, RelayOrder, Response},
};
use futures_util::future::join_all;
use rustls::ClientConfig;
use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

/// The most that is read of one relay, in bytes.
const LONGEST: usize = 1 << 20;

/// Relays of Nostr: one message to each of several, over a WebSocket of its own, all at once.
///
/// It is one sending, whose answer holds what each relay said: a JSON list of [`RelayAnswer`]. Only if none was told anything is
/// it proven that nothing left. Encrypted, except to this machine; without proxies, and without any retry. Times hold for each
/// relay, so that one that hangs keeps the others from nothing.
#[derive(Debug, Default)]
pub(super) struct RelayTransport {
    times: Times,
    encryption: OnceLock<Arc<ClientConfig>>,
}

impl RelayTransport {
    /// Takes the time-outs from the configuration.
    pub(super) fn with_times(self, times: Times) -> Self {
        Self { times, ..self }
    }

    fn encryption(&self) -> Result<Arc<ClientConfig>, TransportError> {
        if let Some(config) = self.encryption.get() {
            return Ok(Arc::clone(config));
        }
        let built = tls::config().map_err(|error| never_left(error.to_string()))?;
        Ok(Arc::clone(self.encryption.get_or_init(|| Arc::new(built))))
    }

    async fn carry(&self, request: Outgoing) -> Result<Response, TransportError> {
        let order: RelayOrder = serde_json::from_slice(&request.body.0)
            .map_err(|_| never_left("what is sent to a relay is no message to relays".to_owned()))?;
        if order.relays.is_empty() {
            return Err(never_left("there is no relay to tell".to_owned()));
        }
        let frame = order.frame.to_string();
        let encryption = self.encryption()?;
        let (asked, text, encryption, label) = (&order.frame, frame.as_str(), &encryption, request.label);
        let told = order.relays.iter().map(|relay| async move {
            let begun = Instant::now();
            let heard = talk(relay, (asked, text), &self.times, encryption).await;
            let millis = begun.elapsed().as_millis();
            let answer = &heard.answer;
            match &answer.trouble {
                None => tracing::debug!("{label}: {relay}: {} messages in {millis} ms", answer.frames.len()),
                Some(trouble) => tracing::debug!("{label}: {relay}: {trouble} after {millis} ms"),
            }
            heard
        });
        let heard = join_all(told).await;
        if heard.iter().all(|heard| !heard.answer.sent) {
            let why = |answer: &RelayAnswer| {
                format!("`{}`: {}", answer.relay, answer.trouble.as_deref().unwrap_or("nothing was sent"))
            };
            let all: Vec<String> = heard.iter().map(|heard| why(&heard.answer)).collect();
            return Err(never_left(all.join("; ")));
        }
        // The first relay that told a time: each of them is the account's own.
        let date = heard.iter().find_map(|heard| heard.date.clone());
        let answers: Vec<&RelayAnswer> = heard.iter().map(|heard| &heard.answer).collect();
        let body = serde_json::to_vec(&answers).map_err(|error| TransportError {
            not_sent: false,
            status: None,
            message: error.to_string(),
        })?;
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(date.map(|date| ("date".to_owned(), date)));
        Ok(Response { status: 200, headers, body })
    }
}

impl Transport for RelayTransport {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(self.carry(request))
    }
}

fn never_left(message: String) -> TransportError {
    TransportError { not_sent: true, status: None, message }
}

#[cfg(test)]
mod tests;
