use std::fmt;

/// How grave a finding is.
///
/// The order is that of gravity: `Level::Note < Level::Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing; never fails a run.
    Note,
    /// Probably a mistake; fails a run only with `--deny-warnings`.
    Warning,
    /// A mistake; the post can't be published.
    Error,
}

impl Level {
    /// Returns the word used in output and in `[check]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Parses the word used in `[check]`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::Note, Self::Warning, Self::Error].into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of finding: its name, its usual level and its whole story.
///
/// Codes are statics beside the code that reports them and are compared by [`Code::name`].
#[derive(Debug)]
pub struct Code {
    /// The stable kebab-case name, as in `masthead explain NAME`.
    pub name: &'static str,
    /// What it finds, in one lowercase line.
    pub summary: &'static str,
    /// The level unless `[check]` says otherwise.
    pub level: Level,
    /// Whether `[check]` and `[allow]` may lower it. What would break parsing or safety can't be silenced.
    pub fixed: bool,
    /// Markdown for `masthead explain`: why it matters, an example, how to mend it.
    pub explain: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Code {}
