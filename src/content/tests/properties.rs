use super::{corpus::CORPUS, front_matter::without_places, *};
use crate::{
    diag::Span,
    model::{Block, Inline},
};
use proptest::prelude::*;

const WHOLE: &str = "+++\nid = \"a\"\nto = [\"everywhere\"]\ndate = 2026-12-01T09:00:00\ntags = [\"x\", \"y\"]\nthread = \"auto\"\n[poll]\noptions = [\"a\", \"b\"]\nduration = \"1d\"\n[mastodon]\nvisibility = \"public\"\n+++\n\nDress **@moschino** in [a link](https://a.example/b?c#d) #TheSims 👩‍💻 https://e.example.\n\n- one\n- two\n\n---\n\n> three `code` \\# &amp; é\n\n![alt](a.jpg)\n\n# @sky @de\n\nFour\n---\n| a | b |\n|---|---|\n| c | d |\n";

/// Collects every place in a post's copy.
fn places(post: &Post) -> Vec<Span> {
    let mut all = vec![post.id.span];
    for part in post.copies.iter().flat_map(|copy| &copy.body.parts) {
        all.push(part.span);
        part.blocks.iter().for_each(|block| block_places(block, &mut all));
    }
    for copy in &post.copies {
        all.extend(copy.audience.iter().map(|audience| audience.span));
    }
    for target in &post.targets {
        all.push(target.account.span);
        all.extend(target.when.map(|when| when.span));
        all.extend(target.tags.iter().chain(&*target.hashtags).map(|tag| tag.span));
    }
    all
}

fn block_places(block: &Block, all: &mut Vec<Span>) {
    all.push(block.span());
    match block {
        Block::Paragraph { content, .. } | Block::Heading { content, .. } => inline_places(content, all),
        Block::Quote { blocks, .. } => blocks.iter().for_each(|block| block_places(block, all)),
        Block::List { items, .. } => items.iter().flatten().for_each(|block| block_places(block, all)),
        Block::Table { head, rows, .. } => {
            head.iter().chain(rows.iter().flatten()).for_each(|cell| inline_places(cell, all));
        }
        Block::Code { .. } | Block::Html { .. } | Block::Rule { .. } => {}
    }
}

fn inline_places(content: &[Inline], all: &mut Vec<Span>) {
    for inline in content {
        match inline {
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Strike(inner) => inline_places(inner, all),
            Inline::Link { content, span, .. } => {
                all.push(*span);
                inline_places(content, all);
            }
            Inline::Media(media) => all.push(media.span),
            Inline::Text { span, .. }
            | Inline::Code { span, .. }
            | Inline::Person { span, .. }
            | Inline::Mention { span, .. }
            | Inline::Tag { span, .. }
            | Inline::Html { span, .. } => all.push(*span),
            Inline::SoftBreak | Inline::HardBreak => {}
        }
    }
}

/// Reads a text and checks what holds of any: no panic, places on characters, and the same answer twice.
fn hold(text: &str) {
    let (post, findings) = read(text);
    for span in post.iter().flat_map(places) {
        assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    }
    assert_eq!((post, findings), read(text));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_text_is_read_without_panic(text in "(?s).{0,300}") {
        hold(&text);
    }

    #[test]
    fn any_copy_is_read_without_panic(copy in r"([>\-*_`#@\[\]()!<&\\~|:/.+= \n\t]|https://|[ab1é👩‍💻]){0,200}") {
        hold(&post_with(&copy));
    }

    #[test]
    fn any_front_matter_is_read_without_panic(
        front in r#"((to|id|date|tags|poll|mastodon|brand|title)?[=:.\[\]{}"'&*!#,\n \-|>]|brand|2026-12-01T09:00:00|true|[0-9é]){0,80}"#,
        fence in prop_oneof![Just("+++"), Just("---")],
    ) {
        hold(&format!("{fence}\n{front}\n{fence}\ntext\n"));
    }

    #[test]
    fn any_mutation_is_read_without_panic(at in 0usize..2_000, length in 0usize..30, put in "(?s).{0,6}") {
        let mut text = WHOLE.to_owned();
        let floor = |mut at: usize| { while !WHOLE.is_char_boundary(at) { at -= 1; } at };
        let start = floor(at % WHOLE.len());
        let end = floor((start + length).min(WHOLE.len())).max(start);
        text.replace_range(start..end, &put);
        hold(&text);
    }

    #[test]
    fn any_piece_of_the_corpus_is_read_without_panic(which in 0..CORPUS.len(), from in 0usize..4_000, to in 0usize..4_000) {
        let text = CORPUS[which].1;
        let floor = |at: usize| { let mut at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1; } at };
        let (from, to) = (floor(from.min(to)), floor(from.max(to)));
        hold(&text[from..to]);
    }

    #[test]
    fn toml_and_yaml_of_the_same_data_are_the_same_post(
        id in "[a-z][a-z0-9]{0,8}(/[a-z]{1,4})?",
        to in proptest::sample::subsequence(vec!["brand", "team", "sky", "home", "social"], 1..=5),
        tags in proptest::collection::vec("[a-zé \u{1f600}\"\\\\:#]{0,6}[a-zé]", 0..4),
        title in proptest::option::of("[ -~é]{0,20}[a-z]"),
        draft in proptest::option::of(any::<bool>()),
        date in proptest::option::of("2026-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T1[0-9]:[0-5][0-9]:00(Z|\\+02:00)?"),
        visibility in proptest::option::of(prop_oneof![Just("public"), Just("private"), Just("odd")]),
    ) {
        // JSON texts are valid in both formats.
        let json = |text: &str| serde_json::to_string(text).expect("a text");
        let list = |texts: &[String]| format!("[{}]", texts.iter().map(|text| json(text)).collect::<Vec<_>>().join(", "));
        let to = list(&to.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let mut toml = format!("id = {}\nto = {to}\ntags = {}\n", json(&id), list(&tags));
        let mut yaml = format!("id: {}\nto: {to}\ntags: {}\n", json(&id), list(&tags));
        if let Some(title) = &title {
            let _ = writeln!(toml, "title = {}", json(title));
            let _ = writeln!(yaml, "title: {}", json(title));
        }
        if let Some(draft) = draft {
            let _ = writeln!(toml, "draft = {draft}");
            let _ = writeln!(yaml, "draft: {draft}");
        }
        if let Some(date) = &date {
            let _ = writeln!(toml, "date = {date}");
            let _ = writeln!(yaml, "date: {date}");
        }
        if let Some(word) = visibility {
            let _ = writeln!(toml, "[mastodon]\nvisibility = {}", json(word));
            let _ = writeln!(yaml, "mastodon:\n  visibility: {}", json(word));
        }
        let (from_toml, toml_findings) = read(&format!("+++\n{toml}+++\nCopy.\n"));
        let (from_yaml, yaml_findings) = read(&format!("---\n{yaml}---\nCopy.\n"));
        let told = |findings: &[Diagnostic]| findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>();
        prop_assert_eq!(told(&toml_findings), told(&yaml_findings));
        prop_assert_eq!(without_places(&from_toml.expect("a post")), without_places(&from_yaml.expect("a post")));
    }
}
