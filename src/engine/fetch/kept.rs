use super::Fetched;
use crate::workspace::{self, WorkspaceError};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What was fetched, kept in this clone below git's own folder: a file for each content, named by its digest, and for each
/// address the digest of what was last found there. Losing it costs another look at the web, and nothing else.
#[derive(Clone, Debug)]
pub struct KeptMedia {
    folder: PathBuf,
}

impl KeptMedia {
    /// Opens what a clone keeps, by the folder that [`workspace::Repo::state_folder`] names.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("media") }
    }

    /// Returns the content of a digest. A file that was changed since is none.
    pub fn content(&self, digest: &str) -> Option<Fetched> {
        let name = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let bytes = name.then(|| fs::read(self.folder.join(digest)).ok()).flatten()?;
        Fetched::new(bytes).ok().filter(|fetched| fetched.digest == digest)
    }

    /// Returns what was last found at an address.
    pub fn last(&self, url: &str) -> Option<Fetched> {
        self.content(fs::read_to_string(self.note(url)).ok()?.trim())
    }

    /// Keeps what was found at an address.
    pub fn keep(&self, url: &str, found: &Fetched) -> Result<(), WorkspaceError> {
        if self.content(&found.digest).is_none() {
            workspace::write_file(&self.folder.join(&found.digest), &found.bytes)?;
        }
        workspace::write_file(&self.note(url), format!("{}\n", found.digest).as_bytes())
    }

    fn note(&self, url: &str) -> PathBuf {
        self.folder.join("addresses").join(blake3::hash(url.as_bytes()).to_hex().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://img.example/a.gif";
    const PIXEL: &[u8] =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

    #[test]
    fn what_is_kept_is_found_by_address_and_by_digest() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = KeptMedia::new(folder.path());
        assert_eq!(kept.last(URL), None);
        let found = Fetched::new(PIXEL.to_vec()).expect("an image");
        kept.keep(URL, &found).expect("kept");
        kept.keep(URL, &found).expect("kept again");
        assert_eq!((kept.last(URL), kept.content(&found.digest)), (Some(found.clone()), Some(found)));
        assert_eq!(kept.last("https://img.example/b.gif"), None);
    }

    #[test]
    fn what_was_changed_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = KeptMedia::new(folder.path());
        let found = Fetched::new(PIXEL.to_vec()).expect("an image");
        kept.keep(URL, &found).expect("kept");
        fs::write(
            folder.path().join("media").join(&found.digest),
            b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xfe!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
        )
        .expect("written");
        assert_eq!((kept.last(URL), kept.content(&found.digest)), (None, None));
        kept.keep(URL, &found).expect("mended");
        assert_eq!(kept.last(URL), Some(found));
    }

    #[test]
    fn a_digest_is_never_a_path() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.gif"), PIXEL).expect("written");
        fs::create_dir(folder.path().join("media")).expect("a folder");
        assert_eq!(KeptMedia::new(folder.path()).content("../a.gif"), None);
    }
}
