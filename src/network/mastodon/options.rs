//! The options of a post and of an account, and what they come to for one part.

use crate::{
    model::{OptionKind, OptionSpec},
    network::Job,
};

const AUDIENCES: &[&str] = &["public", "unlisted", "private", "direct"];
const QUOTERS: &[&str] = &["public", "followers", "nobody"];

/// The keys of `[mastodon]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "visibility",
        kind: OptionKind::OneOf(AUDIENCES),
        doc: "Who sees the post: everyone, everyone but not in public timelines, followers, or only those mentioned.",
    },
    OptionSpec {
        key: "content_warning",
        kind: OptionKind::Text,
        doc: "Shown instead of the text until the reader opens it; counts with the text.",
    },
    OptionSpec {
        key: "sensitive",
        kind: OptionKind::Flag,
        doc: "Whether images and videos are hidden until the reader opens them; a content warning hides them too.",
    },
    OptionSpec {
        key: "quote_policy",
        kind: OptionKind::OneOf(QUOTERS),
        doc: "Who may quote the post, on servers from 4.5 on.",
    },
];

/// The keys of `[accounts.NAME]` beyond the common ones.
pub(super) static ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "visibility",
        kind: OptionKind::OneOf(AUDIENCES),
        doc: "Who sees posts that don't say it themselves; everyone if absent.",
    },
    OptionSpec {
        key: "quote_policy",
        kind: OptionKind::OneOf(QUOTERS),
        doc: "Who may quote posts that don't say it themselves; the account's own setting on the server if absent.",
    },
];

/// Returns who sees a post. It is always said, since servers differ in what they take for granted.
pub(super) fn visibility<'a>(job: &Job<'a>) -> &'a str {
    either(job, "visibility").unwrap_or("public")
}

/// Returns who may quote a post.
pub(super) fn quote_policy<'a>(job: &Job<'a>) -> Option<&'a str> {
    either(job, "quote_policy")
}

/// Returns the content warning of a part.
///
/// Every part of a thread carries it, because followers meet later parts by themselves. Only the first part is sure to
/// have room for it; a later part that hasn't goes out without, rather than not at all.
pub(super) fn content_warning<'a>(job: &Job<'a>) -> Option<&'a str> {
    let warning = job.draft.options.text("content_warning").filter(|warning| !warning.trim().is_empty())?;
    let room = job.limits.text.unwrap_or(u64::MAX).saturating_sub(job.draft_part().weight(&job.limits.measure));
    // Code points are never fewer than what the server counts.
    let fits = u64::try_from(warning.chars().count()).is_ok_and(|length| length <= room);
    (job.part == 0 || fits).then_some(warning)
}

/// Returns whether the media of a part are hidden at first; none leaves it to the server.
pub(super) fn sensitive(job: &Job<'_>) -> Option<bool> {
    job.draft.options.flag("sensitive").or_else(|| content_warning(job).map(|_| true))
}

fn either<'a>(job: &Job<'a>, key: &str) -> Option<&'a str> {
    job.draft.options.text(key).or_else(|| job.account.options.text(key))
}
