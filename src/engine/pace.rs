use super::Entropy;
use crate::config::Times;
use std::time::Duration;

/// Returns how long after the intent was made a request may still leave, so that it is over before the lease is, however
/// long the ledger took to write it down.
pub(super) fn claim_window(times: &Times) -> Duration {
    times.lease.saturating_sub(times.connect_timeout + times.request_timeout)
}

/// How many attempts may turn out to have had no effect before a person is asked.
pub(super) const MOST_ATTEMPTS: u32 = 3;

/// Returns a time between half of `most` and all of it.
pub(super) fn jittered(entropy: &dyn Entropy, most: Duration) -> Duration {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    let share = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
    most.mul_f64(0.5 + share / 2.0)
}

/// Returns how long to wait before a delivery that was put off `times` times is tried again: from 30 seconds on, twice as
/// long each time, an hour at most, with jitter so that publishers don't come back together.
pub(super) fn backoff(entropy: &dyn Entropy, times: u32) -> Duration {
    const LONGEST: u64 = 60 * 60;
    let most = 30u64.saturating_mul(2u64.saturating_pow(times.min(16))).min(LONGEST);
    jittered(entropy, Duration::from_secs(most))
}

#[cfg(test)]
mod tests {
    use super::{super::testing::FakeEntropy, *};

    #[test]
    fn waiting_doubles_with_jitter_up_to_an_hour() {
        let entropy = FakeEntropy::new(1);
        for (times, least, most) in [(0, 15, 30), (1, 30, 60), (3, 120, 240), (7, 1800, 3600), (u32::MAX, 1800, 3600)] {
            let wait = backoff(&entropy, times);
            assert!((Duration::from_secs(least)..=Duration::from_secs(most)).contains(&wait), "{times}: {wait:?}");
        }
    }

    #[test]
    fn a_request_is_over_before_its_lease() {
        let times = Times::default();
        assert_eq!(claim_window(&times), Duration::from_secs(30));
        assert!(claim_window(&times) + times.connect_timeout + times.request_timeout <= times.lease);
        assert!(times.send_window <= claim_window(&times));
    }
}
