//! The preview: everything that its pages are made of, and where they go.
//!
//! Owns reading a workspace as it lies on disk, with its ledger as this clone knows it; writing the pages as a static site
//! ([`build`]); serving them, current while files are written ([`watch`]); and summing up for a pull request what it changes
//! ([`comment`]). How they look is `report::pages`. Nothing in
//! here asks a server, reads a secret or publishes.
//!
//! Of what serves, a thread tends the desk: the watcher tells it what has changed, the desk reads what that touches, and
//! pages that are open are told, as is the terminal. Another answers requests, from what the desk knows at that moment;
//! neither waits for the other.
//!
//! ```text
//! files ─▶ watcher ─▶ desk ─▶ live ─▶ pages that are open
//!            ▲         │└───▶ terminal
//!          edits ◀── server ◀──── requests
//! ```

pub(super) mod build;
pub(super) mod comment;
mod compare;
mod desk;
mod diff;
mod edits;
mod live;
mod memory;
mod server;
mod terminal;
mod token;
pub(super) mod watch;
mod watcher;
mod whole;
