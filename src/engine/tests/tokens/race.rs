//! Eight refreshers at once: over files in memory, and over a git remote that each has a clone for.

use super::{
    super::stage::account,
    server::{Doom, FastClock, Line, Mortal, Server, open},
};
use crate::{
    engine::{SharedVault, Vault, make_key, testing::FakeEntropy, vault::tests::MemoryFiles},
    workspace::{Repo, SharedFiles, git::sandbox::Sandbox},
};
use std::{
    sync::{
        MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

const RUNNERS: usize = 8;

/// How runners race.
#[derive(Clone, Copy, Default)]
struct Race {
    /// How often each renews.
    rounds: usize,
    /// Whether they can sign in by password.
    password: bool,
    /// How much faster than the world's their clock goes, so that leases lapse.
    speed: u32,
    /// How much shorter than the world's their waits are.
    haste: u32,
    /// One claim in so many is the runner's last; none is if it is 0. Another takes its place.
    deaths: usize,
    /// Whether they do not look at claims.
    is_mistaken: bool,
}

impl Race {
    /// Lets runners renew the session that they share. Each has refused what it got and asks for another, so that all want
    /// one at once.
    fn run(self, vaults: Vec<SharedVault>) -> Server {
        let (server, us) = (Server::default(), account(None));
        let clock = FastClock { begun: Instant::now(), speed: self.speed, haste: self.haste };
        let first = open(&vaults[0], &us, &clock, &FakeEntropy::new(99), None, &mut Line::new(&server, &clock, true))
            .expect("a session");
        assert!(server.accepts(&first));
        let (claims, served) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for (runner, vault) in vaults.iter().enumerate() {
                let (server, clock, us, claims, served) = (&server, &clock, &us, &claims, &served);
                scope.spawn(move || {
                    let entropy = FakeEntropy::new(runner as u64);
                    let mut refused = None;
                    for _ in 0..self.rounds {
                        let doom = if self.deaths == 0 { Doom::Never } else { Doom::Every(self.deaths, claims) };
                        let mortal = Mortal::new(vault, doom).mistaken(self.is_mistaken);
                        let mut line = Line::new(server, clock, self.password);
                        let opened = open(&mortal, us, clock, &entropy, refused, &mut line);
                        match opened {
                            Ok(kept) if !mortal.is_dead.get() => {
                                served.fetch_add(1, Ordering::Relaxed);
                                server.expire(&kept);
                                refused = Some(kept.generation);
                            }
                            Ok(_) | Err(_) => refused = None,
                        }
                    }
                });
            }
        });
        let (served, openings) = (served.into_inner(), self.rounds * vaults.len());
        match self.deaths {
            0 if !self.is_mistaken => assert_eq!(served, openings, "each opening gives a session"),
            _ => assert!(served > 0, "none of {openings} openings gave a session"),
        }
        server
    }
}

/// Vaults on files in memory.
fn in_memory() -> Vec<SharedVault> {
    let (files, (key, _)) = (MemoryFiles::default(), make_key());
    (0..RUNNERS).map(|_| SharedVault::new(files.vault(&key, &[]))).collect()
}

/// Vaults on a branch of one remote, each in a clone of its own.
struct Clones {
    origin: Sandbox,
    clones: Vec<Sandbox>,
}

impl Clones {
    fn new() -> Self {
        let origin = Sandbox::bare();
        let clone = |_| {
            let clone = Sandbox::new();
            clone.git(&["remote", "add", "origin", origin.path().to_str().expect("a path")]);
            clone
        };
        let clones = (0..RUNNERS).map(clone).collect();
        Self { origin, clones }
    }

    fn vaults(&self) -> Vec<SharedVault> {
        let key = make_key().0;
        let vault = |clone: &Sandbox| {
            let repository = Repo::open(clone.path()).expect("a repository");
            let files = SharedFiles::open(&repository, "masthead-vault", Some("origin"), "vault").expect("files");
            SharedVault::new(Vault::new(Box::new(files), Ok(key.clone()), Vec::new()))
        };
        self.clones.iter().map(vault).collect()
    }
}

/// How many rounds each runner makes over files in memory; over a remote it is a hundredth or a fiftieth of it.
fn rounds() -> usize {
    std::env::var("MASTHEAD_T12").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

fn state(server: &Server) -> MutexGuard<'_, super::server::Families> {
    server.0.lock().expect("nobody panicked")
}

#[test]
fn eight_refreshers_at_once_never_burn_a_family() {
    let server = Race { rounds: rounds(), speed: 1, haste: 500, ..Race::default() }.run(in_memory());
    let state = state(&server);
    assert_eq!((state.revoked.len(), state.families), (0, 1), "after {} refreshes", state.refreshes);
    assert!(state.refreshes >= rounds(), "{} refreshes", state.refreshes);
}

#[test]
fn no_family_burns_however_many_die_and_however_leases_lapse() {
    // A lease is 60 ms here, so that also living refreshers are taken for dead.
    let race = Race { rounds: rounds(), password: true, speed: 1000, haste: 1000, deaths: 10, ..Race::default() };
    let server = race.run(in_memory());
    let state = state(&server);
    assert_eq!(state.revoked.len(), 0, "after {} refreshes of {} families", state.refreshes, state.families);
    assert!(state.families > 1 && state.refreshes > 0, "{} refreshes of {} families", state.refreshes, state.families);
}

#[test]
fn whoever_does_not_look_at_claims_burns_the_family() {
    let race = Race { rounds: 20, speed: 1, haste: 500, is_mistaken: true, ..Race::default() };
    assert!(!state(&race.run(in_memory())).revoked.is_empty(), "the server would not tell");
}

#[test]
fn eight_clones_share_a_session_over_a_remote() {
    let clones = Clones::new();
    let race = Race { rounds: rounds().div_ceil(100), speed: 1, haste: 20, ..Race::default() };
    let server = race.run(clones.vaults());
    let state = state(&server);
    assert_eq!((state.revoked.len(), state.families), (0, 1), "after {} refreshes", state.refreshes);
    let log = clones.origin.git(&["log", "--format=%s", "masthead-vault"]);
    assert_eq!(log.matches("refreshed brand").count(), state.refreshes + 1, "{log}");
    assert_eq!(log.matches("refreshing brand").count(), state.refreshes + 1, "{log}");
}

#[test]
fn no_family_burns_over_a_remote_however_many_die() {
    // A lease is two seconds here.
    let race =
        Race { rounds: rounds().div_ceil(50), password: true, speed: 30, haste: 30, deaths: 2, ..Race::default() };
    let server = race.run(Clones::new().vaults());
    let state = state(&server);
    assert_eq!(state.revoked.len(), 0, "after {} refreshes of {} families", state.refreshes, state.families);
    assert!(state.families > 1, "{} refreshes of {} families", state.refreshes, state.families);
}
