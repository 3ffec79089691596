//! Every option of a post leads to something that can be seen there; polls and content warnings do too.

use super::{Case, is_sent};
use crate::fixtures::{self, Say};
use masthead::{
    model::{MediaKind, OptionValue},
    network::{ErrorKind, Profile},
};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "options",
        holds: |profile| is_sent(profile) && !profile.post_options.is_empty(),
        run: |stage| {
            let samples = stage.twin.samples();
            for spec in stage.profile.post_options {
                let sampled: Vec<_> = samples.iter().filter(|sample| sample.key == spec.key).collect();
                assert!(!sampled.is_empty(), "the twin has no sample for the option `{}`", spec.key);
                for sample in sampled {
                    let mut say = Say::new(stage.profile).text("With an option");
                    if stage.twin.shows_with_media(spec.key) {
                        say = say.media(fixtures::picture(stage.profile), "An image");
                    } else if stage.twin.shows_with_a_video(spec.key) {
                        say = say.media(MediaKind::Mp4, "A video");
                    }
                    let mut draft = say.draft();
                    for (key, value) in stage.twin.companions(spec.key) {
                        fixtures::set(&mut draft, key, value);
                    }
                    fixtures::set(&mut draft, spec.key, sample.value.clone());
                    draft.poll = stage.twin.shows_with_a_poll(spec.key).then(|| fixtures::poll(&["Yes", "No"], false));
                    stage.publish(&draft).unwrap_or_else(|error| panic!("{sample:?}: {error:?}"));
                    let live = stage.live().pop().expect("a post");
                    let (fact, value) = &sample.fact;
                    assert_eq!(live.facts.get(fact), Some(value), "{sample:?}: {live:#?}");
                }
            }
        },
        inverse: None,
        golden: true,
    },
    Case {
        name: "options_that_count",
        holds: |profile| is_sent(profile) && !profile.text.counted_options.is_empty(),
        run: |stage| {
            let limit = usize::try_from(stage.limits.text.expect("a limit")).expect("small");
            for key in stage.profile.text.counted_options {
                let mut draft = fixtures::text(stage.profile, &"x".repeat(limit - 7));
                fixtures::set(&mut draft, key, OptionValue::Text("warning".to_owned()));
                stage.publish(&draft).unwrap_or_else(|error| panic!("`{key}` at the limit: {error:?}"));
                let before = stage.live().len();
                fixtures::set(&mut draft, key, OptionValue::Text("warnings".to_owned()));
                let error = stage.publish(&draft).expect_err("the option counts");
                assert_eq!((error.kind, stage.live().len()), (ErrorKind::Refused, before), "`{key}`: {error:?}");
            }
        },
        inverse: None,
        golden: false,
    },
    Case {
        name: "poll",
        holds: has_polls,
        run: |stage| {
            let mut draft = fixtures::text(stage.profile, "Which one?");
            let several = stage.twin.takes_several_answers();
            draft.poll = Some(fixtures::poll(&["Black", "白", "🏳️‍🌈"], several));
            stage.publish(&draft).expect("a poll is published");
            let poll = stage.only().poll.expect("a poll");
            assert_eq!(poll.options, ["Black", "白", "🏳️‍🌈"]);
            assert_eq!((poll.seconds, poll.multiple), (24 * 60 * 60, several));
        },
        inverse: Some(|stage| {
            let mut draft = fixtures::text(stage.profile, "Which one?");
            draft.poll = Some(fixtures::poll(&["Black", "White"], false));
            match stage.publish(&draft) {
                Ok(_) => assert!(stage.profile.projected, "it says that it can't, and does"),
                Err(error) => assert_eq!(error.kind, ErrorKind::Unsupported, "{error:?}"),
            }
        }),
        golden: true,
    },
    Case {
        name: "poll_with_too_many_answers",
        holds: has_polls,
        run: |stage| {
            let most = usize::try_from(stage.limits.poll_options).expect("small");
            let options: Vec<String> = (0..=most).map(|number| format!("Answer {number}")).collect();
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let mut draft = fixtures::text(stage.profile, "Which one?");
            draft.poll = Some(fixtures::poll(&options, false));
            let error = stage.publish(&draft).expect_err("too many answers are refused");
            assert_eq!((error.kind, stage.live().len()), (ErrorKind::Refused, 0), "{error:?}");
        },
        inverse: None,
        golden: false,
    },
];

fn has_polls(profile: &Profile) -> bool {
    is_sent(profile) && profile.poll.is_some()
}
