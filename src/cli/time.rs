use super::Failure;
use crate::{
    engine::{Clock as _, SystemClock},
    model::{LocalTime, Resolved, Timestamp, Zone},
};

/// Returns the wall clock.
pub(super) fn now() -> Timestamp {
    SystemClock.now()
}

/// Reads the time that a person gave, local times in the workspace's zone; without one, the wall clock.
pub(super) fn moment(text: Option<&str>, zone: Zone) -> Result<Timestamp, Failure> {
    let Some(text) = text else { return Ok(now()) };
    if let Some(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let local = LocalTime::parse(text).or_else(|| LocalTime::parse(&format!("{text}T00:00")));
    let Some(local) = local else {
        return Err(Failure::usage(format!("`{text}` is no time"))
            .hint("write it as `2026-12-01T09:00`, or with an offset as `2026-12-01T09:00:00+01:00`"));
    };
    match zone.resolve(local) {
        Resolved::Once(at) => Ok(at),
        Resolved::Twice(first, second) | Resolved::Never(first, second) => {
            Err(Failure::usage(format!("`{text}` is not one moment in {zone}, because of a change of the clock"))
                .hint(format!("write `{}` or `{}`", first.rfc3339_in(zone), second.rfc3339_in(zone))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let zone = Zone::parse("Europe/Rome").expect("a zone");
        assert_eq!(moment(Some(text), zone).expect("a time").to_string(), expect);
    }

    #[test]
    fn local_times_are_read_in_the_zone() {
        check("2026-12-01T09:00", "2026-12-01T08:00:00Z");
        check("2026-12-01 09:00:30", "2026-12-01T08:00:30Z");
        check("2026-12-01", "2026-11-30T23:00:00Z");
    }

    #[test]
    fn times_with_an_offset_are_read_as_they_are() {
        check("2026-12-01T09:00:00+05:00", "2026-12-01T04:00:00Z");
    }

    #[test]
    fn a_change_of_the_clock_is_asked_back() {
        let zone = Zone::parse("Europe/Rome").expect("a zone");
        let failure = moment(Some("2026-10-25T02:30"), zone).expect_err("two moments");
        assert_eq!(failure.hint.as_deref(), Some("write `2026-10-25T02:30:00+02:00` or `2026-10-25T02:30:00+01:00`"));
    }
}
