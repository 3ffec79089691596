use super::{
    Commit, Repo, WorkspaceError, git_error,
    program::{Program, Ran},
};
use git2::ErrorCode;
use std::time::Duration;

/// How long a fetch may take, which the first time may be much.
const TIMEOUT: Duration = Duration::from_secs(300);

impl Repo {
    /// Returns the remote that git has for a branch, as `git push -u` or `git clone` wrote it down.
    pub fn upstream_remote(&self, branch: &str) -> Option<String> {
        let name = self.git.branch_upstream_remote(&format!("refs/heads/{branch}")).ok()?;
        name.as_str().ok().filter(|name| *name != ".").map(str::to_owned)
    }

    /// Fetches a branch of a remote and returns its tip. Only the remote-tracking reference is moved: no local branch, and
    /// nothing that is checked out. What of the local branch was never pushed is not looked at.
    pub fn follow(&self, remote: &str, branch: &str) -> Result<Commit, WorkspaceError> {
        if remote.starts_with('-') || self.git.find_remote(remote).is_err() {
            return Err(WorkspaceError::new(format!("there is no git remote `{remote}` to fetch from")).hint(format!(
                "add it with `git remote add {remote} URL`, or write `remote = false` in `[ledger]` to publish from this clone alone"
            )));
        }
        let tracking = format!("refs/remotes/{remote}/{branch}");
        let refspec = format!("+refs/heads/{branch}:{tracking}");
        let mut ran = self.fetch(remote, &refspec)?;
        if !ran.is_success() && is_race(&ran) {
            // Somebody else, such as a person's `git pull`, moved the same reference.
            ran = self.fetch(remote, &refspec)?;
        }
        if !ran.is_success() {
            return Err(failure(remote, branch, &ran));
        }
        let reference = self.git.find_reference(&tracking).and_then(|reference| reference.peel_to_commit());
        let commit = reference.map_err(|error| match error.code() {
            ErrorCode::NotFound => WorkspaceError::new(format!("the branch `{branch}` of `{remote}` is gone again")),
            _ => git_error(&format!("read the commit of the branch `{branch}` of `{remote}`"), &error),
        })?;
        self.snapshot(commit.id())
    }

    fn fetch(&self, remote: &str, refspec: &str) -> Result<Ran, WorkspaceError> {
        let options =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-recurse-submodules"];
        Program::new(&self.git, TIMEOUT).run(&[&options[..], &[remote, refspec]].concat())
    }
}

fn is_race(ran: &Ran) -> bool {
    ["cannot lock ref", "unable to update local ref", "incorrect old value"]
        .iter()
        .any(|words| ran.stderr.contains(words))
}

fn failure(remote: &str, branch: &str, ran: &Ran) -> WorkspaceError {
    let complaint = ran.complaint();
    if complaint.contains("couldn't find remote ref") {
        return WorkspaceError::new(format!("the remote `{remote}` has no branch `{branch}` to publish from"))
            .hint(format!("push it with `git push {remote} {branch}`, or name another in `branch` of `[workspace]`"));
    }
    WorkspaceError::new(format!("can't fetch `{branch}` from the remote `{remote}`: {complaint}"))
        .hint("check the network, the remote's address, and that git may read there without asking")
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};

    /// Makes a remote with one commit, and a clone that knows it as `origin`.
    fn pair() -> (Sandbox, Sandbox, String) {
        let origin = Sandbox::new();
        let first = origin.commit("first");
        let clone = Sandbox::new();
        clone.git(&["remote", "add", "origin", origin.path().to_str().expect("a path")]);
        clone.git(&["fetch", "--quiet", "origin"]);
        clone.git(&["reset", "--quiet", "--hard", "origin/main"]);
        (origin, clone, first)
    }

    #[track_caller]
    fn check(clone: &Sandbox, expect: &str) {
        let repo = Repo::open(clone.path()).expect("a repository");
        assert_eq!(repo.follow("origin", "main").expect("a commit").id(), expect);
    }

    #[test]
    fn the_remote_is_followed_and_nothing_local_is_moved() {
        let (origin, clone, first) = pair();
        check(&clone, &first);
        let second = origin.commit("second");
        check(&clone, &second);
        assert_eq!(clone.git(&["rev-parse", "main", "HEAD"]), format!("{first}\n{first}"));
        assert_eq!(clone.git(&["rev-parse", "origin/main"]), second);
        assert!(!clone.path().join(".git/FETCH_HEAD.lock").exists());
    }

    #[test]
    fn what_was_never_pushed_is_not_looked_at() {
        let (_origin, clone, first) = pair();
        clone.commit("own");
        check(&clone, &first);
    }

    #[test]
    fn a_branch_that_was_rewritten_is_followed_too() {
        let (origin, clone, first) = pair();
        origin.commit("second");
        check(&clone, &origin.git(&["rev-parse", "main"]));
        origin.git(&["reset", "--quiet", "--hard", &first]);
        check(&clone, &first);
    }

    #[test]
    fn a_clone_without_a_working_tree_follows() {
        let (origin, _clone, _) = pair();
        let bare = Sandbox::bare();
        bare.git(&["remote", "add", "--mirror=fetch", "origin", origin.path().to_str().expect("a path")]);
        let second = origin.commit("second");
        check(&bare, &second);
    }

    #[test]
    fn what_can_not_be_fetched_says_why() {
        let (origin, clone, _) = pair();
        let repo = Repo::open(clone.path()).expect("a repository");
        let error = repo.follow("origin", "production").expect_err("no such branch");
        assert_eq!(error.message, "the remote `origin` has no branch `production` to publish from");
        let error = repo.follow("upstream", "main").expect_err("no such remote");
        assert_eq!(error.message, "there is no git remote `upstream` to fetch from");
        drop(origin);
        let error = repo.follow("origin", "main").expect_err("it is gone");
        assert!(
            error.message.starts_with("can't fetch `main` from the remote `origin`: ") && error.hint.is_some(),
            "{error}"
        );
    }

    #[test]
    fn the_upstream_is_what_git_wrote_down() {
        let (_origin, clone, _) = pair();
        let upstream = || Repo::open(clone.path()).expect("a repository").upstream_remote("main");
        assert_eq!(upstream(), None);
        clone.git(&["branch", "--quiet", "--set-upstream-to=origin/main", "main"]);
        assert_eq!(upstream().as_deref(), Some("origin"));
        clone.git(&["checkout", "--quiet", "-b", "other"]);
        clone.git(&["branch", "--quiet", "--set-upstream-to=main", "other"]);
        assert_eq!(Repo::open(clone.path()).expect("a repository").upstream_remote("other"), None);
    }
}
