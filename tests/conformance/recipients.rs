//! Cases of accounts that send to each recipient by themselves: everybody gets one message, whatever goes wrong on the way.

use crate::{
    journey::{Journey, KEY, Run},
    journeys::plain,
    line::{Fault, Which},
    twin::{Live, RECIPIENTS},
};
use masthead::{
    engine::Outcome,
    ledger::{Append, Happening, PartState, Store as _},
    model::AccountId,
    network::AnyNetwork,
    plan::{Reason, Verdict},
};
use std::{collections::BTreeMap, time::Duration};

/// How many of them have a mailbox.
const KNOWN: usize = RECIPIENTS.len() - 1;

/// Sets out to all of them; none if the network sends to nobody by themselves.
fn set_out(network: &'static dyn AnyNetwork) -> Option<Journey> {
    let mut journey = Journey::new(network, plain);
    journey.send_to(&RECIPIENTS).then_some(journey)
}

/// Returns how many messages each address has got.
fn got(journey: &Journey) -> BTreeMap<String, usize> {
    let mut got = BTreeMap::new();
    for message in journey.twin.live() {
        *got.entry(message.facts["to"].clone()).or_default() += 1;
    }
    got
}

#[track_caller]
fn assert_each_has_one(journey: &Journey) {
    let expect = RECIPIENTS[..KNOWN].iter().map(|address| ((*address).to_owned(), 1)).collect();
    assert_eq!(got(journey), expect);
}

pub(crate) fn once(network: &'static dyn AnyNetwork) {
    let Some(journey) = set_out(network) else { return };
    let outcomes = journey.outcomes();
    let [Outcome::Failed { message, .. }, Outcome::Published { url: None }] = outcomes.as_slice() else {
        panic!("one is told, and then the whole: {outcomes:?}")
    };
    assert!(message.contains("[recipient]") && !message.contains("gone"), "{message}");
    assert_each_has_one(&journey);
    let live = journey.twin.live();
    for of_each in [|message: &Live| message.id.clone(), |message: &Live| message.facts["unsubscribe"].clone()] {
        let mut all: Vec<String> = live.iter().map(of_each).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), KNOWN, "each has one of their own: {all:?}");
    }
    for message in &live {
        let (_, name) = message.facts["unsubscribe"].trim_end_matches('>').rsplit_once('/').expect("a path");
        assert!(message.facts["plain"].contains(&format!("Unsubscribe: https://acme.example/unsubscribe/{name}")));
    }
    let rows = journey.plan().rows;
    let [row] = rows.as_slice() else { panic!("recipients have no rows of their own: {rows:?}") };
    assert_eq!(row.verdict, Verdict::Done);
    let whole = &journey.receipts()[0];
    assert_eq!(whole.remote.extra["note"], "sent to 6, refused by the server for 1");
    // Nobody who comes later gets what was out before.
    let sent = journey.line.sent();
    journey.change_list(&["hugo@people.example", RECIPIENTS[0]], KEY);
    journey.clock.pass(Duration::from_secs(3600));
    assert_eq!(journey.outcomes(), []);
    assert_eq!(journey.line.sent(), sent);
    journey.assert_no_secret();
}

/// Lets publishers run until nothing more is to be done without a person.
fn rest(journey: &Journey) {
    for _ in 0..20 {
        journey.clock.pass(Duration::from_secs(5 * 60));
        let rows = journey.plan().rows;
        if rows.iter().any(|row| matches!(row.verdict, Verdict::Publish | Verdict::Settle)) {
            let _ = journey.run();
        }
    }
}

/// Says of each attempt that is left to a person what the server knows of it.
fn tell(journey: &Journey, addresses: &BTreeMap<AccountId, String>) -> usize {
    let rows = journey.plan().rows;
    let open: Vec<_> = rows.iter().filter(|row| row.verdict == Verdict::Attention).collect();
    for row in &open {
        assert!(row.account.recipient().is_some() && matches!(row.reason, Reason::NeedsPerson(_)), "{row:?}");
        let ledger = journey.store.ledger();
        let state = ledger.delivery(&row.post, &row.account).expect("it began");
        let mut event = journey.store.events().into_iter().find(|event| event.key.account == row.account).expect("one");
        let is_there = got(journey).contains_key(&addresses[&row.account]);
        let Happening::Intent { commit, digest, .. } = event.what else { panic!("an intent comes first: {event:?}") };
        event.of = state.attempt(0).cloned();
        event.id.0 = format!("person-{}", event.id.0);
        event.by.person = Some("ada".to_owned());
        event.what = if is_there {
            Happening::Receipt {
                remote: masthead::model::Remote { id: "seen".to_owned(), url: None, extra: BTreeMap::new() },
                commit,
                digest,
                excerpt: String::new(),
                parts: 1,
                via: "person".to_owned(),
                media: BTreeMap::new(),
            }
        } else {
            Happening::Absent { evidence: "looked".to_owned() }
        };
        journey.store.clone().append(&[Append { event, seen: None }]).expect("written");
    }
    open.len()
}

