//! A way to the mail server, encrypted on both sides, which hears the commands and on which the connection can be lost.

use crate::tls::Certificates;
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// Where the connection is lost, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Before the recipient is named.
    Recipient,
    /// When half of the message has passed.
    Half,
    /// Between the dot at the end and the answer to it: the server has taken the message on.
    Answer,
}

/// The way.
pub(crate) struct Way {
    /// Where it begins.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    heard: Vec<String>,
    lost: Option<Lost>,
}

impl Way {
    /// Lays a way to a server on this machine.
    pub(crate) fn to(port: u16, certificates: &Certificates) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("it can be waited for");
        let url = format!("smtps://localhost:{}", listener.local_addr().expect("an address").port());
        let state = Arc::<Mutex<State>>::default();
        let (shared, certificates) = (Arc::clone(&state), certificates.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let (state, certificates) = (Arc::clone(&shared), certificates.clone());
                    tokio::spawn(async move { pass(stream, port, &certificates, &state).await });
                }
            });
        });
        Self { url, state }
    }

    /// Says where the next connection that comes so far is lost.
    pub(crate) fn trap(&self, lost: Lost) {
        self.state.lock().expect("the lock").lost = Some(lost);
    }

    /// Returns whether the trap has caught something.
    pub(crate) fn has_caught(&self) -> bool {
        self.state.lock().expect("the lock").lost.is_none()
    }

    /// Returns the first words of the commands so far, and forgets them. The end of a message is a dot.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("the lock").heard)
    }
}

async fn pass(stream: TcpStream, port: u16, certificates: &Certificates, state: &Mutex<State>) {
    // Whoever doesn't trust the certificate hangs up.
    let Some(client) = certificates.answer(stream).await else { return };
    let server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server is there");
    let (client_in, mut client_out) = tokio::io::split(client);
    let (mut server_in, mut server_out) = tokio::io::split(certificates.turn_to(server).await);
    let (mut client_in, mut line, mut chunk) = (BufReader::new(client_in), Vec::new(), [0; 4096]);
    let (mut in_message, mut caught) = (false, None);
    let lose = |lost: Lost| {
        let mut state = state.lock().expect("the lock");
        (state.lost == Some(lost)).then(|| state.lost.take()).flatten()
    };
    loop {
        tokio::select! {
            read = client_in.read_until(b'\n', &mut line) => {
                if !read.is_ok_and(|length| length > 0) {
                    return;
                }
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                let word = text.split(' ').next().unwrap_or_default().to_owned();
                if !in_message || word == "." {
                    state.lock().expect("the lock").heard.push(word.clone());
                }
                let before = match (in_message, word.as_str()) {
                    (false, "RCPT") => lose(Lost::Recipient),
                    // The blank line after the headers.
                    (true, "") => lose(Lost::Half),
                    _ => None,
                };
                if before.is_some() {
                    return;
                }
                if in_message && word == "." {
                    caught = lose(Lost::Answer);
                }
                in_message = (in_message && word != ".") || word == "DATA";
                if server_out.write_all(&line).await.is_err() || server_out.flush().await.is_err() {
                    return;
                }
                line.clear();
            }
            read = server_in.read(&mut chunk) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else { return };
                if caught.is_some() || client_out.write_all(&chunk[..length]).await.is_err() {
                    return;
                }
                if client_out.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}
