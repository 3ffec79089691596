//! What the crash suites need inside the program: named places where it ends itself by `SIGKILL`, and a clock that a test
//! gives. All of it is behind the feature `kill-points`, which no release has; without it [`kill_point`] is nothing.
//!
//! - `MASTHEAD_KILL_AT=NAME[:N]` ends the program at the Nth time (the first, if not said) that it comes to a place.
//! - `MASTHEAD_KILL_TRACE=FILE` writes the name of each place that it comes to into a file, a line each. With it the N above
//!   counts by the file, so over all programs that write to it.
//! - `MASTHEAD_CLOCK=FILE` names a file with three numbers: a moment of the machine's clock and what the world's clock showed
//!   then, both in milliseconds since 1970, and how many times faster the world's goes. It is read anew each time. If the word
//!   `leaping` follows them, nobody sleeps: who would puts the world's clock forward instead. That is for one publisher alone.

#[cfg(feature = "kill-points")]
mod armed;

#[cfg(feature = "kill-points")]
pub use self::armed::{WorldClock, kill_point};

/// Marks a place where a crash is tried.
#[cfg(not(feature = "kill-points"))]
#[inline]
pub const fn kill_point(_name: &str) {}
