use super::{
    CHECK,
    finding::{FindingView, counted, tell},
    input::{CheckFile, CheckPage, View},
    page::PageView,
};
use serde::Serialize;

/// How many findings the page shows: more are no help, and a page must stay one that opens at once.
const MOST: usize = 500;

/// What the page of findings knows.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    page: PageView<'a>,
    files: Vec<FileView>,
    /// How many findings are not shown.
    more: usize,
}

#[derive(Serialize)]
struct FileView {
    path: String,
    /// What leads to the page of the post in it.
    href: Option<String>,
    counted: String,
    findings: Vec<FindingView>,
}

pub(super) fn context<'a>(view: &View<'a>, input: &CheckPage<'_>) -> Context<'a> {
    let page = PageView::new(view, "check", CHECK.to_owned(), "What is wrong");
    let mut left = MOST;
    let mut more = 0;
    let mut files = Vec::new();
    let mut found: Vec<&CheckFile<'_>> = input.findings.iter().collect();
    // What keeps posts from going out stands first.
    found.sort_by_key(|file| file.findings.iter().map(|finding| std::cmp::Reverse(finding.level)).min());
    for file in found {
        let href = file.post.map(|post| page.post(post));
        let mut findings = tell(file.file, file.text, input.files, file.findings, href.as_deref()).findings;
        if findings.is_empty() {
            continue;
        }
        let counted = counted(&findings);
        more += findings.len().saturating_sub(left);
        findings.truncate(left);
        left -= findings.len();
        if !findings.is_empty() {
            files.push(FileView { path: input.files.path(file.file).to_owned(), href, counted, findings });
        }
    }
    Context { page, files, more }
}
