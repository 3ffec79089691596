use super::{
    Style,
    plan::{self as planned, RowJson},
    table::Table,
    tone::Tone,
};
use crate::{
    ledger::{Brake, EventId},
    model::{AccountId, PostId, Scope, Timestamp, Zone},
    plan::Row,
};
use serde::Serialize;

/// What an order to the brakes came to.
#[derive(Clone, Copy, Debug)]
pub struct Brakes<'a> {
    /// The brakes that it put on or took off.
    pub brakes: &'a [Brake],
    /// What may be under way all the same.
    pub under_way: &'a [UnderWay],
    /// What became late and stays held.
    pub late: &'a [Row],
}

/// An attempt that a publisher may be making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The post.
    pub post: PostId,
    /// The account.
    pub account: AccountId,
    /// The part, from 1.
    pub part: usize,
    /// The attempt.
    pub attempt: EventId,
    /// Until when it is believed.
    pub until: Timestamp,
}

/// How many characters of an event's id people are shown, and must give at least.
pub const SHORT_ID: usize = 8;

/// Writes brakes for people, one a line: what stands still, until when, who said so and why.
pub fn brakes<'a>(brakes: impl IntoIterator<Item = &'a Brake>, zone: Zone, style: &Style) -> String {
    let mut table = Table::new();
    for brake in brakes {
        let freeze = &brake.freeze;
        let until = match freeze.until {
            Some(until) => format!("until {}", until.display_in(zone)),
            None if brake.is_of_file() => "until the file is gone".to_owned(),
            None => "until it is thawed".to_owned(),
        };
        table.row([
            (Tone::Warn, "frozen".to_owned()),
            (Tone::Plain, freeze.scope.to_string()),
            (Tone::Plain, until),
            (Tone::Dim, short_id(brake)),
            (Tone::Dim, format!("by {}: {}", freeze.by, freeze.reason)),
        ]);
    }
    table.render(style)
}

/// Returns what a person may call a brake by; the path of the file for one of a file.
pub fn short_id(brake: &Brake) -> String {
    if brake.is_of_file() { brake.id.0.clone() } else { brake.id.0.chars().take(SHORT_ID).collect() }
}

/// Writes what may be under way for people, one a line.
pub fn under_way(attempts: &[UnderWay], zone: Zone, style: &Style) -> String {
    let mut table = Table::new();
    for attempt in attempts {
        table.row([
            (Tone::Bad, "under way".to_owned()),
            (Tone::Plain, format!("{} (part {})", attempt.post, attempt.part)),
            (Tone::Plain, attempt.account.to_string()),
            (Tone::Plain, format!("until {}", attempt.until.display_in(zone))),
            (Tone::Dim, "a publisher had taken it before, and its request may still take effect".to_owned()),
        ]);
    }
    table.render(style)
}

#[derive(Serialize)]
struct BrakesJson<'a> {
    version: u32,
    freezes: Vec<BrakeJson<'a>>,
    under_way: Vec<UnderWayJson<'a>>,
    late: Vec<RowJson<'a>>,
}

#[derive(Serialize)]
struct UnderWayJson<'a> {
    post: &'a str,
    account: &'a str,
    part: usize,
    attempt: &'a str,
    until: String,
}

/// Writes what an order to the brakes came to as JSON, version 1.
pub fn brakes_json(brakes: &Brakes<'_>) -> String {
    let under_way = brakes.under_way.iter().map(|attempt| UnderWayJson {
        post: attempt.post.as_str(),
        account: attempt.account.as_str(),
        part: attempt.part,
        attempt: &attempt.attempt.0,
        until: attempt.until.to_string(),
    });
    super::json_text(&BrakesJson {
        version: 1,
        freezes: brakes.brakes.iter().map(brake_json).collect(),
        under_way: under_way.collect(),
        late: brakes.late.iter().map(planned::row_json).collect(),
    })
}

/// A brake's JSON, as of version 1.
#[derive(Serialize)]
pub(super) struct BrakeJson<'a> {
    id: &'a str,
    /// The file that puts it on, if it is one.
    file: Option<&'a str>,
    scope: &'static str,
    account: Option<&'a str>,
    campaign: Option<&'a str>,
    since: Option<String>,
    until: Option<String>,
    by: &'a str,
    reason: &'a str,
    thawed: Option<String>,
    thawed_by: Option<&'a str>,
}

pub(super) fn brake_json(brake: &Brake) -> BrakeJson<'_> {
    let freeze = &brake.freeze;
    let is_of_file = brake.is_of_file();
    BrakeJson {
        id: &brake.id.0,
        file: is_of_file.then_some(brake.id.0.as_str()),
        scope: match &freeze.scope {
            Scope::All => "all",
            Scope::Account(_) => "account",
            Scope::Campaign(_) => "campaign",
        },
        account: match &freeze.scope {
            Scope::Account(account) => Some(account.as_str()),
            Scope::All | Scope::Campaign(_) => None,
        },
        campaign: match &freeze.scope {
            Scope::Campaign(campaign) => Some(campaign),
            Scope::All | Scope::Account(_) => None,
        },
        since: (!is_of_file).then(|| freeze.from.to_string()),
        until: freeze.until.as_ref().map(ToString::to_string),
        by: &freeze.by,
        reason: &freeze.reason,
        thawed: brake.thawed.as_ref().map(|(at, _)| at.to_string()),
        thawed_by: brake.thawed.as_ref().map(|(_, by)| by.as_str()),
    }
}
