use super::{Media, Person};
use crate::diag::Span;
use std::sync::Arc;

/// Copy: what was written between two copy headings, cut at thematic breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The parts of the thread, in order; at least one, which may be empty.
    pub parts: Vec<Part>,
}

/// One part of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its blocks, in order; shared with the drafts that are made of them.
    pub blocks: Arc<[Block]>,
    /// Where it stands, without the breaks around it.
    pub span: Span,
}

/// A block of Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph. One that holds nothing but media is how media is attached.
    Paragraph {
        /// Its content.
        content: Vec<Inline>,
        /// Where it stands.
        span: Span,
    },
    /// A heading of level 1 to 6 that is no copy heading.
    Heading {
        /// The level, 1 to 6.
        level: u8,
        /// Its content.
        content: Vec<Inline>,
        /// Where it stands.
        span: Span,
    },
    /// A code block.
    Code {
        /// The first word of the info string.
        language: Option<String>,
        /// The code, with its final newline.
        text: String,
        /// Where it stands, fences included.
        span: Span,
    },
    /// A block quote.
    Quote {
        /// What is quoted.
        blocks: Vec<Self>,
        /// Where it stands.
        span: Span,
    },
    /// A list.
    List {
        /// The first number of an ordered list.
        start: Option<u64>,
        /// The items. A tight item holds one paragraph, perhaps with a list after it.
        items: Vec<Vec<Self>>,
        /// Where it stands.
        span: Span,
    },
    /// A table.
    Table {
        /// The cells of the head.
        head: Vec<Vec<Inline>>,
        /// The cells of each row.
        rows: Vec<Vec<Vec<Inline>>>,
        /// Where it stands.
        span: Span,
    },
    /// Raw HTML, which no network is given as markup: it is shown as text.
    Html {
        /// As written.
        text: String,
        /// Where it stands.
        span: Span,
    },
    /// A rule: a thematic break that cuts no thread, because it stands inside another block or the parts were joined.
    Rule {
        /// Where it stands; of no length where two parts were joined.
        span: Span,
    },
}

/// Content of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Plain text, entities and escapes resolved.
    Text {
        /// The text.
        text: String,
        /// Where it stands; as long as the text unless escapes or entities were resolved.
        span: Span,
    },
    /// `code`.
    Code {
        /// The code.
        text: String,
        /// Where it stands, backticks included.
        span: Span,
    },
    /// *Emphasis*.
    Emphasis(Vec<Self>),
    /// **Strong**.
    Strong(Vec<Self>),
    /// ~~Struck out~~.
    Strike(Vec<Self>),
    /// A link: written as one, an autolink, or a bare `http(s)` URL in text.
    Link {
        /// The target, exactly as written (escapes and entities resolved).
        url: String,
        /// The text; for an autolink or bare URL, the URL itself.
        content: Vec<Self>,
        /// Whether the text is the URL itself.
        bare: bool,
        /// Where it stands.
        span: Span,
    },
    /// An image or video: attached on social networks, in place on blogs.
    Media(Media),
    /// `@key` of someone in `[people]`.
    Person {
        /// Who.
        person: Arc<Person>,
        /// Where it stands.
        span: Span,
    },
    /// `@handle` as written, of nobody in `[people]`: `user`, `user@host` or `name.example`, without the first `@`.
    Mention {
        /// The handle.
        handle: String,
        /// Where it stands.
        span: Span,
    },
    /// `#tag`, without the `#`.
    Tag {
        /// The tag.
        tag: String,
        /// Where it stands.
        span: Span,
    },
    /// A line end in the source that is no break of its own: a space on blogs, a line end on social networks.
    SoftBreak,
    /// A line break.
    HardBreak,
    /// Raw HTML, shown as text.
    Html {
        /// As written.
        text: String,
        /// Where it stands.
        span: Span,
    },
}

impl Part {
    /// Returns the media of this part, in order.
    pub fn media(&self) -> Vec<&Media> {
        let mut found = Vec::new();
        for block in &*self.blocks {
            block.collect_media(&mut found);
        }
        found
    }
}

/// Changes all images and videos in blocks, in order.
pub fn change_media(blocks: &mut [Block], change: &mut dyn FnMut(&mut Media)) {
    for block in blocks {
        match block {
            Block::Paragraph { content, .. } | Block::Heading { content, .. } => change_inlines(content, change),
            Block::Quote { blocks, .. } => change_media(blocks, change),
            Block::List { items, .. } => items.iter_mut().for_each(|item| change_media(item, change)),
            Block::Table { head, rows, .. } => {
                head.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| change_inlines(cell, change));
            }
            Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
        }
    }
}

fn change_inlines(content: &mut [Inline], change: &mut dyn FnMut(&mut Media)) {
    for inline in content {
        if let Inline::Media(media) = inline {
            change(media);
        }
        change_inlines(inline.content_mut(), change);
    }
}

impl Block {
    /// Returns where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Paragraph { span, .. }
            | Self::Heading { span, .. }
            | Self::Code { span, .. }
            | Self::Quote { span, .. }
            | Self::List { span, .. }
            | Self::Table { span, .. }
            | Self::Html { span, .. }
            | Self::Rule { span } => *span,
        }
    }

    fn collect_media<'a>(&'a self, found: &mut Vec<&'a Media>) {
        match self {
            Self::Paragraph { content, .. } | Self::Heading { content, .. } => Inline::collect_media(content, found),
            Self::Quote { blocks, .. } => blocks.iter().for_each(|block| block.collect_media(found)),
            Self::List { items, .. } => items.iter().flatten().for_each(|block| block.collect_media(found)),
            Self::Table { head, rows, .. } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| Inline::collect_media(cell, found));
            }
            Self::Code { .. } | Self::Html { .. } | Self::Rule { .. } => {}
        }
    }
}

impl Inline {
    /// Returns what it encloses.
    pub fn content(&self) -> &[Self] {
        match self {
            Self::Emphasis(content) | Self::Strong(content) | Self::Strike(content) | Self::Link { content, .. } => {
                content
            }
            Self::Text { .. }
            | Self::Code { .. }
            | Self::Person { .. }
            | Self::Mention { .. }
            | Self::Tag { .. }
            | Self::Media(_)
            | Self::SoftBreak
            | Self::HardBreak
            | Self::Html { .. } => &[],
        }
    }

    /// Returns what it encloses, to be changed.
    pub fn content_mut(&mut self) -> &mut [Self] {
        match self {
            Self::Emphasis(content) | Self::Strong(content) | Self::Strike(content) | Self::Link { content, .. } => {
                content
            }
            Self::Text { .. }
            | Self::Code { .. }
            | Self::Person { .. }
            | Self::Mention { .. }
            | Self::Tag { .. }
            | Self::Media(_)
            | Self::SoftBreak
            | Self::HardBreak
            | Self::Html { .. } => &mut [],
        }
    }

    fn collect_media<'a>(content: &'a [Self], found: &mut Vec<&'a Media>) {
        for inline in content {
            if let Self::Media(media) = inline {
                found.push(media);
            }
            Self::collect_media(inline.content(), found);
        }
    }
}
