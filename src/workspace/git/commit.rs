use super::{
    super::{
        FileProblem, LARGEST_MEDIA, LARGEST_TEXT, Listing, Source,
        obstacle::{Obstacle, nearest, too_large},
        sniff,
        source::{self, CONTENT, TEMPLATES},
    },
    Repo, WorkspaceError, git_error,
    program::Program,
};
use crate::model::{MediaInfo, MediaLibrary, MediaProblem};
use git2::{ErrorCode, ObjectType, Oid, Repository, Tree};
use std::{
    collections::HashMap,
    fmt, iter,
    path::Path,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// How often the repository of one commit is opened at most.
const MOST_OPEN: usize = 8;

const SYMLINK: i32 = 0o120_000;
/// How long fetching one object of a partial clone may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(120);

/// The files of a workspace as they are in a commit.
pub struct Commit {
    id: String,
    /// The tree of the workspace's folder.
    tree: Oid,
    /// The repository, opened once for each core: git2's repositories may be sent between threads but not shared.
    git: Vec<Mutex<Repository>>,
    /// The files that were listed. Large folders are read anew for every file that is sought in them.
    listed: OnceLock<HashMap<String, Oid>>,
    looked: Mutex<HashMap<Oid, Result<MediaInfo, MediaProblem>>>,
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Commit").field(&self.id).finish()
    }
}

impl Repo {
    pub(super) fn snapshot(&self, id: Oid) -> Result<Commit, WorkspaceError> {
        let git = self.again()?;
        let commit = git.find_commit(id).map_err(|error| git_error(&format!("read the commit `{id}`"), &error))?;
        let top = commit.tree_id();
        drop(commit);
        self.files_of(git, top, id.to_string())
    }

    /// Returns the files as they are staged for the next commit.
    pub fn staged_files(&self) -> Result<Commit, WorkspaceError> {
        let failed = |error: git2::Error| git_error("read the staged files", &error);
        let git = self.again()?;
        let top = self.index()?.write_tree_to(&git).map_err(failed)?;
        self.files_of(git, top, "staged".to_owned())
    }

    /// Takes the workspace's folder out of a whole tree.
    fn files_of(&self, git: Repository, top: Oid, id: String) -> Result<Commit, WorkspaceError> {
        let tree = if self.prefix.is_empty() {
            top
        } else {
            let top = git.find_tree(top).map_err(|error| git_error(&format!("read the files of `{id}`"), &error))?;
            let entry = top.get_path(Path::new(&self.prefix)).ok();
            let entry = entry.filter(|entry| entry.kind() == Some(ObjectType::Tree));
            entry.map(|entry| entry.id()).ok_or_else(|| {
                let shown: String = id.chars().take(10).collect();
                WorkspaceError::new(format!("the folder `{}` is not in the commit `{shown}`", self.prefix))
                    .hint("commit the workspace on the publish branch")
            })?
        };
        let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST_OPEN);
        let more = (1..cores).map(|_| self.again().map(Mutex::new));
        let git = iter::once(Ok(Mutex::new(git))).chain(more).collect::<Result<_, _>>()?;
        Ok(Commit { id, tree, git, listed: OnceLock::new(), looked: Mutex::default() })
    }
}

impl Commit {
    /// Returns the commit's full id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes a repository that nobody reads from, or waits for one.
    fn lock(&self) -> MutexGuard<'_, Repository> {
        let free = self.git.iter().find_map(|git| git.try_lock().ok());
        // Reading leaves nothing half done.
        free.unwrap_or_else(|| self.git[0].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds the blob of a plain file.
    fn find(&self, git: &Repository, path: &str) -> Result<Oid, Obstacle> {
        if let Some(id) = self.listed.get().and_then(|listed| listed.get(path)) {
            return Ok(*id);
        }
        if !source::is_inside(path) {
            return Err(Obstacle::NotAFile);
        }
        let mut tree = self.find_tree(git, self.tree)?;
        let mut steps = path.split('/').peekable();
        while let Some(step) = steps.next() {
            let entry = tree.get_name(step);
            let entry = entry.map(|entry| (entry.id(), entry.kind(), entry.filemode()));
            match (entry, steps.peek().is_none()) {
                (None, _) => return Err(Obstacle::Missing),
                (Some((.., SYMLINK)), _) => return Err(Obstacle::Symlink),
                (Some((id, Some(ObjectType::Blob), _)), true) => return Ok(id),
                (Some((id, Some(ObjectType::Tree), _)), false) => tree = self.find_tree(git, id)?,
                (Some((_, Some(ObjectType::Blob), _)), false) => return Err(Obstacle::Missing),
                (Some(_), _) => return Err(Obstacle::NotAFile),
            }
        }
        Err(Obstacle::NotAFile)
    }

    fn find_tree<'git>(&self, git: &'git Repository, id: Oid) -> Result<Tree<'git>, Obstacle> {
        git.find_tree(id).map_err(|error| Obstacle::Unreadable(error.message().to_owned()))
    }

    /// Finds the name of a file in the same folder that may be meant.
    fn near(&self, git: &Repository, path: &str) -> Option<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut tree = git.find_tree(self.tree).ok()?;
        if !folder.is_empty() {
            let id = tree.get_path(Path::new(folder)).ok()?.id();
            tree = git.find_tree(id).ok()?;
        }
        let names = tree
            .iter()
            .filter(|entry| entry.kind() == Some(ObjectType::Blob) && entry.filemode() != SYMLINK)
            .filter_map(|entry| entry.name().ok().map(str::to_owned));
        nearest(name, names)
    }
}

