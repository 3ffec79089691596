use super::{Summary, github, human, json, sarif};
use crate::{
    diag::{Code, Diagnostic, FileId, Files},
    report::Style,
};

/// What findings are rendered as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, with the place shown and underlined.
    Human(Style),
    /// One JSON object; its shape has a version.
    Json,
    /// Workflow commands that GitHub shows beside the lines of a pull request.
    Github,
    /// SARIF 2.1.0, as code scanners write it.
    Sarif,
}

/// A file that findings are about, and where to look up other files that they point at.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file.
    pub file: FileId,
    /// Its text.
    pub text: &'a str,
    /// The paths of all files and, where loaded, their texts.
    pub files: &'a Files,
}

/// One file's findings in a format: what is printed of them, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    text: String,
    summary: Summary,
}

impl Rendered {
    /// Renders one file's findings, which must be sorted; those at level `off` are left out.
    ///
    /// Needs nothing else, so files can be rendered on several threads and handed to [`Printer::append`] in order.
    pub fn new(format: Format, source: &Source<'_>, findings: &[Diagnostic]) -> Self {
        let summary = Summary::of(findings);
        if summary.total() == 0 {
            return Self::default();
        }
        let entries = match format {
            Format::Human(style) => human::render(source, findings, &style),
            Format::Json => json::render(source, findings),
            Format::Github => github::render(source, findings),
            Format::Sarif => sarif::render(source, findings),
        };
        let mut text = entries.join(match format {
            Format::Human(_) | Format::Github => "\n",
            Format::Json | Format::Sarif => ",\n",
        });
        if let Format::Human(_) | Format::Github = format {
            text.push('\n');
        }
        Self { text, summary }
    }

    /// Returns whether there is nothing to print.
    pub fn is_empty(&self) -> bool {
        self.summary.total() == 0
    }

    /// Returns what is printed of findings in a format for people, which nothing stands between.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Writes findings in a format, file by file.
///
/// What its methods return is to be printed as it is, in the order of the calls.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    codes: Vec<&'static Code>,
    summary: Summary,
}

impl Printer {
    /// Prepares to print. `codes` are all that there can be: SARIF lists them with their explanations.
    pub fn new(format: Format, codes: Vec<&'static Code>) -> Self {
        Self { format, codes, summary: Summary::default() }
    }

    /// Returns what comes before the first finding.
    pub fn start(&self) -> String {
        match self.format {
            Format::Human(_) | Format::Github => String::new(),
            Format::Json => json::start(),
            Format::Sarif => sarif::start(&self.codes),
        }
    }

    /// Counts a file's findings in and writes them, after what stands between them and those before.
    pub fn append(&mut self, rendered: &Rendered, out: &mut String) {
        if rendered.is_empty() {
            return;
        }
        match self.format {
            Format::Human(_) | Format::Github => {}
            Format::Json | Format::Sarif => out.push_str(if self.summary.total() == 0 { "\n" } else { ",\n" }),
        }
        out.push_str(&rendered.text);
        self.summary.add(rendered.summary);
    }

    /// Returns what comes after the last finding. The summary of the format for people is the caller's to print, for
    /// it is no data: see [`Summary::line`].
    pub fn finish(&self) -> String {
        match self.format {
            Format::Human(_) | Format::Github => String::new(),
            Format::Json => json::finish(&self.summary),
            Format::Sarif => sarif::finish(),
        }
    }

    /// Returns what was counted so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::diag::{Level, Span};

    pub(crate) static ODD: Code = Code {
        name: "odd-word",
        summary: "a word is odd",
        level: Level::Warning,
        fixed: false,
        explain: "Odd words are odd.\n\n```markdown\nodd\n```\n",
    };
    pub(crate) static KEY: Code = Code {
        name: "a-key",
        summary: "a key is there",
        level: Level::Error,
        fixed: true,
        explain: "Keys are secret.",
    };

    /// Prints the findings of one file as a whole run does.
    pub(crate) fn print(format: Format, text: &str, findings: &[Diagnostic]) -> String {
        let mut files = Files::new();
        let file = files.add("content/a.md", Some(text));
        files.add("content/b.md", Some("first\nsecond line\n"));
        files.add("content/c.md", None);
        let mut printer = Printer::new(format, vec![&KEY, &ODD]);
        let mut out = printer.start();
        printer.append(&Rendered::new(format, &Source { file, text, files: &files }, findings), &mut out);
        out += &printer.finish();
        out
    }

    pub(crate) fn at(range: std::ops::Range<usize>) -> Span {
        Span::new(FileId(0), range)
    }

    #[test]
    fn files_are_joined_into_one_document() {
        let files = {
            let mut files = Files::new();
            files.add("a.md", None);
            files.add("b.md", None);
            files
        };
        let mut printer = Printer::new(Format::Json, Vec::new());
        let mut out = printer.start();
        for file in [FileId(0), FileId(1)] {
            let finding = Diagnostic::new(&ODD, Span::new(file, 0..3), "`odd` is odd");
            let mut off = finding.clone();
            off.level = Level::Off;
            let rendered = Rendered::new(Format::Json, &Source { file, text: "odd", files: &files }, &[finding, off]);
            printer.append(&rendered, &mut out);
        }
        out += &printer.finish();
        let json: serde_json::Value = serde_json::from_str(&out).expect("valid JSON");
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(2));
        assert_eq!(json["summary"]["files"], 2);
    }

    #[test]
    fn nothing_found_is_still_a_document() {
        for format in [Format::Json, Format::Sarif] {
            serde_json::from_str::<serde_json::Value>(&print(format, "", &[])).expect("valid JSON");
        }
        assert_eq!(print(Format::Human(Style::PLAIN), "", &[]), "");
    }

    #[test]
    fn no_format_shows_a_masked_place() {
        let text = "key: hunter22 and odd hunter22 more\n";
        let findings = [
            Diagnostic::new(&KEY, at(5..13), "a key").masked(),
            Diagnostic::new(&ODD, at(18..21), "odd beside `hunter22`")
                .label("hunter22")
                .help("write hunter22 elsewhere")
                .also(at(0..3), "hunter22")
                .fix("drop hunter22", vec![crate::diag::TextEdit { span: at(0..1), text: "hunter22".into() }]),
            Diagnostic::new(&KEY, at(22..30), "a key again").masked(),
        ];
        for format in [Format::Human(Style::PLAIN), Format::Json, Format::Github, Format::Sarif] {
            let out = print(format, text, &findings);
            assert!(!out.contains("hunter22"), "{out}");
            assert!(out.contains("odd beside `[masked]`"), "{out}");
        }
    }
}
