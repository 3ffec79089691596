//! Ledgers as nobody of ours writes them: each is refused with words, and none makes the reader panic.

use super::{super::*, BRANCH, check_error, ids, local, one, open, try_};
use crate::{
    ledger::{encode, encode_genesis},
    workspace::git::sandbox::Sandbox,
};
use git2::ObjectType;
use proptest::{
    prelude::{any, prop_assert},
    test_runner::TestRunner,
};
use std::fs;

const FILE: &str = "100644";
const FOLDER: &str = "40000";

/// A repository whose ledger's trees are put together byte by byte, which git's own tools would refuse.
struct Forge {
    sandbox: Sandbox,
    git: Repository,
}

impl Forge {
    fn new() -> Self {
        let sandbox = local();
        let git = Repository::open(sandbox.path()).expect("a repository");
        Self { sandbox, git }
    }

    fn blob(&self, bytes: &[u8]) -> Oid {
        self.git.blob(bytes).expect("a blob")
    }

    fn tree(&self, entries: &[(&str, &[u8], Oid)]) -> Oid {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend([mode.as_bytes(), b" ", name, b"\0", id.as_bytes()].concat());
        }
        self.git.odb().and_then(|odb| odb.write(ObjectType::Tree, &bytes)).expect("a tree")
    }

    /// Puts an entry below folders of these names.
    fn below(&self, folders: &[&[u8]], (mode, name, id): (&str, &[u8], Oid)) -> Oid {
        let first = self.tree(&[(mode, name, id)]);
        folders.iter().rev().fold(first, |tree, folder| self.tree(&[(FOLDER, folder, tree)]))
    }

    /// Makes a ledger of a genesis and `posts/`, and returns a store that has never seen it.
    fn ledger(&self, genesis: &[u8], posts: (&str, Oid)) -> GitStore {
        let genesis = self.blob(genesis);
        let tree = self.tree(&[(FILE, b"genesis.json", genesis), (posts.0, b"posts", posts.1)]);
        self.set(tree);
        let _ = fs::remove_dir_all(self.sandbox.path().join(".git/masthead"));
        open(self.sandbox.path(), None)
    }

    fn set(&self, tree: Oid) {
        let body = format!("tree {tree}\nauthor A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n\nx\n");
        let commit = self.git.odb().and_then(|odb| odb.write(ObjectType::Commit, body.as_bytes())).expect("a commit");
        self.git.reference(&reference(BRANCH), commit, true, "test").expect("a branch");
    }

    /// Checks that a ledger with this in the folder of a part is refused.
    #[track_caller]
    fn check_part(&self, entry: (&str, &[u8], Oid), message: &str) {
        let posts = self.below(&[b"ea", b"hello"], entry);
        check_error(self.ledger(&good_genesis(), (FOLDER, posts)).read(), StoreProblem::Damaged, message);
    }

    /// Checks that a ledger with a good event below these folders of `posts/` is refused.
    #[track_caller]
    fn check_folders(&self, folders: &[&[u8]], message: &str) {
        let event = self.blob(encode(&try_("hello", "1")).as_bytes());
        let posts = self.below(folders, (FILE, b"brand+1-0001-intent-1.json", event));
        check_error(self.ledger(&good_genesis(), (FOLDER, posts)).read(), StoreProblem::Damaged, message);
    }
}

fn good_genesis() -> Vec<u8> {
    encode_genesis(&Genesis { id: "f00d".to_owned(), created: Timestamp::EPOCH }).into_bytes()
}

