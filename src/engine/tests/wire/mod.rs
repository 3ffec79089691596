//! What becomes of a post when its server does something bad: the engine, the real transport and a server on this machine,
//! over TLS, on HTTP/1 and HTTP/2, on a first connection and after others.
//!
//! The verdicts are in `verdicts.md` beside this. `MASTHEAD_BLESS=1` writes them anew; read the difference.

mod server;
mod talk;

use self::server::{AUTHORITY, Does, Server};
use super::{
    stage::{Stage, at, row},
    twin::HERE,
};
use crate::{
    engine::{HttpTransport, Outcome, Outgoing, OutgoingBody, Transport, TransportError, World, execute, probe},
    network::{Auth, Effect, Flow, Method, Response, Settling},
    plan::Plan,
};
use std::{env, fs, path::Path, thread, time::Duration};

/// The behaviours, in words for the table.
const TABLE: &[(&str, Does)] = &[
    ("answers", Does::Answers),
    ("is not there", Does::Refuses),
    ("closes in the handshake", Does::CutsHandshake),
    ("closes before it reads", Does::ClosesUnread),
    ("resets in the middle of the request", Does::ResetsEarly),
    ("reads, and cuts the connection below TLS", Does::Cuts),
    ("reads, and closes in all order", Does::Closes),
    ("reads, and resets", Does::Resets),
    ("reads, and hangs", Does::Hangs),
    ("reads, and speaks another language", Does::Garbage),
    ("says 103, then answers", Does::InterimThenAnswers),
    ("says 102 for ever", Does::InterimForEver),
    ("says 200, and hangs", Does::BodyHangs),
    ("says 200, and closes in the body", Does::BodyShort),
    ("says 200, with more than it said", Does::BodyLong),
    ("says 200, byte by byte", Does::SlowBody),
    ("says 200, with a web page", Does::Html),
    ("says 200, with a gzip bomb", Does::GzipBomb),
    ("says 200, with more than 1 MB", Does::Huge),
    ("says 307", Does::Redirects),
    ("says 401", Does::Status(401)),
    ("says 409", Does::Status(409)),
    ("says 422", Does::Status(422)),
    ("says 429, and when to come back", Does::RetryAfter(429)),
    ("says 500", Does::Status(500)),
    ("says 503, and when to come back", Does::RetryAfter(503)),
    ("REFUSED_STREAM", Does::RefusesStream),
    ("GOAWAY below the request", Does::GoesAwayBefore),
    ("GOAWAY above the request, and closes", Does::GoesAwayAfter),
    ("GOAWAY above the request, and answers", Does::GoesAwayAndAnswers),
];

/// Those that are only ended by a time-out.
const SLOW: [Does; 4] = [Does::Hangs, Does::InterimForEver, Does::BodyHangs, Does::SlowBody];

/// Carries what is meant for the scripted network to the server of the test.
struct Line {
    http: HttpTransport,
    address: String,
}

impl Transport for Line {
    fn send(&self, mut request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        request.url = request.url.replacen(HERE, &self.address, 1);
        self.http.send(request)
    }
}

/// How a connection comes about.
#[derive(Clone, Copy, Debug)]
struct Way {
    h2: bool,
    /// Whether calls of every kind came before.
    warm: bool,
}

const WAYS: [Way; 4] = [
    Way { h2: false, warm: false },
    Way { h2: false, warm: true },
    Way { h2: true, warm: false },
    Way { h2: true, warm: true },
];

fn is_h2_only(does: Does) -> bool {
    matches!(does, Does::RefusesStream | Does::GoesAwayBefore | Does::GoesAwayAfter | Does::GoesAwayAndAnswers)
}

