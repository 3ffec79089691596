//! What somebody has stopped, what would flood, and what is taken back.

use super::*;
use crate::{config::QuietHours, model::Scope};

fn freeze(scope: Scope, until: Option<&str>) -> Freeze {
    let (by, reason) = ("Ada".to_owned(), "a crisis".to_owned());
    Freeze { scope, from: at("2026-12-01T10:00:00Z"), until: until.map(at), by, reason }
}

fn frozen() -> Reason {
    Reason::Frozen { by: "Ada".to_owned(), why: "a crisis".to_owned() }
}

#[track_caller]
fn check_frozen(desired: Desired, parts: Vec<PartState>, freeze: Freeze, verdict: Verdict, reason: Reason) {
    let ledger = ledger(desired.draft.post.as_str(), parts);
    let rows = planned(vec![desired], &ledger, &PublishSettings::default(), &[freeze]);
    assert_eq!((rows[0].verdict, &rows[0].reason), (verdict, &reason));
}

#[test]
fn a_freeze_holds_what_it_names() {
    let in_campaign = || Desired { campaign: Some("hoodie".to_owned()), ..wants("a") };
    let account = |name| Scope::Account(AccountId::new(name));
    let campaign = |name: &str| Scope::Campaign(name.to_owned());
    check_frozen(wants("a"), vec![], freeze(Scope::All, None), Verdict::Held, frozen());
    check_frozen(wants("a"), vec![], freeze(account("brand"), None), Verdict::Held, frozen());
    check_frozen(wants("a"), vec![], freeze(account("sky"), None), Verdict::Publish, Reason::NoDate);
    check_frozen(in_campaign(), vec![], freeze(campaign("hoodie"), None), Verdict::Held, frozen());
    check_frozen(in_campaign(), vec![], freeze(campaign("mugs"), None), Verdict::Publish, Reason::NoDate);
    check_frozen(wants("a"), vec![], freeze(campaign("hoodie"), None), Verdict::Publish, Reason::NoDate);
}

#[test]
fn a_freeze_stops_a_thread_in_the_middle() {
    check_frozen(threaded("a", 2), vec![out("a", 2)], freeze(Scope::All, None), Verdict::Held, frozen());
    let over = freeze(Scope::All, Some("2026-12-01T11:00:00Z"));
    check_frozen(threaded("a", 2), vec![out("a", 2)], over, Verdict::Publish, Reason::Resume(2));
}

#[test]
fn a_freeze_lets_what_is_scheduled_wait_and_what_is_unknown_be_settled() {
    let later = dated("a", "2026-12-01T13:00:00Z");
    check_frozen(later, vec![], freeze(Scope::All, None), Verdict::Wait, Reason::Scheduled);
    let lost = vec![sending("2026-12-01T11:00:00Z")];
    check_frozen(wants("a"), lost, freeze(Scope::All, None), Verdict::Settle, Reason::Unknown);
}

#[test]
fn what_became_late_by_a_freeze_stays_held() {
    let over = || freeze(Scope::All, Some("2026-12-01T11:00:00Z"));
    check_frozen(dated("a", "2026-12-01T10:30:00Z"), vec![], over(), Verdict::Held, Reason::LateByFreeze);
    check_frozen(dated("a", "2026-12-01T09:59:00Z"), vec![], over(), Verdict::Held, Reason::LateByFreeze);
    check_frozen(dated("a", "2026-12-01T11:00:00Z"), vec![], over(), Verdict::Publish, Reason::Due);
    check_frozen(wants("a"), vec![], over(), Verdict::Publish, Reason::NoDate);
    let other = freeze(Scope::Account(AccountId::new("sky")), Some("2026-12-01T11:00:00Z"));
    check_frozen(dated("a", "2026-12-01T10:30:00Z"), vec![], other, Verdict::Publish, Reason::Due);
}

#[test]
fn after_an_outage_posts_go_out_spaced_and_oldest_first() {
    let desired = vec![
        dated("c", "2026-12-01T11:58:00Z"),
        dated("a", "2026-12-01T11:20:00Z"),
        dated("b", "2026-12-01T11:10:00Z"),
        wants("d"),
    ];
    let rows = rows(desired, &ledger("x", vec![]));
    let verdicts: Vec<_> = rows.iter().map(|row| (row.post.as_str(), row.verdict, row.reason.clone())).collect();
    assert_eq!(
        verdicts,
        [
            ("d", Verdict::Publish, Reason::NoDate),
            // Two minutes late is not late: it keeps its time.
            ("c", Verdict::Publish, Reason::Due),
            ("b", Verdict::Wait, Reason::Gap),
            ("a", Verdict::Wait, Reason::Gap),
        ]
    );
    assert_eq!(rows[2].at, Some(at("2026-12-01T12:05:00Z")));
    assert_eq!(rows[3].at, Some(at("2026-12-01T12:10:00Z")));
}

