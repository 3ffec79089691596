use crate::network::Attempt;

/// The digits of the sortable base 32 that record keys are written in.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// Returns the record key of a part: fixed by the attempt, so that a repetition names the same record.
///
/// A timestamp identifier holds 53 bits of microseconds and 10 bits of a clock id. Our times have milliseconds; the
/// microseconds below hold the part's place, so that parts claimed in the same millisecond keep their order, and more of
/// the nonce, so that two posts claimed in the same millisecond hardly ever get the same key.
pub(super) fn record_key(attempt: &Attempt, part: usize) -> String {
    const PLACES: u64 = 25;
    const CHANCES: u64 = 1000 / PLACES;
    let millis = u64::try_from(attempt.at.millis()).unwrap_or(0);
    let place = u64::try_from(part).unwrap_or(u64::MAX) % PLACES;
    let below = place * CHANCES + (attempt.nonce >> 10) % CHANCES;
    encode(millis.saturating_mul(1000).saturating_add(below), attempt.nonce)
}

/// Writes a timestamp identifier from microseconds since 1970 and the low ten bits of a clock id.
fn encode(micros: u64, clock: u64) -> String {
    const MICROS: u64 = (1 << 53) - 1;
    const CLOCK: u64 = (1 << 10) - 1;
    let value = ((micros & MICROS) << 10) | (clock & CLOCK);
    (0..13).rev().map(|digit| char::from(DIGITS[(value >> (5 * digit)) as usize & 31])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use proptest::prelude::{any, proptest};

    #[track_caller]
    fn check(micros: u64, clock: u64, expect: &str) {
        assert_eq!(encode(micros, clock), expect);
    }

    fn attempt(millis: i64, nonce: u64) -> Attempt {
        Attempt { key: String::new(), at: Timestamp::from_millis(millis), nonce }
    }

    fn decode(tid: &str) -> (u64, u64) {
        let value = tid.bytes().fold(0u64, |value, byte| {
            (value << 5) | DIGITS.iter().position(|digit| *digit == byte).expect("a digit") as u64
        });
        (value >> 10, value & 1023)
    }

    #[test]
    fn keys_are_those_that_the_reference_implementation_makes() {
        // By `TID.fromTime` of @atproto/common-web 0.5.
        check(1_780_000_000_000_000, 77, "3mmwu7vak224h");
        check(1_796_115_600_123_007, 1023, "3n3lv276d5zzz");
        check(9_007_199_254_740_991, 1023, "bzzzzzzzzzzzz");
    }

    #[test]
    fn the_clock_id_is_the_low_ten_bits_of_the_nonce() {
        assert_eq!(encode(1, 1024 + 5), encode(1, 5));
    }

    #[test]
    fn parts_of_one_millisecond_are_distinct_and_in_order() {
        let keys: Vec<String> = (0..20).map(|part| record_key(&attempt(1_780_000_000_000, 77), part)).collect();
        assert!(keys.is_sorted());
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 20);
    }

    #[test]
    fn later_parts_sort_later_whatever_their_nonces() {
        let first = record_key(&attempt(1_780_000_000_000, u64::MAX), 0);
        assert!(first < record_key(&attempt(1_780_000_000_000, 0), 1));
        let last = record_key(&attempt(1_780_000_000_000, u64::MAX), 24);
        assert!(last < record_key(&attempt(1_780_000_000_001, 0), 0));
    }

    #[test]
    fn posts_of_one_millisecond_differ_by_more_than_the_clock_id() {
        let key = |nonce| record_key(&attempt(1_780_000_000_000, nonce), 0);
        assert_ne!(key(5), key((7 << 10) | 5));
    }

    #[test]
    fn times_before_1970_do_not_wrap() {
        assert_eq!(record_key(&attempt(-1, 0), 0), "2222222222222");
    }

    proptest! {
        #[test]
        fn keys_are_well_formed_and_hold_what_they_were_made_from(micros in 0u64..(1 << 53), clock in any::<u64>()) {
            let tid = encode(micros, clock);
            assert_eq!(tid.len(), 13);
            assert!(tid.as_bytes()[0] <= b'j', "the top bit is 0: {tid}");
            assert_eq!(decode(&tid), (micros, clock & 1023));
        }
    }
}
