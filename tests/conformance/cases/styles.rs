//! Styles arrive, and what looks like markup stays what it is.

use super::{Case, is_sent};
use crate::{
    fixtures::{self, Say, has_styles},
    stage::Stage,
};
use masthead::{
    network::Profile,
    text::{Style, Styled},
};

/// What is markup to one network or another.
const ACCIDENTS: &str =
    r"*not* _set_ ~~in~~ `any` __style__ [at](all) <b>all</b> &amp; || # > - 1. \* {x} <@1> <!here> :tada:";

pub(crate) const CASES: &[Case] = &[
    Case { name: "styles", holds: has_any, run: |stage| each(stage), inverse: None, golden: true },
    Case { name: "styles_within_others", holds: has_any, run: |stage| nested(stage), inverse: None, golden: false },
    Case { name: "no_style_by_accident", holds: is_plain, run: |stage| accidents(stage), inverse: None, golden: false },
];

fn has_any(profile: &Profile) -> bool {
    is_sent(profile) && has_styles(profile)
}

/// Whether it takes words, and not HTML.
fn is_plain(profile: &Profile) -> bool {
    is_sent(profile) && matches!(profile.text.form, masthead::network::Form::Plain(_))
}

fn each(stage: &Stage) {
    let styles = [
        Style::Strong,
        Style::Emphasis,
        Style::Strike,
        Style::Code,
        Style::Quote,
        Style::CodeBlock { language: Some("rust".to_owned()) },
    ];
    for style in styles {
        let (before, after) = match style {
            Style::Quote | Style::CodeBlock { .. } => ("Café 👩‍👧\n\n", "\n\nthe end"),
            _ => ("Café 👩‍👧 ", ", the end"),
        };
        let name = style.as_str();
        let draft = Say::new(stage.profile).text(before).styled("a < b & c", style).text(after).draft();
        stage.publish(&draft).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let live = stage.live().pop().expect("a post");
        assert_eq!(live.styles, [("a < b & c".to_owned(), name)], "{live:#?}");
        assert!(live.text.contains("a < b & c"), "{live:#?}");
    }
}

fn nested(stage: &Stage) {
    let mut part = Say::new(stage.profile)
        .text("So ")
        .styled("very strong words", Style::Strong)
        .text(", and ")
        .link("a link", "https://acme.example/hoodie")
        .text(".")
        .part();
    let start = part.text.text.find("strong").expect("there");
    part.text.styles.push(Styled { start, end: start + "strong".len(), style: Style::Emphasis });
    stage.publish(&fixtures::draft(stage.profile, vec![part])).expect("published");
    let live = stage.only();
    let expect = [("very strong words".to_owned(), "strong"), ("strong".to_owned(), "emphasis")];
    assert_eq!(live.styles, expect, "{live:#?}");
    assert_eq!(live.text, "So very strong words, and a link.");
    assert_eq!(live.links, [("a link".to_owned(), "https://acme.example/hoodie".to_owned())]);
}

fn accidents(stage: &Stage) {
    stage.publish(&Say::new(stage.profile).text(ACCIDENTS).draft()).expect("published");
    let live = stage.only();
    assert_eq!(live.styles, [], "{live:#?}");
    assert!(live.mentions.is_empty(), "{live:#?}");
    assert_eq!(live.text, ACCIDENTS);
}
