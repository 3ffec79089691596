use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDateTime, Offset as _, SecondsFormat, TimeZone as _, Timelike as _, Utc,
};
use std::{fmt, time::Duration};

/// A moment, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The first moment of 1970 (UTC).
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Makes a moment from milliseconds since 1970; clamped to years that can be written.
    pub fn from_millis(millis: i64) -> Self {
        const LEAST: i64 = -62_135_596_800_000;
        const GREATEST: i64 = 253_402_300_799_999;
        Self(DateTime::from_timestamp_millis(millis.clamp(LEAST, GREATEST)).unwrap_or_default())
    }

    /// Returns milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Parses RFC 3339, as `2026-12-01T09:00:00Z` or `2026-12-01T09:00:00+01:00`.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::from_millis(at.timestamp_millis()))
    }

    /// Parses the date of an HTTP header, as `Sun, 22 Nov 2026 09:00:00 GMT`.
    pub fn parse_http(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc2822(text).ok().map(|at| Self::from_millis(at.timestamp_millis()))
    }

    /// Returns the moment that much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.millis().saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the moment that much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.millis().saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns how long after `earlier` this is; zero if it isn't.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis().saturating_sub(earlier.millis())).unwrap_or(0))
    }

    /// Writes it for people in a zone, as `2026-12-01 09:00 +01:00`.
    pub fn display_in(self, zone: Zone) -> String {
        self.0.with_timezone(&zone.0).format("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// Writes the local date and time in a zone with its offset, as RFC 3339 does.
    pub fn rfc3339_in(self, zone: Zone) -> String {
        self.0.with_timezone(&zone.0).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// Returns the minute of the day in a zone, from 0.
    pub fn minute_in(self, zone: Zone) -> u32 {
        self.0.with_timezone(&zone.0).num_seconds_from_midnight() / 60
    }

    /// Returns year, month and day in a zone.
    pub fn date_in(self, zone: Zone) -> (i32, u32, u32) {
        let local = self.0.with_timezone(&zone.0);
        (local.year(), local.month(), local.day())
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC: with milliseconds only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.0.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        f.write_str(&self.0.to_rfc3339_opts(format, true))
    }
}

/// When a post is due: a moment, however it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// The moment.
    pub at: Timestamp,
}

/// An IANA time zone, such as `Europe/Rome`.
///
/// Zone rules are those of the tz database release that the `chrono-tz` crate carries (2025b).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

/// A zone that isn't known, with one that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneError {
    /// A similar name.
    pub near: Option<&'static str>,
}

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// Finds a zone by its IANA name.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        name.parse().map(Self).map_err(|_| ZoneError {
            near: crate::diag::did_you_mean(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())),
        })
    }

    /// Returns its IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Reads a local time in this zone.
    pub fn resolve(self, local: LocalTime) -> Resolved {
        let moment = |at: DateTime<chrono_tz::Tz>| Timestamp::from_millis(at.timestamp_millis());
        match self.0.from_local_datetime(&local.0) {
            LocalResult::Single(at) => Resolved::Once(moment(at)),
            LocalResult::Ambiguous(first, second) => Resolved::Twice(moment(first), moment(second)),
            LocalResult::None => {
                // A clock change skips it. Reading it with the offset from before the change gives a later local time,
                // with the one from after an earlier one: both are what people may mean.
                let offset_at = |hours: i64| {
                    let near = Utc.from_utc_datetime(&(local.0 + chrono::TimeDelta::hours(hours)));
                    near.with_timezone(&self.0).offset().fix()
                };
                let read = |offset: chrono::FixedOffset| {
                    Timestamp::from_millis((local.0 - offset).and_utc().timestamp_millis())
                };
                Resolved::Never(read(offset_at(30)), read(offset_at(-30)))
            }
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a local time means in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// One moment.
    Once(Timestamp),
    /// Two moments, because the clock is set back over it: the earlier and the later one.
    Twice(Timestamp, Timestamp),
    /// No moment, because the clock is set forward over it: the two readings, earlier and later.
    Never(Timestamp, Timestamp),
}

/// A date and time without an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime(NaiveDateTime);

impl LocalTime {
    /// Parses `2026-12-01T09:00:00`, `2026-12-01 09:00` and the like; seconds may be left out.
    pub fn parse(text: &str) -> Option<Self> {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(Self)
    }

    /// Returns whether it is exactly midnight, as a date without a time reads.
    pub fn is_midnight(self) -> bool {
        self.0.num_seconds_from_midnight() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rome() -> Zone {
        Zone::parse("Europe/Rome").expect("a zone")
    }

    #[track_caller]
    fn check(local: &str, expect: Resolved) {
        assert_eq!(rome().resolve(LocalTime::parse(local).expect("a local time")), expect);
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a timestamp")
    }

    #[test]
    fn an_ordinary_time_is_one_moment() {
        check("2026-12-01T09:00:00", Resolved::Once(at("2026-12-01T08:00:00Z")));
        check("2026-07-01 09:00", Resolved::Once(at("2026-07-01T07:00:00Z")));
    }

    #[test]
    fn a_repeated_time_is_two() {
        check("2026-10-25T02:30:00", Resolved::Twice(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn a_skipped_time_is_none_and_reads_two_ways() {
        check("2026-03-29T02:30:00", Resolved::Never(at("2026-03-29T00:30:00Z"), at("2026-03-29T01:30:00Z")));
    }

    #[test]
    fn unknown_zones_get_a_suggestion() {
        assert_eq!(Zone::parse("Europe/Roma").expect_err("no zone").near, Some("Europe/Rome"));
    }

    #[test]
    fn timestamps_round_trip() {
        assert_eq!(at("2026-12-01T09:00:00+01:00").to_string(), "2026-12-01T08:00:00Z");
        assert_eq!(Timestamp::from_millis(1).to_string(), "1970-01-01T00:00:00.001Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::parse_http("Sun, 22 Nov 2026 09:00:00 GMT"), Some(at("2026-11-22T09:00:00Z")));
    }
}
