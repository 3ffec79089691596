use super::{Style, table::Table, tone::Tone};
use crate::{
    diag::words,
    model::{AccountId, PostId, Timestamp, Zone},
    plan::{Plan, Reason, Row, Verdict},
};
use serde::Serialize;

/// Which rows of a plan are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Those that something would happen to, or that a person should know of.
    Open,
    /// All, what is done and unchanged included.
    All,
}

/// Writes the rows of a plan for people, without any summary.
pub fn plan_rows<'a>(rows: impl IntoIterator<Item = &'a Row>, zone: Zone, style: &Style) -> String {
    let mut table = Table::new();
    for row in rows {
        table.row(cells(row, zone));
    }
    table.render(style)
}

/// Writes a plan for people.
pub fn plan(plan: &Plan, zone: Zone, rows: Rows, style: &Style) -> String {
    let shown = |row: &&Row| rows == Rows::All || row.verdict != Verdict::Done;
    let mut out = plan_rows(plan.rows.iter().filter(shown), zone, style);
    let hidden = plan.rows.len() - plan.rows.iter().filter(shown).count();
    if out.is_empty() {
        out.push_str("nothing to do\n");
    }
    if hidden > 0 {
        let what = words::count(hidden, "delivery is", "deliveries are");
        out.push_str(&Tone::Dim.paint(style, &format!("{what} published and unchanged (`--all` lists them)")));
        out.push('\n');
    }
    let summary = summary(plan);
    if !summary.is_empty() {
        out.push_str(&summary);
        out.push('\n');
    }
    if let Some(cost) = plan.cost() {
        let cost = words::dollars(cost);
        out.push_str(&format!(
            "about {cost} in all, by the prices in docs/networks: an estimate; looking for a lost answer costs reads besides\n"
        ));
    }
    out
}

/// Returns the cells of a row: verdict, post, account, time, reason.
pub(super) fn cells(row: &Row, zone: Zone) -> [(Tone, String); 5] {
    [
        (tone(row.verdict), row.verdict.as_str().to_owned()),
        (Tone::Plain, name(row)),
        (Tone::Plain, row.account.to_string()),
        (Tone::Plain, when(row, zone)),
        (Tone::Dim, reason(row, zone)),
    ]
}

pub(super) fn name(row: &Row) -> String {
    if row.parts > 1 { format!("{} ({} parts)", row.post, row.parts) } else { row.post.to_string() }
}

/// Says when it happens; nothing where no time is known.
fn when(row: &Row, zone: Zone) -> String {
    match (row.at, row.verdict) {
        (Some(at), _) => at.display_in(zone),
        (None, Verdict::Publish | Verdict::Settle) => "now".to_owned(),
        (None, Verdict::Retract) => "now".to_owned(),
        (
            None,
            Verdict::Update | Verdict::Drift | Verdict::Wait | Verdict::Held | Verdict::Attention | Verdict::Done,
        ) => String::new(),
    }
}

pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Publish => Tone::Good,
        Verdict::Settle | Verdict::Held | Verdict::Retract => Tone::Warn,
        Verdict::Attention => Tone::Bad,
        Verdict::Update | Verdict::Drift => Tone::Accent,
        Verdict::Wait | Verdict::Done => Tone::Dim,
    }
}

/// Writes only how many rows a plan has of each open verdict, in a line; nothing if there are none.
pub fn plan_summary(plan: &Plan) -> String {
    match summary(plan) {
        line if line.is_empty() => line,
        line => line + "\n",
    }
}

/// Writes the counts of the open verdicts, as `2 to publish, 1 waiting`.
fn summary(plan: &Plan) -> String {
    let count = |verdict| plan.rows.iter().filter(|row| row.verdict == verdict).count();
    [
        (Verdict::Publish, "to publish"),
        (Verdict::Settle, "to settle"),
        (Verdict::Retract, "to take back"),
        (Verdict::Update, "to update"),
        (Verdict::Drift, "changed since published"),
        (Verdict::Wait, "waiting"),
        (Verdict::Held, "held"),
        (Verdict::Attention, "for a person"),
    ]
    .into_iter()
    .filter_map(|(verdict, words)| match count(verdict) {
        0 => None,
        n => Some(format!("{n} {words}")),
    })
    .collect::<Vec<_>>()
    .join(", ")
}

