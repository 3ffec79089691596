use super::twin::{HERE, Habits, Memory, Scripted, Server, profile};
use crate::{
    config::{CheckSettings, Config, DaemonSettings, LedgerSettings, PublishSettings},
    diag::{FileId, Span, Spanned},
    engine::{
        Asked, Clock, FetchError, Fetched, MediaSource, Outcome, Progress, SecretSource, Settled, Stop, World, amend,
        execute,
        testing::{FakeClock, FakeEntropy},
    },
    ledger::{Append, Appended, Brake, BrakeEvent, DeliveryState, Ledger, MemoryStore, PartState, Store, StoreError},
    model::{Account, AccountId, MediaProblem, NetworkId, Options, PostId, Reference, SecretRef, Timestamp, Zone},
    network::{AnyNetwork, Auth, Draft, DraftPart, Flow, Profile, Rate, Settling},
    plan::{Desired, Plan, Reason, Row, Verdict},
    text::Flat,
};
use secrecy::SecretString;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::pending,
    time::Duration,
};

/// The secret that must turn up nowhere.
pub(super) const CANARY: &str = "canary-token/+7";

/// The commit that everything is made from.
pub(super) const COMMIT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

/// Everything that an execution needs, and what came of it.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) clock: FakeClock,
    pub(super) store: MemoryStore,
    pub(super) stop: Stop,
    pub(super) said: RefCell<Vec<Progress>>,
    pub(super) config: Config,
    pub(super) secret: RefCell<Result<SecretString, String>>,
    /// Which wait is cut short by the wish to stop, counted from 0.
    pub(super) stopped_wait: Cell<Option<usize>>,
    /// What is on the web, by address.
    pub(super) web: RefCell<BTreeMap<String, Vec<u8>>>,
    network: &'static Scripted,
    entropy: FakeEntropy,
    /// What the ledger's calls take, one after the other; then none takes any.
    delays: RefCell<VecDeque<Duration>>,
}

impl Stage {
    pub(super) fn new(settling: Settling, auth: Auth) -> Self {
        Self::with_habits(settling, auth, Habits::default())
    }

    pub(super) fn with_habits(settling: Settling, auth: Auth, habits: Habits) -> Self {
        let memory = match settling {
            Settling::OwnId | Settling::Hash | Settling::Key { .. } if !habits.keeps_no_keys => Memory::Keys,
            _ => Memory::Texts,
        };
        Self::made(settling, auth, habits, memory)
    }

    /// Gives the network limits of its own.
    pub(super) fn rated(settling: Settling, auth: Auth, habits: Habits, rates: &'static [Rate]) -> Self {
        let mut stage = Self::with_habits(settling, auth, habits);
        let profile = Box::leak(Box::new(Profile { rates, ..profile(settling, auth) }));
        stage.network = Box::leak(Box::new(Scripted { profile, habits }));
        stage
    }

    pub(super) fn with_memory(settling: Settling, auth: Auth, memory: Memory) -> Self {
        Self::made(settling, auth, Habits::default(), memory)
    }

    fn made(settling: Settling, auth: Auth, habits: Habits, memory: Memory) -> Self {
        let clock = FakeClock::new(at("2026-11-22T09:00:00Z"));
        let accounts = ["brand", "sky", "team", "shop", "home"];
        let accounts =
            accounts.map(|id| (AccountId::new(id), Account { id: AccountId::new(id), ..account(Some(HERE)) }));
        Self {
            server: Server::new(memory, clock.clone()),
            clock,
            store: MemoryStore::new(),
            stop: Stop::new(),
            said: RefCell::default(),
            config: Config {
                file: FileId(0),
                name: "Acme".to_owned(),
                zone: Zone::UTC,
                branch: "main".to_owned(),
                language: None,
                ledger: LedgerSettings::default(),
                vault: None,
                publish: PublishSettings::default(),
                daemon: DaemonSettings::default(),
                host: None,
                check: CheckSettings::default(),
                accounts: BTreeMap::from(accounts),
                groups: BTreeMap::new(),
                people: BTreeMap::new(),
                networks: Vec::new(),
            },
            secret: RefCell::new(Ok(CANARY.into())),
            stopped_wait: Cell::new(None),
            web: RefCell::default(),
            network: Box::leak(Box::new(Scripted { profile: Box::leak(Box::new(profile(settling, auth))), habits })),
            entropy: FakeEntropy::new(11),
            delays: RefCell::default(),
        }
    }

