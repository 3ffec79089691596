use super::{
    Dialect, Flat, HandleStyle, LinkStyle, Range, RangeKind, Style, Styled, domains,
    url::{is_same, is_web},
};
use crate::{
    diag::Span,
    model::{Block, Inline, NetworkId, Person},
};

/// Writes blocks as lines of characters, the way a network with plain text shows them.
///
/// Markup leaves only what can be read without it: bullets and numbers of lists, `> ` before quoted lines, ` | ` between
/// the cells of a table, `---` for a rule. In a dialect with styles, what can be set in one is. Media leave nothing, and a paragraph of media alone is no paragraph.
pub fn flatten(blocks: &[Block], dialect: &Dialect) -> Flat {
    Writer::new(*dialect, blocks).write(blocks.iter())
}

/// Writes blocks as lines for the excerpts of a network with rich text: people by name, and no rules.
pub fn plain(blocks: &[Block], network: NetworkId) -> Flat {
    let dialect = Dialect {
        network,
        links: LinkStyle::TextThenUrl,
        handles: HandleStyle::None,
        bare_domains: false,
        styles: false,
    };
    Writer::new(dialect, blocks).write(blocks.iter().filter(|block| !matches!(block, Block::Rule { .. })))
}

/// Writes from the outside in; what separates two things is remembered as a gap and written only when the second one
/// turns out to have characters.
struct Writer {
    dialect: Dialect,
    flat: Flat,
    prefixes: Vec<Prefix>,
    gap: Option<Gap>,
    at_line_start: bool,
    /// Whether media were left out since the last character, so that the spaces on both sides don't add up.
    after_media: bool,
    in_link: bool,
    /// Where the first character of the link's text went.
    link_start: Option<usize>,
    /// Whether a range covers what is written, so that none may start inside.
    in_range: bool,
    /// Where the styles start that are open: none before their first character.
    open_styles: Vec<Option<usize>>,
}

/// What stands before each line of a block inside another.
enum Prefix {
    Quote,
    Item { number: Option<u64>, written: bool },
}

/// What separates the last character from the next one.
#[derive(Clone, Copy)]
struct Gap {
    size: GapSize,
    /// How many prefixes a blank line carries.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum GapSize {
    LineEnd,
    BlankLine,
}

impl Writer {
    fn new(dialect: Dialect, blocks: &[Block]) -> Self {
        let mut flat = Flat::default();
        if let (Some(first), Some(last)) = (blocks.first(), blocks.last()) {
            let source = last.span().end.saturating_sub(first.span().start) as usize;
            flat.text.reserve(source.min(64 * 1024));
        }
        Self {
            dialect,
            flat,
            prefixes: Vec::new(),
            gap: None,
            at_line_start: true,
            after_media: false,
            in_link: false,
            link_start: None,
            in_range: false,
            open_styles: Vec::new(),
        }
    }

