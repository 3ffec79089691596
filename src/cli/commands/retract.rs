use crate::{
    cli::{
        DONE, Done, FINDINGS, Ui,
        amending::{self, Amending},
        committed::Committed,
        person, time,
    },
    engine::Asked,
    ledger::{DeliveryState, Ledger, PartState, Store as _},
    model::PostId,
    plan::{Plan, Reason, Row, Verdict},
    report,
};
use std::path::Path;

/// Take a post back: delete it wherever it is out
///
/// Now, and for good: what was taken back never goes out again under its id. Works while publishing is frozen, and for
/// posts whose file is gone. Says where the network deletes nothing for programs. To review it like any other change, write
/// `retract = true` into the post instead; `masthead publish` then does it. Exits with 1 if something is still out.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The post's id, or its file
    post: String,

    /// Only on this account or group; may be given more than once
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,

    /// Why; it stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Who says so [default: the user that git knows]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Print what became of each part as JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let by = person::person(args.by.as_deref(), committed.repository())?;
    let ledger = committed.ledger_alone()?.read().map_err(crate::cli::ledger_failure)?;
    let amending = Amending { committed: &committed, ledger: &ledger, post: &args.post, accounts: &args.accounts };
    let (post, plan) = amending.plan()?;
    let rows = rows(&post, &plan, &ledger, &amending.accounts()?);
    let asked = Asked { by: Some(by), why: args.reason.clone() };
    let settled = amending::carry_out(&committed, &rows, &asked, committed.ledger_alone()?, ui)?;
    let after = committed.ledger_alone()?.read().map_err(crate::cli::ledger_failure)?;
    amending::conclude(&committed, &after, &settled, args.json, ui)?;
    if rows.is_empty() {
        ui.status(&format!("nothing of `{post}` is out"));
    }
    let accounts = amending.accounts()?;
    let still = rows_left(&post, &after, &accounts);
    let to_come = coming(&committed, &post, &after, &accounts)?;
    if !to_come.is_empty() {
        ui.warning(&format!("`{post}` still goes out, or may be out unheard:"));
        ui.data(&report::plan_rows(&to_come, committed.config.zone, &ui.style()));
        ui.hint(
            "write `retract = true` or `draft = true` into it and push, or run `masthead freeze` until that is done",
        );
    }
    Ok(if still > 0 || amending::has_failed(&settled) { FINDINGS } else { DONE })
}

/// Makes a row for each account that something of the post is out on.
fn rows(post: &PostId, plan: &Plan, ledger: &Ledger, accounts: &amending::Chosen) -> Vec<Row> {
    let deliveries = ledger.deliveries.iter().filter(|(key, _)| key.post == *post && accounts.includes(&key.account));
    let out = deliveries.filter(|(_, state)| live(state) > 0);
    let rows = out.map(|(key, state)| {
        let planned = plan.rows.iter().find(|row| row.post == key.post && row.account == key.account);
        Row {
            post: key.post.clone(),
            account: key.account.clone(),
            verdict: Verdict::Retract,
            reason: Reason::Withdrawn,
            at: None,
            parts: state.parts.len(),
            done: 0,
            url: state.published(0).and_then(|first| first.remote.url.clone()),
            desired: planned.and_then(|row| row.desired.clone()),
        }
    });
    rows.collect()
}

/// Counts the parts that are still out.
fn rows_left(post: &PostId, ledger: &Ledger, accounts: &amending::Chosen) -> usize {
    let deliveries = ledger.deliveries.iter().filter(|(key, _)| key.post == *post && accounts.includes(&key.account));
    deliveries.map(|(_, state)| live(state)).sum()
}

fn live(state: &DeliveryState) -> usize {
    state.parts.iter().filter(|part| matches!(part, PartState::Published(_))).count()
}

/// Finds what of the post is still to go out, or is not settled.
fn coming(
    committed: &Committed,
    post: &PostId,
    ledger: &Ledger,
    accounts: &amending::Chosen,
) -> Result<Vec<Row>, crate::cli::Failure> {
    let mut rows = committed.plan(ledger, time::now(), &crate::cli::only::Only::default())?.rows;
    rows.retain(|row| {
        row.post == *post
            && accounts.includes(&row.account)
            && match row.verdict {
                Verdict::Publish | Verdict::Settle | Verdict::Wait | Verdict::Held => row.reason != Reason::Draft,
                Verdict::Attention => row.done < row.parts,
                Verdict::Retract | Verdict::Update | Verdict::Drift | Verdict::Done => false,
            }
    });
    Ok(rows)
}
