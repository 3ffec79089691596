//! TOML → [`Table`]. The only place, for the configuration and for front matter, that names the `toml` crate.

use super::{
    codes,
    value::{Entry, Node, Table, Value},
};
use crate::diag::{Diagnostic, FileId, Span, Spanned};
use ::toml::de::{DeArray, DeTable, DeValue};
use std::borrow::Cow;

/// How many syntax errors of one document are told; more are consequences of the first.
const TOLD: usize = 5;

/// How many dots a dotted key may have. The parser's own limit, 80 values deep, counts a dotted key as one: together
/// they bound the tree, so that walking and dropping it can't exhaust a thread's stack.
const MAX_DOTS: usize = 8;

/// A part of a file: its text and where that begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment<'a> {
    /// The file.
    pub file: FileId,
    /// The text of the part.
    pub text: &'a str,
    /// The position of the text in the file.
    pub start: usize,
}

impl Fragment<'_> {
    /// Turns positions in the part into a place in the file.
    pub(crate) fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, self.start + range.start..self.start + range.end)
    }
}

/// Reads TOML. What could be read is returned even where there are syntax errors, with whether there were none.
pub(crate) fn read_toml<'a>(fragment: Fragment<'a>, out: &mut Vec<Diagnostic>) -> (Table<'a>, bool) {
    if let Some(position) = too_many_dots(fragment.text) {
        let span = fragment.span(position..position + 1);
        out.push(Diagnostic::new(&codes::NESTED_TOO_DEEPLY, span, "the key has too many parts"));
        return (Table::default(), false);
    }
    let (document, errors) = DeTable::parse_recoverable(fragment.text);
    for error in errors.iter().take(TOLD) {
        let range = error.span().unwrap_or(0..0);
        let range = floor(fragment.text, range.start)..ceil(fragment.text, range.end);
        let message = format!("invalid TOML: {}", error.message());
        let finding = Diagnostic::new(&codes::SYNTAX, fragment.span(range), message);
        out.push(finding.help("look for a missing quote, comma or bracket here or just before"));
    }
    (table(fragment, document.into_inner()), errors.is_empty())
}

fn table<'a>(fragment: Fragment<'a>, read: DeTable<'a>) -> Table<'a> {
    let mut entries: Vec<Entry<'a>> = read
        .into_iter()
        .map(|(key, value)| {
            let span = fragment.span(key.span());
            Entry { key: Spanned::new(key.into_inner(), span), value: node(fragment, value) }
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.span.start);
    Table { entries }
}

fn node<'a>(fragment: Fragment<'a>, read: ::toml::Spanned<DeValue<'a>>) -> Node<'a> {
    let range = read.span();
    let span = fragment.span(range.clone());
    let value = match read.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Number(Cow::Owned(number.to_string())),
        },
        DeValue::Float(number) => Value::Number(Cow::Owned(number.to_string())),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(date) => match fragment.text.get(range) {
            Some(written) => Value::Date(Cow::Borrowed(written)),
            None => Value::Date(Cow::Owned(date.to_string())),
        },
        DeValue::Array(array) => Value::List(list(fragment, array)),
        DeValue::Table(inner) => Value::Table(table(fragment, inner)),
    };
    Spanned::new(value, span)
}

fn list<'a>(fragment: Fragment<'a>, mut array: DeArray<'a>) -> Vec<Node<'a>> {
    array
        .iter_mut()
        .map(|item| node(fragment, std::mem::replace(item, ::toml::Spanned::new(0..0, DeValue::Boolean(false)))))
        .collect()
}

/// Finds a dotted key that would nest so deep that walking the tree could exhaust the stack.
///
/// This follows the parser's lexer in what is a string or a comment, so that neither hides a key nor looks like one.
fn too_many_dots(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.iter().filter(|&&byte| byte == b'.').count() <= MAX_DOTS {
        return None;
    }
    let mut dots = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' | b'\'' => skip_string(bytes, at),
            b'#' => bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| at + length),
            b'.' => {
                dots += 1;
                if dots > MAX_DOTS {
                    return Some(at);
                }
                at + 1
            }
            b' ' | b'\t' => at + 1,
            b'\n' | b'\r' | b'=' | b',' | b'[' | b']' | b'{' | b'}' => {
                dots = 0;
                at + 1
            }
            _ => {
                // An atom runs to the next delimiter; quotes inside it open no string.
                let delimiter = |byte: &u8| b".=,[]{} \t#\r\n".contains(byte);
                bytes[at + 1..].iter().position(delimiter).map_or(bytes.len(), |length| at + 1 + length)
            }
        };
    }
    None
}

