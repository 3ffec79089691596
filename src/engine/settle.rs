use super::{
    Outcome,
    account::AccountRun,
    ask::Reply,
    delivery::{Part, Turn},
    pace::MOST_ATTEMPTS,
    recorder::Halted,
};
use crate::{
    ledger::{Happening, Intent},
    workspace::trial::kill_point,
};
use std::time::Duration;

/// How long the network is asked in vain before a person is.
pub(super) const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

impl AccountRun<'_> {
    /// Finds out what became of an intent that nobody has heard of since, by what the network offers, and writes it down.
    pub(super) async fn settle(&mut self, part: &mut Part<'_>, intent: &Intent) -> Result<Turn, Halted> {
        let of = Some(&intent.id);
        let reply = self.ask(part, intent).await?;
        kill_point("question-answered");
        match reply {
            Reply::Out(receipt, made) => self.receive(part, of, receipt, made).await,
            Reply::Refused(error) => self.fail(part, of, &error).await,
            Reply::Open(why) if self.now() < intent.at.plus(PATIENCE) => Ok(Turn::Ended(Outcome::Unknown { why })),
            Reply::Held(why) => Ok(Turn::Ended(Outcome::Unknown { why })),
            Reply::Stopped => Ok(Turn::Stopped),
            // No state is without a deadline: somebody must hear of it.
            Reply::Open(why) => self.hold(part, intent, &why).await,
            Reply::Taken => Ok(Turn::Ended(Outcome::Beaten)),
            Reply::Wait(until, why) => Ok(Turn::Ended(Outcome::Deferred { until, why })),
            Reply::Unclear(why) => self.hold(part, intent, &why).await,
            Reply::Absent if part.absent + 1 >= MOST_ATTEMPTS => {
                let why = format!("{} attempts had no effect", part.absent + 1);
                self.hold(part, intent, &why).await
            }
            Reply::Absent => {
                let evidence = format!("{} does not have it", self.profile().name);
                if !self.note(part, of, Happening::Absent { evidence }).await? {
                    return Ok(Turn::Ended(Outcome::Beaten));
                }
                let why = "an earlier attempt turned out to have had no effect, so it may be sent anew".to_owned();
                Ok(Turn::Ended(Outcome::Deferred { until: self.run.world.clock.now(), why }))
            }
        }
    }

    /// Stops the delivery for a person, and says how to look.
    async fn hold(&mut self, part: &mut Part<'_>, intent: &Intent, why: &str) -> Result<Turn, Halted> {
        let zone = self.run.world.config.zone;
        let start: String = part.desired.draft.parts[part.index].text.text.chars().take(60).collect();
        let reason = format!(
            "{why}: look at account `{}` on {} for a post of {} that begins `{}`, then tell with `masthead resolve`",
            part.key.account,
            self.profile().name,
            intent.at.display_in(zone),
            start.split_whitespace().collect::<Vec<_>>().join(" "),
        );
        Ok(Turn::Ended(match self.note(part, Some(&intent.id), Happening::Hold { reason: reason.clone() }).await? {
            true => Outcome::Attention { reason },
            false => Outcome::Beaten,
        }))
    }
}
