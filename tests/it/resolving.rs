//! Settling by hand: the lines that `status` prints, run as they are.

use crate::{
    loopback::Loopback,
    publishing::{mastodon, post},
    sandbox::Sandbox,
};
use masthead::{
    config::LedgerSettings,
    engine::{Clock as _, SystemClock},
    ledger::{Actor, Append, Appended, Event, EventId, Happening, PartKey, Store as _},
    model::{AccountId, PostId},
    workspace::{GitStore, Repo},
};
use std::{collections::BTreeMap, time::Duration};

const ATTEMPT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// A workspace with a post, of which an attempt was made so long ago.
fn tried(copy: &str, ago: Duration) -> (Sandbox, Loopback) {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", copy));
    sandbox.commit();
    let intent = Happening::Intent {
        attempt: 1,
        lease: 70,
        commit: sandbox.git(&["rev-parse", "HEAD"]),
        digest: digest(&sandbox),
        key: "fedcba9876543210fedcba9876543210".to_owned(),
        nonce: 7,
        network_time: None,
        media: BTreeMap::new(),
    };
    write(&sandbox, ATTEMPT, None, ago, intent);
    (sandbox, server)
}

/// One whose outcome only a person can tell.
fn held(copy: &str) -> (Sandbox, Loopback) {
    let (sandbox, server) = tried(copy, Duration::from_secs(7200));
    let hold = Happening::Hold { reason: "nobody can tell: look there".to_owned() };
    write(&sandbox, "99", Some(ATTEMPT), Duration::from_secs(3600), hold);
    (sandbox, server)
}

fn digest(sandbox: &Sandbox) -> String {
    let plan = sandbox.run(&["plan", "--json"]).done();
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).expect("JSON");
    plan["rows"][0]["digest"].as_str().expect("a digest").to_owned()
}

fn write(sandbox: &Sandbox, id: &str, of: Option<&str>, ago: Duration, what: Happening) {
    let event = Event {
        id: EventId(id.to_owned()),
        key: PartKey { post: PostId::new("a"), account: AccountId::new("brand"), part: 1 },
        of: of.map(|of| EventId(of.to_owned())),
        at: SystemClock.now().minus(ago),
        by: Actor { run: "another".to_owned(), version: "0.1.0".to_owned(), person: None },
        what,
    };
    let settings = LedgerSettings { remote: None, ..LedgerSettings::default() };
    let mut store = GitStore::open(&Repo::open(sandbox.path()).expect("a repository"), &settings).expect("a store");
    assert_eq!(store.append(&[Append { event, seen: None }]).expect("written"), [Appended::Written]);
}

/// Runs a line that was printed.
fn run_line(sandbox: &Sandbox, line: &str) -> crate::sandbox::Ran {
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words[0], "masthead");
    sandbox.run(&words[1..])
}

/// Returns what `status` says is to be run, in order.
fn lines(sandbox: &Sandbox) -> Vec<String> {
    let status = sandbox.run(&["status"]).code(1);
    let lines = status.stdout.lines().filter_map(|line| line.split_once(": masthead "));
    let lines: Vec<String> = lines.map(|(_, rest)| format!("masthead {rest}")).collect();
    let json = sandbox.run(&["status", "--json"]).code(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let commands: Vec<&str> =
        json["resolve"].as_array().expect("a list").iter().filter_map(|errand| errand["command"].as_str()).collect();
    assert_eq!(lines, commands);
    let show = sandbox.run(&["show", "a"]).done();
    assert!(lines.iter().all(|line| show.stdout.contains(line.as_str())), "{show:?}");
    lines
}

#[test]
fn a_line_of_status_says_that_it_is_there() {
    let (sandbox, server) = held("One.\n\n---\n\nTwo.");
    let lines = lines(&sandbox);
    assert_eq!(
        lines,
        [
            "masthead resolve a --account brand --part 1 --attempt 0a1b2c3d --published URL",
            "masthead resolve a --account brand --part 1 --attempt 0a1b2c3d --absent",
        ]
    );
    let url = format!("{}/@acme/1135", server.endpoint);
    run_line(&sandbox, &lines[0].replace("URL", &url)).done().says("receipt").says("(said by Ada)");
    let log = sandbox.run(&["log", "--json"]).done();
    let log: serde_json::Value = serde_json::from_str(&log.stdout).expect("JSON");
    let receipt = &log["events"][2];
    assert_eq!(
        (&receipt["remote_id"], &receipt["person"], &receipt["of"]),
        (&"1135".into(), &"Ada".into(), &ATTEMPT.into())
    );
    // The thread goes on under it, since its id is known from the address.
    sandbox.run(&["plan"]).done().says("goes on at part 2 of 2");
    assert_eq!(server.seen().made, 0);
}

#[test]
fn a_line_of_status_says_that_it_is_not_there_and_it_is_sent_again() {
    let (sandbox, server) = held("One.");
    let lines = lines(&sandbox);
    sandbox.run(&["publish"]).code(1).says("attention");
    assert_eq!(server.seen().made, 0);
    run_line(&sandbox, &format!("{} --reason looked --by Grace", lines[1])).done().says("said by Grace");
    sandbox.run(&["publish"]).done().says("published a to brand");
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["log"]).done().says("did not arrive: looked (said by Grace)");
}

