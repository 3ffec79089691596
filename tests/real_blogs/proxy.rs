//! A way to a server on which the answer to one request can be lost.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is cut off.
    Lost,
    /// It never comes.
    Held,
}

/// What befalls the next request whose first line and body hold all of some words.
#[derive(Clone, Debug)]
struct Trap {
    words: Vec<String>,
    fate: Fate,
}

/// The way.
pub(crate) struct Proxy {
    /// Where it begins.
    pub(crate) url: String,
    trap: Arc<Mutex<Option<Trap>>>,
    held: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Lays a way to a server on the loopback.
    pub(crate) fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let host = server.strip_prefix("http://").expect("a server on the loopback").trim_end_matches('/').to_owned();
        let way = Self { url, trap: Arc::default(), held: Arc::default(), asked: Arc::default() };
        let (trap, held, asked) = (Arc::clone(&way.trap), Arc::clone(&way.held), Arc::clone(&way.asked));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (host, trap, held, asked) =
                    (host.clone(), Arc::clone(&trap), Arc::clone(&held), Arc::clone(&asked));
                thread::spawn(move || pass(client, &host, &trap, &held, &asked));
            }
        });
        way
    }

    /// Loses or holds the answer to the next request that holds all of some words.
    pub(crate) fn trap(&self, words: &[&str], fate: Fate) {
        self.held.store(false, Ordering::SeqCst);
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        *self.trap.lock().expect("the lock") = Some(Trap { words, fate });
    }

    /// Returns whether the trap has caught something.
    pub(crate) fn has_caught(&self) -> bool {
        self.trap.lock().expect("the lock").is_none()
    }

    /// Returns whether a request's answer is being held, so that it was done.
    pub(crate) fn holds(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Returns the first lines of the requests so far, and forgets them.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("the lock"))
    }
}

fn pass(mut client: TcpStream, host: &str, trap: &Mutex<Option<Trap>>, held: &AtomicBool, asked: &Mutex<Vec<String>>) {
    let Some((head, body)) = request(&mut client) else { return };
    let line = head.lines().next().unwrap_or_default().to_owned();
    asked.lock().expect("the lock").push(line.clone());
    let words = format!("{line}\n{}", String::from_utf8_lossy(&body));
    let fate = {
        let mut trap = trap.lock().expect("the lock");
        let caught = trap.as_ref().is_some_and(|trap| trap.words.iter().all(|word| words.contains(word)));
        if caught { trap.take().map(|trap| trap.fate) } else { None }
    };
    // The server knows itself by its own name, and ends the connection after its answer.
    let lines = head.lines().filter(|line| {
        let line = line.to_lowercase();
        !line.is_empty() && !line.starts_with("host:") && !line.starts_with("connection:")
    });
    let head = lines.collect::<Vec<_>>().join("\r\n");
    let mut server = TcpStream::connect(host).expect("the server is there");
    let mut request = format!("{head}\r\nhost: {host}\r\nconnection: close\r\n\r\n").into_bytes();
    request.extend_from_slice(&body);
    server.write_all(&request).expect("sent");
    let mut answer = Vec::new();
    let _ = server.read_to_end(&mut answer);
    match fate {
        None => drop(client.write_all(&answer)),
        Some(Fate::Lost) => {}
        Some(Fate::Held) => {
            held.store(true, Ordering::SeqCst);
            // Until the other side is gone.
            let _ = client.read(&mut [0; 1]);
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut got = Vec::new();
    let mut chunk = [0; 8192];
    let end = loop {
        if let Some(end) = got.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = client.read(&mut chunk).ok().filter(|count| *count > 0)?;
        got.extend_from_slice(&chunk[..count]);
    };
    let head = String::from_utf8_lossy(&got[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = got.split_off(end + 4);
    while body.len() < length.unwrap_or(0) {
        let count = client.read(&mut chunk).ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&chunk[..count]);
    }
    Some((head, body))
}
