use crate::{
    engine::{Clock as _, Outgoing, Transport, TransportError, testing::FakeClock},
    model::{Account, NetworkId, Remote},
    network::{
        Auth, Credential, Effect, Flow, Form, Found, Job, Limit, Method, Network, NetworkError, Payload, Probe,
        Profile, Receipt, Referent, Request, Response, Settling, SignIn, TextRules, Threads, Wire,
    },
    text::{Measure, MentionWeight, Unit},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::pending,
    rc::Rc,
    time::Duration,
};
use tokio::sync::Notify;

/// Where the scripted network lives.
pub(super) const HERE: &str = "https://scripted.example";

/// A network whose adapter does what a test says.
#[derive(Debug)]
pub(super) struct Scripted {
    pub(super) profile: &'static Profile,
    pub(super) habits: Habits,
}

/// What the adapter does beyond one call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habits {
    /// It says hello before anything is claimed.
    pub(super) greets: bool,
    /// It waits for its uploads, as if each took a minute.
    pub(super) processes: bool,
    /// It uploads something first.
    pub(super) uploads: bool,
    /// It looks something up afterwards.
    pub(super) looks_after: bool,
    /// It renews an open session instead of sending the password again.
    pub(super) renews: bool,
    /// Its server is known to remember no keys.
    pub(super) keeps_no_keys: bool,
    /// It has a bug and publishes twice.
    pub(super) twice: bool,
    /// It has a bug and publishes when asked to find.
    pub(super) finds_by_publishing: bool,
    /// It deletes nothing for programs.
    pub(super) deletes_nothing: bool,
    /// It has a bug and sends the token to this address.
    pub(super) strays: Option<&'static str>,
}

pub(super) fn profile(settling: Settling, auth: Auth) -> Profile {
    Profile {
        id: NetworkId("scripted"),
        name: "Scripted",
        checked: "2026-11-22",
        sources: &[],
        text: TextRules {
            form: Form::Rich,
            max: Some(Limit { value: 500, source: "a test" }),
            measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
            max_bytes: None,
            counted_options: &[],
        },
        threads: Threads::Replies,
        media: None,
        poll: None,
        reply: true,
        quote: true,
        boost: true,
        edit: false,
        delete: false,
        prices: &[],
        rates: &[],
        settling,
        auth,
        login: None,
        probe: true,
        projected: false,
        look: crate::network::Look::PLAIN,
        post_options: &[],
        account_options: &[],
        needs: &[],
        setup: &[],
        quirks: "",
    }
}

impl Scripted {
    fn credential(&self) -> Credential {
        match self.profile.auth {
            Auth::None => Credential::None,
            Auth::Token => Credential::Token,
            Auth::Session => Credential::Session("jwt"),
        }
    }

    fn post(&self, job: &Job<'_>) -> Request {
        let id = |remote: &Remote| Value::from(remote.id.clone());
        let referent = |referent: &Referent| match referent {
            Referent::Ours(remote) => id(remote),
            Referent::Url(url) => url.clone().into(),
        };
        let body = json!({
            "account": job.account.id.as_str(),
            "text": job.draft_part().text.text,
            "key": format!("{}-{}-{}", job.attempt.key, job.attempt.nonce, job.attempt.at),
            "parent": job.parent.map(id),
            "root": job.root.map(id),
            "reply_to": job.reply_to.map(referent),
        });
        Request::send("post", Method::Post, format!("{HERE}/post"), Payload::Json(body), Effect::Publish)
            .credential(self.credential())
    }
}

