//! Publishers that crash, rest and race, with clocks that differ and jump, on a ledger that is slow, sometimes out of reach and
//! silent about what it did, against a network that is as bad as its class allows. Everything follows from a seed: the real
//! engine runs, in a time of its own.
//!
//! `MASTHEAD_SEEDS=10000` runs that many large ones, of which each class of network takes its share, and `MASTHEAD_SEED=7`
//! one again; see `docs/reliability.md`.

#![expect(clippy::print_stderr, reason = "the suite tells its figures")]

mod chance;
mod check;
mod disk;
mod flaw;
mod line;
mod load;
mod server;
mod time;

use self::{
    chance::Chance,
    disk::Slow,
    flaw::{Flaw, Hopeful, Same},
    line::Line,
    load::{Size, load, wanted},
    server::Server,
    time::{OwnClock, START, Time},
};
use super::{
    stage::{COMMIT, Stage, at},
    twin::Habits,
};
use crate::{
    engine::{Clock as _, Entropy, Stop, Transport, World, execute, testing::FakeEntropy},
    ledger::{Genesis, MemoryStore, PartState},
    model::Timestamp,
    network::{Auth, Settling},
    plan::{self, Desired, Plan, Policy},
};
use std::{
    cell::{Cell, RefCell},
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::{Duration, Instant},
};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(1020) };

/// Seeds beyond the usual ones that once found something.
const FOUND: [u64; 1] = [200];

const PUBLISHERS: u64 = 3;
const HOUR: Duration = Duration::from_secs(3600);
/// How long there is trouble; then everything works, and must come to an end.
const TROUBLE: Duration = Duration::from_secs(4 * 3600);
/// When everything must have ended: before anything is held for being late.
const END: Duration = Duration::from_secs(22 * 3600);
/// How wrong a clock may be, in milliseconds.
const WRONG: i64 = 290_000;

/// A run of publishers from a seed.
struct Simulation {
    stage: Stage,
    server: Server,
    time: Time,
    chance: Chance,
    desired: Vec<Desired>,
    flaw: Option<Flaw>,
    /// What the publishers were told became of it.
    said: RefCell<Vec<String>>,
}

/// A publisher on its machine.
struct Machine<'a> {
    clock: OwnClock,
    publisher: Pin<Box<dyn Future<Output = ()> + 'a>>,
    /// Nothing moves on it before this.
    rests: Duration,
}

/// Whether somebody has been told something since it was last asked.
#[derive(Default)]
struct Woken(AtomicBool);

