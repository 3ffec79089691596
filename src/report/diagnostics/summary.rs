use crate::{
    diag::{Diagnostic, FileId, Level, words},
    report::Style,
};
use std::collections::BTreeSet;

/// How many findings there are, by level, and in how many files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many notes.
    pub notes: usize,
    files: BTreeSet<FileId>,
}

impl Summary {
    /// Counts some findings in.
    pub fn add(&mut self, findings: &[Diagnostic]) {
        for finding in findings {
            match finding.level {
                Level::Off => continue,
                Level::Note => self.notes += 1,
                Level::Warning => self.warnings += 1,
                Level::Error => self.errors += 1,
            }
            self.files.insert(finding.primary.span.file);
        }
    }

    /// Returns how many files have findings.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Returns how many findings there are.
    pub fn total(&self) -> usize {
        self.errors + self.warnings + self.notes
    }

    /// Writes it as one line, as `2 errors, 1 warning in 3 files`; `no findings` if there are none.
    pub fn line(&self, style: &Style) -> String {
        if self.total() == 0 {
            return "no findings".to_owned();
        }
        let counted = [
            (Level::Error, self.errors, "error", "errors"),
            (Level::Warning, self.warnings, "warning", "warnings"),
            (Level::Note, self.notes, "note", "notes"),
        ];
        let counted: Vec<String> = counted
            .into_iter()
            .filter(|(_, n, ..)| *n > 0)
            .map(|(level, n, one, many)| style.level(level, &words::count(n, one, many)))
            .collect();
        format!("{} in {}", counted.join(", "), words::count(self.files.len(), "file", "files"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Span};

    static CODE: Code = Code { name: "test", summary: "", level: Level::Error, fixed: false, explain: "" };

    #[track_caller]
    fn check(levels: &[(u32, Level)], expect: &str) {
        let mut summary = Summary::default();
        for (file, level) in levels {
            let mut finding = Diagnostic::new(&CODE, Span::new(FileId(*file), 0..0), "x");
            finding.level = *level;
            summary.add(&[finding]);
        }
        assert_eq!(summary.line(&Style::PLAIN), expect);
    }

    #[test]
    fn levels_and_files_are_counted() {
        check(&[], "no findings");
        check(&[(0, Level::Error)], "1 error in 1 file");
        check(&[(0, Level::Error), (1, Level::Error), (1, Level::Warning)], "2 errors, 1 warning in 2 files");
        check(&[(0, Level::Note), (0, Level::Off)], "1 note in 1 file");
    }
}
