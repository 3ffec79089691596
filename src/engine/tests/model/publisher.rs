//! What a publisher can do. What pure code decides is decided by that code (`fold`, `plan`, `judge` and the engine's own times);
//! what stands here are the engine's impure steps, each under the name of the function that makes it.

use super::{
    ledger::{Known, Open, View, in_ticks},
    protocol::{Flaw, Model, Step},
    state::{Basis, Ev, Goal, Job, Line, NONE, Phase, Publisher, State, What},
};
use crate::{
    config::Times,
    engine::{
        ask::SECOND_LOOK,
        pace::{MOST_ATTEMPTS, claim_window},
        settle::PATIENCE,
        verdict::{Claimed, Sent, Verdict, judge},
    },
    network::{ErrorKind, NetworkError, Settling},
    plan,
};
use std::rc::Rc;

/// How often the network is asked within the run that lost an answer.
const QUESTIONS: u8 = 2;

/// How long a delivery is put off, about.
const BACKOFF: i16 = 3;

/// What a look at the network gives.
enum Look {
    Here(u8),
    Absent,
    Fails,
}

/// What one publisher can do.
pub(super) struct Next<'a> {
    pub(super) model: &'a Model,
    pub(super) state: &'a State,
    pub(super) who: usize,
    pub(super) steps: &'a mut Vec<Step>,
}

