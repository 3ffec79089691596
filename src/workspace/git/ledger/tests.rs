mod brakes;
mod chaos;
mod contention;
mod front;
mod hostile;
mod skew;

use super::{super::sandbox::Sandbox, *};
use crate::ledger::{
    Event, EventId, PartState,
    fixture::{hold, intent, receipt},
};
use std::{collections::BTreeSet, fs, path::Path};

const BRANCH: &str = "masthead-ledger";

/// Returns the size of a suite: what its variable says, or the small one.
fn size(variable: &str, small: usize) -> usize {
    std::env::var(variable).map_or(small, |size| size.parse().expect("a number"))
}

fn settings(remote: Option<&str>) -> LedgerSettings {
    LedgerSettings { remote: remote.map(str::to_owned), branch: BRANCH.to_owned() }
}

fn open(folder: &Path, remote: Option<&str>) -> GitStore {
    GitStore::open(&Repo::open(folder).expect("a repository"), &settings(remote)).expect("a store")
}

/// A repository with a commit, whose ledger is its own.
fn local() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.commit("first");
    sandbox
}

/// A bare remote with a commit.
fn origin() -> Sandbox {
    let (source, origin) = (local(), Sandbox::bare());
    source.git(&["push", "--quiet", origin.path().to_str().expect("a path"), "main"]);
    origin
}

fn clone(origin: &Sandbox, arguments: &[&str]) -> Sandbox {
    let clone = Sandbox::empty();
    let url = format!("file://{}", origin.path().display());
    clone.git(&[&["clone", "--quiet"], arguments, &[&url, "."]].concat());
    clone
}

fn one(event: Event, seen: Option<u16>) -> [Append; 1] {
    [Append { event, seen }]
}

fn try_(post: &str, id: &str) -> Event {
    intent(post, "brand", 1, id)
}

/// The ids of the events that a ledger keeps: all but those of parts that are out.
fn ids(ledger: &Ledger) -> BTreeSet<String> {
    let events = ledger.deliveries.values().flat_map(|delivery| delivery.events.iter().flatten());
    let all: Vec<String> = events.map(|event| event.id.0.clone()).collect();
    let set: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(set.len(), all.len(), "an event was written twice");
    set
}

#[track_caller]
fn check_error<T: fmt::Debug>(result: Result<T, StoreError>, problem: StoreProblem, message: &str) {
    let error = result.expect_err("an error");
    assert_eq!(error.problem, problem, "{error:?}");
    assert!(error.message.contains(message), "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
}

#[test]
fn a_ledger_that_does_not_exist_is_empty() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    assert_eq!(store.read().expect("a ledger"), Ledger::default());
    assert_eq!(store.append(&[]).expect("answers"), []);
    assert_eq!(store.read().expect("a ledger"), Ledger::default());
}

#[test]
fn what_is_written_is_read_by_others() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    let batch = [
        Append { event: try_("hello", "1"), seen: Some(0) },
        Append { event: receipt("hello", "brand", 1, "2", "1", "109"), seen: Some(1) },
        Append { event: try_("a/b é", "3"), seen: Some(0) },
    ];
    assert_eq!(store.append(&batch).expect("answers"), [Appended::Written; 3]);
    let ledger = open(sandbox.path(), None).read().expect("a ledger");
    assert_eq!(ledger, store.read().expect("a ledger"));
    let history = store.history(&|_| true).expect("events");
    assert_eq!(history.iter().map(|event| event.id.0.as_str()).collect::<Vec<_>>(), ["3", "1", "2"]);
    let history = store.history(&|key| key.post.as_str() == "hello").expect("events");
    assert_eq!(history, batch.iter().take(2).map(|append| append.event.clone()).collect::<Vec<_>>());
    assert_eq!(ids(&ledger), BTreeSet::from(["3".to_owned()]), "none are kept of what is out");
    assert_eq!(ledger.commit, Some(sandbox.git(&["rev-parse", BRANCH])));
    assert_eq!(ledger.genesis.expect("a genesis").created, Timestamp::EPOCH);
    let states: Vec<PartState> = ledger.deliveries.values().map(|delivery| delivery.part(0)).collect();
    assert!(matches!(states.as_slice(), [PartState::Sending(_), PartState::Published(_)]), "{states:?}");
    let log = sandbox.git(&["log", "--format=%B", BRANCH]);
    assert!(log.starts_with("sending 2, published 1\n\nbegan the ledger\nsending hello to brand (part 1)\n"), "{log}");
}

