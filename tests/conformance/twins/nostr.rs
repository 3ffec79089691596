//! The twin of three relays of Nostr, one of which is always down. It makes ids and checks signatures by itself, and answers as
//! real relays were seen to: one says `OK true` to what it has already, another `OK false`. Beside them stands a media server.

mod blossom;
mod show;

use self::blossom::{Blossom, PLACE};
use crate::{
    fixtures,
    twin::{Live, Planted, Sample, Twin, TwinRequest, answer, json},
};
use k256::schnorr::{Signature, SigningKey, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{EventName, Method, RelayAnswer, RelayEvent, RelayOrder, Response, nip19},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    sync::LazyLock,
};

const RELAYS: [&str; 3] = ["wss://one.example", "wss://two.example/nostr", "wss://down.example"];
const OURS: [u8; 32] = *b"canary-nostr-secret-key-32-bytes";
const THEIRS: [u8; 32] = *b"somebody-elses-secret-key-32-byt";
static OUR_SECRET: LazyLock<String> = LazyLock::new(|| nip19::key_name("nsec", &OURS));
static THEIR_NAME: LazyLock<String> = LazyLock::new(|| nip19::key_name("npub", &public(&THEIRS)));

/// How far in the future a note may be, in seconds.
const AHEAD: i64 = 15 * 60;
/// The longest message, in bytes.
const LONGEST: usize = 65_536;

/// The twin.
#[derive(Default)]
pub(crate) struct NostrTwin {
    /// What each relay that is up holds, oldest first.
    held: [RefCell<Vec<Value>>; 2],
    media: Blossom,
    made: RefCell<BTreeSet<String>>,
    tight: Cell<bool>,
    serial: Cell<i64>,
}

fn public(secret: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_slice(secret).expect("a key").verifying_key().to_bytes().into()
}

fn sign(secret: &[u8; 32], kind: u32, content: &str, created_at: i64) -> Value {
    let key = SigningKey::from_slice(secret).expect("a key");
    let public_key = nip19::hex(&key.verifying_key().to_bytes());
    let event = RelayEvent { public_key, created_at, kind, tags: Vec::new(), content: content.to_owned() };
    let signature = key.sign_raw(&event.id(), &[9; 32]).expect("a signature");
    event.signed(&signature.to_bytes())
}

/// Checks an event as relays do, without the help of what is under trial: the id is made of the values as they came.
fn verify(event: &Value) -> Result<String, &'static str> {
    let said = json!([0, event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]]);
    let id = <sha2::Sha256 as sha2::Digest>::digest(said.to_string());
    if event["id"].as_str() != Some(nip19::hex(&id).as_str()) {
        return Err("invalid: bad event id");
    }
    let bytes = |key: &str| event[key].as_str().and_then(nip19::from_hex).unwrap_or_default();
    let key = VerifyingKey::from_slice(&bytes("pubkey")).map_err(|_| "invalid: bad public key")?;
    let signature = Signature::try_from(bytes("sig").as_slice()).map_err(|_| "invalid: bad signature")?;
    key.verify_prehash(&id, &signature).map_err(|_| "invalid: bad signature")?;
    Ok(nip19::hex(&id))
}

/// Returns the values of a tag.
fn tags<'a>(event: &'a Value, name: &'a str) -> impl Iterator<Item = &'a Value> {
    event["tags"].as_array().into_iter().flatten().filter(move |tag| tag[0] == name)
}

impl NostrTwin {
    fn most(&self) -> usize {
        if self.tight.get() { 500 } else { 8_196 }
    }

    fn take(&self, relay: usize, event: &Value, at: Timestamp) -> (bool, String) {
        let refuse = |words: &str| (false, words.to_owned());
        if let Err(words) = verify(event) {
            return refuse(words);
        }
        let content = event["content"].as_str().expect("text");
        if content.chars().count() > self.most() {
            return refuse("invalid: content is too long");
        }
        if event.to_string().len() > LONGEST {
            return refuse("invalid: event too large");
        }
        if event["created_at"].as_i64().expect("a time") > at.millis() / 1000 + AHEAD {
            return refuse("invalid: event creation date is too far off from the current time");
        }
        let mut held = self.held[relay].borrow_mut();
        if held.iter().any(|known| known["id"] == event["id"]) {
            return (relay == 0, "duplicate: exists".to_owned());
        }
        if event["kind"] == 5 {
            let named: Vec<Value> = tags(event, "e").map(|tag| tag[1].clone()).collect();
            held.retain(|known| known["pubkey"] != event["pubkey"] || !named.contains(&known["id"]));
        } else {
            self.made.borrow_mut().insert(event["id"].to_string());
        }
        held.push(event.clone());
        (true, String::new())
    }

    fn tell(&self, relay: usize, frame: &[Value]) -> Vec<Value> {
        let held = self.held[relay].borrow();
        let has = |list: &Value, value: &Value| list.as_array().is_none_or(|list| list.contains(value));
        let fits = |event: &&Value| {
            frame[2..].iter().any(|filter| {
                has(&filter["ids"], &event["id"])
                    && has(&filter["authors"], &event["pubkey"])
                    && has(&filter["kinds"], &event["kind"])
                    && filter["since"].as_i64().is_none_or(|since| event["created_at"].as_i64() >= Some(since))
                    && filter["until"].as_i64().is_none_or(|until| event["created_at"].as_i64() <= Some(until))
            })
        };
        let mut said: Vec<Value> = held.iter().filter(fits).map(|event| json!(["EVENT", frame[1], event])).collect();
        said.push(json!(["EOSE", frame[1]]));
        said
    }

