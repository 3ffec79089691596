//! A server that burns a family of tokens, and the runners of T12.

use super::super::stage::at;
use crate::{
    engine::{
        Clock, Look, Refreshing, SharedVault, Tokens,
        renew::{Calls, Opening},
        testing::FakeEntropy,
        tokens::Kept,
    },
    model::{Account, Timestamp},
    network::{ErrorKind, Flow, NetworkError, Session, SignIn},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long an access token lives.
const LIFE: Duration = Duration::from_secs(7200);

/// A server whose refresh tokens serve once.
#[derive(Clone, Default)]
pub(super) struct Server(pub(super) Arc<Mutex<Families>>);

#[derive(Default)]
pub(super) struct Families {
    /// The family of each refresh token, and whether it was used.
    refresh: BTreeMap<String, (usize, bool)>,
    /// The family of each access token that is accepted.
    access: BTreeMap<String, usize>,
    pub(super) revoked: Vec<usize>,
    pub(super) families: usize,
    made: u64,
    pub(super) refreshes: usize,
}

impl Families {
    fn issue(&mut self, family: usize, now: Timestamp) -> SignIn {
        self.made += 1;
        let (access, refresh) = (format!("access-{}", self.made), format!("refresh-{}", self.made));
        self.access.insert(access.clone(), family);
        self.refresh.insert(refresh.clone(), (family, false));
        SignIn {
            session: Session { facts: BTreeMap::from([("did", "did:plc:a".to_owned())]) },
            secrets: vec![("access", access.into()), ("refresh", refresh.into())],
            expires: Some(now.plus(LIFE)),
            refresh_expires: None,
        }
    }
}

impl Server {
    pub(super) fn refresh(&self, token: &SecretString, now: Timestamp) -> Result<SignIn, NetworkError> {
        let mut state = self.0.lock().expect("nobody panicked");
        let known =
            state.refresh.get_mut(token.expose_secret()).map(|(family, used)| (*family, std::mem::replace(used, true)));
        let refused = || Err(NetworkError::new(ErrorKind::SignedOut, "invalid_grant"));
        let Some((family, was_used)) = known else { return refused() };
        if was_used {
            state.revoked.push(family);
            state.access.retain(|_, of| *of != family);
        }
        if state.revoked.contains(&family) {
            return refused();
        }
        state.refreshes += 1;
        Ok(state.issue(family, now))
    }

    fn sign_in(&self, now: Timestamp) -> SignIn {
        let mut state = self.0.lock().expect("nobody panicked");
        state.families += 1;
        let family = state.families;
        state.issue(family, now)
    }

    pub(super) fn accepts(&self, kept: &Kept) -> bool {
        self.0.lock().expect("nobody panicked").access.contains_key(secret(kept, "access").expose_secret())
    }

    /// Refuses an access token from now on.
    pub(super) fn expire(&self, kept: &Kept) {
        self.0.lock().expect("nobody panicked").access.remove(secret(kept, "access").expose_secret());
    }

    pub(super) fn revoked(&self) -> usize {
        self.0.lock().expect("nobody panicked").revoked.len()
    }
}

pub(super) fn secret(kept: &Kept, name: &str) -> SecretString {
    kept.secrets.iter().find(|(known, _)| *known == name).expect("it is kept").1.clone()
}

/// The calls of one runner.
pub(super) struct Line<'a> {
    server: &'a Server,
    clock: &'a dyn Clock,
    password: bool,
    /// What the next refresh comes to although the server did it, if anything.
    pub(super) lost: Option<ErrorKind>,
}

impl<'a> Line<'a> {
    pub(super) fn new(server: &'a Server, clock: &'a dyn Clock, password: bool) -> Self {
        Self { server, clock, password, lost: None }
    }
}

impl Calls for Line<'_> {
    fn refresh<'a>(&'a mut self, kept: &'a Kept) -> Flow<'a, Result<SignIn, NetworkError>> {
        Box::pin(async move {
            if self.lost == Some(ErrorKind::NotSent) {
                return Err(NetworkError::new(ErrorKind::NotSent, "no connection"));
            }
            let answer = self.server.refresh(&secret(kept, "refresh"), self.clock.now());
            match self.lost.take() {
                Some(kind) => Err(NetworkError::new(kind, "the answer was lost")),
                None => answer,
            }
        })
    }

    fn sign_in(&mut self) -> Flow<'_, Result<SignIn, NetworkError>> {
        Box::pin(async move {
            assert!(self.password, "nobody signs in without a password");
            Ok(self.server.sign_in(self.clock.now()))
        })
    }

    fn no_password(&self) -> Option<String> {
        (!self.password).then(|| "`X` is not set".to_owned())
    }

    fn wait(&mut self, duration: Duration) -> Flow<'_, bool> {
        Box::pin(async move {
            self.clock.sleep(duration).await;
            true
        })
    }
}

