//! Changing and taking back what is out.
//!
//! Both are repeatable: a change to the same text and a deletion of what is gone end in the same state, so neither has an
//! intent. What was done is written down after it; who dies in between does it again.

use super::{
    Outcome, account::AccountRun, clock::random_id, delivery::Part, prepare::Unprepared, recorder::Halted,
    verdict::explain,
};
use crate::{
    ledger::{DeliveryState, Happening, PartKey, PartState, excerpt},
    model::Remote,
    network::{Attempt, ErrorKind, NetworkError, Wire},
    plan::{Desired, Row},
};

/// A part that is out.
struct Live {
    key: PartKey,
    index: usize,
    remote: Remote,
}

impl AccountRun<'_> {
    /// Deletes every part that is out, the last one first, so that what is left is never a thread with a hole. A freeze
    /// doesn't stop it: taking something back is what a crisis asks for.
    pub(super) async fn retract(&mut self, row: &Row) -> Result<(), Halted> {
        let live = self.live(row);
        for part in live.iter().rev() {
            if self.run.world.stop.is_asked() {
                return Ok(());
            }
            let place = (part.index + 1, live.len().max(part.index + 1));
            self.run.log.started(&row.post, &row.account, place);
            // What is made anew from the ledger is gone with the event.
            let deleted = if self.profile().projected { Ok(()) } else { self.delete(&part.remote).await };
            let outcome = match deleted {
                Ok(()) => {
                    let wanted = row.desired.as_ref().is_some_and(|desired| desired.retract);
                    let why = match &self.run.asked.why {
                        Some(why) => why,
                        None if wanted && self.run.asked.by.is_none() => "its post says `retract = true`",
                        None => "somebody ran `masthead retract`",
                    };
                    self.run.scribe.write(&part.key, None, Happening::Retract { why: why.to_owned() }, None).await?;
                    Outcome::Retracted
                }
                Err(error) if error.kind == ErrorKind::Unsupported => Outcome::Attention {
                    reason: format!(
                        "{} deletes nothing for programs: delete {} there, then run `masthead resolve {} --account {} \
                         --retracted`",
                        self.profile().name,
                        part.remote.url.as_deref().unwrap_or("it"),
                        row.post,
                        row.account,
                    ),
                },
                Err(error) => Outcome::Blocked { why: format!("it is still out: {}", explain(&error)) },
            };
            let is_gone = outcome == Outcome::Retracted;
            self.run.log.settled(&row.post, &row.account, place, outcome);
            if !is_gone {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Changes every part to what is wanted now. The first part goes last: its receipt says what is out, so a run that dies
    /// in between leaves the delivery to be updated still.
    pub(super) async fn update(&mut self, row: &Row, desired: &Desired) -> Result<(), Halted> {
        let live = self.live(row);
        let count = desired.draft.parts.len();
        if live.len() != count {
            self.run.log.settled(&row.post, &row.account, (1, count.max(1)), Outcome::Beaten);
            return Ok(());
        }
        let before: Vec<Remote> = live.iter().map(|part| part.remote.clone()).collect();
        for part in live.iter().rev() {
            if self.run.world.stop.is_asked() {
                return Ok(());
            }
            let place = (part.index + 1, count);
            self.run.log.started(&row.post, &row.account, place);
            let edited = self.edit(part, desired, &before[..part.index]).await?;
            self.put_away(&part.key).await;
            let outcome = match edited {
                Ok(remote) => {
                    let what = Happening::Edit {
                        commit: self.run.world.commit.to_owned(),
                        digest: desired.digest.clone(),
                        excerpt: excerpt(&desired.draft.parts[part.index].text.text),
                        parts: u16::try_from(count).unwrap_or(u16::MAX),
                    };
                    self.run.scribe.write(&part.key, None, what, None).await?;
                    Outcome::Updated { url: remote.url }
                }
                Err(why) => Outcome::Blocked { why },
            };
            let is_done = matches!(outcome, Outcome::Updated { .. });
            self.run.log.settled(&row.post, &row.account, place, outcome);
            if !is_done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the parts that are out, in order.
    fn live(&self, row: &Row) -> Vec<Live> {
        let nothing = DeliveryState::default();
        let state = self.run.ledger.delivery(&row.post, &row.account).unwrap_or(&nothing);
        let out = state.parts.iter().enumerate().filter_map(|(index, part)| match part {
            PartState::Published(published) => Some(Live {
                key: PartKey {
                    post: row.post.clone(),
                    account: row.account.clone(),
                    part: u16::try_from(index + 1).unwrap_or(u16::MAX),
                },
                index,
                remote: published.remote.clone(),
            }),
            _ => None,
        });
        out.collect()
    }

    async fn delete(&mut self, remote: &Remote) -> Result<(), NetworkError> {
        let mut renewed = false;
        loop {
            self.sign_in().await?;
            let deleted = {
                let mut hand = self.amending_hand(&[], &|_| {});
                let mut wire = Wire::new(&mut hand, &self.session);
                self.network.delete(self.account, remote, &mut wire).await
            };
            match deleted.map_err(|error| self.run.redactor.error(error)) {
                Err(error) if error.kind == ErrorKind::SignedOut && !renewed => {
                    renewed = true;
                    self.sign_in_anew(&error).await?;
                }
                deleted => return deleted,
            }
        }
    }

    /// Changes one part, or tells why that can't be.
    async fn edit(
        &mut self,
        live: &Live,
        desired: &Desired,
        before: &[Remote],
    ) -> Result<Result<Remote, String>, Halted> {
        self.run.brakes.look(&self.run.scribe).await?;
        if let Some(why) = self.run.brakes.frozen(&live.key.account, desired.campaign.as_deref()) {
            return Ok(Err(why));
        }
        let world = self.run.world;
        let attempt = Attempt { key: random_id(world.entropy), at: world.clock.now(), nonce: 0 };
        let part = Part {
            desired,
            key: live.key.clone(),
            index: live.index,
            state: PartState::Queued { attempts: 0, not_before: None },
            seen: 0,
            events: &[],
            before,
            absent: 0,
            late: 0,
        };
        let prepared = match self.prepare_to_send(&part).await {
            Ok(prepared) => prepared,
            Err(Unprepared::Missing(why) | Unprepared::Changed { why, .. }) => return Ok(Err(why)),
        };
        let mut renewed = false;
        loop {
            if let Err(error) = self.sign_in().await {
                return Ok(Err(explain(&error)));
            }
            let edited = {
                let job = self.job(&part, &prepared, &attempt);
                let waiting = |why: &str| self.run.log.waiting(&part.key.post, &part.key.account, why);
                let mut hand = self.amending_hand(&prepared.uploads, &waiting);
                let mut wire = Wire::new(&mut hand, &self.session);
                self.network.edit(&job, &live.remote, &mut wire).await
            };
            match edited.map_err(|error| self.run.redactor.error(error)) {
                Ok(receipt) => return Ok(Ok(receipt.remote)),
                Err(error) if error.kind == ErrorKind::SignedOut && !renewed => {
                    renewed = true;
                    if let Err(error) = self.sign_in_anew(&error).await {
                        return Ok(Err(explain(&error)));
                    }
                }
                Err(error) => return Ok(Err(format!("it is as it was, or nobody knows: {}", explain(&error)))),
            }
        }
    }
}
