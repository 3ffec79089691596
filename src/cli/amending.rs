//! What `retract` and `update` have in common.

use super::{
    Failure, Ui,
    committed::Committed,
    named,
    only::Only,
    progress::{self, Narrator},
    project, time,
};
use crate::{
    diag::did_you_mean,
    engine::{self, Asked, Outcome, Settled, Stop, SystemClock, SystemEntropy, Transports, World},
    ledger::{Ledger, Store},
    model::{AccountId, PostId},
    network,
    plan::{Plan, Row},
};

/// A post that is to be changed where it is out.
pub(super) struct Amending<'a> {
    pub(super) committed: &'a Committed,
    pub(super) ledger: &'a Ledger,
    /// The post as a person named it.
    pub(super) post: &'a str,
    /// The accounts and groups that were named; none means all.
    pub(super) accounts: &'a [String],
}

/// The accounts that are meant; none means all.
pub(super) struct Chosen(Option<Vec<AccountId>>);

impl Chosen {
    pub(super) fn includes(&self, account: &AccountId) -> bool {
        self.0.as_ref().is_none_or(|accounts| accounts.contains(account))
    }
}

impl Amending<'_> {
    /// Finds the accounts that are meant. One may be gone from the configuration and still be in the ledger.
    pub(super) fn accounts(&self) -> Result<Chosen, Failure> {
        if self.accounts.is_empty() {
            return Ok(Chosen(None));
        }
        named::accounts(self.accounts, &self.committed.config).map(|accounts| Chosen(Some(accounts)))
    }

    /// Plans the post alone.
    pub(super) fn plan(&self) -> Result<(PostId, Plan), Failure> {
        let Some(post) = self.committed.find(self.post, self.ledger) else {
            return Err(unknown_post(self.committed, self.ledger, self.post));
        };
        let accounts = self.accounts()?;
        let mut plan = self.committed.plan(self.ledger, time::now(), &Only::default())?;
        plan.rows.retain(|row| row.post == post && accounts.includes(&row.account));
        Ok((post, plan))
    }
}

/// Makes the failure of a post that is neither on the branch nor in the ledger.
pub(super) fn unknown_post(committed: &Committed, ledger: &Ledger, name: &str) -> Failure {
    let ids = committed.posts.iter().map(|(_, post)| post.id.value.as_str());
    let known = ids.chain(ledger.deliveries.keys().map(|key| key.post.as_str()));
    let failure = Failure::usage(format!("there is no post `{name}` on the publish branch or in the ledger"));
    match did_you_mean(name, known) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`masthead status` lists what is out"),
    }
}

/// Changes or takes back what the rows say, and tells of it while it does.
pub(super) fn carry_out(
    committed: &Committed,
    rows: &[Row],
    asked: &Asked,
    store: Box<dyn Store>,
    ui: &Ui,
) -> Result<Vec<Settled>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let transport = Transports::new().with_times(committed.config.publish.times);
    let secrets = committed.secrets()?;
    let stop = Stop::new();
    let world = World {
        config: &committed.config,
        transport: &transport,
        clock: &SystemClock,
        entropy: &SystemEntropy,
        secrets: &secrets,
        media: committed,
        networks: &network::find,
        commit: &committed.commit,
        stop: &stop,
    };
    let plan = Plan { now: time::now(), commit: None, rows: rows.to_vec() };
    let mut narrator = Narrator::new(ui, &plan);
    let settled = runtime.block_on(engine::amend(world, rows, asked, store, &mut |progress| narrator.tell(&progress)));
    narrator.finish();
    settled.map_err(super::ledger_failure)
}

/// Prints what came of it, and writes the sites anew.
pub(super) fn conclude(
    committed: &Committed,
    ledger: &Ledger,
    settled: &[Settled],
    json: bool,
    ui: &Ui,
) -> Result<(), Failure> {
    if json {
        ui.data(&progress::json(settled));
    }
    if settled.is_empty() {
        return Ok(());
    }
    for site in project::project(committed, ledger, &committed.desired())? {
        site.warnings().iter().for_each(|warning| ui.warning(warning));
        if !json {
            ui.status(&site.words());
        }
    }
    Ok(())
}

/// Returns whether something was not done.
pub(super) fn has_failed(settled: &[Settled]) -> bool {
    settled.iter().any(|settled| match settled.outcome {
        Outcome::Updated { .. } | Outcome::Retracted => false,
        Outcome::Published { .. }
        | Outcome::Beaten
        | Outcome::Deferred { .. }
        | Outcome::Failed { .. }
        | Outcome::Unknown { .. }
        | Outcome::Attention { .. }
        | Outcome::Blocked { .. } => true,
    })
}
