use super::*;
use crate::ledger::{DeliveryKey, fixture::tried};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest},
    strategy::Union,
};
use std::collections::BTreeSet;

/// The posts and accounts of all these tests.
const POSTS: [&str; 4] = ["a", "b", "c", "d"];
const ACCOUNTS: [&str; 2] = ["brand", "sky"];

/// A moment within some days of now, and now and then one of another age.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    let near = (-400_000i64..400_000).prop_map(|seconds| Timestamp::from_millis(at(NOW).millis() + seconds * 1000));
    prop_oneof![9 => near, 1 => any::<i64>().prop_map(|millis| Timestamp::from_millis(millis / 1000))]
}

fn any_digest() -> impl Strategy<Value = String> {
    prop_oneof![Just("digest 1".to_owned()), Just("digest 2".to_owned())]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just("the news of today".to_owned()), Just("something else".to_owned()), Just(String::new())]
}

fn any_part() -> impl Strategy<Value = PartState> {
    let intent = (any_moment(), prop_oneof![Just(70), any::<u64>()]).prop_map(|(at, lease)| {
        let PartState::Sending(intent) = sending(NOW) else { panic!("an intent") };
        PartState::Sending(Intent { at, lease: Duration::from_secs(lease), ..intent })
    });
    let out = (any_digest(), any_text(), 0..5u16, any_moment()).prop_map(|(digest, excerpt, parts, at)| {
        let PartState::Published(out) = out("a", parts) else { panic!("a receipt") };
        PartState::Published(Published { digest, excerpt, at, ..out })
    });
    prop_oneof![
        2 => option::of(any_moment()).prop_map(|not_before| PartState::Queued { attempts: 1, not_before }),
        2 => intent,
        4 => out,
        1 => any_digest().prop_map(|digest| failed(&digest)),
        1 => Just(PartState::Attention { reason: "look".to_owned() }),
        1 => any_moment().prop_map(|at| PartState::Retracted { remote: Remote::default(), at }),
        1 => Just(PartState::Cancelled { why: "old".to_owned() }),
    ]
}

fn any_key() -> impl Strategy<Value = (PostId, AccountId)> {
    let posts = Union::new(POSTS.map(Just)).prop_map(PostId::new);
    (posts, Union::new(ACCOUNTS.map(Just)).prop_map(AccountId::new))
}

fn any_ledger() -> impl Strategy<Value = Ledger> {
    let deliveries = btree_map(any_key(), vec(any_part(), 0..4), 0..6);
    (option::of(any_moment()), deliveries).prop_map(|(created, deliveries)| {
        let deliveries = deliveries.into_iter().map(|((post, account), parts)| {
            let events = parts.iter().map(|_| Vec::new()).collect();
            (
                DeliveryKey { post, account },
                std::sync::Arc::new(DeliveryState { counts: vec![0; parts.len()], parts, events }),
            )
        });
        let genesis = created.map(|created| Genesis { id: "g".to_owned(), created });
        Ledger { genesis, deliveries: deliveries.collect(), ..Ledger::default() }
    })
}

fn any_desired() -> impl Strategy<Value = Desired> {
    let flags = (any::<bool>(), any::<bool>(), 0..8u8);
    let refers = option::weighted(0.2, Union::new(POSTS.map(Just)));
    (any_key(), any_digest(), vec(any_text(), 0..4), option::of(any_moment()), flags, refers).prop_map(
        |((post, account), digest, texts, when, (draft, invalid, rare), refers)| {
            let mut desired = wants(post.as_str());
            let one = desired.draft.parts[0].clone();
            let part = |text| DraftPart { text: Flat { text, ..Flat::default() }, ..one.clone() };
            desired.draft.parts = texts.into_iter().map(part).collect();
            desired.draft.account = account;
            desired.draft.reply_to = refers.map(|post| Reference::Post(PostId::new(post)));
            let (is_draft, invalid, retract) = (draft && rare == 0, invalid && rare == 1, draft && rare == 2);
            Desired { digest, when, is_draft, invalid, retract, ..desired }
        },
    )
}

fn any_policy() -> impl Strategy<Value = PublishSettings> {
    (0..4u32).prop_map(|burst| PublishSettings { burst, ..PublishSettings::default() })
}

