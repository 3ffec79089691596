//! What an adapter makes of answers that are no answers: it never guesses, and never tries again by itself.

use super::{Case, is_sent};
use crate::{
    fixtures,
    line::{Fault, Which},
    stage::Stage,
};
use masthead::{
    model::{Reference, Timestamp},
    network::{Auth, Draft, Effect, ErrorKind, Found, NetworkError, Profile, Settling},
};
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case { name: "refused_connection", holds: is_sent, run: refused_connection, inverse: None, golden: false },
    Case { name: "answer_lost", holds: is_sent, run: answer_lost, inverse: None, golden: false },
    Case { name: "answer_cut", holds: is_sent, run: answer_cut, inverse: None, golden: false },
    Case { name: "page_instead_of_an_answer", holds: is_sent, run: page, inverse: None, golden: false },
    Case { name: "server_error", holds: is_sent, run: server_error, inverse: None, golden: false },
    Case { name: "redirect", holds: is_sent, run: redirect, inverse: None, golden: false },
    Case { name: "too_many_requests", holds: is_sent, run: too_many, inverse: None, golden: false },
    Case { name: "credential_not_taken", holds: is_sent, run: unauthorized, inverse: None, golden: false },
    Case { name: "session_expired", holds: has_session, run: session_expired, inverse: None, golden: false },
    Case { name: "any_call_failing_is_an_error", holds: is_sent, run: any_call, inverse: None, golden: false },
    Case {
        name: "find_after_a_lost_answer",
        holds: can_be_asked,
        run: find_here,
        inverse: Some(find_unsupported),
        golden: true,
    },
    Case { name: "find_after_a_lost_request", holds: can_be_asked, run: find_absent, inverse: None, golden: true },
    Case { name: "find_too_far_back", holds: is_listed, run: find_buried, inverse: None, golden: false },
    Case { name: "same_attempt_twice", holds: deduplicates, run: same_attempt, inverse: None, golden: true },
];

fn can_be_asked(profile: &Profile) -> bool {
    match profile.settling {
        Settling::OwnId | Settling::Hash | Settling::Key { .. } | Settling::Listing { .. } => is_sent(profile),
        Settling::Receipt | Settling::Person => false,
    }
}

fn is_listed(profile: &Profile) -> bool {
    matches!(profile.settling, Settling::Key { .. } | Settling::Listing { .. })
}

fn deduplicates(profile: &Profile) -> bool {
    matches!(profile.settling, Settling::OwnId | Settling::Hash | Settling::Key { .. })
}

fn has_session(profile: &Profile) -> bool {
    is_sent(profile) && profile.auth == Auth::Session
}

/// Publishes while a fault befalls the publishing call. Returns the error, having checked that the call was made once.
#[track_caller]
fn failing(stage: &Stage, fault: Fault) -> NetworkError {
    stage.line.script(Which::Publishing, &[fault]);
    let error = stage.publish(&draft(stage)).expect_err("the call failed");
    assert_eq!(stage.line.published(), 1, "an adapter never tries again by itself");
    error
}

fn draft(stage: &Stage) -> Draft {
    fixtures::text(stage.profile, "Once & only once <3 café")
}

fn refused_connection(stage: &mut Stage) {
    let error = failing(stage, Fault::Refused);
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::NotSent, 0));
}

fn answer_lost(stage: &mut Stage) {
    let error = failing(stage, Fault::AnswerLost);
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::Ambiguous, 1));
    assert!(!error.kind.proves_absence());
}

fn answer_cut(stage: &mut Stage) {
    let error = failing(stage, Fault::Cut);
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::Unreadable, 1));
    assert!(!error.kind.proves_absence());
}

fn page(stage: &mut Stage) {
    let error = failing(stage, Fault::Page);
    assert_eq!(error.kind, ErrorKind::Unreadable);
    let excerpt = error.detail.expect("an excerpt of what came");
    assert!(excerpt.contains("the hotel's network"), "{excerpt}");
}

fn server_error(stage: &mut Stage) {
    let error = failing(stage, Fault::ServerError);
    assert_eq!(error.kind, ErrorKind::Ambiguous);
    let excerpt = error.detail.expect("an excerpt of what came");
    assert!(excerpt.contains("500") && excerpt.contains("something went wrong"), "{excerpt}");
}

fn redirect(stage: &mut Stage) {
    let error = failing(stage, Fault::Redirect);
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::Misconfigured, 0));
}

fn too_many(stage: &mut Stage) {
    let error = failing(stage, Fault::TooMany(Some(90)));
    assert_eq!((error.kind, error.wait), (ErrorKind::RateLimited, Some(Duration::from_secs(90))));
    stage.line.script(Which::Publishing, &[Fault::TooMany(None)]);
    let error = stage.publish(&draft(stage)).expect_err("the call failed");
    assert_eq!((error.kind, error.wait), (ErrorKind::RateLimited, None));
    assert!(stage.live().is_empty());
}

fn unauthorized(stage: &mut Stage) {
    let error = failing(stage, Fault::Unauthorized);
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::SignedOut, 0));
}

fn session_expired(stage: &mut Stage) {
    stage.twin.expire();
    let error = stage.publish(&draft(stage)).expect_err("the session has expired");
    assert_eq!((error.kind, stage.live().len()), (ErrorKind::SignedOut, 0), "{error:?}");
    stage.sign_in().expect("the account may sign in again");
    stage.publish(&draft(stage)).expect("the new session is good");
    assert_eq!(stage.only().text, draft(stage).parts[0].text.text);
}

