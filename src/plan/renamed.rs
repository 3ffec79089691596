use super::Desired;
use crate::{
    ledger::{Ledger, Published},
    model::{AccountId, PostId},
};
use std::collections::{BTreeMap, HashSet};

/// How many of the words two texts must share, of all that either has, to be the same post under another id.
const ALIKE: f64 = 0.6;

/// Deliveries that are out although their post's id is no longer in the tree, by account.
///
/// A file without `id` that is renamed gets a new id; publishing it again is what must never happen. So a new post whose
/// content went out under an id that is gone is held for a person, even if it was edited a little on the way.
pub(super) struct Orphans<'a> {
    by_account: BTreeMap<&'a AccountId, Vec<(&'a PostId, &'a Published)>>,
}

impl<'a> Orphans<'a> {
    pub(super) fn new(ledger: &'a Ledger, in_tree: &HashSet<PostId>) -> Self {
        let mut by_account: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, state) in &ledger.deliveries {
            if let Some(first) = state.published(0)
                && !in_tree.contains(&key.post)
            {
                by_account.entry(&key.account).or_default().push((&key.post, first));
            }
        }
        Self { by_account }
    }

    /// Returns the id under which this content went out, if it did.
    pub(super) fn same_content(&self, desired: &Desired) -> Option<PostId> {
        let orphans = self.by_account.get(&desired.draft.account)?;
        let text = desired.draft.parts.first().map_or("", |part| &part.text.text);
        let found = orphans.iter().find(|(_, out)| out.digest == desired.digest || alike(&out.excerpt, text));
        found.map(|(id, _)| (*id).clone())
    }
}

/// Returns whether a text begins much as an excerpt does: by the share of words in common.
fn alike(excerpt: &str, text: &str) -> bool {
    let length = excerpt.chars().count();
    let start: String = text.chars().take(length).collect();
    let words = |text: &str| -> HashSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (old, new) = (words(excerpt), words(&start));
    let shared = old.intersection(&new).count();
    let all = old.len() + new.len() - shared;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred words at most")]
    let share = shared as f64 / all.max(1) as f64;
    shared > 0 && share >= ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(excerpt: &str, text: &str, expect: bool) {
        assert_eq!(alike(excerpt, text), expect, "{excerpt:?} and {text:?}");
    }

    #[test]
    fn the_same_text_is_alike_even_if_it_goes_on() {
        check("Dress your Sims in the new hoodie", "Dress your Sims in the new hoodie.\n\nAnd more of it.", true);
    }

    #[test]
    fn a_small_edit_is_alike() {
        check("Dress your Sims in the new black hoodie", "Dress your Sims in the new red hoodie!", true);
    }

    #[test]
    fn another_text_is_not() {
        check("Dress your Sims in the new hoodie", "We are hiring a social media manager", false);
    }

    #[test]
    fn no_words_are_like_nothing() {
        check("", "", false);
        check("🎉", "🎉", false);
    }
}
