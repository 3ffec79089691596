//! The types on disk. Fields stand in alphabetical order, which makes the JSON canonical.

use crate::ledger::Actor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) v: u32,
}

#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) kind: String,
    pub(super) v: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EventWire<T> {
    pub(super) account: String,
    pub(super) at: String,
    pub(super) by: ActorWire,
    pub(super) id: String,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<String>,
    pub(super) part: u16,
    pub(super) post: String,
    pub(super) v: u32,
    pub(super) what: T,
}

#[derive(Serialize, Deserialize)]
pub(in crate::ledger) struct ActorWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    run: String,
    version: String,
}

impl From<&Actor> for ActorWire {
    fn from(actor: &Actor) -> Self {
        Self { person: actor.person.clone(), run: actor.run.clone(), version: actor.version.clone() }
    }
}

impl From<ActorWire> for Actor {
    fn from(wire: ActorWire) -> Self {
        Self { run: wire.run, version: wire.version, person: wire.person }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct IntentData {
    pub(super) attempt: u32,
    pub(super) commit: String,
    pub(super) digest: String,
    pub(super) key: String,
    pub(super) lease: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) media: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) network_time: Option<String>,
    pub(super) nonce: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RepeatData {
    pub(super) lease: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReceiptData {
    pub(super) commit: String,
    pub(super) digest: String,
    pub(super) excerpt: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) media: BTreeMap<String, String>,
    pub(super) parts: u16,
    pub(super) remote: RemoteWire,
    pub(super) via: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RemoteWire {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) extra: BTreeMap<String, String>,
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReleaseData {
    pub(super) why: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DeferData {
    pub(super) until: String,
    pub(super) why: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FailData {
    pub(super) kind: String,
    pub(super) message: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AbsentData {
    pub(super) evidence: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct HoldData {
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EditData {
    pub(super) commit: String,
    pub(super) digest: String,
    pub(super) excerpt: String,
    pub(super) parts: u16,
}

#[derive(Deserialize)]
pub(super) struct GenesisHead {
    pub(super) min_reader: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct GenesisWire {
    pub(super) created: String,
    pub(super) id: String,
    pub(super) min_reader: u32,
    pub(super) v: u32,
}
