//! HTML as Ghost reads it: it makes cards of what it knows, and drops what it doesn't. Pure.

use crate::text::escape_html;

const OPEN: &str = "<!--kg-card-begin: html-->\n";
const CLOSE: &str = "\n<!--kg-card-end: html-->";

/// Brings HTML into the form that survives: strikes by the name that Ghost knows, videos in cards of their own, and all of
/// it in one card if its language must be said, since nothing else of Ghost's can hold one.
pub(super) fn for_ghost(html: &str, language: Option<&str>) -> String {
    let html = html.replace("<del>", "<s>").replace("</del>", "</s>");
    match language {
        Some(language) => format!("{OPEN}<div lang=\"{}\">\n{html}\n</div>{CLOSE}", escape_html(language)),
        None => in_cards(&html),
    }
}

/// Puts each video into a card of its own; one that stands among words ends their paragraph and begins another.
fn in_cards(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<video ") {
        let end = rest[at..].find("</video>").map_or(rest.len(), |end| at + end + "</video>".len());
        let video = &rest[at..end];
        out.push_str(&rest[..at]);
        rest = &rest[end..];
        if out.ends_with("<figure>") {
            out.truncate(out.len() - "<figure>".len());
            rest = rest.strip_prefix("</figure>").unwrap_or(rest);
            card(&mut out, video);
        } else if is_in_paragraph(&out) {
            out.push_str("</p>\n");
            card(&mut out, video);
            out.push_str("\n<p>");
        } else {
            out.push_str(video);
        }
    }
    out.push_str(rest);
    out.replace("<p></p>", "")
}

fn card(out: &mut String, video: &str) {
    out.push_str(OPEN);
    out.push_str("<figure>");
    out.push_str(video);
    out.push_str("</figure>");
    out.push_str(CLOSE);
}

/// Returns whether what comes next stands in a paragraph and in nothing within it.
fn is_in_paragraph(before: &str) -> bool {
    let Some((outside, inside)) = before.rsplit_once("<p>") else { return false };
    let is_open = !inside.contains("</p>") && inside.matches('<').count() == 2 * inside.matches("</").count();
    is_open && ["<li>", "<blockquote>"].iter().all(|parent| !outside.trim_end().ends_with(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_and_videos_survive() {
        assert_eq!(for_ghost("<p><del>a</del></p>", None), "<p><s>a</s></p>");
        assert_eq!(
            for_ghost("<p>a</p>\n<figure><video src=\"x\">v</video></figure>\n<p>b</p>", None),
            "<p>a</p>\n<!--kg-card-begin: html-->\n<figure><video src=\"x\">v</video></figure>\n\
             <!--kg-card-end: html-->\n<p>b</p>"
        );
    }

    #[test]
    fn a_video_among_words_stands_between_paragraphs() {
        assert_eq!(
            for_ghost("<p>a <em>b</em><video src=\"x\">v</video></p>", None),
            "<p>a <em>b</em></p>\n<!--kg-card-begin: html-->\n<figure><video src=\"x\">v</video></figure>\n\
             <!--kg-card-end: html-->\n"
        );
        let within = "<ul>\n<li>a <video src=\"x\">v</video></li>\n</ul>";
        assert_eq!(for_ghost(within, None), within);
    }

    #[test]
    fn a_language_is_said_in_a_card() {
        assert_eq!(
            for_ghost("<p>Ciao</p>", Some("it")),
            "<!--kg-card-begin: html-->\n<div lang=\"it\">\n<p>Ciao</p>\n</div>\n<!--kg-card-end: html-->"
        );
    }
}
