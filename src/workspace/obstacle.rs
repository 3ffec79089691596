use super::{FileProblem, LARGEST_MEDIA};
use crate::model::MediaProblem;

/// Why there is no plain file at a path.
pub(super) enum Obstacle {
    Missing,
    Symlink,
    NotAFile,
    Unreadable(String),
}

impl Obstacle {
    /// Returns what it means for a medium; `near` finds the name of the file that may be meant.
    pub(super) fn of_medium(self, near: impl FnOnce() -> Option<String>) -> MediaProblem {
        match self {
            Self::Missing => MediaProblem::Missing { near: near() },
            Self::Symlink | Self::NotAFile => MediaProblem::NotAFile,
            Self::Unreadable(why) => MediaProblem::Unreadable(why),
        }
    }
}

impl From<Obstacle> for FileProblem {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Missing => Self::Missing,
            Obstacle::Symlink => Self::Symlink,
            Obstacle::NotAFile => Self::NotAFile,
            Obstacle::Unreadable(why) => Self::Unreadable(why),
        }
    }
}

/// Finds the name among those of the same folder that may be meant; a post never is.
pub(super) fn nearest(name: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let mut names: Vec<String> = names.into_iter().filter(|name| !name.ends_with(".md")).collect();
    names.sort_unstable();
    crate::diag::did_you_mean(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Returns what is wrong with a medium that is too large to read.
pub(super) fn too_large(bytes: u64) -> MediaProblem {
    MediaProblem::Unreadable(format!("it has {bytes} bytes, and at most {LARGEST_MEDIA} are read"))
}
