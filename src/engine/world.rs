use super::{FetchError, Fetched, HostError, MediaHost, Transport, tokens::Tokens};
use crate::{
    config::{Config, Times},
    model::{MediaProblem, NetworkId, SecretRef, Timestamp},
    network::{AnyNetwork, Flow},
};
use futures_util::future::{Either, select};
use secrecy::SecretString;
use std::{cell::Cell, fmt, pin::pin, time::Duration};
use tokio::sync::Notify;

/// Everything outside that an execution needs.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Carries requests.
    pub transport: &'a dyn Transport,
    /// Tells the time and waits.
    pub clock: &'a dyn Clock,
    /// Makes random numbers.
    pub entropy: &'a dyn Entropy,
    /// Finds secrets.
    pub secrets: &'a dyn SecretSource,
    /// Reads images and videos of the commit.
    pub media: &'a dyn MediaSource,
    /// Finds adapters: [`crate::network::find`], unless a test brings networks of its own.
    pub networks: &'a dyn Fn(NetworkId) -> Option<&'static dyn AnyNetwork>,
    /// The commit that the plan was made from.
    pub commit: &'a str,
    /// The wish that nothing more is begun.
    pub stop: &'a Stop,
}

impl<'a> World<'a> {
    /// Returns the times of the protocol.
    pub(super) fn times(&self) -> &'a Times {
        &self.config.publish.times
    }
}

impl fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("commit", &self.commit).field("stop", &self.stop).finish_non_exhaustive()
    }
}

impl World<'_> {
    /// Waits; false, and at once, if we are asked to stop before the time is over.
    pub(super) async fn wait(&self, duration: Duration) -> bool {
        let stopped = pin!(self.stop.asked());
        matches!(select(stopped, self.clock.sleep(duration)).await, Either::Right(_))
    }
}

/// The wish that nothing more is begun: nothing more is claimed, and nothing is waited for. What is under way is finished
/// and written down.
#[derive(Debug, Default)]
pub struct Stop {
    asked: Cell<bool>,
    bell: Notify,
}

impl Stop {
    /// Makes one that nobody has asked for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.set(true);
        self.bell.notify_waiters();
    }

    /// Forgets it, as the next process does.
    #[cfg(test)]
    pub(super) fn forget(&self) {
        self.asked.set(false);
    }

    /// Returns whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.asked.get()
    }

    /// Waits until somebody asks.
    pub async fn asked(&self) {
        let bell = self.bell.notified();
        if !self.is_asked() {
            bell.await;
        }
    }
}

/// Tells the time and waits.
pub trait Clock {
    /// Returns the wall clock.
    fn now(&self) -> Timestamp;

    /// Returns a clock that only goes forward and counts while the machine sleeps, from any start.
    fn boottime(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration) -> Flow<'_, ()>;
}

/// Makes random numbers.
pub trait Entropy {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// Finds secrets.
pub trait SecretSource {
    /// Returns the secret, or why it can't be had (without it).
    fn get(&self, secret: &SecretRef) -> Result<SecretString, String>;

    /// Returns a text of many lines that is kept where secrets are, such as a list of addresses, or why it can't be had.
    fn list(&self, secret: &SecretRef) -> Result<SecretString, String> {
        self.get(secret)
    }

    /// Returns where sessions are kept between runs, if anywhere.
    fn tokens(&self) -> Option<&dyn Tokens> {
        None
    }
}

/// Reads images and videos, and knows where they are put for networks that fetch them.
pub trait MediaSource {
    /// Returns the bytes of a file by its path from the workspace's root.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem>;

    /// Fetches what is at a web address. `pinned` is the digest of what an earlier attempt took from there: it may come from
    /// memory, and what comes may differ from it.
    fn fetch<'a>(&'a self, _url: &'a str, _pinned: Option<&'a str>) -> Flow<'a, Result<Fetched, FetchError>> {
        Box::pin(async {
            Err(FetchError { message: "nothing is fetched here".to_owned(), help: "put the file beside the post" })
        })
    }

    /// Returns the public place of `[media.host]`, or why there is none.
    fn host(&self) -> Result<&dyn MediaHost, HostError> {
        Err(HostError::none())
    }
}
