use crate::network::{ErrorKind, NetworkError};

/// What became of the one publishing request of an attempt, as the engine saw it with its own eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The adapter never asked for it, or the engine held it back.
    No,
    /// It never left: no connection was made.
    NeverLeft,
    /// It left, and no answer came.
    Lost,
    /// It left, and the network said yes before the rest of the answer was cut off.
    Cut,
    /// It was answered.
    Answered {
        /// Whether the status was 2xx.
        success: bool,
        /// Whether the adapter made other calls afterwards, so that a later error may not be about it.
        more: bool,
    },
}

/// What is known of an intent when its flow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// It was made for this flow, or none was needed: nothing else was ever sent under it.
    Fresh,
    /// It was there before, and what its request did is not known.
    Standing,
    /// It was there before, and the network has just said that nothing of ours has its id.
    StandingAbsent,
}

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is out, but what it is called there is not known.
    Out,
    /// Nothing happened; it is tried again later.
    Later,
    /// Nothing happened; the session must be opened anew.
    SignIn,
    /// Nothing happened and nothing will until a person mends the account.
    Blocked,
    /// The network refused it for good.
    Failed,
    /// Nobody can tell: the intent stays open and the network is asked.
    Open,
}

/// Judges an error: the table that promise 1 (no blind retry) stands on.
///
/// What the engine saw outranks what the adapter says: only a connection that was never made is `NotSent`, and a lost
/// answer stays lost whatever the error is called. A status is the adapter's to interpret, unless it asked for
/// something else afterwards, because then the error may be about that. While an older request under the same intent may
/// still arrive, no answer to a repetition proves its absence.
pub(super) fn judge(error: &NetworkError, sent: Sent, claimed: Claimed) -> Verdict {
    let kind = match sent {
        Sent::No => error.kind,
        Sent::NeverLeft => ErrorKind::NotSent,
        Sent::Lost => ErrorKind::Ambiguous,
        Sent::Cut | Sent::Answered { success: true, more: true } => ErrorKind::Unreadable,
        Sent::Answered { .. } if error.kind == ErrorKind::NotSent => ErrorKind::Ambiguous,
        Sent::Answered { more: true, .. } if error.kind.proves_absence() => ErrorKind::Ambiguous,
        Sent::Answered { success: false, .. } if error.kind == ErrorKind::Unreadable => ErrorKind::Ambiguous,
        Sent::Answered { .. } => error.kind,
    };
    match (claimed, sent) {
        (Claimed::Fresh, Sent::No) => before_sending(kind),
        (Claimed::Fresh, _) => after_sending(kind),
        (Claimed::Standing | Claimed::StandingAbsent, _) => repeated(kind, sent, claimed),
    }
}

/// Writes an error for people: the network's words and the evidence.
pub(super) fn explain(error: &NetworkError) -> String {
    match &error.detail {
        Some(detail) if !error.message.contains(detail.as_str()) => format!("{} ({detail})", error.message),
        _ => error.message.clone(),
    }
}

/// Nothing with a public effect has left.
fn before_sending(kind: ErrorKind) -> Verdict {
    match kind {
        ErrorKind::NotSent
        | ErrorKind::RateLimited
        | ErrorKind::NotReady
        | ErrorKind::Ambiguous
        | ErrorKind::Unreadable => Verdict::Later,
        ErrorKind::SignedOut => Verdict::SignIn,
        ErrorKind::Forbidden | ErrorKind::Misconfigured | ErrorKind::Withheld => Verdict::Blocked,
        ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Duplicate | ErrorKind::Unsupported => Verdict::Failed,
    }
}

/// The publishing request was handed to the transport, for the first time under its intent.
fn after_sending(kind: ErrorKind) -> Verdict {
    match kind {
        ErrorKind::NotSent | ErrorKind::RateLimited | ErrorKind::NotReady => Verdict::Later,
        ErrorKind::SignedOut => Verdict::SignIn,
        ErrorKind::Forbidden
        | ErrorKind::Refused
        | ErrorKind::NotFound
        | ErrorKind::Misconfigured
        | ErrorKind::Unsupported => Verdict::Failed,
        ErrorKind::Duplicate | ErrorKind::Ambiguous | ErrorKind::Withheld => Verdict::Open,
        ErrorKind::Unreadable => Verdict::Out,
    }
}

