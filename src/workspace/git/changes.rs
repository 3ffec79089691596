use super::{Commit, Repo, WorkspaceError, git_error};
use git2::{Delta, Diff, DiffOptions, Index, Oid, Tree};

/// Files of the workspace that differ from a commit: paths from its root, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Added or changed.
    pub changed: Vec<String>,
    /// Removed.
    pub removed: Vec<String>,
}

impl Repo {
    /// Returns what is staged for the next commit.
    pub fn staged(&self) -> Result<Changes, WorkspaceError> {
        let failed = |error: git2::Error| git_error("compare the staged files with the last commit", &error);
        let head = self.head_tree()?;
        let index = self.index()?;
        let diff = self.git.diff_tree_to_index(head.as_ref(), Some(&index), Some(&mut options())).map_err(failed)?;
        Ok(self.changes(&diff))
    }

    /// Returns what has changed in the working tree, committed or not, since it and a commit parted ways.
    pub fn changed_since(&self, name: &str) -> Result<Changes, WorkspaceError> {
        let failed = |error: git2::Error| git_error(&format!("compare the files with `{name}`"), &error);
        let base = self.parted_at(name)?;
        let tree = self.git.find_commit(base).and_then(|commit| commit.tree()).map_err(failed)?;
        self.in_working_tree(Some(&tree)).map_err(failed)
    }

    /// Returns the commit at which the working tree and a commit parted ways.
    pub fn parting(&self, name: &str) -> Result<Commit, WorkspaceError> {
        self.snapshot(self.parted_at(name)?)
    }

    fn parted_at(&self, name: &str) -> Result<Oid, WorkspaceError> {
        let since = self.resolve(name)?;
        let head = self.git.head().ok().and_then(|head| head.peel_to_commit().ok());
        // Without a common base, as in a shallow clone, the commit itself is what there is to compare with.
        Ok(head.and_then(|head| self.git.merge_base(since, head.id()).ok()).unwrap_or(since))
    }

    /// Returns what has changed in a commit since it and another one parted ways.
    pub fn changed_between(&self, since: &str, name: &str) -> Result<Changes, WorkspaceError> {
        let failed = |error: git2::Error| git_error(&format!("compare `{name}` with `{since}`"), &error);
        let (since, commit) = (self.resolve(since)?, self.resolve(name)?);
        let base = self.git.merge_base(since, commit).unwrap_or(since);
        let tree = |id| self.git.find_commit(id).and_then(|commit| commit.tree()).map_err(failed);
        let (old, new) = (tree(base)?, tree(commit)?);
        let diff = self.git.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options())).map_err(failed)?;
        Ok(self.changes(&diff))
    }

    /// Returns what differs in the working tree from the commit that is checked out. A bare repository has none.
    pub fn uncommitted(&self) -> Result<Changes, WorkspaceError> {
        if self.git.is_bare() {
            return Ok(Changes::default());
        }
        let head = self.head_tree()?;
        self.in_working_tree(head.as_ref()).map_err(|error| git_error("compare the files with the last commit", &error))
    }

    /// Opens the index. A hook of `git commit FILE` gets one of its own.
    pub(super) fn index(&self) -> Result<Index, WorkspaceError> {
        let index = match std::env::var_os("GIT_INDEX_FILE") {
            Some(path) => Index::open(std::path::Path::new(&path)),
            None => self.git.index(),
        };
        let failed = |error: git2::Error| git_error("read the staged files", &error);
        let mut index = index.map_err(failed)?;
        // The repository keeps it from an earlier call.
        index.read(false).map_err(failed)?;
        Ok(index)
    }

    fn in_working_tree(&self, tree: Option<&Tree<'_>>) -> Result<Changes, git2::Error> {
        let mut options = options();
        options.include_untracked(true).recurse_untracked_dirs(true);
        Ok(self.changes(&self.git.diff_tree_to_workdir_with_index(tree, Some(&mut options))?))
    }

    /// Returns the tree that is checked out; none before the first commit.
    fn head_tree(&self) -> Result<Option<Tree<'_>>, WorkspaceError> {
        match self.git.head() {
            Ok(head) => head.peel_to_tree().map(Some).map_err(|error| git_error("read the last commit", &error)),
            Err(_) => Ok(None),
        }
    }

    fn changes(&self, diff: &Diff<'_>) -> Changes {
        let mut changes = Changes::default();
        for delta in diff.deltas() {
            let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
            let Some(path) = file.path().and_then(|path| path.to_str()).and_then(|path| self.relative(path)) else {
                continue;
            };
            let list = match delta.status() {
                Delta::Deleted => &mut changes.removed,
                Delta::Unmodified | Delta::Ignored => continue,
                _ => &mut changes.changed,
            };
            list.push(path.to_owned());
        }
        changes.changed.sort_unstable();
        changes.removed.sort_unstable();
        changes
    }
}

