use super::{
    diagnostics::{self, JsonFinding, Mask},
    pages::{Change, CheckFile, Line, State},
    plan::{Why, because},
};
use crate::{
    diag::{Files, words},
    model::{AccountId, Zone},
};
use std::fmt::Write as _;

/// How many posts are told of one by one.
const MOST_POSTS: usize = 20;
/// How many findings are.
const MOST_FINDINGS: usize = 30;
/// How much of a part is quoted, in characters.
const LONGEST_PART: usize = 1000;
/// GitHub takes 65,536 characters of a comment. Beyond this nothing is quoted any more, which leaves room for the rest.
const LONGEST: usize = 40_000;

/// What a pull request changes.
#[derive(Clone, Debug)]
pub struct Comment<'a> {
    /// How many posts differ, in words.
    pub summary: String,
    /// The zone that times are told in.
    pub zone: Zone,
    /// The posts that differ.
    pub posts: Vec<CommentPost<'a>>,
    /// The posts that are no longer there.
    pub removed: Vec<Removed<'a>>,
    /// What is wrong with them, and with files that are no posts.
    pub findings: &'a [CheckFile<'a>],
    /// The files that findings may point at.
    pub files: &'a Files,
}

/// A post that differs.
#[derive(Clone, Debug)]
pub struct CommentPost<'a> {
    /// Its file.
    pub path: &'a str,
    /// What stands for it, if it could be read.
    pub title: Option<String>,
    /// Whether it is new.
    pub change: Change,
    /// What of it is different.
    pub what: &'a [String],
    /// What becomes of it on each account.
    pub lines: Vec<Line<'a>>,
    /// What it says.
    pub words: Vec<Words<'a>>,
}

/// What some accounts are sent.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    /// The accounts.
    pub accounts: Vec<&'a AccountId>,
    /// The texts, one for each part of a thread.
    pub parts: Vec<&'a str>,
}

/// A post that is no longer there.
#[derive(Clone, Debug)]
pub struct Removed<'a> {
    /// The file that it was in.
    pub path: &'a str,
    /// The accounts on which it is out.
    pub live: Vec<&'a AccountId>,
}

/// Writes a summary for a pull request, in GitHub's Markdown, short enough for a phone.
///
/// Nothing that stands in posts can act in it: no markup, and nobody is mentioned.
pub fn comment(comment: &Comment<'_>) -> String {
    let mut out = format!("### Masthead\n\n{}\n", prose(&comment.summary));
    let found = findings(comment);
    for post in comment.posts.iter().take(MOST_POSTS) {
        write_post(&mut out, post, comment.zone);
    }
    if let Some(more) = comment.posts.len().checked_sub(MOST_POSTS).filter(|more| *more > 0) {
        let _ = writeln!(out, "\nand {more} more that differ");
    }
    for removed in comment.removed.iter().take(MOST_POSTS) {
        let _ = writeln!(out, "\n#### Removed: {}\n", code(removed.path));
        out.push_str(&match removed.live.is_empty() {
            true => "- it is out nowhere, and stays unsent\n".to_owned(),
            false => {
                format!("- it stays out on {}, until `masthead retract` takes it back\n", names(&removed.live))
            }
        });
    }
    write_findings(&mut out, &found);
    out
}

fn write_post(out: &mut String, post: &CommentPost<'_>, zone: Zone) {
    let change = match post.change {
        Change::New => "New",
        Change::Changed => "Changed",
    };
    match &post.title {
        Some(title) => drop(writeln!(out, "\n#### {change}: {}\n\n{}\n", literal(title), code(post.path))),
        None => drop(writeln!(out, "\n#### {change}: {}\n", code(post.path))),
    }
    for (state, at, why, accounts) in outlook(post, zone) {
        let at = at.map_or_else(String::new, |at| format!(", {at}"));
        let _ = writeln!(out, "- **{}**{at} on {}: {}", state.word(), names(&accounts), prose(&why));
    }
    for what in post.what {
        let _ = writeln!(out, "- {}", prose(what));
    }
    if post.change == Change::Changed && post.what.is_empty() {
        out.push_str("- nothing that is sent is different\n");
    }
    if post.words.is_empty() || out.len() > LONGEST {
        return;
    }
    out.push_str("\n<details><summary>What it says</summary>\n");
    for words in &post.words {
        let _ = writeln!(out, "\n{}\n", names(&words.accounts));
        for part in &words.parts {
            out.push_str(&block(&excerpt_of(part)));
        }
    }
    out.push_str("\n</details>\n");
}

type Outlook<'a> = (State, Option<String>, String, Vec<&'a AccountId>);

