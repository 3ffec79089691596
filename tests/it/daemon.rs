//! `masthead run`, the real program: what makes it look, what it answers, and how it ends.

use crate::{
    remote::Fleet,
    sandbox::{Running, Sandbox},
    vault::make_key,
};
use masthead::{
    config::LedgerSettings,
    ledger::{Actor, BrakeEvent, Braking, EventId, Store as _},
    model::{Scope, Timestamp},
    workspace::{GitStore, Repo},
};
use ring::hmac;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    thread,
    time::{Duration, Instant, SystemTime},
};

const SECRET: &str = "canary-4417-hook";

/// A daemon that would rest for an hour if nothing woke it, and where it answers.
struct Daemon {
    running: Running,
    address: String,
}

impl Daemon {
    /// Starts it in a clone and waits until its first round is over.
    fn start(fleet: &Fleet, clone: &str) -> Self {
        let daemon = Self::begin(fleet, clone);
        daemon.wait_for("masthead_rounds_total{outcome=\"done\"}", |rounds| rounds >= 1.0);
        daemon
    }

    fn begin(fleet: &Fleet, clone: &str) -> Self {
        let mut running = fleet.start(clone, &["run", "--poll", "1h", "--listen", "127.0.0.1:0"]);
        let said = running.wait_until_it_says(": /healthz");
        let address = said.split("http://").nth(1).and_then(|rest| rest.split(": /").next()).expect("an address");
        Self { running, address: address.to_owned() }
    }

    /// Sends a request with this host and more lines of the head, and returns the status and what follows the head.
    fn ask(&self, request: &str, host: &str, more: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let length = body.len();
        let head =
            format!("{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{more}");
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").expect("an end of the head").1.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path}"), &self.address, "", "")
    }

    fn webhook(&self, more: &str) -> u16 {
        self.ask("POST /webhook", &self.address, more, "{\"ref\":\"refs/heads/main\"}").0
    }

    /// Returns a sample of the metrics.
    fn metric(&self, name: &str) -> Option<f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(line.parse().expect("a number"))
    }

    fn wait_for(&self, name: &str, is_so: impl Fn(f64) -> bool) {
        until(name, || self.metric(name).is_some_and(&is_so));
    }

    fn rounds(&self) -> f64 {
        self.metric("masthead_rounds_total{outcome=\"done\"}").expect("a figure")
    }

    /// Ends it, which goes well.
    fn end(self) -> crate::sandbox::Ran {
        self.running.signal("TERM");
        self.running.finish().done()
    }
}

/// Waits until something is so; a loaded machine may take its time.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never was so: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn now() -> Timestamp {
    Timestamp::EPOCH.plus(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970"))
}

fn one_post() -> Fleet {
    let mut fleet = Fleet::new(&[("a", "The news of today.")]);
    fleet.sandbox.set("HOOK_SECRET", SECRET);
    fleet
}

/// Adds to a file of another clone, whose push nobody tells the daemon of.
fn push(fleet: &Fleet, path: &str, text: &str) {
    if !fleet.folder("editor").exists() {
        fleet.clone("editor", &[]);
    }
    fleet.sandbox.write(&format!("editor/{path}"), text);
    fleet.git(&["-C", "editor", "add", "-A"]);
    fleet.git(&["-C", "editor", "commit", "-q", "-m", "more"]);
    fleet.git(&["-C", "editor", "push", "-q", "origin", "main"]);
}

fn post(id: &str, copy: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [\"brand\"]\n+++\n\n{copy}\n")
}

/// Adds settings of the daemon to the configuration of the branch and of the daemon's own clone.
fn configure(fleet: &Fleet, more: &str) {
    let text = fleet.sandbox.read("one/masthead.toml") + more;
    push(fleet, "masthead.toml", &text);
    fleet.git(&["-C", "one", "pull", "-q", "--rebase", "origin", "main"]);
}

