//! What a person says of a delivery, as events. Pure: the ledger and the clock are given.

use super::Failure;
use crate::{
    ledger::{DeliveryState, Event, EventId, Happening, PartState, excerpt},
    model::{Account, Remote, Timestamp, Zone},
    network,
    plan::Row,
    report::SHORT_ID,
};
use std::{collections::BTreeMap, time::Duration};

/// What a person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is out, under this address.
    Published(String),
    /// The attempt had no effect.
    Absent,
    /// It never goes out.
    Cancel,
    /// It was out, and is deleted there.
    Retracted,
}

/// What is said of what.
pub(super) struct Case<'a> {
    pub(super) said: &'a Said,
    /// The part, from 1, if it was named.
    pub(super) part: Option<usize>,
    /// The beginning of the attempt's id, if it was named.
    pub(super) attempt: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
    /// What the ledger has of the delivery; none if nothing was ever tried.
    pub(super) state: Option<&'a DeliveryState>,
    /// The plan's row, if there is one.
    pub(super) row: Option<&'a Row>,
    pub(super) account: Option<&'a Account>,
    pub(super) now: Timestamp,
    pub(super) zone: Zone,
    /// The commit of the publish branch.
    pub(super) commit: &'a str,
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The part, from 0.
    pub(super) index: usize,
    pub(super) of: Option<EventId>,
    pub(super) what: Happening,
    /// How many events of the part were seen.
    pub(super) seen: u16,
}

/// How far ahead of ours a clock may be before its leases are believed no more.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Decides what is written, or why that can't be.
pub(super) fn steps(case: &Case<'_>) -> Result<Vec<Step>, Failure> {
    let nothing = DeliveryState::default();
    let state = case.state.unwrap_or(&nothing);
    let count = state.parts.len().max(case.row.map_or(0, |row| row.parts)).max(1);
    if let Some(part) = case.part.filter(|part| *part > count) {
        let have = if count == 1 { "it has one part".to_owned() } else { format!("it has {count} parts") };
        return Err(Failure::usage(format!("there is no part {part}: {have}")).hint("name another with `--part`"));
    }
    if *case.said == Said::Retracted && case.part.is_none() {
        return all_retracted(case, state);
    }
    let index = case.part.map_or_else(|| in_question(state), |part| part - 1);
    one(case, state, index).map(|step| vec![step])
}

/// Returns the part that a person is needed for, or else the first that is not out; from 0.
fn in_question(state: &DeliveryState) -> usize {
    let waits = |part: &PartState| matches!(part, PartState::Attention { .. } | PartState::Sending(_));
    let is_out = |part: &PartState| matches!(part, PartState::Published(_));
    let nameless = |part: &PartState| matches!(part, PartState::Published(out) if out.remote.id.is_empty());
    let parts = &state.parts;
    let open = parts.iter().position(waits).or_else(|| parts.iter().position(|part| !is_out(part)));
    open.or_else(|| parts.iter().position(nameless)).unwrap_or(0)
}

/// Notes for every part that is out that it was deleted, the last first, as the machine does it.
fn all_retracted(case: &Case<'_>, state: &DeliveryState) -> Result<Vec<Step>, Failure> {
    let out = (0..state.parts.len()).rev().filter(|index| state.published(*index).is_some());
    let steps: Vec<Step> = out.map(|index| one(case, state, index)).collect::<Result<_, _>>()?;
    if steps.is_empty() { one(case, state, in_question(state)).map(|step| vec![step]) } else { Ok(steps) }
}

fn one(case: &Case<'_>, state: &DeliveryState, index: usize) -> Result<Step, Failure> {
    let part = state.part(index);
    allowed(case, &part)?;
    let needs_attempt = match (&part, case.said) {
        (PartState::Sending(_) | PartState::Attention { .. } | PartState::Failed { .. }, _) => true,
        (PartState::Published(_), Said::Published(_)) => state.attempt(index).is_some(),
        (
            PartState::Published(_)
            | PartState::Queued { .. }
            | PartState::Cancelled { .. }
            | PartState::Retracted { .. },
            _,
        ) => false,
    };
    let attempt = attempt(case, state, index, needs_attempt)?;
    let why = |usual: &str| case.reason.unwrap_or(usual).to_owned();
    let what = match case.said {
        Said::Published(url) => receipt(case, state, index, attempt.as_ref(), url),
        Said::Absent => Happening::Absent { evidence: why("somebody has looked") },
        Said::Cancel => Happening::Cancel { why: why("somebody decided so") },
        Said::Retracted => Happening::Retract { why: why("somebody has deleted it there") },
    };
    let of = if matches!(case.said, Said::Cancel | Said::Retracted) { None } else { attempt };
    Ok(Step { index, of, what, seen: state.seen(index) })
}

