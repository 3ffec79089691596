use super::{WorkspaceError, trial::kill_point};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Whether a file must survive a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It is on the disk when the call returns.
    Synced,
    /// It is whole or not there, but may be lost: it can be made again.
    Cached,
}

/// Writes a file whole or not at all, and durably: whoever reads meanwhile sees the old content or the new.
///
/// Folders above it are made. A symbolic link in its place is refused. Permissions of an old file are kept.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), WorkspaceError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| WorkspaceError::io("make the folder", folder, &error))?;
    }
    replace(path, bytes, Durability::Synced)
}

/// Writes a file beside its place and then moves it there.
pub(crate) fn replace(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), WorkspaceError> {
    let failed = |error: &io::Error| WorkspaceError::io("write", path, error);
    let old = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => return Err(link(path)),
        Ok(metadata) if metadata.is_dir() => return Err(failed(&io::ErrorKind::IsADirectory.into())),
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(&error)),
    };
    let (temporary, mut file) = create_beside(path).map_err(|error| failed(&error))?;
    let written = (|| {
        file.write_all(bytes)?;
        if let Some(old) = old {
            file.set_permissions(old.permissions())?;
        }
        if durability == Durability::Synced {
            file.sync_all()?;
        }
        drop(file);
        kill_point("file-beside");
        fs::rename(&temporary, path)
    })();
    kill_point("file-in-place");
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(failed(&error));
    }
    if durability == Durability::Synced {
        // The name is durable only with its folder. Some systems can't sync a folder; there the rename has to do.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

pub(crate) fn link(path: &Path) -> WorkspaceError {
    WorkspaceError::new(format!("can't write `{}`: it is a symbolic link, and links are not followed", path.display()))
        .hint("remove the link, or name the place itself")
}

/// Makes a new file with a random hidden name in the same folder, which is on the same file system.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // A long name would not fit with what is added.
    let start: String = name.chars().take(40).collect();
    loop {
        let random = getrandom::u64().map_err(io::Error::other)?;
        let temporary = path.with_file_name(format!(".{start}.{random:016x}.tmp"));
        match File::options().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_with_its_folders_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/c.txt");
        write_file(&path, b"one").expect("written");
        write_file(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"two");
        assert_eq!(names(path.parent().expect("a folder")), ["c.txt"]);
    }

    #[test]
    fn a_long_name_can_be_written() {
        let folder = tempfile::tempdir().expect("a folder");
        write_file(&folder.path().join("x".repeat(255)), b"one").expect("written");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept_and_links_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "one").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        write_file(&path, b"two").expect("written");
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o640);
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let error = write_file(&link, b"three").expect_err("refused");
        assert!(error.message.contains("symbolic link") && error.hint.is_some(), "{error}");
        assert_eq!(fs::read(&path).expect("a file"), b"two");
    }

    #[test]
    fn errors_name_the_path() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a"), "").expect("a file");
        let error = write_file(&folder.path().join("a/b"), b"").expect_err("refused");
        assert!(error.message.starts_with("can't make the folder `") && error.hint.is_some(), "{error:?}");
        fs::create_dir(folder.path().join("d")).expect("a folder");
        let error = write_file(&folder.path().join("d"), b"").expect_err("refused");
        assert!(error.message.ends_with("d`: is a directory") && error.hint.is_some(), "{error:?}");
    }
}