#[test]
fn only_plain_files_are_events() {
    let forge = Forge::new();
    let event = forge.blob(encode(&try_("hello", "1")).as_bytes());
    let name = b"brand+1-0001-intent-1.json";
    let (tip, folder) = (forge.git.head().and_then(|head| head.peel_to_commit()).expect("a tip").id(), forge.tree(&[]));
    let posts = forge.below(&[b"ea", b"hello"], (FILE, name, event));
    assert_eq!(ids(&forge.ledger(&good_genesis(), (FOLDER, posts)).read().expect("a ledger")).len(), 1);
    forge.check_part(("120000", name, event), "not the file of an event");
    forge.check_part(("100755", name, event), "not the file of an event");
    forge.check_part(("160000", name, tip), "not the file of an event");
    forge.check_part((FOLDER, name, folder), "not the file of an event");
    forge.check_part((FILE, b"..", event), "not the file of an event");
    forge.check_part((FILE, b"brand+1-0001-intent-\xff.json", event), "it is not about what its path says");
    forge.check_part((FILE, name, forge.blob(&vec![b' '; 10_000_000])), "too large");
    forge.check_part((FILE, name, forge.blob(b"\xff\xfe")), "not UTF-8");
    forge.check_part((FILE, name, Oid::from_bytes(&[7; 20]).expect("an id")), "0001-intent-1.json");
}

#[test]
fn only_the_folder_of_its_name_has_an_event() {
    let forge = Forge::new();
    let about = "it is not about what its path says";
    forge.check_folders(&[b"eb", b"hello"], about);
    forge.check_folders(&[b"..", b"hello"], about);
    forge.check_folders(&[b"ea", b".."], about);
    forge.check_folders(&[b"ea", b"hello\xff"], about);
    forge.check_folders(&[b"ea", b"hello", b"brand"], "not the file of an event");
    forge.check_folders(&[b"ea"], "it is not a folder");
    let event = forge.blob(encode(&try_("hello", "1")).as_bytes());
    for name in [&b"sky+1-0001-intent-1.json"[..], b"brand+2-0001-intent-1.json", b"brand+1-0001-hold-1.json"] {
        forge.check_part((FILE, name, event), about);
    }
    for name in [&b"brand+0-0001-intent-1.json"[..], b"brand-0001-intent-1.json", b"+1-0001-intent-1.json", b"br\xc3"] {
        forge.check_part((FILE, name, event), "not the file of an event");
    }
    let tip = forge.git.head().and_then(|head| head.peel_to_commit()).expect("a tip").id();
    let result = forge.ledger(&good_genesis(), ("160000", tip)).read();
    check_error(result, StoreProblem::Damaged, "it is not a folder");
    let result = forge.ledger(&good_genesis(), ("120000", forge.blob(b"/etc"))).read();
    check_error(result, StoreProblem::Damaged, "it is not a folder");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let forge = Forge::new();
    let good = encode(&try_("hello", "1"));
    for (old, twice) in [
        ("\"v\": 1", "\"v\": 1,\n  \"v\": 1"),
        ("\"kind\": \"intent\"", "\"kind\": \"receipt\",\n  \"kind\": \"intent\""),
        ("\"post\": \"hello\"", "\"post\": \"bye\",\n  \"post\": \"hello\""),
        ("\"lease\": 70", "\"lease\": 1,\n    \"lease\": 70"),
    ] {
        assert!(good.contains(old), "{good}");
        forge.check_part(
            (FILE, b"brand+1-0001-intent-1.json", forge.blob(good.replace(old, twice).as_bytes())),
            "duplicate",
        );
    }
    let genesis = String::from_utf8(good_genesis()).expect("UTF-8").replace("\"id\"", "\"id\": \"a\", \"id\"");
    let result = forge.ledger(genesis.as_bytes(), (FOLDER, forge.tree(&[]))).read();
    check_error(result, StoreProblem::Damaged, "duplicate");
}

