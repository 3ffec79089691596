//! One post to every network at once: it takes about as long as the slowest, and an account that fails delays no other.
//!
//! Time stands still while anybody works, and jumps to whatever is waited for next: what is measured is what would pass on the
//! wire, to the millisecond, and measuring it takes no time.

use crate::{
    clock::{FakeEntropy, WaitedFor},
    fixtures,
    journey::{self, Media},
    line::{self, Fault},
    shelf::Shelf,
    twin::{Twin, TwinRequest},
    twins,
};
use masthead::{
    config::Config,
    engine::{self, Clock as _, Outcome, Outgoing, Progress, SecretSource, Stop, Transport, TransportError, World},
    ledger::MemoryStore,
    model::{AccountId, SecretRef},
    network::{self, ALL, Flow, Response},
    plan::{self, Desired},
};
use secrecy::SecretString;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

/// How long each call takes.
const CALL: Duration = Duration::from_millis(200);
/// How long a caller waits for an answer that never comes.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much longer than the slowest of them all of them may take together.
const MOST: f64 = 1.2;

/// What ails the sick account.
#[derive(Clone, Copy, Debug)]
enum Illness {
    /// No answer comes.
    Silent,
    /// This is the answer to everything.
    Answers(Fault),
}

const ILLNESSES: [Illness; 5] = [
    Illness::Silent,
    Illness::Answers(Fault::ServerError),
    Illness::Answers(Fault::Unauthorized),
    Illness::Answers(Fault::Portal),
    Illness::Answers(Fault::TooMany(Some(15))),
];

/// When each account was done.
type Times = BTreeMap<AccountId, Duration>;

/// Everybody together takes as long as the slowest alone, and a little more.
pub(crate) fn together() {
    let all = publish(&everybody(), None);
    let alone = everybody().into_iter().map(|id| publish(&[id], None).into_values().max().expect("it is out"));
    let slowest = alone.max().expect("an account");
    let whole = all.into_values().max().expect("an account");
    assert!(whole.as_secs_f64() <= MOST * slowest.as_secs_f64(), "{whole:?} instead of {slowest:?}");
}

/// Whoever is ill, and of what: the others are out when they would have been.
pub(crate) fn illness() {
    let healthy = publish(&everybody(), None);
    for sick in everybody() {
        for illness in ILLNESSES {
            let mut times = publish(&everybody(), Some((sick, illness)));
            let mut expect = healthy.clone();
            times.remove(&AccountId::new(sick));
            expect.remove(&AccountId::new(sick));
            assert_eq!(times, expect, "while `{sick}` is ill of {illness:?}");
        }
    }
}

fn everybody() -> Vec<&'static str> {
    ALL.iter().map(|network| network.profile()).filter(|profile| !profile.projected).map(|it| it.id.as_str()).collect()
}

/// Publishes one post to accounts, and tells when each had it.
fn publish(networks: &[&'static str], sick: Option<(&'static str, Illness)>) -> Times {
    let clock = WaitedFor::new();
    clock.run(async {
        let crowd = Crowd::new(networks, sick, clock.clone());
        let plan = plan::plan(
            crowd.desired.clone(),
            &crowd.store.ledger(),
            &plan::Policy::new(&crowd.config, &[]),
            clock.now(),
            Some("c0ffee".to_owned()),
        );
        let (entropy, stop, media) = (FakeEntropy::new(17), Stop::new(), Media { shelf: crowd.shelf.clone() });
        let world = World {
            config: &crowd.config,
            transport: &crowd,
            clock: &clock,
            entropy: &entropy,
            secrets: &crowd,
            media: &media,
            networks: &network::find,
            commit: "c0ffee",
            stop: &stop,
        };
        let times = RefCell::new(Times::new());
        let mut tell = |progress: Progress| {
            let Progress::Settled(settled) = progress else { return };
            let is_sick = sick.is_some_and(|(id, _)| id == settled.account.as_str());
            assert!(is_sick || matches!(settled.outcome, Outcome::Published { .. }), "{settled:#?}");
            times.borrow_mut().insert(settled.account, clock.boottime());
        };
        engine::execute(world, &plan, Box::new(crowd.store.clone()), &mut tell).await.expect("the ledger can be used");
        times.take()
    })
}

