use crate::{engine::MediaSource, model::MediaProblem, workspace::Source};

/// Lets the engine read images and videos from a workspace's files.
pub(super) struct SourceMedia<'a>(pub(super) &'a dyn Source);

impl MediaSource for SourceMedia<'_> {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        self.0.bytes(path)
    }
}
