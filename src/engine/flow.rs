use super::{
    account::AccountRun,
    claim::{Basis, Claim, Record, Withheld},
    delivery::Part,
    prepare::Prepared,
    verdict::{Claimed, Sent},
};
use crate::{
    ledger::PartKey,
    network::{Attempt, ErrorKind, Job, NetworkError, Receipt, Wire},
};
use std::time::Duration;

/// How a flow ended.
pub(super) struct Flown {
    pub(super) result: Result<Receipt, NetworkError>,
    pub(super) record: Record,
    pub(super) claimed: Claimed,
}

impl AccountRun<'_> {
    /// Makes a claim for a flow.
    pub(super) fn claim<'c>(
        &'c self,
        key: &'c PartKey,
        attempt: &'c Attempt,
        begun: Duration,
        basis: Basis<'c>,
        part: &Part<'c>,
    ) -> Claim<'c> {
        Claim {
            scribe: &self.run.scribe,
            brakes: &self.run.brakes,
            campaign: part.desired.campaign.as_deref(),
            key,
            attempt,
            begun,
            cost: self.cost(),
            due: part.desired.when,
            basis,
            record: Record::new(),
        }
    }

    /// Runs the adapter's flow.
    pub(super) async fn publish(
        &self,
        part: &Part<'_>,
        prepared: &Prepared,
        attempt: &Attempt,
        claim: Claim<'_>,
    ) -> Flown {
        let claimed = claim.claimed();
        let job = self.job(part, prepared, attempt);
        let waiting = |why: &str| self.run.log.waiting(&part.key.post, &part.key.account, why);
        let mut hand = self.hand(&prepared.uploads, &waiting, Some(claim));
        let result = {
            let mut wire = Wire::new(&mut hand, &self.session);
            self.network.publish(&job, &mut wire).await
        };
        let record = hand.claim.take().map_or_else(Record::new, |claim| claim.record);
        let result = result.and_then(named).map_err(|error| self.run.redactor.error(error));
        self.weigh(&result, record.sent);
        Flown { result, record, claimed }
    }

    /// Hears the network before anything of a flow is done, and ends it if nothing may be claimed.
    pub(super) async fn before(&self, part: &Part<'_>, claimed: Claimed) -> Option<Flown> {
        let mut record = Record::new();
        let error = match self.hear().await {
            Err(error) => {
                if self.was_stopped(&error) {
                    record.withheld = Some(Withheld::Stopped);
                }
                error
            }
            Ok(()) => {
                let until = self.spent(part.desired.draft.parts[part.index].media.len())?;
                record.withheld = Some(Withheld::Spent(until));
                NetworkError::new(ErrorKind::Withheld, "the request was held back")
            }
        };
        let result = Err(error);
        self.weigh(&result, Sent::No);
        Some(Flown { result, record, claimed })
    }

    /// Counts answers that were lost or were a fault on the other side. Only a publication that is answered clearly shows
    /// that all is well again: a server that can be read may still be unable to write.
    fn weigh(&self, result: &Result<Receipt, NetworkError>, sent: Sent) {
        match result {
            Err(error) if sent == Sent::Lost || matches!(error.kind, ErrorKind::Ambiguous | ErrorKind::Unreadable) => {
                self.heard.trouble();
            }
            Err(_) if matches!(sent, Sent::No | Sent::NeverLeft) => {}
            Ok(_) | Err(_) => self.heard.clear(),
        }
    }

    /// Puts a job together.
    pub(super) fn job<'j>(&'j self, part: &'j Part<'_>, prepared: &'j Prepared, attempt: &'j Attempt) -> Job<'j> {
        Job {
            draft: &part.desired.draft,
            part: part.index,
            account: self.account,
            limits: &part.desired.limits,
            attempt,
            media: &prepared.media,
            root: part.before.first(),
            parent: part.before.last(),
            reply_to: prepared.reply_to.as_ref(),
            quote: prepared.quote.as_ref(),
            boost: prepared.boost.as_ref(),
            recipient: self.recipient.as_ref(),
        }
    }
}

/// Refuses a receipt that names nothing: an answer without an id is one that can't be read.
fn named(receipt: Receipt) -> Result<Receipt, NetworkError> {
    if receipt.remote.id.is_empty() {
        return Err(NetworkError::new(ErrorKind::Unreadable, "the answer does not say what the post is called"));
    }
    Ok(receipt)
}
