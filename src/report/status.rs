use super::{Style, brakes, errands, errands::Errand, history, plan as planned, table::Table, tone::Tone};
use crate::{
    diag::words,
    ledger::{Brake, Event, Ledger},
    model::Zone,
    network::Draft,
    plan::{Plan, Reason, Row, Verdict},
};
use serde::Serialize;

/// How many published deliveries `status` lists.
const NEWEST: usize = 20;

/// Writes where every delivery stands: what is frozen first, then what is open, what a person can do about it, and the
/// newest that are out.
pub fn status(plan: &Plan, ledger: &Ledger, zone: Zone, style: &Style) -> String {
    let mut text = brakes(holding(plan, ledger), zone, style);
    let is_out = |row: &&Row| matches!(row.verdict, Verdict::Done | Verdict::Drift);
    let mut out: Vec<&Row> = plan.rows.iter().filter(is_out).collect();
    out.sort_by(|a, b| (b.at, &a.post, &a.account).cmp(&(a.at, &b.post, &b.account)));
    let mut table = Table::new();
    for row in plan.rows.iter().filter(|row| !is_out(row)) {
        let mut cells = planned::cells(row, zone);
        if row.done > 0 && row.done < row.parts {
            let live = row.url.as_ref().map(|url| format!(", {url}")).unwrap_or_default();
            cells[4].1.push_str(&format!(" ({} of {} parts are out{live})", row.done, row.parts));
        }
        table.row(cells);
    }
    for row in out.iter().take(NEWEST) {
        let link = row.url.clone().unwrap_or_else(|| "published; its link is not known".to_owned());
        let (tone, word, detail) = match &row.reason {
            Reason::Retracted => (Tone::Warn, "retracted", planned::reason(row, zone)),
            Reason::Cancelled(_) | Reason::Withdrawn => (Tone::Warn, "cancelled", planned::reason(row, zone)),
            _ if row.verdict == Verdict::Drift => {
                (Tone::Good, "published", format!("{link} (the file has changed since)"))
            }
            _ => (Tone::Good, "published", link),
        };
        table.row([
            (tone, word.to_owned()),
            (Tone::Plain, planned::name(row)),
            (Tone::Plain, row.account.to_string()),
            (Tone::Plain, row.at.map_or_else(String::new, |at| at.display_in(zone))),
            (Tone::Dim, detail),
        ]);
    }
    text.push_str(&table.render(style));
    if out.len() > NEWEST {
        let more = words::count(out.len() - NEWEST, "more is done", "more are done");
        text.push_str(&Tone::Dim.paint(style, &format!("{more} (`masthead log` lists what happened)")));
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("there are no posts yet\n");
    }
    text.push_str(&to_run(&errands(plan, ledger), style));
    text
}

/// Returns the brakes that hold at the moment of a plan.
fn holding<'a>(plan: &Plan, ledger: &'a Ledger) -> impl Iterator<Item = &'a Brake> {
    let now = plan.now;
    ledger.brakes.iter().filter(move |brake| brake.freeze.holds(now))
}

/// Writes what a person can run, one a line with the case that it is for.
fn to_run(errands: &[Errand], style: &Style) -> String {
    let mut out = String::new();
    for Errand { when, command, .. } in errands {
        out.push_str(&format!(
            "{} {}\n",
            Tone::Dim.paint(style, &format!("{when}:")),
            Tone::Plain.paint(style, command)
        ));
    }
    out
}

#[derive(Serialize)]
struct StatusJson<'a> {
    version: u32,
    now: String,
    commit: Option<&'a str>,
    brakes: Vec<brakes::BrakeJson<'a>>,
    rows: Vec<planned::RowJson<'a>>,
    resolve: Vec<Errand>,
}

/// Writes where every delivery stands as JSON, version 1.
pub fn status_json(plan: &Plan, ledger: &Ledger) -> String {
    super::json_text(&StatusJson {
        version: 1,
        now: plan.now.to_string(),
        commit: plan.commit.as_deref(),
        brakes: holding(plan, ledger).map(brakes::brake_json).collect(),
        rows: plan.rows.iter().map(planned::row_json).collect(),
        resolve: errands(plan, ledger),
    })
}

/// Writes one post: what each account is sent, and what became of it by its events, which stand in the order of time.
pub fn show(plan: &Plan, ledger: &Ledger, events: &[Event], zone: Zone, style: &Style) -> String {
    let mut out = String::new();
    for row in &plan.rows {
        if !out.is_empty() {
            out.push('\n');
        }
        let at = row.at.map_or_else(String::new, |at| format!(", {}", at.display_in(zone)));
        let heading = Tone::Accent.paint(style, &format!("{} on {}", row.post, row.account));
        let verdict = planned::tone(row.verdict).paint(style, row.verdict.as_str());
        out.push_str(&format!("{heading}: {verdict}{at}: {}\n", planned::reason(row, zone)));
        if let Some(draft) = row.draft() {
            out.push_str(&draft_text(draft, row, style));
        }
        let is_its = |event: &&Event| event.key.post == row.post && event.key.account == row.account;
        let events: Vec<history::Entry<'_>> = events.iter().filter(is_its).map(history::Entry::Event).collect();
        let told = history::log(&events, zone, style) + &to_run(&errands::of_row(row, ledger), style);
        for line in told.lines() {
            out.push_str("  ");
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Writes the parts of a draft as the network shows them, each with what it weighs.
fn draft_text(draft: &Draft, row: &Row, style: &Style) -> String {
    let limits = row.desired.as_ref().map(|desired| &desired.limits);
    let mut out = String::new();
    for (number, part) in (1..).zip(&draft.parts) {
        let weight = limits.map_or_else(String::new, |limits| {
            let (one, many) = limits.measure.unit.nouns();
            let weight = part.weight(&limits.measure);
            match limits.text {
                Some(max) => format!("{} of {}", words::number(weight), words::count(max, one, many)),
                None => words::count(weight, one, many),
            }
        });
        let media = match part.media.len() {
            0 => String::new(),
            n => format!(", {}", words::count(n, "attachment", "attachments")),
        };
        let which = if draft.parts.len() > 1 { format!("part {number}: ") } else { String::new() };
        out.push_str(&Tone::Dim.paint(style, &format!("  {which}{weight}{media}")));
        out.push('\n');
        for line in part.text.text.lines() {
            out.push_str(&format!("  | {}\n", Tone::Plain.paint(style, line)));
        }
        for media in &part.media {
            let line = format!("[{}] {}", media.source.as_str(), media.alt);
            out.push_str(&format!("  | {}\n", Tone::Dim.paint(style, &line)));
        }
    }
    out
}

#[derive(Serialize)]
struct ShowJson<'a> {
    version: u32,
    rows: Vec<planned::RowJson<'a>>,
    events: Vec<history::EventJson<'a>>,
    resolve: Vec<Errand>,
}

/// Writes one post as JSON, version 1.
pub fn show_json(plan: &Plan, ledger: &Ledger, events: &[Event]) -> String {
    super::json_text(&ShowJson {
        version: 1,
        rows: plan.rows.iter().map(planned::row_json).collect(),
        events: events.iter().map(history::event_json).collect(),
        resolve: errands(plan, ledger),
    })
}