    pub(super) fn world<'a>(&'a self, networks: &'a dyn Fn(NetworkId) -> Option<&'static dyn AnyNetwork>) -> World<'a> {
        World {
            config: &self.config,
            transport: &self.server,
            clock: self,
            entropy: &self.entropy,
            secrets: self,
            media: self,
            networks,
            commit: COMMIT,
            stop: &self.stop,
        }
    }

    pub(super) fn networks(&self) -> impl Fn(NetworkId) -> Option<&'static dyn AnyNetwork> + use<> {
        let network = self.network;
        move |_| Some(network as &dyn AnyNetwork)
    }

    /// Makes the ledger's next calls take that long.
    pub(super) fn slow_ledger(&self, delays: impl IntoIterator<Item = Duration>) {
        self.delays.borrow_mut().extend(delays);
    }

    /// Gives a row that is to be sent the verdict of a plan that knows the ledger: an attempt past its lease is settled.
    fn as_planned(&self, row: Row) -> Row {
        let ledger = self.ledger();
        let parts = ledger.delivery(&row.post, &row.account).map_or(&[][..], |state| &state.parts);
        let is_over =
            |part: &PartState| matches!(part, PartState::Sending(intent) if intent.over() <= self.clock.now());
        if row.verdict == Verdict::Publish && parts.iter().any(is_over) {
            return Row { verdict: Verdict::Settle, ..row };
        }
        row
    }

    /// Executes rows until the end or until the publisher dies; none if it died.
    pub(super) fn try_run(&self, rows: Vec<Row>) -> Option<Result<Vec<Settled>, StoreError>> {
        let rows = rows.into_iter().map(|row| self.as_planned(row)).collect();
        let plan = Plan { now: self.clock.now(), commit: Some(COMMIT.to_owned()), rows };
        let store: Box<dyn Store> = Box::new(SlowStore {
            store: self.store.clone(),
            clock: self.clock.clone(),
            delays: std::mem::take(&mut *self.delays.borrow_mut()),
        });
        let networks = self.networks();
        let mut tell = |progress| self.said.borrow_mut().push(progress);
        self.until_it_dies(execute(self.world(&networks), &plan, store, &mut tell))
    }

    pub(super) fn run(&self, rows: Vec<Row>) -> Vec<Settled> {
        self.try_run(rows).expect("nobody died").expect("a ledger")
    }

    /// Changes or takes back what is out, as a person has asked; none if the publisher died.
    pub(super) fn try_amend(&self, row: Row, asked: &Asked) -> Option<Result<Vec<Settled>, StoreError>> {
        let (networks, rows) = (self.networks(), [row]);
        let mut tell = |progress| self.said.borrow_mut().push(progress);
        let store: Box<dyn Store> = Box::new(self.store.clone());
        self.until_it_dies(amend(self.world(&networks), &rows, asked, store, &mut tell))
    }

    fn until_it_dies<T>(&self, publisher: impl Future<Output = T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.server.crashed.notified() => None,
                ended = publisher => Some(ended),
            }
        })
    }

    /// Executes one row and returns what became of its last part.
    pub(super) fn run_one(&self, row: Row) -> Outcome {
        self.run(vec![row]).pop().expect("something became of it").outcome
    }

    /// Returns the kinds of all events in order.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.store.events().iter().map(|event| event.what.kind()).collect()
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.server.calls.borrow().clone()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        let live = self.server.live.borrow();
        live.iter().map(|live| live.body["text"].as_str().expect("a text").to_owned()).collect()
    }

    pub(super) fn ledger(&self) -> Ledger {
        self.store.ledger()
    }

    /// Returns the state of `hello` on `brand`.
    pub(super) fn state(&self) -> DeliveryState {
        self.ledger().delivery(&PostId::new("hello"), &AccountId::new("brand")).cloned().unwrap_or_default()
    }
}

/// The stage's clock, and somebody who loses patience.
impl Clock for Stage {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn boottime(&self) -> Duration {
        self.clock.boottime()
    }

