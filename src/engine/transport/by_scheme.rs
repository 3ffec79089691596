use super::{HttpTransport, Outgoing, RelayTransport, Transport, TransportError, smtp::SmtpTransport};
use crate::{
    config::Times,
    network::{Flow, Response},
};

/// Every way to carry a request, picked by the scheme of its address.
#[derive(Debug, Default)]
pub struct Transports {
    http: HttpTransport,
    relay: RelayTransport,
    smtp: SmtpTransport,
}

impl Transports {
    /// Makes them. Connections and certificates are only looked for when something is sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the time-outs from the configuration.
    #[must_use]
    pub fn with_times(self, times: Times) -> Self {
        Self {
            http: self.http.with_times(times),
            relay: self.relay.with_times(times),
            smtp: self.smtp.with_times(times),
        }
    }
}

impl Transport for Transports {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        let scheme = request.address().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("ws" | "wss") => self.relay.send(request),
            Some("smtp" | "smtps") => self.smtp.send(request),
            _ => self.http.send(request),
        }
    }
}
