use super::{Commit, Repo, WorkspaceError, git_error};
use git2::{BranchType, ErrorCode, Oid};

impl Repo {
    /// Finds the tip of the publish branch: the local branch, or else the remote's as last fetched. Which commit is
    /// checked out does not matter.
    pub fn publish_commit(&self, branch: &str, remote: Option<&str>) -> Result<Commit, WorkspaceError> {
        let tracking = remote.map(|remote| format!("refs/remotes/{remote}/{branch}"));
        for name in [Some(format!("refs/heads/{branch}")), tracking].into_iter().flatten() {
            match self.git.find_reference(&name) {
                Ok(reference) => {
                    let commit = reference
                        .peel_to_commit()
                        .map_err(|error| git_error(&format!("read the commit of the branch `{branch}`"), &error))?;
                    return self.snapshot(commit.id());
                }
                Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {}
                Err(error) => return Err(git_error(&format!("find the branch `{branch}`"), &error)),
            }
        }
        Err(self.no_branch(branch))
    }

    /// Finds a commit by any name that git knows, as `HEAD` or `v1`.
    pub fn commit_at(&self, name: &str) -> Result<Commit, WorkspaceError> {
        self.snapshot(self.resolve(name)?)
    }

    /// Returns the name of the branch that is checked out, also before its first commit; none if none is.
    pub fn current_branch(&self) -> Option<String> {
        let head = self.git.find_reference("HEAD").ok()?;
        let target = head.symbolic_target().ok()??;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }

    pub(super) fn resolve(&self, name: &str) -> Result<Oid, WorkspaceError> {
        let object = self.git.revparse_single(name).map_err(|error| match error.code() {
            ErrorCode::NotFound if self.git.is_empty().unwrap_or(false) => no_commit(),
            ErrorCode::NotFound | ErrorCode::InvalidSpec | ErrorCode::Ambiguous => {
                WorkspaceError::new(format!("git knows no single commit `{name}`"))
                    .hint("name a branch, a tag or a commit; a shallow clone has few of them")
            }
            _ => git_error(&format!("find the commit `{name}`"), &error),
        })?;
        let commit = object.peel_to_commit();
        commit.map(|commit| commit.id()).map_err(|_| {
            WorkspaceError::new(format!("`{name}` is not a commit")).hint("name a branch, a tag or a commit")
        })
    }

    fn no_branch(&self, branch: &str) -> WorkspaceError {
        let is_unborn = self.git.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch);
        let names = self.branches();
        if names.is_empty() && is_unborn {
            return no_commit();
        }
        let error = WorkspaceError::new(format!("there is no branch `{branch}` to publish from"));
        if names.is_empty() {
            return error
                .hint(format!("make it with `git branch {branch}`, or name another in `branch` of `[workspace]`"));
        }
        let near = crate::diag::did_you_mean(branch, names.iter().map(String::as_str));
        error.hint(match near {
            Some(near) => format!("did you mean `{near}`? Name it in `branch` of `[workspace]`"),
            None => {
                let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
                let more = if names.len() > 5 { ", …" } else { "" };
                format!("name one that exists in `branch` of `[workspace]`: {}{more}", shown.join(", "))
            }
        })
    }

    /// Returns the names of the local branches, sorted.
    fn branches(&self) -> Vec<String> {
        let Ok(branches) = self.git.branches(Some(BranchType::Local)) else { return Vec::new() };
        let mut names: Vec<String> =
            branches.filter_map(|branch| Some(branch.ok()?.0.name().ok()??.to_owned())).collect();
        names.sort_unstable();
        names
    }
}

fn no_commit() -> WorkspaceError {
    WorkspaceError::new("the repository has no commit yet")
        .hint("commit your posts: only what is committed is ever published")
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};

    #[track_caller]
    fn check_error(sandbox: &Sandbox, branch: &str, message: &str, hint: &str) {
        let repo = Repo::open(sandbox.path()).expect("a repository");
        let error = repo.publish_commit(branch, Some("origin")).expect_err("no commit");
        assert_eq!((error.message.as_str(), error.hint.as_deref()), (message, Some(hint)));
    }

    #[track_caller]
    fn check(sandbox: &Sandbox, branch: &str, expect: &str) {
        let repo = Repo::open(sandbox.path()).expect("a repository");
        assert_eq!(repo.publish_commit(branch, Some("origin")).expect("a commit").id(), expect);
    }

    #[test]
    fn the_local_branch_is_meant_whatever_is_checked_out() {
        let sandbox = Sandbox::new();
        let first = sandbox.commit("first");
        sandbox.git(&["checkout", "--quiet", "-b", "draft"]);
        sandbox.commit("second");
        check(&sandbox, "main", &first);
        sandbox.git(&["checkout", "--quiet", "--detach"]);
        check(&sandbox, "main", &first);
    }

    #[test]
    fn the_branch_of_the_remote_is_meant_where_there_is_no_local_one() {
        let origin = Sandbox::new();
        let first = origin.commit("first");
        let sandbox = Sandbox::new();
        sandbox.git(&["remote", "add", "origin", origin.path().to_str().expect("a path")]);
        sandbox.git(&["fetch", "--quiet", "origin"]);
        check(&sandbox, "main", &first);
        let own = sandbox.commit("own");
        check(&sandbox, "main", &own);
    }

    #[test]
    fn a_missing_branch_names_those_that_exist() {
        let sandbox = Sandbox::new();
        sandbox.commit("first");
        let message = "there is no branch `mian` to publish from";
        check_error(&sandbox, "mian", message, "did you mean `main`? Name it in `branch` of `[workspace]`");
        let message = "there is no branch `production` to publish from";
        check_error(&sandbox, "production", message, "name one that exists in `branch` of `[workspace]`: `main`");
        let message = "there is no branch `not..valid` to publish from";
        check_error(&sandbox, "not..valid", message, "name one that exists in `branch` of `[workspace]`: `main`");
    }

    #[test]
    fn a_repository_without_commits_says_so() {
        let hint = "commit your posts: only what is committed is ever published";
        check_error(&Sandbox::new(), "main", "the repository has no commit yet", hint);
        check_error(&Sandbox::bare(), "main", "the repository has no commit yet", hint);
    }

    #[test]
    fn commits_are_found_by_name() {
        let sandbox = Sandbox::new();
        let first = sandbox.commit("first");
        sandbox.git(&["tag", "v1"]);
        let repo = Repo::open(sandbox.path()).expect("a repository");
        assert_eq!(repo.commit_at("v1").expect("a commit").id(), first);
        assert_eq!(repo.commit_at("v2").expect_err("none").message, "git knows no single commit `v2`");
        assert_eq!(repo.commit_at("HEAD^{tree}").expect_err("none").message, "`HEAD^{tree}` is not a commit");
    }
}
