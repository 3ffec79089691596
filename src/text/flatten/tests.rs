use super::*;
use crate::model::fixtures::{
    BLUESKY, MASTODON, NOWHERE, RULE, bare, blocks, code, code_block, heading, link, list, media, mention, paragraph,
    person, quote, raw_block, span, tag, text, text_at,
};
use insta::assert_snapshot;
use proptest::prelude::*;

const MASTODON_STYLE: Dialect = Dialect {
    network: MASTODON,
    links: LinkStyle::TextThenUrl,
    handles: HandleStyle::UserAtHost,
    bare_domains: false,
    styles: false,
};
const STYLED: Dialect = Dialect { styles: true, ..BLUESKY_STYLE };
const BLUESKY_STYLE: Dialect = Dialect {
    network: BLUESKY,
    links: LinkStyle::Range,
    handles: HandleStyle::Domain,
    bare_domains: false,
    styles: false,
};

/// Compares the text, with each range in braces behind what it covers.
#[track_caller]
fn check(dialect: Dialect, blocks: &[Block], expect: &str) {
    assert_eq!(show(&flatten(blocks, &dialect)), expect);
}

#[track_caller]
fn check_line(dialect: Dialect, content: Vec<Inline>, expect: &str) {
    check(dialect, &[paragraph(content)], expect);
}

#[track_caller]
fn check_text(blocks: &[Block], expect: &str) {
    assert_eq!(flatten(blocks, &MASTODON_STYLE).text, expect);
}

fn show(flat: &Flat) -> String {
    let mut out = String::new();
    let mut done = 0;
    for range in &flat.ranges {
        let kind = match &range.kind {
            RangeKind::Link { url } => format!("link {url}"),
            RangeKind::Tag { tag } => format!("tag {tag}"),
            RangeKind::Mention { handle } => format!("mention {handle}"),
        };
        out.push_str(&flat.text[done..range.start]);
        out.push_str(&format!("[{}]{{{kind}}}", &flat.text[range.start..range.end]));
        done = range.end;
    }
    out + &flat.text[done..]
}

fn p(words: &str) -> Block {
    paragraph(vec![text(words)])
}

#[test]
fn nothing_is_empty() {
    check(MASTODON_STYLE, &[], "");
    check(MASTODON_STYLE, &[paragraph(vec![])], "");
    check(MASTODON_STYLE, &[p(" "), quote(vec![]), list(None, vec![vec![], vec![p("")]]), code_block("\n \n")], "");
}

#[test]
fn paragraphs_are_one_blank_line_apart() {
    check_text(&[p("one"), p("two"), heading(2, vec![text("three")]), p("four")], "one\n\ntwo\n\nthree\n\nfour");
}

#[test]
fn soft_and_hard_breaks_are_line_ends() {
    check_text(&[paragraph(vec![text("a "), Inline::SoftBreak, text(" b"), Inline::HardBreak, text("c")])], "a\nb\nc");
    check_text(&[paragraph(vec![Inline::HardBreak, text("a"), Inline::HardBreak]), p("b")], "a\n\nb");
}

#[test]
fn emphasis_and_code_keep_their_words() {
    let content = vec![
        Inline::Strong(vec![text("a")]),
        text(" "),
        Inline::Emphasis(vec![Inline::Strike(vec![text("b")])]),
        code(" c"),
    ];
    check_text(&[paragraph(content)], "a b c");
}

