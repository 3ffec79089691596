//! The ledger on a branch of git.
//!
//! Owns [`GitStore`]: reading a commit's tree into a [`Ledger`], building commits that only add files, and moving the
//! branch from the tip that was read to the new commit and from no other. With a remote its branch alone is the truth,
//! and no branch is kept here; without one the local branch is moved under a lock. What the events mean is `ledger`'s.

mod cache;
mod files;
mod local;
mod message;
mod read;
mod refusal;
mod remote;
mod seen;
mod tree;

pub use self::files::{FileSet, SharedFiles};

use self::{
    read::Snapshot,
    remote::{Pushed, Remote},
    seen::Seen,
    tree::News,
};
use super::{Repo, WorkspaceError};
use crate::{
    config::LedgerSettings,
    ledger::{
        Append, Appended, Brake, BrakeEvent, DeliveryKey, Event, Genesis, Ledger, Store, StoreError, StoreProblem,
    },
    model::Timestamp,
    workspace::trial::kill_point,
};
use git2::{ErrorCode, Oid, Repository, Signature};
use std::{
    fmt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// For how long a race is run again before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many deliveries are read again rather than kept: the time for that is not noticed. Large ledgers weigh more to keep,
/// so of them it is a share.
const LAG: usize = 64;
/// How often a push that changed nothing is made, in case it was bad luck.
const PUSHES: u32 = 3;
/// The same where the remote says that somebody else was first, who then wasn't.
const LOST_PUSHES: u32 = 10;

/// A ledger on a branch of a git repository.
pub struct GitStore {
    git: Repository,
    branch: String,
    place: Place,
    state: PathBuf,
    /// What was read last, to be brought forward.
    snapshot: Option<Snapshot>,
    /// A tip that was found good, and whose files are all here.
    known: Option<Oid>,
    /// Whether what killed writers have left was looked for.
    is_swept: bool,
}

enum Place {
    Local,
    Remote(Remote),
}

/// Where a push or a local move left the branch.
enum Moved {
    Done,
    /// It was elsewhere, or is for what we know: this is what was said.
    NotDone(Pushed),
}

impl fmt::Debug for GitStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitStore").field("branch", &self.branch).field("known", &self.known).finish_non_exhaustive()
    }
}

impl GitStore {
    /// Opens the ledger of a repository. Nothing is read yet, and it need not exist.
    pub fn open(repo: &Repo, settings: &LedgerSettings) -> Result<Self, StoreError> {
        let branch = settings.branch.clone();
        if !git2::Reference::is_valid_name(&reference(&branch)) || branch.starts_with('-') {
            return Err(StoreError::new(StoreProblem::Refused, format!("`{branch}` can't be the name of a branch"))
                .hint("name another in `branch` of `[ledger]`"));
        }
        let git = repo.again().map_err(refused)?;
        let place = match &settings.remote {
            Some(name) => Place::Remote(Remote::new(&git, name, &branch)?),
            None => Place::Local,
        };
        let state = repo.state_folder();
        Ok(Self { git, branch, place, state, snapshot: None, known: None, is_swept: false })
    }

    /// Makes the ledger if there is none, so that it is known when it began.
    pub fn create(&mut self, created: Timestamp) -> Result<(), StoreError> {
        self.commit(&[], &[], Some(created)).map(|_| ())
    }

    /// Reads the ledger as this clone knows it, without asking a remote; none if it knows none, or not a whole one.
    pub fn read_known(&self) -> Option<Ledger> {
        read::read(&self.git, self.known_tip()?, &self.branch, None).ok().map(|snapshot| snapshot.ledger)
    }

    /// Returns the name of the commit at which [`Self::read_known`] reads.
    pub fn known_commit(&self) -> Option<String> {
        self.known_tip().map(|tip| tip.to_string())
    }

    /// Reads every event of the deliveries that are `meant`, as this clone knows them, without asking a remote.
    pub fn known_history(&self, meant: &dyn Fn(&DeliveryKey) -> bool) -> Result<Vec<Event>, StoreError> {
        let Some(tip) = self.known_tip() else { return Ok(Vec::new()) };
        let snapshot = read::read(&self.git, tip, &self.branch, None)?;
        read::history(&self.git, tip, snapshot.ledger.deliveries.keys().filter(|key| meant(key)))
    }