/// No path is given: libgit2 leaves out new files below one that is matched literally, and patterns would misread names.
fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options.ignore_submodules(true);
    options
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};

    #[track_caller]
    fn check(changes: Result<Changes, WorkspaceError>, changed: &[&str], removed: &[&str]) {
        let changes = changes.expect("changes");
        assert_eq!((changes.changed, changes.removed), (owned(changed), owned(removed)));
    }

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|&path| path.to_owned()).collect()
    }

    fn repo(sandbox: &Sandbox, folder: &str) -> Repo {
        Repo::open(&sandbox.path().join(folder)).expect("a repository")
    }

    #[test]
    fn before_the_first_commit_all_is_new() {
        let sandbox = Sandbox::new();
        sandbox.write("content/a.md", "a");
        sandbox.write("content/b.md", "b");
        sandbox.git(&["add", "content/a.md"]);
        let repo = repo(&sandbox, "");
        check(repo.staged(), &["content/a.md"], &[]);
        check(repo.uncommitted(), &["content/a.md", "content/b.md"], &[]);
    }

    #[test]
    fn staged_is_what_the_next_commit_changes() {
        let sandbox = Sandbox::new();
        sandbox.write("content/a.md", "a");
        sandbox.write("content/b.md", "b");
        sandbox.write("content/c.md", "c");
        sandbox.commit("first");
        sandbox.write("content/a.md", "a2");
        sandbox.git(&["add", "content/a.md"]);
        sandbox.git(&["rm", "--quiet", "content/b.md"]);
        sandbox.write("content/c.md", "c2");
        let repo = repo(&sandbox, "");
        check(repo.staged(), &["content/a.md"], &["content/b.md"]);
        check(repo.uncommitted(), &["content/a.md", "content/c.md"], &["content/b.md"]);
    }

    #[test]
    fn since_a_branch_is_since_the_two_parted() {
        let sandbox = Sandbox::new();
        sandbox.write("content/a.md", "a");
        sandbox.commit("first");
        sandbox.git(&["checkout", "--quiet", "-b", "work"]);
        sandbox.write("content/b.md", "b");
        sandbox.commit("mine");
        sandbox.git(&["checkout", "--quiet", "main"]);
        sandbox.write("content/theirs.md", "t");
        sandbox.commit("theirs");
        sandbox.git(&["checkout", "--quiet", "work"]);
        sandbox.write("content/c.md", "c");
        let repo = repo(&sandbox, "");
        check(repo.changed_since("main"), &["content/b.md", "content/c.md"], &[]);
        check(repo.changed_since("HEAD"), &["content/c.md"], &[]);
        assert!(repo.changed_since("nowhere").is_err());
    }

    #[test]
    fn only_files_of_the_workspace_count() {
        let sandbox = Sandbox::new();
        sandbox.write("social/content/a.md", "a");
        sandbox.write("other/b.md", "b");
        let repo = repo(&sandbox, "social");
        check(repo.uncommitted(), &["content/a.md"], &[]);
        sandbox.git(&["add", "--all"]);
        check(repo.staged(), &["content/a.md"], &[]);
    }

    #[test]
    fn a_bare_repository_has_no_uncommitted_files() {
        check(repo(&Sandbox::bare(), "").uncommitted(), &[], &[]);
    }
}
