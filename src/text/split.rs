use super::{
    Flat, Measure, Range, RangeKind, Styled,
    count::{weigh, weigh_slice},
    sentence::{ends_before, is_closing, is_full_width_end},
    url::is_web,
};
use unicode_segmentation::UnicodeSegmentation as _;

/// Splits a text that is over a limit into the parts of a thread, each numbered at its end: ` (1/3)`.
///
/// `max` is in the measure's unit and `max_bytes` in UTF-8, numbers included. A part ends at the last end of a paragraph
/// that fits (unless that leaves it less than a third full), else of a sentence, else of a line, else of a word; never inside
/// a grapheme cluster, a range or a URL. One of these that is over the limit by itself is a part of its own, and over.
/// A text within its limits stays whole and unnumbered.
pub fn split(flat: &Flat, measure: &Measure, max: u64, max_bytes: Option<u64>) -> Vec<Flat> {
    let fits = |bytes: usize| max_bytes.is_none_or(|max| bytes as u64 <= max);
    if weigh(flat, measure) <= max && fits(flat.text.len()) {
        return vec![flat.clone()];
    }
    let pieces = Pieces::new(flat, measure);
    // The numbers count too, and how wide they are depends on how many parts there are.
    let mut digits = 1;
    loop {
        let room = |index: usize| {
            let number = number_width(index, digits);
            (max.saturating_sub(number), max_bytes.map_or(u64::MAX, |max| max.saturating_sub(number)))
        };
        let parts = pieces.cut(room);
        let needed = decimal_digits(parts.len());
        if needed <= digits {
            return if parts.len() == 1 { vec![flat.clone()] } else { pieces.number(&parts) };
        }
        digits = needed;
    }
}

/// Returns how long the number of a part is, in any unit: it is ASCII.
fn number_width(index: usize, digits_of_total: u64) -> u64 {
    " (/)".len() as u64 + decimal_digits(index + 1) + digits_of_total
}

fn decimal_digits(number: usize) -> u64 {
    u64::from(number.max(1).ilog10()) + 1
}

/// A text cut into what must stay whole.
struct Pieces<'a> {
    flat: &'a Flat,
    atoms: Vec<Atom>,
    /// What the atoms before each one weigh together, and after the last the sum of all.
    weights: Vec<u64>,
    /// From this atom on there are only tags.
    tail: usize,
}

/// A grapheme cluster, a range or a URL.
struct Atom {
    start: usize,
    end: usize,
    is_space: bool,
}

/// How good a place is to end a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Cluster,
    Word,
    Line,
    Sentence,
    Paragraph,
}

impl<'a> Pieces<'a> {
    fn new(flat: &'a Flat, measure: &Measure) -> Self {
        let text = flat.text.as_str();
        // Ranges, and the URLs that no range covers, as in code.
        let mut whole = flat.ranges.iter().map(|range| (range.start, range.end)).collect::<Vec<_>>();
        whole.extend(urls(text).filter(|(start, _)| {
            let at = flat.ranges.partition_point(|range| range.end <= *start);
            flat.ranges.get(at).is_none_or(|range| range.start > *start)
        }));
        whole.sort_unstable();
        let mut atoms: Vec<Atom> = Vec::new();
        let mut weights = vec![0];
        let mut whole = whole.into_iter().peekable();
        let mut clusters = text.grapheme_indices(true).peekable();
        while let Some((start, cluster)) = clusters.next() {
            let mut end = start + cluster.len();
            let mut is_space = cluster.chars().all(char::is_whitespace);
            // Whatever begins before the end of the atom belongs to it, and so do the clusters that it reaches into.
            while let Some(&(_, whole_end)) = whole.peek().filter(|(whole_start, _)| *whole_start < end) {
                whole.next();
                is_space = false;
                while let Some((at, cluster)) = clusters.next_if(|(at, _)| *at < whole_end) {
                    end = at + cluster.len();
                }
            }
            let weight = weigh_slice(&text[start..end], start, &flat.ranges, measure);
            weights.push(weights.last().copied().unwrap_or(0) + weight);
            atoms.push(Atom { start, end, is_space });
        }
        let is_tag = |atom: &Atom| {
            let at = flat.ranges.partition_point(|range| range.end <= atom.start);
            flat.ranges.get(at).is_some_and(|range: &Range| {
                range.start >= atom.start && range.start < atom.end && matches!(range.kind, RangeKind::Tag { .. })
            })
        };
        let tail = atoms.iter().rposition(|atom| !atom.is_space && !is_tag(atom)).map_or(0, |last| last + 1);
        Self { flat, atoms, weights, tail }
    }

