//! The options of a post and of an account, and what they come to for one part.

use crate::{
    model::{OptionKind, OptionSpec},
    network::Job,
};
use serde_json::{Map, Value, json};

const PREVIEWS: &[&str] = &["none", "small", "large", "above"];

/// The keys of `[telegram]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec { key: "silent", kind: OptionKind::Flag, doc: "Whether subscribers are notified without a sound." },
    OptionSpec { key: "protect", kind: OptionKind::Flag, doc: "Whether the post can't be forwarded or saved." },
    OptionSpec {
        key: "link_preview",
        kind: OptionKind::OneOf(PREVIEWS),
        doc: "The preview of the first link: none, with a small or a large picture, or above the text.",
    },
    OptionSpec {
        key: "spoiler",
        kind: OptionKind::Flag,
        doc: "Whether images and videos are hidden until the reader touches them.",
    },
];

/// The keys of `[accounts.NAME]` beyond the common ones.
pub(super) static ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "silent",
        kind: OptionKind::Flag,
        doc: "Whether subscribers are notified without a sound of posts that don't say it themselves.",
    },
    OptionSpec {
        key: "protect",
        kind: OptionKind::Flag,
        doc: "Whether posts that don't say it themselves can't be forwarded or saved.",
    },
    OptionSpec {
        key: "link_preview",
        kind: OptionKind::OneOf(PREVIEWS),
        doc: "The preview of the first link in posts that don't say it themselves; Telegram chooses if absent.",
    },
];

/// Writes what every kind of message can have.
pub(super) fn delivery(job: &Job<'_>, body: &mut Map<String, Value>) {
    for (key, name) in [("silent", "disable_notification"), ("protect", "protect_content")] {
        if let Some(flag) = job.draft.options.flag(key).or_else(|| job.account.options.flag(key)) {
            body.insert(name.to_owned(), flag.into());
        }
    }
}

/// Returns how the first link of a text is shown; none leaves it to Telegram.
pub(super) fn link_preview(job: &Job<'_>) -> Option<Value> {
    let chosen = job.draft.options.text("link_preview").or_else(|| job.account.options.text("link_preview"))?;
    let key = match chosen {
        "none" => "is_disabled",
        "small" => "prefer_small_media",
        "large" => "prefer_large_media",
        _ => "show_above_text",
    };
    Some(json!({ key: true }))
}

/// Returns whether media are hidden at first.
pub(super) fn spoiler(job: &Job<'_>) -> bool {
    job.draft.options.flag("spoiler") == Some(true)
}