impl Network for Scripted {
    fn profile(&self) -> &'static Profile {
        self.profile
    }

    async fn sign_in(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
        if self.habits.renews && !wire.session().facts.is_empty() {
            let request =
                Request::send("renew", Method::Post, format!("{HERE}/session"), Payload::Empty, Effect::Prepare);
            let renewed = accepted(wire.call(request.credential(self.credential())).await?);
            if let Ok(answer) = renewed {
                return opened(&answer);
            }
        }
        let payload = Payload::JsonWithSecret { value: json!({}), key: "password", credential: Credential::Token };
        let request = Request::send("sign in", Method::Post, format!("{HERE}/session"), payload, Effect::Prepare);
        opened(&accepted(wire.call(request).await?)?)
    }

    async fn publish(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        if self.profile.settling == Settling::Receipt {
            let id = format!("{}/{}", job.draft.post, job.part + 1);
            return Ok(Receipt { remote: Remote { url: Some(format!("/{id}")), id, ..Remote::default() } });
        }
        if self.habits.uploads {
            let upload =
                Request::send("upload", Method::Post, format!("{HERE}/upload"), Payload::Empty, Effect::Prepare);
            accepted(wire.call(upload.credential(self.credential())).await?)?;
        }
        if self.habits.processes {
            wire.pause("the upload is processed", Duration::from_secs(60)).await;
            accepted(wire.call(Request::get("look", format!("{HERE}/look"))).await?)?;
        }
        if let Some(elsewhere) = self.habits.strays {
            accepted(wire.call(Request::get("stray", elsewhere).credential(self.credential())).await?)?;
        }
        let answer = accepted(wire.call(self.post(job)).await?)?;
        if self.habits.twice {
            accepted(wire.call(self.post(job)).await?)?;
        }
        let receipt = receipt(&answer.json::<Value>()?);
        if self.habits.looks_after {
            accepted(wire.call(Request::get("look", format!("{HERE}/look"))).await?)?;
        }
        Ok(receipt)
    }

    async fn find(&self, job: &Job<'_>, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
        if self.habits.finds_by_publishing {
            accepted(wire.call(self.post(job)).await?)?;
        }
        let mut request = self.post(job);
        (request.label, request.effect, request.url) = ("find", Effect::Read, format!("{HERE}/find"));
        let answer = accepted(wire.call(request).await?)?.json::<Value>()?;
        Ok(match (&answer["unclear"], &answer["id"]) {
            (Value::String(why), _) => Found::Unclear(why.clone()),
            (_, Value::String(_)) => Found::Here(receipt(&answer)),
            _ => Found::Absent,
        })
    }

    async fn settling(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<Settling, NetworkError> {
        if !self.habits.keeps_no_keys {
            return Ok(self.profile.settling);
        }
        accepted(wire.call(Request::get("settling", format!("{HERE}/about"))).await?)?;
        Ok(Settling::Listing { settle: Duration::from_secs(600) })
    }

    async fn edit(&self, job: &Job<'_>, remote: &Remote, wire: &mut Wire<'_>) -> Result<Receipt, NetworkError> {
        let mut request = self.post(job);
        (request.label, request.url) = ("edit", format!("{HERE}/edit/{}", remote.id));
        Ok(receipt(&accepted(wire.call(request).await?)?.json::<Value>()?))
    }

    async fn delete(&self, _account: &Account, remote: &Remote, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        if self.habits.deletes_nothing {
            return Err(NetworkError::unsupported("delete a published post"));
        }
        let url = format!("{HERE}/delete/{}", remote.id);
        let request = Request::send("delete", Method::Post, url, Payload::Empty, Effect::Publish);
        accepted(wire.call(request.credential(self.credential())).await?).map(drop)
    }

    async fn greet(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
        if self.habits.greets {
            wire.call(Request::get("greet", format!("{HERE}/greet"))).await?;
        }
        Ok(())
    }

    async fn probe(&self, _account: &Account, wire: &mut Wire<'_>) -> Result<Probe, NetworkError> {
        let request = Request::get("probe", format!("{HERE}/probe")).credential(self.credential());
        accepted(wire.call(request).await?)?;
        let limits = self.profile.limits();
        Ok(Probe { identity: None, server: None, scopes: Vec::new(), missing: Vec::new(), expires: None, limits })
    }
}

fn accepted(answer: Response) -> Result<Response, NetworkError> {
    if answer.is_success() { Ok(answer) } else { Err(answer.refusal(None)) }
}

fn opened(answer: &Response) -> Result<SignIn, NetworkError> {
    let answer = answer.json::<Value>()?;
    let mut signed_in = SignIn::default();
    signed_in.session.facts.insert("pds", HERE.to_owned());
    signed_in.secrets.push(("jwt", answer["jwt"].as_str().unwrap_or_default().to_owned().into()));
    Ok(signed_in)
}

fn receipt(answer: &Value) -> Receipt {
    let text = |key: &str| answer[key].as_str().map(str::to_owned);
    Receipt { remote: Remote { id: text("id").unwrap_or_default(), url: text("url"), ..Remote::default() } }
}

