use crate::{
    cli::{DONE, Done, Ui, load},
    report,
};
use std::path::Path;

/// List the accounts, their networks and where their secrets are kept
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let (_, config) = load::config(start, ui)?;
    if args.json {
        ui.data(&report::accounts_json(&config));
    } else {
        ui.data(&report::accounts(&config, &ui.style()));
    }
    Ok(DONE)
}
