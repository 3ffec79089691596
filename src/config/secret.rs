//! Where a secret is kept, as `token` and `key` say; never the secret.

use super::{
    codes,
    lexical::{is_name, strip_scheme},
    value::{Node, Value},
};
use crate::{
    diag::{Diagnostic, Span, Spanned},
    model::SecretRef,
};
use serde_json::{Value as Json, json};

/// The places that a key may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinds {
    /// All.
    All,
    /// All but the vault: what opens it, and what is needed before it is opened.
    Outside,
}

impl Kinds {
    const fn words(self) -> &'static str {
        match self {
            Self::All => {
                "write `env:NAME`, `file:PATH`, `command:PROGRAM` or `vault:NAME`; if a secret stood there, revoke it: what \
                 was committed stays in the history"
            }
            Self::Outside => {
                "write `env:NAME`, `file:PATH` or `command:PROGRAM`; if a secret stood there, revoke it: what was committed \
                 stays in the history"
            }
        }
    }
}

/// A key that says where a secret is kept.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    /// The key.
    pub key: &'s str,
    /// Whose it is, for people.
    pub owner: &'s str,
    /// What it may name.
    pub kinds: Kinds,
    /// Where a finding may stand without showing the secret.
    pub safe: Span,
}

/// Makes the schema of a place.
pub(super) fn schema(kinds: Kinds) -> Json {
    let pattern = match kinds {
        Kinds::All => "^(env|file|command|vault):.",
        Kinds::Outside => "^(env|file|command):.",
    };
    json!({ "type": "string", "pattern": pattern })
}

/// Reads where a secret is kept. Findings stand at the safe place, since what is written may be the secret itself.
pub(super) fn reference(node: Node<'_>, place: Place<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<SecretRef>> {
    let Place { key, owner, kinds, safe } = place;
    let span = node.span;
    let mut refuse = |problem: &str, help: &str| {
        out.push(Diagnostic::new(&codes::SECRET_IN_CONFIG, safe, format!("`{key}` of {owner} {problem}")).help(help));
        None
    };
    let Value::Text(text) = node.value else {
        return refuse("isn't a text", &format!("write where the secret is kept, such as `{key} = \"env:NAME\"`"));
    };
    let reference = if let Some(name) = strip_scheme(&text, "env:") {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(allowed) || name.as_bytes()[0].is_ascii_digit() {
            let help = "write letters, digits and `_` after `env:`, such as `env:BRAND_TOKEN`";
            return refuse("doesn't name an environment variable", help);
        }
        SecretRef::Env(name.to_owned())
    } else if let Some(path) = strip_scheme(&text, "file:") {
        if path.trim().is_empty() || path.contains(char::is_control) {
            return refuse("doesn't name a file", "write a path after `file:`, from the workspace's root");
        }
        SecretRef::File(path.to_owned())
    } else if let Some(command) = strip_scheme(&text, "command:") {
        match split_command(command) {
            Some(words) if !words.is_empty() => SecretRef::Command(words),
            _ => {
                let help = "write a program and its arguments after `command:`, with quotes closed";
                return refuse("isn't a command that can be run", help);
            }
        }
    } else if let Some(name) = strip_scheme(&text, "vault:").filter(|_| kinds == Kinds::All) {
        if !is_name(name) {
            let help =
                "write lowercase letters, digits, `_` and `-` after `vault:`, as `masthead vault list` shows them";
            return refuse("doesn't name a secret of the vault", help);
        }
        SecretRef::Vault(name.to_owned())
    } else {
        return refuse("doesn't say where the secret is kept", kinds.words());
    };
    Some(Spanned::new(reference, span))
}

/// Splits a command into words. Quotes keep blanks together; nothing is expanded, since no shell runs.
fn split_command(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Returns where a finding about a secret stands. A secret is never shown, and a renderer shows the whole line of a finding:
/// so it is the table's header, unless that is on the same line.
pub(super) fn safe_place(header: Span, key: Span, text: &str) -> Span {
    let (from, to) = (header.range().end.min(key.range().start), header.range().start.max(key.range().start));
    let same_line = !text.get(from..to).unwrap_or_default().contains('\n');
    if same_line { Span { start: 0, end: 0, ..header } } else { header }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_people_expect_without_a_shell() {
        let words = |command| split_command(command).map(|words| words.join("|"));
        assert_eq!(words("pass show a").as_deref(), Some("pass|show|a"));
        assert_eq!(words(" get 'a b' \"c d\"e ''").as_deref(), Some("get|a b|c de|"));
        assert_eq!(words("$HOME ; rm").as_deref(), Some("$HOME|;|rm"));
        assert_eq!(words("open 'quote"), None);
    }
}
