//! Relays that are away, that refuse, and whose answers are lost: one note, however often it is sent.

use crate::{
    LEASE, TWO, ledger, now, post,
    relays::{Author, Relays, put},
    way::{Fate, Way, port},
    workspace,
};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

#[test]
fn a_relay_that_is_stopped_and_started_again_gets_the_same_note() {
    let Some(relays) = Relays::find() else { return };
    let _two = TWO.write();
    let [one, two] = &relays.open;
    let (author, way) = (Author::new(), Way::to(one));
    let sandbox = workspace(&author, &[&way.url, two], 2);
    post(&sandbox, "a", "", "Hello, both of you.");
    relays.halt_two();
    let running = sandbox.start_in(sandbox.path(), &["publish"]);
    let begun = Instant::now();
    while author.events(one, 1).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the other relay never gets it");
        thread::sleep(Duration::from_millis(20));
    }
    relays.resume_two();
    running.finish().done().says("published a to notes");
    let note = author.note_that_says(one, "Hello, both of you.");
    assert_eq!(author.events(two, 1), [note]);
    let sent = way.sent();
    assert!(sent.len() > 1 && sent.iter().all(|it| *it == sent[0]), "the same to the last byte: {sent:#?}");
}

#[test]
fn a_relay_that_stays_away_gets_the_same_note_with_a_later_run() {
    let Some(relays) = Relays::find() else { return };
    let [one, two] = &relays.open;
    let (author, way, later) = (Author::new(), Way::to(one), port());
    let sandbox = workspace(&author, &[&way.url, &format!("ws://127.0.0.1:{later}")], 2);
    post(&sandbox, "a", "", "Hello, whoever comes.");
    sandbox.run(&["publish"]).says("1 of 2 relays took it, and 2 must").never_says("published a to notes");
    let note = author.note_that_says(one, "Hello, whoever comes.");
    let first = way.sent();
    assert!(first.iter().all(|it| *it == first[0]), "{first:#?}");
    sandbox.run(&["publish"]).never_says("published a to notes");
    assert_eq!(way.sent(), Vec::<String>::new(), "while an attempt is believed to be under way nobody sends");

    let second = Way::from(later, two, None);
    thread::sleep(Duration::from_secs(LEASE));
    let _two = TWO.read();
    sandbox.run(&["publish"]).done().says("published a to notes");
    assert_eq!(author.events(two, 1), [note], "the same id, time and signature");
    assert_eq!((way.sent(), second.sent()), (first[..1].to_vec(), first[..1].to_vec()), "to the last byte");
    let before = ledger(&sandbox);
    sandbox.run(&["publish"]).done();
    assert_eq!((way.sent(), ledger(&sandbox)), (Vec::new(), before));
    assert_eq!(author.events(one, 1).len(), 1);
}

#[test]
fn a_lost_answer_or_note_makes_one_note() {
    let Some(relays) = Relays::find() else { return };
    let relay = &relays.open[0];
    for (fate, times) in [(Fate::AnswerLost, 1), (Fate::NoteLost, 2)] {
        let (author, way) = (Author::new(), Way::to(relay));
        let sandbox = workspace(&author, &[&way.url], 1);
        post(&sandbox, "a", "", "Is anybody there?");
        way.trap(fate);
        sandbox.run(&["publish"]).done().says("published a to notes");
        assert!(way.has_caught(), "{fate:?}");
        let (sent, notes) = (way.sent(), author.events(relay, 1));
        assert_eq!((sent.len(), notes.len()), (times, 1), "{fate:?}: {sent:#?}");
        assert!(sent.iter().all(|it| *it == sent[0]), "{fate:?}: {sent:#?}");
        let sent: Value = serde_json::from_str(&sent[0]).expect("JSON");
        assert_eq!(sent[1], notes[0], "{fate:?}: what was sent is what the relay has");
    }
}

/// The relay names no note in its refusal, so that nobody can tell what it is about.
#[test]
fn a_relay_that_refuses_is_told() {
    let Some(relays) = Relays::find() else { return };
    let (one, closed) = (&relays.open[0], &relays.closed);
    let author = Author::new();
    let sandbox = workspace(&author, &[one, closed], 1);
    post(&sandbox, "a", "", "One is enough.");
    sandbox.run(&["publish"]).done().says("published a to notes");
    author.note_that_says(one, "One is enough.");
    assert!(author.events(closed, 1).is_empty());

    let sandbox = workspace(&author, &[closed], 1);
    post(&sandbox, "b", "", "Let me in.");
    let told = "no answer that names the note: restricted: permission denied";
    sandbox.run(&["publish"]).code(1).says("it is not known whether b to notes arrived").says(closed).says(told);
    assert!(author.events(closed, 1).is_empty() && author.events(one, 1).len() == 1);
}

#[test]
fn a_relay_that_wants_less_is_tried_later() {
    let Some(relays) = Relays::find() else { return };
    let (author, slow) = (Author::new(), &relays.slow);
    // Its hour begins with the first note that it takes.
    for second in 0..4 {
        put(slow, &Author::new().note("Me first.", now() - second));
    }
    let sandbox = workspace(&author, &[slow], 1);
    post(&sandbox, "a", "", "And me?");
    sandbox.run(&["publish"]).says("rate-limited: slow down").never_says("published a to notes");
    assert!(author.events(slow, 1).is_empty());
    sandbox.run(&["plan", "--offline"]).says("an attempt failed in passing");
}
