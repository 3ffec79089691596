//! Clocks that are wrong, from the start or from a moment on, around days on which local time is strange: nothing goes out
//! before its time by the network's clock, and a machine whose clock is far off publishes nothing and says so.

use super::{
    stage::{COMMIT, Stage, at, row, with},
    twin::{HERE, Habits},
};
use crate::{
    engine::{Clock as _, Outcome, Outgoing, Transport, TransportError, World, execute, testing::FakeClock},
    ledger::{Append, Appended, Brake, BrakeEvent, Genesis, Ledger, MemoryStore, Store, StoreError},
    model::{LocalTime, Resolved, Timestamp, Zone},
    network::{Auth, Flow, Response, Settling},
    plan::{self, Policy},
};
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };

/// By how many seconds a clock is wrong.
const SKEWS: [i64; 9] = [0, 30, -30, 300, -300, 3600, -3600, 86_400, -86_400];

/// From how many seconds of difference on nothing is published.
const REFUSED: i64 = 600;

/// Local times in Rome: an hour that is skipped, one that comes twice, a leap day, and any other.
const DUES: [&str; 4] = ["2027-03-28T03:00", "2027-10-31T02:30", "2028-02-29T09:00", "2026-12-01T09:00"];

/// When a clock goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    FromTheStart,
    BetweenRuns,
    /// After the network's clock was heard, before the claim.
    DuringARun,
}

/// Whom the network's clock is heard from before anything goes out.
#[derive(Clone, Copy, Debug)]
enum Hears {
    /// From the answer to the sign-in.
    SigningIn,
    /// A token goes with each request, so somebody must ask.
    Greeting,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    due: &'static str,
    wrong: i64,
    goes: Goes,
    hears: Hears,
}

/// A network that tells the true time, and a machine that may not know it.
struct Sky {
    stage: Stage,
    began: Timestamp,
    boot: Duration,
    /// By how many milliseconds the machine's clock goes wrong in the middle of the next run.
    jumps: Cell<Option<i64>>,
    /// When something went out, by the true time.
    out: RefCell<Vec<Timestamp>>,
}

impl Sky {
    fn new(began: Timestamp, hears: Hears) -> Self {
        let mut stage = match hears {
            Hears::SigningIn => Stage::new(CLASS_B, Auth::Session),
            Hears::Greeting => Stage::with_habits(CLASS_B, Auth::Token, Habits { greets: true, ..Habits::default() }),
        };
        let created = began.minus(Duration::from_secs(30 * 86_400));
        stage.store = MemoryStore::with_genesis(Genesis { id: "g".to_owned(), created });
        stage.clock.set(began);
        let boot = stage.clock.boottime();
        Self { stage, began, boot, jumps: Cell::new(None), out: RefCell::default() }
    }

    fn truly(&self) -> Timestamp {
        self.began.plus(self.stage.clock.boottime().saturating_sub(self.boot))
    }

    /// Sets the machine's clock wrong.
    fn jump(&self, millis: i64) {
        self.stage.clock.set(Timestamp::from_millis(self.truly().millis() + millis));
    }

    /// Waits until a true moment.
    fn wait_until(&self, moment: Timestamp) {
        self.stage.clock.advance(moment.since(self.truly()));
    }

    /// Publishes what the plan says is due; returns what became of it.
    fn publish(&self, due: Timestamp) -> Option<Outcome> {
        let desired = with(row(&["News"]), |desired| desired.when = Some(due)).desired.expect("a draft");
        let now = self.stage.clock.now();
        let policy = Policy::new(&self.stage.config, &[]);
        let plan = plan::plan(vec![*desired], &self.stage.ledger(), &policy, now, Some(COMMIT.to_owned()));
        let networks = self.stage.networks();
        let world = World { transport: self, ..self.stage.world(&networks) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let store = Box::new(self.stage.store.clone());
        let ended = runtime.block_on(execute(world, &plan, store, &mut |_| {})).expect("a ledger");
        ended.into_iter().next().map(|settled| settled.outcome)
    }
}

impl Transport for Sky {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let headers = vec![("date".to_owned(), http_date(self.truly()))];
            let body = match request.label {
                "post" => {
                    self.out.borrow_mut().push(self.truly());
                    json!({ "id": "id-1", "url": format!("{HERE}/id-1") })
                }
                "sign in" => json!({ "jwt": "jwt" }),
                _ => json!({}),
            };
            if request.label != "post"
                && let Some(jump) = self.jumps.take()
            {
                self.jump(jump);
            }
            Ok(Response { status: 200, headers, body: body.to_string().into_bytes() })
        })
    }
}

