use super::codes;
use crate::{
    config::{Fragment, Table, codes as shared, read_toml},
    content::{plain_toml::read_plain_toml, yaml::read_yaml},
    diag::{Diagnostic, FileId, Span, TextEdit},
};
use std::ops::Range;

/// The most bytes of front matter.
const MAX_FRONT: usize = 64 * 1024;

/// A file cut at its fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The format and the place of the front matter, without the fences; none if there is none.
    pub front: Option<(Format, Range<usize>)>,
    /// Where the body begins.
    pub body: usize,
}

/// What front matter is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Toml,
    Yaml,
}

impl Format {
    const fn fence(self) -> &'static str {
        match self {
            Self::Toml => "+++",
            Self::Yaml => "---",
        }
    }
}

/// Returns a text up to where its body begins: all of it if that can't be told, and nothing if it has no front matter.
pub fn front_matter(text: &str) -> &str {
    cut(FileId(0), text, &mut Vec::new()).map_or(text, |cut| &text[..cut.body])
}

/// Cuts a file at its fences. Without the closing one there is no telling what is what, and nothing is returned.
pub(super) fn cut(file: FileId, text: &str, out: &mut Vec<Diagnostic>) -> Option<Cut> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let blank = text[start..].len() - text[start..].trim_start().len();
    let opening = line_at(text, start + blank);
    let Some(format) = format_of(&text[opening.clone()]) else { return Some(Cut { front: None, body: start }) };
    // The first line that isn't blank may be indented, which makes it no fence but a break or text.
    if opening.start != start && !text[start..opening.start].ends_with(['\n', '\r']) {
        return Some(Cut { front: None, body: start });
    }
    if blank > 0 {
        // A post may begin with a thematic break; `+++` has no other meaning, and a closed `---` hardly another.
        let span = Span::new(file, start..opening.start);
        out.push(
            Diagnostic::new(
                &codes::FRONT_MATTER_FENCE,
                Span::new(file, opening.clone()),
                "blank lines before the front matter",
            )
            .help("delete them: front matter begins on the first line")
            .fix("delete the blank lines", vec![TextEdit { span, text: "".into() }]),
        );
    }
    let mut at = next_line(text, opening.end);
    let front_start = at;
    while at < text.len() {
        let line = line_at(text, at);
        if text[line.clone()].trim_end() == format.fence() {
            return Some(Cut { front: Some((format, front_start..line.start)), body: next_line(text, line.end) });
        }
        at = next_line(text, line.end);
    }
    out.push(
        Diagnostic::new(&codes::FRONT_MATTER_FENCE, Span::new(file, opening), "the front matter is never closed")
            .label("opened here")
            .help(format!("write a line of `{}` where it ends", format.fence())),
    );
    None
}

/// Reads the front matter, with whether it has no syntax errors.
pub(super) fn read<'a>(file: FileId, text: &'a str, cut: &Cut, out: &mut Vec<Diagnostic>) -> (Table<'a>, bool) {
    let Some((format, range)) = &cut.front else { return (Table::default(), true) };
    if range.len() > MAX_FRONT {
        let message = format!("the front matter has {} bytes", range.len());
        let place = Span::new(file, range.start..range.start);
        out.push(Diagnostic::new(&shared::FILE_TOO_LARGE, place, message).help("keep it under 64 KiB"));
        return (Table::default(), false);
    }
    let fragment = Fragment { file, text: &text[range.clone()], start: range.start };
    match format {
        Format::Toml => read_plain_toml(fragment).map_or_else(|| read_toml(fragment, out), |table| (table, true)),
        Format::Yaml => read_yaml(fragment, out),
    }
}

fn format_of(line: &str) -> Option<Format> {
    [Format::Toml, Format::Yaml].into_iter().find(|format| line.trim_end() == format.fence())
}

/// The line that `start` is on the first byte of, without its end.
fn line_at(text: &str, start: usize) -> Range<usize> {
    let end = line_end(text, start);
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    start..end
}

/// The start of the line after the line end at `end`.
fn next_line(text: &str, end: usize) -> usize {
    text.len().min(line_end(text, end) + 1)
}

fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(Option<&str>, &str)>) {
        let mut out = Vec::new();
        let cut = cut(FileId(0), text, &mut out);
        let found =
            cut.as_ref().map(|cut| (cut.front.as_ref().map(|(_, range)| &text[range.clone()]), &text[cut.body..]));
        assert_eq!(found, expect);
        let complains = expect.is_none() || text.trim_start_matches('\u{feff}').starts_with(['\n', '\r', ' ']);
        assert!(out.is_empty() || complains, "{out:?}");
    }

    #[test]
    fn both_fences_are_cut() {
        check("+++\na\n+++\nb\n", Some((Some("a\n"), "b\n")));
        check("---\na\n---\nb\n", Some((Some("a\n"), "b\n")));
        check("+++\n+++\n", Some((Some(""), "")));
        check("+++\n+++", Some((Some(""), "")));
    }

    #[test]
    fn fences_may_have_trailing_blanks_carriage_returns_and_a_byte_order_mark() {
        check("\u{feff}+++ \r\na\r\n+++\t\r\nb", Some((Some("a\r\n"), "b")));
    }

    #[test]
    fn the_first_closing_fence_of_the_same_kind_counts() {
        check("+++\na\n---\nb\n+++\nc\n+++\n", Some((Some("a\n---\nb\n"), "c\n+++\n")));
        check("---\na\n----\n --- \n---\n", Some((Some("a\n----\n --- \n"), "")));
    }

    #[test]
    fn without_a_fence_all_is_body() {
        check("", Some((None, "")));
        check("text\n---\n", Some((None, "text\n---\n")));
        check("++++\n+++\n", Some((None, "++++\n+++\n")));
        check("\u{feff}text", Some((None, "text")));
        check("  +++\n", Some((None, "  +++\n")));
    }

    #[test]
    fn an_open_fence_is_an_error() {
        check("+++\na\n", None);
        check("---", None);
        check("+++\na\n---\n", None);
    }

    #[test]
    fn blank_lines_before_the_fence_are_told_and_forgiven() {
        check("\n \n+++\na\n+++\nb", Some((Some("a\n"), "b")));
        let mut out = Vec::new();
        cut(FileId(0), "\n\n+++\n+++\n", &mut out);
        assert_eq!(out[0].fix.as_ref().map(|fix| fix.edits[0].span.range()), Some(0..2));
    }
}
