//! What posts that are pages of their own have in common, for adapters of blogs: the HTML with images in their places, the
//! tags, and the mark by which an adapter knows its own posts among those of people. Pure.

use super::{Draft, ErrorKind, Job, NetworkError};
use crate::{
    model::{Block, Inline, Media, MediaSource, PostId},
    text::{Figure, HtmlOptions, html},
};
use std::fmt;

/// Refuses what no blog has, before anything is sent.
pub(super) fn refuse_what_blogs_lack(job: &Job<'_>) -> Result<(), NetworkError> {
    let lacks = [
        (job.boost.is_some(), "pass posts on"),
        (job.reply_to.is_some(), "answer posts"),
        (job.quote.is_some(), "quote posts"),
        (job.draft.poll.is_some(), "hold polls"),
    ];
    if let Some((_, what)) = lacks.into_iter().find(|(asked, _)| *asked) {
        return Err(NetworkError::unsupported(what));
    }
    for (video, most, what) in [(false, job.limits.images, "images"), (true, job.limits.videos, "videos")] {
        let count = job.media.iter().filter(|media| media.info.kind.is_video() == video).count();
        if u64::try_from(count).is_ok_and(|count| count > most) {
            return Err(NetworkError::new(ErrorKind::Unsupported, format!("the post holds {count} {what}, of {most}")));
        }
    }
    Ok(())
}

/// Returns which of a part's media are files of their own: for each, the place of the first with the same source. An image
/// that is shown twice is uploaded once.
pub(super) fn firsts(media: &[Media]) -> Vec<usize> {
    let first = |wanted: &Media| media.iter().position(|known| known.source == wanted.source);
    media.iter().enumerate().map(|(index, medium)| first(medium).unwrap_or(index)).collect()
}

/// Finds the image that an option names as it is written in the post: by its path, or by the end of it.
pub(super) fn named(media: &[Media], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim_start_matches("./");
    let is_it = |medium: &Media| match &medium.source {
        MediaSource::Url(url) => url == wanted,
        MediaSource::File(path) => {
            path == wanted || path.strip_suffix(wanted).is_some_and(|folder| folder.ends_with('/'))
        }
    };
    media.iter().position(is_it)
}

/// Writes a part as HTML. `figure` tells where each medium is by its place in the part; `without` is the source of the
/// image that the network shows by itself, which is left out. Headings begin below the page's own.
pub(super) fn body(
    blocks: &[Block],
    media: &[Media],
    without: Option<&MediaSource>,
    figure: &dyn Fn(usize) -> Option<Figure>,
) -> String {
    let mut blocks = blocks.to_vec();
    blocks.retain_mut(|block| keep(block, without));
    let figure = |medium: &Media| figure(media.iter().position(|known| known == medium)?);
    let top =
        blocks.iter().filter_map(|block| if let Block::Heading { level, .. } = block { Some(*level) } else { None });
    let heading_shift = u8::from(top.min() == Some(1));
    let written = html(&blocks, &HtmlOptions { media: &figure, person: &|_| None, heading_shift });
    written.trim_end().to_owned()
}

/// Takes an image out of a block, and line breaks that are only the file's. Returns whether the block is still one.
fn keep(block: &mut Block, without: Option<&MediaSource>) -> bool {
    match block {
        Block::Paragraph { content, .. } => {
            let before = content.len();
            content.retain(|inline| !matches!(inline, Inline::Media(medium) if Some(&medium.source) == without));
            let is_space = |inline: &Inline| match inline {
                Inline::Text { text, .. } => text.trim().is_empty(),
                inline => matches!(inline, Inline::SoftBreak | Inline::HardBreak),
            };
            if content.len() < before && content.iter().all(is_space) {
                return false;
            }
            on_one_line(content);
        }
        Block::Heading { content, .. } => on_one_line(content),
        Block::Quote { blocks, .. } => blocks.retain_mut(|block| keep(block, without)),
        Block::List { items, .. } => items.iter_mut().flatten().for_each(|block| {
            keep(block, None);
        }),
        Block::Table { .. } | Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
    }
    true
}

