use super::{Lines, Source, Summary, mask::Mask};
use crate::diag::{Diagnostic, Fix, Label, Level, Span};
use serde::Serialize;

/// The version of the shape. It grows when a reader of an older one would misread; added keys don't count.
pub const JSON_VERSION: u32 = 1;

/// One finding in JSON.
#[derive(Debug, Serialize)]
pub struct JsonFinding<'a> {
    /// The stable name of its kind.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub level: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file, from the workspace's root, with `/`.
    pub path: &'a str,
    /// Where it starts; none if the file's text isn't at hand.
    pub start: Option<JsonPlace>,
    /// Where it ends: one past the last character.
    pub end: Option<JsonPlace>,
    /// What to say of the place, if anything.
    pub label: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that explain it.
    pub labels: Vec<JsonLabel<'a>>,
    /// Mends that a machine can make; any one is enough.
    pub fixes: Vec<JsonFix<'a>>,
    /// Whether the place holds a secret.
    pub masked: bool,
}

/// A position in a file.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JsonPlace {
    /// The line, from 1.
    pub line: u32,
    /// The column in Unicode scalar values, from 1.
    pub column: u32,
    /// The byte, from 0.
    pub byte: u32,
}

/// Another place and what to say of it.
#[derive(Debug, Serialize)]
pub struct JsonLabel<'a> {
    /// The file.
    pub path: &'a str,
    /// Where it starts.
    pub start: Option<JsonPlace>,
    /// Where it ends.
    pub end: Option<JsonPlace>,
    /// What to say of it; may be empty.
    pub text: String,
}

/// A mend.
#[derive(Debug, Serialize)]
pub struct JsonFix<'a> {
    /// What it does.
    pub title: String,
    /// The edits, which don't overlap.
    pub edits: Vec<JsonEdit<'a>>,
}

/// One replacement.
#[derive(Debug, Serialize)]
pub struct JsonEdit<'a> {
    /// The file.
    pub path: &'a str,
    /// Where what is replaced starts.
    pub start: Option<JsonPlace>,
    /// Where it ends.
    pub end: Option<JsonPlace>,
    /// The new text.
    pub text: String,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct JsonSummary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many notes.
    pub notes: usize,
    /// In how many files.
    pub files: usize,
}

/// Returns what comes before the first finding.
pub(super) fn start() -> String {
    format!("{{\"version\":{JSON_VERSION},\"findings\":[")
}

/// Renders each finding as one line.
pub(super) fn render(source: &Source<'_>, findings: &[Diagnostic]) -> Vec<String> {
    let mask = Mask::new(source.file, source.text, findings);
    let told = tell(source, &mask, findings);
    told.iter().map(|finding| serde_json::to_string(finding).expect("strings and numbers are JSON")).collect()
}

/// Says of each finding what and where it is, with nothing of a secret in it; those at level `off` are left out.
pub(in crate::report) fn tell<'a>(
    source: &Source<'a>,
    mask: &Mask<'a>,
    findings: &[Diagnostic],
) -> Vec<JsonFinding<'a>> {
    let lines = Lines::of(source.text);
    let view = View { source, mask, lines: &lines };
    findings.iter().filter(|finding| finding.level != Level::Off).map(|finding| view.finding(finding)).collect()
}

/// Returns what comes after the last finding.
pub(super) fn finish(summary: &Summary) -> String {
    let summary =
        JsonSummary { errors: summary.errors, warnings: summary.warnings, notes: summary.notes, files: summary.files };
    format!("],\"summary\":{}}}\n", serde_json::to_string(&summary).expect("numbers are JSON"))
}

struct View<'v, 'a> {
    source: &'v Source<'a>,
    mask: &'v Mask<'a>,
    lines: &'v Lines,
}

impl<'a> View<'_, 'a> {
    fn finding(&self, finding: &Diagnostic) -> JsonFinding<'a> {
        let (start, end) = self.places(finding.primary.span);
        JsonFinding {
            code: finding.code.name,
            level: finding.level.as_str(),
            message: self.say(&finding.message),
            path: self.path(finding.primary.span),
            start,
            end,
            label: Some(self.say(&finding.primary.text)).filter(|text| !text.is_empty()),
            help: finding.help.as_deref().map(|help| self.say(help)),
            labels: finding.others.iter().map(|label| self.label(label)).collect(),
            fixes: finding.fix.iter().map(|fix| self.fix(fix)).collect(),
            masked: finding.masked,
        }
    }

    fn label(&self, label: &Label) -> JsonLabel<'a> {
        let (start, end) = self.places(label.span);
        JsonLabel { path: self.path(label.span), start, end, text: self.say(&label.text) }
    }

    fn fix(&self, fix: &Fix) -> JsonFix<'a> {
        let edit = |edit: &crate::diag::TextEdit| {
            let (start, end) = self.places(edit.span);
            JsonEdit { path: self.path(edit.span), start, end, text: self.say(&edit.text) }
        };
        JsonFix { title: self.say(&fix.title), edits: fix.edits.iter().map(edit).collect() }
    }

    fn places(&self, span: Span) -> (Option<JsonPlace>, Option<JsonPlace>) {
        let place = |byte: u32| {
            let at = if span.file == self.source.file {
                self.lines.locate(self.source.text, byte as usize)
            } else {
                crate::diag::line_column(self.source.files.text(span.file)?, byte as usize)
            };
            Some(JsonPlace { line: at.line, column: at.column, byte })
        };
        (place(span.start), place(span.end))
    }

    fn path(&self, span: Span) -> &'a str {
        self.source.files.path(span.file)
    }

    fn say(&self, words: &str) -> String {
        self.mask.clean(words).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, TextEdit},
        report::diagnostics::{
            Format,
            printer::tests::{ODD, at, print},
        },
    };

    #[test]
    fn the_shape_is_stable() {
        let finding = Diagnostic::new(&ODD, at(6..9), "`odd` is odd")
            .label("here")
            .help("write `even`")
            .also(Span::new(FileId(1), 6..12), "as here")
            .also(Span::new(FileId(2), 0..1), "not loaded")
            .fix("write `even`", vec![TextEdit { span: at(6..9), text: "even".into() }]);
        insta::assert_snapshot!(print(Format::Json, "né\nis odd\n", &[finding]), @r#"
        {"version":1,"findings":[
        {"code":"odd-word","level":"warning","message":"`odd` is odd","path":"content/a.md","start":{"line":2,"column":3,"byte":6},"end":{"line":2,"column":6,"byte":9},"label":"here","help":"write `even`","labels":[{"path":"content/b.md","start":{"line":2,"column":1,"byte":6},"end":{"line":2,"column":7,"byte":12},"text":"as here"},{"path":"content/c.md","start":null,"end":null,"text":"not loaded"}],"fixes":[{"title":"write `even`","edits":[{"path":"content/a.md","start":{"line":2,"column":3,"byte":6},"end":{"line":2,"column":6,"byte":9},"text":"even"}]}],"masked":false}],"summary":{"errors":0,"warnings":1,"notes":0,"files":1}}
        "#);
    }
}
