//! The world: sends what a plan says, once, and writes down what happened.
//!
//! Owns the transports, claims and receipts, retry and waiting, secrets, sign-in, fetching and preparing media and the clock. It
//! decides nothing about what is due (that is `plan`) or how a network is spoken to (that is its adapter). Everything
//! outside comes in through [`World`], so tests give a clock, entropy, a transport and a store of their own. Start at
//! [`execute`].
//!
//! One part of a delivery goes through these, in order:
//!
//! ```text
//! execute ─▶ account ─▶ delivery ─┬▶ attempt ─┬▶ flow ─▶ hand ─▶ claim ─▶ transport
//!  (rows)   (sign-in)   (parts)   │           │  (secrets) (intent, send guard)
//!                                 └▶ settle ──┴▶ ask (what became of an open intent)
//! ```
//!
//! Sessions that publishers share are opened and renewed by `renew`, behind [`Tokens`]; the [`Vault`] keeps them.
//! Media are made ready by `prepare`, put where networks fetch them by `host`, and `verdict` says what an error means.
//! Everything is written by one `recorder`, which gathers events while its last call runs.

mod account;
mod address;
mod amend;
mod ask;
mod attempt;
mod body;
mod brakes;
mod claim;
mod clock;
mod delivery;
mod door;
mod each;
mod execute;
mod fetch;
mod flow;
mod hand;
mod heard;
mod host;
mod images;
mod keys;
mod log;
mod login;
mod mail;
mod outgoing;
mod pace;
mod pins;
mod prepare;
mod probe;
mod probes;
mod recipients;
mod recorder;
mod redact;
mod renew;
mod schnorr;
mod scribe;
mod secrets;
mod settle;
mod sign;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod transport;
mod vault;
mod verdict;
mod world;

pub use self::{
    body::Upload,
    clock::{SystemClock, SystemEntropy},
    execute::{Asked, Outcome, Progress, Settled, amend, execute},
    fetch::{FetchError, Fetched, KeptMedia, LARGEST, Reach, fetch, shown_address},
    host::{Broom, Held, HostError, MediaHost, PublicHost, Swept, is_ours, name_of, sweep, try_host},
    images::{fitted_copy, public_copy},
    login::{Code, Consent, NoCode, keep, log_in},
    outgoing::{Stock, make_ready},
    probe::{ProbeReport, probe},
    probes::Probes,
    redact::Redactor,
    secrets::SystemSecrets,
    tokens::{Kept, Look, Refreshing, Tokens},
    transport::{HttpTransport, Outgoing, OutgoingBody, Transport, TransportError, Transports, Visit, Visited, Web},
    vault::{About, Files, Kind, Recipients, SharedVault, Vault, make_key},
    world::{Clock, Entropy, MediaSource, SecretSource, Stop, World},
};
