//! Blocks built by hand, and strategies for any of them, for the tests of this and other modules.

use super::{Block, Inline, Media, MediaSource, NetworkId, Person};
use crate::diag::{FileId, Span};
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const MASTODON: NetworkId = NetworkId("mastodon");
pub(crate) const BLUESKY: NetworkId = NetworkId("bluesky");

pub(crate) fn span(start: u32, end: u32) -> Span {
    Span { file: FileId(0), start, end }
}

pub(crate) const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

pub(crate) fn text(text: &str) -> Inline {
    Inline::Text { text: text.to_owned(), span: NOWHERE }
}

pub(crate) fn text_at(text: &str, start: u32) -> Inline {
    Inline::Text { text: text.to_owned(), span: span(start, start + u32::try_from(text.len()).unwrap()) }
}

pub(crate) fn code(text: &str) -> Inline {
    Inline::Code { text: text.to_owned(), span: NOWHERE }
}

pub(crate) fn raw(text: &str) -> Inline {
    Inline::Html { text: text.to_owned(), span: NOWHERE }
}

pub(crate) fn link(content: Vec<Inline>, url: &str) -> Inline {
    Inline::Link { url: url.to_owned(), content, bare: false, span: NOWHERE }
}

pub(crate) fn bare(url: &str) -> Inline {
    Inline::Link { url: url.to_owned(), content: vec![text(url)], bare: true, span: NOWHERE }
}

pub(crate) fn tag(tag: &str) -> Inline {
    Inline::Tag { tag: tag.to_owned(), span: NOWHERE }
}

pub(crate) fn mention(handle: &str) -> Inline {
    Inline::Mention { handle: handle.to_owned(), span: NOWHERE }
}

pub(crate) fn person(name: &str, handles: &[(NetworkId, &str)]) -> Inline {
    let handles = handles.iter().map(|(network, handle)| (*network, (*handle).to_owned())).collect::<BTreeMap<_, _>>();
    let person = Person { key: name.to_lowercase(), name: name.to_owned(), handles };
    Inline::Person { person: Arc::new(person), span: NOWHERE }
}

pub(crate) fn media_of(path: &str, alt: &str) -> Media {
    Media { source: MediaSource::File(path.to_owned()), alt: alt.to_owned(), span: NOWHERE }
}

pub(crate) fn media(path: &str, alt: &str) -> Inline {
    Inline::Media(media_of(path, alt))
}

pub(crate) fn paragraph(content: Vec<Inline>) -> Block {
    Block::Paragraph { content, span: NOWHERE }
}

pub(crate) fn heading(level: u8, content: Vec<Inline>) -> Block {
    Block::Heading { level, content, span: NOWHERE }
}

pub(crate) fn quote(blocks: Vec<Block>) -> Block {
    Block::Quote { blocks, span: NOWHERE }
}

pub(crate) fn list(start: Option<u64>, items: Vec<Vec<Block>>) -> Block {
    Block::List { start, items, span: NOWHERE }
}

pub(crate) fn code_block(text: &str) -> Block {
    Block::Code { language: None, text: text.to_owned(), span: NOWHERE }
}

pub(crate) fn raw_block(text: &str) -> Block {
    Block::Html { text: text.to_owned(), span: NOWHERE }
}

pub(crate) const RULE: Block = Block::Rule { span: NOWHERE };

/// Makes words, punctuation, scripts and oddities.
pub(crate) fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}( [a-z]{1,8}){0,6}",
        Just("One sentence. Two sentences! Three?".to_owned()),
        Just(" spaces ".to_owned()),
        Just("a\nb".to_owned()),
        Just("👩‍👩‍👧‍👦🇮🇹e\u{301}".to_owned()),
        Just("日本語の文。次の文。".to_owned()),
        Just("<b>&\"'\u{1}".to_owned()),
        Just("\u{a0}\u{3000}".to_owned()),
        Just("\u{301}".to_owned()),
        ".{0,12}",
    ]
}

fn url() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("https://example.org/a?b=c&d".to_owned()),
        Just("http://x.example/".to_owned()),
        Just("mailto:a@b.example".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        Just("other.md".to_owned()),
        Just(String::new()),
        Just("https://example.org/with space \"quote".to_owned()),
    ]
}

fn inline() -> impl Strategy<Value = Inline> {
    let leaf = prop_oneof![
        4 => words().prop_map(|words| text(&words)),
        1 => words().prop_map(|words| code(&words)),
        1 => words().prop_map(|words| raw(&words)),
        1 => url().prop_map(|url| bare(&url)),
        1 => "[a-zA-Zé]{1,10}".prop_map(|name| tag(&name)),
        1 => prop_oneof!["[a-z]{1,5}@[a-z]{1,5}\\.example", "[a-z]{1,8}\\.example"].prop_map(|handle| mention(&handle)),
        1 => Just(person("Ana", &[(MASTODON, "ana@example.org"), (BLUESKY, "ana.example")])),
        1 => Just(media("a.jpg", "an <image>")),
        1 => Just(Inline::SoftBreak),
        1 => Just(Inline::HardBreak),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Inline::Emphasis),
            vec(inner.clone(), 0..4).prop_map(Inline::Strong),
            vec(inner.clone(), 0..4).prop_map(Inline::Strike),
            (vec(inner, 0..4), url()).prop_map(|(content, url)| link(content, &url)),
        ]
    })
}

/// Makes any blocks, sensible or not.
pub(crate) fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let content = || vec(inline(), 0..5);
    let leaf = prop_oneof![
        6 => content().prop_map(paragraph),
        1 => (1u8..=6, content()).prop_map(|(level, content)| heading(level, content)),
        1 => "(  [a-z]{0,4}\n){0,4}".prop_map(|text| code_block(&text)),
        1 => words().prop_map(|words| raw_block(&words)),
        1 => (vec(content(), 0..3), vec(vec(content(), 0..3), 0..3))
            .prop_map(|(head, rows)| Block::Table { head, rows, span: NOWHERE }),
        1 => Just(RULE),
    ];
    let block = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(quote),
            (proptest::option::of(0u64..20), vec(vec(inner, 0..3), 0..4)).prop_map(|(start, items)| list(start, items)),
        ]
    });
    vec(block, 0..5)
}
