//! What a network says of its clock and its limits is heard before anything is claimed, and a server in trouble is left
//! alone.

use super::{
    stage::{Stage, at, row, row_of, with},
    twin::{Fault, Habits},
};
use crate::{
    engine::{Outcome, Settled},
    ledger::{Happening, PartState},
    network::{Auth, Limit, Rate, Rated, Settling},
};
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const CLASS_C: Settling = Settling::Listing { settle: Duration::from_secs(600) };
const GREETS: Habits = Habits {
    greets: true,
    processes: false,
    uploads: false,
    looks_after: false,
    renews: false,
    keeps_no_keys: false,
    twice: false,
    finds_by_publishing: false,
    deletes_nothing: false,
    strays: None,
};

fn says(headers: &[(&'static str, &str)]) -> Fault {
    Fault::Status(200, headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
}

fn words(settled: &[Settled]) -> Vec<&'static str> {
    let word = |settled: &Settled| match settled.outcome {
        Outcome::Published { .. } => "published",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Failed { .. } => "failed",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Updated { .. }
        | Outcome::Retracted
        | Outcome::Beaten
        | Outcome::Attention { .. }
        | Outcome::Blocked { .. } => "other",
    };
    settled.iter().map(word).collect()
}

#[test]
fn the_networks_clock_is_heard_before_the_first_post() {
    let due = at("2026-11-22T09:00:00Z");
    let row = || with(row(&["Hello"]), |desired| desired.when = Some(due));
    for (ahead, early) in [(-3, true), (-2, false), (300, false)] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
        stage.server.ahead.set(Some(ahead));
        let outcome = stage.run_one(row());
        assert_eq!(matches!(outcome, Outcome::Deferred { until, .. } if until == due), early, "{ahead}: {outcome:?}");
        assert_eq!((stage.texts().is_empty(), stage.kinds().is_empty()), (early, early));
    }
    for ahead in [-700, 700] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
        stage.server.ahead.set(Some(ahead));
        let outcome = stage.run_one(row());
        assert!(matches!(&outcome, Outcome::Blocked { why } if why.contains("11 minutes apart")), "{outcome:?}");
        assert_eq!((stage.calls(), stage.kinds()), (vec!["greet"], vec![]));
    }
}

#[test]
fn the_network_is_greeted_once_and_only_if_nothing_was_heard() {
    let rows = || vec![row(&["One", "Two"]), row_of("second", "brand", &["Three"])];
    // Whether it tells the time or not.
    for ahead in [None, Some(5)] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
        stage.server.ahead.set(ahead);
        stage.run(rows());
        assert_eq!(stage.calls(), ["greet", "post", "post", "post"]);
        let Happening::Intent { network_time, .. } = stage.store.events()[0].what else { panic!() };
        assert_eq!(network_time.is_some(), ahead.is_some());
    }
    let stage = Stage::with_habits(CLASS_B, Auth::Session, GREETS);
    stage.server.ahead.set(Some(5));
    stage.run(rows());
    assert_eq!(stage.calls(), ["sign in", "post", "post", "post"]);
}

#[test]
fn a_network_that_does_not_answer_the_greeting_is_left_for_later() {
    for fault in [Fault::NotSent, Fault::Lost] {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
        stage.server.faults.borrow_mut().extend((0..3).map(|_| ("greet", fault.clone())));
        assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["deferred"]);
        assert_eq!((stage.calls(), stage.kinds()), (vec!["greet"; 3], vec!["defer"]));
    }
    // What it answers does not matter.
    let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
    stage.server.faults.borrow_mut().push_back(("greet", Fault::Status(404, Vec::new())));
    assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["published"]);
}

#[test]
fn nothing_is_claimed_of_an_account_whose_limit_is_used_up() {
    // As Mastodon, Bluesky and the drafts of the standard tell when it is renewed.
    let tells: [&[(&str, &str)]; 4] = [
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-22T09:04:00.123456Z")],
        &[("ratelimit-remaining", "0"), ("ratelimit-reset", "1795338240")],
        &[("ratelimit-remaining", "0"), ("ratelimit-reset", "240")],
        &[("x-rate-limit-remaining", "-1"), ("x-rate-limit-reset", "240.0")],
    ];
    for headers in tells {
        let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
        stage.server.faults.borrow_mut().push_back(("greet", says(headers)));
        let rows = vec![row(&["Hello"]), row_of("second", "brand", &["Second"]), row_of("third", "sky", &["Third"])];
        let settled = stage.run(rows);
        let of =
            |account: &str| settled.iter().filter(|it| it.account.as_str() == account).cloned().collect::<Vec<_>>();
        assert_eq!((words(&of("brand")), words(&of("sky"))), (vec!["deferred", "deferred"], vec!["published"]));
        // In the ledger, for every publisher: each of them.
        assert_eq!(stage.kinds().iter().filter(|kind| **kind == "defer").count(), 2);
        let PartState::Queued { not_before: Some(until), attempts: 0 } = stage.state().part(0) else { panic!() };
        assert_eq!(until.since(at("2026-11-22T09:00:00Z")).as_secs(), 240, "{headers:?}");
        stage.clock.advance(Duration::from_secs(241));
        assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["published"]);
    }
}

