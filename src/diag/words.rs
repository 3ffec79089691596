//! How numbers, sizes and times read in a sentence: the one helper of each kind for messages and output.

use std::time::Duration;

/// Names a month, from 1; nothing if there is none.
pub fn month(number: u32) -> &'static str {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(number).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"")
}

/// Writes a number with its noun, as `1 error` or `1,200 errors`.
pub fn count(n: impl TryInto<u64>, one: &str, many: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// Writes a whole number with its thousands apart, as `1,200`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a size in decimal units, as `976.6 kB` or `16 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return count(n, "byte", "bytes");
    }
    let mut tenths = u128::from(n) * 10;
    let mut unit = 0;
    loop {
        // Rounded half up; a value that rounds to 1,000 moves on to the next unit.
        let rounded = (tenths + 500) / 1000;
        if rounded < 10_000 || unit + 1 == UNITS.len() {
            let (whole, tenth) = (rounded / 10, rounded % 10);
            let whole = number(u64::try_from(whole).unwrap_or(u64::MAX));
            let unit = UNITS[unit];
            return if tenth == 0 { format!("{whole} {unit}") } else { format!("{whole}.{tenth} {unit}") };
        }
        tenths /= 1000;
        unit += 1;
    }
}

/// Writes an amount of money, given in millionths of a US dollar, as `$0.20` or `$0.015`.
pub fn dollars(micros: u64) -> String {
    let (whole, rest) = (micros / 1_000_000, format!("{:06}", micros % 1_000_000));
    let (cents, smaller) = rest.split_at(2);
    format!("${}.{cents}{}", number(whole), smaller.trim_end_matches('0'))
}

/// Writes a length of time in its two greatest units, as `3 days`, `1 hour 30 minutes` or `45 seconds`.
pub fn duration(length: Duration) -> String {
    const UNITS: [(u64, &str, &str); 4] =
        [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds")];
    let total = length.as_secs();
    if total == 0 {
        let millis = length.subsec_millis();
        return if millis == 0 { "0 seconds".to_owned() } else { format!("{millis} ms") };
    }
    let first = UNITS.iter().position(|(size, ..)| total >= *size).expect("at least one second");
    let (size, one, many) = UNITS[first];
    let mut out = count(total / size, one, many);
    if let Some((next, one, many)) = UNITS.get(first + 1)
        && total % size >= *next
    {
        out.push(' ');
        out.push_str(&count(total % size / next, one, many));
    }
    out
}

/// Joins names for a sentence, each in backticks: `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names, "and")
}

/// Joins names of which one is to be chosen, each in backticks: `` `a`, `b` or `c` ``.
pub fn choice<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names, "or")
}

fn join<'a>(names: impl IntoIterator<Item = &'a str>, last_word: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {last_word} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_everything_else_plural() {
        assert_eq!(count(0, "error", "errors"), "0 errors");
        assert_eq!(count(1, "error", "errors"), "1 error");
        assert_eq!(count(12_345, "error", "errors"), "12,345 errors");
        assert_eq!(count(usize::MAX, "x", "xs"), "18,446,744,073,709,551,615 xs");
    }

    #[test]
    fn money_has_cents_and_what_is_smaller_if_there_is_any() {
        for (micros, expect) in [
            (0, "$0.00"),
            (1_000, "$0.001"),
            (15_000, "$0.015"),
            (200_000, "$0.20"),
            (1_215_000, "$1.215"),
            (1_234_000_000, "$1,234.00"),
        ] {
            assert_eq!(dollars(micros), expect);
        }
    }

    #[track_caller]
    fn check_bytes(n: u64, expect: &str) {
        assert_eq!(bytes(n), expect);
    }

    #[test]
    fn sizes_have_one_decimal_at_most() {
        check_bytes(1, "1 byte");
        check_bytes(999, "999 bytes");
        check_bytes(1000, "1 kB");
        check_bytes(976_560, "976.6 kB");
        check_bytes(999_949, "999.9 kB");
        check_bytes(999_999, "1 MB");
        check_bytes(16_777_216, "16.8 MB");
        check_bytes(u64::MAX, "18,446,744.1 TB");
    }

    #[track_caller]
    fn check_duration(seconds: u64, expect: &str) {
        assert_eq!(duration(Duration::from_secs(seconds)), expect);
    }

    #[test]
    fn times_have_two_units_at_most() {
        check_duration(0, "0 seconds");
        check_duration(1, "1 second");
        check_duration(90, "1 minute 30 seconds");
        check_duration(5_400, "1 hour 30 minutes");
        check_duration(86_400, "1 day");
        check_duration(86_401, "1 day");
        check_duration(4 * 86_400 + 7_200, "4 days 2 hours");
        assert_eq!(duration(Duration::from_millis(12)), "12 ms");
    }

    #[test]
    fn names_are_joined_as_people_do() {
        assert_eq!(names([]), "");
        assert_eq!(names(["a"]), "`a`");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(choice(["a", "b"]), "`a` or `b`");
    }
}
