//! The built program against real relays of Nostr: notes are read back by the relays' own protocol.
//!
//! It runs where `MASTHEAD_REAL_NOSTR` names a relay, as `tests/servers/nostr.sh start` starts some, and says so elsewhere.

mod encrypted;
mod files;
mod relays;
#[expect(dead_code, reason = "shared with the end-to-end tests, which use more of it")]
#[path = "../it/sandbox.rs"]
mod sandbox;
#[expect(dead_code, reason = "shared with the suite of mail, which uses more of it")]
#[path = "../real_mail/tls.rs"]
mod tls;
mod trouble;
mod way;

use crate::{
    relays::{Author, Relays, by_id, put},
    sandbox::Sandbox,
    way::{Way, port},
};
use masthead::network::{EventName, nip19};
use serde_json::{Value, json};
use std::{
    sync::RwLock,
    time::{SystemTime, UNIX_EPOCH},
};

/// Held alone by whoever ends the second relay, and together by all others that need it.
static TWO: RwLock<()> = RwLock::new(());

const PARTS: [&str; 3] = ["One: why a hoodie? 🤔", "Two: \"because\" it is cold \\ ❄️", "Three: that is all."];

/// What must pass before anybody asks what became of an attempt of a workspace of these: its lease, and a minute for clocks that differ.
const LEASE: u64 = 28 + 60 + 1;

/// Makes a workspace with an account on some relays.
fn workspace(author: &Author, relays: &[&str], accept: usize) -> Sandbox {
    let people = Author::new();
    let mut sandbox = Sandbox::with_config(&format!(
        "[publish]\nsend_window = \"5s\"\nconnect_timeout = \"3s\"\nrequest_timeout = \"10s\"\nlease = \"28s\"\n\n\
         [accounts.notes]\nnetwork = \"nostr\"\nhandle = \"{}\"\ntoken = \"env:NOTES_KEY\"\nlanguage = \"en\"\n\
         relays = {relays:?}\naccept = {accept}\n\n[people.friend]\nname = \"The Friend\"\nnostr = \"{}\"\n",
        author.npub(),
        people.npub()
    ));
    sandbox.set("NOTES_KEY", &author.nsec());
    sandbox
}

/// Writes a post and commits it.
fn post(sandbox: &Sandbox, id: &str, front: &str, copy: &str) {
    let text = format!("+++\nid = \"{id}\"\nto = [\"notes\"]\n{front}+++\n\n{copy}\n");
    sandbox.write(&format!("content/{id}.md"), text);
    sandbox.commit();
}

fn ledger(sandbox: &Sandbox) -> String {
    sandbox.git(&["rev-parse", "masthead-ledger"])
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("soon")
}

#[test]
fn notes_are_on_the_relays_once_and_whole() {
    let Some(relays) = Relays::find() else { return };
    let _two = TWO.read();
    let [one, two] = &relays.open;
    let (author, ways) = (Author::new(), [Way::to(one), Way::to(two)]);
    let nobody = format!("ws://127.0.0.1:{}", port());
    let sandbox = workspace(&author, &[&ways[0].url, &nobody, &ways[1].url], 2);
    post(
        &sandbox,
        "launch",
        "[nostr]\ncontent_warning = \"toys\"\n",
        "🎉 Dress your Sims 👩🏽‍🚀 with @friend: [read more](https://acme.example/hoodie?from=nostr#top) #TheSims #日本",
    );
    post(&sandbox, "thread", "", &PARTS.join("\n\n---\n\n"));
    let begun = now();
    sandbox.run(&["publish"]).done().says("published launch to notes").never_says(&author.nsec());

    let notes = author.events(one, 1);
    assert_eq!(notes.len(), 4, "one note each for a post and the three parts of a thread: {notes:#?}");
    for note in &notes {
        assert_eq!(by_id(two, &note["id"]).as_ref(), Some(note), "it is the same on the other");
        let at = note["created_at"].as_i64().expect("a time");
        assert!((begun - 2..=now() + 2).contains(&at), "{note:#}");
    }
    check_launch(&sandbox, &author, one, &ways[0].url);
    check_thread(&author, one, &ways[0].url);
    let sent = ways.each_ref().map(Way::sent);
    assert_eq!((&sent[0], sent[0].len()), (&sent[1], 4), "the relays were sent the same, once");

    let before = ledger(&sandbox);
    sandbox.run(&["publish"]).done();
    assert_eq!((ways.each_ref().map(Way::sent), ledger(&sandbox)), ([vec![], vec![]], before), "nothing is sent again");
    assert_eq!(author.events(one, 1), notes);

    check_retraction(&sandbox, &author, &relays);
}

