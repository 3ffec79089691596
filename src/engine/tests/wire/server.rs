//! A server that does one bad thing, and counts the requests that it has read whole.

use super::talk::Talk;
use flate2::{Compression, write::GzEncoder};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use std::{
    io::{self, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// Who vouches for the server; good until 2126.
pub(super) const AUTHORITY: &[u8] = include_bytes!("authority.der");
const CERTIFICATE: &[u8] = include_bytes!("server.der");
const KEY: &[u8] = include_bytes!("server.key.der");

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Answers as it should.
    Answers,
    /// Answers with another status.
    Status(u16),
    /// Answers so, and says when it may be tried again.
    RetryAfter(u16),
    /// Sends the client to another path, with the same method.
    Redirects,
    /// Answers with a page that says nothing.
    Html,
    /// Answers with a page that grows when it is unpacked.
    GzipBomb,
    /// Answers with more than anybody would want to read.
    Huge,
    /// Says that it is at work, then answers.
    InterimThenAnswers,
    /// Says that it is at work, and nothing else.
    InterimForEver,
    /// Says yes, then nothing.
    BodyHangs,
    /// Says yes, and closes in the middle of the answer.
    BodyShort,
    /// Says yes, and sends more than it said.
    BodyLong,
    /// Says yes, and sends its answer a byte at a time.
    SlowBody,
    /// Speaks another language.
    Garbage,
    /// Is not there.
    Refuses,
    /// Closes in the middle of the handshake.
    CutsHandshake,
    /// Closes without having read anything.
    ClosesUnread,
    /// Resets the connection in the middle of the request.
    ResetsEarly,
    /// Reads the request and cuts the connection below TLS.
    Cuts,
    /// Reads the request and closes in all order.
    Closes,
    /// Reads the request and resets the connection.
    Resets,
    /// Reads the request and says nothing.
    Hangs,
    /// HTTP/2: says that the request was not processed.
    RefusesStream,
    /// HTTP/2: says that the connection ends, and that the request came too late.
    GoesAwayBefore,
    /// HTTP/2: says that the connection ends, that the request was in time, and closes.
    GoesAwayAfter,
    /// HTTP/2: says that the connection ends, and answers.
    GoesAwayAndAnswers,
}

/// What the server and its threads share.
struct Shared {
    does: Does,
    cut: Option<usize>,
    tls: Arc<ServerConfig>,
    armed: AtomicBool,
    /// How many requests were read whole since it was armed.
    seen: AtomicUsize,
    /// How many of them came over a connection that was open before.
    reused: AtomicUsize,
    /// How many connections were made since.
    connections: AtomicUsize,
    /// How many bytes went out on the last connection that ended.
    written: AtomicUsize,
}

/// A running server.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts one that behaves until it is armed. `cut` ends every connection after so many bytes of the server's.
    pub(super) fn start(does: Does, h2: bool, cut: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], PrivatePkcs8KeyDer::from(KEY).into())
            .expect("a certificate");
        tls.alpn_protocols = vec![if h2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let shared = Arc::new(Shared {
            does,
            cut,
            tls: Arc::new(tls),
            armed: AtomicBool::new(false),
            seen: AtomicUsize::new(0),
            reused: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let armed = ours.armed.load(SeqCst);
                if armed && ours.does == Does::Refuses {
                    return;
                }
                let (Ok(stream), ours) = (stream, Arc::clone(&ours)) else { return };
                // How a connection ends is for the client to tell.
                thread::spawn(move || drop(ours.serve(stream, armed)));
            }
        });
        Self { address, shared }
    }

    /// Lets it do what it is here for.
    pub(super) fn arm(&self) {
        self.shared.armed.store(true, SeqCst);
        if self.shared.does == Does::Refuses {
            while TcpStream::connect(self.address).is_ok() {}
        }
    }

    pub(super) fn seen(&self) -> usize {
        self.shared.seen.load(SeqCst)
    }

    pub(super) fn reused(&self) -> usize {
        self.shared.reused.load(SeqCst)
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    pub(super) fn written(&self) -> usize {
        self.shared.written.load(SeqCst)
    }
}

/// What the server calls a post.
const MADE: &[u8] = br#"{"id":"id-1","url":"https://scripted.example/id-1"}"#;

