use super::codes;
use crate::{
    config::{
        Node, Value,
        keys::shown,
        read::{bad_value, wrong_type},
    },
    diag::{Diagnostic, Spanned},
    model::{LocalTime, Resolved, Timestamp, When, Zone},
};

/// What a written date is.
enum Written {
    Moment(Timestamp),
    Local(LocalTime),
    Day,
    Nothing,
}

/// Reads a date: with an offset, or local and read in the zone.
pub(super) fn date(key: &str, node: &Node<'_>, zone: Zone, out: &mut Vec<Diagnostic>) -> Option<Spanned<When>> {
    let (Value::Date(written) | Value::Text(written)) = &node.value else {
        out.push(wrong_type(key, node, "a date and time, such as 2026-12-01T09:00:00"));
        return None;
    };
    let span = node.span;
    let finding = match parse(written.trim()) {
        Written::Moment(at) => return Some(Spanned::new(When { at }, span)),
        Written::Local(local) => match zone.resolve(local) {
            Resolved::Once(at) => return Some(Spanned::new(When { at }, span)),
            Resolved::Twice(first, second) => {
                Diagnostic::new(&codes::DATE_TWICE, span, format!("this time happens twice in {zone}"))
                    .label("the clock is set back over it")
                    .help(either(first, second, zone))
            }
            Resolved::Never(first, second) => {
                Diagnostic::new(&codes::DATE_NEVER, span, format!("this time doesn't happen in {zone}"))
                    .label("the clock is set forward over it")
                    .help(either(first, second, zone))
            }
        },
        Written::Day => Diagnostic::new(&codes::DATE_WITHOUT_TIME, span, format!("`{key}` has no time"))
            .help(format!("add the time, as in `{}T09:00:00`; midnight is `T00:00:00`", written.trim())),
        Written::Nothing => bad_value(span, format!("`{}` isn't a date and time", shown(written)))
            .help("write it as 2026-12-01T09:00:00, or with an offset as 2026-12-01T09:00:00+01:00"),
    };
    out.push(finding);
    None
}

fn either(first: Timestamp, second: Timestamp, zone: Zone) -> String {
    format!("write `{}` for the earlier reading or `{}` for the later", first.rfc3339_in(zone), second.rfc3339_in(zone))
}

fn parse(text: &str) -> Written {
    // Four digits, so that a year is one that can be written again; the calendar knows stranger ones.
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 10 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return Written::Nothing;
    }
    if let Some(at) = Timestamp::parse(text) {
        return Written::Moment(at);
    }
    if let Some(local) = LocalTime::parse(text) {
        return Written::Local(local);
    }
    if bytes.len() == 10 {
        let noon = format!("{text}T12:00:00");
        return if LocalTime::parse(&noon).is_some() { Written::Day } else { Written::Nothing };
    }
    match spelt_out(text) {
        Some(full) => {
            let moment = Timestamp::parse(&full).map(Written::Moment);
            moment.or_else(|| LocalTime::parse(&full).map(Written::Local)).unwrap_or(Written::Nothing)
        }
        None => Written::Nothing,
    }
}

/// Writes the shorter forms that TOML 1.1 and YAML allow in full: `2026-12-01 9:00 +0100` and the like.
fn spelt_out(text: &str) -> Option<String> {
    let (day, rest) = text.split_at(10);
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let time_end = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len());
    let (time, offset) = (&rest[..time_end], rest[time_end..].trim_start());
    let colons = time.bytes().filter(|&byte| byte == b':').count();
    let padding = if time.find(':') == Some(1) { "0" } else { "" };
    let seconds = match colons {
        1 => ":00",
        2 => "",
        _ => return None,
    };
    let digits = |from: usize, to: usize| offset.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let offset = match (offset.as_bytes().first(), offset.len()) {
        (None, _) => String::new(),
        (Some(b'Z' | b'z'), 1) => "Z".to_owned(),
        (Some(b'+' | b'-'), 3) => format!("{}{}:00", &offset[..1], digits(1, 3)?),
        (Some(b'+' | b'-'), 5) => format!("{}{}:{}", &offset[..1], digits(1, 3)?, digits(3, 5)?),
        (Some(b'+' | b'-'), 6) => offset.to_owned(),
        _ => return None,
    };
    Some(format!("{day}T{padding}{time}{seconds}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};

    fn read(text: &str) -> Result<String, Diagnostic> {
        let zone = Zone::parse("Europe/Rome").expect("a zone");
        let mut out = Vec::new();
        let node = Spanned::new(Value::Text(text.into()), Span::new(FileId(0), 0..text.len()));
        match date("date", &node, zone, &mut out) {
            Some(when) => {
                assert_eq!(out, []);
                Ok(when.value.at.to_string())
            }
            None => Err(out.pop().expect("a finding")),
        }
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(read(text).as_deref(), Ok(expect), "{text}");
    }

    #[track_caller]
    fn refused(text: &str, code: &str) {
        assert_eq!(read(text).map_err(|finding| finding.code.name), Err(code), "{text}");
    }

    #[test]
    fn offsets_and_local_times_are_read() {
        check("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z");
        check("2026-12-01T09:00:00+01:00", "2026-12-01T08:00:00Z");
        check("2026-12-01T09:00:00", "2026-12-01T08:00:00Z");
        check("2026-07-01T09:00:00", "2026-07-01T07:00:00Z");
        check("2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00.500Z");
    }

    #[test]
    fn shorter_forms_are_read() {
        check("2026-12-01 09:00", "2026-12-01T08:00:00Z");
        check("2026-12-01 09:00:00Z", "2026-12-01T09:00:00Z");
        check("2026-12-01t09:00z", "2026-12-01T09:00:00Z");
        check("2026-12-01 09:00:00 +0100", "2026-12-01T08:00:00Z");
        check("2026-12-01 09:00 +01", "2026-12-01T08:00:00Z");
        check("2026-12-01 9:00", "2026-12-01T08:00:00Z");
    }

    #[test]
    fn a_date_alone_asks_for_the_time() {
        refused("2026-12-01", "date-without-time");
        refused("2026-02-30", "bad-value");
    }

    #[test]
    fn clock_changes_offer_both_readings() {
        let help = |text| read(text).expect_err("a finding").help.expect("help").into_string();
        insta::assert_snapshot!(help("2026-10-25T02:30:00"), @"write `2026-10-25T02:30:00+02:00` for the earlier reading or `2026-10-25T02:30:00+01:00` for the later");
        insta::assert_snapshot!(help("2026-03-29T02:30:00"), @"write `2026-03-29T01:30:00+01:00` for the earlier reading or `2026-03-29T03:30:00+02:00` for the later");
        refused("2026-10-25T02:30:00", "date-twice");
        refused("2026-03-29T02:30:00", "date-never");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "soon",
            "09:00:00",
            "2026-13-01T09:00:00",
            "2026-12-01T25:00:00",
            "2026-12-01T09",
            "2026-12-01T09:00:00+99:00",
            "+262142-12-31T23:59:59",
            "99999-12-31T23:59:59",
            "2026-12-01T09:00:00é",
            "12-01-2026 09:00",
            "2026-12-01X09:00",
            "2026-12-01T09:00:00 CET",
            "2026-12-01T:",
            "2026-12-01T09:00 +1é00",
        ] {
            refused(text, "bad-value");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_panic() {
        for text in
            ["0000-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+14:00"]
        {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