    fn write<'a>(mut self, blocks: impl Iterator<Item = &'a Block>) -> Flat {
        self.blocks(blocks, GapSize::BlankLine);
        let end = self.flat.text.trim_end().len();
        self.flat.truncate(end);
        if self.dialect.bare_domains {
            self.link_domains();
        }
        self.flat
    }

    /// Lets domains lead where they say, unless a range covers them already.
    fn link_domains(&mut self) {
        let Flat { text, ranges, .. } = &mut self.flat;
        for (start, end) in domains::links(text) {
            let at = ranges.partition_point(|range| range.end <= start);
            if ranges.get(at).is_none_or(|range| range.start >= end) {
                let shown = &text[start..end];
                let url = if is_web(shown) { shown.to_owned() } else { ["https://", shown].concat() };
                ranges.insert(at, Range { start, end, kind: RangeKind::Link { url } });
            }
        }
    }

    fn blocks<'a>(&mut self, blocks: impl Iterator<Item = &'a Block>, between: GapSize) {
        for (index, block) in blocks.enumerate() {
            if index > 0 {
                self.separate(between);
            }
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph { content, .. } => self.inlines(content),
            Block::Heading { level, content, .. } => {
                self.styled(|| Style::Heading { level: *level }, |writer| writer.inlines(content));
            }
            Block::Code { language, text, span } => {
                // The code of a fenced block stands before a closing fence of three characters.
                let source = (span.end as usize).saturating_sub(text.len() + 3).max(span.start as usize);
                let source = u32::try_from(source).unwrap_or(span.start);
                self.styled(|| Style::CodeBlock { language: language.clone() }, |writer| writer.verbatim(text, source));
            }
            Block::Html { text, span } => self.verbatim(text, span.start),
            Block::Quote { blocks, .. } if self.dialect.styles => {
                self.styled(|| Style::Quote, |writer| writer.blocks(blocks.iter(), GapSize::BlankLine));
            }
            Block::Quote { blocks, .. } => {
                self.prefixes.push(Prefix::Quote);
                self.blocks(blocks.iter(), GapSize::BlankLine);
                self.prefixes.pop();
            }
            Block::List { start, items, .. } => {
                for (index, item) in (0u64..).zip(items) {
                    if index > 0 {
                        self.separate(GapSize::LineEnd);
                    }
                    let number = start.map(|start| start.saturating_add(index));
                    self.prefixes.push(Prefix::Item { number, written: false });
                    self.blocks(item.iter(), GapSize::LineEnd);
                    self.prefixes.pop();
                }
            }
            Block::Table { head, rows, .. } => {
                self.row(head);
                for row in rows {
                    self.separate(GapSize::LineEnd);
                    self.row(row);
                }
            }
            Block::Rule { span } => {
                self.put("---", Some(span.start));
            }
        }
    }

    fn row(&mut self, cells: &[Vec<Inline>]) {
        if !cells.iter().any(|cell| is_visible(cell)) {
            return;
        }
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.after_media = false;
                self.put(" | ", None);
            }
            self.inlines(cell);
        }
    }

    /// Writes lines as they are, blank ones and indentation included.
    fn verbatim(&mut self, text: &str, source: u32) {
        let is_blank = |line: &&str| line.trim().is_empty();
        let leading = text.split_inclusive('\n').take_while(is_blank).map(str::len).sum::<usize>();
        let body = &text[leading..];
        let trailing = body.split_inclusive('\n').rev().take_while(is_blank).map(str::len).sum::<usize>();
        let body = &body[..body.len() - trailing];
        let mut at = leading;
        for (index, line) in body.split_inclusive('\n').enumerate() {
            let mut shown = line.trim_end_matches(['\n', '\r']);
            if index == 0 {
                shown = if self.flat.text.is_empty() { shown.trim_start() } else { shown };
                self.open_line();
            } else {
                self.flat.text.push('\n');
                self.prefix(self.prefixes.len());
                if shown.is_empty() {
                    self.trim_line_end();
                }
            }
            let skipped = if index == 0 { line.trim_end_matches(['\n', '\r']).len() - shown.len() } else { 0 };
            self.anchor(source.saturating_add(u32::try_from(at + skipped).unwrap_or(u32::MAX)));
            self.begin_styles();
            self.flat.text.push_str(shown);
            at += line.len();
        }
    }

    fn inlines(&mut self, content: &[Inline]) {
        for inline in content {
            self.inline(inline);
        }
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text { text, span } | Inline::Html { text, span } => self.lines(text, span.start),
            Inline::Code { text, span } => {
                let ticks = span.end.saturating_sub(span.start).saturating_sub(u32::try_from(text.len()).unwrap_or(0));
                let source = span.start.saturating_add(ticks / 2);
                self.styled(|| Style::Code, |writer| writer.lines(text, source));
            }
            Inline::Emphasis(content) => self.styled(|| Style::Emphasis, |writer| writer.inlines(content)),
            Inline::Strong(content) => self.styled(|| Style::Strong, |writer| writer.inlines(content)),
            Inline::Strike(content) => self.styled(|| Style::Strike, |writer| writer.inlines(content)),
            Inline::Link { url, content, bare, span } => self.link(url, content, *bare, *span),
            Inline::Media(_) => self.after_media = true,
            Inline::Person { person, span } => self.person(person, span.start),
            Inline::Mention { handle, span } => self.mention(handle, span.start),
            Inline::Tag { tag, span } => {
                self.put_range(&["#", tag].concat(), Some(span.start), || RangeKind::Tag { tag: tag.clone() });
            }
            Inline::SoftBreak | Inline::HardBreak => self.separate(GapSize::LineEnd),
        }
    }

    /// Writes something in a style, in dialects that have any. It covers neither what separates it from what stands before,
    /// nor spaces at its ends.
    fn styled(&mut self, style: impl FnOnce() -> Style, write: impl FnOnce(&mut Self)) {
        if !self.dialect.styles {
            return write(self);
        }
        let index = self.flat.styles.len();
        self.open_styles.push(None);
        write(self);
        let Some(start) = self.open_styles.pop().flatten() else { return };
        let covered = self.flat.text.get(start..).unwrap_or_default();
        let start = start + (covered.len() - covered.trim_start().len());
        let end = start + covered.trim().len();
        if start < end {
            let index = index.min(self.flat.styles.len());
            self.flat.styles.insert(index, Styled { start, end, style: style() });
        }
    }

    /// Lets the styles begin that wait for their first character.
    fn begin_styles(&mut self) {
        let at = self.flat.text.len();
        self.open_styles.iter_mut().for_each(|start| *start = start.or(Some(at)));
    }

    fn person(&mut self, person: &Person, source: u32) {
        match person.handles.get(&self.dialect.network) {
            Some(handle) if self.dialect.handles != HandleStyle::None => self.mention(handle, source),
            Some(_) | None => self.lines(&person.name, source),
        }
    }

    fn mention(&mut self, handle: &str, source: u32) {
        let shown = ["@", handle].concat();
        if self.dialect.handles.fits(handle) {
            self.put_range(&shown, Some(source), || RangeKind::Mention { handle: handle.to_owned() });
        } else {
            self.put(&shown, Some(source));
        }
    }

    fn link(&mut self, url: &str, content: &[Inline], bare: bool, span: Span) {
        if self.in_link {
            return self.inlines(content);
        }
        // Where the URL stands in `[text](url)`, `<url>` and `url`; near enough for a link by reference.
        let brackets = u32::from(span.end.saturating_sub(span.start) as usize != url.len());
        let tail = span.end.saturating_sub(u32::try_from(url.len()).unwrap_or(0) + brackets).max(span.start);
        if bare || !is_visible(content) {
            self.url(url, Some(tail));
            return;
        }
        let is_range = self.dialect.links == LinkStyle::Range && is_web(url);
        let (ranges, anchors) = (self.flat.ranges.len(), self.flat.anchors.len());
        (self.in_link, self.in_range, self.link_start) = (true, is_range, None);
        self.inlines(content);
        (self.in_link, self.in_range) = (false, false);

        let start = self.link_start.unwrap_or(self.flat.text.len());
        let text = self.flat.text[start..].trim_end();
        if text.is_empty() || is_same(text, url) {
            self.flat.text.truncate(start);
            self.flat.ranges.truncate(ranges);
            self.flat.anchors.truncate(anchors);
            self.gap = None;
            self.url(url, Some(span.start));
        } else if is_range {
            let (end, kind) = (start + text.len(), RangeKind::Link { url: url.to_owned() });
            let start = start + (text.len() - text.trim_start().len());
            self.flat.ranges.push(Range { start, end, kind });
        } else if !url.is_empty() {
            self.gap = None;
            self.trim_line_end();
            self.put(" (", None);
            self.url(url, Some(tail));
            self.put(")", None);
        }
    }

    /// Writes a URL that leads to itself.
    fn url(&mut self, url: &str, source: Option<u32>) {
        if is_web(url) {
            self.put_range(url, source, || RangeKind::Link { url: url.to_owned() });
        } else {
            self.put(url, source);
        }
    }

    fn put_range(&mut self, text: &str, source: Option<u32>, kind: impl FnOnce() -> RangeKind) {
        let written = self.put(text, source);
        if !self.in_range && written > 0 {
            let end = self.flat.text.len();
            self.flat.ranges.push(Range { start: end - written, end, kind: kind() });
        }
    }

    /// Writes text that may hold line ends, which came from entities or raw HTML.
    fn lines(&mut self, text: &str, source: u32) {
        // Nearly none holds any; without an early return that is told by a few vector instructions.
        if !text.bytes().fold(false, |found, byte| found | (byte == b'\n')) {
            self.put(text.strip_suffix('\r').unwrap_or(text), Some(source));
            return;
        }
        let mut at = source;
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.separate(GapSize::LineEnd);
            }
            self.put(line.strip_suffix('\r').unwrap_or(line), Some(at));
            at = at.saturating_add(u32::try_from(line.len() + 1).unwrap_or(u32::MAX));
        }
    }

    /// Writes text of one line, and returns how many of its bytes: spaces at the start of a line are left out.
    fn put(&mut self, text: &str, source: Option<u32>) -> usize {
        let shown = if self.flat.text.is_empty() {
            text.trim_start()
        } else if self.at_line_start || self.gap.is_some() || (self.after_media && self.flat.text.ends_with(' ')) {
            text.trim_start_matches([' ', '\t'])
        } else {
            text
        };
        if shown.is_empty() {
            return 0;
        }
        self.after_media = false;
        self.open_line();
        self.begin_styles();
        if self.in_link {
            self.link_start.get_or_insert(self.flat.text.len());
        }
        if let Some(source) = source {
            self.anchor(source.saturating_add(u32::try_from(text.len() - shown.len()).unwrap_or(u32::MAX)));
        }
        self.flat.text.push_str(shown);
        shown.len()
    }

    fn separate(&mut self, size: GapSize) {
        if self.flat.text.is_empty() {
            return;
        }
        let depth = self.prefixes.len();
        self.gap = Some(match self.gap {
            Some(gap) => Gap { size: gap.size.max(size), depth: gap.depth.min(depth) },
            None => Gap { size, depth },
        });
    }

    /// Writes the gap, if there is one, and what stands before the line's text.
    fn open_line(&mut self) {
        if let Some(gap) = self.gap.take() {
            self.trim_line_end();
            self.flat.text.push('\n');
            if gap.size == GapSize::BlankLine {
                self.prefix(gap.depth);
                self.trim_line_end();
                self.flat.text.push('\n');
            }
            self.at_line_start = true;
        }
        if self.at_line_start {
            self.prefix(self.prefixes.len());
            self.at_line_start = false;
        }
    }

    fn prefix(&mut self, depth: usize) {
        let text = &mut self.flat.text;
        for prefix in &mut self.prefixes[..depth] {
            match prefix {
                Prefix::Quote => text.push_str("> "),
                Prefix::Item { written: true, .. } => text.push_str("  "),
                Prefix::Item { number, written } => {
                    *written = true;
                    match number {
                        Some(number) => text.push_str(&format!("{number}. ")),
                        None => text.push_str("• "),
                    }
                }
            }
        }
    }

    fn trim_line_end(&mut self) {
        let end = self.flat.text.trim_end_matches([' ', '\t']).len();
        self.flat.truncate(end);
    }

    /// Remembers where the next character comes from, unless that follows from the anchor before.
    fn anchor(&mut self, source: u32) {
        let at = u32::try_from(self.flat.text.len()).unwrap_or(u32::MAX);
        match self.flat.anchors.last_mut() {
            Some((flat, known)) if known.saturating_add(at - *flat) == source => {}
            Some((flat, known)) if *flat == at => *known = source.max(*known),
            Some((_, known)) => {
                let source = source.max(*known);
                self.flat.anchors.push((at, source));
            }
            None => self.flat.anchors.push((at, source)),
        }
    }
}

/// Returns whether inline content shows any character once media are taken away.
fn is_visible(content: &[Inline]) -> bool {
    content.iter().any(|inline| match inline {
        Inline::Text { text, .. } | Inline::Code { text, .. } | Inline::Html { text, .. } => !text.trim().is_empty(),
        Inline::Emphasis(content) | Inline::Strong(content) | Inline::Strike(content) => is_visible(content),
        Inline::Link { url, content, .. } => !url.is_empty() || is_visible(content),
        Inline::Person { .. } | Inline::Mention { .. } | Inline::Tag { .. } => true,
        Inline::Media(_) | Inline::SoftBreak | Inline::HardBreak => false,
    })
}

#[cfg(test)]
mod tests;
