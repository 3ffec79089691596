//! YAML → [`Table`]. The only place that names the YAML parser.

use crate::{
    config::{Entry, Fragment, Node, Table, Value, codes},
    diag::{Diagnostic, Span, Spanned},
};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    Location, Spanned as Located,
    options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy},
};
use std::{borrow::Cow, fmt};

/// How deep lists and tables may nest.
const MAX_DEPTH: usize = 32;

/// How many values there may be, those that aliases repeat included. Front matter has a few dozen.
const MAX_NODES: usize = 20_000;

/// Reads YAML. After a syntax error there is nothing, and the answer says so.
pub(super) fn read_yaml<'a>(fragment: Fragment<'a>, out: &mut Vec<Diagnostic>) -> (Table<'a>, bool) {
    if fragment.text.trim().is_empty() {
        return (Table::default(), true);
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: MAX_NODES * 2,
            max_documents: 1,
            max_aliases: 200,
            max_anchors: 200,
            max_recorded_anchor_events: MAX_NODES,
            max_recorded_anchor_bytes: 1 << 20,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_NODES, max_replay_stack_depth: 8 },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    let root: Located<Raw<'a>> = match serde_saphyr::from_str_with_options(fragment.text, options) {
        Ok(root) => root,
        Err(error) => {
            let span = place(fragment, error.location());
            out.push(Diagnostic::new(&codes::SYNTAX, span, format!("invalid YAML: {}", explain(&error))));
            return (Table::default(), false);
        }
    };
    let root = node(fragment, root);
    match root.value {
        Value::Table(table) => (table, true),
        Value::Null => (Table::default(), true),
        _ => {
            let message = format!("the front matter is {}, not keys and values", root.value.describe());
            out.push(Diagnostic::new(&codes::SYNTAX, root.span, message).help("write lines such as `to: [brand]`"));
            (Table::default(), false)
        }
    }
}

/// Says what is wrong where the parser speaks of its own settings, and repeats the parser elsewhere.
fn explain(error: &serde_saphyr::Error) -> String {
    match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { .. } => "a key is written twice".to_owned(),
        serde_saphyr::Error::MergeKeyNotAllowed { .. } => "merge keys (`<<`) aren't read".to_owned(),
        serde_saphyr::Error::Budget { .. } => "it nests too deeply or repeats too much".to_owned(),
        other => {
            let message = other.to_string();
            let line = message.lines().next().unwrap_or_default();
            // The parser counts lines from the start of the front matter; the place says it better.
            line.split(" at line ").next().unwrap_or_default().to_owned()
        }
    }
}

fn node<'a>(fragment: Fragment<'a>, raw: Located<Raw<'a>>) -> Node<'a> {
    let span = place(fragment, Some(raw.referenced));
    let value = match raw.value {
        Raw::Plain(value) => value,
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(fragment, item)).collect()),
        Raw::Table(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Entry {
                key: Spanned::new(key.value.0, place(fragment, Some(key.referenced))),
                value: node(fragment, value),
            });
            Value::Table(Table { entries: entries.collect() })
        }
    };
    Spanned::new(value, span)
}

/// Finds the place of a location; one that is unknown or odd is the start of the front matter.
fn place(fragment: Fragment<'_>, location: Option<Location>) -> Span {
    let text = fragment.text;
    let clamp = |position: u64| {
        let mut position = usize::try_from(position).unwrap_or(text.len()).min(text.len());
        while !text.is_char_boundary(position) {
            position -= 1;
        }
        position
    };
    let bytes = |location: Location| Some((location.span().byte_offset()?, location.span().byte_len()?));
    let (start, length) = location
        .and_then(|location| bytes(location).or_else(|| Some((position_of(text, location)?, 1))))
        .unwrap_or((0, 0));
    let (start, end) = (clamp(start), clamp(start.saturating_add(length)));
    // A block's place reaches to the next token, over comments and blank lines.
    let end = start + text[start..end.max(start)].trim_end().len();
    fragment.span(start..end)
}

/// Finds the byte of a line and column, which is all that the scanner's own errors give.
fn position_of(text: &str, location: Location) -> Option<u64> {
    let line = usize::try_from(location.line().checked_sub(1)?).ok()?;
    let column = usize::try_from(location.column().checked_sub(1)?).ok()?;
    let line_start = match line {
        0 => 0,
        _ => text.match_indices('\n').nth(line - 1)?.0 + 1,
    };
    let within: usize = text[line_start..].chars().take(column).map(char::len_utf8).sum();
    u64::try_from(line_start + within).ok()
}