/// Sees that what is said can be: it must not contradict what is known.
fn allowed(case: &Case<'_>, part: &PartState) -> Result<(), Failure> {
    let no = |what: &str, hint: &str| Err(Failure::usage(what).hint(hint));
    match (case.said, part) {
        (Said::Absent, PartState::Sending(intent)) if case.now < intent.over() && intent.at.since(case.now) <= DAY => {
            let until = intent.over().display_in(case.zone);
            no(
                &format!("a publisher may still be sending it, until {until}"),
                "look again after that: it could arrive after you have looked",
            )
        }
        (Said::Cancel, PartState::Sending(_)) => no(
            "it may be out already, so it can't be cancelled",
            "tell first what became of the attempt: `--published URL`, or `--absent` and then `--cancel`",
        ),
        (Said::Published(_), PartState::Queued { attempts: 0, .. }) => {
            no("it was never tried, so it can't have been published by Masthead", "`--cancel` keeps it from going out")
        }
        (Said::Absent | Said::Cancel, PartState::Published(_)) => {
            no("it is out", "if it was deleted there, say `--retracted`; `masthead retract` deletes it")
        }
        (Said::Absent, PartState::Queued { .. }) => no("nobody waits for news of it", "it is sent when it is due"),
        (Said::Cancel, PartState::Cancelled { .. }) => no("it is cancelled already", "`--absent` takes that back"),
        (_, PartState::Retracted { .. }) => {
            no("it was taken back already", "write a new post, with an id of its own, to say it again")
        }
        (
            Said::Retracted,
            PartState::Queued { .. }
            | PartState::Sending(_)
            | PartState::Failed { .. }
            | PartState::Attention { .. }
            | PartState::Cancelled { .. },
        ) => no(
            "it is not known to be out, so it can't have been taken back",
            "if it is not there, say `--absent`; `--cancel` keeps what was never sent from going out",
        ),
        (
            Said::Published(_) | Said::Absent | Said::Cancel | Said::Retracted,
            PartState::Queued { .. }
            | PartState::Sending(_)
            | PartState::Published(_)
            | PartState::Failed { .. }
            | PartState::Attention { .. }
            | PartState::Cancelled { .. },
        ) => Ok(()),
    }
}

/// Finds the attempt that is meant. It must be the one that the part's state is about.
fn attempt(case: &Case<'_>, state: &DeliveryState, index: usize, needed: bool) -> Result<Option<EventId>, Failure> {
    let awaited = state.attempt(index);
    let Some(start) = case.attempt else {
        return match awaited {
            Some(id) if needed => {
                let short: String = id.0.chars().take(SHORT_ID).collect();
                Err(Failure::usage("say which attempt you have looked at")
                    .hint(format!("the one in question is `--attempt {short}`")))
            }
            awaited => Ok(awaited.cloned()),
        };
    };
    if start.len() < SHORT_ID {
        return Err(Failure::usage(format!("`{}` is too short to say which attempt is meant", start.escape_debug()))
            .hint(format!("write at least {SHORT_ID} characters of its id, as `masthead status` prints it")));
    }
    let is_intent = |event: &&Event| matches!(event.what, Happening::Intent { .. });
    let events = state.events.get(index).into_iter().flatten();
    let fitting: Vec<&EventId> =
        events.filter(is_intent).map(|event| &event.id).filter(|id| id.0.starts_with(start)).collect();
    match fitting[..] {
        [id] if Some(id) == awaited => Ok(Some(id.clone())),
        [_] => Err(Failure::usage(format!("`{start}` is an earlier attempt: another was made since"))
            .hint("look again, and tell of the attempt that `masthead status` prints now")),
        [] => Err(Failure::usage(format!("part {} has no attempt `{}`", index + 1, start.escape_debug()))
            .hint("copy the line that `masthead status` prints")),
        _ => Err(Failure::usage(format!("`{start}` could be more than one attempt")).hint("write more of its id")),
    }
}

/// Makes the receipt of what a person has found: what was sent is what the attempt's intent says.
fn receipt(case: &Case<'_>, state: &DeliveryState, index: usize, of: Option<&EventId>, url: &str) -> Happening {
    let events = || state.events.get(index).into_iter().flatten();
    let intent = events().find(|event| Some(&event.id) == of).map(|event| &event.what);
    let (commit, digest, media) = match intent {
        Some(Happening::Intent { commit, digest, media, .. }) => (commit.clone(), digest.clone(), media.clone()),
        _ => (case.commit.to_owned(), String::new(), BTreeMap::new()),
    };
    let desired = case.row.and_then(|row| row.desired.as_deref());
    // Where the post was changed since, nobody here knows the words that went out.
    let same = desired.filter(|desired| desired.digest == digest).map(|desired| &desired.draft);
    let text = same.and_then(|draft| draft.parts.get(index)).map_or("", |part| &part.text.text);
    let first = state.published(0).map(|first| first.parts);
    let parts = same.map(|draft| u16::try_from(draft.parts.len()).unwrap_or(u16::MAX)).or(first);
    let located = case.account.and_then(|account| network::find(account.network)?.remote_at(account, url));
    let remote = located.unwrap_or_else(|| Remote { id: String::new(), url: None, extra: BTreeMap::new() });
    Happening::Receipt {
        remote: Remote { url: Some(url.to_owned()), ..remote },
        commit,
        digest,
        excerpt: excerpt(text),
        parts: parts.unwrap_or_else(|| u16::try_from(state.parts.len().max(index + 1)).unwrap_or(u16::MAX)),
        via: "person".to_owned(),
        media,
    }
}