proptest! {
    #![proptest_config(tried(256))]

    #[test]
    fn a_plan_is_one_row_a_delivery_and_the_same_again_in_any_order(
        ledger in any_ledger(), desired in vec(any_desired(), 0..8), policy in any_policy(), now in any_moment()
    ) {
        let first = plan(desired.clone(), &ledger, &super::policy(&policy, &[]), now, None);
        let mut backwards = desired.clone();
        backwards.reverse();
        prop_assert_eq!(&first, &plan(desired.clone(), &ledger, &super::policy(&policy, &[]), now, None));
        let keys: BTreeSet<_> = first.rows.iter().map(|row| (&row.post, &row.account)).collect();
        prop_assert_eq!(keys.len(), first.rows.len());
        let wanted: BTreeSet<_> = desired.iter().map(|one| (&one.draft.post, &one.draft.account)).collect();
        prop_assert!(wanted.is_subset(&keys), "every delivery that is wanted has a row");
        if wanted.len() == desired.len() {
            prop_assert_eq!(&first, &plan(backwards, &ledger, &super::policy(&policy, &[]), now, None));
        }
        prop_assert!(first.rows.is_sorted_by_key(|row| row.verdict));
    }

    #[test]
    fn nothing_is_sent_that_is_out_under_way_held_or_not_wanted(
        ledger in any_ledger(), desired in vec(any_desired(), 0..8), policy in any_policy(), now in any_moment()
    ) {
        let plan = plan(desired, &ledger, &super::policy(&policy, &[]), now, None);
        let nothing = DeliveryState::default();
        for row in &plan.rows {
            let state = ledger.delivery(&row.post, &row.account).unwrap_or(&nothing);
            let open = |part: &PartState| match part {
                PartState::Attention { .. }
                | PartState::Sending(_)
                | PartState::Retracted { .. }
                | PartState::Cancelled { .. } => true,
                PartState::Queued { .. } | PartState::Published(_) | PartState::Failed { .. } => false,
            };
            if row.verdict == Verdict::Publish {
                let wanted = row.desired.as_ref().expect("something to send");
                prop_assert!(!state.parts.iter().any(open), "{:?}", state.parts);
                prop_assert!(!wanted.invalid && !wanted.is_draft && !wanted.retract);
                prop_assert!(wanted.when.is_none_or(|when| when <= now && now.since(when) <= policy.grace));
                // There is a part to send, and those before it are out: the engine looks at nothing else.
                prop_assert!(row.done < wanted.draft.parts.len());
                prop_assert!((0..row.done).all(|part| state.published(part).is_some()));
                prop_assert!((row.done..wanted.draft.parts.len()).all(|part| state.published(part).is_none()));
                prop_assert!(continues(state, wanted));
            }
            if row.verdict == Verdict::Settle {
                prop_assert!(matches!(state.part(row.done), PartState::Sending(intent) if intent.over() <= now));
                prop_assert!(row.desired.is_some());
            }
            if row.verdict == Verdict::Wait {
                let waits = row.at.is_some_and(|until| until > now);
                let is_draft = row.desired.as_ref().is_some_and(|desired| desired.is_draft);
                prop_assert!(waits || is_draft || matches!(row.reason, Reason::After(_)), "{:?}", row.reason);
            }
        }
    }

    #[test]
    fn what_waits_for_a_person_or_an_answer_is_always_seen(
        ledger in any_ledger(), desired in vec(any_desired(), 0..8), policy in any_policy(), now in any_moment()
    ) {
        let plan = plan(desired, &ledger, &super::policy(&policy, &[]), now, None);
        for (key, state) in &ledger.deliveries {
            let verdict = plan.rows.iter().find(|row| row.post == key.post && row.account == key.account).map(|row| row.verdict);
            if state.parts.iter().any(|part| matches!(part, PartState::Attention { .. })) {
                prop_assert_eq!(verdict, Some(Verdict::Attention));
            }
            if state.parts.iter().any(|part| matches!(part, PartState::Sending(_))) {
                let seen = matches!(verdict, Some(Verdict::Attention | Verdict::Wait | Verdict::Settle));
                prop_assert!(seen, "{:?}", verdict);
            }
        }
    }

    #[test]
    fn no_hour_has_more_than_the_burst(
        ledger in any_ledger(), desired in vec(any_desired(), 0..8), policy in any_policy(), now in any_moment()
    ) {
        let plan = plan(desired, &ledger, &super::policy(&policy, &[]), now, None);
        for account in ACCOUNTS {
            let begun = plan.rows.iter().filter(|row| {
                row.account.as_str() == account && row.verdict == Verdict::Publish && row.done == 0
            });
            prop_assert!(begun.count() <= policy.burst as usize);
        }
    }
}
