//! Cases at the level of the engine: whatever goes wrong on the way, one post comes of it, and nothing is lost.

use crate::{
    fixtures::{self, Say},
    journey::{Journey, Rest, Run},
    kept,
    line::{Fault, Which},
    recipients,
};
use masthead::{
    engine::Outcome,
    ledger::Happening,
    model::{MediaKind, OptionValue, Reference},
    network::{AnyNetwork, Auth, Draft, Profile, Settling, Threads},
    plan::Verdict,
};
use std::time::Duration;

/// A case at the level of the engine.
#[derive(Clone, Copy)]
pub(crate) struct JourneyCase {
    /// Its name in trials.
    pub(crate) name: &'static str,
    /// Whether it can be asked of a network with this profile.
    pub(crate) holds: fn(&Profile) -> bool,
    /// The trial. Panics if the network doesn't hold it.
    pub(crate) run: fn(&'static dyn AnyNetwork),
}

/// All of them.
pub(crate) const CASES: &[JourneyCase] = &[
    JourneyCase { name: "published_once_and_not_again", holds: |_| true, run: once },
    JourneyCase { name: "retry_after_trouble_makes_one_post", holds: can_settle, run: trouble },
    JourneyCase { name: "trouble_that_goes_on_makes_one_post", holds: can_settle, run: long_trouble },
    JourneyCase { name: "a_server_that_forgets_keys_makes_one_post", holds: has_keys, run: forgetful },
    JourneyCase { name: "a_person_settles_what_can_not_be_asked", holds: needs_person, run: person },
    JourneyCase { name: "a_key_alone_settles_where_it_is_promised", holds: needs_person, run: promised },
    JourneyCase { name: "the_networks_clock_is_heard_before_a_claim", holds: is_sent, run: clock },
    JourneyCase { name: "too_many_requests_is_obeyed", holds: is_sent, run: too_many },
    JourneyCase { name: "a_refusal_is_not_retried", holds: has_limit, run: refused },
    JourneyCase { name: "signed_out_is_signed_in_again_once", holds: is_sent, run: signed_out },
    JourneyCase { name: "a_revoked_credential_loses_nothing", holds: is_sent, run: revoked },
    JourneyCase { name: "crash_at_any_call_and_resume", holds: can_settle, run: crash },
    JourneyCase { name: "crash_twice_and_resume", holds: can_settle, run: crash_twice },
    JourneyCase { name: "crash_and_resume_hours_later", holds: can_settle, run: hours_later },
    JourneyCase { name: "a_crash_at_any_call_of_a_video_makes_one_post", holds: takes_videos, run: film_crash },
    JourneyCase { name: "two_publishers_make_one_post", holds: |_| true, run: race },
    JourneyCase {
        name: "a_kept_session_is_opened",
        holds: |profile| profile.auth == Auth::Session,
        run: kept::session,
    },
    JourneyCase { name: "media_are_hosted_as_long_as_they_are_needed", holds: fetches_media, run: hosted },
    JourneyCase { name: "each_recipient_gets_it_once", holds: needs_person, run: recipients::once },
    JourneyCase { name: "a_crash_among_recipients_doubles_nobody", holds: needs_person, run: recipients::crash },
    JourneyCase { name: "two_publishers_send_to_each_once", holds: needs_person, run: recipients::race },
    JourneyCase { name: "another_key_of_the_list_sends_nothing", holds: needs_person, run: recipients::other_key },
    JourneyCase { name: "a_repeated_secret_is_not_printed", holds: is_sent, run: echo },
];

fn is_sent(profile: &Profile) -> bool {
    !profile.projected
}

fn fetches_media(profile: &Profile) -> bool {
    profile.media.as_ref().is_some_and(|media| media.by_address)
}

fn takes_videos(profile: &Profile) -> bool {
    is_sent(profile) && profile.media.as_ref().is_some_and(|media| media.kinds.contains(&MediaKind::Mp4))
}

fn can_settle(profile: &Profile) -> bool {
    is_sent(profile) && profile.settling != Settling::Person
}

fn needs_person(profile: &Profile) -> bool {
    is_sent(profile) && profile.settling == Settling::Person
}

fn has_keys(profile: &Profile) -> bool {
    is_sent(profile) && matches!(profile.settling, Settling::Key { .. })
}

fn has_limit(profile: &Profile) -> bool {
    is_sent(profile) && profile.text.max.is_some()
}

pub(crate) fn plain(profile: &'static Profile) -> Draft {
    fixtures::text(profile, "Once & only once <3 café")
}

/// A draft that needs every sort of call: media, a thread, and something to look up.
fn rich(profile: &'static Profile) -> Draft {
    let say = |text: &str| Say::new(profile).text(text).url("https://acme.example/hoodie");
    let first = if profile.media.is_some() {
        say("First ").media(fixtures::picture(profile), "An image")
    } else {
        say("First ")
    };
    let mut parts = vec![first.part()];
    if profile.threads == Threads::Replies {
        parts.extend([say("Second ").part(), say("Third ").part()]);
    }
    fixtures::draft(profile, parts)
}

/// Sets out with the rich draft, which answers somebody's post where the network can.
fn rich_journey(network: &'static dyn AnyNetwork) -> Journey {
    let mut journey = Journey::new(network, rich);
    if journey.profile.reply {
        let theirs = journey.twin.plant("Somebody else's");
        journey.desired_mut().draft.reply_to = Some(Reference::Url(theirs.url));
    }
    journey
}

fn once(network: &'static dyn AnyNetwork) {
    let journey = rich_journey(network);
    for outcome in journey.outcomes() {
        let Outcome::Published { url } = &outcome else { panic!("{outcome:?}") };
        // A network that says where a post is says so at once.
        let is_told = journey.twin.live().iter().all(|post| !post.url.is_empty());
        assert_eq!(url.is_some(), is_told, "{outcome:?}");
    }
    let sent = journey.line.sent();
    assert_eq!(sent == 0, journey.profile.projected);
    journey.rest_published_once();
    for _ in 0..3 {
        journey.clock.pass(Duration::from_secs(3600));
        assert_eq!(journey.outcomes(), []);
    }
    assert_eq!(journey.line.sent(), sent, "a second publisher sends nothing at all");
    journey.assert_no_secret();
}

fn clock(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, plain);
    journey.rest_published_once();
    let first = journey.store.events().remove(0);
    let Happening::Intent { network_time, .. } = first.what else { panic!("{first:?}") };
    assert_eq!(
        network_time.is_some(),
        journey.twin.tells_time(),
        "a post could go out by a clock that is wrong: a call must come before it, see `greet`"
    );
}

