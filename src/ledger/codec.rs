use super::{Actor, Event, EventId, Genesis, Happening, PartKey};
use crate::model::{AccountId, PostId, Remote, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt};

/// The newest version of events and of the ledger that this program understands.
pub const VERSION: u32 = 1;

/// Threads are shorter by far; a number beyond is damage, and would only cost memory.
const MOST_PARTS: u16 = 1000;
/// What people and networks say is cut here, as it counts in JSON, to keep an event under 4 kB.
const LONGEST_MESSAGE: usize = 2048;
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
    }
}

/// Reads an event. Unknown fields are ignored; an unknown kind or a newer version is [`CodecError::Newer`].
pub fn decode(text: &str) -> Result<Event, CodecError> {
    let head: Head = read_json(text).map_err(|error| match read_json::<Version>(text) {
        // A newer writer may have changed anything but where the version is.
        Ok(version) => check_version(version.v).err().unwrap_or(error),
        Err(_) => error,
    })?;
    check_version(head.v)?;
    match head.kind.as_str() {
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
        by: ActorWire { run: event.by.run.clone(), version: event.by.version.clone() },
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
        by: Actor { run: wire.by.run, version: wire.by.version },
        what: make(wire.what)?,
    })
}

fn check_version(v: u32) -> Result<(), CodecError> {
    match v {
        0 => Err(CodecError::Damaged("an event of version 0".to_owned())),
        1..=VERSION => Ok(()),
        _ => Err(CodecError::Newer(format!("an event of version {v}, and this program knows up to {VERSION}"))),
    }
}

fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, CodecError> {
    serde_json::from_str(text).map_err(|error| CodecError::Damaged(error.to_string()))
}

fn moment(text: &str) -> Result<Timestamp, CodecError> {
    Timestamp::parse(text)
        .ok_or_else(|| CodecError::Damaged(format!("a time that can't be read, `{}`", text.escape_debug())))
}

fn pretty<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings, numbers and maps with string keys");
    text.push('\n');
    text
}

