//! The stage of a trial at the level of adapters: a network, its twin, an account and a hand that joins them.

use crate::{
    clock::{FakeClock, FakeEntropy},
    fixtures,
    line::{Exchange, Line},
    shelf::Shelf,
    twin::{CLIENT_SECRET, CODE, Live, Twin, TwinRequest, VERIFIER},
    twins,
};
use masthead::{
    diag::{FileId, Span, Spanned},
    engine::{Outgoing, Stock, TransportError, Upload, make_ready},
    model::{Account, Client, PostId, Reference, Remote, SecretRef, Timestamp},
    network::{
        AnyNetwork, Attempt, Auth, Credential, Draft, ErrorKind, Flow, Found, Hand, Job, Limits, MediaKey,
        NetworkError, PreparedMedia, Probe, Profile, Receipt, Referent, Request, Response, Session, SignIn, Wire,
    },
};
use secrecy::SecretString;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

/// A network and its twin, with an account that is signed in.
pub(crate) struct Stage {
    /// The network under trial.
    pub(crate) network: &'static dyn AnyNetwork,
    /// What it says that it can do.
    pub(crate) profile: &'static Profile,
    /// Its twin.
    pub(crate) twin: Rc<dyn Twin>,
    /// The line to it.
    pub(crate) line: Rc<Line>,
    /// The clock of both.
    pub(crate) clock: Rc<FakeClock>,
    /// The account.
    pub(crate) account: Account,
    /// The limits that hold.
    pub(crate) limits: Limits,
    /// What sign-in cost, so that transcripts and counts begin after it.
    signed_in_after: usize,
    session: Session,
    secrets: BTreeMap<&'static str, SecretString>,
    entropy: FakeEntropy,
    /// What is hosted, on networks that fetch media by address.
    shelf: Shelf,
    /// How many drafts were published.
    published: Cell<usize>,
    remotes: RefCell<BTreeMap<PostId, Remote>>,
    /// Everything that was or could have been printed.
    printed: RefCell<Vec<String>>,
}

impl Stage {
    /// Sets a stage up and signs in.
    ///
    /// Panics if the network has no twin: a network that isn't tried doesn't count as one.
    pub(crate) fn new(network: &'static dyn AnyNetwork) -> Self {
        let profile = network.profile();
        let twin = twins::make(profile.id).unwrap_or_else(|| panic!("the network `{}` has no twin", profile.id));
        let clock = Rc::new(FakeClock::new());
        let mut stage = Self {
            network,
            profile,
            line: Rc::new(Line::new(Rc::clone(&twin), Rc::clone(&clock))),
            account: twin.account(),
            twin,
            clock,
            limits: profile.limits(),
            signed_in_after: 0,
            session: Session::default(),
            secrets: BTreeMap::new(),
            entropy: FakeEntropy::new(7),
            shelf: Shelf::default(),
            published: Cell::default(),
            remotes: RefCell::default(),
            printed: RefCell::default(),
        };
        stage.sign_in().expect("the twin lets its own account in");
        stage.signed_in_after = stage.line.sent();
        stage
    }

    /// Signs in, on networks with sessions.
    pub(crate) fn sign_in(&mut self) -> Result<(), NetworkError> {
        if self.profile.auth != Auth::Session {
            return Ok(());
        }
        let signed = self.wired(|account, wire| now(self.network.sign_in(account, wire)))?;
        self.open(signed);
        Ok(())
    }

    /// Takes a session that was given.
    pub(crate) fn open(&mut self, signed: SignIn) {
        self.note(&signed);
        self.session = signed.session;
        self.secrets = signed.secrets.into_iter().collect();
    }

    /// Exchanges the code that a person's yes gave, as an application that the twin knows.
    pub(crate) fn log_in(&mut self) -> Result<SignIn, NetworkError> {
        let place = Span::new(FileId(0), 0..0);
        self.account.client = Some(Client {
            id: Spanned::new("trial-client".to_owned(), place),
            secret: Some(Spanned::new(SecretRef::Env("TWIN_CLIENT".to_owned()), place)),
            redirect: None,
        });
        self.secrets = BTreeMap::from([("code", CODE.into()), ("verifier", VERIFIER.into())]);
        self.wired(|account, wire| now(self.network.log_in(account, "http://127.0.0.1:8910/", wire)))
    }