/// Everything that leaves an attempt open or refuses it in passing.
const TROUBLE: [Fault; 10] = [
    Fault::Refused,
    Fault::AnswerLost,
    Fault::RequestLost,
    Fault::Cut,
    Fault::ServerError,
    Fault::BadGateway,
    Fault::Page,
    Fault::Portal,
    Fault::TooMany(Some(30)),
    Fault::TooMany(None),
];

fn trouble(network: &'static dyn AnyNetwork) {
    for fault in TROUBLE {
        let journey = Journey::new(network, plain);
        journey.line.script(Which::Publishing, &[fault]);
        let _ = journey.run();
        journey.rest_published_once();
        journey.assert_no_secret();
    }
}

fn long_trouble(network: &'static dyn AnyNetwork) {
    for first in TROUBLE {
        for then in [Fault::ServerError, Fault::RequestLost, Fault::AnswerLost] {
            let journey = Journey::new(network, plain);
            journey.line.script(Which::Publishing, &[first, then, then, Fault::BadGateway]);
            let _ = journey.run();
            match journey.rest() {
                Rest::Published(_) => journey.rest_published_once(),
                // After so much trouble a person may be asked, but never is there a second post.
                Rest::Attention(_) => assert!(journey.twin.made() <= 1, "{first:?}, {then:?}"),
            }
            journey.assert_no_secret();
        }
    }
}

/// Servers of another make take a key and forget it: the same key again would be a second post there.
fn forgetful(network: &'static dyn AnyNetwork) {
    let lost =
        [Fault::AnswerLost, Fault::RequestLost, Fault::BadGateway, Fault::Page, Fault::CrashBefore, Fault::CrashAfter];
    for fault in lost {
        let journey = rich_journey(network);
        if !journey.twin.forget_keys() {
            return;
        }
        journey.line.script(Which::Publishing, &[fault]);
        let _ = journey.run();
        journey.rest_published_once();
    }
}

