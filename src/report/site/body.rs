use super::{entry::Entries, paths::Base};
use crate::{
    diag::Span,
    model::{Block, Inline, Media, MediaSource},
    network::Draft,
    text::{self, Figure, HtmlOptions, is_web},
};

/// Makes the HTML of what a draft says, with rules between its parts, for a page on which a heading of level 1 stands
/// above it.
pub(super) fn html(entries: &Entries<'_>, draft: &Draft, base: &Base) -> String {
    let top = draft.parts.iter().filter_map(|part| top_level(&part.rich)).min().unwrap_or(1);
    let mut fit = Fit { entries, top, last: 1 };
    let parts: Vec<String> = draft
        .parts
        .iter()
        .map(|part| {
            let blocks: Vec<Block> = part.rich.iter().map(|block| fit.block(block)).collect();
            let figure = |media: &Media| {
                let file = entries.file(media)?;
                Some(Figure {
                    src: base.file(&file.path),
                    width: file.info.width,
                    height: file.info.height,
                    video: file.info.kind.is_video(),
                })
            };
            text::html(&blocks, &HtmlOptions { media: &figure, person: &|_| None, heading_shift: 0 })
        })
        .collect();
    parts.join("<hr>\n").trim_end().to_owned()
}

/// Writes an address as pages must hold it. Browsers send these characters so, whichever way they are written.
pub(super) fn address(url: &str) -> String {
    url.replace(' ', "%20").replace('"', "%22").replace('<', "%3C").replace('>', "%3E")
}

/// Tells whether there is a heading, at any depth.
pub(super) fn has_heading(blocks: &[Block]) -> bool {
    top_level(blocks).is_some()
}

/// Returns the highest level of heading, at any depth.
pub(in crate::report) fn top_level(blocks: &[Block]) -> Option<u8> {
    blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading { level, .. } => Some(*level),
            Block::Quote { blocks, .. } => top_level(blocks),
            Block::List { items, .. } => items.iter().filter_map(|item| top_level(item)).min(),
            Block::Paragraph { .. }
            | Block::Code { .. }
            | Block::Table { .. }
            | Block::Html { .. }
            | Block::Rule { .. } => None,
        })
        .min()
}

/// Fits copy into a page: its headings below the page's own, its media without what a page of the site can't show.
struct Fit<'a> {
    entries: &'a Entries<'a>,
    /// The highest level of heading in the copy.
    top: u8,
    /// The level of the last heading on the page.
    last: u8,
}

impl Fit<'_> {
    fn block(&mut self, block: &Block) -> Block {
        let mut block = block.clone();
        match &mut block {
            Block::Heading { level, content, .. } => {
                // Who jumps from heading to heading looks in vain for a level that is skipped.
                self.last = (level.saturating_sub(self.top) + 2).min(self.last + 1).min(6);
                *level = self.last;
                self.inlines(content, false);
            }
            Block::Paragraph { content, .. } => self.inlines(content, false),
            Block::Quote { blocks, .. } => self.blocks(blocks),
            Block::List { items, .. } => items.iter_mut().for_each(|item| self.blocks(item)),
            Block::Table { head, rows, .. } => {
                head.iter_mut().chain(rows.iter_mut().flatten()).for_each(|cell| self.inlines(cell, false));
            }
            Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
        }
        block
    }

    fn blocks(&mut self, blocks: &mut [Block]) {
        for block in blocks {
            *block = self.block(block);
        }
    }

    fn inlines(&self, content: &mut [Inline], in_link: bool) {
        for inline in content {
            if let Inline::Media(media) = inline
                && let Some(instead) = self.instead(media, in_link)
            {
                *inline = instead;
                continue;
            }
            let is_link = if let Inline::Link { url, .. } = inline {
                *url = address(url);
                true
            } else {
                false
            };
            self.inlines(inline.content_mut(), in_link || is_link);
        }
    }

    /// Returns what stands for media that can't be shown in its place: what lies elsewhere, since a page of the site
    /// fetches nothing from there, and a video in a link, since a link may hold nothing to operate.
    fn instead(&self, media: &Media, in_link: bool) -> Option<Inline> {
        let words = |text: &str, span: Span| Inline::Text { text: text.to_owned(), span };
        match &media.source {
            MediaSource::Url(url) if !in_link && is_web(url) => {
                let shown = if media.alt.trim().is_empty() { url } else { &media.alt };
                let content = vec![words(shown, media.span)];
                Some(Inline::Link { url: url.clone(), content, bare: shown == url, span: media.span })
            }
            MediaSource::Url(_) => None,
            MediaSource::File(_) => {
                let video = self.entries.file(media).is_some_and(|file| file.info.kind.is_video());
                (video && in_link).then(|| words(&media.alt, media.span))
            }
        }
    }
}
