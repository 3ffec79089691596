//! Pushes that are cut, refused, answered wrongly or not at all. After each the writer's verdict is compared with what the
//! remote has; at the end each event is there once.
//!
//! ```text
//! MASTHEAD_PUSHES=5000 cargo nextest run --release -E 'test(chaos)'
//! ```

use super::{
    super::*,
    BRANCH, clone,
    front::{Fault, Front, Which},
    open, origin, size, try_,
};
use crate::workspace::git::sandbox::Sandbox;
use std::{collections::BTreeMap, fs, thread};

/// How many pushes are made by default.
const PUSHES: usize = 48;

/// A small generator of pseudo-random numbers (splitmix64), so that a run can be repeated.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// What befalls one push.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    Nothing,
    /// On the way, or on the way back.
    Web(Vec<(Which, Fault)>),
    /// The client is killed so many milliseconds after it began, and whatever it asks next too.
    Killed(u64),
    /// A rule of the host's.
    Protected,
    /// Somebody else moves the branch between the lease's look and the update.
    Race,
    /// Somebody else has written since we looked.
    Stale,
    Deleted,
    Rewound,
}

fn any_trouble(random: &mut Random) -> Trouble {
    let thousandths = random.below(1001) as usize;
    let push = match random.below(18) {
        0 => return Trouble::Nothing,
        1 => return Trouble::Protected,
        2 => return Trouble::Race,
        3 => return Trouble::Stale,
        4 => return Trouble::Deleted,
        5 => return Trouble::Rewound,
        6..=8 => return Trouble::Killed(1 + random.below(90)),
        9 => Fault::CutBefore,
        10 => Fault::CutRequest(thousandths),
        11..=13 => Fault::CutAnswer(thousandths),
        14 | 15 => Fault::Status([401, 403, 404, 429, 500, 502][random.below(6) as usize]),
        16 => Fault::StatusAfter([403, 500, 504][random.below(3) as usize]),
        _ => [Fault::Hang, Fault::HangAfter][random.below(2) as usize],
    };
    let mut faults = vec![(Which::Push, push)];
    match random.below(6) {
        0 => faults.push((Which::Look, Fault::Status(500))),
        1 => faults.push((Which::Look, Fault::CutAnswer(thousandths))),
        2 => faults.push((Which::Push, Fault::CutAnswer(thousandths))),
        _ => {}
    }
    Trouble::Web(faults)
}

/// A remote behind a web server, a publisher's clone of it, and somebody else.
struct Rig {
    origin: Sandbox,
    front: Front,
    here: Sandbox,
    store: GitStore,
    other: GitStore,
    _there: Sandbox,
}

