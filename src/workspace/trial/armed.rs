use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::Path,
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

/// Returns what the world's clock shows, in time since 1970, and how many times faster it goes; none if no clock is given.
pub fn world_clock() -> Option<(Duration, f64)> {
    let file = env::var_os("MASTHEAD_CLOCK")?;
    let text = fs::read_to_string(Path::new(&file)).expect("the clock's file can be read");
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [real, world, rate] = numbers[..] else { panic!("the clock's file has three numbers") };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let now = world + (now.as_secs_f64() * 1000.0 - real) * rate;
    Some((Duration::from_secs_f64(now / 1000.0), rate))
}
