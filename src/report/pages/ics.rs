//! The feed for calendar programs (RFC 5545).

use super::{
    input::{CalendarPost, Line, View},
    state::State,
};
use crate::{model::Timestamp, network::slug_of};
use std::{collections::BTreeMap, fmt::Write as _};

/// The longest line, in bytes, without its end.
const LONGEST: usize = 75;

/// Writes one event for each post and minute: what is planned, and what went out.
pub(super) fn feed(view: &View<'_>, posts: &[CalendarPost<'_>]) -> String {
    let mut feed = Feed { out: String::new() };
    feed.line("BEGIN:VCALENDAR");
    feed.line("VERSION:2.0");
    feed.line("PRODID:-//Masthead//Calendar//EN");
    feed.line("CALSCALE:GREGORIAN");
    feed.line("METHOD:PUBLISH");
    feed.text("NAME", &view.config.name);
    feed.text("X-WR-CALNAME", &view.config.name);
    feed.line(&format!("X-WR-TIMEZONE:{}", view.config.zone));
    feed.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for post in posts {
        let mut times: BTreeMap<i64, Vec<&Line<'_>>> = BTreeMap::new();
        for line in &post.lines {
            if let Some(at) = line.at {
                times.entry(at.millis().div_euclid(60_000)).or_default().push(line);
            }
        }
        for (minute, lines) in times {
            feed.event(view, post, Timestamp::from_millis(minute * 60_000), &lines);
        }
    }
    feed.line("END:VCALENDAR");
    feed.out
}

struct Feed {
    out: String,
}

impl Feed {
    fn event(&mut self, view: &View<'_>, post: &CalendarPost<'_>, at: Timestamp, lines: &[&Line<'_>]) {
        let state = |line: &&Line<'_>| State::of(line.verdict, &line.reason);
        let Some(most_urgent) = lines.iter().map(state).min() else { return };
        let first = lines.iter().map(|line| line.account.as_str()).min().unwrap_or_default();
        self.line("BEGIN:VEVENT");
        // The same post at another time is the same event moved, unless its accounts have times of their own.
        self.text("UID", &format!("{}-{first}@masthead", slug_of(post.id, None)));
        self.line(&format!("DTSTAMP:{}", utc(view.now)));
        self.line(&format!("DTSTART:{}", utc(at)));
        self.line("DURATION:PT15M");
        self.text("SUMMARY", &format!("{} ({})", post.title, most_urgent.word()));
        let mut about = String::new();
        for line in lines {
            let _ = writeln!(about, "{}: {}", line.account, state(line).word());
        }
        about.push_str(post.path);
        self.text("DESCRIPTION", &about);
        if let Some(campaign) = post.campaign {
            self.text("CATEGORIES", campaign);
        }
        if let Some(url) = lines.iter().find_map(|line| line.url.as_deref()).filter(|url| crate::text::is_web(url)) {
            self.line(&format!("URL:{}", url.replace(char::is_control, "")));
        }
        self.line(match most_urgent {
            State::Draft => "STATUS:TENTATIVE",
            State::Withdrawn => "STATUS:CANCELLED",
            State::Failed | State::Held | State::Due | State::Planned | State::Changed | State::Published => {
                "STATUS:CONFIRMED"
            }
        });
        self.line("TRANSP:TRANSPARENT");
        self.line("END:VEVENT");
    }

    /// Writes a property whose value is text.
    fn text(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => line.extend(['\\', c]),
                '\n' => line.push_str("\\n"),
                c if c.is_control() => {}
                c => line.push(c),
            }
        }
        self.line(&line);
    }

    /// Writes a line, folded where it is too long.
    fn line(&mut self, line: &str) {
        let mut room = LONGEST;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.out.push_str("\r\n ");
                room = LONGEST - 1;
            }
            self.out.push(c);
            room -= c.len_utf8();
        }
        self.out.push_str("\r\n");
    }
}

/// Writes a moment as `20261201T080000Z`.
fn utc(at: Timestamp) -> String {
    let whole = Timestamp::from_millis(at.millis().div_euclid(1_000) * 1_000);
    whole.to_string().replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let mut feed = Feed { out: String::new() };
        feed.text("SUMMARY", text);
        feed.out
    }

    #[test]
    fn what_means_something_is_escaped() {
        assert_eq!(line("a, b; c\\d\r\ne\u{0}"), "SUMMARY:a\\, b\\; c\\\\d\\ne\r\n");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let folded = line(&"日本".repeat(40));
        assert!(folded.lines().all(|line| line.len() <= 75), "{folded}");
        assert_eq!(folded.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "日本".repeat(40)));
    }

    #[test]
    fn moments_are_in_utc() {
        let at = Timestamp::parse("2026-12-01T09:00:00.250+01:00").expect("a time");
        assert_eq!(utc(at), "20261201T080000Z");
    }
}