/// A value as the parser gives it.
enum Raw<'a> {
    Plain(Value<'a>),
    List(Vec<Located<Self>>),
    Table(Vec<(Located<RawKey<'a>>, Located<Self>)>),
}

/// A key as the parser gives it.
struct RawKey<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for RawKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = RawKey<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(RawKey(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawKey(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(RawKey(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Flag(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Raw::Plain(match i64::try_from(number) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Number(number.to_string().into()),
        }))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Number(number.to_string().into())))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Number(number.to_string().into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Number(number.to_string().into())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Text(Cow::Owned(text))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Raw::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Raw::Table(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;
    use std::fmt::Write as _;

    fn show(text: &str, node: &Node<'_>, into: &mut String) {
        let place = &text[node.span.range()];
        let _ = match &node.value {
            Value::Table(table) => {
                for entry in &table.entries {
                    let _ = write!(into, "{}={}:", entry.key.value, &text[entry.key.span.range()]);
                    show(text, &entry.value, into);
                }
                Ok(())
            }
            Value::List(items) => {
                items.iter().for_each(|item| show(text, item, into));
                Ok(())
            }
            other => writeln!(into, "{other:?} at {place:?}"),
        };
    }

    fn told(text: &str) -> String {
        let mut out = Vec::new();
        let (table, clean) = read_yaml(Fragment { file: FileId(0), text, start: 0 }, &mut out);
        assert_eq!(clean, out.is_empty());
        let mut shown = String::new();
        show(text, &Spanned::new(Value::Table(table), Span::new(FileId(0), 0..0)), &mut shown);
        for finding in out {
            let _ = writeln!(shown, "{} at {:?}", finding.message, finding.primary.span.range());
        }
        shown
    }

    #[test]
    fn values_and_keys_have_their_places() {
        insta::assert_snapshot!(told("id: é-1\n\"to\": [a, \"b\"] # x\ndate: 2026-12-01T09:00:00\ndraft: true\nn: 5\nempty:\npoll:\n  options:\n    - one\n    - 'two'\n"), @r#"
        id=id:Text("é-1") at "é-1"
        to="to":Text("a") at "a"
        Text("b") at "\"b\""
        date=date:Text("2026-12-01T09:00:00") at "2026-12-01T09:00:00"
        draft=draft:Flag(true) at "true"
        n=n:Integer(5) at "5"
        empty=empty:Null at ""
        poll=poll:options=options:Text("one") at "one"
        Text("two") at "'two'"
        "#);
    }

    #[test]
    fn words_that_other_yaml_takes_for_flags_stay_texts() {
        insta::assert_snapshot!(told("language: no\ndraft: yes\nyear: 2026-12-01\ntime: 12:30:00\n"), @r#"
        language=language:Text("no") at "no"
        draft=draft:Text("yes") at "yes"
        year=year:Text("2026-12-01") at "2026-12-01"
        time=time:Text("12:30:00") at "12:30:00"
        "#);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        insta::assert_snapshot!(told("a: 1\nb: [1, 2\n"), @"invalid YAML: unclosed bracket '[' at 8..9");
        insta::assert_snapshot!(told("a: 1\na: 2\n"), @"invalid YAML: a key is written twice at 5..6");
        insta::assert_snapshot!(told("a: *nowhere\n"), @"invalid YAML: alias references unknown anchor at 3..4");
        insta::assert_snapshot!(told("x: &x {a: 1}\ny:\n  <<: *x\n"), @"invalid YAML: merge keys (`<<`) aren't read at 18..20");
        insta::assert_snapshot!(told("- a\n- b\n"), @"the front matter is a list, not keys and values at 0..0");
        insta::assert_snapshot!(told("a: !!binary x\n"), @"invalid YAML: invalid !!binary base64 at 12..13");
        insta::assert_snapshot!(told("a: .nan\nb: 99999999999999999999\n"), @r#"
        a=a:Number("NaN") at ".nan"
        b=b:Number("100000000000000000000") at "99999999999999999999"
        "#);
    }

    #[test]
    fn an_alias_is_read_where_it_stands() {
        insta::assert_snapshot!(told("tags: &t [a]\nhashtags: *t\n"), @r#"
        tags=tags:Text("a") at "a"
        hashtags=hashtags:Text("a") at "*t"
        "#);
    }

    #[test]
    fn bombs_and_deep_nesting_are_errors() {
        let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in ('b'..='z').zip('a'..) {
            let _ = writeln!(bomb, "{name}: &{name} [{}]", vec![format!("*{before}"); 9].join(","));
        }
        let deep = format!("a: {}", "[".repeat(60_000));
        let deep_block: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        let long_dashes = format!("a:\n  {}x", "- ".repeat(30_000));
        for text in [bomb, deep, deep_block, long_dashes] {
            assert!(told(&text).contains("invalid YAML"), "{}", &text[..50]);
        }
    }
}
