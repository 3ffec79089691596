use super::{
    health::Sent,
    heartbeat::State,
    next,
    notify::Notifier,
    settings::{Flags, Settings, verifier},
    shared::{Shared, stopped},
};
use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui, Volume,
        committed::{Committed, Tip},
        only::Only,
        progress,
        round::{self, Round, Work},
        time,
    },
    diag::words,
    engine::{Outcome, Progress, Stop},
    model::Zone,
    plan::Verdict,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// The longest sleep without a look at the clocks, which may jump, and without a sign of life.
const SLICE: Duration = Duration::from_secs(10);
/// How long after a round a webhook may bring the next one; those that come meanwhile are one.
const WEBHOOK_GAP: Duration = Duration::from_secs(2);

/// Does the rounds, one after the other.
pub(super) struct Worker {
    shared: Arc<Shared>,
    start: PathBuf,
    flags: Flags,
    settings: Settings,
    volume: Volume,
    notifier: Notifier,
}

/// Why a round begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Start,
    Time,
    Signal,
    Webhook,
}

/// What goes on from round to round.
struct Going {
    ui: Ui,
    runtime: Runtime,
    /// How many deliveries were held and how many needed a person when it was last said.
    troubles: (usize, usize),
}

/// A round that was done, as far as it matters here.
struct Seen {
    round: Round,
    zone: Zone,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        start: &Path,
        flags: Flags,
        settings: Settings,
        (volume, notifier): (Volume, Notifier),
    ) -> Self {
        Self { shared, start: start.to_owned(), flags, settings, volume, notifier }
    }

    /// Works until it is to end. Only of a single round an error is returned; otherwise the next one comes.
    pub(super) fn work(mut self) -> Done {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
        let ui = Ui::new(self.volume, None);
        let mut going = Going { ui, runtime, troubles: (0, 0) };
        let mut why = Why::Start;
        loop {
            self.write(State::Working);
            let begun = Instant::now();
            let seen = self.round(&going, why);
            self.shared.leave();
            if self.flags.once {
                return seen.map(|seen| seen.map_or(DONE, |seen| conclude(&seen, &going.ui)));
            }
            match seen {
                // It is to end, and nothing was begun.
                Ok(None) => return Ok(DONE),
                Ok(Some(seen)) => self.well(&seen, &mut going, (why, begun)),
                Err(failure) => self.ill(&failure, &going.ui, begun),
            }
            let Some(next) = self.rest(&going) else { return Ok(DONE) };
            why = next;
        }
    }

    /// Looks, and does what is due. Returns nothing if it is to end before anything was begun.
    fn round(&mut self, going: &Going, why: Why) -> Result<Option<Seen>, Failure> {
        self.shared.beat();
        let committed = Committed::load_from(Tip::Remote, &self.start, &going.ui)?;
        self.shared.beat();
        self.apply(&committed, &going.ui, why);
        if !self.shared.enter() {
            return Ok(None);
        }
        let stop = Stop::new();
        let work = Work { committed: &committed, only: &Only::default(), ui: &going.ui, stop: &stop };
        let mut hear = |progress: &Progress| self.hear(progress);
        let round = going.runtime.block_on(async {
            let meanwhile = async {
                let mut ending = self.shared.stop();
                loop {
                    tokio::select! {
                        () = stopped(&mut ending), if !stop.is_asked() => stop.ask(),
                        () = tokio::time::sleep(SLICE) => self.shared.beat(),
                    }
                }
            };
            tokio::select! {
                biased;
                round = round::round(work, &mut hear) => round,
                () = meanwhile => unreachable!("it goes on for ever"),
            }
        })?;
        Ok(Some(Seen { round, zone: committed.config.zone }))
    }

    /// Takes over what the configuration says now.
    fn apply(&mut self, committed: &Committed, ui: &Ui, why: Why) {
        let settings = Settings::of(&committed.config.daemon, self.flags);
        {
            let mut health = self.shared.health();
            health.poll = settings.poll;
            for account in committed.config.accounts.keys() {
                health.sent.entry(account.clone()).or_default();
            }
        }
        if self.flags.once {
            return;
        }
        // A secret that was changed where it is kept is read anew when somebody says so.
        let is_missing = settings.secret.is_some() && self.shared.verifier().is_none();
        let is_new = settings.secret != self.settings.secret || why == Why::Signal;
        if settings.listen.is_some() && (is_new || is_missing) {
            let read = |secret| verifier(&committed.root, committed.repository(), &committed.config, secret);
            let read = settings.secret.as_ref().map(read).transpose();
            self.shared.verify_with(read.unwrap_or_else(|failure| {
                ui.error(&failure.message);
                None
            }));
        }
        // Also when it is as it was: then listening is tried again, if it could not be done.
        self.shared.listen.send_replace(settings.listen);
        self.settings = settings;
    }

    fn hear(&self, progress: &Progress) {
        self.shared.beat();
        let Progress::Settled(settled) = progress else { return };
        let mut health = self.shared.health();
        let sent: &mut Sent = health.sent.entry(settled.account.clone()).or_default();
        if matches!(settled.outcome, Outcome::Published { .. }) {
            sent.published += 1;
        }
        if progress::is_failure(&settled.outcome) {
            sent.failed += 1;
        }
    }

    /// Writes down and says what a round came to.
    fn well(&self, Seen { round, zone }: &Seen, going: &mut Going, (why, begun): (Why, Instant)) {
        let now = time::now();
        let rest = {
            let mut health = self.shared.health();
            health.saw(&round.plan, &round.ledger);
            health.done += 1;
            health.failures = 0;
            health.problem = None;
            health.last_done = Some(now);
            next::rest(now, health.next_due, health.poll, 0)
        };
        self.ended(begun, rest);
        let ui = &going.ui;
        let summary = progress::summary(&round.settled, &round.plan);
        let said = format!("{summary}; looks again at {}", now.plus(rest).rfc3339_in(*zone));
        if why == Why::Time && round.settled.is_empty() {
            ui.detail(&said);
        } else {
            ui.status(&said);
        }
        round.sites.iter().filter(|site| site.has_changed()).for_each(|site| ui.status(&site.words()));
        let count = |verdict| round.plan.rows.iter().filter(|row| row.verdict == verdict).count();
        let troubles = (count(Verdict::Held), count(Verdict::Attention));
        if troubles != going.troubles {
            going.troubles = troubles;
            if troubles != (0, 0) {
                let (held, stuck) = troubles;
                ui.warning(&format!("{held} held and {stuck} for a person; `masthead status` tells which and why"));
            }
        }
    }

    /// Writes down and says why a round could not be done.
    fn ill(&self, failure: &Failure, ui: &Ui, begun: Instant) {
        let rest = {
            let mut health = self.shared.health();
            health.errors += 1;
            health.failures = health.failures.saturating_add(1);
            health.problem = Some(failure.message.clone());
            next::rest(time::now(), None, health.poll, health.failures)
        };
        self.ended(begun, rest);
        ui.error(&format!("nothing can be done: {}", failure.message));
        if let Some(hint) = &failure.hint {
            ui.hint(hint);
        }
        ui.status(&format!("tries again in {}", words::duration(rest)));
    }

    fn ended(&self, begun: Instant, rest: Duration) {
        let now = time::now();
        {
            let mut health = self.shared.health();
            health.alive = now;
            health.last_round = Some(now);
            health.took = begun.elapsed();
            health.next_round = Some(now.plus(rest));
        }
        self.write(State::Resting);
        self.notifier.tell(&format!("STATUS=the next look is at {}", now.plus(rest)));
    }

    fn write(&self, state: State) {
        if !self.flags.once {
            self.shared.write(state);
        }
    }

    /// Waits for the next round, and returns why it begins; none if it is to end.
    fn rest(&self, going: &Going) -> Option<Why> {
        let until = self.shared.health().next_round.unwrap_or_else(time::now);
        let rest = until.since(time::now());
        let begun = Instant::now();
        going.runtime.block_on(async {
            let mut ending = self.shared.stop();
            loop {
                // By both clocks: one may be set back, and the other stands still while the machine sleeps.
                let left = until.since(time::now()).min(rest.saturating_sub(begun.elapsed()));
                if left.is_zero() {
                    return Some(Why::Time);
                }
                tokio::select! {
                    biased;
                    () = stopped(&mut ending) => return None,
                    () = self.shared.signalled.notified() => return Some(Why::Signal),
                    () = self.shared.hooked.notified() => {
                        return tokio::select! {
                            () = stopped(&mut ending) => None,
                            () = tokio::time::sleep(WEBHOOK_GAP.saturating_sub(begun.elapsed())) => Some(Why::Webhook),
                        };
                    }
                    () = tokio::time::sleep(left.min(SLICE)) => self.shared.beat(),
                }
            }
        })
    }
}

/// Says what a single round came to, and returns its exit code.
fn conclude(Seen { round, .. }: &Seen, ui: &Ui) -> u8 {
    ui.status(&progress::summary(&round.settled, &round.plan));
    round.sites.iter().for_each(|site| ui.status(&site.words()));
    let failed = round.settled.iter().any(|settled| progress::is_failure(&settled.outcome));
    let stuck = round.plan.rows.iter().any(|row| row.verdict == Verdict::Attention);
    if failed || stuck { FINDINGS } else { DONE }
}
