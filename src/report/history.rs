use super::{Style, table::Table, tone::Tone};
use crate::{
    ledger::{Event, Happening},
    model::Zone,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// Puts events in the order in which they happened.
pub fn in_time(events: &mut [Event]) {
    events.sort_by(|a, b| (a.at, &a.key, &a.id).cmp(&(b.at, &b.key, &b.id)));
}

/// Writes events for people, one a line; the part only where a thread has several.
pub fn log(events: &[Event], zone: Zone, style: &Style) -> String {
    let threads: BTreeSet<_> =
        events.iter().filter(|event| event.key.part > 1).map(|event| (&event.key.post, &event.key.account)).collect();
    let mut table = Table::new();
    for event in events {
        let part = match threads.contains(&(&event.key.post, &event.key.account)) {
            true => format!(" (part {})", event.key.part),
            false => String::new(),
        };
        table.row([
            (Tone::Dim, event.at.display_in(zone)),
            (tone(&event.what), event.what.kind().to_owned()),
            (Tone::Plain, format!("{}{part}", event.key.post)),
            (Tone::Plain, event.key.account.to_string()),
            (Tone::Plain, explanation(&event.what, zone)),
        ]);
    }
    table.render(style)
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

/// Writes events as JSON, version 1.
pub fn log_json(events: &[Event]) -> String {
    super::json_text(&LogJson { version: 1, events: events.iter().map(event_json).collect() })
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
