//! The options of a post and of an account, and what they come to.

use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::{Draft, ErrorKind, NetworkError},
};

/// Suppresses the previews of links.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// Suppresses notifications.
const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;

/// The keys of `[discord]` and `[discord-webhook]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "pings",
        kind: OptionKind::ListOf(&["users", "roles", "everyone"]),
        doc: "Whom the mentions in the text notify: those of people, of roles, and `@everyone` with `@here`; nobody if absent.",
    },
    OptionSpec {
        key: "previews",
        kind: OptionKind::Flag,
        doc: "Whether Discord shows previews of the links; it does if absent.",
    },
    OptionSpec {
        key: "silent",
        kind: OptionKind::Flag,
        doc: "Whether the message makes no sound and pops up nowhere; it does if absent.",
    },
    OptionSpec {
        key: "poll_question",
        kind: OptionKind::Text,
        doc: "The question of the poll, at most 300 characters; the text itself is the question if absent.",
    },
];

/// The keys of a bot's account.
pub(super) static BOT_ACCOUNT: &[OptionSpec] = &[OptionSpec {
    key: "channel",
    kind: OptionKind::Text,
    doc: "The id of the channel or thread to post in: *Copy Channel ID*, with Developer Mode on.",
}];

/// The keys of a webhook's account.
pub(super) static WEBHOOK_ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "thread",
        kind: OptionKind::Text,
        doc: "The id of a thread in the webhook's channel to post in, or of a post if that is a forum.",
    },
    OptionSpec {
        key: "username",
        kind: OptionKind::Text,
        doc: "The name that messages show, at most 80 characters; the webhook's own if absent.",
    },
    OptionSpec {
        key: "avatar",
        kind: OptionKind::Url,
        doc: "The image that messages show; the webhook's own if absent.",
    },
];

/// Returns whether a text is an id as Discord makes them.
pub(super) fn is_id(text: &str) -> bool {
    (15..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the channel of a bot's account.
pub(super) fn channel(account: &Account) -> Result<&str, NetworkError> {
    account.options.text("channel").filter(|channel| is_id(channel)).ok_or_else(|| {
        let message = format!("account `{}` has no `channel`, the id of the channel to post in", account.id);
        NetworkError::new(ErrorKind::Misconfigured, message)
    })
}

/// Returns the thread of a webhook's account.
pub(super) fn thread(account: &Account) -> Option<&str> {
    account.options.text("thread").filter(|thread| is_id(thread))
}

/// Returns the flags of a message; none if there are no special wishes.
pub(super) fn flags(draft: &Draft) -> Option<u64> {
    let mut flags = 0;
    if draft.options.flag("previews") == Some(false) {
        flags |= SUPPRESS_EMBEDS;
    }
    if draft.options.flag("silent") == Some(true) {
        flags |= SUPPRESS_NOTIFICATIONS;
    }
    (flags != 0).then_some(flags)
}

/// Returns the question that is asked beside the text, if one is written.
pub(super) fn poll_question(draft: &Draft) -> Option<&str> {
    draft.options.text("poll_question").map(str::trim).filter(|question| !question.is_empty())
}
