use super::*;
use crate::engine::OutgoingBody;
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

/// Serves one connection after the other as scripted, and tells the requests that it has read whole.
struct Server {
    address: String,
    seen: mpsc::Receiver<String>,
}

/// What a server does with a connection.
#[derive(Clone)]
enum Does {
    /// Closes it without reading.
    CloseAtOnce,
    /// Reads the request and closes.
    CloseAfterReading,
    /// Reads the request and answers with these bytes, then closes.
    Answer(Vec<u8>),
}

fn serve(script: Vec<Does>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        for does in script {
            let Ok((mut stream, _)) = listener.accept() else { return };
            if matches!(does, Does::CloseAtOnce) {
                continue;
            }
            let request = read(&mut stream);
            if sender.send(request).is_err() {
                return;
            }
            if let Does::Answer(bytes) = does {
                let _ = stream.write_all(&bytes);
            }
        }
    });
    Server { address, seen }
}

fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Does {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}");
    Does::Answer(text.into_bytes())
}

fn request(url: String, effect: Effect) -> Outgoing {
    Outgoing {
        label: "test",
        method: if effect == Effect::Read { Method::Get } else { Method::Post },
        url,
        headers: vec![("x-test".to_owned(), "yes".to_owned())],
        whole_url: None,
        authorization: Some("Bearer hunter2".into()),
        body: OutgoingBody(if effect == Effect::Read { Vec::new() } else { b"{}".to_vec() }),
        effect,
    }
}

fn send(outgoing: Outgoing) -> Result<Response, TransportError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(HttpTransport::new().send(outgoing))
}

/// Sends a publication to a scripted server; returns the result and how many whole requests it saw.
fn publish(script: Vec<Does>) -> (Result<Response, TransportError>, usize) {
    let server = serve(script);
    let result = send(request(format!("{}/post", server.address), Effect::Publish));
    (result, server.seen.try_iter().count())
}

#[test]
fn a_refused_connection_proves_that_nothing_left() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let error = send(request(format!("http://{free}/post"), Effect::Publish)).expect_err("no server");
    assert_eq!((error.not_sent, error.status), (true, None));
    assert!(error.message.contains("refused") && !error.message.contains(&free.to_string()[..9]), "{}", error.message);
}

#[test]
fn a_connection_that_is_closed_proves_nothing() {
    // Whether the server had read it or not, it looks the same from here.
    for (does, seen) in [(Does::CloseAtOnce, 0), (Does::CloseAfterReading, 1)] {
        let (result, count) = publish(vec![does, answer("200 OK", "", "{}")]);
        let error = result.expect_err("no answer");
        assert_eq!((error.not_sent, error.status, count), (false, None, seen));
    }
}

#[test]
fn an_answer_that_is_cut_tells_its_status() {
    for (status, expect) in [("200 OK", 200), ("422 Unprocessable", 422)] {
        let cut = format!("HTTP/1.1 {status}\r\ncontent-length: 100\r\n\r\n{{\"id\":").into_bytes();
        let (result, count) = publish(vec![Does::Answer(cut)]);
        let error = result.expect_err("half an answer");
        assert_eq!((error.not_sent, error.status, count), (false, Some(expect), 1));
    }
}

#[test]
fn an_answer_that_is_too_long_is_cut() {
    let (result, _) = publish(vec![answer("200 OK", "", &"x".repeat(LONGEST + 1))]);
    let error = result.expect_err("too long");
    assert_eq!((error.not_sent, error.status), (false, Some(200)));
    let (result, _) = publish(vec![answer("200 OK", "", &"x".repeat(LONGEST))]);
    assert_eq!(result.expect("just short enough").body.len(), LONGEST);
}

#[test]
fn what_changes_something_follows_no_redirect() {
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let (result, count) = publish(vec![answer(status, "location: /elsewhere\r\n", ""), answer("200 OK", "", "{}")]);
        assert_eq!((result.expect("an answer").status / 100, count), (3, 1), "{status}");
    }
}

