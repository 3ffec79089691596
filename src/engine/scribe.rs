use super::{
    Redactor, World,
    clock::random_id,
    recorder::{Acknowledged, Halted, Recorder},
};
use crate::{
    ledger::{Actor, Append, Appended, Brake, Event, EventId, Happening, PartKey},
    model::{Remote, Timestamp},
    workspace::trial::kill_point,
};

/// The longest text in an event, in bytes: events stay under 4 kB.
const LONGEST: usize = 2000;

/// Makes events of this run and hands them to the recorder. No secret gets past it.
#[derive(Debug)]
pub(super) struct Scribe<'a> {
    world: World<'a>,
    recorder: &'a Recorder,
    redactor: &'a Redactor,
    actor: Actor,
}

impl<'a> Scribe<'a> {
    /// Starts a run with a random name, by the order of a person if it was one.
    pub(super) fn new(world: World<'a>, recorder: &'a Recorder, redactor: &'a Redactor, person: Option<&str>) -> Self {
        let actor = Actor {
            run: random_id(world.entropy),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            person: person.map(str::to_owned),
        };
        Self { world, recorder, redactor, actor }
    }

    /// Writes down what happened now. `seen` is how many events of the part we know of, if that must still hold.
    pub(super) async fn write(
        &self,
        key: &PartKey,
        of: Option<&EventId>,
        what: Happening,
        seen: Option<u16>,
    ) -> Result<Appended, Halted> {
        let id = self.id();
        self.write_as(id, key, of, self.world.clock.now(), what, seen).await.map(|done| done.appended)
    }

    /// Looks at the brakes as they stand now.
    pub(super) async fn look(&self) -> Result<Vec<Brake>, Halted> {
        self.recorder.look().await
    }

    /// Returns whether the ledger has failed.
    pub(super) fn is_halted(&self) -> bool {
        self.recorder.is_halted()
    }

    /// Returns an id for an event.
    pub(super) fn id(&self) -> EventId {
        EventId(random_id(self.world.entropy))
    }

    /// Writes an event whose id and time are given.
    pub(super) async fn write_as(
        &self,
        id: EventId,
        key: &PartKey,
        of: Option<&EventId>,
        at: Timestamp,
        what: Happening,
        seen: Option<u16>,
    ) -> Result<Acknowledged, Halted> {
        let what = self.clean(what);
        let (before, after) = places(&what);
        let event = Event { id, key: key.clone(), of: of.cloned(), at, by: self.actor.clone(), what };
        kill_point(before);
        let done = self.recorder.append(Append { event, seen }).await;
        kill_point(after);
        done
    }

    fn clean(&self, what: Happening) -> Happening {
        let text = |text: String| clip(self.redactor.text(&text));
        match what {
            Happening::Intent { .. } | Happening::Repeat { .. } => what,
            Happening::Receipt { remote, commit, digest, excerpt, parts, via, media } => {
                let extra = remote.extra.into_iter().map(|(name, value)| (name, text(value))).collect();
                let remote = Remote { id: text(remote.id), url: remote.url.map(text), extra };
                Happening::Receipt { remote, commit, digest, excerpt: text(excerpt), parts, via, media }
            }
            Happening::Release { why } => Happening::Release { why: text(why) },
            Happening::Defer { until, why } => Happening::Defer { until, why: text(why) },
            Happening::Fail { kind, message } => Happening::Fail { kind, message: text(message) },
            Happening::Absent { evidence } => Happening::Absent { evidence: text(evidence) },
            Happening::Hold { reason } => Happening::Hold { reason: text(reason) },
            Happening::Edit { commit, digest, excerpt, parts } => {
                Happening::Edit { commit, digest, excerpt: text(excerpt), parts }
            }
            Happening::Retract { why } => Happening::Retract { why: text(why) },
            Happening::Cancel { why } => Happening::Cancel { why: text(why) },
        }
    }
}

/// Returns what the places before and after an event is written are called, for trials of crashes.
const fn places(what: &Happening) -> (&'static str, &'static str) {
    match what {
        Happening::Intent { .. } => ("intent-to-write", "intent-written"),
        Happening::Repeat { .. } => ("repeat-to-write", "repeat-written"),
        Happening::Receipt { .. } => ("receipt-to-write", "receipt-written"),
        Happening::Release { .. } => ("release-to-write", "release-written"),
        Happening::Defer { .. } => ("defer-to-write", "defer-written"),
        Happening::Fail { .. } => ("fail-to-write", "fail-written"),
        Happening::Absent { .. } => ("absent-to-write", "absent-written"),
        Happening::Hold { .. } => ("hold-to-write", "hold-written"),
        Happening::Edit { .. } => ("edit-to-write", "edit-written"),
        Happening::Retract { .. } => ("retract-to-write", "retract-written"),
        Happening::Cancel { .. } => ("cancel-to-write", "cancel-written"),
    }
}

/// Cuts a text that is too long for an event, at a character.
fn clip(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST - '…'.len_utf8()));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(clip("short".to_owned()), "short");
        let cut = clip("é".repeat(2000));
        assert!(cut.len() <= LONGEST && cut.ends_with("é…"), "{}", cut.len());
    }
}