/// Accounts on networks of their own, one of which may be ill.
struct Crowd {
    twins: BTreeMap<AccountId, Rc<dyn Twin>>,
    sick: Option<(AccountId, Illness)>,
    config: Config,
    desired: Vec<Desired>,
    store: MemoryStore,
    clock: WaitedFor,
    /// What networks can fetch that take media by address.
    shelf: Shelf,
}

impl Crowd {
    fn new(networks: &[&'static str], sick: Option<(&'static str, Illness)>, clock: WaitedFor) -> Self {
        let (mut twins, mut accounts, mut desired) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for network in networks.iter().map(|id| ALL.iter().find(|it| it.profile().id.as_str() == *id).expect("known")) {
            let profile = network.profile();
            let twin = twins::make(profile.id).expect("a twin");
            let id = AccountId::new(profile.id.as_str());
            let mut account = twin.account();
            account.id = id.clone();
            if let Some(token) = &mut account.token {
                token.value = SecretRef::Env(id.to_string());
            }
            let mut draft = fixtures::text(profile, "To everybody");
            draft.account = id.clone();
            desired.push(journey::desired(draft, profile));
            accounts.insert(id.clone(), account);
            twins.insert(id, twin);
        }
        Self {
            twins,
            sick: sick.map(|(id, illness)| (AccountId::new(id), illness)),
            config: journey::config(accounts),
            desired,
            store: MemoryStore::new(),
            clock,
            shelf: Shelf::default(),
        }
    }

    /// Finds out whom a request is meant for, by the secret that it carries or else by its address.
    fn meant_for(&self, request: &TwinRequest) -> &AccountId {
        let body = String::from_utf8_lossy(&request.body);
        let carries = |secret: &str| {
            let held = |text: &str| !secret.is_empty() && text.contains(secret);
            held(&request.url) || held(&body) || request.authorization.as_deref().is_some_and(held)
        };
        let host = |url: &str| url.split('/').nth(2).map(str::to_owned);
        let is_secret = |twin: &dyn Twin| carries(twin.token());
        let is_made_of_it = |twin: &dyn Twin| twin.canaries().iter().any(|canary| carries(canary));
        let is_at = |twin: &dyn Twin| {
            let endpoint = twin.account().endpoint.map(|endpoint| endpoint.value);
            let servers = [endpoint.as_deref(), twin.server()];
            servers.into_iter().flatten().any(|server| host(server) == host(&request.url))
        };
        let find = |sign: &dyn Fn(&dyn Twin) -> bool| self.twins.iter().find(|(_, twin)| sign(twin.as_ref()));
        let found = find(&is_secret).or_else(|| find(&is_made_of_it)).or_else(|| find(&is_at));
        found.unwrap_or_else(|| panic!("nobody's: {request:?}")).0
    }
}

impl Transport for Crowd {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let request = TwinRequest::new(&request, self.clock.now()).with_hosted(self.shelf.all());
            let account = self.meant_for(&request);
            let illness = self.sick.as_ref().filter(|(id, _)| id == account).map(|(_, illness)| *illness);
            if let Some(Illness::Silent) = illness {
                self.clock.sleep(PATIENCE).await;
                return Err(TransportError { not_sent: false, status: None, message: "timed out".to_owned() });
            }
            self.clock.sleep(CALL).await;
            match illness {
                Some(Illness::Answers(fault)) => line::answer_of(fault, &request).expect("an answer"),
                _ => Ok(self.twins[account].handle(&request)),
            }
        })
    }
}

impl SecretSource for Crowd {
    fn get(&self, secret: &SecretRef) -> Result<SecretString, String> {
        let SecretRef::Env(name) = secret else { return Err("there is no such secret".to_owned()) };
        let twin = self.twins.get(&AccountId::new(name.as_str())).ok_or("there is no such account")?;
        Ok(twin.token().into())
    }
}
