use super::*;
use crate::model::{Reference, Target};
use std::time::Duration;

#[track_caller]
fn check(front: &str, expect: &str) {
    let text = format!("+++\nto = \"brand\"\n{front}\n+++\n");
    assert_eq!(told(&text), expect, "{front}");
}

fn target<'p>(post: &'p Post, account: &str) -> &'p Target {
    post.targets.iter().find(|target| target.account.value.as_str() == account).expect("a target")
}

#[test]
fn everything_is_read() {
    let post = good(
        r##"+++
id = "hoodie-launch"
to = ["everywhere", "brand"]
date = 2026-12-01T09:00:00
draft = true
campaign = "hoodie"
tags = ["product", "#news"]
hashtags = ["#TheSims"]
title = "A hoodie"
language = "en-GB"
thread = "auto"
reply_to = "earlier"
quote = "https://a.example/1"

[poll]
options = ["Yes", "No"]
duration = "2d"
multiple = true

[allow]
alt-text = "it is a drawing of text"

[mastodon]
visibility = "unlisted"
tags = ["fediverse"]

[sky]
date = 2026-12-01T10:00:00Z
labels = ["nudity"]
+++
"##,
    );
    assert_eq!(
        (post.id.value.as_str(), post.id_written, post.draft, post.auto_thread),
        ("hoodie-launch", true, true, true)
    );
    assert_eq!(post.campaign.as_ref().map(|campaign| campaign.value.as_str()), Some("hoodie"));
    assert!(
        matches!(&post.reply_to.as_ref().expect("a reference").value, Reference::Post(id) if id.as_str() == "earlier")
    );
    assert!(
        matches!(&post.quote.as_ref().expect("a reference").value, Reference::Url(url) if url == "https://a.example/1")
    );
    let poll = post.poll.as_ref().expect("a poll");
    assert_eq!((poll.options.len(), poll.duration.value, poll.multiple), (2, Duration::from_secs(172_800), true));
    assert_eq!(post.silenced[0].code.value, "alt-text");
    let accounts: Vec<&str> = post.targets.iter().map(|target| target.account.value.as_str()).collect();
    assert_eq!(accounts, ["brand", "sky", "home"]);
    let brand = target(&post, "brand");
    assert_eq!(brand.when.map(|when| when.value.at.to_string()).as_deref(), Some("2026-12-01T08:00:00Z"));
    assert_eq!(brand.options.text("visibility"), Some("unlisted"));
    assert_eq!(brand.tags.iter().map(|tag| tag.value.as_str()).collect::<Vec<_>>(), ["fediverse"]);
    assert_eq!(brand.hashtags[0].value, "TheSims");
    assert_eq!(brand.language.as_deref(), Some("en-GB"));
    let sky = target(&post, "sky");
    assert_eq!(sky.when.map(|when| when.value.at.to_string()).as_deref(), Some("2026-12-01T10:00:00Z"));
    assert_eq!(sky.options.list("labels"), ["nudity"]);
    assert_eq!(sky.tags.iter().map(|tag| tag.value.as_str()).collect::<Vec<_>>(), ["product", "news"]);
    assert_eq!(sky.title.as_ref().map(|title| title.value.as_str()), Some("A hoodie"));
}

#[test]
fn the_more_specific_table_wins() {
    let post = good(
        "+++\nto = [\"brand\", \"team\"]\ntitle = \"post\"\n[mastodon]\ntitle = \"network\"\nsensitive = true\nvisibility = \"public\"\n[team]\ntitle = \"account\"\nvisibility = \"private\"\n+++\n",
    );
    let (brand, team) = (target(&post, "brand"), target(&post, "team"));
    assert_eq!(brand.title.as_ref().map(|title| title.value.as_str()), Some("network"));
    assert_eq!(team.title.as_ref().map(|title| title.value.as_str()), Some("account"));
    assert_eq!((team.options.text("visibility"), team.options.flag("sensitive")), (Some("private"), Some(true)));
    assert_eq!((brand.language.as_deref(), team.language.as_deref()), (Some("en"), Some("de-CH")));
}

#[test]
fn an_account_named_after_a_network_is_the_account() {
    let post = good("+++\nto = [\"linkedin\"]\n[linkedin]\ncanonical = \"https://a.example/b\"\n+++\n");
    assert_eq!(target(&post, "linkedin").options.text("canonical"), Some("https://a.example/b"));
}