#[test]
fn a_look_follows_redirects_on_its_server_alone() {
    let server = serve(vec![answer("302 Found", "location: /there\r\n", ""), answer("200 OK", "", "here")]);
    let response = send(request(format!("{}/here", server.address), Effect::Read)).expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (200, b"here".as_slice()));

    let elsewhere = serve(vec![answer("200 OK", "", "stolen")]);
    let server = serve(vec![answer("302 Found", &format!("location: {}/x\r\n", elsewhere.address), "")]);
    let response = send(request(format!("{}/here", server.address), Effect::Read)).expect("an answer");
    assert_eq!((response.status, elsewhere.seen.try_iter().count()), (302, 0));

    let server = serve((0..9).map(|_| answer("302 Found", "location: /again\r\n", "")).collect());
    let response = send(request(format!("{}/here", server.address), Effect::Read)).expect("an answer");
    assert_eq!((response.status, server.seen.try_iter().count()), (302, 4));
}

#[test]
fn an_answer_is_passed_on_as_it_is() {
    let (result, _) = publish(vec![answer("503 Busy", "Retry-After: 7\r\nX-B: \u{e9}\r\n", "<!doctype html>")]);
    let response = result.expect("an answer");
    assert_eq!(
        (response.status, response.header("retry-after"), response.body.as_slice()),
        (503, Some("7"), b"<!doctype html>".as_slice())
    );
}

#[test]
fn a_request_arrives_as_it_was_made() {
    let server = serve(vec![answer("200 OK", "", "{}")]);
    send(request(format!("{}/post?a=%20b", server.address), Effect::Publish)).expect("an answer");
    let seen = server.seen.recv().expect("a request");
    let (head, body) = seen.split_once("\r\n\r\n").expect("a head");
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!((lines.remove(0), body), ("POST /post?a=%20b HTTP/1.1", "{}"));
    lines.sort_unstable();
    let host = server.address.replace("http://", "host: ");
    let agent = concat!("user-agent: masthead/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines,
        ["accept: */*", "authorization: Bearer hunter2", "content-length: 2", &host, agent, "x-test: yes"]
    );
}

