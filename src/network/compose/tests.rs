use super::*;
use crate::{
    diag::FileId,
    model::{
        AccountId, Body, Copy, NetworkId, OptionValue, Options, Poll, PostId, Reference,
        fixtures::{
            BLUESKY, MASTODON, NOWHERE, RULE, bare, link, media, media_of, mention, paragraph, person, span, tag, text,
            text_at,
        },
    },
    network::{Auth, Limit, Settling, TextRules},
    text::{HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
};
use std::time::Duration;

const fn limit(value: u64) -> Option<Limit> {
    Some(Limit { value, source: "the test" })
}

fn profile(id: NetworkId, form: Form, threads: Threads, text: TextRules) -> Profile {
    Profile {
        id,
        name: "Test",
        checked: "2026-11-22",
        sources: &[],
        text: TextRules { form, ..text },
        threads,
        media: None,
        poll: None,
        reply: true,
        quote: true,
        boost: true,
        edit: false,
        delete: false,
        prices: &[],
        rates: &[],
        settling: Settling::Person,
        auth: Auth::None,
        login: None,
        probe: false,
        projected: false,
        look: crate::network::Look::PLAIN,
        post_options: &[],
        account_options: &[],
        needs: &[],
        setup: &[],
        quirks: "",
    }
}

/// 500 graphemes, a URL counts 23, mentions count without host, a content warning counts.
fn mastodon(threads: Threads) -> Profile {
    let dialect = Dialect {
        network: MASTODON,
        links: LinkStyle::TextThenUrl,
        handles: HandleStyle::UserAtHost,
        bare_domains: false,
        styles: false,
    };
    let measure = Measure { unit: Unit::Graphemes, url: Some(23), mention: MentionWeight::WithoutHost };
    let rules = TextRules {
        form: Form::Rich,
        max: limit(500),
        measure,
        max_bytes: None,
        counted_options: &["content_warning"],
    };
    profile(MASTODON, Form::Plain(dialect), threads, rules)
}

/// 300 graphemes and 3,000 bytes, links as ranges, domain names as handles.
fn bluesky() -> Profile {
    let dialect = Dialect {
        network: BLUESKY,
        links: LinkStyle::Range,
        handles: HandleStyle::Domain,
        bare_domains: false,
        styles: false,
    };
    profile(
        BLUESKY,
        Form::Plain(dialect),
        Threads::Replies,
        TextRules { max: limit(300), max_bytes: limit(3000), ..plain_rules() },
    )
}

fn site() -> Profile {
    profile(NetworkId("site"), Form::Rich, Threads::None, plain_rules())
}

fn plain_rules() -> TextRules {
    let measure = Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full };
    TextRules { form: Form::Rich, max: None, measure, max_bytes: None, counted_options: &[] }
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, NOWHERE)
}

fn names(names: &[&str]) -> Arc<[Spanned<String>]> {
    names.iter().map(|name| spanned((*name).to_owned())).collect()
}

fn target() -> Target {
    Target {
        account: spanned(AccountId::new("brand")),
        network: MASTODON,
        copy: 0,
        when: None,
        title: None,
        language: None,
        tags: names(&[]),
        hashtags: names(&[]),
        options: Options::default(),
    }
}

fn copy(parts: Vec<Vec<Block>>) -> Copy {
    let parts = (0u32..)
        .zip(parts)
        .map(|(at, blocks)| Part { blocks: blocks.into(), span: span(at * 10, at * 10 + 9) })
        .collect();
    Copy { audience: Vec::new(), body: Body { parts } }
}

fn post(parts: Vec<Vec<Block>>) -> Post {
    Post {
        id: spanned(PostId::new("hello")),
        id_written: true,
        file: FileId(0),
        targets: Vec::new(),
        draft: false,
        campaign: None,
        retract: false,
        copies: vec![copy(parts)],
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        auto_thread: false,
        silenced: Vec::new(),
    }
}

fn p(words: &str) -> Block {
    paragraph(vec![text(words)])
}

fn texts(draft: &Draft) -> Vec<&str> {
    draft.parts.iter().map(|part| part.text.text.as_str()).collect()
}

