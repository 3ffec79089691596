use crate::{
    cli::{DONE, Done, Failure, Ui, reach, scaffold},
    workspace::{self, HookFile, Repo},
};
use std::path::{Path, PathBuf};

/// Install or remove the git hooks of this clone
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the hooks into this clone
    ///
    /// `pre-commit` checks the posts that are staged, `pre-push` those that a push brings, and `post-merge` reminds of what
    /// is due after a pull. In a bare repository it is `post-receive` alone, which publishes what is due when the publish
    /// branch has moved. A hook of yours is never overwritten: ours is written beside it, and the line that calls it is
    /// printed. Run it again after another publish branch was named in `masthead.toml`.
    Install,
    /// Remove the hooks that `masthead hooks install` wrote, and no others
    Uninstall,
}

/// How the second line of our hooks begins.
const MARK: &str = "# masthead-hook:";

/// Those of a clone that somebody works in.
const WORKING: &[(&str, &str)] =
    &[("pre-commit", scaffold::PRE_COMMIT), ("pre-push", scaffold::PRE_PUSH), ("post-merge", scaffold::POST_MERGE)];

/// Those of a bare repository, which others push to.
const BARE: &[(&str, &str)] = &[("post-receive", scaffold::POST_RECEIVE)];

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    match args.action {
        Action::Install => install(start, ui),
        Action::Uninstall => uninstall(start, ui),
    }
}

fn install(start: &Path, ui: &Ui) -> Done {
    let (repository, branch, ledger) = what_is_known(start, ui)?;
    let (folder, is_own) = repository.hooks_folder();
    let prefix = repository.prefix();
    let config =
        if prefix.is_empty() { workspace::CONFIG.to_owned() } else { format!("{prefix}/{}", workspace::CONFIG) };
    let values = [
        ("root", &quoted(if prefix.is_empty() { "." } else { prefix })),
        ("config", &quoted(&config)),
        ("branch", &quoted(&branch)),
        ("ledger", &quoted(&ledger)),
    ];
    let values = values.map(|(name, value)| (name, value.as_str()));
    let mut by_hand = Vec::new();
    for (name, template) in if repository.is_bare() { BARE } else { WORKING } {
        let text = scaffold::fill(template, &values);
        let place = folder.join(name);
        match workspace::hook_file(&place, MARK)? {
            HookFile::Ours(old) if old == text => ui.status(&format!("kept {}", place.display())),
            HookFile::Missing | HookFile::Ours(_) => write(&place, &text, ui)?,
            HookFile::Theirs => {
                let beside = beside(&folder, name);
                write(&beside, &text, ui)?;
                by_hand.push((place, call(name)));
            }
        }
    }
    if !is_own {
        ui.warning(&format!(
            "`core.hooksPath` names {}, which other repositories may use too; the hooks do nothing where there is no workspace",
            folder.display()
        ));
    }
    for (place, line) in &by_hand {
        ui.warning(&format!("{} is a hook of yours, and was left alone; add this line to it:", place.display()));
        ui.data(&format!("{line}\n"));
    }
    Ok(DONE)
}

fn uninstall(start: &Path, ui: &Ui) -> Done {
    let repository = match reach::bare(start) {
        Some(repository) => repository,
        None => Repo::open(&workspace::find_root(start)?)?,
    };
    let (folder, _) = repository.hooks_folder();
    let mut removed = 0;
    for (name, _) in WORKING.iter().chain(BARE) {
        for place in [folder.join(name), beside(&folder, name)] {
            if workspace::remove_hook(&place, MARK)? {
                ui.status(&format!("removed {}", place.display()));
                removed += 1;
            }
        }
    }
    if removed == 0 {
        ui.status("there is no hook of Masthead's here");
    }
    Ok(DONE)
}

/// Finds the repository, the publish branch and the ledger's. A bare repository may have no commit yet: then it is the
/// branch that its `HEAD` names.
fn what_is_known(start: &Path, ui: &Ui) -> Result<(Repo, String, String), Failure> {
    if let Some(repository) = reach::bare(start)
        && repository.commit_at("HEAD").is_err()
    {
        let branch = repository.current_branch().unwrap_or_else(|| "main".to_owned());
        ui.hint(&format!("there is no commit yet, so `{branch}` is taken for the publish branch"));
        return Ok((repository, branch, crate::config::LedgerSettings::default().branch));
    }
    let reached = reach::reach(start, ui)?;
    Ok((reached.repository, reached.config.branch, reached.config.ledger.branch))
}

fn write(place: &Path, text: &str, ui: &Ui) -> Result<(), Failure> {
    if workspace::write_hook(place, MARK, text)? {
        ui.status(&format!("wrote {}", place.display()));
        return Ok(());
    }
    Err(Failure::doing(format!("{} is a file of somebody else's", place.display()))
        .hint("move it away, then run it again"))
}

/// Returns where a hook of ours stands that has no place of its own.
fn beside(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("masthead-{name}"))
}

/// Writes the line that a hook of somebody's calls ours with.
fn call(name: &str) -> String {
    format!("\"$(dirname \"$0\")/masthead-{name}\" \"$@\" || exit 1")
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