#[test]
fn each_change_has_a_connection_of_its_own() {
    let open = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec();
    let server = serve(vec![Does::Answer(open.clone()), Does::Answer(open)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let transport = HttpTransport::new();
    for _ in 0..2 {
        let outgoing = request(format!("{}/post", server.address), Effect::Publish);
        assert_eq!(runtime.block_on(transport.send(outgoing)).expect("an answer").status, 200);
    }
    assert_eq!(server.seen.try_iter().count(), 2);
}

#[test]
fn what_cannot_be_sent_safely_never_leaves() {
    for url in
        ["http://example.org/", "ftp://example.org/", "https://me@example.org/", "nonsense", "https://exa\nmple.org/"]
    {
        let error = send(request(url.to_owned(), Effect::Publish)).expect_err("nothing is sent");
        assert!(error.not_sent, "{url}: {error:?}");
    }
    let mut broken = request("https://example.org/".to_owned(), Effect::Publish);
    broken.headers.push(("x-broken".to_owned(), "two\r\nlines".to_owned()));
    assert!(send(broken).expect_err("nothing is sent").not_sent);
    let mut broken = request("https://example.org/".to_owned(), Effect::Publish);
    broken.authorization = Some("Bearer hunter2\nhunter3".into());
    let error = send(broken).expect_err("nothing is sent");
    assert!(error.not_sent && !error.message.contains("hunter"), "{error:?}");
}

#[test]
fn nothing_that_is_printed_holds_the_secret() {
    let outgoing = request("https://example.org/".to_owned(), Effect::Publish);
    assert!(!format!("{outgoing:?}").contains("hunter2"));
}

#[test]
fn encryption_works_on_a_machine_without_certificates() {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|root| Certificate::from_der(root).ok());
    assert!(roots.count() > 50);
    for (reads, here) in [(true, false), (false, false), (true, true), (false, true)] {
        Settings::default().build(reads, here).expect("a client");
    }
}

mod downloads {
    use super::*;
    use crate::engine::{Visit, Visited, Web as _};
    use std::net::IpAddr;

    /// Visits a path of a scripted server by a name that only we know; returns what was there, and the requests.
    fn visit(script: Vec<Does>, path: &str, most: u64) -> (Result<Visited, TransportError>, Vec<String>) {
        let server = serve(script);
        let port = server.address.rsplit(':').next().expect("a port");
        let url = format!("http://img.test:{port}{path}");
        let here: IpAddr = "127.0.0.1".parse().expect("an address");
        let within = Duration::from_secs(20);
        let visit = Visit { url: &url, host: "img.test", addresses: &[here], most, within };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let visited = runtime.block_on(HttpTransport::new().visit(visit));
        (visited, server.seen.try_iter().collect())
    }

    #[test]
    fn a_page_comes_from_the_given_address_without_anything_of_ours() {
        let (visited, seen) = visit(vec![answer("200 OK", "content-type: text/html\r\n", "pixels")], "/a?b", 100);
        assert_eq!(visited, Ok(Visited::Page(b"pixels".to_vec())));
        let head = seen[0].to_lowercase();
        assert!(head.starts_with("get /a?b http/1.1\r\n") && head.contains("host: img.test:"), "{head}");
        for ours in ["cookie", "authorization", "referer"] {
            assert!(!head.contains(ours), "{head}");
        }
    }

    #[test]
    fn redirects_are_told_and_not_followed() {
        for (location, expect) in
            [("https://other.example/x", "https://other.example/x"), ("//10.0.0.1/x", "http://10.0.0.1/x")]
        {
            let (visited, seen) = visit(
                vec![answer("302 Found", &format!("location: {location}\r\n"), ""), answer("200 OK", "", "no")],
                "/",
                9,
            );
            assert_eq!((visited, seen.len()), (Ok(Visited::Moved { to: expect.to_owned() }), 1));
        }
        let (visited, _) = visit(vec![answer("302 Found", "", "")], "/", 9);
        assert_eq!(visited, Ok(Visited::Refused { status: 302 }));
        let (visited, _) = visit(vec![answer("404 Not Found", "", "no")], "/", 9);
        assert_eq!(visited, Ok(Visited::Refused { status: 404 }));
    }

    #[test]
    fn what_is_too_large_is_not_read_whatever_the_server_says_of_it() {
        assert_eq!(
            visit(vec![answer("200 OK", "", "0123456789")], "/", 10).0,
            Ok(Visited::Page(b"0123456789".to_vec()))
        );
        assert_eq!(visit(vec![answer("200 OK", "", "0123456789a")], "/", 10).0, Ok(Visited::TooLarge));
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n".to_vec();
        assert_eq!(visit(vec![Does::Answer(chunked)], "/", 10).0, Ok(Visited::TooLarge));
    }

    #[test]
    fn what_is_cut_short_is_no_page() {
        let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npixels".to_vec();
        assert_eq!(visit(vec![Does::Answer(cut)], "/", 1000).0.expect_err("cut").status, Some(200));
    }

    #[test]
    fn only_the_host_that_was_checked_is_visited() {
        let address = serve(vec![answer("200 OK", "", "no")]).address;
        let here: IpAddr = "127.0.0.1".parse().expect("an address");
        let elsewhere: IpAddr = "127.0.0.2".parse().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let within = Duration::from_secs(20);
        for (host, addresses) in [("img.test", [here]), ("127.0.0.1", [elsewhere])] {
            let visit = Visit { url: &address, host, addresses: &addresses, most: 9, within };
            assert!(runtime.block_on(HttpTransport::new().visit(visit)).is_err(), "{host}");
        }
    }

    #[test]
    fn names_are_found_by_the_system() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let found = runtime.block_on(HttpTransport::new().resolve("localhost", Duration::from_secs(10)));
        assert!(found.expect("addresses").iter().all(IpAddr::is_loopback));
    }
}
