/// Names a file in [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// The files of a workspace by number: their paths and, where loaded, their text.
///
/// Paths are relative to the workspace's root, with `/`, and unique. A full check of a large workspace registers every
/// path and loads texts one at a time, so a text may be absent.
#[derive(Clone, Debug, Default)]
pub struct Files {
    entries: Vec<(Box<str>, Option<Box<str>>)>,
}

impl Files {
    /// Makes an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn add(&mut self, path: impl Into<Box<str>>, text: Option<&str>) -> FileId {
        let id = FileId(u32::try_from(self.entries.len()).expect("fewer than 2^32 files"));
        self.entries.push((path.into(), text.map(Into::into)));
        id
    }

    /// Loads the text of a file that was added without.
    pub fn load(&mut self, id: FileId, text: &str) {
        self.entries[id.0 as usize].1 = Some(text.into());
    }

    /// Returns the path of a file, relative to the root.
    pub fn path(&self, id: FileId) -> &str {
        &self.entries[id.0 as usize].0
    }

    /// Returns the text of a file, if it is loaded.
    pub fn text(&self, id: FileId) -> Option<&str> {
        self.entries[id.0 as usize].1.as_deref()
    }

    /// Returns how many files there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Iterates over ids and paths, in the order of adding.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.entries.iter().zip(0u32..).map(|((path, _), id)| (FileId(id), &**path))
    }
}

/// A place as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: u32,
    /// The column in Unicode scalar values, from 1.
    pub column: u32,
}

/// Finds the line and column of a byte position; a position past the end is the end.
pub fn line_column(text: &str, position: usize) -> LineColumn {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    let before = &text[..position];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    LineColumn {
        line: count(before.bytes().filter(|&byte| byte == b'\n').count()),
        column: count(before[line_start..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, position: usize, line: u32, column: u32) {
        assert_eq!(line_column(text, position), LineColumn { line, column });
    }

    #[test]
    fn the_start_is_one_one() {
        check("", 0, 1, 1);
        check("abc", 0, 1, 1);
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        check("né\nab", 3, 1, 3);
        check("né\nab", 5, 2, 2);
    }

    #[test]
    fn a_place_inside_a_character_or_past_the_end_is_clamped() {
        check("é", 1, 1, 1);
        check("a\n", 99, 2, 1);
    }
}