/// Writes a moment as HTTP does, to the second; the days of the week aren't read.
fn http_date(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = at.date_in(Zone::UTC);
    let month = MONTHS[usize::try_from(month).expect("a month") - 1];
    let text = at.to_string();
    format!("{day:02} {month} {year} {} GMT", &text[11..19])
}

fn local(text: &str) -> Timestamp {
    let rome = Zone::parse("Europe/Rome").expect("a zone");
    match rome.resolve(LocalTime::parse(text).expect("a local time")) {
        Resolved::Once(at) | Resolved::Twice(at, _) => at,
        Resolved::Never(..) => panic!("{text} does not exist"),
    }
}

impl Case {
    fn check(self) {
        let due = local(self.due);
        let before = |seconds| due.minus(Duration::from_secs(seconds));
        let sky = Sky::new(before(7200), self.hears);
        let millis = self.wrong * 1000;
        match self.goes {
            Goes::FromTheStart => sky.jump(millis),
            Goes::BetweenRuns => {}
            Goes::DuringARun => sky.jumps.set(Some(millis)),
        }
        let coarse = (0..24).map(|step| step * 600);
        let fine = (0..32).map(|step| 7200 - 300 + step * 20);
        let mut moments: Vec<u64> = coarse.chain(fine).collect();
        moments.sort_unstable();
        let mut said = Vec::new();
        for moment in moments {
            sky.wait_until(before(7200).plus(Duration::from_secs(moment)));
            if self.goes == Goes::BetweenRuns && moment == 4800 {
                sky.jump(millis);
            }
            said.extend(sky.publish(due));
        }
        // A clock that is slow shows the time at last.
        sky.stage.clock.advance(Duration::from_secs(20 * 3600));
        said.extend(sky.publish(due));
        let out = sky.out.borrow();
        let tolerated = due.minus(Duration::from_secs(2));
        assert!(out.iter().all(|at| *at >= tolerated), "{self:?}: early, at {out:?}");
        if self.wrong.abs() <= REFUSED {
            assert_eq!(out.len(), 1, "{self:?}: {said:?}");
            let slow = Duration::from_secs(self.wrong.min(0).unsigned_abs() + 20);
            assert!(out[0] <= due.plus(slow), "{self:?}: late, at {out:?}");
        } else {
            assert_eq!(out.len(), 0, "{self:?}: {said:?}");
            let is_told = |outcome: &Outcome| {
                let Outcome::Blocked { why } = outcome else { return false };
                why.contains("minutes apart; set the clock")
            };
            // A clock that is a day slow does not show the time within these hours, so nobody tries.
            assert!(said.iter().any(is_told) || self.wrong == -86_400, "{self:?}: {said:?}");
        }
    }
}

#[test]
fn nothing_goes_out_early_however_wrong_a_clock_is() {
    let mut count = 0;
    for due in DUES {
        for wrong in SKEWS {
            for goes in [Goes::FromTheStart, Goes::BetweenRuns, Goes::DuringARun] {
                for hears in [Hears::SigningIn, Hears::Greeting] {
                    Case { due, wrong, goes, hears }.check();
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 216);
}

/// A ledger whose machine sleeps, with a wall clock that stands still, while it answers.
struct Sleepy {
    store: MemoryStore,
    clock: FakeClock,
    sleeps: Duration,
}

impl Store for Sleepy {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        self.store.read()
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let appended = self.store.append(batch);
        self.clock.suspend(self.sleeps);
        appended
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        self.store.brakes()
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.store.brake(events)
    }
}

#[test]
fn a_machine_that_slept_after_its_claim_sends_nothing() {
    for (sleeps, is_sent) in [(0, true), (30, true), (31, false), (600, false), (86_400, false)] {
        let stage = Stage::new(CLASS_B, Auth::Token);
        let desired = with(row(&["News"]), |desired| desired.when = Some(at("2026-11-22T09:00:00Z")));
        let plan = plan::Plan { now: stage.clock.now(), commit: Some(COMMIT.to_owned()), rows: vec![desired] };
        let store =
            Sleepy { store: stage.store.clone(), clock: stage.clock.clone(), sleeps: Duration::from_secs(sleeps) };
        let networks = stage.networks();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let ended = runtime.block_on(execute(stage.world(&networks), &plan, Box::new(store), &mut |_| {}));
        let outcome = &ended.expect("a ledger")[0].outcome;
        assert_eq!(matches!(outcome, Outcome::Published { .. }), is_sent, "{sleeps}: {outcome:?}");
        assert_eq!(stage.texts().is_empty(), !is_sent, "{sleeps}");
    }
}
