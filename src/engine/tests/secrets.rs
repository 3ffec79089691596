use super::{
    stage::{CANARY, Stage, row, row_of},
    twin::{Fault, Habits},
};
use crate::{
    engine::{Outcome, Redactor, probe},
    network::{Auth, Settling},
};
use serde_json::json;
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };

/// Nothing that comes out of the engine holds a secret, in any form.
#[track_caller]
fn assert_clean(stage: &Stage, more: &str) {
    let all = format!("{more} {:?} {:?} {:?}", stage.store.events(), stage.said.borrow(), stage.ledger());
    let redactor = Redactor::default();
    for secret in [CANARY, "canary-session-1", "canary-session-2"] {
        redactor.learn(&secret.into());
    }
    assert_eq!(redactor.text(&all), all);
    assert!(!all.contains("canary"), "{all}");
}

#[test]
fn what_a_server_repeats_is_masked_everywhere() {
    for auth in [Auth::Token, Auth::Session] {
        for label in ["sign in", "upload", "post"] {
            for status in [200, 400, 401, 403, 422, 429, 500] {
                let stage = Stage::with_habits(CLASS_B, auth, Habits { uploads: true, ..Habits::default() });
                stage.server.faults.borrow_mut().extend((0..6).map(|_| (label, Fault::Echo(status))));
                let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
                assert_clean(&stage, &format!("{settled:?}"));
            }
        }
    }
}

#[test]
fn a_receipt_that_holds_a_secret_is_masked() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    let url = format!("https://scripted.example/?token={CANARY}");
    stage.server.faults.borrow_mut().push_back(("post", Fault::Says(json!({"id": "1", "url": url}))));
    let settled = stage.run(vec![row(&["Hello"])]);
    assert!(matches!(&settled[0].outcome, Outcome::Published { url: Some(url) } if url.ends_with("=[secret]")));
    assert_eq!(stage.state().published(0).expect("it is out").remote.id, "1");
    assert_clean(&stage, &format!("{settled:?}"));
}

#[test]
fn a_probe_masks_what_it_hears() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    stage.server.faults.borrow_mut().extend((0..3).map(|_| ("probe", Fault::Echo(403))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let networks = stage.networks();
    let error =
        runtime.block_on(probe(stage.world(&networks), &stage.config.accounts["brand"])).expect_err("a refusal");
    assert!(error.detail.as_ref().is_some_and(|detail| detail.contains("[secret]")), "{error:?}");
    assert_clean(&stage, &format!("{error:?}"));
}

#[test]
fn a_secret_that_cannot_be_had_blocks_before_anything_is_sent() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    *stage.secret.borrow_mut() = Err("the environment variable `TOKEN` is not set".to_owned());
    let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
    assert_eq!(settled.len(), 2);
    let Outcome::Blocked { why } = &settled[0].outcome else { panic!("{settled:?}") };
    assert_eq!(why, "the token of account `brand`: the environment variable `TOKEN` is not set");
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
}

#[test]
fn a_network_that_needs_no_secret_gets_none() {
    let stage = Stage::new(CLASS_B, Auth::None);
    *stage.secret.borrow_mut() = Err("never asked for".to_owned());
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
}

#[test]
fn a_token_is_sent_to_its_own_server_alone_and_encrypted() {
    for stray in ["https://evil.example/", "http://scripted.example/", "https://scripted.example:444/", "ftp://x"] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { strays: Some(stray), ..Habits::default() });
        let outcome = stage.run_one(row(&["Hello"]));
        assert!(matches!(outcome, Outcome::Blocked { .. }), "{stray}: {outcome:?}");
        assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
    }
    let stage = Stage::with_habits(
        CLASS_B,
        Auth::Token,
        Habits { strays: Some("https://scripted.example/"), ..Habits::default() },
    );
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Published { .. }));
}
