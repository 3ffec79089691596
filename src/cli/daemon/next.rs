//! When to look again.

use crate::{
    model::Timestamp,
    plan::{Plan, Reason, Row, Verdict},
};
use std::time::Duration;

/// How long after the first failed round the next one comes; twice as long after each further one, up to the poll interval.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// Returns when the earliest delivery that waits for a moment may go on.
pub(super) fn next_due(plan: &Plan) -> Option<Timestamp> {
    plan.rows.iter().filter(|row| waits_for_a_moment(row)).filter_map(|row| row.at).filter(|at| *at > plan.now).min()
}

fn waits_for_a_moment(row: &Row) -> bool {
    match row.verdict {
        // A draft's time is only a wish.
        Verdict::Wait => row.reason != Reason::Draft,
        Verdict::Held => matches!(row.reason, Reason::Burst | Reason::Frozen { .. }),
        Verdict::Publish
        | Verdict::Settle
        | Verdict::Retract
        | Verdict::Update
        | Verdict::Drift
        | Verdict::Attention
        | Verdict::Done => false,
    }
}

/// Returns how long to rest after a round: until something is due, and never longer than the poll interval. `failures` is
/// how many rounds have failed one after the other; then what is due can't be known.
pub(super) fn rest(now: Timestamp, due: Option<Timestamp>, poll: Duration, failures: u32) -> Duration {
    if failures > 0 {
        return FIRST_RETRY.saturating_mul(1 << (failures - 1).min(20)).min(poll);
    }
    due.map_or(poll, |due| due.since(now).min(poll))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, PostId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn row(verdict: Verdict, reason: Reason, second: Option<i64>) -> Row {
        Row {
            post: PostId::new("a"),
            account: AccountId::new("brand"),
            verdict,
            reason,
            at: second.map(at),
            parts: 1,
            done: 0,
            url: None,
            desired: None,
        }
    }

    #[track_caller]
    fn check_due(rows: Vec<Row>, expect: Option<i64>) {
        assert_eq!(next_due(&Plan { now: at(100), commit: None, rows }), expect.map(at));
    }

    #[test]
    fn the_earliest_moment_that_is_to_come_counts() {
        let scheduled = |second| row(Verdict::Wait, Reason::Scheduled, Some(second));
        check_due(vec![scheduled(300), scheduled(200)], Some(200));
        check_due(vec![scheduled(90), scheduled(300)], Some(300));
        check_due(vec![row(Verdict::Wait, Reason::Deferred, Some(150)), scheduled(300)], Some(150));
        check_due(vec![row(Verdict::Wait, Reason::Breaker, None)], None);
        check_due(Vec::new(), None);
    }

    #[test]
    fn what_no_moment_frees_is_not_waited_for() {
        check_due(vec![row(Verdict::Wait, Reason::Draft, Some(200))], None);
        check_due(vec![row(Verdict::Held, Reason::Invalid, Some(200))], None);
        check_due(vec![row(Verdict::Attention, Reason::NeedsPerson(String::new()), Some(200))], None);
        check_due(vec![row(Verdict::Publish, Reason::Due, Some(200))], None);
    }

    #[test]
    fn what_is_held_for_a_time_is_waited_for() {
        check_due(vec![row(Verdict::Held, Reason::Burst, Some(200))], Some(200));
        let frozen = Reason::Frozen { by: "ada".to_owned(), why: "a crisis".to_owned() };
        check_due(vec![row(Verdict::Held, frozen, Some(200))], Some(200));
    }

    #[track_caller]
    fn check_rest(due: Option<i64>, poll: u64, failures: u32, expect: u64) {
        let rest = rest(at(100), due.map(at), Duration::from_secs(poll), failures);
        assert_eq!(rest, Duration::from_secs(expect), "{due:?} {poll} {failures}");
    }

    #[test]
    fn it_rests_until_something_is_due_or_the_interval_is_over() {
        check_rest(None, 300, 0, 300);
        check_rest(Some(160), 300, 0, 60);
        check_rest(Some(1000), 300, 0, 300);
        check_rest(Some(50), 300, 0, 0);
    }

    #[test]
    fn after_failures_it_rests_longer_each_time_up_to_the_interval() {
        for (failures, expect) in [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (40, 300), (u32::MAX, 300)] {
            check_rest(Some(101), 300, failures, expect);
        }
        check_rest(None, 1, 1, 1);
    }
}