#[test]
fn it_publishes_what_is_due_and_looks_again_when_it_is_told_to() {
    let fleet = one_post();
    let daemon = Daemon::start(&fleet, "one");
    assert_eq!(fleet.made(), 1);
    assert_eq!(daemon.metric("masthead_published_total{account=\"brand\"}"), Some(1.0));
    assert_eq!(daemon.metric("masthead_deliveries{verdict=\"done\"}"), Some(1.0));
    push(&fleet, "content/b.md", &post("b", "A hoodie, black."));
    daemon.running.signal("HUP");
    daemon.wait_for("masthead_published_total{account=\"brand\"}", |published| published == 2.0);
    push(&fleet, "content/c.md", &post("c", "See you in Rome!"));
    daemon.running.signal("USR1");
    daemon.wait_for("masthead_published_total{account=\"brand\"}", |published| published == 3.0);
    assert_eq!(fleet.made(), 3);
    // The clone's own branch and files are left as they were.
    assert!(!fleet.sandbox.file("one/content/b.md").exists());
    // A part is counted as soon as it is out; the round is over a little later.
    until("the round is over", || {
        fleet.run("one", &["doctor"]).stdout.contains("ok   daemon: `masthead run` did its last round")
    });
    daemon.end().says("published b to brand").says("stopped").never_says(fleet.server.token);
    fleet.run("one", &["doctor"]).done().says("ok   daemon: `masthead run` was stopped");
}

#[test]
fn it_rests_until_something_is_due() {
    let fleet = one_post();
    fleet.run("one", &["publish"]).done();
    let at = now().plus(Duration::from_secs(5));
    push(
        &fleet,
        "content/b.md",
        &post("b", "A hoodie, black.").replacen("\n+++\n\n", &format!("\ndate = {at}\n+++\n\n"), 1),
    );
    let daemon = Daemon::start(&fleet, "one");
    daemon.wait_for("masthead_published_total{account=\"brand\"}", |published| published == 1.0);
    assert!(now() >= at, "not early");
    assert_eq!(fleet.made(), 2);
    daemon.end();
}

#[test]
fn the_secret_of_webhooks_may_be_in_the_vault() {
    let (key, public) = make_key();
    let mut fleet = one_post();
    fleet.sandbox.set("MASTHEAD_VAULT_KEY", &key);
    let vault = format!("\n[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\nrecipients = [{public:?}]\n");
    configure(&fleet, &format!("{vault}\n[daemon]\nwebhook_secret = \"vault:hook\"\n"));
    let sandbox = &fleet.sandbox;
    sandbox.run_in(&sandbox.file("one"), &["vault", "init"]).done();
    sandbox.run_with(&["-C", "one", "vault", "set", "hook"], SECRET).done();
    let daemon = Daemon::start(&fleet, "one");
    assert_eq!(daemon.webhook("x-gitlab-token: guessed\r\n"), 401);
    assert_eq!(daemon.webhook(&format!("x-gitlab-token: {SECRET}\r\n")), 202);
    daemon.end();
}

#[test]
fn a_signed_webhook_wakes_it_and_no_other_does() {
    let fleet = one_post();
    configure(&fleet, "\n[daemon]\nwebhook_secret = \"env:HOOK_SECRET\"\n");
    let daemon = Daemon::start(&fleet, "one");
    push(&fleet, "content/b.md", &post("b", "A hoodie, black."));
    let rounds = daemon.rounds();
    let forged = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"guessed"), b"{\"ref\":\"refs/heads/main\"}");
    let line = |tag: hmac::Tag| {
        let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("x-hub-signature-256: sha256={digits}\r\n")
    };
    for more in ["", &line(forged), "x-gitlab-token: guessed\r\n", "x-hub-signature-256: sha256=\r\n"] {
        assert_eq!(daemon.webhook(more), 401, "{more}");
    }
    assert_eq!(daemon.get("/webhook").0, 405);
    assert_eq!(daemon.rounds(), rounds);
    assert_eq!(fleet.made(), 1);
    let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), b"{\"ref\":\"refs/heads/main\"}");
    assert_eq!(daemon.webhook(&line(signed)), 202);
    daemon.wait_for("masthead_published_total{account=\"brand\"}", |published| published == 2.0);
    // The same once more does no harm.
    assert_eq!(daemon.webhook(&line(signed)), 202);
    assert_eq!(daemon.metric("masthead_webhooks_total{result=\"refused\"}"), Some(4.0));
    assert_eq!(daemon.metric("masthead_webhooks_total{result=\"accepted\"}"), Some(2.0));
    assert_eq!(fleet.made(), 2);
    // And nobody keeps it busy.
    assert!((0..60).any(|_| daemon.webhook("") == 429));
    daemon.end().never_says(SECRET);
}

