//! What a moment of the protocol consists of. All times are in ticks from now, so that moments that only differ in their date
//! are one; what no longer matters is forgotten.

use std::hash::{Hash, Hasher};

/// How many seconds a tick has: what all of the protocol's times are a multiple of.
pub(super) const TICK: i16 = 10;

/// A day: as long as the network is asked in vain.
pub(super) const DAY: i16 = 24 * (60 * 60 / TICK);

/// The end of what has none.
pub(super) const NEVER: i16 = i16::MAX;

/// An event of no intent.
pub(super) const NONE: u8 = u8::MAX;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The ledger, in the order of writing. Events are named by their place.
    pub(super) events: Vec<Ev>,
    /// The intents whose request has left, by place.
    pub(super) sent: u32,
    /// In no order: whoever does the same is the same.
    pub(super) publishers: Vec<Publisher>,
    /// Requests that nobody waits for any more and that have not taken effect, in no order.
    pub(super) loose: Vec<Flight>,
    /// What people can see. Named by place.
    pub(super) live: Vec<Live>,
}

/// An event of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ev {
    pub(super) part: u8,
    /// The intent that it follows, by place.
    pub(super) of: u8,
    /// When, by its writer's clock; of a `Defer`, until when.
    pub(super) at: i16,
    pub(super) what: What,
}

/// What an event tells: `Happening` without what does not matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum What {
    Intent,
    Repeat,
    /// What it is called there, if that could be read.
    Receipt(Option<u8>),
    Release,
    Defer,
    Fail,
    Absent,
    Hold,
}

/// A publisher, on a machine whose clock may be wrong by some ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Publisher {
    pub(super) wrong: i16,
    pub(super) phase: Phase,
}

/// Where a publisher is. Between any two of these it may die, or rest for as long as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    /// Between runs.
    Idle,
    /// `plan::plan` has been asked; `execute` has not read the ledger yet.
    Planned(Goal),
    /// `deliver_parts` comes to a part that may be sent.
    At(Job, Basis),
    /// `Claim::take` waits for the ledger: an intent, or a repetition of one.
    Pushing(Job, Basis, i16),
    /// It is durable; `Claim::guard` has not looked at the clock yet. With the moment that the claim was made.
    Claimed(Job, Basis, i16),
    /// The request has left.
    Waiting(Job, Basis, Line),
    /// Something is about to be written down.
    Writing(Job, What),
    /// `ask`: the network is about to be asked.
    Asking(Job),
    /// `look`: the network is asked a second time after this.
    SecondLook(Job, i16),
}

/// What a publisher is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Job {
    pub(super) goal: Goal,
    pub(super) part: u8,
    /// How many events of the part it knows of.
    pub(super) seen: u8,
    /// The intent, by place.
    pub(super) intent: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Goal {
    /// A `publish` row.
    Publish,
    /// A `settle` row.
    Settle,
    /// `doubt`: the answer to our own request was lost. With the number of questions that are left.
    Doubt(u8),
}

/// What a claim stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Basis {
    New,
    RepeatId,
    RepeatKey,
}

/// What a publisher that waits for an answer does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Line {
    /// It is on its way.
    Flying(Flight),
    /// It has taken effect, or the network knows that it had before: as this.
    Done(u8),
    /// It never arrives.
    Gone,
}

/// A request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Flight {
    pub(super) part: u8,
    /// Its id or key: the intent, by place.
    pub(super) key: u8,
    /// Whether the server has looked the key up and is at work.
    pub(super) working: bool,
    /// When it takes effect at the latest.
    pub(super) effect_by: i16,
    /// When it is in listings at the latest.
    pub(super) listed_by: i16,
}

/// Something that people can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Live {
    pub(super) part: u8,
    pub(super) key: u8,
    /// Until when its key is remembered.
    pub(super) key_until: i16,
    pub(super) listed: bool,
    pub(super) listed_by: i16,
}

impl State {
    /// Writes it so that two are equal if and only if their bytes are.
    pub(super) fn bytes(&self) -> Box<[u8]> {
        let mut bytes = Bytes(Vec::with_capacity(96));
        self.hash(&mut bytes);
        bytes.0.into_boxed_slice()
    }

    /// Returns the events of a part, each with its place.
    pub(super) fn of_part(&self, part: u8) -> impl Iterator<Item = (u8, Ev)> {
        (0..).zip(self.events.iter().copied()).filter(move |(_, event)| event.part == part)
    }

    /// Returns how many events a part has.
    pub(super) fn count(&self, part: u8) -> u8 {
        u8::try_from(self.of_part(part).count()).expect("few events")
    }
}

/// Keeps what is hashed instead of mixing it. Lengths and the numbers of variants fit a byte.
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_usize(&mut self, number: usize) {
        self.0.push(u8::try_from(number).expect("a short length"));
    }

    fn write_isize(&mut self, number: isize) {
        self.0.push(u8::try_from(number).expect("few variants"));
    }

    fn finish(&self) -> u64 {
        0
    }
}
