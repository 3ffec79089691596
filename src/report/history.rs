use super::{Style, brakes, table::Table, tone::Tone};
use crate::{
    ledger::{Brake, Event, Happening},
    model::{Timestamp, Zone},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// To a delivery.
    Event(&'a Event),
    /// A freeze began.
    Frozen(&'a Brake),
    /// A freeze was ended by a person, then.
    Thawed(&'a Brake, Timestamp),
}

impl Entry<'_> {
    /// Returns when it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.at,
            Self::Frozen(brake) => brake.freeze.from,
            Self::Thawed(_, at) => *at,
        }
    }
}

/// Returns everything that happened, oldest first. What a committed file stops is no event.
pub fn entries<'a>(events: &'a [Event], brakes: &'a [Brake]) -> Vec<Entry<'a>> {
    let mut all: Vec<Entry<'_>> = events.iter().map(Entry::Event).collect();
    for brake in brakes.iter().filter(|brake| !brake.is_of_file()) {
        all.push(Entry::Frozen(brake));
        all.extend(brake.thawed.as_ref().map(|(at, _)| Entry::Thawed(brake, *at)));
    }
    all.sort_by_key(Entry::at);
    all
}

/// Puts events in the order in which they happened.
pub fn in_time(events: &mut [Event]) {
    events.sort_by(|a, b| (a.at, &a.key, &a.id).cmp(&(b.at, &b.key, &b.id)));
}

/// Writes what happened for people, one event a line; the part only where a thread has several.
pub fn log(entries: &[Entry<'_>], zone: Zone, style: &Style) -> String {
    let events = entries.iter().filter_map(|entry| match entry {
        Entry::Event(event) => Some(event),
        Entry::Frozen(_) | Entry::Thawed(..) => None,
    });
    let threads: BTreeSet<_> =
        events.filter(|event| event.key.part > 1).map(|event| (&event.key.post, &event.key.account)).collect();
    let mut table = Table::new();
    for entry in entries {
        let event = match entry {
            Entry::Event(event) => event,
            Entry::Frozen(brake) | Entry::Thawed(brake, _) => {
                table.row(braking(entry, brake, zone));
                continue;
            }
        };
        let part = match threads.contains(&(&event.key.post, &event.key.account)) {
            true => format!(" (part {})", event.key.part),
            false => String::new(),
        };
        table.row([
            (Tone::Dim, event.at.display_in(zone)),
            (tone(&event.what), event.what.kind().to_owned()),
            (Tone::Plain, format!("{}{part}", event.key.post)),
            (Tone::Plain, event.key.account.to_string()),
            (Tone::Plain, told(event, zone)),
        ]);
    }
    table.render(style)
}

/// Returns the cells of what happened to a brake.
fn braking(entry: &Entry<'_>, brake: &Brake, zone: Zone) -> [(Tone, String); 5] {
    let freeze = &brake.freeze;
    let (kind, what) = match (entry, &brake.thawed) {
        (Entry::Thawed(..), Some((_, by))) => ("thaw", format!("thawed by {by}")),
        _ => ("freeze", format!("frozen by {}: {}", freeze.by, freeze.reason)),
    };
    [
        (Tone::Dim, entry.at().display_in(zone)),
        (Tone::Warn, kind.to_owned()),
        (Tone::Plain, freeze.scope.to_string()),
        (Tone::Plain, String::new()),
        (Tone::Plain, what),
    ]
}

const fn tone(what: &Happening) -> Tone {
    match what {
        Happening::Receipt { .. } | Happening::Edit { .. } => Tone::Good,
        Happening::Fail { .. } | Happening::Hold { .. } => Tone::Bad,
        Happening::Defer { .. } | Happening::Retract { .. } | Happening::Cancel { .. } => Tone::Warn,
        Happening::Intent { .. } | Happening::Repeat { .. } | Happening::Release { .. } | Happening::Absent { .. } => {
            Tone::Dim
        }
    }
}

/// Says what an event means, and who said so if it was a person.
pub(super) fn told(event: &Event, zone: Zone) -> String {
    let what = explanation(&event.what, zone);
    match &event.by.person {
        Some(person) => format!("{what} (said by {person})"),
        None => what,
    }
}

fn explanation(what: &Happening, zone: Zone) -> String {
    match what {
        Happening::Intent { attempt, .. } => format!("about to send (attempt {attempt})"),
        Happening::Repeat { .. } => "about to send the same again, since no answer came".to_owned(),
        Happening::Receipt { remote, .. } => match (&remote.url, remote.id.as_str()) {
            (Some(url), _) => url.clone(),
            (None, "") => "published; its link is not known".to_owned(),
            (None, id) => id.to_owned(),
        },
        Happening::Release { why } => format!("not sent: {why}"),
        Happening::Defer { until, why } => format!("later, {}: {why}", until.display_in(zone)),
        Happening::Fail { kind, message } => format!("{kind}: {message}"),
        Happening::Absent { evidence } => format!("did not arrive: {evidence}"),
        Happening::Hold { reason } => reason.clone(),
        Happening::Edit { .. } => "changed there".to_owned(),
        Happening::Retract { why } => format!("taken back: {why}"),
        Happening::Cancel { why } => format!("cancelled: {why}"),
    }
}

#[derive(Serialize)]
struct LogJson<'a> {
    version: u32,
    events: Vec<EventJson<'a>>,
    brakes: Vec<brakes::BrakeJson<'a>>,
}

