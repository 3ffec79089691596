use super::{ErrorKind, NetworkError};
use crate::model::Timestamp;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The longest wait that is believed: no state is without an end.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How much of a rate limit is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many calls, or points.
    pub left: u64,
    /// In how long there is all of it again.
    pub renewed: Duration,
}

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

    /// Reads a body with secrets as JSON, of which no message repeats anything.
    pub fn json_of_secrets<T: DeserializeOwned>(&self) -> Result<T, NetworkError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            NetworkError::new(
                ErrorKind::Unreadable,
                format!("the answer can't be read: it is not as expected at {place}"),
            )
        })
    }

    /// Returns the start of the body, for messages: one line, control characters removed.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(1200)]);
        one_line(&text)
    }

    /// Returns the time on the network's clock.
    pub fn date(&self) -> Option<Timestamp> {
        self.header("date").and_then(Timestamp::parse_http)
    }

    /// Returns how long the network asks us to wait: `retry-after` in seconds or as a date, else the time until its rate
    /// limit is renewed, if nothing is left of it.
    ///
    /// `now` is the network's time, in case the answer does not tell it.
    pub fn wait(&self, now: Option<Timestamp>) -> Option<Duration> {
        let now = self.date().or(now);
        if let Some(value) = self.header("retry-after") {
            let at = || Some(Timestamp::parse_http(value)?.since(now?));
            return seconds(value).or_else(at).map(|wait| wait.min(LONGEST_WAIT));
        }
        let left = self.limit("remaining").and_then(whole);
        if self.status == 429 || left.is_none_or(|left| left == 0) { self.renewed(now) } else { None }
    }

    /// Returns what the network says is left of its rate limit. Being told that it is used up counts, too.
    pub fn budget(&self, now: Option<Timestamp>) -> Option<Budget> {
        let now = self.date().or(now);
        if self.status == 429 {
            return self.wait(now).map(|renewed| Budget { left: 0, renewed });
        }
        let left = self.limit("remaining").and_then(whole)?;
        Some(Budget { left, renewed: self.renewed(now)? })
    }

    /// Returns how long it is until the rate limit is renewed, which is told as RFC 3339 (Mastodon), as seconds since 1970
    /// (Bluesky) or as seconds from now (the drafts of the standard).
    fn renewed(&self, now: Option<Timestamp>) -> Option<Duration> {
        const A_YEAR: Duration = Duration::from_secs(31_536_000);
        let reset = self.limit("reset")?;
        let wait = match Timestamp::parse(reset.trim()) {
            Some(at) => at.since(now?),
            None => match seconds(reset)? {
                since_1970 if since_1970 > A_YEAR => Timestamp::EPOCH.plus(since_1970).since(now?),
                wait => wait,
            },
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// Returns what is said of the rate limit, by any of the names that are in use.
    fn limit(&self, what: &str) -> Option<&str> {
        ["x-ratelimit-", "ratelimit-", "x-rate-limit-"].iter().find_map(|start| {
            let fits = |name: &str| name.strip_prefix(start) == Some(what);
            self.headers.iter().find(|(name, _)| fits(name)).map(|(_, value)| value.as_str())
        })
    }

    /// Turns a status that is no success into an error by the common rules; the adapter may know better.
    ///
    /// `message` is the network's own words, if the adapter found some in the body. They are brought to one line.
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
        let words = message.map(|words| one_line(&words)).filter(|words| !words.is_empty());
        let mut error =
            NetworkError::new(kind, words.unwrap_or_else(|| format!("the server answered {}", self.status)))
                .detail(format!("HTTP {}: {}", self.status, self.excerpt()));
        error.wait = self.wait(None);
        error
    }
}

/// Reads a number of seconds, which may have a fraction.
fn seconds(text: &str) -> Option<Duration> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite())?;
    Duration::try_from_secs_f64(number.clamp(0.0, 1e12)).ok()
}

/// Reads a count; one below nothing is nothing.
fn whole(text: &str) -> Option<u64> {
    let number = text.trim().parse::<i64>().ok()?;
    Some(u64::try_from(number).unwrap_or(0))
}

/// Brings words of others to one line of reasonable length.
pub(in crate::network) fn one_line(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 22 Nov 2026 09:00:00 GMT";

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: Vec::new() }
    }

    fn waits(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        response(status, headers).wait(None).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(waits(503, &[("retry-after", "7")]), Some(7));
        assert_eq!(waits(503, &[("retry-after", " 1.5 ")]), Some(1));
        assert_eq!(waits(503, &[("date", DATE), ("retry-after", "Sun, 22 Nov 2026 09:01:00 GMT")]), Some(60));
        // A date is nothing without a clock to compare it with, and nothing holds for ever.
        assert_eq!(waits(503, &[("retry-after", "Sun, 22 Nov 2026 09:01:00 GMT")]), None);
        assert_eq!(waits(503, &[("retry-after", "1e300")]), Some(LONGEST_WAIT.as_secs()));
        for nonsense in ["", "soon", "NaN", "inf"] {
            assert_eq!(waits(503, &[("retry-after", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(waits(503, &[("retry-after", "-5")]), Some(0));
    }

    #[test]
    fn a_limit_of_which_something_is_left_asks_nobody_to_wait() {
        let reset = ("x-ratelimit-reset", "2026-11-22T09:05:00.000000Z");
        assert_eq!(waits(503, &[("date", DATE), ("x-ratelimit-remaining", "290"), reset]), None);
        assert_eq!(waits(503, &[("date", DATE), ("x-ratelimit-remaining", "0"), reset]), Some(300));
        // A server that says that it is too much is believed, whatever it says is left.
        assert_eq!(waits(429, &[("date", DATE), ("x-ratelimit-remaining", "290"), reset]), Some(300));
    }

    #[test]
    fn what_is_left_is_heard_as_the_networks_say_it() {
        let now = Timestamp::parse_http(DATE);
        for (headers, expect) in [
            (vec![("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", "2026-11-22T09:05:00.5Z")], Some((12, 300))),
            (vec![("ratelimit-remaining", "2999"), ("ratelimit-reset", "1795338300")], Some((2999, 300))),
            (vec![("ratelimit-remaining", "1"), ("ratelimit-reset", "30")], Some((1, 30))),
            (vec![("ratelimit-remaining", "-1"), ("ratelimit-reset", "30")], Some((0, 30))),
            (vec![("ratelimit-remaining", "1")], None),
            (vec![("ratelimit-reset", "30")], None),
            (vec![("ratelimit-remaining", "many"), ("ratelimit-reset", "30")], None),
            (vec![("ratelimit-remaining", "1"), ("ratelimit-reset", "tomorrow")], None),
        ] {
            let budget = response(200, &headers).budget(now);
            assert_eq!(budget.map(|it| (it.left, it.renewed.as_secs())), expect, "{headers:?}");
        }
        let told_off = response(429, &[("retry-after", "20")]).budget(now);
        assert_eq!(told_off, Some(Budget { left: 0, renewed: Duration::from_secs(20) }));
    }
}