#[test]
fn what_it_answers_is_for_this_machine_and_holds_no_secret() {
    let fleet = one_post();
    let daemon = Daemon::start(&fleet, "one");
    let own = daemon.address.clone();
    let localhost = own.replace("127.0.0.1", "localhost");
    assert_eq!(daemon.ask("GET /healthz", &localhost, "", "").0, 200);
    for host in ["evil.example", "127.0.0.1", "evil.example:9464"] {
        assert_eq!(daemon.ask("GET /metrics", host, "", "").0, 421, "{host}");
    }
    assert_eq!(daemon.ask("GET /metrics", &own, "origin: https://evil.example\r\n", "").0, 403);
    assert_eq!(daemon.ask("POST /webhook", &own, "sec-fetch-site: cross-site\r\n", "").0, 403);
    assert_eq!(daemon.get("/").0, 404);
    assert_eq!(daemon.ask("POST /metrics", &own, "", "").0, 405);
    assert_eq!(daemon.webhook(""), 503, "no secret is set");
    let (_, health) = daemon.get("/healthz");
    let (_, metrics) = daemon.get("/metrics");
    assert!(health.contains("\"healthy\":true"), "{health}");
    for text in [health, metrics] {
        assert!(!text.contains(fleet.server.token) && !text.contains("The news of today"), "{text}");
    }
    daemon.end();
}

#[test]
fn told_to_end_it_finishes_what_is_under_way_and_begins_nothing_more() {
    let fleet = Fleet::new(&[("a", "The news of today."), ("b", "A hoodie, black.")]);
    fleet.server.hold();
    let mut daemon = Daemon::begin(&fleet, "one");
    fleet.server.wait_for_held();
    daemon.running.signal("TERM");
    daemon.running.wait_until_it_says("stopping: nothing more is begun");
    fleet.server.release();
    daemon.running.finish().done().says("published a to brand").never_says("published b");
    assert_eq!(fleet.made(), 1);
    let log = fleet.run("one", &["log"]).done();
    assert_eq!(log.stdout.lines().count(), 2, "an intent and its receipt: {log:#?}");
}

#[test]
fn told_twice_it_ends_at_once() {
    let fleet = one_post();
    fleet.server.hold();
    let mut daemon = Daemon::begin(&fleet, "one");
    fleet.server.wait_for_held();
    daemon.running.signal("TERM");
    daemon.running.wait_until_it_says("once more stops at once");
    daemon.running.signal("TERM");
    daemon.running.finish().code(1).says("stopped while something was under way");
    fleet.server.release();
    fleet.run("one", &["publish"]).done().says("believed to be sending it");
    assert_eq!(fleet.made(), 1);
}

#[test]
fn a_freeze_that_is_pushed_meanwhile_stops_it() {
    let fleet = Fleet::new(&[("a", "The news of today."), ("b", "A hoodie, black.")]);
    fleet.clone("two", &[]);
    fleet.server.hold();
    let daemon = Daemon::begin(&fleet, "one");
    fleet.server.wait_for_held();
    let repository = Repo::open(&fleet.folder("two")).expect("a repository");
    let mut store = GitStore::open(&repository, &LedgerSettings::default()).expect("a ledger");
    let by = Actor { run: "test".to_owned(), version: "0.1.0".to_owned(), person: Some("Ada".to_owned()) };
    let what = Braking::Freeze { scope: Scope::All, until: None, reason: "a crisis".to_owned() };
    store.read().expect("readable");
    store.brake(&[BrakeEvent { id: EventId("0f".repeat(16)), at: now(), by, what }]).expect("frozen");
    fleet.server.release();
    daemon.wait_for("masthead_frozen", |frozen| frozen == 1.0);
    assert_eq!(daemon.metric("masthead_deliveries{verdict=\"held\"}"), Some(1.0));
    assert_eq!(fleet.made(), 1);
    daemon.end();
}

