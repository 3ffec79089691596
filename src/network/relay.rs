use super::{
    Credential,
    nip19::{from_hex, hex},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What is said to several relays at once, over a WebSocket to each (NIP-01 of Nostr). It is one request: the answers of all come
/// back together, as a JSON list of [`RelayAnswer`].
#[derive(Clone, Debug, PartialEq)]
pub struct RelayCall {
    /// The addresses of the relays.
    pub relays: Vec<String>,
    /// Whose key it is that signs, and whose secret must belong to the public key whatever is said.
    pub signer: Option<Signer>,
    /// What is said.
    pub says: RelaySays,
}

/// A key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name of the secret key.
    pub credential: Credential,
    /// The public key, in hexadecimal.
    pub public_key: String,
}

/// What is said to relays.
#[derive(Clone, Debug, PartialEq)]
pub enum RelaySays {
    /// An event to take, which is signed when it is sent.
    Take(RelayEvent),
    /// The same with the time of sending, so that its id is not known before.
    TakeNow(RelayEvent),
    /// Filters: which events they have.
    Tell(Vec<Value>),
}

/// An event before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayEvent {
    /// Who says it: the public key in hexadecimal.
    pub public_key: String,
    /// When, in seconds since 1970.
    pub created_at: i64,
    /// What it is.
    pub kind: u32,
    /// What belongs to it.
    pub tags: Vec<Vec<String>>,
    /// The text.
    pub content: String,
}

/// What the body of a request to relays is: whom to ask, and the message that each is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayOrder {
    /// The addresses of the relays.
    pub relays: Vec<String>,
    /// The message.
    pub frame: Value,
}

/// What one relay answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAnswer {
    /// Its address.
    pub relay: String,
    /// Whether anything was sent; if not, it is proven that nothing arrived.
    pub sent: bool,
    /// What it said, message by message.
    pub frames: Vec<Value>,
    /// Why there is no whole answer.
    pub trouble: Option<String>,
}

impl RelayEvent {
    /// Returns the id, which is made of everything else and needs no secret.
    pub fn id(&self) -> [u8; 32] {
        let Self { public_key, created_at, kind, tags, content } = self;
        Sha256::digest(json!([0, public_key, created_at, kind, tags, content]).to_string()).into()
    }

    /// Writes it with its signature, as it is sent.
    pub fn signed(&self, signature: &[u8; 64]) -> Value {
        json!({
            "id": hex(&self.id()),
            "pubkey": self.public_key,
            "created_at": self.created_at,
            "kind": self.kind,
            "tags": self.tags,
            "content": self.content,
            "sig": hex(signature),
        })
    }

    /// Reads one that somebody sent; none unless its id is made of what it says. The signature is not looked at.
    pub fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let event = Self {
            public_key: text("pubkey").filter(|key| from_hex(key).is_some_and(|key| key.len() == 32))?,
            created_at: value["created_at"].as_i64()?,
            kind: value["kind"].as_u64()?.try_into().ok()?,
            tags: serde_json::from_value(value["tags"].clone()).ok()?,
            content: text("content")?,
        };
        (value["id"].as_str() == Some(hex(&event.id()).as_str())).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_made_of_what_is_said() {
        let event = RelayEvent {
            public_key: "00".repeat(32),
            created_at: 1_800_000_000,
            kind: 1,
            tags: vec![vec!["t".to_owned(), "caf\u{e9}".to_owned()]],
            content: "a \"b\"\\\n\tc \u{1f44b}/".to_owned(),
        };
        // By Python: `hashlib.sha256(json.dumps([0, "00" * 32, …], separators=(",", ":"), ensure_ascii=False).encode())`.
        assert_eq!(hex(&event.id()), "232a642ca9fcb5c5e636604466effef198e56740121da25cc0464b984ec0e341");
        let signed = event.signed(&[5; 64]);
        assert_eq!(RelayEvent::read(&signed), Some(event));
        for (key, other) in [("content", json!("other")), ("kind", json!(2)), ("tags", json!([])), ("id", json!("00"))]
        {
            let mut forged = signed.clone();
            forged[key] = other;
            assert_eq!(RelayEvent::read(&forged), None, "{key}");
        }
    }
}
