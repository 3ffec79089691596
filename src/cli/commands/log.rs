use crate::{
    cli::{DONE, Done, Ui, committed::Committed, only::Only},
    report,
};
use std::path::Path;

/// Show what happened, attempt by attempt
///
/// The same is in git, in plain words: `git log masthead-ledger`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Show no more than the newest
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "50")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    number: u32,

    #[command(flatten)]
    only: Only,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let (ledger, store) = committed.open_ledger()?;
    let chosen = args.only.choose(&committed, &ledger)?;
    let history = Committed::history(&store, &|key| chosen.includes(key.post.as_str(), &key.account))?;
    let brakes: Vec<_> = ledger.brakes.iter().filter(|brake| chosen.concerns(&brake.freeze.scope)).cloned().collect();
    let mut events = report::entries(&history, &brakes);
    let number = usize::try_from(args.number).unwrap_or(usize::MAX);
    let newest = events.split_off(events.len().saturating_sub(number));
    if args.json {
        ui.data(&report::log_json(&newest));
    } else if newest.is_empty() {
        ui.status(if ledger.deliveries.is_empty() && ledger.brakes.is_empty() {
            "nothing has happened yet"
        } else {
            "nothing has happened to it yet"
        });
    } else {
        ui.data(&report::log(&newest, committed.config.zone, &ui.style()));
    }
    Ok(DONE)
}
