use crate::diag::Spanned;
use std::borrow::Cow;

/// A value and where it was written.
pub(crate) type Node<'a> = Spanned<Value<'a>>;

/// What TOML and YAML both become before anything is read from it, so that each key has one reader.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// Nothing was written after the key (YAML only).
    Null,
    /// True or false.
    Flag(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other number, as written.
    Number(Cow<'a, str>),
    /// A date or time, as written (TOML only; YAML gives texts).
    Date(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// A table.
    Table(Table<'a>),
}

/// Keys and their values, in the order of writing, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table<'a> {
    /// The entries.
    pub entries: Vec<Entry<'a>>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'a> {
    /// The key.
    pub key: Spanned<Cow<'a, str>>,
    /// The value.
    pub value: Node<'a>,
}

impl Value<'_> {
    /// Returns what it is, with its article, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Flag(_) => "true or false",
            Self::Integer(_) | Self::Number(_) => "a number",
            Self::Date(_) => "a date",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl<'a> Table<'a> {
    /// Returns the value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }
}