#[test]
fn a_store_brings_forward_what_it_has_read() {
    let sandbox = local();
    let (mut reader, mut writer) = (open(sandbox.path(), None), open(sandbox.path(), None));
    for round in 0..4 {
        let post = format!("post-{}", round % 2);
        writer.append(&one(try_(&post, &round.to_string()), None)).expect("answers");
        let ledger = reader.read().expect("a ledger");
        assert_eq!(ids(&ledger).len(), round + 1);
        assert_eq!(ledger, open(sandbox.path(), None).read().expect("a ledger"));
    }
}

#[test]
fn what_was_read_is_not_read_again() {
    let sandbox = local();
    let batch: Vec<Append> =
        (0..80).map(|post| Append { event: try_(&format!("post-{post}"), &post.to_string()), seen: Some(0) }).collect();
    open(sandbox.path(), None).append(&batch).expect("answers");
    let whole = open(sandbox.path(), None).read().expect("a ledger");
    assert_eq!(ids(&whole).len(), 80);
    // An event goes missing that nobody needs to read again.
    let path = crate::ledger::event_path(&batch[0].event, 1);
    let blob = sandbox.git(&["rev-parse", &format!("{BRANCH}:{path}")]);
    fs::remove_file(sandbox.path().join(".git/objects").join(&blob[..2]).join(&blob[2..])).expect("an object");
    open(sandbox.path(), None).append(&one(try_("other", "x"), Some(0))).expect("an answer");
    assert_eq!(ids(&open(sandbox.path(), None).read().expect("a ledger")).len(), 81);
    fs::remove_file(cache::file(&sandbox.path().join(".git/masthead"), BRANCH)).expect("a cache");
    check_error(open(sandbox.path(), None).read(), StoreProblem::Damaged, &path);
}

#[test]
fn the_ledger_may_begin_before_its_first_event() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    let began = Timestamp::from_millis(1_000_000);
    store.create(began).expect("made");
    store.create(Timestamp::EPOCH).expect("nothing to do");
    let ledger = store.read().expect("a ledger");
    assert_eq!(ledger.genesis.expect("a genesis").created, began);
    assert_eq!(sandbox.git(&["log", "--format=%s", BRANCH]), "began the ledger");
}

#[test]
fn the_first_to_write_a_part_wins_it() {
    let sandbox = local();
    let (mut one_, mut other) = (open(sandbox.path(), None), open(sandbox.path(), None));
    assert_eq!(one_.append(&one(try_("hello", "1"), Some(0))).expect("answers"), [Appended::Written]);
    assert_eq!(other.append(&one(try_("hello", "2"), Some(0))).expect("answers"), [Appended::Beaten]);
    let late = one(receipt("hello", "brand", 1, "3", "9", "109"), None);
    assert_eq!(other.append(&late).expect("answers"), [Appended::Written]);
    assert_eq!(other.append(&late).expect("answers"), [Appended::Written]);
    one_.read().expect("a ledger");
    assert_eq!(one_.history(&|_| true).expect("events").len(), 2);
}

/// Lets each store write `count` events of its own on a thread, and one that all want.
fn race(stores: Vec<GitStore>, count: usize) {
    let won: usize = thread::scope(|scope| {
        let threads: Vec<_> = stores
            .into_iter()
            .enumerate()
            .map(|(writer, mut store)| {
                scope.spawn(move || {
                    for number in 0..count {
                        let (post, account, id) =
                            (format!("post-{number}"), format!("account-{writer}"), format!("{writer}-{number}"));
                        let event = intent(&post, &account, 1, &id);
                        assert_eq!(store.append(&one(event, Some(0))).expect("answers"), [Appended::Written]);
                    }
                    store.append(&one(try_("wanted", &format!("wanted-{writer}")), Some(0))).expect("answers")
                })
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("no panic") == [Appended::Written])).sum()
    });
    assert_eq!(won, 1);
}

