use super::{
    Failure, Ui,
    hosting::Hosting,
    load::{Reading, folders_of, place, usable},
    only::Only,
    reach::{braked, freezes, meets_here},
    vault,
    web_media::WebMedia,
};
use crate::{
    check,
    config::{Config, LedgerSettings},
    diag::{Diagnostic, FileId},
    engine::{self, HostError, MediaHost, Probes, SystemSecrets},
    ledger::{Brake, DeliveryKey, Event, Ledger, Store as _},
    model::{AccountId, FREEZE_FILE, Freeze, MediaLibrary as _, Post, PostId, Timestamp},
    network::Limits,
    plan::{self, Access, Desired, Plan, Policy},
    report,
    workspace::{self, Braked, Commit, FileProblem, GitStore, Repo, Source as _},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Where the tip of the publish branch is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tip {
    /// The local branch, or else the remote's as last fetched.
    Here,
    /// The remote's, fetched now: that of the ledger or else the branch's upstream. Where there is neither, the local one.
    Remote,
}

/// The publish branch's commit, with its posts parsed and checked.
pub(super) struct Committed {
    pub(super) root: PathBuf,
    /// Where the person is, from the root.
    here: String,
    pub(super) config: Config,
    /// The posts by path, in order.
    pub(super) posts: Vec<(String, Post)>,
    /// The full id of the commit.
    pub(super) commit: String,
    repository: Repo,
    snapshot: Commit,
    templates: BTreeMap<String, String>,
    invalid: BTreeSet<FileId>,
    limits: BTreeMap<AccountId, Limits>,
    web_media: WebMedia,
    host: Hosting,
}

impl Committed {
    /// Loads the publish branch of the workspace that a folder is in.
    pub(super) fn load(start: &Path, ui: &Ui) -> Result<Self, Failure> {
        Self::load_from(Tip::Here, start, ui)
    }

    /// Loads the publish branch from where it is said to be.
    pub(super) fn load_from(tip: Tip, start: &Path, ui: &Ui) -> Result<Self, Failure> {
        let (root, Config { branch, ledger: LedgerSettings { remote, .. }, .. }) = place(start, ui)?;
        let repository = Repo::open(&root)?;
        let followed = match tip {
            Tip::Here => None,
            Tip::Remote => remote.clone().or_else(|| repository.upstream_remote(&branch)),
        };
        let snapshot = match followed {
            Some(followed) => repository.follow(&followed, &branch)?,
            None => repository.publish_commit(&branch, remote.as_deref())?,
        };
        let reading = Reading::open(&snapshot, ui)?;
        usable(&reading, ui)?;
        let limits = Probes::new(&repository.state_folder()).limits(&reading.config);
        let cx = check::Context {
            config: &reading.config,
            limits: &limits,
            media: reading.source,
            now: super::time::now(),
            published: None,
            fresh: false,
        };
        let misled = reading.misled();
        let checked = reading.each(|read| {
            let (path, file) = (read.path.to_owned(), read.file);
            let (findings, post) = read.check(&cx);
            let inherits_errors = folders_of(&path).any(|folder| misled.contains(folder));
            let has_errors = inherits_errors || findings.iter().any(Diagnostic::is_error);
            (path, post, has_errors, file)
        });
        let mut across = check::Across::new();
        let mut posts = Vec::new();
        let mut invalid = BTreeSet::new();
        for (path, post, has_errors, file) in checked {
            if has_errors {
                invalid.insert(file);
            }
            if let Some(post) = post {
                across.add(check::Summary::of(&post));
                posts.push((path, post));
            }
        }
        for finding in check::apply_levels(across.finish(), &[], &reading.config.check.levels) {
            if finding.is_error() {
                invalid.insert(finding.primary.span.file);
                invalid.extend(finding.others.iter().map(|other| other.span.file));
            }
        }
        let mut templates = BTreeMap::new();
        for path in &reading.listing.templates {
            let text = reading.source.read(path).map_err(|problem| {
                Failure::usage(format!("failed to read the template `{path}`: {}", problem.message()))
                    .hint(problem.help())
            })?;
            templates.insert(path.clone(), text);
        }
        let mut config = reading.config;
        meets_here(&mut config, &repository);
        let commit = snapshot.id().to_owned();
        let web_media = WebMedia::new(&config, Some(&repository.state_folder()));
        let here = place_below(&root, start);
        Ok(Self {
            root,
            here,
            config,
            posts,
            commit,
            repository,
            snapshot,
            templates,
            invalid,
            limits,
            web_media,
            host: Hosting::default(),
        })
    }

    /// Opens the ledger, with the brakes of the publish branch.
    pub(super) fn store(&self) -> Result<Box<Braked>, Failure> {
        braked(&self.repository, &self.config).map(Box::new)
    }

    /// Opens the ledger alone: for what no brake stops.
    pub(super) fn ledger_alone(&self) -> Result<Box<GitStore>, Failure> {
        GitStore::open(&self.repository, &self.config.ledger).map(Box::new).map_err(super::ledger_failure)
    }

    /// Returns where secrets are found, the vault's among them.
    pub(super) fn secrets(&self) -> Result<SystemSecrets, Failure> {
        vault::secrets(&self.root, &self.repository, &self.config)
    }

    /// Returns the public place of media, opened once.
    pub(super) fn public_place(&self) -> Result<&dyn MediaHost, HostError> {
        self.host.open(&self.config, &self.root, || vault::secrets(&self.root, &self.repository, &self.config))
    }

    /// Finds out what is known of the ways into accounts.
    pub(super) fn access(&self, use_: vault::Use, ui: &Ui) -> Access {
        vault::access(&self.root, &self.repository, &self.config, use_, ui)
    }

    /// Reads the ledger.
    pub(super) fn ledger(&self) -> Result<Ledger, Failure> {
        self.open_ledger().map(|(ledger, _)| ledger)
    }

    /// Reads the ledger, and returns the store that it was read from, too.
    pub(super) fn open_ledger(&self) -> Result<(Ledger, Box<Braked>), Failure> {
        let mut store = self.store()?;
        Ok((store.read().map_err(super::ledger_failure)?, store))
    }

    /// Reads the events of the deliveries that are meant, oldest first, after the ledger was read from the same store.
    pub(super) fn history(store: &Braked, meant: &dyn Fn(&DeliveryKey) -> bool) -> Result<Vec<Event>, Failure> {
        let mut events = store.history(meant).map_err(super::ledger_failure)?;
        report::in_time(&mut events);
        Ok(events)
    }

    /// Reads the ledger as this clone knows it, without asking a remote.
    pub(super) fn known_ledger(&self) -> Result<Ledger, Failure> {
        let store = GitStore::open(&self.repository, &self.config.ledger).map_err(super::ledger_failure)?;
        let mut ledger = match (store.read_known(), &self.config.ledger.remote) {
            (Some(ledger), _) => ledger,
            (None, None) => Ledger::default(),
            (None, Some(remote)) => {
                return Err(Failure::doing(format!("this clone has not read the ledger on `{remote}` yet"))
                    .hint("run it once without `--offline`"));
            }
        };
        match self.snapshot.read(FREEZE_FILE) {
            Err(FileProblem::Missing) => {}
            file => ledger.brakes.extend(freezes(file.as_deref(), &self.config).into_iter().map(Brake::of_file)),
        }
        Ok(ledger)
    }

    /// Returns what the posts want, one for each post and account.
    pub(super) fn desired(&self) -> Vec<Desired> {
        let posts: Vec<(&str, &Post)> = self.posts.iter().map(|(path, post)| (path.as_str(), post)).collect();
        let invalid = |post: &Post| self.invalid.contains(&post.file);
        plan::desire(&posts, &self.config, &self.limits, &self.snapshot, &invalid)
    }

    /// Plans.
    pub(super) fn plan(&self, ledger: &Ledger, now: Timestamp, only: &Only) -> Result<Plan, Failure> {
        let chosen = only.choose(self, ledger)?;
        let freezes: Vec<Freeze> = ledger.freezes().cloned().collect();
        let policy = Policy::new(&self.config, &freezes);
        let mut plan = plan::plan(self.desired(), ledger, &policy, now, Some(self.commit.clone()));
        plan.rows.retain(|row| chosen.includes(row.post.as_str(), &row.account));
        Ok(plan)
    }

    /// Returns the repository.
    pub(super) fn repository(&self) -> &Repo {
        &self.repository
    }

    /// Finds the post that a person means: by its id, or by its file as seen from the root or from where they are.
    pub(super) fn find(&self, name: &str, ledger: &Ledger) -> Option<PostId> {
        let below = |folder: &str| lexical_path(folder, name);
        let paths = [below(""), below(&self.here)];
        let is_meant = |(path, post): &&(String, Post)| {
            post.id.value.as_str() == name || paths.iter().flatten().any(|meant| meant == path)
        };
        if let Some((_, post)) = self.posts.iter().find(is_meant) {
            return Some(post.id.value.clone());
        }
        ledger.deliveries.keys().find(|key| key.post.as_str() == name).map(|key| key.post.clone())
    }

    /// Returns the commit's files, for media.
    pub(super) fn snapshot(&self) -> &Commit {
        &self.snapshot
    }

    /// Returns what posts name by web address.
    pub(super) fn web_media(&self) -> &WebMedia {
        &self.web_media
    }

    /// Returns an image or video of the commit as anybody may see it: upright, without where and by whom it was made.
    pub(super) fn public_media(&self, path: &str) -> Result<Vec<u8>, String> {
        let unreadable = |_| "it can't be read from the commit".to_owned();
        let info = self.snapshot.look(path).map_err(unreadable)?;
        engine::public_copy(self.snapshot.bytes(path).map_err(unreadable)?, info.kind)
    }

    /// Returns the workspace's templates, by path.
    pub(super) fn templates(&self) -> &BTreeMap<String, String> {
        &self.templates
    }

    /// Says so if posts on disk are not what is published from.
    pub(super) fn mention_uncommitted(&self, ui: &Ui) {
        let matters = |path: &String| {
            let top = path.split('/').next().unwrap_or_default();
            matches!(top, workspace::CONTENT | workspace::TEMPLATES | workspace::CONFIG | FREEZE_FILE)
        };
        let changes = self.repository.uncommitted().unwrap_or_default();
        if changes.changed.iter().chain(&changes.removed).any(matters) {
            ui.hint(&format!(
                "some files on disk are not committed; only the branch `{}` is published",
                self.config.branch
            ));
        }
        let errors = self.invalid.len();
        if errors > 0 {
            let what = report::words::count(errors, "file on the branch has errors", "files on the branch have errors");
            ui.warning(&format!("{what}; `masthead check` shows them"));
        }
    }
}

/// Returns a folder's path from the root, empty for the root itself and for what lies elsewhere.
fn place_below(root: &Path, folder: &Path) -> String {
    let (Ok(root), Ok(folder)) = (root.canonicalize(), folder.canonicalize()) else { return String::new() };
    let steps = folder.strip_prefix(&root).ok().and_then(|below| below.iter().map(|step| step.to_str()).collect());
    steps.map_or_else(String::new, |steps: Vec<&str>| steps.join("/"))
}

/// Reads a path as written from a folder, both from the root; none if it leads out of the root.
fn lexical_path(folder: &str, path: &str) -> Option<String> {
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(path.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folder: &str, path: &str, expect: Option<&str>) {
        assert_eq!(lexical_path(folder, path).as_deref(), expect);
    }

    #[test]
    fn a_path_is_read_from_where_one_is() {
        check("", "content/a.md", Some("content/a.md"));
        check("content", "a.md", Some("content/a.md"));
        check("content/2026", "../a.md", Some("content/a.md"));
        check("content", "./2026//a.md", Some("content/2026/a.md"));
        check("content", "../../a.md", None);
    }
}
