//! The network: it keeps the promises of its class, and is as slow, forgetful and rude in everything else as it may be.

use super::{
    chance::Chance,
    load::{REFUSED, Wanted},
    time::{START, Time},
};
use crate::{
    engine::tests::{stage::at, twin::HERE},
    ledger::{Event, Happening, MemoryStore},
    model::Timestamp,
    network::Settling,
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

/// How late a request may take effect where that can be borne.
const LATEST: Duration = Duration::from_secs(15 * 60);

/// How long after its effect something may be missing in listings.
const LAG: Duration = Duration::from_secs(120);

/// Something that people can see.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) body: Value,
    /// When it came to be.
    pub(super) at: Duration,
    /// From when on it is in listings.
    listed: Duration,
    /// From when on its key is known.
    noted: Duration,
}

pub(super) struct Server {
    pub(super) settling: Settling,
    pub(super) live: RefCell<Vec<Live>>,
    pub(super) time: Time,
    pub(super) chance: Chance,
    /// How many requests have come that people would see.
    pub(super) requests: Cell<usize>,
    /// Requests that have arrived and take effect later.
    pending: RefCell<Vec<(Duration, Value)>>,
    /// The keys that were sent for each text.
    sent: RefCell<BTreeMap<String, Vec<String>>>,
    wanted: BTreeMap<String, Wanted>,
    store: MemoryStore,
    /// Until when it is in trouble.
    troubled: Duration,
    /// When it is not there at all.
    down: (Duration, Duration),
}

impl Server {
    pub(super) fn new(
        settling: Settling,
        (time, chance): (Time, Chance),
        wanted: BTreeMap<String, Wanted>,
        store: MemoryStore,
        troubled: Duration,
    ) -> Self {
        let from = chance.time(Duration::ZERO, troubled);
        let down = (from, from + chance.time(Duration::ZERO, Duration::from_secs(1200)));
        Self {
            settling,
            live: RefCell::default(),
            time,
            chance,
            requests: Cell::new(0),
            pending: RefCell::default(),
            sent: RefCell::default(),
            wanted,
            store,
            troubled,
            down,
        }
    }

    pub(super) fn seconds(&self, least: u64, most: u64) -> Duration {
        self.chance.time(Duration::from_secs(least), Duration::from_secs(most))
    }

    pub(super) fn in_trouble(&self, percent: u64) -> bool {
        self.time.gone() < self.troubled && self.chance.percent(percent)
    }

    pub(super) fn is_down(&self) -> bool {
        (self.down.0..self.down.1).contains(&self.time.gone())
    }

    pub(super) fn now(&self) -> Timestamp {
        at(START).plus(self.time.gone())
    }

    pub(super) fn wanted(&self, body: &Value) -> &Wanted {
        let text = body["text"].as_str().expect("a text");
        self.wanted.get(text).unwrap_or_else(|| panic!("nobody wants `{text}`"))
    }

    pub(super) fn refuses(body: &Value) -> bool {
        body["text"].as_str().expect("a text").ends_with(REFUSED)
    }

    /// How long after it was sent a request takes effect when it is late: as late as the class can bear.
    pub(super) fn delay(&self) -> Duration {
        match self.settling {
            Settling::Receipt | Settling::OwnId | Settling::Hash | Settling::Person => self.seconds(0, 7200),
            // Over, and its key noted, when its sender gives up: a server that is still at work has not noted the key.
            Settling::Key { .. } => self.seconds(0, 30),
            Settling::Listing { .. } => self.chance.time(Duration::ZERO, LATEST),
        }
    }

    /// A request is on its way, and takes effect at a moment.
    pub(super) fn accept(&self, effect: Duration, body: Value) {
        self.pending.borrow_mut().push((effect, body));
    }

    /// Lets everything take effect that was to by now.
    pub(super) fn catch_up(&self) {
        let now = self.time.gone();
        let mut due: Vec<_> = self.pending.borrow_mut().extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, body) in due {
            self.take_effect(at, body);
        }
    }

    /// Returns what has a key that is remembered at a moment.
    pub(super) fn known(&self, key: &Value, at: Duration) -> Option<Live> {
        let live = self.live.borrow();
        let is_known = |known: &&Live| {
            known.body["key"] == *key
                && match self.settling {
                    Settling::OwnId | Settling::Hash => true,
                    Settling::Key { window, .. } => known.noted <= at && at < known.at + window,
                    Settling::Receipt | Settling::Listing { .. } | Settling::Person => false,
                }
        };
        live.iter().find(is_known).cloned()
    }

    fn take_effect(&self, at: Duration, body: Value) {
        if self.known(&body["key"], at).is_none() {
            let id = format!("id-{}", self.live.borrow().len() + 1);
            let listed = at + self.chance.time(Duration::ZERO, LAG);
            let noted = at + self.seconds(0, 10);
            self.live.borrow_mut().push(Live { id, body, at, listed, noted });
        }
    }

    /// Before anything that people will see may leave, it must be its time, it must be written down, and what was sent
    /// before under another key must be proven to have had no effect.
    pub(super) fn judge(&self, body: &Value) {
        self.requests.set(self.requests.get() + 1);
        if let Some(due) = self.wanted(body).due {
            assert!(self.now().plus(Duration::from_secs(2)) >= due, "{body} is sent early, at {}", self.now());
        }
        let (text, key) = (body["text"].as_str().expect("a text"), body["key"].as_str().expect("a key"));
        let mut sent = self.sent.borrow_mut();
        let earlier = sent.entry(text.to_owned()).or_default();
        self.store.look(|events| {
            assert!(intents(events, key).count() > 0, "sent without an intent: {text}");
            for other in earlier.iter() {
                let is_proven = intents(events, other).all(|intent| {
                    events.iter().any(|event| event.of.as_ref() == Some(&intent.id) && is_proof(&event.what))
                });
                let by_itself =
                    other == key && matches!(self.settling, Settling::OwnId | Settling::Hash | Settling::Key { .. });
                assert!(
                    is_proven || by_itself,
                    "sent again without proof: `{text}` under {key}, after {other}, at {:?}",
                    self.time.gone()
                );
            }
        });
        earlier.push(key.to_owned());
    }

    pub(super) fn find(&self, body: &Value) -> Value {
        let now = self.time.gone();
        let live = self.live.borrow();
        let found: Vec<&Live> = match self.settling {
            Settling::OwnId | Settling::Hash => live.iter().filter(|live| live.body["key"] == body["key"]).collect(),
            _ => live.iter().filter(|live| live.body["text"] == body["text"] && live.listed <= now).collect(),
        };
        match found.as_slice() {
            [] => json!({}),
            [one] => described(one),
            _ => json!({ "unclear": "two posts fit" }),
        }
    }
}

/// Returns the intents that a request may stand on. The key that is sent begins with the intent's.
fn intents<'a>(events: &'a [Event], key: &'a str) -> impl Iterator<Item = &'a Event> {
    events.iter().filter(move |event| match &event.what {
        Happening::Intent { key: own, .. } => key.starts_with(own.as_str()),
        _ => false,
    })
}

fn is_proof(what: &Happening) -> bool {
    matches!(what, Happening::Absent { .. } | Happening::Release { .. } | Happening::Defer { .. })
}

pub(super) fn described(live: &Live) -> Value {
    json!({ "id": live.id, "url": format!("{HERE}/{}", live.id) })
}
