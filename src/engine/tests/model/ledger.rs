//! The model's events as the program reads them: through the real `fold` and the real `plan`.

use super::state::{Ev, NONE, TICK, What};
use crate::{
    config::{PublishSettings, Times},
    engine::tests::stage::{at, row_of},
    ledger::{Actor, Event, EventId, Genesis, Happening, Ledger, PartKey, PartState, fold},
    model::{AccountId, PostId, Remote, Timestamp, Zone},
    plan::{self, Desired, Policy, Verdict},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
    time::Duration,
};

const POST: &str = "hello";
const ACCOUNT: &str = "brand";

/// What is made of each ledger, at one time.
type Views = HashMap<Vec<Ev>, Rc<View>>;

/// Reads ledgers, each once.
pub(super) struct Reader {
    desired: Desired,
    publish: PublishSettings,
    known: RefCell<HashMap<i16, Views>>,
}

/// What a publisher makes of a ledger.
#[derive(Debug)]
pub(super) struct View {
    /// What `plan` says.
    pub(super) verdict: Verdict,
    /// What `fold` says of each part.
    pub(super) parts: Vec<Known>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Queued { is_due: bool },
    Sending(Open),
    Published(Option<u8>),
    Failed,
    Attention,
}

/// An open intent: its times in ticks from now, by the clocks of those who wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) intent: u8,
    pub(super) at: i16,
    pub(super) ends: i16,
    pub(super) over: i16,
}

impl Reader {
    pub(super) fn new(parts: u8) -> Self {
        let texts = &["One", "Two", "Three"][..usize::from(parts)];
        let desired = *row_of(POST, ACCOUNT, texts).desired.expect("a draft");
        Self { desired, publish: PublishSettings::default(), known: RefCell::default() }
    }

    /// Reads a ledger by a clock that is wrong by some ticks.
    pub(super) fn read(&self, events: &[Ev], wrong: i16) -> Rc<View> {
        if let Some(view) = self.known.borrow().get(&wrong).and_then(|known| known.get(events)) {
            return view.clone();
        }
        let view = Rc::new(self.view(events, wrong));
        self.known.borrow_mut().entry(wrong).or_default().insert(events.to_vec(), view.clone());
        view
    }

    fn view(&self, events: &[Ev], wrong: i16) -> View {
        let genesis = Genesis { id: "g".to_owned(), created: at("2026-11-01T00:00:00Z") };
        let mut counts = BTreeMap::<u8, u16>::new();
        let sequenced = events.iter().zip(0u8..).map(|(event, place)| {
            let count = counts.entry(event.part).or_default();
            *count += 1;
            (*count, self.event(*event, place))
        });
        let ledger = fold(Some(genesis), sequenced);
        let now = moment(wrong);
        let accounts = BTreeMap::new();
        let policy = Policy { publish: &self.publish, accounts: &accounts, zone: Zone::UTC, freezes: &[] };
        let plan = plan::plan(vec![self.desired.clone()], &ledger, &policy, now, None);
        let parts = (0..self.desired.draft.parts.len()).map(|part| known(&ledger, part, now)).collect();
        View { verdict: plan.rows[0].verdict, parts }
    }

    fn event(&self, event: Ev, place: u8) -> Event {
        let lease = Times::default().lease.as_secs();
        let what = match event.what {
            What::Intent => Happening::Intent {
                attempt: 1,
                lease,
                commit: "c0ffee".to_owned(),
                digest: self.desired.digest.clone(),
                key: format!("key {place}"),
                nonce: 1,
                network_time: None,
                media: BTreeMap::new(),
            },
            What::Repeat => Happening::Repeat { lease },
            What::Receipt(live) => Happening::Receipt {
                remote: Remote { id: live.map_or(String::new(), |live| live.to_string()), ..Remote::default() },
                commit: "c0ffee".to_owned(),
                digest: self.desired.digest.clone(),
                excerpt: self.desired.draft.parts[usize::from(event.part)].text.text.clone(),
                parts: u16::try_from(self.desired.draft.parts.len()).expect("few parts"),
                via: "answer".to_owned(),
                media: BTreeMap::new(),
            },
            What::Release => Happening::Release { why: String::new() },
            What::Defer => Happening::Defer { until: moment(event.at), why: String::new() },
            What::Fail => Happening::Fail { kind: "refused".to_owned(), message: String::new() },
            What::Absent => Happening::Absent { evidence: String::new() },
            What::Hold => Happening::Hold { reason: String::new() },
        };
        Event {
            id: EventId(place.to_string()),
            key: PartKey { post: PostId::new(POST), account: AccountId::new(ACCOUNT), part: u16::from(event.part) + 1 },
            of: (event.of != NONE).then(|| EventId(event.of.to_string())),
            at: moment(event.at),
            by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: None },
            what,
        }
    }
}

fn known(ledger: &Ledger, part: usize, now: Timestamp) -> Known {
    let state = ledger.delivery(&PostId::new(POST), &AccountId::new(ACCOUNT));
    match state.map(|state| state.part(part)) {
        None => Known::Queued { is_due: true },
        Some(PartState::Queued { not_before, .. }) => {
            Known::Queued { is_due: not_before.is_none_or(|until| until <= now) }
        }
        Some(PartState::Sending(intent)) => Known::Sending(Open {
            intent: intent.id.0.parse().expect("a place"),
            at: ticks(intent.at),
            ends: ticks(intent.ends()),
            over: ticks(intent.over()),
        }),
        Some(PartState::Published(out)) => Known::Published(out.remote.id.parse().ok()),
        Some(PartState::Failed { .. }) => Known::Failed,
        Some(PartState::Attention { .. }) => Known::Attention,
        Some(PartState::Retracted { .. } | PartState::Cancelled { .. }) => panic!("nobody has said so"),
    }
}

/// When all of it plays.
fn now() -> Timestamp {
    at("2026-11-22T09:00:00Z")
}

fn moment(ticks: i16) -> Timestamp {
    Timestamp::from_millis(now().millis() + i64::from(ticks) * i64::from(TICK) * 1000)
}

fn ticks(moment: Timestamp) -> i16 {
    let millis = moment.millis() - now().millis();
    assert_eq!(millis % (i64::from(TICK) * 1000), 0, "all times are whole ticks");
    i16::try_from(millis / (i64::from(TICK) * 1000)).expect("near")
}

/// Returns a duration in ticks.
pub(super) fn in_ticks(duration: Duration) -> i16 {
    ticks(now().plus(duration))
}
