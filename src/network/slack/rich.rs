//! A text as a `rich_text` block, in which nothing is markup by accident, and as plain words for notifications. See
//! <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block> (read 2026-11-22).

use crate::text::{Flat, Mark, Piece, RangeKind, Style, is_web, pieces};
use serde_json::{Map, Value, json};

/// Writes a text as blocks: one of rich text, or none if there are no words.
pub(super) fn blocks(flat: &Flat) -> Vec<Value> {
    let mut writer = Writer::default();
    for piece in pieces(flat) {
        match piece {
            _ if writer.skips(piece) => {}
            Piece::Text(text) => writer.text(text),
            Piece::Open(mark, covered) => writer.open(mark, covered),
            Piece::Close(mark) => writer.close(mark),
        }
    }
    writer.end_paragraphs();
    if writer.done.is_empty() { Vec::new() } else { vec![json!({ "type": "rich_text", "elements": writer.done })] }
}

/// Writes words for notifications and screen readers: what Slack reads as markup is escaped, and what is too long is cut,
/// since the blocks hold all of it.
pub(super) fn words(text: &str) -> String {
    /// A change of a message with more than 4,000 is refused.
    const LONGEST: usize = 3_900;
    let mut words = String::new();
    let mut length = 0;
    for c in text.chars() {
        let (escaped, counts) = match c {
            '&' => ("&amp;", 5),
            '<' => ("&lt;", 4),
            '>' => ("&gt;", 4),
            _ => ("", 1),
        };
        length += counts;
        if length > LONGEST {
            words.push('…');
            break;
        }
        if counts == 1 { words.push(c) } else { words.push_str(escaped) }
    }
    words
}

#[derive(Default)]
struct Writer<'a> {
    /// What is finished: paragraphs, quotes and code.
    done: Vec<Value>,
    /// The elements of what is being written.
    elements: Vec<Value>,
    quoted: bool,
    /// The code or the address that we are in: all of it has been written when it began.
    whole: Option<Mark<'a>>,
    /// Where the text that is being written leads, and whether it can be a link.
    link: Option<&'a str>,
    strong: u32,
    emphasis: u32,
    strike: u32,
    code: u32,
}

impl<'a> Writer<'a> {
    /// Returns whether a piece is inside something that has been written whole, and notices its end.
    fn skips(&mut self, piece: Piece<'a>) -> bool {
        let Some(whole) = self.whole else { return false };
        if piece == Piece::Close(whole) {
            self.whole = None;
        }
        true
    }

    fn open(&mut self, mark: Mark<'a>, covered: &str) {
        match mark {
            Mark::Style(Style::CodeBlock { .. }) => {
                self.whole = Some(mark);
                self.end_paragraphs();
                let text = json!({ "type": "text", "text": covered });
                self.done.push(json!({ "type": "rich_text_preformatted", "elements": [text] }));
            }
            Mark::Style(Style::Quote) => {
                self.end_paragraphs();
                self.quoted = true;
            }
            Mark::Style(style) => {
                if let Some(depth) = self.depth(style) {
                    *depth += 1;
                }
            }
            Mark::Range(RangeKind::Link { url }) if covered == url && is_target(url) => {
                self.whole = Some(mark);
                self.push(json!({ "type": "link", "url": url }));
            }
            Mark::Range(RangeKind::Link { url }) => self.link = Some(url),
            Mark::Range(RangeKind::Tag { .. } | RangeKind::Mention { .. }) => {}
        }
    }

    fn close(&mut self, mark: Mark<'a>) {
        match mark {
            Mark::Style(Style::Quote) => {
                self.end_paragraphs();
                self.quoted = false;
            }
            Mark::Style(style) => {
                if let Some(depth) = self.depth(style) {
                    *depth = depth.saturating_sub(1);
                }
            }
            Mark::Range(RangeKind::Link { url }) => {
                self.link = None;
                if !is_target(url) {
                    self.text(&format!(" ({url})"));
                }
            }
            Mark::Range(RangeKind::Tag { .. } | RangeKind::Mention { .. }) => {}
        }
    }

    /// Returns the counter of a style within a line. Slack has no headings: they are set strongly.
    fn depth(&mut self, style: &Style) -> Option<&mut u32> {
        match style {
            Style::Strong | Style::Heading { .. } => Some(&mut self.strong),
            Style::Emphasis => Some(&mut self.emphasis),
            Style::Strike => Some(&mut self.strike),
            Style::Code => Some(&mut self.code),
            Style::CodeBlock { .. } | Style::Quote => None,
        }
    }

    /// Writes words; people and channels as Slack writes them (`<@U012AB3CD>`, `<#C012AB3CD>`) are mentions.
    fn text(&mut self, text: &str) {
        if let Some(url) = self.link.filter(|url| is_target(url)) {
            self.push(json!({ "type": "link", "url": url, "text": text }));
            return;
        }
        let mut rest = text;
        while let Some((before, mention, after)) = first_mention(rest) {
            self.words(before);
            self.push(mention);
            rest = after;
        }
        self.words(rest);
    }

    fn words(&mut self, text: &str) {
        // A paragraph of its own begins on a line of its own.
        let text = if self.elements.is_empty() { text.trim_start_matches('\n') } else { text };
        if !text.is_empty() {
            self.push(json!({ "type": "text", "text": text }));
        }
    }

