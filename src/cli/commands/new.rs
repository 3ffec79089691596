use crate::{
    cli::{DONE, Done, Failure, Ui, load, scaffold, time},
    diag::did_you_mean,
    workspace,
};
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
    let title: String = args.title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let title = title.trim();
    if title.is_empty() {
        return Err(Failure::usage("a post needs a title").hint("say what it is about: `masthead new 'The hoodie'`"));
    }
    if config.accounts.is_empty() {
        return Err(Failure::usage("there is no account that a post could go to").hint("add one to `masthead.toml`"));
    }
    let known: Vec<&str> =
        config.accounts.keys().map(|id| id.as_str()).chain(config.groups.keys().map(|id| id.as_str())).collect();
    for name in &args.to {
        if !known.contains(&name.as_str()) {
            let failure = Failure::usage(format!("there is no account or group `{name}`"));
            return Err(match did_you_mean(name, known.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint(format!("the accounts and groups are {}", known.join(", "))),
            });
        }
    }
    let to: Vec<&str> = match args.to.as_slice() {
        [] => config.accounts.keys().map(|id| id.as_str()).collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let date = match &args.date {
        Some(date) => {
            let at = time::moment(Some(date), config.zone)?;
            format!("date = {}\n", at.rfc3339_in(config.zone))
        }
        None => String::new(),
    };
    let (year, month, _) = time::now().date_in(config.zone);
    let slug = match scaffold::slug(title) {
        slug if slug.is_empty() => "post".to_owned(),
        slug => slug,
    };
    let list = format!("[{}]", to.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "));
    // What JSON quotes is a text of TOML too; and nothing in it is filled in again.
    let quoted = serde_json::to_string(&title.replace("{{", "{ {")).expect("a text");
    // A name that is taken gets a number; the first that is free wins, also against somebody who does the same now.
    for number in 1..1000 {
        let id = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
        let id = format!("{year}-{month:02}-{id}");
        let path = format!("content/{year}/{month:02}/{}.md", &id[8..]);
        let text = scaffold::fill(scaffold::POST, &[("id", &id), ("to", &list), ("title", &quoted), ("date", &date)]);
        if workspace::write_new(&root, &path, text.as_bytes()).map_err(Failure::from)? {
            ui.data(&format!("{}\n", as_seen_from_here(&root, &path)));
            ui.hint("it is a draft: write it, take `draft = true` out, and commit it");
            return Ok(DONE);
        }
    }
    Err(Failure::doing(format!("there are a thousand posts named `{slug}` this month")).hint("give it another title"))
}

/// Writes a path so that it can be opened from the current folder: as it is if that is the workspace's root, whole if not.
fn as_seen_from_here(root: &Path, path: &str) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let is_root = matches!((here, root.canonicalize()), (Ok(here), Ok(root)) if here == root);
    if is_root { path.to_owned() } else { root.join(path).display().to_string() }
}
