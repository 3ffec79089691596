//! `[publish]`: when posts may go out, how many, and every time of the protocol.

use super::{
    PublishSettings, QuietHours, Times,
    keys::{self, Key, Shape, shown, unknown_key},
    read::{self, bad_value, duration},
    value::{Node, Table},
};
use crate::{
    diag::{Diagnostic, Span},
    model::OptionKind,
};
use std::{collections::BTreeMap, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PublishKey {
    Grace,
    Burst,
    MinGap,
    Quiet,
    SendWindow,
    ConnectTimeout,
    RequestTimeout,
    Lease,
    Settle,
}

/// The least and the greatest `burst`.
pub(super) const BURST: (i64, i64) = (1, 100_000);

/// What a lease must have beyond the window and the time-outs: for clocks that are read a moment apart.
const MARGIN: Duration = Duration::from_secs(10);

/// The longest lease that the ledger believes.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys of `[publish]`.
pub(super) static PUBLISH: &[Key<PublishKey>] = &[
    Key {
        id: PublishKey::Grace,
        name: "grace",
        shape: Shape::Duration,
        doc: "How late a post may be and still go out by itself, such as 24h.",
    },
    Key {
        id: PublishKey::Burst,
        name: "burst",
        shape: Shape::Plain(OptionKind::Integer { min: BURST.0, max: BURST.1 }),
        doc: "How many posts an account may publish in an hour.",
    },
    Key {
        id: PublishKey::MinGap,
        name: "min_gap",
        shape: Shape::Duration,
        doc: "The least time between two posts of an account when they are late, as after an outage.",
    },
    Key {
        id: PublishKey::Quiet,
        name: "quiet",
        shape: Shape::TEXT,
        doc: "Hours in the workspace's time zone in which nothing begins to go out, such as 22:00-07:00.",
    },
    Key {
        id: PublishKey::SendWindow,
        name: "send_window",
        shape: Shape::Duration,
        doc: "How long after its intent is in the ledger a request may still leave.",
    },
    Key {
        id: PublishKey::ConnectTimeout,
        name: "connect_timeout",
        shape: Shape::Duration,
        doc: "How long a connection may take to be made.",
    },
    Key {
        id: PublishKey::RequestTimeout,
        name: "request_timeout",
        shape: Shape::Duration,
        doc: "How long a call may take.",
    },
    Key {
        id: PublishKey::Lease,
        name: "lease",
        shape: Shape::Duration,
        doc: "How long an intent is believed to be under way; at least the window, both time-outs and ten seconds.",
    },
    Key {
        id: PublishKey::Settle,
        name: "settle",
        shape: Shape::Duration,
        doc: "How long after a lost answer a network's list of our posts is believed to be complete, where it is a list \
              that settles it.",
    },
];

/// Reads `[publish]`.
pub(super) fn read(table: Table<'_>, out: &mut Vec<Diagnostic>) -> PublishSettings {
    let mut publish = PublishSettings::default();
    let mut written: BTreeMap<PublishKey, Span> = BTreeMap::new();
    for entry in table.entries {
        let Some(key) = keys::find(PUBLISH, &entry.key.value) else {
            out.push(unknown_key(&entry, "`[publish]`", PUBLISH.iter().map(|key| key.name)));
            continue;
        };
        written.insert(key.id, entry.value.span);
        let mut time = |slot: &mut Duration, node| {
            if let Some(read) = duration(key.name, node, out) {
                *slot = read.value;
            }
        };
        match key.id {
            PublishKey::Grace => time(&mut publish.grace, entry.value),
            PublishKey::MinGap => time(&mut publish.min_gap, entry.value),
            PublishKey::SendWindow => time(&mut publish.times.send_window, entry.value),
            PublishKey::ConnectTimeout => time(&mut publish.times.connect_timeout, entry.value),
            PublishKey::RequestTimeout => time(&mut publish.times.request_timeout, entry.value),
            PublishKey::Lease => time(&mut publish.times.lease, entry.value),
            PublishKey::Settle => publish.times.settle = duration(key.name, entry.value, out).map(|read| read.value),
            PublishKey::Burst => publish.burst = burst(key.name, &entry.value, out).unwrap_or(publish.burst),
            PublishKey::Quiet => publish.quiet = quiet(key.name, entry.value, out),
        }
    }
    contradictions(&mut publish.times, &written, out);
    publish
}

/// Reads a number of posts an hour.
pub(super) fn burst(key: &str, node: &Node<'_>, out: &mut Vec<Diagnostic>) -> Option<u32> {
    read::integer(key, node, BURST, out).map(|burst| u32::try_from(burst).unwrap_or(u32::MAX))
}

fn quiet(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<QuietHours> {
    let text = read::text(key, node, out)?;
    let quiet = QuietHours::parse(&text.value);
    if quiet.is_none() {
        out.push(
            bad_value(text.span, format!("`{}` isn't a span of hours", shown(&text.value)))
                .help("write two different times of day, such as \"22:00-07:00\""),
        );
    }
    quiet
}

/// Finds times that contradict each other. The defaults are taken then, so that nothing is ever sent on unsafe ones.
fn contradictions(times: &mut Times, written: &BTreeMap<PublishKey, Span>, out: &mut Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let positive = [
        (PublishKey::SendWindow, "send_window", times.send_window),
        (PublishKey::ConnectTimeout, "connect_timeout", times.connect_timeout),
        (PublishKey::RequestTimeout, "request_timeout", times.request_timeout),
    ];
    for (key, name, value) in positive {
        if let Some(span) = written.get(&key).filter(|_| value.is_zero()) {
            findings.push(
                bad_value(*span, format!("`{name}` is zero, so nothing could ever be sent"))
                    .help("write at least \"1s\""),
            );
        }
    }
    let least = times.send_window + times.connect_timeout + times.request_timeout + MARGIN;
    if times.lease < least {
        // What was written last in the table's order of importance is where it is mended.
        let place = [PublishKey::Lease, PublishKey::RequestTimeout, PublishKey::ConnectTimeout, PublishKey::SendWindow];
        if let Some(span) = place.iter().find_map(|key| written.get(key)) {
            let message = format!(
                "`lease` is {} s, and must cover `send_window` ({} s), `connect_timeout` ({} s), `request_timeout` ({} s) \
                 and ten seconds",
                times.lease.as_secs(),
                times.send_window.as_secs(),
                times.connect_timeout.as_secs(),
                times.request_timeout.as_secs(),
            );
            let help = format!(
                "write `lease = \"{}s\"` or more: a shorter one would let another publisher take over what is still being sent",
                least.as_secs()
            );
            findings.push(bad_value(*span, message).help(help));
        }
    }
    if let Some(span) = written.get(&PublishKey::Lease).filter(|_| times.lease > LONGEST_LEASE) {
        findings.push(
            bad_value(*span, "`lease` is longer than a day")
                .help("write \"24h\" or less: nothing may stay unsettled for ever"),
        );
    }
    if !findings.is_empty() {
        *times = Times { settle: times.settle, ..Times::default() };
    }
    out.append(&mut findings);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{check, good, read};

    #[test]
    fn every_time_can_be_set() {
        let config = good(
            "[publish]\ngrace = \"2h\"\nburst = 3\nmin_gap = \"90s\"\nquiet = \"22:00-07:30\"\nsend_window = \"5s\"\n\
             connect_timeout = \"4s\"\nrequest_timeout = \"6s\"\nlease = \"25s\"\nsettle = \"15m\"\n",
        );
        let seconds = Duration::from_secs;
        let times = Times {
            send_window: seconds(5),
            connect_timeout: seconds(4),
            request_timeout: seconds(6),
            lease: seconds(25),
            settle: Some(seconds(900)),
        };
        let quiet = QuietHours::parse("22:00-07:30");
        let expect = PublishSettings { grace: seconds(7200), burst: 3, min_gap: seconds(90), quiet, times };
        assert_eq!(config.publish, expect);
    }

    #[test]
    fn the_defaults_do_not_contradict_each_other() {
        let times = Times::default();
        assert!(times.lease >= times.send_window + times.connect_timeout + times.request_timeout + MARGIN);
    }

    #[test]
    fn a_lease_that_is_too_short_is_refused() {
        check(
            "[publish]\nlease = \"69s\"\n",
            "bad-value: `lease` is 69 s, and must cover `send_window` (20 s), `connect_timeout` (10 s), `request_timeout` (30 s) \
             and ten seconds [\"69s\"] (write `lease = \"70s\"` or more: a shorter one would let another publisher take over \
             what is still being sent)\n",
        );
        check(
            "[publish]\nrequest_timeout = \"5m\"\n",
            "bad-value: `lease` is 70 s, and must cover `send_window` (20 s), `connect_timeout` (10 s), `request_timeout` (300 s) \
             and ten seconds [\"5m\"] (write `lease = \"340s\"` or more: a shorter one would let another publisher take over \
             what is still being sent)\n",
        );
    }

    #[test]
    fn times_that_would_stop_everything_are_refused() {
        check(
            "[publish]\nsend_window = \"0s\"\nlease = \"2d\"\n",
            "bad-value: `send_window` is zero, so nothing could ever be sent [\"0s\"] (write at least \"1s\")\n\
             bad-value: `lease` is longer than a day [\"2d\"] (write \"24h\" or less: nothing may stay unsettled for ever)\n",
        );
    }

    #[test]
    fn quiet_hours_are_two_times_of_day() {
        check(
            "[publish]\nquiet = \"22-7\"\n",
            "bad-value: `22-7` isn't a span of hours [\"22-7\"] (write two different times of day, such as \"22:00-07:00\")\n",
        );
    }

    #[test]
    fn unsafe_times_are_not_taken() {
        let config = read("[publish]\nlease = \"1s\"\nsettle = \"1h\"\n").0.expect("a configuration");
        assert_eq!(config.publish.times, Times { settle: Some(Duration::from_secs(3600)), ..Times::default() });
    }
}
