use super::{ErrorKind, NetworkError};
use crate::model::Timestamp;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// An answer, as a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, by lowercase name.
    pub headers: Vec<(String, String)>,
    /// The body, at most as long as the transport reads.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns a header by its lowercase name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Reads the body as JSON. On a success that can't be read, something was done but its id is unknown.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NetworkError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            NetworkError::new(ErrorKind::Unreadable, format!("the answer can't be read: {error}"))
                .detail(self.excerpt())
        })
    }

    /// Returns the start of the body, for messages: one line, control characters removed.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(1200)]);
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        clean.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns the time on the network's clock.
    pub fn date(&self) -> Option<Timestamp> {
        self.header("date").and_then(Timestamp::parse_http)
    }

    /// Returns how long the network asks us to wait: `retry-after` in seconds or as a date, else the reset of its rate
    /// limit if nothing remains, as RFC 3339, as seconds since 1970 or as seconds from now.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let now = self.date().unwrap_or(now);
        if let Some(value) = self.header("retry-after") {
            return value
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|seconds| seconds.is_finite())
                .map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0 * 7.0)))
                .or_else(|| Timestamp::parse_http(value).map(|at| at.since(now)));
        }
        let reset = self.header("x-ratelimit-reset").or_else(|| self.header("ratelimit-reset"))?;
        if let Some(at) = Timestamp::parse(reset) {
            return Some(at.since(now));
        }
        let number = reset.trim().parse::<u32>().ok()?;
        const A_YEAR_IN_SECONDS: u32 = 31_536_000;
        Some(if number > A_YEAR_IN_SECONDS {
            Timestamp::from_millis(i64::from(number) * 1000).since(now)
        } else {
            Duration::from_secs(number.into())
        })
    }

    /// Turns a status that is no success into an error by the common rules; the adapter may know better.
    ///
    /// `message` is the network's own words, if the adapter found some in the body.
    pub fn refusal(&self, message: Option<String>) -> NetworkError {
        let kind = match self.status {
            401 => ErrorKind::SignedOut,
            403 => ErrorKind::Forbidden,
            404 | 410 => ErrorKind::NotFound,
            409 => ErrorKind::Duplicate,
            429 => ErrorKind::RateLimited,
            408 | 425 | 500..=599 => ErrorKind::Ambiguous,
            300..=399 => ErrorKind::Misconfigured,
            400..=499 => ErrorKind::Refused,
            _ => ErrorKind::Unreadable,
        };
        let words = message.filter(|words| !words.trim().is_empty());
        let mut error =
            NetworkError::new(kind, words.unwrap_or_else(|| format!("the server answered {}", self.status)))
                .detail(format!("HTTP {}: {}", self.status, self.excerpt()));
        error.wait = self.wait(self.date().unwrap_or(Timestamp::EPOCH));
        error
    }
}
