//! Loss of power while an event is appended to the ledger of a clone: what `strace` saw being written and synced is
//! replayed up to each point, with up to so many operations lost that nothing had put on the disk yet. Whatever is left is
//! a ledger that reads, with every event that was acknowledged, and that takes another one without anybody's help.
//!
//! Needs `strace`, so it is not part of `cargo test`:
//!
//! ```text
//! cargo test --test power                          # one operation lost
//! MASTHEAD_LOST=3 cargo test --release --test power
//! ```

#![expect(clippy::print_stdout, reason = "a suite tells what it did")]

mod trace;

use masthead::{
    config::LedgerSettings,
    ledger::{Actor, Append, Appended, Event, EventId, Happening, PartKey, Store as _},
    model::{AccountId, PostId, Timestamp},
    workspace::{GitStore, Repo},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};
use trace::{Names, Op};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, folder, branch, id] = arguments.as_slice()
        && mode == "--append"
    {
        append(Path::new(folder), branch, id);
        println!("acknowledged");
        return;
    }
    let lost = env::var("MASTHEAD_LOST").map_or(1, |lost| lost.parse().expect("a number"));
    let mut states = 0;
    for (branch, before, packs) in [
        ("masthead-ledger", 0, false),
        ("masthead-ledger", 2, false),
        ("team/ledger", 2, true),
        ("team/ledger", 0, false),
    ] {
        states += scenario(branch, before, packs, lost);
    }
    println!("test result: ok. {states} passed; 0 failed");
}

fn event(id: &str) -> Event {
    Event {
        id: EventId(id.to_owned()),
        key: PartKey { post: PostId::new("hello"), account: AccountId::new("brand"), part: 1 },
        of: None,
        at: Timestamp::EPOCH,
        by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: None },
        what: Happening::Intent {
            attempt: 1,
            lease: 70,
            commit: "c0ffee".to_owned(),
            digest: "d1".to_owned(),
            key: "k1".to_owned(),
            nonce: 7,
            network_time: None,
            media: BTreeMap::new(),
        },
    }
}

fn open(folder: &Path, branch: &str) -> GitStore {
    let settings = LedgerSettings { remote: None, branch: branch.to_owned() };
    GitStore::open(&Repo::open(folder).expect("a repository"), &settings).expect("a store")
}

fn append(folder: &Path, branch: &str, id: &str) {
    let answers = open(folder, branch).append(&[Append { event: event(id), seen: None }]).expect("an answer");
    assert_eq!(answers, [Appended::Written]);
}

/// Records an append after `before` others, and replays it. Returns how many states were looked at.
fn scenario(branch: &str, before: usize, packs: bool, lost: usize) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a path");
    let repository = folder.join("repository");
    fs::create_dir(&repository).expect("a folder");
    git(&repository, &["init", "--quiet", "--initial-branch=main", "--template="]);
    git(
        &repository,
        &["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "x"],
    );
    for number in 0..before {
        append(&repository, branch, &number.to_string());
    }
    if packs {
        git(&repository, &["gc", "--quiet"]);
    }
    let (names, files) = snapshot(&repository);
    let recorded = folder.join("trace");
    let status = Command::new("strace")
        .args(trace::ARGUMENTS)
        .arg("-o")
        .arg(&recorded)
        .arg(env::current_exe().expect("this program"))
        .args(["--append", repository.to_str().expect("a path"), branch, "new"])
        .status()
        .expect("`strace`: install it");
    assert!(status.success(), "{status}");
    let ops = trace::read(&fs::read_to_string(&recorded).expect("a trace"), &repository, &names);
    let acknowledged = ops.iter().position(|op| matches!(op, Op::Acknowledged)).expect("it was acknowledged");
    assert!(ops.iter().filter(|op| matches!(op, Op::Sync { .. })).count() > 3, "writes are synced: {ops:#?}");
    let replay = Replay { repository: &repository, branch, before, names, files, ops, acknowledged };
    let states = replay.all(&folder.join("replayed"), lost);
    println!("{branch} after {before} events: {} operations, {states} states, all good", replay.ops.len());
    states
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git").current_dir(folder).args(arguments).status().expect("the git program");
    assert!(status.success(), "git {arguments:?}");
}

/// Reads all files below a folder.
fn snapshot(folder: &Path) -> (Names, Vec<Vec<u8>>) {
    let (mut names, mut files) = (Names::new(), Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                names.insert(path.clone(), None);
                folders.push(path);
            } else {
                names.insert(path.clone(), Some(files.len()));
                files.push(fs::read(&path).expect("a file"));
            }
        }
    }
    (names, files)
}

struct Replay<'a> {
    repository: &'a Path,
    branch: &'a str,
    before: usize,
    names: Names,
    files: Vec<Vec<u8>>,
    ops: Vec<Op>,
    acknowledged: usize,
}

