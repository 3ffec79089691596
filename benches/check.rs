//! How long `masthead check` takes, against the floor: a program that merely walks, reads and parses the same files (typed
//! TOML front matter and pulldown-cmark events) on two threads. Both run as whole processes, in turn. Findings are written
//! to a file, as they are in CI. Time and memory for each post tell whether they grow faster than the workspace.
//!
//! ```text
//! cargo bench --bench check                  # 1,000 and 10,000 posts
//! cargo bench --bench check -- 100000        # any number
//! ```

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod corpus;

use ignore::{WalkBuilder, WalkState};
use nix::sys::resource::{UsageWho, getrusage};
use pulldown_cmark::{Options, Parser};
use rayon::prelude::*;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

const PAIRS: usize = 7;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [mode, folder] if mode == "--floor" => return floor(Path::new(folder)),
        [mode, folder] if mode == "--peak" => return peak(Path::new(folder)),
        _ => {}
    }
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000] } else { sizes };
    version();
    for size in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        corpus::write(folder.path(), size).expect("a corpus");
        compare(size, folder.path());
    }
}

/// Walks, reads and parses, and nothing else.
fn floor(folder: &Path) {
    #[derive(serde::Deserialize)]
    struct Front {
        id: String,
        to: Vec<String>,
        date: toml::value::Datetime,
        tags: Vec<String>,
    }
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("a thread pool");
    let files = Mutex::new(Vec::<PathBuf>::new());
    WalkBuilder::new(folder.join("content")).standard_filters(false).threads(2).build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.path().extension().is_some_and(|extension| extension == "md")
            {
                files.lock().expect("no panic").push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    let files = files.into_inner().expect("no panic");
    let events: usize = files
        .par_iter()
        .map(|path| {
            let text = String::from_utf8(fs::read(path).expect("a file")).expect("UTF-8");
            let (front, body) =
                text.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n")).expect("front matter");
            let front: Front = toml::from_str(front).expect("front matter");
            let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
            front.id.len()
                + front.to.len()
                + front.tags.len()
                + usize::from(front.date.time.is_some())
                + Parser::new_ext(body, options).count()
        })
        .sum();
    assert!(events > 0, "there are posts");
}

/// Checks once and tells the most memory that it took, in bytes: the system knows it of children that have ended.
fn peak(folder: &Path) {
    time(check(folder));
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage of children");
    // In bytes there, and in KiB everywhere else.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    println!("{}", usage.max_rss() * unit);
}

fn check(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
    command.arg("-C").arg(folder).args(["check", "--quiet"]).env("RAYON_NUM_THREADS", "2");
    command
}

/// This program, in another mode.
fn own(mode: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.arg(mode).arg(folder);
    command
}

fn compare(size: usize, folder: &Path) {
    time(check(folder));
    time(own("--floor", folder));
    let mut pairs: Vec<(Duration, Duration)> =
        (0..PAIRS).map(|_| (time(check(folder)), time(own("--floor", folder)))).collect();
    pairs.sort_by(|a, b| ratio(*a).total_cmp(&ratio(*b)));
    let median = pairs[PAIRS / 2];
    let peak = own("--peak", folder).output().expect("a program that runs").stdout;
    let peak: f64 = String::from_utf8_lossy(&peak).trim().parse().expect("a number of bytes");
    println!(
        "check {size:>7} posts: {:>7.1} ms ({:.1} us a post), floor {:>7.1} ms, ratio {:.2} ({:.2} to {:.2}), peak {:.1} MiB",
        median.0.as_secs_f64() * 1e3,
        median.0.as_secs_f64() * 1e6 / size as f64,
        median.1.as_secs_f64() * 1e3,
        ratio(median),
        ratio(pairs[0]),
        ratio(pairs[PAIRS - 1]),
        peak / f64::from(1 << 20),
    );
}

fn ratio((check, floor): (Duration, Duration)) -> f64 {
    check.as_secs_f64() / floor.as_secs_f64()
}

fn version() {
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
        command.arg("--version");
        command
    };
    let mut times: Vec<Duration> = (0..21).map(|_| time(command())).collect();
    times.sort();
    println!("--version: {:.1} ms", times[10].as_secs_f64() * 1e3);
}

fn time(mut command: Command) -> Duration {
    let out = tempfile::tempfile().expect("a temporary file");
    let start = Instant::now();
    command.stdout(out).stderr(Stdio::null()).status().expect("a program that runs");
    start.elapsed()
}
