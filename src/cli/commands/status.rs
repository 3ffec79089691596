use crate::{
    cli::{DONE, Done, FINDINGS, Ui, committed::Committed, only::Only, time, vault::Use},
    plan::Verdict,
    report,
};
use std::path::Path;

/// Show where every delivery stands
///
/// What is frozen, and by whom; what is out, with its link; what waits, and for what; what needs a person, with the command
/// that settles it. Exits with 1 if anything failed or needs a person.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    only: Only,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let ledger = committed.ledger()?;
    let mut plan = committed.plan(&ledger, time::now(), &args.only)?;
    committed.access(Use::Look, ui).mark(&mut plan);
    if args.json {
        ui.data(&report::status_json(&plan, &ledger));
    } else {
        ui.data(&report::status(&plan, &ledger, committed.config.zone, &ui.style()));
    }
    let stuck = plan.rows.iter().any(|row| row.verdict == Verdict::Attention);
    Ok(if stuck { FINDINGS } else { DONE })
}