    /// Adds an element in the styles that are on.
    fn push(&mut self, mut element: Value) {
        let styles = [("bold", self.strong), ("italic", self.emphasis), ("strike", self.strike), ("code", self.code)];
        let on: Map<String, Value> = styles
            .into_iter()
            .filter(|(_, depth)| *depth > 0)
            .map(|(name, _)| (name.to_owned(), Value::Bool(true)))
            .collect();
        if !on.is_empty() {
            element["style"] = on.into();
        }
        self.elements.push(element);
    }

    /// Ends what is being written, without the blank lines at its end.
    fn end_paragraphs(&mut self) {
        while let Some(last) = self.elements.last_mut() {
            let Some(text) = last["text"].as_str().filter(|_| last["type"] == "text") else { break };
            let trimmed = text.trim_end_matches('\n').to_owned();
            if !trimmed.is_empty() {
                last["text"] = trimmed.into();
                break;
            }
            self.elements.pop();
        }
        let elements = std::mem::take(&mut self.elements);
        if !elements.is_empty() {
            let kind = if self.quoted { "rich_text_quote" } else { "rich_text_section" };
            self.done.push(json!({ "type": kind, "elements": elements }));
        }
    }
}

/// Returns whether Slack takes an address for a link.
fn is_target(url: &str) -> bool {
    is_web(url) || url.starts_with("mailto:")
}

/// Finds the first mention of a person or channel by id: what stands before it, itself, and what comes after.
fn first_mention(text: &str) -> Option<(&str, Value, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find('<')?;
        let inside = &text[start + 1..];
        let element = inside.find('>').and_then(|end| {
            let (id, after) = (inside.get(1..end)?, &inside[end + 1..]);
            let is_id =
                (9..=16).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            match (inside.chars().next()?, id.chars().next()?) {
                ('@', 'U' | 'W') if is_id => Some((json!({ "type": "user", "user_id": id }), after)),
                ('#', 'C') if is_id => Some((json!({ "type": "channel", "channel_id": id }), after)),
                _ => None,
            }
        });
        match element {
            Some((element, after)) => return Some((&text[..start], element, after)),
            None => from = start + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Range, Styled};

    #[track_caller]
    fn check(flat: &Flat, expect: &Value) {
        let blocks = blocks(flat);
        let found = blocks.first().map_or(Value::Null, |block| block["elements"].clone());
        assert_eq!(&found, expect, "{found:#}");
    }

    fn plain(text: &str) -> Flat {
        Flat { text: text.to_owned(), ..Flat::default() }
    }

    fn styled(text: &str, covered: &str, style: Style) -> Flat {
        let start = text.find(covered).expect("there");
        Flat { styles: vec![Styled { start, end: start + covered.len(), style }], ..plain(text) }
    }

    fn linked(text: &str, covered: &str, url: &str) -> Flat {
        let start = text.find(covered).expect("there");
        let kind = RangeKind::Link { url: url.to_owned() };
        Flat { ranges: vec![Range { start, end: start + covered.len(), kind }], ..plain(text) }
    }

    #[test]
    fn words_are_words() {
        check(
            &plain("*a* <b> & :c:"),
            &json!([{ "type": "rich_text_section", "elements": [{ "type": "text", "text": "*a* <b> & :c:" }] }]),
        );
        assert_eq!(blocks(&plain("")), Vec::<Value>::new());
        assert_eq!(words("a < b & c > d"), "a &lt; b &amp; c &gt; d");
        assert_eq!(words(&"é&".repeat(2_000)).chars().count(), 3_901);
    }

    #[test]
    fn styles_are_flags() {
        check(
            &styled("a b", "b", Style::Heading { level: 1 }),
            &json!([{ "type": "rich_text_section", "elements": [
                { "type": "text", "text": "a " }, { "type": "text", "text": "b", "style": { "bold": true } },
            ] }]),
        );
    }

    #[test]
    fn quotes_and_code_stand_between_paragraphs() {
        let text = |text: &str| json!([{ "type": "text", "text": text }]);
        check(
            &styled("a\n\nb\n\nc", "b", Style::Quote),
            &json!([
                { "type": "rich_text_section", "elements": text("a") },
                { "type": "rich_text_quote", "elements": text("b") },
                { "type": "rich_text_section", "elements": text("c") },
            ]),
        );
        check(
            &styled("b\n\nc", "b", Style::CodeBlock { language: None }),
            &json!([
                { "type": "rich_text_preformatted", "elements": text("b") },
                { "type": "rich_text_section", "elements": text("c") },
            ]),
        );
    }

    #[test]
    fn links_lead_where_they_say() {
        let url = "https://acme.example/a";
        let section = |elements: Value| json!([{ "type": "rich_text_section", "elements": elements }]);
        check(
            &linked("see it", "it", url),
            &section(json!([{ "type": "text", "text": "see " }, { "type": "link", "url": url, "text": "it" }])),
        );
        check(&linked(url, url, url), &section(json!([{ "type": "link", "url": url }])));
        check(
            &linked("see it", "it", "manual.html"),
            &section(json!([
                { "type": "text", "text": "see " }, { "type": "text", "text": "it" },
                { "type": "text", "text": " (manual.html)" },
            ])),
        );
    }

    #[test]
    fn mentions_by_id_are_meant() {
        check(
            &plain("Hi <@U012AB3CD>, <!here> <@1> <"),
            &json!([{ "type": "rich_text_section", "elements": [
                { "type": "text", "text": "Hi " }, { "type": "user", "user_id": "U012AB3CD" },
                { "type": "text", "text": ", <!here> <@1> <" },
            ] }]),
        );
    }
}
