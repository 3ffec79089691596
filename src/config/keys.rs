use super::{codes, options::option_schema, value::Entry};
use crate::{
    diag::{Diagnostic, TextEdit, did_you_mean},
    model::{NetworkSpec, OptionKind, OptionSpec},
};
use serde_json::{Map, Value as Json, json};

/// A key that a table may hold: what reading, suggestions and the editor's schema are all made from.
///
/// `K` is an enum, so that the reader's `match` is exhaustive and no key can be described without being read.
#[derive(Debug)]
pub(crate) struct Key<K: 'static> {
    /// What the reader matches on.
    pub id: K,
    /// The key as written.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// What a key holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// What an option of a network may hold too.
    Plain(OptionKind),
    /// A text or a list of texts.
    Texts,
    /// A date with a time.
    Date,
    /// A duration such as `24h`.
    Duration,
    /// A text, or `false` for none.
    TextOrFalse,
    /// Something whose schema has a maker of its own.
    Made(fn(&[NetworkSpec]) -> Json),
}

impl Shape {
    /// Any text.
    pub(crate) const TEXT: Self = Self::Plain(OptionKind::Text);
    /// True or false.
    pub(crate) const FLAG: Self = Self::Plain(OptionKind::Flag);

    fn schema(self, networks: &[NetworkSpec]) -> Json {
        match self {
            Self::Plain(kind) => option_schema(kind),
            Self::Texts => json!({
                "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
            }),
            // TOML's dates have no JSON type; the tools that check TOML by a JSON Schema show them as texts.
            Self::Date => json!({ "type": ["string", "object"] }),
            Self::Duration => json!({ "type": "string", "pattern": "^([0-9]+[smhdw] *)+$" }),
            Self::TextOrFalse => json!({ "oneOf": [{ "type": "string" }, { "const": false }] }),
            Self::Made(make) => make(networks),
        }
    }
}

/// Finds a key by its name.
pub(crate) fn find<'k, K>(keys: &'k [Key<K>], name: &str) -> Option<&'k Key<K>> {
    keys.iter().find(|key| key.name == name)
}

/// Makes the schema of a table that holds these keys and options, and nothing else.
pub(crate) fn table_schema<K>(keys: &[Key<K>], options: &[OptionSpec], networks: &[NetworkSpec]) -> Json {
    json!({ "type": "object", "properties": properties(keys, options, networks), "additionalProperties": false })
}

/// Makes the schemas of keys and options, by name. A common key wins over an option of the same name.
pub(crate) fn properties<K>(keys: &[Key<K>], options: &[OptionSpec], networks: &[NetworkSpec]) -> Map<String, Json> {
    let described = |mut schema: Json, doc: &str| {
        schema["description"] = doc.into();
        schema
    };
    let options = options.iter().map(|spec| (spec.key.to_owned(), described(option_schema(spec.kind), spec.doc)));
    let keys = keys.iter().map(|key| (key.name.to_owned(), described(key.shape.schema(networks), key.doc)));
    options.chain(keys).collect()
}

/// What other tools for posts and pages call what a key here means.
const ELSEWHERE: &[(&str, &str)] = &[
    ("accounts", "to"),
    ("channels", "to"),
    ("networks", "to"),
    ("platforms", "to"),
    ("targets", "to"),
    ("publish_at", "date"),
    ("scheduled", "date"),
    ("scheduled_at", "date"),
    ("lang", "language"),
    ("in_reply_to", "reply_to"),
    ("repost", "boost"),
];

/// Makes the finding about a key that isn't known, with what may be meant.
pub(crate) fn unknown_key<'k>(
    entry: &Entry<'_>,
    place: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Diagnostic {
    let key = &entry.key;
    let finding =
        Diagnostic::new(&codes::UNKNOWN_KEY, key.span, format!("unknown key `{}` in {place}", shown(&key.value)));
    let elsewhere =
        ELSEWHERE.iter().find(|(other, ours)| *other == key.value && known.clone().any(|name| name == *ours));
    match elsewhere.map(|(_, ours)| *ours).or_else(|| did_you_mean(&key.value, known.clone())) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(format!("replace it with `{near}`"), vec![TextEdit { span: key.span, text: near.into() }]),
        None => {
            let all: Vec<String> = known.map(|name| format!("`{name}`")).collect();
            if all.is_empty() {
                finding.help("delete it")
            } else {
                finding.help(format!("delete it, or use one of {}", all.join(", ")))
            }
        }
    }
}

/// Makes a text from a file fit into a message: on one line and not endless.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::with_capacity(text.len().min(MOST * 4));
    for (count, c) in text.chars().enumerate() {
        if count == MOST {
            shown.push('…');
            break;
        }
        let invisible = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if invisible {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_visible() {
        assert_eq!(shown("plain"), "plain");
        assert_eq!(shown("a\nb\u{202e}"), "a\\u{a}b\\u{202e}");
        assert_eq!(shown(&"é".repeat(100)).chars().count(), 61);
    }
}