    /// Publishes every part of a draft, each with an attempt of its own; stops at the first error. Each draft is a post of its
    /// own, whatever its id: the next one gets another.
    pub(crate) fn publish(&self, draft: &Draft) -> Result<Vec<Receipt>, NetworkError> {
        let mut receipts: Vec<Receipt> = Vec::new();
        let mut own = draft.clone();
        if self.published.replace(self.published.get() + 1) > 0 {
            own.post = PostId::new(format!("{}-{}", draft.post, self.published.get()));
        }
        for part in 0..draft.parts.len() {
            let receipt = self.publish_part(&own, part, &self.attempt(), &receipts)?;
            receipts.push(receipt);
        }
        if let Some(first) = receipts.first() {
            self.remotes.borrow_mut().insert(draft.post.clone(), first.remote.clone());
        }
        Ok(receipts)
    }

    /// Publishes one part of a draft.
    pub(crate) fn publish_part(
        &self,
        draft: &Draft,
        part: usize,
        attempt: &Attempt,
        earlier: &[Receipt],
    ) -> Result<Receipt, NetworkError> {
        self.with_job(draft, part, attempt, earlier, |job, wire| now(self.network.publish(job, wire)))
    }

    /// Asks whether an attempt at a part arrived.
    pub(crate) fn find(&self, draft: &Draft, part: usize, attempt: &Attempt) -> Result<Found, NetworkError> {
        self.with_job(draft, part, attempt, &[], |job, wire| now(self.network.find(job, wire)))
    }

    /// Changes a published part.
    pub(crate) fn edit(&self, draft: &Draft, remote: &Remote) -> Result<Receipt, NetworkError> {
        self.with_job(draft, 0, &self.attempt(), &[], |job, wire| now(self.network.edit(job, remote, wire)))
    }

    /// Deletes a published part.
    pub(crate) fn delete(&self, remote: &Remote) -> Result<(), NetworkError> {
        self.wired(|account, wire| now(self.network.delete(account, remote, wire)))
    }

    /// Asks the server for its limits.
    pub(crate) fn probe(&self) -> Result<Probe, NetworkError> {
        self.wired(|account, wire| now(self.network.probe(account, wire)))
    }

    /// Makes an attempt that begins now.
    pub(crate) fn attempt(&self) -> Attempt {
        let nonce = self.entropy.next();
        let key = format!("{:016x}{:016x}", self.entropy.next(), self.entropy.next());
        Attempt { key, at: self.clock.now(), nonce }
    }

    /// Returns what is live, oldest first.
    pub(crate) fn live(&self) -> Vec<Live> {
        self.twin.live()
    }

    /// Returns the only post that is live.
    #[track_caller]
    pub(crate) fn only(&self) -> Live {
        let mut live = self.live();
        assert_eq!(live.len(), 1, "one post should be live, not {live:#?}");
        live.remove(0)
    }

    /// Returns what went over the line after signing in.
    pub(crate) fn log(&self) -> Vec<Exchange> {
        self.line.log().split_off(self.signed_in_after)
    }

    /// Checks that nothing was sent since signing in.
    #[track_caller]
    pub(crate) fn assert_silent(&self) {
        let log = self.log();
        assert!(log.is_empty(), "nothing should have been sent, but this was: {log:#?}");
    }

    /// Checks that none of the secrets is in anything that was or could have been printed.
    pub(crate) fn assert_no_secret(&self) {
        let mut canaries = self.twin.canaries();
        canaries.extend([self.twin.token(), CODE, VERIFIER, CLIENT_SECRET].map(str::to_owned));
        canaries.retain(|canary| !canary.is_empty());
        for text in self.printed.borrow().iter() {
            for canary in &canaries {
                assert!(!text.contains(canary.as_str()), "a secret can be printed: {text}");
            }
        }
    }

    fn with_job<T: std::fmt::Debug>(
        &self,
        draft: &Draft,
        part: usize,
        attempt: &Attempt,
        earlier: &[Receipt],
        run: impl FnOnce(&Job<'_>, &mut Wire<'_>) -> Result<T, NetworkError>,
    ) -> Result<T, NetworkError> {
        let referent = |reference: &Option<Reference>| {
            reference.as_ref().filter(|_| part == 0).map(|reference| match reference {
                Reference::Url(url) => Referent::Url(url.clone()),
                Reference::Post(id) => Referent::Ours(self.remotes.borrow().get(id).expect("published before").clone()),
            })
        };
        let (reply_to, quote, boost) = (referent(&draft.reply_to), referent(&draft.quote), referent(&draft.boost));
        let mut media = fixtures::prepare(&draft.parts[part]);
        if self.profile.media.as_ref().is_some_and(|rules| rules.by_address) {
            for (prepared, media) in media.iter_mut().zip(&draft.parts[part].media) {
                let path = media.source.as_str();
                let name = path.rsplit('/').next().expect("a name");
                prepared.address = Some(self.shelf.put(name, fixtures::bytes_of(path)));
            }
        }
        let job = Job {
            draft,
            part,
            account: &self.account,
            limits: &self.limits,
            attempt,
            media: &media,
            root: earlier.first().map(|receipt| &receipt.remote),
            parent: earlier.last().map(|receipt| &receipt.remote),
            reply_to: reply_to.as_ref(),
            quote: quote.as_ref(),
            boost: boost.as_ref(),
            recipient: None,
        };
        let mut hand = TwinHand { stage: self, media: &media, draft: Some((draft, part)), learnt: Vec::new() };
        let mut wire = Wire::new(&mut hand, &self.session);
        let outcome = run(&job, &mut wire);
        self.note(&outcome);
        outcome
    }

