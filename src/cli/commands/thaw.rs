use crate::{
    cli::{DONE, Done, FINDINGS, Failure, Ui, committed::Committed, named, only::Only, person, reach, time},
    ledger::{Brake, BrakeEvent, Braking, Ledger, Store as _},
    model::{AccountId, FREEZE_FILE, Scope},
    plan::{Reason, Row},
    report::{self, Brakes, SHORT_ID},
};
use std::path::Path;

/// End a freeze: all that hold, or those that are named
///
/// What became late while it held stays held and is listed: after a crisis nobody knows what of it is still meant. A new
/// `date`, or none, lets it go. What `freeze.toml` on the publish branch stops can't be thawed by a command: take it out of
/// the file. Exits with 1 if something of what was meant is still frozen.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// End this freeze, by its id as `masthead status` shows it; may be given more than once
    #[arg(value_name = "ID")]
    ids: Vec<String>,

    /// End the freezes of this account or group; may be given more than once
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,

    /// End the freezes of this campaign; may be given more than once
    #[arg(long = "campaign", value_name = "NAME")]
    campaigns: Vec<String>,

    /// Why; it stands in the ledger
    #[arg(long, value_name = "TEXT", default_value = "")]
    #[arg(hide_default_value = true)]
    reason: String,

    /// Who says so [default: the user that git knows]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

impl Args {
    fn names_nothing(&self) -> bool {
        self.ids.is_empty() && self.accounts.is_empty() && self.campaigns.is_empty()
    }
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let reached = reach::reach(start, ui)?;
    let zone = reached.config.zone;
    let person = person::person(args.by.as_deref(), &reached.repository)?;
    let accounts = named::accounts(&args.accounts, &reached.config)?;
    let mut store = reach::braked(&reached.repository, &reached.config)?;
    let before = store.read().map_err(crate::cli::ledger_failure)?;
    let now = time::now();
    let holding: Vec<&Brake> = before.brakes.iter().filter(|brake| brake.freeze.holds(now)).collect();
    let chosen = choose(args, &accounts, &holding)?;
    let by = person::actor(&person);
    let thaw = |of: &Brake| Braking::Thaw { of: of.id.clone(), reason: args.reason.trim().to_owned() };
    let events: Vec<BrakeEvent> = chosen
        .iter()
        .map(|brake| BrakeEvent { id: person::event_id(), at: now, by: by.clone(), what: thaw(brake) })
        .collect();
    if !events.is_empty() {
        store.brake(&events).map_err(crate::cli::ledger_failure)?;
    }
    let after = store.read().map_err(crate::cli::ledger_failure)?;
    let mut ended = after.brakes.clone();
    ended.retain(|brake| chosen.iter().any(|chosen| chosen.id == brake.id));
    let still: Vec<&Brake> = after.brakes.iter().filter(|brake| brake.freeze.holds(now)).collect();
    let late = late(start, &after, ui);
    if args.json {
        ui.data(&report::brakes_json(&Brakes { brakes: &ended, under_way: &[], late: &late }));
    } else {
        for brake in &ended {
            ui.data(&format!("thawed {} ({})\n", brake.freeze.scope, report::short_id(brake)));
        }
        if holding.is_empty() {
            ui.status("nothing is frozen");
        }
        ui.data(&report::plan_rows(&late, zone, &ui.style()));
        if !late.is_empty() {
            ui.hint(
                "what became late stays held: give it a new `date`, or take it out to send it at once, and commit that",
            );
        }
        ui.data(&report::brakes(still.iter().copied(), zone, &ui.style()));
    }
    for brake in still.iter().filter(|brake| brake.is_of_file()).take(1) {
        ui.warning(&format!("`{}` on the branch `{}` still stops publishing", brake.id, reached.config.branch));
        ui.hint(
            "no command ends that: write `until` in it, so that what became late stays held, or delete it; then push",
        );
    }
    let is_meant = still.iter().any(|brake| is_meant(args, &accounts, brake));
    Ok(if is_meant { FINDINGS } else { DONE })
}

/// Finds the freezes that hold and are meant. Those of a file are left alone.
fn choose<'a>(args: &Args, accounts: &[AccountId], holding: &[&'a Brake]) -> Result<Vec<&'a Brake>, Failure> {
    let mut chosen: Vec<&Brake> = Vec::new();
    for id in &args.ids {
        if id == FREEZE_FILE {
            return Err(Failure::usage(format!("`{FREEZE_FILE}` is a file on the publish branch"))
                .hint("write `until` in it or delete it, and push that"));
        }
        let found: Vec<&Brake> = holding.iter().copied().filter(|brake| brake.id.0.starts_with(id.as_str())).collect();
        match found[..] {
            [one] if id.len() >= SHORT_ID => chosen.push(one),
            [] => {
                return Err(Failure::usage(format!("no freeze `{id}` holds")).hint("`masthead status` lists them"));
            }
            _ => {
                return Err(Failure::usage(format!("`{id}` doesn't say which freeze is meant"))
                    .hint(format!("write at least {SHORT_ID} characters of its id, as `masthead status` shows it")));
            }
        }
    }
    let rest = holding.iter().copied().filter(|brake| !brake.is_of_file() && is_meant(args, accounts, brake));
    for brake in rest {
        if !chosen.iter().any(|chosen| chosen.id == brake.id) {
            chosen.push(brake);
        }
    }
    let has_file = holding.iter().any(|brake| brake.is_of_file());
    if chosen.is_empty() && !args.names_nothing() && !has_file {
        return Err(Failure::usage("nothing of that is frozen by itself")
            .hint("`masthead status` lists what is; without names `masthead thaw` ends every freeze"));
    }
    Ok(chosen)
}

/// Returns whether a freeze is among those that are named by what they stop; without any name, all are.
fn is_meant(args: &Args, accounts: &[AccountId], brake: &Brake) -> bool {
    args.names_nothing()
        || match &brake.freeze.scope {
            Scope::All => false,
            Scope::Account(account) => accounts.contains(account),
            Scope::Campaign(campaign) => args.campaigns.contains(campaign),
        }
}

/// Finds what became late while publishing was stopped. Where the posts can't be read, that is said and the thaw stands.
fn late(start: &Path, ledger: &Ledger, ui: &Ui) -> Vec<Row> {
    let planned =
        Committed::load(start, ui).and_then(|committed| committed.plan(ledger, time::now(), &Only::default()));
    match planned {
        Ok(plan) => plan.rows.into_iter().filter(|row| row.reason == Reason::LateByFreeze).collect(),
        Err(failure) => {
            ui.warning(&format!("what became late is not known: {}", failure.message));
            Vec::new()
        }
    }
}