impl Source for Commit {
    fn list(&self) -> Result<Listing, WorkspaceError> {
        let git = self.lock();
        let (mut listing, mut files) = (Listing::default(), HashMap::new());
        let top = git.find_tree(self.tree);
        let top = top.map_err(|error| git_error(&format!("read the files of `{}`", self.id), &error))?;
        for folder in [CONTENT, TEMPLATES] {
            match top.get_name(folder) {
                Some(entry) if entry.kind() == Some(ObjectType::Tree) => {
                    walk(&git, entry.id(), folder, &mut listing, &mut files)?;
                }
                Some(entry) if entry.filemode() == SYMLINK => {
                    listing.problems.push((folder.to_owned(), FileProblem::Symlink));
                }
                Some(_) => listing.problems.push((folder.to_owned(), FileProblem::NotAFile)),
                None => {}
            }
        }
        listing.sort();
        // All who list it find the same.
        let _ = self.listed.set(files);
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<String, FileProblem> {
        let bytes = {
            let git = self.lock();
            let id = self.find(&git, path)?;
            let read = read_blob(&git, id, LARGEST_TEXT);
            read.map_err(|obstacle| match obstacle {
                BlobProblem::TooLarge(bytes) => FileProblem::TooLarge(bytes),
                BlobProblem::Unreadable(why) => FileProblem::Unreadable(why),
            })?
        };
        source::text(bytes)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        let git = self.lock();
        let id = self.find(&git, path).map_err(|obstacle| obstacle.of_medium(|| self.near(&git, path)))?;
        read_media(&git, id)
    }
}

impl MediaLibrary for Commit {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        let git = self.lock();
        let id = self.find(&git, path).map_err(|obstacle| obstacle.of_medium(|| self.near(&git, path)))?;
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = looked.get(&id) {
            return known.clone();
        }
        let told = read_media(&git, id).and_then(|bytes| sniff(&bytes));
        looked.insert(id, told.clone());
        told
    }

    fn digest(&self, path: &str) -> Option<String> {
        self.find(&self.lock(), path).ok().map(|id| id.to_string())
    }
}

/// Lists what matters below a folder, and all plain files. Names that begin with a dot are left out, as on disk.
fn walk(
    git: &Repository,
    id: Oid,
    folder: &str,
    listing: &mut Listing,
    files: &mut HashMap<String, Oid>,
) -> Result<(), WorkspaceError> {
    let tree = git.find_tree(id).map_err(|error| git_error(&format!("read the folder `{folder}`"), &error))?;
    for entry in &tree {
        let name = String::from_utf8_lossy(entry.name_bytes());
        if name.starts_with('.') {
            continue;
        }
        let is_named_well = entry.name().is_ok() && source::is_inside(&name);
        let path = format!("{folder}/{name}");
        let role = Listing::role(&path);
        if is_named_well && entry.kind() == Some(ObjectType::Blob) && entry.filemode() != SYMLINK {
            files.insert(path.clone(), entry.id());
        }
        match (entry.kind(), role) {
            (Some(ObjectType::Tree), _) => walk(git, entry.id(), &path, listing, files)?,
            // Where a link leads can't be told from the commit alone, so all are reported that may stand for posts.
            (Some(ObjectType::Blob), role) if entry.filemode() == SYMLINK => {
                if role.is_some() || !name.contains('.') {
                    listing.problems.push((path, FileProblem::Symlink));
                }
            }
            (Some(ObjectType::Blob), Some(_)) if !is_named_well => listing.problems.push((path, FileProblem::BadName)),
            (Some(ObjectType::Blob), Some(role)) => listing.add(path, role),
            (Some(ObjectType::Blob), None) => {}
            _ => listing.problems.push((path, FileProblem::NotAFile)),
        }
    }
    Ok(())
}

