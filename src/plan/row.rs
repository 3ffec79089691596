use super::Desired;
use crate::{
    model::{AccountId, PostId, Timestamp},
    network::{self, Draft, Priced},
};

/// What would happen at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The moment.
    pub now: Timestamp,
    /// The commit that the posts come from, if they come from one.
    pub commit: Option<String>,
    /// One row for each delivery: first by verdict, then by time, then by post and account.
    pub rows: Vec<Row>,
}

impl Plan {
    /// Estimates what all of it costs, in millionths of a US dollar; none where nothing is charged for.
    pub fn cost(&self) -> Option<u64> {
        self.rows.iter().filter_map(Row::cost).reduce(u64::saturating_add)
    }
}

/// What would happen to one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The post.
    pub post: PostId,
    /// The account.
    pub account: AccountId,
    /// What would happen.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// When it is or was due, or will be tried again; none if at once.
    pub at: Option<Timestamp>,
    /// How many parts it has.
    pub parts: usize,
    /// How many of them are out.
    pub done: usize,
    /// The public link of the first part, if it is out.
    pub url: Option<String>,
    /// What is wanted; none for a delivery of the ledger whose post is gone.
    pub desired: Option<Box<Desired>>,
}

/// What would happen to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is sent: all of it, or from the first missing part on.
    Publish,
    /// An earlier attempt's outcome is unknown: the network is asked first.
    Settle,
    /// It is out, and its post wants it taken back: it is deleted there.
    Retract,
    /// It is out, what is rendered now differs, and the network takes changes. Nothing is sent by itself.
    Update,
    /// It is out, what is rendered now differs, and the network takes no change.
    Drift,
    /// It is not yet its time.
    Wait,
    /// It is due, but something holds it.
    Held,
    /// Nothing a machine can do.
    Attention,
    /// It is out and unchanged.
    Done,
}

/// Why a row has its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is due.
    Due,
    /// It has no date.
    NoDate,
    /// A thread that stopped goes on at this part, from 1.
    Resume(usize),
    /// Each recipient has a delivery of their own, and some of those have begun.
    Recipients {
        /// How many have it.
        out: usize,
        /// For how many the network refused it.
        refused: usize,
        /// How many wait for a person.
        person: usize,
    },
    /// A refused attempt's draft has been changed since.
    Edited,
    /// It is due later.
    Scheduled,
    /// It is a draft.
    Draft,
    /// An attempt failed in passing and is repeated later.
    Deferred,
    /// Another publisher is sending it.
    Sending,
    /// It refers to this post, which the account has not published yet.
    After(PostId),
    /// It was due longer ago than the grace period.
    TooLate,
    /// It was due before the ledger existed.
    BeforeLedger,
    /// The account has published as many posts as it may in an hour.
    Burst,
    /// It is late, and follows another of its account after the least time between two.
    Gap,
    /// The network takes no more posts of the account for now, by the limits that it publishes.
    Limit,
    /// The last answers of the account's network were lost: nothing new goes out until it has told of them.
    Breaker,
    /// The workspace has quiet hours.
    Quiet,
    /// Somebody has stopped publishing.
    Frozen {
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// It was due while publishing was stopped.
    LateByFreeze,
    /// Its post says `retract = true`.
    Withdrawn,
    /// It was out, and was taken back.
    Retracted,
    /// A person decided that it never goes out.
    Cancelled(String),
    /// Its content seems to have gone out under this id, which is no longer in the tree.
    Renamed(PostId),
    /// Its post has errors; see `masthead check`.
    Invalid,
    /// The attempt's answer was lost.
    Unknown,
    /// The network refused it.
    Refused(String),
    /// Nobody gets into the account any more, and why.
    SignedOut(String),
    /// A person must look.
    NeedsPerson(String),
    /// It is out.
    Published,
    /// It is out, and its file has changed since.
    Changed,
    /// It is out, and its post is no longer in the tree.
    Gone,
}

impl Verdict {
    /// Returns the stable word for output and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Settle => "settle",
            Self::Retract => "retract",
            Self::Update => "update",
            Self::Drift => "drift",
            Self::Wait => "wait",
            Self::Held => "held",
            Self::Attention => "attention",
            Self::Done => "done",
        }
    }
}

impl Row {
    /// Returns the draft, if the post is there.
    pub fn draft(&self) -> Option<&Draft> {
        self.desired.as_ref().map(|desired| &desired.draft)
    }

    /// Estimates what the network will charge for what would still be sent or taken back, in millionths of a US dollar; none
    /// where that costs nothing.
    ///
    /// It is what goes well that is counted: looking a lost answer up costs reads besides, and of an attempt whose outcome is
    /// unknown a part may be out already.
    pub fn cost(&self) -> Option<u64> {
        let desired = self.desired.as_ref()?;
        let sum = match (self.verdict, &self.reason) {
            (Verdict::Wait, Reason::Draft) => 0,
            (Verdict::Publish | Verdict::Settle | Verdict::Wait | Verdict::Held, _) => {
                desired.costs.iter().skip(self.done).sum()
            }
            (Verdict::Retract, _) => {
                let prices = network::find(desired.draft.network).map_or(&[][..], |network| network.profile().prices);
                let out = u64::try_from(self.done).unwrap_or(u64::MAX);
                network::price_of(Priced::Deletion, prices).unwrap_or(0).saturating_mul(out)
            }
            (Verdict::Update | Verdict::Drift | Verdict::Attention | Verdict::Done, _) => 0,
        };
        (sum > 0).then_some(sum)
    }
}
