//! A text in Discord's markup. See <https://discord.com/developers/docs/reference#message-formatting> (read August 2026).

use crate::text::{Flat, Mark, Piece, RangeKind, Style, is_web, pieces};

/// Deeper headings than this are set strongly.
const HEADINGS: u8 = 3;

/// Writes a text so that Discord shows it as it was meant: styles and links as markup, and what would be markup by accident
/// escaped. Mentions as Discord writes them (`<@80351110224678912>`) stay what they are: nobody writes one by accident.
pub(super) fn write(flat: &Flat) -> String {
    let mut writer = Writer::default();
    let mut rest = flat.text.as_str();
    for piece in pieces(flat) {
        match piece {
            _ if writer.skips(piece) => {}
            Piece::Text(text) => writer.text(text),
            Piece::Open(mark, covered) => writer.open(mark, covered, &rest[covered.len()..]),
            Piece::Close(mark) => writer.close(mark),
        }
        if let Piece::Text(text) = piece {
            rest = &rest[text.len()..];
        }
    }
    writer.out.trim_end().to_owned()
}

#[derive(Default)]
struct Writer<'a> {
    out: String,
    /// Whether lines begin with the mark of a quote.
    quoted: bool,
    /// The code or the address that we are in: all of it has been written when it began.
    verbatim: Option<Mark<'a>>,
    /// The links that are open: whether each is written as one, or as words with the address behind them.
    links: Vec<bool>,
    /// How deep we are in each of the inline styles, so that none is marked twice.
    strong: u32,
    emphasis: u32,
    strike: u32,
    /// What closes the headings that are open.
    headings: Vec<bool>,
}

impl<'a> Writer<'a> {
    /// Returns whether a piece is inside something that has been written whole, and notices its end.
    fn skips(&mut self, piece: Piece<'a>) -> bool {
        let Some(whole) = self.verbatim else { return false };
        if piece == Piece::Close(whole) {
            self.verbatim = None;
        }
        true
    }

    /// Begins what covers some characters; others come after those.
    fn open(&mut self, mark: Mark<'a>, covered: &str, after: &str) {
        match mark {
            Mark::Style(Style::Strong) => self.strong = self.mark("**", self.strong, true),
            Mark::Style(Style::Emphasis) => self.emphasis = self.mark("*", self.emphasis, true),
            Mark::Style(Style::Strike) => self.strike = self.mark("~~", self.strike, true),
            Mark::Style(Style::Code) => {
                self.verbatim = Some(mark);
                self.put(&code(covered));
            }
            Mark::Style(Style::CodeBlock { language }) => {
                self.verbatim = Some(mark);
                if !self.at_line_start() {
                    self.put("\n");
                }
                self.put(&code_block(covered, language.as_deref()));
            }
            Mark::Style(Style::Quote) => self.quoted = self.at_line_start(),
            Mark::Style(Style::Heading { level }) => {
                let marked = *level <= HEADINGS && self.at_line_start();
                self.headings.push(marked);
                if marked {
                    self.put(&format!("{} ", "#".repeat((*level).into())));
                } else {
                    self.strong = self.mark("**", self.strong, true);
                }
            }
            Mark::Range(RangeKind::Link { url }) if covered == url && is_web(url) => {
                self.verbatim = Some(mark);
                // With brackets there is no preview, so they stand only where the end could not be seen.
                if ends_by_itself(url, after) { self.put(url) } else { self.put(&format!("<{url}>")) }
            }
            Mark::Range(RangeKind::Link { url }) => {
                // Discord shows a link as typed if its words look like another address, and knows no other schemes.
                let linked = is_web(url) && !covered.contains("://");
                self.links.push(linked);
                if linked {
                    self.put("[");
                }
            }
            Mark::Range(RangeKind::Tag { .. } | RangeKind::Mention { .. }) => {}
        }
    }

