use crate::{
    cli::{DONE, Done, Ui, committed::Committed, only::Only, time, vault::Use},
    report::{self, Rows},
};
use std::{collections::HashSet, path::Path};

/// Show what would happen, and why
///
/// Reads the publish branch and the ledger; sends and writes nothing. Each row is one post on one account:
///
///   publish    it is due and would be sent now
///   settle     an answer was lost; the network is asked first
///   retract    its post says `retract = true`; it is deleted there
///   update     it is out, and the file has changed; `masthead update` sends it
///   drift      the same, where the network takes no changes
///   wait       not yet: its date, a draft, another post, a pause
///   held       due, but something holds it
///   attention  a person must look
///   done       it is out and unchanged (with --all)
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Args {
    /// Show what would happen at a time, as `2026-12-01T09:00` or with an offset
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// List what is published and unchanged too
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    only: Only,

    /// Only the posts whose files have changed on the publish branch since it and this commit parted ways
    #[arg(long, value_name = "REV")]
    since: Option<String>,

    /// Ask no remote: plan by the ledger as this clone has read it last
    #[arg(long)]
    offline: bool,

    /// Print only how many there are of each, in one line
    #[arg(long, conflicts_with = "json")]
    summary: bool,

    /// Print JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    let now = time::moment(args.at.as_deref(), committed.config.zone)?;
    let ledger = if args.offline { committed.known_ledger()? } else { committed.ledger()? };
    let mut plan = committed.plan(&ledger, now, &args.only)?;
    if let Some(since) = &args.since {
        let changes = committed.repository().changed_between(since, &committed.commit)?;
        let changed: HashSet<String> = changes.changed.into_iter().collect();
        plan.rows.retain(|row| row.desired.as_ref().is_some_and(|desired| changed.contains(&desired.path)));
    }
    let access = committed.access(if args.offline { Use::Known } else { Use::Look }, ui);
    for locked in access.locked(&plan) {
        let (post, at) = locked.first;
        let more = if locked.count > 1 { format!(", and {} more after it", locked.count - 1) } else { String::new() };
        let zone = committed.config.zone;
        ui.warning(&format!(
            "the token of `{}` ends {}, before `{post}` is due {}{more}: renew it",
            locked.account,
            locked.ends.display_in(zone),
            at.display_in(zone),
        ));
    }
    access.mark(&mut plan);
    if args.json {
        ui.data(&report::plan_json(&plan));
    } else if args.summary {
        ui.data(&report::plan_summary(&plan));
    } else {
        let rows = if args.all { Rows::All } else { Rows::Open };
        ui.data(&report::plan(&plan, committed.config.zone, rows, &ui.style()));
        committed.mention_uncommitted(ui);
    }
    Ok(DONE)
}
