//! What a Mastodon server finds in a text, and how it counts it. Written apart from Masthead's own counting, to be an oracle.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// What a stretch of text is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    /// An `http(s)` address.
    Url,
    /// `#tag`.
    Tag,
    /// `@user` or `@user@host`.
    Mention,
}

/// Counts grapheme clusters.
pub(super) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Counts as the server does: an address as 23, a mention without its host.
pub(super) fn length(text: &str) -> usize {
    let mut counted = text.to_owned();
    for (range, entity) in entities(text).into_iter().rev() {
        match entity {
            Entity::Url => counted.replace_range(range, &"x".repeat(23)),
            Entity::Tag => {}
            Entity::Mention => {
                let user = counted[range.start + 1..range.end].split('@').next().map_or(0, str::len);
                counted.replace_range(range.start + 1 + user..range.end, "");
            }
        }
    }
    graphemes(&counted)
}

/// Finds addresses, tags and mentions, in order.
pub(super) fn entities(text: &str) -> Vec<(Range<usize>, Entity)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        let free = before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '/' | '@' | '#' | '&')));
        let length = if rest.starts_with("https://") || rest.starts_with("http://") {
            Some((url(rest), Entity::Url))
        } else if rest.starts_with('#') && free {
            Some((1 + run(&rest[1..], |c| c.is_alphanumeric() || c == '_'), Entity::Tag))
                .filter(|(length, _)| *length > 1)
        } else if rest.starts_with('@') && free {
            Some((mention(rest), Entity::Mention)).filter(|(length, _)| *length > 1)
        } else {
            None
        };
        match length {
            Some((length, entity)) => {
                found.push((at..at + length, entity));
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// Writes the HTML that the API answers with.
pub(super) fn html(text: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for (range, entity) in entities(text) {
        out.push_str(&escape(&text[at..range.start]));
        let shown = escape(&text[range.clone()]);
        at = range.end;
        out.push_str(&match entity {
            Entity::Url => {
                let (scheme, rest) = shown.split_once("://").expect("an address");
                let cut = rest.char_indices().nth(30).map_or(rest.len(), |(at, _)| at);
                let (seen, hidden) = rest.split_at(cut);
                format!(
                    r#"<a href="{shown}" rel="nofollow noopener"><span class="invisible">{scheme}://</span><span class="ellipsis">{seen}</span><span class="invisible">{hidden}</span></a>"#
                )
            }
            Entity::Tag => format!(r#"<a href="/tags/x" class="mention hashtag" rel="tag">#<span>{}</span></a>"#, &shown[1..]),
            Entity::Mention => {
                let user = shown[1..].split('@').next().unwrap_or_default();
                format!(r#"<span class="h-card"><a href="/@{user}" class="u-url mention">@<span>{user}</span></a></span>"#)
            }
        });
    }
    out.push_str(&escape(&text[at..]));
    let paragraphs: Vec<String> =
        out.split("\n\n").map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br />"))).collect();
    paragraphs.concat()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn url(rest: &str) -> usize {
    let end = run(rest, |c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"'));
    let mut url = &rest[..end];
    loop {
        let trimmed = url.trim_end_matches(['.', ',', '!', '?', ':', ';', '\'']);
        let unbalanced = trimmed.ends_with(')') && trimmed.matches(')').count() > trimmed.matches('(').count();
        url = if unbalanced { &trimmed[..trimmed.len() - 1] } else { trimmed };
        if !unbalanced {
            return url.len();
        }
    }
}

fn mention(rest: &str) -> usize {
    let user = 1 + run(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '_');
    if user == 1 {
        return 1;
    }
    match rest[user..].strip_prefix('@') {
        Some(host) => {
            let length =
                host[..run(host, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))].trim_end_matches('.').len();
            if length > 0 { user + 1 + length } else { user }
        }
        None => user,
    }
}

fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}
