use super::{
    Outcome,
    account::AccountRun,
    claim::{Again, Basis, Withheld},
    delivery::{Made, Part},
    flow::Flown,
    pace::claim_window,
    pins,
    prepare::{Prepared, Unprepared},
    recorder::Halted,
    verdict::{Sent, Verdict, explain, judge},
};
use crate::{
    config::Times,
    ledger::{Event, EventId, Happening, Intent},
    model::Timestamp,
    network::{Attempt, ErrorKind, Found, NetworkError, Receipt, Settling, Wire},
    workspace::trial::kill_point,
};
use std::time::Duration;

/// How far apart two looks at a listing are that must agree before a post is believed to be absent.
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(60);

/// Returns how long before its window ends a key is no longer relied on: clocks differ, and a request that is claimed then
/// may still take its time to leave and to arrive.
pub(super) fn key_margin(times: &Times) -> Duration {
    const SKEW: Duration = Duration::from_secs(60);
    SKEW + claim_window(times) + times.connect_timeout + times.request_timeout
}

/// What asking about an open intent gave.
pub(super) enum Reply {
    /// It is out.
    Out(Receipt, Made),
    /// It never got out.
    Absent,
    /// It never got out, and the network refuses it.
    Refused(NetworkError),
    /// The network can't tell.
    Unclear(String),
    /// We don't know more than before.
    Open(String),
    /// It can't be asked now, for a reason that lies with us: however long that goes on, the network may still tell.
    Held(String),
    /// It can't be known before this.
    Wait(Timestamp, String),
    /// Another publisher is finding out.
    Taken,
    /// We were asked to stop.
    Stopped,
}

