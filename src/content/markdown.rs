//! Markdown → [`Block`]s. The only place that names the Markdown parser.

use super::{codes, media, run::Run};
use crate::{
    config::codes as shared,
    diag::{Diagnostic, FileId, Span, TextEdit},
    model::{Block, Inline, Media, Person},
};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, OffsetIter, Options, Parser, Tag, TagEnd};
use std::{collections::BTreeMap, iter::Peekable, ops::Range, sync::Arc};

/// How deep quotes, lists and emphasis may nest. What is deeper loses its own markup, and keeps its text.
const MAX_DEPTH: usize = 24;

/// What the copy of a post is read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// The post's file.
    pub file: FileId,
    /// The copy.
    pub text: &'a str,
    /// Where it begins in the file.
    pub start: usize,
    /// The folder of the post, from the workspace's root.
    pub folder: &'a str,
    /// The people who can be mentioned.
    pub people: &'a BTreeMap<String, Arc<Person>>,
}

/// Something at the top level of the copy.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// A block.
    Block(Block),
    /// A thematic break.
    Break(Span),
}

/// Reads copy, one block or break after the other.
pub(super) struct Reader<'a, 'o> {
    events: Peekable<OffsetIter<'a>>,
    /// The block that was read, between two uses: kept, so that it is allocated once.
    blocks: Vec<Block>,
    source: Source<'a>,
    run: Run,
    told_depth: bool,
    out: &'o mut Vec<Diagnostic>,
}

impl Source<'_> {
    /// Turns a range of the copy into a place in the file.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, self.start + range.start..self.start + range.end)
    }

    /// The place of a block, without the blank space that the parser counts to it.
    fn block_span(&self, range: Range<usize>) -> Span {
        let length = self.text[range.clone()].trim_end().len();
        self.span(range.start..range.start + length)
    }
}

impl<'a, 'o> Reader<'a, 'o> {
    /// Starts reading. Findings go to `out`.
    pub(super) fn new(source: Source<'a>, out: &'o mut Vec<Diagnostic>) -> Self {
        let parser = Parser::new_ext(source.text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
        let events = parser.into_offset_iter().peekable();
        Self { events, blocks: Vec::new(), source, run: Run::default(), told_depth: false, out }
    }

    /// Returns the next block or break of the top level.
    pub(super) fn next_item(&mut self) -> Option<Item> {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.clear();
        let item = self.next_into(&mut blocks);
        self.blocks = blocks;
        item
    }

    fn next_into(&mut self, blocks: &mut Vec<Block>) -> Option<Item> {
        loop {
            let (event, range) = self.events.next()?;
            if let Event::Rule = event {
                return Some(Item::Break(self.source.block_span(range)));
            }
            if let Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) = event {
                self.warn_of_dashes(range.clone());
            }
            self.block(event, range, 0, blocks);
            if let Some(block) = blocks.pop() {
                return Some(Item::Block(block));
            }
        }
    }

    /// Warns of text that was meant to stand before a thematic break.
    fn warn_of_dashes(&mut self, range: Range<usize>) {
        let heading = self.source.text[range.clone()].trim_end();
        let Some(newline) = heading.rfind('\n') else { return };
        let dashes = heading[newline + 1..].trim();
        if dashes.is_empty() || !dashes.bytes().all(|byte| byte == b'-') {
            return;
        }
        let line = range.start + newline + 1;
        let line_end = if heading[..newline].ends_with('\r') { "\r\n" } else { "\n" };
        self.out.push(
            Diagnostic::new(
                &codes::HEADING_NOT_BREAK,
                self.source.span(line..range.start + heading.len()),
                "this line makes a heading of the text above it, and splits nothing",
            )
            .help("add a blank line before it to split the thread")
            .fix("add a blank line", vec![TextEdit { span: self.source.span(line..line), text: line_end.into() }]),
        );
    }

