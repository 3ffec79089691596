use super::Clock;
use crate::{
    ledger::{Append, Appended, Brake, Happening, Store, StoreError, StoreProblem},
    workspace::trial::kill_point,
};
use std::{cell::Cell, panic, rc::Rc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// Takes events to the ledger's only writer.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    orders: mpsc::UnboundedSender<Order>,
    halted: Rc<Cell<bool>>,
}

/// The ledger can't be used: nothing more may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halted;

/// The other end of a [`Recorder`].
#[derive(Debug)]
pub(super) struct Orders {
    queue: mpsc::UnboundedReceiver<Order>,
    halted: Rc<Cell<bool>>,
}

#[derive(Debug)]
enum Order {
    /// Add an event.
    Add(Box<Addition>),
    /// Look at the brakes.
    Look(oneshot::Sender<Result<Vec<Brake>, Halted>>),
}

#[derive(Debug)]
struct Addition {
    append: Append,
    answer: oneshot::Sender<Result<Acknowledged, Halted>>,
}

/// What became of an event, and when the ledger said so by the boot clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    pub(super) appended: Appended,
    pub(super) at: Duration,
}

/// Makes both ends.
pub(super) fn recorder() -> (Recorder, Orders) {
    let (orders, queue) = mpsc::unbounded_channel();
    let halted = Rc::new(Cell::new(false));
    (Recorder { orders, halted: halted.clone() }, Orders { queue, halted })
}

impl Recorder {
    /// Returns whether the ledger has failed, so that nothing more may be sent.
    pub(super) fn is_halted(&self) -> bool {
        self.halted.get()
    }

    /// Adds an event and returns when it is durable.
    pub(super) async fn append(&self, append: Append) -> Result<Acknowledged, Halted> {
        let (answer, told) = oneshot::channel();
        self.orders.send(Order::Add(Box::new(Addition { append, answer }))).map_err(|_| Halted)?;
        told.await.unwrap_or(Err(Halted))
    }

    /// Returns the brakes as they stand at a moment after this was called.
    pub(super) async fn look(&self) -> Result<Vec<Brake>, Halted> {
        let (answer, told) = oneshot::channel();
        self.orders.send(Order::Look(answer)).map_err(|_| Halted)?;
        told.await.unwrap_or(Err(Halted))
    }
}

/// Runs a call of the store, away from this thread if it blocks.
pub(super) async fn away<T: Send + 'static>(
    mut store: Box<dyn Store>,
    work: impl FnOnce(&mut dyn Store) -> T + Send + 'static,
) -> (Box<dyn Store>, T) {
    if !store.blocks() {
        let result = work(&mut *store);
        return (store, result);
    }
    let call = tokio::task::spawn_blocking(move || {
        let result = work(&mut *store);
        (store, result)
    });
    match call.await {
        Ok(back) => back,
        Err(error) => panic::resume_unwind(error.into_panic()),
    }
}

/// Writes events until every [`Recorder`] is gone: whatever has gathered while the last call ran goes into the next, so that
/// a run costs a handful of commits however many deliveries it has.
///
/// After an error nothing is written but what tells of changes that people see already: each one lost is a question to a
/// network or a person later.
pub(super) async fn keep(store: Box<dyn Store>, orders: Orders, clock: &dyn Clock) -> Result<(), StoreError> {
    let Orders { queue: mut orders, halted } = orders;
    let mut store = store;
    let mut broken = None;
    while let Some(first) = orders.recv().await {
        let (mut batch, mut looks) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Add(addition) => batch.push(*addition),
                Order::Look(answer) => looks.push(answer),
            }
            next = orders.try_recv().ok();
        }
        if broken.is_some() {
            batch = refuse_all_but_receipts(batch);
        }
        kill_point("batch-gathered");
        let mut tries = 0;
        while !batch.is_empty() {
            let appends: Vec<Append> = batch.iter().map(|addition| addition.append.clone()).collect();
            let (back, result) = away(store, move |store| store.append(&appends)).await;
            store = back;
            let at = clock.boottime();
            match result {
                Ok(all) => {
                    kill_point("batch-written");
                    for (addition, appended) in batch.drain(..).zip(all) {
                        // Nobody listens any more if the execution was dropped.
                        let _ = addition.answer.send(Ok(Acknowledged { appended, at }));
                    }
                }
                Err(error) => {
                    halted.set(true);
                    batch = refuse_all_but_receipts(batch);
                    let passing = matches!(error.problem, StoreProblem::Unreachable | StoreProblem::Contended);
                    broken.get_or_insert(error);
                    tries += 1;
                    if !passing || tries > 2 {
                        batch.clear();
                    } else if !batch.is_empty() {
                        clock.sleep(Duration::from_secs(2 * tries)).await;
                    }
                }
            }
        }
        // After a failure nobody may send, whatever the brakes say; who is dropped without an answer is told so.
        if !looks.is_empty() && broken.is_none() {
            let (back, brakes) = away(store, |store| store.brakes()).await;
            store = back;
            match brakes {
                Ok(brakes) => looks.drain(..).for_each(|answer| {
                    let _ = answer.send(Ok(brakes.clone()));
                }),
                Err(error) => {
                    halted.set(true);
                    broken = Some(error);
                }
            }
        }
    }
    broken.map_or(Ok(()), Err)
}

/// Answers what must not be written any more; who is dropped without an answer is told [`Halted`] too.
fn refuse_all_but_receipts(batch: Vec<Addition>) -> Vec<Addition> {
    let stays = |what: &Happening| {
        matches!(what, Happening::Receipt { .. } | Happening::Edit { .. } | Happening::Retract { .. })
    };
    batch.into_iter().filter(|addition| stays(&addition.append.event.what)).collect()
}
