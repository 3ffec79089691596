//! Events and the genesis as JSON, and back.

#[cfg(test)]
mod tests;
mod wire;

pub(super) use self::wire::ActorWire;
use self::wire::{
    AbsentData, DeferData, EditData, EventWire, FailData, GenesisHead, GenesisWire, Head, HoldData, IntentData,
    ReceiptData, ReleaseData, RemoteWire, RepeatData, Version,
};
use super::{Event, EventId, Genesis, Happening, PartKey};
use crate::model::{AccountId, PostId, Remote, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fmt;

/// The newest version of events and of the ledger that this program understands.
pub const VERSION: u32 = 1;

/// Threads are shorter by far; a number beyond is damage, and would only cost memory.
const MOST_PARTS: u16 = 1000;
/// What people and networks say is cut here, as it counts in JSON, to keep an event under 4 kB.
pub(super) const LONGEST_MESSAGE: usize = 2048;
/// The start of a text, cut as it counts in JSON.
const LONGEST_EXCERPT: usize = 600;

/// Why a file of the ledger can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// A newer program wrote it: a version or a kind that isn't known.
    Newer(String),
    /// It isn't what it should be.
    Damaged(String),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(message) | Self::Damaged(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for CodecError {}

/// Writes an event as canonical JSON: sorted keys, indented, a newline at the end. Messages longer than 2 kB are cut.
pub fn encode(event: &Event) -> String {
    match &event.what {
        Happening::Intent { attempt, lease, commit, digest, key, nonce, network_time, media } => write(
            event,
            IntentData {
                attempt: *attempt,
                commit: commit.clone(),
                digest: digest.clone(),
                key: key.clone(),
                lease: *lease,
                media: media.clone(),
                network_time: network_time.map(|at| at.to_string()),
                nonce: *nonce,
            },
        ),
        Happening::Repeat { lease } => write(event, RepeatData { lease: *lease }),
        Happening::Receipt { remote, commit, digest, excerpt, parts, via, media } => write(
            event,
            ReceiptData {
                commit: commit.clone(),
                digest: digest.clone(),
                excerpt: shorten(excerpt, LONGEST_EXCERPT),
                media: media.clone(),
                parts: *parts,
                remote: RemoteWire { extra: remote.extra.clone(), id: remote.id.clone(), url: remote.url.clone() },
                via: via.clone(),
            },
        ),
        Happening::Release { why } => write(event, ReleaseData { why: shorten(why, LONGEST_MESSAGE) }),
        Happening::Defer { until, why } => {
            write(event, DeferData { until: until.to_string(), why: shorten(why, LONGEST_MESSAGE) })
        }
        Happening::Fail { kind, message } => {
            write(event, FailData { kind: kind.clone(), message: shorten(message, LONGEST_MESSAGE) })
        }
        Happening::Absent { evidence } => write(event, AbsentData { evidence: shorten(evidence, LONGEST_MESSAGE) }),
        Happening::Hold { reason } => write(event, HoldData { reason: shorten(reason, LONGEST_MESSAGE) }),
        Happening::Edit { commit, digest, excerpt, parts } => write(
            event,
            EditData {
                commit: commit.clone(),
                digest: digest.clone(),
                excerpt: shorten(excerpt, LONGEST_EXCERPT),
                parts: *parts,
            },
        ),
        Happening::Retract { why } | Happening::Cancel { why } => {
            write(event, ReleaseData { why: shorten(why, LONGEST_MESSAGE) })
        }
    }
}

/// Reads an event. Unknown fields are ignored; an unknown kind or a newer version is [`CodecError::Newer`].
pub fn decode(text: &str) -> Result<Event, CodecError> {
    match kind(text)?.as_str() {
        "intent" => read(text, |data: IntentData| {
            Ok(Happening::Intent {
                attempt: data.attempt,
                lease: data.lease,
                commit: data.commit,
                digest: data.digest,
                key: data.key,
                nonce: data.nonce,
                network_time: data.network_time.as_deref().map(moment).transpose()?,
                media: data.media,
            })
        }),
        "repeat" => read(text, |data: RepeatData| Ok(Happening::Repeat { lease: data.lease })),
        "receipt" => read(text, |data: ReceiptData| {
            Ok(Happening::Receipt {
                remote: Remote { id: data.remote.id, url: data.remote.url, extra: data.remote.extra },
                commit: data.commit,
                digest: data.digest,
                excerpt: data.excerpt,
                parts: data.parts,
                via: data.via,
                media: data.media,
            })
        }),
        "release" => read(text, |data: ReleaseData| Ok(Happening::Release { why: data.why })),
        "defer" => read(text, |data: DeferData| Ok(Happening::Defer { until: moment(&data.until)?, why: data.why })),
        "fail" => read(text, |data: FailData| Ok(Happening::Fail { kind: data.kind, message: data.message })),
        "absent" => read(text, |data: AbsentData| Ok(Happening::Absent { evidence: data.evidence })),
        "hold" => read(text, |data: HoldData| Ok(Happening::Hold { reason: data.reason })),
        "edit" => read(text, |data: EditData| {
            Ok(Happening::Edit { commit: data.commit, digest: data.digest, excerpt: data.excerpt, parts: data.parts })
        }),
        "retract" => read(text, |data: ReleaseData| Ok(Happening::Retract { why: data.why })),
        "cancel" => read(text, |data: ReleaseData| Ok(Happening::Cancel { why: data.why })),
        kind => Err(CodecError::Newer(format!("an event of a kind that isn't known, `{}`", kind.escape_debug()))),
    }
}

/// Writes the first file of a ledger.
pub fn encode_genesis(genesis: &Genesis) -> String {
    pretty(&GenesisWire {
        created: genesis.created.to_string(),
        id: genesis.id.clone(),
        min_reader: VERSION,
        v: VERSION,
    })
}

/// Reads the first file of a ledger. One that asks for a newer reader is [`CodecError::Newer`], whatever else it holds.
pub fn decode_genesis(text: &str) -> Result<Genesis, CodecError> {
    let head: GenesisHead = read_json(text)?;
    if head.min_reader > VERSION {
        return Err(CodecError::Newer(format!(
            "the ledger asks for readers of version {}, and this one is of version {VERSION}",
            head.min_reader
        )));
    }
    // A newer `v` with an older `min_reader` is readable: its writer said so.
    let wire: GenesisWire = read_json(text)?;
    if wire.id.is_empty() {
        return Err(CodecError::Damaged("the ledger has no id".to_owned()));
    }
    Ok(Genesis { id: wire.id, created: moment(&wire.created)? })
}

fn write<T: Serialize>(event: &Event, what: T) -> String {
    pretty(&EventWire {
        account: event.key.account.as_str().to_owned(),
        at: event.at.to_string(),
        by: ActorWire::from(&event.by),
        id: event.id.0.clone(),
        kind: event.what.kind().to_owned(),
        of: event.of.as_ref().map(|of| of.0.clone()),
        part: event.key.part,
        post: event.key.post.as_str().to_owned(),
        v: VERSION,
        what,
    })
}

fn read<T: DeserializeOwned>(text: &str, make: fn(T) -> Result<Happening, CodecError>) -> Result<Event, CodecError> {
    let wire: EventWire<T> = read_json(text)?;
    if wire.id.is_empty() || wire.post.is_empty() || wire.account.is_empty() {
        return Err(CodecError::Damaged("an event without an id, a post or an account".to_owned()));
    }
    if !(1..=MOST_PARTS).contains(&wire.part) {
        return Err(CodecError::Damaged(format!("an event of part {}, and parts are 1 to {MOST_PARTS}", wire.part)));
    }
    Ok(Event {
        id: EventId(wire.id),
        key: PartKey { post: PostId::new(wire.post), account: AccountId::new(wire.account), part: wire.part },
        of: wire.of.map(EventId),
        at: moment(&wire.at)?,
        by: wire.by.into(),
        what: make(wire.what)?,
    })
}

/// Reads the kind of an event, if this program understands its version.
pub(super) fn kind(text: &str) -> Result<String, CodecError> {
    let head: Head = read_json(text).map_err(|error| match read_json::<Version>(text) {
        // A newer writer may have changed anything but where the version is.
        Ok(version) => check_version(version.v).err().unwrap_or(error),
        Err(_) => error,
    })?;
    check_version(head.v)?;
    Ok(head.kind)
}

fn check_version(v: u32) -> Result<(), CodecError> {
    match v {
        0 => Err(CodecError::Damaged("an event of version 0".to_owned())),
        1..=VERSION => Ok(()),
        _ => Err(CodecError::Newer(format!("an event of version {v}, and this program knows up to {VERSION}"))),
    }
}

pub(super) fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, CodecError> {
    serde_json::from_str(text).map_err(|error| CodecError::Damaged(error.to_string()))
}

pub(super) fn moment(text: &str) -> Result<Timestamp, CodecError> {
    Timestamp::parse(text)
        .ok_or_else(|| CodecError::Damaged(format!("a time that can't be read, `{}`", text.escape_debug())))
}

pub(super) fn pretty<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings, numbers and maps with string keys");
    text.push('\n');
    text
}

/// Cuts a text so that it takes at most `max` bytes inside a JSON string, on a character's boundary.
pub(super) fn shorten(text: &str, max: usize) -> String {
    let mut used = 0;
    for (index, char) in text.char_indices() {
        used += match char {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            _ => char.len_utf8(),
        };
        if used > max {
            return text[..index].to_owned();
        }
    }
    text.to_owned()
}