/// The same id or key was sent again.
fn repeated(kind: ErrorKind, sent: Sent, claimed: Claimed) -> Verdict {
    match kind {
        ErrorKind::Unreadable if sent != Sent::No => Verdict::Out,
        ErrorKind::SignedOut => Verdict::SignIn,
        ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Forbidden
            if claimed == Claimed::StandingAbsent =>
        {
            Verdict::Failed
        }
        ErrorKind::NotSent
        | ErrorKind::Forbidden
        | ErrorKind::Refused
        | ErrorKind::NotFound
        | ErrorKind::Duplicate
        | ErrorKind::RateLimited
        | ErrorKind::NotReady
        | ErrorKind::Ambiguous
        | ErrorKind::Unreadable
        | ErrorKind::Misconfigured
        | ErrorKind::Unsupported
        | ErrorKind::Withheld => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Sent = Sent::Answered { success: true, more: false };
    const NO: Sent = Sent::Answered { success: false, more: false };

    #[track_caller]
    fn check(kind: ErrorKind, sent: Sent, claimed: Claimed, expect: Verdict) {
        assert_eq!(judge(&NetworkError::new(kind, "it"), sent, claimed), expect);
    }

    #[test]
    fn before_anything_left_what_passes_is_deferred_and_what_stays_is_not() {
        for kind in [
            ErrorKind::NotSent,
            ErrorKind::RateLimited,
            ErrorKind::NotReady,
            ErrorKind::Ambiguous,
            ErrorKind::Unreadable,
        ] {
            check(kind, Sent::No, Claimed::Fresh, Verdict::Later);
        }
        check(ErrorKind::SignedOut, Sent::No, Claimed::Fresh, Verdict::SignIn);
        check(ErrorKind::Forbidden, Sent::No, Claimed::Fresh, Verdict::Blocked);
        check(ErrorKind::Misconfigured, Sent::No, Claimed::Fresh, Verdict::Blocked);
        check(ErrorKind::Refused, Sent::No, Claimed::Fresh, Verdict::Failed);
        check(ErrorKind::NotFound, Sent::No, Claimed::Fresh, Verdict::Failed);
    }

    #[test]
    fn a_first_answer_is_believed() {
        for kind in [
            ErrorKind::Refused,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
            ErrorKind::Misconfigured,
            ErrorKind::Unsupported,
        ] {
            check(kind, NO, Claimed::Fresh, Verdict::Failed);
            check(kind, YES, Claimed::Fresh, Verdict::Failed);
        }
        check(ErrorKind::RateLimited, NO, Claimed::Fresh, Verdict::Later);
        check(ErrorKind::NotReady, NO, Claimed::Fresh, Verdict::Later);
        check(ErrorKind::SignedOut, NO, Claimed::Fresh, Verdict::SignIn);
        check(ErrorKind::Duplicate, NO, Claimed::Fresh, Verdict::Open);
        check(ErrorKind::Ambiguous, NO, Claimed::Fresh, Verdict::Open);
        check(ErrorKind::Unreadable, YES, Claimed::Fresh, Verdict::Out);
        check(ErrorKind::Unreadable, NO, Claimed::Fresh, Verdict::Open);
    }

    #[test]
    fn only_the_transport_proves_that_nothing_left() {
        check(ErrorKind::NotSent, Sent::NeverLeft, Claimed::Fresh, Verdict::Later);
        check(ErrorKind::Refused, Sent::NeverLeft, Claimed::Fresh, Verdict::Later);
        check(ErrorKind::NotSent, NO, Claimed::Fresh, Verdict::Open);
        for kind in [ErrorKind::NotSent, ErrorKind::Refused, ErrorKind::RateLimited, ErrorKind::SignedOut] {
            check(kind, Sent::Lost, Claimed::Fresh, Verdict::Open);
            check(kind, Sent::Cut, Claimed::Fresh, Verdict::Out);
        }
    }

    #[test]
    fn an_error_of_a_later_call_is_not_about_the_publication() {
        for kind in [ErrorKind::NotSent, ErrorKind::Refused, ErrorKind::RateLimited, ErrorKind::SignedOut] {
            check(kind, Sent::Answered { success: true, more: true }, Claimed::Fresh, Verdict::Out);
            check(kind, Sent::Answered { success: false, more: true }, Claimed::Fresh, Verdict::Open);
        }
    }

    #[test]
    fn a_repetition_proves_nothing_about_what_was_sent_before() {
        for sent in [Sent::No, Sent::NeverLeft, NO] {
            for kind in [ErrorKind::NotSent, ErrorKind::Refused, ErrorKind::RateLimited, ErrorKind::Ambiguous] {
                check(kind, sent, Claimed::Standing, Verdict::Open);
            }
        }
        check(ErrorKind::Refused, NO, Claimed::StandingAbsent, Verdict::Failed);
        check(ErrorKind::RateLimited, NO, Claimed::StandingAbsent, Verdict::Open);
        check(ErrorKind::Refused, Sent::Lost, Claimed::StandingAbsent, Verdict::Open);
        check(ErrorKind::SignedOut, NO, Claimed::Standing, Verdict::SignIn);
        check(ErrorKind::Unreadable, YES, Claimed::Standing, Verdict::Out);
        check(ErrorKind::Unreadable, Sent::No, Claimed::Standing, Verdict::Open);
    }
}
