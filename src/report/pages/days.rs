//! Days and months as a calendar has them, without a clock or a zone.

use crate::{
    diag::words,
    model::{Timestamp, Zone},
};

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
    /// The day of the month, from 1.
    pub day: u32,
}

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Day {
    /// Returns the day that a moment is on in a zone.
    pub fn of(at: Timestamp, zone: Zone) -> Self {
        let (year, month, day) = at.date_in(zone);
        Self { year, month, day }
    }

    /// Returns its month.
    pub const fn month(self) -> Month {
        Month { year: self.year, month: self.month }
    }

    /// Returns the name of its day of the week.
    pub fn weekday(self) -> &'static str {
        WEEKDAYS[self.after_monday()]
    }

    /// Writes it as `1 December`.
    pub fn words(self) -> String {
        format!("{} {}", self.day, self.month().name())
    }

    /// Writes it as `2026-12-01`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Returns how many days it is after the Monday of its week.
    pub(super) fn after_monday(self) -> usize {
        // 1970-01-01 was a Thursday.
        usize::try_from((self.number() + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// Returns the day that many days later; earlier, if it is negative.
    #[must_use]
    pub(super) fn plus(self, days: i64) -> Self {
        Self::numbered(self.number() + days)
    }

    /// Returns the number of its week by ISO 8601.
    pub(super) fn week(self) -> i64 {
        // The week belongs to the year that its Thursday is in.
        let thursday = self.plus(3 - i64::try_from(self.after_monday()).unwrap_or(0));
        let first = Self { year: thursday.year, month: 1, day: 1 };
        (thursday.number() - first.number()) / 7 + 1
    }

    /// Counts the days since 1970-01-01.
    fn number(self) -> i64 {
        // Years begin in March here, so that the day of a leap year is the last.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((i64::from(self.month) + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn numbered(number: i64) -> Self {
        let number = number + 719_468;
        let era = number.div_euclid(146_097);
        let of_era = number.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u32::try_from(number).unwrap_or(1);
        Self { year: i32::try_from(year).unwrap_or(i32::MAX), month: small(month), day: small(day) }
    }
}

impl Month {
    /// Returns the month that a moment is in, in a zone.
    pub fn of(at: Timestamp, zone: Zone) -> Self {
        Day::of(at, zone).month()
    }

    /// Parses `2026-12`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let month = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        (1..=12).contains(&month.month).then_some(month)
    }

    /// Writes it as `2026-12`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        words::month(self.month)
    }

    /// Writes it as `December 2026`.
    pub fn words(self) -> String {
        format!("{} {}", self.name(), self.year)
    }

    /// Returns the month after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// Returns the month before it.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// Returns the weeks that it touches, from Monday, days of its neighbours included.
    pub(super) fn weeks(self) -> Vec<[Day; 7]> {
        let first = Day { year: self.year, month: self.month, day: 1 };
        let mut monday = first.plus(-i64::try_from(first.after_monday()).unwrap_or(0));
        let mut weeks = Vec::new();
        while weeks.is_empty() || monday.month() == self {
            weeks.push(std::array::from_fn(|index| monday.plus(i64::try_from(index).unwrap_or(0))));
            monday = monday.plus(7);
        }
        weeks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        let month = Month::parse(&text[..7]).expect("a month");
        Day { year: month.year, month: month.month, day: text[8..].parse().expect("a day") }
    }

    #[track_caller]
    fn check(text: &str, weekday: &str, week: i64) {
        assert_eq!((day(text).weekday(), day(text).week()), (weekday, week), "{text}");
    }

    #[test]
    fn days_of_the_week_and_weeks() {
        check("1970-01-01", "Thursday", 1);
        check("2026-11-22", "Sunday", 47);
        check("2026-11-23", "Monday", 48);
        check("2027-01-01", "Friday", 53);
        check("2024-12-30", "Monday", 1);
        check("2000-02-29", "Tuesday", 9);
    }

    #[test]
    fn a_month_is_whole_weeks() {
        let weeks = Month::parse("2026-11").expect("a month").weeks();
        assert_eq!((weeks.len(), weeks[0][0], weeks[5][6]), (6, day("2026-10-26"), day("2026-12-06")));
        let weeks = Month::parse("2027-02").expect("a month").weeks();
        assert_eq!((weeks.len(), weeks[0][0], weeks[3][6]), (4, day("2027-02-01"), day("2027-02-28")));
    }

    #[test]
    fn months_are_written_and_read() {
        let december = Month::parse("2026-12").expect("a month");
        assert_eq!((december.words().as_str(), december.next().iso().as_str()), ("December 2026", "2027-01"));
        assert_eq!(december.next().previous(), december);
        for text in ["2026-13", "2026-00", "26-12", "2026-1", "2026", "2026-1a", "+026-12"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn days_are_counted_both_ways(number in -700_000i64..3_000_000) {
            let day = Day::numbered(number);
            prop_assert_eq!(day.number(), number);
            prop_assert!(day.plus(1) > day);
        }

        #[test]
        fn days_are_those_of_the_clock(millis in -60_000_000_000_000i64..250_000_000_000_000) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(Day::of(at, Zone::UTC), Day::numbered(millis.div_euclid(86_400_000)));
        }
    }
}
