//! Threads, cut at every boundary in every way that there is, and gone on with by the real plan: no hole, no part twice, in
//! order, each tied to the one before, from the first missing part on.
//!
//! `MASTHEAD_THREADS=large` cuts every length up to 25 at every part, on every class of network, in every way; without it
//! classes and ways take turns.

#![expect(clippy::print_stderr, reason = "the suite tells its figures")]

use super::{
    stage::{COMMIT, Stage, row},
    twin::Fault,
};
use crate::{
    engine::Clock as _,
    ledger::{Actor, Event, EventId, Happening, PartKey, PartState, StoreError, StoreProblem},
    model::{AccountId, PostId, Remote},
    network::{Auth, Settling},
    plan::{self, Desired, Policy, Row, Verdict},
};
use std::{cell::RefCell, collections::BTreeMap, env, rc::Rc, time::Duration};

const CLASSES: [Settling; 4] = [
    Settling::OwnId,
    Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) },
    Settling::Listing { settle: Duration::from_secs(600) },
    Settling::Person,
];

/// The longest thread.
const LONGEST: usize = 25;

/// How a thread is cut at a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The publisher dies before the request does anything.
    DiesBefore,
    /// It dies after the request took effect.
    DiesAfter,
    /// The answer is lost.
    Answer,
    /// The part is out, and its receipt can't be written.
    Receipt,
    /// The part's receipt is written, and the next part's intent is not.
    NextIntent,
    /// The next part's intent is written, and nobody is told.
    NextAnswer,
    /// The publisher is asked to stop during the request.
    Stop,
    /// The server refuses for now.
    Refusal,
}

const CUTS: [Cut; 8] = [
    Cut::DiesBefore,
    Cut::DiesAfter,
    Cut::Answer,
    Cut::Receipt,
    Cut::NextIntent,
    Cut::NextAnswer,
    Cut::Stop,
    Cut::Refusal,
];

/// A thread on a network, and how it is cut.
#[derive(Clone, Copy, Debug)]
struct Case {
    settling: Settling,
    /// How many parts it has.
    length: usize,
    /// At which part it is cut, from 1.
    part: usize,
    cut: Cut,
}

impl Case {
    fn texts(self) -> Vec<String> {
        (1..=self.length).map(|part| format!("Part {part}")).collect()
    }

    fn desired(self) -> Desired {
        let texts = self.texts();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        *row(&texts).desired.expect("a draft")
    }

    /// Runs it: cut once, then on and on until nothing is due any more.
    fn run(self) {
        let stage = Rc::new(Stage::new(self.settling, Auth::Token));
        self.plant(&stage);
        let desired = self.desired();
        let mut runs = 0;
        loop {
            let row = planned(&stage, &desired);
            match row.verdict {
                Verdict::Publish | Verdict::Settle => {
                    // Whoever dies or can't write is followed by another.
                    let _ = stage.try_run(vec![row.clone()]);
                    self.check(&stage);
                }
                Verdict::Wait => {}
                Verdict::Attention if self.settling == Settling::Person => self.tell(&stage),
                Verdict::Attention | Verdict::Held | Verdict::Drift | Verdict::Update | Verdict::Retract => {
                    panic!("{self:?}: {:?}", row.reason)
                }
                Verdict::Done => break,
            }
            stage.stop.forget();
            stage.clock.advance(Duration::from_secs(400));
            runs += 1;
            assert!(runs < 40, "{self:?} never ends: {:?}", row.reason);
        }
        self.check(&stage);
        assert_eq!(stage.texts(), self.texts(), "{self:?}");
        let posts = stage.calls().iter().filter(|call| **call == "post").count();
        let again = matches!(self.cut, Cut::DiesBefore | Cut::Refusal);
        assert_eq!(posts, self.length + usize::from(again), "{self:?}: no part is sent that needn't be");
    }

