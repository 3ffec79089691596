//! What a large ledger costs: reading it cold, with its cache and brought forward, finding one delivery, appending,
//! `masthead status`, the most memory, what it weighs packed and what a fetch brings. Each reading is a process of its own.
//!
//! ```text
//! cargo bench --bench ledger                          # 100,000 events
//! cargo bench --bench ledger -- 1000000               # any number
//! TMPDIR=/dev/shm cargo bench --bench ledger          # where syncing to the disk costs nothing
//! ```

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod generate;
mod workspace;

use generate::BRANCH;
use masthead::{
    config::LedgerSettings,
    ledger::{Append, Appended, Event, EventId, Happening, PartKey, Store as _},
    model::{AccountId, PostId, Timestamp},
    workspace::{GitStore, Repo},
};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike as _,
};
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How many times what is short is done.
const ROUNDS: usize = 200;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [mode, folder] = arguments.as_slice()
        && let Some(measure) = CHILDREN.iter().find(|(name, _)| name == mode)
    {
        return child(measure.1, Path::new(folder));
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    for size in if sizes.is_empty() { vec![100_000] } else { sizes } {
        let folder = tempfile::tempdir().expect("a temporary folder");
        measure(folder.path(), size);
    }
}

/// What is done in a process of its own: each returns how long it took.
type Measure = fn(&Path) -> Duration;
const CHILDREN: [(&str, Measure); 4] =
    [("--read", read), ("--look-up", look_up), ("--append", append), ("--status", status)];

fn child(measure: Measure, folder: &Path) {
    let took = measure(folder);
    // What is measured may be a program that this one has run.
    let usages = [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN].map(|who| getrusage(who).expect("the usage"));
    let most = usages.iter().map(|usage| usage.max_rss()).max().unwrap_or(0);
    let busy: i64 = usages.iter().map(|usage| (usage.user_time() + usage.system_time()).num_milliseconds()).sum();
    // In bytes there, and in KiB everywhere else.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    println!("{} {busy} {}", took.as_secs_f64() * 1e3, most * unit / (1 << 20));
}

fn measure(folder: &Path, size: usize) {
    let work = folder.join("work");
    workspace::write(&work, generate::posts(size));
    let clock = Instant::now();
    generate::write(&work, size).expect("a ledger");
    println!("{size} events, written by fast-import in {:.1} s", clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    git(&work, &["gc", "--quiet"]);
    println!("  packed             {:>9.1} MB  (gc: {:.1} s)", packed(&work), clock.elapsed().as_secs_f64());
    show("read, cold", own("--read", &work));
    show("read, with the cache", own("--read", &work));
    show("look-up", own("--look-up", &work));
    let old = git(&work, &["rev-parse", BRANCH]);
    let before = loose(&work);
    show("append", own("--append", &work));
    println!("  disk an append     {:>9.1} kB", (loose(&work) - before) / ROUNDS as f64);
    show("read, brought forward", own("--read", &work));
    println!("  fetch, {ROUNDS} appends  {:>9.1} kB", thin_pack(&work, &old) / 1e3);
    println!("  fetch, one append  {:>9.1} kB", thin_pack(&work, &format!("{BRANCH}~1")) / 1e3);
    for _ in 0..2 {
        show("masthead status", own("--status", &work));
    }
}

fn show(what: &str, [ms, busy, mib]: [f64; 3]) {
    println!("  {what:<22}{ms:>9.2} ms  {mib:>5.0} MiB  (the whole process: {busy:.0} ms of processor)");
}

fn open(folder: &Path) -> GitStore {
    let settings = LedgerSettings { remote: None, branch: BRANCH.to_owned() };
    GitStore::open(&Repo::open(folder).expect("a repository"), &settings).expect("a store")
}

/// Reads the whole ledger.
fn read(folder: &Path) -> Duration {
    let clock = Instant::now();
    let ledger = open(folder).read().expect("a ledger");
    let took = clock.elapsed();
    assert!(!ledger.deliveries.is_empty());
    took
}

/// Has an event judged that is there already, which finds its delivery and writes nothing.
fn look_up(folder: &Path) -> Duration {
    let mut store = open(folder);
    let posts = git(folder, &["ls-tree", "-r", "--name-only", BRANCH]).lines().count() / 26;
    let events: Vec<Append> = (0..ROUNDS)
        .map(|round| Append { event: generate::events(round * 7919 % posts).swap_remove(3), seen: Some(0) })
        .collect();
    store.append(&events[..1]).expect("an answer");
    let clock = Instant::now();
    let answers = store.append(&events).expect("answers");
    assert!(answers.iter().all(|answer| *answer == Appended::Written), "{answers:?}");
    clock.elapsed() / ROUNDS as u32
}

/// Appends one event at a time, the median of many.
fn append(folder: &Path) -> Duration {
    let mut store = open(folder);
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let event = event(&format!("new-{}", round / 5), round);
            let clock = Instant::now();
            let answers = store.append(&[Append { event, seen: Some(0) }]).expect("an answer");
            assert_eq!(answers, [Appended::Written]);
            clock.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn event(post: &str, round: usize) -> Event {
    let model = generate::events(round).swap_remove(0);
    let key = PartKey { post: PostId::new(post), account: AccountId::new(generate::account(round % 5)), part: 1 };
    assert!(matches!(model.what, Happening::Intent { .. }));
    Event { id: EventId(format!("{round:032x}")), key, at: Timestamp::from_millis(1_800_000_000_000), ..model }
}

/// Runs `masthead status`.
fn status(folder: &Path) -> Duration {
    let clock = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_masthead"))
        .arg("-C")
        .arg(folder)
        .arg("status")
        .stdout(Stdio::null())
        .status()
        .expect("a program that runs");
    assert!(status.code().is_some_and(|code| code < 2), "{status}");
    clock.elapsed()
}

/// This program, in another mode: the milliseconds of what was measured, those of the processor in all, and MiB.
fn own(mode: &str, folder: &Path) -> [f64; 3] {
    let output = Command::new(env::current_exe().expect("this program"))
        .arg(mode)
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .expect("a program that runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    numbers.try_into().expect("three numbers")
}

/// What all packs weigh, in MB.
fn packed(folder: &Path) -> f64 {
    let packs = fs::read_dir(folder.join(".git/objects/pack")).expect("a folder");
    let sizes = packs.map(|pack| pack.expect("a file").metadata().expect("a size").len());
    sizes.sum::<u64>() as f64 / 1e6
}

/// What all loose objects take on the disk, in kB.
fn loose(folder: &Path) -> f64 {
    let counted = git(folder, &["count-objects", "-v"]);
    let size = counted.lines().find_map(|line| line.strip_prefix("size: ")).expect("a size");
    size.parse().expect("a number")
}

/// What a fetch of the tip brings to somebody who has an older one, in bytes.
fn thin_pack(folder: &Path, old: &str) -> f64 {
    let script =
        format!("printf '%s\\n^%s\\n' {BRANCH} {old} | git pack-objects --quiet --revs --thin --stdout | wc -c");
    let output = Command::new("sh").current_dir(folder).args(["-c", &script]).output().expect("a shell");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().expect("the git program");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}
