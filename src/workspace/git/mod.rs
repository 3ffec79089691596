//! The git repository that a workspace lies in.
//!
//! Owns all that names git2, and the `git` program, which alone fetches and pushes: credentials, SSH settings, proxies and
//! CI's own headers work there as people expect. Start at [`Repo`]; the ledger is a module of its own.

mod braked;
mod branch;
mod changes;
mod commit;
mod follow;
mod ledger;
mod offer;
mod program;
#[cfg(test)]
pub(crate) mod sandbox;
mod settings;

use self::commit::{BlobProblem, read_blob};
pub use self::{
    braked::{Braked, ReadFreeze},
    changes::Changes,
    commit::Commit,
    ledger::{FileSet, GitStore, SharedFiles},
};
use super::WorkspaceError;
use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A git repository and the place of a workspace in it.
pub struct Repo {
    git: Repository,
    /// The workspace's folder from the repository's top, with `/`; empty if it is the top.
    prefix: String,
}

impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repo").field("path", &self.git.path()).field("prefix", &self.prefix).finish()
    }
}

impl Repo {
    /// Opens the repository that a workspace's root lies in. A bare repository is opened by its own folder; a workspace
    /// in it is at the top.
    pub fn open(root: &Path) -> Result<Self, WorkspaceError> {
        let root = root.canonicalize().map_err(|error| WorkspaceError::io("open the folder", root, &error))?;
        let git = Repository::discover(&root).map_err(|error| open_error(&root, &error))?;
        let prefix = match git.workdir() {
            Some(top) => {
                let top = top.canonicalize().map_err(|error| WorkspaceError::io("open the folder", top, &error))?;
                let inside = root.strip_prefix(&top).map_err(|_| {
                    WorkspaceError::new(format!("`{}` is not in the working tree `{}`", root.display(), top.display()))
                        .hint("run in a folder of the working tree, not in git's own")
                })?;
                let steps: Option<Vec<&str>> = inside.iter().map(|step| step.to_str()).collect();
                steps.map(|steps| steps.join("/")).ok_or_else(|| {
                    WorkspaceError::new(format!("the path of `{}` is not UTF-8", root.display()))
                        .hint("rename the folder with plain letters")
                })?
            }
            None => String::new(),
        };
        Ok(Self { git, prefix })
    }

    /// Returns whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.git.is_bare()
    }

    /// Returns whether the history is cut, as CI's checkouts are.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// Returns the folder for what this clone remembers, shared by its working trees. It may not exist yet.
    pub fn state_folder(&self) -> PathBuf {
        state_folder(&self.git)
    }

    /// Returns the names of the remotes.
    pub fn remotes(&self) -> Vec<String> {
        let Ok(names) = self.git.remotes() else { return Vec::new() };
        names.iter().filter_map(|name| Some(name.ok()??.to_owned())).collect()
    }

    /// Returns the address of a remote without any password in it, if there is such a remote.
    pub fn remote_url(&self, name: &str) -> Option<String> {
        let remote = self.git.find_remote(name).ok()?;
        remote.url().ok().map(program::without_passwords)
    }

    /// Cuts the workspace's prefix off a path from the repository's top; none if it lies elsewhere.
    fn relative<'a>(&self, path: &'a str) -> Option<&'a str> {
        if self.prefix.is_empty() { Some(path) } else { path.strip_prefix(&self.prefix)?.strip_prefix('/') }
    }

    /// Opens the repository once more, for a value that outlives this one.
    fn again(&self) -> Result<Repository, WorkspaceError> {
        Repository::open(self.git.path()).map_err(|error| open_error(self.git.path(), &error))
    }
}

/// Returns what git calls a content: the same on disk and in a commit.
pub fn blob_id(bytes: &[u8]) -> String {
    Oid::hash_object(ObjectType::Blob, bytes).expect("bytes in memory can be hashed").to_string()
}

fn state_folder(git: &Repository) -> PathBuf {
    git.commondir().join("masthead")
}

