//! What is known of the ways into accounts.

use super::*;

fn planned_with(desired: Vec<Desired>) -> Plan {
    let settings = PublishSettings::default();
    let rows = planned(desired, &Ledger::default(), &settings, &[]);
    Plan { now: at(NOW), commit: None, rows }
}

#[test]
fn what_would_go_out_where_nobody_gets_in_is_for_a_person() {
    let mut plan = planned_with(vec![wants("a"), dated("b", "2026-12-02T12:00:00Z")]);
    let signed_out = BTreeMap::from([(AccountId::new("brand"), "revoked".to_owned())]);
    Access { signed_out, ends: BTreeMap::new() }.mark(&mut plan);
    let told: Vec<_> = plan.rows.iter().map(|row| (row.post.as_str(), row.verdict, &row.reason)).collect();
    let why = Reason::SignedOut("revoked".to_owned());
    assert_eq!(told, [("b", Verdict::Wait, &Reason::Scheduled), ("a", Verdict::Attention, &why)]);

    let mut plan = planned_with(vec![wants("a")]);
    let before = plan.clone();
    let signed_out = BTreeMap::from([(AccountId::new("sky"), "revoked".to_owned())]);
    Access { signed_out, ends: BTreeMap::new() }.mark(&mut plan);
    assert_eq!(plan, before);
}

#[track_caller]
fn check(ends: &str, expect: Option<(&str, usize)>) {
    let plan =
        planned_with(vec![wants("now"), dated("soon", "2026-12-03T12:00:00Z"), dated("later", "2027-01-03T12:00:00Z")]);
    let ends = BTreeMap::from([(AccountId::new("brand"), at(ends)), (AccountId::new("sky"), at(NOW))]);
    let locked = Access { signed_out: BTreeMap::new(), ends }.locked(&plan);
    let told: Vec<_> = locked.iter().map(|locked| (locked.first.0.as_str(), locked.count)).collect();
    assert_eq!(told, expect.into_iter().collect::<Vec<_>>());
}

#[test]
fn what_is_due_after_a_token_has_ended_is_found() {
    check("2027-02-01T00:00:00Z", None);
    check("2027-01-03T12:00:00Z", None);
    check("2027-01-03T11:59:59Z", Some(("later", 1)));
    check("2026-12-02T00:00:00Z", Some(("soon", 2)));
    check("2026-11-01T00:00:00Z", Some(("now", 3)));
}
