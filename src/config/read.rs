//! Taking one kind of value out of a [`Node`], or saying that it is another.

use super::{
    codes,
    keys::shown,
    lexical::is_language,
    parse_duration,
    value::{Node, Table, Value},
};
use crate::diag::{Diagnostic, Span, Spanned, TextEdit, did_you_mean};
use std::{borrow::Cow, time::Duration};

/// Makes the finding about a value of the wrong type.
pub(crate) fn wrong_type(key: &str, node: &Node<'_>, expected: &str) -> Diagnostic {
    let found = node.value.describe();
    let message = match node.value {
        Value::Null => format!("`{key}` is empty"),
        _ => format!("`{key}` holds {found}"),
    };
    Diagnostic::new(&codes::WRONG_TYPE, node.span, message).help(format!("write {expected}"))
}

/// Makes the finding about a value of a form that the key can't have.
pub(crate) fn bad_value(span: Span, message: impl Into<Box<str>>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_VALUE, span, message)
}

/// Takes a text.
pub(crate) fn text<'a>(key: &str, node: Node<'a>, out: &mut Vec<Diagnostic>) -> Option<Spanned<Cow<'a, str>>> {
    match node.value {
        Value::Text(text) => Some(Spanned::new(text, node.span)),
        _ => {
            out.push(wrong_type(key, &node, "a text in quotes"));
            None
        }
    }
}

/// Takes a text that holds something.
pub(crate) fn full_text(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let text = text(key, node, out)?;
    if text.value.trim().is_empty() {
        out.push(bad_value(text.span, format!("`{key}` is empty")).help("write a text, or delete the line"));
        return None;
    }
    Some(text.map(Cow::into_owned))
}

/// Takes true or false.
pub(crate) fn flag(key: &str, node: &Node<'_>, out: &mut Vec<Diagnostic>) -> Option<bool> {
    match &node.value {
        Value::Flag(flag) => Some(*flag),
        _ => {
            out.push(wrong_type(key, node, "true or false, without quotes"));
            None
        }
    }
}

/// Takes a whole number between two, both included.
pub(crate) fn integer(key: &str, node: &Node<'_>, (min, max): (i64, i64), out: &mut Vec<Diagnostic>) -> Option<i64> {
    match &node.value {
        Value::Integer(number) if (min..=max).contains(number) => Some(*number),
        Value::Integer(number) => {
            out.push(
                bad_value(node.span, format!("`{key}` can't be {number}"))
                    .help(format!("write a whole number from {min} to {max}")),
            );
            None
        }
        _ => {
            out.push(wrong_type(key, node, &format!("a whole number from {min} to {max}, without quotes")));
            None
        }
    }
}

/// Takes one of some words.
pub(crate) fn one_of(
    key: &str,
    node: Node<'_>,
    words: &[&'static str],
    out: &mut Vec<Diagnostic>,
) -> Option<&'static str> {
    let text = text(key, node, out)?;
    let found = words.iter().find(|word| **word == text.value);
    if found.is_none() {
        out.push(no_such_word(key, &text, words));
    }
    found.copied()
}

/// Makes the finding about a word that isn't one of those that a key takes.
pub(crate) fn no_such_word(key: &str, text: &Spanned<Cow<'_, str>>, words: &[&'static str]) -> Diagnostic {
    let finding = bad_value(text.span, format!("`{key}` can't be `{}`", shown(&text.value)));
    match did_you_mean(&text.value, words.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")).fix(
            format!("replace it with `{near}`"),
            vec![TextEdit { span: text.span, text: format!("\"{near}\"").into() }],
        ),
        None => {
            let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            finding.help(format!("write one of {}", all.join(", ")))
        }
    }
}

/// Takes a list of texts; a single text is a list of one. Items of another type are told and left out.
pub(crate) fn texts<'a>(key: &str, node: Node<'a>, out: &mut Vec<Diagnostic>) -> Option<Vec<Spanned<Cow<'a, str>>>> {
    match node.value {
        Value::Text(text) => Some(vec![Spanned::new(text, node.span)]),
        Value::List(items) => {
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                match item.value {
                    Value::Text(text) => all.push(Spanned::new(text, item.span)),
                    _ => out.push(wrong_type(key, &item, "texts in quotes").label("not a text")),
                }
            }
            Some(all)
        }
        _ => {
            out.push(wrong_type(key, &node, "a list of texts, as in [\"one\", \"two\"]"));
            None
        }
    }
}

/// Takes a duration.
pub(crate) fn duration(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<Duration>> {
    if let Value::Integer(_) = node.value {
        out.push(wrong_type(key, &node, "a number with its unit in quotes, such as \"24h\""));
        return None;
    }
    let text = text(key, node, out)?;
    let Some(duration) = parse_duration(&text.value) else {
        out.push(
            bad_value(text.span, format!("`{}` isn't a duration", shown(&text.value)))
                .help("write whole numbers with `s`, `m`, `h`, `d` or `w`, such as \"90m\", \"24h\" or \"2d\""),
        );
        return None;
    };
    Some(Spanned::new(duration, text.span))
}

/// Takes a table.
pub(crate) fn table<'a>(key: &str, node: Node<'a>, out: &mut Vec<Diagnostic>) -> Option<Table<'a>> {
    match node.value {
        Value::Table(table) => Some(table),
        _ => {
            out.push(wrong_type(key, &node, "a table"));
            None
        }
    }
}

/// Reads a language tag.
pub(crate) fn language(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let tag = text(key, node, out)?;
    if is_language(&tag.value) {
        return Some(tag.value.into_owned());
    }
    let finding = bad_value(tag.span, format!("`{}` isn't a language tag", shown(&tag.value)));
    let mended = tag.value.replace('_', "-");
    out.push(if is_language(&mended) {
        finding.help(format!("did you mean `{mended}`?"))
    } else {
        finding.help("write a BCP 47 tag, such as `en` or `pt-BR`")
    });
    None
}
