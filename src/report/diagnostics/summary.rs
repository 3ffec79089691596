use crate::{
    diag::{Diagnostic, Level, words},
    report::Style,
};

/// How many findings there are, by level, and in how many files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many notes.
    pub notes: usize,
    /// How many files have findings.
    pub files: usize,
}

impl Summary {
    /// Counts the findings of one file.
    pub fn of(findings: &[Diagnostic]) -> Self {
        let mut summary = Self::default();
        for finding in findings {
            match finding.level {
                Level::Off => {}
                Level::Note => summary.notes += 1,
                Level::Warning => summary.warnings += 1,
                Level::Error => summary.errors += 1,
            }
        }
        summary.files = usize::from(summary.total() > 0);
        summary
    }

    /// Counts those of other files in.
    pub fn add(&mut self, others: Self) {
        self.errors += others.errors;
        self.warnings += others.warnings;
        self.notes += others.notes;
        self.files += others.files;
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
        format!("{} in {}", counted.join(", "), words::count(self.files, "file", "files"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, FileId, Span};

    static CODE: Code = Code { name: "test", summary: "", level: Level::Error, fixed: false, explain: "" };

    #[track_caller]
    fn check(files: &[&[Level]], expect: &str) {
        let mut summary = Summary::default();
        for (file, levels) in (0..).zip(files) {
            let finding = |level: &Level| Diagnostic {
                level: *level,
                ..Diagnostic::new(&CODE, Span::new(FileId(file), 0..0), "x")
            };
            summary.add(Summary::of(&levels.iter().map(finding).collect::<Vec<_>>()));
        }
        assert_eq!(summary.line(&Style::PLAIN), expect);
    }

    #[test]
    fn levels_and_files_are_counted() {
        check(&[], "no findings");
        check(&[&[Level::Error]], "1 error in 1 file");
        check(&[&[Level::Error], &[Level::Error, Level::Warning]], "2 errors, 1 warning in 2 files");
        check(&[&[Level::Note, Level::Off], &[Level::Off], &[]], "1 note in 1 file");
    }
}
