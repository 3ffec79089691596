use crate::diag::LineColumn;

/// The lines of a text, found in one pass, so that many places are located cheaply.
///
/// Agrees with [`crate::diag::line_column`] for every position, however long the lines are.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Where each line starts; the first is 0.
    starts: Vec<usize>,
    /// How many characters stand before each multiple of [`STRIDE`] bytes; empty if all are ASCII or no line is that long.
    marks: Vec<usize>,
}

const STRIDE: usize = 1024;

/// How long lines are, to begin with enough room for where they start.
const TYPICAL_LINE: usize = 40;

impl Lines {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / TYPICAL_LINE + 2);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        let ends = starts[1..].iter().copied().chain([text.len()]);
        let has_long_line = starts.iter().zip(ends).any(|(start, end)| end - start > STRIDE);
        let mut marks = Vec::new();
        if has_long_line && !text.is_ascii() {
            let mut before = 0;
            for chunk in text.as_bytes().chunks(STRIDE) {
                marks.push(before);
                before += characters(chunk);
            }
            marks.push(before);
        }
        Self { starts, marks }
    }

    /// Finds the line and column of a byte position of the same text; a position past the end is the end.
    pub fn locate(&self, text: &str, position: usize) -> LineColumn {
        let position = floor_boundary(text, position);
        let line = self.line(position);
        let start = self.starts[line];
        let column = match position - start {
            0..=STRIDE => characters(&text.as_bytes()[start..position]),
            _ => self.characters_before(text, position) - self.characters_before(text, start),
        };
        let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        LineColumn { line: count(line), column: count(column) }
    }

    /// Returns the index of the line that a position is on, from 0.
    pub(super) fn line(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position) - 1
    }

    /// Returns where a line starts, or the end of the text for a line past the last.
    pub(super) fn start(&self, text: &str, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(text.len())
    }

    fn characters_before(&self, text: &str, position: usize) -> usize {
        let mark = position / STRIDE;
        match self.marks.get(mark) {
            None => position,
            Some(before) => before + characters(&text.as_bytes()[mark * STRIDE..position]),
        }
    }
}

/// Returns the nearest character boundary at or before a position.
pub(super) fn floor_boundary(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    position
}

/// Returns the nearest character boundary at or after a position.
pub(super) fn ceil_boundary(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position += 1;
    }
    position
}

/// Counts the bytes that start a character.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::line_column;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str) {
        let lines = Lines::of(text);
        for position in 0..=text.len() + 1 {
            assert_eq!(lines.locate(text, position), line_column(text, position), "{text:?} at {position}");
        }
    }

    #[test]
    fn empty_and_open_ended_texts() {
        check("");
        check("\n");
        check("a\nné\n\nlast");
    }

    #[test]
    fn lines_longer_than_a_stride() {
        check(&"é".repeat(700));
        check(&format!("{}\n{}é", "a".repeat(1023), "日".repeat(400)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn agrees_with_the_plain_definition(text in "(?s).{0,60}") {
            check(&text);
        }
    }
}
