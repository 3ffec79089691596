use super::{
    WorkspaceError,
    atomic::{self, Durability},
    source,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// Remembers in an output folder which files are ours.
const MANIFEST: &str = ".masthead-manifest";
const VERSION: u32 = 1;

/// What writing a folder of output came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The files that are new or differ from before.
    pub written: Vec<String>,
    /// How many files were as they should be.
    pub unchanged: usize,
    /// The files of an earlier run that are no longer wanted and were removed.
    pub removed: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    files: BTreeSet<String>,
    v: u32,
}

/// Makes a folder hold these files, by paths with `/`.
///
/// Writes only what differs. Removes only what an earlier call wrote there, and leaves all else alone: a file of somebody
/// else's that stands where one is to be written is an error, before anything is changed. Links are not followed.
pub fn write_tree(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Written, WorkspaceError> {
    make_folder(folder)?;
    let ours = read_manifest(folder)?;
    let wanted: BTreeSet<String> = files.keys().cloned().collect();
    let mut result = Written::default();
    for (path, bytes) in files {
        match state(folder, path, bytes)? {
            State::Same => result.unchanged += 1,
            State::Absent => result.written.push(path.clone()),
            State::Differs if ours.contains(path) => result.written.push(path.clone()),
            State::Differs => {
                let place = folder.join(path);
                let message = format!("`{}` is in the way, and an earlier run did not write it", place.display());
                return Err(WorkspaceError::new(message).hint("move it away, or choose another folder for the output"));
            }
        }
    }
    // What is written from here on is ours even if we are stopped half-way.
    let both: BTreeSet<String> = ours.union(&wanted).cloned().collect();
    if both != ours {
        write_manifest(folder, both)?;
    }
    for path in &result.written {
        let place = folder.join(path);
        if let Some(above) = place.parent() {
            fs::create_dir_all(above).map_err(|error| WorkspaceError::io("make the folder", above, &error))?;
        }
        atomic::replace(&place, &files[path], Durability::Cached)?;
    }
    for path in ours.difference(&wanted) {
        if remove(folder, path)? {
            result.removed.push(path.clone());
        }
    }
    if ours != wanted {
        write_manifest(folder, wanted)?;
    }
    Ok(result)
}

/// Returns the files that an earlier run wrote into a folder; none if none did.
pub fn written_before(folder: &Path) -> Result<BTreeSet<String>, WorkspaceError> {
    read_manifest(folder)
}

enum State {
    Absent,
    Same,
    Differs,
}

fn make_folder(folder: &Path) -> Result<(), WorkspaceError> {
    match folder.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => Err(atomic::link(folder)),
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(WorkspaceError::io("write into", folder, &io::ErrorKind::NotADirectory.into())),
        Err(_) => fs::create_dir_all(folder).map_err(|error| WorkspaceError::io("make the folder", folder, &error)),
    }
}

/// Compares a file with what it should hold.
fn state(folder: &Path, path: &str, bytes: &[u8]) -> Result<State, WorkspaceError> {
    if !source::is_inside(path) || path == MANIFEST {
        return Err(WorkspaceError::new(format!("`{}` is not a path for output", path.escape_debug())));
    }
    let Some((place, metadata)) = find(folder, path)? else { return Ok(State::Absent) };
    if !metadata.is_file() {
        return Err(WorkspaceError::io("write", &place, &io::ErrorKind::IsADirectory.into()));
    }
    if metadata.len() != bytes.len() as u64 {
        return Ok(State::Differs);
    }
    let old = fs::read(&place).map_err(|error| WorkspaceError::io("read", &place, &error))?;
    Ok(if old == bytes { State::Same } else { State::Differs })
}

/// Finds what stands at a path; a link at any step is an error.
fn find(folder: &Path, path: &str) -> Result<Option<(PathBuf, fs::Metadata)>, WorkspaceError> {
    let mut place = folder.to_owned();
    let mut steps = path.split('/').peekable();
    while let Some(step) = steps.next() {
        place.push(step);
        match place.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => return Err(atomic::link(&place)),
            Ok(metadata) if steps.peek().is_none() => return Ok(Some((place, metadata))),
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(WorkspaceError::io("write into", &place, &io::ErrorKind::NotADirectory.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WorkspaceError::io("look at", &place, &error)),
        }
    }
    Ok(None)
}

/// Removes a file of ours and the folders that it leaves empty.
fn remove(folder: &Path, path: &str) -> Result<bool, WorkspaceError> {
    // A manifest that somebody has changed must not lead out of the folder, and what is not a file is not ours.
    let found = if source::is_inside(path) { find(folder, path).ok().flatten() } else { None };
    let Some((place, _)) = found.filter(|(_, metadata)| metadata.is_file()) else { return Ok(false) };
    fs::remove_file(&place).map_err(|error| WorkspaceError::io("remove", &place, &error))?;
    for above in place.ancestors().skip(1).take_while(|above| *above != folder) {
        // Fails where something is left in it, which is how we know.
        if fs::remove_dir(above).is_err() {
            break;
        }
    }
    Ok(true)
}

