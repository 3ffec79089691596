use super::page::PageView;
use crate::{
    diag::{Diagnostic, FileId, Files, words},
    report::diagnostics::{self, JsonFinding, Mask},
};
use serde::Serialize;

/// A finding, as templates know it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FindingView {
    code: &'static str,
    level: &'static str,
    message: String,
    help: Option<String>,
    label: Option<String>,
    /// The file, if it is another than the page's.
    elsewhere: Option<String>,
    /// The line, from 1; 0 if the place isn't known.
    pub(super) line: u32,
    column: u32,
    /// What leads to the line on the post's page, if it is a post's.
    href: Option<String>,
    others: Vec<PlaceView>,
    fixes: Vec<FixView>,
}

#[derive(Clone, Debug, Serialize)]
struct PlaceView {
    path: String,
    line: u32,
    text: String,
}

#[derive(Clone, Debug, Serialize)]
struct FixView {
    title: String,
    /// What is written in the place of what stands there; none if it only removes.
    text: Option<String>,
}

/// A file with what is wrong with it.
pub(super) struct Told<'a> {
    pub(super) findings: Vec<FindingView>,
    pub(super) mask: Mask<'a>,
}

/// Says what is wrong with a file. `post` leads to the page that shows its lines, if there is one.
pub(super) fn tell<'a>(
    file: FileId,
    text: &'a str,
    files: &'a Files,
    findings: &[Diagnostic],
    post: Option<&str>,
) -> Told<'a> {
    let mask = Mask::new(file, text, findings);
    let source = diagnostics::Source { file, text, files };
    let path = files.path(file);
    let told = diagnostics::tell(&source, &mask, findings);
    Told { findings: told.into_iter().map(|finding| view(finding, path, post)).collect(), mask }
}

fn view(finding: JsonFinding<'_>, path: &str, post: Option<&str>) -> FindingView {
    let is_here = finding.path == path;
    let (line, column) = finding.start.map_or((0, 0), |place| (place.line, place.column));
    FindingView {
        code: finding.code,
        level: finding.level,
        message: finding.message,
        help: finding.help,
        label: finding.label,
        elsewhere: (!is_here).then(|| finding.path.to_owned()),
        line: if is_here { line } else { 0 },
        column,
        href: post.filter(|_| is_here && line > 0).map(|post| format!("{post}#L{line}")),
        others: finding
            .labels
            .into_iter()
            .map(|label| PlaceView {
                path: label.path.to_owned(),
                line: label.start.map_or(0, |place| place.line),
                text: label.text,
            })
            .collect(),
        fixes: finding
            .fixes
            .into_iter()
            .map(|fix| FixView {
                text: fix
                    .edits
                    .into_iter()
                    .map(|edit| edit.text)
                    .find(|text| !text.trim().is_empty() && !fix.title.contains(text.trim_matches([' ', '"', '\n']))),
                title: fix.title,
            })
            .collect(),
    }
}

/// Counts findings in words: `1 error, 2 warnings`.
pub(super) fn counted(findings: &[FindingView]) -> String {
    let of = |level: &str| findings.iter().filter(|finding| finding.level == level).count();
    let counts =
        [(of("error"), "error", "errors"), (of("warning"), "warning", "warnings"), (of("note"), "note", "notes")];
    let counts: Vec<String> =
        counts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| words::count(n, one, many)).collect();
    counts.join(", ")
}

impl PageView<'_> {
    /// Returns what leads to a post's page.
    pub(super) fn post(&self, id: &crate::model::PostId) -> String {
        self.href(&super::page::post_path(id))
    }
}

impl FindingView {
    /// Returns `error`, `warning` or `note`.
    pub(super) fn level(&self) -> &'static str {
        self.level
    }
}