/// Learns who is who from a journey that nothing disturbs.
fn names(network: &'static dyn AnyNetwork) -> (BTreeMap<AccountId, String>, usize) {
    let journey = set_out(network).expect("there are recipients");
    let _ = journey.outcomes();
    let live = journey.twin.live();
    let mut names = BTreeMap::new();
    for (key, state) in &journey.store.ledger().deliveries {
        let address = match state.part(0) {
            PartState::Published(published) if key.account.recipient().is_some() => {
                let message = live.iter().find(|message| message.id == published.remote.id).expect("it is there");
                message.facts["to"].clone()
            }
            PartState::Failed { .. } => RECIPIENTS[KNOWN].to_owned(),
            _ => continue,
        };
        names.insert(key.account.clone(), address);
    }
    assert_eq!(names.len(), RECIPIENTS.len());
    (names, journey.line.sent())
}

pub(crate) fn crash(network: &'static dyn AnyNetwork) {
    if set_out(network).is_none() {
        return;
    }
    let (names, calls) = names(network);
    for nth in 0..calls {
        for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::AnswerLost, Fault::RequestLost, Fault::Refused] {
            let journey = set_out(network).expect("there are recipients");
            let mut script = vec![Fault::Fine; nth];
            script.push(fault);
            journey.line.script(Which::Any, &script);
            let run = journey.run();
            assert_eq!(matches!(run, Run::Died), matches!(fault, Fault::CrashBefore | Fault::CrashAfter), "{run:?}");
            rest(&journey);
            assert!(got(&journey).values().all(|count| *count == 1), "{:?}", got(&journey));
            let rows = journey.plan().rows;
            let told = tell(&journey, &names);
            assert!(told <= 4, "only what was under way is left to a person");
            if told > 0 {
                let Reason::Recipients { out, refused, person } = rows[0].reason else { panic!("{:?}", rows[0]) };
                assert_eq!((out + refused + person, person), (RECIPIENTS.len(), told), "{:?}", rows[0]);
            }
            rest(&journey);
            assert_each_has_one(&journey);
            assert_eq!(journey.plan().rows[0].verdict, Verdict::Done, "after {fault:?} at call {nth}");
            journey.assert_no_secret();
        }
    }
}

pub(crate) fn race(network: &'static dyn AnyNetwork) {
    let Some(journey) = set_out(network) else { return };
    assert_eq!(journey.runs(3).len(), 3);
    rest(&journey);
    assert_each_has_one(&journey);
    assert_eq!(journey.plan().rows[0].verdict, Verdict::Done);
    journey.assert_no_secret();
}

pub(crate) fn other_key(network: &'static dyn AnyNetwork) {
    let Some(journey) = set_out(network) else { return };
    // One is out when somebody exchanges the key.
    journey.line.script(Which::Publishing, &[Fault::Fine, Fault::CrashBefore]);
    let _ = journey.run();
    let before = got(&journey);
    journey.line.mend();
    journey.clock.pass(Duration::from_secs(3600));
    journey.change_list(&RECIPIENTS, "another-list-key-9876543210");
    let outcomes = journey.outcomes();
    let [Outcome::Blocked { why }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(why.contains("bring the earlier key back"), "{why}");
    assert_eq!(got(&journey), before, "nobody gets it twice");
    journey.change_list(&RECIPIENTS, "short");
    let outcomes = journey.outcomes();
    assert!(
        matches!(outcomes.as_slice(), [Outcome::Blocked { why }] if why.contains("shorter than 16")),
        "{outcomes:?}"
    );
    journey.change_list(&["amy@people.example", "nobody"], KEY);
    let outcomes = journey.outcomes();
    assert!(matches!(outcomes.as_slice(), [Outcome::Blocked { why }] if why.contains("line 2")), "{outcomes:?}");
    journey.assert_no_secret();
}
