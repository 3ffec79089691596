//! The server's side of a connection, byte by byte: TLS, and above it HTTP/1 or the frames of HTTP/2.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::Duration,
};

/// A connection below TLS, which may be cut after so many bytes of ours.
pub(super) struct Pipe {
    tcp: TcpStream,
    left: Option<usize>,
    /// How many bytes went out.
    pub(super) written: usize,
}

impl Read for Pipe {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(bytes)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = self.left.unwrap_or(usize::MAX).min(bytes.len());
        if most == 0 {
            self.tcp.shutdown(Shutdown::Both)?;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = self.tcp.write(&bytes[..most])?;
        self.left = self.left.map(|left| left - count);
        self.written += count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A connection after its handshake.
pub(super) struct Talk {
    stream: StreamOwned<ServerConnection, Pipe>,
    /// The stream of HTTP/2 that is being answered; none on HTTP/1.
    h2: Option<u32>,
    /// What was read and not used.
    rest: Vec<u8>,
}

mod frame {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const PING: u8 = 6;
    pub(super) const GOAWAY: u8 = 7;
    pub(super) const WINDOW_UPDATE: u8 = 8;
    /// The flag of an acknowledgement, and of the end of a stream.
    pub(super) const ACK: u8 = 1;
    pub(super) const END: u8 = 1;
    pub(super) const END_HEADERS: u8 = 4;
}

/// What a client of HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Talk {
    /// Shakes hands.
    pub(super) fn new(tcp: TcpStream, config: &Arc<ServerConfig>, cut: Option<usize>) -> io::Result<Self> {
        let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut pipe = Pipe { tcp, left: cut, written: 0 };
        while connection.is_handshaking() {
            connection.complete_io(&mut pipe)?;
        }
        let h2 = (connection.alpn_protocol() == Some(b"h2")).then_some(0);
        let mut talk = Self { stream: StreamOwned::new(connection, pipe), h2, rest: Vec::new() };
        if talk.h2.is_some() {
            // A window of 16 MB for each stream, and for the connection.
            talk.frame(frame::SETTINGS, 0, 0, &[0, 4, 1, 0, 0, 0])?;
            talk.frame(frame::WINDOW_UPDATE, 0, 0, &[1, 0, 0, 0])?;
        }
        Ok(talk)
    }

    /// How many bytes went out below TLS.
    pub(super) fn written(&self) -> usize {
        self.stream.sock.written
    }

    /// Reads one request whole and returns its body; an error if the client went away before.
    pub(super) fn read_request(&mut self) -> io::Result<Vec<u8>> {
        if self.h2.is_some() { self.read_frames() } else { self.read_text() }
    }

    /// Reads as much as comes at once.
    pub(super) fn read_some(&mut self) -> io::Result<usize> {
        self.stream.read(&mut [0; 4096])
    }

    fn read_text(&mut self) -> io::Result<Vec<u8>> {
        let head = loop {
            if let Some(end) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.rest.drain(..end + 4).collect::<Vec<_>>();
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        while self.rest.len() < length {
            self.more()?;
        }
        Ok(self.rest.drain(..length).collect())
    }

    fn read_frames(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            if self.rest.starts_with(PREFACE) {
                self.rest.drain(..PREFACE.len());
            }
            while self.rest.len() < 9 || self.rest.starts_with(b"PRI") && self.rest.len() < PREFACE.len() {
                self.more()?;
            }
            if self.rest.starts_with(b"PRI") {
                continue;
            }
            let length = usize::from(self.rest[0]) << 16 | usize::from(self.rest[1]) << 8 | usize::from(self.rest[2]);
            while self.rest.len() < 9 + length {
                self.more()?;
            }
            let bytes: Vec<u8> = self.rest.drain(..9 + length).collect();
            let (kind, flags, payload) = (bytes[3], bytes[4], &bytes[9..]);
            let stream = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]);
            match kind {
                frame::SETTINGS if flags & frame::ACK == 0 => self.frame(frame::SETTINGS, frame::ACK, 0, &[])?,
                frame::PING if flags & frame::ACK == 0 => self.frame(frame::PING, frame::ACK, 0, payload)?,
                frame::HEADERS => self.h2 = Some(stream),
                frame::DATA => body.extend_from_slice(payload),
                frame::GOAWAY => return Err(io::ErrorKind::ConnectionAborted.into()),
                _ => {}
            }
            if matches!(kind, frame::HEADERS | frame::DATA) && flags & frame::END != 0 {
                return Ok(body);
            }
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16_384];
        match self.stream.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.rest.extend_from_slice(&chunk[..count]);
                Ok(())
            }
        }
    }

    /// Sends the head of an answer.
    pub(super) fn head(&mut self, status: u16, headers: &[(&str, &str)]) -> io::Result<()> {
        let Some(stream) = self.h2 else {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            return self.raw(format!("HTTP/1.1 {status} Status\r\n{headers}\r\n").as_bytes());
        };
        // A literal field named by its place in the static table, then fields with both written out; nothing is compressed.
        let mut block = vec![8, 3];
        block.extend_from_slice(status.to_string().as_bytes());
        for (name, value) in headers {
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).expect("short"));
                block.extend_from_slice(text.as_bytes());
            }
        }
        self.frame(frame::HEADERS, frame::END_HEADERS, stream, &block)
    }

    /// Sends a part of the body, or its end.
    pub(super) fn body(&mut self, bytes: &[u8], end: bool) -> io::Result<()> {
        let Some(stream) = self.h2 else { return self.raw(bytes) };
        for chunk in bytes.chunks(16_384) {
            self.frame(frame::DATA, 0, stream, chunk)?;
        }
        if end { self.frame(frame::DATA, frame::END, stream, &[]) } else { Ok(()) }
    }

    /// Turns the request away as one that was not processed.
    pub(super) fn refuse_stream(&mut self) -> io::Result<()> {
        self.frame(frame::RST_STREAM, 0, self.h2.unwrap_or_default(), &7u32.to_be_bytes())
    }

    /// Says that the connection ends, and whether the request was among those that were looked at.
    pub(super) fn go_away(&mut self, processed: bool) -> io::Result<()> {
        let last = if processed { self.h2.unwrap_or_default() } else { 0 };
        self.frame(frame::GOAWAY, 0, 0, &[last.to_be_bytes(), 0u32.to_be_bytes()].concat())
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Says goodbye.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.stream.conn.send_close_notify();
        self.stream.flush()
    }

    /// Drops the connection so that the client is told of it with a reset.
    pub(super) fn reset(self) {
        let linger = rustix::net::sockopt::set_socket_linger(&self.stream.sock.tcp, Some(Duration::ZERO));
        linger.expect("a socket option");
    }

    /// Waits until the client has gone.
    pub(super) fn wait(&mut self) {
        while self.read_some().is_ok_and(|count| count > 0) {}
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.raw(&[&head, payload].concat())
    }
}
