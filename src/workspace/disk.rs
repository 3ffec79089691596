use super::{
    FileProblem, LARGEST_MEDIA, LARGEST_TEXT, Listing, Source, WorkspaceError, blob_id, error,
    obstacle::{Obstacle, nearest, too_large},
    sniff::examine,
    source::{self, CONTENT, TEMPLATES},
};
use crate::model::{MediaInfo, MediaLibrary, MediaProblem};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::{
    collections::HashMap,
    fs::{File, Metadata},
    io::{self, Read as _},
    path::{MAIN_SEPARATOR, Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
#[cfg(target_os = "linux")]
use std::{os::fd::OwnedFd, sync::OnceLock};

/// The files of a workspace as they lie on disk.
///
/// What was looked up of an image is remembered for the life of the value: make a new one when files may have changed.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// The root, open; none if it can't be.
    #[cfg(target_os = "linux")]
    folder: OnceLock<Option<OwnedFd>>,
    looked: Mutex<HashMap<String, Result<MediaInfo, MediaProblem>>>,
    digests: Mutex<HashMap<String, Option<String>>>,
}

impl Disk {
    /// Opens a workspace by its root.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            #[cfg(target_os = "linux")]
            folder: OnceLock::new(),
            looked: Mutex::default(),
            digests: Mutex::default(),
        }
    }

    /// Returns the root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens a plain file without following a link at any step.
    fn open(&self, path: &str) -> Result<(File, Metadata), Obstacle> {
        if !source::is_inside(path) {
            return Err(Obstacle::NotAFile);
        }
        if let Some(opened) = self.open_at_once(path) {
            return Ok(opened);
        }
        let (place, metadata) = self.find(path)?;
        let file = open(&place).map_err(|error| Obstacle::Unreadable(error::reason(&error)))?;
        Ok((file, metadata))
    }

    /// Opens a plain file with one call, where the system can refuse links by itself. None says nothing of the file: going
    /// step by step tells what is wrong, if anything is.
    #[cfg(target_os = "linux")]
    fn open_at_once(&self, path: &str) -> Option<(File, Metadata)> {
        use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
        let folder = || openat(CWD, &self.root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok();
        let folder = self.folder.get_or_init(folder).as_ref()?;
        // A pipe in the place of a file must not be waited for.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let file = File::from(openat2(folder, path, flags, Mode::empty(), resolve).ok()?);
        let metadata = file.metadata().ok()?;
        metadata.is_file().then_some((file, metadata))
    }

    #[cfg(not(target_os = "linux"))]
    fn open_at_once(&self, _: &str) -> Option<(File, Metadata)> {
        None
    }

    /// Finds a plain file without following a link at any step.
    fn find(&self, path: &str) -> Result<(PathBuf, Metadata), Obstacle> {
        let mut place = self.root.clone();
        let mut steps = path.split('/').peekable();
        while let Some(step) = steps.next() {
            place.push(step);
            let metadata = place.symlink_metadata().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Obstacle::Missing,
                _ => Obstacle::Unreadable(error::reason(&error)),
            })?;
            let is_last = steps.peek().is_none();
            match metadata {
                metadata if metadata.is_symlink() => return Err(Obstacle::Symlink),
                metadata if is_last && metadata.is_file() => return Ok((place, metadata)),
                metadata if !is_last && metadata.is_dir() => {}
                metadata if !is_last && metadata.is_file() => return Err(Obstacle::Missing),
                _ => return Err(Obstacle::NotAFile),
            }
        }
        Err(Obstacle::NotAFile)
    }

    fn look_now(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        let (mut file, metadata) = self.open(path).map_err(|obstacle| obstacle.of_medium(|| self.near(path)))?;
        examine(&mut file, metadata.len(), LARGEST_MEDIA)
    }

    /// Finds the name of a file in the same folder that may be meant.
    fn near(&self, path: &str) -> Option<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let entries = self.root.join(folder).read_dir().ok()?.take(10_000);
        let names = entries
            .filter_map(|entry| entry.ok())
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok());
        nearest(name, names)
    }
}

