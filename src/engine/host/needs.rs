use crate::ledger::PartKey;
use std::collections::{BTreeMap, BTreeSet};

/// Which parts still need which files, as one run knows it.
#[derive(Debug, Default)]
pub(in crate::engine) struct Needs(BTreeMap<String, BTreeSet<PartKey>>);

impl Needs {
    /// Notes that a part needs a file.
    pub(in crate::engine) fn note(&mut self, name: &str, part: &PartKey) {
        self.0.entry(name.to_owned()).or_default().insert(part.clone());
    }

    /// Takes note that a part has come to its end. Returns the files that it needed and nobody else does.
    pub(in crate::engine) fn done(&mut self, part: &PartKey) -> Vec<String> {
        let mut free = Vec::new();
        self.0.retain(|name, parts| {
            if parts.remove(part) && parts.is_empty() {
                free.push(name.clone());
            }
            !parts.is_empty()
        });
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, PostId};

    fn part(account: &str) -> PartKey {
        PartKey { post: PostId::new("a"), account: AccountId::new(account), part: 1 }
    }

    #[test]
    fn a_file_is_free_when_the_last_that_needs_it_is_done() {
        let mut needs = Needs::default();
        for (name, account) in [("one", "a"), ("both", "a"), ("both", "b"), ("both", "a")] {
            needs.note(name, &part(account));
        }
        assert_eq!(needs.done(&part("c")), Vec::<String>::new());
        assert_eq!(needs.done(&part("a")), ["one"]);
        assert_eq!(needs.done(&part("a")), Vec::<String>::new());
        assert_eq!(needs.done(&part("b")), ["both"]);
    }
}
