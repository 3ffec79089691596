use crate::diag::{Code, Diagnostic, FileId, Level, Span};

static FILE_UNREADABLE: Code = Code {
    name: "file-unreadable",
    summary: "a file can't be read as text",
    level: Level::Error,
    fixed: true,
    explain: "A post is a plain UTF-8 text file of at most a megabyte, inside the workspace. Links are not followed, since they \
              could lead out of the workspace, and a commit can't hold what they lead to.\n\n\
              ```text\ncontent/hello.md   a symbolic link, a device, not UTF-8, or far too large\n```\n\n\
              Put a plain text file there, or move what isn't a post out of `content/`.",
};

pub(super) static CODES: &[&Code] = &[&FILE_UNREADABLE];

/// Tells that a file can't be read: `problem` is a fragment about the file, `help` says what to do.
pub fn unreadable(file: FileId, problem: &str, help: &str) -> Diagnostic {
    Diagnostic::new(&FILE_UNREADABLE, Span::new(file, 0..0), problem).help(help)
}
