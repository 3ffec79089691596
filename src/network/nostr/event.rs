//! Events: what a part is, by the standards that clients read. Pure.

use super::{
    files::{self, File},
    options::{Us, public_key},
};
use crate::{
    model::Remote,
    network::{EventName, Job, Receipt, RelayEvent, nip19},
    text::{Flat, RangeKind},
};
use std::collections::BTreeMap;

/// Kinds: a short note, a request to delete, a note passed on, anything else passed on.
pub(super) const NOTE: u32 = 1;
pub(super) const DELETION: u32 = 5;
pub(super) const REPOST: u32 = 6;
pub(super) const GENERIC_REPOST: u32 = 16;

/// Where [`Remote::extra`] keeps the first note of the conversation that one belongs to.
const ROOT: &str = "root";
/// Where it keeps the kind.
const KIND: &str = "kind";
/// Where it keeps the relay that others are told to look on. It stays what it was when the note was published: an event that names
/// it must not change with the account.
const RELAY: &str = "relay";

/// An event that another refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Referred {
    /// Its id, in hexadecimal.
    pub(super) id: String,
    /// Who wrote it, in hexadecimal.
    pub(super) author: String,
    /// What it is.
    pub(super) kind: u32,
    /// The first note of its conversation, if that is another.
    pub(super) root: Option<String>,
    /// A relay that is said to have it; may be empty.
    pub(super) relay: String,
    /// Whom it tells.
    pub(super) people: Vec<String>,
}

/// What a note stands beside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// What it answers.
    pub(super) answers: Option<Referred>,
    /// What it quotes.
    pub(super) quotes: Option<Referred>,
}

/// Returns what a published note of ours is to those that refer to it.
pub(super) fn ours(remote: &Remote, us: &Us<'_>) -> Referred {
    Referred {
        id: remote.id.clone(),
        author: us.hex(),
        kind: kind_of(remote),
        root: remote.extra.get(ROOT).cloned(),
        relay: hint(remote),
        people: Vec::new(),
    }
}

/// Returns what an event that a relay gave is to those that refer to it.
pub(super) fn theirs(event: &RelayEvent, relay: &str) -> Referred {
    let marked = |marker: &str| {
        let fits =
            |tag: &&Vec<String>| tag.first().is_some_and(|it| it == "e") && tag.get(3).is_some_and(|it| it == marker);
        event.tags.iter().find(fits).and_then(|tag| tag.get(1)).cloned()
    };
    // Before there were markers, the first of several named the root.
    let first = event.tags.iter().find(|tag| tag.first().is_some_and(|it| it == "e") && tag.len() < 4);
    let people = event.tags.iter().filter(|tag| tag.first().is_some_and(|it| it == "p"));
    Referred {
        id: nip19::hex(&event.id()),
        author: event.public_key.clone(),
        kind: event.kind,
        root: marked("root").or_else(|| first.and_then(|tag| tag.get(1)).cloned()),
        relay: relay.to_owned(),
        people: people.filter_map(|tag| tag.get(1)).cloned().collect(),
    }
}

/// Returns the relay that others are told to look for a published note on.
pub(super) fn hint(remote: &Remote) -> String {
    remote.extra.get(RELAY).cloned().unwrap_or_default()
}

/// Returns what a note is called that a person named.
pub(super) fn named(name: &EventName, url: &str) -> Remote {
    let mut extra = BTreeMap::new();
    extra.extend(name.kind.map(|kind| (KIND.to_owned(), kind.to_string())));
    extra.extend(name.relays.first().map(|relay| (RELAY.to_owned(), relay.clone())));
    Remote { id: nip19::hex(&name.id), url: Some(url.to_owned()), extra }
}

/// Returns the kind of a published note.
pub(super) fn kind_of(remote: &Remote) -> u32 {
    remote.extra.get(KIND).and_then(|kind| kind.parse().ok()).unwrap_or(NOTE)
}

/// Makes the note of a part, which names its files.
pub(super) fn note(job: &Job<'_>, us: &Us<'_>, around: &Around, files: &[File]) -> RelayEvent {
    let part = job.draft_part();
    let mut tags = Tags::default();
    let mut content = written(&part.text);
    files::append(&mut content, files.iter().map(|file| file.url.as_str()));
    if let Some(parent) = &around.answers {
        let author = parent.author.as_str();
        match &parent.root {
            // Clients tell a first answer by its having a root alone.
            None => tags.add(&["e", &parent.id, &parent.relay, "root", author]),
            Some(root) => {
                tags.add(&["e", root, &parent.relay, "root"]);
                tags.add(&["e", &parent.id, &parent.relay, "reply", author]);
            }
        }
        std::iter::once(&parent.author).chain(&parent.people).for_each(|person| tags.tell(person, us));
    }
    if let Some(quoted) = &around.quotes {
        tags.add(&["q", &quoted.id, &quoted.relay, &quoted.author]);
        tags.tell(&quoted.author, us);
        if !content.is_empty() {
            content.push_str("\n\n");
        }
        content.push_str(&format!("nostr:{}", name_of(quoted)));
    }
    for range in &part.text.ranges {
        match &range.kind {
            RangeKind::Tag { tag } => tags.add(&["t", &tag.to_lowercase()]),
            RangeKind::Mention { handle } => {
                if let Some(key) = public_key(handle) {
                    tags.add(&["p", &nip19::hex(&key)]);
                }
            }
            RangeKind::Link { .. } => {}
        }
    }
    for file in files {
        tags.put(file.tag.clone());
    }
    if let Some(warning) = job.draft.options.text("content_warning").filter(|warning| !warning.trim().is_empty()) {
        tags.add(&["content-warning", warning]);
    }
    if let Some(language) = job.draft.language.as_deref().and_then(two_letters) {
        tags.add(&["L", "ISO-639-1"]);
        tags.add(&["l", &language, "ISO-639-1"]);
    }
    event(us, NOTE, seconds(job), tags, content)
}