impl AccountRun<'_> {
    /// Asks what became of an intent. Settles nothing, and sends nothing that could make a second post.
    pub(super) async fn ask(&mut self, part: &mut Part<'_>, intent: &Intent) -> Result<Reply, Halted> {
        kill_point("question-begun");
        if let Err(error) = self.sign_in().await {
            return Ok(self.unanswered(&error));
        }
        let settling = match self.settling().await {
            Ok(settling) => settling,
            Err(error) => return Ok(self.unanswered(&error)),
        };
        if let Err(error) = self.hear().await {
            return Ok(self.unanswered(&error));
        }
        if self.now() < intent.over() {
            // The plan had our own clock alone.
            let why = "by the network's clock an attempt may still be under way".to_owned();
            return Ok(Reply::Wait(intent.over(), why));
        }
        match settling {
            // Nothing is ever sent there, so nothing can be on its way.
            Settling::Receipt => Ok(Reply::Absent),
            Settling::OwnId => self.ask_by_id(part, intent).await,
            Settling::Hash => self.ask_by_hash(part, intent).await,
            Settling::Key { window, settle } => self.ask_by_key(part, intent, window, settle).await,
            Settling::Listing { settle } => Ok(self.look(part, intent, intent.ends().plus(settle)).await),
            Settling::Person => Ok(Reply::Unclear(format!("{} can't be asked", self.profile().name))),
        }
    }

    /// Asks within the run that lost the answer, when the first request may still be at work over there.
    ///
    /// A server notes a key only once it is done, so that the same key sent to a slow one makes a second post. Under a key it
    /// is therefore only looked for now; the key is sent again once the lease is over. An id of ours can't go out twice.
    pub(super) async fn ask_at_once(&mut self, part: &mut Part<'_>, intent: &Intent) -> Result<Reply, Halted> {
        if let Err(error) = self.sign_in().await {
            return Ok(self.unanswered(&error));
        }
        match self.settling().await {
            Ok(Settling::OwnId) => self.ask_by_id(part, intent).await,
            Ok(Settling::Hash) => self.ask_by_hash(part, intent).await,
            Ok(Settling::Key { .. }) => Ok(self.find(part, intent).await),
            Ok(Settling::Receipt | Settling::Listing { .. } | Settling::Person) => {
                Ok(Reply::Open("the network can only be asked later".to_owned()))
            }
            Err(error) => Ok(self.unanswered(&error)),
        }
    }

    /// The id is ours: however late the first request arrives, it can only name the same post.
    async fn ask_by_id(&mut self, part: &mut Part<'_>, intent: &Intent) -> Result<Reply, Halted> {
        match self.find(part, intent).await {
            Reply::Absent => self.send_again(part, intent, Again::Id).await,
            reply => Ok(reply),
        }
    }

    /// The id is made of what was sent, so that the same is the same post however often it is sent. Anything else would be another
    /// post.
    async fn ask_by_hash(&mut self, part: &mut Part<'_>, intent: &Intent) -> Result<Reply, Halted> {
        if intent.digest != part.desired.digest {
            let why = "the post was edited after the attempt, so what was sent can't be asked for".to_owned();
            return Ok(Reply::Unclear(why));
        }
        self.ask_by_id(part, intent).await
    }

    /// The network remembers the key for a time and answers with the post that it made then. It is looked for first all the
    /// same: what is seen needs no trust in keys.
    async fn ask_by_key(
        &mut self,
        part: &mut Part<'_>,
        intent: &Intent,
        window: Duration,
        settle: Duration,
    ) -> Result<Reply, Halted> {
        let before = intent.at.plus(window).minus(key_margin(self.run.world.times()));
        if self.now() >= before {
            return Ok(self.look(part, intent, intent.ends().plus(settle)).await);
        }
        if intent.digest == part.desired.digest
            && let Reply::Out(receipt, made) = self.find(part, intent).await
        {
            return Ok(Reply::Out(receipt, made));
        }
        self.send_again(part, intent, Again::Key(before)).await
    }

    /// Looks our own posts through. What is there is there at once; what isn't is believed to be absent only when everything
    /// must be in the listing, and after a second look.
    async fn look(&mut self, part: &Part<'_>, intent: &Intent, complete: Timestamp) -> Reply {
        if intent.digest != part.desired.digest {
            // A listing is compared by text, and the text that was sent is no longer known.
            return Reply::Unclear("the post was edited after the attempt, so it can't be recognised".to_owned());
        }
        let is_complete = self.now() >= complete;
        match self.find(part, intent).await {
            Reply::Absent | Reply::Unclear(_) if !is_complete => {
                let why = "an attempt's answer was lost, and the network may not show it yet".to_owned();
                Reply::Wait(complete, why)
            }
            Reply::Absent => {
                let why = "the network is asked a second time whether an earlier attempt arrived";
                self.run.log.waiting(&part.key.post, &part.key.account, why);
                if !self.run.world.wait(SECOND_LOOK).await {
                    return Reply::Stopped;
                }
                self.find(part, intent).await
            }
            reply => reply,
        }
    }

    /// Asks the network without changing anything.
    async fn find(&mut self, part: &Part<'_>, intent: &Intent) -> Reply {
        let attempt = attempt_of(intent);
        // A search must not fail because a picture is gone: what is looked for was sent long ago.
        let prepared = self.prepare(part).await.unwrap_or_default();
        let mut renewed = false;
        loop {
            let found = {
                let job = self.job(part, &prepared, &attempt);
                let waiting = |why: &str| self.run.log.waiting(&part.key.post, &part.key.account, why);
                let mut hand = self.hand(&prepared.uploads, &waiting, None);
                let mut wire = Wire::new(&mut hand, &self.session);
                self.network.find(&job, &mut wire).await
            };
            match found.map_err(|error| self.run.redactor.error(error)) {
                Ok(Found::Here(receipt)) => {
                    let commit = commit_of(part.events, &intent.id).unwrap_or_else(|| self.run.world.commit.to_owned());
                    let media = pins::taken(part.events, &intent.id).unwrap_or_else(|| prepared.fetched.clone());
                    return Reply::Out(receipt, Made { commit, digest: intent.digest.clone(), via: "found", media });
                }
                Ok(Found::Absent) => return Reply::Absent,
                Ok(Found::Unclear(why)) => return Reply::Unclear(why),
                Err(error) if error.kind == ErrorKind::SignedOut && !renewed => {
                    renewed = true;
                    if let Err(error) = self.sign_in_anew(&error).await {
                        return self.unanswered(&error);
                    }
                }
                // Where a key is all that there is, nothing can be looked for, but the key itself will tell.
                Err(error) if error.kind == ErrorKind::Unsupported => {
                    return match self.settling {
                        Some(Settling::Key { .. }) => Reply::Open(explain(&error)),
                        _ => Reply::Unclear(explain(&error)),
                    };
                }
                Err(error) => {
                    if matches!(error.kind, ErrorKind::Ambiguous | ErrorKind::Unreadable) {
                        self.heard.trouble();
                    }
                    return self.unanswered(&error);
                }
            }
        }
    }

    /// Returns what a call that failed tells of an intent.
    fn unanswered(&self, error: &NetworkError) -> Reply {
        if self.was_stopped(error) { Reply::Stopped } else { Reply::Open(explain(error)) }
    }

    /// Sends the same id or key again, under the intent that is in the ledger. That is no blind retry: the network itself
    /// makes sure that the two are one post. Whatever goes wrong, the intent stays open.
    async fn send_again(&mut self, part: &mut Part<'_>, intent: &Intent, again: Again) -> Result<Reply, Halted> {
        if let Some(why) = self.may_not_go(part) {
            return Ok(Reply::Open(format!("an attempt's answer was lost, and it is not sent again: {why}")));
        }
        if let Some(why) = self.broken() {
            return Ok(Reply::Held(why));
        }
        let attempt = attempt_of(intent);
        let prepared = match self.prepare_to_send(part).await {
            Ok(prepared) => prepared,
            Err(Unprepared::Missing(why)) => return Ok(Reply::Open(why)),
            // The same id or key with another picture would be another post.
            Err(Unprepared::Changed { why, .. }) => return Ok(Reply::Unclear(why)),
        };
        let mut renewed = false;
        loop {
            let Flown { result, record, claimed } = self.repeat(part, intent, &prepared, &attempt, again).await;
            part.seen += record.written;
            match record.withheld {
                Some(Withheld::Halted) => return Err(Halted),
                Some(Withheld::Beaten) => return Ok(Reply::Taken),
                Some(Withheld::Stopped) => return Ok(Reply::Stopped),
                Some(Withheld::TooLate) => {
                    let why = "too much time passed before the attempt could be repeated, so it was not";
                    return Ok(Reply::Held(why.to_owned()));
                }
                Some(Withheld::Early(until)) => {
                    return Ok(Reply::Wait(until, "by the network's clock it is not yet its time".to_owned()));
                }
                Some(Withheld::Spent(until)) => {
                    return Ok(Reply::Wait(until, "the network lets the account do no more for now".to_owned()));
                }
                Some(Withheld::Frozen(why)) => return Ok(Reply::Held(why)),
                Some(Withheld::Clocks(why)) => {
                    self.held_up = Some(Outcome::Blocked { why: why.clone() });
                    return Ok(Reply::Held(why));
                }
                None => {}
            }
            let error = match result {
                Ok(receipt) => {
                    let made = self.made_again(part, intent, &prepared, &receipt).await;
                    return Ok(Reply::Out(receipt, made));
                }
                Err(error) => error,
            };
            match judge(&error, record.sent, claimed) {
                Verdict::SignIn if !renewed => {
                    renewed = true;
                    if let Err(error) = self.sign_in_anew(&error).await {
                        return Ok(self.unanswered(&error));
                    }
                }
                Verdict::Failed => return Ok(Reply::Refused(error)),
                // It says that it has it: then it can also be asked for it.
                Verdict::Open
                    if error.kind == ErrorKind::Duplicate && record.sent != Sent::No && again != Again::Id =>
                {
                    return Ok(match self.find(part, intent).await {
                        Reply::Out(receipt, made) => Reply::Out(receipt, made),
                        _ => Reply::Open(explain(&error)),
                    });
                }
                Verdict::Out | Verdict::Open | Verdict::SignIn | Verdict::Later | Verdict::Blocked => {
                    return Ok(Reply::Open(explain(&error)));
                }
            }
        }
    }

    async fn repeat(
        &self,
        part: &Part<'_>,
        intent: &Intent,
        prepared: &Prepared,
        attempt: &Attempt,
        again: Again,
    ) -> Flown {
        let basis = Basis::Repeat { intent: intent.id.clone(), seen: part.seen, again };
        let claim = self.claim(&part.key, attempt, self.run.world.clock.boottime(), basis, part);
        if let Some(early) = self.before(part, claim.claimed()).await {
            return early;
        }
        self.publish(part, prepared, attempt, claim).await
    }

    /// Returns what a receipt of a repetition tells. Under an id of ours the last one wins. Under a key the network answers
    /// with what it made the first time; if that was another text, a look tells which of the two is there.
    async fn made_again(&mut self, part: &Part<'_>, intent: &Intent, prepared: &Prepared, receipt: &Receipt) -> Made {
        let now = self.made_now(part, prepared);
        if matches!(self.settling, Some(Settling::OwnId | Settling::Hash)) {
            return now;
        }
        if intent.digest != part.desired.digest
            && let Reply::Out(seen, _) = self.find(part, intent).await
            && seen.remote.id == receipt.remote.id
        {
            return now;
        }
        Made {
            commit: commit_of(part.events, &intent.id).unwrap_or(now.commit),
            digest: intent.digest.clone(),
            via: "answer",
            media: pins::taken(part.events, &intent.id).unwrap_or(now.media),
        }
    }

    /// Returns why a post may not go out now, if so: it was withdrawn after the attempt that is settled.
    fn may_not_go(&self, part: &Part<'_>) -> Option<String> {
        let desired = part.desired;
        if desired.is_draft {
            return Some("its post is a draft now".to_owned());
        }
        if desired.invalid {
            return Some("its post has errors now".to_owned());
        }
        let early = desired.when.filter(|&when| when > self.now());
        early.map(|when| format!("its post has a new date, {}", self.display(when)))
    }
}

fn attempt_of(intent: &Intent) -> Attempt {
    Attempt { key: intent.key.clone(), at: intent.at, nonce: intent.nonce }
}

/// Returns the commit that an intent was made from.
fn commit_of(events: &[Event], intent: &EventId) -> Option<String> {
    events.iter().find(|event| event.id == *intent).and_then(|event| match &event.what {
        Happening::Intent { commit, .. } => Some(commit.clone()),
        Happening::Repeat { .. }
        | Happening::Receipt { .. }
        | Happening::Release { .. }
        | Happening::Defer { .. }
        | Happening::Fail { .. }
        | Happening::Absent { .. }
        | Happening::Hold { .. }
        | Happening::Edit { .. }
        | Happening::Retract { .. }
        | Happening::Cancel { .. } => None,
    })
}