/// Turns the line breaks of the file into spaces: blogs make new lines of them.
fn on_one_line(content: &mut [Inline]) {
    for index in 0..content.len() {
        if let Some(span) = (content[index] == Inline::SoftBreak).then(|| span_near(content, index)).flatten() {
            content[index] = Inline::Text { text: " ".to_owned(), span };
        }
        on_one_line(content[index].content_mut());
    }
}

/// Returns the place of a text near a line break, which has none of its own.
fn span_near(content: &[Inline], index: usize) -> Option<crate::diag::Span> {
    fn span(inline: &Inline) -> Option<crate::diag::Span> {
        match inline {
            Inline::Text { span, .. }
            | Inline::Code { span, .. }
            | Inline::Link { span, .. }
            | Inline::Person { span, .. }
            | Inline::Mention { span, .. }
            | Inline::Tag { span, .. }
            | Inline::Html { span, .. } => Some(*span),
            Inline::Media(medium) => Some(medium.span),
            Inline::Emphasis(content) | Inline::Strong(content) | Inline::Strike(content) => {
                content.iter().find_map(span)
            }
            Inline::SoftBreak | Inline::HardBreak => None,
        }
    }
    content[..index].iter().rev().chain(&content[index..]).find_map(span)
}

/// Returns the language that a post must be marked with: another than the account says that it usually writes in. Where the
/// account says nothing, the page's own language is taken for the post's.
pub(super) fn language<'a>(job: &Job<'a>) -> Option<&'a str> {
    let usual = job.account.language.as_deref()?;
    job.draft.language.as_deref().filter(|language| *language != usual)
}

/// Returns the tags of a post: its labels, and the hashtags of its copy, each once whatever its case.
pub(super) fn tags(draft: &Draft) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut add = |tag: &str| {
        if !tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            tags.push(tag.to_owned());
        }
    };
    draft.tags.iter().for_each(|tag| add(tag));
    draft.parts.iter().for_each(|part| part.rich.iter().for_each(|block| tags_of(block, &mut add)));
    tags
}

fn tags_of(block: &Block, add: &mut impl FnMut(&str)) {
    match block {
        Block::Paragraph { content, .. } | Block::Heading { content, .. } => inline_tags(content, add),
        Block::Quote { blocks, .. } => blocks.iter().for_each(|block| tags_of(block, add)),
        Block::List { items, .. } => items.iter().flatten().for_each(|block| tags_of(block, add)),
        Block::Table { head, rows, .. } => {
            head.iter().chain(rows.iter().flatten()).for_each(|cell| inline_tags(cell, add));
        }
        Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
    }
}

fn inline_tags(content: &[Inline], add: &mut impl FnMut(&str)) {
    for inline in content {
        if let Inline::Tag { tag, .. } = inline {
            add(tag);
        }
        inline_tags(inline.content(), add);
    }
}

/// What stands in a published page, unseen by its readers: whose it is, which attempt wrote it, and what it said then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// A digest of the post's id and the account's.
    pub(super) post: String,
    /// The key of the attempt.
    pub(super) key: String,
    /// The [`essence`] of what was written.
    pub(super) said: String,
}

impl Mark {
    /// Makes the mark of what a job writes.
    pub(super) fn of(job: &Job<'_>, said: String) -> Self {
        Self { post: post_mark(&job.draft.post, job.draft.account.as_str()), key: job.attempt.key.clone(), said }
    }

    /// Finds the mark in a page.
    pub(super) fn find(html: &str) -> Option<Self> {
        let (_, rest) = html.rsplit_once("<!-- masthead ")?;
        let (inside, _) = rest.split_once("-->")?;
        let mut words = inside.split_whitespace().map(str::to_owned);
        Some(Self { post: words.next()?, key: words.next()?, said: words.next()? })
    }

