//! The cases, one topic a file. A case that a network's profile rules out makes the inverse trial instead.

mod afterwards;
mod login;
mod media;
mod options;
mod ranges;
mod references;
mod styles;
mod text;
mod thread;
mod trouble;

use crate::stage::Stage;
use masthead::network::Profile;

#[derive(Clone, Copy)]
/// Something that every network must do, or must say that it can't.
pub(crate) struct Case {
    /// Its name, in trials and transcripts.
    pub(crate) name: &'static str,
    /// Whether a network with this profile can do it.
    pub(crate) holds: fn(&Profile) -> bool,
    /// The trial. Panics if the network doesn't do it.
    pub(crate) run: fn(&mut Stage),
    /// The inverse trial for networks that can't: none if there is nothing to ask of them.
    pub(crate) inverse: Option<fn(&mut Stage)>,
    /// Whether its transcript is kept.
    pub(crate) golden: bool,
}

/// Returns all cases, in reading order.
pub(crate) fn all() -> Vec<Case> {
    [
        text::CASES,
        ranges::CASES,
        media::CASES,
        thread::CASES,
        references::CASES,
        styles::CASES,
        options::CASES,
        afterwards::CASES,
        trouble::CASES,
        login::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
}

/// Whether a network is spoken to at all, instead of being made anew from the ledger.
pub(crate) fn is_sent(profile: &Profile) -> bool {
    !profile.projected
}