/// Makes an error of something that was done with git.
fn git_error(action: &str, error: &git2::Error) -> WorkspaceError {
    let made = WorkspaceError::new(format!("can't {action}: {}", error.message()));
    match (error.code(), error.class()) {
        (ErrorCode::NotFound, ErrorClass::Odb) => {
            made.hint("the clone lacks an object: run `git fetch`, or `git fsck` if it should have all")
        }
        (_, ErrorClass::Os) => {
            made.hint("see that the repository's folder can be read and written, and the disk isn't full")
        }
        _ => made,
    }
}

fn open_error(place: &Path, error: &git2::Error) -> WorkspaceError {
    let shown = place.display();
    let message = error.message();
    if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Repository {
        return WorkspaceError::new(format!("`{shown}` is not in a git repository"))
            .hint("run `git init` there and commit your posts: only what is committed is ever published");
    }
    if error.code() == ErrorCode::Owner {
        return WorkspaceError::new(format!("the git repository of `{shown}` belongs to another user"))
            .hint(format!("if you trust it, run `git config --global --add safe.directory '{shown}'`"));
    }
    let lower = message.to_lowercase();
    if lower.contains("refstorage") || lower.contains("reftable") {
        return WorkspaceError::new(format!("the git repository of `{shown}` keeps its references in a reftable"))
            .hint("that format can't be read yet: run `git refs migrate --ref-format=files`");
    }
    if lower.contains("object format") || lower.contains("objectformat") {
        return WorkspaceError::new(format!("the git repository of `{shown}` uses SHA-256 names"))
            .hint("that format can't be read yet: use a repository with SHA-1 names, git's default");
    }
    git_error(&format!("open the git repository of `{shown}`"), error)
}

#[cfg(test)]
mod tests {
    use super::{sandbox::Sandbox, *};
    use std::fs;

    #[test]
    fn a_folder_without_git_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Repo::open(folder.path()).expect_err("no repository");
        assert!(error.message.ends_with("is not in a git repository"), "{error}");
        assert!(error.hint.expect("a hint").contains("git init"));
    }

    #[test]
    fn a_workspace_may_be_a_folder_of_a_repository() {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.path().join("social/acme")).expect("folders");
        assert_eq!(Repo::open(sandbox.path()).expect("a repository").prefix, "");
        let repo = Repo::open(&sandbox.path().join("social/acme")).expect("a repository");
        assert_eq!(repo.prefix, "social/acme");
        assert_eq!(repo.relative("social/acme/content/a.md"), Some("content/a.md"));
        assert_eq!(repo.relative("social/acme2/content/a.md"), None);
        assert_eq!(repo.relative("content/a.md"), None);
    }

    #[test]
    fn a_bare_repository_opens() {
        let sandbox = Sandbox::bare();
        let repo = Repo::open(sandbox.path()).expect("a repository");
        assert!(repo.is_bare());
        assert_eq!(repo.state_folder(), sandbox.path().canonicalize().expect("a path").join("masthead"));
    }

    #[test]
    fn formats_that_cannot_be_read_are_named() {
        for (arguments, part) in [(["--ref-format=reftable"], "reftable"), (["--object-format=sha256"], "SHA-256")] {
            let sandbox = Sandbox::empty();
            sandbox.git(&["init", "--quiet", arguments[0]]);
            let error = Repo::open(sandbox.path()).expect_err("an error");
            assert!(error.message.contains(part) && error.hint.is_some(), "{error:?}");
        }
    }

    #[test]
    fn remotes_are_named_without_passwords() {
        let sandbox = Sandbox::new();
        sandbox.git(&["remote", "add", "origin", "https://me:secret@git.example/a.git"]);
        let repo = Repo::open(sandbox.path()).expect("a repository");
        assert_eq!(repo.remotes(), ["origin"]);
        assert_eq!(repo.remote_url("origin").as_deref(), Some("https://git.example/a.git"));
        assert_eq!(repo.remote_url("upstream"), None);
    }

    #[test]
    fn contents_have_the_names_that_git_gives_them() {
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