/// Makes the event that passes another on; `whole` is that as JSON, so that clients needn't look for it.
pub(super) fn repost(job: &Job<'_>, us: &Us<'_>, passed_on: &Referred, whole: String) -> RelayEvent {
    let mut tags = Tags::default();
    // NIP-18 wants a relay in any case.
    let relay = if passed_on.relay.is_empty() { &us.relays[0] } else { &passed_on.relay };
    tags.add(&["e", &passed_on.id, relay]);
    tags.add(&["p", &passed_on.author]);
    let kind = if passed_on.kind == NOTE {
        REPOST
    } else {
        tags.add(&["k", &passed_on.kind.to_string()]);
        GENERIC_REPOST
    };
    event(us, kind, seconds(job), tags, whole)
}

/// Makes the event that asks relays to forget another. Its time is that of sending.
pub(super) fn deletion(us: &Us<'_>, remote: &Remote) -> RelayEvent {
    let mut tags = Tags::default();
    tags.add(&["e", &remote.id]);
    tags.add(&["k", &kind_of(remote).to_string()]);
    event(us, DELETION, 0, tags, String::new())
}

/// Returns what a published event is called.
pub(super) fn receipt(event: &RelayEvent, us: &Us<'_>, around: &Around) -> Receipt {
    let id = event.id();
    let mut extra = BTreeMap::from(
        [(KIND, event.kind.to_string()), (RELAY, us.relays[0].clone())].map(|(key, value)| (key.to_owned(), value)),
    );
    if let Some(parent) = &around.answers {
        extra.insert(ROOT.to_owned(), parent.root.as_ref().unwrap_or(&parent.id).clone());
    }
    let name = EventName { id, relays: vec![us.relays[0].clone()], author: Some(us.key), kind: Some(event.kind) };
    let url = format!("https://njump.me/{}", nip19::event_name(&name));
    Receipt { remote: Remote { id: nip19::hex(&id), url: Some(url), extra } }
}

/// Writes a text as clients read it: who is mentioned is named by their key.
pub(super) fn written(flat: &Flat) -> String {
    let mut text = String::with_capacity(flat.text.len());
    let mut at = 0;
    for range in &flat.ranges {
        let RangeKind::Mention { handle } = &range.kind else { continue };
        text.push_str(&flat.text[at..range.start]);
        text.push_str("nostr:");
        text.push_str(handle);
        at = range.end;
    }
    text.push_str(&flat.text[at..]);
    // How other control characters count in an id is not the same everywhere.
    text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    text
}

/// Returns the name by which a text leads to a note.
fn name_of(referred: &Referred) -> String {
    let bytes = |text: &str| nip19::from_hex(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    nip19::event_name(&EventName {
        id: bytes(&referred.id).unwrap_or_default(),
        relays: Some(referred.relay.clone()).filter(|relay| !relay.is_empty()).into_iter().collect(),
        author: bytes(&referred.author),
        kind: Some(referred.kind),
    })
}

fn event(us: &Us<'_>, kind: u32, created_at: i64, tags: Tags, content: String) -> RelayEvent {
    RelayEvent { public_key: us.hex(), created_at, kind, tags: tags.0, content }
}

/// Returns the time of a part's note.
pub(super) fn seconds(job: &Job<'_>) -> i64 {
    job.attempt.at.millis().div_euclid(1000)
}

/// Returns the language as ISO 639-1 has it, if it does.
fn two_letters(language: &str) -> Option<String> {
    let first = language.split('-').next()?;
    (first.len() == 2 && first.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| first.to_ascii_lowercase())
}

/// Tags, each once.
#[derive(Default)]
struct Tags(Vec<Vec<String>>);

impl Tags {
    fn add(&mut self, tag: &[&str]) {
        self.put(tag.iter().map(|&it| it.to_owned()).collect());
    }

    fn put(&mut self, tag: Vec<String>) {
        if !self.0.contains(&tag) {
            self.0.push(tag);
        }
    }

    /// Tells a person, but never ourselves.
    fn tell(&mut self, person: &str, us: &Us<'_>) {
        if person != us.hex() {
            self.add(&["p", person]);
        }
    }
}
