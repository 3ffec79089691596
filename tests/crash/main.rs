//! The program, killed: real processes, real git, real `SIGKILL`, and servers that outlive them.
//!
//! ```text
//! cargo test --features kill-points --test crash                            small, as `.ci/run` runs it
//! MASTHEAD_CRASH=large cargo test --features kill-points --test crash       all of it, some hours
//! MASTHEAD_SEED=7 cargo test --features kill-points --test crash -- soak    one suite, with a seed that was printed
//! ```
//!
//! [`syscalls`] kills at every system call that changes anything, [`places`] at every named place, [`soak`] at random while
//! publishers race. After each the world's clock goes on, publishers run until all is quiet, and [`oracle`] holds the
//! servers' own logs against the ledger. The feature `kill-points` gives the program its named places and the world's clock;
//! where a run is killed at a system call it has neither.

mod clock;
mod dice;
mod fleet;
mod oracle;
mod places;
mod server;
mod soak;
mod syscalls;
mod tracer;

#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/fixtures.rs"]
mod fixtures;
#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/twin.rs"]
mod twin;
#[path = "../conformance/twins/mod.rs"]
mod twins;

use libtest_mimic::{Arguments, Failed, Trial};
use std::{
    env,
    fmt::Write as _,
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Large,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each has workers of its own.
    arguments.test_threads = Some(1);
    let size = match env::var("MASTHEAD_CRASH").as_deref() {
        Ok("large") => Size::Large,
        _ => Size::Small,
    };
    let mut trials = Vec::new();
    trials.extend(syscalls::trials(size));
    trials.extend(places::trials(size));
    trials.extend(soak::trials(size));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns what chance begins with.
pub(crate) fn seed() -> Result<u64, String> {
    match env::var("MASTHEAD_SEED") {
        Ok(seed) => seed.parse().map_err(|_| "`MASTHEAD_SEED` is no number".to_owned()),
        Err(_) => Ok(20_261_122),
    }
}

/// Makes a trial that prints its figures.
pub(crate) fn trial(name: String, run: impl FnOnce() -> Result<String, String> + Send + 'static) -> Trial {
    Trial::test(name.clone(), move || {
        let begun = Instant::now();
        let figures = run().map_err(Failed::from)?;
        say(&format!("{name}: {figures}, {} s", begun.elapsed().as_secs()));
        Ok(())
    })
}

/// Prints a line for whoever watches.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Does work in parallel, each worker with a world of its own, and gathers what went wrong.
pub(crate) fn in_parallel<W, T: Send>(
    items: Vec<T>,
    world: impl Fn() -> W + Sync,
    work: impl Fn(&W, T) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let queue = Mutex::new(items.into_iter());
    let wrong = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from).max(2);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let world = world();
                loop {
                    let Some(item) = queue.lock().expect("no panic").next() else { return };
                    if let Err(error) = work(&world, item) {
                        // At once, too: a suite may take long.
                        say(&format!("WRONG: {error}"));
                        wrong.lock().expect("no panic").push(error);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    if wrong.is_empty() {
        return Ok(());
    }
    let mut text = format!("{} went wrong\n", wrong.len());
    for error in wrong.iter().take(5) {
        let _ = writeln!(text, "{error}\n");
    }
    Err(text)
}

/// Lets time pass and publishers run until nothing is open any more.
pub(crate) fn settle(fleet: &fleet::Fleet, clone: &str) -> Result<oracle::Rest, String> {
    // Beyond the lease; beyond the time after which a listing is complete; then an hour each.
    const PAUSES: [u64; 8] = [150, 900, 900, 3600, 3600, 3600, 3600, 3600];
    let mut said = Vec::new();
    for pause in PAUSES {
        let ran = fleet.run(clone, &["publish"]);
        if !matches!(ran.code, Some(0 | 1)) || ran.stderr.contains("panicked") {
            return Err(format!("`publish` ended badly: {ran:#?}"));
        }
        if let Some(rest) = oracle::Rest::reached(fleet, clone)? {
            return Ok(rest);
        }
        said.push(ran);
        fleet.clock.put_forward(Duration::from_secs(pause));
    }
    Err(format!("it does not come to rest: {said:#?}"))
}
