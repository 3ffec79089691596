//! A thread whose publisher is killed in the middle goes on as one chain.

use crate::{commit, config, git, publish, publisher, server, server::Server, told};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const PARTS: usize = 5;
/// How long a publisher may take to come to the middle.
const PATIENCE: Duration = Duration::from_secs(30);
/// What must pass before anybody asks what became of an attempt: its lease, and a minute for clocks that differ.
const LEASE: Duration = Duration::from_secs(70 + 60 + 1);

#[test]
fn a_thread_whose_publisher_is_killed_goes_on_as_one_chain() {
    let Some((_turn, server)) = server() else { return };
    // Where time can be given, whenever the publisher has come so far; otherwise once, since it takes minutes.
    let moments = if cfg!(feature = "kill-points") { 0..=PARTS } else { 2..=2 };
    moments.for_each(|after| kill_after(&server, after));
}

/// Kills the publisher once so many parts are on the server, and publishes again until all are.
fn kill_after(server: &Server, after: usize) {
    let folder = workspace(server, after);
    let before = server.posts();
    let made = || {
        let mut posts = server.posts();
        posts.retain(|uri, _| !before.contains_key(uri));
        posts
    };
    let writes = server.writes();

    let mut command = publisher(&folder, server);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let begun = Instant::now();
    while made().len() < after && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    running.kill().expect("it can be killed");
    let killed = !running.wait().expect("it has ended").success();
    assert!(killed || after == PARTS, "it was through before it could be killed after part {after}");

    // At once: what is known to be missing goes out, and what may be under way is left alone.
    let output = publish(&folder, server);
    assert!(output.status.success(), "{}", told(&output));
    if made().len() < PARTS || receipts(&folder) < PARTS {
        let output = publish_later(&folder, server);
        assert!(output.status.success(), "{}", told(&output));
    }
    check_chain(&made(), after);
    let events = events(&folder);
    let announced = ["-intent-", "-repeat-"].map(|kind| events.matches(kind).count()).iter().sum::<usize>();
    assert_eq!(receipts(&folder), PARTS, "{events}");
    if let (Some(before), Some(now)) = (writes, server.writes()) {
        assert!((PARTS..=announced).contains(&(now - before)), "{} writes, and events {events}", now - before);
    }

    // And once more: nothing is sent.
    let (posts, writes) = (server.posts(), server.writes());
    let output = publish(&folder, server);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!((server.posts(), server.writes()), (posts, writes));
}

/// Five records, each once, each answering the one before and naming the first.
fn check_chain(made: &BTreeMap<String, Value>, after: usize) {
    assert_eq!(made.len(), PARTS, "killed after part {after}: {made:#?}");
    let mut above: Option<Value> = None;
    let mut root: Option<Value> = None;
    for part in 1..=PARTS {
        let text = text(after, part);
        let entry = made.values().find(|entry| entry["value"]["text"] == text);
        let entry = entry.unwrap_or_else(|| panic!("no record says `{text}`: {made:#?}"));
        let reply = above.map(|above| json!({ "root": root, "parent": above }));
        assert_eq!(entry["value"].get("reply"), reply.as_ref(), "{text}");
        let name = json!({ "uri": entry["uri"], "cid": entry["cid"] });
        root.get_or_insert_with(|| name.clone());
        above = Some(name);
    }
}

/// Publishes again once the lease of what was under way is over.
fn publish_later(folder: &TempDir, server: &Server) -> std::process::Output {
    if !cfg!(feature = "kill-points") {
        thread::sleep(LEASE);
        return publish(folder, server);
    }
    let clock = folder.path().join(".git/clock");
    fs::write(&clock, format!("0 {} 1\n", LEASE.as_millis())).expect("a file");
    publisher(folder, server).env("MASTHEAD_CLOCK", clock).output().expect("the program runs")
}

fn text(after: usize, part: usize) -> String {
    format!("Part {part} of a thread whose publisher is killed when {after} parts are out.")
}

fn workspace(server: &Server, after: usize) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let root = folder.path();
    fs::create_dir(root.join("content")).expect("a folder can be made");
    fs::write(root.join("masthead.toml"), config(server)).expect("a file");
    let parts: Vec<String> = (1..=PARTS).map(|part| text(after, part)).collect();
    let post = format!("+++\nid = \"thread\"\nto = [\"sky\"]\n+++\n\n{}\n", parts.join("\n\n---\n\n"));
    fs::write(root.join("content/thread.md"), post).expect("a file");
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder, "Start");
    folder
}

/// Returns the names of the ledger's events.
fn events(folder: &TempDir) -> String {
    let mut command = Command::new("git");
    command.args(["ls-tree", "-r", "--name-only", "masthead-ledger"]).current_dir(folder.path());
    String::from_utf8(command.output().expect("git runs").stdout).expect("names")
}

fn receipts(folder: &TempDir) -> usize {
    events(folder).matches("-receipt-").count()
}