#[test]
fn an_address_that_tells_no_id_is_kept() {
    let (sandbox, _server) = held("One.");
    let url = "https://elsewhere.example/1";
    sandbox.run(&["resolve", "a", "--account", "brand", "--attempt", ATTEMPT, "--published", url]).done();
    sandbox.run(&["status"]).done().says(url);
    sandbox.run(&["publish"]).done().says("nothing was published");
}

#[test]
fn the_exact_attempt_must_be_named() {
    let (sandbox, _server) = held("One.");
    let resolve = |more: &[&str]| sandbox.run(&[&["resolve", "a", "--account", "brand"], more].concat());
    resolve(&["--absent"]).code(2).says("--attempt 0a1b2c3d");
    resolve(&["--absent", "--attempt", "0a1b"]).code(2).says("too short");
    resolve(&["--absent", "--attempt", "0a1b2c3e"]).code(2).says("has no attempt `0a1b2c3e`");
    resolve(&["--cancel"]).code(2).says("--attempt 0a1b2c3d");
    resolve(&[]).code(2).says("--published");
    resolve(&["--absent", "--cancel"]).code(2).says("cannot be used with");
    resolve(&["--absent", "--attempt", "0a1b2c3d", "--part", "2"]).code(2).says("there is no part 2");
    resolve(&["--published", "here", "--attempt", "0a1b2c3d"]).code(2).says("is no web address");
    sandbox.run(&["resolve", "b", "--account", "brand", "--absent"]).code(2).says("there is no post `b`");
    sandbox.run(&["resolve", "a", "--account", "brnd", "--absent"]).code(2).says("did you mean `brand`?");
    assert_eq!(sandbox.git(&["rev-list", "--count", "masthead-ledger"]), "2");
}

#[test]
fn an_earlier_attempt_settles_nothing() {
    let (sandbox, _server) = held("One.");
    let absent = Happening::Absent { evidence: "somebody else has looked".to_owned() };
    write(&sandbox, "98", Some(ATTEMPT), Duration::from_secs(1000), absent);
    let later = "ffffffff4e5f60718293a4b5c6d7e8f9";
    let intent = Happening::Intent {
        attempt: 2,
        lease: 70,
        commit: "c0ffee".to_owned(),
        digest: digest(&sandbox),
        key: "0edcba9876543210fedcba9876543210".to_owned(),
        nonce: 8,
        network_time: None,
        media: BTreeMap::new(),
    };
    write(&sandbox, later, None, Duration::from_secs(900), intent);
    sandbox
        .run(&["resolve", "a", "--account", "brand", "--attempt", "0a1b2c3d", "--absent"])
        .code(2)
        .says("is an earlier attempt");
    sandbox.run(&["resolve", "a", "--account", "brand", "--attempt", "ffffffff", "--absent"]).done();
}

#[test]
fn what_may_be_under_way_is_not_called_absent() {
    let (sandbox, _server) = tried("One.", Duration::from_secs(10));
    let attempt = ["resolve", "a", "--account", "brand", "--attempt", ATTEMPT];
    sandbox.run(&[&attempt[..], &["--absent"]].concat()).code(2).says("may still be sending it, until");
    sandbox.run(&[&attempt[..], &["--cancel"]].concat()).code(2).says("can't be cancelled");
    sandbox.run(&[&attempt[..], &["--published", "https://elsewhere.example/1"]].concat()).done();
}

#[test]
fn what_was_never_tried_can_be_cancelled_and_taken_up_again() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One."));
    sandbox.commit();
    let resolve = |said: &str| sandbox.run(&["resolve", "a", "--account", "brand", said]);
    resolve("--retracted").code(2).says("not known to be out");
    resolve("--absent").code(2).says("nobody waits for news");
    resolve("--cancel").done().says("cancelled");
    sandbox.run(&["publish"]).done().says("nothing was published");
    sandbox.run(&["status"]).done().says("cancelled  a");
    resolve("--cancel").code(2).says("cancelled already");
    resolve("--absent").done();
    sandbox.run(&["publish"]).done().says("published a to brand");
    assert_eq!(server.seen().made, 1);
    resolve("--cancel").code(2).says("it is out");
}

#[test]
fn what_a_person_deleted_there_is_noted_for_the_whole_thread() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    let requests = server.seen().requests.len();
    sandbox.run(&["resolve", "a", "--account", "brand", "--retracted", "--reason", "by hand"]).done();
    sandbox.run(&["log"]).done().says("taken back: by hand (said by Ada)").says("a (part 2)");
    sandbox.run(&["status"]).done().says("retracted  a");
    sandbox.run(&["resolve", "a", "--account", "brand", "--retracted"]).code(2).says("taken back already");
    assert_eq!(server.seen().requests.len(), requests);
}

#[test]
fn what_the_network_refused_is_tried_again_or_given_up() {
    for (which, made) in [(0, 1), (1, 0)] {
        let (sandbox, server) = tried("One.", Duration::from_secs(7200));
        let fail = Happening::Fail { kind: "refused".to_owned(), message: "no".to_owned() };
        write(&sandbox, "99", Some(ATTEMPT), Duration::from_secs(7100), fail);
        let lines = lines(&sandbox);
        assert_eq!(lines.len(), 2);
        run_line(&sandbox, &lines[which]).done();
        sandbox.run(&["publish"]).done();
        assert_eq!(server.seen().made, made);
    }
}