    /// Reads every event of these deliveries alone, which takes no reading of all others.
    pub fn known_history_of(&self, keys: &[DeliveryKey]) -> Result<Vec<Event>, StoreError> {
        self.known_tip().map_or_else(|| Ok(Vec::new()), |tip| read::history(&self.git, tip, keys.iter()))
    }

    /// Returns the newest commit of the ledger that this clone knows.
    fn known_tip(&self) -> Option<Oid> {
        match &self.place {
            Place::Local => local::tip(&self.git, &self.branch).ok()?,
            Place::Remote(remote) => {
                let seen = Seen::load(&self.state, &self.branch).ok()?.map(|seen| seen.tip);
                let fetched = format!("refs/remotes/{}/{}", remote.name(), self.branch);
                seen.or_else(|| self.git.refname_to_id(&fetched).ok())
            }
        }
    }

    /// Reads every event of the deliveries that are `meant`, as of the last reading: a [`Ledger`] keeps none of a part that
    /// is out. Those of a part stand in their order.
    pub fn history(&self, meant: &dyn Fn(&DeliveryKey) -> bool) -> Result<Vec<Event>, StoreError> {
        let (Some(snapshot), Some(tip)) = (&self.snapshot, self.known) else { return Ok(Vec::new()) };
        read::history(&self.git, tip, snapshot.ledger.deliveries.keys().filter(|key| meant(key)))
    }

    /// Finds out whether the ledger can be written: a remote is asked with a push that changes nothing, a clone for its
    /// lock. The ledger must have been read.
    pub fn try_write(&self) -> Result<(), StoreError> {
        match &self.place {
            Place::Local => local::lock(&self.state).map(drop),
            Place::Remote(remote) => {
                let (to, _) = self.build(self.known, &[], Some(Timestamp::EPOCH))?;
                match remote.try_push(self.known, to).map_err(refused)? {
                    Pushed::Done => Ok(()),
                    said => Err(said.into_error(&self.branch)),
                }
            }
        }
    }

    /// Finds the tip, fetches it, and sees that it is this ledger with all that it had.
    fn tip(&mut self) -> Result<Option<Oid>, StoreError> {
        // Before the tip: another publisher in this clone may bring both forward meanwhile.
        let seen = Seen::load(&self.state, &self.branch)?;
        let complete = self.known.or(seen.as_ref().map(|seen| seen.tip));
        kill_point("tip-asked");
        let tip = match &self.place {
            Place::Local => local::tip(&self.git, &self.branch)?,
            Place::Remote(remote) => remote.fetch(&self.git, complete)?,
        };
        kill_point("tip-known");
        let Some(tip) = tip else {
            return match seen {
                Some(seen) => Err(self.gone(&seen)),
                None => self.elsewhere().map(|()| None),
            };
        };
        if self.known != Some(tip) {
            let genesis = read::genesis(&self.git, tip, &self.branch)?;
            if let Some(seen) = &seen {
                self.check_descent(seen, &genesis, tip)?;
            }
            self.remember(tip, &genesis);
        }
        Ok(Some(tip))
    }

    /// Sees that a tip follows from what was seen before.
    fn check_descent(&self, seen: &Seen, genesis: &Genesis, tip: Oid) -> Result<(), StoreError> {
        if seen.id != genesis.id {
            let message = format!("the branch `{}` holds another ledger than before", self.branch);
            return Err(StoreError::new(StoreProblem::Foreign, message).hint(format!(
                "bring the old one back; if this one is meant, remove `{}`, and see with `masthead plan` what would \
                 be published again",
                seen::file(&self.state).display()
            )));
        }
        if seen.tip == tip {
            return Ok(());
        }
        let is_descendant = self.git.graph_descendant_of(tip, seen.tip);
        // A shallow history ends before it can tell; what the trees hold does.
        if !is_descendant.unwrap_or(true) && !self.git.is_shallow() {
            return Err(self.rewound(seen, "does not follow from what was read before"));
        }
        match read::contains(&self.git, seen.tip, tip) {
            Some(false) => Err(self.rewound(seen, "has lost events that it had")),
            Some(true) | None => Ok(()),
        }
    }

    fn rewound(&self, seen: &Seen, what: &str) -> StoreError {
        StoreError::new(StoreProblem::Rewound, format!("the ledger `{}` {what}", self.branch))
            .hint(self.bring_back(seen))
    }

