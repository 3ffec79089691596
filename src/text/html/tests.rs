use super::*;
use crate::model::fixtures::{
    MASTODON, NOWHERE, RULE, bare, blocks, code, heading, link, list, media, mention, paragraph, person, quote, raw,
    raw_block, tag, text,
};
use insta::assert_snapshot;
use proptest::prelude::*;

fn show(media: &Media) -> Option<Figure> {
    let src = media.source.as_str();
    (!src.starts_with("lost")).then(|| Figure {
        src: src.to_owned(),
        width: 4,
        height: 3,
        video: src.ends_with(".mp4"),
    })
}

fn profile(person: &Person) -> Option<String> {
    person.handles.get(&MASTODON).map(|handle| format!("https://example.org/@{handle}"))
}

fn render(blocks: &[Block]) -> String {
    html(blocks, &HtmlOptions { media: &show, person: &profile, heading_shift: 1 })
}

#[track_caller]
fn check_line(content: Vec<Inline>, expect: &str) {
    assert_eq!(render(&[paragraph(content)]), format!("<p>{expect}</p>\n"));
}

fn p(words: &str) -> Block {
    paragraph(vec![text(words)])
}

#[test]
fn inlines_become_their_elements() {
    let content = vec![
        Inline::Strong(vec![text("a")]),
        Inline::Emphasis(vec![text("b")]),
        Inline::Strike(vec![text("c")]),
        code("<d>"),
        Inline::SoftBreak,
        text("e"),
        Inline::HardBreak,
        tag("f"),
        text(" "),
        mention("g@h.example"),
    ];
    check_line(content, "<strong>a</strong><em>b</em><del>c</del><code>&lt;d&gt;</code>\ne<br />\n#f @g@h.example");
}

#[test]
fn raw_html_is_text() {
    check_line(vec![raw("<script>")], "&lt;script&gt;");
    assert_eq!(render(&[raw_block("<b>\nx\n")]), "<p>&lt;b&gt;\nx</p>\n");
}

#[test]
fn links_lead_only_to_known_schemes() {
    check_line(vec![link(vec![text("a")], "https://x.example/?a&b")], "<a href=\"https://x.example/?a&amp;b\">a</a>");
    check_line(vec![bare("http://x.example")], "<a href=\"http://x.example\">http://x.example</a>");
    check_line(vec![link(vec![text("a")], "mailto:a@b.example")], "<a href=\"mailto:a@b.example\">a</a>");
    check_line(
        vec![link(vec![text("a")], "https://x.example/a b\"")],
        "<a href=\"https://x.example/a%20b&quot;\">a</a>",
    );
    check_line(vec![link(vec![text("a")], "JavaScript:alert(1)")], "a");
    check_line(vec![link(vec![], "data:x")], "data:x");
    check_line(vec![link(vec![], "https://x.example")], "<a href=\"https://x.example\">https://x.example</a>");
}

#[test]
fn there_is_no_link_in_a_link() {
    let inner = vec![bare("https://a.example"), person("Ana", &[(MASTODON, "ana")])];
    check_line(vec![link(inner, "https://b.example")], "<a href=\"https://b.example\">https://a.exampleAna</a>");
}

#[test]
fn people_are_names_or_links() {
    check_line(vec![person("Ana", &[(MASTODON, "ana")])], "<a href=\"https://example.org/@ana\">Ana</a>");
    check_line(vec![person("Bo & Co", &[])], "Bo &amp; Co");
}

#[test]
fn media_alone_are_figures() {
    let content =
        vec![media("a.jpg", "A \"cat\""), Inline::SoftBreak, media("b.mp4", "Moves"), media("lost.jpg", "Gone")];
    assert_snapshot!(render(&[paragraph(content)]), @r#"
    <figure><img src="a.jpg" alt="A &quot;cat&quot;" loading="lazy" width="4" height="3" /></figure>
    <figure><video controls="controls" preload="metadata" src="b.mp4" width="4" height="3" aria-label="Moves">Moves</video></figure>
    <p>Gone</p>
    "#);
    check_line(
        vec![text("x "), media("a.jpg", "")],
        "x <img src=\"a.jpg\" alt=\"\" loading=\"lazy\" width=\"4\" height=\"3\" />",
    );
}

#[test]
fn blocks_become_their_elements() {
    let blocks = [
        heading(1, vec![text("Title")]),
        heading(6, vec![text("Deep")]),
        quote(vec![p("said"), RULE]),
        list(None, vec![vec![p("one")], vec![p("two"), list(Some(3), vec![vec![p("three")]])]]),
        list(Some(1), vec![vec![p("a"), p("b")], vec![]]),
        Block::Code { language: Some("rust".to_owned()), text: "a < b\n".to_owned(), span: NOWHERE },
        Block::Table { head: vec![vec![text("A")]], rows: vec![vec![vec![text("1")]]], span: NOWHERE },
    ];
    assert_snapshot!(render(&blocks), @r#"
    <h2>Title</h2>
    <h6>Deep</h6>
    <blockquote>
    <p>said</p>
    <hr />
    </blockquote>
    <ul>
    <li>one</li>
    <li>two
    <ol start="3">
    <li>three</li>
    </ol>
    </li>
    </ul>
    <ol>
    <li><p>a</p>
    <p>b</p>
    </li>
    <li></li>
    </ol>
    <pre><code class="language-rust">a &lt; b
    </code></pre>
    <table>
    <thead>
    <tr><th>A</th></tr>
    </thead>
    <tbody>
    <tr><td>1</td></tr>
    </tbody>
    </table>
    "#);
}

/// Reads XML far enough to know that every element is closed, every entity known and every attribute quoted.
fn check_well_formed(xml: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(['<', '&']) {
        if rest[at..].starts_with('&') {
            let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            known.iter().find(|entity| rest[at..].starts_with(**entity)).ok_or("an unknown entity")?;
            rest = &rest[at + 1..];
            continue;
        }
        let mut in_quotes = false;
        let end = rest[at..].find(|c| {
            in_quotes ^= c == '"';
            c == '>' && !in_quotes
        });
        let tag = &rest[at + 1..at + end.ok_or("a tag that does not end")?];
        rest = &rest[at + tag.len() + 2..];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            let opened = open.pop();
            if opened != Some(name) {
                return Err(format!("</{name}> closes {opened:?}"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

#[test]
fn the_reader_of_xml_finds_faults() {
    assert!(check_well_formed("<p>a<br /></p>").is_ok());
    for bad in ["<p>", "<p></b>", "&nbsp;", "a < b", "<a href=\"x>"] {
        assert!(check_well_formed(bad).is_err(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn whatever_is_written_is_well_formed_and_harmless(blocks in blocks()) {
        let html = render(&blocks);
        prop_assert_eq!(check_well_formed(&html), Ok(()));
        let is_harmless = !html.contains("href=\"javascript") && !html.contains('\u{1}');
        prop_assert!(is_harmless);
    }
}
