//! The stage of a trial at the level of the engine: a post that is due, a ledger in memory, and publishers that may die.

use crate::{
    clock::{FakeClock, FakeEntropy},
    fixtures, kept,
    line::Line,
    shelf::Shelf,
    stage,
    twin::{Live, RECIPIENTS, Twin},
    twins,
};
use masthead::{
    config::{CheckSettings, Config, DaemonSettings, LedgerSettings, PublishSettings},
    diag::FileId,
    engine::{
        self, Broom, HostError, MediaHost, MediaSource, Outcome, Progress, SecretSource, Settled, SharedVault, Stop,
        Swept, Tokens, World,
    },
    ledger::{self, DeliveryState, MemoryStore, PartState, Published},
    model::{Account, AccountId, MediaProblem, SecretRef, Zone},
    network::{self, AnyNetwork, Draft, Profile},
    plan::{self, Desired, Plan, Verdict},
};
use secrecy::SecretString;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

/// How often a publisher looks again before a trial gives up, and how long it sleeps in between.
const RUNS: usize = 40;
const BETWEEN: Duration = Duration::from_secs(5 * 60);

/// The key of the list of recipients.
pub(crate) const KEY: &str = "canary-list-key-0123456789";

/// One post on its way through the engine.
pub(crate) struct Journey {
    pub(crate) profile: &'static Profile,
    pub(crate) twin: Rc<dyn Twin>,
    pub(crate) line: Line,
    pub(crate) clock: Rc<FakeClock>,
    pub(crate) store: MemoryStore,
    entropy: FakeEntropy,
    config: Config,
    desired: Desired,
    secrets: Secrets,
    /// What is never printed besides what the twin knows.
    hidden: Vec<String>,
    /// Everything that was or could have been printed.
    printed: RefCell<Vec<String>>,
}

/// How a run of a publisher ended.
#[derive(Debug)]
pub(crate) enum Run {
    /// By itself.
    Ended(Vec<Settled>),
    /// It died.
    Died,
}

/// Where a delivery has come to rest.
#[derive(Debug)]
pub(crate) enum Rest {
    /// All of it is out.
    Published(Vec<Published>),
    /// A person must look.
    Attention(DeliveryState),
}