impl Rig {
    fn new() -> Self {
        let origin = origin();
        origin.git(&["config", "http.receivepack", "true"]);
        #[cfg(unix)]
        for (hook, script) in [
            ("pre-receive", "[ -e refuse ] && rm refuse && echo 'GH006: Protected branch update failed' >&2 && exit 1"),
            // A commit with the same files: nothing is lost by it.
            (
                "update",
                "[ -e race ] && rm race && [ \"$2\" != 0000000000000000000000000000000000000000 ] && git update-ref \"$1\" \
                 $(git -c user.name=A -c user.email=a@example.org commit-tree -p \"$2\" -m race \"$2^{tree}\")",
            ),
        ] {
            let place = origin.write(&format!("hooks/{hook}"), format!("#!/bin/sh\n{script}\nexit 0\n"));
            fs::set_permissions(place, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
        }
        let front = Front::start(&origin);
        let (here, there) = (clone(&origin, &[]), clone(&origin, &[]));
        here.git(&["remote", "set-url", "origin", &front.url]);
        let (store, other) = (open(here.path(), Some("origin")), open(there.path(), Some("origin")));
        Self { origin, front, here, store, other, _there: there }
    }

    /// Lets the publisher wait no longer than this for the `git` program.
    fn patience(&mut self, patience: Duration) {
        let remote = Remote::new(&self.store.git, "origin", BRANCH).expect("a remote");
        self.store.place = Place::Remote(remote.within(patience));
    }

    /// How often the remote has an event.
    fn count(&self, id: &str) -> usize {
        self.files().get(id).copied().unwrap_or(0)
    }

    /// How often the remote has each event, by id.
    fn files(&self) -> BTreeMap<String, usize> {
        let git = Repository::open(self.origin.path()).expect("a repository");
        let mut files = BTreeMap::new();
        let Ok(tip) = git.refname_to_id(&reference(BRANCH)) else { return files };
        let tree = git.find_commit(tip).and_then(|tip| tip.tree()).expect("a tree");
        tree.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
            let name = entry.name().expect("UTF-8");
            if let Some(file) = crate::ledger::parse_file_name(name) {
                *files.entry(file.id.0).or_default() += 1;
            }
            git2::TreeWalkResult::Ok
        })
        .expect("a walk");
        files
    }

    fn tip(&self) -> Option<String> {
        let refs = self.origin.git(&["for-each-ref", "--format=%(objectname)", &reference(BRANCH)]);
        (!refs.is_empty()).then_some(refs)
    }

    /// Writes one event in the midst of trouble, and then until it is there.
    fn push(&mut self, number: usize, trouble: &Trouble) {
        let post = format!("post-{}", number % 16);
        let event = try_(&post, &format!("{number:032x}"));
        let before = self.tip();
        match trouble {
            Trouble::Nothing => {}
            Trouble::Web(faults) => {
                self.front.set(faults);
                // Some never answer.
                self.patience(Duration::from_millis(1500));
            }
            Trouble::Killed(ms) => self.patience(Duration::from_millis(*ms)),
            Trouble::Protected => drop(self.origin.write("refuse", "")),
            Trouble::Race => drop(self.origin.write("race", "")),
            Trouble::Stale => {
                self.other.append(&super::one(try_("other", &format!("f{number:031x}")), None)).expect("an answer");
            }
            Trouble::Deleted => drop(self.origin.git(&["update-ref", "-d", &reference(BRANCH)])),
            Trouble::Rewound => drop(self.origin.git(&["update-ref", &reference(BRANCH), &format!("{BRANCH}~1")])),
        }
        let batch = super::one(event.clone(), None);
        let result = self.store.append(&batch);
        let there = self.count(&event.id.0);
        let place = format!("{number} {trouble:?}: {result:?}");
        match &result {
            Ok(answers) => assert_eq!((answers.as_slice(), there), (&[Appended::Written][..], 1), "{place}"),
            // What is said to be refused is not there; of what nobody said nothing is claimed.
            Err(error) => assert!(there == 0 || error.problem != StoreProblem::Refused, "{place}"),
        }
        match trouble {
            Trouble::Nothing | Trouble::Race | Trouble::Stale => assert!(result.is_ok(), "{place}"),
            Trouble::Protected => {
                let error = result.as_ref().expect_err("a refusal");
                assert_eq!(error.problem, StoreProblem::Refused, "{place}");
                assert!(error.message.contains("GH006"), "{place}");
            }
            Trouble::Deleted | Trouble::Rewound => {
                assert_eq!(result.as_ref().expect_err("it is noticed").problem, StoreProblem::Rewound, "{place}");
                // Nothing was sent there: it is as the trouble left it.
                assert_eq!(there, 0, "{place}");
                let before = before.clone().expect("there was a ledger");
                self.origin.git(&["update-ref", &reference(BRANCH), &before]);
            }
            Trouble::Web(_) | Trouble::Killed(_) => {}
        }
        self.front.set(&[]);
        self.patience(Duration::from_secs(30));
        assert_eq!(self.store.append(&batch).expect("an answer"), [Appended::Written], "{place}");
        assert_eq!(self.count(&event.id.0), 1, "{place}");
        if let Some(before) = &before {
            self.origin.git(&["merge-base", "--is-ancestor", before, BRANCH]);
        }
    }
}

/// Makes pushes, and returns how many events are there.
fn run(seed: u64, pushes: usize) -> usize {
    let mut rig = Rig::new();
    let mut random = Random(seed);
    rig.store.create(Timestamp::EPOCH).expect("a ledger");
    rig.store.append(&super::one(try_("first", "aa"), None)).expect("an answer");
    for number in 0..pushes {
        let trouble = any_trouble(&mut random);
        rig.push(number, &trouble);
    }
    let files = rig.files();
    assert!((0..pushes).all(|number| files.get(&format!("{number:032x}")) == Some(&1)), "seed {seed}: {files:?}");
    assert!(files.values().all(|count| *count == 1), "seed {seed}: {files:?}");
    rig.origin.git(&["fsck", "--strict", "--no-dangling"]);
    rig.here.git(&["fsck", "--no-dangling"]);
    assert_eq!(rig.here.git(&["for-each-ref", "refs/heads/masthead-ledger"]), "");
    files.len()
}

#[cfg(unix)]
#[test]
fn chaos_loses_nothing_and_doubles_nothing() {
    let pushes = size("MASTHEAD_PUSHES", PUSHES);
    let seed = size("MASTHEAD_SEED", 1) as u64;
    thread::scope(|scope| {
        let runs = [seed, seed + 1].map(|seed| scope.spawn(move || run(seed, pushes / 2)));
        let written: usize = runs.into_iter().map(|run| run.join().expect("no panic")).sum();
        assert!(written >= pushes / 2 * 2);
    });
}
