use crate::plan::{Reason, Verdict};

/// Where a delivery stands, as one looks for it on a calendar. Each has a word and a shape of its own, so that nobody
/// needs colours to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A person must look: refused, lost or signed out.
    Failed,
    /// Something holds it.
    Held,
    /// It would go out now, or is on its way.
    Due,
    /// It goes out later.
    Planned,
    /// It is out, and its file has changed since.
    Changed,
    /// It is a draft.
    Draft,
    /// It is out.
    Published,
    /// It was taken back or will be, or never goes out.
    Withdrawn,
}

impl State {
    /// Every state, the most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Held,
        Self::Due,
        Self::Planned,
        Self::Changed,
        Self::Draft,
        Self::Published,
        Self::Withdrawn,
    ];

    /// Tells the state from what the plan says.
    pub const fn of(verdict: Verdict, reason: &Reason) -> Self {
        match (verdict, reason) {
            (_, Reason::Retracted | Reason::Cancelled(_) | Reason::Withdrawn) => Self::Withdrawn,
            (_, Reason::Draft) => Self::Draft,
            (Verdict::Publish | Verdict::Settle, _) => Self::Due,
            (Verdict::Retract, _) => Self::Withdrawn,
            (Verdict::Update | Verdict::Drift, _) => Self::Changed,
            (Verdict::Wait, _) => Self::Planned,
            (Verdict::Held, _) => Self::Held,
            (Verdict::Attention, _) => Self::Failed,
            (Verdict::Done, _) => Self::Published,
        }
    }

    /// Returns the word that people read, and that style sheets and scripts know it by.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Due => "due",
            Self::Planned => "planned",
            Self::Changed => "changed",
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}
