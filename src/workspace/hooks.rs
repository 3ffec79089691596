use super::WorkspaceError;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// What is where a hook would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookFile {
    /// Nothing.
    Missing,
    /// A file whose second line begins with the mark: its text.
    Ours(String),
    /// Something else, which is never touched.
    Theirs,
}

/// Looks at where a hook would be. A link is somebody's, wherever it leads.
pub fn hook_file(place: &Path, mark: &str) -> Result<HookFile, WorkspaceError> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HookFile::Missing),
        Err(error) => return Err(WorkspaceError::io("look at", place, &error)),
        Ok(metadata) if !metadata.is_file() => return Ok(HookFile::Theirs),
        Ok(_) => {}
    }
    let bytes = fs::read(place).map_err(|error| WorkspaceError::io("read", place, &error))?;
    let text = String::from_utf8(bytes).ok();
    let ours = text.filter(|text| text.lines().nth(1).is_some_and(|line| line.starts_with(mark)));
    Ok(ours.map_or(HookFile::Theirs, HookFile::Ours))
}

/// Writes a hook of ours, which may be run: a new one, or anew where one of ours is. Returns whether it was written: what
/// somebody has put there meanwhile is left alone.
pub fn write_hook(place: &Path, mark: &str, text: &str) -> Result<bool, WorkspaceError> {
    let failed = |error: io::Error| WorkspaceError::io("write", place, &error);
    let folder = place.parent().unwrap_or(place);
    fs::create_dir_all(folder).map_err(|error| WorkspaceError::io("make the folder", folder, &error))?;
    if matches!(hook_file(place, mark)?, HookFile::Ours(_)) {
        fs::remove_file(place).map_err(failed)?;
    }
    let mut file = match fs::OpenOptions::new().write(true).create_new(true).open(place) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    file.write_all(text.as_bytes()).and_then(|()| allow_running(&file)).map_err(failed)?;
    Ok(true)
}

/// Removes a hook of ours. Returns whether there was one.
pub fn remove_hook(place: &Path, mark: &str) -> Result<bool, WorkspaceError> {
    if !matches!(hook_file(place, mark)?, HookFile::Ours(_)) {
        return Ok(false);
    }
    fs::remove_file(place).map(|()| true).map_err(|error| WorkspaceError::io("remove", place, &error))
}

#[cfg(unix)]
fn allow_running(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode();
    // Whoever may read it may run it.
    file.set_permissions(fs::Permissions::from_mode(mode | ((mode & 0o444) >> 2)))
}

#[cfg(not(unix))]
fn allow_running(_file: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "# ours";

    #[test]
    fn only_what_is_ours_is_written_anew_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("hooks/pre-commit");
        assert!(!remove_hook(&place, MARK).expect("nothing there"));
        assert!(write_hook(&place, MARK, "#!/bin/sh\n# ours\nold\n").expect("written"));
        assert!(write_hook(&place, MARK, "#!/bin/sh\n# ours\nnew\n").expect("written anew"));
        assert_eq!(hook_file(&place, MARK).expect("a file"), HookFile::Ours("#!/bin/sh\n# ours\nnew\n".to_owned()));
        assert!(remove_hook(&place, MARK).expect("removed") && !place.exists());

        fs::write(&place, "#!/bin/sh\nmine\n# ours\n").expect("a file");
        assert!(!write_hook(&place, MARK, "#!/bin/sh\n# ours\n").expect("left"));
        assert!(!remove_hook(&place, MARK).expect("left"));
        assert_eq!(fs::read_to_string(&place).expect("a file"), "#!/bin/sh\nmine\n# ours\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_hook_may_be_run_and_a_link_is_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (place, link) = (folder.path().join("pre-commit"), folder.path().join("pre-push"));
        write_hook(&place, MARK, "#!/bin/sh\n# ours\n").expect("written");
        assert_eq!(fs::metadata(&place).expect("a file").permissions().mode() & 0o500, 0o500);
        std::os::unix::fs::symlink(&place, &link).expect("a link");
        assert_eq!(hook_file(&link, MARK).expect("a link"), HookFile::Theirs);
        assert!(!write_hook(&link, MARK, "#!/bin/sh\n# ours\nnew\n").expect("left"));
    }
}
