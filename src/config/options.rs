use super::{
    lexical::is_web_address,
    read::{self, bad_value},
    secret,
    value::Node,
};
use crate::{
    diag::{Diagnostic, Spanned},
    model::{OptionKind, OptionSpec, OptionValue},
};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// Reads an option of a network by its spec: those of accounts and those of posts alike.
pub(crate) fn read_option(
    spec: &OptionSpec,
    node: Node<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Spanned<OptionValue>> {
    let key = spec.key;
    let span = node.span;
    let value = match spec.kind {
        OptionKind::Text => OptionValue::Text(read::text(key, node, out)?.value.into_owned()),
        OptionKind::Url => {
            let text = read::text(key, node, out)?;
            if !is_web_address(&text.value) {
                out.push(
                    bad_value(span, format!("`{key}` isn't a web address"))
                        .help("write it in full, as https://example.com/page"),
                );
                return None;
            }
            OptionValue::Text(text.value.into_owned())
        }
        OptionKind::Flag => OptionValue::Flag(read::flag(key, &node, out)?),
        OptionKind::Integer { min, max } => OptionValue::Integer(read::integer(key, &node, (min, max), out)?),
        OptionKind::OneOf(words) => OptionValue::Text(read::one_of(key, node, words, out)?.to_owned()),
        OptionKind::List => {
            OptionValue::List(read::texts(key, node, out)?.into_iter().map(|text| text.value.into_owned()).collect())
        }
        OptionKind::ListOf(words) => {
            let texts = read::texts(key, node, out)?;
            let (known, unknown): (Vec<_>, Vec<_>) =
                texts.into_iter().partition(|text| words.contains(&text.value.as_ref()));
            out.extend(unknown.iter().map(|text| read::no_such_word(key, text, words)));
            OptionValue::List(known.into_iter().map(|text| Cow::into_owned(text.value)).collect())
        }
        // Accounts read it themselves: what stands here may be the secret, so it is not shown.
        OptionKind::Secret => {
            let help = "write it for the account, in masthead.toml";
            out.push(bad_value(span, format!("`{key}` can't be written here")).help(help).masked());
            return None;
        }
    };
    Some(Spanned::new(value, span))
}

/// Makes the schema of what an option holds.
pub(crate) fn option_schema(kind: OptionKind) -> Json {
    match kind {
        OptionKind::Secret => secret::schema(secret::Kinds::All),
        OptionKind::Text => json!({ "type": "string" }),
        OptionKind::Url => json!({ "type": "string", "format": "uri", "pattern": "^https?://" }),
        OptionKind::Flag => json!({ "type": "boolean" }),
        OptionKind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        OptionKind::OneOf(words) => json!({ "type": "string", "enum": words }),
        OptionKind::List => json!({
            "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        }),
        OptionKind::ListOf(words) => json!({
            "oneOf": [{ "enum": words }, { "type": "array", "items": { "type": "string", "enum": words } }]
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{toml_reader::Fragment, toml_reader::read_toml},
        diag::FileId,
    };

    #[track_caller]
    fn check(kind: OptionKind, written: &str, expect: Result<OptionValue, &str>) {
        let mut out = Vec::new();
        let text = format!("key = {written}");
        let (table, clean) = read_toml(Fragment { file: FileId(0), text: &text, start: 0 }, &mut out);
        assert!(clean);
        let node = table.entries.into_iter().next().expect("an entry").value;
        let value = read_option(&OptionSpec { key: "key", kind, doc: "" }, node, &mut out);
        match expect {
            Ok(expect) => {
                assert_eq!(value.map(|value| value.value), Some(expect), "{out:?}");
                assert_eq!(out, []);
            }
            Err(message) => assert_eq!(out.first().map(|finding| &*finding.message), Some(message)),
        }
    }

    fn text(text: &str) -> OptionValue {
        OptionValue::Text(text.to_owned())
    }

    #[test]
    fn texts_flags_and_numbers_are_read() {
        check(OptionKind::Text, "\"a\"", Ok(text("a")));
        check(OptionKind::Flag, "true", Ok(OptionValue::Flag(true)));
        check(OptionKind::Integer { min: 1, max: 5 }, "5", Ok(OptionValue::Integer(5)));
        check(OptionKind::List, "[\"a\", \"b\"]", Ok(OptionValue::List(vec!["a".into(), "b".into()])));
        check(OptionKind::List, "\"a\"", Ok(OptionValue::List(vec!["a".into()])));
    }

    #[test]
    fn other_types_are_told() {
        check(OptionKind::Text, "5", Err("`key` holds a number"));
        check(OptionKind::Flag, "\"true\"", Err("`key` holds a text"));
        check(OptionKind::Integer { min: 1, max: 5 }, "1.5", Err("`key` holds a number"));
        check(OptionKind::Integer { min: 1, max: 5 }, "0x100000000000000000", Err("`key` holds a number"));
        check(OptionKind::List, "[1]", Err("`key` holds a number"));
    }

    #[test]
    fn bounds_and_words_are_kept() {
        check(OptionKind::Integer { min: 1, max: 5 }, "6", Err("`key` can't be 6"));
        check(OptionKind::OneOf(&["public", "private"]), "\"public\"", Ok(text("public")));
        check(OptionKind::OneOf(&["public", "private"]), "\"pubic\"", Err("`key` can't be `pubic`"));
        check(OptionKind::ListOf(&["a", "b"]), "[\"b\", \"c\"]", Err("`key` can't be `c`"));
    }

    #[test]
    fn addresses_are_web_addresses() {
        check(OptionKind::Url, "\"https://a.example/b\"", Ok(text("https://a.example/b")));
        check(OptionKind::Url, "\"a.example/b\"", Err("`key` isn't a web address"));
        check(OptionKind::Url, "\"javascript:x\"", Err("`key` isn't a web address"));
        check(OptionKind::Secret, "\"env:LIST\"", Err("`key` can't be written here"));
    }
}
