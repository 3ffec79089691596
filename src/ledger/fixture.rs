//! Events for tests.

use super::{Actor, Event, EventId, Happening, PartKey};
use crate::model::{AccountId, PostId, Remote, Timestamp};
use proptest::{
    prelude::{Just, Strategy, any, prop_oneof},
    strategy::BoxedStrategy,
    test_runner::{Config, RngSeed},
};
use std::collections::BTreeMap;

fn event(post: &str, account: &str, part: u16, id: &str, of: Option<&str>, what: Happening) -> Event {
    Event {
        id: EventId(id.to_owned()),
        key: PartKey { post: PostId::new(post), account: AccountId::new(account), part },
        of: of.map(|of| EventId(of.to_owned())),
        at: Timestamp::EPOCH,
        by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: None },
        what,
    }
}

pub(crate) fn intent(post: &str, account: &str, part: u16, id: &str) -> Event {
    let what = Happening::Intent {
        attempt: 1,
        lease: 70,
        commit: "c0ffee".to_owned(),
        digest: "d1".to_owned(),
        key: "k1".to_owned(),
        nonce: u64::MAX,
        network_time: None,
        media: BTreeMap::new(),
    };
    event(post, account, part, id, None, what)
}

pub(crate) fn receipt(post: &str, account: &str, part: u16, id: &str, of: &str, remote: &str) -> Event {
    let what = Happening::Receipt {
        remote: Remote {
            id: remote.to_owned(),
            url: Some(format!("https://mastodon.example/@brand/{remote}")),
            extra: BTreeMap::new(),
        },
        commit: "c0ffee".to_owned(),
        digest: "d1".to_owned(),
        excerpt: "Dress your Sims".to_owned(),
        parts: 1,
        via: "answer".to_owned(),
        media: BTreeMap::new(),
    };
    event(post, account, part, id, Some(of), what)
}

pub(crate) fn hold(post: &str, account: &str, part: u16, id: &str, of: &str) -> Event {
    event(post, account, part, id, Some(of), Happening::Hold { reason: "look there".to_owned() })
}

/// An event of another kind about `hello` on `brand`, part 1.
pub(crate) fn other(id: &str, of: Option<&str>, what: Happening) -> Event {
    event("hello", "brand", 1, id, of, what)
}

/// How a property of histories is tried: that often and from one seed, unless `PROPTEST_CASES` and `PROPTEST_RNG_SEED` say
/// otherwise.
pub(crate) fn tried(usual: u32) -> Config {
    const UNTOLD: u32 = 256;
    let told = Config::default();
    Config {
        cases: if told.cases == UNTOLD { usual } else { told.cases },
        rng_seed: match told.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            told @ RngSeed::Fixed(_) => told,
        },
        ..told
    }
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    (-62_135_596_800_000i64..253_402_300_799_999).prop_map(Timestamp::from_millis)
}

fn media() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map("https://[a-z]{1,4}", "[0-9a-f]{4}", 0..2)
}

fn any_happening() -> BoxedStrategy<Happening> {
    let text = "\\PC{0,40}";
    let remote =
        (prop_oneof![Just(""), Just("1"), Just("2"), Just("3")], any::<bool>(), text).prop_map(|(id, url, extra)| {
            Remote {
                id: id.to_owned(),
                url: url.then(|| format!("https://example.org/{id}")),
                extra: BTreeMap::from([("cid".to_owned(), extra)]),
            }
        });
    prop_oneof![
        3 => (any::<u32>(), any::<u64>(), text, text, any::<u64>(), proptest::option::of(any_moment()), media()).prop_map(
            |(attempt, lease, digest, key, nonce, network_time, media)| Happening::Intent {
                attempt, lease, commit: "c0ffee".to_owned(), digest, key, nonce, network_time, media
            }
        ),
        1 => (remote, text, any::<u16>(), prop_oneof![Just("answer"), Just("person")], media()).prop_map(
            |(remote, excerpt, parts, via, media)| Happening::Receipt {
                remote, commit: "c0ffee".to_owned(), digest: "d1".to_owned(), excerpt, parts, via: via.to_owned(), media
            }
        ),
        1 => any::<u64>().prop_map(|lease| Happening::Repeat { lease }),
        1 => text.prop_map(|why| Happening::Release { why }),
        1 => (any_moment(), text).prop_map(|(until, why)| Happening::Defer { until, why }),
        1 => (text, text).prop_map(|(kind, message)| Happening::Fail { kind, message }),
        1 => text.prop_map(|evidence| Happening::Absent { evidence }),
        1 => text.prop_map(|reason| Happening::Hold { reason }),
        1 => (text, any::<u16>()).prop_map(|(excerpt, parts)| Happening::Edit {
            commit: "decade".to_owned(), digest: "d2".to_owned(), excerpt, parts
        }),
        1 => text.prop_map(|why| Happening::Retract { why }),
        1 => text.prop_map(|why| Happening::Cancel { why }),
    ]
    .boxed()
}

/// Any event of few keys and ids, so that events of a sequence meet.
pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let id = || (0..6u8).prop_map(|id| EventId(format!("{id:x}")));
    (
        id(),
        (prop_oneof![Just("hello"), Just("a/b é")], prop_oneof![Just("brand"), Just("sky")], 1..4u16),
        proptest::option::weighted(0.8, id()),
        any_moment(),
        any_happening(),
    )
        .prop_map(|(id, (post, account, part), of, at, what)| Event {
            id,
            key: PartKey { post: PostId::new(post), account: AccountId::new(account), part },
            of,
            at,
            by: Actor { run: "run".to_owned(), version: "0.1.0".to_owned(), person: None },
            what,
        })
}
