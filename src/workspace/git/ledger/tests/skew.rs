//! This program and a newer one on one remote: what the newer one adds is kept and does no harm, and from the moment that it
//! says that older ones can't follow, this one writes nothing.
//!
//! There is no newer program yet, so the test is one: it writes with git's own tools, from what the documents say of the format.
//!
//! ```text
//! MASTHEAD_EVENTS=240 cargo test --release --lib skew
//! ```

use super::{super::*, BRANCH, brakes::freeze, check_error, clone, one, open, origin, size};
use crate::{
    ledger::{
        Happening, PartKey, PartState, encode, encode_genesis, event_path,
        fixture::{intent, receipt},
        parse_path, post_folder,
    },
    workspace::git::sandbox::Sandbox,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, ops::Range, sync::Barrier};

/// How many deliveries there are by default.
const DELIVERIES: usize = 24;
const ACCOUNTS: [&str; 3] = ["brand", "club", "sky"];

/// A publisher of a newer version, with a clone of its own.
struct Newer {
    clone: Sandbox,
}

impl Newer {
    fn new(origin: &Sandbox) -> Self {
        Self { clone: clone(origin, &[]) }
    }

    /// Adds files to the branch as it is now, if `may` says so of what is there. Who loses the race looks again.
    fn add(&self, files: &[(String, String)], may: impl Fn(&[String]) -> bool) -> bool {
        let reference = reference(BRANCH);
        loop {
            let tip = self.clone.git(&["ls-remote", "origin", &reference]);
            let tip = tip.split_whitespace().next().unwrap_or_default().to_owned();
            if tip.is_empty() {
                self.clone.git(&["read-tree", "--empty"]);
            } else {
                self.clone.git(&["fetch", "--quiet", "origin", &reference]);
                self.clone.git(&["read-tree", &tip]);
            }
            let known: Vec<String> = self.clone.git(&["ls-files"]).lines().map(str::to_owned).collect();
            if !may(&known) {
                return false;
            }
            for (path, text) in files {
                let place = self.clone.write("next", text);
                let blob = self.clone.git(&["hash-object", "-w", place.to_str().expect("a path")]);
                self.clone.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
            }
            let tree = self.clone.git(&["write-tree"]);
            let parent = if tip.is_empty() { Vec::new() } else { vec!["-p", &tip] };
            let commit = self.clone.git(&[&["commit-tree", "-m", "newer", &tree][..], &parent].concat());
            let lease = format!("--force-with-lease={reference}:{tip}");
            if self.clone.succeeds(&["push", "--quiet", &lease, "origin", &format!("{commit}:{reference}")]) {
                return true;
            }
        }
    }

    /// Begins the ledger, in a version that older programs can read.
    fn begin(&self) {
        let genesis = encode_genesis(&Genesis { id: "f00d".to_owned(), created: Timestamp::EPOCH });
        let mut genesis: Value = serde_json::from_str(&genesis).expect("JSON");
        genesis["v"] = json!(2);
        genesis["colour"] = json!({ "of": "the future" });
        assert!(self.add(&[("genesis.json".to_owned(), genesis.to_string())], <[String]>::is_empty));
    }

    /// Adds an event that follows so many others of its part, if nobody else has.
    fn event(&self, event: &Event, seen: u16) -> Option<String> {
        let (path, text) = (event_path(event, seen + 1), more(event));
        let part = parse_path(&path).map(|path| (path.account, path.part));
        let folder = post_folder(&event.key.post) + "/";
        let may = |known: &[String]| {
            let of_part = |path: &&String| {
                path.starts_with(&folder) && parse_path(path).map(|path| (path.account, path.part)) == part
            };
            known.iter().filter(of_part).count() == usize::from(seen)
        };
        self.add(&[(path, text.clone())], may).then_some(text)
    }

    /// Puts a file there whatever else there is.
    fn put(&self, path: &str, text: &str) {
        assert!(self.add(&[(path.to_owned(), text.to_owned())], |_| true));
    }
}

/// An event as a newer program may write it: with what this one has never heard of, wherever there is room.
fn more(event: &Event) -> String {
    let mut text: Value = serde_json::from_str(&encode(event)).expect("JSON");
    text["by"]["version"] = json!("9.1.0");
    text["by"]["host"] = json!("ci");
    text["mood"] = json!(["cheerful", 7, null]);
    let what = text["what"].as_object_mut().expect("what happened");
    what.insert("zeal".to_owned(), json!({ "much": true }));
    format!("{text:#}\n")
}

