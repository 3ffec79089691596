//! The brakes, with the program itself: freezes of the ledger and of a committed file, before a run and in the middle of it.

use crate::{
    loopback::Loopback,
    publishing::{mastodon, post},
    sandbox::Sandbox,
};
use masthead::engine::{Clock as _, SystemClock};

fn with_post() -> (Sandbox, Loopback) {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "The news of today."));
    sandbox.commit();
    (sandbox, server)
}

fn with_thread() -> (Sandbox, Loopback) {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo.\n\n---\n\nThree."));
    sandbox.commit();
    (sandbox, server)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn nothing_goes_out_between_a_freeze_and_its_thaw() {
    let (sandbox, server) = with_post();
    sandbox.run(&["freeze", "--reason", "a crisis"]).done().says("frozen  everything").says("by Ada: a crisis");
    sandbox.run(&["publish"]).done().says("frozen by Ada: a crisis");
    sandbox.run(&["status"]).done().says("frozen  everything  until it is thawed");
    assert!(server.seen().requests.is_empty(), "{:?}", server.seen().requests);
    sandbox.run(&["thaw", "--reason", "over"]).done().says("thawed everything");
    sandbox.run(&["publish"]).done().says("published a to brand");
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["log"]).done().says("freeze").says("thawed by Ada");
    let log = json(&sandbox.run(&["log", "--json"]).done().stdout);
    assert_eq!((&log["brakes"][0]["reason"], &log["brakes"][0]["thawed_by"]), (&"a crisis".into(), &"Ada".into()));
    assert!(sandbox.git(&["log", "masthead-ledger"]).contains("a crisis"));
    sandbox.run(&["thaw"]).done().says("nothing is frozen");
}

#[test]
fn only_what_is_named_is_stopped() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\ncampaign = \"hoodie\"\n+++\n\nOne.\n");
    sandbox.write("content/b.md", "+++\nid = \"b\"\nto = [\"brand\", \"home\"]\n+++\n\nTwo.\n");
    sandbox.commit();
    sandbox.run(&["freeze", "--account", "brand", "--reason", "x"]).done();
    sandbox.run(&["publish"]).done().says("published a to home").says("published b to home");
    assert_eq!(server.seen().made, 0);
    sandbox.run(&["freeze", "--campaign", "hoodie", "--reason", "y"]).done();
    sandbox.run(&["thaw", "--account", "brand"]).done().says("thawed account `brand`");
    sandbox.run(&["publish"]).done().says("published b to brand").says("frozen by Ada: y");
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["thaw", "--account", "brand"]).code(2).says("nothing of that is frozen by itself");
    sandbox.run(&["freeze", "--account", "brnad", "--reason", "x"]).code(2).says("did you mean `brand`?");
    sandbox.run(&["log", "--only", "brand"]).done().says("frozen by Ada: x").never_says("frozen by Ada: y");
}

#[test]
fn a_freeze_ends_by_itself_or_by_its_id() {
    let (sandbox, _server) = with_post();
    sandbox.run(&["freeze", "--reason", "x", "--until", "2020-01-01"]).code(2).says("is over already");
    let made = json(&sandbox.run(&["freeze", "--reason", "x", "--until", "2099-01-01", "--json"]).done().stdout);
    let id = made["freezes"][0]["id"].as_str().expect("an id");
    assert_eq!((&made["version"], &made["freezes"][0]["scope"]), (&1.into(), &"all".into()));
    sandbox.run(&["freeze", "--reason", "y"]).done();
    sandbox.run(&["thaw", &id[..4]]).code(2).says("doesn't say which freeze");
    sandbox.run(&["thaw", "00000000"]).code(2).says("no freeze `00000000` holds");
    // The other one is not meant, so it is no failure that it holds; but it is told.
    sandbox.run(&["thaw", &id[..8]]).done().says("thawed everything").says("by Ada: y");
    sandbox.run(&["plan"]).done().says("frozen by Ada: y").never_says("frozen by Ada: x");
}

#[test]
fn what_became_late_stays_held_and_is_listed() {
    let (sandbox, server) = mastodon();
    sandbox.commit();
    sandbox.run(&["freeze", "--reason", "a crisis"]).done();
    let due = SystemClock.now();
    sandbox.write("content/a.md", format!("+++\nid = \"a\"\nto = [\"brand\"]\ndate = {due}\n+++\n\nLate.\n"));
    sandbox.write("content/b.md", post("b", "brand", "Whenever."));
    sandbox.commit();
    let thawed = sandbox.run(&["thaw", "--json"]).done();
    assert_eq!(json(&thawed.stdout)["late"][0]["post"], "a", "{thawed:?}");
    sandbox.run(&["publish"]).done().says("published b to brand").says("give it a new `date`");
    assert_eq!(server.seen().made, 1);
    sandbox.write("content/a.md", post("a", "brand", "Late."));
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to brand");
}

