use crate::workspace::{self, Repo};
use notify::{
    Config, Event, EventKind, PollWatcher, RecursiveMode, Watcher,
    event::{ModifyKind, RenameMode},
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

/// How long nothing must happen before it is looked: an editor's save is several events.
const QUIET: Duration = Duration::from_millis(12);
/// How long it is waited for that at most: a branch switch goes on for a while.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often it is looked where the system doesn't tell of changes.
const POLL: Duration = Duration::from_millis(700);

/// What has changed on disk, or may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Paths from the root.
    pub(super) paths: BTreeSet<String>,
    /// Whether anything may have changed, so that all must be looked at.
    pub(super) all: bool,
    /// Whether git's references moved, and with them perhaps the ledger.
    pub(super) references: bool,
    /// Whether a folder that is watched was itself moved or made.
    pub(super) moved: bool,
}

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The system tells of them.
    Told,
    /// The files are looked at again and again.
    Polled,
}

/// Watches a workspace.
pub(super) struct Watch {
    root: PathBuf,
    /// Git's own folder.
    git: Option<PathBuf>,
    how: How,
    watcher: Option<Box<dyn Watcher + Send>>,
    sender: Sender<Heard>,
    heard: Receiver<Heard>,
    /// What is looked at once more where files are looked at again and again: their times are compared in whole seconds, so
    /// that of two saves in one second the later could be missed.
    later: Option<(Instant, BTreeSet<String>)>,
}

enum Heard {
    Event(notify::Result<Event>),
    Nudge(String),
}

/// Tells the watcher of what the program itself has changed, so that it need not be noticed first.
#[derive(Clone, Debug)]
pub(super) struct Nudge(Sender<Heard>);

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Heard")
    }
}

impl Nudge {
    /// Says that a file was written.
    pub(super) fn changed(&self, path: &str) {
        // Nobody listens any more only at the end.
        let _ = self.0.send(Heard::Nudge(path.to_owned()));
    }
}

impl Watch {
    /// Begins to watch. Where the system can't tell of changes, or `how` says so, the files are looked at again and again.
    pub(super) fn start(root: &Path, how: How) -> Self {
        let (sender, heard) = mpsc::channel();
        let git = Repo::open(root).ok().and_then(|repository| repository.state_folder().parent().map(Path::to_owned));
        let mut watch = Self { root: root.to_owned(), git, how, watcher: None, sender, heard, later: None };
        watch.again();
        watch
    }

    /// Returns how changes are noticed.
    pub(super) fn how(&self) -> How {
        self.how
    }

    /// Returns that anything may have changed.
    pub(super) fn everything(&self) -> Changes {
        Changes { all: true, ..Changes::default() }
    }

    /// Returns what tells it of the program's own changes.
    pub(super) fn nudge(&self) -> Nudge {
        Nudge(self.sender.clone())
    }

    /// Watches what is there now: folders that were moved away or made anew are other ones to the system.
    pub(super) fn again(&mut self) {
        self.watcher = None;
        if self.how == How::Told {
            match self.told() {
                Ok(watcher) => self.watcher = Some(watcher),
                // The root is gone, which is somebody else's to tell.
                Err(_) if !self.root.is_dir() => return,
                Err(_) => self.how = How::Polled,
            }
        }
        if self.how == How::Polled {
            self.watcher = self.polled().ok();
        }
    }

    fn told(&self) -> notify::Result<Box<dyn Watcher + Send>> {
        let sender = self.sender.clone();
        let hear = move |event| drop(sender.send(Heard::Event(event)));
        // Links are not followed: neither are they when posts are listed.
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher: Box<dyn Watcher + Send> = Box::new(notify::RecommendedWatcher::new(hear, config)?);
        self.add_to(&mut *watcher)?;
        Ok(watcher)
    }

    fn polled(&self) -> notify::Result<Box<dyn Watcher + Send>> {
        let sender = self.sender.clone();
        let hear = move |event| drop(sender.send(Heard::Event(event)));
        let config = Config::default().with_follow_symlinks(false).with_poll_interval(POLL);
        let mut watcher: Box<dyn Watcher + Send> = Box::new(PollWatcher::new(hear, config)?);
        self.add_to(&mut *watcher)?;
        Ok(watcher)
    }