    fn close(&mut self, mark: Mark<'_>) {
        match mark {
            Mark::Style(Style::Strong) => self.strong = self.mark("**", self.strong, false),
            Mark::Style(Style::Emphasis) => self.emphasis = self.mark("*", self.emphasis, false),
            Mark::Style(Style::Strike) => self.strike = self.mark("~~", self.strike, false),
            Mark::Style(Style::Quote) => self.quoted = false,
            Mark::Style(Style::Heading { .. }) => {
                if self.headings.pop() == Some(false) {
                    self.strong = self.mark("**", self.strong, false);
                }
            }
            Mark::Range(RangeKind::Link { url }) => match self.links.pop() {
                Some(true) => self.put(&format!("]({})", target(url))),
                Some(false) => self.text(&format!(" ({url})")),
                None => {}
            },
            Mark::Style(Style::Code | Style::CodeBlock { .. })
            | Mark::Range(RangeKind::Tag { .. } | RangeKind::Mention { .. }) => {}
        }
    }

    /// Writes the mark of an inline style unless it is on already. Returns how deep we are then.
    fn mark(&mut self, mark: &str, depth: u32, opens: bool) -> u32 {
        let depth = if opens { depth + 1 } else { depth.saturating_sub(1) };
        if depth == u32::from(opens) {
            self.put(mark);
        }
        depth
    }

    /// Writes characters that mean nothing else.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(mention) = mention(rest) {
                self.put(mention);
                rest = &rest[mention.len()..];
                continue;
            }
            if self.is_markup(c, rest) {
                self.put("\\");
            }
            self.put(&rest[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
        }
    }

    /// Returns whether a character would be markup where it stands now.
    fn is_markup(&self, c: char, rest: &str) -> bool {
        let after = &rest[c.len_utf8()..];
        let next = after.chars().next();
        let at_start = self.line().trim_start_matches("> ").trim_start().is_empty();
        match c {
            '\\' | '*' | '_' | '`' => true,
            '~' | '|' => next == Some(c) || self.out.ends_with(c),
            '[' => !self.links.is_empty() || after.contains("]("),
            ']' => !self.links.is_empty(),
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '@' | '#' | ':' | '/')),
            ':' => {
                let name = after.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))).next();
                name.is_some_and(|name| {
                    after[name.len()..].starts_with(':') && name.contains(|c: char| c.is_ascii_alphabetic())
                })
            }
            '>' => at_start && (next == Some(' ') || after.starts_with(">> ")),
            '#' => at_start && after.trim_start_matches('#').starts_with(' '),
            '-' => at_start && (next == Some(' ') || after.starts_with("# ")),
            _ => false,
        }
    }

    /// Writes characters as they are, lines of a quote with its mark.
    fn put(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            if self.quoted && self.at_line_start() {
                self.out.push_str("> ");
            }
            self.out.push_str(line);
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    fn line(&self) -> &str {
        self.out.rsplit('\n').next().unwrap_or_default()
    }
}

/// Returns whether Discord finds the end of an address that stands before a text: it takes everything up to white space, but
/// leaves out what usually ends a sentence.
fn ends_by_itself(url: &str, after: &str) -> bool {
    const SENTENCE: &[char] = &['.', ',', ':', ';', '"', '\'', ')', ']'];
    let behind = after.trim_start_matches(SENTENCE);
    !url.ends_with(SENTENCE) && !url.contains('<') && (behind.is_empty() || behind.starts_with(char::is_whitespace))
}