    fn talk(&self, request: &TwinRequest) -> Response {
        let order: RelayOrder = serde_json::from_slice(&request.body).expect("a message to relays");
        assert_eq!(order.relays, RELAYS, "all relays of the account, and no others");
        let frame = order.frame.as_array().expect("a message").clone();
        let mut answers = Vec::new();
        for (index, relay) in RELAYS.into_iter().enumerate() {
            let frames = match (index, frame[0].as_str()) {
                (2, _) => {
                    let trouble = Some("connection refused".to_owned());
                    answers.push(RelayAnswer { relay: relay.to_owned(), trouble, ..RelayAnswer::default() });
                    continue;
                }
                (_, Some("EVENT")) => {
                    let (taken, words) = self.take(index, &frame[1], request.at);
                    vec![json!(["OK", frame[1]["id"], taken, words])]
                }
                (_, Some("REQ")) => self.tell(index, &frame),
                (_, other) => panic!("a message that nobody knows: {other:?}"),
            };
            answers.push(RelayAnswer { relay: relay.to_owned(), sent: true, frames, trouble: None });
        }
        json(request, 200, &json!(answers))
    }

    fn plant_by(&self, secret: &[u8; 32], text: &str, at: i64) -> Value {
        let event = sign(secret, 1, text, at);
        self.held.iter().for_each(|held| held.borrow_mut().push(event.clone()));
        event
    }
}

fn address(event: &Value) -> String {
    let bytes = |key: &str| {
        let bytes = nip19::from_hex(event[key].as_str().expect("hexadecimal")).expect("hexadecimal");
        <[u8; 32]>::try_from(bytes).expect("32 bytes")
    };
    let name = EventName {
        id: bytes("id"),
        relays: vec![RELAYS[0].to_owned()],
        author: Some(bytes("pubkey")),
        kind: event["kind"].as_u64().and_then(|kind| kind.try_into().ok()),
    };
    format!("https://njump.me/{}", nip19::event_name(&name))
}

impl Twin for NostrTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        let relays = RELAYS.map(str::to_owned).to_vec();
        options.set("relays", Spanned { value: OptionValue::List(relays), span });
        options.set("media_server", Spanned { value: OptionValue::Text(format!("{PLACE}/")), span });
        Account {
            handle: Some(Spanned { value: nip19::key_name("npub", &public(&OURS)), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new("trial"), NetworkId("nostr"), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        Some("https://one.example")
    }

    fn token(&self) -> &'static str {
        &OUR_SECRET
    }

    fn canaries(&self) -> Vec<String> {
        vec![nip19::hex(&OURS)]
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        let secret = String::from_utf8_lossy(&request.body).into_owned();
        assert!(!secret.contains(self.token()) && !secret.contains(&nip19::hex(&OURS)), "the secret key stays at home");
        if request.url.starts_with(PLACE) {
            return self.media.handle(request);
        }
        assert_eq!(request.authorization, None, "and is shown to nobody");
        if request.method == Method::Get {
            assert_eq!(request.header("accept"), Some("application/nostr+json"));
            let limits = json!({ "max_content_length": self.most(), "max_message_length": LONGEST });
            let (software, limitation) = match request.url.as_str() {
                "https://one.example" => ("https://github.com/example/one.git", limits),
                "https://two.example/nostr" => ("two", json!({ "max_content_length": 20_000 })),
                other => panic!("a relay that can't be reached: {other}"),
            };
            let about = json!({ "name": "A relay", "software": software, "version": "1.0", "limitation": limitation });
            return answer(request, 200, "application/nostr+json", about.to_string().into_bytes());
        }
        assert_eq!((request.method, request.url.as_str()), (Method::Post, RELAYS[0]), "a request to somewhere else");
        self.talk(request)
    }

    fn live(&self) -> Vec<Live> {
        let ours = nip19::hex(&public(&OURS));
        let held = self.held[0].borrow();
        let both = |event: &&Value| self.held[1].borrow().iter().any(|other| other["id"] == event["id"]);
        assert!(held.iter().all(|event| both(&event)), "both relays have the same");
        let kinds = [json!(1), json!(6), json!(16)];
        let shown = held.iter().filter(|event| event["pubkey"] == json!(ours) && kinds.contains(&event["kind"]));
        shown.map(|event| show::show(event, &self.media)).collect()
    }

    fn made(&self) -> usize {
        self.made.borrow().len()
    }

    fn plant(&self, text: &str) -> Planted {
        self.serial.set(self.serial.get() + 1);
        let event = self.plant_by(&THEIRS, text, 1_700_000_000 + self.serial.get());
        Planted { id: event["id"].as_str().expect("an id").to_owned(), url: address(&event) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.plant_by(&OURS, text, at.millis() / 1000);
    }

    fn tighten(&self) {
        self.tight.set(true);
    }

    fn samples(&self) -> Vec<Sample> {
        let value = OptionValue::Text("A spoiler".to_owned());
        vec![Sample { key: "content_warning", value, fact: ("content_warning", "A spoiler".to_owned()) }]
    }

    fn handle_of_somebody(&self) -> &'static str {
        &THEIR_NAME
    }
}
