use crate::{
    cli::{
        DONE, Done, Ui,
        preview::build::{self, Order},
    },
    report::words,
    workspace,
};
use std::path::{Path, PathBuf};

/// Write the preview as a static site
///
/// The calendar, every post as each network shows it, the plan, what is wrong. Reads the working directory and the ledger as this clone knows it; needs no secret and asks no server. The pages need
/// no server either: open index.html from the disk, or put the folder anywhere. Writes only what differs, and removes only
/// what an earlier build wrote.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder that is written, from where you are; `preview` in the workspace if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Mark the posts that are new or changed since this commit and the working directory parted ways, for a pull request
    #[arg(long, value_name = "BASE")]
    diff: Option<String>,

    /// Make the pages for a time, as `2026-12-01T09:00` or with an offset, instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let root = workspace::find_root(start)?;
    let out = match &args.out {
        Some(out) => start.join(out),
        None => root.join("preview"),
    };
    let order = Order { root: &root, out, base: args.diff.as_deref(), at: args.at.as_deref() };
    let built = build::build(&order, ui)?;
    for warning in &built.warnings {
        ui.warning(warning);
    }
    let index = built.folder.join("index.html");
    let posts = words::count(built.posts, "post", "posts");
    match built.written.written.len() + built.written.removed.len() {
        0 => ui.status(&format!("the preview is as it was: {posts}, see {}", index.display())),
        _ => ui.status(&format!("wrote the preview: {posts}, see {}", index.display())),
    }
    if let Some(changes) = &built.changes {
        ui.status(changes);
    }
    if built.errors > 0 {
        let what = words::count(built.errors, "error", "errors");
        ui.hint(&format!("{what} in the posts and the configuration; check.html and `masthead check` show them"));
    }
    Ok(DONE)
}