/// Cuts a text so that it takes at most `max` bytes inside a JSON string, on a character's boundary.
fn shorten(text: &str, max: usize) -> String {
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

// The types on disk. Fields stand in alphabetical order, which makes the JSON canonical.

#[derive(Deserialize)]
struct Version {
    v: u32,
}

#[derive(Deserialize)]
struct Head {
    kind: String,
    v: u32,
}

#[derive(Serialize, Deserialize)]
struct EventWire<T> {
    account: String,
    at: String,
    by: ActorWire,
    id: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    part: u16,
    post: String,
    v: u32,
    what: T,
}

#[derive(Serialize, Deserialize)]
struct ActorWire {
    run: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
struct IntentData {
    attempt: u32,
    commit: String,
    digest: String,
    key: String,
    lease: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    media: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_time: Option<String>,
    nonce: u64,
}

#[derive(Serialize, Deserialize)]
struct RepeatData {
    lease: u64,
}

#[derive(Serialize, Deserialize)]
struct ReceiptData {
    commit: String,
    digest: String,
    excerpt: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    media: BTreeMap<String, String>,
    parts: u16,
    remote: RemoteWire,
    via: String,
}

#[derive(Serialize, Deserialize)]
struct RemoteWire {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<String, String>,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ReleaseData {
    why: String,
}

#[derive(Serialize, Deserialize)]
struct DeferData {
    until: String,
    why: String,
}

#[derive(Serialize, Deserialize)]
struct FailData {
    kind: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct AbsentData {
    evidence: String,
}

#[derive(Serialize, Deserialize)]
struct HoldData {
    reason: String,
}

#[derive(Deserialize)]
struct GenesisHead {
    min_reader: u32,
}

#[derive(Serialize, Deserialize)]
struct GenesisWire {
    created: String,
    id: String,
    min_reader: u32,
    v: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[test]
    fn an_intent_is_written_as_documented() {
        insta::assert_snapshot!(encode(&fixture::intent("hello", "brand", 1, "0a1b")), @r#"
        {
          "account": "brand",
          "at": "1970-01-01T00:00:00Z",
          "by": {
            "run": "run",
            "version": "0.1.0"
          },
          "id": "0a1b",
          "kind": "intent",
          "part": 1,
          "post": "hello",
          "v": 1,
          "what": {
            "attempt": 1,
            "commit": "c0ffee",
            "digest": "d1",
            "key": "k1",
            "lease": 70,
            "nonce": 18446744073709551615
          }
        }
        "#);
    }

    #[test]
    fn a_receipt_is_written_as_documented() {
        insta::assert_snapshot!(encode(&fixture::receipt("hello", "brand", 1, "0c", "0a1b", "109")), @r#"
        {
          "account": "brand",
          "at": "1970-01-01T00:00:00Z",
          "by": {
            "run": "run",
            "version": "0.1.0"
          },
          "id": "0c",
          "kind": "receipt",
          "of": "0a1b",
          "part": 1,
          "post": "hello",
          "v": 1,
          "what": {
            "commit": "c0ffee",
            "digest": "d1",
            "excerpt": "Dress your Sims",
            "parts": 1,
            "remote": {
              "id": "109",
              "url": "https://mastodon.example/@brand/109"
            },
            "via": "answer"
          }
        }
        "#);
    }

    #[test]
    fn the_genesis_is_written_as_documented() {
        let genesis = Genesis { id: "f00d".to_owned(), created: Timestamp::EPOCH };
        let text = encode_genesis(&genesis);
        insta::assert_snapshot!(text, @r#"
        {
          "created": "1970-01-01T00:00:00Z",
          "id": "f00d",
          "min_reader": 1,
          "v": 1
        }
        "#);
        assert_eq!(decode_genesis(&text), Ok(genesis));
    }

    #[test]
    fn fetched_media_is_written_with_its_digest() {
        let mut event = fixture::receipt("hello", "brand", 1, "0c", "0a1b", "109");
        assert!(!encode(&event).contains("media"), "nothing was fetched");
        let Happening::Receipt { media, .. } = &mut event.what else { panic!("a receipt") };
        media.insert("https://img.example/a.png?b".to_owned(), "d1".to_owned());
        let text = encode(&event);
        assert!(text.contains("\"media\": {\n      \"https://img.example/a.png?b\": \"d1\"\n    }"), "{text}");
        assert_eq!(decode(&text), Ok(event));
    }

    #[track_caller]
    fn check_decode(change: impl FnOnce(String) -> String, expect: Result<(), CodecError>) {
        let text = change(encode(&fixture::hold("hello", "brand", 1, "0c", "0a1b")));
        assert_eq!(decode(&text).map(|_| ()), expect, "{text}");
    }

    fn newer(message: &str) -> Result<(), CodecError> {
        Err(CodecError::Newer(message.to_owned()))
    }

    #[test]
    fn unknown_fields_are_ignored() {
        check_decode(|text| text.replace("\"part\"", "\"mood\": {\"a\": [1]}, \"part\""), Ok(()));
        check_decode(|text| text.replace("\"reason\"", "\"mood\": null, \"reason\""), Ok(()));
    }

    #[test]
    fn a_newer_version_or_kind_is_refused_as_newer() {
        check_decode(
            |text| text.replace("\"v\": 1", "\"v\": 2"),
            newer("an event of version 2, and this program knows up to 1"),
        );
        check_decode(|text| text.replace("\"hold\"", "\"pin\""), newer("an event of a kind that isn't known, `pin`"));
        check_decode(
            |_| "{\"v\": 7, \"kind\": 3}".to_owned(),
            newer("an event of version 7, and this program knows up to 1"),
        );
    }

    #[track_caller]
    fn check_damaged(change: impl FnOnce(String) -> String) {
        let text = change(encode(&fixture::hold("hello", "brand", 1, "0c", "0a1b")));
        assert!(matches!(decode(&text), Err(CodecError::Damaged(_))), "{text}: {:?}", decode(&text));
    }

    #[test]
    fn damage_is_refused() {
        check_damaged(|_| String::new());
        check_damaged(|text| text[..text.len() / 2].to_owned());
        check_damaged(|text| text.replace("\"v\": 1", "\"v\": 0"));
        check_damaged(|text| text.replace("\"part\": 1", "\"part\": 0"));
        check_damaged(|text| text.replace("\"part\": 1", "\"part\": 60000"));
        check_damaged(|text| text.replace("\"part\": 1", "\"part\": 1, \"part\": 2"));
        check_damaged(|text| text.replace("\"hello\"", "\"\""));
        check_damaged(|text| text.replace("1970-", "yesterday-"));
    }

    #[test]
    fn a_genesis_for_newer_readers_is_refused_whatever_it_holds() {
        assert_eq!(
            decode_genesis("{\"min_reader\": 2, \"shape\": \"new\"}"),
            Err(CodecError::Newer("the ledger asks for readers of version 2, and this one is of version 1".to_owned()))
        );
        assert!(matches!(decode_genesis("{}"), Err(CodecError::Damaged(_))));
    }

    #[test]
    fn a_long_message_is_cut_on_a_boundary() {
        assert_eq!(shorten("héé", 4), "hé");
        assert_eq!(shorten("a\"b", 3), "a\"");
        assert_eq!(shorten("a\"b", 2), "a");
        assert_eq!(shorten("\0", 5), "");
        let mut event = fixture::hold("hello", "brand", 1, "0c", "0a1b");
        for char in ["x", "é", "\0", "\"", "🦀", "\u{7f}"] {
            event.what = Happening::Fail { kind: "refused".to_owned(), message: char.repeat(9000) };
            let text = encode(&event);
            assert!(text.len() < 4096, "{}", text.len());
            assert!(text.len() > 2000, "{}", text.len());
            let read = decode(&text).expect("an event");
            assert_eq!(encode(&read), text);
        }
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(128))]

        #[test]
        fn what_is_written_reads_back(event in fixture::any_event()) {
            let text = encode(&event);
            prop_assert_eq!(decode(&text), Ok(event));
            prop_assert!(text.ends_with('\n'));
            // Canonical: what any JSON library that sorts would write.
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!(serde_json::to_string_pretty(&value).expect("JSON") + "\n", text);
        }

        #[test]
        fn any_text_is_refused_or_read(text in "\\PC{0,200}") {
            let _ = decode(&text);
            let _ = decode_genesis(&text);
        }
    }
}
