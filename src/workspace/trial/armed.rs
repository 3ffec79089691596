use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, SystemTime},
};

/// How often each place was come to.
static TIMES: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Marks a place where a crash is tried: ends the program if `MASTHEAD_KILL_AT` names it.
pub fn kill_point(name: &str) {
    let wanted = env::var("MASTHEAD_KILL_AT").ok();
    let trace = env::var_os("MASTHEAD_KILL_TRACE");
    if wanted.is_none() && trace.is_none() {
        return;
    }
    let mut times = TIMES.lock().expect("no panic holds it");
    let time = match trace {
        Some(trace) => note(Path::new(&trace), name).expect("the trace can be written"),
        None => {
            let time = times.entry(name.to_owned()).or_default();
            *time += 1;
            *time
        }
    };
    let Some(wanted) = wanted else { return };
    let (place, which) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if place == name && which.parse() == Ok(time) {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .expect("our own process");
        // The signal reaches another thread first now and then; none of ours may go on meanwhile.
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// Adds a place to the trace, and returns how often it is there: by all processes together.
fn note(trace: &Path, name: &str) -> io::Result<usize> {
    writeln!(fs::File::options().create(true).append(true).open(trace)?, "{name}")?;
    Ok(fs::read_to_string(trace)?.lines().filter(|line| *line == name).count())
}

/// The clock that a test gives.
#[derive(Clone, Copy, Debug)]
pub struct WorldClock {
    /// What it shows, in time since 1970.
    pub now: Duration,
    /// How many times faster than the machine's it goes.
    pub rate: f64,
    is_leaping: bool,
}

impl WorldClock {
    /// Reads it; none if no clock is given.
    pub fn read() -> Option<Self> {
        let text = fs::read_to_string(env::var_os("MASTHEAD_CLOCK")?).expect("the clock's file can be read");
        let (numbers, is_leaping) = match text.trim_end().strip_suffix(" leaping") {
            Some(numbers) => (numbers, true),
            None => (text.as_str(), false),
        };
        let numbers: Vec<f64> = numbers.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let [real, world, rate] = numbers[..] else { panic!("the clock's file has three numbers") };
        let now = world + (machine() - real) * rate;
        Some(Self { now: Duration::from_secs_f64(now / 1000.0), rate, is_leaping })
    }

    /// Puts it forward to a moment if sleepers do that; false if they are to wait.
    pub fn leap(self, until: Duration) -> bool {
        if !self.is_leaping {
            return false;
        }
        let file = PathBuf::from(env::var_os("MASTHEAD_CLOCK").expect("it was read"));
        let beside = file.with_extension("leap");
        let text = format!("{} {} {} leaping\n", machine(), until.as_secs_f64() * 1000.0, self.rate);
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, &file)).expect("the clock's file can be written");
        true
    }
}

fn machine() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1000.0
}
