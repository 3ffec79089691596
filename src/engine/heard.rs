use super::Clock;
use crate::{
    model::Timestamp,
    network::{Budget, Effect, Response},
};
use std::{cell::Cell, time::Duration};

/// How many answers in a row may be lost, or be a fault on the other side, before the account is left alone for a run.
const MOST_TROUBLES: u32 = 3;

/// How long an answer may take whose time is believed: when the machine slept since it came, that time is long gone.
const FRESH: Duration = Duration::from_secs(30);

/// How exactly an answer tells the time.
const SECOND: Duration = Duration::from_secs(1);

/// What an account's server was heard to say in a run beyond the answers themselves: what time it is, and how much we may
/// still do.
#[derive(Debug, Default)]
pub(super) struct Heard {
    clock: Cell<Option<(Timestamp, Duration)>>,
    /// What was left by the last answer to each kind of call, and until when on the boot clock. Networks count kinds apart,
    /// and tell of the one that is nearest to its end.
    reads: Cell<Option<(u64, Duration)>>,
    uploads: Cell<Option<(u64, Duration)>>,
    posts: Cell<Option<(u64, Duration)>>,
    troubles: Cell<u32>,
}

impl Heard {
    /// Notes what an answer says to what was asked at a moment of the boot clock.
    pub(super) fn listen(&self, response: &Response, effect: Effect, asked: Duration, clock: &dyn Clock) {
        let boottime = clock.boottime();
        if let Some(date) = response.date().filter(|_| boottime.saturating_sub(asked) <= FRESH) {
            self.clock.set(Some((self.agreeing(date, boottime), boottime)));
        }
        let now = self.now(boottime).unwrap_or_else(|| clock.now());
        let budget =
            response.budget(Some(now)).map(|Budget { left, renewed }| (left, boottime.saturating_add(renewed)));
        if budget.is_some() {
            self.budget(effect).set(budget);
        }
    }

    /// Forgets what is left: what signing in is told of is a limit of its own, which says nothing of posts.
    pub(super) fn forget_budgets(&self) {
        for budget in [&self.reads, &self.uploads, &self.posts] {
            budget.set(None);
        }
    }

    /// Returns what the network's clock shows now.
    pub(super) fn now(&self, boottime: Duration) -> Option<Timestamp> {
        self.clock.get().map(|(date, then)| date.plus(boottime.saturating_sub(then)))
    }

    /// Returns the time to go on from after an answer with a date, which tells whole seconds: what an earlier answer led us
    /// to expect, if it lies in that second. Else the clock would go back within a run, and of two parts of a thread the
    /// second could get the earlier time.
    fn agreeing(&self, date: Timestamp, boottime: Duration) -> Timestamp {
        let second = date..date.plus(SECOND);
        self.now(boottime).filter(|expected| second.contains(expected)).unwrap_or(date)
    }

    /// Returns in how long the network lets us go on, if it has said that less is left of something than a post needs:
    /// the publication itself, which may count as several, and so many uploads.
    pub(super) fn spent(&self, cost: u64, uploads: u64, boottime: Duration) -> Option<Duration> {
        let needs = [(&self.reads, 1), (&self.uploads, uploads), (&self.posts, cost)];
        let lacking = needs.into_iter().filter_map(|(budget, needed)| match budget.get() {
            Some((left, until)) if left < needed && until > boottime => Some(until - boottime),
            Some(_) | None => None,
        });
        lacking.max()
    }

    /// Notes that an answer was lost, or was a fault on the other side.
    pub(super) fn trouble(&self) {
        self.troubles.set(self.troubles.get() + 1);
    }

    /// Notes that a publication was answered clearly.
    pub(super) fn clear(&self) {
        self.troubles.set(0);
    }

    /// Returns whether there was so much trouble that nothing more is claimed in this run.
    pub(super) fn is_broken(&self) -> bool {
        self.troubles.get() >= MOST_TROUBLES
    }

    fn budget(&self, effect: Effect) -> &Cell<Option<(u64, Duration)>> {
        match effect {
            Effect::Read | Effect::Exchange => &self.reads,
            Effect::Prepare => &self.uploads,
            Effect::Publish => &self.posts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::testing::FakeClock, model::Timestamp};

    #[test]
    fn the_time_of_an_answer_that_took_long_is_not_believed() {
        let at = Timestamp::parse("2026-11-22T09:00:00Z").expect("a timestamp");
        let headers = vec![("date".to_owned(), "Sun, 22 Nov 2026 09:00:00 GMT".to_owned())];
        let response = Response { status: 200, headers, body: Vec::new() };
        for (slept, is_believed) in [(0, true), (30, true), (31, false), (7200, false)] {
            let (heard, clock) = (Heard::default(), FakeClock::new(at));
            let asked = clock.boottime();
            clock.advance(Duration::from_secs(slept));
            heard.listen(&response, Effect::Read, asked, &clock);
            // Else leases would begin in the past, and others would take over what is about to leave.
            assert_eq!(heard.now(clock.boottime()), is_believed.then_some(at), "{slept}");
        }
    }

    #[test]
    fn the_clock_does_not_go_back_within_the_second_that_an_answer_tells() {
        let at = Timestamp::parse("2026-11-22T09:00:00Z").expect("a timestamp");
        let heard_after = |wait: u64, date: &str| {
            let (heard, clock) = (Heard::default(), FakeClock::new(at));
            for date in ["09:00:00", date] {
                let headers = vec![("date".to_owned(), format!("Sun, 22 Nov 2026 {date} GMT"))];
                let response = Response { status: 200, headers, body: Vec::new() };
                heard.listen(&response, Effect::Read, clock.boottime(), &clock);
                clock.advance(Duration::from_millis(wait));
            }
            // Less what passed after the second answer.
            heard.now(clock.boottime()).map(|now| now.minus(Duration::from_millis(wait)).millis() - at.millis())
        };
        for (waited, date, expect) in [
            // The answer agrees: the same second, or the next one that was expected too.
            (0, "09:00:00", 0),
            (999, "09:00:00", 999),
            (1500, "09:00:01", 1500),
            // The network is further than we thought: its answer was on the way for a while, or cut off more.
            (200, "09:00:01", 1000),
            (1500, "09:00:02", 2000),
            // Another of its machines, or its clock was set.
            (1000, "09:00:00", 0),
            (500, "08:59:00", -60_000),
            (500, "09:10:00", 600_000),
        ] {
            assert_eq!(heard_after(waited, date), Some(expect), "{date} after {waited} ms");
        }
    }
}
