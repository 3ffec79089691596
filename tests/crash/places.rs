//! `kill -9` at every named place, on every class of network, whatever befalls the first request that people can see.
//!
//! A run without a kill tells which places are come to and how often, up to the end of all recovering; then each of these
//! moments is the one at which a publisher dies. Whoever comes after it is left in peace, except in the pairs, where the one
//! that recovers is killed too, at a place drawn by lot.

use crate::{
    Size,
    dice::Dice,
    fleet::{Fleet, Mode, Post, Ran},
    in_parallel, oracle, say, seed,
    server::{Class, Fault},
    trial,
};
use libtest_mimic::Trial;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// What time passes between one publisher and the next: none; the lease; then enough for any listing and any wait.
const PAUSES: [u64; 10] = [0, 150, 900, 900, 3600, 3600, 3600, 3600, 3600, 3600];

/// What may befall the first request.
const FAULTS: [Fault; 5] = [Fault::Answered, Fault::AnswerLost, Fault::RequestLost, Fault::Refused, Fault::Limited];

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
    let (mut moments, mut places): (Vec<(Fault, Vec<String>)>, _) = (Vec::new(), BTreeSet::new());
    let (seed, counting) = (seed()?, world());
    let mut dice = Dice::new(seed);
    for fault in FAULTS {
        for (place, times) in count(&counting, fault)? {
            let tried: BTreeSet<usize> = match size {
                Size::Large => (1..=times).collect(),
                // The first and the last time where nothing goes wrong, and elsewhere one of them all at a quarter of the
                // places.
                Size::Small if fault == Fault::Answered => [1, times].into(),
                Size::Small if dice.below(4) > 0 => BTreeSet::new(),
                Size::Small => [1 + dice.below(times)].into(),
            };
            moments.extend(tried.into_iter().map(|time| (fault, vec![format!("{place}:{time}")])));
            places.insert(place);
        }
    }
    let singles = moments.len();
    let pairs = if size == Size::Large { 2000 } else { 10 };
    let names = places.iter().collect::<Vec<_>>();
    for _ in 0..pairs {
        let (fault, mut first) = moments[dice.below(singles)].clone();
        first.push(format!("{}:{}", names[dice.below(names.len())], 1 + dice.below(2)));
        moments.push((fault, first));
    }
    say(&format!(
        "{mode:?}, class {class:?}: {singles} moments, {pairs} pairs, MASTHEAD_SEED={seed}, places: {places:?}"
    ));
    let kills = AtomicUsize::new(0);
    in_parallel(moments, world, |fleet, (fault, moments)| {
        kills.fetch_add(kill_at(fleet, fault, &moments)?, Ordering::Relaxed);
        Ok(())
    })?;
    let kills = kills.into_inner();
    Ok(format!(
        "{singles} moments at {} places, {pairs} pairs, {kills} kills, 0 doubled, 0 lost, 0 stuck",
        places.len()
    ))
}

/// Lets a delivery come to rest undisturbed, and tells how often which place was come to.
fn count(fleet: &Fleet, fault: Fault) -> Result<BTreeMap<String, usize>, String> {
    let trace = fleet.folder().join("trace");
    play(fleet, fault, &["nowhere:1".to_owned()]).map_err(|wrong| format!("{fault:?}: {wrong}"))?;
    let mut times = BTreeMap::new();
    for place in fs::read_to_string(&trace).map_err(|error| error.to_string())?.lines() {
        *times.entry(place.to_owned()).or_default() += 1;
    }
    Ok(times)
}

/// Plays a scene with kills, of which the first must be done, and tells how many were.
fn kill_at(fleet: &Fleet, fault: Fault, moments: &[String]) -> Result<usize, String> {
    let tell = |wrong: String| format!("{fault:?}, killed at {moments:?}: {wrong}");
    match play(fleet, fault, moments).map_err(tell)? {
        0 => Err(tell("nobody came to it".to_owned())),
        kills => Ok(kills),
    }
}

/// Plays a scene: publishers run one after the other until nothing is open, and die at the moments, one for each. Returns
/// how many have died.
fn play(fleet: &Fleet, fault: Fault, moments: &[String]) -> Result<usize, String> {
    let trace = fleet.folder().join("trace");
    let forget = || fs::write(&trace, "").map_err(|error| error.to_string());
    forget()?;
    let trace_path = trace.to_string_lossy().into_owned();
    fleet.reset();
    fleet.clock.leap_over_sleep();
    fleet.servers[0].script(vec![fault]);
    let (mut died, mut said): (usize, Vec<Ran>) = (0, Vec::new());
    for pause in PAUSES {
        fleet.clock.put_forward(Duration::from_secs(pause));
        let moment = moments.get(died).map(|moment| ("MASTHEAD_KILL_AT", moment.as_str()));
        let environment: Vec<_> = moment.into_iter().chain([("MASTHEAD_KILL_TRACE", trace_path.as_str())]).collect();
        let ran = fleet.run_with("one", &["publish"], &environment);
        match ran.code {
            Some(0 | 1) if !ran.stderr.contains("panicked") => {}
            None => {
                died += 1;
                forget()?;
                fleet.age_locks();
                said.push(ran);
                continue;
            }
            Some(_) => return Err(format!("`publish` ended badly: {ran:#?}")),
        }
        said.push(ran);
        let Some(rest) = oracle::Rest::reached(fleet, "one")? else { continue };
        // Only what is refused is left to a person.
        if rest.attention > 0 && fault != Fault::Refused {
            return Err(format!("it came to {rest:?}: {said:#?}"));
        }
        oracle::check(fleet)?;
        return Ok(died);
    }
    Err(format!("it does not come to rest: {said:#?}"))
}