/// How the server recognises what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// By the key of the attempt, which also keeps it from making a second post.
    Keys,
    /// By the key of the attempt for posts, and by text when it is asked for one.
    KeysAndTexts,
    /// By text, and it makes as many posts as it is told to.
    Texts,
}

/// What befalls one call.
#[derive(Clone)]
pub(super) enum Fault {
    /// No connection is made.
    NotSent,
    /// The request arrives nowhere, and no answer comes.
    Lost,
    /// It is done, and no answer comes.
    LostAfter,
    /// It is done, and the answer breaks off after its status.
    CutAfter,
    /// It is done, and the answer is a web page.
    GarbageAfter,
    /// It is done, and the answer does not say what it is called.
    NamelessAfter,
    /// Nothing is done, and a stranger's page comes back with a status that says yes.
    Portal,
    /// Nothing is done, and this is answered.
    Status(u16, Vec<(&'static str, String)>),
    /// It is done, and the answer says this too.
    AlsoSays(Vec<(&'static str, String)>),
    /// Nothing is done, and this is said with a success.
    Says(Value),
    /// Nothing is done, and the answer repeats every secret that came.
    Echo(u16),
    /// The publisher dies before anything happens.
    Crash,
    /// It is done, and the publisher dies.
    CrashAfter,
    /// Something happens meanwhile; the call itself goes well.
    Meanwhile(Rc<dyn Fn()>),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Meanwhile(_) => f.write_str("Meanwhile"),
            Self::Status(status, _) => write!(f, "Status({status})"),
            Self::AlsoSays(headers) => write!(f, "AlsoSays({headers:?})"),
            Self::Says(value) => write!(f, "Says({value})"),
            Self::Echo(status) => write!(f, "Echo({status})"),
            Self::NotSent => f.write_str("NotSent"),
            Self::Lost => f.write_str("Lost"),
            Self::LostAfter => f.write_str("LostAfter"),
            Self::CutAfter => f.write_str("CutAfter"),
            Self::GarbageAfter => f.write_str("GarbageAfter"),
            Self::NamelessAfter => f.write_str("NamelessAfter"),
            Self::Portal => f.write_str("Portal"),
            Self::Crash => f.write_str("Crash"),
            Self::CrashAfter => f.write_str("CrashAfter"),
        }
    }
}

/// Something that people can see.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) body: Value,
}

/// The scripted network's server, and the line to it.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) memory: Memory,
    pub(super) clock: FakeClock,
    pub(super) live: RefCell<Vec<Live>>,
    /// The labels of the calls that were made, in order.
    pub(super) calls: RefCell<Vec<&'static str>>,
    pub(super) faults: RefCell<VecDeque<(&'static str, Fault)>>,
    /// By how many seconds the server's clock is ahead; it tells no time if absent.
    pub(super) ahead: Cell<Option<i64>>,
    /// Told when the publisher dies.
    pub(super) crashed: Notify,
    sessions: Cell<u32>,
}

impl Server {
    pub(super) fn new(memory: Memory, clock: FakeClock) -> Self {
        Self {
            memory,
            clock,
            live: RefCell::default(),
            calls: RefCell::default(),
            faults: RefCell::default(),
            ahead: Cell::new(None),
            crashed: Notify::new(),
            sessions: Cell::new(0),
        }
    }

