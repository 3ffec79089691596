use super::*;
use crate::model::{Block, Inline, MediaSource};

/// Shows copy as a tree on one line, and checks that what stands in the file verbatim is where its place says.
fn tree(copy: &str) -> String {
    let text = post_with(copy);
    let post = good(&text);
    let mut into = String::new();
    for block in &*post.copies[0].body.parts[0].blocks {
        show_block(&text, block, &mut into);
    }
    into.trim_end().to_owned()
}

fn show_block(text: &str, block: &Block, into: &mut String) {
    let _ = match block {
        Block::Paragraph { content, .. } => {
            show_line(text, "p", content, into);
            Ok(())
        }
        Block::Heading { level, content, .. } => {
            show_line(text, &format!("h{level}"), content, into);
            Ok(())
        }
        Block::Code { language, text: code, .. } => write!(into, "code {language:?} {code:?} "),
        Block::Html { text: html, .. } => write!(into, "html {html:?} "),
        Block::Rule { .. } => write!(into, "rule "),
        Block::Quote { blocks, .. } => {
            into.push_str("quote( ");
            blocks.iter().for_each(|block| show_block(text, block, into));
            write!(into, ") ")
        }
        Block::List { start, items, .. } => {
            let _ = write!(into, "list {start:?}( ");
            for item in items {
                into.push_str("- ");
                item.iter().for_each(|block| show_block(text, block, into));
            }
            write!(into, ") ")
        }
        Block::Table { head, rows, .. } => {
            into.push_str("table( ");
            for row in [head].into_iter().chain(rows) {
                into.push_str("| ");
                row.iter().for_each(|cell| show_line(text, "cell", cell, into));
            }
            write!(into, ") ")
        }
    };
    assert!(text.get(block.span().range()).is_some());
}

fn show_line(text: &str, name: &str, content: &[Inline], into: &mut String) {
    let _ = write!(into, "{name}[");
    show_inlines(text, content, into);
    into.push_str("] ");
}

fn show_inlines(text: &str, content: &[Inline], into: &mut String) {
    for inline in content {
        let _ = match inline {
            Inline::Text { text: shown, span } => {
                let place = &text[span.range()];
                assert!(
                    place == shown || place.contains(['\\', '&', '<', '`', '|', '[']),
                    "{place:?} is not {shown:?}"
                );
                write!(into, "{shown:?}")
            }
            Inline::Code { text: code, .. } => write!(into, "code:{code:?}"),
            Inline::Emphasis(inner) => nested(text, "em", inner, into),
            Inline::Strong(inner) => nested(text, "strong", inner, into),
            Inline::Strike(inner) => nested(text, "strike", inner, into),
            Inline::Link { url, content, bare, .. } => {
                let _ = write!(into, "{}:{url}", if *bare { "bare" } else { "link" });
                if *bare { Ok(()) } else { nested(text, "", content, into) }
            }
            Inline::Media(media) => {
                assert!(text[media.span.range()].starts_with('!'));
                let source = match &media.source {
                    MediaSource::File(path) => format!("file {path}"),
                    MediaSource::Url(url) => format!("url {url}"),
                };
                write!(into, "media:{source} {:?}", media.alt)
            }
            Inline::Person { person, span } => {
                assert_eq!(text[span.range()], format!("@{}", person.key));
                write!(into, "person:{}", person.key)
            }
            Inline::Mention { handle, span } => {
                assert_eq!(text[span.range()].replace('\\', ""), format!("@{handle}"));
                write!(into, "mention:{handle}")
            }
            Inline::Tag { tag, span } => {
                assert_eq!(text[span.range()].replace('\\', ""), format!("#{tag}"));
                write!(into, "tag:{tag}")
            }
            Inline::SoftBreak => write!(into, "soft"),
            Inline::HardBreak => write!(into, "hard"),
            Inline::Html { text: html, .. } => write!(into, "html:{html:?}"),
        };
        into.push(' ');
    }
    if into.ends_with(' ') {
        into.pop();
    }
}

fn nested(text: &str, name: &str, inner: &[Inline], into: &mut String) -> std::fmt::Result {
    into.push_str(name);
    into.push('(');
    show_inlines(text, inner, into);
    into.push(')');
    Ok(())
}

#[track_caller]
fn check(copy: &str, expect: &str) {
    assert_eq!(tree(copy), expect, "{copy}");
}

