use super::{Style, history, plan as planned, table::Table, tone::Tone};
use crate::{
    diag::words,
    ledger::Event,
    model::Zone,
    network::Draft,
    plan::{Plan, Row, Verdict},
};
use serde::Serialize;

/// How many published deliveries `status` lists.
const NEWEST: usize = 20;

/// Writes where every delivery stands: what is open first, then the newest that are out.
pub fn status(plan: &Plan, zone: Zone, style: &Style) -> String {
    let is_out = |row: &&Row| matches!(row.verdict, Verdict::Done | Verdict::Drift);
    let mut out: Vec<&Row> = plan.rows.iter().filter(is_out).collect();
    out.sort_by(|a, b| (b.at, &a.post, &a.account).cmp(&(a.at, &b.post, &b.account)));
    let mut table = Table::new();
    for row in plan.rows.iter().filter(|row| !is_out(row)) {
        table.row(planned::cells(row, zone));
    }
    for row in out.iter().take(NEWEST) {
        let link = row.url.clone().unwrap_or_else(|| "published; its link is not known".to_owned());
        let drift = if row.verdict == Verdict::Drift { " (the file has changed since)" } else { "" };
        table.row([
            (Tone::Good, "published".to_owned()),
            (Tone::Plain, planned::name(row)),
            (Tone::Plain, row.account.to_string()),
            (Tone::Plain, row.at.map_or_else(String::new, |at| at.display_in(zone))),
            (Tone::Dim, format!("{link}{drift}")),
        ]);
    }
    let mut text = table.render(style);
    if out.len() > NEWEST {
        let more = words::count(out.len() - NEWEST, "more is published", "more are published");
        text.push_str(&Tone::Dim.paint(style, &format!("{more} (`masthead log` lists what happened)")));
        text.push('\n');
    }
    if text.is_empty() { "there are no posts yet\n".to_owned() } else { text }
}

/// Writes one post: what each account is sent, and what became of it by its events, which stand in the order of time.
pub fn show(plan: &Plan, events: &[Event], zone: Zone, style: &Style) -> String {
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
        let events: Vec<Event> = events.iter().filter(is_its).cloned().collect();
        for line in history::log(&events, zone, style).lines() {
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
}

/// Writes one post as JSON, version 1.
pub fn show_json(plan: &Plan, events: &[Event]) -> String {
    super::json_text(&ShowJson {
        version: 1,
        rows: plan.rows.iter().map(planned::row_json).collect(),
        events: events.iter().map(history::event_json).collect(),
    })
}