#[test]
fn without_an_id_the_path_is_it() {
    let post = good("+++\nto = \"brand\"\n+++\n");
    assert_eq!((post.id.value.as_str(), post.id_written), ("2026/a", false));
}

#[test]
fn unknown_keys_are_told_with_what_may_be_meant() {
    check(
        "accounts = [\"brand\"]",
        "unknown-key: unknown key `accounts` in the front matter [accounts] (did you mean `to`?)",
    );
    check(
        "scheduled = 1",
        "unknown-key: unknown key `scheduled` in the front matter [scheduled] (did you mean `date`?)",
    );
    check("dat = 1", "unknown-key: unknown key `dat` in the front matter [dat] (did you mean `date`?)");
    check(
        "hastags = []",
        "unknown-key: unknown key `hastags` in the front matter [hastags] (did you mean `hashtags`?)",
    );
    check("[mastodn]", "unknown-key: unknown key `mastodn` in the front matter [mastodn] (did you mean `mastodon`?)");
    check("[brnad]", "unknown-key: unknown key `brnad` in the front matter [brnad] (did you mean `brand`?)");
    check(
        "[mastodon]\nvisiblity = 1",
        "unknown-key: unknown key `visiblity` in `[mastodon]` [visiblity] (did you mean `visibility`?)",
    );
    check("[poll]\noption = 1", "unknown-key: unknown key `option` in `[poll]` [option] (did you mean `options`?)");
}

#[test]
fn a_key_of_the_post_in_a_table_is_told_where_it_belongs() {
    check(
        "[mastodon]\ndraft = true",
        "unknown-key: unknown key `draft` in `[mastodon]` [draft] (it holds for the whole post: write it above the tables)",
    );
}

#[test]
fn a_group_has_no_table() {
    check(
        "[social]",
        "unknown-key: a group has no table, and `social` is one [social] (write a table for each of its accounts: `[brand]`, `[sky]`)",
    );
}

#[test]
fn types_and_words_are_checked() {
    check("draft = \"yes\"", "wrong-type: `draft` holds a text [\"yes\"] (write true or false, without quotes)");
    check("tags = 5", "wrong-type: `tags` holds a number [5] (write a list of texts, as in [\"one\", \"two\"])");
    check("thread = \"atuo\"", "bad-value: `thread` can't be `atuo` [\"atuo\"] (did you mean `auto`?)");
    check("title = \" \"", "bad-value: `title` is empty [\" \"] (write a text, or delete the line)");
    check("title = \"a\\nb\"", "bad-value: `title` has more than one line [\"a\\nb\"] (write it on one line)");
    check("language = \"en_GB\"", "bad-value: `en_GB` isn't a language tag [\"en_GB\"] (did you mean `en-GB`?)");
    check("brand = 1", "wrong-type: `brand` holds a number [1] (write a table)");
    check(
        "hashtags = [\"C++\"]",
        "bad-value: `C++` can't be a hashtag [\"C++\"] (write letters, digits and `_`, and not only digits)",
    );
    check(
        "reply_to = \"a b\"",
        "bad-value: `a b` is neither an id nor a web address [\"a b\"] (write the id of a post here, or the whole address of another, beginning with https://)",
    );
    check(
        "[allow]\nx = \"\"",
        "bad-value: `x` is silenced without a reason [\"\"] (say why it is meant, for whoever reads this next)",
    );
    check(
        "[mastodon]\nvisibility = \"pubic\"",
        "bad-value: `visibility` can't be `pubic` [\"pubic\"] (did you mean `public`?)",
    );
}

#[test]
fn dates_are_checked() {
    check(
        "date = 2026-12-01",
        "date-without-time: `date` has no time [2026-12-01] (add the time, as in `2026-12-01T09:00:00`; midnight is `T00:00:00`)",
    );
    check(
        "date = 2026-10-25T02:30:00",
        "date-twice: this time happens twice in Europe/Rome [2026-10-25T02:30:00] (write `2026-10-25T02:30:00+02:00` for the earlier reading or `2026-10-25T02:30:00+01:00` for the later)",
    );
    check(
        "date = 2026-03-29T02:30:00",
        "date-never: this time doesn't happen in Europe/Rome [2026-03-29T02:30:00] (write `2026-03-29T01:30:00+01:00` for the earlier reading or `2026-03-29T03:30:00+02:00` for the later)",
    );
    check("date = 5", "wrong-type: `date` holds a number [5] (write a date and time, such as 2026-12-01T09:00:00)");
    assert_eq!(
        told("---\nto: brand\ndate:\n---\n"),
        "wrong-type: `date` is empty [] (write a date and time, such as 2026-12-01T09:00:00)"
    );
}