impl Woken {
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Simulation {
    fn new(settling: Settling, size: Size, flaw: Option<Flaw>, seed: u64) -> Self {
        let (time, chance) = (Time::default(), Chance::new(seed));
        let desired = load(size, &chance);
        let believed = match settling {
            Settling::Listing { .. } if flaw == Some(Flaw::SettlesTooEarly) => {
                Settling::Listing { settle: Duration::from_secs(60) }
            }
            settling => settling,
        };
        let habits = Habits { greets: true, ..Habits::default() };
        let mut stage = Stage::with_habits(believed, Auth::Token, habits);
        // What is dated before the ledger began is held.
        let created = at(START).minus(24 * HOUR);
        stage.store = MemoryStore::with_genesis(Genesis { id: "g".to_owned(), created });
        let wanted = wanted(&desired);
        let server = Server::new(settling, (time.clone(), chance.clone()), wanted, stage.store.clone(), TROUBLE);
        Self { stage, server, time, chance, desired, flaw, said: RefCell::default() }
    }

    fn plan(&self, now: Timestamp) -> Plan {
        let policy = Policy::new(&self.stage.config, &[]);
        self.stage
            .store
            .read_with(|ledger| plan::plan(self.desired.clone(), ledger, &policy, now, Some(COMMIT.to_owned())))
    }

    /// Publishes what is due, again and again.
    async fn publisher(&self, clock: OwnClock, seed: u64) {
        let line = Line { server: &self.server, clock: clock.clone() };
        let hopeful = Hopeful(&line);
        let entropy = FakeEntropy::new(seed);
        let transport: &dyn Transport = if self.flaw == Some(Flaw::RetriesBlindly) { &hopeful } else { &line };
        let entropy: &dyn Entropy = if self.flaw == Some(Flaw::RepeatsItself) { &Same } else { &entropy };
        let stop = Stop::new();
        let networks = self.stage.networks();
        loop {
            clock.missed.set(Duration::ZERO);
            if self.in_trouble(10) {
                // Somebody sets the clock, right or wrong.
                clock.wrong.set(self.wrong());
            }
            let plan = self.plan(clock.now());
            // Between the plan and the work others may be faster.
            clock.sleep(self.chance.time(Duration::ZERO, Duration::from_secs(5))).await;
            let world = World { transport, clock: &clock, entropy, stop: &stop, ..self.stage.world(&networks) };
            let store = Slow {
                store: self.stage.store.clone(),
                time: self.time.clone(),
                chance: self.chance.clone(),
                troubled: TROUBLE,
                flaw: self.flaw,
            };
            // A ledger out of reach is for the next run.
            let ended = execute(world, &plan, Box::new(store), &mut |_| {}).await;
            self.said.borrow_mut().extend(ended.into_iter().flatten().map(|settled| format!("{:?}", settled.outcome)));
            clock.sleep(self.chance.time(Duration::from_secs(20), Duration::from_secs(600))).await;
        }
    }

    fn in_trouble(&self, percent: u64) -> bool {
        self.time.gone() < TROUBLE && self.chance.percent(percent)
    }

    /// Draws how wrong a clock is.
    fn wrong(&self) -> i64 {
        i64::try_from(self.chance.below(2 * WRONG.unsigned_abs())).expect("small") - WRONG
    }

    fn machine(&self, number: u64) -> Machine<'_> {
        let wrong = Rc::new(Cell::new(self.wrong()));
        let clock = OwnClock { time: self.time.clone(), wrong, missed: Rc::default(), bed: Rc::default() };
        let rests = self.time.gone() + self.chance.time(Duration::ZERO, Duration::from_secs(120));
        let seed = self.chance.below(u64::MAX) ^ number;
        Machine { publisher: Box::pin(self.publisher(clock.clone(), seed)), clock, rests }
    }

    /// Stops a machine for a while.
    fn rest(&self, machine: &mut Machine<'_>) {
        let most = if self.chance.percent(25) { 2 * HOUR } else { HOUR / 6 };
        let rest = self.chance.time(Duration::ZERO, most);
        machine.rests = self.time.gone() + rest;
        if self.flaw == Some(Flaw::ClocksStop) {
            machine.clock.missed.set(machine.clock.missed.get() + rest);
        }
    }

    /// Lets publishers work until every delivery has ended.
    fn run(&self) {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut machines: Vec<Machine<'_>> = (0..PUBLISHERS).map(|number| self.machine(number)).collect();
        let mut looked = Duration::ZERO;
        loop {
            if self.time.gone() > TROUBLE.max(looked + HOUR / 6) {
                looked = self.time.gone();
                if self.waiting().is_empty() {
                    break;
                }
            }
            assert!(self.time.gone() < END, "it never ends:\n{}", self.waiting().join("\n"));
            let wakes = |machine: &Machine<'_>| machine.rests.max(machine.clock.wakes().unwrap_or_default());
            let number = (0..machines.len()).min_by_key(|number| wakes(&machines[*number])).expect("a machine");
            self.time.reach(wakes(&machines[number]));
            if self.in_trouble(2) {
                // It dies; another comes up in its place.
                machines[number] = self.machine(number as u64);
                continue;
            }
            let machine = &mut machines[number];
            if self.in_trouble(3) {
                self.rest(machine);
                continue;
            }
            woken.0.store(true, Ordering::Relaxed);
            // Whoever is told something goes on at once, unless the machine rests just then; when all sleep, others go on.
            while woken.take() {
                let _ = machine.publisher.as_mut().poll(&mut Context::from_waker(&waker));
                if self.in_trouble(1) {
                    self.rest(machine);
                    break;
                }
            }
        }
        drop(machines);
        self.time.pass(3 * HOUR);
        self.server.catch_up();
    }
}

