use super::*;
use crate::workspace::git::sandbox::Sandbox;
use std::{fs, path::Path};

const BRANCH: &str = "masthead-vault";

fn open(folder: &Path, remote: Option<&str>) -> SharedFiles {
    SharedFiles::open(&Repo::open(folder).expect("a repository"), BRANCH, remote, "vault").expect("files")
}

fn local() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.commit("first");
    sandbox
}

fn clones(count: usize) -> (Sandbox, Vec<Sandbox>) {
    let (source, origin) = (local(), Sandbox::bare());
    source.git(&["push", "--quiet", origin.path().to_str().expect("a path"), "main"]);
    let url = format!("file://{}", origin.path().display());
    let clone = |_| {
        let clone = Sandbox::empty();
        clone.git(&["clone", "--quiet", &url, "."]);
        clone
    };
    let clones = (0..count).map(clone).collect();
    (origin, clones)
}

fn files(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

#[test]
fn files_are_replaced_as_a_whole_and_read_by_others() {
    let sandbox = local();
    let mut store = open(sandbox.path(), None);
    let seen = store.read().expect("nothing yet");
    assert_eq!(seen, FileSet::default());
    let first = files(&[("a/b/c.json", "1"), ("a/d.age", "2"), ("top.json", "3")]);
    assert!(store.replace(&seen, &first, "began").expect("written"));
    let read = open(sandbox.path(), None).read().expect("files");
    assert_eq!(read.files, first);
    assert_eq!(read.version, Some(sandbox.git(&["rev-parse", BRANCH])));
    let second = files(&[("a/d.age", "4")]);
    assert!(!store.replace(&seen, &second, "too late").expect("an answer"));
    assert!(store.replace(&read, &second, "went on").expect("written"));
    assert_eq!(open(sandbox.path(), None).read().expect("files").files, second);
    assert_eq!(sandbox.git(&["log", "--format=%s", BRANCH]), "went on\nbegan");
}

#[test]
fn one_clone_of_many_wins() {
    let (origin, clones) = clones(2);
    let mut stores: Vec<SharedFiles> = clones.iter().map(|clone| open(clone.path(), Some("origin"))).collect();
    let seen: Vec<FileSet> = stores.iter_mut().map(|store| store.read().expect("nothing yet")).collect();
    assert!(stores[0].replace(&seen[0], &files(&[("who", "0")]), "began").expect("won"));
    assert!(!stores[1].replace(&seen[1], &files(&[("who", "1")]), "began").expect("lost"));
    let now = stores[1].read().expect("files");
    assert_eq!(now.files, files(&[("who", "0")]));
    assert!(stores[1].replace(&now, &files(&[("who", "1")]), "went on").expect("won"));
    assert_eq!(stores[0].read().expect("files").files, files(&[("who", "1")]));
    assert_eq!(origin.git(&["log", "--format=%s", BRANCH]), "went on\nbegan");
    for clone in &clones {
        assert_eq!(clone.git(&["branch", "--list", BRANCH]), "", "no branch is left in a clone");
    }
}

/// Each clone counts up a number of its own and a common one.
#[test]
fn no_change_is_lost_in_a_race() {
    const ROUNDS: usize = 5;
    let (_origin, clones) = clones(3);
    thread::scope(|scope| {
        for (index, clone) in clones.iter().enumerate() {
            scope.spawn(move || {
                let mut store = open(clone.path(), Some("origin"));
                let mut done = 0;
                while done < ROUNDS {
                    let seen = store.read().expect("files");
                    let mut files = seen.files.clone();
                    files.entry(format!("own/{index}")).or_default().push(b'x');
                    files.entry("common".to_owned()).or_default().push(b'x');
                    done += usize::from(store.replace(&seen, &files, "counted").expect("an answer"));
                }
            });
        }
    });
    let read = open(clones[0].path(), Some("origin")).read().expect("files").files;
    assert_eq!(read["common"].len(), 3 * ROUNDS);
    assert!((0..3).all(|index| read[&format!("own/{index}")].len() == ROUNDS));
}

#[track_caller]
fn fails<T: fmt::Debug>(result: Result<T, StoreError>, problem: StoreProblem, part: &str) {
    let error = result.expect_err("an error");
    assert_eq!(error.problem, problem, "{error:?}");
    assert!(error.message.contains(part) && error.hint.is_some(), "{error:?}");
}

#[test]
fn a_branch_that_was_rewound_or_removed_is_noticed() {
    let (origin, clones) = clones(1);
    let mut store = open(clones[0].path(), Some("origin"));
    let mut seen = store.read().expect("nothing yet");
    for round in ["1", "2"] {
        assert!(store.replace(&seen, &files(&[("a", round)]), round).expect("written"));
        seen = store.read().expect("files");
    }
    origin.git(&["update-ref", &reference(BRANCH), &format!("{BRANCH}~1")]);
    fails(open(clones[0].path(), Some("origin")).read(), StoreProblem::Rewound, "does not follow");
    origin.git(&["update-ref", "-d", &reference(BRANCH)]);
    fails(open(clones[0].path(), Some("origin")).read(), StoreProblem::Rewound, "is gone from the remote");
    clones[0].git(&["update-ref", "-d", &format!("refs/masthead/{BRANCH}")]);
    assert_eq!(open(clones[0].path(), Some("origin")).read().expect("nothing").version, None);
}

#[test]
fn offline_nobody_is_asked() {
    let (_origin, clones) = clones(2);
    let repository = Repo::open(clones[1].path()).expect("a repository");
    let offline = || SharedFiles::open(&repository, BRANCH, Some("origin"), "vault").expect("files").offline();
    let mut store = open(clones[0].path(), Some("origin"));
    let seen = store.read().expect("nothing yet");
    assert!(store.replace(&seen, &files(&[("a", "1")]), "began").expect("written"));
    assert_eq!(offline().read().expect("nothing").version, None);
    let read = open(clones[1].path(), Some("origin")).read().expect("files");
    clones[1].git(&["remote", "set-url", "origin", "/nowhere"]);
    assert_eq!(offline().read().expect("as it was read last"), read);
}

#[test]
fn what_is_no_small_file_is_refused() {
    let sandbox = local();
    sandbox.git(&["checkout", "--quiet", "--orphan", BRANCH]);
    sandbox.write("big", vec![b'x'; LARGEST + 1]);
    sandbox.commit("too large");
    fails(open(sandbox.path(), None).read(), StoreProblem::Damaged, "holds more than it ever should: `big`");
    fs::remove_file(sandbox.path().join("big")).expect("removed");
    sandbox.write("\u{1b}[2J", "x");
    sandbox.commit("a name that clears the screen");
    fails(open(sandbox.path(), None).read(), StoreProblem::Damaged, "a strange name: \"\\x1b[2J\"");
    fs::remove_file(sandbox.path().join("\u{1b}[2J")).expect("removed");
    sandbox.write("1/2/3/4/5", "deep");
    sandbox.commit("too deep");
    fails(open(sandbox.path(), None).read(), StoreProblem::Damaged, "something else than files");
}

#[test]
fn a_host_that_refuses_is_told_of() {
    let (origin, clones) = clones(1);
    let hook = origin.write("hooks/pre-receive", "#!/bin/sh\necho 'no pushes here' >&2\nexit 1\n");
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(hook, mode).expect("permissions");
    let mut store = open(clones[0].path(), Some("origin"));
    let seen = store.read().expect("nothing yet");
    fails(store.replace(&seen, &files(&[("a", "1")]), "began"), StoreProblem::Refused, "can't write to the vault");
    let missing = SharedFiles::open(&Repo::open(clones[0].path()).expect("a repository"), BRANCH, Some("up"), "vault");
    fails(missing, StoreProblem::Refused, "there is no git remote `up`");
}