    fn gone(&self, seen: &Seen) -> StoreError {
        let place = match &self.place {
            Place::Local => "this clone".to_owned(),
            Place::Remote(remote) => format!("the remote `{}`", remote.name()),
        };
        StoreError::new(StoreProblem::Rewound, format!("the ledger `{}` is gone from {place}", self.branch))
            .hint(self.bring_back(seen))
    }

    fn bring_back(&self, seen: &Seen) -> String {
        let (tip, file) = (seen.tip, seen::file(&self.state));
        let (reference, file) = (reference(&self.branch), file.display());
        let restore = match &self.place {
            Place::Local => format!("git update-ref {reference} {tip}"),
            Place::Remote(remote) => format!("git push --force {} {tip}:{reference}", remote.name()),
        };
        format!("look into it, then run `{restore}`; only to begin a new ledger on purpose, remove `{file}`")
    }

    /// Refuses to begin a ledger on a remote while the clone has one of its own: its posts would go out again.
    fn elsewhere(&self) -> Result<(), StoreError> {
        let Place::Remote(remote) = &self.place else { return Ok(()) };
        let is_ledger = |tip: &Oid| read::genesis(&self.git, *tip, &self.branch).is_ok();
        if local::tip(&self.git, &self.branch)?.filter(is_ledger).is_none() {
            return Ok(());
        }
        let (name, branch) = (remote.name(), &self.branch);
        let message = format!("this clone has a ledger on its branch `{branch}`, and the remote `{name}` has none");
        Err(StoreError::new(StoreProblem::Rewound, message).hint(format!(
            "run `git push {name} {branch}` to go on with it there, or `git branch -D {branch}` to begin a new one"
        )))
    }

    /// Keeps a tip in mind, here and for later runs. That it can't be written down must not stop what is done.
    fn remember(&mut self, tip: Oid, genesis: &Genesis) {
        self.known = Some(tip);
        kill_point("tip-to-remember");
        if let Err(error) = (Seen { id: genesis.id.clone(), tip }).save(&self.state, &self.branch) {
            tracing::debug!("the ledger's tip is not remembered: {error}");
        }
        kill_point("tip-remembered");
        if let Place::Remote(remote) = &self.place {
            remote.keep(&self.git, tip);
            kill_point("tip-kept");
        }
    }

    /// Adds what may be added. Without events it makes the ledger, created then.
    fn commit(
        &mut self,
        batch: &[Append],
        brakes: &[BrakeEvent],
        created: Option<Timestamp>,
    ) -> Result<Vec<Appended>, StoreError> {
        let _lock = match self.place {
            Place::Local => {
                let lock = local::lock(&self.state)?;
                kill_point("locked");
                local::sync_writes(&mut self.git, &self.state)?;
                kill_point("synced-writes");
                Some(lock)
            }
            Place::Remote(_) => None,
        };
        if !self.is_swept {
            local::sweep(&self.git);
            self.is_swept = true;
        }
        let began = Instant::now();
        let mut in_vain = 0;
        // What another publisher may have pushed since is found out by the push: the lease names the tip.
        let mut is_fresh = self.known.is_none() || matches!(self.place, Place::Local);
        let mut tip = if is_fresh { self.tip()? } else { self.known };
        for round in 0.. {
            let mut judged = tree::judge(&self.git, tip, batch)?;
            judged.files.extend(tree::new_brakes(&self.git, tip, brakes)?);
            let is_beaten = judged.answers.contains(&Appended::Beaten);
            let is_nothing = judged.files.is_empty() && (tip.is_some() || created.is_none());
            if !is_fresh && (is_beaten || is_nothing) {
                (tip, is_fresh) = (self.tip()?, true);
                continue;
            }
            if is_nothing {
                return Ok(judged.answers);
            }
            if round > 0 && began.elapsed() > PATIENCE {
                break;
            }
            let begin = created.or(judged.files.first().map(|file| file.news.at()));
            kill_point("commit-to-build");
            let (commit, genesis) = self.build(tip, &judged.files, begin)?;
            kill_point("commit-built");
            let said = match self.advance(tip, commit)? {
                Moved::Done => {
                    kill_point("branch-moved");
                    self.remember(commit, &genesis);
                    return Ok(judged.answers);
                }
                Moved::NotDone(said) => said,
            };
            kill_point("branch-not-moved");
            // It may have arrived all the same: then its events are found at the tip, and each counts as written.
            let before = tip;
            (tip, is_fresh) = (self.tip()?, true);
            in_vain = if tip == before { in_vain + 1 } else { 0 };
            let most = match said {
                Pushed::Refused(_) => 1,
                Pushed::Lost(_) => LOST_PUSHES,
                Pushed::Unclear(_) | Pushed::Done => PUSHES,
            };
            if in_vain >= most {
                return Err(said.into_error(&self.branch));
            }
            thread::sleep(pause(round));
        }
        Err(StoreError::new(
            StoreProblem::Contended,
            format!("other publishers wrote to the ledger `{}` first, for {} seconds", self.branch, PATIENCE.as_secs()),
        )
        .hint("run again later, or with fewer publishers at once"))
    }