#[derive(Serialize)]
pub(super) struct EventJson<'a> {
    id: &'a str,
    of: Option<&'a str>,
    kind: &'static str,
    post: &'a str,
    account: &'a str,
    part: u16,
    at: String,
    run: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    program: &'a str,
    commit: Option<&'a str>,
    digest: Option<&'a str>,
    remote_id: Option<&'a str>,
    url: Option<&'a str>,
    explanation: String,
}

/// Writes what happened as JSON, version 1: the events of deliveries, and the freezes that began or ended among them.
pub fn log_json(entries: &[Entry<'_>]) -> String {
    let (mut events, mut brakes) = (Vec::new(), Vec::<&Brake>::new());
    for entry in entries {
        match entry {
            Entry::Event(event) => events.push(event_json(event)),
            Entry::Frozen(brake) | Entry::Thawed(brake, _) => {
                if !brakes.iter().any(|known| known.id == brake.id) {
                    brakes.push(brake);
                }
            }
        }
    }
    super::json_text(&LogJson { version: 1, events, brakes: brakes.into_iter().map(brakes::brake_json).collect() })
}

/// Returns an event's JSON, as of version 1.
pub(super) fn event_json(event: &Event) -> EventJson<'_> {
    let (commit, digest, remote) = match &event.what {
        Happening::Intent { commit, digest, .. } => (Some(commit.as_str()), Some(digest.as_str()), None),
        Happening::Receipt { commit, digest, remote, .. } => {
            (Some(commit.as_str()), Some(digest.as_str()), Some(remote))
        }
        Happening::Edit { commit, digest, .. } => (Some(commit.as_str()), Some(digest.as_str()), None),
        Happening::Repeat { .. }
        | Happening::Release { .. }
        | Happening::Defer { .. }
        | Happening::Fail { .. }
        | Happening::Absent { .. }
        | Happening::Hold { .. }
        | Happening::Retract { .. }
        | Happening::Cancel { .. } => (None, None, None),
    };
    EventJson {
        id: &event.id.0,
        of: event.of.as_ref().map(|id| id.0.as_str()),
        kind: event.what.kind(),
        post: event.key.post.as_str(),
        account: event.key.account.as_str(),
        part: event.key.part,
        at: event.at.to_string(),
        run: &event.by.run,
        person: event.by.person.as_deref(),
        program: &event.by.version,
        commit,
        digest,
        remote_id: remote.map(|remote| remote.id.as_str()),
        url: remote.and_then(|remote| remote.url.as_deref()),
        explanation: explanation(&event.what, Zone::UTC),
    }
}