#[test]
fn a_late_post_waits_for_the_gap_after_what_is_out() {
    let mut ledger = ledger("x", vec![out("x", 1)]);
    for (gone, verdict) in [("2026-12-01T11:56:00Z", Verdict::Wait), ("2026-12-01T11:55:00Z", Verdict::Publish)] {
        let delivery = ledger.deliveries.values_mut().next().expect("a delivery");
        let Some(PartState::Published(published)) = std::sync::Arc::make_mut(delivery).parts.first_mut() else {
            panic!("published")
        };
        published.at = at(gone);
        let rows = rows(vec![dated("a", "2026-12-01T11:10:00Z"), wants("x")], &ledger);
        let row = rows.iter().find(|row| row.post.as_str() == "a").expect("a row");
        assert_eq!(row.verdict, verdict, "{gone}");
    }
}

#[test]
fn quiet_hours_delay_the_beginning_and_not_the_rest() {
    let publish = PublishSettings { quiet: QuietHours::parse("11:00-13:00"), ..PublishSettings::default() };
    let plan = |desired, ledger: &Ledger| planned(vec![desired], ledger, &publish, &[]).remove(0);
    let row = plan(wants("a"), &ledger("a", vec![]));
    assert_eq!((row.verdict, row.reason, row.at), (Verdict::Wait, Reason::Quiet, Some(at("2026-12-01T13:00:00Z"))));
    let row = plan(threaded("a", 2), &ledger("a", vec![out("a", 2)]));
    assert_eq!((row.verdict, row.reason), (Verdict::Publish, Reason::Resume(2)));
}

#[test]
fn lost_answers_stop_what_is_new() {
    let lost = |post: &str| (post.to_owned(), vec![sending("2026-12-01T11:00:00Z")]);
    let with = |count: usize| {
        let mut all = Ledger { genesis: ledger("x", vec![]).genesis, ..Ledger::default() };
        for (post, parts) in ["l1", "l2", "l3"].into_iter().take(count).map(lost) {
            all.deliveries.extend(ledger(&post, parts).deliveries);
        }
        rows(vec![wants("a")], &all)
    };
    let row = |rows: Vec<Row>| rows.into_iter().find(|row| row.post.as_str() == "a").expect("a row");
    assert_eq!(row(with(2)).verdict, Verdict::Publish);
    let stopped = row(with(3));
    assert_eq!((stopped.verdict, stopped.reason), (Verdict::Wait, Reason::Breaker));
}

#[test]
fn an_account_has_a_burst_of_its_own() {
    let publish = PublishSettings { burst: 1, ..PublishSettings::default() };
    let account = Account {
        burst: Some(2),
        ..Account::new(AccountId::new("brand"), NetworkId("nowhere"), Span::new(FileId(0), 0..0))
    };
    let accounts = BTreeMap::from([(account.id.clone(), account)]);
    let policy = Policy { publish: &publish, accounts: &accounts, zone: Zone::UTC, freezes: &[] };
    let plan = plan(vec![wants("a"), wants("b"), wants("c")], &ledger("x", vec![]), &policy, at(NOW), None);
    let held = plan.rows.iter().filter(|row| row.reason == Reason::Burst).count();
    assert_eq!(held, 1);
}

#[test]
fn what_is_taken_back_is_deleted_once_and_never_sent_again() {
    let back = || Desired { retract: true, ..wants("a") };
    let gone = || PartState::Retracted { remote: Remote::default(), at: at("2026-12-01T11:00:00Z") };
    check(back(), vec![], Verdict::Done, Reason::Withdrawn);
    check(back(), vec![out("a", 1)], Verdict::Retract, Reason::Withdrawn);
    check(back(), vec![gone()], Verdict::Done, Reason::Retracted);
    check(wants("a"), vec![gone()], Verdict::Done, Reason::Retracted);
    // A thread of which half was taken back goes on being taken back, or a person says so.
    let half = || vec![out("a", 2), gone()];
    check(Desired { retract: true, ..threaded("a", 2) }, half(), Verdict::Retract, Reason::Withdrawn);
    let what = "some of its parts were taken back and others are still out: run `masthead retract` again";
    check(threaded("a", 2), half(), Verdict::Attention, Reason::NeedsPerson(what.to_owned()));
}

#[test]
fn what_a_person_cancelled_never_goes_out() {
    let cancelled = || PartState::Cancelled { why: "old news".to_owned() };
    check(wants("a"), vec![cancelled()], Verdict::Done, Reason::Cancelled("old news".to_owned()));
    check(threaded("a", 2), vec![out("a", 2), cancelled()], Verdict::Done, Reason::Cancelled("old news".to_owned()));
}
