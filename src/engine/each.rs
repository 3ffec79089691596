//! A delivery to many: each recipient has one of their own in the ledger, and when all have ended the whole is written down.

use super::{
    Outcome,
    account::AccountRun,
    delivery::{Made, Part, Turn},
    recipients::List,
    recorder::Halted,
};
use crate::{
    diag::words,
    ledger::{DeliveryState, PartKey, PartState},
    model::{AccountId, Remote, Timestamp},
    network::{Receipt, Recipient},
    plan::{Desired, Row, Verdict},
};
use futures_util::future::join_all;
use std::{cell::RefCell, collections::BTreeMap, slice};

/// How many messages are under way at once. What gathers meanwhile is written to the ledger together, which a shared one
/// takes a second for.
const LANES: usize = 4;

/// How many are asked to wait one after the other until it is believed that the server means all of them.
const MOST_PUT_OFF: usize = 5;

/// The name under which [`Remote::extra`] keeps how it went.
const NOTE: &str = "note";

/// How it went so far.
#[derive(Default)]
struct Tally {
    sent: usize,
    refused: usize,
    /// Cancelled by a person.
    left_out: usize,
    /// Left to a person.
    person: usize,
    /// Nobody can tell yet.
    unknown: usize,
    /// Taken by another publisher, or begun by one.
    beaten: usize,
    /// Until when the first of those wait who can't be sent to now, why, and how many they are.
    later: Option<(Timestamp, String)>,
    waiting: usize,
    /// How many of them came since the last who got it.
    in_a_row: usize,
    /// What holds up all.
    held_up: Option<Outcome>,
    stopped: bool,
}

/// What the publishers of one delivery share.
struct Round<'r> {
    row: &'r Row,
    desired: &'r Desired,
    all: usize,
    queue: RefCell<slice::Iter<'r, Recipient>>,
    tally: RefCell<Tally>,
}

impl AccountRun<'_> {
    /// Sends to each recipient who has nothing yet. A row that is there to settle settles and sends nothing.
    pub(super) async fn deliver_to_each(&mut self, row: &Row, desired: &Desired, list: &List) -> Result<(), Halted> {
        let run = self.run;
        run.log.started(&row.post, &row.account, WHOLE);
        if let Some(why) = list.other_key(run.ledger.recipients(&row.post, &row.account)) {
            run.log.settled(&row.post, &row.account, WHOLE, Outcome::Blocked { why: why.to_owned() });
            return Ok(());
        }
        let round = Round {
            row,
            desired,
            all: list.all.len(),
            queue: RefCell::new(list.all.iter()),
            tally: RefCell::default(),
        };
        let lanes = (0..LANES.min(list.all.len())).map(|_| self.another().serve(&round));
        join_all(lanes).await.into_iter().collect::<Result<Vec<()>, Halted>>()?;
        let tally = round.tally.into_inner();
        if tally.stopped {
            return Ok(());
        }
        self.held_up.clone_from(&tally.held_up);
        let outcome = if tally.is_whole(list.all.len()) {
            self.write_whole(row, desired, &tally).await?
        } else {
            tally.outcome(list, row.verdict, run.world.clock.now())
        };
        run.log.settled(&row.post, &row.account, WHOLE, outcome);
        Ok(())
    }

    /// Serves one recipient after the other until there are no more.
    async fn serve(mut self, round: &Round<'_>) -> Result<(), Halted> {
        let run = self.run;
        loop {
            let is_over = {
                let mut tally = round.tally.borrow_mut();
                tally.stopped |= run.world.stop.is_asked();
                tally.stopped || tally.held_up.is_some()
            };
            let Some(recipient) = round.queue.borrow_mut().next().filter(|_| !is_over) else { return Ok(()) };
            let account = round.row.account.to_recipient(&recipient.name);
            self.recipient = Some(recipient.clone());
            let turn = self.deliver_to(round, &account).await?;
            let mut tally = round.tally.borrow_mut();
            match turn {
                Some(turn) => tally.count(turn),
                None => tally.left_out += 1,
            }
            tally.hold(self.held_up.take());
            if let Some(why) = self.broken() {
                tally.held_up.get_or_insert(Outcome::Deferred { until: run.world.clock.now(), why });
            }
            let done = format!("{} of {} recipients have it", tally.sent, round.all);
            run.log.waiting(&round.row.post, &round.row.account, &done);
        }
    }

    /// Does what is to be done for one of them; none if a person has said that nothing is.
    async fn deliver_to(&mut self, round: &Round<'_>, account: &AccountId) -> Result<Option<Turn>, Halted> {
        let Round { row, desired, .. } = *round;
        let run = self.run;
        let nothing = DeliveryState::default();
        let state = run.ledger.delivery(&row.post, account).unwrap_or(&nothing);
        // Whoever has an attempt under way is settled first, also where others are sent to.
        let verdict = match state.part(0) {
            PartState::Sending(_) => Verdict::Settle,
            _ => row.verdict,
        };
        let mut part =
            Part::new(desired, PartKey { post: row.post.clone(), account: account.clone(), part: 1 }, state, &[]);
        let was_known = matches!(part.state, PartState::Failed { .. } | PartState::Attention { .. });
        let turn = self.run_part(verdict, &mut part).await?;
        // Those who have it are counted; those who don't are told one by one, once.
        if let Turn::Ended(outcome @ (Outcome::Failed { .. } | Outcome::Attention { .. } | Outcome::Unknown { .. })) =
            &turn
            && !was_known
        {
            run.log.settled(&row.post, account, WHOLE, outcome.clone());
        }
        let is_cancelled = matches!(part.state, PartState::Cancelled { .. } | PartState::Retracted { .. });
        Ok((!is_cancelled).then_some(turn))
    }

    /// Writes down that it is out: from then on nobody is added.
    async fn write_whole(&mut self, row: &Row, desired: &Desired, tally: &Tally) -> Result<Outcome, Halted> {
        let run = self.run;
        let nothing = DeliveryState::default();
        let state = run.ledger.delivery(&row.post, &row.account).unwrap_or(&nothing);
        let key = PartKey { post: row.post.clone(), account: row.account.clone(), part: 1 };
        let mut part = Part::new(desired, key, state, &[]);
        let extra = BTreeMap::from([(NOTE.to_owned(), tally.to_string())]);
        let remote = Remote { id: words::count(tally.sent, "recipient", "recipients"), url: None, extra };
        let made = Made {
            commit: run.world.commit.to_owned(),
            digest: desired.digest.clone(),
            via: "answer",
            media: BTreeMap::new(),
        };
        Ok(match self.receive(&mut part, None, Receipt { remote }, made).await? {
            Turn::Ended(outcome) => outcome,
            Turn::Out(_) | Turn::Again | Turn::Stopped => Outcome::Published { url: None },
        })
    }
}