/// Whichever call of a rich flow fails, in whichever way, the flow ends with an error and makes at most one post.
fn any_call(stage: &mut Stage) {
    let mut rich = fixtures::Say::new(stage.profile).text("Rich: ").url("https://acme.example/");
    if stage.profile.media.is_some() {
        rich = rich.media(fixtures::picture(stage.profile), "An image");
    }
    let mut draft = rich.draft();
    if stage.profile.reply {
        draft.reply_to = Some(Reference::Url(stage.twin.plant("Somebody else's").url));
    }
    stage.publish(&draft).expect("without faults it is published");
    let log = stage.log();
    let calls = log.len();
    // What is asked after the publication only adds to the receipt: without it the post is out all the same.
    let published = log.iter().position(|exchange| exchange.request.effect == Effect::Publish).expect("it is out");
    for fault in
        [Fault::Refused, Fault::RequestLost, Fault::Page, Fault::ServerError, Fault::Redirect, Fault::TooMany(None)]
    {
        for nth in 0..calls {
            let before = stage.twin.made();
            let mut script = vec![Fault::Fine; nth];
            script.push(fault);
            stage.line.script(Which::Any, &script);
            let outcome = stage.publish(&draft);
            stage.line.mend();
            let made = stage.twin.made() - before;
            if nth > published {
                assert_eq!((outcome.is_ok(), made), (true, 1), "{fault:?} at call {nth}");
                continue;
            }
            let error = outcome.expect_err("the flow ends with an error");
            // A page takes effect behind our back, and then only the call that publishes may have done so.
            let allowed = usize::from(fault == Fault::Page && nth == published);
            assert!(made <= allowed, "{fault:?} at call {nth}: {error:?}");
            assert!(made == 0 || !error.kind.proves_absence(), "{fault:?} at call {nth}: {error:?}");
        }
    }
}

/// Lets everything pass that could still be on its way.
fn settle(stage: &Stage) {
    stage.clock.pass(Duration::from_secs(20 * 60));
}

fn find_here(stage: &mut Stage) {
    stage.twin.post_by_hand("Long before", stage.clock.now().minus(Duration::from_secs(3600)));
    let attempt = stage.attempt();
    stage.line.script(Which::Publishing, &[Fault::AnswerLost]);
    stage.publish_part(&draft(stage), 0, &attempt, &[]).expect_err("the answer was lost");
    let live = stage.live().pop().expect("it arrived");
    settle(stage);
    match stage.find(&draft(stage), 0, &attempt).expect("the network answers") {
        Found::Here(receipt) => assert_eq!((receipt.remote.id, receipt.remote.url), (live.id, Some(live.url))),
        other => panic!("it is there: {other:?}"),
    }
    assert_eq!(stage.line.published(), 1, "asking changes nothing");
}

fn find_absent(stage: &mut Stage) {
    let now = stage.clock.now();
    stage.twin.post_by_hand("Once & only once <3 café", now.minus(Duration::from_secs(3600)));
    let attempt = stage.attempt();
    stage.line.script(Which::Publishing, &[Fault::RequestLost]);
    stage.publish_part(&draft(stage), 0, &attempt, &[]).expect_err("the request was lost");
    settle(stage);
    stage.twin.post_by_hand("Something else", now.plus(Duration::from_secs(60)));
    let found = stage.find(&draft(stage), 0, &attempt).expect("the network answers");
    assert_eq!(found, Found::Absent, "the same words from an hour before are another post");
}

/// What is buried below everything since is found or can't be told, but never taken to be absent.
fn find_buried(stage: &mut Stage) {
    let attempt = stage.attempt();
    stage.line.script(Which::Publishing, &[Fault::AnswerLost]);
    stage.publish_part(&draft(stage), 0, &attempt, &[]).expect_err("the answer was lost");
    let buried = stage.only();
    for minute in 0..400 {
        let at: Timestamp = attempt.at.plus(Duration::from_secs(20 * 60 + minute));
        stage.twin.post_by_hand(&format!("Busy day, post {minute}"), at);
    }
    settle(stage);
    let found = stage.find(&draft(stage), 0, &attempt).expect("the network answers");
    match found {
        Found::Here(receipt) => assert_eq!(receipt.remote.id, buried.id),
        Found::Unclear(_) => {}
        Found::Absent => panic!("it is there, but the listing is too short to tell"),
    }
}

fn find_unsupported(stage: &mut Stage) {
    let attempt = stage.attempt();
    let error = stage.find(&draft(stage), 0, &attempt).expect_err("it can't be asked");
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

fn same_attempt(stage: &mut Stage) {
    let attempt = stage.attempt();
    stage.line.script(Which::Publishing, &[Fault::AnswerLost]);
    stage.publish_part(&draft(stage), 0, &attempt, &[]).expect_err("the answer was lost");
    stage.clock.pass(Duration::from_secs(30));
    let receipt = stage.publish_part(&draft(stage), 0, &attempt, &[]).expect("the network knows the attempt");
    assert_eq!(receipt.remote.id, stage.only().id);
    assert_eq!(stage.twin.made(), 1);
}