pub(super) enum BlobProblem {
    TooLarge(u64),
    Unreadable(String),
}

fn read_media(git: &Repository, id: Oid) -> Result<Vec<u8>, MediaProblem> {
    read_blob(git, id, LARGEST_MEDIA).map_err(|problem| match problem {
        BlobProblem::TooLarge(bytes) => too_large(bytes),
        BlobProblem::Unreadable(why) => MediaProblem::Unreadable(why),
    })
}

pub(super) fn read_blob(git: &Repository, id: Oid, most: u64) -> Result<Vec<u8>, BlobProblem> {
    let unreadable = |error: git2::Error| BlobProblem::Unreadable(error.message().to_owned());
    let odb = git.odb().map_err(unreadable)?;
    if !odb.exists(id) {
        // A partial clone; libgit2 can't fetch what is missing, but the program does when it is asked for it.
        let ran = Program::new(git, FETCH_TIMEOUT).run(&["cat-file", "-e", &id.to_string()]);
        let ran = ran.map_err(|error| BlobProblem::Unreadable(error.message))?;
        if !ran.is_success() {
            let why =
                format!("the clone lacks the object `{}`, and it can't be fetched: {}", short(id), ran.complaint());
            return Err(BlobProblem::Unreadable(why));
        }
        odb.refresh().map_err(unreadable)?;
    }
    let (bytes, _) = odb.read_header(id).map_err(unreadable)?;
    if bytes as u64 > most {
        return Err(BlobProblem::TooLarge(bytes as u64));
    }
    let object = odb.read(id).map_err(|error| match error.code() {
        ErrorCode::NotFound => BlobProblem::Unreadable(format!("the clone lacks the object `{}`", short(id))),
        _ => unreadable(error),
    })?;
    Ok(object.data().to_vec())
}

