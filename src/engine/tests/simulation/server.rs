use super::{
    chance::Chance,
    time::{OwnClock, Time},
};
use crate::{
    engine::{Outgoing, Transport, TransportError, tests::twin::HERE},
    ledger::{EventId, Happening, MemoryStore},
    network::{Flow, Response, Settling},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, time::Duration};

/// How long a publisher waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// The network: it keeps the promises of its class, and is as slow and forgetful in everything else as it may be.
pub(super) struct Server {
    pub(super) settling: Settling,
    pub(super) live: RefCell<Vec<Live>>,
    /// Requests that have arrived and take effect later.
    pending: RefCell<Vec<(Duration, Value)>>,
    /// The keys that were sent for each text.
    sent: RefCell<BTreeMap<String, Vec<String>>>,
    time: Time,
    chance: Chance,
    store: MemoryStore,
    /// Until when it is in trouble.
    troubled: Duration,
}

impl Server {
    pub(super) fn new(settling: Settling, time: Time, chance: Chance, store: MemoryStore, troubled: Duration) -> Self {
        Self {
            settling,
            live: RefCell::default(),
            pending: RefCell::default(),
            sent: RefCell::default(),
            time,
            chance,
            store,
            troubled,
        }
    }

    fn seconds(&self, least: u64, most: u64) -> Duration {
        self.chance.time(Duration::from_secs(least), Duration::from_secs(most))
    }

    fn in_trouble(&self, percent: u64) -> bool {
        self.time.gone() < self.troubled && self.chance.percent(percent)
    }

    /// How long after it was sent a request takes effect when it is late: as late as the class can bear.
    fn delay(&self) -> Duration {
        match self.settling {
            Settling::Receipt | Settling::OwnId | Settling::Person => self.seconds(0, 7200),
            // Over before the lease: a server that is still at work has not noted the key.
            Settling::Key { .. } => self.seconds(0, 60),
            Settling::Listing { .. } => self.seconds(0, 400),
        }
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

    fn take_effect(&self, at: Duration, body: Value) {
        let mut live = self.live.borrow_mut();
        let is_known = live.iter().any(|known| {
            known.body["key"] == body["key"]
                && match self.settling {
                    Settling::OwnId => true,
                    Settling::Key { window, .. } => known.noted <= at && at < known.at + window,
                    Settling::Receipt | Settling::Listing { .. } | Settling::Person => false,
                }
        });
        if !is_known {
            let id = format!("id-{}", live.len() + 1);
            let (listed, noted) = (at + self.seconds(0, 120), at + self.seconds(0, 20));
            live.push(Live { id, body, at, listed, noted });
        }
    }

    /// Before anything that people will see may leave, it must be written down, and what was sent before under another key
    /// must be proven to have had no effect.
    fn judge(&self, body: &Value) {
        let (text, key) = (body["text"].as_str().expect("a text"), body["key"].as_str().expect("a key"));
        let events = self.store.events();
        let intent = |key: &str| -> Vec<EventId> {
            let own = events.iter().filter(|event| match &event.what {
                Happening::Intent { key: own, .. } => key.starts_with(own.as_str()),
                _ => false,
            });
            own.map(|event| event.id.clone()).collect()
        };
        assert!(!intent(key).is_empty(), "sent without an intent: {text}");
        let mut sent = self.sent.borrow_mut();
        let earlier = sent.entry(text.to_owned()).or_default();
        for other in earlier.iter() {
            let is_proven = intent(other).iter().all(|id| {
                let is_proof = |what: &Happening| {
                    matches!(what, Happening::Absent { .. } | Happening::Release { .. } | Happening::Defer { .. })
                };
                events.iter().any(|event| event.of.as_ref() == Some(id) && is_proof(&event.what))
            });
            let by_itself = other == key && matches!(self.settling, Settling::OwnId | Settling::Key { .. });
            assert!(
                is_proven || by_itself,
                "sent again without proof: `{text}` under {key}, after {other}, at {:?}",
                self.time.gone()
            );
        }
        earlier.push(key.to_owned());
    }

    fn find(&self, body: &Value) -> Value {
        let now = self.time.gone();
        let live = self.live.borrow();
        let found: Vec<&Live> = match self.settling {
            Settling::OwnId => live.iter().filter(|live| live.body["key"] == body["key"]).collect(),
            _ => live.iter().filter(|live| live.body["text"] == body["text"] && live.listed <= now).collect(),
        };
        match found.as_slice() {
            [] => json!({}),
            [one] => described(one),
            _ => json!({ "unclear": "two posts fit" }),
        }
    }
}

fn described(live: &Live) -> Value {
    json!({ "id": live.id, "url": format!("{HERE}/{}", live.id) })
}

fn answer(status: u16, body: &Value) -> Result<Response, TransportError> {
    Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
}

fn no_answer(not_sent: bool, status: Option<u16>) -> Result<Response, TransportError> {
    Err(TransportError { not_sent, status, message: "no answer".to_owned() })
}

/// A publisher's line to the server.
pub(super) struct Line<'a> {
    pub(super) server: &'a Server,
    pub(super) clock: OwnClock,
}

impl Line<'_> {
    async fn publish(&self, body: Value) -> Result<Response, TransportError> {
        let server = self.server;
        server.judge(&body);
        let sent = server.time.gone();
        if server.in_trouble(8) {
            self.clock.until(sent + server.seconds(0, 10)).await;
            return no_answer(true, None);
        }
        if server.in_trouble(6) {
            self.clock.until(sent + server.seconds(0, 3)).await;
            return answer(429, &json!({}));
        }
        let is_lost = server.in_trouble(8);
        let is_late = server.in_trouble(15);
        let effect = sent + if is_late { server.delay() } else { server.seconds(0, 4) };
        if !is_lost {
            server.pending.borrow_mut().push((effect, body.clone()));
        }
        let answered = effect + server.seconds(0, 2);
        if is_lost || answered > sent + PATIENCE || server.in_trouble(8) {
            self.clock.until(sent + PATIENCE).await;
            return no_answer(false, None);
        }
        self.clock.until(answered).await;
        server.catch_up();
        if server.in_trouble(6) {
            return answer(500 + u16::try_from(server.chance.below(5)).expect("small"), &json!({}));
        }
        if server.in_trouble(4) {
            return no_answer(false, Some(200));
        }
        if server.in_trouble(4) {
            return answer(200, &"<!doctype html>".into());
        }
        let live = server.live.borrow();
        let made = live.iter().find(|live| live.body["key"] == body["key"]).expect("it has taken effect");
        answer(200, &described(made))
    }

    async fn ask(&self, body: Value) -> Result<Response, TransportError> {
        let server = self.server;
        self.clock.until(server.time.gone() + server.seconds(0, 3)).await;
        server.catch_up();
        if server.in_trouble(15) {
            return match server.chance.below(4) {
                0 => no_answer(true, None),
                1 => no_answer(false, None),
                2 => answer(503, &json!({})),
                _ => answer(200, &"<!doctype html>".into()),
            };
        }
        answer(200, &server.find(&body))
    }
}

impl Transport for Line<'_> {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        let body: Value = serde_json::from_slice(&request.body.0).expect("JSON");
        Box::pin(async move {
            match request.label {
                "post" => self.publish(body).await,
                "find" => self.ask(body).await,
                label => panic!("nobody calls `{label}` here"),
            }
        })
    }
}
