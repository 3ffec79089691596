use super::{
    super::program::{Program, Ran},
    StoreError, StoreProblem, reference,
    refusal::{hint, is_denied},
    refused,
};
use crate::workspace::WorkspaceError;
use git2::{Oid, Repository};
use std::time::Duration;

/// How long asking for the tip or pushing a few events may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a fetch may take, which the first time is the whole ledger.
const FETCH_TIMEOUT: Duration = Duration::from_secs(300);

/// A remote whose branch is shared by publishers.
#[derive(Debug)]
pub(super) struct Remote {
    program: Program,
    name: String,
    branch: String,
    reference: String,
    /// What is on the branch, for messages.
    what: &'static str,
}

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The remote said that it has it.
    Done,
    /// The branch was elsewhere than expected.
    Lost(String),
    /// The remote refuses it, whatever we do.
    Refused(String),
    /// Nobody said; it may have arrived.
    Unclear(String),
}

impl Remote {
    pub(super) fn new(git: &Repository, name: &str, branch: &str) -> Result<Self, StoreError> {
        if name.starts_with('-') || git.find_remote(name).is_err() {
            let message = format!("there is no git remote `{name}` for the ledger");
            return Err(StoreError::new(StoreProblem::Refused, message).hint(format!(
                "add it with `git remote add {name} URL`, or write `remote = false` in `[ledger]` to keep the ledger in \
                 this clone alone"
            )));
        }
        Ok(Self {
            program: Program::new(git, TIMEOUT),
            name: name.to_owned(),
            branch: branch.to_owned(),
            reference: reference(branch),
            what: "ledger",
        })
    }

