use crate::{diag::Level, report::printable::is_plain};
use std::ops::Range;
use unicode_width::UnicodeWidthChar as _;

/// A finding about one place on one line, to be shown without colour.
///
/// Nearly all findings of a large workspace are such, and written to a file or pipe. They are rendered here as the renderer of
/// the others would, byte for byte, in a small part of its time.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    pub(super) level: Level,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) path: &'a str,
    /// The line's number.
    pub(super) line: u32,
    /// The whole line, without its end.
    pub(super) source: &'a str,
    /// The place in the line, in bytes.
    pub(super) range: Range<usize>,
    /// What is said of the place; may be empty.
    pub(super) label: &'a str,
    pub(super) help: Option<&'a str>,
    /// How many columns there are.
    pub(super) width: usize,
}

/// How much room is kept around a place in a line that is cut.
const AROUND: usize = 6;

/// Stands for what was cut off.
const CUT: &str = "...";

impl Plain<'_> {
    /// Renders it; none if it is for the other renderer.
    pub(super) fn render(&self) -> Option<String> {
        let has_joiner = |words: &str| words.contains(JOINER);
        let is_fit = self.range.start < self.range.end
            && self.range.end <= self.source.len()
            && is_all_shown(self.source)
            && self.label.chars().all(is_single_width)
            && !self.source.trim_start().is_empty()
            && !has_joiner(self.message)
            && !self.help.is_some_and(has_joiner);
        if !is_fit {
            return None;
        }
        let column = self.source[..self.range.start].chars().count() + 1;
        let start = columns(&self.source[..self.range.start]);
        let covered = columns(&self.source[self.range.clone()]);
        let length = start + covered + columns(&self.source[self.range.end..]);
        // A place without width, such as a combining mark, is pointed at all the same.
        let end = start + covered.max(1);
        let number = self.line.to_string();
        let pad = " ".repeat(number.len());
        let room = self.width.saturating_sub(number.len() + 3);
        let (left, mut shown) = self.window(start..end, length, room)?;
        let mut marks = " ".repeat(start.checked_sub(left)?) + &"^".repeat(end - start);
        if end - start > 2 * room {
            // A place that no terminal can show whole loses its middle.
            let kept = (room / 3).max(5);
            let middle = start + kept - left..end - kept - left;
            marks = replaced(&marks, middle.clone());
            shown = replaced(&shown, middle);
        }

        let level = match self.level {
            Level::Off | Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let Self { code, message, path, .. } = *self;
        let mut out = String::with_capacity(256 + message.len() + self.help.map_or(0, str::len) + 2 * shown.len());
        // Format strings would take longer than all the rest.
        let mut put = |pieces: &[&str]| pieces.iter().for_each(|piece| out.push_str(piece));
        put(&[
            level,
            "[",
            code,
            "]: ",
            message,
            "\n",
            &pad,
            "--> ",
            path,
            ":",
            &number,
            ":",
            &column.to_string(),
            "\n",
        ]);
        put(&[&pad, " |\n", &number, " | ", &shown, "\n", &pad, " | ", &marks]);
        if !self.label.is_empty() {
            put(&[" ", self.label]);
        }
        put(&["\n"]);
        if let Some(help) = self.help {
            put(&[&pad, " |\n", &pad, " = help: ", help, "\n"]);
        }
        Some(out)
    }

    /// Cuts the line to what fits beside the place, and returns how many columns are cut off before it.
    fn window(&self, place: Range<usize>, length: usize, room: usize) -> Option<(usize, String)> {
        let blank = self.source.chars().take_while(|c| c.is_whitespace()).count();
        if length <= room && blank <= AROUND {
            return Some((
                0,
                if self.source.is_ascii() { self.source.to_owned() } else { self.source.replace(JOINER, "") },
            ));
        }
        let blank = blank.min(place.start).saturating_sub(AROUND);
        let first = place.start.saturating_sub(AROUND);
        let last = place.end + AROUND;
        let label = if self.label.is_empty() { 0 } else { self.label.chars().count() + 1 };
        let label_end = last + label;
        // Lines that are indented far are for the other renderer.
        if blank > 0 {
            return None;
        }
        let (left, right) = if label_end <= room {
            (0, room)
        } else if label_end - first <= room {
            let left = first.saturating_sub((room - (label_end - first)) / 2);
            (left, left + room)
        } else if last - first <= room {
            let left = first.saturating_sub((room - (last - first)) / 5 * 2);
            (left, left + room)
        } else {
            (first, last)
        };
        let right = if length - left.min(length) <= room { length } else { right.min(length) };
        if left > length || right < left + 2 * CUT.len() {
            return None;
        }
        self.cut(left..right, length)
    }

    /// Cuts the line to some columns, and returns how many were left out before them: one more where a wide character
    /// would be halved.
    fn cut(&self, columns: Range<usize>, length: usize) -> Option<(usize, String)> {
        if self.source.is_ascii() {
            return self.cut_ascii(columns, length);
        }
        let (mut skipped, mut taken) = (0, 0);
        let mut kept: Vec<char> = Vec::with_capacity(columns.len());
        for c in self.source.chars().filter(|c| *c != JOINER) {
            if skipped < columns.start {
                skipped += width(c);
                continue;
            }
            taken += width(c);
            if taken > columns.len() {
                break;
            }
            kept.push(c);
        }
        // How many characters the dots take the place of, and their width.
        let beneath = |kept: &mut dyn Iterator<Item = &char>| {
            let mut under = (0, 0);
            for c in kept {
                under = (under.0 + 1, under.1 + width(*c));
                if under.1 >= CUT.len() {
                    break;
                }
            }
            under
        };
        let mut shown = Vec::with_capacity(kept.len() + CUT.len());
        let last = beneath(&mut kept.iter().rev()).0;
        let mut rest = &kept[..];
        if columns.start > 0 {
            let (first, width) = beneath(&mut kept.iter());
            rest = &kept[first..];
            shown.extend(CUT.chars());
            shown.resize(width.max(CUT.len()), ' ');
        }
        if rest.len() < last.max(1) {
            return None;
        }
        shown.extend(rest);
        if columns.end < length {
            // The dots are three characters, over however many there are.
            let from = shown.len() - last;
            let over = last.min(CUT.len());
            shown.splice(from..from + over, CUT.chars());
        }
        Some((skipped.max(columns.start), shown.into_iter().collect()))
    }

    /// Does so where each byte is a column.
    fn cut_ascii(&self, columns: Range<usize>, length: usize) -> Option<(usize, String)> {
        let kept = self.source.get(columns.start..columns.end.min(self.source.len()))?;
        let dots = kept.len().min(CUT.len());
        let (begin, rest) = if columns.start > 0 { (CUT, &kept[dots..]) } else { ("", kept) };
        if rest.len() < dots.max(1) {
            return None;
        }
        let (middle, end) = if columns.end < length { (&rest[..rest.len() - dots], CUT) } else { (rest, "") };
        Some((columns.start, [begin, middle, end].concat()))
    }
}

/// Puts dots in the place of some characters, if there are that many.
fn replaced(text: &str, range: Range<usize>) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if range.end <= characters.len() {
        characters.splice(range, CUT.chars());
    }
    characters.into_iter().collect()
}

/// Holds emoji together, and is left out: terminals don't agree on how wide what it makes is.
const JOINER: char = '\u{200D}';

/// Returns how many columns a text takes.
fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(width).sum() }
}

fn width(c: char) -> usize {
    if c.is_ascii() { 1 } else { c.width().unwrap_or(1) }
}

fn is_all_shown(text: &str) -> bool {
    is_plain(text) || text.chars().all(is_shown)
}

/// Tells whether a character is shown as itself. The other renderer has the tables for the rest, and knows tabs.
fn is_shown(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Tells whether a character takes one column and is shown as itself.
fn is_single_width(c: char) -> bool {
    is_shown(c) && width(c) == 1
}
