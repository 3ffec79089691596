use super::{Brake, Event, EventId, Genesis, Happening};
use crate::model::{AccountId, Freeze, PostId, Remote, Timestamp};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// One post on one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// The post.
    pub post: PostId,
    /// The account.
    pub account: AccountId,
}

/// The state of every delivery: events, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The first file; none if there is no ledger yet.
    pub genesis: Option<Genesis>,
    /// The commit that it was read at; none for an empty ledger or one not kept in git.
    pub commit: Option<String>,
    /// The freezes, those that have ended included, in order.
    pub brakes: Vec<Brake>,
    /// What has begun, by post and account.
    pub deliveries: BTreeMap<DeliveryKey, Arc<DeliveryState>>,
}

/// The state of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryState {
    /// The state of each part, from the first; parts that never began are missing or `Queued` with no events.
    pub parts: Vec<PartState>,
    /// The events of each part, in order, as many as `parts`. Of a part that is out none are kept: most of a ledger is
    /// such parts, and a [`Store`](super::Store) reads their history where somebody asks for it.
    pub events: Vec<Vec<Event>>,
    /// How many events each part has, as many as `parts`.
    pub counts: Vec<u16>,
}

/// The state of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartState {
    /// It may be tried.
    Queued {
        /// How many times it was tried.
        attempts: u32,
        /// Not before this.
        not_before: Option<Timestamp>,
    },
    /// A publisher said that it sends it, and nothing has been heard since.
    Sending(Intent),
    /// It is out.
    Published(Published),
    /// The network refused it for good.
    Failed {
        /// The kind of error.
        kind: String,
        /// The network's words.
        message: String,
        /// The digest of the draft that was refused: an edit may be tried anew.
        digest: String,
        /// How many times it was tried.
        attempts: u32,
    },
    /// Only a person can go on.
    Attention {
        /// Why, and how to look.
        reason: String,
    },
    /// It was out, and was taken back.
    Retracted {
        /// What it was called there.
        remote: Remote,
        /// When it was taken back.
        at: Timestamp,
    },
    /// A person decided that it never goes out.
    Cancelled {
        /// Why.
        why: String,
    },
}

/// An open intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The event.
    pub id: EventId,
    /// When, by the writer's clock.
    pub at: Timestamp,
    /// Who.
    pub run: String,
    /// Which try.
    pub attempt: u32,
    /// How long the writer may be believed.
    pub lease: Duration,
    /// Until when a repetition of it is believed to be under way, if it was repeated.
    pub repeated: Option<Timestamp>,
    /// The digest of the draft.
    pub digest: String,
    /// The idempotency key.
    pub key: String,
    /// The number for ids that we choose.
    pub nonce: u64,
    /// The network's clock, if it was heard.
    pub network_time: Option<Timestamp>,
}

/// A part that is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What it is called there.
    pub remote: Remote,
    /// When.
    pub at: Timestamp,
    /// The commit that it was made from.
    pub commit: String,
    /// The digest of the draft.
    pub digest: String,
    /// The start of its text.
    pub excerpt: String,
    /// How many parts the delivery has.
    pub parts: u16,
    /// What was fetched to be sent with it: web addresses, each with the digest of what was there.
    pub media: BTreeMap<String, String>,
}

/// What is added to every comparison with another machine's clock.
const SKEW: Duration = Duration::from_secs(60);

/// The longest lease that is believed: no state is without an end.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns when a lease ends.
pub(super) fn leased(at: Timestamp, lease: Duration) -> Timestamp {
    at.plus(lease.min(LONGEST_LEASE))
}

impl Intent {
    /// Returns when its lease ends, and that of its last repetition.
    pub fn ends(&self) -> Timestamp {
        let first = leased(self.at, self.lease);
        self.repeated.map_or(first, |last| last.max(first))
    }

    /// Returns from when on nobody believes any more that it is being sent: its end, by a clock that may differ.
    pub fn over(&self) -> Timestamp {
        self.ends().plus(SKEW)
    }
}

impl DeliveryState {
    /// Returns a part's state, by index from 0; a part that never began is queued.
    pub fn part(&self, index: usize) -> PartState {
        self.parts.get(index).cloned().unwrap_or(PartState::Queued { attempts: 0, not_before: None })
    }

    /// Returns how many events a part has, by index from 0.
    pub fn seen(&self, index: usize) -> u16 {
        self.counts.get(index).copied().unwrap_or(0)
    }

    /// Returns the intent that a part waits for news of, by index from 0: the one being sent, or the one held for a
    /// person. What settles it names this intent.
    pub fn awaited(&self, index: usize) -> Option<&EventId> {
        match self.parts.get(index)? {
            PartState::Sending(intent) => Some(&intent.id),
            PartState::Attention { .. } => {
                let is_hold = |event: &&Event| matches!(event.what, Happening::Hold { .. });
                let settles = |event: &&Event| match event.what {
                    Happening::Intent { .. }
                    | Happening::Repeat { .. }
                    | Happening::Receipt { .. }
                    | Happening::Edit { .. }
                    | Happening::Retract { .. }
                    | Happening::Cancel { .. } => false,
                    Happening::Release { .. }
                    | Happening::Defer { .. }
                    | Happening::Fail { .. }
                    | Happening::Absent { .. }
                    | Happening::Hold { .. } => true,
                };
                self.events[index].iter().rev().filter(is_hold).filter_map(|hold| hold.of.as_ref()).find(|of| {
                    let last = self.events[index].iter().filter(settles).rfind(|event| event.of.as_ref() == Some(*of));
                    last.is_some_and(|event| is_hold(&event))
                })
            }
            _ => None,
        }
    }

    /// Returns the attempt that a person may tell of, by index from 0: the one that news is awaited of, or else the last.
    pub fn attempt(&self, index: usize) -> Option<&EventId> {
        let is_intent = |event: &&Event| matches!(event.what, Happening::Intent { .. });
        let last = || self.events.get(index)?.iter().rfind(is_intent).map(|event| &event.id);
        self.awaited(index).or_else(last)
    }

    /// Returns the part that is out, by index from 0.
    pub fn published(&self, index: usize) -> Option<&Published> {
        match self.parts.get(index) {
            Some(PartState::Published(published)) => Some(published),
            _ => None,
        }
    }
}

impl Ledger {
    /// Returns the freezes, those that have ended included.
    pub fn freezes(&self) -> impl Iterator<Item = &Freeze> {
        self.brakes.iter().map(|brake| &brake.freeze)
    }

    /// Returns the deliveries of a post to the recipients of an account, each with the recipient's name.
    pub fn recipients(&self, post: &PostId, account: &AccountId) -> impl Iterator<Item = (&str, &DeliveryState)> {
        let from = DeliveryKey { post: post.clone(), account: account.to_recipient("") };
        let key = account.as_str().len();
        self.deliveries
            .range(from.clone()..)
            .take_while(move |(known, _)| {
                known.post == from.post && known.account.as_str().starts_with(from.account.as_str())
            })
            .map(move |(known, state)| (&known.account.as_str()[key + 1..], &**state))
    }

    /// Returns the state of a delivery, if it began.
    pub fn delivery(&self, post: &PostId, account: &AccountId) -> Option<&DeliveryState> {
        self.deliveries.get(&DeliveryKey { post: post.clone(), account: account.clone() }).map(Arc::as_ref)
    }
}
