use crate::cli::{
    DONE, Done, Failure, Ui,
    committed::Committed,
    hosting::{self, files},
};
use serde::Serialize;
use std::path::Path;

/// Take away from `[media.host]` what no delivery needs
///
/// What was put there for a network is taken away when its post is out. A publisher that dies in between leaves a file; this
/// takes it away, as every `masthead publish` does too. Only files that Masthead has named go, only when they are an hour old,
/// and none while the outcome of an attempt isn't known whose network may still fetch them.
#[derive(Debug, clap::Args)]
pub(super) struct Sweep {
    /// Tell what would go, and take nothing away
    #[arg(long)]
    dry_run: bool,

    /// Print what went as JSON (version 1)
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    version: u32,
    removed: Vec<String>,
    young: usize,
    needed: usize,
}

pub(super) fn run(args: &Sweep, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let ledger = committed.ledger()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let swept = runtime.block_on(hosting::sweep(&committed, &ledger, args.dry_run));
    let swept = swept.map_err(|error| Failure::doing(error.message).hint(error.help))?;
    if args.json {
        let report = Report { version: 1, removed: swept.removed, young: swept.young, needed: swept.needed };
        let text = serde_json::to_string_pretty(&report).expect("texts and numbers are JSON");
        ui.data(&format!("{text}\n"));
        return Ok(DONE);
    }
    for name in &swept.removed {
        ui.data(&format!("{name}\n"));
    }
    let went = if args.dry_run { "would go" } else { "went" };
    ui.status(&format!("{} {went}", files(swept.removed.len())));
    if swept.young > 0 {
        ui.hint(&format!("{} put there within the last hour and left", files(swept.young)));
    }
    if swept.needed > 0 {
        ui.hint(&format!(
            "{} left, because an attempt's outcome isn't known; see `masthead plan`",
            files(swept.needed)
        ));
    }
    Ok(DONE)
}
