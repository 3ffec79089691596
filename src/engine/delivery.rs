use super::{Outcome, account::AccountRun, log::next_part, prepare::Prepared, recorder::Halted};
use crate::{
    ledger::{Appended, DeliveryState, Event, EventId, Happening, PartKey, PartState, excerpt},
    model::Remote,
    network::Receipt,
    plan::{Desired, Row, Verdict, continues},
    workspace::trial::kill_point,
};
use std::collections::BTreeMap;

/// One part of a delivery in the making: its state in the ledger as we know it, brought forward as we write.
pub(super) struct Part<'p> {
    pub(super) desired: &'p Desired,
    pub(super) key: PartKey,
    /// The part, from 0.
    pub(super) index: usize,
    pub(super) state: PartState,
    /// How many events of it we know of.
    pub(super) seen: u16,
    /// The events that were there when we came.
    pub(super) events: &'p [Event],
    /// What the parts before are called.
    pub(super) before: &'p [Remote],
    /// How many of its attempts are proven to have had no effect.
    pub(super) absent: u32,
    /// How often a claim of this run came too late to be used.
    pub(super) late: u32,
}

impl<'p> Part<'p> {
    /// Begins where the ledger says.
    pub(super) fn new(desired: &'p Desired, key: PartKey, state: &'p DeliveryState, before: &'p [Remote]) -> Self {
        let index = usize::from(key.part).saturating_sub(1);
        Self {
            desired,
            key,
            index,
            state: state.part(index),
            seen: state.seen(index),
            events: state.events.get(index).map_or(&[], Vec::as_slice),
            before,
            absent: absences(state.events.get(index)),
            late: 0,
        }
    }
}

/// What a step led to.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// It is out.
    Out(Remote),
    /// It has ended, for this run.
    Ended(Outcome),
    /// Its state has changed; look again.
    Again,
    /// We were asked to stop before anything was claimed.
    Stopped,
}

/// What was made, for a receipt.
pub(super) struct Made {
    pub(super) commit: String,
    pub(super) digest: String,
    pub(super) via: &'static str,
    pub(super) media: BTreeMap<String, String>,
}

