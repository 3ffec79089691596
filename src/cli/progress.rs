use super::Ui;
use crate::{
    diag::words,
    engine::{Outcome, Progress, Settled},
    plan::{Plan, Verdict},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::{collections::BTreeSet, time::Duration};

/// Tells a person what is going on while it does: a line for each part that is settled, and on a terminal a bar below.
pub(super) struct Narrator<'a> {
    ui: &'a Ui,
    bar: ProgressBar,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(ui: &'a Ui, plan: &Plan) -> Self {
        let parts: usize = plan.rows.iter().map(|row| row.parts - row.done).sum();
        let shown = ui.interactive && ui.volume == super::Volume::Normal;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(parts as u64), target).with_style(
            ProgressStyle::with_template("{spinner} {pos}/{len} {msg}").expect("a template that is well formed"),
        );
        if shown {
            bar.enable_steady_tick(Duration::from_millis(120));
            ui.draw(Some(bar.clone()));
        }
        Self { ui, bar }
    }

    pub(super) fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Started { post, account, .. } => {
                self.bar.set_message(format!("{post} to {account}"));
                self.ui.detail(&format!("sending {post} to {account}"));
            }
            Progress::Waiting { post, account, why } => {
                self.bar.set_message(format!("{post} to {account}: waiting {why}"));
                self.ui.detail(&format!("{post} to {account}: waiting {why}"));
            }
            Progress::Settled(settled) => {
                self.bar.inc(1);
                self.say(settled);
            }
        }
    }

    pub(super) fn finish(&self) {
        self.ui.draw(None);
    }

    fn say(&self, settled: &Settled) {
        let line = line(settled);
        if is_failure(&settled.outcome) {
            self.ui.error(&line);
        } else {
            self.ui.status(&line);
        }
    }
}

/// Says what became of one part.
fn line(settled: &Settled) -> String {
    let Settled { post, account, part: (part, parts), outcome } = settled;
    let what =
        if *parts > 1 { format!("{post} ({part}/{parts}) to {account}") } else { format!("{post} to {account}") };
    match outcome {
        Outcome::Published { url: Some(url) } => format!("published {what}: {url}"),
        Outcome::Published { url: None } => format!("published {what}"),
        Outcome::Updated { url: Some(url) } => format!("updated {what}: {url}"),
        Outcome::Updated { url: None } => format!("updated {what}"),
        Outcome::Retracted => format!("took back {what}"),
        Outcome::Beaten => format!("left {what} to another publisher"),
        Outcome::Deferred { until, why } => format!("put off {what} until {until}: {why}"),
        Outcome::Failed { kind, message } => format!("{what} was not accepted ({kind}): {message}"),
        Outcome::Unknown { why } => format!("it is not known whether {what} arrived: {why}"),
        Outcome::Attention { reason } => format!("{what} needs a person: {reason}"),
        Outcome::Blocked { why } => format!("{what} could not begin: {why}"),
    }
}

/// Returns whether a person should know of it.
pub(super) fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed { .. } | Outcome::Unknown { .. } | Outcome::Attention { .. } | Outcome::Blocked { .. } => true,
        Outcome::Published { .. }
        | Outcome::Updated { .. }
        | Outcome::Retracted
        | Outcome::Beaten
        | Outcome::Deferred { .. } => false,
    }
}

/// Says what was published, as `published 3 posts on 2 accounts`. A thread counts as a post once its last part is out.
fn published(settled: &[Settled]) -> String {
    let is_out = |settled: &&Settled| matches!(settled.outcome, Outcome::Published { .. });
    let is_last = |settled: &&Settled| settled.part.0 == settled.part.1;
    let key = |settled: &'_ Settled| (settled.post.clone(), settled.account.clone());
    let whole: BTreeSet<_> = settled.iter().filter(is_out).filter(is_last).map(key).collect();
    let begun: BTreeSet<_> = settled.iter().filter(is_out).map(key).collect();
    let posts: BTreeSet<_> = whole.iter().map(|(post, _)| post).collect();
    let accounts: BTreeSet<_> = whole.iter().map(|(_, account)| account).collect();
    let mut out = Vec::new();
    if !posts.is_empty() {
        let places = if accounts.len() > 1 { format!(" on {} accounts", accounts.len()) } else { String::new() };
        out.push(format!("published {}{places}", words::count(posts.len(), "post", "posts")));
    }
    match begun.difference(&whole).count() {
        0 => {}
        1 => out.push("published a part of a thread".to_owned()),
        n => out.push(format!("published parts of {n} threads")),
    }
    if out.is_empty() { "nothing was published".to_owned() } else { out.join(", ") }
}

/// Says what a run came to, as `published 3 posts, 2 waiting`.
pub(super) fn summary(settled: &[Settled], plan: &Plan) -> String {
    let failed = settled.iter().filter(|settled| is_failure(&settled.outcome)).count();
    let count = |verdict| plan.rows.iter().filter(|row| row.verdict == verdict).count();
    let mut words = vec![published(settled)];
    for (number, what) in [
        (failed, "failed"),
        (count(Verdict::Publish), "still to publish"),
        (count(Verdict::Wait), "waiting"),
        (count(Verdict::Held), "held"),
        (count(Verdict::Attention), "for a person"),
    ] {
        if number > 0 {
            words.push(format!("{number} {what}"));
        }
    }
    words.join(", ")
}

#[derive(Serialize)]
struct SettledJson<'a> {
    version: u32,
    settled: Vec<OneJson<'a>>,
}

#[derive(Serialize)]
struct OneJson<'a> {
    post: &'a str,
    account: &'a str,
    part: usize,
    parts: usize,
    outcome: &'static str,
    url: Option<&'a str>,
    until: Option<String>,
    explanation: String,
}

/// Writes what became of each part as JSON, version 1.
pub(super) fn json(settled: &[Settled]) -> String {
    let json = SettledJson { version: 1, settled: settled.iter().map(one_json).collect() };
    let mut text = serde_json::to_string_pretty(&json).expect("texts and numbers");
    text.push('\n');
    text
}

fn one_json(settled: &Settled) -> OneJson<'_> {
    let (outcome, url, until) = match &settled.outcome {
        Outcome::Published { url } => ("published", url.as_deref(), None),
        Outcome::Updated { url } => ("updated", url.as_deref(), None),
        Outcome::Retracted => ("retracted", None, None),
        Outcome::Beaten => ("beaten", None, None),
        Outcome::Deferred { until, .. } => ("deferred", None, Some(until.to_string())),
        Outcome::Failed { .. } => ("failed", None, None),
        Outcome::Unknown { .. } => ("unknown", None, None),
        Outcome::Attention { .. } => ("attention", None, None),
        Outcome::Blocked { .. } => ("blocked", None, None),
    };
    OneJson {
        post: settled.post.as_str(),
        account: settled.account.as_str(),
        part: settled.part.0,
        parts: settled.part.1,
        outcome,
        url,
        until,
        explanation: line(settled),
    }
}
