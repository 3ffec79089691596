//! `kill -9` at every named place, on every class of network, whatever befalls the first request that people can see.
//!
//! A run without a kill tells which places are come to and how often, up to the end of all recovering; then each of these
//! moments is the one at which a publisher dies. Whoever comes after it is left in peace.

use crate::{
    Size,
    fleet::{Fleet, Mode, Post, Ran},
    in_parallel, oracle, say,
    server::{Class, Fault},
    trial,
};
use libtest_mimic::Trial;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

/// How much faster than the machine's the world's clock goes: a second look at a listing takes a minute.
const RATE: f64 = 20.0;

/// What time passes between one publisher and the next: none; the lease; then enough for any listing and any wait.
const PAUSES: [u64; 9] = [0, 150, 900, 900, 3600, 3600, 3600, 3600, 3600];

/// What may befall the first request.
const FAULTS: [Fault; 5] =
    [Fault::Answered, Fault::AnswerLost, Fault::RequestLost, Fault::Refused, Fault::Limited];

/// The world of a trial: where the ledger is, on which class of network, and what befalls the first request.
#[derive(Clone, Copy, Debug)]
struct Scene {
    mode: Mode,
    class: Class,
    fault: Fault,
}

pub(crate) fn trials(size: Size) -> Vec<Trial> {
    [Mode::Remote, Mode::Local]
        .into_iter()
        .flat_map(|mode| Class::ALL.map(|class| (mode, class)))
        // At the small size the places of the local store are tried on one class.
        .filter(|(mode, class)| size == Size::Large || *mode == Mode::Remote || *class == Class::B)
        .map(|(mode, class)| {
            let name = format!("places::{mode:?}_class_{class:?}").to_lowercase();
            trial(name, move || run(mode, class, size))
        })
        .collect()
}

fn delivery() -> Vec<Post> {
    let parts = ["A hoodie, black.", "And a cap, which is black as well."].map(str::to_owned).into();
    vec![Post { id: "hoodie".to_owned(), parts, has_picture: true }]
}

fn run(mode: Mode, class: Class, size: Size) -> Result<String, String> {
    let world = || Fleet::new(mode, &[class], delivery());
    let (mut moments, mut places) = (Vec::new(), BTreeSet::new());
    let counting = world();
    for fault in FAULTS {
        let scene = Scene { mode, class, fault };
        let times = count(&counting, scene)?;
        for (place, times) in times {
            places.insert(place.clone());
            for time in 1..=times {
                // At the small size the first and the last time at each place; where nothing goes wrong, each.
                if size == Size::Large || fault == Fault::Answered || time == 1 || time == times {
                    moments.push((scene, format!("{place}:{time}")));
                }
            }
        }
    }
    say(&format!("{mode:?}, class {class:?}: {} moments at {} places: {places:?}", moments.len(), places.len()));
    let tried = moments.len();
    in_parallel(moments, world, |fleet, (scene, moment)| kill_at(fleet, scene, &moment))?;
    Ok(format!("{tried} kills at {} places, 0 doubled, 0 lost, 0 stuck", places.len()))
}

/// Lets a delivery come to rest undisturbed, and tells how often which place was come to.
fn count(fleet: &Fleet, scene: Scene) -> Result<BTreeMap<String, usize>, String> {
    let trace = fleet.folder().join("trace");
    fs::write(&trace, "").map_err(|error| error.to_string())?;
    let path = trace.to_string_lossy().into_owned();
    play(fleet, scene, &[("MASTHEAD_KILL_TRACE", &path)]).map_err(|wrong| format!("{scene:?}: {wrong}"))?;
    let mut times = BTreeMap::new();
    for place in fs::read_to_string(&trace).map_err(|error| error.to_string())?.lines() {
        *times.entry(place.to_owned()).or_default() += 1;
    }
    Ok(times)
}

fn kill_at(fleet: &Fleet, scene: Scene, moment: &str) -> Result<(), String> {
    let tell = |wrong: String| format!("{scene:?}, killed at `{moment}`: {wrong}");
    let trace = fleet.folder().join("trace");
    fs::write(&trace, "").map_err(|error| error.to_string())?;
    let trace = trace.to_string_lossy().into_owned();
    let environment = [("MASTHEAD_KILL_TRACE", trace.as_str()), ("MASTHEAD_KILL_AT", moment)];
    let has_died = play(fleet, scene, &environment).map_err(tell)?;
    if has_died { Ok(()) } else { Err(tell("nobody came to it".to_owned())) }
}

/// Plays a scene: publishers run one after the other until nothing is open; the environment is theirs until one has died.
/// Returns whether one has died.
fn play(fleet: &Fleet, scene: Scene, environment: &[(&str, &str)]) -> Result<bool, String> {
    fleet.reset();
    fleet.clock.set_rate(RATE);
    fleet.servers[0].script(&[scene.fault]);
    let (mut has_died, mut said): (bool, Vec<Ran>) = (false, Vec::new());
    for pause in PAUSES {
        fleet.clock.put_forward(Duration::from_secs(pause));
        let ran = fleet.run_with("one", &["publish"], if has_died { &[] } else { environment });
        match ran.code {
            Some(0 | 1) if !ran.stderr.contains("panicked") => {}
            None => {
                has_died = true;
                fleet.age_locks();
                said.push(ran);
                continue;
            }
            Some(_) => return Err(format!("`publish` ended badly: {ran:#?}")),
        }
        said.push(ran);
        let rest = oracle::Rest::of(fleet, "one")?;
        if rest.open > 0 {
            continue;
        }
        // Only what is refused is left to a person.
        if rest.attention > 0 && scene.fault != Fault::Refused {
            return Err(format!("it came to {rest:?}: {said:#?}"));
        }
        oracle::check(fleet)?;
        return Ok(has_died);
    }
    Err(format!("it does not come to rest: {said:#?}"))
}
