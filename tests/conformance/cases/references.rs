//! Replies, quotes and boosts: of somebody else's post by its address, and of our own by its receipt.

use super::{Case, is_sent};
use crate::{fixtures, stage::Stage};
use masthead::{
    model::{PostId, Reference},
    network::{Draft, ErrorKind},
};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "reply",
        holds: |profile| is_sent(profile) && profile.reply,
        run: |stage| {
            let (theirs, ours) = refer(stage, |draft, reference| draft.reply_to = Some(reference));
            let live = stage.live();
            assert_eq!(live[1].reply_to.as_deref(), Some(theirs.as_str()), "{live:#?}");
            assert_eq!(live[2].reply_to.as_deref(), Some(ours.as_str()), "{live:#?}");
        },
        inverse: Some(|stage| unsupported(stage, |draft, reference| draft.reply_to = Some(reference))),
        golden: true,
    },
    Case {
        name: "quote",
        holds: |profile| is_sent(profile) && profile.quote,
        run: |stage| {
            let (theirs, ours) = refer(stage, |draft, reference| draft.quote = Some(reference));
            let live = stage.live();
            assert_eq!(live[1].quote.as_deref(), Some(theirs.as_str()), "{live:#?}");
            assert_eq!(live[2].quote.as_deref(), Some(ours.as_str()), "{live:#?}");
        },
        inverse: Some(|stage| unsupported(stage, |draft, reference| draft.quote = Some(reference))),
        golden: true,
    },
    Case {
        name: "boost",
        holds: |profile| is_sent(profile) && profile.boost,
        run: |stage| {
            let (theirs, ours) = refer(stage, |draft, reference| {
                draft.parts[0] = fixtures::text(fixtures::profile(draft.network), "").parts.remove(0);
                draft.boost = Some(reference);
            });
            let live = stage.live();
            assert_eq!(live[1].boost.as_deref(), Some(theirs.as_str()), "{live:#?}");
            assert_eq!(live[2].boost.as_deref(), Some(ours.as_str()), "{live:#?}");
        },
        inverse: Some(|stage| unsupported(stage, |draft, reference| draft.boost = Some(reference))),
        golden: true,
    },
    Case {
        name: "reply_to_nothing",
        holds: |profile| is_sent(profile) && profile.reply,
        run: |stage| {
            let mut draft = fixtures::text(stage.profile, "To nobody");
            let gone = stage.twin.plant("Soon gone").url.replace(char::is_numeric, "0");
            draft.reply_to = Some(Reference::Url(gone));
            let error = stage.publish(&draft).expect_err("there is no such post");
            assert!(matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused), "{error:?}");
            assert!(stage.live().is_empty());
        },
        inverse: None,
        golden: false,
    },
];

/// Publishes a post, then one that refers to a stranger's and one that refers to ours. Returns the ids referred to.
fn refer(stage: &Stage, set: fn(&mut Draft, Reference)) -> (String, String) {
    let first = fixtures::text(stage.profile, "The first");
    let ours = stage.publish(&first).expect("a text is published").remove(0).remote.id;
    let theirs = stage.twin.plant("Somebody else's");
    for (id, reference) in [("2026/theirs", Reference::Url(theirs.url)), ("2026/ours", Reference::Post(first.post))] {
        let mut draft = fixtures::text(stage.profile, "The second");
        draft.post = PostId::new(id);
        set(&mut draft, reference);
        stage.publish(&draft).unwrap_or_else(|error| panic!("{id}: {error:?}"));
    }
    (theirs.id, ours)
}

/// The inverse: whoever can't must say so. A network that sends nothing shows what it can.
fn unsupported(stage: &Stage, set: fn(&mut Draft, Reference)) {
    let mut draft = fixtures::text(stage.profile, "The second");
    set(&mut draft, Reference::Url("https://elsewhere.example/1".to_owned()));
    match stage.publish(&draft) {
        Ok(_) => assert!(stage.profile.projected, "it says that it can't, and does"),
        Err(error) => assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}"),
    }
}
