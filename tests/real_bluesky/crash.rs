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
    let mut killed: Vec<Killed> = (0..=PARTS).map(|after| kill_after(&server, after)).collect();
    if killed.iter().any(|thread| !thread.is_whole(&server)) {
        // Publishers go by the server's clock, so this is waited for in earnest, once for all of them.
        thread::sleep(LEASE);
    }
    for thread in &mut killed {
        thread.finish(&server);
    }
}

/// A thread whose publisher was killed.
struct Killed {
    folder: TempDir,
    /// How many parts were out by then.
    after: usize,
    /// How often the server was written to for it, if it tells.
    writes: Option<usize>,
}

/// Kills the publisher of a thread once so many parts are on the server, and publishes again at once.
fn kill_after(server: &Server, after: usize) -> Killed {
    let before = server.writes();
    let mut thread = Killed { folder: workspace(server, after), after, writes: before.map(|_| 0) };
    let mut running = publisher(&thread.folder, server);
    let mut running = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let begun = Instant::now();
    while thread.made(server).len() < after && begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(1));
    }
    running.kill().expect("it can be killed");
    let killed = !running.wait().expect("it has ended").success();
    assert!(killed || after == PARTS, "it was through before it could be killed after part {after}");
    thread.count(before, server.writes());
    // What is known to be missing goes out, and what may be under way is left alone.
    thread.publish(server);
    thread
}

impl Killed {
    fn made(&self, server: &Server) -> BTreeMap<String, Value> {
        let texts: Vec<String> = (1..=PARTS).map(|part| text(self.after, part)).collect();
        let mut posts = server.posts();
        posts.retain(|_, post| texts.iter().any(|text| post["value"]["text"] == *text));
        posts
    }

    fn is_whole(&self, server: &Server) -> bool {
        self.made(server).len() == PARTS && receipts(&self.folder) == PARTS
    }

    fn count(&mut self, before: Option<usize>, after: Option<usize>) {
        self.writes = self.writes.zip(before.zip(after)).map(|(known, (before, after))| known + after - before);
    }

    fn publish(&mut self, server: &Server) {
        let before = server.writes();
        let output = publish(&self.folder, server);
        assert!(output.status.success(), "{}", told(&output));
        self.count(before, server.writes());
    }

    /// Publishes until all parts are out, and looks at them.
    fn finish(&mut self, server: &Server) {
        self.publish(server);
        check_chain(&self.made(server), self.after);
        let events = events(&self.folder);
        let announced = ["-intent-", "-repeat-"].map(|kind| events.matches(kind).count()).iter().sum::<usize>();
        assert_eq!(receipts(&self.folder), PARTS, "{events}");
        if let Some(writes) = self.writes {
            assert!((PARTS..=announced).contains(&writes), "{writes} writes, and events {events}");
        }
        // And once more: nothing is sent.
        let (posts, writes) = (server.posts(), server.writes());
        let output = publish(&self.folder, server);
        assert!(output.status.success(), "{}", told(&output));
        assert_eq!((server.posts(), server.writes()), (posts, writes));
    }
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
