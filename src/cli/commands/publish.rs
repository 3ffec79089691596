use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        load::Committed,
        only::Only,
        progress::{self, Narrator},
        project, time,
    },
    engine::{self, HttpTransport, Outcome, Settled, Stop, SystemClock, SystemEntropy, SystemSecrets, World},
    model::{AccountId, PostId},
    network,
    plan::{Plan, Reason, Row, Verdict},
    report::{self, Rows},
    workspace::trial::kill_point,
};
use std::{collections::BTreeSet, future::pending, path::Path};

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

/// A post may wait for one that goes out in the same run, so the plan is made again while it has something new; a chain of
/// replies longer than this goes on in the next run.
const ROUNDS: usize = 25;

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let committed = Committed::load(start, ui)?;
    if args.dry_run {
        let ledger = committed.ledger()?;
        let plan = committed.plan(&ledger, time::now(), &args.only)?;
        if args.json {
            ui.data(&report::plan_json(&plan));
        } else {
            ui.data(&report::plan(&plan, committed.config.zone, Rows::Open, &ui.style()));
        }
        return Ok(DONE);
    }
    // Made before anything else, so that it is known what was due before there was a ledger.
    committed.store()?.create(time::now()).map_err(crate::cli::ledger_failure)?;
    kill_point("ledger-begun");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let stop = Stop::new();
    let settled = runtime.block_on(rounds(args, &committed, ui, &stop))?;
    let ledger = committed.ledger()?;
    let plan = committed.plan(&ledger, time::now(), &args.only)?;
    kill_point("all-executed");
    let sites = project::project(&committed, &ledger, &committed.desired())?;
    for warning in sites.iter().flat_map(project::Projected::warnings) {
        ui.warning(warning);
    }
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

/// Plans and executes until nothing new can be done, or somebody wants it to stop.
async fn rounds(args: &Args, committed: &Committed, ui: &Ui, stop: &Stop) -> Result<Vec<Settled>, Failure> {
    let asked_twice = async {
        asked_to_stop().await;
        stop.ask();
        ui.status("stopping: nothing more is begun, and what is under way is finished; once more stops at once");
        asked_to_stop().await;
    };
    tokio::select! {
        biased;
        settled = execute(args, committed, ui, stop) => settled,
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

async fn execute(args: &Args, committed: &Committed, ui: &Ui, stop: &Stop) -> Result<Vec<Settled>, Failure> {
    let transport = HttpTransport::new().with_times(committed.config.publish.times);
    let secrets = SystemSecrets::new(&committed.root);
    let mut all: Vec<Settled> = Vec::new();
    let mut tried = BTreeSet::new();
    for _ in 0..ROUNDS {
        let ledger = committed.ledger()?;
        let mut plan = committed.plan(&ledger, time::now(), &args.only)?;
        // What this run has tried once is left to the next one; but what it has settled may go on.
        plan.rows.retain(|row| matches!(row.verdict, Verdict::Publish | Verdict::Settle | Verdict::Retract));
        plan.rows.retain(|row| {
            !tried.contains(&tried_as(row, row.verdict)) && !tried.contains(&tried_as(row, Verdict::Publish))
        });
        tried.extend(plan.rows.iter().map(|row| tried_as(row, row.verdict)));
        if plan.rows.is_empty() || stop.is_asked() {
            break;
        }
        let world = World {
            config: &committed.config,
            transport: &transport,
            clock: &SystemClock,
            entropy: &SystemEntropy,
            secrets: &secrets,
            media: committed,
            networks: &network::find,
            commit: &committed.commit,
            stop,
        };
        let mut narrator = Narrator::new(ui, &plan);
        let settled = engine::execute(world, &plan, committed.store()?, &mut |progress| narrator.tell(&progress)).await;
        narrator.finish();
        let settled = settled.map_err(crate::cli::ledger_failure)?;
        let moved = plan.rows.iter().any(|row| row.verdict == Verdict::Settle)
            || settled.iter().any(|settled| matches!(settled.outcome, Outcome::Published { .. }));
        all.extend(settled);
        if !moved {
            break;
        }
    }
    Ok(all)
}

/// Returns what is remembered of a row that was tried.
fn tried_as(row: &Row, verdict: Verdict) -> (PostId, AccountId, Verdict) {
    (row.post.clone(), row.account.clone(), verdict)
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
