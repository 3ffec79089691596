use super::{GitStore, Repo, WorkspaceError, git_error, program::Program};
use crate::{
    config::LedgerSettings,
    ledger::{Append, Appended, Brake, BrakeEvent, DeliveryKey, Event, Ledger, Store, StoreError, StoreProblem},
    model::{FREEZE_FILE, Freeze, Timestamp},
    workspace::{FileProblem, Source as _},
};
use git2::{ErrorClass, ErrorCode, Oid, Repository};
use std::{collections::HashMap, fmt, thread, time::Duration};

/// How long asking for the tip of the publish branch may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long fetching it may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(300);

/// Turns the file that stops publishing into what it stops: its text, or why there is a file and no text.
pub type ReadFreeze = Box<dyn Fn(Result<&str, &FileProblem>) -> Vec<Freeze> + Send>;

/// A ledger whose brakes are also put on by a file that is committed on the publish branch, so that whoever can commit
/// from a forge's page can stop a publisher, even one that is in the middle of a run.
///
/// Where the ledger has a remote, the publish branch is looked at there, and as this clone has it. A branch that can't be
/// looked at is an error as a ledger is that can't be reached: nothing may be published then.
pub struct Braked {
    store: GitStore,
    branch: PublishBranch,
}

struct PublishBranch {
    repo: Repo,
    name: String,
    remote: Option<String>,
    read: ReadFreeze,
    /// What the file says in the commits that were looked at.
    known: HashMap<Oid, Vec<Freeze>>,
}

impl fmt::Debug for Braked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Braked").field("store", &self.store).field("branch", &self.branch.name).finish_non_exhaustive()
    }
}

impl Braked {
    /// Opens the ledger of a repository, and the publish branch beside it. Nothing is read yet.
    pub fn open(repo: &Repo, settings: &LedgerSettings, branch: &str, read: ReadFreeze) -> Result<Self, StoreError> {
        let store = GitStore::open(repo, settings)?;
        let repo = Repo { git: repo.again().map_err(unreadable)?, prefix: repo.prefix.clone() };
        let branch = PublishBranch {
            repo,
            name: branch.to_owned(),
            remote: settings.remote.clone(),
            read,
            known: HashMap::new(),
        };
        Ok(Self { store, branch })
    }

    /// Makes the ledger if there is none, so that it is known when it began.
    pub fn create(&mut self, created: Timestamp) -> Result<(), StoreError> {
        self.store.create(created)
    }

    /// Asks the ledger and looks at the publish branch, side by side: each may be a question to a far server.
    fn with_file<T: Send>(
        &mut self,
        ask: impl FnOnce(&mut GitStore) -> Result<T, StoreError> + Send,
    ) -> Result<(T, Vec<Brake>), StoreError> {
        let Self { store, branch } = self;
        let (asked, looked) = thread::scope(|scope| {
            let looked = scope.spawn(|| branch.look());
            let asked = ask(store);
            let looked = looked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (asked, looked)
        });
        let freezes = looked?.into_iter().map(Brake::of_file);
        Ok((asked?, freezes.collect()))
    }
}

impl Braked {
    /// Reads the events of the deliveries that are meant, after the ledger was read. See [`GitStore::history`].
    pub fn history(&self, meant: &dyn Fn(&DeliveryKey) -> bool) -> Result<Vec<Event>, StoreError> {
        self.store.history(meant)
    }
}

impl Store for Braked {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        let (mut ledger, of_file) = self.with_file(GitStore::read)?;
        ledger.brakes.extend(of_file);
        Ok(ledger)
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        self.store.append(batch)
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        let (mut brakes, of_file) = self.with_file(GitStore::brakes)?;
        brakes.extend(of_file);
        Ok(brakes)
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.store.brake(events)
    }
}

impl PublishBranch {
    /// Returns what the file stops at the tip of the branch, here and on the remote.
    fn look(&mut self) -> Result<Vec<Freeze>, StoreError> {
        let mut tips = Vec::new();
        if let Some(remote) = self.remote.clone() {
            tips.extend(self.remote_tip(&remote)?);
        }
        // What is read for publishing is the branch as it is here, so what it says there holds too.
        tips.extend(self.local_tip()?);
        tips.dedup();
        let mut freezes = Vec::new();
        for tip in tips {
            for freeze in self.freezes_at(tip)? {
                if !freezes.contains(&freeze) {
                    freezes.push(freeze);
                }
            }
        }
        Ok(freezes)
    }

