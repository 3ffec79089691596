use crate::model::PostId;
use std::collections::BTreeSet;

/// What became different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli::preview) struct Effect {
    /// The posts that show something else, by what they were and are called.
    pub(in crate::cli::preview) posts: BTreeSet<PostId>,
    /// Whether any page may show something else.
    pub(in crate::cli::preview) all: bool,
}

impl Effect {
    /// Adds another to it.
    pub(in crate::cli::preview) fn add(&mut self, other: Self) {
        self.posts.extend(other.posts);
        self.all |= other.all;
    }

    /// Returns whether nothing is different.
    pub(in crate::cli::preview) fn is_none(&self) -> bool {
        self.posts.is_empty() && !self.all
    }
}