impl Journey {
    /// Sets out with a draft that is due at once. Where the account's secret serves once, a session is kept from the start, as a login
    /// leaves it.
    pub(crate) fn new(network: &'static dyn AnyNetwork, make: impl FnOnce(&'static Profile) -> Draft) -> Self {
        let journey = Self::signed_out(network, make);
        if journey.twin.token_serves_once() { journey.signed_in() } else { journey }
    }

    /// Sets out with nothing but the account's own secret.
    pub(crate) fn signed_out(network: &'static dyn AnyNetwork, make: impl FnOnce(&'static Profile) -> Draft) -> Self {
        let profile = network.profile();
        let twin = twins::make(profile.id).unwrap_or_else(|| panic!("the network `{}` has no twin", profile.id));
        let clock = Rc::new(FakeClock::new());
        let account = twin.account();
        let mut draft = make(profile);
        draft.account = account.id.clone();
        let desired = desired(draft, profile);
        let config = config(BTreeMap::from([(account.id.clone(), account)]));
        Self {
            profile,
            line: Line::new(Rc::clone(&twin), Rc::clone(&clock)),
            secrets: Secrets { token: Some(twin.token()), vault: None, list: RefCell::default() },
            hidden: Vec::new(),
            twin,
            clock,
            store: MemoryStore::new(),
            entropy: FakeEntropy::new(11),
            config,
            desired,
            printed: RefCell::default(),
        }
    }

    /// Keeps sessions from now on, and opens the first.
    fn signed_in(mut self) -> Self {
        self.keep_sessions(kept::vault(), true);
        let stop = Stop::new();
        let media = Media::default();
        let account = self.config.accounts.values().next().expect("an account").clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(engine::probe(self.world(&stop, &media), &account)).expect("signed in");
        self.line.forget();
        self
    }

    fn world<'w>(&'w self, stop: &'w Stop, media: &'w Media) -> World<'w> {
        World {
            config: &self.config,
            transport: &self.line,
            clock: &*self.clock,
            entropy: &self.entropy,
            secrets: &self.secrets,
            media,
            networks: &network::find,
            commit: "c0ffee",
            stop,
        }
    }

    /// Returns what is wanted, to change it before setting out.
    pub(crate) fn desired_mut(&mut self) -> &mut Desired {
        &mut self.desired
    }

    /// Goes on with an account whose server knows every key again; false if there is none like it.
    pub(crate) fn keep_keys(&mut self) -> bool {
        let Some(account) = self.twin.keep_keys() else { return false };
        self.config.accounts.insert(account.id.clone(), account);
        true
    }

    /// Goes on with an account that sends to each of some recipients; false if there is none like it.
    pub(crate) fn send_to(&mut self, recipients: &[&str]) -> bool {
        let Some(account) = self.twin.to_recipients() else { return false };
        self.config.accounts.insert(account.id.clone(), account);
        self.change_list(recipients, KEY);
        self.hidden = RECIPIENTS.map(str::to_owned).to_vec();
        true
    }

    /// Puts other recipients onto the list, or another key beside it.
    pub(crate) fn change_list(&self, recipients: &[&str], key: &str) {
        *self.secrets.list.borrow_mut() = (recipients.join("\n"), key.to_owned());
    }

    /// Keeps sessions in a vault from now on, on a machine that has the account's own secret or not.
    pub(crate) fn keep_sessions(&mut self, vault: SharedVault, has_password: bool) {
        let token = has_password.then(|| self.twin.token());
        self.secrets = Secrets { token, vault: Some(vault), list: RefCell::default() };
    }

    /// Makes the plan of this moment.
    pub(crate) fn plan(&self) -> Plan {
        let ledger = self.store.ledger();
        let freezes: Vec<_> = ledger.freezes().cloned().collect();
        let policy = plan::Policy::new(&self.config, &freezes);
        plan::plan(vec![self.desired.clone()], &ledger, &policy, self.clock.now(), Some("c0ffee".to_owned()))
    }

    /// Lets a publisher run once, on the plan of this moment.
    pub(crate) fn run(&self) -> Run {
        self.runs(1).remove(0)
    }

    /// Lets several publishers run side by side on the plan of this moment.
    pub(crate) fn runs(&self, publishers: usize) -> Vec<Run> {
        let plan = self.plan();
        self.note(&plan);
        let stop = Stop::new();
        let media = Media { shelf: self.line.shelf.clone() };
        let world = self.world(&stop, &media);
        let publisher = async {
            let mut progress = |progress: Progress| self.note(&progress);
            tokio::select! {
                biased;
                () = self.line.crashed() => Run::Died,
                settled = engine::execute(world, &plan, Box::new(self.store.clone()), &mut progress) => {
                    Run::Ended(settled.expect("the ledger can be used"))
                }
            }
        };
        // Futures run once; each publisher needs its own.
        let publishers = (1..publishers).map(|_| async {
            let mut progress = |progress: Progress| self.note(&progress);
            let store = Box::new(self.store.clone());
            Run::Ended(engine::execute(world, &plan, store, &mut progress).await.expect("the ledger can be used"))
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (first, others) =
            runtime.block_on(futures_util::future::join(publisher, futures_util::future::join_all(publishers)));
        let runs: Vec<Run> = std::iter::once(first).chain(others).collect();
        self.note(&runs);
        runs
    }

    /// Sweeps what is hosted.
    pub(crate) fn sweep(&self) -> Swept {
        let ledger = self.store.ledger();
        let (config, now) = (&self.config, self.clock.now());
        let broom = Broom { ledger: &ledger, config, networks: &network::find, now, dry: false };
        stage::now(Box::pin(engine::sweep(&self.line.shelf, broom))).expect("the shelf can be swept")
    }

    /// Lets a publisher run once; it must not die.
    #[track_caller]
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        match self.run() {
            Run::Ended(settled) => settled.into_iter().map(|settled| settled.outcome).collect(),
            Run::Died => panic!("the publisher died, but not by the script"),
        }
    }

    /// Lets publishers run, with time in between, until the delivery has come to rest.
    #[track_caller]
    pub(crate) fn rest(&self) -> Rest {
        for _ in 0..RUNS {
            let verdict = self.plan().rows.first().map(|row| row.verdict);
            match verdict {
                Some(Verdict::Done) => return Rest::Published(self.receipts()),
                Some(Verdict::Attention) => return Rest::Attention(self.delivery()),
                Some(Verdict::Publish | Verdict::Settle) => drop(self.run()),
                Some(Verdict::Wait) => {}
                Some(Verdict::Retract | Verdict::Update | Verdict::Drift | Verdict::Held) | None => {
                    panic!("the delivery neither goes on nor rests: {:#?}", self.plan().rows)
                }
            }
            self.clock.pass(BETWEEN);
        }
        panic!("the delivery never comes to rest: {:#?}", self.delivery());
    }

    /// Lets the delivery come to rest and checks that exactly what was wanted is out, once, as the ledger says.
    #[track_caller]
    pub(crate) fn rest_published_once(&self) {
        let parts = self.desired.draft.parts.len();
        let receipts = match self.rest() {
            Rest::Published(receipts) => receipts,
            Rest::Attention(state) => panic!("a person must look: {state:#?}"),
        };
        assert_eq!(receipts.len(), parts, "{receipts:#?}");
        if self.profile.projected {
            return;
        }
        let live = self.twin.live();
        assert_eq!((live.len(), self.twin.made()), (parts, parts), "never twice: {live:#?}");
        let ids = |live: &[Live]| live.iter().map(|post| post.id.clone()).collect::<Vec<_>>();
        let known: Vec<String> = receipts.iter().map(|receipt| receipt.remote.id.clone()).collect();
        if live.iter().all(|post| !post.id.is_empty()) {
            assert_eq!(known, ids(&live), "the ledger names what is live");
        }
        for (index, post) in live.iter().enumerate().skip(1) {
            let before = if self.twin.has_flat_threads() {
                live[0].reply_to.as_ref().or(known.first())
            } else {
                known.get(index - 1)
            };
            assert_eq!(post.reply_to.as_ref(), before, "the thread is a chain: {live:#?}");
        }
    }

    /// Returns the receipts of the parts that are out.
    pub(crate) fn receipts(&self) -> Vec<Published> {
        let parts = self.delivery().parts.into_iter();
        parts
            .filter_map(|part| if let PartState::Published(published) = part { Some(published) } else { None })
            .collect()
    }

    /// Returns the state of the delivery.
    pub(crate) fn delivery(&self) -> DeliveryState {
        let account: &AccountId = &self.desired.draft.account;
        self.store.ledger().delivery(&self.desired.draft.post, account).cloned().unwrap_or_default()
    }

    /// Checks that none of the secrets is in anything that was printed or written to the ledger.
    pub(crate) fn assert_no_secret(&self) {
        let mut canaries = self.twin.canaries();
        canaries.push(self.twin.token().to_owned());
        canaries.extend(self.hidden.iter().cloned());
        canaries.retain(|canary| !canary.is_empty());
        let events = self.store.events();
        let written = events.iter().map(|event| format!("{event:?}\n{}", ledger::encode(event)));
        for text in self.printed.borrow().iter().cloned().chain(written) {
            for canary in &canaries {
                assert!(!text.contains(canary.as_str()), "a secret is in what is printed or written: {text}");
            }
        }
    }

    /// Keeps the printed form of a value for [`Self::assert_no_secret`].
    fn note(&self, value: &impl std::fmt::Debug) {
        self.printed.borrow_mut().push(format!("{value:?}"));
    }
}

