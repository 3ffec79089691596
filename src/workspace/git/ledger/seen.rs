use super::{StoreError, StoreProblem, io_problem};
use crate::workspace::{
    WorkspaceError,
    atomic::{self, Durability},
};
use git2::Oid;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

const VERSION: u32 = 1;

/// What a clone remembers of a ledger, so that one that is rewound or replaced is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The ledger's id.
    pub(super) id: String,
    /// A commit that was its tip.
    pub(super) tip: Oid,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    /// By branch: a ledger that moves between this clone and a remote stays the same one.
    ledgers: BTreeMap<String, SeenWire>,
    v: u32,
}

#[derive(Serialize, Deserialize)]
struct SeenWire {
    id: String,
    tip: String,
}

/// Returns the file that it is kept in.
pub(super) fn file(state: &Path) -> PathBuf {
    state.join("ledger.json")
}

impl Seen {
    /// Returns what is remembered of a branch's ledger, if anything.
    pub(super) fn load(state: &Path, branch: &str) -> Result<Option<Self>, StoreError> {
        let Some(SeenWire { id, tip }) = load(state)?.ledgers.remove(branch) else { return Ok(None) };
        let tip = Oid::from_str(&tip).map_err(|_| damaged(state, "it has no commit"))?;
        Ok(Some(Self { id, tip }))
    }

    /// Remembers it.
    pub(super) fn save(self, state: &Path, branch: &str) -> Result<(), WorkspaceError> {
        let mut wire = load(state).map_err(|error| WorkspaceError { message: error.message, hint: error.hint })?;
        wire.ledgers.insert(branch.to_owned(), SeenWire { id: self.id, tip: self.tip.to_string() });
        let text = serde_json::to_string_pretty(&wire).expect("strings and numbers") + "\n";
        fs::create_dir_all(state).map_err(|error| WorkspaceError::io("make the folder", state, &error))?;
        // Half of it after a loss of power would have to be repaired by hand.
        atomic::replace(&file(state), text.as_bytes(), Durability::Synced)
    }
}

fn load(state: &Path) -> Result<Wire, StoreError> {
    let place = file(state);
    let text = match fs::read_to_string(&place) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => String::new(),
        Err(error) => return Err(io_problem("read", &place, &error)),
    };
    // An empty file is what a loss of power may leave; it says as little as none.
    if text.trim_end_matches('\0').is_empty() {
        return Ok(Wire { ledgers: BTreeMap::new(), v: VERSION });
    }
    let wire: Wire = serde_json::from_str(&text).map_err(|error| damaged(state, &error.to_string()))?;
    if wire.v > VERSION {
        let message = format!("`{}` was written by a newer program", place.display());
        return Err(StoreError::new(StoreProblem::Newer, message).hint("update this program"));
    }
    Ok(wire)
}

fn damaged(state: &Path, why: &str) -> StoreError {
    let place = file(state);
    StoreError::new(StoreProblem::Damaged, format!("can't read `{}`: {why}", place.display()))
        .hint("remove it: it only remembers how far the ledger was read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_known_again_by_branch() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("masthead");
        assert_eq!(Seen::load(&state, "ledger").expect("read"), None);
        let seen = |id: &str| Seen { id: id.to_owned(), tip: Oid::from_bytes(&[7; 20]).expect("an id") };
        seen("a").save(&state, "ledger").expect("saved");
        seen("b").save(&state, "other").expect("saved");
        seen("c").save(&state, "ledger").expect("saved");
        assert_eq!(Seen::load(&state, "ledger").expect("read"), Some(seen("c")));
        assert_eq!(Seen::load(&state, "other").expect("read"), Some(seen("b")));
    }

    #[test]
    fn damage_is_an_error_and_emptiness_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |text: &str, expect: Option<StoreProblem>| {
            fs::write(file(folder.path()), text).expect("a file");
            assert_eq!(Seen::load(folder.path(), "x").err().map(|error| error.problem), expect, "{text}");
        };
        check("", None);
        check("\0\0\0", None);
        check("{\"v\": 1, \"ledgers\": {}, \"more\": 1}", None);
        check("{", Some(StoreProblem::Damaged));
        check("{\"v\": 1, \"ledgers\": {\"x\": {\"id\": \"a\", \"tip\": \"zz\"}}}", Some(StoreProblem::Damaged));
        check("{\"v\": 2, \"ledgers\": {}}", Some(StoreProblem::Newer));
    }
}