/// Writes code within a line, fenced by more backticks than it holds.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Writes lines of code. Discord knows one fence only, so one inside is torn apart by a space of no width.
fn code_block(text: &str, language: Option<&str>) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '.' | '#');
    let language = language.filter(|language| language.chars().all(is_word)).unwrap_or_default();
    format!("```{language}\n{}\n```", text.replace("```", "`\u{200b}`\u{200b}`"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Writes the address of a link so that its end can be seen.
fn target(url: &str) -> String {
    url.replace('(', "%28").replace(')', "%29").replace('\\', "%5C")
}

/// Returns the mention of a person, role or channel by its id that a text begins with.
fn mention(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("<@&").or_else(|| text.strip_prefix("<@!"));
    let inside = inside.or_else(|| text.strip_prefix("<@")).or_else(|| text.strip_prefix("<#"))?;
    let digits = inside.find(|c: char| !c.is_ascii_digit())?;
    let end = text.len() - inside.len() + digits;
    ((15..=20).contains(&digits) && inside[digits..].starts_with('>')).then_some(&text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Range, Styled};

    #[track_caller]
    fn plain(text: &str, expect: &str) {
        assert_eq!(write(&Flat { text: text.to_owned(), ..Flat::default() }), expect);
    }

    #[track_caller]
    fn styled(text: &str, covered: &str, style: Style, expect: &str) {
        let start = text.find(covered).expect("there");
        let styles = vec![Styled { start, end: start + covered.len(), style }];
        assert_eq!(write(&Flat { text: text.to_owned(), styles, ..Flat::default() }), expect);
    }

    #[track_caller]
    fn linked(text: &str, covered: &str, url: &str, expect: &str) {
        let start = text.find(covered).expect("there");
        let ranges = vec![Range { start, end: start + covered.len(), kind: RangeKind::Link { url: url.to_owned() } }];
        assert_eq!(write(&Flat { text: text.to_owned(), ranges, ..Flat::default() }), expect);
    }

    #[test]
    fn what_is_no_markup_stays() {
        plain(
            "1 < 2 & a|b ~ 5: 10:30:45 #hoodie (x) [y] @everyone <3",
            "1 < 2 & a|b ~ 5: 10:30:45 #hoodie (x) [y] @everyone <3",
        );
        plain("C# is - fine > here", "C# is - fine > here");
    }

    #[test]
    fn what_would_be_markup_is_escaped() {
        plain("*a* snake_case `b` \\", "\\*a\\* snake\\_case \\`b\\` \\\\");
        plain("~~a~~ ||b||", "\\~\\~a\\~\\~ \\|\\|b\\|\\|");
        plain("[at](all) <@1> <:x:1> :tada:", "\\[at](all) \\<@1> \\<\\:x:1> \\:tada:");
        plain("> a\n# b\n- c\n  - d\n-# e\n>>> f", "\\> a\n\\# b\n\\- c\n  \\- d\n\\-# e\n\\>>> f");
    }

    #[test]
    fn mentions_by_id_are_meant() {
        plain("Hi <@80351110224678912> in <#80351110224678912>", "Hi <@80351110224678912> in <#80351110224678912>");
        plain("<@&80351110224678912>!", "<@&80351110224678912>!");
    }

    #[test]
    fn styles_are_marked() {
        styled("a b* c", "b*", Style::Strong, "a **b\\*** c");
        styled("a b c", "b", Style::Emphasis, "a *b* c");
        styled("a b c", "b", Style::Strike, "a ~~b~~ c");
        styled("a *b* c", "*b*", Style::Code, "a `*b*` c");
        styled("a `b` c", "`b`", Style::Code, "a `` `b` `` c");
        styled("Title\n\nText", "Title", Style::Heading { level: 2 }, "## Title\n\nText");
        styled("Title\n\nText", "Title", Style::Heading { level: 4 }, "**Title**\n\nText");
        styled("a\n\nb\n\nc\n\nd", "b\n\nc", Style::Quote, "a\n\n> b\n> \n> c\n\nd");
    }

    #[test]
    fn code_is_fenced() {
        let rust = |language: &str| Style::CodeBlock { language: Some(language.to_owned()) };
        styled("a\n\nlet _x;\n\nb", "let _x;", rust("rust"), "a\n\n```rust\nlet _x;\n```\n\nb");
        styled("x ``` y", "x ``` y", rust("no such"), "```\nx `\u{200b}`\u{200b}` y\n```");
    }

    #[test]
    fn links_are_addresses_or_words() {
        let url = "https://acme.example/a_b(c)";
        let bare = "https://acme.example/a_b*c*";
        linked("see https://acme.example/a_b*c*, ok", bare, bare, "see https://acme.example/a_b*c*, ok");
        linked("見てhttps://acme.example/a_b*c*を", bare, bare, "見て<https://acme.example/a_b*c*>を");
        linked("see https://acme.example/a_b(c).", url, url, "see <https://acme.example/a_b(c)>.");
        linked("see [it]", "[it]", url, "see [\\[it\\]](https://acme.example/a_b%28c%29)");
        linked("write us", "us", "mailto:a@b.example", "write us (mailto:a@b.example)");
    }
}