    fn build(
        &self,
        tip: Option<Oid>,
        files: &[tree::NewFile<'_>],
        begin: Option<Timestamp>,
    ) -> Result<(Oid, Genesis), StoreError> {
        let genesis = match tip {
            Some(tip) => read::genesis(&self.git, tip, &self.branch)?,
            None => Genesis { id: random_id()?, created: begin.unwrap_or(Timestamp::EPOCH) },
        };
        let news: Vec<News<'_>> = files.iter().map(|file| file.news).collect();
        let message = message::message(&news, tip.is_none());
        let author = author(&self.git)?;
        let commit = tree::build(&self.git, tip, &genesis, files, &message, &author)?;
        Ok((commit, genesis))
    }

    fn advance(&self, from: Option<Oid>, to: Oid) -> Result<Moved, StoreError> {
        match &self.place {
            Place::Local => local::advance(&self.git, &self.branch, from, to),
            Place::Remote(remote) => Ok(match remote.push(from, to).map_err(refused)? {
                Pushed::Done => Moved::Done,
                said => Moved::NotDone(said),
            }),
        }
    }
}

impl Store for GitStore {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        let Some(tip) = self.tip()? else { return Ok(Ledger::default()) };
        let old = self.snapshot.take().or_else(|| cache::load(&self.state, &self.branch));
        let mut snapshot = read::read(&self.git, tip, &self.branch, old)?;
        if snapshot.fresh > LAG + snapshot.ledger.deliveries.len() / 64 {
            match cache::save(&self.state, &self.branch, &snapshot) {
                Ok(()) => snapshot.fresh = 0,
                Err(error) => tracing::debug!("what was read of the ledger is not kept: {error}"),
            }
        }
        Ok(self.snapshot.insert(snapshot).ledger.clone())
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.commit(batch, &[], None)
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        match self.tip()? {
            Some(tip) => read::brakes(&self.git, tip),
            None => Ok(Vec::new()),
        }
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.commit(&[], events, None).map(|_| ())
    }
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// Returns whom commits are by: the user that git knows, or this program.
fn author(git: &Repository) -> Result<Signature<'static>, StoreError> {
    let author = git.signature().or_else(|_| Signature::now("Masthead", "masthead@localhost"));
    author.map_err(|error| git_problem("tell who writes to the ledger", &error))
}

fn random_id() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::new(StoreProblem::Refused, format!("can't get random numbers: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// How long to wait before the next round: more each time, and never in step with others.
fn pause(round: u32) -> Duration {
    let most = (20u64 << round.min(6)).min(1_000);
    let random = getrandom::u64().unwrap_or(u64::MAX / 2);
    Duration::from_millis(5 + random % most)
}

fn refused(error: WorkspaceError) -> StoreError {
    StoreError { problem: StoreProblem::Refused, message: error.message, hint: error.hint }
}

/// Makes an error of something that was done with git's objects and references.
fn git_problem(action: &str, error: &git2::Error) -> StoreError {
    let problem = match error.code() {
        ErrorCode::NotFound => StoreProblem::Damaged,
        _ => StoreProblem::Refused,
    };
    let WorkspaceError { message, hint } = super::git_error(action, error);
    StoreError { problem, message, hint }
}

fn io_problem(action: &str, path: &Path, error: &std::io::Error) -> StoreError {
    refused(WorkspaceError::io(action, path, error))
}

#[cfg(test)]
mod tests;