/// Says why a row has its verdict, and what a person can do where one must.
pub(super) fn reason(row: &Row, zone: Zone) -> String {
    because(&Why::of(row), zone)
}

/// What of a row tells why it has its verdict.
pub(super) struct Why<'a> {
    pub(super) post: &'a PostId,
    pub(super) account: &'a AccountId,
    pub(super) verdict: Verdict,
    pub(super) reason: &'a Reason,
    pub(super) at: Option<Timestamp>,
    pub(super) parts: usize,
    /// What it is estimated to cost, in millionths of a US dollar.
    pub(super) cost: Option<u64>,
}

impl<'a> Why<'a> {
    fn of(row: &'a Row) -> Self {
        let Row { post, account, verdict, reason, at, parts, .. } = row;
        Self { post, account, verdict: *verdict, reason, at: *at, parts: *parts, cost: row.cost() }
    }
}

/// Says why a delivery has its verdict, and about what it costs where it does.
pub(super) fn because(row: &Why<'_>, zone: Zone) -> String {
    let why = why(row, zone);
    match row.cost {
        Some(cost) => format!("{why}; costs about {}", words::dollars(cost)),
        None => why,
    }
}

fn why(row: &Why<'_>, zone: Zone) -> String {
    match row.reason {
        Reason::Due => "due".to_owned(),
        Reason::NoDate => "has no date: due as soon as it is on the branch".to_owned(),
        Reason::Resume(part) => format!("goes on at part {part} of {}", row.parts),
        Reason::Recipients { out, refused, person } => recipients(*out, *refused, *person),
        Reason::Edited => "was refused, and has been changed since".to_owned(),
        Reason::Scheduled => "scheduled".to_owned(),
        Reason::Draft => "a draft".to_owned(),
        Reason::Deferred => "an attempt failed in passing; tried again then".to_owned(),
        Reason::Sending => "a publisher took it and is believed to be sending it until then; if it died, the run after that asks the network"
            .to_owned(),
        Reason::After(post) => format!("waits for `{post}` to be published there"),
        Reason::TooLate => {
            "its date is longer ago than `grace`; give it a new `date`, or none to send it at once".to_owned()
        }
        Reason::BeforeLedger => {
            "its date is from before the ledger; give it a new `date`, or none to send it at once".to_owned()
        }
        Reason::Burst => match row.at {
            Some(at) => format!(
                "over `burst`, the posts an account may publish in an hour; goes out after {}",
                at.display_in(zone)
            ),
            None => "over `burst`, the posts an account may publish in an hour".to_owned(),
        },
        Reason::Renamed(old) => {
            format!("its content went out as `{old}`, which is gone; write `id = \"{old}\"`, or change what it says")
        }
        Reason::Invalid => "has errors; `masthead check` shows them".to_owned(),
        Reason::Unknown => "an attempt's answer was lost; the network is asked first".to_owned(),
        Reason::Refused(words) => format!("refused: {words}; change the post to try again"),
        Reason::SignedOut(why) => {
            format!("signed out: {why}; renew its token, then run `masthead doctor {}`", row.account)
        }
        Reason::NeedsPerson(why) => why.clone(),
        Reason::Published => "published".to_owned(),
        Reason::Changed if row.verdict == Verdict::Held => {
            "was changed while its thread was half out; bring the text back to go on".to_owned()
        }
        Reason::Changed if row.verdict == Verdict::Update => {
            format!("published; the file has changed since: `masthead update {}` sends the change", row.post)
        }
        Reason::Changed => "published; the file has changed since, which sends nothing".to_owned(),
        Reason::Gap => "late; goes out after `min_gap`, the least time between two late posts of an account".to_owned(),
        Reason::Breaker => {
            "the last answers of its network were lost; nothing new goes out until it has told of them".to_owned()
        }
        Reason::Limit => "the network's limit for an account is used up; see its page in the documentation".to_owned(),
        Reason::Quiet => "quiet hours".to_owned(),
        Reason::Frozen { by, why } => format!("frozen by {by}: {why}"),
        Reason::LateByFreeze => {
            "it was due while publishing was frozen; give it a new `date`, or none to send it at once".to_owned()
        }
        Reason::Withdrawn if row.verdict == Verdict::Retract => "its post says `retract = true`".to_owned(),
        Reason::Withdrawn => "its post says `retract = true`, and it is out nowhere".to_owned(),
        Reason::Retracted => "taken back".to_owned(),
        Reason::Cancelled(why) => format!("cancelled: {why}"),
        Reason::Gone => "published; its post is no longer there".to_owned(),
    }
}

