use crate::{
    config::Config,
    model::{AccountId, MediaLibrary, PostId, Timestamp},
    network::Limits,
};
use std::{collections::BTreeMap, fmt};

/// Tells whether a delivery is out.
pub type Published<'a> = dyn Fn(&PostId, &AccountId) -> bool + Sync + 'a;

/// What a post is checked against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The workspace's configuration.
    pub config: &'a Config,
    /// The limits that servers have told, by account; the profile's hold for the others.
    pub limits: &'a BTreeMap<AccountId, Limits>,
    /// What is known of media files.
    pub media: &'a dyn MediaLibrary,
    /// The moment that dates are compared with.
    pub now: Timestamp,
    /// Tells whether a delivery is out; none if no ledger can be read.
    pub published: Option<&'a Published<'a>>,
    /// Whether the file is new or was named by a person, so that a date in the past can be no history.
    pub fresh: bool,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("now", &self.now).field("fresh", &self.fresh).finish_non_exhaustive()
    }
}
