//! Reaching a workspace and its ledger without reading the posts.

use super::{Failure, Ui, load::Reading};
use crate::{
    config::Config,
    content,
    diag::FileId,
    model::Freeze,
    workspace::{self, Braked, Disk, FileProblem, Repo},
};
use std::path::Path;

/// A workspace's repository and configuration, reached even where that or posts have mistakes: the brakes must work then.
pub(super) struct Reached {
    pub(super) config: Config,
    pub(super) repository: Repo,
}

/// Opens the bare repository that a folder is in, if the nearest one is bare: a workspace further up is not its own.
pub(super) fn bare(start: &Path) -> Option<Repo> {
    Repo::open(start).ok().filter(Repo::is_bare)
}

/// Reaches a workspace by its configuration on disk, or else by that of the commit that is checked out.
pub(super) fn reach(start: &Path, ui: &Ui) -> Result<Reached, Failure> {
    if let Some(repository) = bare(start) {
        let commit = repository.commit_at("HEAD")?;
        let mut config = Reading::open(&commit, ui)?.config;
        meets_here(&mut config, &repository);
        return Ok(Reached { config, repository });
    }
    let root = workspace::find_root(start)?;
    let repository = Repo::open(&root)?;
    let disk = Disk::new(&root);
    let on_disk = Reading::open(&disk, ui);
    let has_errors = |reading: &Reading<'_>| {
        reading.findings.iter().any(|found| found.is_error() && found.primary.span.file == reading.config.file)
    };
    let on_disk = match on_disk {
        Ok(reading) if !has_errors(&reading) => return Ok(Reached { config: reading.config, repository }),
        on_disk => on_disk.map(|reading| reading.config),
    };
    let commit = repository.commit_at("HEAD").ok();
    let committed = commit.as_ref().and_then(|commit| Reading::open(commit, ui).ok()).map(|reading| reading.config);
    let config = match committed {
        Some(config) => config,
        None => on_disk?,
    };
    ui.warning(&format!(
        "`{}` has errors; it is taken as it is committed, or else as far as it goes",
        workspace::CONFIG
    ));
    Ok(Reached { config, repository })
}

impl Reached {
    /// Says where the ledger is.
    pub(super) fn place(&self) -> String {
        match &self.config.ledger.remote {
            Some(remote) => format!("on the remote `{remote}`"),
            None => "in this repository".to_owned(),
        }
    }
}

/// A bare repository without any remote is where others meet: what they call the remote's ledger is its own branch.
pub(super) fn meets_here(config: &mut Config, repository: &Repo) {
    if repository.is_bare() && repository.remotes().is_empty() {
        config.ledger.remote = None;
    }
}

/// Opens a workspace's ledger, with the brakes of its publish branch.
pub(super) fn braked(repository: &Repo, config: &Config) -> Result<Braked, Failure> {
    let own = config.clone();
    let read = move |file: Result<&str, &FileProblem>| freezes(file, &own);
    Braked::open(repository, &config.ledger, &config.branch, Box::new(read)).map_err(super::ledger_failure)
}

/// Returns what a `freeze.toml` stops. Nobody is shown where its mistakes are; `check` does that.
pub(super) fn freezes(file: Result<&str, &FileProblem>, config: &Config) -> Vec<Freeze> {
    match file {
        Ok(text) => content::parse_freeze(FileId(0), text, config).0,
        Err(problem) => vec![content::unreadable_freeze(&problem.message())],
    }
}