    fn sleep(&self, duration: Duration) -> Flow<'_, ()> {
        let waits = self.stopped_wait.get();
        self.stopped_wait.set(waits.map(|waits| waits.saturating_sub(1)));
        Box::pin(async move {
            if waits == Some(0) {
                self.clock.advance(Duration::from_millis(500));
                self.stop.ask();
                pending::<()>().await;
            }
            self.clock.sleep(duration).await;
        })
    }
}

impl SecretSource for Stage {
    fn get(&self, _secret: &SecretRef) -> Result<SecretString, String> {
        self.secret.borrow().clone()
    }
}

impl MediaSource for Stage {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        match path {
            "text.jpg" => Ok(b"no image".to_vec()),
            _ => Err(MediaProblem::Missing { near: None }),
        }
    }

    fn fetch<'a>(&'a self, url: &'a str, _: Option<&'a str>) -> Flow<'a, Result<Fetched, FetchError>> {
        let missing = FetchError { message: "it is not there".to_owned(), help: "try again later" };
        let found = self.web.borrow().get(url).cloned().ok_or(missing);
        Box::pin(async { found.map(|bytes| Fetched::new(bytes).expect("an image")) })
    }
}

struct SlowStore {
    store: MemoryStore,
    clock: FakeClock,
    delays: VecDeque<Duration>,
}

impl Store for SlowStore {
    fn read(&mut self) -> Result<Ledger, StoreError> {
        self.store.read()
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let appended = self.store.append(batch);
        self.clock.advance(self.delays.pop_front().unwrap_or_default());
        appended
    }

    fn brakes(&mut self) -> Result<Vec<Brake>, StoreError> {
        self.store.brakes()
    }

    fn brake(&mut self, events: &[BrakeEvent]) -> Result<(), StoreError> {
        self.store.brake(events)
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a timestamp")
}

pub(super) fn span() -> Span {
    Span::new(FileId(0), 0..0)
}

pub(in crate::engine) fn account(endpoint: Option<&str>) -> Account {
    Account {
        endpoint: endpoint.map(|endpoint| Spanned::new(endpoint.to_owned(), span())),
        token: Some(Spanned::new(SecretRef::Env("TOKEN".to_owned()), span())),
        ..Account::new(AccountId::new("brand"), NetworkId("scripted"), span())
    }
}

/// A row of `hello` on `brand` with these parts.
pub(super) fn row(parts: &[&str]) -> Row {
    row_of("hello", "brand", parts)
}

pub(super) fn row_of(post: &str, account: &str, parts: &[&str]) -> Row {
    let parts: Vec<DraftPart> = parts.iter().map(|text| part(text)).collect();
    let count = parts.len();
    let digest =
        format!("digest of {}", parts.iter().map(|part| part.text.text.as_str()).collect::<Vec<_>>().join("|"));
    let limits = profile(Settling::Person, Auth::None).limits();
    let draft = Draft {
        post: PostId::new(post),
        account: AccountId::new(account),
        network: NetworkId("scripted"),
        title: None,
        language: None,
        tags: Vec::new(),
        parts,
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        options: Options::default(),
    };
    Row {
        post: PostId::new(post),
        account: AccountId::new(account),
        verdict: Verdict::Publish,
        reason: Reason::Due,
        at: None,
        parts: count,
        done: 0,
        url: None,
        desired: Some(Box::new(Desired {
            draft,
            digest,
            limits,
            when: None,
            is_draft: false,
            retract: false,
            campaign: None,
            invalid: false,
            id_written: true,
            costs: Vec::new(),
            path: format!("content/{post}.md"),
        })),
    }
}

/// Changes what a row wants.
pub(super) fn with(mut row: Row, change: impl FnOnce(&mut Desired)) -> Row {
    change(row.desired.as_mut().expect("a row with a draft"));
    row
}

pub(super) fn answering(row: Row, to: &str) -> Row {
    with(row, |desired| desired.draft.reply_to = Some(Reference::Post(PostId::new(to))))
}

fn part(text: &str) -> DraftPart {
    DraftPart {
        text: Flat { text: text.to_owned(), ..Flat::default() },
        rich: [].into(),
        media: Vec::new(),
        beside: 0,
        span: span(),
    }
}
