use super::{Held, HostError, Place, is_ours};
use crate::{
    model::{MediaKind, Timestamp},
    network::Flow,
    workspace,
};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// A folder that a web server serves.
#[derive(Debug)]
pub(super) struct FolderPlace {
    folder: PathBuf,
}

impl FolderPlace {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder must be there: one that a typing mistake makes is served by nobody.
    fn folder(&self) -> Result<&Path, HostError> {
        match fs::metadata(&self.folder) {
            Ok(about) if about.is_dir() => Ok(&self.folder),
            Ok(_) => Err(HostError::new(
                format!("`{}` is no folder", self.folder.display()),
                "name one in `folder` of `[media.host]` that a web server serves at `url`",
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(HostError::new(
                format!("there is no folder `{}`", self.folder.display()),
                "make it, and let a web server serve it at `url` of `[media.host]`",
            )),
            Err(error) => Err(failed("look at", &self.folder, &error)),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HostError> {
        let path = self.folder()?.join(name);
        workspace::write_file(&path, bytes).map_err(|error| {
            let help = error.hint.unwrap_or_else(|| "see that the folder of `[media.host]` can be written".to_owned());
            HostError::new(error.message, help)
        })?;
        // The web server is somebody else.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(|error| failed("open up", &path, &error))
    }

    fn list(&self) -> Result<Vec<Held>, HostError> {
        let folder = self.folder()?;
        let mut held = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| failed("list", folder, &error))? {
            let entry = entry.map_err(|error| failed("list", folder, &error))?;
            let Some(name) = entry.file_name().to_str().filter(|name| is_ours(name)).map(str::to_owned) else {
                continue;
            };
            let about = match fs::symlink_metadata(entry.path()) {
                Ok(about) => about,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("look at", &entry.path(), &error)),
            };
            if about.is_file() {
                held.push(Held { name, since: moment(about.modified().unwrap_or(UNIX_EPOCH)) });
            }
        }
        held.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(held)
    }

    fn delete(&self, name: &str) -> Result<(), HostError> {
        let path = self.folder()?.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Place for FolderPlace {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], _: MediaKind) -> Flow<'a, Result<(), HostError>> {
        Box::pin(async move { self.write(name, bytes) })
    }

    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>> {
        Box::pin(async move { self.list() })
    }

    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>> {
        Box::pin(async move { self.delete(name) })
    }
}

fn moment(time: SystemTime) -> Timestamp {
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> HostError {
    HostError::new(
        format!("failed to {what} `{}`: {error}", path.display()),
        "see that the folder of `[media.host]` is there and can be written",
    )
}

#[cfg(test)]
mod tests {
    use super::{super::name_of, *};

    #[test]
    fn files_of_ours_come_and_go_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = FolderPlace::new(folder.path().to_owned());
        fs::write(folder.path().join("index.html"), b"theirs").expect("written");
        let name = name_of(b"pixels", MediaKind::Png);
        fs::create_dir(folder.path().join(name_of(b"a folder", MediaKind::Png))).expect("made");
        std::os::unix::fs::symlink("index.html", folder.path().join(name_of(b"a link", MediaKind::Png)))
            .expect("linked");
        place.write(&name, b"pixels").expect("written");
        place.write(&name, b"pixels").expect("written again");
        let mode = fs::metadata(folder.path().join(&name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        let held = place.list().expect("listed");
        assert_eq!(held.iter().map(|held| held.name.as_str()).collect::<Vec<_>>(), [name.as_str()]);
        assert!(held[0].since > Timestamp::EPOCH);
        place.delete(&name).expect("removed");
        place.delete(&name).expect("what is gone is gone");
        assert_eq!(place.list(), Ok(Vec::new()));
        assert_eq!(fs::read(folder.path().join("index.html")).expect("still there"), b"theirs");
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = FolderPlace::new(folder.path().join("nowhere"));
        let error = place.write("a", b"b").expect_err("no folder");
        assert!(error.message.starts_with("there is no folder `") && error.help.starts_with("make it"), "{error}");
        fs::write(folder.path().join("nowhere"), b"a file").expect("written");
        assert!(place.list().expect_err("no folder").message.ends_with("is no folder"));
    }
}
