use super::{escape_html, url::is_safe};
use crate::model::{Block, Inline, Media, Person};
use std::fmt::{self, Write as _};

/// How blocks become HTML.
#[derive(Clone, Copy)]
pub struct HtmlOptions<'a> {
    /// Says how an image or video is shown; one that isn't known leaves its description.
    pub media: &'a dyn Fn(&Media) -> Option<Figure>,
    /// Says which address a person's name leads to, if any.
    pub person: &'a dyn Fn(&Person) -> Option<String>,
    /// How many levels headings go down, since the page around them has its own.
    pub heading_shift: u8,
}

/// An image or video on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The address, relative to the page or absolute.
    pub src: String,
    /// The width in pixels; 0 if unknown.
    pub width: u32,
    /// The height in pixels; 0 if unknown.
    pub height: u32,
    /// Whether it is a video.
    pub video: bool,
}

/// Writes blocks as HTML for networks with rich text, pages, mail and feeds.
///
/// It is well-formed XML as well, so that it may stand in Atom. Nothing that was written reaches it unescaped, raw HTML
/// is shown as text, and only `http`, `https` and `mailto` links lead anywhere.
pub fn html(blocks: &[Block], options: &HtmlOptions<'_>) -> String {
    let mut writer = Writer { out: String::new(), options, in_link: false };
    writer.blocks(blocks, Spacing::Loose);
    writer.out
}

impl fmt::Debug for HtmlOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlOptions").field("heading_shift", &self.heading_shift).finish_non_exhaustive()
    }
}

struct Writer<'a> {
    out: String,
    options: &'a HtmlOptions<'a>,
    /// Whether a link is open, in which there can't be another.
    in_link: bool,
}

