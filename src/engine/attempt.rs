use super::{
    Outcome,
    account::AccountRun,
    ask::Reply,
    claim::{Basis, Withheld, intent, seconds},
    clock::random_id,
    delivery::{Made, Part, Turn},
    flow::Flown,
    pace::{backoff, jittered},
    prepare::{Prepared, Unprepared},
    recorder::Halted,
    verdict::{Claimed, Sent, Verdict, explain, judge},
};
use crate::{
    ledger::{Appended, EventId, Happening, Intent, PartState},
    model::Timestamp,
    network::{Attempt, ErrorKind, NetworkError, Receipt, Settling},
};
use futures_util::future::join;
use std::time::Duration;

/// How often the network is asked within the run what became of a request, where asking is cheap and safe.
const QUESTIONS: u32 = 2;

impl AccountRun<'_> {
    /// Sends a part for the first time, or anew after it is proven that no earlier attempt had an effect.
    pub(super) async fn attempt(&mut self, part: &mut Part<'_>, attempts: u32) -> Result<Turn, Halted> {
        let world = self.run.world;
        if let Some(why) = self.broken() {
            return Ok(Turn::Ended(Outcome::Deferred { until: world.clock.now(), why }));
        }
        let begun = world.clock.boottime();
        let mut nonce = [0; 8];
        world.entropy.fill(&mut nonce);
        let mut attempt =
            Attempt { key: random_id(world.entropy), at: world.clock.now(), nonce: u64::from_le_bytes(nonce) };
        let prepared = match self.prepare_to_send(part).await {
            Ok(prepared) => prepared,
            Err(Unprepared::Missing(why)) => return Ok(Turn::Ended(Outcome::Blocked { why })),
            Err(Unprepared::Changed { why, intent }) => return self.hold_changed(part, &intent, why).await,
        };
        let (mut tries, mut renewed) = (attempts, false);
        loop {
            if let Err(error) = self.sign_in().await {
                return self.not_signed_in(part, error).await;
            }
            tries += 1;
            let flown = match self.before(part, Claimed::Fresh).await {
                Some(early) => early,
                None => {
                    if !renewed {
                        // Whoever takes over compares it with a clock of theirs, so the network's counts.
                        attempt.at = self.now().minus(world.clock.boottime().saturating_sub(begun));
                    }
                    let basis = Basis::New {
                        attempt: tries,
                        seen: part.seen,
                        digest: &part.desired.digest,
                        media: &prepared.fetched,
                    };
                    let claim = self.claim(&part.key, &attempt, begun, basis, part);
                    self.publish(part, &prepared, &attempt, claim).await
                }
            };
            let Flown { result, record, claimed } = flown;
            part.seen += record.written;
            if let Some(withheld) = record.withheld {
                return self.held_back(part, withheld, tries).await;
            }
            let intent = record.intent.as_ref();
            let error = match result {
                Ok(receipt) => {
                    let made = self.made_now(part, &prepared);
                    return self.receive(part, intent, receipt, made).await;
                }
                Err(error) => error,
            };
            let verdict = judge(&error, record.sent, claimed);
            match (verdict, intent) {
                (Verdict::SignIn, _) => {
                    if let Some(intent) = intent {
                        let why = format!("signed out: {error}");
                        if !self.note(part, Some(intent), Happening::Release { why }).await? {
                            return Ok(Turn::Ended(Outcome::Beaten));
                        }
                    } else {
                        tries -= 1;
                    }
                    if renewed {
                        return Ok(self.locked_out(&error));
                    }
                    renewed = true;
                    if let Err(error) = self.sign_in_anew(&error).await {
                        return self.not_signed_in(part, error).await;
                    }
                }
                (Verdict::Out | Verdict::Open, Some(intent)) => {
                    let intent = self.open_intent(part, intent, &attempt, tries, begun);
                    let made = self.made_now(part, &prepared);
                    return self.doubt(part, &intent, &error, verdict, made).await;
                }
                (Verdict::Later, _) => return self.put_off(part, intent, &error).await,
                (Verdict::Failed, Some(intent)) => return self.fail(part, Some(intent), &error).await,
                (Verdict::Failed, None) => return self.fail_unsent(part, &attempt, tries, &error, &prepared).await,
                (Verdict::Blocked | Verdict::Out | Verdict::Open, _) => {
                    let outcome = Outcome::Blocked { why: explain(&error) };
                    self.held_up = Some(outcome.clone());
                    return Ok(Turn::Ended(outcome));
                }
            }
        }
    }

    /// Nobody can tell whether it is out, or what it is called. Asks at once where that is cheap and can't make a second
    /// post: networks on which the id or the key is ours.
    ///
    /// A success that can't be read is believed only where nobody can be asked. Elsewhere it may have been somebody else's
    /// page, as of a hotel's network, so the intent stays open and is settled like any other.
    async fn doubt(
        &mut self,
        part: &mut Part<'_>,
        intent: &Intent,
        error: &NetworkError,
        verdict: Verdict,
        made: Made,
    ) -> Result<Turn, Halted> {
        let world = self.run.world;
        if self.profile().settling == Settling::Person && verdict == Verdict::Out {
            return self.receive(part, Some(&intent.id), Receipt::default(), made).await;
        }
        for question in 0..QUESTIONS {
            if !matches!(self.profile().settling, Settling::OwnId | Settling::Hash | Settling::Key { .. }) {
                break;
            }
            self.run.log.waiting(&part.key.post, &part.key.account, "the answer was lost; the network is asked again");
            // Longer the second time: the first request may still be at work over there.
            if !world.wait(jittered(world.entropy, Duration::from_secs(5 << (2 * question)))).await {
                break;
            }
            match self.ask_at_once(part, intent).await? {
                Reply::Out(receipt, made) => return self.receive(part, Some(&intent.id), receipt, made).await,
                Reply::Refused(error) if verdict == Verdict::Open => {
                    return self.fail(part, Some(&intent.id), &error).await;
                }
                Reply::Refused(_)
                | Reply::Absent
                | Reply::Unclear(_)
                | Reply::Open(_)
                | Reply::Held(_)
                | Reply::Wait(..)
                | Reply::Taken
                | Reply::Stopped => {}
            }
        }
        let why = format!("{}; what became of it is asked after {}", explain(error), self.display(intent.over()));
        Ok(Turn::Ended(Outcome::Unknown { why }))
    }

    /// Nothing happened, and it may work later.
    async fn put_off(
        &mut self,
        part: &mut Part<'_>,
        intent: Option<&EventId>,
        error: &NetworkError,
    ) -> Result<Turn, Halted> {
        let world = self.run.world;
        let times = part.events.iter().filter(|event| matches!(event.what, Happening::Defer { .. })).count();
        let wait = backoff(world.entropy, u32::try_from(times).unwrap_or(u32::MAX));
        let told = error.wait.map(|wait| world.clock.now().plus(wait)).max(self.spent(0));
        let until = world.clock.now().plus(wait).max(told.unwrap_or(Timestamp::EPOCH));
        let why = explain(error);
        if !self.note(part, intent, Happening::Defer { until, why: why.clone() }).await? {
            return Ok(Turn::Ended(Outcome::Beaten));
        }
        let outcome = Outcome::Deferred { until, why };
        if matches!(error.kind, ErrorKind::RateLimited | ErrorKind::NotSent) {
            self.held_up = Some(outcome.clone());
        }
        Ok(Turn::Ended(outcome))
    }

    /// The network refused it for good.
    pub(super) async fn fail(
        &mut self,
        part: &mut Part<'_>,
        intent: Option<&EventId>,
        error: &NetworkError,
    ) -> Result<Turn, Halted> {
        let (kind, message) = (error.kind.as_str().to_owned(), explain(error));
        let what = Happening::Fail { kind: kind.clone(), message: message.clone() };
        Ok(Turn::Ended(match self.note(part, intent, what).await? {
            true => Outcome::Failed { kind, message },
            false => Outcome::Beaten,
        }))
    }

    /// The network refused what comes before the publication, such as an upload. The failure needs an intent to follow,
    /// which tells what was tried: only then does an edit of the post end it. Both go into one commit.
    async fn fail_unsent(
        &self,
        part: &mut Part<'_>,
        attempt: &Attempt,
        tries: u32,
        error: &NetworkError,
        prepared: &Prepared,
    ) -> Result<Turn, Halted> {
        let (scribe, world) = (&self.run.scribe, self.run.world);
        let (kind, message) = (error.kind.as_str().to_owned(), explain(error));
        let id = scribe.id();
        let made =
            intent(world, attempt, tries, &part.desired.digest, seconds(world.times().lease), None, &prepared.fetched);
        let fail = Happening::Fail { kind: kind.clone(), message: message.clone() };
        let (made, failed) = join(
            scribe.write_as(id.clone(), &part.key, None, attempt.at, made, Some(part.seen)),
            scribe.write(&part.key, Some(&id), fail, Some(part.seen + 1)),
        )
        .await;
        let written = made?.appended == Appended::Written && failed? == Appended::Written;
        Ok(Turn::Ended(if written { Outcome::Failed { kind, message } } else { Outcome::Beaten }))
    }

    /// What an earlier attempt took from the web is there no more. Which of the two goes out is for a person to say; until
    /// then the ledger keeps every publisher from it.
    async fn hold_changed(&self, part: &mut Part<'_>, intent: &EventId, why: String) -> Result<Turn, Halted> {
        let reason = format!(
            "{why}; nothing was sent: bring back what was there, or tell with `masthead resolve` that the earlier attempt is \
             not out, and what is there now is taken"
        );
        Ok(Turn::Ended(match self.note(part, Some(intent), Happening::Hold { reason: reason.clone() }).await? {
            true => Outcome::Attention { reason },
            false => Outcome::Beaten,
        }))
    }

    async fn not_signed_in(&mut self, part: &mut Part<'_>, error: NetworkError) -> Result<Turn, Halted> {
        if self.was_stopped(&error) {
            return Ok(Turn::Stopped);
        }
        match judge(&error, Sent::No, Claimed::Fresh) {
            Verdict::Later => {
                let turn = self.put_off(part, None, &error).await?;
                if let Turn::Ended(outcome) = &turn {
                    self.held_up = Some(outcome.clone());
                }
                Ok(turn)
            }
            Verdict::Out | Verdict::SignIn | Verdict::Blocked | Verdict::Failed | Verdict::Open => {
                Ok(self.locked_out(&error))
            }
        }
    }

    /// The account's credential is no good: nothing of it can go out.
    pub(super) fn locked_out(&mut self, error: &NetworkError) -> Turn {
        let id = &self.account.id;
        let why = format!("{}; renew the token of account `{id}`, and see `masthead doctor`", explain(error));
        let outcome = Outcome::Blocked { why };
        self.held_up = Some(outcome.clone());
        Turn::Ended(outcome)
    }

    async fn held_back(&mut self, part: &mut Part<'_>, withheld: Withheld, tries: u32) -> Result<Turn, Halted> {
        Ok(match withheld {
            Withheld::Halted => return Err(Halted),
            Withheld::Stopped => Turn::Stopped,
            Withheld::Beaten => Turn::Ended(Outcome::Beaten),
            Withheld::TooLate if part.late == 0 => {
                part.late += 1;
                part.state = PartState::Queued { attempts: tries, not_before: None };
                Turn::Again
            }
            Withheld::TooLate => Turn::Ended(Outcome::Deferred {
                until: self.run.world.clock.now(),
                why: "too much time passed between the claim and the request, twice; nothing was sent".to_owned(),
            }),
            Withheld::Early(until) => Turn::Ended(Outcome::Deferred {
                until,
                why: "by the network's clock it is not yet its time".to_owned(),
            }),
            Withheld::Spent(until) => {
                // In the ledger, so that no other publisher tries either.
                let why = "the network lets the account do no more for now".to_owned();
                match self.note(part, None, Happening::Defer { until, why: why.clone() }).await? {
                    true => Turn::Ended(Outcome::Deferred { until, why }),
                    false => Turn::Ended(Outcome::Beaten),
                }
            }
            Withheld::Frozen(why) => Turn::Ended(Outcome::Blocked { why }),
            Withheld::Clocks(why) => {
                let outcome = Outcome::Blocked { why };
                self.held_up = Some(outcome.clone());
                Turn::Ended(outcome)
            }
        })
    }

    /// Writes a moment as people of the workspace read it.
    pub(super) fn display(&self, at: Timestamp) -> String {
        at.display_in(self.run.world.config.zone)
    }

    /// Returns an intent of ours as the ledger has it.
    fn open_intent(&self, part: &Part<'_>, id: &EventId, attempt: &Attempt, tries: u32, begun: Duration) -> Intent {
        let now = self.run.world.clock.boottime();
        Intent {
            id: id.clone(),
            at: attempt.at,
            run: String::new(),
            attempt: tries,
            lease: self.run.world.times().lease + now.saturating_sub(begun),
            repeated: None,
            digest: part.desired.digest.clone(),
            key: attempt.key.clone(),
            nonce: attempt.nonce,
            network_time: None,
        }
    }
}