    /// Makes it be cut.
    fn plant(self, stage: &Rc<Stage>) {
        let passes = (1..self.part).map(|_| ("post", Fault::Meanwhile(Rc::new(|| {}))));
        stage.server.faults.borrow_mut().extend(passes);
        let fault = match self.cut {
            Cut::DiesBefore => Fault::Crash,
            Cut::DiesAfter => Fault::CrashAfter,
            Cut::Answer => Fault::LostAfter,
            Cut::Refusal => Fault::Status(429, Vec::new()),
            Cut::Receipt | Cut::NextIntent | Cut::NextAnswer | Cut::Stop => {
                let (stage, cut) = (Rc::downgrade(stage), self.cut);
                let error = RefCell::new(Some(StoreError::new(StoreProblem::Refused, "no")));
                Fault::Meanwhile(Rc::new(move || {
                    let stage = stage.upgrade().expect("a stage");
                    let error = error.take().expect("it is cut once");
                    match cut {
                        Cut::Stop => return stage.stop.ask(),
                        Cut::Receipt => return stage.store.fail_next(error),
                        _ => stage.store.beat_next(Vec::new()),
                    }
                    match cut {
                        Cut::NextIntent => stage.store.fail_next(error),
                        _ => stage.store.fail_next_after_writing(error),
                    }
                }))
            }
        };
        stage.server.faults.borrow_mut().push_back(("post", fault));
    }

    /// Checks what must hold at any time.
    fn check(self, stage: &Stage) {
        let (texts, wanted) = (stage.texts(), self.texts());
        assert!(wanted.starts_with(&texts), "{self:?}: {texts:?}");
        let live = stage.server.live.borrow();
        for (index, part) in live.iter().enumerate() {
            let parent = index.checked_sub(1).map(|before| live[before].id.as_str());
            assert_eq!(part.body["parent"].as_str(), parent, "{self:?}");
            assert_eq!(part.body["root"].as_str(), parent.map(|_| live[0].id.as_str()), "{self:?}");
        }
        for (index, part) in stage.state().parts.iter().enumerate() {
            if let PartState::Published(out) = part {
                assert_eq!(Some(&out.remote.id), live.get(index).map(|live| &live.id), "{self:?}");
            }
        }
    }

    /// A person looks there and tells what they see, as `masthead resolve` writes it.
    fn tell(self, stage: &Stage) {
        let state = stage.state();
        let index =
            state.parts.iter().position(|part| matches!(part, PartState::Attention { .. })).expect("a question");
        let live = stage.server.live.borrow();
        let what = match live.get(index) {
            None => Happening::Absent { evidence: "a person has looked".to_owned() },
            Some(live) => {
                let desired = self.desired();
                Happening::Receipt {
                    remote: Remote { id: live.id.clone(), ..Remote::default() },
                    commit: COMMIT.to_owned(),
                    digest: desired.digest,
                    excerpt: desired.draft.parts[index].text.text.clone(),
                    parts: u16::try_from(self.length).expect("short"),
                    via: "person".to_owned(),
                    media: BTreeMap::new(),
                }
            }
        };
        stage.store.push(Event {
            id: EventId(format!("{:032x}", state.events[index].len())),
            key: PartKey {
                post: PostId::new("hello"),
                account: AccountId::new("brand"),
                part: u16::try_from(index + 1).expect("short"),
            },
            of: state.awaited(index).cloned(),
            at: stage.clock.now(),
            by: Actor { run: "a person".to_owned(), version: "0.1.0".to_owned(), person: Some("Ada".to_owned()) },
            what,
        });
    }
}

/// Returns what the plan says now.
fn planned(stage: &Stage, desired: &Desired) -> Row {
    let policy = Policy::new(&stage.config, &[]);
    let plan = plan::plan(vec![desired.clone()], &stage.ledger(), &policy, stage.clock.now(), Some(COMMIT.to_owned()));
    plan.rows.into_iter().next().expect("a row")
}

/// Cuts threads of every length at every part.
fn cut_everywhere(class: usize) {
    let settling = CLASSES[class];
    let is_large = env::var("MASTHEAD_THREADS").is_ok_and(|size| size == "large");
    let mut count = 0;
    for length in 1..=LONGEST {
        for part in 1..=length {
            for (turn, cut) in CUTS.into_iter().enumerate() {
                let has_next = part < length || !matches!(cut, Cut::NextIntent | Cut::NextAnswer);
                let is_its_turn =
                    (length * 3 + part) % CLASSES.len() == class && (length + part) / 2 % CUTS.len() == turn;
                if has_next && (is_large || is_its_turn) {
                    Case { settling, length, part, cut }.run();
                    count += 1;
                }
            }
        }
    }
    eprintln!("{settling:?}: {count} cuts");
}

#[test]
fn under_ids_of_ours() {
    cut_everywhere(0);
}

#[test]
fn under_keys() {
    cut_everywhere(1);
}

#[test]
fn where_posts_are_listed() {
    cut_everywhere(2);
}

#[test]
fn where_a_person_tells() {
    cut_everywhere(3);
}
