use crate::model::{AccountId, PostId, Remote, Timestamp};
use std::{collections::BTreeMap, fmt};

/// The random id of an event: 128 bits in lowercase hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub String);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One part of one post on one account: what events are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartKey {
    /// The post.
    pub post: PostId,
    /// The account.
    pub account: AccountId,
    /// The part of the thread, from 1.
    pub part: u16,
}

/// Something that happened. Events are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub key: PartKey,
    /// The intent that it follows; none for an intent, and for a receipt that needed none.
    pub of: Option<EventId>,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Actor,
    /// What.
    pub what: Happening,
}

/// Who wrote an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A random name of the run, so that a publisher knows its own events.
    pub run: String,
    /// The program's version.
    pub version: String,
    /// The person who gave the order; none for what a publisher does by itself.
    pub person: Option<String>,
}

impl Actor {
    /// Returns what people are told of who it was.
    pub fn name(&self) -> &str {
        self.person.as_deref().unwrap_or(&self.run)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A publisher is about to send. Written before the first byte leaves.
    Intent {
        /// Which try this is, from 1.
        attempt: u32,
        /// After how many seconds nobody may believe that it is still being sent.
        lease: u64,
        /// The commit that the draft was made from.
        commit: String,
        /// The digest of the draft.
        digest: String,
        /// The idempotency key.
        key: String,
        /// The number for ids that we choose.
        nonce: u64,
        /// The network's clock, if it was heard.
        network_time: Option<Timestamp>,
        /// What was fetched to be sent with it: web addresses, each with the digest of what was there.
        media: BTreeMap<String, String>,
    },
    /// The id or key of an open intent is sent again, because nothing was heard of it. Whoever comes keeps away meanwhile.
    Repeat {
        /// After how many seconds nobody may believe that it is still being sent.
        lease: u64,
    },
    /// The network has it.
    Receipt {
        /// What it is called there; the id is empty if the answer couldn't be read.
        remote: Remote,
        /// The commit that the draft was made from.
        commit: String,
        /// The digest of the draft.
        digest: String,
        /// The start of the text, to recognise a post whose id has changed.
        excerpt: String,
        /// How many parts the delivery has.
        parts: u16,
        /// How it is known: `answer`, `found` or `person`.
        via: String,
        /// What was fetched to be sent with it: web addresses, each with the digest of what was there.
        media: BTreeMap<String, String>,
    },
    /// The intent's request never left, so it may be tried again at once.
    Release {
        /// Why.
        why: String,
    },
    /// The network asked to wait; nothing happened.
    Defer {
        /// Until when.
        until: Timestamp,
        /// Why.
        why: String,
    },
    /// The network refused it for good.
    Fail {
        /// The kind of error.
        kind: String,
        /// The network's words, at most 2 kB.
        message: String,
    },
    /// It is proven that the intent had no effect.
    Absent {
        /// How.
        evidence: String,
    },
    /// Nobody but a person can tell.
    Hold {
        /// What is not known, and how to look.
        reason: String,
    },
    /// The network has taken a change of what was out.
    Edit {
        /// The commit that the draft was made from.
        commit: String,
        /// The digest of the draft.
        digest: String,
        /// The start of the text.
        excerpt: String,
        /// How many parts the delivery has.
        parts: u16,
    },
    /// It was taken back: it is not there any more.
    Retract {
        /// Why.
        why: String,
    },
    /// A person decided that it never goes out.
    Cancel {
        /// Why.
        why: String,
    },
}

/// Returns the start of a text as a receipt keeps it.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().take(LONGEST).collect()
}

/// The first file of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Its random id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Happening {
    /// Returns the word in the event's file name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Intent { .. } => "intent",
            Self::Repeat { .. } => "repeat",
            Self::Receipt { .. } => "receipt",
            Self::Release { .. } => "release",
            Self::Defer { .. } => "defer",
            Self::Fail { .. } => "fail",
            Self::Absent { .. } => "absent",
            Self::Hold { .. } => "hold",
            Self::Edit { .. } => "edit",
            Self::Retract { .. } => "retract",
            Self::Cancel { .. } => "cancel",
        }
    }
}