/// Returns the position after the string that opens at `at`.
fn skip_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let triple = bytes[at..].starts_with(&[quote; 3]);
    let mut at = at + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote == b'"' {
            at += if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) { 2 } else { 1 };
        } else if triple && bytes[at..].starts_with(&[quote; 3]) {
            at += 3;
            for _ in 0..2 {
                at += usize::from(bytes.get(at) == Some(&quote));
            }
            return at;
        } else if !triple && byte == quote {
            return at + 1;
        } else if !triple && byte == b'\n' {
            return at;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn floor(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    position
}

fn ceil(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position += 1;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Table<'_>, Vec<Diagnostic>) {
        let mut out = Vec::new();
        let (table, clean) = read_toml(Fragment { file: FileId(0), text, start: 100 }, &mut out);
        assert_eq!(clean, out.is_empty());
        (table, out)
    }

    #[test]
    fn values_keep_their_places_in_the_file() {
        let (table, out) = read("a = 1\nb = \"é\"\n");
        assert_eq!(out, []);
        let places: Vec<_> = table.entries.iter().map(|e| (e.key.span.range(), e.value.span.range())).collect();
        assert_eq!(places, [(100..101, 104..105), (106..107, 110..114)]);
    }

    #[test]
    fn entries_are_in_the_order_of_writing() {
        let (table, _) = read("z = 1\na = 2\n[m]\nb = 1\n");
        assert_eq!(table.entries.iter().map(|e| &*e.key.value).collect::<Vec<_>>(), ["z", "a", "m"]);
    }

    #[test]
    fn dates_are_kept_as_written() {
        let (table, _) = read("d = 2026-12-01 09:00:00Z");
        assert_eq!(table.get("d").map(|d| d.value.clone()), Some(Value::Date("2026-12-01 09:00:00Z".into())));
    }

    #[test]
    fn what_could_be_read_survives_a_syntax_error() {
        let (table, out) = read("a = 1\nb = = 2\nc = 3\n");
        assert_eq!(out[0].code.name, "syntax");
        assert_eq!(table.get("a").map(|a| &a.value), Some(&Value::Integer(1)));
        assert_eq!(table.get("c").map(|c| &c.value), Some(&Value::Integer(3)));
    }

    #[track_caller]
    fn too_deep(text: &str, expect: bool) {
        let (_, out) = read(text);
        assert_eq!(out.iter().any(|d| d.code.name == "nested-too-deeply"), expect, "{out:?}");
    }

    #[test]
    fn keys_of_many_parts_are_refused_before_they_nest() {
        too_deep(&format!("{}a = 1", "a.".repeat(30_000)), true);
        too_deep(&format!("{}a = 1", "\"#.\" . ".repeat(9_000)), true);
        too_deep(&format!("[{}a]", "a.".repeat(30_000)), true);
        too_deep(&format!("x = {{ {}a = 1 }}", "'='.".repeat(15_000)), true);
        too_deep(&format!("x = \"\\\"\"\n{}a = 1", "a.".repeat(30_000)), true);
        too_deep(&format!("x = \"\"\"\n\"\"\"\"\n{}a = 1", "a.".repeat(30_000)), true);
    }

    #[test]
    fn dots_in_texts_and_comments_are_no_parts() {
        too_deep(&format!("a = \"{}\" # {}\nb = '''{}'''", ".a".repeat(100), ".a".repeat(100), ".b".repeat(99)), false);
        too_deep(&"a.b = 1.5\n".repeat(40).replace("a.b", "a"), false);
    }

    #[test]
    fn deep_arrays_and_tables_are_errors_not_overflows() {
        let widest = format!("{}a={{}}{}", "a.b.c.d.e.f.g.h.i={".repeat(79), "}".repeat(79));
        assert_eq!(read(&widest).1, []);
        for text in [
            format!("a = {}", "[".repeat(60_000)),
            format!("a = {}", "{a=".repeat(20_000)),
            "a.b.c.d.e.f.g.h.i={".repeat(3_000),
        ] {
            assert!(!read(&text).1.is_empty());
        }
    }
}