fn compose_with(profile: &Profile, post: &Post, target: &Target) -> Draft {
    compose(profile, post, target, &profile.limits()).with_lines()
}

/// What each part weighs, in the network's unit and in bytes.
fn weights(profile: &Profile, draft: &Draft) -> Vec<(u64, u64)> {
    draft.parts.iter().map(|part| (part.weight(&profile.text.measure), part.bytes())).collect()
}

#[track_caller]
fn check(profile: &Profile, parts: Vec<Vec<Block>>, expect: &[&str]) {
    assert_eq!(texts(&compose_with(profile, &post(parts), &target())), expect);
}

#[test]
fn the_dialect_of_the_network_is_spoken() {
    let blocks = || {
        vec![paragraph(vec![
            person("Ana", &[(MASTODON, "ana@a.example"), (BLUESKY, "ana.example")]),
            text(" has "),
            link(vec![text("news")], "https://example.org"),
        ])]
    };
    check(&mastodon(Threads::Replies), vec![blocks()], &["@ana@a.example has news (https://example.org)"]);
    check(&bluesky(), vec![blocks()], &["@ana.example has news"]);
    check(&site(), vec![blocks()], &["Ana has news (https://example.org)"]);
}

#[test]
fn weights_and_bytes_are_the_networks() {
    let blocks = vec![paragraph(vec![
        text("é "),
        bare("https://example.org/long/path/here/it/is"),
        text(" "),
        mention("ana@a.example"),
    ])];
    let draft = compose_with(&mastodon(Threads::Replies), &post(vec![blocks.clone()]), &target());
    assert_eq!(weights(&mastodon(Threads::Replies), &draft)[0], (2 + 23 + 1 + 4, 3 + 40 + 1 + 14));
    let draft = compose_with(&bluesky(), &post(vec![blocks]), &target());
    assert_eq!(weights(&bluesky(), &draft)[0], (57, 58));
}

#[test]
fn the_limits_of_the_server_win_over_those_of_the_profile() {
    let profile = mastodon(Threads::Replies);
    let mut limits = profile.limits();
    limits.measure.url = Some(5);
    let post = post(vec![vec![paragraph(vec![bare("https://example.org")])]]);
    assert_eq!(compose(&profile, &post, &target(), &limits).parts[0].weight(&limits.measure), 5);
}

#[test]
fn each_part_of_the_copy_is_one_of_the_thread() {
    check(&mastodon(Threads::Replies), vec![vec![p("one")], vec![p("two")]], &["one", "two"]);
}

#[test]
fn without_threads_a_rule_stands_between() {
    check(&mastodon(Threads::None), vec![vec![p("one")], vec![p("two")]], &["one\n\n---\n\ntwo"]);
}

#[test]
fn empty_parts_at_the_ends_are_dropped() {
    let empty = || vec![paragraph(vec![])];
    check(&bluesky(), vec![vec![], empty(), vec![p("a")], empty(), vec![p("b")], vec![]], &["a", "", "b"]);
    check(&bluesky(), vec![vec![], vec![]], &[""]);
    check(&bluesky(), vec![vec![paragraph(vec![media("a.jpg", "")])], vec![p("b")]], &["", "b"]);
}

#[test]
fn media_go_with_their_part() {
    let parts = vec![
        vec![p("one"), paragraph(vec![media("a.jpg", "A")])],
        vec![paragraph(vec![media("b.jpg", "B")]), p("two")],
    ];
    let draft = compose_with(&bluesky(), &post(parts.clone()), &target());
    assert_eq!(draft.parts[0].media, [media_of("a.jpg", "A")]);
    assert_eq!(draft.parts[1].media, [media_of("b.jpg", "B")]);
    assert_eq!((draft.parts[0].span, draft.parts[1].span), (span(0, 9), span(10, 19)));
    for profile in [mastodon(Threads::None), site()] {
        let draft = compose_with(&profile, &post(parts.clone()), &target());
        assert_eq!(draft.parts[0].media, [media_of("a.jpg", "A"), media_of("b.jpg", "B")]);
        assert_eq!(draft.parts[0].span, span(0, 19));
    }
}

