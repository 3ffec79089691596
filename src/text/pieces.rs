use super::{Flat, RangeKind, Style};

/// A piece of a text, for those who write it as markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters.
    Text(&'a str),
    /// Something begins here, and covers these characters.
    Open(Mark<'a>, &'a str),
    /// What was opened last ends here.
    Close(Mark<'a>),
}

/// What covers a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark<'a> {
    /// How it is set.
    Style(&'a Style),
    /// What it means.
    Range(&'a RangeKind),
}

/// Cuts a text at the ends of its styles and ranges, which come properly nested. White space at the ends of a style within a
/// line stays outside it, where most markup wants it.
pub fn pieces(flat: &Flat) -> Vec<Piece<'_>> {
    let text = flat.text.as_str();
    let styles = flat.styles.iter().map(|styled| {
        let (start, end) =
            if is_inline(&styled.style) { trimmed(text, styled.start, styled.end) } else { (styled.start, styled.end) };
        (start, end, Mark::Style(&styled.style))
    });
    let ranges = flat.ranges.iter().map(|range| (range.start, range.end, Mark::Range(&range.kind)));
    let mut marks: Vec<_> = styles.chain(ranges).filter(|(start, end, _)| start < end).collect();
    marks.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));

    let mut cutter = Cutter { text, at: 0, open: Vec::new(), pieces: Vec::new() };
    for (start, end, mark) in marks {
        cutter.close_until(start);
        cutter.write_until(start);
        // A stretch that crosses another's end can't be written; it ends there.
        let end = cutter.open.last().map_or(end, |(outer, _)| end.min(*outer));
        cutter.pieces.push(Piece::Open(mark, &text[start..end]));
        cutter.open.push((end, mark));
    }
    cutter.close_until(text.len());
    cutter.write_until(text.len());
    cutter.pieces
}

struct Cutter<'a> {
    text: &'a str,
    at: usize,
    open: Vec<(usize, Mark<'a>)>,
    pieces: Vec<Piece<'a>>,
}

impl Cutter<'_> {
    /// Closes everything that ends at or before a place.
    fn close_until(&mut self, place: usize) {
        while let Some((end, mark)) = self.open.pop_if(|(end, _)| *end <= place) {
            self.write_until(end);
            self.pieces.push(Piece::Close(mark));
        }
    }

    fn write_until(&mut self, place: usize) {
        if self.at < place {
            self.pieces.push(Piece::Text(&self.text[self.at..place]));
            self.at = place;
        }
    }
}

fn is_inline(style: &Style) -> bool {
    match style {
        Style::Strong | Style::Emphasis | Style::Strike => true,
        Style::Code | Style::CodeBlock { .. } | Style::Quote | Style::Heading { .. } => false,
    }
}

fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let inside = &text[start..end];
    let end = start + inside.trim_end().len();
    (end - inside.trim().len(), end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Range, Styled};

    /// Writes pieces with the first letters of what is opened and closed.
    fn written(flat: &Flat) -> String {
        let name = |mark: Mark<'_>| match mark {
            Mark::Style(style) => style.as_str(),
            Mark::Range(kind) => kind.as_str(),
        };
        let write = |piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Open(mark, covered) => format!("<{}:{}>", name(mark), covered.len()),
            Piece::Close(mark) => format!("</{}>", name(mark)),
        };
        pieces(flat).into_iter().map(write).collect()
    }

    #[track_caller]
    fn check(text: &str, styles: &[(usize, usize, Style)], links: &[(usize, usize)], expect: &str) {
        let styles = styles.iter().map(|(start, end, style)| Styled { start: *start, end: *end, style: style.clone() });
        let kind = || RangeKind::Link { url: "https://acme.example".to_owned() };
        let ranges = links.iter().map(|(start, end)| Range { start: *start, end: *end, kind: kind() });
        let flat =
            Flat { text: text.to_owned(), styles: styles.collect(), ranges: ranges.collect(), ..Flat::default() };
        assert_eq!(written(&flat), expect);
    }

    #[test]
    fn plain_text_is_one_piece() {
        check("Hello", &[], &[], "Hello");
        check("", &[], &[], "");
    }

    #[test]
    fn what_is_inside_closes_first() {
        check(
            "a bold link!",
            &[(2, 11, Style::Strong), (7, 11, Style::Emphasis)],
            &[(7, 11)],
            "a <strong:9>bold <emphasis:4><link:4>link</link></emphasis></strong>!",
        );
    }

    #[test]
    fn neighbours_do_not_nest() {
        check("ab", &[(0, 1, Style::Strong), (1, 2, Style::Strike)], &[], "<strong:1>a</strong><strike:1>b</strike>");
    }

    #[test]
    fn white_space_stays_outside() {
        check("a b c", &[(1, 4, Style::Strong)], &[], "a <strong:1>b</strong> c");
        check("a   c", &[(1, 4, Style::Strong)], &[], "a   c");
        check("a b c", &[(1, 4, Style::Quote)], &[], "a<quote:3> b </quote>c");
    }

    #[test]
    fn what_crosses_is_cut() {
        check("abcd", &[(0, 2, Style::Strong)], &[(1, 3)], "<strong:2>a<link:1>b</link></strong>cd");
    }
}
