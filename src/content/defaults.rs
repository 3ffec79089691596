use super::front::{Front, Owner, front};
use crate::{
    config::{Config, Fragment, codes as shared, read_toml},
    diag::{Diagnostic, FileId, Span},
};

/// The most bytes of a `_defaults.toml`.
const MAX_BYTES: usize = 64 * 1024;

/// What the posts below a folder have in common: one `_defaults.toml`, or several laid over each other.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    front: Front,
    /// Whether there is anything to fill in; most workspaces have no defaults, and most posts are many.
    says_something: bool,
}

impl Defaults {
    /// Lays those of a deeper folder over these: what the deeper ones say wins, key by key.
    #[must_use]
    pub fn below(&self, deeper: &Self) -> Self {
        let mut joined = deeper.clone();
        joined.front.inherit(&self.front);
        joined.says_something |= self.says_something;
        joined
    }

    /// Fills in what a post doesn't say.
    pub(super) fn fill(&self, post: &mut Front) {
        if self.says_something {
            post.inherit(&self.front);
        }
    }
}

/// Reads a `_defaults.toml`. Its mistakes are told here, once, and not again for each post below.
pub fn parse_defaults(file: FileId, text: &str, config: &Config) -> (Option<Defaults>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    if text.len() > MAX_BYTES {
        let message = format!("the defaults have {} bytes", text.len());
        out.push(
            Diagnostic::new(&shared::FILE_TOO_LARGE, Span::new(file, 0..0), message).help("keep them under 64 KiB"),
        );
        return (None, out);
    }
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let (table, clean) = read_toml(Fragment { file, text: &text[start..], start }, &mut out);
    if !clean {
        return (None, out);
    }
    let says_something = !table.entries.is_empty();
    (Some(Defaults { front: front(table, config, Owner::Defaults, &mut out), says_something }), out)
}
