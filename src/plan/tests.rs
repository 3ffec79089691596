mod access;
mod brakes;
mod histories;
mod properties;

use super::*;
use crate::{
    config::PublishSettings,
    diag::{FileId, Span},
    ledger::{DeliveryKey, DeliveryState, EventId, Genesis, Intent, Ledger, PartState, Published},
    model::{Account, AccountId, Freeze, NetworkId, Options, PostId, Reference, Remote, Timestamp, Zone},
    network::{Draft, DraftPart, Limits},
    text::{Flat, Measure, MentionWeight, Unit},
};
use std::{collections::BTreeMap, time::Duration};

const NOW: &str = "2026-12-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a timestamp")
}

/// A post without a date, of one part, on `brand`.
fn wants(post: &str) -> Desired {
    let part = DraftPart {
        text: Flat { text: format!("the news of {post}"), ranges: Vec::new(), anchors: Vec::new(), ..Flat::default() },
        rich: [].into(),
        media: Vec::new(),
        beside: 0,
        span: Span::new(FileId(0), 0..0),
    };
    let draft = Draft {
        post: PostId::new(post),
        account: AccountId::new("brand"),
        network: NetworkId("nowhere"),
        title: None,
        language: None,
        tags: Vec::new(),
        parts: vec![part],
        poll: None,
        reply_to: None,
        quote: None,
        boost: None,
        options: Options::default(),
    };
    let measure = Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full };
    Desired {
        draft,
        digest: format!("digest of {post}"),
        limits: Limits {
            text: None,
            text_bytes: None,
            measure,
            images: 0,
            videos: 0,
            kinds: Vec::new(),
            image_bytes: None,
            image_pixels: None,
            video_bytes: None,
            alt: None,
            poll_options: 0,
            poll_option: 0,
            poll_seconds: (0, 0),
        },
        when: None,
        is_draft: false,
        retract: false,
        campaign: None,
        invalid: false,
        id_written: true,
        costs: Vec::new(),
        path: format!("content/{post}.md"),
    }
}

fn dated(post: &str, when: &str) -> Desired {
    Desired { when: Some(at(when)), ..wants(post) }
}

fn threaded(post: &str, parts: usize) -> Desired {
    let mut desired = wants(post);
    desired.draft.parts = vec![desired.draft.parts[0].clone(); parts];
    desired
}

/// A ledger a month old, with these parts of `post`.
fn ledger(post: &str, parts: Vec<PartState>) -> Ledger {
    let mut ledger = Ledger {
        genesis: Some(Genesis { id: "g".to_owned(), created: at("2026-11-01T00:00:00Z") }),
        ..Ledger::default()
    };
    if !parts.is_empty() {
        let key = DeliveryKey { post: PostId::new(post), account: AccountId::new("brand") };
        let events = parts.iter().map(|_| Vec::new()).collect();
        ledger
            .deliveries
            .insert(key, std::sync::Arc::new(DeliveryState { counts: vec![0; parts.len()], parts, events }));
    }
    ledger
}

fn out(post: &str, parts: u16) -> PartState {
    PartState::Published(Published {
        remote: Remote { id: "1".to_owned(), url: Some("https://example.org/1".to_owned()), ..Remote::default() },
        at: at("2026-11-30T00:00:00Z"),
        commit: "c".to_owned(),
        digest: format!("digest of {post}"),
        excerpt: format!("the news of {post}"),
        parts,
        media: BTreeMap::new(),
    })
}

fn sending(since: &str) -> PartState {
    PartState::Sending(Intent {
        id: EventId("i".to_owned()),
        at: at(since),
        run: "r".to_owned(),
        attempt: 1,
        lease: Duration::from_secs(70),
        repeated: None,
        digest: "d".to_owned(),
        key: "k".to_owned(),
        nonce: 1,
        network_time: None,
    })
}

fn queued(not_before: Option<&str>) -> PartState {
    PartState::Queued { attempts: 1, not_before: not_before.map(at) }
}

fn failed(digest: &str) -> PartState {
    PartState::Failed { kind: "refused".to_owned(), message: "no".to_owned(), digest: digest.to_owned(), attempts: 1 }
}

fn rows(desired: Vec<Desired>, ledger: &Ledger) -> Vec<Row> {
    planned(desired, ledger, &PublishSettings::default(), &[])
}

static NO_ACCOUNTS: BTreeMap<AccountId, Account> = BTreeMap::new();

/// The policy of a workspace without accounts of note.
fn policy<'a>(publish: &'a PublishSettings, freezes: &'a [Freeze]) -> Policy<'a> {
    Policy { publish, accounts: &NO_ACCOUNTS, zone: Zone::UTC, freezes }
}