impl Next<'_> {
    pub(super) fn go_on(mut self) {
        let Publisher { phase, .. } = self.state.publishers[self.who];
        if phase != Phase::Idle {
            self.crash(phase);
        }
        match phase {
            Phase::Idle => self.plan(),
            Phase::Planned(goal) => self.read(goal),
            Phase::At(job, basis) => self.take(job, basis),
            Phase::Pushing(job, basis, made) => self.push(job, basis, made),
            Phase::Claimed(job, basis, made) => self.guard(job, basis, made),
            Phase::Waiting(job, basis, line) => self.wait(job, basis, line),
            Phase::Writing(job, what) => self.write(job, what),
            Phase::Asking(job) => self.ask(job),
            Phase::SecondLook(job, due) => {
                if due <= 0 {
                    self.second_look(job);
                }
            }
        }
    }

    /// Returns what the publisher reads now.
    fn view(&self) -> Rc<View> {
        self.model.reader.read(&self.state.events, self.wrong())
    }

    fn wrong(&self) -> i16 {
        self.state.publishers[self.who].wrong
    }

    /// Returns the intent as the job has read it: by the first events of its part alone.
    fn open(&self, job: Job) -> Open {
        let mut count = 0;
        let read: Vec<Ev> = self
            .state
            .events
            .iter()
            .copied()
            .map(|event| {
                count += u8::from(event.part == job.part);
                // What it has not read is as if nobody had written it; the places stay.
                if event.part == job.part && count > job.seen {
                    Ev { of: NONE, what: What::Repeat, ..event }
                } else {
                    event
                }
            })
            .collect();
        match self.model.reader.read(&read, self.wrong()).parts[usize::from(job.part)] {
            Known::Sending(open) => open,
            ref known => panic!("the job is about an open intent: {known:?}"),
        }
    }

    fn go(&mut self, what: &'static str, phase: Phase) {
        self.go_with(what, phase, false, |_| None);
    }

    fn fault(&mut self, what: &'static str, phase: Phase) {
        self.go_with(what, phase, true, |_| None);
    }

    fn go_with(
        &mut self,
        what: &'static str,
        phase: Phase,
        is_fault: bool,
        change: impl FnOnce(&mut State) -> Option<&'static str>,
    ) {
        let mut to = self.state.clone();
        to.publishers[self.who].phase = phase;
        let broken = change(&mut to);
        self.steps.push(Step { who: Some(self.who), what, is_fault, to, broken });
    }

    fn crash(&mut self, phase: Phase) {
        self.go_with("dies", Phase::Idle, true, |to| {
            if let Phase::Waiting(_, _, Line::Flying(flight)) = phase {
                to.loose.push(flight);
            }
            None
        });
    }

    /// `plan::plan`, on a ledger that may be old by the time that it is acted on.
    fn plan(&mut self) {
        match self.view().verdict {
            plan::Verdict::Publish => self.go("plans: publish", Phase::Planned(Goal::Publish)),
            plan::Verdict::Settle => self.go("plans: settle", Phase::Planned(Goal::Settle)),
            _ => {}
        }
    }

    /// `execute` reads the ledger; `deliver_parts` and `step` decide what to do with the first part that is missing.
    fn read(&mut self, goal: Goal) {
        let view = self.view();
        let next = (0..).zip(&view.parts).find(|(_, known)| !matches!(known, Known::Published(_)));
        let phase = next.map(|(part, known)| {
            let job = |intent| Job { goal, part, seen: self.state.count(part), intent };
            match known {
                Known::Sending(open) if goal == Goal::Settle && open.over <= self.wrong() => {
                    Phase::Asking(job(open.intent))
                }
                Known::Queued { is_due: true } if goal == Goal::Publish && !self.model.is_used_up(self.state, part) => {
                    Phase::At(job(NONE), Basis::New)
                }
                Known::Queued { .. } | Known::Sending(_) | Known::Published(_) | Known::Failed | Known::Attention => {
                    Phase::Idle
                }
            }
        });
        self.go("reads the ledger", phase.unwrap_or(Phase::Idle));
    }

    /// `Claim::take`, up to the ledger.
    fn take(&mut self, job: Job, basis: Basis) {
        if basis == Basis::RepeatKey && self.wrong() >= self.key_ends(&self.open(job)) {
            let phase = self.after_open(job);
            return self.go("holds back a key that may be forgotten", phase);
        }
        if self.model.flaw == Some(Flaw::UnclaimedRepeat) && basis != Basis::New {
            return self.go("claims nothing", Phase::Claimed(job, basis, 0));
        }
        self.go(if basis == Basis::New { "claims" } else { "claims a repetition" }, Phase::Pushing(job, basis, 0));
    }

    /// Until when a key is relied on.
    fn key_ends(&self, open: &Open) -> i16 {
        let Settling::Key { window, .. } = self.model.settling else { panic!("no keys here") };
        open.at + in_ticks(window - self.model.key_margin())
    }

    /// `Store::append`: compare-and-swap on how many events the part has.
    fn push(&mut self, job: Job, basis: Basis, made: i16) {
        if self.state.count(job.part) != job.seen {
            let phase = match basis {
                Basis::New => Phase::Idle,
                Basis::RepeatId | Basis::RepeatKey => self.next_question(job),
            };
            return self.go("is beaten", phase);
        }
        let place = u8::try_from(self.state.events.len()).expect("few events");
        let intent = if basis == Basis::New { place } else { job.intent };
        let claimed = Job { seen: job.seen + 1, intent, ..job };
        let at = made + self.wrong();
        self.go_with("has it in the ledger", Phase::Claimed(claimed, basis, made), false, |to| {
            let (of, what) = if basis == Basis::New { (NONE, What::Intent) } else { (intent, What::Repeat) };
            to.events.push(Ev { part: job.part, of, at, what });
            None
        });
    }

    /// `Claim::guard`, and the request leaves. What happens to it between the two counts as its way.
    fn guard(&mut self, job: Job, basis: Basis, made: i16) {
        if -made > in_ticks(claim_window(&Times::default())) && self.model.flaw != Some(Flaw::NoGuard) {
            if basis != Basis::New {
                return self.go("comes too late to repeat it", Phase::Idle);
            }
            return self.go("comes too late", Phase::Writing(job, What::Release));
        }
        let flight = self.model.request(job.part, job.intent);
        let broken = self.is_blind(job).then_some("it is sent again without proof");
        self.go_with("sends", Phase::Waiting(job, basis, Line::Flying(flight)), false, |to| {
            to.sent |= 1 << job.intent;
            broken
        });
        let phase = self.after(job, basis, ErrorKind::NotSent, Sent::NeverLeft);
        self.fault("gets no connection", phase);
    }

    /// Whether something was sent before of which nobody knows what became of it.
    fn is_blind(&self, job: Job) -> bool {
        let by_itself = matches!(self.model.settling, Settling::OwnId | Settling::Hash | Settling::Key { .. });
        self.state.of_part(job.part).any(|(place, event)| {
            let is_sent = event.what == What::Intent && self.state.sent & (1 << place) != 0;
            is_sent && !(by_itself && place == job.intent)
        })
    }

    fn wait(&mut self, job: Job, basis: Basis, line: Line) {
        let lost = self.after(job, basis, ErrorKind::Ambiguous, Sent::Lost);
        match line {
            Line::Flying(flight) => {
                let mut to = self.state.clone();
                let line = self.model.effect(&mut to, flight);
                to.publishers[self.who].phase = Phase::Waiting(job, basis, line);
                let what = "the request arrives";
                self.steps.push(Step { who: Some(self.who), what, is_fault: false, to, broken: None });
                self.fault("the request is lost", Phase::Waiting(job, basis, Line::Gone));
                self.go_with("gives up waiting", lost, false, |to| {
                    to.loose.push(flight);
                    None
                });
                if !flight.working {
                    let answered = Sent::Answered { success: false, more: false };
                    let phase = self.after(job, basis, ErrorKind::RateLimited, answered);
                    self.fault("is told: too many requests", phase);
                    self.refuse(job, basis, flight.key);
                }
            }
            Line::Done(live) => {
                self.go("is answered", Phase::Writing(job, What::Receipt(Some(live))));
                self.fault("loses the answer", lost);
                let phase = self.after(job, basis, ErrorKind::Unreadable, Sent::Cut);
                self.fault("can't read the answer", phase);
            }
            Line::Gone => self.go("gives up waiting", lost),
        }
    }

    /// What is refused once is refused each time.
    fn refuse(&mut self, job: Job, basis: Basis, key: u8) {
        let is_taken = self.state.live.iter().any(|live| live.key == key)
            || self.model.flying(self.state).any(|flight| flight.key == key && flight.working);
        if is_taken {
            return;
        }
        let phase = self.after(job, basis, ErrorKind::Refused, Sent::Answered { success: false, more: false });
        self.go_with("is refused", phase, true, |to| {
            to.loose.retain(|flight| flight.key != key);
            for publisher in &mut to.publishers {
                if let Phase::Waiting(_, _, line @ Line::Flying(_)) = &mut publisher.phase
                    && matches!(line, Line::Flying(flight) if flight.key == key)
                {
                    *line = Line::Gone;
                }
            }
            None
        });
    }

    /// What follows from an error, as `judge` has it.
    fn after(&self, job: Job, basis: Basis, kind: ErrorKind, sent: Sent) -> Phase {
        let claimed = match basis {
            Basis::New => Claimed::Fresh,
            Basis::RepeatId => Claimed::StandingAbsent,
            Basis::RepeatKey => Claimed::Standing,
        };
        let mut verdict = judge(&NetworkError::new(kind, ""), sent, claimed);
        if self.model.flaw == Some(Flaw::BlindRetry) && verdict == Verdict::Open {
            verdict = Verdict::Later;
        }
        match (basis, verdict) {
            (Basis::New, Verdict::Later) => Phase::Writing(job, What::Defer),
            (_, Verdict::Failed) => Phase::Writing(job, What::Fail),
            (Basis::New, Verdict::SignIn) => Phase::Writing(job, What::Release),
            (Basis::New, Verdict::Out) if self.model.settling == Settling::Person => {
                Phase::Writing(job, What::Receipt(None))
            }
            (Basis::New, Verdict::Out | Verdict::Open | Verdict::Blocked) => match self.model.settling {
                Settling::OwnId | Settling::Hash | Settling::Key { .. } => {
                    Phase::Asking(Job { goal: Goal::Doubt(QUESTIONS), ..job })
                }
                Settling::Receipt | Settling::Listing { .. } | Settling::Person => Phase::Idle,
            },
            (Basis::RepeatId | Basis::RepeatKey, _) => self.after_open(job),
        }
    }

    /// Nothing more is known than before.
    fn after_open(&self, job: Job) -> Phase {
        let waited = self.wrong() - self.open(job).at;
        match job.goal {
            Goal::Settle if waited >= in_ticks(PATIENCE) => Phase::Writing(job, What::Hold),
            Goal::Settle | Goal::Publish | Goal::Doubt(_) => self.next_question(job),
        }
    }

    fn next_question(&self, job: Job) -> Phase {
        match job.goal {
            Goal::Doubt(left @ 2..) => Phase::Asking(Job { goal: Goal::Doubt(left - 1), ..job }),
            Goal::Doubt(_) | Goal::Publish | Goal::Settle => Phase::Idle,
        }
    }

    /// `receive` and `note`. What follows a receipt is the next part.
    fn write(&mut self, job: Job, what: What) {
        let event = Ev { part: job.part, of: job.intent, at: if what == What::Defer { BACKOFF } else { 0 }, what };
        let is_blind = what == What::Release && self.model.flaw == Some(Flaw::BlindRelease);
        if !matches!(what, What::Receipt(_)) && !is_blind && self.state.count(job.part) != job.seen {
            return self.go("is beaten", Phase::Idle);
        }
        let next = job.part + 1;
        let phase = match (what, job.goal) {
            (What::Receipt(Some(_)), Goal::Publish | Goal::Doubt(_)) if next < self.model.parts => {
                Phase::At(Job { goal: Goal::Publish, part: next, seen: 0, intent: NONE }, Basis::New)
            }
            _ => Phase::Idle,
        };
        let words = match what {
            What::Receipt(_) => "writes the receipt",
            What::Release => "writes: released",
            What::Defer => "writes: deferred",
            What::Fail => "writes: failed",
            What::Absent => "writes: absent",
            What::Hold => "writes: held",
            What::Intent | What::Repeat => panic!("those are claims"),
        };
        self.go_with(words, phase, false, |to| {
            to.events.push(event);
            None
        });
    }

    fn find(&self, job: Job) -> Look {
        let found = self.state.live.iter().position(|live| match self.model.settling {
            Settling::OwnId | Settling::Hash => live.key == job.intent,
            _ => live.part == job.part && live.listed,
        });
        found.map_or(Look::Absent, |place| Look::Here(u8::try_from(place).expect("few posts")))
    }

    /// `ask` and `ask_at_once`.
    fn ask(&mut self, job: Job) {
        if self.model.settling == Settling::Person {
            return self.go("can't ask", Phase::Writing(job, What::Hold));
        }
        self.asked(job, Look::Fails);
        let look = self.find(job);
        self.asked(job, look);
    }

    fn asked(&mut self, job: Job, look: Look) {
        let is_fault = matches!(look, Look::Fails);
        let what = match look {
            Look::Here(_) => "asks: it is there",
            Look::Absent => "asks: it is not there",
            Look::Fails => "asks, and gets no answer",
        };
        let open = self.open(job);
        let phase = match (self.model.settling, look) {
            (_, Look::Here(live)) => Phase::Writing(job, What::Receipt(Some(live))),
            (Settling::OwnId | Settling::Hash, Look::Absent) => self.again(job, Basis::RepeatId),
            (Settling::Key { .. }, _) if matches!(job.goal, Goal::Doubt(_)) => self.next_question(job),
            (Settling::Key { .. }, _) if self.wrong() < self.key_ends(&open) => self.again(job, Basis::RepeatKey),
            (Settling::Key { settle, .. } | Settling::Listing { settle }, Look::Absent) => {
                let is_complete = self.wrong() >= open.ends + in_ticks(settle);
                match self.model.flaw {
                    Some(Flaw::HastyLook) => Phase::Writing(job, What::Absent),
                    _ if is_complete => Phase::SecondLook(job, in_ticks(SECOND_LOOK)),
                    _ => Phase::Idle,
                }
            }
            (_, Look::Absent | Look::Fails) => self.after_open(job),
        };
        self.go_with(what, phase, is_fault, |_| None);
    }

    /// `send_again`.
    fn again(&self, job: Job, basis: Basis) -> Phase {
        let repeats = self.state.of_part(job.part).filter(|(_, event)| event.what == What::Repeat).count();
        if repeats >= usize::from(self.model.repeats) { self.after_open(job) } else { Phase::At(job, basis) }
    }

    fn second_look(&mut self, job: Job) {
        let absent = self.state.of_part(job.part).filter(|(_, event)| event.what == What::Absent).count();
        let given_up = absent + 1 >= usize::try_from(MOST_ATTEMPTS).expect("few");
        let phase = match self.find(job) {
            Look::Here(live) => Phase::Writing(job, What::Receipt(Some(live))),
            Look::Absent | Look::Fails if given_up => Phase::Writing(job, What::Hold),
            Look::Absent | Look::Fails => Phase::Writing(job, What::Absent),
        };
        self.go("looks a second time", phase);
        let phase = self.after_open(job);
        self.fault("looks a second time in vain", phase);
    }
}