/// Whether paragraphs have an element of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spacing {
    Loose,
    Tight,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Block], spacing: Spacing) {
        for block in blocks {
            self.block(block, spacing);
        }
    }

    fn block(&mut self, block: &Block, spacing: Spacing) {
        match block {
            Block::Paragraph { content, .. } => self.paragraph(content, spacing),
            Block::Heading { level, content, .. } => {
                let level = level.saturating_add(self.options.heading_shift).clamp(1, 6);
                self.put(format_args!("<h{level}>"));
                self.inlines(content);
                self.put(format_args!("</h{level}>\n"));
            }
            Block::Code { language, text, .. } => {
                self.out.push_str("<pre><code");
                if let Some(language) = language {
                    self.put(format_args!(" class=\"language-{}\"", escape_html(language)));
                }
                self.out.push('>');
                self.text(text);
                self.out.push_str("</code></pre>\n");
            }
            Block::Quote { blocks, .. } => {
                self.out.push_str("<blockquote>\n");
                self.blocks(blocks, Spacing::Loose);
                self.out.push_str("</blockquote>\n");
            }
            Block::List { start, items, .. } => self.list(*start, items),
            Block::Table { head, rows, .. } => self.table(head, rows),
            Block::Html { text, .. } => {
                self.out.push_str("<p>");
                self.text(text.trim_end());
                self.out.push_str("</p>\n");
            }
            Block::Rule { .. } => self.out.push_str("<hr />\n"),
        }
    }

    fn paragraph(&mut self, content: &[Inline], spacing: Spacing) {
        if content.iter().all(is_media_or_space) {
            for inline in content {
                if let Inline::Media(media) = inline {
                    self.figure(media);
                }
            }
        } else if spacing == Spacing::Tight {
            self.inlines(content);
        } else {
            self.out.push_str("<p>");
            self.inlines(content);
            self.out.push_str("</p>\n");
        }
    }

    fn figure(&mut self, media: &Media) {
        match (self.options.media)(media) {
            Some(figure) => {
                self.out.push_str("<figure>");
                self.medium(&figure, &media.alt);
                self.out.push_str("</figure>\n");
            }
            None if media.alt.trim().is_empty() => {}
            None => {
                self.out.push_str("<p>");
                self.text(&media.alt);
                self.out.push_str("</p>\n");
            }
        }
    }

    fn medium(&mut self, figure: &Figure, alt: &str) {
        let (src, alt) = (escape_html(&figure.src), escape_html(alt));
        match figure.video {
            true => self.put(format_args!("<video controls=\"controls\" preload=\"metadata\" src=\"{src}\"")),
            false => self.put(format_args!("<img src=\"{src}\" alt=\"{alt}\" loading=\"lazy\"")),
        }
        if figure.width > 0 && figure.height > 0 {
            self.put(format_args!(" width=\"{}\" height=\"{}\"", figure.width, figure.height));
        }
        match figure.video {
            true if alt.is_empty() => self.out.push_str("></video>"),
            true => self.put(format_args!(" aria-label=\"{alt}\">{alt}</video>")),
            false => self.out.push_str(" />"),
        }
    }

    fn list(&mut self, start: Option<u64>, items: &[Vec<Block>]) {
        let is_tight = items.iter().all(|item| {
            let paragraphs = item.iter().filter(|block| matches!(block, Block::Paragraph { .. })).count();
            paragraphs <= 1 && item.iter().all(|block| matches!(block, Block::Paragraph { .. } | Block::List { .. }))
        });
        let spacing = if is_tight { Spacing::Tight } else { Spacing::Loose };
        match start {
            None => self.out.push_str("<ul>\n"),
            Some(1) => self.out.push_str("<ol>\n"),
            Some(start) => self.put(format_args!("<ol start=\"{start}\">\n")),
        }
        for item in items {
            self.out.push_str("<li>");
            for (index, block) in item.iter().enumerate() {
                if index > 0 && !self.out.ends_with('\n') {
                    self.out.push('\n');
                }
                self.block(block, spacing);
            }
            self.out.push_str("</li>\n");
        }
        self.out.push_str(if start.is_some() { "</ol>\n" } else { "</ul>\n" });
    }

    fn table(&mut self, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) {
        self.out.push_str("<table>\n");
        if !head.is_empty() {
            self.out.push_str("<thead>\n");
            self.row(head, "th");
            self.out.push_str("</thead>\n");
        }
        if !rows.is_empty() {
            self.out.push_str("<tbody>\n");
            for row in rows {
                self.row(row, "td");
            }
            self.out.push_str("</tbody>\n");
        }
        self.out.push_str("</table>\n");
    }

    fn row(&mut self, cells: &[Vec<Inline>], element: &str) {
        self.out.push_str("<tr>");
        for cell in cells {
            self.put(format_args!("<{element}>"));
            self.inlines(cell);
            self.put(format_args!("</{element}>"));
        }
        self.out.push_str("</tr>\n");
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            self.inline(inline);
        }
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text { text, .. } | Inline::Html { text, .. } => self.text(text),
            Inline::Code { text, .. } => self.put(format_args!("<code>{}</code>", escape_html(text))),
            Inline::Emphasis(content) => self.element("em", content),
            Inline::Strong(content) => self.element("strong", content),
            Inline::Strike(content) => self.element("del", content),
            Inline::Link { url, content, .. } => self.link(url, content),
            Inline::Media(media) => match (self.options.media)(media) {
                Some(figure) => self.medium(&figure, &media.alt),
                None => self.text(&media.alt),
            },
            Inline::Person { person, .. } => match (self.options.person)(person).filter(|_| !self.in_link) {
                Some(url) if is_safe(&url) => {
                    self.put(format_args!("<a href=\"{}\">{}</a>", escape_html(&url), escape_html(&person.name)));
                }
                Some(_) | None => self.text(&person.name),
            },
            Inline::Mention { handle, .. } => self.put(format_args!("@{}", escape_html(handle))),
            Inline::Tag { tag, .. } => self.put(format_args!("#{}", escape_html(tag))),
            Inline::SoftBreak => self.out.push('\n'),
            Inline::HardBreak => self.out.push_str("<br />\n"),
        }
    }

    fn element(&mut self, name: &str, content: &[Inline]) {
        self.put(format_args!("<{name}>"));
        self.inlines(content);
        self.put(format_args!("</{name}>"));
    }

    fn link(&mut self, url: &str, content: &[Inline]) {
        let is_link = !self.in_link && is_safe(url);
        if is_link {
            // A space can't stand in an address; everything else goes out as it was written.
            self.put(format_args!("<a href=\"{}\">", escape_html(url).replace(char::is_whitespace, "%20")));
            self.in_link = true;
        }
        let before = self.out.len();
        self.inlines(content);
        if self.out.len() == before {
            self.text(url);
        }
        if is_link {
            self.out.push_str("</a>");
            self.in_link = false;
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&escape_html(text));
    }

    fn put(&mut self, arguments: fmt::Arguments<'_>) {
        self.out.write_fmt(arguments).expect("a String takes everything");
    }
}

/// Returns whether an inline may stand beside media without making their paragraph more than a figure.
fn is_media_or_space(inline: &Inline) -> bool {
    match inline {
        Inline::Media(_) | Inline::SoftBreak | Inline::HardBreak => true,
        Inline::Text { text, .. } => text.trim().is_empty(),
        Inline::Code { .. }
        | Inline::Emphasis(_)
        | Inline::Strong(_)
        | Inline::Strike(_)
        | Inline::Link { .. }
        | Inline::Person { .. }
        | Inline::Mention { .. }
        | Inline::Tag { .. }
        | Inline::Html { .. } => false,
    }
}

#[cfg(test)]
mod tests;
