//! What LinkedIn shows of little text. Written apart from Masthead's own writer, to be an oracle.

/// Little text as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The characters.
    pub(super) text: String,
    /// The addresses in them.
    pub(super) links: Vec<String>,
    /// The tags, without `#`.
    pub(super) tags: Vec<String>,
}

/// Reads little text as LinkedIn does: at the first reserved character that is neither escaped nor markup it ends, without a word.
pub(super) fn read(text: &str) -> Shown {
    let mut shown = Shown::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("https://") || rest.starts_with("http://") {
            let end = rest.find(|c: char| c.is_whitespace() || c == '\\').unwrap_or(rest.len());
            shown.links.push(rest[..end].to_owned());
            shown.text.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(tag) = rest.strip_prefix(r"{hashtag|\#|") {
            let Some((tag, after)) = tag.split_once('}') else { break };
            let tag = tag.replace('\\', "");
            shown.text.push_str(&format!("#{tag}"));
            shown.tags.push(tag);
            rest = after;
        } else if c == '\\' {
            let Some(escaped) = rest.chars().nth(1) else { break };
            shown.text.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else if r"|{}@[]()<>#*_~".contains(c) {
            break;
        } else {
            shown.text.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    shown
}
