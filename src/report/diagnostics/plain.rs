use crate::diag::Level;
use std::{fmt::Write as _, ops::Range};

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
        let is_single = |words: &str| words.chars().all(is_single_width);
        let has_joiner = |words: &str| words.contains('\u{200D}');
        let is_fit = self.range.start < self.range.end
            && self.range.end <= self.source.len()
            && is_single(self.source)
            && is_single(self.label)
            && !self.source.trim_start().is_empty()
            && !has_joiner(self.message)
            && !self.help.is_some_and(has_joiner);
        if !is_fit {
            return None;
        }
        let count = |text: &str| text.chars().count();
        let start = count(&self.source[..self.range.start]);
        let end = start + count(&self.source[self.range.clone()]);
        let length = end + count(&self.source[self.range.end..]);
        let number = self.line.to_string();
        let pad = " ".repeat(number.len());
        let (left, shown) = self.window(start..end, length, self.width.saturating_sub(number.len() + 3))?;

        let level = match self.level {
            Level::Off | Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let mut out = String::with_capacity(256 + self.message.len() + self.help.map_or(0, str::len) + 2 * shown.len());
        let Self { code, message, path, .. } = self;
        write!(out, "{level}[{code}]: {message}\n{pad}--> {path}:{number}:{}\n", start + 1).ok()?;
        write!(out, "{pad} |\n{number} | {shown}\n{pad} | ").ok()?;
        out.extend(std::iter::repeat_n(' ', start - left));
        out.extend(std::iter::repeat_n('^', end - start));
        if !self.label.is_empty() {
            out.push(' ');
            out.push_str(self.label);
        }
        out.push('\n');
        if let Some(help) = self.help {
            writeln!(out, "{pad} |\n{pad} = help: {help}").ok()?;
        }
        Some(out)
    }

    /// Cuts the line to what fits beside the place, and returns how many characters are cut off before it.
    fn window(&self, place: Range<usize>, length: usize, room: usize) -> Option<(usize, String)> {
        let blank = self.source.chars().take_while(|c| c.is_whitespace()).count();
        if length <= room && blank <= AROUND && place.len() <= 2 * room {
            return Some((0, self.source.to_owned()));
        }
        let blank = blank.min(place.start).saturating_sub(AROUND);
        let first = place.start.saturating_sub(AROUND);
        let last = place.end + AROUND;
        let label = if self.label.is_empty() { 0 } else { self.label.chars().count() + 1 };
        let label_end = last + label;
        // Lines that are indented far and places that are cut in their middle are for the other renderer.
        if blank > 0 || place.len() > 2 * room {
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
        let skipped = if left > 0 { left + CUT.len() } else { 0 };
        let kept = if right < length { right - CUT.len() } else { length };
        let middle = self.source.chars().skip(skipped).take(kept - skipped);
        let mut shown = String::with_capacity(self.source.len().min(4 * room));
        shown.push_str(if left > 0 { CUT } else { "" });
        shown.extend(middle);
        shown.push_str(if right < length { CUT } else { "" });
        Some((left, shown))
    }
}

/// Tells whether a character takes one column and is shown as itself. The other renderer has the tables for the rest.
fn is_single_width(c: char) -> bool {
    matches!(c, ' '..='~' | '¡'..='\u{AC}' | '\u{AE}'..='\u{2FF}' | '\u{370}'..='\u{482}' | '\u{48A}'..='\u{52F}'
        | '\u{2010}'..='\u{2027}')
}
