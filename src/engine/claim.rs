use super::{
    TransportError, World,
    brakes::Brakes,
    heard::Heard,
    pace::claim_window,
    recorder::{Acknowledged, Halted},
    scribe::Scribe,
    verdict::{Claimed, Sent},
};
use crate::{
    ledger::{Appended, EventId, Happening, PartKey},
    model::Timestamp,
    network::{Attempt, ErrorKind, NetworkError, Response},
};
use std::{collections::BTreeMap, time::Duration};

/// How far the network's clock may be from ours.
const GREATEST_DIFFERENCE: Duration = Duration::from_secs(10 * 60);

/// How much before its time a post may reach a network whose clock is only known to the second.
const TOLERANCE: Duration = Duration::from_secs(2);

/// The right to send one request that people will see: an intent in the ledger, taken at the last moment.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    pub(super) scribe: &'a Scribe<'a>,
    /// What somebody has stopped.
    pub(super) brakes: &'a Brakes<'a>,
    /// The campaign of the post, which may be stopped.
    pub(super) campaign: Option<&'a str>,
    pub(super) key: &'a PartKey,
    pub(super) attempt: &'a Attempt,
    /// The boot clock when the attempt was begun.
    pub(super) begun: Duration,
    /// How much of the network's limit it uses up.
    pub(super) cost: u64,
    /// When the post is due.
    pub(super) due: Option<Timestamp>,
    /// What to write down before anything leaves.
    pub(super) basis: Basis<'a>,
    /// What has come of it.
    pub(super) record: Record,
}

/// What a claim stands on.
#[derive(Clone, Debug)]
pub(super) enum Basis<'a> {
    /// A new intent, if the part has as many events as we saw.
    New { attempt: u32, seen: u16, digest: &'a str, media: &'a BTreeMap<String, String> },
    /// An intent that is in the ledger, which is sent again: that is written down first, if the part has as many events as
    /// we saw. Who saw less may hold an attempt for open that others have long given up, and a server that gets one key
    /// twice at once may make two posts, since it notes a key only when it is done.
    Repeat { intent: EventId, seen: u16, again: Again },
}

/// What is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// An id of ours, under which the network has just said that it has nothing.
    Id,
    /// A key that is honoured until then.
    Key(Timestamp),
}

/// What has come of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The intent that is open in the ledger.
    pub(super) intent: Option<EventId>,
    /// How many events of the part we have written.
    pub(super) written: u16,
    /// What became of the request.
    pub(super) sent: Sent,
    /// Why it was held back.
    pub(super) withheld: Option<Withheld>,
}

/// Why a request was held back: it did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// Somebody else was first.
    Beaten,
    /// The ledger can't be used.
    Halted,
    /// Writing the claim down took too long, or the machine slept.
    TooLate,
    /// We were asked to stop.
    Stopped,
    /// It is not yet its time by the network's clock.
    Early(Timestamp),
    /// Our clock or the network's is wrong.
    Clocks(String),
    /// The network lets us do no more until then.
    Spent(Timestamp),
    /// Somebody has stopped publishing.
    Frozen(String),
}

