//! The TOML that nearly all front matter is: one key a line, and texts, lists of texts, moments and flags.
//!
//! Reading it here takes a sixth of the instructions that the real parser takes, which were a tenth of all that checking a post
//! takes. Whatever is written otherwise, or wrong, is left to that parser; what is read here is just what it gives.

use crate::{
    config::{Entry, Fragment, Node, Table, Value},
    diag::Spanned,
};
use std::{borrow::Cow, ops::Range};

/// More keys than a post has; each is compared with those before it.
const MAX_KEYS: usize = 24;

/// Reads front matter that is as plain as that; none if it isn't.
pub(super) fn read_plain_toml<'a>(fragment: Fragment<'a>) -> Option<Table<'a>> {
    let mut lines = Lines { fragment, at: 0 };
    let mut table = Table { entries: Vec::with_capacity(8) };
    while lines.at < fragment.text.len() {
        if lines.ends_line() {
            continue;
        }
        let key = lines.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let name = &fragment.text[key.clone()];
        let is_new = table.entries.len() < MAX_KEYS && table.entries.iter().all(|known| known.key.value != name);
        lines.blanks();
        if name.is_empty() || !is_new || !lines.skip(b'=') {
            return None;
        }
        lines.blanks();
        let value = lines.value()?;
        lines.blanks();
        if lines.at < fragment.text.len() && !lines.ends_line() {
            return None;
        }
        table.entries.push(Entry { key: Spanned::new(Cow::Borrowed(name), fragment.span(key)), value });
    }
    Some(table)
}

struct Lines<'a> {
    fragment: Fragment<'a>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.fragment.text.as_bytes()[self.at..]
    }

    /// Takes the bytes that fit.
    fn take(&mut self, fits: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        self.at += self.rest().iter().take_while(|byte| fits(**byte)).count();
        start..self.at
    }

    fn blanks(&mut self) {
        self.take(|byte| byte == b' ' || byte == b'\t');
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.rest().first() == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn ends_line(&mut self) -> bool {
        let length = match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        self.at += length;
        true
    }

    fn value(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        let value = match self.rest().first()? {
            b'"' => return self.text(),
            b'[' => self.list()?,
            b'0'..=b'9' => {
                let written = self.take(|byte| byte.is_ascii_digit() || b"-:TZ+".contains(&byte));
                let written = &self.fragment.text[written];
                is_moment(written.as_bytes()).then_some(Value::Date(Cow::Borrowed(written)))?
            }
            _ => {
                let word = self.take(|byte| byte.is_ascii_lowercase());
                match &self.fragment.text[word] {
                    "true" => Value::Flag(true),
                    "false" => Value::Flag(false),
                    _ => return None,
                }
            }
        };
        Some(Spanned::new(value, self.fragment.span(start..self.at)))
    }

    /// Reads a text without escapes.
    fn text(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        if !self.skip(b'"') {
            return None;
        }
        let inside = self.take(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20 | 0x7F));
        let text = Value::Text(Cow::Borrowed(&self.fragment.text[inside]));
        self.skip(b'"').then(|| Spanned::new(text, self.fragment.span(start..self.at)))
    }

    /// Reads a list of texts on one line.
    fn list(&mut self) -> Option<Value<'a>> {
        self.skip(b'[');
        let mut all = Vec::with_capacity(4);
        loop {
            self.blanks();
            if self.skip(b']') {
                return Some(Value::List(all));
            }
            all.push(self.text()?);
            self.blanks();
            if !self.skip(b',') && self.rest().first() != Some(&b']') {
                return None;
            }
        }
    }
}

/// Tells whether it is a moment in any calendar, as `2026-12-01T09:00:00`, perhaps with an offset. Days that only some months
/// have are for the parser to know.
fn is_moment(written: &[u8]) -> bool {
    let Some((local, offset)) = written.split_at_checked(19) else { return false };
    let fits = |shape: &[u8], text: &[u8]| {
        shape.len() == text.len()
            && shape
                .iter()
                .zip(text)
                .all(|(shape, byte)| if *shape == b'0' { byte.is_ascii_digit() } else { shape == byte })
    };
    let number = |text: &[u8], at: usize| (text[at] - b'0') * 10 + (text[at + 1] - b'0');
    let is_offset = match offset {
        [] | [b'Z'] => true,
        [b'+' | b'-', clock @ ..] => fits(b"00:00", clock) && number(clock, 0) < 24 && number(clock, 3) < 60,
        _ => false,
    };
    is_offset
        && fits(b"0000-00-00T00:00:00", local)
        && (1..=12).contains(&number(local, 5))
        && (1..=28).contains(&number(local, 8))
        && number(local, 11) < 24
        && number(local, 14) < 60
        && number(local, 17) < 60
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::read_toml, diag::FileId};
    use proptest::prelude::*;

    fn fragment(text: &str) -> Fragment<'_> {
        Fragment { file: FileId(0), text, start: 4 }
    }

    #[test]
    fn usual_front_matter_is_plain() {
        let text =
            "id = \"a\"\nto = [\"brand\", \"sky\"]\r\n\ndate = 2026-12-01T09:00:00+01:00 \ndraft=true\ntitle = \"é\"";
        assert_eq!(read_plain_toml(fragment(text)), Some(read_toml(fragment(text), &mut Vec::new()).0));
    }

    #[test]
    fn the_rest_is_left_to_the_parser() {
        for line in [
            "a = \"\\n\"",
            "a = 'b'",
            "a = 1",
            "a.b = \"c\"",
            "[a]",
            "a = \"b\" # c",
            "a = [[\"b\"]]",
            "a = \"\"\"b\"\"\"",
            "a = \"b\nc\"",
            "a = 2026-02-30T00:00:00",
            "a = 2026-12-01",
            "a = \"b\"\na = \"c\"",
            "a =",
            "a = [\"b\" \"c\"]",
            "a = [,]",
            "a = \"b\"\r",
        ] {
            assert_eq!(read_plain_toml(fragment(line)), None, "{line}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]
        #[test]
        fn what_is_read_is_what_the_parser_reads(
            lines in proptest::collection::vec(
                (
                    "[ \t]?(a|b|to|id|date|x-y_1|3|true|\"q\"|a.b|)[ \t]{0,2}=?[ \t]{0,2}",
                    prop_oneof![
                        "\"[a-zé🎉 #,='\\]\\[]{0,6}\"",
                        "\"[a-z\"\\\\\t\u{7f}\u{85}]{0,4}\"",
                        "\\[( ?\"[a-z]{0,3}\" ?,?){0,4} ?\\]?",
                        "20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ]?([0-2][0-9]:[0-6][0-9]:[0-6][0-9])?(Z|z|[+-][0-2][0-9]:[0-6][0-9]|\\.5)?",
                        "true|false|truer|inf|nan|0x1|-1|",
                    ],
                    "[ \t]?(#c)?(\n|\r\n|\r|\n\n|)",
                ),
                0..5,
            ),
        ) {
            let text: String = lines.into_iter().flat_map(|(key, value, end)| [key, value, end]).collect();
            if let Some(table) = read_plain_toml(fragment(&text)) {
                let mut out = Vec::new();
                prop_assert_eq!((table, true), read_toml(fragment(&text), &mut out), "{}", text);
                prop_assert!(out.is_empty());
            }
        }
    }
}
