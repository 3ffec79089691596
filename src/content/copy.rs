use super::{
    codes,
    markdown::{Item, Reader, Source},
};
use crate::{
    diag::{Diagnostic, Span, Spanned},
    model::{Block, Body, Inline, Part},
};
use std::sync::Arc;

/// Copy under one heading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    /// The names in its heading, without `@`; empty for the default copy.
    pub names: Vec<Spanned<String>>,
    /// The copy.
    pub body: Body,
}

/// Reads copy and cuts it at copy headings and thematic breaks. The first section is the default copy.
pub(super) fn sections(source: Source<'_>, out: &mut Vec<Diagnostic>) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut findings = Vec::new();
    let mut open = Open::new(Vec::new(), source.span(0..0));
    let mut reader = Reader::new(source, out);
    while let Some(item) = reader.next_item() {
        match item {
            Item::Break(span) => open.split(span, &mut findings),
            Item::Block(block) => match audience(&block) {
                Some(names) => {
                    let span = block.span();
                    let next = Open::new(names, Span { start: span.end, ..span });
                    sections.push(std::mem::replace(&mut open, next).close(&mut findings));
                }
                None => open.blocks.push(block),
            },
        }
    }
    sections.push(open.close(&mut findings));
    out.append(&mut findings);
    sections
}

/// A section that is being read.
struct Open {
    names: Vec<Spanned<String>>,
    parts: Vec<Part>,
    blocks: Vec<Block>,
    /// The break before the part that is being read.
    after: Option<Span>,
    /// Where the section begins.
    start: Span,
}

impl Open {
    fn new(names: Vec<Spanned<String>>, start: Span) -> Self {
        Self { names, parts: Vec::new(), blocks: Vec::new(), after: None, start }
    }

    fn split(&mut self, span: Span, findings: &mut Vec<Diagnostic>) {
        if !self.end_part() {
            findings.push(empty_part(span, "there is nothing before this break"));
        }
        self.after = Some(span);
    }

    /// Ends the part that is being read; returns whether it holds something.
    fn end_part(&mut self) -> bool {
        let blocks = std::mem::take(&mut self.blocks);
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return false };
        let span = first.span().to(last.span());
        self.parts.push(Part { blocks: blocks.into(), span });
        true
    }

    fn close(mut self, findings: &mut Vec<Diagnostic>) -> Section {
        if !self.end_part()
            && let Some(span) = self.after
        {
            findings.push(empty_part(span, "there is nothing after this break"));
        }
        if self.parts.is_empty() {
            self.parts.push(Part { blocks: Arc::default(), span: self.start });
        }
        Section { names: self.names, body: Body { parts: self.parts } }
    }
}

fn empty_part(span: Span, message: &str) -> Diagnostic {
    Diagnostic::new(&codes::EMPTY_PART, span, message).help("delete it, or write the part that is missing")
}

/// Returns the names of a copy heading: one of level one, made only of `@names`.
fn audience(block: &Block) -> Option<Vec<Spanned<String>>> {
    let Block::Heading { level: 1, content, .. } = block else { return None };
    let mut names = Vec::new();
    for inline in content {
        match inline {
            Inline::Text { text, .. } if text.chars().all(|c| c.is_whitespace() || c == ',') => {}
            Inline::SoftBreak => {}
            Inline::Mention { handle, span } if !handle.contains(['@', '.']) => {
                names.push(Spanned::new(handle.clone(), *span));
            }
            // Someone in `[people]` may have the name of an account.
            Inline::Person { person, span } => names.push(Spanned::new(person.key.clone(), *span)),
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}
