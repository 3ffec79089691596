//! The options of a post.

use crate::{
    model::{OptionKind, OptionSpec, Options},
    network::Draft,
};

const REPLY_SETTINGS: &str = "reply_settings";

/// What a person writes and what X calls it.
const WHO: &[(&str, &str)] = &[
    ("following", "following"),
    ("mentioned", "mentionedUsers"),
    ("subscribers", "subscribers"),
    ("verified", "verified"),
];

/// The keys of `[x]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: REPLY_SETTINGS,
        kind: OptionKind::OneOf(&["following", "mentioned", "subscribers", "verified"]),
        doc: "Who may answer: whom the account follows, whom the post mentions, subscribers, or verified accounts. Everyone if absent.",
    },
    OptionSpec { key: MADE_WITH_AI, kind: OptionKind::Flag, doc: "Whether the post is labelled as made with AI." },
    OptionSpec {
        key: PAID_PARTNERSHIP,
        kind: OptionKind::Flag,
        doc: "Whether the post is labelled as a paid partnership.",
    },
];

const MADE_WITH_AI: &str = "made_with_ai";
const PAID_PARTNERSHIP: &str = "paid_partnership";

/// Returns who may answer, in X's words; none if everyone.
pub(super) fn who(options: &Options) -> Option<&'static str> {
    let written = options.text(REPLY_SETTINGS)?;
    WHO.iter().find(|(word, _)| *word == written).map(|(_, name)| *name)
}

/// Returns the labels that a post carries.
pub(super) fn labels(draft: &Draft) -> impl Iterator<Item = &'static str> {
    [MADE_WITH_AI, PAID_PARTNERSHIP].into_iter().filter(|key| draft.options.flag(key) == Some(true))
}
