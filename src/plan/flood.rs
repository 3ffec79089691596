use super::{Budget, Policy, Reason, Row, Verdict, decide::is_projected};
use crate::{
    ledger::{Ledger, PartState},
    model::{AccountId, Timestamp},
    network,
};
use std::{collections::BTreeMap, time::Duration};

/// The window of the burst limit.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How many answers of one account may be lost before nothing new goes out until the network has told of them.
const MOST_LOST: usize = 3;

/// What an account has sent lately, as far as it matters to what may go out now.
#[derive(Default)]
struct Lately {
    /// When posts went out within the hour, and when those of this plan will.
    times: Vec<Timestamp>,
    /// When the last one went out or will.
    last: Option<Timestamp>,
    /// How many attempts nobody has heard the end of.
    lost: usize,
}

/// Holds what would flood an account's followers, oldest first through: what exceeds the number of posts in an hour, what
/// follows too closely after an outage, and everything while the network's answers are lost.
pub(super) fn guard(rows: &mut [Row], ledger: &Ledger, policy: &Policy<'_>, now: Timestamp) {
    let mut lately = lately(ledger, policy, now);
    let mut budgets: BTreeMap<AccountId, Budget> = BTreeMap::new();
    for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Publish) {
        if row.draft().is_none_or(|draft| is_projected(draft.network)) {
            continue;
        }
        // A thread that has begun goes on, as far as the network itself lets it.
        if row.done == 0 {
            guard_followers(row, &mut lately, policy, now);
        }
        if row.verdict == Verdict::Publish {
            guard_network(row, &mut budgets, ledger, now);
        }
    }
}

/// Holds what exceeds the limits that the network publishes.
fn guard_network(row: &mut Row, budgets: &mut BTreeMap<AccountId, Budget>, ledger: &Ledger, now: Timestamp) {
    let Some(draft) = row.desired.as_ref().map(|desired| &desired.draft) else { return };
    let Some(network) = network::find(draft.network) else { return };
    let budget =
        budgets.entry(row.account.clone()).or_insert_with(|| Budget::new(ledger, &row.account, network.profile(), now));
    if let Err(until) = budget.take(draft, row.done) {
        (row.verdict, row.reason, row.at) = (Verdict::Wait, Reason::Limit, Some(until));
    }
}

fn guard_followers(row: &mut Row, lately: &mut BTreeMap<AccountId, Lately>, policy: &Policy<'_>, now: Timestamp) {
    let account = lately.entry(row.account.clone()).or_default();
    let (burst, gap) = (policy.burst(&row.account), policy.publish.min_gap);
    if account.lost >= MOST_LOST {
        (row.verdict, row.reason, row.at) = (Verdict::Wait, Reason::Breaker, None);
        return;
    }
    if account.times.len() >= burst {
        account.times.sort_unstable();
        row.at = account.times.get(account.times.len() - burst).map(|oldest| oldest.plus(HOUR));
        (row.verdict, row.reason) = (Verdict::Held, Reason::Burst);
        return;
    }
    // What is late has lost its place in time already, so it can wait its turn.
    let is_late = row.at.is_some_and(|due| now.since(due) > gap);
    let turn = account.last.map(|last| last.plus(gap)).filter(|turn| is_late && *turn > now);
    account.times.push(turn.unwrap_or(now));
    account.last = account.last.max(Some(turn.unwrap_or(now)));
    if let Some(turn) = turn {
        (row.verdict, row.reason, row.at) = (Verdict::Wait, Reason::Gap, Some(turn));
    }
}

fn lately(ledger: &Ledger, policy: &Policy<'_>, now: Timestamp) -> BTreeMap<AccountId, Lately> {
    let mut all: BTreeMap<AccountId, Lately> = BTreeMap::new();
    let window = HOUR.max(policy.publish.min_gap);
    for (key, state) in &ledger.deliveries {
        let is_lost = |part: &&PartState| matches!(part, PartState::Sending(intent) if now >= intent.over());
        let lost = state.parts.iter().filter(is_lost).count();
        let at = match state.parts.first() {
            Some(PartState::Published(first)) => Some(first.at),
            // It may well be out.
            Some(PartState::Sending(intent)) => Some(intent.at),
            Some(PartState::Retracted { at, .. }) => Some(*at),
            Some(
                PartState::Queued { .. }
                | PartState::Failed { .. }
                | PartState::Attention { .. }
                | PartState::Cancelled { .. },
            )
            | None => None,
        };
        let at = at.filter(|at| now.since(*at) < window);
        if at.is_none() && lost == 0 {
            continue;
        }
        let account = all.entry(key.account.clone()).or_default();
        account.lost += lost;
        account.last = account.last.max(at);
        account.times.extend(at.filter(|at| now.since(*at) < HOUR));
    }
    all
}
