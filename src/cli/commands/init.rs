use crate::{
    cli::{DONE, Done, Failure, Ui, load, scaffold},
    config, content,
    model::Zone,
    network, workspace,
};
use std::path::{Path, PathBuf};

/// Make a workspace: configuration, first post, editor schemas, .gitignore
///
/// Files that are there already are left alone. In a git repository the branch that is checked out becomes the publish
/// branch.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder; it is made if it isn't there
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,

    /// The name of the brand or team [default: the folder's name]
    #[arg(long)]
    name: Option<String>,

    /// The IANA time zone that dates in posts are read in [default: this machine's]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,

    /// The git remote where publishers meet, or `false` to keep the ledger in this clone alone [default: `origin` if there
    /// is one or with `--github`, else `false`]
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,

    /// Add workflows for GitHub Actions that check pull requests and publish what is due
    #[arg(long)]
    github: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let folder = start.join(&args.folder);
    let name = match &args.name {
        Some(name) => name.clone(),
        None => workspace::folder_name(&folder).unwrap_or_else(|| "My brand".to_owned()),
    };
    let zone = match &args.timezone {
        Some(zone) => {
            let known = Zone::parse(zone).map_err(|error| {
                let failure = Failure::usage(format!("there is no time zone `{zone}`"));
                match error.near {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint("write an IANA name, such as `Europe/Rome`"),
                }
            })?;
            known.name().to_owned()
        }
        None => machine_zone(),
    };
    let repository = nearest_there_is(&folder).and_then(|there| workspace::Repo::open(there).ok());
    let branch = repository.as_ref().and_then(workspace::Repo::current_branch).unwrap_or_else(|| "main".to_owned());
    let remote = remote(args, repository.as_ref())?;
    if args.github {
        ledger_is_shared(&folder, ui)?;
    }
    let quoted = plain(&name);
    let values = [
        ("name", quoted.as_str()),
        ("timezone", &zone),
        ("branch", &plain(&branch)),
        ("remote", &remote.as_ref().map_or_else(|| "false".to_owned(), |remote| format!("\"{remote}\""))),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    let specs = network::specs();
    let mut files = vec![
        ("masthead.toml", scaffold::fill(scaffold::CONFIG, &values)),
        ("content/hello.md", scaffold::fill(scaffold::FIRST_POST, &values)),
        (".masthead/config.schema.json", schema_text(&config::schema(&specs))),
        (".masthead/post.schema.json", schema_text(&content::schema(&specs))),
        (".masthead/freeze.schema.json", schema_text(&content::freeze_schema(&specs))),
    ];
    if args.github {
        files.push((".github/workflows/masthead-check.yml", scaffold::fill(scaffold::CHECK_WORKFLOW, &values)));
        files.push((".github/workflows/masthead-publish.yml", scaffold::fill(scaffold::PUBLISH_WORKFLOW, &values)));
    }
    let mut changed = Vec::new();
    for (path, text) in files {
        let made = workspace::write_new(&folder, path, text.as_bytes()).map_err(Failure::from)?;
        ui.status(&format!("{} {path}", if made { "made" } else { "kept" }));
        if made {
            changed.push(path);
        }
    }
    let had_ignores = folder.join(".gitignore").exists();
    let added = workspace::append_missing_lines(&folder, ".gitignore", scaffold::GITIGNORE).map_err(Failure::from)?;
    let what = match (added, had_ignores) {
        (true, false) => "made",
        (true, true) => "added lines to",
        (false, _) => "kept",
    };
    ui.status(&format!("{what} .gitignore"));
    if added {
        changed.push(".gitignore");
    }
    if !changed.is_empty() {
        ui.hint(&format!("next: {}", next_steps(args, &changed, repository.as_ref(), remote.as_deref())));
    }
    Ok(DONE)
}

/// Finds the nearest folder that exists: the one that is to be made lies in the repository that this one lies in.
fn nearest_there_is(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.is_dir())
}

/// Chooses the remote of the ledger; none keeps it in this clone. A workflow begins in an empty clone each time: without a
/// remote it would find nothing published, and publish everything again.
fn remote(args: &Args, repository: Option<&workspace::Repo>) -> Result<Option<String>, Failure> {
    let has_origin = repository.is_some_and(|repository| repository.remotes().iter().any(|name| name == "origin"));
    match args.remote.as_deref() {
        Some("false") if args.github => Err(Failure::usage("workflows need a ledger on a remote").hint(
            "leave out `--remote false`: a workflow's clone is new each time and would publish everything again",
        )),
        Some("false") => Ok(None),
        Some(remote) if remote.is_empty() || remote != plain(remote) => {
            Err(Failure::usage(format!("`{remote}` can't be a remote's name")).hint("`git remote` lists the remotes"))
        }
        Some(remote) => Ok(Some(remote.to_owned())),
        None if has_origin || args.github => Ok(Some("origin".to_owned())),
        None => Ok(None),
    }
}

/// Refuses workflows for a workspace that is there already and keeps its ledger in each clone.
fn ledger_is_shared(folder: &Path, ui: &Ui) -> Result<(), Failure> {
    if !folder.join(workspace::CONFIG).is_file() || load::config(folder, ui)?.1.ledger.remote.is_some() {
        return Ok(());
    }
    Err(Failure::usage("workflows need a ledger on a remote, and `masthead.toml` says `remote = false`").hint(
        "write `remote = \"origin\"` in `[ledger]`: a workflow's clone is new each time and would publish everything again",
    ))
}

/// Writes the commands that lead to the first publishing. In a repository with work of its own, only our files are added.
fn next_steps(args: &Args, changed: &[&str], repository: Option<&workspace::Repo>, remote: Option<&str>) -> String {
    let mut steps = Vec::new();
    if args.folder != Path::new(".") {
        steps.push(format!("cd {}", shell_word(&args.folder.display().to_string())));
    }
    if repository.is_none() {
        steps.push("git init -b main".to_owned());
        steps.push("git add -A".to_owned());
    } else {
        let mut places: Vec<&str> = changed.iter().filter_map(|path| path.split('/').next()).collect();
        places.dedup();
        steps.push(format!("git add {}", places.join(" ")));
    }
    steps.push("git commit -m 'Start'".to_owned());
    let there =
        |remote: &str| repository.is_some_and(|repository| repository.remotes().iter().any(|name| name == remote));
    if let Some(remote) = remote.filter(|remote| !there(remote)) {
        steps.push(format!("git remote add {remote} ADDRESS"));
    }
    steps.push("masthead publish".to_owned());
    steps.join(" && ")
}

/// Takes out what would end a quoted text of TOML.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\\' | '"')).collect()
}

/// Quotes a word for a shell, if it needs it.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./+@:,".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn schema_text(schema: &serde_json::Value) -> String {
    format!("{schema:#}\n")
}

/// Finds this machine's zone by `TZ`, `/etc/timezone` or the link `/etc/localtime`; universal time if none says.
fn machine_zone() -> String {
    let from_link = || {
        let target = std::fs::read_link("/etc/localtime").ok()?;
        let target = target.to_str()?.split_once("zoneinfo/")?.1.to_owned();
        Some(target)
    };
    let candidates = [
        std::env::var("TZ").ok(),
        std::fs::read_to_string("/etc/timezone").ok().map(|text| text.trim().to_owned()),
        from_link(),
    ];
    let known = candidates.into_iter().flatten().find_map(|name| Zone::parse(&name).ok());
    known.unwrap_or(Zone::UTC).name().to_owned()
}
