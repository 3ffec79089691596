use super::{Disk, Source as _, WorkspaceError, write_file};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Writes a file that isn't there yet, with the folders above it. Returns whether it was written: what is there is left
/// alone, whatever it is.
pub fn write_new(folder: &Path, path: &str, bytes: &[u8]) -> Result<bool, WorkspaceError> {
    let place = folder.join(path);
    let above = place.parent().unwrap_or(folder);
    fs::create_dir_all(above).map_err(|error| WorkspaceError::io("make the folder", above, &error))?;
    // Opening with `create_new` is the race-free way to know that nobody else's file is touched.
    match fs::OpenOptions::new().write(true).create_new(true).open(&place) {
        Ok(mut file) => {
            let written = file.write_all(bytes).and_then(|()| file.sync_all());
            written.map(|()| true).map_err(|error| {
                // A file that could not be filled would be kept as if it were a person's.
                let _ = fs::remove_file(&place);
                WorkspaceError::io("write", &place, &error)
            })
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(WorkspaceError::io("write", &place, &error)),
    }
}

/// Adds the lines that a file does not have yet to its end; makes it if it isn't there. Returns whether it was changed.
pub fn append_missing_lines(folder: &Path, path: &str, lines: &str) -> Result<bool, WorkspaceError> {
    let place = folder.join(path);
    let old = match fs::read_to_string(&place) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(WorkspaceError::io("read", &place, &error)),
    };
    let missing: Vec<&str> =
        lines.lines().filter(|line| !line.is_empty() && !old.lines().any(|known| known.trim() == *line)).collect();
    if missing.iter().all(|line| line.starts_with('#')) {
        return Ok(false);
    }
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
    let text = format!("{old}{gap}{}\n", missing.join("\n"));
    write_file(&place, text.as_bytes())?;
    Ok(true)
}

/// Returns the name of a folder that may not exist yet.
pub fn folder_name(folder: &Path) -> Option<String> {
    let absolute = std::path::absolute(folder).ok()?;
    let plain: PathBuf = absolute.components().collect();
    plain.file_name()?.to_str().map(str::to_owned)
}

/// Returns the files of a workspace that a path on disk means: the file itself, or all that matter below a folder. Paths
/// are from the root.
pub fn files_below(root: &Path, path: &Path) -> Result<Vec<String>, WorkspaceError> {
    let found = path.canonicalize().map_err(|error| {
        WorkspaceError::io("find", path, &error).hint("name files or folders of the workspace, as they are on disk")
    })?;
    let root = root.canonicalize().map_err(|error| WorkspaceError::io("find", root, &error))?;
    let below = found.strip_prefix(&root).map_err(|_| {
        WorkspaceError::new(format!("`{}` is not in the workspace `{}`", path.display(), root.display()))
            .hint("name files or folders of the workspace")
    })?;
    let steps: Option<Vec<&str>> = below.iter().map(|step| step.to_str()).collect();
    let Some(below) = steps.map(|steps| steps.join("/")) else {
        return Err(WorkspaceError::new(format!("the path `{}` is not UTF-8", path.display())).hint("rename it"));
    };
    if found.is_file() {
        return Ok(vec![below]);
    }
    let inside =
        |file: &String| below.is_empty() || file.strip_prefix(&below).is_some_and(|rest| rest.starts_with('/'));
    let listing = Disk::new(root).list()?;
    let problems = listing.problems.into_iter().map(|(path, _)| path);
    Ok(listing.posts.into_iter().chain(listing.defaults).chain(problems).filter(inside).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let folder = folder();
        assert_eq!(write_new(folder.path(), "a/b.md", b"one"), Ok(true));
        assert_eq!(write_new(folder.path(), "a/b.md", b"two"), Ok(false));
        assert_eq!(fs::read(folder.path().join("a/b.md")).expect("the file"), b"one");
    }

    #[test]
    fn only_missing_lines_are_added() {
        let folder = folder();
        let read = || fs::read_to_string(folder.path().join(".gitignore")).expect("the file");
        assert_eq!(append_missing_lines(folder.path(), ".gitignore", "# ours\n/public\n"), Ok(true));
        assert_eq!(read(), "# ours\n/public\n");
        assert_eq!(append_missing_lines(folder.path(), ".gitignore", "# ours\n/public\n"), Ok(false));
        fs::write(folder.path().join(".gitignore"), "/public").expect("a file");
        assert_eq!(append_missing_lines(folder.path(), ".gitignore", "/public\n/cache\n"), Ok(true));
        assert_eq!(read(), "/public\n/cache\n");
    }

    #[test]
    fn a_folder_means_the_posts_below_it() {
        let folder = folder();
        for path in ["content/a/1.md", "content/a/_defaults.toml", "content/ab/2.md", "content/a/x.png"] {
            write_new(folder.path(), path, b"x").expect("a file");
        }
        let below = |path: &str| files_below(folder.path(), &folder.path().join(path)).expect("files");
        assert_eq!(below("content/a"), ["content/a/1.md", "content/a/_defaults.toml"]);
        assert_eq!(below("content/ab/2.md"), ["content/ab/2.md"]);
        assert_eq!(below(".").len(), 3);
        assert!(files_below(folder.path(), &folder.path().join("nowhere")).is_err());
        assert!(files_below(&folder.path().join("content"), folder.path()).is_err());
    }

    #[test]
    fn folders_have_names() {
        assert_eq!(folder_name(Path::new("/x/acme/.")).as_deref(), Some("acme"));
    }
}