    /// Says that something else than the ledger is on the branch.
    pub(super) fn holding(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    /// Allows git another time for each call.
    #[cfg(test)]
    pub(super) fn within(self, patience: Duration) -> Self {
        Self { program: self.program.within(patience), ..self }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Brings the tip of the branch and all its files here, and returns it. `complete` is a commit that is here whole.
    pub(super) fn fetch(&self, git: &Repository, complete: Option<Oid>) -> Result<Option<Oid>, StoreError> {
        let is_here = |tip: Oid| git.odb().is_ok_and(|odb| odb.refresh().is_ok() && odb.exists(tip));
        for _ in 0..5 {
            let Some(tip) = self.tip()? else { return Ok(None) };
            if complete == Some(tip) && is_here(tip) {
                return Ok(Some(tip));
            }
            let complete = complete.filter(|complete| is_here(*complete));
            let mut ran =
                self.fetch_objects(if git.is_shallow() && complete.is_none() { &["--depth=1"] } else { &[] })?;
            if ran.is_success() && is_here(tip) {
                if !is_partial(git) || self.is_whole(tip, complete)? {
                    return Ok(Some(tip));
                }
                // Git takes what a filter left out for what it has, so nothing less than fetching anew brings it.
                ran = self.fetch_objects(&["--refetch"])?;
                if ran.is_success() {
                    return Ok(Some(tip));
                }
            }
            if !ran.is_success() && self.tip()? == Some(tip) {
                return Err(self.unreachable(&format!("fetch the {} from", self.what), &ran));
            }
            // The branch moved between the two calls.
        }
        let message = format!("the {} on the remote `{}` moves faster than it can be fetched", self.what, self.name);
        Err(StoreError::new(StoreProblem::Contended, message).hint("run again later, or with fewer publishers at once"))
    }

    fn fetch_objects(&self, more: &[&str]) -> Result<Ran, StoreError> {
        // No destination and no map: no reference is written, so nothing that a killed writer left can block it.
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap="];
        arguments.extend(["--no-recurse-submodules", "--no-filter"]);
        arguments.extend(more);
        arguments.extend([self.name.as_str(), self.reference.as_str()]);
        self.program.clone().within(FETCH_TIMEOUT).run(&arguments).map_err(refused)
    }

    /// Tells whether a partial clone has all objects of a commit that a complete one has not.
    fn is_whole(&self, tip: Oid, complete: Option<Oid>) -> Result<bool, StoreError> {
        let (tip, complete) = (tip.to_string(), complete.map(|complete| format!("^{complete}")));
        let mut arguments = vec!["rev-list", "--objects", "--missing=print", tip.as_str()];
        arguments.extend(complete.as_deref());
        let ran = self.program.run(&arguments).map_err(refused)?;
        Ok(ran.is_success() && !ran.stdout.lines().any(|line| line.starts_with('?')))
    }

    /// Asks for the tip of the branch.
    fn tip(&self) -> Result<Option<Oid>, StoreError> {
        let ran =
            self.program.run(&["ls-remote", "--quiet", "--refs", &self.name, &self.reference]).map_err(refused)?;
        if !ran.is_success() {
            return Err(self.unreachable("reach", &ran));
        }
        parse_tip(&ran.stdout, &self.reference).map_err(|why| {
            StoreError::new(StoreProblem::Unreachable, format!("can't read what `{}` says: {why}", self.name))
        })
    }

    /// Moves the branch from the expected commit to a new one, which must be its child.
    pub(super) fn push(&self, from: Option<Oid>, to: Oid) -> Result<Pushed, WorkspaceError> {
        self.push_with(&[], from, to)
    }

    /// Asks whether the branch could be moved, without moving it.
    pub(super) fn try_push(&self, from: Option<Oid>, to: Oid) -> Result<Pushed, WorkspaceError> {
        self.push_with(&["--dry-run"], from, to)
    }

    fn push_with(&self, options: &[&str], from: Option<Oid>, to: Oid) -> Result<Pushed, WorkspaceError> {
        // Never `+` and never a lease without a commit: either would let us overwrite what we have not read.
        let expected = from.map(|from| from.to_string()).unwrap_or_default();
        let lease = format!("--force-with-lease={}:{expected}", self.reference);
        let refspec = format!("{to}:{}", self.reference);
        let mut arguments = vec!["push", "--porcelain", "--no-verify", "--recurse-submodules=no"];
        arguments.extend(options);
        arguments.extend([lease.as_str(), self.name.as_str(), refspec.as_str()]);
        Ok(parse_push(&self.program.run(&arguments)?, &self.reference))
    }

    /// Keeps what was fetched from being thrown away by git's own cleaning, and the next fetch short. It is no truth, so
    /// that it can't be written does not matter.
    pub(super) fn keep(&self, git: &Repository, tip: Oid) {
        let name = format!("refs/masthead/{}", self.branch);
        if let Err(error) = git.reference(&name, tip, true, "masthead") {
            tracing::debug!("`{name}` is not moved: {error}");
        }
    }

    fn unreachable(&self, action: &str, ran: &Ran) -> StoreError {
        let complaint = ran.complaint();
        let problem = if is_denied(&ran.stderr) { StoreProblem::Refused } else { StoreProblem::Unreachable };
        StoreError::new(problem, format!("can't {action} the remote `{}`: {complaint}", self.name))
            .hint(hint(problem, &complaint))
    }
}

impl Pushed {
    /// Makes an error of a push that changed nothing.
    pub(super) fn into_error(self, branch: &str) -> StoreError {
        self.into_error_of("ledger", branch)
    }

    /// Makes an error of a push to a branch of another kind.
    pub(super) fn into_error_of(self, what: &str, branch: &str) -> StoreError {
        let (problem, why) = match self {
            Self::Refused(why) => (StoreProblem::Refused, why),
            Self::Lost(why) => (StoreProblem::Contended, why),
            Self::Unclear(why) => (StoreProblem::Unreachable, why),
            Self::Done => (StoreProblem::Contended, "it went missing".to_owned()),
        };
        let hint = hint(problem, &why);
        StoreError::new(problem, format!("can't write to the {what} `{branch}`: {why}")).hint(hint)
    }
}

/// Returns whether a clone was made with a filter, so that objects may be missing.
fn is_partial(git: &Repository) -> bool {
    let Ok(config) = git.config() else { return false };
    config.get_string("extensions.partialclone").is_ok()
        || config.entries(Some("remote\\..*\\.promisor")).is_ok_and(|mut entries| entries.next().is_some())
}

/// Reads the answer of `git ls-remote`.
fn parse_tip(stdout: &str, reference: &str) -> Result<Option<Oid>, String> {
    // It lists every reference that ends so, as `refs/heads/x/refs/heads/ledger`.
    let tip = stdout.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == reference);
    tip.map(|(id, _)| Oid::from_str(id).map_err(|error| error.message().to_owned())).transpose()
}

/// Reads the answer of `git push --porcelain`: done or not only if it says so.
fn parse_push(ran: &Ran, reference: &str) -> Pushed {
    for line in ran.stdout.lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(flag), Some(refspec), Some(summary)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        if refspec.rsplit(':').next() != Some(reference) {
            continue;
        }
        return match flag {
            " " | "*" | "=" => Pushed::Done,
            "!" if summary.contains("[remote failure]") => Pushed::Unclear(summary.to_owned()),
            "!" if is_race(summary) => Pushed::Lost(summary.to_owned()),
            "!" => Pushed::Refused(refusal(ran, summary)),
            // `+` would be a forced update, which we never ask for.
            _ => Pushed::Unclear(summary.to_owned()),
        };
    }
    if is_denied(&ran.stderr) { Pushed::Refused(ran.complaint()) } else { Pushed::Unclear(ran.complaint()) }
}