fn check_launch(sandbox: &Sandbox, author: &Author, relay: &str, hint: &str) {
    let config = sandbox.read("masthead.toml");
    let friend = config.rsplit_once("nostr = \"").and_then(|(_, rest)| rest.split('"').next()).expect("a friend");
    let content = format!(
        "🎉 Dress your Sims 👩🏽‍🚀 with nostr:{friend}: read more (https://acme.example/hoodie?from=nostr#top) #TheSims #日本"
    );
    let note = author.note_that_says(relay, &content);
    let friend = nip19::key("npub", friend).expect("a key");
    let expect = json!([
        ["p", nip19::hex(&friend)],
        ["t", "thesims"],
        ["t", "日本"],
        ["content-warning", "toys"],
        ["L", "ISO-639-1"],
        ["l", "en", "ISO-639-1"],
    ]);
    assert_eq!(note["tags"], expect);
    // What people are told leads to it.
    let shown = sandbox.run(&["show", "launch"]).done().stdout;
    let url = shown.split_whitespace().find(|word| word.contains("nevent1")).unwrap_or_else(|| panic!("{shown}"));
    let name = nip19::event(url).expect("a name");
    assert_eq!(
        (nip19::hex(&name.id), name.relays),
        (note["id"].as_str().expect("an id").to_owned(), vec![hint.to_owned()])
    );
}

/// The thread: each part answers the one before and names the first.
fn check_thread(author: &Author, relay: &str, hint: &str) {
    let [one, two, three] = PARTS.map(|part| author.note_that_says(relay, part));
    let (us, language) = (author.hex(), [json!(["L", "ISO-639-1"]), json!(["l", "en", "ISO-639-1"])]);
    let expect = |tags: &[Value]| Value::from([tags, &language].concat());
    assert_eq!(one["tags"], expect(&[]));
    assert_eq!(two["tags"], expect(&[json!(["e", one["id"], hint, "root", us])]));
    let marks = [json!(["e", one["id"], hint, "root"]), json!(["e", two["id"], hint, "reply", us])];
    assert_eq!(three["tags"], expect(&marks));
}

/// What is taken back is gone from both relays, and each has the request to forget it.
fn check_retraction(sandbox: &Sandbox, author: &Author, relays: &Relays) {
    let notes = author.events(&relays.open[0], 1);
    let launch = notes.iter().find(|note| note["content"].to_string().contains('🎉')).expect("the launch");
    sandbox.run(&["retract", "launch"]).done().never_says(&author.nsec());
    for relay in &relays.open {
        assert_eq!(by_id(relay, &launch["id"]), None, "{relay}");
        let left = author.events(relay, 1);
        assert_eq!(left.len(), 3, "the thread stays: {left:#?}");
        let [request] = &author.events(relay, 5)[..] else { panic!("{:#?}", author.events(relay, 5)) };
        assert_eq!(request["tags"], json!([["e", launch["id"]], ["k", "1"]]));
    }
    sandbox.run(&["publish"]).done();
    assert_eq!(author.events(&relays.open[0], 1).len(), 3, "what was taken back stays away");
    sandbox.run(&["retract", "thread"]).done();
    for relay in &relays.open {
        assert_eq!((author.events(relay, 1).len(), author.events(relay, 5).len()), (0, 4), "{relay}");
    }
}