/// The number of a delivery, and who makes the event, tell its id.
fn id(delivery: usize, who: char, what: char) -> String {
    format!("{who}{what}{delivery:030x}")
}

fn claim(delivery: usize, who: char) -> Event {
    let account = ACCOUNTS[delivery % ACCOUNTS.len()];
    intent(&format!("post-{}", delivery / ACCOUNTS.len()), account, 1, &id(delivery, who, 'a'))
}

fn out(delivery: usize, who: char) -> Event {
    let PartKey { post, account, part } = claim(delivery, who).key;
    let (own, of) = (id(delivery, who, 'b'), id(delivery, who, 'a'));
    receipt(post.as_str(), account.as_str(), part, &own, &of, &format!("{who}{delivery}"))
}

/// Publishes everything that it wins, and returns it.
fn publish(store: &mut GitStore, deliveries: Range<usize>) -> Vec<usize> {
    let mut append = |event, seen| store.append(&one(event, Some(seen))).expect("an answer").pop().expect("one answer");
    let mut won = Vec::new();
    for delivery in deliveries {
        if append(claim(delivery, 'a'), 0) == Appended::Written {
            assert_eq!(append(out(delivery, 'a'), 1), Appended::Written);
            won.push(delivery);
        }
    }
    won
}

/// The same by a newer program, from the other end. Returns what it has written too.
fn publish_newer(newer: &Newer, deliveries: Range<usize>) -> BTreeMap<usize, [String; 2]> {
    let mut won = BTreeMap::new();
    for delivery in deliveries.rev() {
        if let Some(intent) = newer.event(&claim(delivery, 'e'), 0) {
            let receipt = newer.event(&out(delivery, 'e'), 1).expect("nobody else has a word in it");
            won.insert(delivery, [intent, receipt]);
        }
    }
    won
}

#[test]
fn a_newer_program_and_this_one_publish_together() {
    let deliveries = size("MASTHEAD_EVENTS", DELIVERIES);
    let origin = origin();
    let newer = Newer::new(&origin);
    newer.begin();
    let here = clone(&origin, &[]);
    let barrier = Barrier::new(2);
    // The slower one gets a few before they race for the rest.
    let alone = deliveries - deliveries / 4;
    let (ours, theirs) = thread::scope(|scope| {
        let ours = scope.spawn(|| {
            let mut store = open(here.path(), Some("origin"));
            let mut won = publish(&mut store, 0..1);
            barrier.wait();
            won.extend(publish(&mut store, 1..deliveries));
            won
        });
        let mut theirs = publish_newer(&newer, alone..deliveries);
        barrier.wait();
        theirs.extend(publish_newer(&newer, 0..alone));
        (ours.join().expect("no panic"), theirs)
    });
    assert!(!ours.is_empty() && !theirs.is_empty(), "both were at work");
    assert_eq!(ours.len() + theirs.len(), deliveries, "each was won once: {ours:?} {:?}", theirs.keys());

    // Every event is there once, and what the newer one wrote is there as it wrote it.
    let files = origin.git(&["ls-tree", "-r", "--name-only", BRANCH]);
    assert_eq!(files.lines().filter(|path| path.starts_with("posts/")).count(), 2 * deliveries);
    for (delivery, texts) in &theirs {
        let events = [(claim(*delivery, 'e'), 1), (out(*delivery, 'e'), 2)];
        for ((event, sequence), text) in events.iter().zip(texts) {
            let blob = origin.git(&["show", &format!("{BRANCH}:{}", event_path(event, *sequence))]);
            assert_eq!(blob, text.trim_end());
        }
    }
    assert!(
        origin.git(&["show", &format!("{BRANCH}:genesis.json")]).contains("the future"),
        "ours has not rewritten it"
    );
    // Read anew, then with what was kept of that, and brought forward after more.
    for round in 0..3 {
        let mut store = open(here.path(), Some("origin"));
        let ledger = store.read().expect("a ledger");
        assert_eq!(ledger.deliveries.len(), deliveries + round);
        for state in ledger.deliveries.values().take(deliveries) {
            assert!(matches!(state.part(0), PartState::Published(_)), "{state:?}");
        }
        let history = store.history(&|key| key.post.as_str() == "post-0").expect("events");
        assert_eq!(history.len(), 2 * ACCOUNTS.len());
        newer.event(&intent(&format!("zz-{round}"), "brand", 1, &format!("ff{round:030x}")), 0).expect("no rival");
    }
    origin.git(&["fsck", "--strict", "--no-dangling"]);
}