fn planned(desired: Vec<Desired>, ledger: &Ledger, publish: &PublishSettings, freezes: &[Freeze]) -> Vec<Row> {
    plan(desired, ledger, &policy(publish, freezes), at(NOW), None).rows
}

#[track_caller]
fn check(desired: Desired, parts: Vec<PartState>, verdict: Verdict, reason: Reason) {
    let ledger = ledger(desired.draft.post.as_str(), parts);
    let rows = rows(vec![desired], &ledger);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].verdict, &rows[0].reason), (verdict, &reason));
}

#[test]
fn what_is_due_is_published() {
    check(wants("a"), vec![], Verdict::Publish, Reason::NoDate);
    check(dated("a", "2026-12-01T11:59:00Z"), vec![], Verdict::Publish, Reason::Due);
    check(dated("a", NOW), vec![], Verdict::Publish, Reason::Due);
}

#[test]
fn what_is_not_due_waits() {
    check(dated("a", "2026-12-01T12:00:01Z"), vec![], Verdict::Wait, Reason::Scheduled);
    check(Desired { is_draft: true, ..wants("a") }, vec![], Verdict::Wait, Reason::Draft);
    check(wants("a"), vec![queued(Some("2026-12-01T12:00:01Z"))], Verdict::Wait, Reason::Deferred);
}

#[test]
fn what_is_too_late_is_held() {
    check(dated("a", "2026-11-30T11:59:59Z"), vec![], Verdict::Held, Reason::TooLate);
    check(dated("a", "2026-11-30T12:00:00Z"), vec![], Verdict::Publish, Reason::Due);
}

#[test]
fn what_is_older_than_the_ledger_is_held() {
    let first = rows(vec![dated("a", "2026-12-01T11:00:00Z")], &Ledger::default());
    assert_eq!((first[0].verdict, &first[0].reason), (Verdict::Held, &Reason::BeforeLedger));
}

#[test]
fn errors_hold() {
    check(Desired { invalid: true, ..wants("a") }, vec![], Verdict::Held, Reason::Invalid);
    check(Desired { invalid: true, ..threaded("a", 2) }, vec![out("a", 2)], Verdict::Held, Reason::Invalid);
}

#[test]
fn what_is_out_is_done_and_an_edit_is_drift() {
    check(wants("a"), vec![out("a", 1)], Verdict::Done, Reason::Published);
    check(wants("a"), vec![out("b", 1)], Verdict::Drift, Reason::Changed);
    check(Desired { is_draft: true, invalid: true, ..wants("a") }, vec![out("a", 1)], Verdict::Done, Reason::Published);
    check(threaded("a", 3), vec![out("b", 1)], Verdict::Drift, Reason::Changed);
}

#[test]
fn an_attempt_is_believed_for_its_lease_and_then_settled() {
    check(wants("a"), vec![sending("2026-12-01T11:59:00Z")], Verdict::Wait, Reason::Sending);
    check(wants("a"), vec![sending("2026-12-01T11:57:50Z")], Verdict::Settle, Reason::Unknown);
    check(wants("a"), vec![sending("2026-12-01T13:00:00Z")], Verdict::Wait, Reason::Sending);
    let rows = rows(vec![wants("a")], &ledger("a", vec![sending("2026-12-01T11:59:00Z")]));
    assert_eq!(rows[0].at, Some(at("2026-12-01T12:01:10Z")), "it says until when");
}

#[test]
fn an_attempt_from_another_age_is_for_a_person() {
    let what = "an attempt is dated 2026-12-02T12:00:01Z, so some machine's clock is wrong: look there".to_owned();
    check(wants("a"), vec![sending("2026-12-02T12:00:01Z")], Verdict::Attention, Reason::NeedsPerson(what));
}

#[test]
fn a_lease_that_nobody_would_take_ends_within_a_day() {
    let PartState::Sending(intent) = sending("2026-11-30T11:58:59Z") else { panic!("an intent") };
    let intent = Intent { lease: Duration::MAX, ..intent };
    check(wants("a"), vec![PartState::Sending(intent)], Verdict::Settle, Reason::Unknown);
}

#[test]
fn what_is_under_way_or_held_is_seen_whatever_stands_around_it() {
    let looks = |reason: &str| Reason::NeedsPerson(reason.to_owned());
    let open = || sending("2026-12-01T11:59:00Z");
    check(threaded("a", 2), vec![queued(None), open()], Verdict::Wait, Reason::Sending);
    check(wants("a"), vec![out("a", 1), open()], Verdict::Wait, Reason::Sending);
    let lost = sending("2026-12-01T11:00:00Z");
    let what = looks("part 2 was being sent although it was not its turn: look there");
    check(threaded("a", 2), vec![queued(None), lost], Verdict::Attention, what);
    let what = looks("part 2 is out although part 1 is not: look there");
    check(threaded("a", 2), vec![queued(None), out("a", 2)], Verdict::Attention, what);
    let needs = PartState::Attention { reason: "look".to_owned() };
    check(wants("a"), vec![out("a", 1), needs], Verdict::Attention, looks("look"));
}