#[test]
fn polls_are_whole() {
    check(
        "poll = {}",
        "missing-key: the poll has no `duration` [poll] (add how long it is open, as in `duration = \"24h\"`)\nmissing-key: the poll has no `options` [poll] (add the answers, as in `options = [\"Yes\", \"No\"]`)",
    );
    check(
        "poll = { options = [\"a\"], duration = \"1d\" }",
        "bad-value: the poll has fewer than two answers [poll] (add another to `options`)",
    );
    check(
        "poll = { options = [\"a\", \"a\"], duration = \"1d\" }",
        "bad-value: the answer `a` stands twice [\"a\"] (delete one of them)",
    );
    check(
        "poll = { options = [\"a\", \"b\"], duration = 5 }",
        "wrong-type: `duration` holds a number [5] (write a number with its unit in quotes, such as \"24h\")",
    );
}

#[test]
fn to_names_accounts_and_groups() {
    let of = |to: &str| told(&format!("+++\nto = {to}\n+++\n"));
    assert_eq!(
        of("[\"barnd\"]"),
        "unknown-account: unknown account or group `barnd` [\"barnd\"] (did you mean `brand`?)"
    );
    assert_eq!(
        of("[\"mastodon\"]"),
        "unknown-account: unknown account or group `mastodon` [\"mastodon\"] (`mastodon` is a network: name an account on it, `brand` or `team`)"
    );
    assert_eq!(of("[]"), "missing-to: `to` is empty [[]] (name at least one account or group)");
    assert_eq!(of("[\"@sky\"]"), "unknown-account: unknown account or group `@sky` [\"@sky\"] (did you mean `sky`?)");
    assert_eq!(
        told("text"),
        "missing-to: the post doesn't say where it goes [] (begin the file with front matter: a line of `+++`, `to = [\"…\"]`, and a line of `+++`)"
    );
    assert_eq!(
        told("+++\n+++\n"),
        "missing-to: the post doesn't say where it goes [] (add `to` with the names of accounts or groups)"
    );
}

#[test]
fn ids_are_checked_once() {
    assert_eq!(
        told("+++\nid = \"mein post\"\nto = \"brand\"\n+++\n"),
        "bad-id: `mein post` can't be an id [\"mein post\"] (write an id of plain letters, digits, `-`, `_`, `.` and `/`, such as `id = \"mein-post\"`)"
    );
}

#[test]
fn a_table_for_nobody_is_a_warning() {
    check("[sky]", "unused-table: the post doesn't go to `sky` [sky] (add it to `to`, or delete the table)");
    check(
        "[bluesky]",
        "unused-table: the post doesn't go to `bluesky` [bluesky] (add it to `to`, or delete the table)",
    );
}

#[test]
fn a_syntax_error_hides_nothing_else() {
    let (post, findings) = read("+++\nid = \"a\"\nto = [\"brand\"\ndraft = yes\n+++\n# @nobodyy\n");
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.name).collect();
    assert!(codes.contains(&"syntax") && codes.contains(&"unknown-audience"), "{codes:?}");
    assert!(!codes.contains(&"missing-to"), "{codes:?}");
    assert_eq!(post.expect("a post").id.value.as_str(), "a");
    assert_eq!(
        told("+++\nto = \"brand\"\n"),
        "front-matter-fence: the front matter is never closed [+++] (write a line of `+++` where it ends)"
    );
}

#[test]
fn what_follows_from_a_syntax_error_on_its_line_is_not_told() {
    let (_, findings) = read("+++\nto = [\"sky\", b\", \"c\", \"d\"]\ntags = [1]\n+++\nCopy.\n");
    let told: Vec<(&str, u32)> = findings.iter().map(|f| (f.code.name, f.primary.span.start)).collect();
    assert_eq!(told, [("syntax", 17), ("wrong-type", 39)], "{findings:?}");
}