#[test]
fn marks_are_read() {
    check("a *b* **c** ~~d~~ `e`", r#"p["a " em("b") " " strong("c") " " strike("d") " " code:"e"]"#);
    check("a\nb  \nc\\\nd", r#"p["a" soft "b" hard "c" hard "d"]"#);
    check("## b\n\n    code\n\n```rust x\nfn\n```\n", r#"h2["b"] code None "code\n" code Some("rust") "fn\n""#);
}

#[test]
fn pieces_of_text_are_joined() {
    check("a [b] (c) \\* &amp; snake_case ] !", r#"p["a [b] (c) * & snake_case ] !"]"#);
    check("\"quotes\" -- ... stay", r#"p["\"quotes\" -- ... stay"]"#);
}

#[test]
fn lists_and_quotes_nest() {
    check("- a\n- *b*\n  - c\n", r#"list None( - p["a"] - p[em("b")] list None( - p["c"] ) )"#);
    check("3. a\n\n   b\n4. c\n", r#"list Some(3)( - p["a"] p["b"] - p["c"] )"#);
    check("> a\n> - b\n", r#"quote( p["a"] list None( - p["b"] ) )"#);
    check("- [ ] a\n- # b\n- ```\n  c\n  ```\n", r#"list None( - p["[ ] a"] - h1["b"] - code None "c\n" )"#);
    check("- a\n  > b\n- c\n\n  ---\n\n  d\n", r#"list None( - p["a"] quote( p["b"] ) - p["c"] p["d"] )"#);
}

#[test]
fn tables_are_read() {
    check(
        "| a | *b* |\n|---|---|\n| #c | `d\\|e` |\n",
        r#"table( | cell["a"] cell[em("b")] | cell[tag:c] cell[code:"d|e"] )"#,
    );
}

#[test]
fn html_is_text() {
    check("<b>x</b>", r#"p[html:"<b>" "x" html:"</b>"]"#);
    check("<div>\nx\n</div>\n", r#"html "<div>\nx\n</div>\n""#);
    check("- <!-- a -->\n", r#"list None( - html "<!-- a -->\n" )"#);
}

#[test]
fn links_keep_their_text_and_address() {
    check("[a *b*](https://a.example/?x=1&y=2 \"t\")", r#"p[link:https://a.example/?x=1&y=2("a " em("b"))]"#);
    check("[a][r]\n\n[r]: https://a.example\n", r#"p[link:https://a.example("a")]"#);
    check(
        "<https://a.example> [https://b.example](https://b.example)",
        "p[bare:https://a.example \" \" bare:https://b.example]",
    );
    check("[](https://a.example)", "p[bare:https://a.example]");
    check("[#a @b https://c.example](https://d.example)", r##"p[link:https://d.example("#a @b https://c.example")]"##);
}

#[test]
fn bare_addresses_are_links() {
    check("see https://a.example/b_c_d?e[f]=1.", r#"p["see " bare:https://a.example/b_c_d?e[f]=1 "."]"#);
    check("*https://a.example*", "p[em(bare:https://a.example)]");
    check("`https://a.example`", r#"p[code:"https://a.example"]"#);
}

#[test]
fn mail_addresses_stay_text() {
    check("me@a.example <me@a.example>", r#"p["me@a.example " "me@a.example"]"#);
}

#[test]
fn tags_mentions_and_people_are_found() {
    check(
        "#a, @moschino @sky_x @a@b.example @c.example!",
        r##"p[tag:a ", " person:moschino " " mention:sky_x " " mention:a@b.example " " mention:c.example "!"]"##,
    );
    check("**@moschino**: #b_c", r#"p[strong(person:moschino) ": " tag:b_c]"#);
    check("## #a", "h2[tag:a]");
}

#[test]
fn an_escaped_mark_opens_nothing() {
    check("\\#a \\@moschino &#35;b &#64;c", r##"p["#a @moschino #b @c"]"##);
    check("\\\\#a x\\_y @a\\_b", r##"p["\\" tag:a " x_y " mention:a_b]"##);
}

#[test]
fn media_are_found_beside_the_post() {
    check("![An *alt* `x`\ny](a.jpg)", r#"p[media:file content/2026/a.jpg "An alt x y"]"#);
    check(
        "![](<../b c.png> \"t\") ![d](https://a.example/e.png)",
        r#"p[media:file content/b c.png "" " " media:url https://a.example/e.png "d"]"#,
    );
    check("[![a](a.jpg)](https://a.example)", r#"p[link:https://a.example(media:file content/2026/a.jpg "a")]"#);
    check("![a ![b](c.jpg)](d.jpg)", r#"p[media:file content/2026/d.jpg "a b"]"#);
}

#[test]
fn media_outside_the_workspace_are_left_out() {
    let text = post_with("a ![x](../../../etc/passwd) b");
    let (post, findings) = read(&text);
    assert_eq!(
        shown(&text, &findings),
        "media-outside: `../../../etc/passwd` is outside the workspace [![x](../../../etc/passwd)] (put the file into the workspace and write its path from the post's folder)"
    );
    assert_eq!(post.expect("a post").copies[0].body.parts[0].media().len(), 0);
}

#[test]
fn what_is_too_deep_keeps_its_text() {
    for (copy, word) in [
        (format!("{}deep\n", "> ".repeat(100)), "deep"),
        (format!("{}deep\n", "- ".repeat(100)), "deep"),
        (format!("{}deep{}\n", "*a ".repeat(100), "*".repeat(100)), "deep"),
    ] {
        let text = post_with(&copy);
        let (post, findings) = read(&text);
        assert_eq!(
            findings.iter().map(|finding| finding.code.name).collect::<Vec<_>>(),
            ["nested-too-deeply"],
            "{copy}"
        );
        assert!(format!("{:?}", post.expect("a post").copies).contains(word), "{copy}");
    }
}
