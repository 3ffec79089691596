use super::{
    stage::{COMMIT, Stage, answering, row, row_of, with},
    twin::{Fault, HERE, Habits},
};
use crate::{
    engine::{Outcome, Progress},
    ledger::{Happening, PartState},
    model::{Media, MediaSource},
    network::{Auth, Settling},
    plan::Verdict,
};
use serde_json::Value;
use std::time::Duration;

const CLASS_B: Settling = Settling::Key { window: Duration::from_secs(3600), settle: Duration::from_secs(600) };

fn stage() -> Stage {
    Stage::new(CLASS_B, Auth::Token)
}

fn out(id: &str) -> Outcome {
    Outcome::Published { url: Some(format!("{HERE}/{id}")) }
}

#[test]
fn a_post_goes_out_between_its_intent_and_its_receipt() {
    let stage = stage();
    assert_eq!(stage.run_one(row(&["Hello"])), out("id-1"));
    assert_eq!((stage.kinds(), stage.calls()), (vec!["intent", "receipt"], vec!["post"]));
    let events = stage.store.events();
    let Happening::Intent { attempt, lease, commit, digest, key, nonce, .. } = &events[0].what else { panic!() };
    assert_eq!((*attempt, *lease, commit.as_str(), digest.as_str()), (1, 70, COMMIT, "digest of Hello"));
    // What was promised in the intent is what was sent.
    assert_eq!(stage.server.live.borrow()[0].body["key"], format!("{key}-{nonce}-{}", events[0].at));
    assert_eq!(events[1].of.as_ref(), Some(&events[0].id));
    let Happening::Receipt { remote, excerpt, parts, via, .. } = &events[1].what else { panic!() };
    assert_eq!((remote.id.as_str(), excerpt.as_str(), *parts, via.as_str()), ("id-1", "Hello", 1, "answer"));
    assert!(matches!(stage.said.borrow()[..], [Progress::Started { .. }, Progress::Settled(_)]));
}

#[test]
fn a_second_run_sends_nothing() {
    let stage = stage();
    stage.run(vec![row(&["Hello"])]);
    assert_eq!(stage.run(vec![row(&["Hello"])]), []);
    assert_eq!((stage.texts(), stage.calls()), (vec!["Hello".to_owned()], vec!["post"]));
}

#[test]
fn rows_that_are_not_to_be_sent_are_left_alone() {
    let stage = stage();
    for verdict in [Verdict::Drift, Verdict::Wait, Verdict::Held, Verdict::Attention, Verdict::Done] {
        let mut row = row(&["Hello"]);
        row.verdict = verdict;
        assert_eq!(stage.run(vec![row]), []);
    }
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
}

#[test]
fn later_parts_get_later_times_though_the_network_tells_whole_seconds() {
    let stage = stage();
    stage.server.ahead.set(Some(0));
    // Each write is a third of a second, so that most answers are read within a second that has begun.
    stage.slow_ledger(vec![Duration::from_millis(333); 12]);
    stage.run(vec![row(&["One", "Two", "Three", "Four", "Five"])]);
    let events = stage.store.events();
    let times: Vec<_> = events
        .iter()
        .filter_map(|event| matches!(event.what, Happening::Intent { .. }).then_some(event.at.millis()))
        .collect();
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
}

#[test]
fn a_thread_goes_out_in_order_each_part_answering_the_one_before() {
    let stage = stage();
    let settled = stage.run(vec![row(&["One", "Two", "Three"])]);
    assert_eq!(settled.iter().map(|settled| settled.part).collect::<Vec<_>>(), [(1, 3), (2, 3), (3, 3)]);
    assert_eq!(stage.texts(), ["One", "Two", "Three"]);
    let live = stage.server.live.borrow();
    assert_eq!(
        (&live[0].body["parent"], &live[1].body["parent"], &live[2].body["parent"]),
        (&Value::Null, &Value::from("id-1"), &Value::from("id-2"))
    );
    assert_eq!(live[2].body["root"], "id-1");
    assert_eq!(stage.kinds(), ["intent", "receipt", "intent", "receipt", "intent", "receipt"]);
}

#[test]
fn a_thread_stops_where_it_fails_and_goes_on_there() {
    let stage = stage();
    stage.server.faults.borrow_mut().push_back(("post", Fault::Meanwhile(std::rc::Rc::new(|| {}))));
    stage.server.faults.borrow_mut().push_back(("post", Fault::NotSent));
    let settled = stage.run(vec![row(&["One", "Two", "Three"])]);
    assert_eq!(settled.len(), 2);
    assert!(matches!(settled[1].outcome, Outcome::Deferred { .. }), "{settled:?}");
    assert_eq!(stage.texts(), ["One"]);
    stage.clock.advance(Duration::from_secs(120));
    let settled = stage.run(vec![row(&["One", "Two", "Three"])]);
    assert_eq!(settled.iter().map(|settled| settled.part).collect::<Vec<_>>(), [(2, 3), (3, 3)]);
    assert_eq!(stage.texts(), ["One", "Two", "Three"]);
    assert_eq!(stage.server.live.borrow()[1].body["parent"], "id-1");
}

