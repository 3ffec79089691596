use super::tree::News;
use crate::ledger::{BrakeEvent, Braking, Event, Happening};
use std::collections::BTreeMap;

/// Returns the message of a commit: one line an event, in plain words, so that `git log` reads as an audit trail.
pub(super) fn message(events: &[News<'_>], is_first: bool) -> String {
    let lines: Vec<String> = events.iter().map(|news| one_line(&news_line(news))).collect();
    let title = match lines.as_slice() {
        [] => "began the ledger".to_owned(),
        [only] => return format!("{only}\n"),
        _ => summary(events),
    };
    let begin = if is_first && !lines.is_empty() { "began the ledger\n" } else { "" };
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if body.is_empty() { format!("{title}\n") } else { format!("{title}\n\n{begin}{body}") }
}

/// Counts the events by kind, in the order in which they come up.
fn summary(events: &[News<'_>]) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, news) in events.iter().enumerate() {
        let verb = match news {
            News::Event(event) => verb(&event.what),
            News::Brake(event) => brake_verb(&event.what),
        };
        counts.entry(verb).or_insert((place, 0)).1 += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, (place, _))| *place);
    let counts: Vec<String> = counts.iter().map(|(verb, (_, count))| format!("{verb} {count}")).collect();
    counts.join(", ")
}

const fn verb(what: &Happening) -> &'static str {
    match what {
        Happening::Intent { .. } => "sending",
        Happening::Repeat { .. } => "sending again",
        Happening::Receipt { .. } => "published",
        Happening::Release { .. } => "not sent",
        Happening::Defer { .. } => "deferred",
        Happening::Fail { .. } => "refused",
        Happening::Absent { .. } => "did not arrive",
        Happening::Hold { .. } => "needs a person",
        Happening::Edit { .. } => "changed",
        Happening::Retract { .. } => "taken back",
        Happening::Cancel { .. } => "cancelled",
    }
}

const fn brake_verb(what: &Braking) -> &'static str {
    match what {
        Braking::Freeze { .. } => "frozen",
        Braking::Thaw { .. } => "thawed",
    }
}

fn news_line(news: &News<'_>) -> String {
    match news {
        News::Event(event) => line(event),
        News::Brake(event) => brake_line(event),
    }
}

fn brake_line(event: &BrakeEvent) -> String {
    let (verb, by) = (brake_verb(&event.what), event.by.name());
    match &event.what {
        Braking::Freeze { scope, until: Some(until), reason } => {
            format!("{verb}: {scope}, until {until}, by {by}: {reason}")
        }
        Braking::Freeze { scope, until: None, reason } => format!("{verb}: {scope}, by {by}: {reason}"),
        Braking::Thaw { of, reason } => format!("{verb} `{of}`, by {by}: {reason}"),
    }
}

/// Says what happened in one line.
fn line(event: &Event) -> String {
    let verb = verb(&event.what);
    let (post, account, part) = (event.key.post.as_str(), event.key.account.as_str(), event.key.part);
    match &event.what {
        Happening::Intent { attempt: 0 | 1, .. } => format!("{verb} {post} to {account} (part {part})"),
        Happening::Intent { attempt, .. } => format!("{verb} {post} to {account} (part {part}), attempt {attempt}"),
        Happening::Repeat { .. } => format!("{verb} {post} to {account} (part {part}), since no answer came"),
        Happening::Receipt { remote, parts, via, .. } => {
            let link = remote.url.as_deref().unwrap_or(&remote.id);
            let link = if link.is_empty() { "no link was given" } else { link };
            let via = match via.as_str() {
                "answer" => "",
                "person" => ", says a person",
                _ => ", found there later",
            };
            format!("{verb} {post} to {account} ({part}/{parts}): {link}{via}")
        }
        Happening::Release { why } => format!("{verb}: {post} to {account} (part {part}): {why}"),
        Happening::Defer { until, why } => format!("{verb} {post} to {account} (part {part}) until {until}: {why}"),
        Happening::Fail { kind, message } => format!("{verb}: {post} to {account} (part {part}): {kind}: {message}"),
        Happening::Absent { evidence } => format!("{verb}: {post} to {account} (part {part}): {evidence}"),
        Happening::Hold { reason } => format!("{verb}: {post} to {account} (part {part}): {reason}"),
        Happening::Edit { parts, .. } => format!("{verb} {post} on {account} ({part}/{parts})"),
        Happening::Retract { why } | Happening::Cancel { why } => {
            format!("{verb}: {post} on {account} (part {part}), by {}: {why}", event.by.name())
        }
    }
}

/// Makes it one line that a terminal shows as it is, and not too long a one.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let words: Vec<&str> = text.split(|char: char| char.is_whitespace() || char.is_control()).collect();
    let text = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::{hold, intent, other, receipt};

    #[track_caller]
    fn check(events: &[&Event], is_first: bool, expect: &str) {
        let news: Vec<_> = events.iter().map(|event| News::Event(event)).collect();
        assert_eq!(message(&news, is_first), expect);
    }

    #[test]
    fn one_event_is_the_title() {
        check(&[&intent("hello", "brand", 2, "1")], true, "sending hello to brand (part 2)\n");
        check(
            &[&receipt("hello", "brand", 1, "2", "1", "109")],
            false,
            "published hello to brand (1/1): https://mastodon.example/@brand/109\n",
        );
        check(&[&hold("hello", "brand", 1, "2", "1")], false, "needs a person: hello to brand (part 1): look there\n");
    }

    #[test]
    fn many_events_are_counted_and_listed() {
        let (one, two) = (intent("hello", "brand", 1, "1"), intent("hello", "sky", 1, "2"));
        let three = receipt("bye", "sky", 1, "4", "3", "7");
        check(
            &[&one, &three, &two],
            false,
            "sending 2, published 1\n\nsending hello to brand (part 1)\n\
             published bye to sky (1/1): https://mastodon.example/@brand/7\nsending hello to sky (part 1)\n",
        );
        check(
            &[&one, &two],
            true,
            "sending 2\n\nbegan the ledger\nsending hello to brand (part 1)\nsending hello to sky (part 1)\n",
        );
        check(&[], true, "began the ledger\n");
    }

    #[test]
    fn what_others_say_stays_in_its_line() {
        let fail =
            Happening::Fail { kind: "refused".to_owned(), message: "no\n\nSigned-off-by: me\u{1b}[31m".to_owned() };
        check(
            &[&other("2", None, fail)],
            false,
            "refused: hello to brand (part 1): refused: no Signed-off-by: me [31m\n",
        );
        let long = Happening::Release { why: "é".repeat(500) };
        let text = message(&[News::Event(&other("2", None, long))], false);
        assert_eq!(text.chars().count(), 302);
    }
}
