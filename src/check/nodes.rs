use super::hosts::Address;
use crate::{
    diag::Span,
    model::{Block, Inline, Media, Post},
};
use std::borrow::Cow;

/// What the rules look at in the copies of a post, found in one walk.
#[derive(Debug, Default)]
pub(super) struct Nodes<'a> {
    /// Links, in order.
    pub(super) links: Vec<Link<'a>>,
    /// Images and videos, in order.
    pub(super) media: Vec<&'a Media>,
    /// Handles of nobody in `[people]`, with their places.
    pub(super) mentions: Vec<(&'a str, Span)>,
    /// Raw HTML, with its place.
    pub(super) html: Vec<(&'a str, Span)>,
}

/// A link.
#[derive(Debug)]
pub(super) struct Link<'a> {
    /// The target, as written.
    pub(super) url: &'a str,
    /// The target taken apart, without the spaces around it.
    pub(super) address: Address<'a>,
    /// Its text, less any emphasis.
    pub(super) text: Cow<'a, str>,
    /// Whether it holds an image or a video.
    pub(super) has_media: bool,
    /// Whether the text is the address itself.
    pub(super) bare: bool,
    /// Where it stands.
    pub(super) span: Span,
}

impl<'a> Nodes<'a> {
    /// Walks all copies of a post.
    pub(super) fn of(post: &'a Post) -> Self {
        let mut nodes = Self::default();
        for part in post.copies.iter().flat_map(|copy| &copy.body.parts) {
            nodes.blocks(&part.blocks);
        }
        nodes
    }

    fn blocks(&mut self, blocks: &'a [Block]) {
        for block in blocks {
            match block {
                Block::Paragraph { content, .. } | Block::Heading { content, .. } => self.inlines(content),
                Block::Quote { blocks, .. } => self.blocks(blocks),
                Block::List { items, .. } => items.iter().for_each(|item| self.blocks(item)),
                Block::Table { head, rows, .. } => {
                    head.iter().chain(rows.iter().flatten()).for_each(|cell| self.inlines(cell));
                }
                Block::Html { text, span } => self.html.push((text, *span)),
                Block::Code { .. } | Block::Rule { .. } => {}
            }
        }
    }

    fn inlines(&mut self, content: &'a [Inline]) {
        for inline in content {
            match inline {
                Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strike(inner) => self.inlines(inner),
                Inline::Link { url, content, bare, span } => {
                    let text = match &content[..] {
                        [Inline::Text { text, .. }] => Cow::Borrowed(text.as_str()),
                        content => {
                            let mut text = String::new();
                            plain(content, &mut text);
                            Cow::Owned(text)
                        }
                    };
                    let media_before = self.media.len();
                    self.inlines(content);
                    let has_media = self.media.len() > media_before;
                    let address = Address::parse(url.trim());
                    self.links.push(Link { url, address, text, has_media, bare: *bare, span: *span });
                }
                Inline::Media(media) => self.media.push(media),
                Inline::Mention { handle, span } => self.mentions.push((handle, *span)),
                Inline::Html { text, span } => self.html.push((text, *span)),
                Inline::Text { .. }
                | Inline::Code { .. }
                | Inline::Person { .. }
                | Inline::Tag { .. }
                | Inline::SoftBreak
                | Inline::HardBreak => {}
            }
        }
    }
}

/// Collects the words of some content.
fn plain(content: &[Inline], out: &mut String) {
    for inline in content {
        match inline {
            Inline::Text { text, .. } | Inline::Code { text, .. } | Inline::Html { text, .. } => out.push_str(text),
            Inline::Emphasis(inner)
            | Inline::Strong(inner)
            | Inline::Strike(inner)
            | Inline::Link { content: inner, .. } => plain(inner, out),
            Inline::Person { person, .. } => out.push_str(&person.name),
            Inline::Mention { handle, .. } => {
                out.push('@');
                out.push_str(handle);
            }
            Inline::Tag { tag, .. } => {
                out.push('#');
                out.push_str(tag);
            }
            Inline::SoftBreak | Inline::HardBreak => out.push(' '),
            Inline::Media(_) => {}
        }
    }
}