/// Runs a seed and returns it, or what it has found.
fn try_seed(settling: Settling, size: Size, flaw: Option<Flaw>, seed: u64) -> Result<Simulation, String> {
    let simulation = Simulation::new(settling, size, flaw, seed);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        simulation.run();
        simulation.check();
    }));
    let Err(why) = ended else { return Ok(simulation) };
    let literal = || why.downcast_ref::<&str>().map(|text| (*text).to_owned());
    Err(why.downcast_ref::<String>().cloned().or_else(literal).unwrap_or_default())
}

/// Tries the seeds that fall to a class of network. Returns in how many of the runs a person was asked.
fn simulate(settling: Settling) -> usize {
    let share = match settling {
        Settling::Receipt | Settling::OwnId | Settling::Hash => 0,
        Settling::Key { .. } => 1,
        Settling::Listing { .. } => 2,
        Settling::Person => 3,
    };
    let number = |name: &str| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let runs: Vec<(Size, u64)> = match (number("MASTHEAD_SEED"), number("MASTHEAD_SEEDS")) {
        (Some(seed), _) => vec![(Size::Small, seed), (Size::Large, seed)],
        (None, Some(seeds)) => (share..seeds).step_by(4).map(|seed| (Size::Large, seed)).collect(),
        (None, None) => {
            let small = (0..48).chain(FOUND).map(|seed| (Size::Small, seed));
            small.chain((0..2).map(|seed| (Size::Large, seed))).collect()
        }
    };
    let began = Instant::now();
    let (mut for_a_person, mut requests, mut events) = (0, 0, 0);
    for (size, seed) in &runs {
        let simulation = try_seed(settling, *size, None, *seed).unwrap_or_else(|why| {
            panic!("{why}\n{size:?}, {settling:?}: again with `MASTHEAD_SEED={seed} cargo test --lib simulation`")
        });
        requests += simulation.server.requests.get();
        events += simulation.stage.store.events().len();
        let ledger = simulation.stage.ledger();
        let is_held = |part: &PartState| matches!(part, PartState::Attention { .. });
        for_a_person += usize::from(ledger.deliveries.values().any(|state| state.parts.iter().any(is_held)));
    }
    eprintln!(
        "{settling:?}: {} seeds, {requests} publishing requests, {events} events, {for_a_person} with a question to a \
         person, in {:?}",
        runs.len(),
        began.elapsed()
    );
    for_a_person
}

#[test]
fn an_id_of_ours_is_out_once_whatever_happens() {
    assert_eq!(simulate(Settling::OwnId), 0, "the network can always tell");
}

#[test]
fn a_key_is_out_once_whatever_happens() {
    simulate(CLASS_B);
}

#[test]
fn what_can_be_listed_is_out_once_while_the_network_is_not_too_late() {
    simulate(CLASS_C);
}

#[test]
fn where_nobody_can_tell_it_is_out_once_at_most() {
    simulate(Settling::Person);
}

#[test]
fn planted_mistakes_are_found() {
    let most = 1000;
    let flaws = [
        (Flaw::ClocksStop, CLASS_C),
        (Flaw::NeverBeaten, CLASS_C),
        (Flaw::ForgetsRepeats, CLASS_B),
        (Flaw::ReleasesBlindly, Settling::OwnId),
        (Flaw::SkipsAPart, CLASS_C),
        (Flaw::SettlesTooEarly, CLASS_C),
        (Flaw::RetriesBlindly, Settling::Person),
        (Flaw::RepeatsItself, Settling::OwnId),
    ];
    let found = flaws.map(|(flaw, settling)| {
        let found =
            (0..most).find_map(|seed| try_seed(settling, Size::Small, Some(flaw), seed).err().map(|why| (seed, why)));
        (flaw, found)
    });
    for (flaw, found) in found {
        let (seed, why) = found.unwrap_or_else(|| panic!("{flaw:?} was not found in {most} seeds"));
        eprintln!("{flaw:?}: at seed {seed}: {}", why.lines().next().unwrap_or_default());
    }
}
