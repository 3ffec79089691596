use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        committed::Committed,
        only::Only,
        progress,
        round::{self, Round, Work},
        time,
        vault::Use,
    },
    engine::{Progress, Settled, Stop},
    plan::{Plan, Reason, Row, Verdict},
    report::{self, Rows},
};
use std::{future::pending, path::Path};

/// Do what the plan says is due, once
///
/// Reads the commit of the publish branch, never the working tree: what was reviewed is what goes out. Before a request
/// leaves that people can see, an intent is written to the ledger branch; after the answer, a receipt. However often it is
/// run, and wherever, each post goes out once. Exits with 1 if anything failed or needs a person.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    only: Only,

    /// Show the plan and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Print what became of each part as JSON (version 1)
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    if args.dry_run {
        let ledger = committed.ledger()?;
        let mut plan = committed.plan(&ledger, time::now(), &args.only)?;
        committed.access(Use::Look, ui).mark(&mut plan);
        if args.json {
            ui.data(&report::plan_json(&plan));
        } else {
            ui.data(&report::plan(&plan, committed.config.zone, Rows::Open, &ui.style()));
        }
        return Ok(DONE);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let stop = Stop::new();
    let work = Work { committed: &committed, only: &args.only, ui, stop: &stop };
    let Round { settled, plan, sites, .. } = runtime.block_on(unless_stopped(work))?;
    if args.json {
        ui.data(&progress::json(&settled));
    } else {
        conclude(&settled, &plan, &committed, ui);
        for site in &sites {
            ui.status(&site.words());
        }
    }
    let failed = settled.iter().any(|settled| progress::is_failure(&settled.outcome));
    let stuck = plan.rows.iter().any(|row| row.verdict == Verdict::Attention);
    let unfinished = stop.is_asked() && plan.rows.iter().any(|row| row.verdict == Verdict::Publish);
    Ok(if failed || stuck || unfinished { FINDINGS } else { DONE })
}

/// Does a round, and ends it early if somebody wants it to.
async fn unless_stopped(work: Work<'_>) -> Result<Round, Failure> {
    let Work { ui, stop, .. } = work;
    let mut hear = |_: &Progress| {};
    let asked_twice = async {
        asked_to_stop().await;
        stop.ask();
        ui.status("stopping: nothing more is begun, and what is under way is finished; once more stops at once");
        asked_to_stop().await;
    };
    tokio::select! {
        biased;
        round = round::round(work, &mut hear) => round,
        () = asked_twice => {
            ui.draw(None);
            Err(Failure::doing("stopped while something was under way")
                .hint("run `masthead publish` again: the network is asked what became of it, and nothing is sent twice"))
        }
    }
}

/// Waits for an interrupt at the terminal, or for the system's wish that we end.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            return interrupt.await;
        };
        tokio::select! {
            () = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}

/// Says what the run came to, and what is left for a person.
fn conclude(settled: &[Settled], plan: &Plan, committed: &Committed, ui: &Ui) {
    let needs_a_look = |row: &&Row| {
        matches!(row.verdict, Verdict::Held | Verdict::Attention | Verdict::Settle) || row.reason == Reason::Sending
    };
    ui.status(&progress::summary(settled, plan));
    ui.data(&report::plan_rows(plan.rows.iter().filter(needs_a_look), committed.config.zone, &ui.style()));
    committed.mention_uncommitted(ui);
}
