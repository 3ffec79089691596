use super::*;
use crate::{
    diag::{FileId, Span, Spanned},
    model::{
        AccountId, MediaInfo, MediaProblem, PostId,
        fixtures::{
            self, RULE, bare, code, code_block, heading, link, list, media, mention, paragraph, person, quote, raw,
            raw_block, tag, text,
        },
    },
    network::fixtures::flat,
    text::{Style, Styled},
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A library whose files hold what the map says.
struct Library(BTreeMap<&'static str, &'static str>);

impl MediaLibrary for Library {
    fn look(&self, _path: &str) -> Result<MediaInfo, MediaProblem> {
        Err(MediaProblem::NotAFile)
    }

    fn digest(&self, path: &str) -> Option<String> {
        self.0.get(path).map(|content| format!("digest of {content}"))
    }
}

fn library() -> Library {
    Library(BTreeMap::from([("a.jpg", "a cat")]))
}

fn at(start: u32) -> Span {
    Span { file: FileId(start), start, end: start + 1 }
}

/// Makes a draft with something in every field, with all spans at `place`.
fn draft(place: u32) -> Draft {
    let span = at(place);
    let media = Media { source: MediaSource::File("a.jpg".to_owned()), alt: "A cat".to_owned(), span };
    let mut options = Options::default();
    options.set("visibility", Spanned::new(OptionValue::Text("public".to_owned()), span));
    options.set("sensitive", Spanned::new(OptionValue::Flag(true), span));
    options.set("number", Spanned::new(OptionValue::Integer(7), span));
    options.set("labels", Spanned::new(OptionValue::List(vec!["x".to_owned(), "y".to_owned()]), span));
    let mut text = flat("Hi #tag", &[(3..7, "tag", "tag")]);
    text.anchors = vec![(0, place)];
    let content = vec![Inline::Text { text: "Hi ".to_owned(), span }, Inline::Tag { tag: "tag".to_owned(), span }];
    Draft {
        post: PostId::new("post"),
        account: AccountId::new("account"),
        network: fixtures::MASTODON,
        title: Some("Title".to_owned()),
        language: Some("en".to_owned()),
        tags: vec!["one".to_owned(), "two".to_owned()],
        parts: vec![DraftPart {
            text,
            rich: [Block::Paragraph { content, span }].into(),
            media: vec![media],
            beside: 7,
            span,
        }],
        poll: Some(Poll {
            options: vec![Spanned::new("yes".to_owned(), span), Spanned::new("no".to_owned(), span)],
            duration: Spanned::new(Duration::from_secs(60), span),
            multiple: false,
            hide_totals: false,
            span,
        }),
        reply_to: Some(Reference::Post(PostId::new("earlier"))),
        quote: Some(Reference::Url("https://a.example/1".to_owned())),
        boost: None,
        options,
    }
}

fn digest_of(change: impl FnOnce(&mut Draft)) -> String {
    let mut draft = draft(0);
    change(&mut draft);
    digest(&draft, &library())
}

fn same() -> String {
    digest_of(|_| {})
}

#[track_caller]
fn check_changes(change: impl FnOnce(&mut Draft)) {
    assert_ne!(digest_of(change), same());
}

#[track_caller]
fn check_keeps(change: impl FnOnce(&mut Draft)) {
    assert_eq!(digest_of(change), same());
}

#[test]
fn it_is_written_down_for_years() {
    assert_eq!(same(), "4bf41aa2ec04533e225faa7f6a1f263c");
}

#[test]
fn places_and_names_change_nothing() {
    assert_eq!(digest(&draft(99), &library()), same());
    check_keeps(|draft| draft.post = PostId::new("renamed"));
    check_keeps(|draft| draft.account = AccountId::new("other"));
    check_keeps(|draft| {
        let mut reversed = Options::default();
        let options = draft.options.iter().map(|(key, value)| (key, value.clone())).collect::<Vec<_>>();
        options.into_iter().rev().for_each(|(key, value)| reversed.set(key, Spanned::new(value, at(3))));
        assert_ne!(reversed, draft.options);
        draft.options = reversed;
    });
}

#[test]
fn every_field_of_the_draft_changes_it() {
    check_changes(|draft| draft.network = fixtures::BLUESKY);
    check_changes(|draft| draft.title = None);
    check_changes(|draft| draft.title = Some(String::new()));
    check_changes(|draft| draft.language = Some("it".to_owned()));
    check_changes(|draft| draft.tags.reverse());
    check_changes(|draft| draft.tags = vec!["onetwo".to_owned()]);
    check_changes(|draft| draft.parts.push(draft.parts[0].clone()));
    check_changes(|draft| draft.poll = None);
    check_changes(|draft| draft.reply_to = None);
    check_changes(|draft| draft.reply_to = Some(Reference::Url("earlier".to_owned())));
    check_changes(|draft| draft.quote = None);
    check_changes(|draft| std::mem::swap(&mut draft.quote, &mut draft.boost));
    check_changes(|draft| draft.boost = Some(Reference::Post(PostId::new("x"))));
    check_changes(|draft| draft.options = Options::default());
}

#[test]
fn every_field_of_a_part_changes_it() {
    check_changes(|draft| draft.parts[0].text.text.push('!'));
    check_changes(|draft| draft.parts[0].text.ranges.clear());
    check_changes(|draft| draft.parts[0].text.ranges[0].start = 2);
    check_changes(|draft| draft.parts[0].text.ranges[0].end = 6);
    check_changes(|draft| draft.parts[0].text.styles.push(Styled { start: 0, end: 2, style: Style::Strong }));
    for (kind, value) in [("mention", "tag"), ("tag", "other"), ("link", "tag")] {
        check_changes(|draft| draft.parts[0].text = flat("Hi #tag", &[(3..7, kind, value)]));
    }
    check_keeps(|draft| draft.parts[0].text = flat("Hi #tag", &[(3..7, "tag", "tag")]));
    check_changes(|draft| draft.parts[0].rich = [].into());
    check_changes(|draft| draft.parts[0].media.clear());
    check_changes(|draft| draft.parts[0].media[0].alt.push('s'));
    check_changes(|draft| draft.parts[0].media[0].source = MediaSource::Url("a.jpg".to_owned()));
}

#[test]
fn every_field_of_a_poll_changes_it() {
    fn poll(draft: &mut Draft) -> &mut Poll {
        draft.poll.as_mut().unwrap()
    }
    check_changes(|draft| poll(draft).options.reverse());
    check_changes(|draft| poll(draft).duration.value = Duration::from_secs(61));
    check_changes(|draft| poll(draft).multiple = true);
    check_changes(|draft| poll(draft).hide_totals = true);
}

#[test]
fn every_kind_of_option_changes_it() {
    for (key, value) in [
        ("visibility", OptionValue::Text("private".to_owned())),
        ("sensitive", OptionValue::Flag(false)),
        ("number", OptionValue::Integer(-7)),
        ("number", OptionValue::Text("7".to_owned())),
        ("labels", OptionValue::List(vec!["xy".to_owned()])),
        ("new", OptionValue::Flag(true)),
    ] {
        check_changes(|draft| draft.options.set(key, Spanned::new(value, at(0))));
    }
}

#[test]
fn the_content_of_a_file_changes_it() {
    let other = Library(BTreeMap::from([("a.jpg", "a dog")]));
    let none = Library(BTreeMap::new());
    assert_ne!(digest(&draft(0), &other), same());
    assert_ne!(digest(&draft(0), &none), same());
}

fn digest_of_blocks(blocks: Vec<Block>) -> String {
    digest_of(|draft| draft.parts[0].rich = blocks.into())
}

fn line(content: Vec<Inline>) -> String {
    digest_of_blocks(vec![paragraph(content)])
}

#[test]
fn rich_blocks_that_differ_have_different_digests() {
    let p = || paragraph(vec![text("a")]);
    let ana = |handle| person("Ana", &[(fixtures::MASTODON, handle)]);
    let mut all = vec![
        digest_of_blocks(vec![]),
        digest_of_blocks(vec![p()]),
        digest_of_blocks(vec![p(), p()]),
        digest_of_blocks(vec![heading(1, vec![text("a")])]),
        digest_of_blocks(vec![heading(2, vec![text("a")])]),
        digest_of_blocks(vec![code_block("a")]),
        digest_of_blocks(vec![Block::Code { language: Some("b".to_owned()), text: "a".to_owned(), span: at(0) }]),
        digest_of_blocks(vec![quote(vec![p()])]),
        digest_of_blocks(vec![quote(vec![]), p()]),
        digest_of_blocks(vec![list(None, vec![vec![p()]])]),
        digest_of_blocks(vec![list(Some(1), vec![vec![p()]])]),
        digest_of_blocks(vec![list(None, vec![vec![p(), p()]])]),
        digest_of_blocks(vec![list(None, vec![vec![p()], vec![p()]])]),
        digest_of_blocks(vec![Block::Table { head: vec![vec![text("a")]], rows: vec![], span: at(0) }]),
        digest_of_blocks(vec![Block::Table { head: vec![], rows: vec![vec![vec![text("a")]]], span: at(0) }]),
        digest_of_blocks(vec![raw_block("a")]),
        digest_of_blocks(vec![RULE]),
        line(vec![code("a")]),
        line(vec![raw("a")]),
        line(vec![Inline::Emphasis(vec![text("a")])]),
        line(vec![Inline::Strong(vec![text("a")])]),
        line(vec![Inline::Strike(vec![text("a")])]),
        line(vec![Inline::Emphasis(vec![]), text("a")]),
        line(vec![link(vec![text("a")], "b")]),
        line(vec![link(vec![text("a")], "a")]),
        line(vec![bare("a")]),
        line(vec![media("a", "b")]),
        line(vec![media("a", "c")]),
        line(vec![ana("ana")]),
        line(vec![ana("bo")]),
        line(vec![person("Ana", &[])]),
        line(vec![mention("a")]),
        line(vec![tag("a")]),
        line(vec![text("a"), Inline::SoftBreak]),
        line(vec![text("a"), Inline::HardBreak]),
    ];
    let number = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), number);
}

#[test]
fn what_is_not_shown_changes_nothing() {
    assert_eq!(line(vec![text("a"), text("b")]), line(vec![text("ab")]));
    assert_eq!(line(vec![text("")]), line(vec![]));
    assert_eq!(line(vec![person("Ana", &[])]), line(vec![person("Ana", &[(fixtures::BLUESKY, "ana.example")])]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn where_blocks_end_and_what_holds_them_changes_it(one in fixtures::blocks(), other in fixtures::blocks()) {
        let [one, other] = [one, other].map(|blocks| [blocks, vec![RULE]].concat());
        let [one_quoted, other_quoted] = [&one, &other].map(|blocks| vec![quote(blocks.clone())]);
        let both = [one.clone(), other.clone()].concat();
        let variants = BTreeSet::from([
            digest_of_blocks(both.clone()),
            digest_of_blocks(vec![quote(both)]),
            digest_of_blocks([one_quoted.clone(), other_quoted.clone()].concat()),
            digest_of_blocks([one_quoted, other].concat()),
            digest_of_blocks([one, other_quoted].concat()),
        ]);
        prop_assert_eq!(variants.len(), 5);
    }
}
