use super::*;
use crate::{
    config::{RESERVED, fixture},
    diag::{Diagnostic, FileId},
    model::Post,
};
use std::fmt::Write as _;

mod copies;
mod corpus;
mod front_matter;
mod inlines;
mod properties;

pub(in crate::content) use front_matter::without_places;

/// Parses a post of the fixture's workspace and checks that every place lies on characters of the file.
fn read(text: &str) -> (Option<Post>, Vec<Diagnostic>) {
    read_with(text, &Defaults::default())
}

fn read_with(text: &str, defaults: &Defaults) -> (Option<Post>, Vec<Diagnostic>) {
    let config = fixture::config();
    let (post, mut findings) = parse(FileId(3), "content/2026/a.md", text, &config, defaults);
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    for finding in &findings {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in finding.others.iter().map(|label| label.span).chain([finding.primary.span]).chain(edits) {
            assert_eq!(span.file, FileId(3));
            assert!(text.get(span.range()).is_some(), "{finding:?} in {text:?}");
        }
    }
    (post, findings)
}

/// Shows findings as `code: message [place] (help)`.
fn told(text: &str) -> String {
    shown(text, &read(text).1)
}

fn shown(text: &str, findings: &[Diagnostic]) -> String {
    let mut told = String::new();
    for finding in findings {
        let place = text.get(finding.primary.span.range()).unwrap_or_default();
        let _ =
            write!(told, "{}: {} [{}]", finding.code.name, finding.message, place.lines().next().unwrap_or_default());
        let _ = writeln!(told, " ({})", finding.help.as_deref().unwrap_or_default());
    }
    told.trim_end().to_owned()
}

fn good(text: &str) -> Post {
    let (post, findings) = read(text);
    assert_eq!(findings, [], "{text}");
    post.expect("a post")
}

/// A post to all of `[groups] everywhere` with this copy.
fn post_with(copy: &str) -> String {
    format!("+++\nid = \"a\"\nto = [\"everywhere\"]\n+++\n{copy}")
}

#[test]
fn no_account_can_have_the_name_of_a_key() {
    let names = keys::POST.iter().map(|key| key.name).chain(keys::OVERRIDES.iter().map(|key| key.name));
    for name in names {
        assert!(RESERVED.contains(&name), "{name}");
    }
}

#[test]
fn the_schema_knows_every_key_and_option() {
    let schema = schema(&fixture::networks());
    let properties = schema["properties"].as_object().expect("an object");
    for name in RESERVED.iter().filter(|name| **name != "retract") {
        assert!(properties.contains_key(*name), "{name}");
        assert!(properties[*name]["description"].is_string(), "{name}");
    }
    assert_eq!(properties["mastodon"]["properties"]["visibility"]["enum"][0], "public");
    assert_eq!(properties["mastodon"]["properties"]["tags"], properties["tags"]);
    assert_eq!(properties["poll"]["required"][1], "duration");
}

#[test]
fn codes_have_a_whole_story() {
    let all: Vec<_> = CODES.iter().chain(crate::config::CODES).collect();
    for code in &all {
        assert!(code.explain.len() > 100 && code.explain.contains('.'), "{}", code.name);
        assert!(code.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", code.name);
        assert_eq!(all.iter().filter(|other| other.name == code.name).count(), 1, "{}", code.name);
    }
}

#[test]
fn a_file_that_is_too_large_is_told() {
    let (post, findings) = read(&post_with(&"x".repeat(300_000)));
    assert!(post.is_none());
    assert_eq!(findings[0].code.name, "file-too-large");
    let front = format!("+++\ntitle = \"{}\"\n+++\n", "x".repeat(70_000));
    assert_eq!(read(&front).1[0].code.name, "file-too-large");
}

#[test]
fn control_characters_are_told_once_and_can_be_deleted() {
    let (_, findings) = read(&post_with("a\0b\u{1b}c\u{85}d\té « \r\n"));
    assert_eq!(findings.len(), 1);
    assert_eq!(&*findings[0].message, "3 control characters, the first U+0000");
    assert_eq!(findings[0].others.len(), 2);
    assert_eq!(findings[0].fix.as_ref().map(|fix| fix.edits.len()), Some(3));
}
