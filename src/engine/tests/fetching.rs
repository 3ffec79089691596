use super::{
    stage::{Stage, row, span, with},
    twin::Fault,
};
use crate::{
    engine::Outcome,
    ledger::{Event, EventId, Happening, PartState, Store as _},
    model::{Media, MediaKind, MediaSource},
    network::{Auth, Settling},
    plan::{Row, Verdict},
};
use std::{collections::BTreeMap, time::Duration};

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };
const URL: &str = "https://img.example/a.gif";

/// An image of one pixel, black or nearly so.
fn pixel(shade: u8) -> Vec<u8> {
    let mut bytes =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
            .to_vec();
    bytes[13] = shade;
    bytes
}

fn digest(shade: u8) -> String {
    blake3::hash(&pixel(shade)).to_hex().to_string()
}

fn stage(settling: Settling) -> Stage {
    let stage = Stage::new(settling, Auth::Token);
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(0));
    stage
}

/// A row with an image by web address in its last part.
fn pictured(parts: &[&str]) -> Row {
    with(row(parts), |desired| {
        desired.limits.kinds = vec![MediaKind::Gif];
        let media = Media { source: MediaSource::Url(URL.to_owned()), alt: "A dot".to_owned(), span: span() };
        desired.draft.parts.last_mut().expect("a part").media.push(media);
    })
}

fn is_out(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Published { .. })
}

fn pins(event: &Event) -> BTreeMap<String, String> {
    match &event.what {
        Happening::Intent { media, .. } | Happening::Receipt { media, .. } => media.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_fetched_is_pinned_in_the_intent_and_in_the_receipt() {
    let stage = stage(CLASS_B);
    assert!(is_out(&stage.run_one(pictured(&["Hello"]))));
    let pinned = BTreeMap::from([(URL.to_owned(), digest(0))]);
    let events = stage.store.events();
    assert_eq!((pins(&events[0]), pins(&events[1])), (pinned.clone(), pinned));
}

#[test]
fn what_cannot_be_fetched_blocks_before_anything_is_claimed() {
    let stage = stage(CLASS_B);
    stage.web.borrow_mut().clear();
    let outcome = stage.run_one(pictured(&["Hello"]));
    let Outcome::Blocked { why } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "`https://img.example/a.gif` can't be fetched: it is not there; try again later");
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(0));
    assert!(is_out(&stage.run_one(pictured(&["Hello"]))));
}

#[test]
fn a_repeated_attempt_takes_the_same_bytes_or_is_held() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    assert!(matches!(stage.run_one(pictured(&["Hello"])), Outcome::Deferred { .. }));
    stage.clock.advance(Duration::from_secs(120));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(1));
    let calls = stage.calls().len();
    let outcome = stage.run_one(pictured(&["Hello"]));
    let Outcome::Attention { reason } = &outcome else { panic!("{outcome:?}") };
    assert!(
        reason.starts_with("what is at `https://img.example/a.gif` has changed since the attempt of 2026-11-22"),
        "{reason}"
    );
    assert!(reason.contains("nothing was sent") && reason.contains("masthead resolve"), "{reason}");
    assert_eq!((stage.calls().len(), stage.kinds()), (calls, vec!["intent", "defer", "hold"]));
    assert!(matches!(stage.state().part(0), PartState::Attention { .. }));
    // What settles it names the intent that is waited for.
    assert_eq!(stage.state().awaited(0), Some(&stage.store.events()[0].id));
}

#[test]
fn the_same_bytes_go_out_with_the_next_attempt() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    stage.run_one(pictured(&["Hello"]));
    stage.clock.advance(Duration::from_secs(120));
    assert!(is_out(&stage.run_one(pictured(&["Hello"]))));
}

#[test]
fn a_thread_that_stopped_takes_the_same_bytes_or_is_held() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Meanwhile(std::rc::Rc::new(|| {}))));
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    stage.run(vec![pictured(&["One", "Two"])]);
    assert_eq!(stage.texts(), ["One"]);
    stage.clock.advance(Duration::from_secs(120));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(1));
    assert!(matches!(stage.run_one(pictured(&["One", "Two"])), Outcome::Attention { .. }));
    assert_eq!(stage.texts(), ["One"]);
}

#[test]
fn an_edited_post_takes_what_is_there_now() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    stage.run_one(pictured(&["Hello"]));
    stage.clock.advance(Duration::from_secs(120));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(1));
    assert!(is_out(&stage.run_one(pictured(&["Hello, edited"]))));
    assert_eq!(pins(stage.store.events().last().expect("a receipt"))[URL], digest(1));
}

#[test]
fn a_person_who_settles_the_hold_lets_what_is_there_now_out() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    stage.run_one(pictured(&["Hello"]));
    stage.clock.advance(Duration::from_secs(120));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(1));
    stage.run_one(pictured(&["Hello"]));
    let held = stage.store.events()[0].clone();
    let absent = Event {
        id: EventId("ab".repeat(16)),
        of: Some(held.id.clone()),
        what: Happening::Absent { evidence: "a person looked".to_owned() },
        ..held
    };
    let mut store = stage.store.clone();
    store.append(&[crate::ledger::Append { event: absent, seen: None }]).expect("written");
    assert!(is_out(&stage.run_one(pictured(&["Hello"]))));
    assert_eq!(pins(stage.store.events().last().expect("a receipt"))[URL], digest(1));
}

#[test]
fn what_may_be_out_is_not_sent_again_with_other_bytes() {
    let stage = stage(CLASS_B);
    stage.server.faults.borrow_mut().push_back(("post", Fault::Crash));
    assert!(stage.try_run(vec![pictured(&["Hello"])]).is_none(), "it dies");
    stage.clock.advance(Duration::from_secs(300));
    stage.web.borrow_mut().insert(URL.to_owned(), pixel(1));
    let mut row = pictured(&["Hello"]);
    row.verdict = Verdict::Settle;
    let posted = |stage: &Stage| stage.calls().iter().filter(|call| **call == "post").count();
    let before = posted(&stage);
    let outcome = stage.run_one(row);
    assert!(matches!(&outcome, Outcome::Attention { reason } if reason.contains("has changed")), "{outcome:?}");
    assert_eq!(posted(&stage), before, "it is looked for, and not sent");
}

#[test]
fn addresses_that_do_not_fit_into_the_ledger_are_not_published() {
    let stage = stage(CLASS_B);
    let outcome = stage.run_one(with(pictured(&["Hello"]), |desired| {
        for number in 0..4 {
            let url = format!("https://img.example/{}/{number}.gif", "x".repeat(600));
            stage.web.borrow_mut().insert(url.clone(), pixel(0));
            let media = Media { source: MediaSource::Url(url), alt: String::new(), span: span() };
            desired.draft.parts[0].media.push(media);
        }
    }));
    let Outcome::Blocked { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("masthead media pull"), "{why}");
    assert_eq!(stage.kinds().len(), 0);
}
