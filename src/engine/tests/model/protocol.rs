//! What is explored: what the network, time and forgers can do, and what must hold.

use super::{
    ledger::{Known, Reader, in_ticks},
    publisher::Next,
    state::{DAY, Ev, Flight, Line, Live, NEVER, Phase, Publisher, State, What},
};
use crate::{
    config::Times,
    engine::{ask::key_margin, pace::claim_window},
    network::Settling,
    plan,
};
use std::time::Duration;

/// What is explored.
pub(super) struct Model {
    /// What the program believes of the network.
    pub(super) settling: Settling,
    /// By how many ticks the publishers' clocks are wrong; one for each publisher.
    pub(super) clocks: Vec<i16>,
    pub(super) parts: u8,
    /// How many intents a part may have. What would need more has reached the edge of the model.
    pub(super) attempts: u8,
    /// How many repetitions a part may have.
    pub(super) repeats: u8,
    /// Whether time goes by tick by tick, instead of to where it changes something: many more states, of which few differ.
    pub(super) is_fine: bool,
    pub(super) flaw: Option<Flaw>,
    pub(super) reader: Reader,
}

/// A planted mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The send guard does not look at the clock.
    NoGuard,
    /// A lost answer is taken for a request that had no effect.
    BlindRetry,
    /// The network needs twice as long as its profile says.
    SettleTooShort,
    /// A request may arrive however late, on a network where that can't be settled.
    UnboundedDelay,
    /// Somebody writes into the ledger that an attempt had no effect, and nobody has looked.
    ForgedAbsent,
    /// A claim that came too late is released whatever others have done with it since.
    BlindRelease,
    /// What is sent again is not written down first.
    UnclaimedRepeat,
    /// A key is relied on as long as clocks may differ before it is forgotten, and a request takes time.
    NarrowMargin,
    /// A listing is believed at the first look, however early.
    HastyLook,
}

/// Something that can happen.
pub(super) struct Step {
    /// Who does it, by place in the state before.
    pub(super) who: Option<usize>,
    pub(super) what: &'static str,
    /// Whether it is a misfortune: without any, everything must come to an end.
    pub(super) is_fault: bool,
    pub(super) to: State,
    /// What it breaks by itself.
    pub(super) broken: Option<&'static str>,
}

impl Model {
    pub(super) fn start(&self) -> State {
        let publishers = self.clocks.iter().map(|&wrong| Publisher { wrong, phase: Phase::Idle }).collect();
        State { events: Vec::new(), sent: 0, publishers, loose: Vec::new(), live: Vec::new() }
    }

    /// Returns everything that can happen.
    pub(super) fn steps(&self, state: &State) -> Vec<Step> {
        let mut steps = Vec::new();
        for who in 0..state.publishers.len() {
            // Those that are the same do the same.
            if who == 0 || state.publishers[who] != state.publishers[who - 1] {
                Next { model: self, state, who, steps: &mut steps }.go_on();
            }
        }
        self.network(state, &mut steps);
        self.time(state, &mut steps);
        if self.flaw == Some(Flaw::ForgedAbsent) {
            self.forge(state, &mut steps);
        }
        steps
    }