impl Shared {
    fn serve(&self, tcp: TcpStream, armed: bool) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        let does = if armed { self.does } else { Does::Answers };
        if armed {
            self.connections.fetch_add(1, SeqCst);
        }
        if does == Does::CutsHandshake {
            io::Read::read(&mut &tcp, &mut [0; 64])?;
            return Ok(());
        }
        let mut talk = Talk::new(tcp, &self.tls, self.cut.filter(|_| armed))?;
        match does {
            Does::ClosesUnread => return Ok(()),
            Does::ResetsEarly => {
                talk.read_some()?;
                talk.reset();
                return Ok(());
            }
            _ => {}
        }
        loop {
            let request = talk.read_request();
            self.written.store(talk.written(), SeqCst);
            request?;
            if self.armed.load(SeqCst) {
                self.seen.fetch_add(1, SeqCst);
                self.reused.fetch_add(usize::from(!armed), SeqCst);
            }
            let answered = answer(&mut talk, does);
            self.written.store(talk.written(), SeqCst);
            answered?;
            match does {
                Does::Closes | Does::BodyShort | Does::GoesAwayBefore | Does::GoesAwayAfter => return talk.close(),
                Does::Cuts | Does::Garbage => return Ok(()),
                Does::Resets => {
                    talk.reset();
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}

fn answer(talk: &mut Talk, does: Does) -> io::Result<()> {
    match does {
        Does::Answers => whole(talk, 200, &[], MADE),
        Does::Status(status) => whole(talk, status, &[], br#"{"error":"no"}"#),
        Does::RetryAfter(status) => whole(talk, status, &[("retry-after", "600")], br#"{"error":"later"}"#),
        Does::Redirects => whole(talk, 307, &[("location", "/elsewhere")], b""),
        Does::Html => whole(talk, 200, &[("content-type", "text/html")], b"<!doctype html><title>Welcome</title>"),
        Does::GzipBomb => whole(talk, 200, &[("content-encoding", "gzip")], &BOMB),
        Does::Huge => whole(talk, 200, &[], &vec![b' '; 5 << 18]),
        Does::InterimThenAnswers => {
            talk.head(103, &[("link", "</style.css>")])?;
            whole(talk, 200, &[], MADE)
        }
        Does::InterimForEver => loop {
            talk.head(102, &[])?;
            thread::sleep(Duration::from_millis(100));
        },
        Does::BodyHangs => {
            started(talk, MADE.len())?;
            talk.wait();
            Ok(())
        }
        Does::BodyShort => {
            started(talk, MADE.len())?;
            talk.body(&MADE[..8], false)
        }
        Does::BodyLong => {
            started(talk, MADE.len() - 9)?;
            talk.body(MADE, true)
        }
        Does::SlowBody => {
            started(talk, MADE.len())?;
            for byte in MADE {
                talk.body(&[*byte], false)?;
                thread::sleep(Duration::from_millis(400));
            }
            Ok(())
        }
        Does::Garbage => talk.raw(b"220 mail.example ESMTP, and not what you think\r\n"),
        Does::RefusesStream => talk.refuse_stream(),
        Does::GoesAwayBefore => talk.go_away(false),
        Does::GoesAwayAfter => talk.go_away(true),
        Does::GoesAwayAndAnswers => {
            talk.go_away(true)?;
            whole(talk, 200, &[], MADE)
        }
        Does::Hangs => {
            talk.wait();
            Ok(())
        }
        Does::Refuses
        | Does::CutsHandshake
        | Does::ClosesUnread
        | Does::ResetsEarly
        | Does::Cuts
        | Does::Closes
        | Does::Resets => Ok(()),
    }
}

fn whole(talk: &mut Talk, status: u16, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
    let length = body.len().to_string();
    talk.head(status, &[&[("content-length", length.as_str())], headers].concat())?;
    talk.body(body, true)
}

fn started(talk: &mut Talk, length: usize) -> io::Result<()> {
    talk.head(200, &[("content-length", &length.to_string())])
}

/// 64 MB of nothing, packed: once, since that takes a while.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..64 {
        packed.write_all(&[0; 1 << 20]).expect("memory");
    }
    packed.finish().expect("memory")
});