/// Returns whether a delivery's network is made anew from the ledger, so that its addresses are paths.
pub(super) fn is_projected(row: &Row) -> bool {
    row.draft().and_then(|draft| network::find(draft.network)).is_some_and(|network| network.profile().projected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        fixture::{hold, intent, receipt},
        fold,
    };

    /// The attempt of [`tried`].
    const TRY: &str = "0a1b2c3d4e5f";

    fn tried(part: u16) -> Event {
        intent("hello", "brand", part, TRY)
    }

    fn held() -> Vec<Event> {
        vec![tried(1), hold("hello", "brand", 1, "2", TRY)]
    }

    fn out(part: u16, id: &str) -> Event {
        receipt("hello", "brand", part, id, TRY, id)
    }

    /// Says something of what has happened, a day after it.
    fn say(events: Vec<Event>, said: &Said, attempt: Option<&str>, now: i64) -> Result<String, String> {
        let ledger = fold(None, (1..).zip(events));
        let steps = steps(&Case {
            said,
            part: None,
            attempt,
            reason: None,
            state: ledger.deliveries.values().next().map(|state| &**state),
            row: None,
            account: None,
            now: Timestamp::from_millis(now * 1000),
            zone: Zone::UTC,
            commit: "c0ffee",
        });
        let shown = |step: &Step| {
            let of = step.of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
            format!("{} {}{of} after {}", step.what.kind(), step.index + 1, step.seen)
        };
        steps.map(|steps| steps.iter().map(shown).collect::<Vec<_>>().join(", ")).map_err(|failure| failure.message)
    }

    #[track_caller]
    fn check(events: Vec<Event>, said: Said, attempt: Option<&str>, expect: Result<&str, &str>) {
        let said = say(events, &said, attempt, 86_400);
        assert_eq!(said.as_deref().map_err(String::as_str), expect);
    }

    #[test]
    fn what_settles_an_attempt_names_it() {
        let url = || Said::Published("https://a.example/1".to_owned());
        check(held(), url(), Some("0a1b2c3d"), Ok("receipt 1 of 0a1b2c3d4e5f after 2"));
        check(held(), Said::Absent, Some(TRY), Ok("absent 1 of 0a1b2c3d4e5f after 2"));
        check(held(), Said::Cancel, Some(TRY), Ok("cancel 1 after 2"));
        check(vec![tried(1)], Said::Absent, Some(TRY), Ok("absent 1 of 0a1b2c3d4e5f after 1"));
        check(held(), Said::Absent, None, Err("say which attempt you have looked at"));
        check(held(), Said::Absent, Some("0a1b"), Err("`0a1b` is too short to say which attempt is meant"));
        check(held(), Said::Absent, Some("0a1b2c3e"), Err("part 1 has no attempt `0a1b2c3e`"));
    }

    #[test]
    fn what_may_still_be_sent_is_not_absent() {
        let absent = |now| say(vec![tried(1)], &Said::Absent, Some(TRY), now);
        assert_eq!(absent(130), Ok("absent 1 of 0a1b2c3d4e5f after 1".to_owned()));
        assert_eq!(absent(129), Err("a publisher may still be sending it, until 1970-01-01 00:02 +00:00".to_owned()));
        // A clock that is so far ahead can't be waited for.
        assert!(absent(-86_401).is_ok());
        check(vec![tried(1)], Said::Cancel, Some(TRY), Err("it may be out already, so it can't be cancelled"));
    }

    #[test]
    fn what_was_never_tried_needs_no_attempt() {
        check(Vec::new(), Said::Cancel, None, Ok("cancel 1 after 0"));
        check(Vec::new(), Said::Absent, None, Err("nobody waits for news of it"));
        let why = "it is not known to be out, so it can't have been taken back";
        check(Vec::new(), Said::Retracted, None, Err(why));
    }

    #[test]
    fn a_thread_that_was_deleted_is_noted_from_its_end() {
        let thread = vec![tried(1), out(1, "109"), out(2, "110")];
        check(thread.clone(), Said::Retracted, None, Ok("retract 2 after 1, retract 1 after 2"));
        check(thread, Said::Cancel, None, Err("it is out"));
    }
}
