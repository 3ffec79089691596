//! A few small files on a branch of their own, replaced as a whole by the ledger's compare-and-swap: what must be shared
//! between publishers and is no event.

use super::{
    LOST_PUSHES, Moved, PATIENCE, Place, author, git_problem, local, pause, reference, refused,
    remote::{Pushed, Remote},
};
use crate::{
    ledger::{StoreError, StoreProblem},
    workspace::Repo,
};
use git2::{ObjectType, Oid, Repository, Tree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    thread,
    time::Instant,
};

/// The largest file, and how many there may be: whoever can push may have put anything there.
const LARGEST: usize = 256 * 1024;
const MOST: usize = 10_000;

/// Files on a branch.
pub struct SharedFiles {
    git: Repository,
    branch: String,
    place: Place,
    state: PathBuf,
    /// What they are, for messages.
    what: &'static str,
    known: Option<Oid>,
    /// Whether a remote is asked.
    asks: bool,
}

/// The files of one commit, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSet {
    /// What each holds.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Which commit that is; none if there is none.
    pub version: Option<String>,
}

impl fmt::Debug for SharedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFiles").field("branch", &self.branch).field("known", &self.known).finish_non_exhaustive()
    }
}

impl SharedFiles {
    /// Opens a branch, on a remote or in this clone. Nothing is read yet, and it need not exist.
    pub fn open(repo: &Repo, branch: &str, remote: Option<&str>, what: &'static str) -> Result<Self, StoreError> {
        let git = repo.again().map_err(refused)?;
        let place = match remote {
            Some(name) => Place::Remote(Remote::new(&git, name, branch)?.holding(what)),
            None => Place::Local,
        };
        Ok(Self { git, branch: branch.to_owned(), place, state: repo.state_folder(), what, known: None, asks: true })
    }

    /// Asks no remote: reads what this clone has read last.
    #[must_use]
    pub fn offline(self) -> Self {
        Self { asks: false, ..self }
    }

    /// Reads what is there now; nothing if the branch is not.
    pub fn read(&mut self) -> Result<FileSet, StoreError> {
        // Before the tip: another process of this clone may bring both forward meanwhile.
        let seen = self.git.refname_to_id(&self.keeper()).ok();
        let tip = match &self.place {
            Place::Local => local::tip(&self.git, &self.branch)?,
            Place::Remote(_) if !self.asks => seen,
            Place::Remote(remote) => {
                let tip = remote.fetch(&self.git, self.known.or(seen))?;
                if let Some(seen) = seen {
                    self.check_descent(seen, tip)?;
                }
                if let Some(tip) = tip {
                    remote.keep(&self.git, tip);
                }
                tip
            }
        };
        self.known = tip;
        let Some(tip) = tip else { return Ok(FileSet::default()) };
        let failed = |error: git2::Error| git_problem(&format!("read the {} `{}`", self.what, self.branch), &error);
        let tree = self.git.find_commit(tip).and_then(|commit| commit.tree()).map_err(failed)?;
        let mut files = BTreeMap::new();
        self.collect(&tree, "", 0, &mut files)?;
        Ok(FileSet { files, version: Some(tip.to_string()) })
    }