/// A ledger with a delivery that is out, and a publisher that has read it and goes on.
struct Midway {
    origin: Sandbox,
    newer: Newer,
    here: Sandbox,
    store: GitStore,
}

impl Midway {
    fn new() -> Self {
        let origin = origin();
        let (newer, here) = (Newer::new(&origin), clone(&origin, &[]));
        newer.begin();
        let mut store = open(here.path(), Some("origin"));
        store.append(&one(claim(0, 'a'), Some(0))).expect("answers");
        store.append(&one(out(0, 'a'), Some(1))).expect("answers");
        store.read().expect("a ledger");
        Self { origin, newer, here, store }
    }

    /// Checks that from now on nothing is read as if it were whole, and that nothing is written.
    #[track_caller]
    fn refuses(mut self, message: &str) {
        let tip = || self.origin.git(&["rev-parse", BRANCH]);
        let before = tip();
        let newer = StoreProblem::Newer;
        check_error(self.store.read(), newer, message);
        check_error(open(self.here.path(), Some("origin")).read(), newer, message);
        // With what was kept of an earlier reading, and without.
        fs::remove_dir_all(self.here.path().join(".git/masthead")).expect("a folder");
        check_error(open(self.here.path(), Some("origin")).read(), newer, message);
        check_error(open(clone(&self.origin, &[]).path(), Some("origin")).read(), newer, message);
        assert_eq!(tip(), before);
    }
}

#[test]
fn a_bar_that_is_raised_stops_an_older_program_in_the_middle_of_its_run() {
    let mut midway = Midway::new();
    let genesis = "{\"v\": 3, \"min_reader\": 2, \"begun\": \"in another way\"}";
    midway.newer.put("genesis.json", genesis);
    let before = midway.origin.git(&["rev-parse", BRANCH]);
    let message = "asks for readers of version 2";
    // It looks at the brakes before each request, and claims before that.
    check_error(midway.store.append(&one(claim(1, 'a'), Some(0))), StoreProblem::Newer, message);
    check_error(midway.store.brakes(), StoreProblem::Newer, message);
    check_error(midway.store.brake(&[freeze("0b")]), StoreProblem::Newer, message);
    check_error(midway.store.create(Timestamp::EPOCH), StoreProblem::Newer, message);
    assert_eq!(midway.origin.git(&["rev-parse", BRANCH]), before, "nothing is written");
    midway.refuses(message);
}

#[test]
fn a_delivery_with_something_unknown_in_it_is_not_claimed() {
    let mut midway = Midway::new();
    let event = claim(1, 'e');
    let text = more(&event).replace("\"intent\"", "\"pin\"");
    midway.newer.put(&event_path(&event, 1).replace("-intent-", "-pin-"), &text);
    let answers = midway.store.append(&one(claim(1, 'a'), Some(0))).expect("an answer");
    assert_eq!(answers, [Appended::Beaten]);
    midway.refuses("an event of a kind that isn't known, `pin`");
}

#[test]
fn an_event_of_a_newer_version_is_not_half_understood() {
    let mut midway = Midway::new();
    let event = claim(1, 'e');
    midway.newer.put(&event_path(&event, 1), &more(&event).replace("\"v\": 1", "\"v\": 2"));
    let answers = midway.store.append(&one(claim(1, 'a'), Some(0))).expect("an answer");
    assert_eq!(answers, [Appended::Beaten]);
    midway.refuses("an event of version 2");
}

#[test]
fn a_brake_that_is_not_known_holds_everything() {
    let mut midway = Midway::new();
    let brake = "{\"v\": 1, \"kind\": \"slow\", \"id\": \"5\", \"at\": \"2027-01-01T00:00:00Z\"}";
    midway.newer.put("freezes/0001-slow-5.json", brake);
    check_error(midway.store.brakes(), StoreProblem::Newer, "`slow`");
    midway.refuses("`slow`");
}

#[test]
fn what_is_known_is_told_apart_from_what_is_added() {
    // The text that the race is run with has additions, and they make no difference.
    let event = claim(0, 'e');
    let read = crate::ledger::decode(&more(&event)).expect("an event");
    assert_eq!((&read.id, &read.key, &read.what), (&event.id, &event.key, &event.what));
    assert!(matches!(read.what, Happening::Intent { .. }));
    assert_eq!(read.by.version, "9.1.0");
}
