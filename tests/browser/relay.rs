//! A way to the program that can be cut, which the program's own connections can't be from outside.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Carries bytes to a port and back.
pub(crate) struct Relay {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    open: Vec<TcpStream>,
}

impl Relay {
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for from in listener.incoming().map_while(Result::ok) {
                let mut state = own.lock().unwrap_or_else(PoisonError::into_inner);
                if state.is_cut {
                    continue;
                }
                let Ok(to) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let copy = |stream: &TcpStream| stream.try_clone().expect("a stream");
                state.open.extend([copy(&from), copy(&to)]);
                let (back_from, back_to) = (copy(&to), copy(&from));
                // The program answers only to its own address.
                let named = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{target}"));
                thread::spawn(move || carry(from, to, Some(&named)));
                thread::spawn(move || carry(back_from, back_to, None));
            }
        });
        Self { port, state }
    }

    /// Ends what is open and lets nothing through any more, or lets it through again.
    pub(crate) fn cut(&self, is_cut: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_cut = is_cut;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, names: Option<&(String, String)>) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let sent = match names {
            // A request comes in one piece, and is text.
            Some((ours, theirs)) => {
                to.write_all(String::from_utf8_lossy(&bytes[..length]).replace(ours, theirs).as_bytes())
            }
            None => to.write_all(&bytes[..length]),
        };
        if sent.is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