    /// Reads a block whose first event was taken.
    fn block(&mut self, event: Event<'a>, range: Range<usize>, depth: usize, into: &mut Vec<Block>) {
        let span = self.source.block_span(range.clone());
        match event {
            Event::Start(Tag::Paragraph) => {
                let content = self.inlines(depth, Ends::AtItsEnd);
                into.push(Block::Paragraph { content, span });
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let content = self.inlines(depth, Ends::AtItsEnd);
                into.push(Block::Heading { level: level as u8, content, span });
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', '\t', ',']).next().filter(|word| !word.is_empty()),
                    CodeBlockKind::Indented => None,
                };
                let language = language.map(ToOwned::to_owned);
                into.push(Block::Code { language, text: self.raw_text(), span });
            }
            Event::Start(Tag::HtmlBlock) => into.push(Block::Html { text: self.raw_text(), span }),
            Event::Start(Tag::BlockQuote(_)) => {
                let blocks = self.blocks(depth + 1);
                into.push(Block::Quote { blocks, span });
            }
            Event::Start(Tag::List(start)) => {
                let items = self.items(depth + 1);
                into.push(Block::List { start, items, span });
            }
            Event::Start(Tag::Table(_)) => into.push(self.table(depth, span)),
            // A break inside a quote or list splits nothing.
            Event::Rule => {}
            Event::Start(Tag::Item | Tag::TableHead | Tag::TableRow | Tag::TableCell | Tag::MetadataBlock(_))
            | Event::Start(Tag::FootnoteDefinition(_) | Tag::DefinitionList)
            | Event::Start(Tag::DefinitionListTitle | Tag::DefinitionListDefinition) => {
                into.append(&mut self.blocks(depth + 1));
            }
            Event::End(_) => {}
            // A tight item holds its text without a paragraph around it.
            Event::Start(
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. },
            )
            | Event::Text(_)
            | Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => {
                let mut content = Vec::new();
                let mut end = range.end;
                self.inline(event, range.clone(), depth, &mut content);
                self.inlines_into(&mut content, depth, Ends::BeforeBlock(&mut end));
                let span = self.source.block_span(range.start..end.max(range.start));
                into.push(Block::Paragraph { content, span });
            }
        }
    }

    /// Reads blocks up to the end of the container that was opened.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open = 0usize;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(_) if open == 0 => break,
                Event::End(_) => open -= 1,
                Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) if depth >= MAX_DEPTH => {
                    self.tell_depth(range);
                    open += 1;
                }
                event => self.block(event, range, depth, &mut blocks),
            }
        }
        blocks
    }

    fn items(&mut self, depth: usize) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(_) => break,
                Event::Start(Tag::Item) => items.push(self.blocks(depth)),
                event => {
                    // A list holds items alone; whatever else came would be one.
                    let mut item = Vec::new();
                    self.block(event, range, depth, &mut item);
                    items.push(item);
                }
            }
        }
        items
    }

    fn table(&mut self, depth: usize, span: Span) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(depth),
                Event::Start(Tag::TableRow) => rows.push(self.cells(depth)),
                _ => break,
            }
        }
        Block::Table { head, rows, span }
    }

    fn cells(&mut self, depth: usize) -> Vec<Vec<Inline>> {
        let mut cells = Vec::new();
        while let Some((Event::Start(Tag::TableCell), _)) = self.events.next() {
            cells.push(self.inlines(depth, Ends::AtItsEnd));
        }
        cells
    }

    /// Takes the text up to the end of a block of code or HTML.
    fn raw_text(&mut self) -> String {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(piece) | Event::Html(piece) => text.push_str(&piece),
                _ => {}
            }
        }
        text
    }

    fn inlines(&mut self, depth: usize, ends: Ends<'_>) -> Vec<Inline> {
        let mut content = Vec::new();
        self.inlines_into(&mut content, depth, ends);
        content
    }

    /// Reads the content of a line up to where it ends.
    fn inlines_into(&mut self, into: &mut Vec<Inline>, depth: usize, mut ends: Ends<'_>) {
        let mut open = 0usize;
        loop {
            if let Ends::BeforeBlock(end) = &mut ends {
                match self.events.peek() {
                    Some((Event::End(_), _)) if open == 0 => break,
                    Some((event, _)) if open == 0 && opens_block(event) => break,
                    Some((_, range)) => **end = range.end.max(**end),
                    None => break,
                }
            }
            let Some((event, range)) = self.events.next() else { break };
            match event {
                Event::End(_) if open == 0 => break,
                Event::End(_) => open -= 1,
                Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. })
                    if depth >= MAX_DEPTH =>
                {
                    self.tell_depth(range);
                    open += 1;
                }
                event => self.inline(event, range, depth, into),
            }
        }
        self.flush(into);
    }

    fn inline(&mut self, event: Event<'a>, range: Range<usize>, depth: usize, into: &mut Vec<Inline>) {
        if let Event::Text(text) = &event {
            let goes_on = matches!(self.events.peek(), Some((Event::Text(_), _)));
            if goes_on || !self.run.is_empty() {
                self.run.push(text, range);
            } else {
                self.run.alone(text, range, &self.source, into);
            }
            return;
        }
        self.flush(into);
        let span = self.source.span(range.clone());
        match event {
            Event::Code(code) => into.push(Inline::Code { text: code.into_string(), span }),
            Event::Html(html) | Event::InlineHtml(html) => into.push(Inline::Html { text: html.into_string(), span }),
            Event::SoftBreak => into.push(Inline::SoftBreak),
            Event::HardBreak => into.push(Inline::HardBreak),
            Event::Start(Tag::Emphasis) => into.push(Inline::Emphasis(self.inlines(depth + 1, Ends::AtItsEnd))),
            Event::Start(Tag::Strong) => into.push(Inline::Strong(self.inlines(depth + 1, Ends::AtItsEnd))),
            Event::Start(Tag::Strikethrough) => into.push(Inline::Strike(self.inlines(depth + 1, Ends::AtItsEnd))),
            Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => {
                // A mail address isn't a link on any network: it stays text.
                let text = self.text_up_to_end();
                into.push(Inline::Text { text, span });
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let mut content = self.link_content(depth + 1);
                let url = dest_url.into_string();
                if content.is_empty() {
                    content.push(Inline::Text { text: url.clone(), span });
                }
                let bare = matches!(&content[..], [Inline::Text { text, .. }] if *text == url);
                into.push(Inline::Link { url, content, bare, span });
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let alt = self.text_up_to_end();
                match media::source(&dest_url, self.source.folder) {
                    Ok(source) => into.push(Inline::Media(Media { source, alt, span })),
                    Err(refusal) => {
                        let finding = Diagnostic::new(&codes::MEDIA_OUTSIDE, span, refusal.message);
                        self.out.push(finding.help(refusal.help));
                    }
                }
            }
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                into.push(Inline::Text { text: text.into_string(), span });
            }
            Event::Start(_) => into.append(&mut self.inlines(depth + 1, Ends::AtItsEnd)),
            Event::Text(_) | Event::End(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    /// Reads the text of a link: nothing in it is a link of its own.
    fn link_content(&mut self, depth: usize) -> Vec<Inline> {
        let before = std::mem::replace(&mut self.run.in_link, true);
        let content = self.inlines(depth, Ends::AtItsEnd);
        self.run.in_link = before;
        content
    }

    /// Flattens what is inside an image or a mail address.
    fn text_up_to_end(&mut self) -> String {
        let mut text = String::new();
        let mut open = 0usize;
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) if open == 0 => break,
                Event::End(_) => open -= 1,
                Event::Start(_) => open += 1,
                Event::Text(piece) | Event::Code(piece) | Event::InlineHtml(piece) => text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        text
    }

    fn flush(&mut self, into: &mut Vec<Inline>) {
        self.run.flush(&self.source, into);
    }

    fn tell_depth(&mut self, range: Range<usize>) {
        if !std::mem::replace(&mut self.told_depth, true) {
            let first = range.start + self.source.text[range.clone()].chars().next().map_or(0, char::len_utf8);
            let message = format!("quotes, lists and emphasis nest deeper than {MAX_DEPTH}");
            let finding = Diagnostic::new(&shared::NESTED_TOO_DEEPLY, self.source.span(range.start..first), message);
            self.out.push(finding.help("write it with fewer levels"));
        }
    }
}

/// Where the content of a line ends.
enum Ends<'e> {
    /// At the end event of what was opened, which is taken.
    AtItsEnd,
    /// Before the next block or the end of the item, since nothing was opened; the position of the end is kept.
    BeforeBlock(&'e mut usize),
}

fn opens_block(event: &Event<'_>) -> bool {
    match event {
        Event::Rule => true,
        Event::Start(tag) => !matches!(
            tag.to_end(),
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Superscript
                | TagEnd::Subscript
                | TagEnd::Link
                | TagEnd::Image
        ),
        _ => false,
    }
}