impl Claim<'_> {
    /// Returns what is known of the intent.
    pub(super) fn claimed(&self) -> Claimed {
        match &self.basis {
            Basis::New { .. } => Claimed::Fresh,
            Basis::Repeat { again: Again::Key(_), .. } => Claimed::Standing,
            Basis::Repeat { again: Again::Id, .. } => Claimed::StandingAbsent,
        }
    }

    /// Notes a call that is not the publication.
    pub(super) fn another_call(&mut self) {
        if let Sent::Answered { more, .. } = &mut self.record.sent {
            *more = true;
        }
    }

    /// Notes how the publication ended.
    pub(super) fn sent(&mut self, result: &Result<Response, TransportError>) {
        self.record.sent = match result {
            Ok(response) => Sent::Answered { success: response.is_success(), more: false },
            Err(TransportError { not_sent: true, .. }) => Sent::NeverLeft,
            Err(TransportError { status: Some(200..300), .. }) => Sent::Cut,
            Err(TransportError { status: Some(300..), .. }) => Sent::Answered { success: false, more: false },
            Err(TransportError { .. }) => Sent::Lost,
        };
    }

    /// Makes sure that the request may leave now, or says why not.
    pub(super) async fn take(&mut self, world: World<'_>, heard: &Heard) -> Result<(), NetworkError> {
        if self.record.sent != Sent::No {
            // A bug in the adapter. The first request counts; whether it worked is a question for the network.
            return Err(error("an attempt publishes once, and this one wanted to publish again"));
        }
        if let Some(withheld) = self.brake(world, heard) {
            return self.withhold(withheld);
        }
        let (made, wall) = (world.clock.boottime(), world.clock.now());
        let now = heard.now(made).unwrap_or(wall);
        // The attempt's time stands in the intent, and uploads may have taken long since: the lease counts from there.
        let lease = seconds(world.times().lease + made.saturating_sub(self.begun));
        let id = self.scribe.id();
        let written = match &self.basis {
            Basis::Repeat { again: Again::Key(before), .. } if now >= *before => {
                return self.withhold(Withheld::TooLate);
            }
            Basis::Repeat { intent, seen, .. } => {
                let repeat = Happening::Repeat { lease: seconds(world.times().lease) };
                self.scribe.write_as(id.clone(), self.key, Some(intent), now, repeat, Some(*seen)).await
            }
            Basis::New { attempt, seen, digest, media } => {
                let intent = intent(world, self.attempt, *attempt, digest, lease, heard.now(made), media);
                self.scribe.write_as(id.clone(), self.key, None, self.attempt.at, intent, Some(*seen)).await
            }
        };
        match written {
            Ok(Acknowledged { appended: Appended::Written, at }) => {
                self.record.written += 1;
                self.look(&id).await?;
                self.guard(world, &id, made, wall, at).await?;
            }
            Ok(Acknowledged { appended: Appended::Beaten, .. }) => return self.withhold(Withheld::Beaten),
            Err(Halted) => return self.withhold(Withheld::Halted),
        }
        self.record.intent = match &self.basis {
            Basis::New { .. } => Some(id),
            Basis::Repeat { intent, .. } => Some(intent.clone()),
        };
        Ok(())
    }

    /// Returns why nothing may be claimed, if so.
    fn brake(&self, world: World<'_>, heard: &Heard) -> Option<Withheld> {
        if self.scribe.is_halted() {
            return Some(Withheld::Halted);
        }
        if world.stop.is_asked() {
            return Some(Withheld::Stopped);
        }
        if let Some(why) = self.brakes.frozen(&self.key.account, self.campaign) {
            return Some(Withheld::Frozen(why));
        }
        let boottime = world.clock.boottime();
        if let Some(wait) = heard.spent(self.cost, 0, boottime) {
            return Some(Withheld::Spent(world.clock.now().plus(wait)));
        }
        let there = heard.now(boottime)?;
        let here = world.clock.now();
        let apart = there.since(here).max(here.since(there));
        if apart > GREATEST_DIFFERENCE {
            return Some(Withheld::Clocks(format!(
                "this machine's clock and the network's are {} minutes apart; set the clock",
                apart.as_secs() / 60
            )));
        }
        self.due.filter(|due| there.plus(TOLERANCE) < *due).map(Withheld::Early)
    }

    /// The send guard: between the claim and the request no time may pass that could let others think that we are gone.
    async fn guard(
        &mut self,
        world: World<'_>,
        intent: &EventId,
        made: Duration,
        wall: Timestamp,
        acknowledged: Duration,
    ) -> Result<(), NetworkError> {
        let now = world.clock.boottime();
        let window = claim_window(world.times());
        let in_time = now.saturating_sub(acknowledged) <= world.times().send_window
            && now.saturating_sub(made) <= window
            && world.clock.now().since(wall) <= window;
        if in_time {
            return Ok(());
        }
        let why = "too much time passed between the claim and the request, which was not sent";
        self.release(intent, why, Withheld::TooLate).await
    }

    /// Looks for a freeze once more: one that somebody has put on since the plan was made stops even what is claimed.
    async fn look(&mut self, intent: &EventId) -> Result<(), NetworkError> {
        let frozen = match self.brakes.look(self.scribe).await {
            Ok(()) => self.brakes.frozen(&self.key.account, self.campaign),
            Err(Halted) => return self.withhold(Withheld::Halted),
        };
        let Some(why) = frozen else { return Ok(()) };
        self.release(intent, &why.clone(), Withheld::Frozen(why)).await
    }

    /// Gives a new intent up, whose request was not sent. One that is repeated stays open, since nobody knows what its first
    /// request did.
    async fn release(&mut self, intent: &EventId, why: &str, withheld: Withheld) -> Result<(), NetworkError> {
        let Basis::New { seen, .. } = self.basis else { return self.withhold(withheld) };
        let release = Happening::Release { why: why.to_owned() };
        // Who comes very late may find that another has repeated the intent: then it is no longer true that nothing left.
        match self.scribe.write(self.key, Some(intent), release, Some(seen + 1)).await {
            Ok(Appended::Written) => {
                self.record.written += 1;
                self.withhold(withheld)
            }
            Ok(Appended::Beaten) => self.withhold(Withheld::Beaten),
            Err(Halted) => self.withhold(Withheld::Halted),
        }
    }

    fn withhold(&mut self, withheld: Withheld) -> Result<(), NetworkError> {
        self.record.withheld = Some(withheld);
        Err(error("the request was held back"))
    }
}

impl Record {
    /// Starts with nothing.
    pub(super) fn new() -> Self {
        Self { intent: None, written: 0, sent: Sent::No, withheld: None }
    }
}

/// Makes the event that announces a request.
pub(super) fn intent(
    world: World<'_>,
    fixed: &Attempt,
    attempt: u32,
    digest: &str,
    lease: u64,
    network_time: Option<Timestamp>,
    media: &BTreeMap<String, String>,
) -> Happening {
    Happening::Intent {
        attempt,
        lease,
        commit: world.commit.to_owned(),
        digest: digest.to_owned(),
        key: fixed.key.clone(),
        nonce: fixed.nonce,
        network_time,
        media: media.clone(),
    }
}

/// Returns a time in whole seconds, rounded up.
pub(super) fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn error(message: &str) -> NetworkError {
    NetworkError::new(ErrorKind::Withheld, message)
}
