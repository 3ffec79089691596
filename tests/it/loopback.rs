//! A twin mounted on the loopback, so that the program itself can be run against it.

use crate::{
    twin::{Live, Twin, TwinRequest},
    twins,
};
use masthead::{
    model::{NetworkId, Timestamp},
    network::{Effect, Method, Response},
};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

/// A server on the loopback that a twin answers for. It ends with the test's process.
pub(crate) struct Loopback {
    /// Its base address.
    pub(crate) endpoint: String,
    /// The secret that it knows our account by.
    pub(crate) token: &'static str,
    seen: Arc<Mutex<Seen>>,
    desk: Arc<Desk>,
}

/// Where answers to publishing requests lie while they are kept back.
#[derive(Default)]
struct Desk {
    held: Mutex<Held>,
    arrived: Condvar,
}

#[derive(Default)]
struct Held {
    holds: bool,
    answers: Vec<(TcpStream, Response)>,
}

/// What the server has seen and shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The requests, as `POST /api/v1/statuses`.
    pub(crate) requests: Vec<String>,
    /// What is live.
    pub(crate) live: Vec<Live>,
    /// How many posts were ever made.
    pub(crate) made: usize,
}

impl Loopback {
    /// Starts the twin of a network.
    pub(crate) fn start(network: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let told = Arc::clone(&seen);
        let desk = Arc::new(Desk::default());
        let own_desk = Arc::clone(&desk);
        let (ready, started) = mpsc::channel();
        thread::spawn(move || {
            let twin = twins::make(NetworkId(network)).expect("a twin");
            ready.send(twin.token()).expect("somebody waits");
            // The twin believes that it is reached at its own address.
            let endpoint = twin.account().endpoint.map(|endpoint| endpoint.value);
            let own = endpoint.or(twin.server().map(str::to_owned)).expect("an address");
            for stream in listener.incoming() {
                // A client that goes away is its own affair.
                let _ = stream.and_then(|stream| answer(stream, &own, &*twin, &told, &own_desk));
            }
        });
        let token = started.recv().expect("the twin starts");
        Self { endpoint, token, seen, desk }
    }

    /// Keeps back the answers to whatever publishes, from now on. What is asked for is done all the same.
    pub(crate) fn hold(&self) {
        self.desk.held.lock().expect("no panic").holds = true;
    }

    /// Waits until an answer is kept back.
    pub(crate) fn wait_for_held(&self) {
        let held = self.desk.held.lock().expect("no panic");
        let patience = Duration::from_secs(20);
        let (held, _) =
            self.desk.arrived.wait_timeout_while(held, patience, |held| held.answers.is_empty()).expect("no panic");
        assert!(!held.answers.is_empty(), "nobody published anything");
    }

    /// Gives the answers that were kept back, and keeps back no more.
    pub(crate) fn release(&self) {
        let mut held = self.desk.held.lock().expect("no panic");
        held.holds = false;
        for (stream, response) in held.answers.drain(..) {
            // Whoever asked may have gone away.
            let _ = write(stream, &response);
        }
    }

    /// Returns what it has seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().expect("no panic").clone()
    }
}

fn answer(stream: TcpStream, endpoint: &str, twin: &dyn Twin, seen: &Mutex<Seen>, desk: &Desk) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Delete,
    };
    let mut request = TwinRequest {
        label: "over the loopback",
        method,
        url: format!("{endpoint}{target}"),
        headers: Vec::new(),
        authorization: None,
        body: Vec::new(),
        effect: Effect::Read,
        at: now(),
        hosted: BTreeMap::new(),
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        match name.as_str() {
            "authorization" => request.authorization = Some(value.to_owned()),
            "content-length" => length = value.parse().expect("a number"),
            _ => request.headers.push((name, value)),
        }
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    request.hosted = fetched(&request);
    let before = twin.made();
    let response = twin.handle(&request);
    {
        let mut seen = seen.lock().expect("no panic");
        seen.requests.push(format!("{} {}", method.as_str(), request.path()));
        seen.live = twin.live();
        seen.made = twin.made();
    }
    let mut held = desk.held.lock().expect("no panic");
    if held.holds && twin.made() > before {
        held.answers.push((stream, response));
        desk.arrived.notify_all();
        return Ok(());
    }
    write(stream, &response)
}

/// Fetches what a form names on this machine, as a network does that takes media by address.
fn fetched(request: &TwinRequest) -> BTreeMap<String, Arc<[u8]>> {
    let named = request.fields().into_iter().filter(|(name, _)| name.ends_with("_url"));
    named.filter_map(|(_, url)| fetch(&url).map(|bytes| (url, bytes.into()))).collect()
}

fn fetch(url: &str) -> Option<Vec<u8>> {
    let (host, path) = url.strip_prefix("http://127.0.0.1:")?.split_once('/')?;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{host}")).ok()?;
    stream.write_all(format!("GET /{path} HTTP/1.0\r\nhost: 127.0.0.1:{host}\r\n\r\n").as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let is_there = answer.split(|byte| *byte == b' ').nth(1)? == b"200";
    is_there.then(|| answer.split_off(head + 4))
}

fn write(mut stream: TcpStream, response: &Response) -> std::io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {} Twin\r\nconnection: close\r\ncontent-length: {}\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&response.body)
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("in our time"))
}
