use crate::cli::{DONE, Done, Ui, load, new_post::NewPost, time};
use std::path::Path;

/// Start a post, with an id
///
/// Writes `content/YEAR/MONTH/SLUG.md` as a draft and prints its path, for instance to open it:
/// `$EDITOR "$(masthead new 'The hoodie')"`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// What it is about; its file and id are named after it
    title: String,

    /// The accounts or groups that it goes to, with commas between [default: all accounts]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    to: Vec<String>,

    /// When it is due, as `2026-12-01T09:00` in the workspace's zone or with an offset
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let (root, config) = load::config(start, ui)?;
    let new =
        NewPost { name: &args.title, title: Some(&args.title), to: &args.to, date: args.date.as_deref(), text: "" };
    let made = new.write(&root, &config, time::now())?;
    ui.data(&format!("{}\n", as_seen_from_here(&root, &made.path)));
    ui.hint("it is a draft: write it, take `draft = true` out, and commit it");
    Ok(DONE)
}

/// Writes a path so that it can be opened from the current folder: as it is if that is the workspace's root, whole if not.
fn as_seen_from_here(root: &Path, path: &str) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let is_root = matches!((here, root.canonicalize()), (Ok(here), Ok(root)) if here == root);
    if is_root { path.to_owned() } else { root.join(path).display().to_string() }
}