    fn local_tip(&self) -> Result<Option<Oid>, StoreError> {
        let tracking = self.remote.as_ref().map(|remote| format!("refs/remotes/{remote}/{}", self.name));
        for name in [Some(format!("refs/heads/{}", self.name)), tracking].into_iter().flatten() {
            match self.repo.git.find_reference(&name).and_then(|reference| reference.peel_to_commit()) {
                Ok(commit) => return Ok(Some(commit.id())),
                Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {}
                Err(error) => {
                    return Err(unreadable(git_error(&format!("find the branch `{}`", self.name), &error)));
                }
            }
        }
        Ok(None)
    }

    /// Asks for the tip on the remote, and brings its files here if they aren't. A branch that isn't there stops nothing.
    fn remote_tip(&self, remote: &str) -> Result<Option<Oid>, StoreError> {
        let reference = format!("refs/heads/{}", self.name);
        let program = Program::new(&self.repo.git, TIMEOUT);
        for _ in 0..5 {
            let ran = program.run(&["ls-remote", "--quiet", "--refs", remote, &reference]).map_err(unreadable)?;
            if !ran.is_success() {
                return Err(self.unreachable(remote, &ran.complaint()));
            }
            let line = ran.stdout.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == reference);
            let Some((id, _)) = line else { return Ok(None) };
            let tip = Oid::from_str(id).map_err(|_| self.unreachable(remote, "it names no commit"))?;
            if is_here(&self.repo.git, tip) {
                return Ok(Some(tip));
            }
            // No reference is written: which commit is published is for whoever pulls to say.
            let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap="];
            let mut arguments = [&fetch[..], &["--no-recurse-submodules"]].concat();
            if self.repo.git.is_shallow() {
                arguments.push("--depth=1");
            }
            arguments.extend([remote, reference.as_str()]);
            let fetched = program.clone().within(FETCH_TIMEOUT).run(&arguments).map_err(unreadable)?;
            if fetched.is_success() && is_here(&self.repo.git, tip) {
                return Ok(Some(tip));
            }
            if !fetched.is_success() {
                return Err(self.unreachable(remote, &fetched.complaint()));
            }
            // The branch moved between the two calls.
        }
        Err(self.unreachable(remote, "it moves faster than it can be fetched"))
    }

    fn freezes_at(&mut self, tip: Oid) -> Result<Vec<Freeze>, StoreError> {
        if let Some(known) = self.known.get(&tip) {
            return Ok(known.clone());
        }
        let freezes = if self.repo.has_workspace(tip).map_err(unreadable)? {
            let commit = self.repo.snapshot(tip).map_err(unreadable)?;
            match commit.read(FREEZE_FILE) {
                Err(FileProblem::Missing) => Vec::new(),
                Ok(text) => (self.read)(Ok(&text)),
                Err(problem) => (self.read)(Err(&problem)),
            }
        } else {
            Vec::new()
        };
        self.known.insert(tip, freezes.clone());
        Ok(freezes)
    }

    fn unreachable(&self, remote: &str, why: &str) -> StoreError {
        let message = format!("can't look at the branch `{}` on the remote `{remote}`: {why}", self.name);
        StoreError::new(StoreProblem::Unreachable, message).hint(
            "check the network and the remote's address, then run again: nobody knows whether publishing is frozen there",
        )
    }
}

impl Repo {
    /// Tells whether a commit has the workspace's folder.
    fn has_workspace(&self, commit: Oid) -> Result<bool, WorkspaceError> {
        if self.prefix.is_empty() {
            return Ok(true);
        }
        let tree = self.git.find_commit(commit).and_then(|commit| commit.tree());
        match tree.and_then(|tree| tree.get_path(self.prefix.as_ref()).map(|_| ())) {
            Ok(()) => Ok(true),
            // What a partial clone lacks is another matter than what isn't there.
            Err(error) if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Tree => Ok(false),
            Err(error) => Err(git_error(&format!("read the commit `{commit}`"), &error)),
        }
    }
}

fn is_here(git: &Repository, tip: Oid) -> bool {
    git.odb().is_ok_and(|odb| odb.refresh().is_ok() && odb.exists(tip)) && git.find_commit(tip).is_ok()
}