#[test]
fn yaml_says_the_same_as_toml() {
    let toml = good(
        "+++\nid = \"a\"\nto = [\"brand\", \"sky\"]\ndate = 2026-12-01T09:00:00\ntags = [\"x\"]\n[poll]\noptions = [\"a\", \"b\"]\nduration = \"1d\"\n[mastodon]\nvisibility = \"public\"\nsensitive = true\n+++\nCopy.\n",
    );
    let yaml = good(
        "---\nid: a\nto: [brand, sky]\ndate: 2026-12-01T09:00:00\ntags:\n  - x\npoll:\n  options: [a, b]\n  duration: 1d\nmastodon:\n  visibility: public\n  sensitive: true\n---\nCopy.\n",
    );
    assert_eq!(without_places(&toml), without_places(&yaml));
}

/// Shows a post with every place taken out, so that posts from different texts can be compared.
pub(in crate::content) fn without_places(post: &Post) -> String {
    let shown = format!("{post:?}");
    let mut parts = shown.split("Span { file: FileId(");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    all
}

fn defaults(text: &str) -> Defaults {
    let (defaults, findings) = parse_defaults(FileId(3), text, &fixture::config());
    assert_eq!(findings, []);
    defaults.expect("defaults")
}

#[test]
fn defaults_fill_in_what_the_post_does_not_say() {
    let outer = defaults(
        "to = [\"social\"]\ntags = [\"outer\"]\ncampaign = \"c\"\ndraft = true\n[mastodon]\nvisibility = \"private\"\nsensitive = true\n",
    );
    let inner = defaults("tags = [\"inner\"]\n[mastodon]\nvisibility = \"unlisted\"\n");
    let (post, findings) =
        read_with("+++\ndraft = false\n[mastodon]\ncontent_warning = \"w\"\n+++\n", &outer.below(&inner));
    assert_eq!(findings, []);
    let post = post.expect("a post");
    let brand = target(&post, "brand");
    assert_eq!((post.targets.len(), post.draft, brand.tags[0].value.as_str()), (2, false, "inner"));
    let options = &brand.options;
    assert_eq!(
        (options.text("visibility"), options.flag("sensitive"), options.text("content_warning")),
        (Some("unlisted"), Some(true), Some("w"))
    );
    assert_eq!(post.campaign.map(|campaign| campaign.value).as_deref(), Some("c"));
}

#[test]
fn a_table_that_only_defaults_have_is_never_called_unused() {
    let (_, findings) = read_with("+++\nto = \"home\"\n+++\n", &defaults("[mastodon]\nvisibility = \"private\"\n"));
    assert_eq!(findings, []);
}

#[test]
fn what_belongs_to_one_post_is_no_default() {
    let text = "id = \"a\"\ndate = 2026-12-01T09:00:00\nreply_to = \"b\"\n[allow]\nx = \"y\"\n[brand]\ndate = 2026-12-01T09:00:00\n";
    let (_, findings) = parse_defaults(FileId(3), text, &fixture::config());
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.name).collect();
    assert_eq!(codes, ["not-a-default"; 5]);
    let (_, findings) = parse_defaults(FileId(3), "tag = 1", &fixture::config());
    assert_eq!(
        shown("tag = 1", &findings),
        "unknown-key: unknown key `tag` in `_defaults.toml` [tag] (did you mean `tags`?)"
    );
}

#[test]
fn mistakes_in_defaults_are_not_told_again_for_each_post() {
    let (defaults, findings) = parse_defaults(FileId(3), "to = [\"nobodyy\"]\n", &fixture::config());
    assert_eq!(findings.len(), 1);
    let (_, findings) = read_with("+++\n+++\n# @sky\n", &defaults.expect("defaults"));
    assert_eq!(findings, []);
}

#[test]
fn posts_of_others_are_named_by_the_address_that_people_copy() {
    for address in ["https://a.example/1", "at://did:plc:abc/app.bsky.feed.post/3k", "nostr:nevent1qqs2jpdedrne3pc"] {
        let post = good(&format!("+++\nto = [\"brand\"]\nquote = \"{address}\"\n+++\n\nHello.\n"));
        let quote = &post.quote.as_ref().expect("a reference").value;
        assert!(matches!(quote, Reference::Url(url) if url == address), "{quote:?}");
    }
    for address in ["nostr:", "at://a b", "javascript:1"] {
        check(
            &format!("quote = \"{address}\""),
            &format!(
                "bad-value: `{address}` is neither an id nor a web address [\"{address}\"] (write the id of a post here, or the \
                 whole address of another, beginning with https://)"
            ),
        );
    }
}
