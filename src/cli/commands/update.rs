use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        amending::{self, Amending},
        committed::Committed,
        person, time,
    },
    engine::Asked,
    plan::{Row, Verdict},
    report,
};
use std::path::Path;

/// Send the change of a post that is out, where the network takes changes
///
/// Reads the publish branch, as `publish` does. Says where the network takes no change, or the number of parts has changed;
/// there `masthead retract` and a new post are the way. Refused while publishing is frozen. Exits with 1 if something is not
/// as the post says.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The post's id, or its file
    post: String,

    /// Only on this account or group; may be given more than once
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,

    /// Who says so [default: the user that git knows]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Print what became of each part as JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let by = person::person(args.by.as_deref(), committed.repository())?;
    let ledger = committed.ledger()?;
    let amending = Amending { committed: &committed, ledger: &ledger, post: &args.post, accounts: &args.accounts };
    let (post, plan) = amending.plan()?;
    let rows: Vec<Row> = plan.rows.iter().filter(|row| row.verdict == Verdict::Update).cloned().collect();
    let now = time::now();
    for row in &rows {
        let campaign = row.desired.as_ref().and_then(|desired| desired.campaign.as_deref());
        let concerns = |freeze: &&crate::model::Freeze| freeze.concerns(&row.account, campaign) && freeze.holds(now);
        if let Some(freeze) = ledger.freezes().find(concerns) {
            let why = format!("{} is frozen by {}: {}", freeze.scope, freeze.by, freeze.reason);
            return Err(Failure::doing(why)
                .hint("`masthead thaw` ends a freeze; taking a post back with `masthead retract` works during one"));
        }
    }
    let asked = Asked { by: Some(by), why: None };
    let settled = amending::carry_out(&committed, &rows, &asked, committed.store()?, ui)?;
    let after = committed.ledger()?;
    amending::conclude(&committed, &after, &settled, args.json, ui)?;
    let fixed: Vec<&Row> = plan.rows.iter().filter(|row| row.verdict == Verdict::Drift).collect();
    if !fixed.is_empty() {
        ui.warning(&format!("the change of `{post}` can't be sent everywhere:"));
        ui.data(&report::plan_rows(fixed.iter().copied(), committed.config.zone, &ui.style()));
        ui.hint("the network takes no changes, or the number of parts is another: `masthead retract` it, and write a new post");
    }
    if rows.is_empty() && fixed.is_empty() {
        ui.status(&format!("nothing of `{post}` that is out has changed"));
        committed.mention_uncommitted(ui);
    }
    Ok(if !fixed.is_empty() || amending::has_failed(&settled) { FINDINGS } else { DONE })
}
