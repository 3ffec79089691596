//! T12: any number of refreshers never burn a token family, whoever dies between the claim, the call and the store.
//!
//! The server here revokes a whole family when a refresh token is used twice, as the strictest networks do. At its small
//! size eight runners renew 200 times each; `MASTHEAD_T12=2000` sets another number.

mod race;
mod server;

use self::server::{Death, Doom, Line, Mortal, Server, open, secret};
use super::stage::{account, at};
use crate::{
    engine::{
        Clock as _, SharedVault, make_key,
        testing::{FakeClock, FakeEntropy},
        tokens::Kept,
        vault::tests::MemoryFiles,
    },
    model::Account,
    network::{ErrorKind, NetworkError},
};
use secrecy::SecretString;
use std::time::Duration;

/// A session that all of one test share, got at noon, and a clock.
struct Scene {
    files: MemoryFiles,
    key: SecretString,
    server: Server,
    clock: FakeClock,
    us: Account,
    entropy: FakeEntropy,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            files: MemoryFiles::default(),
            key: make_key().0,
            server: Server::default(),
            clock: FakeClock::new(at("2026-11-22T12:00:00Z")),
            us: account(None),
            entropy: FakeEntropy::new(5),
        };
        let first = scene.open(None, true, |_| {}).expect("a session");
        assert_eq!(first.generation, 1);
        scene
    }

    fn vault(&self) -> SharedVault {
        SharedVault::new(self.files.vault(&self.key, &[]))
    }

    fn open(
        &self,
        refused: Option<u64>,
        password: bool,
        change: impl FnOnce(&mut Line<'_>),
    ) -> Result<Kept, NetworkError> {
        let mut line = Line::new(&self.server, &self.clock, password);
        change(&mut line);
        open(&self.vault(), &self.us, &self.clock, &self.entropy, refused, &mut line)
    }

    /// Refreshes and dies.
    fn die(&self, death: Death) {
        let vault = self.vault();
        let mortal = Mortal::new(&vault, Doom::Here(death));
        let mut line = Line::new(&self.server, &self.clock, false);
        // Whatever it got dies with it.
        let _ = open(&mortal, &self.us, &self.clock, &self.entropy, None, &mut line);
        assert!(mortal.is_dead.get(), "it came to {death:?}");
    }

    /// Returns how many families are burnt, and how many refreshes there were.
    fn burnt(&self) -> (usize, usize) {
        (self.server.revoked(), self.server.0.lock().expect("nobody panicked").refreshes)
    }

    fn later(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    fn signed_out(&self) -> Option<String> {
        self.vault().lock().list().expect("a list")[0].signed_out.clone()
    }
}

#[test]
fn a_session_is_opened_and_kept_and_renewed_in_time() {
    let scene = Scene::new();
    scene.later(95);
    assert_eq!(scene.open(None, true, |_| {}).expect("a session").generation, 1);
    scene.later(2);
    let renewed = scene.open(None, false, |_| {}).expect("a session");
    assert_eq!(renewed.generation, 2);
    assert!(scene.server.accepts(&renewed));
    assert_eq!(scene.server.0.lock().expect("nobody panicked").families, 1);
}

#[test]
fn who_dies_before_the_store_leaves_the_old_access_token_and_then_a_matter_for_a_person() {
    // Nobody else can know whether the call was made.
    for (death, refreshes) in [(Death::Claimed, 0), (Death::Called, 1)] {
        let scene = Scene::new();
        scene.later(97);
        scene.die(death);
        // The old access token serves until it ends, also after the lease.
        for _ in 0..2 {
            assert_eq!(scene.open(None, false, |_| {}).expect("the old one").generation, 1);
            scene.later(5);
        }
        assert_eq!(scene.signed_out(), None);
        scene.later(30);
        let error = scene.open(None, false, |_| {}).expect_err("nobody knows what became of it");
        assert_eq!(error.kind, ErrorKind::SignedOut);
        assert!(error.message.contains("its answer was lost"), "{error}");
        assert!(scene.signed_out().expect("told to doctor and plan").contains("`X` is not set"));
        assert!(scene.open(None, false, |_| {}).is_err(), "and it stays so");
        assert_eq!(scene.burnt(), (0, refreshes));
        // With a password it mends itself.
        let mended = scene.open(None, true, |_| {}).expect("a new session");
        assert_eq!((mended.generation, scene.signed_out()), (2, None));
        assert!(scene.server.accepts(&mended));
    }
}

#[test]
fn who_dies_after_the_store_leaves_a_session_to_whoever_comes_next() {
    let scene = Scene::new();
    scene.later(97);
    scene.die(Death::Stored);
    let next = scene.open(None, false, |_| {}).expect("what was stored");
    assert!(scene.server.accepts(&next));
    assert_eq!((next.generation, scene.burnt()), (2, (0, 1)));
}

#[test]
fn a_mistaken_refresher_that_takes_up_a_lapsed_claim_burns_the_family() {
    let scene = Scene::new();
    scene.later(97);
    scene.die(Death::Called);
    scene.later(60);
    let vault = scene.vault();
    let mistaken = Mortal::new(&vault, Doom::Never).mistaken(true);
    let mut line = Line::new(&scene.server, &scene.clock, false);
    let opened = open(&mistaken, &scene.us, &scene.clock, &scene.entropy, None, &mut line);
    assert!(opened.is_err() && scene.burnt() == (1, 1), "the server would not tell");
}

#[test]
fn a_refused_access_token_is_renewed_once_for_all() {
    let scene = Scene::new();
    let one = scene.open(Some(1), false, |_| {}).expect("renewed");
    let other = scene.open(Some(1), false, |_| {}).expect("what the first has stored");
    assert_eq!((one.generation, other.generation), (2, 2));
    assert_eq!(scene.server.0.lock().expect("nobody panicked").refreshes, 1);
}

#[test]
fn a_refresh_whose_answer_is_lost_is_never_repeated() {
    for kind in [ErrorKind::Ambiguous, ErrorKind::Unreadable, ErrorKind::Misconfigured] {
        let scene = Scene::new();
        scene.later(100);
        assert_eq!(scene.open(None, false, |line| line.lost = Some(kind)).expect("it serves still").generation, 1);
        scene.later(30);
        assert!(scene.open(None, false, |_| {}).is_err());
        assert_eq!(scene.open(None, true, |_| {}).expect("by password").generation, 2);
        assert_eq!(scene.burnt(), (0, 1));
    }
}

#[test]
fn a_refresh_that_never_left_is_tried_again() {
    let scene = Scene::new();
    scene.later(100);
    assert_eq!(scene.open(None, false, |line| line.lost = Some(ErrorKind::NotSent)).expect("it serves").generation, 1);
    assert_eq!(scene.open(None, false, |_| {}).expect("renewed").generation, 2);
    let error = scene.open(Some(2), false, |line| line.lost = Some(ErrorKind::NotSent)).expect_err("nothing serves");
    assert_eq!(error.kind, ErrorKind::NotSent);
    assert_eq!(scene.open(Some(2), false, |_| {}).expect("renewed").generation, 3);
}

#[test]
fn a_refresh_token_that_somebody_has_used_up_is_not_the_end_where_there_is_a_password() {
    let scene = Scene::new();
    let kept = scene.open(None, false, |_| {}).expect("a session");
    // Somebody else's program has used it.
    scene.server.refresh(&secret(&kept, "refresh"), scene.clock.now()).expect("it served");
    assert_eq!(scene.open(Some(1), true, |_| {}).expect("by password").generation, 2);
    let scene = Scene::new();
    let kept = scene.open(None, false, |_| {}).expect("a session");
    scene.server.refresh(&secret(&kept, "refresh"), scene.clock.now()).expect("it served");
    assert_eq!(scene.open(Some(1), false, |_| {}).expect_err("no way in").kind, ErrorKind::SignedOut);
    assert!(scene.signed_out().expect("told").contains("invalid_grant"));
}