/// Where a runner dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// The claim is written, and nothing was sent.
    Claimed,
    /// The server has answered, and nothing is stored.
    Called,
    /// What it answered is stored, and nobody has used it.
    Stored,
}

/// When a runner dies, if it comes to claim a refresh.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doom<'a> {
    Never,
    /// At its first claim.
    Here(Death),
    /// At each claim of all runners whose number can be divided so, at one place after the other.
    Every(usize, &'a AtomicUsize),
}

impl Doom<'_> {
    /// Returns where whoever claims now dies.
    fn next(self) -> Option<Death> {
        match self {
            Self::Never => None,
            Self::Here(death) => Some(death),
            Self::Every(each, claims) => {
                const ALL: [Death; 3] = [Death::Called, Death::Claimed, Death::Stored];
                let claim = claims.fetch_add(1, Ordering::Relaxed) + 1;
                claim.is_multiple_of(each).then(|| ALL[(claim / each - 1) % ALL.len()])
            }
        }
    }
}

/// A runner's vault. The runner dies where it is told, and sees no claims if it is the mistaken one.
pub(super) struct Mortal<'a> {
    tokens: &'a SharedVault,
    doom: Doom<'a>,
    /// Where it dies next.
    death: Cell<Option<Death>>,
    /// Whether claims are not looked at: the mistake that the tests must find.
    is_mistaken: bool,
    pub(super) is_dead: Cell<bool>,
}

impl<'a> Mortal<'a> {
    pub(super) fn new(tokens: &'a SharedVault, doom: Doom<'a>) -> Self {
        Self { tokens, doom, death: Cell::new(None), is_mistaken: false, is_dead: Cell::new(false) }
    }

    /// Makes it the one that does not look at claims.
    pub(super) fn mistaken(self, is_mistaken: bool) -> Self {
        Self { is_mistaken, ..self }
    }

    fn dies(&self, here: Death) -> Result<(), NetworkError> {
        if self.death.get() != Some(here) {
            return Ok(());
        }
        self.is_dead.set(true);
        Err(NetworkError::new(ErrorKind::Misconfigured, "dead"))
    }
}

impl Tokens for Mortal<'_> {
    fn look<'a>(&'a self, account: &'a Account) -> Flow<'a, Result<Look, NetworkError>> {
        Box::pin(async move {
            let mut look = self.tokens.look(account).await?;
            look.refreshing = look.refreshing.filter(|_| !self.is_mistaken);
            Ok(look)
        })
    }

    fn claim<'a>(
        &'a self,
        account: &'a Account,
        look: &'a Look,
        refreshing: &'a Refreshing,
    ) -> Flow<'a, Result<bool, NetworkError>> {
        Box::pin(async move {
            if self.is_mistaken {
                return Ok(true);
            }
            let claimed = self.tokens.claim(account, look, refreshing).await?;
            if claimed {
                self.death.set(self.doom.next());
                self.dies(Death::Claimed)?;
            }
            Ok(claimed)
        })
    }

    fn store<'a>(
        &'a self,
        account: &'a Account,
        refreshing: &'a Refreshing,
        kept: &'a Kept,
    ) -> Flow<'a, Result<bool, NetworkError>> {
        Box::pin(async move {
            self.dies(Death::Called)?;
            let stored = self.tokens.store(account, refreshing, kept).await?;
            self.dies(Death::Stored)?;
            Ok(stored)
        })
    }

    fn release<'a>(&'a self, account: &'a Account, refreshing: &'a Refreshing) -> Flow<'a, Result<(), NetworkError>> {
        self.tokens.release(account, refreshing)
    }

    fn sign_out<'a>(
        &'a self,
        account: &'a Account,
        generation: u64,
        why: &'a str,
    ) -> Flow<'a, Result<(), NetworkError>> {
        self.tokens.sign_out(account, generation, why)
    }
}

/// A clock that runs `speed` times as fast as the world's, by which waits are `haste` times as short.
#[derive(Clone)]
pub(super) struct FastClock {
    pub(super) begun: Instant,
    pub(super) speed: u32,
    pub(super) haste: u32,
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        at("2026-11-22T12:00:00Z").plus(self.boottime())
    }

    fn boottime(&self) -> Duration {
        self.begun.elapsed() * self.speed
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        Box::pin(tokio::time::sleep(duration / self.haste))
    }
}

/// Opens the session that is kept, as a run does.
pub(super) fn open(
    tokens: &dyn Tokens,
    account: &Account,
    clock: &dyn Clock,
    entropy: &FakeEntropy,
    refused: Option<u64>,
    calls: &mut dyn Calls,
) -> Result<Kept, NetworkError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(Opening { tokens, account, clock, entropy, refused }.open(calls))
}
