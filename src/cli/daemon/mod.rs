//! `masthead run`: rounds of fetching, planning and publishing, one after the other, until it is told to end.
//!
//! Two threads, so that neither waits for the other: one does the rounds ([`worker`]), the other hears signals and requests
//! and feeds the watchdog ([`control`]). They meet in [`Shared`]. What a round does is `cli::round`'s, as for `publish`; all
//! that is true is in the ledger, so nothing here needs to survive.
//!
//! ```text
//! signal, webhook ─▶ control ─▶ shared ◀─ worker ─▶ fetch ─▶ round ─▶ rest ─┐
//!      health, metrics ◀──────────┘          └──────────────────────────────┘
//! ```

mod bucket;
mod control;
mod health;
mod heartbeat;
mod lock;
mod metrics;
mod next;
mod notify;
mod server;
mod settings;
mod shared;
mod webhook;
mod worker;

pub(super) use self::{control::run, heartbeat::Heartbeat, settings::Flags};