/// Returns whether a rejection says that somebody else was first.
fn is_race(summary: &str) -> bool {
    let words = ["stale info", "fetch first", "non-fast-forward", "failed to update ref", "cannot lock ref"];
    let more = ["failed to lock", "reference already exists", "incorrect old value", "atomic transaction failed"];
    words.iter().chain(&more).any(|word| summary.contains(word))
}

/// Puts what the remote's hooks and rules said to the bare rejection.
fn refusal(ran: &Ran, summary: &str) -> String {
    let said: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim).collect();
    let said: Vec<&str> = said.into_iter().filter(|line| !line.is_empty()).take(3).collect();
    let text = if said.is_empty() { summary.to_owned() } else { format!("{summary}: {}", said.join("; ")) };
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "refs/heads/masthead-ledger";

    #[track_caller]
    fn check(stdout: &str, stderr: &str, expect: Pushed) {
        let ran = Ran { code: Some(1), stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        assert_eq!(parse_push(&ran, REFERENCE), expect);
    }

    fn line(flag: &str, summary: &str) -> String {
        format!("To file:///tmp/x\n{flag}\t0a1b:{REFERENCE}\t{summary}\nDone\n")
    }

    #[test]
    fn only_a_line_that_says_so_is_done() {
        check(&line(" ", "0a1b..2c3d"), "", Pushed::Done);
        check(&line("*", "[new branch]"), "", Pushed::Done);
        check(&line("=", "[up to date]"), "", Pushed::Done);
        check(&line("+", "0a1b...2c3d (forced update)"), "", Pushed::Unclear("0a1b...2c3d (forced update)".to_owned()));
        check("To file:///tmp/x\n \t0a1b:refs/heads/other\tx\n", "", Pushed::Unclear("it gave no reason".to_owned()));
        check("", "fatal: the remote end hung up", Pushed::Unclear("the remote end hung up".to_owned()));
    }

    #[test]
    fn races_are_told_from_refusals() {
        for reason in
            ["[rejected] (stale info)", "[rejected] (fetch first)", "[remote rejected] (failed to update ref)"]
        {
            check(&line("!", reason), "", Pushed::Lost(reason.to_owned()));
        }
        let reason = "[remote rejected] (protected branch hook declined)";
        check(&line("!", reason), "", Pushed::Refused(reason.to_owned()));
        check(
            &line("!", reason),
            "remote: error: GH006\nremote:\nremote: Changes must be made through a pull request.\n",
            Pushed::Refused(format!("{reason}: error: GH006; Changes must be made through a pull request.")),
        );
    }

    #[test]
    fn a_remote_that_fails_to_report_leaves_it_unclear() {
        let reason = "[remote failure] (remote failed to report status)";
        check(&line("!", reason), "", Pushed::Unclear(reason.to_owned()));
    }

    #[test]
    fn those_who_may_not_push_are_refused_at_once() {
        let stderr = "fatal: could not read Username for 'https://git.example': terminal prompts disabled\n";
        let why = "could not read Username for 'https://git.example': terminal prompts disabled";
        check("", stderr, Pushed::Refused(why.to_owned()));
    }

    #[test]
    fn the_tip_is_that_of_the_very_branch() {
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        let tip = |text: &str| parse_tip(text, REFERENCE);
        assert_eq!(tip(""), Ok(None));
        assert_eq!(tip(&format!("{id}\trefs/heads/x/{REFERENCE}\n")), Ok(None));
        let both = format!("{}\trefs/heads/x/{REFERENCE}\n{id}\t{REFERENCE}\n", "0".repeat(40));
        assert_eq!(tip(&both), Ok(Some(Oid::from_str(id).expect("an id"))));
        assert!(tip(&format!("zz\t{REFERENCE}\n")).is_err());
    }
}