    fn add_to(&self, watcher: &mut dyn Watcher) -> notify::Result<()> {
        watcher.watch(&self.root, RecursiveMode::NonRecursive)?;
        for folder in [workspace::CONTENT, workspace::TEMPLATES] {
            let place = self.root.join(folder);
            if place.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                watcher.watch(&place, RecursiveMode::Recursive)?;
            }
        }
        if let Some(git) = &self.git {
            // That the ledger moves is good to know, and no more: it is looked for with the next change, too.
            let _ = watcher.watch(git, RecursiveMode::NonRecursive);
            let _ = watcher.watch(&git.join("refs"), RecursiveMode::Recursive);
        }
        Ok(())
    }

    /// Waits for changes, and then until nothing has happened for a moment; no changes if none came in time.
    pub(super) fn next(&mut self, timeout: Option<Duration>) -> Option<Changes> {
        let mut changes = Changes::default();
        let end = timeout.map(|timeout| Instant::now() + timeout);
        while changes.is_empty() {
            let due = self.later.as_ref().map(|(due, _)| *due);
            let heard = match end.into_iter().chain(due).min() {
                None => self.heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(end) => self.heard.recv_timeout(end.saturating_duration_since(Instant::now())),
            };
            match heard {
                Ok(heard) => self.note(heard, &mut changes),
                Err(RecvTimeoutError::Timeout) if due.is_some_and(|due| due <= Instant::now()) => {
                    let (_, paths) = self.later.take()?;
                    return Some(Changes { paths, ..Changes::default() });
                }
                Err(_) => return None,
            }
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let Ok(heard) = self.heard.recv_timeout(QUIET) else { break };
            self.note(heard, &mut changes);
        }
        if changes.moved {
            self.again();
        }
        if self.how == How::Polled && !changes.paths.is_empty() {
            let (_, later) = self.later.get_or_insert_with(|| (Instant::now() + POLL * 2, BTreeSet::new()));
            later.extend(changes.paths.iter().cloned());
        }
        Some(changes)
    }

    fn note(&self, heard: Heard, changes: &mut Changes) {
        let event = match heard {
            Heard::Nudge(path) => {
                changes.paths.insert(path);
                return;
            }
            Heard::Event(Ok(event)) => event,
            // What could not be told of may be anything.
            Heard::Event(Err(_)) => {
                changes.all = true;
                return;
            }
        };
        if event.need_rescan() {
            changes.all = true;
        }
        // That a file was read is no change, and reading it again upon that would never end.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        let is_named = matches!(event.kind, EventKind::Modify(ModifyKind::Name(mode)) if mode != RenameMode::Any);
        let is_new = is_named || matches!(event.kind, EventKind::Create(_) | EventKind::Remove(_));
        for path in &event.paths {
            self.note_path(path, is_new, changes);
        }
    }

    fn note_path(&self, path: &Path, is_new: bool, changes: &mut Changes) {
        if let Some(below) = self.git.as_ref().and_then(|git| path.strip_prefix(git).ok()) {
            let is_lock = below.extension().is_some_and(|extension| extension == "lock");
            changes.references |= !is_lock && (below.starts_with("refs") || below == Path::new("packed-refs"));
            return;
        }
        let Ok(below) = path.strip_prefix(&self.root) else { return };
        let Some(steps) = below.iter().map(|step| step.to_str()).collect::<Option<Vec<_>>>() else {
            // A name that can't be written is told by listing.
            changes.all = true;
            return;
        };
        match steps.as_slice() {
            [] if is_new || !self.root.is_dir() => (changes.all, changes.moved) = (true, true),
            [] => {}
            [workspace::CONTENT | workspace::TEMPLATES] if is_new => (changes.all, changes.moved) = (true, true),
            [workspace::CONFIG | crate::model::FREEZE_FILE] => drop(changes.paths.insert(steps.join("/"))),
            // Hidden files are no posts: editors and git write theirs so.
            [workspace::CONTENT | workspace::TEMPLATES, rest @ ..]
                if !rest.is_empty() && !rest.iter().any(|step| step.starts_with('.')) =>
            {
                changes.paths.insert(steps.join("/"));
            }
            _ => {}
        }
    }
}

impl Changes {
    /// Returns changes of these paths.
    #[cfg(test)]
    pub(super) fn of(paths: &[&str]) -> Self {
        Self { paths: paths.iter().map(|path| (*path).to_owned()).collect(), ..Self::default() }
    }

