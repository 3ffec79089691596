use super::{Style, printable};
use anstyle::{AnsiColor, Effects};

/// What a colour means in tables and lists. Nothing is said by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it is.
    Plain,
    /// It went well, or will.
    Good,
    /// It deserves a look.
    Warn,
    /// It went wrong.
    Bad,
    /// It stands out.
    Accent,
    /// It is of less interest.
    Dim,
}

impl Tone {
    /// Writes a text in this tone, made safe for a terminal first.
    pub(super) fn paint(self, style: &Style, text: &str) -> String {
        let text = printable(text);
        let look = match self {
            Self::Plain => return text.into_owned(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default() | Effects::BOLD,
            Self::Accent => AnsiColor::Cyan.on_default(),
            Self::Dim => anstyle::Style::new().dimmed(),
        };
        if style.color { format!("{look}{text}{look:#}") } else { text.into_owned() }
    }
}
