//! What a person has to tell about a delivery, as the very commands that tell it.

use super::brakes::SHORT_ID;
use crate::{
    ledger::{DeliveryState, EventId, Ledger, PartState},
    plan::{Plan, Row, Verdict},
};
use serde::Serialize;

/// Something that a person can settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Errand {
    /// The post.
    pub post: String,
    /// The account.
    pub account: String,
    /// The part of the thread, from 1; none if it is about all that is out.
    pub part: Option<usize>,
    /// When this is what to run.
    pub when: &'static str,
    /// What to run.
    pub command: String,
}

/// Returns what is to be run for each delivery of a plan that needs a person.
pub fn errands(plan: &Plan, ledger: &Ledger) -> Vec<Errand> {
    let stuck = plan.rows.iter().filter(|row| row.verdict == Verdict::Attention);
    stuck.flat_map(|row| of_row(row, ledger)).collect()
}

/// Returns what is to be run for one delivery, if a person is needed.
pub(super) fn of_row(row: &Row, ledger: &Ledger) -> Vec<Errand> {
    let Some(state) = ledger.delivery(&row.post, &row.account).filter(|_| row.verdict == Verdict::Attention) else {
        return Vec::new();
    };
    let several = state.parts.len().max(row.parts) > 1;
    let make = |index: Option<usize>, when: &'static str, command: &str, rest: &str| {
        let mut line = format!("masthead {command} {} --account {}", word(row.post.as_str()), row.account);
        if let Some(index) = index {
            if several {
                line.push_str(&format!(" --part {}", index + 1));
            }
            if let Some(attempt) = state.attempt(index).filter(|_| command == "resolve" && rest != " --retracted") {
                line.push_str(&format!(" --attempt {}", short(attempt, state)));
            }
        }
        line.push_str(rest);
        let part = index.map(|index| index + 1);
        Errand { post: row.post.to_string(), account: row.account.to_string(), part, when, command: line }
    };
    let mut all = Vec::new();
    for (index, part) in state.parts.iter().enumerate() {
        match part {
            PartState::Attention { .. } | PartState::Sending(_) => {
                all.push(make(Some(index), "if it is there", "resolve", " --published URL"));
                if !is_received(state, index) {
                    all.push(make(Some(index), "if it is not there", "resolve", " --absent"));
                }
            }
            PartState::Failed { .. } => {
                all.push(make(Some(index), "to try it again as it is", "resolve", " --absent"));
                all.push(make(Some(index), "to give it up", "resolve", " --cancel"));
            }
            PartState::Queued { .. }
            | PartState::Published(_)
            | PartState::Retracted { .. }
            | PartState::Cancelled { .. } => {}
        }
    }
    if !all.is_empty() {
        return all;
    }
    let nameless = row.done.checked_sub(1).filter(|before| {
        row.done < row.parts && state.published(*before).is_some_and(|published| published.remote.id.is_empty())
    });
    let stray = (row.done + 1..state.parts.len()).find(|index| state.published(*index).is_some());
    let is_half_gone = state.parts.iter().any(|part| matches!(part, PartState::Retracted { .. }));
    all.push(if let Some(index) = nameless {
        make(Some(index), "to say where it is", "resolve", " --published URL")
    } else if is_half_gone {
        make(None, "to take the rest back", "retract", "")
    } else if let Some(index) = stray {
        make(Some(index), "after deleting it there", "resolve", " --retracted")
    } else {
        make(None, "after deleting it there", "resolve", " --retracted")
    });
    all
}

/// Returns whether the network has said that it has a part, so that only which one it is can be in question.
fn is_received(state: &DeliveryState, index: usize) -> bool {
    state.events.get(index).is_some_and(|events| events.iter().any(|event| event.what.kind() == "receipt"))
}

/// Cuts an id to what tells it from the others of its delivery.
fn short(id: &EventId, state: &DeliveryState) -> String {
    let others = || state.events.iter().flatten().map(|event| &event.id).filter(|other| *other != id);
    let is_clear = |length: &usize| id.0.get(..*length).is_some_and(|start| !others().any(|o| o.0.starts_with(start)));
    let length = (SHORT_ID..id.0.len()).find(is_clear);
    length.map_or_else(|| id.0.clone(), |length| id.0[..length].to_owned())
}

/// Quotes a word for a shell, if it needs it.
fn word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