/// Wants a draft to be out at once.
pub(crate) fn desired(draft: Draft, profile: &Profile) -> Desired {
    Desired {
        draft,
        digest: "digest".to_owned(),
        limits: profile.limits(),
        when: None,
        is_draft: false,
        retract: false,
        campaign: None,
        invalid: false,
        id_written: true,
        costs: Vec::new(),
        path: "content/trial.md".to_owned(),
    }
}

/// Makes a configuration with accounts.
pub(crate) fn config(accounts: BTreeMap<AccountId, Account>) -> Config {
    Config {
        file: FileId(0),
        name: "Trial".to_owned(),
        zone: Zone::UTC,
        branch: "main".to_owned(),
        language: None,
        ledger: LedgerSettings::default(),
        vault: None,
        publish: PublishSettings::default(),
        daemon: DaemonSettings::default(),
        host: None,
        check: CheckSettings::default(),
        accounts,
        groups: BTreeMap::new(),
        people: BTreeMap::new(),
        networks: network::specs(),
    }
}

struct Secrets {
    token: Option<&'static str>,
    vault: Option<SharedVault>,
    /// The list of recipients and its key.
    list: RefCell<(String, String)>,
}

impl SecretSource for Secrets {
    fn list(&self, secret: &SecretRef) -> Result<SecretString, String> {
        assert_eq!(*secret, SecretRef::Env("LIST".to_owned()));
        Ok(self.list.borrow().0.as_str().into())
    }

    fn get(&self, secret: &SecretRef) -> Result<SecretString, String> {
        if *secret == SecretRef::Env("LIST_KEY".to_owned()) {
            return Ok(self.list.borrow().1.as_str().into());
        }
        assert_eq!(*secret, SecretRef::Env("TWIN_TOKEN".to_owned()));
        self.token.map(Into::into).ok_or_else(|| "`TWIN_TOKEN` is not set".to_owned())
    }

    fn tokens(&self) -> Option<&dyn Tokens> {
        self.vault.as_ref().map(|vault| vault as &dyn Tokens)
    }
}

/// The samples, and where they are put for networks that fetch them.
#[derive(Default)]
pub(crate) struct Media {
    pub(crate) shelf: Shelf,
}

impl MediaSource for Media {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        Ok(fixtures::bytes_of(path))
    }

    fn host(&self) -> Result<&dyn MediaHost, HostError> {
        Ok(&self.shelf)
    }
}