impl Source for Disk {
    fn list(&self) -> Result<Listing, WorkspaceError> {
        let metadata =
            self.root.metadata().map_err(|error| WorkspaceError::io("open the folder", &self.root, &error))?;
        if !metadata.is_dir() {
            return Err(WorkspaceError::new(format!("`{}` is not a folder", self.root.display())));
        }
        let mut listing = Listing::default();
        for folder in [CONTENT, TEMPLATES] {
            let place = self.root.join(folder);
            match place.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => self.walk(&place, &mut listing),
                Ok(metadata) if metadata.is_symlink() => {
                    listing.problems.push((folder.to_owned(), FileProblem::Symlink));
                }
                Ok(_) => listing.problems.push((folder.to_owned(), FileProblem::NotAFile)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(WorkspaceError::io("look at", &place, &error)),
            }
        }
        listing.sort();
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<String, FileProblem> {
        let (file, metadata) = self.open(path)?;
        if metadata.len() > LARGEST_TEXT {
            return Err(FileProblem::TooLarge(metadata.len()));
        }
        let unreadable = |error: &io::Error| FileProblem::Unreadable(error::reason(error));
        let bytes = read_text(&file, metadata.len()).map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > LARGEST_TEXT {
            return Err(FileProblem::TooLarge(bytes.len() as u64));
        }
        source::text(bytes)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        let (file, metadata) = self.open(path).map_err(|obstacle| obstacle.of_medium(|| self.near(path)))?;
        if metadata.len() > LARGEST_MEDIA {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        read_up_to(&file, LARGEST_MEDIA, &mut bytes)?;
        Ok(bytes)
    }
}

impl MediaLibrary for Disk {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        if let Some(known) = lock(&self.looked).get(path) {
            return known.clone();
        }
        let told = self.look_now(path);
        lock(&self.looked).insert(path.to_owned(), told.clone());
        told
    }

    fn digest(&self, path: &str) -> Option<String> {
        if let Some(known) = lock(&self.digests).get(path) {
            return known.clone();
        }
        let digest = self.bytes(path).ok().map(|bytes| blob_id(&bytes));
        lock(&self.digests).insert(path.to_owned(), digest.clone());
        digest
    }
}

impl Disk {
    fn walk(&self, folder: &Path, listing: &mut Listing) {
        let found = Mutex::new(std::mem::take(listing));
        let mut walk = WalkBuilder::new(folder);
        walk.standard_filters(false).hidden(true).follow_links(false);
        walk.build_parallel().run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => self.add(&entry, &found),
                    Err(error) => {
                        let (path, why) = explain(&error);
                        let path = path.map_or_else(|| CONTENT.to_owned(), |path| self.relative(path).0);
                        lock(&found).problems.push((path, FileProblem::Unreadable(why)));
                    }
                }
                WalkState::Continue
            })
        });
        *listing = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    fn add(&self, entry: &DirEntry, found: &Mutex<Listing>) {
        let Some(kind) = entry.file_type() else { return };
        let (path, is_named_well) = self.relative(entry.path());
        if kind.is_dir() {
            return;
        }
        let role = Listing::role(&path);
        // A link to a folder may hide posts, whatever its name; other links matter where they stand for a file.
        let problem = if kind.is_symlink() {
            (role.is_some() || entry.path().is_dir()).then_some(FileProblem::Symlink)
        } else if role.is_some() && !kind.is_file() {
            Some(FileProblem::NotAFile)
        } else if role.is_some() && !is_named_well {
            Some(FileProblem::BadName)
        } else {
            None
        };
        match (problem, role) {
            (Some(problem), _) => lock(found).problems.push((path, problem)),
            (None, Some(role)) => lock(found).add(path, role),
            (None, None) => {}
        }
    }

    /// Returns the path from the root with `/`, and whether every name can be written so.
    fn relative(&self, place: &Path) -> (String, bool) {
        if let (Some(place), Some(root), '/') = (place.to_str(), self.root.to_str(), MAIN_SEPARATOR)
            && let Some(path) = place.strip_prefix(root).and_then(|path| path.strip_prefix('/'))
        {
            return (path.to_owned(), source::is_inside(path));
        }
        let path = place.strip_prefix(&self.root).unwrap_or(place);
        let steps: Vec<_> = path.iter().map(|step| step.to_string_lossy()).collect();
        let is_named_well = path.to_str().is_some() && source::is_inside(&steps.join("/"));
        (steps.join("/"), is_named_well)
    }
}

/// Says what the walk could not do, and where.
fn explain(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), explain(err).1),
        ignore::Error::WithDepth { err, .. } => explain(err),
        error => (None, error.io_error().map_or_else(|| error.to_string(), error::reason)),
    }
}