fn recipients(out: usize, refused: usize, person: usize) -> String {
    let mut text = match out {
        0 => "goes on: nobody has it yet".to_owned(),
        _ => format!("goes on: out to {}", words::count(out, "recipient", "recipients")),
    };
    if refused > 0 {
        text.push_str(&format!(", refused for {refused}"));
    }
    if person > 0 {
        text.push_str(&format!(", left to a person for {person}"));
    }
    text
}

/// Returns the stable word for a reason in JSON.
pub(super) const fn reason_word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Due => "due",
        Reason::NoDate => "no-date",
        Reason::Resume(_) => "resume",
        Reason::Recipients { .. } => "recipients",
        Reason::Edited => "edited",
        Reason::Scheduled => "scheduled",
        Reason::Draft => "draft",
        Reason::Deferred => "deferred",
        Reason::Sending => "sending",
        Reason::After(_) => "after",
        Reason::TooLate => "too-late",
        Reason::BeforeLedger => "before-ledger",
        Reason::Burst => "burst",
        Reason::Gap => "gap",
        Reason::Limit => "limit",
        Reason::Breaker => "breaker",
        Reason::Quiet => "quiet",
        Reason::Frozen { .. } => "frozen",
        Reason::LateByFreeze => "late-by-freeze",
        Reason::Withdrawn => "withdrawn",
        Reason::Retracted => "retracted",
        Reason::Cancelled(_) => "cancelled",
        Reason::Renamed(_) => "renamed",
        Reason::Invalid => "invalid",
        Reason::Unknown => "unknown",
        Reason::Refused(_) => "refused",
        Reason::SignedOut(_) => "signed-out",
        Reason::NeedsPerson(_) => "needs-person",
        Reason::Published => "published",
        Reason::Changed => "changed",
        Reason::Gone => "gone",
    }
}

#[derive(Serialize)]
struct PlanJson<'a> {
    version: u32,
    now: String,
    commit: Option<&'a str>,
    /// What all of it is estimated to cost, in millionths of a US dollar.
    cost_micro_usd: Option<u64>,
    rows: Vec<RowJson<'a>>,
}

#[derive(Serialize)]
pub(super) struct RowJson<'a> {
    post: &'a str,
    account: &'a str,
    path: Option<&'a str>,
    verdict: &'static str,
    reason: &'static str,
    explanation: String,
    at: Option<String>,
    parts: usize,
    done: usize,
    url: Option<&'a str>,
    digest: Option<&'a str>,
    /// What it is estimated to cost, in millionths of a US dollar; null where nothing is charged for.
    cost_micro_usd: Option<u64>,
    text: Vec<&'a str>,
}

/// Writes a plan as JSON, version 1: every row, the texts that would be sent included.
pub fn plan_json(plan: &Plan) -> String {
    let json = PlanJson {
        version: 1,
        now: plan.now.to_string(),
        commit: plan.commit.as_deref(),
        cost_micro_usd: plan.cost(),
        rows: plan.rows.iter().map(row_json).collect(),
    };
    super::json_text(&json)
}

/// Returns a row's JSON, as of version 1.
pub(super) fn row_json(row: &Row) -> RowJson<'_> {
    RowJson {
        post: row.post.as_str(),
        account: row.account.as_str(),
        path: row.desired.as_ref().map(|desired| desired.path.as_str()),
        verdict: row.verdict.as_str(),
        reason: reason_word(&row.reason),
        explanation: reason(row, Zone::UTC),
        at: row.at.as_ref().map(Timestamp::to_string),
        parts: row.parts,
        done: row.done,
        url: row.url.as_deref(),
        digest: row.desired.as_ref().map(|desired| desired.digest.as_str()),
        cost_micro_usd: row.cost(),
        text: row
            .draft()
            .map_or_else(Vec::new, |draft| draft.parts.iter().map(|part| part.text.text.as_str()).collect()),
    }
}