fn read_manifest(folder: &Path) -> Result<BTreeSet<String>, WorkspaceError> {
    let place = folder.join(MANIFEST);
    let text = match fs::read_to_string(&place) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(WorkspaceError::io("read", &place, &error)),
    };
    match serde_json::from_str::<Manifest>(&text) {
        Ok(manifest) if manifest.v <= VERSION => Ok(manifest.files),
        Ok(_) => Err(WorkspaceError::new(format!("`{}` was written by a newer program", place.display()))
            .hint("update this program, or remove the folder and build it anew")),
        Err(error) => Err(WorkspaceError::new(format!("can't read `{}`: {error}", place.display()))
            .hint("remove the folder and build it anew")),
    }
}

fn write_manifest(folder: &Path, files: BTreeSet<String>) -> Result<(), WorkspaceError> {
    let text = serde_json::to_string_pretty(&Manifest { files, v: VERSION }).expect("strings and a number");
    atomic::replace(&folder.join(MANIFEST), (text + "\n").as_bytes(), Durability::Cached)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Output(tempfile::TempDir);

    impl Output {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("public")
        }

        fn build(&self, files: &[(&str, &str)]) -> Result<Written, WorkspaceError> {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
            write_tree(&self.path(), &files)
        }

        #[track_caller]
        fn check(&self, files: &[(&str, &str)], written: &[&str], unchanged: usize, removed: &[&str]) {
            let result = self.build(files).expect("written");
            assert_eq!((result.written.as_slice(), result.unchanged), (owned(written).as_slice(), unchanged));
            assert_eq!(result.removed, owned(removed));
            for (path, text) in files {
                assert_eq!(fs::read_to_string(self.path().join(path)).expect("a file"), *text);
            }
        }
    }

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|&path| path.to_owned()).collect()
    }

    #[test]
    fn only_what_differs_is_written() {
        let output = Output::new();
        output.check(&[("a/index.html", "1"), ("b.xml", "1")], &["a/index.html", "b.xml"], 0, &[]);
        output.check(&[("a/index.html", "1"), ("b.xml", "1")], &[], 2, &[]);
        output.check(&[("a/index.html", "1"), ("b.xml", "2")], &["b.xml"], 1, &[]);
    }

    #[test]
    fn what_is_no_longer_wanted_is_removed_with_its_folders() {
        let output = Output::new();
        output.check(&[("a/b/c.html", "1"), ("d.html", "1")], &["a/b/c.html", "d.html"], 0, &[]);
        output.check(&[("d.html", "1")], &[], 1, &["a/b/c.html"]);
        assert!(!output.path().join("a").exists());
        output.check(&[], &[], 0, &["d.html"]);
        assert!(output.path().exists());
    }

    #[test]
    fn files_of_others_stay() {
        let output = Output::new();
        output.check(&[("a/x.html", "1")], &["a/x.html"], 0, &[]);
        fs::write(output.path().join("a/CNAME"), "acme.example").expect("a file");
        output.check(&[], &[], 0, &["a/x.html"]);
        assert!(output.path().join("a/CNAME").exists());
        let error = output.build(&[("a/CNAME", "ours"), ("b", "1")]).expect_err("refused");
        assert!(error.message.contains("is in the way"), "{error}");
        assert!(!output.path().join("b").exists());
        // The same content is as good as ours.
        output.check(&[("a/CNAME", "acme.example")], &[], 1, &[]);
    }

    #[test]
    fn a_build_that_was_stopped_is_taken_up() {
        let output = Output::new();
        output.check(&[("a", "1")], &["a"], 0, &[]);
        // As if stopped after the manifest of the next build and one of its files.
        write_manifest(&output.path(), BTreeSet::from(["a".to_owned(), "b".to_owned(), "c".to_owned()]))
            .expect("written");
        fs::write(output.path().join("b"), "half").expect("a file");
        output.check(&[("b", "2"), ("c", "2")], &["b", "c"], 0, &["a"]);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let output = Output::new();
        for path in ["../x", "/x", "a/../../x", "", "a\\b", MANIFEST] {
            assert!(output.build(&[(path, "1")]).expect_err("refused").message.contains("is not a path"), "{path}");
        }
        output.check(&[("a", "1")], &["a"], 0, &[]);
        fs::write(output.0.path().join("precious"), "1").expect("a file");
        write_manifest(&output.path(), BTreeSet::from(["../precious".to_owned()])).expect("written");
        assert!(output.build(&[("b", "1")]).is_ok());
        assert!(output.0.path().join("precious").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let output = Output::new();
        let outside = output.0.path().join("outside");
        fs::create_dir(&outside).expect("a folder");
        output.check(&[("a", "1")], &["a"], 0, &[]);
        std::os::unix::fs::symlink(&outside, output.path().join("link")).expect("a link");
        assert!(output.build(&[("link/x", "1")]).expect_err("refused").message.contains("symbolic link"));
        assert!(!outside.join("x").exists());
        let linked = output.0.path().join("linked");
        std::os::unix::fs::symlink(&outside, &linked).expect("a link");
        assert!(write_tree(&linked, &BTreeMap::new()).expect_err("refused").message.contains("symbolic link"));
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_an_error() {
        let output = Output::new();
        output.check(&[("a", "1")], &["a"], 0, &[]);
        fs::write(output.path().join(MANIFEST), "{").expect("a file");
        assert!(output.build(&[]).expect_err("refused").hint.is_some());
        fs::write(output.path().join(MANIFEST), "{\"v\": 9, \"files\": []}").expect("a file");
        assert!(output.build(&[]).expect_err("refused").message.contains("newer"));
    }
}
