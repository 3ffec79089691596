use std::time::Duration;

/// The units of durations, with their seconds.
const UNITS: [(&str, u64); 5] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)];

/// The longest duration that is read: ten years, so that no sum of a date and a duration leaves the calendar.
const MAX_SECONDS: u64 = 10 * 366 * 86_400;

/// Parses `10m`, `24h`, `2d`, `1h30m` and the like: whole numbers with `s`, `m`, `h`, `d` or `w`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == &rest[..letters])?;
        seconds = seconds.checked_add(number.checked_mul(*unit)?)?;
        let next = rest[letters..].trim_start_matches(' ');
        if next.is_empty() && rest.len() > letters {
            return None;
        }
        rest = next;
    }
    (!text.is_empty() && seconds <= MAX_SECONDS).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<u64>) {
        assert_eq!(parse_duration(text).map(|duration| duration.as_secs()), expect, "{text}");
    }

    #[test]
    fn each_unit_is_read() {
        check("90s", Some(90));
        check("10m", Some(600));
        check("24h", Some(86_400));
        check("2d", Some(172_800));
        check("1w", Some(604_800));
        check("0s", Some(0));
    }

    #[test]
    fn units_add_up() {
        check("1h30m", Some(5_400));
        check("1d 12h", Some(129_600));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in
            ["", "10", "m", "1.5h", "-1h", "1y", "1H", "1h ", " 1h", "1h-", "é", "1é", "99999999999999999999d", "9999w"]
        {
            check(text, None);
        }
    }
}
