use std::{fmt, io, path::Path};

/// What could not be done with disk or git, and what a person can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceError {
    /// What was attempted and what went wrong: a lowercase fragment that names the path.
    pub message: String,
    /// What to do, in the imperative.
    pub hint: Option<String>,
}

impl WorkspaceError {
    /// Makes an error.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Says what a person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Makes an error of something that was done to a path, as in `read`, `write` or `make the folder`.
    pub(crate) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        let message = format!("can't {action} `{}`: {}", path.display(), reason(error));
        Self { message, hint: io_hint(error.kind()).map(str::to_owned) }
    }
}

impl fmt::Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WorkspaceError {}

/// Says why in a few words, without the operating system's number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Says what a person can do where the kind of error tells.
pub(crate) fn io_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::PermissionDenied => Some("give yourself the right to it, or run as the user that owns it"),
        io::ErrorKind::ReadOnlyFilesystem => Some("the file system is read-only: run where it can be written"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("the disk is full: free some space and run again")
        }
        io::ErrorKind::AlreadyExists => Some("something else stands there: move it away"),
        io::ErrorKind::NotADirectory => Some("a file stands where a folder is needed: move it away"),
        io::ErrorKind::IsADirectory => Some("a folder stands where a file is needed: move it away"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: io::ErrorKind, message: &str, has_hint: bool) {
        let error = WorkspaceError::io("write", Path::new("public/index.html"), &io::Error::from(kind));
        assert_eq!((error.message.as_str(), error.hint.is_some()), (message, has_hint));
    }

    #[test]
    fn errors_name_the_path_and_what_to_do() {
        check(io::ErrorKind::PermissionDenied, "can't write `public/index.html`: permission denied", true);
        check(io::ErrorKind::StorageFull, "can't write `public/index.html`: no storage space", true);
        check(io::ErrorKind::NotFound, "can't write `public/index.html`: entity not found", false);
    }

    #[test]
    fn the_number_of_the_operating_system_is_left_out() {
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "no such file or directory");
    }
}