#[test]
fn accounts_share_commits_and_each_keeps_its_order() {
    let stage = stage();
    let accounts = ["brand", "sky", "team", "shop", "home"];
    let settled = stage.run(accounts.map(|account| row_of("hello", account, &[account])).to_vec());
    assert_eq!(settled.len(), 5);
    assert_eq!((stage.store.events().len(), stage.store.commits()), (10, 2));
    assert_eq!(stage.kinds()[..5], ["intent"; 5]);

    let rows = ["1", "2", "3"].map(|text| row_of(text, "brand", &[text])).to_vec();
    stage.run(rows);
    assert_eq!(stage.texts()[5..], ["1", "2", "3"]);
}

#[test]
fn an_account_has_one_open_claim_and_waits_for_no_other() {
    let stage = Stage::new(Settling::Person, Auth::Token);
    let settled = stage.run(["brand", "sky", "team"].map(|account| row_of("hello", account, &[account])).to_vec());
    assert_eq!(settled.len(), 3);
    assert_eq!(stage.kinds(), ["intent", "intent", "intent", "receipt", "receipt", "receipt"]);
    stage.run(["1", "2"].map(|text| row_of(text, "brand", &[text])).to_vec());
    assert_eq!(stage.kinds()[6..], ["intent", "receipt", "intent", "receipt"]);
}

#[test]
fn a_network_without_a_server_gets_a_receipt_alone() {
    let stage = Stage::new(Settling::Receipt, Auth::None);
    assert_eq!(stage.run_one(row(&["Hello"])), Outcome::Published { url: Some("/hello/1".to_owned()) });
    assert_eq!((stage.kinds(), stage.calls().len()), (vec!["receipt"], 0));
}

#[test]
fn a_post_may_answer_one_of_the_same_run_or_of_an_earlier_one() {
    let stage = stage();
    let answer = || answering(row_of("answer", "brand", &["Yes"]), "hello");
    let blocked = stage.run_one(answer());
    let Outcome::Blocked { why } = blocked else { panic!("{blocked:?}") };
    assert_eq!(why, "it refers to `hello`, which account `brand` has not published yet");
    assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));

    stage.run(vec![row(&["Hello"]), answer(), answering(row_of("late", "brand", &["And"]), "hello")]);
    let to: Vec<_> = stage.server.live.borrow().iter().map(|live| live.body["reply_to"].clone()).collect();
    assert_eq!(to, [Value::Null, "id-1".into(), "id-1".into()]);
    stage.run(vec![answering(row_of("later", "brand", &["Still"]), "hello")]);
    assert_eq!(stage.server.live.borrow()[3].body["reply_to"], "id-1");
}

#[test]
fn missing_media_block_before_anything_is_claimed() {
    for (path, expect) in [("gone.jpg", "`gone.jpg` does not exist"), ("text.jpg", "`text.jpg` ")] {
        let stage = stage();
        let media =
            Media { source: MediaSource::File(path.to_owned()), alt: String::new(), span: super::stage::span() };
        let outcome = stage.run_one(with(row(&["Hello"]), |desired| desired.draft.parts[0].media.push(media)));
        let Outcome::Blocked { why } = &outcome else { panic!("{outcome:?}") };
        assert!(why.starts_with(expect), "{why}");
        assert_eq!((stage.calls().len(), stage.kinds().len()), (0, 0));
    }
}

#[test]
fn looks_and_uploads_are_repeated_a_little_and_publications_never() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { uploads: true, ..Habits::default() });
    let mut faults = vec![("upload", Fault::Status(503, Vec::new())), ("upload", Fault::NotSent)];
    faults.push(("post", Fault::Status(422, Vec::new())));
    stage.server.faults.borrow_mut().extend(faults);
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Failed { .. }));
    assert_eq!(stage.calls(), ["upload", "upload", "upload", "post"]);
    assert_eq!(stage.kinds(), ["intent", "fail"]);
}

#[test]
fn a_long_upload_is_over_before_its_lease_begins_to_count() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { uploads: true, ..Habits::default() });
    let clock = stage.clock.clone();
    let slow = Fault::Meanwhile(std::rc::Rc::new(move || clock.advance(Duration::from_secs(300))));
    stage.server.faults.borrow_mut().push_back(("upload", slow));
    assert_eq!(stage.run_one(row(&["Hello"])), out("id-1"));
    let Happening::Intent { lease, .. } = stage.store.events()[0].what else { panic!() };
    assert_eq!(lease, 370);
}

#[test]
fn a_refused_upload_fails_until_the_post_is_edited() {
    let stage = Stage::with_habits(CLASS_B, Auth::Token, Habits { uploads: true, ..Habits::default() });
    stage.server.faults.borrow_mut().push_back(("upload", Fault::Status(422, Vec::new())));
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Failed { .. }));
    assert_eq!((stage.calls(), stage.kinds(), stage.store.commits()), (vec!["upload"], vec!["intent", "fail"], 1));
    assert!(matches!(&stage.state().part(0), PartState::Failed { digest, .. } if digest == "digest of Hello"));
    assert!(matches!(stage.run_one(row(&["Hello"])), Outcome::Failed { .. }));
    assert_eq!(stage.calls().len(), 1);
    assert_eq!(stage.run_one(row(&["Hello, edited"])), out("id-1"));
}
