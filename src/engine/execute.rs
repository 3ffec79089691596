use super::{
    Redactor, World,
    account::{AccountRun, Run},
    brakes::Brakes,
    log::Log,
    recorder::{away, keep, recorder},
    scribe::Scribe,
};
use crate::{
    ledger::{Store, StoreError},
    model::{AccountId, PostId, Timestamp},
    plan::{Plan, Row, Verdict},
    workspace::trial::kill_point,
};
use futures_util::future::{join, join_all};
use std::cell::RefCell;

/// What is going on, as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A delivery begins.
    Started {
        /// The post.
        post: PostId,
        /// The account.
        account: AccountId,
        /// The part, from 1, and of how many.
        part: (usize, usize),
    },
    /// It waits, for instance for the server to process an upload.
    Waiting {
        /// The post.
        post: PostId,
        /// The account.
        account: AccountId,
        /// For what.
        why: String,
    },
    /// A part is out, or is not.
    Settled(Settled),
}

/// What became of one part, or of a whole delivery that could not begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The post.
    pub post: PostId,
    /// The account.
    pub account: AccountId,
    /// The part, from 1, and of how many.
    pub part: (usize, usize),
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is out.
    Published {
        /// The public link.
        url: Option<String>,
    },
    /// What was out is there as it is wanted now.
    Updated {
        /// The public link.
        url: Option<String>,
    },
    /// What was out is deleted.
    Retracted,
    /// Somebody else took it first, or has published it.
    Beaten,
    /// It is tried again later.
    Deferred {
        /// When.
        until: Timestamp,
        /// Why.
        why: String,
    },
    /// The network refused it.
    Failed {
        /// The kind of error, as in the ledger.
        kind: String,
        /// The network's words, and what to do.
        message: String,
    },
    /// Nobody can tell yet; the next run asks the network.
    Unknown {
        /// What happened.
        why: String,
    },
    /// A person must look.
    Attention {
        /// What is not known, and how to look.
        reason: String,
    },
    /// It could not begin: no secret, no sign-in, no media. Nothing was written or sent.
    Blocked {
        /// Why, and what to do.
        why: String,
    },
}

/// Who asked for something, and why: it is written down with what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The person; none for what a publisher does by itself.
    pub by: Option<String>,
    /// Why, in the person's words.
    pub why: Option<String>,
}

/// Executes what a plan says is due: `publish`, `settle` and `retract` rows; accounts side by side, within one in order.
///
/// Returns what became of each part, in order of ending. An error means that the ledger can't be used; what was sent
/// before is in it. Needs a tokio runtime, and stays on one thread of it except for the store's calls.
pub async fn execute(
    world: World<'_>,
    plan: &Plan,
    store: Box<dyn Store>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Settled>, StoreError> {
    let is_due = |row: &&Row| matches!(row.verdict, Verdict::Publish | Verdict::Settle | Verdict::Retract);
    carry_out(world, plan.rows.iter().filter(is_due).collect(), &Asked::default(), store, progress).await
}

/// Changes what is out to what is wanted now, or takes it back: `update` and `retract` rows, which a person has asked for.
///
/// Neither needs an intent: done again, both end in the same state.
pub async fn amend(
    world: World<'_>,
    rows: &[Row],
    asked: &Asked,
    store: Box<dyn Store>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Settled>, StoreError> {
    let is_asked = |row: &&Row| matches!(row.verdict, Verdict::Update | Verdict::Retract);
    carry_out(world, rows.iter().filter(is_asked).collect(), asked, store, progress).await
}

async fn carry_out(
    world: World<'_>,
    rows: Vec<&Row>,
    asked: &Asked,
    store: Box<dyn Store>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Settled>, StoreError> {
    let queues = queues(rows);
    if queues.is_empty() {
        return Ok(Vec::new());
    }
    // The plan was made from an older reading. Who was faster in between is seen here, or by the compare-and-swap.
    let (store, ledger) = away(store, |store| store.read()).await;
    let ledger = ledger?;
    kill_point("execution-begun");
    let redactor = Redactor::default();
    let progress = RefCell::new(progress);
    let tell = |event| (progress.borrow_mut())(event);
    let log = Log::new(&tell, &redactor);
    let (recorder, orders) = recorder();
    let accounts = async {
        // Owned here, so that the writer below ends once all accounts are through.
        let recorder = recorder;
        let run = Run {
            world,
            ledger: &ledger,
            asked,
            scribe: Scribe::new(world, &recorder, &redactor, asked.by.as_deref()),
            brakes: Brakes::new(world, ledger.freezes().cloned().collect()),
            redactor: &redactor,
            log: &log,
            needs: RefCell::default(),
        };
        // Every secret is fetched before anything is claimed: a command that prints one may take its time.
        let mut ready = Vec::new();
        for (id, rows) in queues {
            match AccountRun::new(&run, id) {
                Ok(account) => ready.push(account.deliver_all(rows)),
                Err(why) => rows.into_iter().for_each(|row| log.blocked(row, &why)),
            }
        }
        join_all(ready).await;
    };
    let ((), written) = join(accounts, keep(store, orders, world.clock)).await;
    written?;
    kill_point("execution-ended");
    Ok(log.finish())
}

/// Returns the rows by account, accounts in order of their first row.
fn queues(rows: Vec<&Row>) -> Vec<(&AccountId, Vec<&Row>)> {
    let mut queues: Vec<(&AccountId, Vec<&Row>)> = Vec::new();
    for row in rows {
        match queues.iter_mut().find(|(account, _)| **account == row.account) {
            Some((_, rows)) => rows.push(row),
            None => queues.push((&row.account, vec![row])),
        }
    }
    queues
}
