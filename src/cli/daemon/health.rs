//! What the daemon is told to tell of itself. No secret and no post's text ever comes in here.

use crate::{
    ledger::Ledger,
    model::{AccountId, Timestamp},
    plan::{Plan, Reason, Verdict},
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// How long it may give no sign of life before it is believed to hang: longer than any single step is allowed to take.
pub(super) const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Every verdict, so that each is shown even where it has no row.
const VERDICTS: [Verdict; 9] = [
    Verdict::Publish,
    Verdict::Settle,
    Verdict::Retract,
    Verdict::Update,
    Verdict::Drift,
    Verdict::Wait,
    Verdict::Held,
    Verdict::Attention,
    Verdict::Done,
];

/// How it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) started: Timestamp,
    /// The last sign of life.
    pub(super) alive: Timestamp,
    pub(super) poll: Duration,
    /// How many rounds were done.
    pub(super) done: u64,
    /// How many could not be.
    pub(super) errors: u64,
    /// How many could not be, one after the other, up to now.
    pub(super) failures: u32,
    /// Why the last round could not be done, if it couldn't.
    pub(super) problem: Option<String>,
    /// When the last round ended.
    pub(super) last_round: Option<Timestamp>,
    /// When the last round ended that was done.
    pub(super) last_done: Option<Timestamp>,
    /// How long the last round took.
    pub(super) took: Duration,
    /// When the next round begins, if nothing wakes it before.
    pub(super) next_round: Option<Timestamp>,
    /// When something is due next, as far as is known.
    pub(super) next_due: Option<Timestamp>,
    /// How many deliveries there are, by verdict.
    pub(super) deliveries: BTreeMap<&'static str, u64>,
    /// Whether somebody has stopped something.
    pub(super) frozen: bool,
    /// What was sent since the start, by account.
    pub(super) sent: BTreeMap<AccountId, Sent>,
    pub(super) webhooks: Webhooks,
}

/// How many parts of deliveries went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) published: u64,
    pub(super) failed: u64,
}

/// How many webhooks came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Webhooks {
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) limited: u64,
}

#[derive(Serialize)]
struct HealthJson<'a> {
    version: u32,
    healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    last_round: Option<String>,
    next_round: Option<String>,
    next_due: Option<String>,
}

impl Health {
    pub(super) fn new(now: Timestamp, poll: Duration) -> Self {
        Self {
            started: now,
            alive: now,
            poll,
            done: 0,
            errors: 0,
            failures: 0,
            problem: None,
            last_round: None,
            last_done: None,
            took: Duration::ZERO,
            next_round: None,
            next_due: None,
            deliveries: VERDICTS.iter().map(|verdict| (verdict.as_str(), 0)).collect(),
            frozen: false,
            sent: BTreeMap::new(),
            webhooks: Webhooks::default(),
        }
    }

    /// Takes in what a round came to.
    pub(super) fn saw(&mut self, plan: &Plan, ledger: &Ledger) {
        self.deliveries.values_mut().for_each(|count| *count = 0);
        for row in &plan.rows {
            *self.deliveries.entry(row.verdict.as_str()).or_default() += 1;
        }
        let is_frozen = |reason: &Reason| matches!(reason, Reason::Frozen { .. });
        self.frozen =
            ledger.freezes().any(|freeze| freeze.holds(plan.now)) || plan.rows.iter().any(|row| is_frozen(&row.reason));
        self.next_due = super::next::next_due(plan);
    }

    /// Says what is wrong, if anything is.
    pub(super) fn trouble(&self, now: Timestamp) -> Option<String> {
        if self.hangs(now) {
            return Some(format!("it has given no sign of life since {}", self.alive));
        }
        self.problem.as_ref().map(|problem| format!("the last round failed: {problem}"))
    }

    /// Returns whether it has been silent for longer than anything may take.
    pub(super) fn hangs(&self, now: Timestamp) -> bool {
        now.since(self.alive) > PATIENCE
    }

    /// Writes it as JSON, version 1.
    pub(super) fn json(&self, now: Timestamp) -> String {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let trouble = self.trouble(now);
        let json = HealthJson {
            version: 1,
            healthy: trouble.is_none(),
            problem: trouble.as_deref(),
            last_round: text(self.last_round),
            next_round: text(self.next_round),
            next_due: text(self.next_due),
        };
        serde_json::to_string(&json).expect("texts and flags") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn what_starts_is_well_until_it_is_known_otherwise() {
        let health = Health::new(at(0), Duration::from_secs(300));
        let expect = "{\"version\":1,\"healthy\":true,\"last_round\":null,\"next_round\":null,\"next_due\":null}\n";
        assert_eq!(health.json(at(10)), expect);
    }

    #[test]
    fn a_failed_round_is_told_with_its_reason() {
        let mut health = Health::new(at(0), Duration::from_secs(300));
        health.problem = Some("can't reach the remote `origin`".to_owned());
        health.last_round = Some(at(60));
        assert_eq!(health.trouble(at(70)).as_deref(), Some("the last round failed: can't reach the remote `origin`"));
        assert!(health.json(at(70)).contains("\"healthy\":false,\"problem\":\"the last round failed: can't reach"));
    }

    #[test]
    fn silence_is_told() {
        let mut health = Health::new(at(0), Duration::from_secs(300));
        health.alive = at(600);
        assert_eq!(health.trouble(at(1500)), None);
        let trouble = health.trouble(at(1501)).expect("it hangs");
        assert_eq!(trouble, "it has given no sign of life since 1970-01-01T00:10:00Z");
    }
}