fn line(server: &Server, does: Option<Does>) -> Line {
    let time = if does.is_some_and(|does| SLOW.contains(&does)) { 4 } else { 25 };
    let http = HttpTransport::in_test(Duration::from_secs(time), Some(AUTHORITY));
    Line { http, address: format!("https://localhost:{}", server.address.port()) }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

async fn warm_up(line: &Line) {
    for effect in [Effect::Read, Effect::Prepare, Effect::Publish] {
        let request = Outgoing {
            label: "warm up",
            method: if effect == Effect::Read { Method::Get } else { Method::Post },
            url: format!("{HERE}/warm"),
            headers: Vec::new(),
            whole_url: None,
            authorization: None,
            body: OutgoingBody(if effect == Effect::Read { Vec::new() } else { b"{}".to_vec() }),
            effect,
        };
        assert!(line.send(request).await.expect("an answer").is_success());
    }
}

/// Publishes one post; returns the outcome, the events and the server.
fn publish(server: &Server, line: &Line, warm: bool) -> (Outcome, Vec<&'static str>) {
    let stage = Stage::new(Settling::Person, Auth::Token);
    // Longer than what is under way on a connection at once.
    let text = "Hello. ".repeat(60_000);
    let plan = Plan { now: at("2026-11-22T09:00:00Z"), commit: None, rows: vec![row(&[&text])] };
    let networks = stage.networks();
    let outcome = block_on(async {
        if warm {
            warm_up(line).await;
        }
        server.arm();
        let world = World { transport: line, ..stage.world(&networks) };
        let settled = execute(world, &plan, Box::new(stage.store.clone()), &mut |_| {}).await;
        settled.expect("a ledger").pop().expect("something became of it").outcome
    });
    (outcome, stage.kinds())
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Published { url: Some(_) } => "published",
        Outcome::Published { url: None } => "published, nameless",
        Outcome::Updated { .. } | Outcome::Retracted => "amended",
        Outcome::Beaten => "beaten",
        Outcome::Deferred { .. } => "later",
        Outcome::Failed { .. } => "failed",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Attention { .. } => "a person",
        Outcome::Blocked { .. } => "blocked",
    }
}

/// Publishes to a server that does something bad, and returns what became of it for the table.
fn verdict(does: Does, way: Way) -> String {
    if is_h2_only(does) && !way.h2 {
        return "–".to_owned();
    }
    let server = Server::start(does, way.h2, None);
    let line = line(&server, Some(does));
    let (outcome, events) = publish(&server, &line, way.warm);
    let at = format!("{does:?} {way:?}: {outcome:?}");
    // What the table stands for, whatever is in it.
    assert!(server.seen() <= 1, "more than one request for one intent: {at}");
    assert_eq!(server.reused(), 0, "a change went over a connection that was there before: {at}");
    assert!(server.connections() <= 1, "{at}");
    assert_eq!(events.iter().filter(|event| **event == "intent").count(), 1, "{at}");
    if matches!(outcome, Outcome::Deferred { .. }) && !matches!(does, Does::RetryAfter(429)) {
        assert_eq!(server.seen(), 0, "what was read is tried again: {at}");
    }
    format!("{}: {} read", word(&outcome), server.seen())
}

/// Looks something up on a server that does something bad.
fn look(does: Does, h2: bool) -> String {
    if is_h2_only(does) && !h2 {
        return "–".to_owned();
    }
    let server = Server::start(does, h2, None);
    let line = line(&server, Some(does));
    let stage = Stage::new(Settling::Person, Auth::Token);
    let networks = stage.networks();
    server.arm();
    let result = block_on(async {
        let world = World { transport: &line, ..stage.world(&networks) };
        probe(world, &stage.config.accounts["brand"]).await
    });
    let word = result.map_or_else(|error| error.kind.as_str(), |_| "ok");
    assert!(server.connections() <= 4, "{does:?}: {word}");
    format!("{word}: {} read", server.seen())
}

/// Fills the cells of a table. Those that wait for a time-out do so all at once; the others come after, a few at a time, so
/// that no time-out is one of a busy machine.
fn fill<W: Copy + Send + Sync>(ways: &[W], cell: impl Fn(Does, W) -> String + Sync) -> Vec<Vec<String>> {
    let all = TABLE.iter().flat_map(|(_, does)| ways.iter().map(|way| (*does, *way)));
    let cells: Vec<(usize, (Does, W))> = all.enumerate().collect();
    let of = |slow: bool, most: usize| {
        let chosen: Vec<_> = cells.iter().filter(|(_, (does, _))| SLOW.contains(does) == slow).copied().collect();
        let size = chosen.len().div_ceil(most);
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for chunk in chosen.chunks(size) {
                let cell = &cell;
                let fill = move || chunk.iter().map(|(at, (does, way))| (*at, cell(*does, *way))).collect::<Vec<_>>();
                threads.push(scope.spawn(fill));
            }
            threads.into_iter().flat_map(|thread| thread.join().expect("verdicts")).collect::<Vec<_>>()
        })
    };
    let mut filled = [of(true, usize::MAX), of(false, 4)].concat();
    filled.sort();
    let texts: Vec<String> = filled.into_iter().map(|(_, text)| text).collect();
    texts.chunks(ways.len()).map(<[String]>::to_vec).collect()
}