/// Reads a file of so many bytes, and a little more than the largest text if it has grown since.
fn read_text(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(length).unwrap_or(0);
    // With room for one byte more, a read that gives all of them is the last: that saves a call for each of many files.
    let mut bytes = Vec::with_capacity(length + 1);
    #[cfg(unix)]
    while bytes.len() < length {
        match rustix::io::read(file, rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => break,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if bytes.len() != length || bytes.is_empty() {
        file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn read_up_to(file: &File, most: u64, into: &mut Vec<u8>) -> Result<(), MediaProblem> {
    let unreadable = |error: io::Error| MediaProblem::Unreadable(error::reason(&error));
    file.take(most).read_to_end(into).map(drop).map_err(unreadable)
}

/// Opens a file, but not through a link that was put there since it was looked at.
fn open(place: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0),
    );
    options.open(place)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is whole between any two statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::MediaKind,
        workspace::{read_all, sniff::tests::image},
    };
    use image::ImageFormat;
    use std::fs;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(files: &[(&str, &[u8])]) -> Self {
            let folder = Self(tempfile::tempdir().expect("a folder"));
            files.iter().for_each(|(path, bytes)| folder.write(path, bytes));
            folder
        }

        fn path(&self) -> &Path {
            self.0.path()
        }

        fn write(&self, path: &str, bytes: &[u8]) {
            let place = self.path().join(path);
            fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
            fs::write(place, bytes).expect("a file");
        }

        #[cfg(unix)]
        fn link(&self, target: &str, path: &str) {
            std::os::unix::fs::symlink(target, self.path().join(path)).expect("a link");
        }

        fn disk(&self) -> Disk {
            Disk::new(self.path())
        }
    }

    #[test]
    fn posts_defaults_and_templates_are_listed_in_order() {
        let folder = Folder::new(&[
            ("content/b.md", b""),
            ("content/a/z.md", b""),
            ("content/a/_defaults.toml", b""),
            ("content/a/photo.jpg", b""),
            ("content/.drafts/x.md", b""),
            ("content/.#b.md", b""),
            ("content/.gitignore", b"*.md"),
            ("templates/card.html", b""),
            ("README.md", b""),
        ]);
        let listing = folder.disk().list().expect("a listing");
        assert_eq!(listing.posts, ["content/a/z.md", "content/b.md"]);
        assert_eq!(listing.defaults, ["content/a/_defaults.toml"]);
        assert_eq!(listing.templates, ["templates/card.html"]);
        assert_eq!(listing.problems, []);
    }

    #[test]
    fn a_workspace_without_content_is_empty() {
        assert_eq!(Folder::new(&[]).disk().list().expect("a listing"), Listing::default());
    }

    #[test]
    fn a_root_that_is_not_there_is_an_error() {
        assert!(Disk::new("/nowhere/at/all").list().expect_err("an error").message.contains("/nowhere/at/all"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_reported_and_not_followed() {
        let folder = Folder::new(&[("content/a.md", b"text"), ("secret/b.md", b"secret"), ("secret/p.png", b"x")]);
        folder.link("../secret/b.md", "content/b.md");
        folder.link("../secret", "content/more");
        folder.link("../secret/p.png", "content/p.png");
        let disk = folder.disk();
        let listing = disk.list().expect("a listing");
        assert_eq!(listing.posts, ["content/a.md"]);
        let link = |path: &str| (path.to_owned(), FileProblem::Symlink);
        assert_eq!(listing.problems, [link("content/b.md"), link("content/more")]);
        assert_eq!(disk.read("content/b.md"), Err(FileProblem::Symlink));
        assert_eq!(disk.read("content/more/b.md"), Err(FileProblem::Symlink));
        assert_eq!(disk.look("content/p.png"), Err(MediaProblem::NotAFile));
        assert_eq!(disk.bytes("content/more/p.png"), Err(MediaProblem::NotAFile));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_file_and_is_not_waited_for() {
        let folder = Folder::new(&[("content/a.md", b"text")]);
        let place = folder.path().join("content/p.md");
        rustix::fs::mkfifoat(rustix::fs::CWD, place, rustix::fs::Mode::RUSR).expect("a pipe");
        let disk = folder.disk();
        assert_eq!(disk.list().expect("a listing").problems, [("content/p.md".to_owned(), FileProblem::NotAFile)]);
        assert_eq!(disk.read("content/p.md"), Err(FileProblem::NotAFile));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_is_reported() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = Folder::new(&[("content/a.md", b"")]);
        let name = std::ffi::OsStr::from_bytes(b"caff\xe8.md");
        fs::write(folder.path().join("content").join(name), "").expect("a file");
        let listing = folder.disk().list().expect("a listing");
        assert_eq!(listing.posts, ["content/a.md"]);
        assert_eq!(listing.problems, [("content/caff\u{fffd}.md".to_owned(), FileProblem::BadName)]);
    }

    #[test]
    fn texts_are_read_with_limits() {
        let folder = Folder::new(&[
            ("content/a.md", "è".as_bytes()),
            ("content/latin.md", b"caff\xe8"),
            ("content/large.md", &vec![b'x'; (LARGEST_TEXT + 1) as usize]),
            ("content/full.md", &vec![b'x'; LARGEST_TEXT as usize]),
            ("content/folder.md/x", b""),
        ]);
        let disk = folder.disk();
        assert_eq!(disk.read("content/a.md"), Ok("è".to_owned()));
        assert_eq!(disk.read("content/latin.md"), Err(FileProblem::NotUtf8(4)));
        assert_eq!(disk.read("content/large.md"), Err(FileProblem::TooLarge(LARGEST_TEXT + 1)));
        assert!(disk.read("content/full.md").is_ok());
        assert_eq!(disk.read("content/folder.md"), Err(FileProblem::NotAFile));
        assert_eq!(disk.read("content/none.md"), Err(FileProblem::Missing));
        assert_eq!(disk.read("content/a.md/x"), Err(FileProblem::Missing));
        assert_eq!(disk.read("../a.md"), Err(FileProblem::NotAFile));
    }

    #[test]
    fn many_texts_are_read_in_order() {
        let files: Vec<_> = (0..200).map(|number| format!("content/{number:03}.md")).collect();
        let folder = Folder::new(&[]);
        files.iter().for_each(|path| folder.write(path, path.as_bytes()));
        let read = read_all(&folder.disk(), &files, |index, path, text| (index, path.to_owned(), text));
        for (index, path) in files.iter().enumerate() {
            assert_eq!(read[index], (index, path.clone(), Ok(path.clone())));
        }
        assert!(read_all(&folder.disk(), &[], |_, _, _| ()).is_empty());
    }

    #[test]
    fn images_are_looked_at() {
        let png = image(ImageFormat::Png, 3, 5);
        let folder = Folder::new(&[("content/a.png", &png), ("content/b.png", b"# no")]);
        let disk = folder.disk();
        let info = disk.look("content/a.png").expect("an image");
        assert_eq!((info.kind, info.bytes, info.width, info.height), (MediaKind::Png, png.len() as u64, 3, 5));
        assert_eq!(disk.bytes("content/a.png"), Ok(png));
        assert_eq!(disk.look("content/b.png"), Err(MediaProblem::UnknownKind));
        assert_eq!(disk.look("content/A.PNG"), Err(MediaProblem::Missing { near: Some("a.png".to_owned()) }));
        assert_eq!(disk.look("content/other.jpg"), Err(MediaProblem::Missing { near: None }));
        assert_eq!(disk.look("content"), Err(MediaProblem::NotAFile));
        assert_eq!(disk.look("../a.png"), Err(MediaProblem::NotAFile));
    }

    #[test]
    fn an_image_with_a_long_head_is_read_on() {
        let jpeg = image(ImageFormat::Jpeg, 3, 5);
        let mut bytes = jpeg[..2].to_vec();
        for _ in 0..3 {
            bytes.extend([0xff, 0xe5, 0xff, 0xff]);
            bytes.extend([0; 0xfffd]);
        }
        bytes.extend(&jpeg[2..]);
        let folder = Folder::new(&[("content/a.jpg", &bytes)]);
        let info = folder.disk().look("content/a.jpg").expect("an image");
        assert_eq!((info.width, info.height, info.bytes), (3, 5, bytes.len() as u64));
    }

    #[test]
    fn the_digest_is_what_git_would_call_the_content() {
        let folder = Folder::new(&[("content/a.bin", b"hello\n")]);
        let disk = folder.disk();
        assert_eq!(disk.digest("content/a.bin").as_deref(), Some("ce013625030ba8dba906f756967f9e9ca394464a"));
        assert_eq!(disk.digest("content/b.bin"), None);
    }
}