#[test]
fn what_an_answer_to_a_post_says_holds_the_next() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-22T11:00:00Z")];
    let headers = spent.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    stage.server.faults.borrow_mut().push_back(("post", Fault::AlsoSays(headers)));
    let settled = stage.run(vec![row(&["One", "Two"])]);
    assert_eq!((words(&settled), stage.texts()), (vec!["published", "deferred"], vec!["One".to_owned()]));
    assert_eq!(stage.kinds(), ["intent", "receipt", "defer"]);
    assert!(matches!(&settled[1].outcome, Outcome::Deferred { until, .. } if *until == at("2026-11-22T11:00:00Z")));
}

#[test]
fn a_limit_that_an_upload_used_up_is_seen_before_the_claim() {
    let habits = Habits { uploads: true, processes: true, ..GREETS };
    let stage = Stage::with_habits(CLASS_B, Auth::Token, habits);
    stage
        .server
        .faults
        .borrow_mut()
        .push_back(("look", says(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "60")])));
    assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["deferred"]);
    assert_eq!((stage.calls(), stage.kinds()), (vec!["greet", "upload", "look"], vec!["defer"]));
}

#[test]
fn where_a_post_costs_more_than_one_less_than_that_is_nothing() {
    static RATES: [Rate; 1] = [Rate {
        of: Rated::Posts,
        limit: Limit { value: 1_666, source: "a test" },
        window: Duration::from_secs(3600),
        cost: 3,
    }];
    for (left, expect) in [("2", ["published", "deferred"]), ("3", ["published", "published"])] {
        let stage = Stage::rated(CLASS_B, Auth::Token, Habits::default(), &RATES);
        let headers = vec![("ratelimit-remaining", left.to_owned()), ("ratelimit-reset", "60".to_owned())];
        stage.server.faults.borrow_mut().push_back(("post", Fault::AlsoSays(headers)));
        assert_eq!(words(&stage.run(vec![row(&["One", "Two"])])), expect, "{left}");
    }
}

#[test]
fn what_signing_in_is_told_says_nothing_of_posts() {
    let stage = Stage::new(CLASS_B, Auth::Session);
    let headers = vec![("ratelimit-remaining", "0".to_owned()), ("ratelimit-reset", "86000".to_owned())];
    stage.server.faults.borrow_mut().push_back(("sign in", Fault::AlsoSays(headers)));
    assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["published"]);
}

#[test]
fn a_reset_that_is_absurd_is_not_believed() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
    let never = says(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9999-01-01T00:00:00Z")]);
    stage.server.faults.borrow_mut().push_back(("greet", never));
    let settled = stage.run(vec![row(&["Hello"])]);
    assert!(
        matches!(&settled[0].outcome, Outcome::Deferred { until, .. } if *until == at("2026-11-29T09:00:00Z")),
        "{settled:?}"
    );
    // Nor what does not say when it is renewed.
    let stage = Stage::with_habits(CLASS_B, Auth::Token, GREETS);
    stage.server.faults.borrow_mut().push_back(("greet", says(&[("x-ratelimit-remaining", "0")])));
    assert_eq!(words(&stage.run(vec![row(&["Hello"])])), ["published"]);
}

#[test]
fn after_three_lost_answers_in_a_row_an_account_is_left_alone() {
    for fault in [Fault::Lost, Fault::LostAfter, Fault::Status(500, Vec::new()), Fault::GarbageAfter, Fault::CutAfter] {
        let stage = Stage::new(CLASS_C, Auth::Token);
        stage.server.faults.borrow_mut().extend((0..5).map(|_| ("post", fault.clone())));
        let mut rows: Vec<_> =
            ["a", "b", "c", "d", "e"].iter().map(|post| row_of(post, "brand", &[&format!("Post {post}")])).collect();
        rows.push(row_of("f", "sky", &["Post f"]));
        // The other account is not held; it has the two faults that are left to itself.
        let settled = stage.run(rows);
        let brand: Vec<_> = settled.iter().filter(|it| it.account.as_str() == "brand").cloned().collect();
        assert_eq!(words(&brand).len(), 5);
        assert_eq!(words(&brand).iter().filter(|word| **word == "deferred").count(), 2, "{fault:?}: {settled:?}");
        assert!(stage.kinds().iter().all(|kind| *kind == "intent"), "what was not tried is not written down");
        assert_eq!(stage.calls().iter().filter(|call| **call == "post").count(), 4);
    }
}

#[test]
fn an_answer_that_is_clear_closes_the_breaker() {
    let stage = Stage::new(CLASS_C, Auth::Token);
    let faults = [Fault::Lost, Fault::Lost, Fault::Status(422, Vec::new()), Fault::Lost, Fault::Lost];
    stage.server.faults.borrow_mut().extend(faults.map(|fault| ("post", fault)));
    let rows = ["a", "b", "c", "d", "e", "f"].map(|post| row_of(post, "brand", &[&format!("Post {post}")]));
    assert_eq!(words(&stage.run(rows.to_vec())), ["unknown", "unknown", "failed", "unknown", "unknown", "published"]);
}

#[test]
fn questions_that_are_not_answered_count_too() {
    let stage = Stage::new(CLASS_B, Auth::Token);
    let faults = [("post", Fault::Lost)].into_iter().chain((0..9).map(|_| ("find", Fault::Status(503, Vec::new()))));
    stage.server.faults.borrow_mut().extend(faults);
    let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
    assert_eq!((words(&settled), stage.kinds()), (vec!["unknown", "deferred"], vec!["intent"]));
    // The next run looks again.
    stage.server.faults.borrow_mut().clear();
    stage.clock.advance(Duration::from_secs(130));
    let settled = stage.run(vec![row(&["Hello"]), row_of("second", "brand", &["Second"])]);
    assert_eq!(words(&settled), ["published", "published"]);
}
