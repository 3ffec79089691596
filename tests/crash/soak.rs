//! Publishers that race over one remote, and are killed and stopped at random while they do.

use crate::{
    Size,
    dice::Dice,
    fleet::{Fleet, Mode, Post, Streams},
    oracle, say, seed,
    server::{Class, Fate, Fault},
    settle, trial,
};
use libtest_mimic::Trial;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    process::Child,
    thread,
    time::{Duration, Instant},
};

/// How much faster than the machine's the world's clock goes: a lease of 70 seconds takes seven, the quarter of an hour
/// until a listing is complete a minute.
const RATE: f64 = 10.0;

/// How long a publisher that is stopped stands still: longer than its lease and the minute for clocks that differ.
const STOPPED: Duration = Duration::from_secs(15);

/// One wave of posts, which publishers race for while they are killed.
struct Wave {
    publishers: usize,
    posts: usize,
    /// How many publishers are to be killed before the rest is left in peace.
    kills: usize,
}

/// How a soak is made up: waves until there were enough kills.
struct Soak {
    wave: Wave,
    kills: usize,
}

pub(crate) fn trials(size: Size) -> Vec<Trial> {
    let soak = match size {
        // 20 posts for three accounts are 60 deliveries.
        Size::Small => Soak { wave: Wave { publishers: 3, posts: 20, kills: 100 }, kills: 100 },
        Size::Large => Soak { wave: Wave { publishers: 8, posts: 60, kills: 500 }, kills: 10_000 },
    };
    let name = format!("soak::{}_publishers_{}_kills", soak.wave.publishers, soak.kills);
    let race = |publishers| trial(format!("race::{publishers}_publishers"), move || run_race(publishers));
    vec![race(2), race(8), trial(name, move || run_soak(&soak))]
}

/// Posts that go to all accounts: each fourth is a thread of three.
fn posts(count: usize) -> Vec<Post> {
    let parts = |post: usize| if post.is_multiple_of(4) { 3 } else { 1 };
    let text = |post, part| format!("Number {post} of the posts, of which this is part {part}.");
    (0..count)
        .map(|post| Post {
            id: format!("post-{post}"),
            parts: (1..=parts(post)).map(|part| text(post, part)).collect(),
            has_picture: post % 5 == 1,
        })
        .collect()
}

/// Publishers that start at once, with 40 deliveries due; nobody is harmed.
fn run_race(publishers: usize) -> Result<String, String> {
    // 40 deliveries on two accounts: one where a second request would name the same post, one where it would make another.
    let fleet = Fleet::new(Mode::Remote, &[Class::A, Class::C], posts(20));
    let clones = clones(&fleet, publishers);
    let begun = Instant::now();
    let running: Vec<_> = clones.iter().map(|clone| fleet.start(clone, &["publish"], &[])).collect();
    for (mut child, streams) in running {
        let status = child.wait().map_err(|error| error.to_string())?;
        let ran = fleet.finish(status.code(), &streams);
        if ran.code != Some(0) {
            return Err(format!("a publisher ended with {:?}: {ran:#?}", ran.code));
        }
    }
    let took = begun.elapsed();
    let rest = settle(&fleet, "one")?;
    if (rest.done, rest.attention) != (40, 0) {
        return Err(format!("it came to {rest:?}"));
    }
    oracle::check(&fleet)?;
    Ok(format!("40 deliveries in {:.1} s, each live once", took.as_secs_f64()))
}

fn run_soak(soak: &Soak) -> Result<String, String> {
    let seed = seed()?;
    let fleet = Fleet::new(Mode::Remote, &Class::ALL, posts(soak.wave.posts));
    let mut told = Told::default();
    for wave in 0.. {
        if told.kills >= soak.kills {
            break;
        }
        let seed = seed + wave;
        say(&format!("soak: wave {wave}, MASTHEAD_SEED={seed}"));
        fleet.reset();
        run_wave(&fleet, &soak.wave, &mut Dice::new(seed), &mut told)
            .map_err(|wrong| format!("seed {seed}: {wrong}"))?;
    }
    let Told { deliveries, kills, stops, runs } = told;
    Ok(format!(
        "{deliveries} deliveries, {runs} runs, {kills} kills, {stops} stops, 0 doubled, 0 lost, 0 stuck, seed {seed}"
    ))
}

/// What happened in all waves.
#[derive(Debug, Default)]
struct Told {
    deliveries: usize,
    runs: usize,
    kills: usize,
    stops: usize,
}

/// A publisher that runs, and what is to befall it when.
struct Running {
    child: Child,
    streams: Streams,
    fate: Doom,
}

enum Doom {
    /// It is killed then.
    Killed(Instant),
    /// It is stopped then, and goes on later.
    Stopped(Instant),
    /// It stands still until then, and is then left in peace, or killed.
    GoesOn(Instant, bool),
    Spared,
}