    /// Returns whether it is a mark of a job's own post, by whatever attempt.
    pub(super) fn is_of(&self, job: &Job<'_>) -> bool {
        self.post == post_mark(&job.draft.post, job.draft.account.as_str())
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<!-- masthead {} {} {} -->", self.post, self.key, self.said)
    }
}

fn post_mark(post: &PostId, account: &str) -> String {
    digest(&format!("{post}\n{account}"))
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// Returns a digest of what a page says: its title, its words, and where its links and images lead. Servers write
/// markup anew in their own way, so nothing else is looked at, white space least of all.
pub(super) fn essence(title: &str, html: &str) -> String {
    let mut said = String::with_capacity(html.len());
    for source in [title, html] {
        let mut rest = source;
        while let Some(at) = rest.find('<') {
            push_text(&rest[..at], &mut said);
            let tag = &rest[at..];
            let end = if tag.starts_with("<!--") { tag.find("-->").map(|end| end + 2) } else { tag.find('>') };
            let Some(end) = end else {
                push_text(tag, &mut said);
                rest = "";
                break;
            };
            for name in [" href=\"", " src=\""] {
                let value = tag[..end].split_once(name).and_then(|(_, value)| value.split('"').next());
                value.filter(|_| !tag.starts_with("<!--")).into_iter().for_each(|value| push_text(value, &mut said));
            }
            rest = &tag[end + 1..];
        }
        push_text(rest, &mut said);
        said.push('\n');
    }
    digest(&said)
}

fn push_text(text: &str, said: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        push_words(&rest[..at], said);
        rest = &rest[at..];
        let resolved = rest.find(';').filter(|end| *end < 10).and_then(|end| Some((entity(&rest[1..end])?, end)));
        match resolved {
            Some((c, end)) => {
                push_words(c.encode_utf8(&mut [0; 4]), said);
                rest = &rest[end + 1..];
            }
            None => {
                said.push('&');
                rest = &rest[1..];
            }
        }
    }
    push_words(rest, said);
}

fn push_words(text: &str, said: &mut String) {
    said.extend(text.chars().filter(|c| !c.is_whitespace()));
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = number
            .strip_prefix(['x', 'X'])
            .map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        return code.and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn same(one: &str, other: &str) {
        assert_eq!(essence("T", one), essence("T", other));
    }

    #[test]
    fn what_servers_do_to_markup_is_no_change() {
        same("<p>a &amp; b</p>\n<p>c</p>", "<div><p>a &#38; b</p><p class=\"x\">c</p></div><!-- masthead 1 2 3 -->");
        same("<p>a<br />\nb</p>", "<p>a<br>b</p>");
        same("<img src=\"/a.png\" alt=\"x\" />", "<figure><img class=\"c\" src=\"/a.png\" alt=\"y\"></figure>");
        same("a&#91;b&#93;", "a[b]");
    }

    #[test]
    fn what_people_do_is_one() {
        let of = |html: &str| essence("T", html);
        assert_ne!(of("<p>a</p>"), of("<p>b</p>"));
        assert_ne!(of("<a href=\"/a\">x</a>"), of("<a href=\"/b\">x</a>"));
        assert_ne!(of("<img src=\"/a.png\">"), of(""));
        assert_ne!(essence("T", "x"), essence("Tx", ""));
    }

    #[test]
    fn a_mark_is_found_again() {
        let mark = Mark { post: "p".to_owned(), key: "k".to_owned(), said: "s".to_owned() };
        assert_eq!(Mark::find(&format!("<p>x{mark}</p>")), Some(mark));
        assert_eq!(Mark::find("<p><!-- masthead --></p>"), None);
        assert_eq!(Mark::find("<p>x</p>"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_it_panic(html in "\\PC{0,60}|[<>&;#!\\-\"=/hrefsc p é]{0,80}") {
            let _ = (essence("", &html), Mark::find(&html));
        }
    }
}