fn unreadable(error: WorkspaceError) -> StoreError {
    StoreError { problem: StoreProblem::Refused, message: error.message, hint: error.hint }
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};
    use crate::model::Scope;
    use std::path::Path;

    /// What the file says is its reason; one that can't be read says so.
    fn read(file: Result<&str, &FileProblem>) -> Vec<Freeze> {
        let reason = file.map_or_else(FileProblem::message, |text| text.trim().to_owned());
        vec![Freeze { scope: Scope::All, from: Timestamp::EPOCH, until: None, by: "ada".to_owned(), reason }]
    }

    fn open(root: &Path, remote: Option<&str>) -> Braked {
        let repo = Repo::open(root).expect("a repository");
        let settings = LedgerSettings { remote: remote.map(str::to_owned), ..LedgerSettings::default() };
        Braked::open(&repo, &settings, "main", Box::new(read)).expect("a store")
    }

    #[track_caller]
    fn check(store: &mut Braked, expect: &[&str]) {
        let reasons = |brakes: Vec<Brake>| brakes.into_iter().map(|brake| brake.freeze.reason).collect::<Vec<_>>();
        assert_eq!(reasons(store.brakes().expect("brakes")), expect);
        assert_eq!(reasons(store.read().expect("a ledger").brakes), expect);
    }

    #[test]
    fn the_file_is_looked_for_on_the_branch_each_time() {
        let sandbox = Sandbox::new();
        let mut store = open(sandbox.path(), None);
        check(&mut store, &[]);
        sandbox.commit("first");
        check(&mut store, &[]);
        sandbox.write("freeze.toml", "stop");
        check(&mut store, &[]);
        sandbox.commit("second");
        check(&mut store, &["stop"]);
        std::fs::remove_file(sandbox.path().join("freeze.toml")).expect("removed");
        sandbox.commit("third");
        check(&mut store, &[]);
    }

    #[test]
    fn a_file_that_can_not_be_read_is_there_all_the_same() {
        let sandbox = Sandbox::new();
        sandbox.write("freeze.toml", [0xff]);
        sandbox.commit("first");
        let brakes = open(sandbox.path(), None).brakes().expect("brakes");
        assert!(brakes[0].freeze.reason.contains("not UTF-8") && brakes[0].is_of_file(), "{brakes:?}");
    }

    #[test]
    fn what_is_pushed_stops_a_clone_that_has_not_pulled_it() {
        let origin = Sandbox::bare();
        let (one, other) = (Sandbox::new(), Sandbox::new());
        for clone in [&one, &other] {
            clone.git(&["remote", "add", "origin", origin.path().to_str().expect("a path")]);
        }
        let mut store = open(other.path(), Some("origin"));
        check(&mut store, &[]);
        one.commit("first");
        one.git(&["push", "--quiet", "origin", "main"]);
        check(&mut store, &[]);
        one.write("freeze.toml", "stop");
        one.commit("second");
        one.git(&["push", "--quiet", "origin", "main"]);
        check(&mut store, &["stop"]);
        // Nothing of the clone's own was moved.
        assert_eq!(other.git(&["for-each-ref", "refs/heads", "refs/remotes"]), "");
        other.write("freeze.toml", "here too");
        other.commit("own");
        check(&mut store, &["stop", "here too"]);
    }

    #[test]
    fn a_remote_that_can_not_be_asked_stops_everything() {
        let sandbox = Sandbox::new();
        sandbox.commit("first");
        sandbox.git(&["remote", "add", "origin", "/nowhere/at/all.git"]);
        let error = open(sandbox.path(), Some("origin")).brakes().expect_err("an error");
        assert_eq!(error.problem, StoreProblem::Unreachable, "{error}");
    }

    #[test]
    fn a_workspace_in_a_folder_has_the_file_there() {
        let sandbox = Sandbox::new();
        sandbox.write("freeze.toml", "of somebody else");
        sandbox.commit("first");
        std::fs::create_dir_all(sandbox.path().join("social")).expect("a folder");
        let mut store = open(&sandbox.path().join("social"), None);
        check(&mut store, &[]);
        sandbox.write("social/freeze.toml", "stop");
        sandbox.commit("second");
        check(&mut store, &["stop"]);
    }
}