    /// Replaces everything, if nothing has changed since it was read. Returns whether that is so and it is done.
    pub fn replace(
        &mut self,
        seen: &FileSet,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, StoreError> {
        let _lock = match self.place {
            Place::Local => {
                let lock = local::lock(&self.state)?;
                local::sync_writes(&mut self.git, &self.state)?;
                Some(lock)
            }
            Place::Remote(_) => None,
        };
        let from = seen.version.as_ref().map(|id| Oid::from_str(id));
        let from = from.transpose().map_err(|error| git_problem("read a commit's name", &error))?;
        let commit = self.build(from, files, message)?;
        let began = Instant::now();
        for round in 0.. {
            let said = match &self.place {
                Place::Local => match local::advance(&self.git, &self.branch, from, commit)? {
                    Moved::Done => return Ok(true),
                    Moved::NotDone(_) => return Ok(false),
                },
                Place::Remote(remote) => remote.push(from, commit).map_err(refused)?,
            };
            if said == Pushed::Done {
                self.known = Some(commit);
                if let Place::Remote(remote) = &self.place {
                    remote.keep(&self.git, commit);
                }
                return Ok(true);
            }
            // Whatever was said, it may have arrived: then it is at the tip, or the tip follows from it.
            self.read()?;
            let tip = self.known;
            if let Some(tip) = tip
                && (tip == commit || self.git.graph_descendant_of(tip, commit).unwrap_or(false))
            {
                return Ok(true);
            }
            if tip != from {
                return Ok(false);
            }
            let is_final = matches!(said, Pushed::Refused(_));
            if is_final || round >= LOST_PUSHES || began.elapsed() > PATIENCE {
                return Err(said.into_error_of(self.what, &self.branch));
            }
            thread::sleep(pause(round));
        }
        Ok(false)
    }

    /// Refuses a branch that was rewound or removed: what stands there now may be used up long since.
    fn check_descent(&self, seen: Oid, tip: Option<Oid>) -> Result<(), StoreError> {
        let follows = tip.is_some_and(|tip| {
            // A shallow history ends before it can tell.
            tip == seen || self.git.is_shallow() || self.git.graph_descendant_of(tip, seen).unwrap_or(true)
        });
        if follows {
            return Ok(());
        }
        let (what, branch) = (self.what, &self.branch);
        let message = match tip {
            Some(_) => format!("the {what} `{branch}` does not follow from what was read before"),
            None => format!("the {what} `{branch}` is gone from the remote"),
        };
        Err(StoreError::new(StoreProblem::Rewound, message).hint(format!(
            "look into it; to bring it back run `git push --force REMOTE {seen}:{}`, to take what is there run `git \
             update-ref -d {}`",
            reference(branch),
            self.keeper()
        )))
    }

    fn is_remote(&self) -> bool {
        matches!(self.place, Place::Remote(_))
    }

    fn keeper(&self) -> String {
        format!("refs/masthead/{}", self.branch)
    }

    fn collect(
        &self,
        tree: &Tree<'_>,
        folder: &str,
        depth: usize,
        files: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<(), StoreError> {
        let damaged = |problem: String| {
            let (what, place) = (self.what, if self.is_remote() { self.keeper() } else { self.branch.clone() });
            StoreError::new(StoreProblem::Damaged, format!("the {what} `{}` {problem}", self.branch)).hint(format!(
                "look into it with `git ls-tree -r {place}`; if the branch is something else's, name another in `branch` of \
                 `[{what}]`"
            ))
        };
        for entry in tree {
            // Ours are plain, and what is printed of others must not move a terminal's cursor.
            let Some(name) = entry.name().ok().filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic())) else {
                return Err(damaged(format!(
                    "holds a file with a strange name: \"{}\"",
                    entry.name_bytes().escape_ascii()
                )));
            };
            let path = format!("{folder}{name}");
            let failed = |error: git2::Error| git_problem(&format!("read `{path}` of the {}", self.what), &error);
            match entry.kind() {
                Some(ObjectType::Tree) if depth < 3 => {
                    let below = self.git.find_tree(entry.id()).map_err(failed)?;
                    self.collect(&below, &format!("{path}/"), depth + 1, files)?;
                }
                Some(ObjectType::Blob) => {
                    let blob = self.git.find_blob(entry.id()).map_err(failed)?;
                    if blob.size() > LARGEST || files.len() >= MOST {
                        return Err(damaged(format!("holds more than it ever should: `{path}`")));
                    }
                    files.insert(path, blob.content().to_vec());
                }
                _ => return Err(damaged(format!("holds something else than files: `{path}`"))),
            }
        }
        Ok(())
    }

    fn build(&self, tip: Option<Oid>, files: &BTreeMap<String, Vec<u8>>, message: &str) -> Result<Oid, StoreError> {
        let failed = |error: git2::Error| git_problem(&format!("write to the {}", self.what), &error);
        let tree = self.write_tree(files, "").map_err(failed)?;
        let tree = self.git.find_tree(tree).map_err(failed)?;
        let parent = tip.map(|tip| self.git.find_commit(tip)).transpose().map_err(failed)?;
        let author = author(&self.git)?;
        let parents: Vec<_> = parent.iter().collect();
        self.git.commit(None, &author, &author, message, &tree, &parents).map_err(failed)
    }

    fn write_tree(&self, files: &BTreeMap<String, Vec<u8>>, folder: &str) -> Result<Oid, git2::Error> {
        const FILE: i32 = 0o100_644;
        const FOLDER: i32 = 0o040_000;
        let mut builder = self.git.treebuilder(None)?;
        let mut folders = BTreeSet::new();
        for (path, bytes) in files {
            let Some(rest) = path.strip_prefix(folder) else { continue };
            match rest.split_once('/') {
                Some((below, _)) => {
                    folders.insert(below);
                }
                None => {
                    builder.insert(rest, self.git.blob(bytes)?, FILE)?;
                }
            }
        }
        for below in folders {
            builder.insert(below, self.write_tree(files, &format!("{folder}{below}/"))?, FOLDER)?;
        }
        builder.write()
    }
}

#[cfg(test)]
mod tests;
