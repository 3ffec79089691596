use std::{fmt, time::Duration};

/// Why a call or a flow did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// What kind it is: the engine decides by this alone.
    pub kind: ErrorKind,
    /// What happened: a lowercase fragment, or the network's own words.
    pub message: String,
    /// The evidence: a status and the start of a body, without secrets.
    pub detail: Option<String>,
    /// How long the network asks us to wait.
    pub wait: Option<Duration>,
}

/// The closed set of outcomes that are no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The request never left: no connection was made. Nothing happened.
    NotSent,
    /// The credential has expired or was revoked. Nothing happened.
    SignedOut,
    /// The credential may not do this, or the account may not.
    Forbidden,
    /// The network refuses this content, for good. Nothing happened.
    Refused,
    /// What is named does not exist.
    NotFound,
    /// The network says that it has this already: evidence that it arrived, never a success by itself.
    Duplicate,
    /// Too many requests. Nothing happened.
    RateLimited,
    /// Something that must be finished first isn't yet. Nothing happened.
    NotReady,
    /// Nobody can tell whether it happened: a time-out, a cut connection, a fault on the other side.
    Ambiguous,
    /// It succeeded, but the answer can't be read.
    Unreadable,
    /// The endpoint is wrong: a redirect, or something that is not this network.
    Misconfigured,
    /// The network has no such thing.
    Unsupported,
    /// The engine did not let it out: the claim was lost, the time was over, or a brake is on.
    Withheld,
}

impl NetworkError {
    /// Makes an error.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None, wait: None }
    }

    /// Makes the error for what a network can't do.
    pub fn unsupported(what: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("the network can't {what}"))
    }

    /// Adds the evidence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl ErrorKind {
    /// Returns the stable name that is written to the ledger and to JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::SignedOut => "signed-out",
            Self::Forbidden => "forbidden",
            Self::Refused => "refused",
            Self::NotFound => "not-found",
            Self::Duplicate => "duplicate",
            Self::RateLimited => "rate-limited",
            Self::NotReady => "not-ready",
            Self::Ambiguous => "ambiguous",
            Self::Unreadable => "unreadable",
            Self::Misconfigured => "misconfigured",
            Self::Unsupported => "unsupported",
            Self::Withheld => "withheld",
        }
    }

    /// Returns whether it proves that a publishing request had no effect.
    pub const fn proves_absence(self) -> bool {
        match self {
            Self::NotSent
            | Self::SignedOut
            | Self::Forbidden
            | Self::Refused
            | Self::NotFound
            | Self::RateLimited
            | Self::NotReady
            | Self::Misconfigured
            | Self::Unsupported
            | Self::Withheld => true,
            Self::Duplicate | Self::Ambiguous | Self::Unreadable => false,
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NetworkError {}
