//! A twin behind a loopback port, which outlives the publishers that are killed, breaks as it is told, and keeps a log of
//! its own: the oracle of every suite here.

use crate::{
    clock::WorldClock,
    twin::{Live, Twin, TwinRequest},
    twins,
};
use masthead::{
    model::NetworkId,
    network::{Effect, Method, Response},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    rc::Rc,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

/// How a network de-duplicates, by which an attempt of unknown outcome is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The record's key is ours: Bluesky.
    A,
    /// The server honours a key: Mastodon.
    B,
    /// Our own posts can be listed, and nothing else: a server that speaks Mastodon's language and is not known to keep keys.
    C,
}

/// What befalls a publishing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes effect and is answered.
    Answered,
    /// It takes effect, and the answer is lost.
    AnswerLost,
    /// It is lost on the way.
    RequestLost,
    /// The server refuses it for good.
    Refused,
    /// The server asks to come back later.
    Limited,
}

/// What befalls a publishing request, and how long the server takes to begin with it and to answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) fault: Fault,
    pub(crate) before: Duration,
    pub(crate) after: Duration,
}

/// Tells what befalls the next publishing request.
type Fates = Box<dyn FnMut() -> Fate + Send>;

/// A publishing request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    /// The record's key or the idempotency key.
    pub(crate) key: String,
    pub(crate) text: String,
    /// Whether a post was made of it.
    pub(crate) made: bool,
    pub(crate) fault: Fault,
}

/// A server on the loopback. It ends with the test's process.
pub(crate) struct Server {
    pub(crate) class: Class,
    /// Its base address.
    pub(crate) endpoint: String,
    /// The secret that it knows our account by.
    pub(crate) token: &'static str,
    orders: mpsc::Sender<Order>,
    shared: Arc<Shared>,
}

struct Shared {
    fates: Mutex<Fates>,
    log: Mutex<Vec<Publication>>,
    clock: Arc<WorldClock>,
    endpoint: String,
    /// Where the twin believes that it is reached.
    own: String,
}

/// What the thread that has the twin is asked.
enum Order {
    Request(TwinRequest, mpsc::Sender<(Response, bool)>),
    Reset,
    Live(mpsc::Sender<Vec<Live>>),
    Canaries(mpsc::Sender<Vec<String>>),
}

impl Fate {
    pub(crate) const fn of(fault: Fault) -> Self {
        Self { fault, before: Duration::ZERO, after: Duration::ZERO }
    }
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    pub(crate) const fn network(self) -> &'static str {
        match self {
            Self::A => "bluesky",
            Self::B | Self::C => "mastodon",
        }
    }

    fn twin(self) -> Rc<dyn Twin> {
        let twin = twins::make(NetworkId(self.network())).expect("a twin");
        assert!(self != Self::C || twin.forget_keys(), "there is such a server");
        twin
    }
}

impl Server {
    /// Starts a server of a class.
    pub(crate) fn start(class: Class, clock: Arc<WorldClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (orders, taken) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        thread::spawn(move || {
            let mut twin = class.twin();
            ready.send((twin.token(), twin.account().endpoint.expect("an endpoint").value)).expect("somebody waits");
            for order in taken {
                // Who asked may be gone.
                match order {
                    Order::Request(request, answer) => {
                        let before = twin.made();
                        let response = twin.handle(&request);
                        let _ = answer.send((response, twin.made() > before));
                    }
                    Order::Reset => twin = class.twin(),
                    Order::Live(answer) => drop(answer.send(twin.live())),
                    Order::Canaries(answer) => drop(answer.send(twin.canaries())),
                }
            }
        });
        let (token, own) = started.recv().expect("the twin starts");
        // Sign-in works at the server that holds the records as well, and the two are one here.
        let own = if class == Class::A { "https://pds.example".to_owned() } else { own };
        let shared = Arc::new(Shared {
            fates: Mutex::new(Box::new(|| Fate::of(Fault::Answered))),
            log: Mutex::default(),
            clock,
            endpoint: endpoint.clone(),
            own,
        });
        let server = Self { class, endpoint, token, orders, shared };
        let (orders, shared) = (server.orders.clone(), Arc::clone(&server.shared));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (orders, shared) = (orders.clone(), Arc::clone(&shared));
                // A client that goes away is its own affair; one that is stopped in the middle must not hold up others.
                thread::spawn(move || drop(serve(&stream, &orders, &shared)));
            }
        });
        server
    }

    /// Forgets everything.
    pub(crate) fn reset(&self) {
        self.orders.send(Order::Reset).expect("it runs");
        self.shared.log.lock().expect("no panic").clear();
        self.set_fates(Box::new(|| Fate::of(Fault::Answered)));
    }

    /// Says what befalls publishing requests from now on.
    pub(crate) fn set_fates(&self, fates: Fates) {
        *self.shared.fates.lock().expect("no panic") = fates;
    }

    /// Says what befalls the next publishing requests; those that follow are answered.
    pub(crate) fn script(&self, faults: Vec<Fault>) {
        let mut faults = faults.into_iter();
        self.set_fates(Box::new(move || Fate::of(faults.next().unwrap_or(Fault::Answered))));
    }

    /// Returns the publishing requests that arrived, in order.
    pub(crate) fn log(&self) -> Vec<Publication> {
        self.shared.log.lock().expect("no panic").clone()
    }

    /// Returns what is live, oldest first.
    pub(crate) fn live(&self) -> Vec<Live> {
        self.ask(Order::Live)
    }

    /// Returns every secret that it has handed out or knows.
    pub(crate) fn canaries(&self) -> Vec<String> {
        let mut canaries = self.ask(Order::Canaries);
        canaries.push(self.token.to_owned());
        canaries
    }

    fn ask<T>(&self, order: impl FnOnce(mpsc::Sender<T>) -> Order) -> T {
        let (answer, told) = mpsc::channel();
        self.orders.send(order(answer)).expect("it runs");
        told.recv().expect("it answers")
    }
}