/// Returns as much of an id as people like to read.
fn short(id: Oid) -> String {
    id.to_string()[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};
    use crate::{
        model::MediaKind,
        workspace::{Disk, sniff::tests::image},
    };
    use image::ImageFormat;

    fn head(sandbox: &Sandbox, folder: &str) -> Commit {
        Repo::open(&sandbox.path().join(folder)).expect("a repository").commit_at("HEAD").expect("a commit")
    }

    #[test]
    fn a_commit_is_read_and_not_the_disk() {
        let sandbox = Sandbox::new();
        sandbox.write("masthead.toml", "old");
        sandbox.write("content/b.md", "b");
        sandbox.write("content/a/z.md", "è");
        sandbox.write("content/a/_defaults.toml", "d");
        sandbox.write("content/.drafts/x.md", "x");
        sandbox.write("templates/card.html", "t");
        sandbox.write("README.md", "r");
        let id = sandbox.commit("first");
        sandbox.write("masthead.toml", "new");
        sandbox.write("content/c.md", "c");
        let commit = head(&sandbox, "");
        assert_eq!(commit.id(), id);
        let listing = commit.list().expect("a listing");
        assert_eq!(listing.posts, ["content/a/z.md", "content/b.md"]);
        assert_eq!(listing.defaults, ["content/a/_defaults.toml"]);
        assert_eq!(listing.templates, ["templates/card.html"]);
        assert_eq!(listing.problems, []);
        assert_eq!(commit.read("masthead.toml"), Ok("old".to_owned()));
        assert_eq!(commit.read("content/a/z.md"), Ok("è".to_owned()));
        assert_eq!(commit.read("content/c.md"), Err(FileProblem::Missing));
        assert_eq!(commit.read("content/b.md/x"), Err(FileProblem::Missing));
        assert_eq!(commit.read("content/a"), Err(FileProblem::NotAFile));
        assert_eq!(commit.read("../x"), Err(FileProblem::NotAFile));
    }

    #[test]
    fn disk_and_commit_agree() {
        let sandbox = Sandbox::new();
        sandbox.write("content/b.md", "b");
        sandbox.write("content/large.md", vec![b'x'; LARGEST_TEXT as usize + 1]);
        sandbox.write("content/latin.md", b"caff\xe8");
        sandbox.write("content/p.png", image(ImageFormat::Png, 3, 5));
        sandbox.commit("first");
        let (disk, commit) = (Disk::new(sandbox.path()), head(&sandbox, ""));
        // What was listed is found at once, and must be the same.
        let unlisted = head(&sandbox, "");
        assert_eq!(disk.list(), commit.list());
        for path in ["content/b.md", "content/large.md", "content/latin.md", "content/none.md", "content"] {
            assert_eq!(disk.read(path), commit.read(path), "{path}");
            assert_eq!(unlisted.read(path), commit.read(path), "{path}");
        }
        for path in ["content/p.png", "content/P.png", "content/b.md", "content", "../p.png", "content/p.png/x"] {
            assert_eq!(disk.look(path), commit.look(path), "{path}");
            assert_eq!(disk.digest(path), commit.digest(path), "{path}");
            assert_eq!(disk.bytes(path), commit.bytes(path), "{path}");
            assert_eq!(unlisted.bytes(path), commit.bytes(path), "{path}");
        }
        assert_eq!(commit.look("content/p.png").expect("an image").kind, MediaKind::Png);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_submodules_are_reported_and_not_followed() {
        let sandbox = Sandbox::new();
        sandbox.write("secret/a.md", "secret");
        std::fs::create_dir_all(sandbox.path().join("content")).expect("a folder");
        for (target, path) in [("../secret/a.md", "content/a.md"), ("../secret", "content/more")] {
            std::os::unix::fs::symlink(target, sandbox.path().join(path)).expect("a link");
        }
        let first = sandbox.commit("first");
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{first},content/module")]);
        sandbox.git(&["commit", "--quiet", "-m", "second"]);
        let commit = head(&sandbox, "");
        let problem = |path: &str, problem| (path.to_owned(), problem);
        assert_eq!(
            commit.list().expect("a listing").problems,
            [
                problem("content/a.md", FileProblem::Symlink),
                problem("content/module", FileProblem::NotAFile),
                problem("content/more", FileProblem::Symlink),
            ]
        );
        assert_eq!(commit.read("content/a.md"), Err(FileProblem::Symlink));
        assert_eq!(commit.read("content/more/a.md"), Err(FileProblem::Symlink));
        assert_eq!(commit.look("content/more/a.md"), Err(MediaProblem::NotAFile));
        assert_eq!(commit.look("content/module"), Err(MediaProblem::NotAFile));
    }

    #[test]
    fn a_workspace_in_a_folder_sees_its_own_files() {
        let sandbox = Sandbox::new();
        sandbox.write("social/content/a.md", "a");
        sandbox.write("content/b.md", "b");
        sandbox.commit("first");
        let commit = head(&sandbox, "social");
        assert_eq!(commit.list().expect("a listing").posts, ["content/a.md"]);
        assert_eq!(commit.read("content/a.md"), Ok("a".to_owned()));
        sandbox.write("new/content/c.md", "c");
        let repo = Repo::open(&sandbox.path().join("new")).expect("a repository");
        let error = repo.commit_at("HEAD").expect_err("not there");
        assert!(error.message.starts_with("the folder `new` is not in the commit `"), "{error}");
    }

    #[test]
    fn what_a_partial_clone_lacks_is_fetched() {
        let origin = Sandbox::new();
        origin.write("content/a.md", "a");
        origin.commit("first");
        origin.git(&["config", "uploadpack.allowFilter", "true"]);
        origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let sandbox = Sandbox::empty();
        let url = format!("file://{}", origin.path().display());
        sandbox.git(&["clone", "--quiet", "--no-checkout", "--filter=blob:none", &url, "clone"]);
        assert_eq!(head(&sandbox, "clone").read("content/a.md"), Ok("a".to_owned()));
    }

    #[test]
    fn a_shallow_clone_and_a_worktree_are_read() {
        let origin = Sandbox::new();
        origin.write("content/a.md", "a");
        origin.commit("first");
        origin.commit("second");
        let sandbox = Sandbox::empty();
        let url = format!("file://{}", origin.path().display());
        sandbox.git(&["clone", "--quiet", "--depth=1", &url, "clone"]);
        assert!(Repo::open(&sandbox.path().join("clone")).expect("a repository").is_shallow());
        assert_eq!(head(&sandbox, "clone").read("content/a.md"), Ok("a".to_owned()));
        let tree = sandbox.path().join("tree");
        origin.git(&["worktree", "add", "--quiet", tree.to_str().expect("a path")]);
        assert_eq!(head(&sandbox, "tree").read("content/a.md"), Ok("a".to_owned()));
        let repo = Repo::open(&tree).expect("a repository");
        assert_eq!(repo.state_folder(), Repo::open(origin.path()).expect("a repository").state_folder());
    }
}
