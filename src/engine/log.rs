use super::{Outcome, Progress, Redactor, Settled};
use crate::{
    model::{AccountId, PostId},
    plan::Row,
};
use std::cell::RefCell;

/// Tells what is going on and collects what became of each part. No secret gets past it.
pub(super) struct Log<'a> {
    progress: &'a dyn Fn(Progress),
    settled: RefCell<Vec<Settled>>,
    redactor: &'a Redactor,
}

impl<'a> Log<'a> {
    pub(super) fn new(progress: &'a dyn Fn(Progress), redactor: &'a Redactor) -> Self {
        Self { progress, settled: RefCell::default(), redactor }
    }

    /// Says that a part begins.
    pub(super) fn started(&self, post: &PostId, account: &AccountId, part: (usize, usize)) {
        self.tell(Progress::Started { post: post.clone(), account: account.clone(), part });
    }

    /// Says that a flow waits.
    pub(super) fn waiting(&self, post: &PostId, account: &AccountId, why: &str) {
        self.tell(Progress::Waiting { post: post.clone(), account: account.clone(), why: self.redactor.text(why) });
    }

    /// Says what became of a part.
    pub(super) fn settled(&self, post: &PostId, account: &AccountId, part: (usize, usize), outcome: Outcome) {
        let text = |text: String| self.redactor.text(&text);
        let outcome = match outcome {
            Outcome::Published { url } => Outcome::Published { url: url.map(text) },
            Outcome::Updated { url } => Outcome::Updated { url: url.map(text) },
            Outcome::Retracted => Outcome::Retracted,
            Outcome::Beaten => Outcome::Beaten,
            Outcome::Deferred { until, why } => Outcome::Deferred { until, why: text(why) },
            Outcome::Failed { kind, message } => Outcome::Failed { kind, message: text(message) },
            Outcome::Unknown { why } => Outcome::Unknown { why: text(why) },
            Outcome::Attention { reason } => Outcome::Attention { reason: text(reason) },
            Outcome::Blocked { why } => Outcome::Blocked { why: text(why) },
        };
        let settled = Settled { post: post.clone(), account: account.clone(), part, outcome };
        self.settled.borrow_mut().push(settled.clone());
        self.tell(Progress::Settled(settled));
    }

    /// Says that a delivery could not begin.
    pub(super) fn blocked(&self, row: &Row, why: &str) {
        self.settled(&row.post, &row.account, next_part(row), Outcome::Blocked { why: why.to_owned() });
    }

    /// Returns what became of each part, in order of ending.
    pub(super) fn finish(self) -> Vec<Settled> {
        self.settled.into_inner()
    }

    fn tell(&self, progress: Progress) {
        (self.progress)(progress);
    }
}

/// Returns the first part of a row that is not out, from 1, and of how many.
pub(super) fn next_part(row: &Row) -> (usize, usize) {
    let parts = row.parts.max(1);
    ((row.done + 1).min(parts), parts)
}
