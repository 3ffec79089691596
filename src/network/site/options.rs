use crate::{
    diag::{Code, Diagnostic, Level},
    model::{Account, OptionKind, OptionSpec},
};

pub(super) const POST_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: "slug",
        kind: OptionKind::Text,
        doc: "The readable part of the page's address; a few digits follow so that no two posts share one.",
    },
    OptionSpec {
        key: "summary",
        kind: OptionKind::Text,
        doc: "One or two sentences for the index, the feeds and link previews; the start of the text if it isn't set.",
    },
];

pub(super) const ACCOUNT_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: "output",
        kind: OptionKind::Text,
        doc: "The folder that the site is written to, from the workspace's root; `public` if it isn't set.",
    },
    OptionSpec {
        key: "url",
        kind: OptionKind::Url,
        doc: "Where the folder is served, so that feeds and receipts hold whole addresses.",
    },
    OptionSpec { key: "title", kind: OptionKind::Text, doc: "The site's title; the workspace's name if it isn't set." },
    OptionSpec { key: "description", kind: OptionKind::Text, doc: "One sentence below the title." },
    OptionSpec {
        key: "author",
        kind: OptionKind::Text,
        doc: "Who the feeds say has written; the workspace's name if it isn't set.",
    },
];

/// The folder of a site whose account says nothing else.
const OUTPUT: &str = "public";

/// Folders of a workspace that hold what people wrote: a site may not be written over them.
const KEPT: &[&str] = &["content", "templates", ".git", ".github", ".masthead"];

/// What an account says of its site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings<'a> {
    /// The folder it is written to, from the workspace's root, without a trailing slash.
    pub output: &'a str,
    /// Where that folder is served, without a trailing slash.
    pub url: Option<&'a str>,
    /// The title, if it isn't the workspace's name.
    pub title: Option<&'a str>,
    /// A sentence below the title.
    pub description: Option<&'a str>,
    /// Who has written, if it isn't the workspace.
    pub author: Option<&'a str>,
}

/// Returns what an account says of its site.
pub fn settings(account: &Account) -> Settings<'_> {
    let text = |key| account.options.text(key).map(str::trim).filter(|text| !text.is_empty());
    let output = account.options.text("output").unwrap_or(OUTPUT);
    Settings {
        output: output.trim_start_matches("./").trim_end_matches('/'),
        url: text("url").map(|url| url.trim_end_matches('/')),
        title: text("title"),
        description: text("description"),
        author: text("author"),
    }
}

/// Returns the folder that a site is written to, from the workspace's root, or tells why it can't be one.
pub fn folder(account: &Account) -> Result<&str, &'static str> {
    let output = settings(account).output;
    misplaced(output).map_or(Ok(output), Err)
}

/// The output of a site is no folder of its own inside the workspace.
static SITE_OUTPUT: Code = Code {
    name: "site-output",
    summary: "a site would be written over something else",
    level: Level::Error,
    fixed: true,
    explain: "\
The folder that `output` names is the site's: its files are written anew each time, and what the site had there before goes.
So it must be a folder of its own inside the workspace, and none that holds what people wrote.

```toml
[accounts.home]
network = \"site\"
output = \"content\"      # would write pages among the posts
```

Name a folder that nothing else uses, such as `public`, and keep it out of git with a line in `.gitignore`.",
};

/// Every code of the site.
pub(super) static CODES: &[&Code] = &[&SITE_OUTPUT];

/// Finds what is wrong with an account's settings.
pub(super) fn findings(account: &Account) -> Vec<Diagnostic> {
    let Err(why) = folder(account) else { return Vec::new() };
    let span = account.options.span("output").unwrap_or(account.span);
    vec![
        Diagnostic::new(&SITE_OUTPUT, span, format!("the site's `output` {why}"))
            .help("name a folder of its own inside the workspace, such as `public`"),
    ]
}

/// Tells why a folder can't be a site's. It is asked for each post, so it goes by bytes: what it looks for is ASCII.
fn misplaced(output: &str) -> Option<&'static str> {
    let bytes = output.as_bytes();
    let mut parts = bytes.split(|byte| *byte == b'/');
    if bytes.starts_with(b"/") || bytes.iter().any(|byte| matches!(byte, b'\\' | b':')) {
        return Some("is not a path from the workspace's root, with `/` between folders");
    }
    if matches!(bytes, b"" | b".") {
        return Some("is the workspace itself");
    }
    if parts.clone().any(|part| matches!(part, b"" | b"." | b"..")) {
        return Some("has an empty part, a `.` or a `..`");
    }
    if !output.is_ascii() && output.chars().any(char::is_control) || bytes.iter().any(u8::is_ascii_control) {
        return Some("holds a control character");
    }
    // Some file systems take `Content` for `content`.
    let first = parts.next().unwrap_or_default();
    let is_kept = KEPT.iter().any(|kept| kept.as_bytes().eq_ignore_ascii_case(first));
    is_kept.then_some("is a folder that holds what people wrote")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, fine: bool) {
        assert_eq!(misplaced(output).is_none(), fine, "{output:?}");
    }

    #[test]
    fn a_folder_of_its_own_is_fine() {
        check("public", true);
        check("build/site", true);
        check(".site", true);
    }

    #[test]
    fn a_folder_that_is_not_its_own_is_refused() {
        for output in [
            "",
            ".",
            "..",
            "/srv/www",
            "a/../..",
            "content",
            "Content",
            "content/x",
            ".git",
            "C:/www",
            "a//b",
            "a\tb",
            "é\u{85}",
        ] {
            check(output, false);
        }
    }
}