    /// Returns what a state breaks.
    pub(super) fn broken(&self, state: &State) -> Option<&'static str> {
        let count = |part| state.live.iter().filter(|live| live.part == part).count();
        if (0..self.parts).any(|part| count(part) > 1) {
            return Some("it is out twice");
        }
        if (1..self.parts).any(|part| count(part) > 0 && count(part - 1) == 0) {
            return Some("the thread has a hole");
        }
        let view = self.reader.read(&state.events, 0);
        for (part, known) in (0..).zip(&view.parts) {
            let is_false = match known {
                Known::Published(Some(id)) => state.live.get(usize::from(*id)).is_none_or(|live| live.part != part),
                Known::Published(None) => count(part) == 0,
                Known::Queued { .. } | Known::Failed => self.is_out_or_coming(state, part),
                Known::Sending(_) | Known::Attention => false,
            };
            if is_false {
                return Some("the ledger says what is not so");
            }
        }
        None
    }

    /// Returns whether the delivery has come to an end, or to the edge of the model.
    pub(super) fn has_ended(&self, state: &State) -> bool {
        let view = self.reader.read(&state.events, 0);
        let is_over = matches!(view.verdict, plan::Verdict::Done | plan::Verdict::Attention);
        let next = view.parts.iter().position(|part| !matches!(part, Known::Published(_)));
        is_over || next.is_some_and(|part| self.is_used_up(state, u8::try_from(part).expect("few parts")))
    }

    pub(super) fn is_used_up(&self, state: &State, part: u8) -> bool {
        state.of_part(part).filter(|(_, event)| event.what == What::Intent).count() >= usize::from(self.attempts)
    }

    /// Returns whether anything of a part is or may still come out under an intent that was given up.
    fn is_out_or_coming(&self, state: &State, part: u8) -> bool {
        state.live.iter().any(|live| live.part == part) || self.flying(state).any(|flight| flight.part == part)
    }

    /// Returns all requests that are on their way.
    pub(super) fn flying<'s>(&self, state: &'s State) -> impl Iterator<Item = Flight> + use<'s> {
        let awaited = state.publishers.iter().filter_map(|publisher| match publisher.phase {
            Phase::Waiting(_, _, Line::Flying(flight)) => Some(flight),
            _ => None,
        });
        awaited.chain(state.loose.iter().copied())
    }

    /// What requests do that nobody waits for any more, and listings.
    fn network(&self, state: &State, steps: &mut Vec<Step>) {
        for (place, flight) in state.loose.iter().enumerate() {
            let mut without = state.clone();
            without.loose.remove(place);
            let mut to = without.clone();
            if let Line::Flying(flight) = self.effect(&mut to, *flight) {
                to.loose.push(flight);
            }
            steps.push(Step { who: None, what: "a late request arrives", is_fault: false, to, broken: None });
            let what = "a late request is lost";
            steps.push(Step { who: None, what, is_fault: true, to: without, broken: None });
        }
        for (place, live) in state.live.iter().enumerate().filter(|(_, live)| !live.listed) {
            let mut to = state.clone();
            to.live[place] = Live { listed: true, ..*live };
            steps.push(Step { who: None, what: "it is listed", is_fault: false, to, broken: None });
        }
    }

    /// A request arrives: it takes effect, or a server that keeps keys looks its key up first.
    pub(super) fn effect(&self, state: &mut State, flight: Flight) -> Line {
        let is_known = |live: &Live| {
            live.key == flight.key
                && match self.settling {
                    Settling::OwnId | Settling::Hash => true,
                    Settling::Key { .. } => !flight.working && live.key_until > 0,
                    Settling::Receipt | Settling::Listing { .. } | Settling::Person => false,
                }
        };
        if let Some(place) = state.live.iter().position(is_known) {
            return Line::Done(u8::try_from(place).expect("few posts"));
        }
        if matches!(self.settling, Settling::Key { .. }) && !flight.working {
            return Line::Flying(Flight { working: true, ..flight });
        }
        let key_until = if let Settling::Key { window, .. } = self.settling { in_ticks(window) } else { 0 };
        let listed = matches!(self.settling, Settling::OwnId | Settling::Hash | Settling::Person);
        let Flight { part, key, listed_by, .. } = flight;
        state.live.push(Live { part, key, key_until, listed, listed_by });
        Line::Done(u8::try_from(state.live.len() - 1).expect("few posts"))
    }

    /// Time goes by, unless the network would break its word.
    fn time(&self, state: &State, steps: &mut Vec<Step>) {
        let unlisted = |live: &Live| !live.listed && live.listed_by <= 0;
        if self.flying(state).any(|flight| flight.effect_by <= 0) || state.live.iter().any(unlisted) {
            return;
        }
        if self.next_change(state).is_some() {
            let mut to = state.clone();
            to.pass(self.passes(state));
            steps.push(Step { who: None, what: "time goes by", is_fault: false, to, broken: None });
        }
        let is_coming = self.flying(state).any(|flight| flight.effect_by < NEVER);
        let view = self.reader.read(&state.events, 0);
        let is_asked = view.parts.iter().any(|part| matches!(part, Known::Sending(open) if open.at > -DAY));
        if is_asked && !is_coming && state.live.iter().all(|live| live.listed) {
            let mut to = state.clone();
            to.pass(DAY);
            steps.push(Step { who: None, what: "a day goes by", is_fault: false, to, broken: None });
        }
    }

    /// Returns how long time goes by.
    pub(super) fn passes(&self, state: &State) -> i16 {
        if self.is_fine { 1 } else { self.next_change(state).unwrap_or_default() }
    }

    /// Returns when something that was not possible becomes so, or the other way round, by time alone.
    fn next_change(&self, state: &State) -> Option<i16> {
        let window = in_ticks(claim_window(&Times::default()));
        let mut moments = Vec::new();
        for publisher in &state.publishers {
            match publisher.phase {
                Phase::Pushing(_, _, made) | Phase::Claimed(_, _, made) => moments.push(made + window + 1),
                Phase::SecondLook(_, due) => moments.push(due),
                Phase::Idle
                | Phase::Planned(_)
                | Phase::At(..)
                | Phase::Waiting(..)
                | Phase::Writing(..)
                | Phase::Asking(_) => {}
            }
        }
        let bounds = self.flying(state).flat_map(|flight| [flight.effect_by, flight.listed_by]);
        moments.extend(bounds.filter(|bound| *bound < NEVER));
        moments.extend(state.live.iter().flat_map(|live| [live.key_until, live.listed_by]).filter(|at| *at < NEVER));
        let view = self.reader.read(&state.events, 0);
        let mut told: Vec<i16> =
            state.events.iter().filter(|event| event.what == What::Defer).map(|event| event.at).collect();
        for part in &view.parts {
            let Known::Sending(open) = part else { continue };
            told.push(open.over);
            match self.settling {
                Settling::Key { window, settle } => {
                    told.extend([open.at + in_ticks(window - self.key_margin()), open.ends + in_ticks(settle)]);
                }
                Settling::Listing { settle } => told.push(open.ends + in_ticks(settle)),
                Settling::Receipt | Settling::OwnId | Settling::Hash | Settling::Person => {}
            }
        }
        let by_clocks = self.clocks.iter().flat_map(|wrong| told.iter().map(move |at| at - wrong));
        moments.into_iter().chain(by_clocks).filter(|at| *at > 0).min()
    }

    /// How long before it ends a key's window is no longer relied on.
    pub(super) fn key_margin(&self) -> Duration {
        if self.flaw == Some(Flaw::NarrowMargin) { SKEW } else { key_margin(&Times::default()) }
    }

    fn forge(&self, state: &State, steps: &mut Vec<Step>) {
        for (part, known) in (0..).zip(&self.reader.read(&state.events, 0).parts) {
            if let Known::Sending(open) = known {
                let mut to = state.clone();
                to.events.push(Ev { part, of: open.intent, at: 0, what: What::Absent });
                steps.push(Step { who: None, what: "somebody forges an absent", is_fault: true, to, broken: None });
            }
        }
    }

    /// Forgets what no longer matters and puts what has no order into one. Returns where each publisher has gone.
    pub(super) fn normalize(&self, state: &mut State) -> Vec<usize> {
        let view = self.reader.read(&state.events, 0);
        let is_open =
            |place: u8| view.parts.iter().any(|part| matches!(part, Known::Sending(open) if open.intent == place));
        let proven: Vec<u8> = state.events.iter().filter(|event| is_proof(event.what)).map(|event| event.of).collect();
        let oldest = -self.oldest();
        for (place, event) in (0..).zip(&mut state.events) {
            event.at = match event.what {
                What::Intent if is_open(place) => old(event.at, oldest),
                What::Repeat if is_open(event.of) => old(event.at, oldest),
                What::Defer => event.at.max(-in_ticks(SKEW) - 1),
                What::Intent
                | What::Repeat
                | What::Receipt(_)
                | What::Release
                | What::Fail
                | What::Absent
                | What::Hold => 0,
            };
            if proven.contains(&place) {
                state.sent &= !(1 << place);
            }
        }
        for publisher in &mut state.publishers {
            match &mut publisher.phase {
                Phase::Pushing(_, _, made) | Phase::Claimed(_, _, made) => {
                    *made = (*made).max(if self.flaw == Some(Flaw::NoGuard) {
                        oldest
                    } else {
                        -in_ticks(claim_window(&Times::default())) - 1
                    });
                }
                Phase::SecondLook(_, due) => *due = (*due).max(0),
                Phase::Idle
                | Phase::Planned(_)
                | Phase::At(..)
                | Phase::Waiting(..)
                | Phase::Writing(..)
                | Phase::Asking(_) => {}
            }
        }
        for live in &mut state.live {
            live.key_until = live.key_until.max(0);
            live.listed_by = if live.listed { 0 } else { live.listed_by };
        }
        state.loose.sort_unstable();
        let mut order: Vec<usize> = (0..state.publishers.len()).collect();
        order.sort_by_key(|&place| state.publishers[place]);
        state.publishers.sort_unstable();
        order
    }

    /// How old something may be before it makes no difference any more.
    fn oldest(&self) -> i16 {
        let (window, settle) = match self.settling {
            Settling::Key { window, settle } => (window, settle),
            Settling::Listing { settle } => (Duration::ZERO, settle),
            Settling::Receipt | Settling::OwnId | Settling::Hash | Settling::Person => (Duration::ZERO, Duration::ZERO),
        };
        in_ticks(window.max(Times::default().lease + settle.max(SKEW)) + SKEW) + 1
    }

    pub(super) fn request(&self, part: u8, key: u8) -> Flight {
        let times = Times::default();
        let patience = in_ticks(times.connect_timeout + times.request_timeout);
        let late = |settle: Duration| match self.flaw {
            Some(Flaw::SettleTooShort) => patience + 2 * in_ticks(settle),
            _ => patience + in_ticks(settle),
        };
        let (effect_by, listed_by) = match self.settling {
            _ if self.flaw == Some(Flaw::UnboundedDelay) => (NEVER, NEVER),
            Settling::Receipt | Settling::OwnId | Settling::Hash | Settling::Person => (NEVER, NEVER),
            Settling::Key { settle, .. } => (patience, late(settle)),
            Settling::Listing { settle } => (late(settle), late(settle)),
        };
        Flight { part, key, working: false, effect_by, listed_by }
    }
}