#[test]
fn a_freeze_stops_a_publisher_that_is_in_the_middle() {
    let (sandbox, server) = with_thread();
    server.hold();
    let running = sandbox.start_in(sandbox.path(), &["publish"]);
    server.wait_for_held();
    sandbox.run(&["freeze", "--reason", "a crisis"]).done().says("under way  a (part 1)").says("may still take effect");
    server.release();
    let _ = running.finish();
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["status"]).done().says("1 of 3 parts are out, http").says("frozen by Ada: a crisis");
    sandbox.run(&["thaw"]).done();
    sandbox.run(&["publish"]).done().says("published a (3/3) to brand");
    assert_eq!(server.seen().made, 3);
}

#[test]
fn a_committed_file_stops_a_publisher_that_is_in_the_middle() {
    let (sandbox, server) = with_thread();
    server.hold();
    let running = sandbox.start_in(sandbox.path(), &["publish"]);
    server.wait_for_held();
    sandbox.write("freeze.toml", "reason = \"a crisis\"\nby = \"Grace\"\n");
    sandbox.commit();
    server.release();
    let _ = running.finish();
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["publish"]).done().says("frozen by Grace in `freeze.toml`: a crisis");
    sandbox.run(&["status"]).done().says("until the file is gone  freeze.toml");
    sandbox.run(&["thaw"]).code(1).says("`freeze.toml` on the branch `main` still stops publishing");
    sandbox.run(&["thaw", "freeze.toml"]).code(2).says("is a file on the publish branch");
    sandbox.git(&["rm", "-q", "freeze.toml"]);
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a (3/3) to brand");
    assert_eq!(server.seen().made, 3);
}

#[test]
fn a_file_that_can_not_be_understood_stops_everything() {
    let (sandbox, server) = with_post();
    for (text, why) in [
        (&b""[..], "no reason is given"),
        (b"accounts = [\"home\"]\nreson = \"x\"\n", "it has mistakes"),
        (b"reason = \"x", "it has mistakes"),
        (b"\xff\xfe", "it can't be read"),
    ] {
        sandbox.write("freeze.toml", text);
        sandbox.commit();
        sandbox.run(&["publish"]).done().says(why);
    }
    sandbox.run(&["check"]).code(1).says("freeze.toml").says("UTF-8");
    sandbox.write("freeze.toml", "accounts = [\"brnd\"]\n");
    sandbox.run(&["check"]).code(1).says("freeze.toml:1:13").says("did you mean `brand`?");
    sandbox.write("freeze.toml", "accounts = [\"home\"]\n");
    sandbox.run(&["check"]).done().says("no findings");
    assert!(server.seen().requests.is_empty());
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to brand");
}

#[test]
fn a_file_ends_by_itself_and_what_became_late_stays_held() {
    let (sandbox, server) = mastodon();
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    let due = SystemClock.now();
    sandbox.write("content/a.md", format!("+++\nid = \"a\"\nto = [\"brand\"]\ndate = {due}\n+++\n\nLate.\n"));
    let end = SystemClock.now().plus(std::time::Duration::from_millis(1));
    sandbox.write("freeze.toml", format!("until = {end}\n"));
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("it was due while publishing was frozen");
    assert_eq!(server.seen().made, 0);
}

#[test]
fn a_freeze_needs_no_secret_and_no_sound_post_or_configuration() {
    let (mut sandbox, server) = with_post();
    sandbox.set("TWIN_TOKEN", "");
    sandbox.write("content/b.md", "+++\nto = [\"nobody\"]\ndat = 5\n+++\n");
    sandbox.commit();
    sandbox.run(&["freeze", "--reason", "one"]).done().says("by Ada: one");
    sandbox.write("masthead.toml", "[workspace\n");
    sandbox.run(&["freeze", "--reason", "two"]).done().says("by Ada: two").says("as it is committed");
    sandbox.git(&["checkout", "-q", "masthead.toml"]);
    sandbox.set("TWIN_TOKEN", server.token);
    sandbox.run(&["publish"]).done().says("frozen by Ada: one");
    assert!(server.seen().requests.is_empty());
}

#[test]
fn somebody_must_have_said_so_and_why() {
    let (mut sandbox, _server) = with_post();
    sandbox.run(&["freeze"]).code(2).says("--reason");
    sandbox.run(&["freeze", "--reason", " "]).code(2).says("a freeze needs a reason");
    sandbox.set("GIT_AUTHOR_NAME", "");
    sandbox.run(&["freeze", "--reason", "x"]).code(2).says("--by NAME");
    sandbox.run(&["status"]).done().never_says("frozen");
    sandbox.run(&["freeze", "--reason", "x", "--by", "Grace"]).done().says("by Grace: x");
}

#[test]
fn a_freeze_that_can_not_be_written_says_that_nothing_is_frozen() {
    let (sandbox, _server) = with_post();
    sandbox.git(&["branch", "masthead-ledger", "main"]);
    sandbox.run(&["freeze", "--reason", "x"]).code(1).says("nothing is frozen");
}
