use super::Entry;
use crate::model::{PostId, Timestamp};
use std::collections::BTreeSet;

/// What became different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli::preview) struct Effect {
    /// The posts that show something else, by what they were and are called.
    pub(in crate::cli::preview) posts: BTreeSet<PostId>,
    /// The dates that those had and have, which calendars show them at; none for those without one.
    pub(in crate::cli::preview) dates: BTreeSet<Option<Timestamp>>,
    /// Whether any page may show something else.
    pub(in crate::cli::preview) all: bool,
}

impl Effect {
    /// Adds a post that shows something else, as it was or is.
    pub(super) fn add_post(&mut self, entry: &Entry) {
        self.posts.insert(entry.id.clone());
        if let Some(facts) = &entry.facts {
            self.dates.extend(facts.dates.iter().copied().map(Some));
            self.dates.extend(facts.undated.then_some(None));
        }
    }

    /// Adds another to it.
    pub(in crate::cli::preview) fn add(&mut self, other: Self) {
        self.posts.extend(other.posts);
        self.dates.extend(other.dates);
        self.all |= other.all;
    }

    /// Returns whether nothing is different.
    pub(in crate::cli::preview) fn is_none(&self) -> bool {
        self.posts.is_empty() && !self.all
    }
}