/// Reads a request, lets it have its fate, and answers.
fn serve(stream: &TcpStream, orders: &mpsc::Sender<Order>, shared: &Shared) -> io::Result<()> {
    let Some(mut request) = read(stream, shared)? else { return Ok(()) };
    let publication = publication(&request);
    let is_publication = publication.is_some();
    let fate = if is_publication {
        let mut fates = shared.fates.lock().expect("no panic");
        fates()
    } else {
        Fate::of(Fault::Answered)
    };
    thread::sleep(fate.before);
    request.at = shared.clock.now();
    let (response, made) = match fate.fault {
        Fault::Answered | Fault::AnswerLost => {
            let (answer, told) = mpsc::channel();
            orders.send(Order::Request(request, answer)).map_err(io::Error::other)?;
            told.recv().map_err(io::Error::other)?
        }
        Fault::RequestLost => (Response::default(), false),
        Fault::Refused => {
            let words = serde_json::json!({ "error": "InvalidRequest", "message": "Validation failed: no such words" });
            // Mastodon refuses with 422, the AT Protocol with 400; either network takes either for a refusal.
            (crate::twin::json(&request, if shared.is_mastodon() { 422 } else { 400 }, &words), false)
        }
        Fault::Limited => {
            let words = serde_json::json!({ "error": "RateLimitExceeded", "message": "Rate Limit Exceeded" });
            (crate::twin::json(&request, 429, &words), false)
        }
    };
    if let Some(Publication { key, text, .. }) = publication {
        let entry = Publication { key, text, made, fault: fate.fault };
        shared.log.lock().expect("no panic").push(entry);
    }
    thread::sleep(fate.after);
    match fate.fault {
        Fault::AnswerLost | Fault::RequestLost => Ok(()),
        Fault::Answered | Fault::Refused | Fault::Limited => write(stream, &response, shared),
    }
}

impl Shared {
    fn is_mastodon(&self) -> bool {
        !self.own.contains("pds")
    }
}

fn read(stream: &TcpStream, shared: &Shared) -> io::Result<Option<TwinRequest>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    let mut request = TwinRequest {
        label: "over the loopback",
        method,
        url: format!("{}{target}", shared.own),
        headers: Vec::new(),
        authorization: None,
        body: Vec::new(),
        effect: Effect::Read,
        at: shared.clock.now(),
        hosted: BTreeMap::new(),
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        // Who is killed here has sent half a head, which is no request.
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match name.as_str() {
            "authorization" => request.authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            _ => request.headers.push((name, value)),
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

/// Returns what a request publishes, if it does.
fn publication(request: &TwinRequest) -> Option<Publication> {
    let (key, text) = match (request.method, request.segments().last().copied()?) {
        (Method::Post, "statuses") => {
            let body: Value = request.json()?;
            (request.header("idempotency-key")?.to_owned(), body["status"].as_str()?.to_owned())
        }
        (Method::Post, "com.atproto.repo.putRecord" | "com.atproto.repo.createRecord") => {
            let body: Value = request.json()?;
            (body["rkey"].as_str()?.to_owned(), body["record"]["text"].as_str()?.to_owned())
        }
        _ => return None,
    };
    Some(Publication { key, text, made: false, fault: Fault::Answered })
}

fn write(mut stream: &TcpStream, response: &Response, shared: &Shared) -> io::Result<()> {
    let body = String::from_utf8_lossy(&response.body);
    // Whoever is led to the twin's own address must find it here.
    let body = body.replace("https://pds.example", &shared.endpoint);
    let mut answer =
        format!("HTTP/1.1 {} Twin\r\nconnection: close\r\ncontent-length: {}\r\n", response.status, body.len());
    for (name, value) in &response.headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str("\r\n");
    answer.push_str(&body);
    stream.write_all(answer.as_bytes())
}