#[test]
fn blocks_within_blocks() {
    let blocks = [
        p("Intro:"),
        list(
            None,
            vec![
                vec![paragraph(vec![text("one"), Inline::SoftBreak, text("more")])],
                vec![p("two"), list(Some(9), vec![vec![p("nine")], vec![p("ten")]])],
                vec![p("three"), quote(vec![p("said"), p("twice")])],
            ],
        ),
        quote(vec![paragraph(vec![text("a"), Inline::HardBreak, text("b")]), p("c"), quote(vec![p("deep")])]),
        code_block("fn main() {\n\n    go();\n}\n"),
        Block::Table {
            head: vec![vec![text("Name")], vec![text("Size")]],
            rows: vec![vec![vec![text("a")], vec![]], vec![vec![], vec![]], vec![vec![], vec![text("1")]]],
            span: NOWHERE,
        },
        RULE,
        raw_block("<b>\nraw\n</b>\n"),
    ];
    assert_snapshot!(flatten(&blocks, &MASTODON_STYLE).text, @r"
    Intro:

    • one
      more
    • two
      9. nine
      10. ten
    • three
      > said
      >
      > twice

    > a
    > b
    >
    > c
    >
    > > deep

    fn main() {

        go();
    }

    Name | Size
    a |
    | 1

    ---

    <b>
    raw
    </b>
    ");
}

#[test]
fn excerpts_leave_rules_out_and_name_people() {
    let ana = person("Ana", &[(MASTODON, "ana@example.org")]);
    let flat = plain(&[p("a"), RULE, paragraph(vec![ana, text(" and "), mention("bo@example.org")])], MASTODON);
    assert_eq!(show(&flat), "a\n\nAna and @bo@example.org");
}

#[test]
fn media_leave_no_trace() {
    check_text(&[p("a"), paragraph(vec![media("a.jpg", "x")]), p("b")], "a\n\nb");
    check_text(&[paragraph(vec![media("a.jpg", "x"), Inline::SoftBreak, media("b.jpg", "y")]), p("b")], "b");
    check_text(&[paragraph(vec![text("a "), media("a.jpg", "x"), text(" b")])], "a b");
    check_text(&[paragraph(vec![text("a"), Inline::SoftBreak, media("a.jpg", "x")])], "a");
    check_text(
        &[paragraph(vec![text("a"), Inline::SoftBreak, media("a.jpg", "x"), Inline::SoftBreak, text("b")])],
        "a\nb",
    );
    check_text(&[p("a"), list(None, vec![vec![paragraph(vec![media("a.jpg", "x")])], vec![p("b")]])], "a\n\n• b");
}

#[test]
fn a_link_is_text_then_url_or_a_range() {
    let content = || vec![text("Read "), link(vec![text("the "), code("news")], "https://example.org/a"), text(".")];
    check_line(MASTODON_STYLE, content(), "Read the news ([https://example.org/a]{link https://example.org/a}).");
    check_line(BLUESKY_STYLE, content(), "Read [the news]{link https://example.org/a}.");
}

#[test]
fn a_bare_link_is_its_url() {
    for dialect in [MASTODON_STYLE, BLUESKY_STYLE] {
        check_line(dialect, vec![bare("https://a.example")], "[https://a.example]{link https://a.example}");
        check_line(dialect, vec![link(vec![], "https://a.example")], "[https://a.example]{link https://a.example}");
        check_line(
            dialect,
            vec![text("x "), link(vec![media("a.jpg", "")], "https://a.example")],
            "x [https://a.example]{link https://a.example}",
        );
    }
}

#[test]
fn a_link_whose_text_is_its_url_is_shown_once() {
    for dialect in [MASTODON_STYLE, BLUESKY_STYLE] {
        for words in ["https://a.example/", "a.example", "http://a.example"] {
            check_line(
                dialect,
                vec![text("see "), link(vec![text(words)], "https://a.example/")],
                "see [https://a.example/]{link https://a.example/}",
            );
        }
    }
}

#[test]
fn a_url_that_is_not_of_the_web_is_shown_but_no_link() {
    for dialect in [MASTODON_STYLE, BLUESKY_STYLE] {
        check_line(dialect, vec![link(vec![text("write")], "mailto:a@b.example")], "write (mailto:a@b.example)");
        check_line(dialect, vec![link(vec![text("text")], "")], "text");
    }
}

#[test]
fn a_link_without_characters_is_its_url() {
    let inner = link(vec![], "https://b.example");
    check_line(
        BLUESKY_STYLE,
        vec![link(vec![inner], "https://a.example")],
        "[https://a.example]{link https://a.example}",
    );
}

#[test]
fn a_link_wins_over_the_tag_in_its_text() {
    let content = || vec![link(vec![text("our "), tag("news")], "https://a.example")];
    check_line(BLUESKY_STYLE, content(), "[our #news]{link https://a.example}");
    check_line(MASTODON_STYLE, content(), "our [#news]{tag news} ([https://a.example]{link https://a.example})");
}

#[test]
fn a_link_at_the_start_of_a_quoted_line_starts_after_the_marker() {
    let content = vec![text("a"), Inline::SoftBreak, link(vec![text(" b ")], "https://a.example"), text("c")];
    check(BLUESKY_STYLE, &[quote(vec![paragraph(content)])], "> a\n> [b]{link https://a.example} c");
}

#[test]
fn people_get_the_handle_of_the_network() {
    let content = || vec![person("Ana", &[(MASTODON, "ana@example.org"), (BLUESKY, "ana.example")]), text("!")];
    check_line(MASTODON_STYLE, content(), "[@ana@example.org]{mention ana@example.org}!");
    check_line(BLUESKY_STYLE, content(), "[@ana.example]{mention ana.example}!");
    check_line(BLUESKY_STYLE, vec![person("Bo", &[(MASTODON, "bo")])], "Bo");
}

#[test]
fn a_mention_of_another_network_is_plain() {
    check_line(MASTODON_STYLE, vec![mention("ana@example.org")], "[@ana@example.org]{mention ana@example.org}");
    check_line(MASTODON_STYLE, vec![mention("ana.example")], "@ana.example");
    check_line(BLUESKY_STYLE, vec![mention("ana@example.org")], "@ana@example.org");
    check_line(BLUESKY_STYLE, vec![mention("ana.example")], "[@ana.example]{mention ana.example}");
}

#[test]
fn tags_are_ranges() {
    check_line(BLUESKY_STYLE, vec![text("Hej "), tag("blå"), text(", "), tag("x")], "Hej [#blå]{tag blå}, [#x]{tag x}");
}

#[test]
fn every_text_knows_its_place_in_the_source() {
    // `Hi *you*` at 10, then `> a [b](https://x.example) c` at 20.
    let url = "https://x.example";
    let link = Inline::Link { url: url.to_owned(), content: vec![text_at("b", 25)], bare: false, span: span(24, 46) };
    let blocks = [
        paragraph(vec![text_at("Hi ", 10), Inline::Emphasis(vec![text_at("you", 14)])]),
        quote(vec![paragraph(vec![text_at("a ", 22), link, text_at(" c", 46)])]),
    ];
    let flat = flatten(&blocks, &MASTODON_STYLE);
    assert_eq!(flat.text, "Hi you\n\n> a b (https://x.example) c");
    let source_of = |words: &str| flat.source_of(flat.text.find(words).unwrap());
    assert_eq!(source_of("Hi"), Some(10));
    assert_eq!(source_of("you"), Some(14));
    assert_eq!(source_of("ou"), Some(15));
    assert_eq!(source_of("a "), Some(22));
    assert_eq!(source_of("b "), Some(25));
    assert_eq!(source_of(url), Some(28));
    assert_eq!(source_of("c"), Some(47));
}

#[test]
fn a_fenced_code_block_knows_its_place_in_the_source() {
    // "```\n  a\nb\n```" at 7.
    let block = Block::Code { language: None, text: "  a\nb\n".to_owned(), span: span(7, 20) };
    let flat = flatten(&[block], &MASTODON_STYLE);
    assert_eq!(flat.text, "a\nb");
    assert_eq!((flat.source_of(0), flat.source_of(2)), (Some(13), Some(15)));
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(MASTODON_STYLE), Just(BLUESKY_STYLE)]
}