#[test]
fn an_edit_after_a_refusal_is_no_way_around_the_date() {
    check(dated("a", "2026-12-02T12:00:00Z"), vec![failed("another")], Verdict::Wait, Reason::Scheduled);
    check(dated("a", "2026-11-30T11:00:00Z"), vec![failed("another")], Verdict::Held, Reason::TooLate);
    let thread = |when: &str| Desired { when: Some(at(when)), ..threaded("a", 2) };
    check(thread("2026-12-02T12:00:00Z"), vec![out("a", 2)], Verdict::Wait, Reason::Scheduled);
    check(thread("2026-11-30T11:00:00Z"), vec![out("a", 2)], Verdict::Held, Reason::TooLate);
}

#[test]
fn a_later_part_may_be_mended_but_not_what_is_out() {
    let mut edited = threaded("a", 2);
    edited.digest = "digest of the edit".to_owned();
    edited.draft.parts[1].text.text = "mended".to_owned();
    check(edited.clone(), vec![out("a", 2), failed("digest of a")], Verdict::Publish, Reason::Resume(2));
    edited.draft.parts[0].text.text = "changed".to_owned();
    check(edited.clone(), vec![out("a", 2), failed("digest of a")], Verdict::Held, Reason::Changed);
    edited.draft.parts.pop();
    check(edited, vec![out("a", 2), queued(None)], Verdict::Held, Reason::Changed);
}

#[test]
fn two_files_that_want_one_delivery_hold_it() {
    let other = Desired { path: "content/b.md".to_owned(), ..wants("a") };
    for both in [vec![wants("a"), other.clone()], vec![other, wants("a")]] {
        let rows = rows(both, &ledger("a", vec![]));
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].verdict, &rows[0].reason), (Verdict::Held, &Reason::Invalid));
        assert_eq!(rows[0].desired.as_ref().expect("what is wanted").path, "content/a.md");
    }
}

#[test]
fn what_waits_for_a_person_is_seen_although_its_post_is_gone() {
    let needs = PartState::Attention { reason: "look".to_owned() };
    let seen = rows(vec![], &ledger("a", vec![needs]));
    assert_eq!((seen[0].verdict, &seen[0].reason), (Verdict::Attention, &Reason::NeedsPerson("look".to_owned())));
    let under_way = rows(vec![], &ledger("a", vec![sending("2026-12-01T11:59:00Z")]));
    assert_eq!((under_way[0].verdict, under_way[0].at), (Verdict::Wait, Some(at("2026-12-01T12:01:10Z"))));
}

#[test]
fn a_refusal_waits_for_an_edit() {
    check(wants("a"), vec![failed("digest of a")], Verdict::Attention, Reason::Refused("no".to_owned()));
    check(wants("a"), vec![failed("another")], Verdict::Publish, Reason::Edited);
}

#[test]
fn a_thread_goes_on_where_it_stopped_unless_it_was_changed() {
    check(threaded("a", 3), vec![out("a", 3), out("a", 3)], Verdict::Publish, Reason::Resume(3));
    check(threaded("a", 3), vec![out("a", 3), queued(None)], Verdict::Publish, Reason::Resume(2));
    check(threaded("a", 3), vec![out("b", 3)], Verdict::Held, Reason::Changed);
}

#[test]
fn nothing_follows_a_part_without_a_name() {
    let PartState::Published(mut nameless) = out("a", 2) else { panic!("a receipt") };
    nameless.remote.id.clear();
    let what = "part 1 is out, but nobody knows what it is called there, so nothing can follow it: look there";
    let reason = Reason::NeedsPerson(what.to_owned());
    check(threaded("a", 2), vec![PartState::Published(nameless.clone())], Verdict::Attention, reason);
    let mut reply = wants("b");
    reply.draft.reply_to = Some(Reference::Post(PostId::new("a")));
    let asks = rows(vec![reply, threaded("a", 2)], &ledger("a", vec![PartState::Published(nameless)]));
    let what = "post `a` is out, but nobody knows what it is called there, so nothing can answer it: look there";
    let asks = asks.iter().find(|row| row.post == PostId::new("b")).expect("a row");
    assert_eq!((asks.verdict, &asks.reason), (Verdict::Attention, &Reason::NeedsPerson(what.to_owned())));
}

#[test]
fn attention_stays() {
    let needs = PartState::Attention { reason: "look".to_owned() };
    check(wants("a"), vec![needs], Verdict::Attention, Reason::NeedsPerson("look".to_owned()));
}

