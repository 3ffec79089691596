use std::time::Duration;

/// How many webhooks may come at once.
const MOST: u32 = 30;
/// How long until one more may.
pub(super) const REFILL: Duration = Duration::from_secs(2);

/// Lets so many webhooks pass that every push of a busy forge does, and nobody can keep us busy.
#[derive(Debug)]
pub(super) struct Bucket {
    left: u32,
    /// Up to when what has come back is counted, since any start.
    counted: Duration,
}

impl Bucket {
    pub(super) fn new(now: Duration) -> Self {
        Self { left: MOST, counted: now }
    }

    /// Lets one pass, or not.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let back = now.saturating_sub(self.counted).as_millis() / REFILL.as_millis();
        let back = u32::try_from(back).unwrap_or(u32::MAX);
        self.counted = self.counted.saturating_add(REFILL.saturating_mul(back)).min(now.max(self.counted));
        self.left = self.left.saturating_add(back).min(MOST);
        let passes = self.left > 0;
        self.left = self.left.saturating_sub(1);
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_pass_at_once_and_then_one_by_one() {
        let at = Duration::from_secs;
        let mut bucket = Bucket::new(at(0));
        let passed = (0..100).filter(|_| bucket.take(at(0))).count();
        assert_eq!(passed, 30);
        assert_eq!([1, 2, 2, 3, 4].map(|second| bucket.take(at(second))), [false, true, false, false, true]);
        let passed = (0..100).filter(|_| bucket.take(at(1_000_000_000))).count();
        assert_eq!(passed, 30);
    }
}
