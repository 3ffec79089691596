use crate::{
    config::keys::{Key, Shape, properties, table_schema},
    model::{NetworkSpec, OptionKind},
};
use serde_json::{Value as Json, json};

/// A key that a post may have and that no table overrides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PostKey {
    Id,
    To,
    Draft,
    Retract,
    Campaign,
    Thread,
    ReplyTo,
    Quote,
    Boost,
    Poll,
    Allow,
}

/// The keys that a post may have and that no table overrides.
pub(super) static POST: &[Key<PostKey>] = &[
    Key {
        id: PostKey::Id,
        name: "id",
        shape: Shape::TEXT,
        doc: "What the ledger knows the post by, so that the file may be renamed. Never change it after publishing.",
    },
    Key { id: PostKey::To, name: "to", shape: Shape::Texts, doc: "The accounts and groups that the post goes to." },
    Key { id: PostKey::Draft, name: "draft", shape: Shape::FLAG, doc: "Whether it is a draft, which is never due." },
    Key {
        id: PostKey::Retract,
        name: "retract",
        shape: Shape::FLAG,
        doc: "Whether it is taken back: deleted wherever it is out, and sent nowhere any more.",
    },
    Key { id: PostKey::Campaign, name: "campaign", shape: Shape::TEXT, doc: "The campaign that it belongs to." },
    Key {
        id: PostKey::Thread,
        name: "thread",
        shape: Shape::Plain(OptionKind::OneOf(THREADS)),
        doc: "Whether copy that is too long is split by itself, or only where a thematic break stands.",
    },
    Key {
        id: PostKey::ReplyTo,
        name: "reply_to",
        shape: Shape::TEXT,
        doc: "What it answers: the id of a post here, or the address of any other.",
    },
    Key {
        id: PostKey::Quote,
        name: "quote",
        shape: Shape::TEXT,
        doc: "What it quotes: the id of a post here, or the address of any other.",
    },
    Key {
        id: PostKey::Boost,
        name: "boost",
        shape: Shape::TEXT,
        doc: "What it passes on instead of saying something of its own: the id of a post here, or the address of any other.",
    },
    Key {
        id: PostKey::Poll,
        name: "poll",
        shape: Shape::Made(|networks| {
            let mut schema = table_schema(POLL, &[], networks);
            schema["required"] = json!(["options", "duration"]);
            schema
        }),
        doc: "A poll.",
    },
    Key {
        id: PostKey::Allow,
        name: "allow",
        shape: Shape::Made(
            |_| json!({ "type": "object", "additionalProperties": { "type": "string", "minLength": 1 } }),
        ),
        doc: "Findings that are meant, by their code, each with the reason.",
    },
];

/// The words of `thread`.
pub(super) const THREADS: &[&str] = &["by-hand", "auto"];

/// A key that holds for the post, and that the table of a network or an account may override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OverrideKey {
    Date,
    Tags,
    Hashtags,
    Title,
    Language,
}

/// The keys that hold for the post, and that the table of a network or an account may override.
pub(super) static OVERRIDES: &[Key<OverrideKey>] = &[
    Key {
        id: OverrideKey::Date,
        name: "date",
        shape: Shape::Date,
        doc: "When it is due: a local time in the workspace's time zone, or one with an offset. At once without it.",
    },
    Key {
        id: OverrideKey::Tags,
        name: "tags",
        shape: Shape::Texts,
        doc: "Labels for campaigns and reports; the tags on blogs.",
    },
    Key {
        id: OverrideKey::Hashtags,
        name: "hashtags",
        shape: Shape::Texts,
        doc: "Put at the end of the copy where it does not have them already.",
    },
    Key { id: OverrideKey::Title, name: "title", shape: Shape::TEXT, doc: "The title, where a network shows one." },
    Key {
        id: OverrideKey::Language,
        name: "language",
        shape: Shape::TEXT,
        doc: "The BCP 47 tag of the language that it is written in.",
    },
];

/// A key of `[poll]`.
#[derive(Clone, Copy, Debug)]
pub(super) enum PollKey {
    Options,
    Duration,
    Multiple,
    HideTotals,
}

/// The keys of `[poll]`.
pub(super) static POLL: &[Key<PollKey>] = &[
    Key {
        id: PollKey::Options,
        name: "options",
        shape: Shape::Plain(OptionKind::List),
        doc: "The answers to choose from.",
    },
    Key {
        id: PollKey::Duration,
        name: "duration",
        shape: Shape::Duration,
        doc: "How long it is open, such as 24h or 3d.",
    },
    Key {
        id: PollKey::Multiple,
        name: "multiple",
        shape: Shape::FLAG,
        doc: "Whether more than one answer may be chosen.",
    },
    Key {
        id: PollKey::HideTotals,
        name: "hide_totals",
        shape: Shape::FLAG,
        doc: "Whether the counts stay hidden until it closes.",
    },
];

/// Makes the JSON Schema of front matter for editors, from the tables that reading follows.
///
/// The accounts of a workspace aren't known here, so a table of any other name is taken for an account's.
pub fn schema(networks: &[NetworkSpec]) -> Json {
    let mut all = properties(POST, &[], networks);
    all.append(&mut properties(OVERRIDES, &[], networks));
    for spec in networks {
        let mut table = table_schema(OVERRIDES, spec.post_options, networks);
        table["description"] = format!("What holds on {} alone.", spec.id).into();
        all.insert(spec.id.as_str().to_owned(), table);
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The front matter of a post",
        "type": "object",
        "properties": all,
        "additionalProperties": { "type": "object", "description": "What holds for one account alone." },
    })
}
