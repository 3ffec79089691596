use super::{Clock, Entropy};
#[cfg(feature = "kill-points")]
use crate::workspace::trial::WorldClock;
use crate::{model::Timestamp, network::Flow};
use std::time::{Duration, SystemTime};

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[cfg(feature = "kill-points")]
        if let Some(clock) = WorldClock::read() {
            return Timestamp::EPOCH.plus(clock.now);
        }
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Timestamp::EPOCH.plus(after),
            Err(before) => Timestamp::EPOCH.minus(before.duration()),
        }
    }

    fn boottime(&self) -> Duration {
        #[cfg(feature = "kill-points")]
        if let Some(clock) = WorldClock::read() {
            return clock.now;
        }
        // Not `Instant`: on Linux that is CLOCK_MONOTONIC, which stands still while the machine sleeps, and a publisher
        // that wakes up after its claim was taken over must notice.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let id = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let id = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(id);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        #[cfg(feature = "kill-points")]
        if let Some(clock) = WorldClock::read() {
            return Box::pin(async move {
                let until = clock.now + duration;
                if clock.leap(until) {
                    return;
                }
                while let Some(left) = WorldClock::read().and_then(|clock| until.checked_sub(clock.now)) {
                    // In short steps, because the world's clock may be put forward meanwhile.
                    let left = left.div_f64(clock.rate);
                    tokio::time::sleep(left.clamp(Duration::from_millis(1), Duration::from_millis(50))).await;
                }
            });
        }
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The machine's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has random numbers");
    }
}

/// Returns 128 random bits in lowercase hexadecimal.
pub(super) fn random_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_go_forward() {
        let clock = SystemClock;
        let (now, boot) = (clock.now(), clock.boottime());
        assert!(now > Timestamp::from_millis(1_700_000_000_000));
        assert!(clock.boottime() >= boot && boot > Duration::ZERO);
    }

    #[test]
    fn ids_are_128_bits_and_differ() {
        let (one, other) = (random_id(&SystemEntropy), random_id(&SystemEntropy));
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
    }
}