/// By how much the clocks of two machines may differ, as `Intent::over` has it.
pub(super) const SKEW: Duration = Duration::from_secs(60);

fn old(at: i16, oldest: i16) -> i16 {
    if at <= -DAY / 2 { -DAY - 10 } else { at.max(oldest) }
}

fn is_proof(what: What) -> bool {
    matches!(what, What::Absent | What::Release | What::Defer | What::Fail)
}

impl State {
    fn pass(&mut self, ticks: i16) {
        let pass = |time: &mut i16| {
            if *time != NEVER {
                *time = time.saturating_sub(ticks);
            }
        };
        self.events.iter_mut().for_each(|event| pass(&mut event.at));
        for publisher in &mut self.publishers {
            match &mut publisher.phase {
                Phase::Pushing(_, _, time) | Phase::Claimed(_, _, time) | Phase::SecondLook(_, time) => pass(time),
                Phase::Waiting(_, _, Line::Flying(flight)) => {
                    pass(&mut flight.effect_by);
                    pass(&mut flight.listed_by);
                }
                Phase::Waiting(..)
                | Phase::Idle
                | Phase::Planned(_)
                | Phase::At(..)
                | Phase::Writing(..)
                | Phase::Asking(_) => {}
            }
        }
        for flight in &mut self.loose {
            pass(&mut flight.effect_by);
            pass(&mut flight.listed_by);
        }
        for live in &mut self.live {
            pass(&mut live.key_until);
            pass(&mut live.listed_by);
        }
    }
}
