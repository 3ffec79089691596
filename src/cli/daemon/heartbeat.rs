//! The file that says when the daemon of a clone was last at work, for `masthead doctor`.

use crate::{
    diag::words,
    model::Timestamp,
    workspace::{self, WorkspaceError},
};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// After how many intervals without a round something must be wrong.
const INTERVALS: u32 = 3;

/// What the file says. Version 1; unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli) struct Heartbeat {
    v: u32,
    pid: u32,
    /// The last time that it began or ended a round, or stopped.
    at: String,
    state: State,
    /// Why the last round failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    interval_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum State {
    /// A round is going on.
    Working,
    /// It waits for the next one.
    Resting,
    /// It was told to end, and has.
    Stopped,
}

/// What is to be said of it: whether that is as it should be, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Judgement {
    pub(in crate::cli) ok: bool,
    pub(in crate::cli) message: String,
    pub(in crate::cli) hint: Option<&'static str>,
}

impl Heartbeat {
    pub(super) fn new(state: State, at: Timestamp, interval: Duration, problem: Option<String>) -> Self {
        let interval_seconds = interval.as_secs();
        Self { v: 1, pid: std::process::id(), at: at.to_string(), state, problem, interval_seconds }
    }

    /// Writes it below the folder for what the clone remembers.
    pub(super) fn write(&self, folder: &Path) -> Result<(), WorkspaceError> {
        let text = serde_json::to_string_pretty(self).expect("texts and numbers") + "\n";
        workspace::write_file(&file(folder), text.as_bytes())
    }

    /// Reads it; none if no daemon ever ran here, or what is there is of another version.
    pub(in crate::cli) fn read(folder: &Path) -> Result<Option<Self>, WorkspaceError> {
        match fs::read_to_string(file(folder)) {
            Ok(text) => Ok(serde_json::from_str(&text).ok().filter(|read: &Self| read.v == 1)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(WorkspaceError::new(format!("can't read `{}`: {error}", file(folder).display()))),
        }
    }

    /// Judges it at a moment.
    pub(in crate::cli) fn judge(&self, now: Timestamp) -> Judgement {
        let Some(at) = Timestamp::parse(&self.at) else {
            return Judgement { ok: false, message: format!("`{}` is no time", self.at), hint: None };
        };
        let ago = words::duration(now.since(at));
        let interval = Duration::from_secs(self.interval_seconds);
        let is_late = now.since(at) > interval.saturating_mul(INTERVALS);
        let (ok, message, hint) = match (self.state, &self.problem) {
            (State::Stopped, _) => (true, format!("`masthead run` was stopped {ago} ago"), None),
            (State::Working, _) if is_late => (
                false,
                format!("`masthead run` has been at one round for {ago}, or has ended in the middle of it"),
                Some("see whether it still runs (process and log), and start it again; nothing is sent twice"),
            ),
            (State::Resting, _) if is_late => (
                false,
                format!(
                    "the last round of `masthead run` was {ago} ago, and should be every {}",
                    words::duration(interval)
                ),
                Some("see whether it still runs (process and log), and start it again; nothing is sent twice"),
            ),
            (State::Working | State::Resting, Some(problem)) => (
                false,
                format!("the last round of `masthead run`, {ago} ago, failed: {problem}"),
                Some("mend that; it tries again by itself"),
            ),
            (State::Working, None) => (true, format!("`masthead run` is at work (process {})", self.pid), None),
            (State::Resting, None) => {
                (true, format!("`masthead run` did its last round {ago} ago (process {})", self.pid), None)
            }
        };
        Judgement { ok, message, hint }
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("daemon.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[track_caller]
    fn check(state: State, problem: Option<&str>, after: i64, ok: bool, words: &str) {
        let beat = Heartbeat::new(state, at(1000), Duration::from_secs(300), problem.map(str::to_owned));
        let judged = beat.judge(at(1000 + after));
        assert!(judged.ok == ok && judged.message.contains(words), "{judged:?}");
        assert_eq!(judged.hint.is_none(), ok);
    }

    #[test]
    fn three_intervals_without_a_round_are_too_many() {
        check(State::Resting, None, 900, true, "did its last round 15 minutes ago");
        check(State::Resting, None, 960, false, "was 16 minutes ago, and should be every 5 minutes");
        check(State::Working, None, 900, true, "is at work");
        check(State::Working, None, 901, false, "has been at one round for 15 minutes 1 second");
    }

    #[test]
    fn a_failed_round_is_told_and_a_wanted_end_is_not() {
        let problem = Some("can't reach the remote `origin`");
        check(State::Resting, problem, 60, false, "1 minute ago, failed: can't reach the remote `origin`");
        check(State::Stopped, None, 90_000, true, "was stopped 1 day");
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Heartbeat::read(folder.path()), Ok(None));
        let beat = Heartbeat::new(State::Working, at(1), Duration::from_secs(1), Some("x".to_owned()));
        beat.write(folder.path()).expect("written");
        assert_eq!(Heartbeat::read(folder.path()), Ok(Some(beat)));
        fs::write(file(folder.path()), "{\"v\": 2}").expect("written");
        assert_eq!(Heartbeat::read(folder.path()), Ok(None));
    }
}