fn urls(blocks: &[Block], dialect: &Dialect) -> Vec<String> {
    flatten(blocks, dialect)
        .ranges
        .into_iter()
        .filter_map(|range| match range.kind {
            RangeKind::Link { url } => Some(url),
            RangeKind::Tag { .. } | RangeKind::Mention { .. } => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn whatever_is_flattened_is_well_formed(blocks in blocks(), dialect in dialects()) {
        let flat = flatten(&blocks, &dialect);
        prop_assert_eq!(flat.text.trim(), &flat.text);
        let mut end = 0;
        for range in &flat.ranges {
            prop_assert!(end <= range.start && range.start < range.end && range.end <= flat.text.len());
            prop_assert!(flat.text.is_char_boundary(range.start) && flat.text.is_char_boundary(range.end));
            let covered = &flat.text[range.start..range.end];
            match &range.kind {
                RangeKind::Tag { tag } => prop_assert_eq!(covered, format!("#{tag}")),
                RangeKind::Mention { handle } => prop_assert_eq!(covered, format!("@{handle}")),
                RangeKind::Link { url } => {
                    prop_assert_eq!(covered.trim(), covered);
                    prop_assert!(is_web(url));
                    if dialect.links == LinkStyle::TextThenUrl {
                        prop_assert_eq!(covered, url);
                    }
                }
            }
            end = range.end;
        }
        prop_assert!(flat.anchors.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        prop_assert!(flat.anchors.iter().all(|(at, _)| flat.text.is_char_boundary(*at as usize)));
    }

    #[test]
    fn every_dialect_leads_to_the_same_urls(blocks in blocks()) {
        prop_assert_eq!(urls(&blocks, &MASTODON_STYLE), urls(&blocks, &BLUESKY_STYLE));
    }
}

/// Compares the text, with each style in braces behind what it covers.
#[track_caller]
fn check_styles(blocks: &[Block], expect: &str) {
    let flat = flatten(blocks, &STYLED);
    let mut out = String::new();
    for (at, c) in flat.text.char_indices().chain([(flat.text.len(), '\0')]) {
        for style in flat.styles.iter().rev().filter(|style| style.end == at) {
            let name = format!("{} {}", style.style.as_str(), style.style.value());
            out.push_str(&format!("]{{{}}}", name.trim_end()));
        }
        flat.styles.iter().filter(|style| style.start == at).for_each(|_| out.push('['));
        out.push(c);
    }
    assert_eq!(out.trim_end_matches('\0'), expect);
}

fn strong(words: &str) -> Inline {
    Inline::Strong(vec![text(words)])
}

#[test]
fn styles_cover_what_they_set() {
    let nested = Inline::Emphasis(vec![text("very "), strong("strong"), text(" words")]);
    check_styles(&[paragraph(vec![text("So "), nested, text(".")])], "So [very [strong]{strong} words]{emphasis}.");
    let struck = Inline::Strike(vec![text("no")]);
    check_styles(&[paragraph(vec![code("a < b"), text(", "), struck])], "[a < b]{code}, [no]{strike}");
    check_styles(&[heading(2, vec![text("News")]), p("text")], "[News]{heading 2}\n\ntext");
}

#[test]
fn styles_leave_out_what_stands_between() {
    check_styles(&[p("one"), paragraph(vec![strong("two")]), p("three")], "one\n\n[two]{strong}\n\nthree");
    check_styles(&[paragraph(vec![text("a"), strong(" b "), text("c")])], "a [b]{strong} c");
    check_styles(&[list(None, vec![vec![paragraph(vec![strong("item")])]])], "• [item]{strong}");
}

#[test]
fn styles_of_nothing_are_none() {
    check_styles(&[paragraph(vec![Inline::Strong(vec![]), text("a"), strong(" ")])], "a");
    check_styles(&[quote(vec![p("")]), p("b")], "b");
}

#[test]
fn quotes_and_code_are_styles_without_marks() {
    check_styles(&[quote(vec![p("one"), p("two")]), p("three")], "[one\n\ntwo]{quote}\n\nthree");
    check_styles(&[code_block("let a;\n\n  b();\n"), p("text")], "[let a;\n\n  b();]{code-block}\n\ntext");
}

#[test]
fn a_link_may_be_in_a_style_and_a_style_in_a_link() {
    for (words, end) in [("here", 4), ("https://a.example", 17)] {
        let block = paragraph(vec![Inline::Strong(vec![link(vec![text(words)], "https://a.example")])]);
        let flat = flatten(&[block], &STYLED);
        assert_eq!((flat.styles.len(), flat.styles[0].start, flat.styles[0].end, flat.ranges.len()), (1, 0, end, 1));
    }
}

#[test]
fn domains_are_links_where_the_network_makes_them_some() {
    let dialect = Dialect { bare_domains: true, ..MASTODON_STYLE };
    let content = vec![text("See acme.com/x or "), bare("https://b.example"), text(", not e.g. c.d.")];
    check_line(
        dialect,
        content,
        "See [acme.com/x]{link https://acme.com/x} or [https://b.example]{link https://b.example}, not e.g. c.d.",
    );
    check_line(dialect, vec![code("https://acme.com")], "[https://acme.com]{link https://acme.com}");
}

proptest! {
    #[test]
    fn styles_are_in_order_and_nested(blocks in blocks()) {
        let flat = flatten(&blocks, &STYLED);
        for (index, style) in flat.styles.iter().enumerate() {
            prop_assert!(style.start < style.end && style.end <= flat.text.len());
            prop_assert!(flat.text.is_char_boundary(style.start) && flat.text.is_char_boundary(style.end));
            for later in &flat.styles[index + 1..] {
                prop_assert!(later.start >= style.start);
                prop_assert!(later.start >= style.end || later.end <= style.end, "they never cross: {flat:?}");
            }
        }
    }
}
