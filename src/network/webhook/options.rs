//! The options of a post and of an account.

use crate::{
    model::{Account, OptionKind, OptionSpec},
    network::Draft,
};
use serde_json::{Map, Value};

/// The keys of `[webhook]` in a post. They are handed on as they are.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "topic",
        kind: OptionKind::Text,
        doc: "A word for the receiver, as `options.topic` of the event: where it shall put the post, for instance.",
    },
    OptionSpec {
        key: "labels",
        kind: OptionKind::List,
        doc: "Further words for the receiver, as `options.labels` of the event.",
    },
];

/// The keys of `[accounts.NAME]` beyond the common ones.
pub(super) static ACCOUNT: &[OptionSpec] = &[OptionSpec {
    key: "idempotent",
    kind: OptionKind::Flag,
    doc: "Whether the receiver knows a `webhook-id` again for a day and does nothing twice. Then an event whose answer was lost \
          is sent again; otherwise a person must look.",
}];

/// Returns whether the receiver is promised to know an event again.
pub(super) fn deduplicates(account: &Account) -> bool {
    account.options.flag("idempotent") == Some(true)
}

/// Writes the options of a post.
pub(super) fn of(draft: &Draft) -> Map<String, Value> {
    let mut options = Map::new();
    if let Some(topic) = draft.options.text("topic") {
        options.insert("topic".to_owned(), topic.into());
    }
    let labels = draft.options.list("labels");
    if !labels.is_empty() {
        options.insert("labels".to_owned(), labels.into());
    }
    options
}
