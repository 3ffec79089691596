//! The world's clock: one for the server and for every publisher, which reads it from a file.

use masthead::model::Timestamp;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, SystemTime},
};

/// A clock that can be put forward and that may go faster than the machine's.
#[derive(Debug)]
pub(crate) struct WorldClock {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// A moment of the machine's clock, and what this one showed then, in milliseconds.
    real: f64,
    world: f64,
    rate: f64,
}

impl WorldClock {
    /// Starts one that agrees with the machine's; publishers find it in the folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let now = machine();
        let clock = Self { file: folder.join("clock"), state: Mutex::new(State { real: now, world: now, rate: 1.0 }) };
        clock.change(|_| {});
        clock
    }

    /// The file that `MASTHEAD_CLOCK` names.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn now(&self) -> Timestamp {
        let state = *self.state.lock().expect("no panic");
        Timestamp::EPOCH.plus(Duration::from_secs_f64(state.at(machine()) / 1000.0))
    }

    /// Puts it forward.
    pub(crate) fn put_forward(&self, by: Duration) {
        self.change(|state| state.world += by.as_secs_f64() * 1000.0);
    }

    /// Makes it agree with the machine's again.
    pub(crate) fn reset(&self) {
        self.change(|state| *state = State { real: state.real, world: state.real, rate: 1.0 });
    }

    /// Lets it go so many times faster than the machine's.
    pub(crate) fn set_rate(&self, rate: f64) {
        self.change(|state| state.rate = rate);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().expect("no panic");
        let now = machine();
        *state = State { real: now, world: state.at(now), rate: state.rate };
        change(&mut state);
        // Whole or not at all: publishers read it at any time.
        let beside = self.file.with_extension("new");
        fs::write(&beside, format!("{} {} {}\n", state.real, state.world, state.rate)).expect("a file");
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
