use crate::cli::{
    Done, Ui,
    preview::watch::{self, Flags},
};
use std::path::Path;

/// Show posts as they will look, in the browser, while they are written
///
/// Prints an address of this machine alone and serves there the calendar, a page for each post as each network will show it, the
/// plan, and what is wrong. A file that is saved is shown at once. Some things can be changed from the page, such as dates;
/// they are written to the files, and git shows how. Nothing in it can publish, and it reads no secret. What is wrong is told
/// on stderr too. Ends with Ctrl-C.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Serve on this port of this machine [default: 4400, or the next that is free]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Look at the files again and again, where the system can't tell of changes, as on some network drives
    #[arg(long)]
    poll: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    watch::run(Flags { port: args.port, poll: args.poll }, start, ui)
}
