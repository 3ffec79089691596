//! A large ledger: what it weighs, that its cache says what the branch says, and that losing or breaking it changes nothing.
//!
//! The figures of time and memory are those of `cargo bench --bench ledger`; here `MASTHEAD_SCALE` sets how many events.

#[path = "../../benches/ledger/generate.rs"]
mod generate;

use self::generate::BRANCH;
use crate::sandbox::Sandbox;
use masthead::{
    config::LedgerSettings,
    ledger::{Append, Appended, EventId, Ledger, Store as _},
    workspace::{GitStore, Repo},
};
use std::{fs, path::Path};

fn open(folder: &Path) -> GitStore {
    let settings = LedgerSettings { remote: None, branch: BRANCH.to_owned() };
    GitStore::open(&Repo::open(folder).expect("a repository"), &settings).expect("a store")
}

fn read(folder: &Path) -> Ledger {
    open(folder).read().expect("a ledger")
}

#[test]
fn a_large_ledger_is_small_and_its_cache_tells_the_same() {
    let count = std::env::var("MASTHEAD_SCALE").map_or(4_000, |count| count.parse().expect("a number"));
    let sandbox = Sandbox::new();
    let folder = sandbox.path().to_owned();
    generate::write(&folder, count).expect("a ledger");
    sandbox.git(&["gc", "--quiet"]);
    let packs = fs::read_dir(folder.join(".git/objects/pack")).expect("a folder");
    let packed: u64 = packs.map(|pack| pack.expect("a file").metadata().expect("a size").len()).sum();
    assert!(packed <= 450 * count as u64 + 100_000, "{count} events take {packed} bytes");

    let whole = read(&folder);
    let seen: usize =
        whole.deliveries.values().map(|state| (0..9).map(|part| usize::from(state.seen(part))).sum::<usize>()).sum();
    assert_eq!(seen, count);
    let history = {
        let mut store = open(&folder);
        store.read().expect("a ledger");
        store.history(&|_| true).expect("events")
    };
    assert_eq!(history.len(), count);
    let cache = folder.join(".git/masthead/cache").join(BRANCH);
    assert!(cache.metadata().expect("a cache").len() < 200 * count as u64);
    assert_eq!(read(&folder), whole, "with the cache");

    // Brought forward from the cache by what others have written since.
    let batch: Vec<Append> = (0..20)
        .map(|round| {
            let mut event = generate::events(round * 7919 % generate::posts(count)).swap_remove(0);
            event.id = EventId(format!("{round:032x}"));
            Append { event, seen: None }
        })
        .collect();
    let old = sandbox.git(&["rev-parse", BRANCH]);
    assert!(open(&folder).append(&batch).expect("answers").iter().all(|answer| *answer == Appended::Written));
    let new = sandbox.git(&["rev-list", "--objects", "--disk-usage", BRANCH, &format!("^{old}")]);
    let fetched: u64 = new.parse().expect("a number");
    assert!(fetched <= 200_000, "a fetch of 20 events brings {fetched} bytes");
    let forward = read(&folder);
    assert_ne!(forward, whole);
    let kept = fs::read(&cache).expect("a cache");
    fs::remove_file(&cache).expect("a cache");
    assert_eq!(read(&folder), forward, "without the cache");

    // One that is broken, cut or another's is as good as none.
    let mut broken = kept.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    for bytes in [&broken[..], &kept[..kept.len() / 2], b"", b"masthead ledger cache 2\n", &vec![0; kept.len()][..]] {
        fs::write(&cache, bytes).expect("a cache");
        assert_eq!(read(&folder), forward);
    }
    // And one of a ledger that was ahead of what the branch holds now is not believed.
    fs::write(&cache, &kept).expect("a cache");
    sandbox.git(&["update-ref", &format!("refs/heads/{BRANCH}"), &format!("{old}~3")]);
    fs::remove_file(folder.join(".git/masthead/ledger.json")).expect("what was seen");
    let rewound = read(&folder);
    fs::remove_file(&cache).expect("a cache");
    assert_eq!(rewound, read(&folder));
    assert_ne!(rewound, whole);
}
