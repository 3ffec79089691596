//! A Bluesky server on the loopback with sessions and nothing else. It burns a whole family of tokens when a refresh token
//! is used twice, as the strictest servers do.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, SystemTime},
};

/// The password of the account.
pub(crate) const PASSWORD: &str = "canary-app-password";

/// What every token that it hands out ends with.
pub(crate) const CANARY: &str = "canary-signature";

/// The server. It ends with the test's process.
pub(crate) struct Families {
    /// Its base address.
    pub(crate) endpoint: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    named: Condvar,
}

/// When whoever refreshes is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// When the request has arrived, and nothing is done yet.
    Asked,
    /// When it is done, and not answered yet.
    Done,
}

#[derive(Default)]
pub(crate) struct State {
    /// The family of each refresh token, and whether it was used.
    refresh: BTreeMap<String, (usize, bool)>,
    /// The family of each access token.
    access: BTreeMap<String, usize>,
    /// The access tokens that are refused for now.
    refused: BTreeSet<String>,
    made: usize,
    /// How many families there are: one for each sign-in.
    pub(crate) families: usize,
    /// Which were burnt.
    pub(crate) burnt: BTreeSet<usize>,
    /// How many refreshes took effect.
    pub(crate) refreshes: usize,
    /// At what the next one to refresh is killed.
    moment: Option<Moment>,
    /// Who that is.
    victim: Option<u32>,
}

impl Families {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&own);
                // A client that goes away is its own affair.
                thread::spawn(move || stream.and_then(|stream| shared.answer(stream)));
            }
        });
        Self { endpoint, shared }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("nobody panicked")
    }

    /// Refuses the access tokens that it has handed out, until they are forgiven.
    pub(crate) fn refuse_all(&self) {
        let mut state = self.state();
        state.refused = state.access.keys().cloned().collect();
    }

    /// Takes the access tokens again that it refused.
    pub(crate) fn forgive_all(&self) {
        self.state().refused.clear();
    }

    /// Kills whoever refreshes next, once it is named.
    pub(crate) fn kill_at(&self, moment: Moment) {
        let mut state = self.state();
        (state.moment, state.victim) = (Some(moment), None);
    }

    /// Names who is killed.
    pub(crate) fn name_victim(&self, id: u32) {
        self.state().victim = Some(id);
        self.shared.named.notify_all();
    }
}

impl Shared {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let method = line.split_whitespace().nth(1).unwrap_or_default().trim_start_matches("/xrpc/com.atproto.server.");
        let method = method.to_owned();
        let (mut bearer, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => bearer = value.trim().trim_start_matches("Bearer ").to_owned(),
                "content-length" => length = value.trim().parse().expect("a number"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = match method.as_str() {
            "createSession" if String::from_utf8_lossy(&body).contains(PASSWORD) => Ok(self.state().sign_in()),
            "createSession" => Err((401, "AuthenticationRequired")),
            "refreshSession" => {
                if self.is_killed(Moment::Asked) {
                    return Ok(());
                }
                let refreshed = self.state().refresh(&bearer);
                if self.is_killed(Moment::Done) {
                    return Ok(());
                }
                refreshed
            }
            "getSession" => self.state().check(&bearer),
            "describeServer" => Ok("{\"did\":\"did:web:pds.example\"}".to_owned()),
            _ => Err((501, "MethodNotImplemented")),
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err((status, error)) => (status, format!("{{\"error\":\"{error}\",\"message\":\"no\"}}")),
        };
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} said\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    /// Kills whoever asks, if its time has come.
    fn is_killed(&self, moment: Moment) -> bool {
        let state = self.state();
        if state.moment != Some(moment) {
            return false;
        }
        let patience = Duration::from_secs(20);
        let named = self.named.wait_timeout_while(state, patience, |state| state.victim.is_none());
        let (mut state, _) = named.expect("nobody panicked");
        let victim = state.victim.take().expect("somebody is named").to_string();
        state.moment = None;
        assert!(Command::new("kill").args(["-9", &victim]).status().expect("kill runs").success());
        true
    }
}

type Answer = Result<String, (u16, &'static str)>;

impl State {
    fn sign_in(&mut self) -> String {
        self.families += 1;
        self.issue(self.families)
    }

    fn refresh(&mut self, token: &str) -> Answer {
        let expired = Err((400, "ExpiredToken"));
        let Some((family, was_used)) = self.refresh.get_mut(token) else { return expired };
        let family = *family;
        if std::mem::replace(was_used, true) {
            self.burnt.insert(family);
        }
        if self.burnt.contains(&family) {
            return expired;
        }
        self.refreshes += 1;
        Ok(self.issue(family))
    }

    fn check(&self, token: &str) -> Answer {
        let family = self.access.get(token).filter(|family| !self.burnt.contains(family));
        match family {
            Some(_) if !self.refused.contains(token) => {
                Ok("{\"did\":\"did:plc:acme\",\"handle\":\"acme.example\",\"active\":true}".to_owned())
            }
            _ => Err((400, "ExpiredToken")),
        }
    }

    fn issue(&mut self, family: usize) -> String {
        self.made += 1;
        let (access, refresh) = (token("access", self.made, 2), token("refresh", self.made, 1000));
        self.access.insert(access.clone(), family);
        self.refresh.insert(refresh.clone(), (family, false));
        format!(
            "{{\"did\":\"did:plc:acme\",\"handle\":\"acme.example\",\"accessJwt\":\"{access}\",\"refreshJwt\":\"{refresh}\",\
             \"active\":true}}"
        )
    }
}

/// Makes a token that ends in some hours.
fn token(kind: &str, number: usize, hours: u64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let claims = format!("{{\"jti\":\"{kind}-{number}\",\"exp\":{}}}", now.as_secs() + hours * 3600);
    format!("{}.{}.{CANARY}", base64("{\"alg\":\"none\"}"), base64(&claims))
}

/// Writes a text in base64 as web addresses carry it.
fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |bytes: &[u8]| {
        let bits = (0..3).fold(0, |bits: u32, at| bits << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
        (0..=bytes.len()).map(move |at| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize])).collect::<String>()
    };
    text.as_bytes().chunks(3).map(digits).collect()
}