fn person(network: &'static dyn AnyNetwork) {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ServerError] {
        let journey = Journey::new(network, plain);
        journey.line.script(Which::Publishing, &[fault]);
        let _ = journey.run();
        let rest = journey.rest();
        assert!(matches!(rest, Rest::Attention(_)), "only a person can tell after {fault:?}: {rest:?}");
        assert_eq!(journey.line.published(), 1, "nothing is sent a second time after {fault:?}");
    }
}

/// Nothing can be looked for there, but the same key makes the same post.
fn promised(network: &'static dyn AnyNetwork) {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::ServerError, Fault::CrashBefore, Fault::CrashAfter] {
        let mut journey = rich_journey(network);
        if !journey.keep_keys() {
            return;
        }
        journey.line.script(Which::Publishing, &[fault]);
        let _ = journey.run();
        journey.rest_published_once();
        assert_eq!(journey.line.published(), 2, "it is sent once more after {fault:?}");
        journey.assert_no_secret();
    }
}

fn too_many(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, plain);
    journey.line.script(Which::Publishing, &[Fault::TooMany(Some(900))]);
    let begun = journey.clock.now();
    let outcomes = journey.outcomes();
    let [Outcome::Deferred { until, .. }] = outcomes.as_slice() else { panic!("it is put off: {outcomes:?}") };
    assert!(until.since(begun) >= Duration::from_secs(900), "until {until}");
    let sent = journey.line.published();
    journey.clock.pass(Duration::from_secs(600));
    assert_eq!(journey.plan().rows[0].verdict, Verdict::Wait);
    assert_eq!(journey.outcomes(), []);
    assert_eq!(journey.line.published(), sent, "nothing is sent before the time");
    journey.rest_published_once();
    assert_eq!(journey.line.published(), sent + 1);
    journey.assert_no_secret();
}

fn refused(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, |profile| {
        let limit = usize::try_from(profile.text.max.expect("a limit").value).expect("small");
        fixtures::text(profile, &"å".repeat(limit + 1))
    });
    let outcomes = journey.outcomes();
    assert!(matches!(outcomes.as_slice(), [Outcome::Failed { .. }]), "{outcomes:?}");
    let rest = journey.rest();
    assert!(matches!(rest, Rest::Attention(_)), "{rest:?}");
    journey.clock.pass(Duration::from_secs(3600));
    assert_eq!(journey.outcomes(), []);
    // Some refuse what is made ready, before anything is published.
    assert!(journey.line.published() <= 1 && journey.twin.made() == 0, "a refusal is final");
    journey.assert_no_secret();
}

fn signed_out(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, plain);
    journey.line.script(Which::Publishing, &[Fault::Unauthorized]);
    let outcomes = journey.outcomes();
    if journey.profile.auth == Auth::Session {
        assert!(matches!(outcomes.as_slice(), [Outcome::Published { .. }]), "{outcomes:?}");
    }
    journey.rest_published_once();
    assert_eq!((journey.line.published(), journey.line.arrived()), (2, 1));
    if journey.twin.renews() {
        let holds = |body: &[u8]| String::from_utf8_lossy(body).contains(journey.twin.token());
        let log = journey.line.log();
        let told = log.iter().filter(|exchange| holds(&exchange.request.body)).count();
        // Where it serves once, it was told before.
        let first = usize::from(!journey.twin.token_serves_once());
        assert_eq!(told, first, "a session that can be renewed costs no second password");
    }
    journey.assert_no_secret();
}

fn revoked(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, plain);
    journey.line.script(Which::Publishing, &[Fault::Unauthorized; 8]);
    let outcomes = journey.outcomes();
    assert!(matches!(outcomes.as_slice(), [Outcome::Blocked { .. }]), "{outcomes:?}");
    assert!(journey.line.published() <= 2, "once, and once more after signing in");
    assert_eq!(journey.twin.made(), 0);
    journey.line.mend();
    journey.rest_published_once();
    journey.assert_no_secret();
}

/// Counts the calls of an undisturbed journey.
fn calls(network: &'static dyn AnyNetwork) -> usize {
    let journey = rich_journey(network);
    let _ = journey.run();
    journey.rest_published_once();
    journey.line.sent()
}

