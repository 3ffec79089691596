use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level},
};

pub(super) static RAW_HTML: Code = Code {
    name: "raw-html",
    summary: "tags or comments of HTML are shown as text",
    level: Level::Note,
    fixed: false,
    explain: "Networks take text, not markup of yours: a tag or a comment is shown to readers as it is written, with its \
              angle brackets.\n\n\
              ```markdown\nA <b>bold</b> claim   # write **bold** instead\n<!-- a note for reviewers -->\n```\n\n\
              Use Markdown. A note for reviewers goes into the front matter after a `#`, or into the pull request. If you mean \
              the characters, put them between backticks.",
};

/// Reports tags and comments in copy.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for (text, span) in &case.nodes.html {
        // A closing tag was told of with the one that it closes.
        if text.starts_with("</") {
            continue;
        }
        let (message, help) = if text.trim_start().starts_with("<!--") {
            ("this comment is shown to readers", "move it into the front matter, after a `#`")
        } else {
            ("this HTML is shown to readers as text", "use Markdown, or put it between backticks")
        };
        let end = span.start as usize + text.lines().next().unwrap_or_default().trim_end().len();
        let first_line = crate::diag::Span::new(span.file, span.start as usize..end.min(span.end as usize));
        found.push(Diagnostic::new(&RAW_HTML, first_line, message).help(help));
    }
}