/// Returns what becomes of a post, once for all accounts of which the same is to be said.
fn outlook<'a>(post: &CommentPost<'a>, zone: Zone) -> Vec<Outlook<'a>> {
    let mut all: Vec<Outlook<'a>> = Vec::new();
    for line in &post.lines {
        let Line { post, account, verdict, reason, at, parts, cost, .. } = line;
        let why = because(&Why { post, account, verdict: *verdict, reason, at: *at, parts: *parts, cost: *cost }, zone);
        let state = State::of(*verdict, reason);
        let at = at.map(|at| at.display_in(zone));
        match all.iter_mut().find(|known| (known.0, &known.1, &known.2) == (state, &at, &why)) {
            Some(known) => known.3.push(account),
            None => all.push((state, at, why, vec![account])),
        }
    }
    all
}

/// Returns what is wrong, the worst first, without what was silenced or is only a note.
fn findings<'a>(comment: &Comment<'a>) -> Vec<JsonFinding<'a>> {
    let mut found = Vec::new();
    for CheckFile { file, text, findings, .. } in comment.findings {
        let mask = Mask::new(*file, text, findings);
        let source = diagnostics::Source { file: *file, text, files: comment.files };
        found.extend(diagnostics::tell(&source, &mask, findings).into_iter().filter(|finding| finding.level != "note"));
    }
    found.sort_by_key(|finding| finding.level != "error");
    found
}

fn write_findings(out: &mut String, found: &[JsonFinding<'_>]) {
    let errors = found.iter().filter(|finding| finding.level == "error").count();
    let count = [(errors, "error", "errors"), (found.len() - errors, "warning", "warnings")];
    let count: Vec<String> =
        count.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| words::count(n, one, many)).collect();
    if count.is_empty() {
        out.push_str("\nNothing is wrong with them.\n");
        return;
    }
    let open = if errors > 0 { " open" } else { "" };
    let _ = writeln!(out, "\n<details{open}><summary>{}</summary>\n", count.join(", "));
    for finding in found.iter().take(MOST_FINDINGS) {
        let line = finding.start.map_or_else(String::new, |place| format!(":{}", place.line));
        let _ = write!(
            out,
            "- **{}** {}: {}",
            finding.level,
            code(&format!("{}{line}", finding.path)),
            prose(&finding.message)
        );
        if let Some(help) = &finding.help {
            let _ = write!(out, "; {}", prose(help));
        }
        let _ = writeln!(out, " ({})", code(finding.code));
    }
    if let Some(more) = found.len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
        let _ = writeln!(out, "- and {more} more: `masthead check` lists them");
    }
    out.push_str("\n</details>\n");
}

fn names(accounts: &[&AccountId]) -> String {
    words::names(accounts.iter().map(|account| account.as_str()))
}

fn excerpt_of(part: &str) -> String {
    match part.char_indices().nth(LONGEST_PART) {
        Some((end, _)) => format!("{}…", &part[..end]),
        None => part.to_owned(),
    }
}

/// Writes words of ours: what stands between backticks is code already, and all else is meant literally.
fn prose(words: &str) -> String {
    let pieces: Vec<&str> = words.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return literal(words);
    }
    let piece = |(index, piece): (usize, &&str)| match index % 2 {
        0 => literal(piece),
        _ => code(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// Writes text on one line in which nothing acts.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // What would name a person, a team, an issue or a commit is taken apart by a comment that shows nothing.
            '@' | '#' => {
                let _ = write!(out, "{c}<!-- -->");
            }
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Writes text on one line as code.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = "`".repeat(longest_run(&text) + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Writes text of many lines as it is.
fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Returns how many backticks stand in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_written_acts() {
        assert_eq!(
            literal("<b>*x*</b> @ada #12 [a](b) a_b | `c`\n---"),
            "&lt;b&gt;\\*x\\*&lt;/b&gt; @<!-- -->ada #<!-- -->12 \\[a\\](b) a\\_b \\| \\`c\\` ---"
        );
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(block("```\n</details>"), "````text\n```\n</details>\n````\n");
    }

    #[test]
    fn our_own_words_keep_their_code() {
        assert_eq!(prose("`a*b` is *not* @ada"), "`a*b` is \\*not\\* @<!-- -->ada");
        assert_eq!(prose("an odd ` stays"), "an odd \\` stays");
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        assert_eq!(excerpt_of(&"é".repeat(LONGEST_PART + 1)), format!("{}…", "é".repeat(LONGEST_PART)));
        assert_eq!(excerpt_of("short"), "short");
    }
}
