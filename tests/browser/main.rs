//! The pages that `masthead watch` serves, in a real browser: what a save makes of an open page, what people do in it with a
//! mouse, a finger or keys alone, and that nothing in it is a barrier, breaks its policy or runs what a post says.
//!
//! It runs where `MASTHEAD_BROWSER` names a chromedriver and `MASTHEAD_AXE` axe-core's script, as `tests/browser.sh` does it, and
//! says so elsewhere.

mod driver;
mod editing;
mod keyboard;
mod looks;
mod relay;
#[path = "../it/sandbox.rs"]
#[allow(dead_code, reason = "what other suites need of it, too")]
mod sandbox;
mod saving;
mod site;
