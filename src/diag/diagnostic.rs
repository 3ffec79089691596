use super::{Code, FileId, Level, Span};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind it is.
    pub code: &'static Code,
    /// The level after configuration and silencing.
    pub level: Level,
    /// What is wrong: a lowercase fragment, names in backticks, no full stop.
    pub message: Box<str>,
    /// The place it is about. Its label may be empty.
    pub primary: Label,
    /// Other places that explain it.
    pub others: Vec<Label>,
    /// What to do, in the imperative; may be empty.
    pub help: Option<Box<str>>,
    /// A change that mends it, if a machine can know one.
    pub fix: Option<Box<Fix>>,
    /// Whether the place holds a secret, which no rendering may show, whatever it is rendered for.
    pub masked: bool,
}

/// A place and what to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words; may be empty.
    pub text: Box<str>,
}

/// A mend that a machine can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: Box<str>,
    /// The edits, which don't overlap.
    pub edits: Vec<TextEdit>,
}

/// Replaces the text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub text: Box<str>,
}

impl Diagnostic {
    /// Starts a finding at its code's usual level.
    pub fn new(code: &'static Code, span: Span, message: impl Into<Box<str>>) -> Self {
        Self {
            code,
            level: code.level,
            message: message.into(),
            primary: Label { span, text: "".into() },
            others: Vec::new(),
            help: None,
            fix: None,
            masked: false,
        }
    }

    /// Says something of the place itself.
    #[must_use]
    pub fn label(mut self, text: impl Into<Box<str>>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<Box<str>>) -> Self {
        self.others.push(Label { span, text: text.into() });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<Box<str>>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Offers a mend.
    #[must_use]
    pub fn fix(mut self, title: impl Into<Box<str>>, edits: Vec<TextEdit>) -> Self {
        self.fix = Some(Box::new(Fix { title: title.into(), edits }));
        self
    }

    /// Keeps the text at the place out of every rendering.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.masked = true;
        self
    }

    /// Returns the key that findings are sorted by: the place, then the code, then the message.
    pub fn sort_key(&self) -> (FileId, u32, u32, &'static str, &str) {
        let span = self.primary.span;
        (span.file, span.start, span.end, self.code.name, &self.message)
    }

    /// Returns whether it stops publishing.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}
