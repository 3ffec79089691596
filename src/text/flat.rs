/// A text as a network shows it: characters, and ranges that mean something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flat {
    /// The characters.
    pub text: String,
    /// Links, tags and mentions, in order, not overlapping, on character boundaries.
    pub ranges: Vec<Range>,
    /// How stretches are set, in order of their start, nested and never crossing, the outer one first; none unless the
    /// [`Dialect`](super::Dialect) has styles.
    pub styles: Vec<Styled>,
    /// Pairs of positions, both ascending: from this byte of `text` on, the source starts at that byte of the file.
    /// For pointing at the place in the file where a limit is passed.
    pub anchors: Vec<(u32, u32)>,
}

/// A stretch of a [`Flat`] text that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte in UTF-8.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it means.
    pub kind: RangeKind,
}

/// What a stretch of text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeKind {
    /// It leads to a web address.
    Link {
        /// The address, exactly as written.
        url: String,
    },
    /// It is a tag; the range includes the `#`.
    Tag {
        /// The tag, without the `#`.
        tag: String,
    },
    /// It mentions somebody; the range includes the `@`.
    Mention {
        /// The handle, without the first `@`.
        handle: String,
    },
}

/// A stretch of a [`Flat`] text that is set in a style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styled {
    /// The first byte in UTF-8.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// How.
    pub style: Style,
}

/// How a stretch of text is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Strongly, as `**this**`.
    Strong,
    /// With emphasis, as `*this*`.
    Emphasis,
    /// Struck out, as `~~this~~`.
    Strike,
    /// As code within a line.
    Code,
    /// As lines of code.
    CodeBlock {
        /// The first word behind the fence.
        language: Option<String>,
    },
    /// As words of somebody else.
    Quote,
    /// As a heading.
    Heading {
        /// From 1 to 6.
        level: u8,
    },
}

impl Style {
    /// Returns its stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Emphasis => "emphasis",
            Self::Strike => "strike",
            Self::Code => "code",
            Self::CodeBlock { .. } => "code-block",
            Self::Quote => "quote",
            Self::Heading { .. } => "heading",
        }
    }

    /// Returns the language of code or the level of a heading; empty for the others.
    pub fn value(&self) -> String {
        match self {
            Self::CodeBlock { language } => language.clone().unwrap_or_default(),
            Self::Heading { level } => level.to_string(),
            Self::Strong | Self::Emphasis | Self::Strike | Self::Code | Self::Quote => String::new(),
        }
    }
}

impl RangeKind {
    /// Returns the stable word for what kind it is.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Link { .. } => "link",
            Self::Tag { .. } => "tag",
            Self::Mention { .. } => "mention",
        }
    }

    /// Returns the address, tag or handle.
    pub fn value(&self) -> &str {
        match self {
            Self::Link { url } => url,
            Self::Tag { tag } => tag,
            Self::Mention { handle } => handle,
        }
    }
}

impl Flat {
    /// Returns the byte of the source file that a byte of the text came from, as nearly as is known.
    pub fn source_of(&self, position: usize) -> Option<usize> {
        let at = self.anchors.partition_point(|(flat, _)| *flat as usize <= position).checked_sub(1)?;
        let (flat, source) = self.anchors[at];
        Some(source as usize + (position - flat as usize))
    }

    /// Cuts the text off, and with it what stands behind the cut.
    pub(super) fn truncate(&mut self, end: usize) {
        if end >= self.text.len() {
            return;
        }
        self.text.truncate(end);
        while let Some(last) = self.ranges.last_mut().filter(|last| last.end > end) {
            if last.start < end {
                last.end = end;
            } else {
                self.ranges.pop();
            }
        }
        self.styles.retain(|style| style.start < end);
        self.styles.iter_mut().for_each(|style| style.end = style.end.min(end));
        while self.anchors.last().is_some_and(|(flat, _)| *flat as usize >= end) {
            self.anchors.pop();
        }
    }
}
