//! Looks at every state that can be reached, the nearest first.

use super::{
    protocol::Model,
    state::{State, TICK},
};
use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
};

/// What a search has seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) states: usize,
    /// How many steps the furthest state is away.
    pub(super) depth: usize,
    /// How many steps there are between them.
    pub(super) steps: usize,
}

/// The shortest way to something that must not be.
#[derive(Debug)]
pub(super) struct Counterexample {
    pub(super) broken: &'static str,
    pub(super) trace: String,
    pub(super) seen: Seen,
}

/// How a state was first reached: from which, and by which of its steps.
#[derive(Clone, Copy)]
struct Way {
    from: u32,
    step: u16,
    depth: u16,
}

/// Looks at every state. `minds` tells which broken promises count.
///
/// Without a counterexample, every state has also been seen to lead to an end without any further misfortune.
pub(super) fn search(model: &Model, minds: impl Fn(&str) -> bool) -> Result<Seen, Box<Counterexample>> {
    let mut start = model.start();
    model.normalize(&mut start);
    let mut known = HashMap::from([(start.bytes(), 0u32)]);
    let mut ways = vec![Way { from: 0, step: 0, depth: 0 }];
    let mut ended = vec![model.has_ended(&start)];
    // From, and to, without misfortune.
    let mut calm: Vec<(u32, u32)> = Vec::new();
    let mut queue = VecDeque::from([start]);
    let (mut at, mut count) = (0u32, 0);
    while let Some(state) = queue.pop_front() {
        let depth = ways[at as usize].depth + 1;
        for (step, number) in model.steps(&state).into_iter().zip(0..) {
            count += 1;
            let mut to = step.to;
            model.normalize(&mut to);
            let way = Way { from: at, step: number, depth };
            let next = u32::try_from(ways.len()).expect("fewer states");
            let place = *known.entry(to.bytes()).or_insert(next);
            let is_new = place == next;
            let broken = step.broken.or_else(|| is_new.then(|| model.broken(&to)).flatten());
            if let Some(broken) = broken.filter(|broken| minds(broken)) {
                let seen = Seen { states: ways.len(), depth: depth.into(), steps: count };
                return Err(Box::new(Counterexample { broken, trace: trace(model, &ways, way), seen }));
            }
            if is_new {
                ended.push(model.has_ended(&to));
                ways.push(way);
                queue.push_back(to);
            }
            if !step.is_fault && place != at {
                calm.push((place, at));
            }
        }
        at += 1;
    }
    let depth = ways.iter().map(|way| way.depth).max().unwrap_or_default().into();
    let seen = Seen { states: ways.len(), depth, steps: count };
    match stuck(&ended, calm) {
        None => Ok(seen),
        Some(state) => {
            let broken = "it is stuck";
            Err(Box::new(Counterexample { broken, trace: trace(model, &ways, ways[state]), seen }))
        }
    }
}

/// Returns the first state that no way without misfortune leads from to an end.
fn stuck(ended: &[bool], mut backwards: Vec<(u32, u32)>) -> Option<usize> {
    backwards.sort_unstable();
    let mut leads = ended.to_vec();
    let mut queue: Vec<u32> = (0..).zip(ended).filter(|(_, ended)| **ended).map(|(place, _)| place).collect();
    while let Some(place) = queue.pop() {
        let from = backwards.partition_point(|(to, _)| *to < place);
        for (_, before) in backwards[from..].iter().take_while(|(to, _)| *to == place) {
            if !std::mem::replace(&mut leads[*before as usize], true) {
                queue.push(*before);
            }
        }
    }
    leads.iter().position(|leads| !leads)
}

/// Tells the way to a state, step by step.
fn trace(model: &Model, ways: &[Way], last: Way) -> String {
    let mut steps = vec![last.step];
    let mut from = last.from;
    while from != 0 {
        let way = ways[from as usize];
        steps.push(way.step);
        from = way.from;
    }
    let mut state = model.start();
    // A publisher keeps its name although states keep them in order.
    let mut names: Vec<usize> = model.normalize(&mut state);
    let mut told = String::new();
    let mut seconds = 0i64;
    for number in steps.into_iter().rev() {
        let step = model.steps(&state).swap_remove(number.into());
        match step.what {
            "time goes by" => seconds += i64::from(model.passes(&state)) * i64::from(TICK),
            "a day goes by" => seconds += 24 * 60 * 60,
            what => {
                let who = step.who.map_or(String::new(), |who| format!("publisher {} ", names[who] + 1));
                writeln!(told, "{seconds:>6} s  {who}{what}").expect("a text");
            }
        }
        state = step.to;
        names = model.normalize(&mut state).into_iter().map(|place| names[place]).collect();
    }
    told + &tell(&state)
}

fn tell(state: &State) -> String {
    let events = state.events.iter().map(|event| format!("          {event:?}\n"));
    let live = state.live.iter().map(|live| format!("          {live:?}\n"));
    events.chain(live).collect()
}
