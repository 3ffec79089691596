use crate::diag::Level;
use anstyle::{AnsiColor, Effects};

/// How text for a terminal may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether escape sequences for colour may be used.
    pub color: bool,
    /// How many columns there are.
    pub width: usize,
}

impl Style {
    /// No colour, 100 columns: for files, tests and pipes.
    pub const PLAIN: Self = Self { color: false, width: 100 };

    /// Writes a text in bold, if there is colour.
    pub fn bold(&self, text: &str) -> String {
        self.paint(text, anstyle::Style::new().bold())
    }

    /// Writes a text faintly, if there is colour.
    pub fn faint(&self, text: &str) -> String {
        self.paint(text, anstyle::Style::new().dimmed())
    }

    /// Writes a text in the colour of a level, if there is colour.
    pub fn level(&self, level: Level, text: &str) -> String {
        let color = match level {
            Level::Off => return text.to_owned(),
            Level::Note => AnsiColor::BrightGreen,
            Level::Warning => AnsiColor::Yellow,
            Level::Error => AnsiColor::BrightRed,
        };
        self.paint(text, color.on_default().effects(Effects::BOLD))
    }

    fn paint(&self, text: &str, style: anstyle::Style) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::PLAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_only_when_asked() {
        assert_eq!(Style::PLAIN.level(Level::Error, "error"), "error");
        let style = Style { color: true, width: 80 };
        assert_eq!(style.bold("x"), "\u{1b}[1mx\u{1b}[0m");
    }
}
