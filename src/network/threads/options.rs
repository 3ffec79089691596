//! The options of a post, and what they come to.

use crate::{
    model::{OptionKind, OptionSpec, Options},
    network::{Field, Job},
};
use serde_json::json;

const REPLIES: &[&str] =
    &["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"];

pub(super) const LINK: &str = "link_attachment";
pub(super) const LONG: &str = "text_attachment";
pub(super) const TOPIC: &str = "topic_tag";

/// The keys of `[threads]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec { key: "reply_control", kind: OptionKind::OneOf(REPLIES), doc: "Who may answer; everyone if absent." },
    OptionSpec {
        key: TOPIC,
        kind: OptionKind::Text,
        doc: "The topic of the post: 1 to 50 characters without `.` and `&`. If absent, the first `#tag` of the text is it.",
    },
    OptionSpec {
        key: LINK,
        kind: OptionKind::Url,
        doc: "The address whose preview is shown, of a post without media and poll; the first link of the text if absent.",
    },
    OptionSpec {
        key: LONG,
        kind: OptionKind::Text,
        doc: "A long text of up to 10,000 characters that the reader opens, of a post without media and poll.",
    },
    OptionSpec {
        key: "spoiler",
        kind: OptionKind::Flag,
        doc: "Whether images and videos are hidden until the reader touches them.",
    },
];

/// Returns a text that says something.
pub(super) fn said<'o>(options: &'o Options, key: &str) -> Option<&'o str> {
    options.text(key).map(str::trim).filter(|text| !text.is_empty())
}

/// Returns whether media are hidden.
pub(super) fn is_spoiler(job: &Job<'_>) -> bool {
    job.draft.options.flag("spoiler") == Some(true)
}

/// Returns the fields of a first part.
pub(super) fn fields(job: &Job<'_>) -> Vec<Field> {
    let options = &job.draft.options;
    let plain = ["reply_control", TOPIC, LINK].into_iter();
    let mut fields: Vec<Field> =
        plain.filter_map(|key| said(options, key).map(|text| Field::text(key, text))).collect();
    if let Some(text) = said(options, LONG) {
        fields.push(Field::text(LONG, json!({ "plaintext": text }).to_string()));
    }
    fields
}
