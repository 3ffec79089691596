//! Changes that a page asks for, written to files of the workspace. None of them publishes anything: what is published is
//! what somebody commits, and others review.

use super::{desk::Desk, diff, watcher::Nudge};
use crate::{
    cli::{Failure, new_post::NewPost, time},
    config::Config,
    content::{self, Change},
    diag::Diagnostic,
    model::{AccountId, GroupId, Target},
    workspace::{self, Disk, Repo, Source as _, blob_id},
};
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};

/// What a page may ask for. Which fields there are follows from `do`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asked {
    r#do: String,
    post: Option<String>,
    digest: Option<String>,
    id: Option<String>,
    title: Option<String>,
    to: Option<Vec<String>>,
    date: Option<String>,
    draft: Option<bool>,
    text: Option<String>,
    branch: Option<String>,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Done {
    /// The file.
    pub(super) path: String,
    /// How it differs, as `diff` writes it.
    pub(super) diff: String,
    /// The post's page, if there is one.
    pub(super) page: Option<String>,
}

/// Makes changes, one after the other.
#[derive(Debug)]
pub(super) struct Editor {
    nudge: Mutex<Nudge>,
}

impl Editor {
    pub(super) fn new(nudge: Nudge) -> Self {
        Self { nudge: Mutex::new(nudge) }
    }

    /// Does what is asked for.
    pub(super) fn make(&self, desk: &Desk, asked: &Asked) -> Result<Done, Failure> {
        // What is compared with the file must still hold when it is written.
        let nudge = self.nudge.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match asked.r#do.as_str() {
            "date" | "draft" | "to" => edit(desk, asked),
            "new" => new(desk, asked),
            _ => Err(refuse("nothing is known by that name", "reload the page")),
        }?;
        nudge.changed(&done.path);
        Ok(done)
    }
}

fn edit(desk: &Desk, asked: &Asked) -> Result<Done, Failure> {
    let sight = desk.look();
    let rules = sight.rules().ok_or_else(|| refuse("the configuration can't be used", "mend `masthead.toml` first"))?;
    let post = asked.post.as_deref().ok_or_else(|| refuse("no post is named", "reload the page"))?;
    let (file, path) = sight.find(post).ok_or_else(|| {
        refuse(format!("there is no post `{}`", shown(post)), "reload the page: it may have been renamed or deleted")
    })?;
    let text = Disk::new(desk.root()).read(path).map_err(|problem| {
        Failure::doing(format!("`{path}` can't be read: {}", problem.message())).hint(problem.help())
    })?;
    if asked.digest.as_deref() != Some(blob_id(text.as_bytes()).as_str()) {
        return Err(refuse(
            format!("`{path}` has changed since this page was made, so nothing was written"),
            "look at what it says now, and do it again if you still want to",
        ));
    }
    let mut names: Vec<&str>;
    let change = match (asked.r#do.as_str(), &asked.date, asked.draft, &asked.to) {
        ("date", Some(date), None, None) => {
            // One that the clock skips or repeats is refused with both readings.
            time::moment(Some(date), rules.config.zone)?;
            Change::Date(date)
        }
        ("draft", None, Some(draft), None) => Change::Draft(draft),
        ("to", None, None, Some(to)) => {
            names = known_names(to, &rules.config)?;
            // What stays keeps its place, so that the line differs by what was chosen.
            let written = content::named(&text);
            names.sort_by_key(|name| written.iter().position(|other| other == name).unwrap_or(usize::MAX));
            Change::To(&names)
        }
        _ => return Err(refuse("what is to be changed is not said", "reload the page")),
    };
    let page = Some(crate::report::pages::post_path(&crate::model::PostId::new(post)));
    let edit = content::edit(&text, change)
        .map_err(|refused| Failure::doing(format!("`{path}`: {refused}")).hint(refused.hint))?;
    let Some(edit) = edit else { return Ok(Done { path: path.to_owned(), diff: String::new(), page }) };
    let edited = edit.apply(&text);
    let errors = |text: &str| {
        let (_, findings) = rules.parse(file, path, text);
        findings.iter().filter(|finding| finding.is_error()).map(told).collect::<Vec<_>>()
    };
    let before = errors(&text);
    if let Some(new) = errors(&edited).into_iter().find(|error| !before.contains(error)) {
        return Err(refuse(format!("`{path}` would have an error then: {new}"), "choose something else"));
    }
    if let Change::Date(date) = change {
        let at = time::moment(Some(date), rules.config.zone)?;
        let targets = rules.parse(file, path, &edited).0.map(|post| post.targets).unwrap_or_default();
        let goes = |target: &Target| target.when.as_ref().is_some_and(|when| when.value.at == at);
        if !targets.is_empty() && !targets.iter().any(goes) {
            return Err(refuse(
                format!("nothing would move: each account of `{path}` has a date of its own"),
                "change those in the file",
            ));
        }
    }
    workspace::write_file(&desk.root().join(path), edited.as_bytes()).map_err(Failure::from)?;
    Ok(Done { path: path.to_owned(), diff: diff::lines(path, &text, &edited), page })
}

fn told(finding: &Diagnostic) -> String {
    finding.message.to_string()
}

fn new(desk: &Desk, asked: &Asked) -> Result<Done, Failure> {
    let sight = desk.look();
    let rules = sight.rules().ok_or_else(|| refuse("the configuration can't be used", "mend `masthead.toml` first"))?;
    let config = &rules.config;
    let to: &[String] = asked.to.as_deref().unwrap_or_default();
    known_names(to, config)?;
    let (id, title) = (asked.id.as_deref().unwrap_or_default(), asked.title.as_deref());
    let new = NewPost {
        name: if id.trim().is_empty() { title.unwrap_or_default() } else { id },
        title,
        to,
        date: asked.date.as_deref().filter(|date| !date.is_empty()),
        text: asked.text.as_deref().unwrap_or_default(),
    };
    let now = time::now();
    let made = match asked.branch.as_deref().filter(|branch| !branch.is_empty()) {
        None => new.write(desk.root(), config, now)?,
        Some(branch) => {
            let repository = Repo::open(desk.root())?;
            let base = repository.publish_commit(&config.branch, config.ledger.remote.as_deref())?;
            let made = new.make(config, now, &|path| {
                base.read(path) == Err(workspace::FileProblem::Missing) && !desk.root().join(path).exists()
            })?;
            let message = format!("content: {}", made.id);
            repository.commit_file_on_new_branch(branch, base.id(), &made.path, made.text.as_bytes(), &message)?;
            made
        }
    };
    let is_here = asked.branch.as_deref().is_none_or(str::is_empty);
    let page = is_here.then(|| crate::report::pages::post_path(&crate::model::PostId::new(made.id.as_str())));
    Ok(Done { diff: diff::lines(&made.path, "", &made.text), path: made.path, page })
}

/// Makes sure that all of them name accounts or groups.
fn known_names<'a>(names: &'a [String], config: &Config) -> Result<Vec<&'a str>, Failure> {
    let is_known = |name: &str| {
        config.accounts.contains_key(&AccountId::new(name)) || config.groups.contains_key(&GroupId::new(name))
    };
    match names.iter().find(|name| !is_known(name)) {
        Some(name) => Err(refuse(
            format!("there is no account or group `{}`", shown(name)),
            "choose one of those of `masthead.toml`",
        )),
        None => Ok(names.iter().map(String::as_str).collect()),
    }
}

fn refuse(message: impl Into<String>, hint: &str) -> Failure {
    Failure::doing(message).hint(hint)
}

/// Cuts what somebody sent to what can be said.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}
