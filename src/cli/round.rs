//! One round of publishing: everything that is due, once, and then the sites.

use super::{
    Failure, Ui,
    committed::Committed,
    hosting, ledger_failure,
    only::Only,
    progress::Narrator,
    project::{self, Projected},
    time,
};
use crate::{
    engine::{self, Outcome, Progress, Settled, Stop, SystemClock, SystemEntropy, Transports, World},
    ledger::Ledger,
    model::{AccountId, PostId},
    network,
    plan::{Plan, Row, Verdict},
    workspace::trial::kill_point,
};
use std::collections::BTreeSet;

/// A post may wait for one that goes out in the same round, so the plan is made again while it has something new; a chain
/// of replies longer than this goes on in the next round.
const PLANS: usize = 25;

/// What a round works on.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) committed: &'a Committed,
    pub(super) only: &'a Only,
    pub(super) ui: &'a Ui,
    /// Set when nothing more may be begun; what is under way is finished.
    pub(super) stop: &'a Stop,
}

/// What a round came to.
pub(super) struct Round {
    /// What became of each part that was tried.
    pub(super) settled: Vec<Settled>,
    /// What would happen now.
    pub(super) plan: Plan,
    /// What has happened.
    pub(super) ledger: Ledger,
    /// The sites, which are made anew each time.
    pub(super) sites: Vec<Projected>,
}

/// Does what is due. `hear` is told of everything as it happens.
pub(super) async fn round(work: Work<'_>, hear: &mut dyn FnMut(&Progress)) -> Result<Round, Failure> {
    let Work { committed, only, ui, .. } = work;
    // Made before anything else, so that it is known what was due before there was a ledger.
    committed.store()?.create(time::now()).map_err(ledger_failure)?;
    kill_point("ledger-begun");
    let settled = execute(work, hear).await?;
    let ledger = committed.ledger()?;
    let plan = committed.plan(&ledger, time::now(), only)?;
    kill_point("all-executed");
    hosting::tidy(committed, &ledger, ui).await;
    let sites = project::project(committed, &ledger, &committed.desired())?;
    for warning in sites.iter().flat_map(Projected::warnings) {
        ui.warning(warning);
    }
    Ok(Round { settled, plan, ledger, sites })
}

/// Plans and executes until nothing new can be done, or somebody wants it to stop.
async fn execute(work: Work<'_>, hear: &mut dyn FnMut(&Progress)) -> Result<Vec<Settled>, Failure> {
    let Work { committed, only, ui, stop } = work;
    let transport = Transports::new().with_times(committed.config.publish.times);
    let secrets = committed.secrets()?;
    let mut all: Vec<Settled> = Vec::new();
    let mut tried = BTreeSet::new();
    for _ in 0..PLANS {
        let ledger = committed.ledger()?;
        let mut plan = committed.plan(&ledger, time::now(), only)?;
        // What this round has tried once is left to the next one; but what it has settled may go on.
        plan.rows.retain(|row| matches!(row.verdict, Verdict::Publish | Verdict::Settle | Verdict::Retract));
        plan.rows.retain(|row| {
            !tried.contains(&tried_as(row, row.verdict)) && !tried.contains(&tried_as(row, Verdict::Publish))
        });
        tried.extend(plan.rows.iter().map(|row| tried_as(row, row.verdict)));
        if plan.rows.is_empty() || stop.is_asked() {
            break;
        }
        let world = World {
            config: &committed.config,
            transport: &transport,
            clock: &SystemClock,
            entropy: &SystemEntropy,
            secrets: &secrets,
            media: committed,
            networks: &network::find,
            commit: &committed.commit,
            stop,
        };
        let mut narrator = Narrator::new(ui, &plan);
        let mut tell = |progress: Progress| {
            hear(&progress);
            narrator.tell(&progress);
        };
        let settled = engine::execute(world, &plan, committed.store()?, &mut tell).await;
        narrator.finish();
        let settled = settled.map_err(ledger_failure)?;
        let moved = plan.rows.iter().any(|row| row.verdict == Verdict::Settle)
            || settled.iter().any(|settled| matches!(settled.outcome, Outcome::Published { .. }));
        all.extend(settled);
        if !moved {
            break;
        }
    }
    Ok(all)
}

/// Returns what is remembered of a row that was tried.
fn tried_as(row: &Row, verdict: Verdict) -> (PostId, AccountId, Verdict) {
    (row.post.clone(), row.account.clone(), verdict)
}