    fn do_it(&self, request: &Outgoing) -> Response {
        let body: Value = serde_json::from_slice(&request.body.0).unwrap_or_default();
        let has_key = |live: &Live| live.body["key"] == body["key"];
        let found = |live: &Live| match self.memory {
            Memory::Keys => has_key(live),
            Memory::KeysAndTexts | Memory::Texts => live.body["text"] == body["text"],
        };
        let answer = match request.label {
            "sign in" | "renew" => {
                self.sessions.set(self.sessions.get() + 1);
                json!({"jwt": format!("canary-session-{}", self.sessions.get())})
            }
            "find" => {
                let live = self.live.borrow();
                let all: Vec<&Live> = live.iter().filter(|live| found(live)).collect();
                match all.as_slice() {
                    [] => json!({}),
                    [one] => described(one),
                    _ => json!({"unclear": "two posts fit"}),
                }
            }
            "post" => {
                let known =
                    self.live.borrow().iter().find(|live| self.memory != Memory::Texts && has_key(live)).cloned();
                described(&known.unwrap_or_else(|| {
                    let made = Live { id: format!("id-{}", self.live.borrow().len() + 1), body };
                    self.live.borrow_mut().push(made.clone());
                    made
                }))
            }
            "edit" | "delete" => {
                let id = request.url.rsplit('/').next().unwrap_or_default();
                let mut live = self.live.borrow_mut();
                let place = live.iter().position(|live| live.id == id);
                match place {
                    Some(place) if request.label == "edit" => {
                        live[place].body["text"] = body["text"].clone();
                        described(&live[place])
                    }
                    // What is gone is as good as deleted.
                    _ => {
                        live.retain(|live| live.id != id);
                        json!({})
                    }
                }
            }
            _ => json!({}),
        };
        Response { status: 200, headers: self.headers(), body: answer.to_string().into_bytes() }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let date = self.ahead.get().map(|ahead| {
            let millis = self.clock.now().millis() + ahead * 1000;
            let at = crate::model::Timestamp::from_millis(millis);
            // As HTTP writes it; the days of the week aren't read.
            ("date".to_owned(), http_date(at))
        });
        date.into_iter().collect()
    }
}

fn described(live: &Live) -> Value {
    json!({"id": live.id, "url": format!("{HERE}/{}", live.id)})
}

/// Writes a date of November 2026, which is when all tests play.
fn http_date(at: crate::model::Timestamp) -> String {
    let text = at.to_string();
    assert!(text.starts_with("2026-11-"), "{text}");
    format!("{} Nov 2026 {} GMT", &text[8..10], &text[11..19])
}

impl Transport for Server {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            self.calls.borrow_mut().push(request.label);
            let fault = {
                let mut faults = self.faults.borrow_mut();
                let place = faults.iter().position(|(label, _)| *label == request.label);
                place.and_then(|place| faults.remove(place)).map(|(_, fault)| fault)
            };
            let no_answer = |not_sent: bool, status: Option<u16>| TransportError {
                not_sent,
                status,
                message: "connection closed before message completed".to_owned(),
            };
            match fault {
                None => Ok(self.do_it(&request)),
                Some(Fault::NotSent) => Err(no_answer(true, None)),
                Some(Fault::Lost) => Err(no_answer(false, None)),
                Some(Fault::LostAfter) => {
                    self.do_it(&request);
                    Err(no_answer(false, None))
                }
                Some(Fault::CutAfter) => {
                    let answer = self.do_it(&request);
                    Err(no_answer(false, Some(answer.status)))
                }
                Some(Fault::GarbageAfter) => {
                    let answer = self.do_it(&request);
                    Ok(Response { body: b"<!doctype html>".to_vec(), ..answer })
                }
                Some(Fault::NamelessAfter) => {
                    let answer = self.do_it(&request);
                    Ok(Response { body: b"{}".to_vec(), ..answer })
                }
                Some(Fault::Portal) => {
                    Ok(Response { status: 200, headers: Vec::new(), body: b"<!doctype html>".to_vec() })
                }
                Some(Fault::Status(status, headers)) => {
                    let own = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
                    let headers = self.headers().into_iter().chain(own).collect();
                    Ok(Response { status, headers, body: b"{}".to_vec() })
                }
                Some(Fault::AlsoSays(headers)) => {
                    let mut answer = self.do_it(&request);
                    answer.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
                    Ok(answer)
                }
                Some(Fault::Says(value)) => {
                    Ok(Response { status: 200, headers: self.headers(), body: value.to_string().into_bytes() })
                }
                Some(Fault::Echo(status)) => {
                    let bearer = request.authorization.as_ref().map_or("", |value| value.expose_secret());
                    let body = [bearer.as_bytes(), b" ", &request.body.0].concat();
                    Ok(Response { status, headers: Vec::new(), body })
                }
                Some(Fault::Crash) => self.crash().await,
                Some(Fault::CrashAfter) => {
                    self.do_it(&request);
                    self.crash().await
                }
                Some(Fault::Meanwhile(happens)) => {
                    happens();
                    Ok(self.do_it(&request))
                }
            }
        })
    }
}

impl Server {
    async fn crash(&self) -> Result<Response, TransportError> {
        self.crashed.notify_one();
        pending().await
    }
}
