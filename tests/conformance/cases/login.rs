//! Being let in by a person: the code is exchanged once, and what it gives lets us publish.

use super::Case;
use crate::{fixtures, line::Fault, line::Which};
use masthead::network::{Auth, Effect, ErrorKind};
use secrecy::ExposeSecret as _;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "login",
        holds: |profile| profile.login.is_some(),
        run: |stage| {
            let before = stage.line.sent();
            let given = stage.log_in().expect("the twin takes its own code");
            let log = stage.line.log().split_off(before);
            assert_eq!(
                log.first().map(|exchange| exchange.request.effect),
                Some(Effect::Exchange),
                "a code is used up"
            );
            assert!(log.iter().all(|exchange| exchange.request.effect != Effect::Publish));
            let names: Vec<&str> = given.secrets.iter().map(|(name, _)| *name).collect();
            if stage.profile.auth == Auth::Token {
                assert_eq!(names, ["token"]);
                assert_eq!(given.secrets[0].1.expose_secret(), stage.twin.token(), "it is the account's own");
            } else {
                assert!(names.contains(&"access"), "{names:?}");
                stage.open(given);
            }
            stage.publish(&fixtures::text(stage.profile, "Hello")).expect("published");
            stage.only();
        },
        inverse: Some(|stage| {
            assert_eq!(stage.log_in().expect_err("it can't").kind, ErrorKind::Unsupported);
            stage.assert_silent();
        }),
        golden: true,
    },
    Case {
        name: "login_refused",
        holds: |profile| profile.login.is_some(),
        run: |stage| {
            for fault in [Fault::Unauthorized, Fault::Portal, Fault::AnswerLost] {
                let before = stage.line.sent();
                stage.line.script(Which::Any, &[fault]);
                let error = stage.log_in().expect_err("nobody is let in");
                assert_eq!(stage.line.sent(), before + 1, "a code is sent once, whatever comes back: {error:?}");
            }
        },
        inverse: None,
        golden: false,
    },
];
