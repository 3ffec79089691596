use crate::report::Style;
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use std::{
    cell::RefCell,
    io::{self, IsTerminal as _, Write as _},
};

/// The only place that prints: data to stdout, everything else to stderr.
#[derive(Debug)]
pub struct Ui {
    /// How much is said.
    pub volume: Volume,
    /// Whether stdout takes colour.
    pub stdout_color: bool,
    /// Whether stderr takes colour.
    pub stderr_color: bool,
    /// Whether stderr is a terminal, so that progress may be redrawn.
    pub interactive: bool,
    /// The width of the terminal, in columns.
    pub width: usize,
    /// What is drawn at the bottom of the terminal now; it steps aside for whatever else is printed.
    bar: RefCell<Option<ProgressBar>>,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volume {
    /// Errors only.
    Quiet,
    /// What a person wants to know.
    #[default]
    Normal,
    /// Also what was asked of whom.
    Verbose,
}

impl Ui {
    /// Looks at the terminal and the environment (`NO_COLOR`, `CLICOLOR_FORCE`, `COLUMNS`).
    pub fn new(volume: Volume, color: Option<ColorChoice>) -> Self {
        if let Some(choice) = color {
            choice.write_global();
        }
        let takes_color = |choice: ColorChoice| choice != ColorChoice::Never;
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self {
            volume,
            stdout_color: takes_color(AutoStream::choice(&io::stdout())),
            stderr_color: takes_color(AutoStream::choice(&io::stderr())),
            interactive: io::stderr().is_terminal(),
            width: width.unwrap_or(100).clamp(40, 140),
            bar: RefCell::new(None),
        }
    }

    /// Draws a bar below what is printed, or takes it away.
    pub(super) fn draw(&self, bar: Option<ProgressBar>) {
        if let Some(old) = self.bar.replace(bar) {
            old.finish_and_clear();
        }
    }

    /// Prints while nothing else is drawn.
    fn undisturbed(&self, print: impl FnOnce() -> io::Result<()>) {
        // A reader that has gone away, as `head` does, is no error.
        let _ = match self.bar.borrow().as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        };
    }

    /// Returns how results on stdout are written.
    pub fn style(&self) -> Style {
        Style { color: self.stdout_color, width: self.width }
    }

    /// Returns how findings on stderr are written.
    pub fn stderr_style(&self) -> Style {
        Style { color: self.stderr_color, width: self.width }
    }

    /// Writes data to stdout.
    pub fn data(&self, text: &str) {
        self.undisturbed(|| io::stdout().lock().write_all(text.as_bytes()));
    }

    /// Writes findings to stderr as they are; they are the result and stay under `--quiet`.
    pub fn findings(&self, text: &str) {
        self.undisturbed(|| io::stderr().lock().write_all(text.as_bytes()));
    }

    /// Says something that a person wants to know.
    pub fn status(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.line(text);
        }
    }

    /// Says something that helps to find out why.
    pub fn detail(&self, text: &str) {
        if self.volume >= Volume::Verbose {
            self.line(text);
        }
    }

    /// Says what to do, after something else was said.
    pub fn hint(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.line(&format!("{} {text}", self.paint(anstyle::AnsiColor::Cyan, "hint:")));
        }
    }

    /// Says that something may be wrong.
    pub fn warning(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.line(&format!("{} {text}", self.paint(anstyle::AnsiColor::Yellow, "warning:")));
        }
    }

    /// Says what went wrong.
    pub fn error(&self, text: &str) {
        self.line(&format!("{} {text}", self.paint(anstyle::AnsiColor::Red, "error:")));
    }

    fn paint(&self, color: anstyle::AnsiColor, word: &str) -> String {
        if self.stderr_color {
            let style = color.on_default() | anstyle::Effects::BOLD;
            format!("{style}{word}{style:#}")
        } else {
            word.to_owned()
        }
    }

    fn line(&self, text: &str) {
        self.undisturbed(|| {
            let mut stderr = io::stderr().lock();
            stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n"))
        });
    }
}
