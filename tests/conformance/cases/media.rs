//! Images and videos arrive whole, in order and described.

use super::{Case, is_sent};
use crate::fixtures::{self, Say};
use masthead::network::{ErrorKind, Profile};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "media_of_each_kind",
        holds: has_media,
        run: |stage| {
            for kind in fixtures::KINDS {
                let alt = format!("A sample of {}", kind.mime());
                let before = stage.live().len();
                let published = stage.publish(&Say::new(stage.profile).text("Look").media(kind, &alt).draft());
                if !stage.limits.kinds.contains(&kind) {
                    let error = published.expect_err("a kind that the profile doesn't name is not published");
                    assert!(matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Refused), "{kind:?}: {error:?}");
                    assert_eq!(stage.live().len(), before, "{kind:?}");
                    continue;
                }
                published.unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
                let live = stage.live().pop().expect("a post");
                assert_eq!(live.media.len(), 1, "{live:#?}");
                let described = has_alt(stage.profile) && (!kind.is_video() || stage.twin.describes_videos());
                let told = if described { alt.as_str() } else { "" };
                assert_eq!((live.media[0].kind, live.media[0].alt.as_str()), (kind, told));
                assert_eq!(live.media[0].bytes, fixtures::bytes_of(fixtures::path_of(kind)).len(), "whole");
            }
        },
        inverse: Some(|stage| {
            let draft =
                Say::new(stage.profile).text("Look").media(fixtures::picture(stage.profile), "A sample").draft();
            match stage.publish(&draft) {
                Ok(_) => assert!(stage.profile.projected, "it says that it can't, and does"),
                Err(error) => assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}"),
            }
        }),
        golden: true,
    },
    Case {
        name: "media_in_order_with_alt_text",
        holds: has_media,
        run: |stage| {
            let alts = ["first", "zweites «Bild»", "", "第四 👩‍👩‍👧‍👦"];
            let most = usize::try_from(stage.limits.images).expect("small");
            let say = Say::new(stage.profile).text("In order");
            let draft =
                alts.iter().take(most).fold(say, |say, alt| say.media(fixtures::picture(stage.profile), alt)).draft();
            stage.publish(&draft).expect("images are published");
            let live = stage.only();
            let arrived: Vec<&str> = live.media.iter().map(|media| media.alt.as_str()).collect();
            let sent = &alts[..most.min(alts.len())];
            let told = if has_alt(stage.profile) { sent.to_vec() } else { vec![""; sent.len()] };
            assert_eq!(arrived, told);
        },
        inverse: None,
        golden: true,
    },
    Case {
        name: "media_too_many",
        holds: has_media,
        run: |stage| {
            let most = usize::try_from(stage.limits.images).expect("small");
            let say = Say::new(stage.profile).text("Too many");
            let draft =
                (0..=most).fold(say, |say, _| say.media(fixtures::picture(stage.profile), "one of many")).draft();
            // `check` refuses by this comparison; were it to get to the wire, nothing is published either.
            assert!(draft.parts[0].media.len() > most);
            let error = stage.publish(&draft).expect_err("too many images are refused");
            assert!(matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Refused), "{error:?}");
            assert!(stage.live().is_empty());
        },
        inverse: None,
        golden: false,
    },
];

/// Whether it has a field for descriptions.
pub(crate) fn has_alt(profile: &Profile) -> bool {
    profile.limits().alt != Some(0)
}

fn has_media(profile: &Profile) -> bool {
    is_sent(profile) && profile.media.is_some()
}