/// It has no parts that people see.
const WHOLE: (usize, usize) = (1, 1);

impl Tally {
    fn count(&mut self, turn: Turn) {
        match turn {
            Turn::Out(_) => {
                self.sent += 1;
                self.in_a_row = 0;
            }
            Turn::Again | Turn::Stopped => self.stopped = true,
            Turn::Ended(outcome) => match outcome {
                Outcome::Failed { .. } => self.refused += 1,
                Outcome::Attention { .. } => self.person += 1,
                Outcome::Unknown { .. } => self.unknown += 1,
                Outcome::Deferred { until, why } => self.wait(until, why),
                blocked @ Outcome::Blocked { .. } => self.held_up = Some(blocked),
                Outcome::Beaten | Outcome::Published { .. } | Outcome::Updated { .. } | Outcome::Retracted => {
                    self.beaten += 1;
                }
            },
        }
    }

    /// Hears what would hold up the account. To be asked to wait may be meant for one of them alone, as by a mailbox that is full.
    fn hold(&mut self, held_up: Option<Outcome>) {
        match held_up {
            Some(later @ Outcome::Deferred { .. }) => {
                self.in_a_row += 1;
                if self.in_a_row >= MOST_PUT_OFF {
                    self.held_up.get_or_insert(later);
                }
            }
            Some(other) => drop(self.held_up.get_or_insert(other)),
            None => {}
        }
    }

    fn wait(&mut self, until: Timestamp, why: String) {
        self.waiting += 1;
        if self.later.as_ref().is_none_or(|(first, _)| until < *first) {
            self.later = Some((until, why));
        }
    }

    /// Returns whether nobody is left to whom anything may be sent. Where all were refused something else is wrong.
    fn is_whole(&self, all: usize) -> bool {
        self.sent > 0 && self.sent + self.refused + self.left_out == all
    }

    /// Returns what is told of a delivery that is not whole: what is gravest and can be helped first.
    fn outcome(self, list: &List, verdict: Verdict, now: Timestamp) -> Outcome {
        let so_far = format!("{self}, of {}", list.count());
        if let Some(held_up) = self.held_up {
            return held_up;
        }
        if self.person > 0 {
            let reason = format!("{so_far}; `masthead status` says which wait for a person, and what to do");
            return Outcome::Attention { reason };
        }
        if self.unknown > 0 {
            return Outcome::Unknown { why: format!("{so_far}; the next run settles what nobody can tell yet") };
        }
        if let Some((until, why)) = self.later {
            return Outcome::Deferred { until, why: format!("{so_far}; {why}") };
        }
        if self.sent == 0 && self.refused > 0 && self.beaten == 0 {
            let message = format!("{so_far}: look at what the server says with `masthead log`");
            return Outcome::Failed { kind: "rejected".to_owned(), message };
        }
        if verdict == Verdict::Settle {
            return Outcome::Deferred { until: now, why: format!("{so_far}; the rest is for the next run") };
        }
        Outcome::Beaten
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sent to {}", self.sent)?;
        for (count, what) in [
            (self.refused, "refused by the server for"),
            (self.left_out, "cancelled for"),
            (self.unknown, "not known of"),
            (self.person, "left to a person for"),
            (self.waiting, "to be sent later to"),
        ] {
            if count > 0 {
                write!(f, ", {what} {count}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Outcome {
        Outcome::Deferred { until: Timestamp::EPOCH, why: "busy".to_owned() }
    }

    #[test]
    fn one_that_is_put_off_holds_nobody_up_and_many_in_a_row_do() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            (1..MOST_PUT_OFF).for_each(|_| tally.hold(Some(later())));
            assert_eq!(tally.held_up, None);
            tally.count(Turn::Out(Remote::default()));
        }
        (0..MOST_PUT_OFF).for_each(|_| tally.hold(Some(later())));
        assert_eq!(tally.held_up, Some(later()));
        let mut tally = Tally::default();
        let blocked = Outcome::Blocked { why: "signed out".to_owned() };
        tally.hold(Some(blocked.clone()));
        assert_eq!(tally.held_up, Some(blocked));
    }
}
