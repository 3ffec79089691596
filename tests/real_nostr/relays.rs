//! The relays, by their own protocol.

use crate::tls::Certificates;
use futures_util::{SinkExt as _, StreamExt as _};
use k256::schnorr::{Signature, SigningKey, VerifyingKey, signature::hazmat::PrehashVerifier as _};
use masthead::network::nip19::{from_hex, hex, key_name};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{io::Write as _, path::Path, process::Command, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{client_async, tungstenite::Message};

/// Relays that were started for us.
pub(crate) struct Relays {
    /// The addresses of two that take every note.
    pub(crate) open: [String; 2],
    /// That of one that takes notes only of whoever has signed in.
    pub(crate) closed: String,
    /// That of one that takes one note an hour.
    pub(crate) slow: String,
    /// That of the media server beside them, which takes files of up to 100,000 bytes.
    pub(crate) media: String,
    /// Where they keep what they have.
    data: String,
}

impl Relays {
    /// Finds them; none if there are none, which is said straight to stderr, so that the test harness does not swallow it.
    pub(crate) fn find() -> Option<Self> {
        let variable =
            |name: &str| std::env::var(format!("MASTHEAD_REAL_NOSTR{name}")).ok().filter(|value| !value.is_empty());
        let Some(one) = variable("") else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: start relays with tests/servers/nostr.sh and set MASTHEAD_REAL_NOSTR"
            );
            return None;
        };
        let needed = |name: &str| {
            variable(name).unwrap_or_else(|| panic!("MASTHEAD_REAL_NOSTR{name} goes with MASTHEAD_REAL_NOSTR"))
        };
        Some(Self {
            open: [one, needed("_TWO")],
            closed: needed("_CLOSED"),
            slow: needed("_SLOW"),
            media: needed("_MEDIA"),
            data: needed("_DATA"),
        })
    }

    /// Returns the certificate of this machine that the script made.
    pub(crate) fn certificates(&self) -> Certificates {
        Certificates(self.data.clone().into())
    }

    /// Ends the second of the open ones.
    pub(crate) fn halt_two(&self) {
        self.script("halt");
    }

    /// Starts it again.
    pub(crate) fn resume_two(&self) {
        self.script("resume");
    }

    fn script(&self, word: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/nostr.sh");
        let mut command = Command::new("bash");
        assert!(command.arg(script).args([word, "two", &self.data]).status().expect("bash runs").success(), "{word}");
    }
}

/// Somebody who writes.
pub(crate) struct Author(SigningKey);

impl Author {
    /// Makes up a key that no earlier run has used.
    pub(crate) fn new() -> Self {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("randomness");
        Self(SigningKey::from_slice(&secret).expect("nearly every number is a key"))
    }

    pub(crate) fn hex(&self) -> String {
        hex(&self.0.verifying_key().to_bytes())
    }

    pub(crate) fn npub(&self) -> String {
        key_name("npub", &self.0.verifying_key().to_bytes().into())
    }

    pub(crate) fn nsec(&self) -> String {
        key_name("nsec", &self.0.to_bytes().into())
    }

    /// Writes a note, without any help of what is under trial.
    pub(crate) fn note(&self, content: &str, at: i64) -> Value {
        let tags: [&str; 0] = [];
        let id = Sha256::digest(json!([0, self.hex(), at, 1, tags, content]).to_string());
        let signature = self.0.sign_raw(&id, &[3; 32]).expect("a signature").to_bytes();
        json!({
            "id": hex(&id), "pubkey": self.hex(), "created_at": at, "kind": 1, "tags": tags, "content": content,
            "sig": hex(&signature)
        })
    }

    /// Returns the events of ours of a kind that a relay has, oldest first. Each is checked.
    pub(crate) fn events(&self, relay: &str, kind: u32) -> Vec<Value> {
        let mut events = ask(relay, &json!({ "authors": [self.hex()], "kinds": [kind] }));
        events.sort_by_key(|event| event["created_at"].as_i64());
        events.iter().for_each(verify);
        events
    }

    /// Returns the one note of ours that says something.
    #[track_caller]
    pub(crate) fn note_that_says(&self, relay: &str, content: &str) -> Value {
        let mut found = self.events(relay, 1);
        found.retain(|event| event["content"] == content);
        assert_eq!(found.len(), 1, "{content:?} on {relay}: {:#?}", self.events(relay, 1));
        found.remove(0)
    }
}

/// Checks the id and the signature of an event.
#[track_caller]
pub(crate) fn verify(event: &Value) {
    let said = json!([0, event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]]);
    let id = Sha256::digest(said.to_string());
    assert_eq!(event["id"], hex(&id), "{event:#}");
    let bytes = |key: &str| event[key].as_str().and_then(from_hex).expect("hexadecimal");
    let signature = Signature::try_from(bytes("sig").as_slice()).expect("a signature");
    let key = VerifyingKey::from_slice(&bytes("pubkey")).expect("a public key");
    key.verify_prehash(&id, &signature).unwrap_or_else(|error| panic!("{error}: {event:#}"));
}

/// Returns the event that a relay has under an id.
pub(crate) fn by_id(relay: &str, id: &Value) -> Option<Value> {
    let found = ask(relay, &json!({ "ids": [id] }));
    assert!(found.len() <= 1, "{found:#?}");
    found.into_iter().next()
}

/// Returns what a relay has that fits a filter.
pub(crate) fn ask(relay: &str, filter: &Value) -> Vec<Value> {
    let said = talk(relay, &json!(["REQ", "test", filter]), |said| said[0] == "EOSE");
    said.into_iter().filter(|said| said[0] == "EVENT").map(|mut said| said[2].take()).collect()
}

/// Puts an event on a relay. Returns what it says to that.
pub(crate) fn put(relay: &str, event: &Value) -> Value {
    let mut said = talk(relay, &json!(["EVENT", event]), |said| said[0] == "OK");
    said.pop().expect("an answer")
}

/// Says something to a relay, and hears it until it has said some last thing.
fn talk(relay: &str, frame: &Value, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let talk = async {
        let host = relay.strip_prefix("ws://").expect("a relay on the loopback");
        let stream = TcpStream::connect(host).await.unwrap_or_else(|error| panic!("{relay}: {error}"));
        let (mut socket, _) = client_async(relay, stream).await.expect("a relay");
        socket.send(Message::text(frame.to_string())).await.expect("sent");
        let mut heard: Vec<Value> = Vec::new();
        while !heard.last().is_some_and(&is_last) {
            let said = socket.next().await.expect("it goes on").expect("a message");
            if let Message::Text(text) = said {
                heard.push(serde_json::from_str(&text).expect("JSON"));
            }
        }
        heard
    };
    runtime.block_on(async { timeout(Duration::from_secs(30), talk).await }).expect("an answer in time")
}
