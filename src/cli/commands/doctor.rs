use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        daemon::Heartbeat,
        load,
        media::SourceMedia,
        time,
        vault::{self, Use},
    },
    config::Config,
    diag::{Level, words},
    engine::{
        self, ProbeReport, Probes, PublicHost, Recipients, Stop, SystemClock, SystemEntropy, SystemSecrets, Transports,
        World,
    },
    ledger::{Ledger, Store as _},
    model::{Account, Timestamp},
    network::{self, Auth},
    plan::Access,
    workspace::{Disk, GitStore, Repo},
};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// Find out whether publishing would work
///
/// Looks at the repository, the ledger and its remote, at when `masthead run` was last at work here, and asks every account's server who we are, what the credential may
/// do, which limits hold and what time it is. Sends nothing that anybody sees. What servers say of their limits is
/// remembered for `check` and `plan`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Only this account
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<String>,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

/// A difference between the clocks that makes times unreliable.
const TOO_FAR: Duration = Duration::from_secs(60);

#[derive(Serialize)]
struct Report {
    version: u32,
    findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    /// What it is about: an account, `repository`, `ledger`, `vault`, `daemon` or `media.host`.
    about: String,
    /// Whether it is as it should be.
    ok: bool,
    /// Whether it will soon not be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
    /// What was found.
    message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Finding {
    fn good(about: &str, message: impl Into<String>) -> Self {
        Self { about: about.to_owned(), ok: true, warning: false, message: message.into(), hint: None }
    }

    fn warning(about: &str, message: impl Into<String>, hint: &str) -> Self {
        Self { warning: true, hint: Some(hint.to_owned()), ..Self::good(about, message) }
    }

    fn bad(about: &str, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { about: about.to_owned(), ok: false, warning: false, message: message.into(), hint }
    }
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let (root, config) = load::config(start, ui)?;
    for name in &args.accounts {
        if !config.accounts.contains_key(name.as_str()) {
            return Err(Failure::usage(format!("there is no account `{name}`")).hint("`masthead accounts` lists them"));
        }
    }
    let mut findings = git(&root, &config);
    let repository = Repo::open(&root).ok();
    let access = match &repository {
        Some(repository) => {
            findings.extend(vault_of(&root, repository, &config));
            vault::access(&root, repository, &config, Use::Look, ui)
        }
        None => Access::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let chosen = config
        .accounts
        .values()
        .filter(|account| args.accounts.is_empty() || args.accounts.iter().any(|name| name == account.id.as_str()));
    let secrets = match &repository {
        Some(repository) => vault::secrets(&root, repository, &config)?,
        None => SystemSecrets::new(&root),
    };
    let (transport, stop) = (Transports::new(), Stop::new());
    let disk = SourceMedia(&Disk::new(&root));
    let world = World {
        config: &config,
        transport: &transport,
        clock: &SystemClock,
        entropy: &SystemEntropy,
        secrets: &secrets,
        media: &disk,
        networks: &network::find,
        commit: "",
        stop: &stop,
    };
    findings.extend(hosting(&root, &config, &secrets, &runtime));
    let probes = repository.as_ref().map(|repository| Probes::new(&repository.state_folder()));
    for account in chosen {
        ui.detail(&format!("asking {}", account.id));
        let Some(network) = network::find(account.network) else { continue };
        let id = account.id.as_str();
        findings.extend(token_end(&access, account, &config));
        if !network.profile().probe {
            if network.profile().auth == Auth::None {
                findings.push(Finding::good(id, "needs no credential"));
            }
            continue;
        }
        match runtime.block_on(engine::probe(world, account)) {
            Ok(report) => {
                if let Some(probes) = &probes
                    && let Err(error) = probes.remember(account, &report.probe.limits, time::now())
                {
                    findings.push(Finding::bad(id, error.to_string(), None));
                }
                // Told once: what is written down or kept is the same end.
                let told = report.probe.expires.filter(|_| !access.ends.contains_key(&account.id));
                findings.extend(told.and_then(|ends| ending(account, ends, &config)));
                findings.extend(judge(account, &report));
            }
            Err(error) => {
                let detail = error.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
                findings.push(Finding::bad(id, format!("{error}{detail}"), hint(account, &error.kind)));
            }
        }
    }
    let ok = findings.iter().all(|finding| finding.ok);
    if args.json {
        let json = serde_json::to_string_pretty(&Report { version: 1, findings }).expect("strings and flags");
        ui.data(&format!("{json}\n"));
    } else {
        for finding in &findings {
            let style = ui.style();
            let mark = match finding {
                Finding { ok: false, .. } => style.level(Level::Error, "bad"),
                Finding { warning: true, .. } => style.level(Level::Warning, "due"),
                Finding { .. } => style.level(Level::Note, "ok "),
            };
            ui.data(&format!("{mark}  {}: {}\n", finding.about, crate::report::printable(&finding.message)));
            if let Some(hint) = &finding.hint {
                ui.data(&format!("     hint: {hint}\n"));
            }
        }
    }
    Ok(if ok { DONE } else { FINDINGS })
}

/// Looks at the repository, the publish branch and the ledger.
fn git(root: &Path, config: &Config) -> Vec<Finding> {
    let repository = match Repo::open(root) {
        Ok(repository) => repository,
        Err(error) => return vec![Finding::bad("repository", error.to_string(), error.hint)],
    };
    let mut findings = Vec::new();
    findings.push(match repository.publish_commit(&config.branch, config.ledger.remote.as_deref()) {
        Ok(commit) => {
            Finding::good("repository", format!("publishes `{}`, now at {}", config.branch, &commit.id()[..10]))
        }
        Err(error) => Finding::bad("repository", error.to_string(), error.hint),
    });
    let place = match &config.ledger.remote {
        Some(remote) => format!("on the remote `{remote}`"),
        None => "in this clone alone".to_owned(),
    };
    let ledger = GitStore::open(&repository, &config.ledger).and_then(|mut store| {
        let ledger = store.read()?;
        store.try_write()?;
        Ok(ledger)
    });
    findings.push(match ledger {
        Ok(Ledger { genesis: None, .. }) => Finding::good("ledger", format!("can be begun, {place}")),
        Ok(ledger) => {
            let known = words::count(ledger.deliveries.len(), "delivery", "deliveries");
            Finding::good("ledger", format!("can be read and written, {place}: {known}"))
        }
        Err(error) => Finding::bad("ledger", error.message, error.hint),
    });
    findings.extend(daemon(&repository));
    findings
}

/// Tries the public place of media, if there is one.
fn hosting(
    root: &Path,
    config: &Config,
    secrets: &SystemSecrets,
    runtime: &tokio::runtime::Runtime,
) -> Option<Finding> {
    const ABOUT: &str = "media.host";
    let settings = config.host.as_ref()?;
    let tried = PublicHost::open(settings, root, secrets).and_then(|host| runtime.block_on(engine::try_host(&host)));
    Some(match tried {
        Ok(()) => Finding::good(ABOUT, format!("files can be put there, fetched from {} and taken away", settings.url)),
        Err(error) => Finding::bad(ABOUT, error.message, Some(error.help)),
    })
}

/// Looks at the vault, if there is one.
fn vault_of(root: &Path, repository: &Repo, config: &Config) -> Option<Finding> {
    let looked = vault::open(root, repository, config, Use::Open).and_then(|vault| {
        let Some(mut vault) = vault else { return Ok(None) };
        if let Some(why) = vault.locked() {
            let hint = "put the key where `key` of `[vault]` says; `masthead vault init` showed it once";
            return Ok(Some(Finding::bad("vault", format!("its key can't be had: {why}"), Some(hint.to_owned()))));
        }
        let Some(Recipients { last, wanted }) = vault.recipients()? else {
            return Ok(Some(Finding::good("vault", "can be begun")));
        };
        let kept = words::count(vault.list()?.len(), "secret or session", "secrets and sessions");
        let keys = words::count(wanted.len(), "key", "keys");
        Ok(Some(if last == wanted {
            Finding::good("vault", format!("keeps {kept}, for {keys}"))
        } else {
            Finding::warning(
                "vault",
                format!("keeps {kept}, which were encrypted for other keys than masthead.toml names"),
                "run `masthead vault rekey`",
            )
        }))
    });
    looked.unwrap_or_else(|error| Some(Finding::bad("vault", error.message, error.hint)))
}

/// Says so if an account's token ends soon.
fn token_end(access: &Access, account: &Account, config: &Config) -> Option<Finding> {
    ending(account, *access.ends.get(&account.id)?, config)
}

fn ending(account: &Account, ends: Timestamp, config: &Config) -> Option<Finding> {
    let is_over = vault::is_over_if_soon(ends, time::now())?;
    let (id, day) = (account.id.as_str(), ends.display_in(config.zone));
    let hint = "make a new token, store it where `token` says, and correct `token_expires` if it is written there";
    Some(if is_over {
        Finding::bad(id, format!("the token has ended, {day}"), Some(hint.to_owned()))
    } else {
        Finding::warning(id, format!("the token ends {day}"), hint)
    })
}

/// Looks at when the daemon of this clone was last at work, if there ever was one.
fn daemon(repository: &Repo) -> Option<Finding> {
    match Heartbeat::read(&repository.state_folder()) {
        Ok(beat) => beat.map(|beat| {
            let judged = beat.judge(time::now());
            let hint = judged.hint.map(str::to_owned);
            Finding { ok: judged.ok, hint, ..Finding::good("daemon", judged.message) }
        }),
        Err(error) => Some(Finding::bad("daemon", error.message, error.hint)),
    }
}

fn judge(account: &Account, report: &ProbeReport) -> Vec<Finding> {
    let id = account.id.as_str();
    let probe = &report.probe;
    let mut findings = Vec::new();
    let who = probe.identity.as_deref().unwrap_or("the server knows us");
    let server = probe.server.as_deref().map(|server| format!(" on {server}")).unwrap_or_default();
    let limit = probe.limits.text.map_or_else(String::new, |max| {
        let (one, many) = probe.limits.measure.unit.nouns();
        format!(", up to {} a post", words::count(max, one, many))
    });
    let scopes = if probe.scopes.is_empty() { String::new() } else { format!(", may {}", probe.scopes.join(" ")) };
    findings.push(Finding::good(id, format!("{who}{server}{limit}{scopes}")));
    if !probe.missing.is_empty() {
        findings.push(Finding::bad(
            id,
            format!("the credential may not {}", probe.missing.join(", ")),
            Some("make a new one that may, and store it where `token` says".to_owned()),
        ));
    }
    let difference = report.clock_difference.map(|millis| Duration::from_millis(millis.unsigned_abs()));
    if let Some(difference) = difference.filter(|difference| *difference > TOO_FAR) {
        findings.push(Finding::bad(
            id,
            format!("this machine's clock and the server's differ by {}", words::duration(difference)),
            Some("set the clock: posts would go out at the wrong time".to_owned()),
        ));
    }
    findings
}

fn hint(account: &Account, kind: &network::ErrorKind) -> Option<String> {
    use network::ErrorKind;
    let can_log_in = network::find(account.network).is_some_and(|network| network.profile().login.is_some());
    let text = match kind {
        ErrorKind::SignedOut if can_log_in => {
            return Some(format!(
                "run `masthead login {}`, or make a new credential and store it where `token` says",
                account.id
            ));
        }
        ErrorKind::SignedOut => {
            "the credential has expired or was revoked: make a new one and store it where `token` says"
        }
        ErrorKind::Forbidden => "the credential may not do this, or the account is restricted: look at its settings",
        ErrorKind::NotSent | ErrorKind::Ambiguous => {
            "is the server up, and its address right, if masthead.toml names one for the account?"
        }
        ErrorKind::Misconfigured | ErrorKind::NotFound | ErrorKind::Unreadable => {
            "look at the account in masthead.toml: at its `token`, and the address of its server, if it names one"
        }
        ErrorKind::RateLimited => "wait a while and try again",
        ErrorKind::Refused
        | ErrorKind::Duplicate
        | ErrorKind::NotReady
        | ErrorKind::Unsupported
        | ErrorKind::Withheld => return None,
    };
    Some(text.to_owned())
}