#[test]
fn a_note_of_somebody_else_is_answered_quoted_and_passed_on() {
    let Some(relays) = Relays::find() else { return };
    let relay = &relays.open[0];
    let (author, other) = (Author::new(), Author::new());
    let theirs = other.note("Who makes \"hoodies\"? \\ 日本\n\tAnybody?", now() - 60);
    let mut forged = theirs.clone();
    forged["content"] = json!("Whoever makes hoodies?");
    let refused = put(relay, &forged);
    assert!(refused[2] == false && refused[3] == "invalid: Bad signature", "the relay checks signatures: {refused}");
    assert_eq!(put(relay, &theirs)[2], true);
    let id = theirs["id"].as_str().and_then(nip19::from_hex).and_then(|id| id.try_into().ok()).expect("an id");
    let name = nip19::event_name(&EventName { id, ..EventName::default() });
    let sandbox = workspace(&author, &[relay], 1);
    post(&sandbox, "answer", &format!("reply_to = \"nostr:{name}\"\n"), "We do.");
    post(&sandbox, "quote", &format!("quote = \"nostr:{name}\"\n"), "A good question.");
    post(&sandbox, "boost", &format!("boost = \"nostr:{name}\"\n"), "");
    sandbox.run(&["publish"]).done();

    let answer = author.note_that_says(relay, "We do.");
    assert_eq!(answer["tags"][0], json!(["e", theirs["id"], "", "root", other.hex()]));
    assert_eq!(answer["tags"][1], json!(["p", other.hex()]));
    let notes = author.events(relay, 1);
    let quote = notes.iter().find(|note| note["tags"][0][0] == "q").unwrap_or_else(|| panic!("{notes:#?}"));
    assert_eq!(quote["tags"][0], json!(["q", theirs["id"], "", other.hex()]));
    let content = quote["content"].as_str().expect("a text");
    let named = content.strip_prefix("A good question.\n\nnostr:").and_then(nip19::event).expect("it leads there");
    assert_eq!((named.id, named.author.map(|key| nip19::hex(&key))), (id, Some(other.hex())));
    let [passed_on] = &author.events(relay, 6)[..] else { panic!("{:#?}", author.events(relay, 6)) };
    let inside: Value = serde_json::from_str(passed_on["content"].as_str().expect("a text")).expect("JSON");
    assert_eq!(inside, theirs, "the whole of it, with their signature");
    relays::verify(&inside);
    assert_eq!(passed_on["tags"], json!([["e", theirs["id"], relay], ["p", other.hex()]]));

    // What no relay of ours has isn't answered.
    let unknown = nip19::event_name(&EventName { id: [7; 32], ..EventName::default() });
    post(&sandbox, "lost", &format!("reply_to = \"nostr:{unknown}\"\n"), "Hello?");
    sandbox.run(&["publish"]).code(1).says("none of the relays has the note");
    assert_eq!(author.events(relay, 1).len(), 2);
}

#[test]
fn the_account_is_looked_at() {
    let Some(relays) = Relays::find() else { return };
    let _two = TWO.read();
    let author = Author::new();
    let [one, two] = &relays.open;
    let sandbox = workspace(&author, &[one, two], 2);
    sandbox.commit();
    sandbox.run(&["doctor"]).done().says(&author.npub()).says("nostr_relay").never_says(&author.nsec());
    let nobody = format!("ws://127.0.0.1:{}", port());
    let sandbox = workspace(&author, &[one, &nobody], 2);
    sandbox.commit();
    sandbox.run(&["doctor"]).code(1).says(&format!("`{nobody}`, which can't be reached"));
    // A key of somebody else is found out before anything is sent.
    let mut sandbox = workspace(&author, &[one], 1);
    let stranger = Author::new();
    sandbox.set("NOTES_KEY", &stranger.nsec());
    post(&sandbox, "a", "", "Hello.");
    sandbox.run(&["publish"]).code(1).says("does not belong to the account's `handle`").never_says(&stranger.nsec());
    assert!(author.events(one, 1).is_empty() && stranger.events(one, 1).is_empty());
}
