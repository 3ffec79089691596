//! After publishing: receipts, changes, deletions, and what the server says of itself.

use super::{Case, is_sent, media::has_alt};
use crate::fixtures::{self, Say};
use masthead::{
    model::Remote,
    network::{ErrorKind, Limits},
};
use std::collections::BTreeMap;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "receipt",
        holds: |_| true,
        run: |stage| {
            let receipt = stage.publish(&fixtures::text(stage.profile, "Hello")).expect("published").remove(0);
            assert!(!receipt.remote.id.is_empty(), "{receipt:?}");
            let url = receipt.remote.url;
            if is_sent(stage.profile) {
                let live = stage.only();
                assert_eq!(url.unwrap_or_default(), live.url);
                if !live.id.is_empty() {
                    assert_eq!(receipt.remote.id, live.id);
                }
            } else {
                assert!(url.is_some(), "a public link");
                stage.assert_silent();
            }
        },
        inverse: None,
        golden: false,
    },
    Case {
        name: "edit",
        holds: |profile| is_sent(profile) && profile.edit,
        run: |stage| {
            let with_media = stage.profile.media.is_some();
            let say = |text: &str, alt: &str| {
                let say = Say::new(stage.profile).text(text);
                if with_media { say.media(fixtures::picture(stage.profile), alt) } else { say }
            };
            // Where descriptions can't be changed, only the text is.
            let words_alone = stage.twin.changes_words_alone();
            let before = if words_alone { "An image" } else { "An imge" };
            let receipt = stage.publish(&say("Befor", before).draft()).expect("published").remove(0);
            let edited = stage.edit(&say("After", "An image").draft(), &receipt.remote).expect("changed");
            let live = stage.only();
            assert_eq!((live.text.as_str(), live.edits), ("After", 1));
            assert_eq!(edited.remote.id, receipt.remote.id);
            if with_media && words_alone {
                let error = stage.edit(&say("After", "Another").draft(), &edited.remote).expect_err("it can't");
                assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}");
                assert_eq!(stage.only().media, live.media);
            }
            if with_media {
                assert_eq!(live.media.len(), 1, "the image is still there");
                let told = if has_alt(stage.profile) { "An image" } else { "" };
                assert_eq!(live.media[0].alt, told, "its description has changed too");
            }
        },
        inverse: Some(|stage| {
            let draft = fixtures::text(stage.profile, "After");
            assert_eq!(stage.edit(&draft, &nothing()).expect_err("it can't").kind, ErrorKind::Unsupported);
        }),
        golden: true,
    },
    Case {
        name: "delete_twice",
        holds: |profile| is_sent(profile) && profile.delete,
        run: |stage| {
            let receipt = stage.publish(&fixtures::text(stage.profile, "Oops")).expect("published").remove(0);
            stage.delete(&receipt.remote).expect("deleted");
            assert!(stage.live().is_empty());
            stage.delete(&receipt.remote).expect("deleting what is gone succeeds");
        },
        inverse: Some(|stage| {
            assert_eq!(stage.delete(&nothing()).expect_err("it can't").kind, ErrorKind::Unsupported);
        }),
        golden: true,
    },
    Case {
        name: "delete_takes_all_media",
        holds: |profile| is_sent(profile) && profile.delete && profile.media.is_some(),
        run: |stage| {
            let most = usize::try_from(stage.limits.images.min(3)).expect("small");
            let say = Say::new(stage.profile).text("Oops");
            let draft =
                (0..most).fold(say, |say, _| say.media(fixtures::picture(stage.profile), "one of several")).draft();
            let receipt = stage.publish(&draft).expect("published").remove(0);
            stage.delete(&receipt.remote).expect("deleted");
            assert_eq!(stage.live(), [], "nothing of it is left");
        },
        inverse: None,
        golden: false,
    },
    Case {
        name: "probe",
        holds: |profile| is_sent(profile) && profile.probe,
        run: |stage| {
            let usual = stage.probe().expect("the server tells");
            assert!(usual.identity.as_deref().is_some_and(|identity| !identity.is_empty()), "{usual:?}");
            assert!(usual.missing.is_empty(), "the twin's account may do everything: {usual:?}");
            if !stage.twin.tells_limits() {
                assert_eq!(usual.limits, stage.profile.limits(), "it tells none");
                return;
            }
            stage.twin.tighten();
            let narrow = stage.probe().expect("the server tells").limits;
            if narrow == usual.limits {
                let bounds = [narrow.text, narrow.image_bytes];
                assert_eq!(bounds, [None, None], "a limit that there is can be told: {narrow:?}");
                return;
            }
            let (text, image) = (narrow.text < usual.limits.text, narrow.image_bytes < usual.limits.image_bytes);
            assert!(text || image, "what the server tells narrows something: {narrow:?}");
            stage.limits = Limits { ..narrow };
            let limit = usize::try_from(stage.limits.text.expect("a limit")).expect("small");
            stage.publish(&fixtures::text(stage.profile, &"x".repeat(limit))).expect("what the server said holds");
            let error = stage.publish(&fixtures::text(stage.profile, &"x".repeat(limit + 1))).expect_err("and no more");
            assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
        },
        inverse: Some(|stage| {
            assert_eq!(stage.probe().expect_err("it can't").kind, ErrorKind::Unsupported);
        }),
        golden: true,
    },
];

fn nothing() -> Remote {
    Remote { id: "1".to_owned(), url: None, extra: BTreeMap::new() }
}