    /// Cuts greedily; `room` tells the weight and bytes that a part has without its number. Returns bytes of the text.
    fn cut(&self, room: impl Fn(usize) -> (u64, u64)) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let mut from = self.skip_spaces(0);
        while from < self.atoms.len() {
            let (weight, bytes) = room(parts.len());
            let to = self.end_of_part(from, weight, bytes);
            let (start, end) = (self.atoms[from].start, self.atoms[to - 1].end);
            // A space with a combining mark on it is no atom of space.
            let part = &self.flat.text[start..end];
            let (lead, trail) = (part.len() - part.trim_start().len(), part.len() - part.trim_end().len());
            parts.push((start + lead, end - trail));
            from = self.skip_spaces(to);
        }
        parts
    }

    /// Returns one past the last atom of the part that starts at `from`: never a space, and at least `from` itself.
    fn end_of_part(&self, from: usize, max_weight: u64, max_bytes: u64) -> usize {
        let mut best: Option<(Rank, usize)> = None;
        let mut at = from;
        loop {
            at += 1;
            let start = self.atoms[from].start;
            let is_over = self.weights[at] - self.weights[from] > max_weight
                || (self.atoms[at - 1].end - start) as u64 > max_bytes;
            if is_over {
                return best.map_or(from + 1, |(_, end)| end);
            }
            let next = self.skip_spaces(at);
            if next == self.atoms.len() {
                return at;
            }
            let rank = self.rank(at, next);
            let is_too_small = rank == Rank::Paragraph && (self.weights[at] - self.weights[from]) * 3 < max_weight;
            let rank = if is_too_small { Rank::Sentence } else { rank };
            if best.is_none_or(|(best, _)| rank >= best) {
                best = Some((rank, at));
            }
            // The spaces weigh only with what follows them.
            at = next;
        }
    }

    /// Tells how good it is to end a part before the atom `end` and go on at `next`, with nothing but spaces between.
    fn rank(&self, end: usize, next: usize) -> Rank {
        let text = self.flat.text.as_str();
        let position = self.atoms[end - 1].end;
        let after = &text[self.atoms[next].start..];
        if next > end {
            let space = &text[position..self.atoms[next].start];
            let lines = space.matches('\n').count();
            if self.tail > 0 && next == self.skip_spaces(self.tail) {
                // Tags at the end don't stand alone if it can be helped.
                Rank::Word
            } else if lines > 1 {
                Rank::Paragraph
            } else if ends_before(text, position) || (lines == 1 && starts_item(after)) {
                Rank::Sentence
            } else if lines == 1 {
                Rank::Line
            } else {
                Rank::Word
            }
        } else if text[..position].trim_end_matches(is_closing).ends_with(is_full_width_end)
            && !after.starts_with(|c| is_closing(c) || is_full_width_end(c))
        {
            Rank::Sentence
        } else {
            Rank::Cluster
        }
    }

    fn skip_spaces(&self, from: usize) -> usize {
        from + self.atoms[from..].iter().take_while(|atom| atom.is_space).count()
    }

    fn number(&self, parts: &[(usize, usize)]) -> Vec<Flat> {
        let total = parts.len();
        (1..)
            .zip(parts)
            .map(|(number, &(start, end))| self.slice(start, end, &format!(" ({number}/{total})")))
            .collect()
    }

    fn slice(&self, start: usize, end: usize, suffix: &str) -> Flat {
        let flat = self.flat;
        let text = [&flat.text[start..end], suffix].concat();
        let ranges = flat
            .ranges
            .iter()
            .filter(|range| range.start >= start && range.end <= end)
            .map(|range| Range { start: range.start - start, end: range.end - start, kind: range.kind.clone() })
            .collect();
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let first = flat.source_of(start).map(|source| (0, position(source)));
        let inside = flat.anchors.iter().filter(|(at, _)| (start + 1..end).contains(&(*at as usize)));
        let anchors = first.into_iter().chain(inside.map(|(at, source)| (at - position(start), *source))).collect();
        let meets = |style: &&Styled| style.start < end && style.end > start;
        let cut = |style: &Styled| Styled {
            start: style.start.max(start) - start,
            end: style.end.min(end) - start,
            style: style.style.clone(),
        };
        let styles = flat.styles.iter().filter(meets).map(cut).collect();
        Flat { text, ranges, styles, anchors }
    }
}

/// Finds URLs up to the next space.
fn urls(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    text.match_indices("://").filter_map(|(at, _)| {
        let scheme = text[..at].len() - text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
        let start = at - scheme;
        let end = text[at..].find(char::is_whitespace).map_or(text.len(), |space| at + space);
        is_web(&text[start..end]).then_some((start, end))
    })
}

/// Returns whether a line starts as an item of a list, a quote or a rule does.
fn starts_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("• ") || line.starts_with("> ") || (rest.len() < line.len() && rest.starts_with(". "))
}

#[cfg(test)]
mod tests;
