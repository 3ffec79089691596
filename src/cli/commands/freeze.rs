use crate::{
    cli::{DONE, Done, Failure, Ui, named, person, reach, time},
    ledger::{BrakeEvent, Braking, Ledger, PartState, Store as _},
    model::{AccountId, Scope, Timestamp},
    report::{self, Brakes, UnderWay},
    workspace::GitStore,
};
use std::path::Path;

/// Stop publishing at once: everything, or what is named
///
/// Writes it to the ledger and returns when it is there: from then on no publisher that shares the ledger begins another
/// delivery, not even one in the middle of a run. What was under way at that moment is listed, since its request may still
/// take effect. Needs no secret, and works where posts have mistakes. `masthead thaw` ends it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Why; everybody is told
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Stop this account or group; may be given more than once
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,

    /// Stop the posts of this campaign; may be given more than once
    #[arg(long = "campaign", value_name = "NAME")]
    campaigns: Vec<String>,

    /// End it by itself then, as `2026-12-01T09:00` in the workspace's zone or with an offset
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// Who says so [default: the user that git knows]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let reached = reach::reach(start, ui)?;
    let config = &reached.config;
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(Failure::usage("a freeze needs a reason").hint("say why: `--reason 'the factory is on fire'`"));
    }
    let person = person::person(args.by.as_deref(), &reached.repository)?;
    let now = time::now();
    let until = args.until.as_deref().map(|until| time::moment(Some(until), config.zone)).transpose()?;
    if let Some(until) = until.filter(|until| *until <= now) {
        let shown = until.display_in(config.zone);
        return Err(Failure::usage(format!("a freeze until {shown} is over already")).hint("name a later time"));
    }
    let by = person::actor(&person);
    let what = |scope| Braking::Freeze { scope, until, reason: reason.to_owned() };
    let scopes = scopes(args, &named::accounts(&args.accounts, config)?);
    let events: Vec<BrakeEvent> = scopes
        .into_iter()
        .map(|scope| BrakeEvent { id: person::event_id(), at: now, by: by.clone(), what: what(scope) })
        .collect();
    let mut store = GitStore::open(&reached.repository, &config.ledger).map_err(crate::cli::ledger_failure)?;
    store.brake(&events).map_err(|error| {
        let mut failure = crate::cli::ledger_failure(error);
        failure.message = format!("nothing is frozen: {}", failure.message);
        failure
    })?;
    // Read after it is durable: whoever claims later sees it.
    let ledger = store.read().map_err(|error| {
        let mut failure = crate::cli::ledger_failure(error);
        failure.message = format!("it is frozen, but what is under way is not known: {}", failure.message);
        failure
    })?;
    let mut made = ledger.brakes.clone();
    made.retain(|brake| events.iter().any(|event| event.id == brake.id));
    let scopes: Vec<&Scope> = made.iter().map(|brake| &brake.freeze.scope).collect();
    let under_way = under_way(&ledger, &scopes, now);
    let brakes = Brakes { brakes: &made, under_way: &under_way, late: &[] };
    if args.json {
        ui.data(&report::brakes_json(&brakes));
    } else {
        ui.data(&report::brakes(&made, config.zone, &ui.style()));
        ui.data(&report::under_way(&under_way, config.zone, &ui.style()));
        ui.status(&format!("no publisher begins another delivery of it that shares the ledger {}", reached.place()));
        ui.hint("`masthead thaw` ends it, `masthead retract POST` takes back what is out");
    }
    Ok(DONE)
}

/// Returns what is to be stopped: what is named, or everything.
fn scopes(args: &Args, accounts: &[AccountId]) -> Vec<Scope> {
    let accounts = accounts.iter().cloned().map(Scope::Account);
    let mut scopes: Vec<Scope> = accounts.chain(args.campaigns.iter().cloned().map(Scope::Campaign)).collect();
    scopes.dedup();
    if scopes.is_empty() {
        scopes.push(Scope::All);
    }
    scopes
}

/// Finds the attempts that may be under way. The ledger knows no campaigns, so with one all are listed.
fn under_way(ledger: &Ledger, scopes: &[&Scope], now: Timestamp) -> Vec<UnderWay> {
    let concerns = |account: &AccountId| {
        scopes.iter().any(|scope| match scope {
            Scope::All | Scope::Campaign(_) => true,
            Scope::Account(frozen) => frozen == account,
        })
    };
    let mut found = Vec::new();
    for (key, state) in ledger.deliveries.iter().filter(|(key, _)| concerns(&key.account)) {
        for (number, part) in (1..).zip(&state.parts) {
            if let PartState::Sending(intent) = part
                && now < intent.over()
            {
                found.push(UnderWay {
                    post: key.post.clone(),
                    account: key.account.clone(),
                    part: number,
                    attempt: intent.id.clone(),
                    until: intent.over(),
                });
            }
        }
    }
    found
}
