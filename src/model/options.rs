use super::{NetworkId, SecretRef};
use crate::diag::{Span, Spanned};

/// A key that a network's table may hold, as data: the parser, the editor's schema and the docs all read this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// The key.
    pub key: &'static str,
    /// What it holds.
    pub kind: OptionKind,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// Any text.
    Text,
    /// An `http` or `https` address.
    Url,
    /// True or false.
    Flag,
    /// A whole number between two, both included.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    List,
    /// A list of some of these words.
    ListOf(&'static [&'static str]),
    /// Where something is kept that the workspace doesn't hold, written as `token` is. For accounts alone.
    Secret,
}

/// A value that fits its [`OptionSpec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// For `Text`, `Url` and `OneOf`.
    Text(String),
    /// For `Flag`.
    Flag(bool),
    /// For `Integer`.
    Integer(i64),
    /// For `List` and `ListOf`.
    List(Vec<String>),
    /// For `Secret`.
    Secret(SecretRef),
}

/// The options of one network for one post or account, validated against its specs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Vec<(&'static str, Spanned<OptionValue>)>);

impl Options {
    /// Sets an option; a later value wins over an earlier one.
    pub fn set(&mut self, key: &'static str, value: Spanned<OptionValue>) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Returns a text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns a flag.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key) {
            Some(OptionValue::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Returns a number.
    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(OptionValue::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// Returns a list; empty if it isn't set.
    pub fn list(&self, key: &str) -> &[String] {
        match self.get(key) {
            Some(OptionValue::List(list)) => list,
            _ => &[],
        }
    }

    /// Returns where a secret is kept.
    pub fn secret(&self, key: &str) -> Option<&SecretRef> {
        match self.get(key) {
            Some(OptionValue::Secret(secret)) => Some(secret),
            _ => None,
        }
    }

    /// Returns where an option is written.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| value.span)
    }

    /// Iterates in the order of writing.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.0.iter().map(|(key, value)| (*key, &value.value))
    }

    fn get(&self, key: &str) -> Option<&OptionValue> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| &value.value)
    }
}

/// What parsing must know of a network: enough for `config` and `content` without importing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    /// Its name.
    pub id: NetworkId,
    /// The keys of its table in a post.
    pub post_options: &'static [OptionSpec],
    /// The keys of its accounts beyond the common ones.
    pub account_options: &'static [OptionSpec],
    /// Whether people let us in through an application, by OAuth.
    pub login: bool,
}