fn run_wave(fleet: &Fleet, wave: &Wave, dice: &mut Dice, told: &mut Told) -> Result<(), String> {
    fleet.clock.set_rate(RATE);
    for server in &fleet.servers {
        let mut dice = Dice::new(dice.next());
        server.set_fates(Box::new(move || fate(&mut dice)));
    }
    let clones = clones(fleet, wave.publishers);
    let mut running: Vec<Option<Running>> = clones.iter().map(|_| None).collect();
    let (kills_before, begun) = (told.kills, Instant::now());
    let is_enough = |told: &Told| told.kills - kills_before >= wave.kills || begun.elapsed() > Duration::from_secs(600);
    let mut rounds = 0;
    while !is_enough(told) {
        for (clone, slot) in clones.iter().zip(&mut running) {
            let publisher = match slot.take() {
                Some(publisher) => publisher,
                None => {
                    told.runs += 1;
                    let (child, streams) = fleet.start(clone, &["publish"], &[]);
                    Running { child, streams, fate: doom(dice) }
                }
            };
            *slot = step(fleet, publisher, dice, told)?;
        }
        thread::sleep(Duration::from_millis(2));
        rounds += 1;
        // All may be out long before there were enough kills; then publishers are killed while they find nothing to do.
        if rounds % 512 == 0 {
            fleet.age_locks();
        }
    }
    for publisher in running.into_iter().flatten() {
        let pid = pid(&publisher.child);
        kill(pid, Signal::SIGCONT).map_err(|error| error.to_string())?;
        end(fleet, publisher)?;
    }
    for server in &fleet.servers {
        server.set_fates(Box::new(|| Fate::of(Fault::Answered)));
    }
    fleet.age_locks();
    let rest = settle(fleet, "one")?;
    let expected = fleet.posts.len() * fleet.servers.len();
    if (rest.done, rest.attention) != (expected, 0) {
        return Err(format!("it came to {rest:?}"));
    }
    told.deliveries += expected;
    let kinds = oracle::check(fleet)?;
    say(&format!(
        "soak: after {} s, {} kills and {} stops the ledger has {kinds:?}",
        begun.elapsed().as_secs(),
        told.kills,
        told.stops
    ));
    Ok(())
}

/// Lets a publisher's fate be done if its time has come; none if it has ended.
fn step(fleet: &Fleet, mut publisher: Running, dice: &mut Dice, told: &mut Told) -> Result<Option<Running>, String> {
    if publisher.child.try_wait().map_err(|error| error.to_string())?.is_some() {
        end(fleet, publisher)?;
        return Ok(None);
    }
    let (now, id) = (Instant::now(), pid(&publisher.child));
    let send = |signal| kill(id, signal).map_err(|error| error.to_string());
    match publisher.fate {
        Doom::Killed(at) | Doom::GoesOn(at, true) if now >= at => {
            send(Signal::SIGKILL)?;
            told.kills += 1;
            end(fleet, publisher)?;
            return Ok(None);
        }
        Doom::Stopped(at) if now >= at => {
            send(Signal::SIGSTOP)?;
            told.stops += 1;
            publisher.fate = Doom::GoesOn(now + STOPPED, dice.one_in(3));
        }
        Doom::GoesOn(at, false) if now >= at => {
            send(Signal::SIGCONT)?;
            publisher.fate = Doom::Spared;
        }
        Doom::Killed(_) | Doom::Stopped(_) | Doom::GoesOn(..) | Doom::Spared => {}
    }
    Ok(Some(publisher))
}

/// Waits for a publisher's end, which must be a good one unless it was killed.
fn end(fleet: &Fleet, mut publisher: Running) -> Result<(), String> {
    let status = publisher.child.wait().map_err(|error| error.to_string())?;
    let ran = fleet.finish(status.code(), &publisher.streams);
    match ran.code {
        None | Some(0 | 1) if !ran.stderr.contains("panicked") => Ok(()),
        _ => Err(format!("a publisher ended badly: {ran:#?}")),
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("an id"))
}

/// What befalls a publisher: most are killed soon, some are stopped for longer than their lease, some are spared.
fn doom(dice: &mut Dice) -> Doom {
    let soon = Instant::now() + dice.millis(1500);
    match dice.below(20) {
        0..14 => Doom::Killed(soon),
        14 => Doom::Stopped(soon),
        _ => Doom::Spared,
    }
}

/// What befalls a publishing request: most are answered, at once or after a while.
fn fate(dice: &mut Dice) -> Fate {
    let fault = match dice.below(20) {
        0 => Fault::AnswerLost,
        1 => Fault::RequestLost,
        2 => Fault::Limited,
        _ => Fault::Answered,
    };
    let pause = |dice: &mut Dice| if dice.one_in(3) { dice.millis(300) } else { Duration::ZERO };
    Fate { fault, before: pause(dice), after: pause(dice) }
}

fn clones(fleet: &Fleet, count: usize) -> Vec<String> {
    let more: Vec<String> = (2..=count).map(|number| format!("clone-{number}")).collect();
    more.iter().for_each(|clone| fleet.add_clone(clone));
    std::iter::once("one".to_owned()).chain(more).collect()
}
