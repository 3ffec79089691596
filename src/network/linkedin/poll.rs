//! Polls: the first line of the text is the question, the rest stands above it.

use crate::text::{Flat, Range};
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// How long a poll may be open, and LinkedIn's word for it.
pub(super) const DURATIONS: [(u64, &str); 4] =
    [(DAY, "ONE_DAY"), (3 * DAY, "THREE_DAYS"), (7 * DAY, "SEVEN_DAYS"), (14 * DAY, "FOURTEEN_DAYS")];

/// Returns LinkedIn's word for a time; none if it has none.
pub(super) fn duration(open: Duration) -> Option<&'static str> {
    DURATIONS.iter().find(|(seconds, _)| *seconds == open.as_secs()).map(|(_, word)| *word)
}

/// Parts a text into the question and what stands above it.
pub(super) fn part(text: &Flat) -> (String, Flat) {
    let (question, after) = match text.text.split_once('\n') {
        Some((question, rest)) => (question, question.len() + 1 + (rest.len() - rest.trim_start().len())),
        None => (text.text.as_str(), text.text.len()),
    };
    let ranges = text.ranges.iter().filter(|range| range.start >= after);
    let ranges =
        ranges.map(|range| Range { start: range.start - after, end: range.end - after, kind: range.kind.clone() });
    let rest = Flat { text: text.text[after..].to_owned(), ranges: ranges.collect(), ..Flat::default() };
    (question.trim().to_owned(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::fixtures::flat;

    #[test]
    fn the_first_line_is_the_question() {
        let (question, rest) = part(&flat("Which?\n\nBoth are #warm", &[(17..22, "tag", "warm")]));
        assert_eq!((question.as_str(), rest.text.as_str()), ("Which?", "Both are #warm"));
        assert_eq!((rest.ranges[0].start, rest.ranges[0].end), (9, 14));
        let (question, rest) = part(&flat("Which?", &[]));
        assert_eq!((question.as_str(), rest.text.as_str()), ("Which?", ""));
    }

    #[test]
    fn a_poll_is_open_for_one_of_four_times() {
        assert_eq!(duration(Duration::from_secs(7 * DAY)), Some("SEVEN_DAYS"));
        assert_eq!(duration(Duration::from_secs(2 * DAY)), None);
    }
}
