use super::*;
use crate::{
    engine::OutgoingBody,
    network::{Effect, Method},
};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::mpsc,
};

/// What a server says to a command that starts so; `None` breaks the connection off.
type Script = &'static [(&'static str, Option<&'static str>)];

const HELLO: (&str, Option<&str>) = ("EHLO", Some("250-mail.test\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n"));
const FINE: Script = &[
    HELLO,
    ("AUTH", Some("235 2.7.0 welcome\r\n")),
    ("MAIL", Some("250 2.1.0 ok\r\n")),
    ("RCPT", Some("250 2.1.5 ok\r\n")),
    ("DATA", Some("354 go on\r\n")),
    ("NOOP", Some("250 2.0.0 ok\r\n")),
    (".", Some("250 2.0.0 queued as 4F00\r\n")),
    ("QUIT", Some("221 2.0.0 bye\r\n")),
];

/// Sends a message, or only knocks, to a server that departs from [`FINE`] as told. Returns what came of it and what the
/// server heard.
fn send(departs: Script, body: &str) -> (Result<Response, TransportError>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut out = stream.try_clone().expect("a second handle");
        let greeting = departs.iter().find(|(command, _)| command.is_empty());
        let _ = out.write_all(greeting.map_or("220 mail.test\r\n", |(_, says)| says.unwrap_or("")).as_bytes());
        let mut in_data = false;
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = tell.send(line.clone());
            if in_data && line != "." {
                continue;
            }
            let says = departs.iter().chain(FINE).find(|(command, _)| !command.is_empty() && line.starts_with(command));
            let Some((command, Some(says))) = says else { return };
            in_data = *command == "DATA" && says.starts_with('3');
            let _ = out.write_all(says.as_bytes());
        }
    });
    let request = outgoing(&format!("smtp://127.0.0.1:{port}"), body);
    let answer = run(request);
    (answer, hear.iter().collect())
}

fn outgoing(url: &str, body: &str) -> Outgoing {
    let headers = [("mail-from", "news@acme.example"), ("rcpt-to", "list@lists.example")];
    Outgoing {
        label: "test",
        method: Method::Post,
        url: url.to_owned(),
        whole_url: None,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        authorization: Some(format!("Basic {}", BASE64_STANDARD.encode("news:hunter2")).into()),
        body: OutgoingBody(body.as_bytes().to_vec()),
        effect: Effect::Publish,
    }
}

fn run(request: Outgoing) -> Result<Response, TransportError> {
    let times = Times { request_timeout: Duration::from_secs(5), ..Times::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(SmtpTransport::default().with_times(times).send(request))
}

const BODY: &str = "Subject: Hello\r\n\r\nHello\r\n.hidden\r\n";

#[track_caller]
fn check(departs: Script, expect: Result<(u16, u16), bool>) {
    let (answer, _) = send(departs, BODY);
    let code = |response: &Response| response.json::<serde_json::Value>().expect("JSON")["code"].as_u64();
    let found = answer
        .as_ref()
        .map(|response| (response.status, code(response).and_then(|code| u16::try_from(code).ok()).expect("a number")))
        .map_err(|error| error.not_sent);
    assert_eq!(found, expect, "{departs:?}: {answer:?}");
}

#[test]
fn a_message_goes_to_one_recipient_after_signing_in() {
    let (answer, heard) = send(&[], BODY);
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.excerpt().contains("queued as 4F00"), "{}", answer.excerpt());
    let of = |start: &str| heard.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    assert_eq!(of("MAIL"), ["MAIL FROM:<news@acme.example>"]);
    assert_eq!(of("RCPT"), ["RCPT TO:<list@lists.example>"]);
    assert_eq!(of("AUTH"), [format!("AUTH PLAIN {}", BASE64_STANDARD.encode("\0news\0hunter2"))]);
    // A line that begins with a dot does not end the message.
    assert_eq!(of("..hidden").len(), 1, "{heard:?}");
    assert_eq!(of("QUIT").len(), 1, "{heard:?}");
}

#[test]
fn refusals_are_told_as_http_would() {
    check(&[("RCPT", Some("550 5.1.1 no such user\r\n"))], Ok((422, 550)));
    check(&[("RCPT", Some("451 4.7.1 try again later\r\n"))], Ok((429, 451)));
    check(&[("MAIL", Some("552 5.3.4 too large\r\n"))], Ok((422, 552)));
    check(&[("AUTH", Some("535 5.7.8 no\r\n"))], Ok((401, 535)));
    check(&[("", Some("421 4.3.2 busy\r\n"))], Ok((429, 421)));
    check(&[(".", Some("452 4.2.2 mailbox full\r\n"))], Ok((429, 452)));
    check(&[(".", Some("554 5.7.1 spam\r\n"))], Ok((422, 554)));
}

#[test]
fn only_once_the_message_is_on_its_way_a_lost_answer_is_in_doubt() {
    for before in ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        check(Box::leak(Box::new([(before, None)])), Err(true));
    }
    check(&[(".", None)], Err(false));
    check(&[(".", Some("nonsense\r\n"))], Err(false));
}

#[test]
fn nothing_is_said_to_who_is_not_there_or_does_not_encrypt() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let refused = run(outgoing(&format!("smtp://127.0.0.1:{port}"), BODY)).expect_err("nobody is there");
    assert!(refused.not_sent);
    let (tell, hear) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.write_all(b"220 mail.test\r\n");
        let mut heard = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut heard);
        let _ = tell.send(heard);
    });
    let error = run(outgoing(&format!("smtps://127.0.0.1:{port}"), BODY)).expect_err("it doesn't encrypt");
    assert!(error.not_sent, "{error:?}");
    let heard = String::from_utf8_lossy(&hear.recv().expect("what it heard")).into_owned();
    assert!(!heard.contains("EHLO") && !heard.contains("Hello"), "{heard}");
}

#[test]
fn without_a_message_it_only_knocks() {
    let (answer, heard) = send(&[], "");
    let answer = answer.expect("an answer");
    assert!(answer.is_success() && answer.excerpt().contains("mail.test"), "{answer:?}");
    assert!(heard.iter().all(|line| !line.starts_with("MAIL")), "{heard:?}");
}