fn write(out: &mut String, head: &[&str], cells: &[Vec<String>]) {
    out.push_str(&format!("| the server | {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len() + 1)));
    for ((what, _), cells) in TABLE.iter().zip(cells) {
        out.push_str(&format!("| {what} | {} |\n", cells.join(" | ")));
    }
}

#[test]
fn the_table_of_verdicts() {
    let mut text = "# What becomes of a post when its server does something bad\n\n\
        Made by `the_table_of_verdicts`: the engine and the real transport against a server on this machine, over TLS. How many \
        requests the server has read whole stands behind the verdict.\n\n\
        ## Publishing\n\n\
        On a network that can't be asked, so that each verdict stands by itself. `later` means that nothing happened; `unknown` \
        stays so until a person says more, and on other networks until the network is asked. `warm` means that a look, an \
        upload and a post went over the same client before.\n\n"
        .to_owned();
    write(&mut text, &["HTTP/1", "HTTP/1, warm", "HTTP/2", "HTTP/2, warm"], &fill(&WAYS, verdict));
    text.push_str("\n## Looking\n\nA look changes nothing and is made three times before its failure is believed, unless \
        the server says when to come back. On HTTP/2 that is over one connection, where this server reads nothing more once it hangs.\n\n");
    write(&mut text, &["HTTP/1", "HTTP/2"], &fill(&[false, true], look));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/tests/wire/verdicts.md");
    if env::var_os("MASTHEAD_BLESS").is_some() {
        fs::write(&path, &text).expect("a file");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(there, text, "set MASTHEAD_BLESS=1 to write the table, then read the difference");
}

#[test]
fn a_strangers_certificate_gets_nothing() {
    for h2 in [false, true] {
        let server = Server::start(Does::Answers, h2, None);
        let address = format!("https://localhost:{}", server.address.port());
        let line = Line { http: HttpTransport::in_test(Duration::from_secs(25), None), address };
        let (outcome, events) = publish(&server, &line, false);
        assert!(matches!(outcome, Outcome::Deferred { .. }), "{outcome:?}");
        assert_eq!((server.seen(), events), (0, vec!["intent", "defer"]));
    }
}

#[test]
fn a_bomb_stays_packed() {
    let server = Server::start(Does::GzipBomb, false, None);
    server.arm();
    let line = line(&server, None);
    let request = Outgoing {
        label: "look",
        method: Method::Get,
        url: format!("{HERE}/look"),
        headers: Vec::new(),
        whole_url: None,
        authorization: None,
        body: OutgoingBody::default(),
        effect: Effect::Read,
    };
    let response = block_on(line.send(request)).expect("an answer");
    assert!(response.body.len() < 1 << 19, "{} bytes", response.body.len());
}

/// The server is cut off after each tenth of its bytes; `MASTHEAD_CUTS=1` does it after each of them, which takes minutes.
#[test]
fn wherever_the_servers_bytes_end_a_post_goes_out_once_at_most() {
    for h2 in [false, true] {
        let server = Server::start(Does::Answers, h2, None);
        let (outcome, _) = publish(&server, &line(&server, None), false);
        assert_eq!(word(&outcome), "published");
        let all = server.written();
        assert!(all > 800, "{all} bytes are no handshake and answer");
        let step = env::var("MASTHEAD_CUTS").ok().and_then(|step| step.parse().ok()).unwrap_or(all / 10);
        let mut words = Vec::new();
        for cut in (1..=all).step_by(step) {
            let server = Server::start(Does::Answers, h2, Some(cut));
            let (outcome, events) = publish(&server, &line(&server, None), false);
            let at = format!("{cut} of {all} bytes: {outcome:?}, {events:?}, {} read", server.seen());
            assert!(server.seen() <= 1 && server.connections() <= 1, "{at}");
            match word(&outcome) {
                "later" => assert_eq!(server.seen(), 0, "{at}"),
                "unknown" => assert_eq!(events, ["intent"], "{at}"),
                "published" | "published, nameless" => assert_eq!((server.seen(), events.len()), (1, 2), "{at}"),
                other => panic!("{other}: {at}"),
            }
            words.push(word(&outcome));
        }
        // First nothing was sent, and later nobody can tell.
        assert_eq!(words.first(), Some(&"later"));
        assert!(words.contains(&"unknown"), "{words:?}");
        let sent = words.iter().position(|word| *word != "later");
        assert!(words[sent.unwrap_or_default()..].iter().all(|word| *word != "later"), "{words:?}");
    }
}