    /// Returns whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.all && !self.references
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const LONG: Duration = Duration::from_secs(20);

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = Self(tempfile::tempdir().expect("a folder"));
            folder.write("masthead.toml", "");
            folder.write("content/2026/a.md", "A");
            // Long ago: looking again compares times in whole seconds.
            for path in ["masthead.toml", "content/2026/a.md"] {
                let file = fs::File::options().write(true).open(folder.root().join(path)).expect("a file");
                file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).expect("a time");
            }
            folder
        }

        fn root(&self) -> PathBuf {
            self.0.path().canonicalize().expect("the folder").join("workspace")
        }

        fn write(&self, path: &str, text: &str) {
            let place = self.root().join(path);
            fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
            fs::write(place, text).expect("a file");
        }
    }

    /// Waits until changes of that kind come, whatever else comes before.
    #[track_caller]
    fn wait(watch: &mut Watch, is_meant: impl Fn(&Changes) -> bool) -> Changes {
        let end = Instant::now() + LONG;
        while let Some(changes) = watch.next(Some(end.saturating_duration_since(Instant::now()))) {
            if is_meant(&changes) {
                return changes;
            }
        }
        panic!("nothing came");
    }

    fn has(path: &'static str) -> impl Fn(&Changes) -> bool {
        move |changes| changes.paths.contains(path)
    }

    #[track_caller]
    fn check(how: How) {
        let folder = Folder::new();
        let mut watch = Watch::start(&folder.root(), how);
        assert_eq!(watch.how(), how);
        folder.write("content/2026/a.md", "A new text");
        wait(&mut watch, has("content/2026/a.md"));
        // As editors save: a new file is moved over the old one.
        folder.write("content/2026/.a.md.swp", "Another text yet");
        fs::rename(folder.root().join("content/2026/.a.md.swp"), folder.root().join("content/2026/a.md"))
            .expect("a move");
        let changes = wait(&mut watch, has("content/2026/a.md"));
        assert!(!changes.paths.iter().any(|path| path.contains(".swp")), "{changes:?}");
        fs::remove_file(folder.root().join("content/2026/a.md")).expect("a file");
        wait(&mut watch, has("content/2026/a.md"));
        folder.write("masthead.toml", "[workspace]");
        wait(&mut watch, has("masthead.toml"));
        watch.nudge().changed("content/b.md");
        wait(&mut watch, has("content/b.md"));
    }

    #[test]
    fn saves_are_told() {
        check(How::Told);
    }

    #[test]
    fn saves_are_found_by_looking() {
        check(How::Polled);
    }

    #[test]
    fn what_is_read_is_no_change() {
        let folder = Folder::new();
        let mut watch = Watch::start(&folder.root(), How::Told);
        fs::read(folder.root().join("content/2026/a.md")).expect("a file");
        fs::read_dir(folder.root().join("content")).expect("a folder").for_each(drop);
        folder.write("content/.hidden.md", "x");
        folder.write("elsewhere.md", "x");
        watch.nudge().changed("mark");
        let changes = watch.next(Some(LONG)).expect("the mark");
        assert_eq!(changes.paths.into_iter().collect::<Vec<_>>(), ["mark"]);
        assert!(!changes.all);
    }

    #[test]
    fn folders_that_are_made_anew_are_watched_again() {
        let folder = Folder::new();
        let mut watch = Watch::start(&folder.root(), How::Told);
        fs::rename(folder.root().join("content"), folder.root().join("old")).expect("a move");
        wait(&mut watch, |changes| changes.all);
        folder.write("content/b.md", "B");
        wait(&mut watch, |changes| changes.all);
        folder.write("content/c.md", "C");
        wait(&mut watch, has("content/c.md"));
    }

    #[test]
    fn a_root_that_is_moved_away_is_told() {
        let folder = Folder::new();
        let mut watch = Watch::start(&folder.root(), How::Told);
        fs::rename(folder.root(), folder.root().with_file_name("elsewhere")).expect("a move");
        wait(&mut watch, |changes| changes.all);
        folder.write("content/b.md", "B");
        watch.again();
        folder.write("content/c.md", "C");
        wait(&mut watch, has("content/c.md"));
    }

    #[test]
    fn many_changes_are_few_batches() {
        let folder = Folder::new();
        let mut watch = Watch::start(&folder.root(), How::Told);
        for number in 0..2_000 {
            folder.write(&format!("content/2026/{number}.md"), "x");
        }
        let (mut seen, mut batches) = (BTreeSet::new(), 0);
        while seen.len() < 2_000 {
            let mut changes = watch.next(Some(LONG)).expect("changes");
            seen.append(&mut changes.paths);
            batches += 1;
        }
        assert!(batches < 50, "{batches}");
    }
}
