use crate::{
    cli::{
        DONE, Done, Failure, Ui, load, time,
        vault::{self, Use},
    },
    config::{Config, lexical::is_name},
    engine::{self, About, Kind, Vault},
    report,
    workspace::Repo,
};
use clap::Subcommand;
use secrecy::ExposeSecret as _;
use std::{
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

/// Keep secrets and sessions that publishers share
///
/// The vault is a branch of files that are encrypted with age. A token in masthead.toml may say `vault:NAME`; and the
/// sessions of networks that have them are kept there, so that CI jobs renew them instead of sending the password.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key, or begin the vault with the one there is
    ///
    /// Prints the secret half once, and says what to write into masthead.toml. With a key that `[vault]` finds, it begins
    /// the branch instead.
    Init,
    /// Put a secret there, from standard input
    Set {
        /// The name: `token = "vault:NAME"`
        name: String,
        /// The last day on which it serves, as `2027-01-31`; `doctor` and `plan` warn ahead
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
    },
    /// List what is there: names, ages and ends, no secret
    List,
    /// Remove a secret
    Rm {
        /// The name
        name: String,
        /// Remove the session of the account of that name instead
        #[arg(long)]
        session: bool,
    },
    /// Encrypt everything anew, for the keys that masthead.toml names
    Rekey,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let (root, config) = load::config(start, ui)?;
    if matches!(args.action, Action::Init) && config.vault.is_none() {
        return make_key(ui);
    }
    let repository = Repo::open(&root)?;
    let open = |use_| {
        let vault = vault::open(&root, &repository, &config, use_).map_err(crate::cli::ledger_failure)?;
        vault.ok_or_else(|| {
            Failure::usage("the workspace has no vault")
                .hint("run `masthead vault init`, and write what it says into masthead.toml")
        })
    };
    match &args.action {
        Action::Init => begin(&mut open(Use::Open)?, &config, ui),
        Action::Set { name, expires } => {
            check_name(name)?;
            // The last day counts whole.
            let until =
                expires.as_ref().map(|day| if day.contains('T') { day.clone() } else { format!("{day}T23:59:59") });
            let expires = until.map(|until| time::moment(Some(&until), config.zone)).transpose()?;
            let secret = from_stdin()?;
            open(Use::Open)?.set(name, &secret.into(), time::now(), expires).map_err(crate::cli::ledger_failure)?;
            ui.status(&format!("put `{name}` into the vault; use it with `token = \"vault:{name}\"`"));
            Ok(DONE)
        }
        Action::List => {
            let kept = open(Use::Look)?.list().map_err(crate::cli::ledger_failure)?;
            list(&kept, &config, ui);
            Ok(DONE)
        }
        Action::Rm { name, session } => {
            let kind = if *session { Kind::Session } else { Kind::Secret };
            let what = if *session { "session" } else { "secret" };
            if !open(Use::Look)?.remove(kind, name).map_err(crate::cli::ledger_failure)? {
                return Err(Failure::usage(format!("the vault has no {what} `{name}`"))
                    .hint("`masthead vault list` shows what it has"));
            }
            ui.status(&format!(
                "removed the {what} `{name}`; what was pushed stays in the branch's history, encrypted"
            ));
            Ok(DONE)
        }
        Action::Rekey => {
            let count = open(Use::Open)?.rekey().map_err(crate::cli::ledger_failure)?;
            ui.status(&format!("encrypted {} anew", crate::diag::words::count(count, "file", "files")));
            ui.hint(
                "the history still opens with the keys of before: if one of them leaked, make new tokens at the networks too",
            );
            Ok(DONE)
        }
    }
}

fn make_key(ui: &Ui) -> Done {
    let (secret, public) = engine::make_key();
    ui.status("made a key for the vault; this is its secret half, which is shown once and kept nowhere:");
    ui.data(&format!("{}\n", secret.expose_secret()));
    ui.status("keep it in a password manager, and give it to CI as the secret MASTHEAD_VAULT_KEY");
    ui.hint(&format!(
        "write into masthead.toml, commit, and run `masthead vault init` again with the key set:\n\n[vault]\nkey = \
         \"env:MASTHEAD_VAULT_KEY\"\nrecipients = [\"{public}\"]\n"
    ));
    Ok(DONE)
}

fn begin(vault: &mut Vault, config: &Config, ui: &Ui) -> Done {
    if let Some(why) = vault.locked() {
        return Err(Failure::usage(format!("the vault's key can't be had: {why}")).hint(
            "put the key where `key` of `[vault]` says; to make another, take `[vault]` out of masthead.toml and run this \
             again",
        ));
    }
    let branch = config.vault.as_ref().map_or("", |settings| settings.branch.as_str());
    if vault.create().map_err(crate::cli::ledger_failure)? {
        ui.status(&format!("began the vault on the branch `{branch}`"));
    } else {
        ui.status(&format!("the vault is there already, on the branch `{branch}`"));
    }
    Ok(DONE)
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    // Not the name: people have been seen to put the secret there.
    Err(Failure::usage("that can't be the name of a secret")
        .hint("use lowercase letters, digits, `_` and `-`; the secret itself is read from standard input"))
}

/// Reads a secret. Not from an argument, which every process of the machine could see, and not from a keyboard, where it
/// would be shown.
fn from_stdin() -> Result<String, Failure> {
    const LONGEST: u64 = 64 * 1024;
    let usage = |message: &str| {
        Failure::usage(message).hint("give it on standard input, as `pass show brand | masthead vault set brand`")
    };
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(usage("the secret would be shown while it is typed"));
    }
    let mut text = String::new();
    let read = stdin.lock().take(LONGEST + 1).read_to_string(&mut text);
    read.map_err(|_| usage("the secret is not UTF-8 text"))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        return Err(usage("the secret is empty"));
    }
    if secret.contains(['\r', '\n', '\0']) || secret.len() as u64 > LONGEST {
        return Err(usage("the secret has more than one line, or is too long"));
    }
    Ok(secret.to_owned())
}

fn list(kept: &[About], config: &Config, ui: &Ui) {
    if kept.is_empty() {
        ui.status("the vault is empty");
        return;
    }
    let lines: String = kept.iter().map(|about| line(about, config)).collect();
    ui.data(&report::printable(&lines));
}

fn line(about: &About, config: &Config) -> String {
    let time = |at: &crate::model::Timestamp| at.display_in(config.zone);
    let mut words = vec![match about.kind {
        Kind::Secret => format!("secret   {}", about.name),
        Kind::Session => format!("session  {}", about.name),
    }];
    words.extend(about.got.as_ref().map(|at| format!("from {}", time(at))));
    words.extend(about.expires.as_ref().map(|at| format!("ends {}", time(at))));
    words.extend(about.refresh_expires.as_ref().map(|at| format!("can be renewed until {}", time(at))));
    words.extend(about.refreshing.as_ref().map(|(by, until)| format!("{by} is renewing it until {}", time(until))));
    words.extend(about.signed_out.as_ref().map(|why| format!("signed out: {why}")));
    format!("{}\n", words.join(", "))
}