#[test]
fn four_writers_of_one_clone_write_each_event_once() {
    let sandbox = local();
    race((0..4).map(|_| open(sandbox.path(), None)).collect(), 12);
    assert_eq!(ids(&open(sandbox.path(), None).read().expect("a ledger")).len(), 49);
    assert_eq!(sandbox.git(&["rev-list", "--count", BRANCH]), "49");
    sandbox.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn writers_of_several_clones_write_each_event_once() {
    let origin = origin();
    let (here, there) = (clone(&origin, &[]), clone(&origin, &[]));
    let stores = [&here, &there, &there].map(|sandbox| open(sandbox.path(), Some("origin")));
    race(stores.into(), 6);
    assert_eq!(ids(&open(here.path(), Some("origin")).read().expect("a ledger")).len(), 19);
    assert_eq!(origin.git(&["rev-list", "--count", BRANCH]), "19");
    origin.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_clone_with_a_remote_keeps_no_branch_of_its_own() {
    let origin = origin();
    let here = clone(&origin, &[]);
    let before = here.git(&["for-each-ref", "refs/heads"]);
    // Hooks of the user's would refuse everything, if they were run.
    for hook in ["pre-push", "reference-transaction", "pre-commit"] {
        let place = here.write(&format!(".git/hooks/{hook}"), "#!/bin/sh\nexit 1\n");
        #[cfg(unix)]
        fs::set_permissions(place, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    }
    let mut store = open(here.path(), Some("origin"));
    store.append(&one(try_("hello", "1"), Some(0))).expect("answers");
    fs::remove_dir_all(here.path().join(".git/hooks")).expect("a folder");
    assert_eq!(here.git(&["for-each-ref", "refs/heads"]), before);
    assert_eq!(here.git(&["status", "--porcelain"]), "");
    assert_eq!(origin.git(&["log", "--format=%s", BRANCH]), "sending hello to brand (part 1)");
}

#[test]
fn shallow_and_partial_clones_read_and_write() {
    let origin = origin();
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let mut first = open(clone(&origin, &[]).path(), Some("origin"));
    // The clone of the first store is gone with its folder; nothing more is asked of it.
    let here = clone(&origin, &[]);
    assert!(first.append(&one(try_("hello", "0"), Some(0))).is_err());
    let mut first = open(here.path(), Some("origin"));
    first.append(&one(try_("hello", "1"), Some(0))).expect("answers");
    first.append(&one(try_("hello", "2"), Some(1))).expect("answers");
    for (number, arguments) in [["--depth=1"], ["--filter=blob:none"], ["--filter=tree:0"]].iter().enumerate() {
        let there = clone(&origin, arguments);
        let mut store = open(there.path(), Some("origin"));
        let count = ids(&store.read().expect("a ledger")).len();
        let event = try_(&format!("other-{number}"), &format!("other-{number}"));
        assert_eq!(store.append(&one(event, Some(0))).expect("answers"), [Appended::Written]);
        first.append(&one(try_("hello", &format!("more-{number}")), None)).expect("answers");
        assert_eq!(ids(&open(there.path(), Some("origin")).read().expect("a ledger")).len(), count + 2);
        assert_eq!(ids(&store.read().expect("a ledger")).len(), count + 2);
    }
}

/// Makes pushes of a clone go through a script in place of the remote's own program.
#[cfg(unix)]
fn receive_with(clone: &Sandbox, script: &str) {
    let place = clone.write(".git/receive", format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&place, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    clone.git(&["config", "remote.origin.receivepack", place.to_str().expect("a path")]);
}

#[cfg(unix)]
#[test]
fn a_push_whose_answer_is_lost_is_found_at_the_tip() {
    let origin = origin();
    let here = clone(&origin, &[]);
    // The remote's own program dies when the branch has moved and nothing has been said.
    let script = "#!/bin/sh\n[ \"$1\" = committed ] && touch killed && kill -9 $PPID\nexit 0\n";
    let hook = origin.write("hooks/reference-transaction", script);
    fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    let mut store = open(here.path(), Some("origin"));
    let lost = store.append(&one(try_("hello", "1"), Some(0))).expect("answers");
    assert_eq!(lost, [Appended::Written]);
    assert!(origin.path().join("killed").exists());
    assert_eq!(origin.git(&["rev-list", "--count", BRANCH]), "1");
    assert_eq!(ids(&store.read().expect("a ledger")), BTreeSet::from(["1".to_owned()]));
}

#[cfg(unix)]
#[test]
fn a_push_that_is_cut_writes_nothing_and_says_so() {
    let origin = origin();
    let here = clone(&origin, &[]);
    receive_with(&here, "exit 1");
    let mut store = open(here.path(), Some("origin"));
    check_error(
        store.append(&one(try_("hello", "1"), Some(0))),
        StoreProblem::Unreachable,
        "can't write to the ledger",
    );
    assert_eq!(origin.git(&["for-each-ref", "refs/heads/masthead-ledger"]), "");
    here.git(&["config", "--unset", "remote.origin.receivepack"]);
    assert_eq!(store.append(&one(try_("hello", "1"), Some(0))).expect("answers"), [Appended::Written]);
}

#[cfg(unix)]
#[test]
fn a_remote_that_refuses_is_quoted() {
    let origin = origin();
    let hook = origin.write("hooks/pre-receive", "#!/bin/sh\necho 'the ledger is protected' >&2\nexit 1\n");
    fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    let here = clone(&origin, &[]);
    let result = open(here.path(), Some("origin")).append(&one(try_("hello", "1"), Some(0)));
    check_error(result, StoreProblem::Refused, "the ledger is protected");
}

#[test]
fn a_remote_that_is_not_there_is_unusable() {
    let here = local();
    let repo = Repo::open(here.path()).expect("a repository");
    let result = GitStore::open(&repo, &settings(Some("origin")));
    check_error(result, StoreProblem::Refused, "there is no git remote `origin`");
    here.git(&["remote", "add", "origin", "/nowhere/at/all"]);
    check_error(open(here.path(), Some("origin")).read(), StoreProblem::Refused, "can't reach the remote `origin`");
    let bad = LedgerSettings { remote: None, branch: "a..b".to_owned() };
    check_error(GitStore::open(&repo, &bad), StoreProblem::Refused, "can't be the name of a branch");
}

#[test]
fn a_ledger_that_is_gone_is_noticed() {
    let sandbox = local();
    open(sandbox.path(), None).append(&one(try_("hello", "1"), Some(0))).expect("answers");
    sandbox.git(&["branch", "-D", BRANCH]);
    check_error(open(sandbox.path(), None).read(), StoreProblem::Rewound, "is gone from this clone");
    let result = open(sandbox.path(), None).append(&one(try_("hello", "2"), Some(0)));
    check_error(result, StoreProblem::Rewound, "is gone from this clone");

    let origin = origin();
    let here = clone(&origin, &[]);
    let mut store = open(here.path(), Some("origin"));
    store.append(&one(try_("hello", "1"), Some(0))).expect("answers");
    let tip = origin.git(&["rev-parse", BRANCH]);
    origin.git(&["update-ref", "-d", "refs/heads/masthead-ledger"]);
    check_error(store.append(&one(try_("hello", "2"), None)), StoreProblem::Rewound, "gone from the remote `origin`");
    check_error(open(here.path(), Some("origin")).read(), StoreProblem::Rewound, "gone from the remote `origin`");
    // As the hint says.
    here.git(&["push", "--quiet", "--force", "origin", &format!("{tip}:refs/heads/masthead-ledger")]);
    assert_eq!(ids(&store.read().expect("a ledger")).len(), 1);
}

#[test]
fn a_ledger_that_is_rewound_is_noticed() {
    let origin = origin();
    let here = clone(&origin, &[]);
    let mut store = open(here.path(), Some("origin"));
    store.append(&one(try_("hello", "1"), None)).expect("answers");
    store.append(&one(try_("hello", "2"), None)).expect("answers");
    origin.git(&["update-ref", "refs/heads/masthead-ledger", "masthead-ledger~1"]);
    check_error(store.read(), StoreProblem::Rewound, "does not follow from what was read before");
    check_error(open(here.path(), Some("origin")).read(), StoreProblem::Rewound, "does not follow");
    assert_eq!(open(clone(&origin, &[]).path(), Some("origin")).read().map(|ledger| ids(&ledger).len()).ok(), Some(1));
}

/// Changes the files of a ledger's branch with a commit, as somebody by hand would.
fn tamper(sandbox: &Sandbox, change: impl FnOnce(&Sandbox)) {
    let tree = sandbox.path().join("by-hand");
    sandbox.git(&["worktree", "add", "--quiet", tree.to_str().expect("a path"), BRANCH]);
    change(sandbox);
    let commit = ["-C", "by-hand", "commit", "--quiet", "--allow-empty", "-m", "by hand"];
    sandbox.git(&["-C", "by-hand", "add", "--all"]);
    sandbox.git(&commit);
    sandbox.git(&["worktree", "remove", "--force", "by-hand"]);
}

#[test]
fn a_ledger_that_has_lost_events_is_noticed() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    store.append(&one(try_("hello", "1"), None)).expect("answers");
    store.append(&one(try_("hello", "2"), None)).expect("answers");
    tamper(&sandbox, |sandbox| {
        fs::remove_file(sandbox.path().join("by-hand/posts/ea/hello/brand+1-0001-intent-1.json")).expect("a file");
    });
    check_error(store.read(), StoreProblem::Rewound, "has lost events");
    check_error(open(sandbox.path(), None).read(), StoreProblem::Rewound, "has lost events");
}

#[test]
fn another_ledger_or_another_branch_is_noticed() {
    let sandbox = local();
    open(sandbox.path(), None).append(&one(try_("hello", "1"), None)).expect("answers");
    let tip = sandbox.git(&["rev-parse", BRANCH]);
    sandbox.git(&["branch", "--force", BRANCH, "main"]);
    check_error(open(sandbox.path(), None).read(), StoreProblem::Foreign, "is not a ledger");
    check_error(
        open(sandbox.path(), None).append(&one(try_("a", "2"), None)),
        StoreProblem::Foreign,
        "is not a ledger",
    );
    sandbox.git(&["branch", "--force", BRANCH, &tip]);
    tamper(&sandbox, |sandbox| {
        let place = "by-hand/genesis.json";
        let text = fs::read_to_string(sandbox.path().join(place)).expect("a file");
        sandbox.write(place, text.replace("\"id\": \"", "\"id\": \"f"));
    });
    check_error(open(sandbox.path(), None).read(), StoreProblem::Foreign, "holds another ledger than before");
}

/// A ledger of one event, checked out so that it can be tampered with again and again.
struct Tampered {
    sandbox: Sandbox,
    first: String,
}

impl Tampered {
    fn new() -> Self {
        let sandbox = local();
        open(sandbox.path(), None).append(&one(try_("hello", "1"), None)).expect("answers");
        sandbox.git(&["worktree", "add", "--quiet", "by-hand", BRANCH]);
        let first = sandbox.git(&["rev-parse", BRANCH]);
        Self { sandbox, first }
    }

    /// Puts one file into the ledger and checks how reading it fails.
    #[track_caller]
    fn check(&self, path: &str, text: &str, problem: StoreProblem, message: &str) {
        let Self { sandbox, first } = self;
        sandbox.git(&["-C", "by-hand", "reset", "--quiet", "--hard", first]);
        sandbox.write(&format!("by-hand/{path}"), text);
        sandbox.git(&["-C", "by-hand", "add", "--all"]);
        sandbox.git(&["-C", "by-hand", "commit", "--quiet", "-m", "by hand"]);
        fs::remove_dir_all(sandbox.path().join(".git/masthead")).expect("a folder");
        check_error(open(sandbox.path(), None).read(), problem, message);
    }
}

#[test]
fn what_cannot_be_understood_stops_everything() {
    let tampered = Tampered::new();
    let event = crate::ledger::encode(&try_("hello", "2"));
    let at = "posts/ea/hello/brand+1-0002-intent-2.json";
    tampered.check(at, &event.replace("\"v\": 1", "\"v\": 9"), StoreProblem::Newer, "an event of version 9");
    tampered.check(at, "{", StoreProblem::Damaged, "0002-intent-2.json");
    tampered.check(at, &" ".repeat(70_000), StoreProblem::Damaged, "too large");
    tampered.check(at, &event.replace("hello", "bye"), StoreProblem::Damaged, "not about what its path says");
    tampered.check("posts/ea/hello/notes.txt", "", StoreProblem::Damaged, "not the file of an event");
    let old = "posts/ea/hello/brand/1/0002-intent-2.json";
    tampered.check(old, &event, StoreProblem::Damaged, "not the file of an event");
    tampered.check("posts/ea/notes.txt", "", StoreProblem::Damaged, "it is not a folder");
    let genesis = "{\"v\": 2, \"min_reader\": 2}";
    tampered.check("genesis.json", genesis, StoreProblem::Newer, "asks for readers of version 2");
}

#[test]
fn folders_that_newer_programs_add_are_left_alone() {
    let sandbox = local();
    open(sandbox.path(), None).append(&one(try_("hello", "1"), None)).expect("answers");
    tamper(&sandbox, |sandbox| {
        sandbox.write("by-hand/brakes/0001-freeze-1.json", "{}");
        sandbox.write("by-hand/README.md", "The ledger.");
    });
    let mut store = open(sandbox.path(), None);
    assert_eq!(ids(&store.read().expect("a ledger")).len(), 1);
    store.append(&one(try_("hello", "2"), Some(1))).expect("answers");
    assert_eq!(sandbox.git(&["show", "masthead-ledger:README.md"]), "The ledger.");
}

#[test]
fn a_ledger_does_not_begin_again_when_it_moves() {
    let origin = origin();
    let here = clone(&origin, &[]);
    open(here.path(), None).append(&one(try_("hello", "1"), None)).expect("answers");
    check_error(open(here.path(), Some("origin")).read(), StoreProblem::Rewound, "is gone from the remote");
    fs::remove_dir_all(here.path().join(".git/masthead")).expect("a folder");
    check_error(
        open(here.path(), Some("origin")).read(),
        StoreProblem::Rewound,
        "this clone has a ledger on its branch",
    );
    // As the hint says.
    here.git(&["push", "--quiet", "origin", BRANCH]);
    assert_eq!(ids(&open(here.path(), Some("origin")).read().expect("a ledger")).len(), 1);
}

#[test]
fn a_lock_that_a_killed_writer_left_does_not_block() {
    let sandbox = local();
    let lock = sandbox.write(".git/refs/heads/masthead-ledger.lock", "");
    let file = fs::File::options().write(true).open(lock).expect("a file");
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(60)).expect("a time");
    let mut store = open(sandbox.path(), None);
    assert_eq!(store.append(&one(try_("hello", "1"), Some(0))).expect("answers"), [Appended::Written]);
}

#[test]
fn a_bare_repository_has_a_ledger_too() {
    let origin = origin();
    let mut store = open(origin.path(), None);
    store.append(&one(try_("hello", "1"), Some(0))).expect("answers");
    let ledger = store.read().expect("a ledger");
    let delivery = ledger.deliveries.values().next().expect("a delivery");
    assert_eq!(delivery.awaited(0), Some(&EventId("1".to_owned())));
    store.append(&one(hold("hello", "brand", 1, "2", "1"), Some(1))).expect("answers");
    assert_eq!(
        origin.git(&["log", "-1", "--format=%s", BRANCH]),
        "needs a person: hello to brand (part 1): look there"
    );
}
