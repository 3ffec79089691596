use super::{
    markdown::Source,
    scan::{Found, What, may_hold, scan},
};
use crate::{diag::Span, model::Inline};
use std::ops::Range;

/// Text that the Markdown parser gave in pieces: it cuts at every bracket, escape and entity, and a tag or an address
/// may reach over several. Kept between uses, so that only what ends up in the post is allocated.
#[derive(Debug, Default)]
pub(super) struct Run {
    text: String,
    pieces: Vec<Piece>,
    found: Vec<Found>,
    /// Whether it is the text of a link, in which nothing else is looked for.
    pub in_link: bool,
}

/// A piece: where it begins in the text, and where it stands in the source.
#[derive(Debug)]
struct Piece {
    start: usize,
    source: Range<usize>,
}

impl Run {
    /// Returns whether nothing is gathered.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        self.pieces.push(Piece { start: self.text.len(), source });
        self.text.push_str(text);
    }

    /// Turns a text that has no neighbour into inlines, without keeping it if nothing can be in it.
    pub(super) fn alone(&mut self, text: &str, range: Range<usize>, source: &Source<'_>, into: &mut Vec<Inline>) {
        if !text.is_empty() && (self.in_link || !may_hold(text)) {
            into.push(Inline::Text { text: text.to_owned(), span: source.span(range) });
        } else if !text.is_empty() {
            self.push(text, range);
            self.find(source, into);
            self.clear();
        }
    }

    /// Turns what was gathered into inlines.
    pub(super) fn flush(&mut self, source: &Source<'_>, into: &mut Vec<Inline>) {
        if self.text.is_empty() {
            self.pieces.clear();
        } else if self.in_link || !may_hold(&self.text) {
            into.push(self.plain(source, 0..self.text.len()));
            self.clear();
        } else {
            self.find(source, into);
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    fn find(&mut self, source: &Source<'_>, into: &mut Vec<Inline>) {
        let mut all = std::mem::take(&mut self.found);
        scan(&self.text, |position| self.is_literal(source.text, position), &mut all);
        let mut at = 0;
        for found in all.drain(..) {
            if at < found.range.start {
                into.push(self.plain(source, at..found.range.start));
            }
            at = found.range.end;
            let span = self.span(source, found.range.clone());
            let text = &self.text[found.range];
            into.push(match found.what {
                What::Url => {
                    let content = vec![Inline::Text { text: text.to_owned(), span }];
                    Inline::Link { url: text.to_owned(), content, bare: true, span }
                }
                What::Tag => Inline::Tag { tag: text[1..].to_owned(), span },
                What::Mention => match source.people.get(&text[1..]) {
                    Some(person) => Inline::Person { person: person.clone(), span },
                    None => Inline::Mention { handle: text[1..].to_owned(), span },
                },
            });
        }
        if at < self.text.len() {
            into.push(self.plain(source, at..self.text.len()));
        }
        self.found = all;
    }

    fn plain(&self, source: &Source<'_>, range: Range<usize>) -> Inline {
        Inline::Text { text: self.text[range.clone()].to_owned(), span: self.span(source, range) }
    }

    /// Finds the place in the file of a part of the text that isn't empty.
    fn span(&self, source: &Source<'_>, range: Range<usize>) -> Span {
        let (first, last) = (self.piece_at(range.start), self.piece_at(range.end - 1));
        let start = match self.is_verbatim(first) {
            true => self.pieces[first].source.start + (range.start - self.pieces[first].start),
            false => self.pieces[first].source.start,
        };
        let end = match self.is_verbatim(last) {
            true => self.pieces[last].source.start + (range.end - self.pieces[last].start),
            false => self.pieces[last].source.end,
        };
        source.span(start..end)
    }

    fn piece_at(&self, position: usize) -> usize {
        self.pieces.partition_point(|piece| piece.start <= position) - 1
    }

    /// Whether a piece is as long as its source, and so the source itself; an entity isn't.
    fn is_verbatim(&self, piece: usize) -> bool {
        let end = self.pieces.get(piece + 1).map_or(self.text.len(), |next| next.start);
        end - self.pieces[piece].start == self.pieces[piece].source.len()
    }

    /// Whether the character at a position was escaped or written as an entity, and so is meant as itself.
    fn is_literal(&self, text: &str, position: usize) -> bool {
        let index = self.piece_at(position);
        let piece = &self.pieces[index];
        if !self.is_verbatim(index) {
            return true;
        }
        // The parser leaves an escaping backslash out, and begins a piece after it.
        let follows_backslash = piece.source.start > 0 && text.as_bytes()[piece.source.start - 1] == b'\\';
        let joined = index > 0 && self.pieces[index - 1].source.end == piece.source.start;
        piece.start == position && follows_backslash && !joined
    }
}
