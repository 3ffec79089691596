//! Health in Prometheus's text format, version 0.0.4.

use super::health::Health;
use crate::model::Timestamp;
use std::fmt::Write as _;

/// The media type of the format.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

/// Writes the metrics. Their names, kinds and labels are stable.
pub(super) fn metrics(health: &Health, version: &str) -> String {
    let mut page = Page(String::new());
    page.family("masthead_build_info", Kind::Gauge, "The version that runs.");
    page.sample("masthead_build_info", Some(("version", version)), 1.0);
    page.moment("masthead_start_timestamp_seconds", "When the daemon was started.", Some(health.started));
    page.family("masthead_rounds_total", Kind::Counter, "Rounds of fetching, planning and publishing, by outcome.");
    for (outcome, count) in [("done", health.done), ("error", health.errors)] {
        page.sample("masthead_rounds_total", Some(("outcome", outcome)), number(count));
    }
    page.gauge(
        "masthead_round_failures",
        "Rounds that failed one after the other up to now.",
        f64::from(health.failures),
    );
    page.gauge("masthead_round_duration_seconds", "How long the last round took.", health.took.as_secs_f64());
    page.moment("masthead_last_round_timestamp_seconds", "When the last round ended.", health.last_round);
    page.moment(
        "masthead_last_success_timestamp_seconds",
        "When the last round ended that was done.",
        health.last_done,
    );
    page.moment(
        "masthead_next_round_timestamp_seconds",
        "When the next round begins at the latest.",
        health.next_round,
    );
    page.moment("masthead_next_due_timestamp_seconds", "When a delivery is due next.", health.next_due);
    page.gauge("masthead_poll_interval_seconds", "The longest rest between two rounds.", health.poll.as_secs_f64());
    page.family("masthead_published_total", Kind::Counter, "Parts of posts that were published, by account.");
    for (account, sent) in &health.sent {
        page.sample("masthead_published_total", Some(("account", account.as_str())), number(sent.published));
    }
    page.family("masthead_failed_total", Kind::Counter, "Parts of posts that failed or need a person, by account.");
    for (account, sent) in &health.sent {
        page.sample("masthead_failed_total", Some(("account", account.as_str())), number(sent.failed));
    }
    page.family("masthead_deliveries", Kind::Gauge, "Deliveries after the last round, by verdict of the plan.");
    for (verdict, count) in &health.deliveries {
        page.sample("masthead_deliveries", Some(("verdict", verdict)), number(*count));
    }
    page.gauge(
        "masthead_frozen",
        "Whether somebody has stopped publishing, wholly or in part.",
        f64::from(health.frozen),
    );
    page.family("masthead_webhooks_total", Kind::Counter, "Webhooks that came, by what became of them.");
    let webhooks = health.webhooks;
    for (result, count) in
        [("accepted", webhooks.accepted), ("limited", webhooks.limited), ("refused", webhooks.refused)]
    {
        page.sample("masthead_webhooks_total", Some(("result", result)), number(count));
    }
    page.0
}

#[expect(clippy::cast_precision_loss, reason = "the format has no other numbers, and nothing counts so far")]
fn number(count: u64) -> f64 {
    count as f64
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: f64) {
        let label = label.map(|(key, value)| format!("{{{key}=\"{}\"}}", escaped(value))).unwrap_or_default();
        let _ = writeln!(self.0, "{name}{label} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, Kind::Gauge, help);
        self.sample(name, None, value);
    }

    /// A moment that is not known has no sample.
    fn moment(&mut self, name: &str, help: &str, at: Option<Timestamp>) {
        self.family(name, Kind::Gauge, help);
        if let Some(at) = at {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time fit")]
            let seconds = at.millis() as f64 / 1000.0;
            self.sample(name, None, seconds);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{super::health::Sent, *};
    use crate::model::AccountId;
    use std::time::Duration;

    fn health() -> Health {
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let mut health = Health::new(at(1_800_000_000), Duration::from_secs(300));
        health.done = 7;
        health.errors = 1;
        health.took = Duration::from_millis(1250);
        health.last_round = Some(Timestamp::from_millis(1_800_000_060_500));
        health.next_due = Some(at(1_800_003_600));
        health.frozen = true;
        health.deliveries.insert("wait", 2);
        health.sent.insert(AccountId::new("brand"), Sent { published: 3, failed: 1 });
        health.webhooks.accepted = 4;
        health
    }

    #[test]
    fn the_figures_are_there_under_their_names() {
        let text = metrics(&health(), "0.1.0");
        for line in [
            "masthead_build_info{version=\"0.1.0\"} 1",
            "masthead_start_timestamp_seconds 1800000000",
            "masthead_rounds_total{outcome=\"done\"} 7",
            "masthead_rounds_total{outcome=\"error\"} 1",
            "masthead_round_duration_seconds 1.25",
            "masthead_last_round_timestamp_seconds 1800000060.5",
            "masthead_next_due_timestamp_seconds 1800003600",
            "masthead_published_total{account=\"brand\"} 3",
            "masthead_failed_total{account=\"brand\"} 1",
            "masthead_deliveries{verdict=\"wait\"} 2",
            "masthead_deliveries{verdict=\"attention\"} 0",
            "masthead_frozen 1",
            "masthead_webhooks_total{result=\"accepted\"} 4",
        ] {
            assert!(text.lines().any(|own| own == line), "`{line}` is not in:\n{text}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_sample() {
        let text = metrics(&health(), "0.1.0");
        assert!(!text.contains("\nmasthead_last_success_timestamp_seconds "), "{text}");
        assert!(text.contains("# TYPE masthead_last_success_timestamp_seconds gauge\n"));
    }

    #[test]
    fn every_sample_has_its_type_before_it_and_counters_are_called_so() {
        let mut typed = "";
        for line in metrics(&health(), "0.1.0").leak().lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a kind");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                typed = name;
            } else if !line.starts_with('#') {
                let (name, value) = line.rsplit_once(' ').expect("a value");
                assert_eq!(name.split('{').next(), Some(typed), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
