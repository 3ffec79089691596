//! The world's clock: one for the server and for every publisher, which reads it from a file.

use masthead::model::Timestamp;
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// A clock that can be put forward and that may go faster than the machine's. All that it knows is in its file.
#[derive(Debug)]
pub(crate) struct WorldClock {
    file: PathBuf,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// A moment of the machine's clock, and what this one showed then, in milliseconds.
    real: f64,
    world: f64,
    rate: f64,
    is_leaping: bool,
}

impl WorldClock {
    /// Starts one that agrees with the machine's; publishers find it in the folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let clock = Self { file: folder.join("clock") };
        clock.reset();
        clock
    }

    /// The file that `MASTHEAD_CLOCK` names.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs_f64(self.read().at(machine()) / 1000.0))
    }

    /// Puts it forward.
    pub(crate) fn put_forward(&self, by: Duration) {
        self.change(|state| state.world += by.as_secs_f64() * 1000.0);
    }

    /// Makes it agree with the machine's again.
    pub(crate) fn reset(&self) {
        let now = machine();
        self.write(State { real: now, world: now, rate: 1.0, is_leaping: false });
    }

    /// Lets it go so many times faster than the machine's.
    pub(crate) fn set_rate(&self, rate: f64) {
        self.change(|state| state.rate = rate);
    }

    /// Lets a publisher put it forward instead of sleeping, which no other may be at work for. However slow the machine is,
    /// nothing but sleep then takes long by this clock.
    pub(crate) fn leap_over_sleep(&self) {
        self.change(|state| state.is_leaping = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (state, now) = (self.read(), machine());
        let mut state = State { real: now, world: state.at(now), ..state };
        change(&mut state);
        self.write(state);
    }

    fn read(&self) -> State {
        let text = fs::read_to_string(&self.file).expect("the clock's file");
        let number = |at: usize| text.split_whitespace().nth(at).and_then(|word| word.parse().ok()).expect("a number");
        State { real: number(0), world: number(1), rate: number(2), is_leaping: text.contains("leaping") }
    }

    fn write(&self, State { real, world, rate, is_leaping }: State) {
        // Whole or not at all: publishers read it at any time.
        let beside = self.file.with_extension("new");
        let leaping = if is_leaping { " leaping" } else { "" };
        fs::write(&beside, format!("{real} {world} {rate}{leaping}\n")).expect("a file");
        fs::rename(&beside, &self.file).expect("a file can be moved");
    }
}

impl State {
    fn at(&self, machine: f64) -> f64 {
        self.world + (machine - self.real) * self.rate
    }
}

fn machine() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1000.0
}