#[test]
fn rich_text_keeps_its_blocks_with_rules_between_parts() {
    let draft = compose_with(&site(), &post(vec![vec![p("one")], vec![], vec![p("two")]]), &target());
    let rule = Block::Rule { span: span(20, 20) };
    assert_eq!(*draft.parts[0].rich, [p("one"), rule, p("two")]);
    assert_eq!(texts(&draft), ["one\n\ntwo"]);
    assert_eq!(weights(&site(), &draft), [(8, 8)]);
    let draft = compose_with(&site(), &post(vec![vec![p("a"), RULE, p("b")]]), &target());
    assert_eq!(texts(&draft), ["a\n\nb"]);
}

#[test]
fn missing_hashtags_go_to_the_end_of_the_first_part() {
    let target = Target { hashtags: names(&["News", "Cats", "news", "dogs"]), ..target() };
    let parts = vec![vec![p("one")], vec![paragraph(vec![Inline::Strong(vec![tag("CATS")])])]];
    let draft = compose_with(&bluesky(), &post(parts.clone()), &target);
    assert_eq!(texts(&draft), ["one\n\n#News #dogs", "#CATS"]);
    let covered = |part: &DraftPart| {
        part.text.ranges.iter().map(|range| part.text.text[range.start..range.end].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(covered(&draft.parts[0]), ["#News", "#dogs"]);
    assert_eq!(weights(&bluesky(), &draft)[0].0, 16);
    assert_eq!(draft.parts[0].text.source_of(3), Some(9));
    let draft = compose_with(&site(), &post(parts), &target);
    assert_eq!(texts(&draft), ["one\n\n#CATS\n\n#News #dogs"]);
    let draft = compose_with(&bluesky(), &post(vec![vec![]]), &target);
    assert_eq!(texts(&draft), ["#News #Cats #dogs"]);
}

#[test]
fn labels_are_no_part_of_the_text() {
    let target = Target { tags: names(&["product"]), ..target() };
    let draft = compose_with(&bluesky(), &post(vec![vec![p("one")]]), &target);
    assert_eq!((texts(&draft), draft.tags.as_slice()), (vec!["one"], &["product".to_owned()][..]));
}

fn with_warning(words: &str) -> Target {
    let mut target = target();
    target.options.set("content_warning", spanned(OptionValue::Text(words.to_owned())));
    target
}

#[test]
fn options_that_count_weigh_on_the_first_part() {
    let draft =
        compose_with(&mastodon(Threads::Replies), &post(vec![vec![p("one")], vec![p("two")]]), &with_warning("spoilé"));
    assert_eq!(weights(&mastodon(Threads::Replies), &draft), [(9, 3), (3, 3)]);
}

#[test]
fn copy_over_the_limit_is_split_only_where_asked() {
    let sentence = "This sentence has exactly fifty characters in it. ";
    let mut long = post(vec![vec![p(&sentence.repeat(12)), paragraph(vec![media("a.jpg", "A")])], vec![p("End.")]]);
    assert_eq!(compose_with(&bluesky(), &long, &target()).parts.len(), 2);
    long.auto_thread = true;
    let draft = compose_with(&bluesky(), &long, &target());
    assert_eq!(draft.parts.len(), 4);
    let weights: Vec<u64> = weights(&bluesky(), &draft).into_iter().map(|(weight, _)| weight).collect();
    assert_eq!(weights, [255, 255, 105, 4]);
    assert_eq!(draft.parts.iter().map(|part| part.media.len()).collect::<Vec<_>>(), [1, 0, 0, 0]);
    assert!(draft.parts[2].text.text.ends_with(" (3/3)") && draft.parts[3].text.text == "End.");
    assert_eq!(compose_with(&mastodon(Threads::None), &long, &target()).parts.len(), 1);
}

#[test]
fn a_split_first_part_leaves_room_for_its_options() {
    let mut long = post(vec![vec![p(&"word ".repeat(101))]]);
    long.auto_thread = true;
    let draft = compose_with(&mastodon(Threads::Replies), &long, &with_warning(&"w".repeat(100)));
    let weight = weights(&mastodon(Threads::Replies), &draft)[0].0;
    assert!(draft.parts.len() == 2 && weight <= 500 && weight > 480);
}

#[test]
fn markup_counts_and_pieces_leave_room_for_it() {
    let write = |part: &DraftPart| part.text.text.replace('_', "\\_");
    let profile = bluesky();
    let mut long = post(vec![vec![p(&"snake_case_words ".repeat(40))]]);
    let draft = compose_written(&profile, &long, &target(), &profile.limits(), write);
    assert_eq!((draft.parts.len(), draft.parts[0].beside), (1, 80));
    long.auto_thread = true;
    let draft = compose_written(&profile, &long, &target(), &profile.limits(), write);
    assert!(draft.parts.len() > 2);
    for part in &draft.parts {
        let written = u64::try_from(write(part).chars().count()).expect("small");
        assert_eq!(part.weight(&profile.text.measure), written);
        assert!(written <= 300, "{written}");
    }
}

#[test]
fn what_is_written_for_media_counts_with_the_piece_that_has_them() {
    let write = |part: &DraftPart| format!("{}{}", part.text.text, " [media]".repeat(part.media.len()));
    let profile = bluesky();
    let mut long = post(vec![vec![p(&"word ".repeat(80)), paragraph(vec![media("a.png", "A")])]]);
    long.auto_thread = true;
    let draft = compose_written(&profile, &long, &target(), &profile.limits(), write);
    assert_eq!(draft.parts.iter().map(|part| (part.media.len(), part.beside)).collect::<Vec<_>>(), [(1, 8), (0, 0)]);
    assert!(draft.parts[0].weight(&profile.text.measure) <= 300);
}

#[test]
fn a_boost_has_one_empty_part() {
    let mut boost = post(vec![vec![p("ignored")], vec![p("too")]]);
    boost.boost = Some(spanned(Reference::Url("https://a.example/1".to_owned())));
    for profile in [bluesky(), site()] {
        let target = Target { hashtags: names(&["x"]), ..target() };
        let draft = compose_with(&profile, &boost, &target);
        assert_eq!(texts(&draft), [""]);
        assert!(draft.parts[0].rich.is_empty() && weights(&profile, &draft) == [(0, 0)] && draft.boost.is_some());
    }
}

#[test]
fn the_target_picks_its_copy_and_the_rest_is_carried_over() {
    let mut post = post(vec![vec![p("default")]]);
    post.copies.push(copy(vec![vec![paragraph(vec![text_at("other", 40)])]]));
    post.poll = Some(Poll {
        options: vec![spanned("yes".to_owned()), spanned("no".to_owned())],
        duration: spanned(Duration::from_secs(3600)),
        multiple: false,
        hide_totals: false,
        span: NOWHERE,
    });
    post.reply_to = Some(spanned(Reference::Post(PostId::new("earlier"))));
    post.quote = Some(spanned(Reference::Url("https://a.example/1".to_owned())));
    let mut target =
        Target { copy: 1, title: Some(spanned("Title".to_owned())), language: Some("it".to_owned()), ..target() };
    target.options.set("visibility", spanned(OptionValue::Text("public".to_owned())));
    let draft = compose_with(&bluesky(), &post, &target);
    assert_eq!(texts(&draft), ["other"]);
    assert_eq!(draft.parts[0].text.source_of(1), Some(41));
    assert_eq!((draft.post.as_str(), draft.account.as_str(), draft.network), ("hello", "brand", BLUESKY));
    assert_eq!((draft.title.as_deref(), draft.language.as_deref()), (Some("Title"), Some("it")));
    assert_eq!(draft.poll, post.poll);
    assert_eq!(draft.reply_to, Some(Reference::Post(PostId::new("earlier"))));
    assert_eq!(draft.quote, Some(Reference::Url("https://a.example/1".to_owned())));
    assert_eq!(draft.options, target.options);
}
