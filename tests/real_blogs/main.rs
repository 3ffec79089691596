//! The built program against real blogs: what `masthead publish` sends is read back through the server's own API.
//!
//! It runs where `MASTHEAD_REAL_WORDPRESS` and `MASTHEAD_REAL_GHOST` name servers, as `tests/servers/wordpress.sh start` and
//! `tests/servers/ghost.sh start` start them, and says so elsewhere.

mod ghost;
mod proxy;
mod wordpress;
mod workspace;

use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

/// Reads a variable that the script of a server has set.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Says that a server isn't there, straight to stderr, so that the test harness does not swallow it.
fn skip(script: &str, name: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: start a server with tests/servers/{script} and set {name}");
}

/// Makes a plain HTTP request; 1.0, so that the answer ends with the connection. Returns the status and the body.
fn fetch(url: &str, method: &str, authorization: Option<&str>, body: Option<&Value>) -> (u16, Vec<u8>) {
    let (host, path) = url.strip_prefix("http://").expect("the loopback").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).unwrap_or_else(|error| panic!("{host}: {error}"));
    let body = body.map(ToString::to_string).unwrap_or_default();
    let authorization = authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    // In one piece: PHP's own server minds others.
    let request = format!(
        "{method} /{path} HTTP/1.0\r\nhost: {host}\r\n{authorization}{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer is read");
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
    let status = String::from_utf8_lossy(&answer[..head]).split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), answer.split_off(head + 4))
}
