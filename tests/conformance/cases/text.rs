//! Text arrives as it was written, up to the limit and not beyond.

use super::{Case, is_sent};
use crate::fixtures;
use masthead::{
    network::{ErrorKind, Profile},
    text::Unit,
};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "text",
        holds: is_sent,
        run: |stage| {
            let text = "Dress your Sims.\n\nThe new hoodie is here: café, 東京, 👩‍👩‍👧‍👦!";
            stage.publish(&fixtures::text(stage.profile, text)).expect("plain text is published");
            assert_eq!(stage.only().text, text);
        },
        inverse: Some(|stage| {
            stage.publish(&fixtures::text(stage.profile, "Dress your Sims.")).expect("the receipt publishes it");
        }),
        golden: true,
    },
    Case {
        name: "text_at_the_limit",
        holds: has_limit,
        run: |stage| {
            let limit = limit(stage.profile);
            let draft = fixtures::text(stage.profile, &filler(stage.profile).repeat(limit));
            assert_eq!(draft.parts[0].weight(&stage.limits.measure), limit as u64);
            stage.publish(&draft).expect("a text at the limit is published");
            assert_eq!(fixtures::count(&stage.only().text, stage.profile.text.measure.unit), limit as u64);
        },
        inverse: None,
        golden: false,
    },
    Case {
        name: "text_one_over_the_limit",
        holds: has_limit,
        run: |stage| {
            let limit = limit(stage.profile);
            let draft = fixtures::text(stage.profile, &filler(stage.profile).repeat(limit + 1));
            // `check` refuses by this comparison, so that it never gets to the wire; were it to, the network refuses too.
            assert!(stage.limits.text.is_some_and(|max| draft.parts[0].weight(&stage.limits.measure) > max));
            let error = stage.publish(&draft).expect_err("a text over the limit is refused");
            assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
            assert!(stage.live().is_empty());
        },
        inverse: None,
        golden: false,
    },
    Case {
        name: "language",
        holds: is_sent,
        run: |stage| {
            let mut draft = fixtures::text(stage.profile, "Ciao");
            draft.language = Some("it".to_owned());
            stage.publish(&draft).expect("a text with a language is published");
            let expect = stage.twin.has_languages().then_some("it");
            assert_eq!(stage.only().language.as_deref(), expect);
        },
        inverse: None,
        golden: true,
    },
];

fn has_limit(profile: &Profile) -> bool {
    is_sent(profile) && profile.text.max.is_some()
}

fn limit(profile: &Profile) -> usize {
    usize::try_from(profile.text.max.expect("a limit").value).expect("a small limit")
}

/// Returns a character that is one in the network's unit, and more than a byte where it can be.
fn filler(profile: &Profile) -> &'static str {
    if profile.text.measure.unit == Unit::Bytes { "x" } else { "å" }
}