#[test]
fn a_renamed_file_is_held_even_if_it_was_edited_a_little() {
    let mut renamed = wants("new");
    renamed.draft.parts[0].text.text = "the news of old, and more".to_owned();
    let ledger = ledger("old", vec![out("old", 1)]);
    let rows = rows(vec![renamed], &ledger);
    let verdicts: Vec<_> = rows.iter().map(|row| (row.post.as_str(), row.verdict, &row.reason)).collect();
    assert_eq!(
        verdicts,
        [("new", Verdict::Held, &Reason::Renamed(PostId::new("old"))), ("old", Verdict::Done, &Reason::Gone)]
    );
}

#[test]
fn a_copied_file_is_a_new_post_while_the_old_one_is_there() {
    let mut copy = wants("new");
    copy.draft.parts[0].text.text = "the news of old".to_owned();
    let ledger = ledger("old", vec![out("old", 1)]);
    assert_eq!(rows(vec![copy, wants("old")], &ledger)[0].verdict, Verdict::Publish);
}

#[test]
fn a_reply_waits_for_what_it_answers() {
    let mut reply = wants("b");
    reply.draft.reply_to = Some(Reference::Post(PostId::new("a")));
    let open = rows(vec![reply.clone()], &ledger("a", vec![]));
    assert_eq!((open[0].verdict, &open[0].reason), (Verdict::Wait, &Reason::After(PostId::new("a"))));
    let answered = rows(vec![reply, wants("a")], &ledger("a", vec![out("a", 1)]));
    assert_eq!(answered[0].verdict, Verdict::Publish);
}

#[test]
fn a_lost_answer_of_a_post_that_is_gone_needs_a_person() {
    let rows = rows(vec![], &ledger("a", vec![sending("2026-12-01T11:00:00Z")]));
    assert_eq!(rows[0].verdict, Verdict::Attention);
}

#[test]
fn the_burst_limit_lets_the_oldest_through() {
    let publish = PublishSettings { burst: 2, min_gap: Duration::ZERO, ..PublishSettings::default() };
    let desired = vec![
        dated("c", "2026-12-01T11:30:00Z"),
        dated("a", "2026-12-01T11:20:00Z"),
        dated("b", "2026-12-01T11:10:00Z"),
    ];
    let rows = planned(desired, &ledger("x", vec![]), &publish, &[]);
    let verdicts: Vec<_> = rows.iter().map(|row| (row.post.as_str(), row.verdict, row.at)).collect();
    assert_eq!(
        verdicts,
        [
            ("b", Verdict::Publish, Some(at("2026-12-01T11:10:00Z"))),
            ("a", Verdict::Publish, Some(at("2026-12-01T11:20:00Z"))),
            ("c", Verdict::Held, Some(at("2026-12-01T13:00:00Z"))),
        ]
    );
}

#[test]
fn the_same_inputs_give_the_same_plan_in_any_order() {
    let ledger = ledger("a", vec![out("a", 1)]);
    let there = rows(vec![wants("a"), wants("b"), dated("c", "2027-01-01T00:00:00Z")], &ledger);
    let back = rows(vec![dated("c", "2027-01-01T00:00:00Z"), wants("b"), wants("a")], &ledger);
    assert_eq!(there, back);
}

#[test]
fn what_is_still_to_come_has_a_cost() {
    let costly = |post: &str, parts: usize| Desired { costs: vec![15_000; parts], ..threaded(post, parts) };
    let cost = |desired: Desired, parts: Vec<PartState>| rows(vec![desired], &ledger("a", parts))[0].cost();
    assert_eq!(cost(costly("a", 3), vec![]), Some(45_000));
    assert_eq!(cost(costly("a", 3), vec![out("a", 3)]), Some(30_000), "what is out is paid for");
    assert_eq!(cost(wants("a"), vec![]), None, "most networks charge nothing");
    assert_eq!(cost(Desired { is_draft: true, ..costly("a", 1) }, vec![]), None, "a draft is never due");
    let later = Desired { when: Some(at("2027-01-01T00:00:00Z")), ..costly("a", 1) };
    assert_eq!(cost(later, vec![]), Some(15_000), "it will go out");
    assert_eq!(cost(Desired { invalid: true, ..costly("a", 1) }, vec![]), Some(15_000), "once it is mended");
    let mut withdrawn = Desired { retract: true, ..costly("a", 2) };
    withdrawn.draft.network = NetworkId("x");
    assert_eq!(cost(withdrawn, vec![out("a", 2), out("a", 2)]), Some(20_000), "deleting has a price of its own");
    let plan = Plan {
        now: at("2026-12-01T12:00:00Z"),
        commit: None,
        rows: rows(vec![costly("a", 1), costly("b", 2)], &ledger("x", vec![])),
    };
    assert_eq!(plan.cost(), Some(45_000));
}