    fn wired<T: std::fmt::Debug>(
        &self,
        run: impl FnOnce(&Account, &mut Wire<'_>) -> Result<T, NetworkError>,
    ) -> Result<T, NetworkError> {
        let mut hand = TwinHand { stage: self, media: &[], draft: None, learnt: Vec::new() };
        let mut wire = Wire::new(&mut hand, &self.session);
        let outcome = run(&self.account, &mut wire);
        self.note(&outcome);
        outcome
    }

    /// Keeps the printed form of a value for [`Self::assert_no_secret`].
    fn note(&self, value: &impl std::fmt::Debug) {
        self.printed.borrow_mut().push(format!("{value:?}"));
    }

    fn secret(&self, credential: Credential) -> Option<SecretString> {
        match credential {
            Credential::None => None,
            Credential::Token => Some(self.twin.token().into()),
            Credential::Client => Some(CLIENT_SECRET.into()),
            Credential::Session(name) => {
                Some(self.secrets.get(name).unwrap_or_else(|| panic!("sign-in gave no secret `{name}`")).clone())
            }
        }
    }
}

/// Runs a flow that never has to wait, because its hand answers at once.
pub(crate) fn now<T>(mut flow: Flow<'_, T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match flow.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("an adapter waited for something that is not its wire"),
    }
}

/// A hand that renders requests, puts secrets in and asks the twin over the line.
struct TwinHand<'a> {
    stage: &'a Stage,
    media: &'a [PreparedMedia],
    draft: Option<(&'a Draft, usize)>,
    /// Secrets that came on the way.
    learnt: Vec<(&'static str, SecretString)>,
}

impl TwinHand<'_> {
    fn bytes(&self, key: MediaKey) -> Vec<u8> {
        let (draft, part) = self.draft.expect("only jobs have media");
        fixtures::bytes_of(draft.parts[part].media[key.0].source.as_str())
    }

    fn render(&self, request: &Request) -> Outgoing {
        let upload = |media: &PreparedMedia| Upload { bytes: self.bytes(media.key), kind: media.info.kind };
        let uploads: Vec<Upload> = self.media.iter().map(upload).collect();
        let secret = |credential| {
            let learnt = self.learnt.iter().rfind(|(name, _)| credential == Credential::Session(name));
            let secret = learnt.map(|(_, secret)| secret.clone()).or_else(|| self.stage.secret(credential));
            secret.ok_or_else(|| "no secret is named".to_owned())
        };
        let entropy = FakeEntropy::new(13);
        let stock = Stock { secret: &secret, uploads: &uploads, entropy: &entropy, now: self.stage.clock.now() };
        make_ready(request, &stock).expect("the adapter makes requests that can be sent")
    }
}

impl Hand for TwinHand<'_> {
    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>> {
        self.stage.note(&request);
        let outgoing = self.render(&request);
        self.stage.note(&outgoing);
        let at: Timestamp = self.stage.clock.now();
        let answer = self.stage.line.send(TwinRequest::new(&outgoing, at).with_hosted(self.stage.shelf.all()));
        let answer = answer.expect("publishers die only at the level of the engine");
        Box::pin(std::future::ready(answer.map_err(|error| without_answer(&error))))
    }

    fn learn(&mut self, name: &'static str, secret: SecretString) {
        self.learnt.push((name, secret));
    }

    fn pause(&mut self, _why: &'static str, duration: Duration) -> Flow<'_, ()> {
        self.stage.clock.pass(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Says what a missing answer means, as the engine does.
fn without_answer(error: &TransportError) -> NetworkError {
    let kind = match (error.not_sent, error.status) {
        (true, _) => ErrorKind::NotSent,
        (false, Some(200..300)) => ErrorKind::Unreadable,
        (false, _) => ErrorKind::Ambiguous,
    };
    NetworkError::new(kind, error.message.clone())
}