/// What a network fetches is there until the outcome is known, and then no longer; what a crash leaves is swept.
fn hosted(network: &'static dyn AnyNetwork) {
    let files = |journey: &Journey| journey.line.shelf.all().len();
    let journey = rich_journey(network);
    journey.rest_published_once();
    assert_eq!(files(&journey), 0, "nothing is left");

    let journey = rich_journey(network);
    journey.line.script(Which::Publishing, &[Fault::AnswerLost]);
    let outcomes = journey.outcomes();
    assert!(matches!(outcomes.as_slice(), [Outcome::Unknown { .. }]), "{outcomes:?}");
    assert_eq!(files(&journey), 1, "the network may still fetch it");
    assert_eq!(journey.sweep().needed, 1, "and it isn't swept either");
    journey.rest_published_once();
    assert_eq!(files(&journey), 0, "whoever settles takes it away");

    let journey = rich_journey(network);
    crash_at(&journey, calls(network) - 1, Fault::CrashBefore);
    journey.rest_published_once();
    journey.sweep();
    assert_eq!(files(&journey), 0, "what a crash left is swept");
}

fn crash(network: &'static dyn AnyNetwork) {
    for nth in 0..calls(network) {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let journey = rich_journey(network);
            crash_at(&journey, nth, fault);
            journey.rest_published_once();
            journey.assert_no_secret();
        }
    }
}

fn crash_twice(network: &'static dyn AnyNetwork) {
    let calls = calls(network);
    for nth in 0..calls {
        for again in 0..calls {
            let journey = rich_journey(network);
            crash_at(&journey, nth, Fault::CrashAfter);
            journey.clock.pass(Duration::from_secs(20 * 60));
            // The second publisher may be through before it gets to die.
            let mut script = vec![Fault::Fine; again];
            script.push(Fault::CrashAfter);
            journey.line.script(Which::Any, &script);
            let _ = journey.run();
            journey.line.mend();
            journey.rest_published_once();
        }
    }
}

/// A video takes other calls than words, and some networks can't be asked about it: then a person is.
fn film_crash(network: &'static dyn AnyNetwork) {
    let film = |profile| Say::new(profile).text("A film").media(MediaKind::Mp4, "A hoodie that turns").draft();
    let plain = Journey::new(network, film);
    let keys = plain.profile.post_options.iter().map(|spec| spec.key);
    let alone = keys.filter(|key| plain.twin.shows_with_a_video(key)).map(Some);
    for key in std::iter::once(None).chain(alone) {
        let set_out = || {
            let mut journey = Journey::new(network, film);
            if let Some(key) = key {
                fixtures::set(&mut journey.desired_mut().draft, key, OptionValue::Flag(true));
            }
            journey
        };
        let whole = set_out();
        whole.rest_published_once();
        for nth in 0..whole.line.sent() {
            for fault in [Fault::CrashBefore, Fault::CrashAfter] {
                let journey = set_out();
                crash_at(&journey, nth, fault);
                match journey.rest() {
                    Rest::Published(_) => assert_eq!((journey.twin.live().len(), journey.twin.made()), (1, 1)),
                    Rest::Attention(_) => assert!(journey.twin.made() <= 1, "{:#?}", journey.twin.live()),
                }
                journey.assert_no_secret();
            }
        }
    }
}

/// By then no key is remembered, and only our own posts can tell.
fn hours_later(network: &'static dyn AnyNetwork) {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let journey = rich_journey(network);
        journey.line.script(Which::Publishing, &[fault]);
        let run = journey.run();
        assert!(matches!(run, Run::Died), "{run:?}");
        journey.clock.pass(Duration::from_secs(3 * 60 * 60));
        journey.rest_published_once();
        journey.assert_no_secret();
    }
}

/// Lets a publisher die at a call.
fn crash_at(journey: &Journey, nth: usize, fault: Fault) {
    let mut script = vec![Fault::Fine; nth];
    script.push(fault);
    journey.line.script(Which::Any, &script);
    let run = journey.run();
    assert!(matches!(run, Run::Died), "{run:?}");
}

fn race(network: &'static dyn AnyNetwork) {
    for publishers in [2, 5] {
        let journey = rich_journey(network);
        let runs = journey.runs(publishers);
        assert_eq!(runs.len(), publishers);
        journey.rest_published_once();
        journey.assert_no_secret();
    }
}

fn echo(network: &'static dyn AnyNetwork) {
    let journey = Journey::new(network, plain);
    journey.line.script(Which::Any, &[Fault::Echo; 8]);
    let outcomes = journey.outcomes();
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, Outcome::Published { .. })), "{outcomes:?}");
    journey.line.mend();
    journey.line.script(Which::Publishing, &[Fault::Echo]);
    let _ = journey.run();
    journey.assert_no_secret();
}