impl AccountRun<'_> {
    /// Sends the parts of a delivery in order from the first that is missing. Stops at the first that doesn't get out, so
    /// that threads have no holes.
    ///
    /// A `settle` row is settled and nothing else: whether and when the rest goes out is for the next plan to say, since the
    /// post may have been changed or withdrawn after the attempt.
    pub(super) async fn deliver_parts(
        &mut self,
        row: &Row,
        desired: &Desired,
        state: &DeliveryState,
    ) -> Result<(), Halted> {
        let count = desired.draft.parts.len();
        if !continues(state, desired) && row.verdict == Verdict::Publish {
            // Somebody has begun it from another commit after the plan was made.
            self.run.log.settled(&row.post, &row.account, next_part(row), Outcome::Beaten);
            return Ok(());
        }
        let mut before: Vec<Remote> = Vec::new();
        for index in 0..count {
            if let Some(published) = state.published(index) {
                before.push(published.remote.clone());
                continue;
            }
            if self.run.world.stop.is_asked() {
                return Ok(());
            }
            let place = (index + 1, count);
            let key = PartKey {
                post: row.post.clone(),
                account: row.account.clone(),
                part: u16::try_from(index + 1).unwrap_or(u16::MAX),
            };
            let mut part = Part::new(desired, key, state, &before);
            self.run.log.started(&row.post, &row.account, place);
            let turn = self.run_part(row.verdict, &mut part).await?;
            // Only once nothing is open any more: until then the network may still fetch.
            if matches!(turn, Turn::Out(_) | Turn::Ended(Outcome::Failed { .. })) {
                self.put_away(&part.key).await;
            }
            let outcome = match turn {
                Turn::Out(remote) => {
                    if index == 0 {
                        self.note_published(&row.post, remote.clone());
                    }
                    let url = remote.url.clone();
                    before.push(remote);
                    Outcome::Published { url }
                }
                Turn::Ended(outcome) => outcome,
                Turn::Again | Turn::Stopped => return Ok(()),
            };
            kill_point("part-settled");
            let out = matches!(outcome, Outcome::Published { .. });
            self.run.log.settled(&row.post, &row.account, place, outcome);
            if !out || row.verdict == Verdict::Settle {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Does what a part's state asks for until it comes to an end.
    pub(super) async fn run_part(&mut self, verdict: Verdict, part: &mut Part<'_>) -> Result<Turn, Halted> {
        kill_point("part-begun");
        loop {
            match self.step(verdict, part).await? {
                Turn::Again => {}
                turn => return Ok(turn),
            }
        }
    }

    /// Does what a part's state asks for, if that is what the row is for.
    async fn step(&mut self, verdict: Verdict, part: &mut Part<'_>) -> Result<Turn, Halted> {
        let now = self.now();
        match part.state.clone() {
            PartState::Published(published) => Ok(Turn::Out(published.remote)),
            PartState::Attention { reason } => Ok(Turn::Ended(Outcome::Attention { reason })),
            // Its sender may still be at it. Nobody takes over before the lease is, and nobody whose plan knew nothing of it.
            PartState::Sending(intent) if verdict == Verdict::Settle && now >= intent.over() => {
                self.settle(part, &intent).await
            }
            PartState::Sending(_) => Ok(Turn::Ended(Outcome::Beaten)),
            // Somebody else has settled it since the plan was made.
            PartState::Queued { .. } | PartState::Failed { .. } if verdict == Verdict::Settle => {
                Ok(Turn::Ended(Outcome::Beaten))
            }
            PartState::Queued { not_before: Some(until), .. } if until > now => {
                Ok(Turn::Ended(Outcome::Deferred { until, why: "an earlier attempt asked to wait".to_owned() }))
            }
            PartState::Queued { attempts, .. } => self.attempt(part, attempts).await,
            PartState::Failed { kind, message, digest, .. } if digest == part.desired.digest => {
                Ok(Turn::Ended(Outcome::Failed { kind, message }))
            }
            PartState::Failed { attempts, .. } => self.attempt(part, attempts).await,
            // A person was faster than the plan.
            PartState::Retracted { .. } | PartState::Cancelled { .. } => Ok(Turn::Ended(Outcome::Beaten)),
        }
    }

    /// Writes a receipt. One that follows an intent is written whatever else has happened since: what is out is out.
    pub(super) async fn receive(
        &self,
        part: &mut Part<'_>,
        intent: Option<&EventId>,
        receipt: Receipt,
        made: Made,
    ) -> Result<Turn, Halted> {
        let draft = &part.desired.draft;
        let what = Happening::Receipt {
            remote: receipt.remote.clone(),
            commit: made.commit,
            digest: made.digest,
            excerpt: excerpt(&draft.parts[part.index].text.text),
            parts: u16::try_from(draft.parts.len()).unwrap_or(u16::MAX),
            via: made.via.to_owned(),
            media: made.media,
        };
        let seen = if intent.is_some() { None } else { Some(part.seen) };
        Ok(match self.run.scribe.write(&part.key, intent, what, seen).await? {
            Appended::Written => Turn::Out(receipt.remote),
            Appended::Beaten => Turn::Ended(Outcome::Beaten),
        })
    }

    /// Writes an event that must still fit what we know of the part; true if it did.
    pub(super) async fn note(
        &self,
        part: &mut Part<'_>,
        intent: Option<&EventId>,
        what: Happening,
    ) -> Result<bool, Halted> {
        let written = self.run.scribe.write(&part.key, intent, what, Some(part.seen)).await? == Appended::Written;
        part.seen += u16::from(written);
        Ok(written)
    }

    /// Returns what a receipt of the present draft tells.
    pub(super) fn made_now(&self, part: &Part<'_>, prepared: &Prepared) -> Made {
        Made {
            commit: self.run.world.commit.to_owned(),
            digest: part.desired.digest.clone(),
            via: "answer",
            media: prepared.fetched.clone(),
        }
    }
}

fn absences(events: Option<&Vec<Event>>) -> u32 {
    let count =
        events.map_or(0, |events| events.iter().filter(|it| matches!(it.what, Happening::Absent { .. })).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}