#[test]
fn a_genesis_that_is_none_is_refused_by_all() {
    let forge = Forge::new();
    let empty = forge.tree(&[]);
    let check = |genesis: &[u8], problem: StoreProblem, message: &str| {
        let mut store = forge.ledger(genesis, (FOLDER, empty));
        check_error(store.read(), problem, message);
        let before = forge.sandbox.git(&["rev-parse", BRANCH]);
        check_error(store.append(&one(try_("hello", "1"), Some(0))), problem, message);
        check_error(store.create(Timestamp::EPOCH), problem, message);
        assert_eq!(forge.sandbox.git(&["rev-parse", BRANCH]), before, "nothing is written");
    };
    check(b"{\"v\": 2, \"min_reader\": 2}", StoreProblem::Newer, "asks for readers of version 2");
    check(b"{\"v\": 1, \"min_reader\": 1}", StoreProblem::Damaged, "genesis.json");
    check(b"", StoreProblem::Damaged, "genesis.json");
    check(&vec![b'['; 60_000], StoreProblem::Damaged, "genesis.json");
    check(&vec![b' '; 10_000_000], StoreProblem::Damaged, "too large");
    forge.set(forge.tree(&[(FILE, b"genesis.json/x", empty)]));
    check_error(open(forge.sandbox.path(), None).read(), StoreProblem::Foreign, "is not a ledger");
}

#[test]
fn trees_without_a_bottom_are_refused() {
    let forge = Forge::new();
    let deep = |bottom: &[u8]| {
        let first = forge.tree(&[(FILE, b"x", forge.blob(bottom))]);
        (0..4_000).fold(first, |tree, _| forge.tree(&[(FOLDER, b"d", tree)]))
    };
    let genesis = forge.blob(&good_genesis());
    let ledger = |deep: Oid| forge.tree(&[(FOLDER, b"deep", deep), (FILE, b"genesis.json", genesis)]);
    forge.set(ledger(deep(b"1")));
    let mut store = open(forge.sandbox.path(), None);
    store.read().expect("what nobody knows is not looked into");
    // A commit that follows, so that only the files tell.
    let (old, new) = (forge.git.refname_to_id(&reference(BRANCH)).expect("a tip"), ledger(deep(b"2")));
    let body = format!(
        "tree {new}\nparent {old}\nauthor A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n\nx\n"
    );
    let commit = forge.git.odb().and_then(|odb| odb.write(ObjectType::Commit, body.as_bytes())).expect("a commit");
    forge.git.reference(&reference(BRANCH), commit, true, "test").expect("a branch");
    // With a stack that so many calls in each other would exhaust.
    let reader = thread::Builder::new().stack_size(512 << 10).spawn(move || store.read());
    let result = reader.expect("a thread").join().expect("no panic");
    check_error(result, StoreProblem::Rewound, "has lost events");
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let forge = Forge::new();
    let bytes = |most| proptest::collection::vec(any::<u8>(), 0..most);
    let changes = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4);
    let path: [&[u8]; 2] = [b"ea", b"hello"];
    let name: &[u8] = b"brand+1-0001-intent-1.json";
    let mut runner = TestRunner::new(proptest::test_runner::Config::with_cases(64));
    let strategy = (bytes(200), bytes(120), changes, 0..3usize);
    let result = runner.run(&strategy, |(event, tree, changes, at)| {
        // An event of any bytes, and a good one with some changed.
        let mut near = encode(&try_("hello", "1")).into_bytes();
        for (place, byte) in changes {
            let place = place.index(near.len());
            near[place] = byte;
        }
        for bytes in [&event, &near] {
            let posts = forge.below(&path, (FILE, name, forge.blob(bytes)));
            let result = forge.ledger(&good_genesis(), (FOLDER, posts)).read();
            prop_assert!(result.is_ok() || result.is_err_and(|error| error.hint.is_some()));
        }
        // A folder of any bytes, at any depth.
        let tree = forge.git.odb().and_then(|odb| odb.write(ObjectType::Tree, &tree)).expect("a tree");
        let posts = if at == 0 { tree } else { forge.below(&path[..at - 1], (FOLDER, path[at - 1], tree)) };
        let _ = forge.ledger(&good_genesis(), (FOLDER, posts)).read();
        let _ = forge.ledger(&event, (FOLDER, posts)).read();
        Ok(())
    });
    result.expect("no bytes that it panics of");
}
