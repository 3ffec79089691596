use super::WorkspaceError;
use crate::model::{MediaLibrary, MediaProblem};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// The folder of the posts.
pub const CONTENT: &str = "content";
/// The folder of templates that override the built-in ones.
pub const TEMPLATES: &str = "templates";
/// The file in a folder of posts that they inherit from.
pub const DEFAULTS: &str = "_defaults.toml";

/// Posts and other texts may be so large, in bytes: far beyond what any network takes.
pub const LARGEST_TEXT: u64 = 1 << 20;
/// Images and videos may be so large, in bytes: requests are made in memory.
pub const LARGEST_MEDIA: u64 = 512 << 20;

/// The files of a workspace, on disk or in a commit. Paths are relative to its root, with `/`.
pub trait Source: MediaLibrary {
    /// Lists the files that matter.
    fn list(&self) -> Result<Listing, WorkspaceError>;

    /// Reads a text.
    fn read(&self, path: &str) -> Result<String, FileProblem>;

    /// Reads an image or video whole.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem>;
}

/// The files of a workspace that matter, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The posts: `.md` files below `content/`.
    pub posts: Vec<String>,
    /// The `_defaults.toml` files below `content/`.
    pub defaults: Vec<String>,
    /// The files below `templates/`.
    pub templates: Vec<String>,
    /// What can't be used, with its path.
    pub problems: Vec<(String, FileProblem)>,
}

/// Why a file can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// There is no such file.
    Missing,
    /// It can't be opened or read.
    Unreadable(String),
    /// It is not UTF-8 from this byte on.
    NotUtf8(usize),
    /// It has so many bytes, more than [`LARGEST_TEXT`].
    TooLarge(u64),
    /// It is a symbolic link, which is not followed.
    Symlink,
    /// It is a submodule, a device or something else that is no file.
    NotAFile,
    /// Its name is not UTF-8, or has a character that can't be in a path everywhere.
    BadName,
}

impl FileProblem {
    /// Returns what is wrong: a lowercase fragment about the file.
    pub fn message(&self) -> String {
        match self {
            Self::Missing => "there is no such file".to_owned(),
            Self::Unreadable(why) => format!("it can't be read: {why}"),
            Self::NotUtf8(at) => format!("it is not UTF-8 text: byte {at} is the first that can't be read"),
            Self::TooLarge(bytes) => format!("it has {bytes} bytes, and a text may have {LARGEST_TEXT}"),
            Self::Symlink => "it is a symbolic link, and links are not followed".to_owned(),
            Self::NotAFile => "it is not a plain file".to_owned(),
            Self::BadName => "its name is not UTF-8, or has a backslash or a control character".to_owned(),
        }
    }

    /// Returns what to do, in the imperative.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Missing => "add the file",
            Self::Unreadable(_) => "make it readable for the user that runs this",
            Self::NotUtf8(_) => "save it as UTF-8",
            Self::TooLarge(_) => "split it, or move what isn't a post out of `content/`",
            Self::Symlink => "put the file itself there",
            Self::NotAFile => "move it away, or put a plain file there",
            Self::BadName => "rename it with plain letters",
        }
    }
}

/// Reads files and does something with each, on many threads: more than there are cores, as a cold disk is waited for.
/// Returns what came of each, in the order of the paths.
pub fn read_all<T: Send>(
    source: &dyn Source,
    paths: &[String],
    each: impl Fn(usize, &str, Result<String, FileProblem>) -> T + Sync,
) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let threads = (cores * 4).clamp(1, 32).min(paths.len().div_ceil(16));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { return done };
            done.push((index, each(index, path, source.read(path))));
        }
    };
    let mut all = if threads < 2 {
        work()
    } else {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Vec<(usize, T)>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().flat_map(join).collect()
        })
    };
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, done)| done).collect()
}

/// What a file is for, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Post,
    Defaults,
    Template,
}

impl Listing {
    /// Tells what a file below one of the two folders is for; none if it doesn't matter.
    pub(crate) fn role(path: &str) -> Option<Role> {
        let (folder, rest) = path.split_once('/')?;
        let name = memchr::memrchr(b'/', rest.as_bytes()).map_or(rest, |slash| &rest[slash + 1..]);
        match folder {
            CONTENT if name == DEFAULTS => Some(Role::Defaults),
            CONTENT if name.ends_with(".md") => Some(Role::Post),
            TEMPLATES => Some(Role::Template),
            _ => None,
        }
    }

    pub(crate) fn add(&mut self, path: String, role: Role) {
        match role {
            Role::Post => self.posts.push(path),
            Role::Defaults => self.defaults.push(path),
            Role::Template => self.templates.push(path),
        }
    }

    pub(crate) fn sort(&mut self) {
        self.posts.sort_unstable();
        self.defaults.sort_unstable();
        self.templates.sort_unstable();
        self.problems.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    }
}

/// Turns bytes into a text.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, FileProblem> {
    String::from_utf8(bytes).map_err(|error| FileProblem::NotUtf8(error.utf8_error().valid_up_to()))
}

/// Returns whether a path stays inside the workspace and out of git's own folder, on every system.
pub(crate) fn is_inside(path: &str) -> bool {
    let bytes = path.as_bytes();
    let (mut step, mut at, mut is_ascii) = (0, 0, true);
    // Every path of a large workspace is asked about, so it is gone through once.
    while let Some(ahead) = bytes[at..].iter().position(|byte| NOTABLE[usize::from(*byte)]) {
        at += ahead;
        match bytes[at] {
            b'/' if is_step(&bytes[step..at]) => step = at + 1,
            0x80.. => is_ascii = false,
            _ => return false,
        }
        at += 1;
    }
    is_step(&bytes[step..]) && (is_ascii || !path.chars().any(char::is_control))
}

/// The bytes of a path that are not simply part of a name.
static NOTABLE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte < 0x20 || byte >= 0x7f || byte == b'/' as usize || byte == b'\\' as usize;
        byte += 1;
    }
    table
};

/// Tells whether a part of a path leads on, and not into git's own folder.
fn is_step(step: &[u8]) -> bool {
    match step {
        [] | b"." | b".." => false,
        [b'.', name @ ..] => !name.eq_ignore_ascii_case(b"git"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_paths() {
        let check = |path, expect| assert_eq!(Listing::role(path), expect, "{path}");
        check("content/a.md", Some(Role::Post));
        check("content/2026/12/a.md", Some(Role::Post));
        check("content/2026/_defaults.toml", Some(Role::Defaults));
        check("content/a.jpg", None);
        check("content/a.md/b.txt", None);
        check("templates/card.html", Some(Role::Template));
        check("README.md", None);
        check("other/a.md", None);
    }

    #[test]
    fn paths_that_lead_out_are_told() {
        for path in ["a.jpg", "content/a.b/c.jpg", "content/...", "a/.gitignore"] {
            assert!(is_inside(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "C:\\a",
            "a\0",
            ".git/config",
            "x/.GIT/y",
        ] {
            assert!(!is_inside(path), "{path}");
        }
    }

    #[test]
    fn text_must_be_utf8() {
        assert_eq!(text(b"caff\xe8".to_vec()), Err(FileProblem::NotUtf8(4)));
        assert_eq!(text("caffè".into()), Ok("caffè".to_owned()));
    }
}