impl Replay<'_> {
    /// Looks at every state that a loss of power may leave.
    fn all(&self, place: &Path, lost: usize) -> usize {
        let mut seen = HashSet::new();
        for end in 0..=self.ops.len() {
            let pending: Vec<usize> = (0..end).filter(|at| self.is_pending(*at, end)).collect();
            for lost in choices(&pending, lost) {
                let (names, files) = self.replay(end, &lost);
                let state: Vec<(&PathBuf, Option<&Vec<u8>>)> =
                    names.iter().map(|(path, file)| (path, file.map(|file| &files[file]))).collect();
                let is_acknowledged = end > self.acknowledged;
                if seen.insert((blake3::hash(format!("{state:?}").as_bytes()), is_acknowledged)) {
                    self.check(place, &state, is_acknowledged, &format!("after {end}, without {lost:?}"));
                }
            }
        }
        seen.len()
    }

    /// Returns whether an operation may be lost when the power goes before the one at `end`.
    fn is_pending(&self, at: usize, end: usize) -> bool {
        let op = &self.ops[at];
        op.is_change() && !self.ops[at..end].iter().any(|later| op.is_synced_by(later))
    }

    fn replay(&self, end: usize, lost: &[usize]) -> (Names, Vec<Vec<u8>>) {
        let (mut names, mut files) = (self.names.clone(), self.files.clone());
        for (_, op) in self.ops[..end].iter().enumerate().filter(|(at, _)| !lost.contains(at)) {
            match op {
                Op::Name { path, file } => {
                    files.resize_with(files.len().max(file + 1), Vec::new);
                    names.insert(path.clone(), Some(*file));
                }
                Op::Rename { from, to, file } => {
                    files.resize_with(files.len().max(file + 1), Vec::new);
                    names.remove(from);
                    names.insert(to.clone(), Some(*file));
                }
                Op::Unlink { path } => drop(names.remove(path)),
                Op::Folder { path } => drop(names.insert(path.clone(), None)),
                Op::Write { file, at, bytes } => {
                    files.resize_with(files.len().max(file + 1), Vec::new);
                    let file = &mut files[*file];
                    let at = if *at == trace::END { file.len() } else { *at };
                    file.resize(file.len().max(at + bytes.len()), 0);
                    file[at..at + bytes.len()].copy_from_slice(bytes);
                }
                Op::Truncate { file, length } => {
                    files.resize_with(files.len().max(file + 1), Vec::new);
                    files[*file].resize(*length, 0);
                }
                Op::Sync { .. } | Op::SyncFolder { .. } | Op::Acknowledged => {}
            }
        }
        // What lies in a folder whose own name was lost is lost with it.
        let folders: BTreeSet<PathBuf> =
            names.iter().filter(|(_, file)| file.is_none()).map(|(path, _)| path.clone()).collect();
        let is_there = |path: &Path| {
            let above = path.ancestors().skip(1).take_while(|folder| *folder != self.repository);
            above.into_iter().all(|folder| folders.contains(folder))
        };
        names.retain(|path, _| is_there(path));
        (names, files)
    }

    fn check(&self, place: &Path, state: &[(&PathBuf, Option<&Vec<u8>>)], is_acknowledged: bool, what: &str) {
        let _ = fs::remove_dir_all(place);
        fs::create_dir(place).expect("a folder");
        for (path, bytes) in state {
            let to = place.join(path.strip_prefix(self.repository).expect("below it"));
            match bytes {
                None => fs::create_dir_all(&to).expect("a folder"),
                Some(bytes) => {
                    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                    fs::write(&to, bytes).expect("a file");
                    // The machine starts again after a while.
                    let file = fs::File::options().write(true).open(&to).expect("a file");
                    file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("a time");
                }
            }
        }
        let read = |what: &str| {
            let ledger = open(place, self.branch).read().unwrap_or_else(|error| panic!("{what}: {error}"));
            let parts: Vec<usize> = ledger.deliveries.values().map(|state| usize::from(state.seen(0))).collect();
            parts.into_iter().sum::<usize>()
        };
        let count = read(what);
        let least = self.before + usize::from(is_acknowledged);
        assert!((least..=self.before + 1).contains(&count), "{what}: {count} events, {is_acknowledged}");
        append(place, self.branch, "after");
        assert_eq!(read(what), count + 1, "{what}");
    }
}

/// Returns every choice of up to `most` of some numbers.
fn choices(numbers: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..most {
        let mut next = Vec::new();
        for choice in &last {
            let from = choice.last().map_or(0, |last| numbers.partition_point(|number| number <= last));
            for number in &numbers[from..] {
                next.push([choice.as_slice(), &[*number]].concat());
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}
