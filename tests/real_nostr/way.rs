//! A way to a relay, which hears what is said to it and on which a note or an answer can be lost.

use crate::tls::Certificates;
use futures_util::{SinkExt as _, StreamExt as _};
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{accept_async, client_async, tungstenite::Message};

/// A stream of bytes, encrypted or not.
trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// What becomes of the next note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, and the connection is cut before the answer.
    AnswerLost,
    /// The connection is cut before it arrives.
    NoteLost,
}

/// The way.
pub(crate) struct Way {
    /// Where it begins.
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    said: Vec<String>,
    fate: Option<Fate>,
}

impl Way {
    /// Lays a way to a relay.
    pub(crate) fn to(relay: &str) -> Self {
        Self::from(port(), relay, None)
    }

    /// Lays a way that begins encrypted.
    pub(crate) fn encrypted(relay: &str, certificates: &Certificates) -> Self {
        Self::from(port(), relay, Some(certificates.clone()))
    }

    /// Lays a way from a port.
    pub(crate) fn from(port: u16, relay: &str, certificates: Option<Certificates>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        listener.set_nonblocking(true).expect("it can be waited for");
        let url = match certificates {
            Some(_) => format!("wss://localhost:{port}"),
            None => format!("ws://127.0.0.1:{port}"),
        };
        let state = Arc::<Mutex<State>>::default();
        let (relay, shared) = (relay.to_owned(), Arc::clone(&state));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let (relay, state, certificates) = (relay.clone(), Arc::clone(&shared), certificates.clone());
                    tokio::spawn(async move {
                        let stream: Box<dyn Bytes> = match certificates {
                            None => Box::new(stream),
                            Some(certificates) => {
                                let Some(stream) = certificates.answer(stream).await else { return };
                                Box::new(stream)
                            }
                        };
                        pass(stream, &relay, &state).await;
                    });
                }
            });
        });
        Self { url, state }
    }

    /// Says what becomes of the next note.
    pub(crate) fn trap(&self, fate: Fate) {
        self.state.lock().expect("the lock").fate = Some(fate);
    }

    /// Returns whether the trap has caught a note.
    pub(crate) fn has_caught(&self) -> bool {
        self.state.lock().expect("the lock").fate.is_none()
    }

    /// Returns the notes that were sent so far, byte by byte, and forgets them.
    pub(crate) fn sent(&self) -> Vec<String> {
        let said = std::mem::take(&mut self.state.lock().expect("the lock").said);
        said.into_iter().filter(|said| said.starts_with("[\"EVENT\"")).collect()
    }
}

/// Returns a port on which nothing listens.
pub(crate) fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

async fn pass(client: Box<dyn Bytes>, relay: &str, state: &Mutex<State>) {
    // Whoever asks over HTTP what the relay is gets no answer.
    let Ok(mut client) = accept_async(client).await else { return };
    let host = relay.strip_prefix("ws://").expect("a relay on the loopback");
    let Ok(stream) = TcpStream::connect(host).await else { return };
    let (mut server, _) = client_async(relay, stream).await.expect("a relay");
    let mut caught = None;
    loop {
        tokio::select! {
            said = client.next() => {
                let Some(Ok(said)) = said else { break };
                if let Message::Text(text) = &said {
                    let mut state = state.lock().expect("the lock");
                    state.said.push(text.to_string());
                    if text.starts_with("[\"EVENT\"") {
                        caught = state.fate.take();
                    }
                }
                if caught == Some(Fate::NoteLost) || server.send(said).await.is_err() {
                    return;
                }
            }
            said = server.next() => {
                let Some(Ok(said)) = said else { break };
                if caught == Some(Fate::AnswerLost) || client.send(said).await.is_err() {
                    return;
                }
            }
        }
    }
}