#[test]
fn an_error_of_a_round_is_shown_and_passes() {
    let fleet = one_post();
    let daemon = Daemon::start(&fleet, "one");
    let errors = "masthead_rounds_total{outcome=\"error\"}";
    let origin = fleet.git(&["-C", "one", "remote", "get-url", "origin"]);
    fleet.git(&["-C", "one", "remote", "set-url", "origin", "/nowhere/at/all.git"]);
    daemon.running.signal("HUP");
    daemon.wait_for(errors, |errors| errors >= 1.0);
    let (status, health) = daemon.get("/healthz");
    assert_eq!(status, 503);
    assert!(health.contains("can't fetch `main` from the remote `origin`"), "{health}");
    until("it is written down", || {
        fleet.run("one", &["doctor"]).stdout.contains("bad  daemon: the last round of `masthead run`")
    });
    push(&fleet, "content/b.md", &post("b", "A hoodie, black."));
    fleet.git(&["-C", "one", "remote", "set-url", "origin", &origin]);
    daemon.running.signal("HUP");
    until("it is well again", || daemon.get("/healthz").0 == 200);
    assert_eq!(fleet.made(), 2);
    let good = fleet.sandbox.read("editor/masthead.toml");
    push(&fleet, "masthead.toml", &good.replace("Europe/Rome", "Europe/Roma"));
    daemon.running.signal("HUP");
    until("the configuration is refused", || daemon.get("/healthz").1.contains("`masthead.toml` has errors"));
    push(&fleet, "masthead.toml", &good);
    // Nobody tells it: it tries again by itself.
    until("it is well again", || daemon.get("/healthz").0 == 200);
    daemon.end();
}

#[test]
fn there_is_one_of_them_in_a_clone() {
    let fleet = one_post();
    let daemon = Daemon::start(&fleet, "one");
    fleet.run("one", &["run", "--once"]).code(2).says("another `masthead run` is at work in this clone");
    // Elsewhere another one does no harm.
    fleet.clone("two", &[]);
    let other = Daemon::start(&fleet, "two");
    other.end();
    daemon.end();
    assert_eq!(fleet.made(), 1);
}

#[test]
fn one_round_is_all_if_one_wants_no_more() {
    let fleet = one_post();
    push(&fleet, "content/b.md", &post("b", "A hoodie, black."));
    fleet.run("one", &["run", "--once"]).done().says("published 2 posts");
    assert_eq!(fleet.made(), 2);
    fleet.run("one", &["run", "--once"]).done().says("nothing was published");
    fleet.git(&["-C", "one", "remote", "set-url", "origin", "/nowhere/at/all.git"]);
    fleet.run("one", &["run", "--once"]).code(2).says("can't fetch `main` from the remote `origin`");
    fleet.run("one", &["run", "--listen", "0.0.0.0:9464"]).code(2).says("an address of this machine alone");
    fleet.run("one", &["run", "--poll", "0s"]).code(2).says("at least 1s");
}

#[test]
fn a_clone_without_a_remote_is_its_own_and_its_settings_are_read_again() {
    let sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"site\"\n");
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"home\"]\n+++\n\nThe news of today.\n");
    sandbox.commit();
    let mut running = sandbox.start_in(sandbox.path(), &["run", "--poll", "1h"]);
    running.wait_until_it_says("wrote the site: 1 post");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let config = sandbox.read("masthead.toml");
    sandbox.write("masthead.toml", format!("{config}\n[daemon]\nlisten = \"{address}\"\n"));
    sandbox.write("content/b.md", "+++\nid = \"b\"\nto = [\"home\"]\n+++\n\nA hoodie, black.\n");
    sandbox.commit();
    running.signal("HUP");
    running.wait_until_it_says(&format!("listens on http://{address}"));
    until("the second post is there", || sandbox.read("public/index.html").contains("A hoodie, black."));
    running.signal("TERM");
    let _ = running.finish().done();
}

#[test]
fn a_service_manager_is_told_how_it_goes() {
    let mut sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"site\"\n");
    sandbox.commit();
    let place = sandbox.file(".git/notify");
    let socket = UnixDatagram::bind(&place).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    sandbox.set("NOTIFY_SOCKET", place.to_str().expect("a path"));
    sandbox.set("WATCHDOG_USEC", "200000");
    let running = sandbox.start_in(sandbox.path(), &["run", "--poll", "1h"]);
    let wait_for = |words: &str| {
        let mut bytes = [0; 200];
        loop {
            let length = socket.recv(&mut bytes).expect("a message in time");
            if String::from_utf8_lossy(&bytes[..length]).starts_with(words) {
                return;
            }
        }
    };
    wait_for("READY=1");
    wait_for("STATUS=the next look is at ");
    wait_for("WATCHDOG=1");
    running.signal("TERM");
    wait_for("STOPPING=1");
    let _ = running.finish().done();
    assert!(fs::read_to_string(sandbox.file(".git/masthead/daemon.json")).expect("a file").contains("\"stopped\""));
}
