//! What readers see of a page's HTML, for twins of blogs: words, links, media and the language.

use std::collections::BTreeMap;

/// A page as a reader sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The words; blocks stand apart by a blank line.
    pub(super) text: String,
    /// What is shown of each link, and where it leads.
    pub(super) links: Vec<(String, String)>,
    /// Where each image or video lies, and its description.
    pub(super) media: Vec<(String, String)>,
    /// The language that the page's outermost element names.
    pub(super) language: Option<String>,
}

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre", "figure", "table", "div", "hr"];

/// Reads a page. Panics at markup that isn't well-formed: the adapters write no such thing.
pub(super) fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut link: Option<(usize, String)> = None;
    let mut video = false;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push(&rest[..at], video, &mut page.text);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").expect("a comment that ends").1;
            continue;
        }
        let (tag, after) = rest[1..].split_once('>').expect("a tag that ends");
        rest = after;
        let closes = tag.starts_with('/');
        let name = tag.trim_matches('/').split_whitespace().next().expect("a tag with a name");
        let attributes = attributes(tag);
        match (name, closes) {
            ("a", false) => link = Some((page.text.len(), attributes.get("href").cloned().unwrap_or_default())),
            ("a", true) => {
                let (start, url) = link.take().expect("a link that was opened");
                page.links.push((page.text[start..].to_owned(), url));
            }
            ("img", _) => page.media.push((attributes["src"].clone(), attributes["alt"].clone())),
            ("video", false) => {
                let alt = attributes.get("aria-label").cloned().unwrap_or_default();
                page.media.push((attributes["src"].clone(), alt));
                video = true;
            }
            ("video", true) => video = false,
            ("br", _) => page.text.push('\n'),
            _ => {}
        }
        if BLOCKS.contains(&name) {
            page.text.truncate(page.text.trim_end().len());
            if !page.text.is_empty() {
                page.text.push_str("\n\n");
            }
        }
        if let (None, false, Some(language)) = (&page.language, closes, attributes.get("lang")) {
            page.language = Some(language.clone());
        }
    }
    push(rest, video, &mut page.text);
    page.text.truncate(page.text.trim_end().len());
    page
}

/// Adds words. What stands in a video is for browsers that can't show it.
fn push(words: &str, video: bool, text: &mut String) {
    let between_blocks = words.trim().is_empty() && (text.is_empty() || text.ends_with("\n\n"));
    if !video && !between_blocks {
        text.push_str(&plain(words));
    }
}

/// Resolves the entities that are written.
pub(super) fn plain(text: &str) -> String {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#91;", "["), ("&#93;", "]")];
    known.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)).replace("&amp;", "&")
}

fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let name = before.rsplit(' ').next().unwrap_or(before);
        let (value, after) = after.split_once('"').expect("a value that ends");
        found.insert(name.to_owned(), plain(value));
        rest = after;
    }
    found
}
