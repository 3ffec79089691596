//! Edits of front matter that change what was asked for and no other byte.
//!
//! An edit is one piece of text in the place of another. It is proven by reading: with it the front matter has the new value
//! and is otherwise what it was, and the body is the same bytes. Whatever can't be proven so is refused, and said. Start at
//! [`edit`].

use super::fence::{self, Cut, Format};
use crate::{
    config::{Node, Table, Value, lexical::is_name},
    diag::FileId,
    model::{LocalTime, Timestamp},
};
use std::{fmt, ops::Range};

/// What is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// When the post is due: a local time, or one with an offset.
    Date(&'a str),
    /// Whether it is a draft.
    Draft(bool),
    /// The accounts and groups that it goes to.
    To(&'a [&'a str]),
}

/// One piece of text in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in bytes of the file; nothing if it is empty.
    pub range: Range<usize>,
    /// What stands there instead.
    pub text: String,
}

/// Why an edit is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do, in the imperative.
    pub hint: &'static str,
}

impl Edit {
    /// Makes the edit.
    pub fn apply(&self, text: &str) -> String {
        [&text[..self.range.start], &self.text, &text[self.range.end..]].concat()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// Finds the edit of a post's text that makes a change; none if the post says so already.
pub fn edit(text: &str, change: Change<'_>) -> Result<Option<Edit>, Refused> {
    change.check()?;
    let Some((cut, table)) = read(text) else {
        let message = "the front matter can't be read".to_owned();
        return Err(Refused { message, hint: "mend what `masthead check` finds in it first" });
    };
    let before = table.get(change.key());
    if before.is_some_and(|node| change.is_said_by(node)) {
        return Ok(None);
    }
    if before.is_some_and(|node| hides_a_comment(text, &cut, node)) {
        let message = format!("`{}` has a comment in its value, which would be lost", change.key());
        return Err(Refused { message, hint: "change it in the file" });
    }
    let body = &text[cut.body..];
    let proven = |edit: &Edit| {
        let edited = edit.apply(text);
        let Some((cut, after)) = read(&edited) else { return false };
        let is_changed = after.get(change.key()).is_some_and(|node| change.is_said_by(node));
        let after_front = &edited[cut.body..];
        // Where front matter is begun, an empty line may come between.
        let is_same_body = after_front == body || after_front.trim_start_matches(['\r', '\n']) == body;
        is_changed && is_same_but(&table, &after, change.key()) && is_same_body
    };
    let found = candidates(text, &cut, &table, change).into_iter().find(proven);
    found.map(Some).ok_or_else(|| Refused {
        message: format!("`{}` can't be changed without touching other lines, as it is written", change.key()),
        hint: "change it in the file",
    })
}

/// Returns what a post's own text names in `to`, in its order; nothing if it doesn't, or can't be read.
pub fn named(text: &str) -> Vec<String> {
    let Some((_, table)) = read(text) else { return Vec::new() };
    let Some(Value::List(items)) = table.get("to").map(|node| &node.value) else { return Vec::new() };
    let name = |item: &Node<'_>| match &item.value {
        Value::Text(name) => Some(name.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

impl Change<'_> {
    const fn key(&self) -> &'static str {
        match self {
            Self::Date(_) => "date",
            Self::Draft(_) => "draft",
            Self::To(_) => "to",
        }
    }

    /// Refuses what no post could say.
    fn check(&self) -> Result<(), Refused> {
        match self {
            Self::Date(date) => {
                let bytes = date.as_bytes();
                let is_whole = date.len() >= 16 && bytes[4] == b'-' && bytes[10] == b'T';
                let is_plain = bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:T+Z.".contains(byte));
                match is_plain && is_whole && (Timestamp::parse(date).is_some() || LocalTime::parse(date).is_some()) {
                    true => Ok(()),
                    false => Err(Refused {
                        message: "that is no date and time".to_owned(),
                        hint: "write it as 2026-12-01T09:00:00, or with an offset as 2026-12-01T09:00:00+01:00",
                    }),
                }
            }
            Self::Draft(_) => Ok(()),
            Self::To(names) => match names.iter().find(|name| !is_name(name)) {
                Some(_) => Err(Refused {
                    message: "that is no name of an account or group".to_owned(),
                    hint: "name accounts and groups of `masthead.toml`",
                }),
                None if names.is_empty() => Err(Refused {
                    message: "a post must go somewhere".to_owned(),
                    hint: "choose at least one account, or make it a draft",
                }),
                None => Ok(()),
            },
        }
    }

    /// Returns whether a value says just that.
    fn is_said_by(&self, node: &Node<'_>) -> bool {
        match (self, &node.value) {
            (Self::Date(date), Value::Date(written) | Value::Text(written)) => written == date,
            (Self::Draft(draft), Value::Flag(written)) => written == draft,
            (Self::To(names), Value::List(written)) => {
                let is_name =
                    |(name, node): (&&str, &Node<'_>)| matches!(&node.value, Value::Text(text) if text == name);
                names.len() == written.len() && names.iter().zip(written).all(is_name)
            }
            _ => false,
        }
    }
}

/// Reads front matter; none if there is anything wrong with how it is written.
fn read(text: &str) -> Option<(Cut, Table<'_>)> {
    let mut out = Vec::new();
    let cut = fence::cut(FileId(0), text, &mut out)?;
    // That there are blank lines before it is told elsewhere, and is no hindrance.
    out.clear();
    let (table, clean) = fence::read(FileId(0), text, &cut, &mut out);
    (clean && out.is_empty()).then_some((cut, table))
}

/// Lists what the edit may be, the best first.
fn candidates(text: &str, cut: &Cut, table: &Table<'_>, change: Change<'_>) -> Vec<Edit> {
    let Some((format, front)) = &cut.front else {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let line = line(Format::Toml, change);
        // A body that begins with white space keeps it; otherwise there is a line between.
        let gap = if text[cut.body..].trim_start().len() == text.len() - cut.body && text.len() > cut.body {
            end
        } else {
            ""
        };
        return vec![Edit { range: cut.body..cut.body, text: format!("+++{end}{line}{end}+++{end}{gap}") }];
    };
    if let Some(node) = table.get(change.key()) {
        let range = place(text, *format, node);
        return values(text, *format, node, change)
            .into_iter()
            .map(|text| Edit { range: range.clone(), text })
            .collect();
    }
    let end = if text[..front.start].ends_with("\r\n") { "\r\n" } else { "\n" };
    let line = line(*format, change);
    // Beside its like, and otherwise at the top, where no table has begun.
    let beside: &[&str] = match change {
        Change::Date(_) | Change::Draft(_) => &["to", "id"],
        Change::To(_) => &["id"],
    };
    let after = beside.iter().filter_map(|key| table.get(key)).map(|node| {
        let from = place(text, *format, node).end.max(front.start);
        text[from..front.end].find('\n').map_or(front.end, |newline| from + newline + 1)
    });
    after.chain([front.start]).map(|at| Edit { range: at..at, text: format!("{line}{end}") }).collect()
}

/// Writes the line of a key that isn't there.
fn line(format: Format, change: Change<'_>) -> String {
    let value = match change {
        Change::Date(date) => date.to_owned(),
        Change::Draft(draft) => draft.to_string(),
        Change::To(names) => format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    };
    match format {
        Format::Toml => format!("{} = {value}", change.key()),
        Format::Yaml => format!("{}: {value}", change.key()),
    }
}

/// Lists how the value may be written in the place of another, the likest first.
fn values(text: &str, format: Format, old: &Node<'_>, change: Change<'_>) -> Vec<String> {
    match change {
        Change::Draft(draft) => vec![draft.to_string()],
        Change::Date(date) => {
            let written = &text[old.span.range()];
            match written.chars().next() {
                Some(quote @ ('"' | '\'')) if matches!(old.value, Value::Text(_)) => {
                    vec![format!("{quote}{date}{quote}"), date.to_owned()]
                }
                _ => vec![date.to_owned(), quoted(date)],
            }
        }
        Change::To(names) => lists(text, format, old, names),
    }
}

fn lists(text: &str, format: Format, old: &Node<'_>, names: &[&str]) -> Vec<String> {
    let all_quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    let on_one_line = format!("[{}]", all_quoted.join(", "));
    let written = &text[place(text, format, old)];
    let end = if written.contains("\r\n") { "\r\n" } else { "\n" };
    // What stands before the first item on its line: the indent of all.
    let indent = |node: &Node<'_>| {
        let start = text[..node.span.range().start].rfind('\n').map_or(0, |newline| newline + 1);
        text[start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect::<String>()
    };
    let Value::List(items) = &old.value else { return vec![on_one_line] };
    let is_bare = |item: &Node<'_>| !text[item.span.range()].starts_with(['"', '\'']);
    let bare = format == Format::Yaml && !items.is_empty() && items.iter().all(is_bare);
    let bare_names = || names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut ways = Vec::new();
    if written.starts_with('[') {
        for names in bare.then(bare_names).into_iter().chain([all_quoted]) {
            if let Some(first) = items.first().filter(|_| written.contains('\n')) {
                let indent = indent(first);
                let outer = indent_of_last_line(written);
                let lines: Vec<String> = names.iter().map(|name| format!("{indent}{name},{end}")).collect();
                ways.push(format!("[{end}{}{outer}]", lines.concat()));
            }
            ways.push(format!("[{}]", names.join(", ")));
        }
    } else if let Some(first) = items.first() {
        // A block of YAML: each item on a line with a dash.
        let indent = indent(first);
        for names in bare.then(bare_names).into_iter().chain([all_quoted]) {
            ways.push(names.iter().map(|name| format!("- {name}")).collect::<Vec<_>>().join(&format!("{end}{indent}")));
        }
    }
    ways.push(on_one_line);
    ways
}

fn indent_of_last_line(written: &str) -> &str {
    let last = written.rsplit('\n').next().unwrap_or_default();
    &last[..last.len() - last.trim_start().len()]
}

/// Quotes a text that has nothing to escape.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Returns where a value stands, whole: of a list, YAML's reader tells the beginning alone.
fn place(text: &str, format: Format, node: &Node<'_>) -> Range<usize> {
    let span = node.span.range();
    let (Format::Yaml, Value::List(items)) = (format, &node.value) else { return span };
    let last = items.last().map_or(span.start, |item| item.span.range().end).max(span.start);
    if text[span.start..].starts_with('[') {
        return span.start..text[last..].find(']').map_or(last, |bracket| last + bracket + 1);
    }
    let first = items.first().map_or(span.start, |item| item.span.range().start);
    text[..first].rfind('-').unwrap_or(first)..last
}

/// Returns whether there is a comment between the items of a list.
fn hides_a_comment(text: &str, cut: &Cut, node: &Node<'_>) -> bool {
    let (Value::List(items), Some((format, _))) = (&node.value, &cut.front) else { return false };
    let Range { start: mut at, end } = place(text, *format, node);
    let items = items.iter().map(|item| item.span.range()).chain(std::iter::once(end..end));
    items.into_iter().any(|item| {
        let gap = text.get(at..item.start).unwrap_or_default();
        at = item.end;
        gap.contains('#')
    })
}

/// Returns whether two tables say the same of everything but one key.
fn is_same_but(before: &Table<'_>, after: &Table<'_>, key: &str) -> bool {
    let without = |table: &Table<'_>| table.entries.iter().filter(|entry| entry.key.value != key).count();
    let others = before.entries.iter().filter(|entry| entry.key.value != key);
    without(before) == without(after)
        && others.into_iter().all(|entry| after.get(&entry.key.value).is_some_and(|node| is_same(&entry.value, node)))
}

/// Returns whether two values are the same, wherever they stand.
fn is_same(a: &Node<'_>, b: &Node<'_>) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Table(a), Value::Table(b)) => {
            let has = |entry: &crate::config::Entry<'_>| {
                b.get(&entry.key.value).is_some_and(|node| is_same(&entry.value, node))
            };
            a.entries.len() == b.entries.len() && a.entries.iter().all(has)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests;
