//! `kill -9` at every system call of one full delivery that changes anything outside of the process.

use crate::{
    Size,
    fleet::{Fleet, Mode, Post},
    in_parallel, oracle, say,
    server::Class,
    settle,
    tracer::{Call, Kill},
    trial,
};
use libtest_mimic::Trial;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

/// What is tried at the small size: every so many calls.
struct Sweep {
    mode: Mode,
    class: Class,
    stride: usize,
}

const SWEEPS: [Sweep; 3] = [
    Sweep { mode: Mode::Local, class: Class::B, stride: 1 },
    Sweep { mode: Mode::Remote, class: Class::A, stride: 11 },
    Sweep { mode: Mode::Remote, class: Class::C, stride: 23 },
];

pub(crate) fn trials(size: Size) -> Vec<Trial> {
    let sweeps = match size {
        Size::Small => SWEEPS.into(),
        Size::Large => [Mode::Local, Mode::Remote]
            .into_iter()
            .flat_map(|mode| Class::ALL.map(|class| Sweep { mode, class, stride: 1 }))
            .collect::<Vec<_>>(),
    };
    let name = |sweep: &Sweep| format!("syscalls::{:?}_class_{:?}", sweep.mode, sweep.class).to_lowercase();
    sweeps.into_iter().map(|sweep| trial(name(&sweep), move || run(&sweep))).collect()
}

/// A thread of two parts, the first with a picture.
fn delivery() -> Vec<Post> {
    let parts = ["A hoodie, black.", "And a cap, which is black as well."].map(str::to_owned).into();
    vec![Post { id: "hoodie".to_owned(), parts, has_picture: true }]
}

fn run(sweep: &Sweep) -> Result<String, String> {
    let world = || Fleet::new(sweep.mode, &[sweep.class], delivery());
    let calls = count(&world())?;
    let (mut by_program, mut by_name) = (BTreeMap::new(), BTreeMap::new());
    for call in &calls {
        *by_program.entry(call.program.as_str()).or_insert(0) += 1;
        *by_name.entry(call.name).or_insert(0) += 1;
    }
    say(&format!("{:?}, class {:?}: {} calls: {by_program:?} {by_name:?}", sweep.mode, sweep.class, calls.len()));
    // All at once at each call; and at each call of a git that was started, that git alone.
    let all = (0..calls.len()).map(Kill::All);
    let git = calls.iter().enumerate().filter(|(_, call)| !call.is_main).map(|(at, _)| Kill::Caller(at));
    let kills: Vec<Kill> = all.chain(git).step_by(sweep.stride).collect();
    let (tried, killed) = (kills.len(), AtomicUsize::new(0));
    in_parallel(kills, world, |fleet, kill| {
        let was_killed = kill_at(fleet, kill)?;
        killed.fetch_add(usize::from(was_killed), Ordering::Relaxed);
        Ok(())
    })?;
    let killed = killed.into_inner();
    // From run to run a few calls more or less are made, so that the last ones may be past the end.
    if killed * 10 < tried * 9 {
        return Err(format!("only {killed} of {tried} were killed"));
    }
    Ok(format!("{killed} kills at {} calls, 0 doubled, 0 lost, 0 stuck", calls.len()))
}

/// Runs the delivery undisturbed, to see which calls there are.
fn count(fleet: &Fleet) -> Result<Vec<Call>, String> {
    let (traced, ran) = fleet.trace("one", &["publish"], Kill::Nobody);
    if traced.code != Some(0) {
        return Err(format!("undisturbed it ended with {:?}: {ran:#?}", traced.code));
    }
    let rest = oracle::Rest::of(fleet, "one")?;
    if (rest.done, rest.open) != (1, 0) {
        return Err(format!("undisturbed it came to {rest:?}: {ran:#?}"));
    }
    oracle::check(fleet)?;
    Ok(traced.calls)
}

/// Kills at one call and lets it settle; true if anything was killed.
fn kill_at(fleet: &Fleet, kill: Kill) -> Result<bool, String> {
    fleet.reset();
    let (traced, ran) = fleet.trace("one", &["publish"], kill);
    let tell = |wrong: String| {
        let calls = &traced.calls[traced.calls.len().saturating_sub(4)..];
        format!("{kill:?} at the last of {calls:#?}: {wrong}; it had said {ran:#?}")
    };
    // Who was meant may be another by a few calls, so that a kill of a git is one of the program now and then.
    let is_victim =
        traced.killed && (matches!(kill, Kill::All(_)) || traced.calls.last().is_some_and(|call| call.is_main));
    if !matches!(traced.code, Some(0 | 1)) && !is_victim {
        return Err(tell(format!("it ended with {:?}", traced.code)));
    }
    fleet.age_locks();
    fleet.clock.leap_over_sleep();
    // At once, as another publisher would: it must leave alone what may be under way. Then again when time has passed.
    let rest = settle(fleet, "one").map_err(tell)?;
    if (rest.done, rest.attention) != (1, 0) {
        return Err(tell(format!("it came to {rest:?}")));
    }
    oracle::check(fleet).map_err(tell)?;
    Ok(traced.killed)
}
