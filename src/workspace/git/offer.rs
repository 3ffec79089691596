use super::{Repo, git_error};
use crate::workspace::WorkspaceError;
use git2::{ErrorCode, FileMode, Oid, build::TreeUpdateBuilder};

impl Repo {
    /// Commits one new file on top of a commit, as a branch that there isn't yet. Neither the working tree, nor the index, nor
    /// what is checked out is touched.
    pub fn commit_file_on_new_branch(
        &self,
        branch: &str,
        base: &str,
        path: &str,
        bytes: &[u8],
        message: &str,
    ) -> Result<String, WorkspaceError> {
        let reference = format!("refs/heads/{branch}");
        if !git2::Reference::is_valid_name(&reference) || branch.starts_with('-') || branch.starts_with("masthead-") {
            return Err(WorkspaceError::new(format!("`{branch}` can't be the name of a branch"))
                .hint("write a name such as `post/hoodie`"));
        }
        if self.git.find_reference(&reference).is_ok() {
            return Err(WorkspaceError::new(format!("there is a branch `{branch}` already"))
                .hint("give the new one another name"));
        }
        let failed = |error: &git2::Error| git_error(&format!("commit on `{branch}`"), error);
        let signature = self.git.signature().map_err(|error| match error.code() {
            ErrorCode::NotFound => WorkspaceError::new("git doesn't know who you are")
                .hint("run `git config user.name 'Your name'` and `git config user.email you@example.org`"),
            _ => failed(&error),
        })?;
        let place = if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        let commit = || -> Result<Oid, git2::Error> {
            let base = self.git.find_commit(Oid::from_str(base)?)?;
            let blob = self.git.blob(bytes)?;
            let tree = TreeUpdateBuilder::new()
                .upsert(place.as_str(), blob, FileMode::Blob)
                .create_updated(&self.git, &base.tree()?)?;
            let tree = self.git.find_tree(tree)?;
            let commit = self.git.commit(None, &signature, &signature, message, &tree, &[&base])?;
            // Not by force: somebody may have made it just now.
            self.git.reference(&reference, commit, false, "masthead: a new post")?;
            Ok(commit)
        };
        commit().map(|commit| commit.to_string()).map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::git::sandbox::Sandbox;

    #[test]
    fn a_file_is_committed_beside_what_is_checked_out() {
        let sandbox = Sandbox::new();
        sandbox.git(&["config", "user.name", "Ada"]);
        sandbox.git(&["config", "user.email", "ada@acme.example"]);
        sandbox.write("social/content/a.md", "A");
        let base = sandbox.commit("one");
        sandbox.write("social/content/a.md", "changed and not committed");
        let repo = Repo::open(&sandbox.path().join("social")).expect("a repository");
        let (head, status) = (sandbox.git(&["rev-parse", "HEAD"]), sandbox.git(&["status", "--porcelain"]));
        let commit =
            repo.commit_file_on_new_branch("post/b", &base, "content/b/c.md", b"B\n", "content: b").expect("a commit");
        assert_eq!(sandbox.git(&["rev-parse", "post/b"]), commit);
        assert_eq!(
            sandbox.git(&["show", "--format=%an %s", "--name-status", "post/b"]),
            "Ada content: b\n\nA\tsocial/content/b/c.md"
        );
        assert_eq!(sandbox.git(&["show", "post/b:social/content/b/c.md"]), "B");
        assert_eq!((sandbox.git(&["rev-parse", "HEAD"]), sandbox.git(&["status", "--porcelain"])), (head, status));
        for (branch, why) in [
            ("post/b", "already"),
            ("main", "already"),
            ("a b", "can't be"),
            ("-x", "can't be"),
            ("../x", "can't be"),
            ("masthead-ledger", "can't be"),
        ] {
            let error = repo.commit_file_on_new_branch(branch, &base, "content/d.md", b"", "x").expect_err("a refusal");
            assert!(error.message.contains(why) && error.hint.is_some(), "{error}");
        }
    }
}
