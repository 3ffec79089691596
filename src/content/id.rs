use super::codes;
use crate::{
    config::{
        Node,
        keys::shown,
        lexical::is_web_address,
        read::{self, bad_value},
    },
    diag::{Diagnostic, FileId, Span, Spanned},
    model::{PostId, Reference},
};

/// The longest id, in characters.
const MAX_LENGTH: usize = 200;

/// What the address of somebody's post begins with on networks that aren't of the web.
const SCHEMES: [&str; 2] = ["at://", "nostr:"];

/// Returns whether it can name a post: it becomes a path in the ledger, on every file system.
pub(super) fn is_id(text: &str) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
    let bytes = text.as_bytes();
    let mut parts = bytes.split(|byte| *byte == b'/');
    bytes.len() <= MAX_LENGTH
        && bytes.iter().all(allowed)
        && parts.all(|part| !part.is_empty() && !part.starts_with(b".") && !part.ends_with(b"."))
}

/// Reads `id`.
pub(super) fn id(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<PostId>> {
    let text = read::text(key, node, out)?;
    if is_id(&text.value) {
        return Some(text.map(|text| PostId::new(&*text)));
    }
    out.push(bad_id(text.span, format!("`{}` can't be an id", shown(&text.value)), &text.value));
    None
}

/// Returns the id of a post that has none written, or that can't be read: its path below `content/`, less `.md`. It may be
/// one that no post can have.
pub fn path_id(path: &str) -> PostId {
    let below = path.strip_prefix("content/").unwrap_or(path);
    PostId::new(below.strip_suffix(".md").unwrap_or(below))
}

/// Makes the id of a post that has none written.
pub(super) fn id_of_path(file: FileId, path: &str, out: &mut Vec<Diagnostic>) -> Spanned<PostId> {
    let id = path_id(path);
    let span = Span::new(file, 0..0);
    if !is_id(id.as_str()) {
        let message = format!("the file's path gives the id `{}`, which can't be one", shown(id.as_str()));
        out.push(bad_id(span, message, id.as_str()));
    }
    Spanned::new(id, span)
}

fn bad_id(span: Span, message: String, written: &str) -> Diagnostic {
    let finding = Diagnostic::new(&codes::BAD_ID, span, message);
    match mended(written) {
        Some(better) => finding
            .help(format!("write an id of plain letters, digits, `-`, `_`, `.` and `/`, such as `id = \"{better}\"`")),
        None => finding.help("write an `id` of plain letters, digits, `-`, `_`, `.` and `/`"),
    }
}

/// Makes an id that resembles a text, if anything of it can stay.
fn mended(text: &str) -> Option<String> {
    let mut better = String::new();
    for c in text.chars().take(MAX_LENGTH) {
        match c {
            c if c.is_ascii_alphanumeric() || "-_./".contains(c) => better.push(c),
            c if c.is_whitespace() || c.is_ascii_punctuation() => better.push('-'),
            _ => {}
        }
    }
    let parts: Vec<&str> =
        better.split('/').map(|part| part.trim_matches(['.', '-'])).filter(|part| !part.is_empty()).collect();
    let better = parts.join("/");
    is_id(&better).then_some(better)
}

/// Reads the name of another post: an id of ours, or anybody's address.
pub(super) fn reference(key: &str, node: Node<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<Reference>> {
    let text = read::text(key, node, out)?;
    if is_web_address(&text.value) || is_other_address(&text.value) {
        return Some(text.map(|text| Reference::Url(text.into_owned())));
    }
    if is_id(&text.value) {
        return Some(text.map(|text| Reference::Post(PostId::new(&*text))));
    }
    out.push(
        bad_value(text.span, format!("`{}` is neither an id nor a web address", shown(&text.value)))
            .help("write the id of a post here, or the whole address of another, beginning with https://"),
    );
    None
}

fn is_other_address(text: &str) -> bool {
    let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_paths() {
        for id in ["a", "hoodie-launch", "2026/12/a_b.c", "A1", &"x".repeat(200)] {
            assert!(is_id(id), "{id}");
        }
        for id in
            ["", "/a", "a/", "a//b", ".a", "a/.b", "..", "a/../b", "a b", "é", "a\\b", "a.", &"x".repeat(201), "a\0"]
        {
            assert!(!is_id(id), "{id:?}");
        }
    }

    #[track_caller]
    fn check(path: &str, id: &str, findings: usize) {
        let mut out = Vec::new();
        assert_eq!(id_of_path(FileId(0), path, &mut out).value.as_str(), id);
        assert_eq!(out.len(), findings, "{out:?}");
    }

    #[test]
    fn the_path_below_content_is_the_id() {
        check("content/2026/a.md", "2026/a", 0);
        check("content/a.md", "a", 0);
        check("elsewhere/a.md", "elsewhere/a", 0);
        check("content/mein post.md", "mein post", 1);
    }

    #[test]
    fn a_better_id_is_offered() {
        assert_eq!(mended("mein post/ü.b").as_deref(), Some("mein-post/b"));
        assert_eq!(mended("日本").as_deref(), None);
    }
}
