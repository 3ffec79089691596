use super::{
    Asked, Outcome, Redactor, World,
    body::Upload,
    brakes::Brakes,
    claim::Claim,
    door::Door,
    hand::EngineHand,
    heard::Heard,
    host::Needs,
    keys::Keys,
    log::{Log, next_part},
    prepare::Prepared,
    recipients::List,
    recorder::Halted,
    scribe::Scribe,
    tokens::Tokens,
};
use crate::{
    ledger::{DeliveryState, Ledger},
    model::{Account, AccountId, PostId, Remote, Timestamp},
    network::{AnyNetwork, Auth, ErrorKind, NetworkError, Profile, Rated, Recipient, Session, Settling, Wire},
    plan::{Row, Verdict},
    workspace::trial::kill_point,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// What all accounts of an execution share.
pub(super) struct Run<'a> {
    pub(super) world: World<'a>,
    pub(super) ledger: &'a Ledger,
    /// Who asked for it, if somebody did.
    pub(super) asked: &'a Asked,
    pub(super) scribe: Scribe<'a>,
    pub(super) brakes: Brakes<'a>,
    pub(super) redactor: &'a Redactor,
    pub(super) log: &'a Log<'a>,
    /// Which parts need which hosted files.
    pub(super) needs: RefCell<Needs>,
}

/// One account's share of an execution.
pub(super) struct AccountRun<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) account: &'a Account,
    pub(super) network: &'static dyn AnyNetwork,
    pub(super) keys: Keys,
    pub(super) session: Session,
    pub(super) heard: Heard,
    signed_in: bool,
    /// Which of the kept sessions it is.
    generation: Option<u64>,
    /// Whether the server was asked for no other reason than to hear it.
    greeted: Cell<bool>,
    /// How a lost answer is settled on the account's own server, once it was asked.
    pub(super) settling: Option<Settling>,
    /// The first parts that went out in this run, for references of later posts.
    published: BTreeMap<PostId, Remote>,
    /// What holds up the whole account, once something does.
    pub(super) held_up: Option<Outcome>,
    /// To whom it sends, where each gets a message of their own.
    recipients: Option<Rc<List>>,
    /// Whose turn it is among them.
    pub(super) recipient: Option<Recipient>,
    /// What all of them are sent.
    pub(super) ready: RefCell<Option<Rc<Prepared>>>,
}

impl<'a> AccountRun<'a> {
    /// Makes ready to publish as an account, or tells why that can't be.
    pub(super) fn new(run: &'a Run<'a>, id: &AccountId) -> Result<Self, String> {
        let world = run.world;
        let Some(account) = world.config.accounts.get(id) else {
            return Err(format!("there is no account `{id}` in masthead.toml"));
        };
        let Some(network) = (world.networks)(account.network) else {
            return Err(format!("there is no network `{}`", account.network));
        };
        let keys = Keys::fetch(account, network.profile(), world.secrets, run.redactor)?;
        let recipients = network.recipients(account).map(|of| List::fetch(account, of, world.secrets)).transpose()?;
        Ok(Self { recipients: recipients.map(Rc::new), ..Self::with_keys(run, account, network, keys) })
    }

    /// Makes one more publisher of the account, with an ear and a session of its own.
    pub(super) fn another(&self) -> Self {
        Self::with_keys(self.run, self.account, self.network, self.keys.clone())
    }

    fn with_keys(run: &'a Run<'a>, account: &'a Account, network: &'static dyn AnyNetwork, keys: Keys) -> Self {
        Self {
            run,
            account,
            network,
            keys,
            session: Session::default(),
            heard: Heard::default(),
            signed_in: false,
            generation: None,
            greeted: Cell::new(false),
            settling: None,
            published: BTreeMap::new(),
            held_up: None,
            recipients: None,
            recipient: None,
            ready: RefCell::default(),
        }
    }

    /// Executes rows one after the other. Ends early when the ledger can't be used or we were asked to stop.
    pub(super) async fn deliver_all(mut self, rows: Vec<&Row>) {
        for row in rows {
            if self.run.world.stop.is_asked() || self.deliver(row).await == Err(Halted) {
                return;
            }
        }
    }

