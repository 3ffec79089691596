//! Carrying requests to their servers.
//!
//! Owns [`Transport`], which sends once and tells what it knows, and [`Transports`], the real ones, each the only place that
//! knows its library, picked by the scheme of an address. What an answer means is the adapter's to say, and whether to try again the engine's. [`Web`]
//! looks at pages of strangers, whom nothing of ours may reach; whether one may be looked at is `fetch`'s to say.

mod by_scheme;
mod http;
mod relay;
mod smtp;

use self::relay::RelayTransport;
pub use self::{by_scheme::Transports, http::HttpTransport};
use crate::network::{Effect, Flow, Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use std::{net::IpAddr, time::Duration};

/// A request with its secrets in place and its body in memory, ready for the wire.
#[derive(Debug)]
pub struct Outgoing {
    /// What it is for, for logs and transcripts.
    pub label: &'static str,
    /// The method.
    pub method: Method,
    /// The address as it may be shown: where it holds a secret, that says `{secret}`.
    pub url: String,
    /// The address with the secret in it, where it holds one.
    pub whole_url: Option<SecretString>,
    /// Headers without secrets, by lowercase name.
    pub headers: Vec<(String, String)>,
    /// The `Authorization` header.
    pub authorization: Option<SecretString>,
    /// The body, which may hold a secret and is never printed.
    pub body: OutgoingBody,
    /// What it does on the other side.
    pub effect: Effect,
}

impl Outgoing {
    /// Returns the address to call. It may hold a secret.
    pub fn address(&self) -> &str {
        self.whole_url.as_ref().map_or(&self.url, |url| url.expose_secret())
    }
}

/// Bytes that are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutgoingBody(pub Vec<u8>);

impl std::fmt::Debug for OutgoingBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

/// Carries a request to its server. Tests put a twin here.
pub trait Transport {
    /// Sends once: no retry, no redirect.
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>>;
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// Whether it is proven that the request never left.
    pub not_sent: bool,
    /// The status, if one arrived before the rest was lost.
    pub status: Option<u16>,
    /// What happened, without secrets.
    pub message: String,
}

/// Looks at what is public. The real one is HTTP; tests put a small web of their own here.
pub trait Web {
    /// Finds the addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str, within: Duration) -> Flow<'a, Result<Vec<IpAddr>, TransportError>>;

    /// Gets one page, from one of the given addresses and no other. Follows no redirect, and sends no credential, cookie or
    /// referrer.
    fn visit<'a>(&'a self, visit: Visit<'a>) -> Flow<'a, Result<Visited, TransportError>>;
}

/// A page to get.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// Its address.
    pub url: &'a str,
    /// The host in it.
    pub host: &'a str,
    /// Where the host is: nothing else may be connected to.
    pub addresses: &'a [IpAddr],
    /// The most bytes that are read.
    pub most: u64,
    /// How long it may take, from the first byte to the last.
    pub within: Duration,
}

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visited {
    /// The page, whole.
    Page(Vec<u8>),
    /// It is elsewhere.
    Moved {
        /// The whole address.
        to: String,
    },
    /// It is larger than was asked for, and was not read to its end.
    TooLarge,
    /// It can't be had.
    Refused {
        /// The status.
        status: u16,
    },
}