    async fn deliver(&mut self, row: &Row) -> Result<(), Halted> {
        let run = self.run;
        if row.verdict == Verdict::Retract {
            return self.retract(row).await;
        }
        if let Some(outcome) = &self.held_up {
            run.log.settled(&row.post, &row.account, next_part(row), outcome.clone());
            return Ok(());
        }
        if let Some(why) = self.broken() {
            let outcome = Outcome::Deferred { until: run.world.clock.now(), why };
            run.log.settled(&row.post, &row.account, next_part(row), outcome);
            return Ok(());
        }
        let Some(desired) = &row.desired else {
            let reason = "an attempt's outcome is unknown and its post is no longer there; bring the post back, or look at \
                          the account and tell with `masthead resolve`";
            run.log.settled(&row.post, &row.account, next_part(row), Outcome::Attention { reason: reason.to_owned() });
            return Ok(());
        };
        if row.verdict == Verdict::Update {
            return self.update(row, desired).await;
        }
        if let Some(list) = self.recipients.clone() {
            return self.deliver_to_each(row, desired, &list).await;
        }
        let nothing = DeliveryState::default();
        let state = run.ledger.delivery(&row.post, &row.account).unwrap_or(&nothing);
        self.deliver_parts(row, desired, state).await
    }

    /// Returns the network's profile.
    pub(super) fn profile(&self) -> &'static Profile {
        self.network.profile()
    }

    /// Notes what a first part is called, for references of later posts.
    pub(super) fn note_published(&mut self, post: &PostId, remote: Remote) {
        self.published.insert(post.clone(), remote);
    }

    /// Returns what a post's first part is called on this account.
    pub(super) fn remote_of(&self, post: &PostId) -> Option<Remote> {
        let here = self.published.get(post).cloned();
        here.or_else(|| {
            let delivery = self.run.ledger.delivery(post, &self.account.id)?;
            delivery.published(0).map(|published| published.remote.clone())
        })
    }

    /// Opens a session, if the network has sessions and none is open.
    pub(super) async fn sign_in(&mut self) -> Result<(), NetworkError> {
        if self.profile().auth != Auth::Session || self.signed_in {
            return Ok(());
        }
        if let Some(tokens) = self.run.world.secrets.tokens() {
            return self.open_kept(tokens, None).await;
        }
        // A session that was open stays on the wire, so that the adapter can renew it instead of sending the password.
        let opened = {
            let mut hand = self.hand(&[], &|_| {}, None);
            let mut wire = Wire::new(&mut hand, &self.session);
            self.network.sign_in(self.account, &mut wire).await
        };
        self.heard.forget_budgets();
        let opened = opened.map_err(|error| self.run.redactor.error(error))?;
        self.keys.open(opened.secrets, self.run.redactor);
        self.session = opened.session;
        self.signed_in = true;
        kill_point("signed-in");
        Ok(())
    }

    /// Opens the session that publishers share.
    async fn open_kept(&mut self, tokens: &dyn Tokens, refused: Option<u64>) -> Result<(), NetworkError> {
        let door = Door {
            world: self.run.world,
            account: self.account,
            network: self.network,
            keys: &self.keys,
            redactor: self.run.redactor,
            heard: &self.heard,
        };
        let kept = door.open(tokens, refused).await;
        self.heard.forget_budgets();
        let kept = kept?;
        self.keys.open(kept.secrets, self.run.redactor);
        (self.session, self.generation, self.signed_in) = (kept.session, Some(kept.generation), true);
        Ok(())
    }

    /// Renews the session, or opens another. An account whose token goes with each request has none to renew.
    pub(super) async fn sign_in_anew(&mut self, refused: &NetworkError) -> Result<(), NetworkError> {
        if self.profile().auth != Auth::Session {
            // In its own words as well: some say what kind of token they want.
            let message = format!("the network does not accept the account's token: {}", refused.message);
            return Err(NetworkError { message, ..refused.clone() });
        }
        self.signed_in = false;
        match self.run.world.secrets.tokens() {
            Some(tokens) => self.open_kept(tokens, self.generation).await,
            None => self.sign_in().await,
        }
    }

    /// Hears what time it is there before the first claim, unless a call that came before has told: by a clock that is wrong
    /// even the first post would go out early. Asks once; a network that does not tell the time keeps it to itself.
    pub(super) async fn hear(&self) -> Result<(), NetworkError> {
        if self.greeted.get() || self.heard.now(self.run.world.clock.boottime()).is_some() {
            return Ok(());
        }
        let greeted = {
            let mut hand = self.hand(&[], &|_| {}, None);
            let mut wire = Wire::new(&mut hand, &self.session);
            self.network.greet(self.account, &mut wire).await
        };
        self.greeted.set(greeted.is_ok());
        greeted.map_err(|error| self.run.redactor.error(error))
    }

    /// Returns until when nothing may be claimed because the network says that less is left than a part with so many media
    /// needs.
    pub(super) fn spent(&self, media: usize) -> Option<Timestamp> {
        let clock = self.run.world.clock;
        let uploads = u64::try_from(media).unwrap_or(u64::MAX);
        self.heard.spent(self.cost(), uploads, clock.boottime()).map(|wait| clock.now().plus(wait))
    }

    /// Returns how much of the network's limit a post uses up.
    pub(super) fn cost(&self) -> u64 {
        let costs = self.profile().rates.iter().filter(|rate| rate.of == Rated::Posts).map(|rate| rate.cost);
        costs.max().unwrap_or(1)
    }

    /// Returns why nothing more is claimed in this run, if too many answers in a row were lost or faults on their side.
    pub(super) fn broken(&self) -> Option<String> {
        let why = "several answers in a row were lost or faults of the server, so the account is left to the next run";
        self.heard.is_broken().then(|| why.to_owned())
    }

    /// Returns whether a flow ended because we were asked to stop.
    pub(super) fn was_stopped(&self, error: &NetworkError) -> bool {
        error.kind == ErrorKind::Withheld && self.run.world.stop.is_asked()
    }

    /// Returns how a lost answer is settled on the account's own server, which is asked once a run.
    pub(super) async fn settling(&mut self) -> Result<Settling, NetworkError> {
        if let Some(known) = self.settling {
            return Ok(known);
        }
        let told = {
            let mut hand = self.hand(&[], &|_| {}, None);
            let mut wire = Wire::new(&mut hand, &self.session);
            self.network.settling(self.account, &mut wire).await
        };
        let told = told.map_err(|error| self.run.redactor.error(error))?;
        let own = self.account.settle.or(self.run.world.times().settle);
        let settling = match (told, own) {
            (Settling::Key { window, .. }, Some(settle)) => Settling::Key { window, settle },
            (Settling::Listing { .. }, Some(settle)) => Settling::Listing { settle },
            (told, _) => told,
        };
        self.settling = Some(settling);
        Ok(settling)
    }

    /// Returns the moment by the network's clock, if it was heard, else by ours. What publishers on several machines compare
    /// is told by it: their own clocks may be minutes apart.
    pub(super) fn now(&self) -> Timestamp {
        let clock = self.run.world.clock;
        self.heard.now(clock.boottime()).unwrap_or_else(|| clock.now())
    }

    /// Returns a hand for a flow of this account.
    pub(super) fn hand<'h>(
        &'h self,
        uploads: &'h [Upload],
        waiting: &'h dyn Fn(&str),
        claim: Option<Claim<'h>>,
    ) -> EngineHand<'h> {
        EngineHand {
            world: self.run.world,
            account: self.account,
            session: &self.session,
            keys: &self.keys,
            redactor: self.run.redactor,
            heard: &self.heard,
            uploads,
            waiting,
            claim,
            stopped: false,
            amends: false,
            learnt: Vec::new(),
        }
    }

    /// Returns a hand that may change and delete what is out.
    pub(super) fn amending_hand<'h>(&'h self, uploads: &'h [Upload], waiting: &'h dyn Fn(&str)) -> EngineHand<'h> {
        EngineHand { amends: true, ..self.hand(uploads, waiting, None) }
    }
}
