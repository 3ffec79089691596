//! Publishers that meet on a remote: clones that share a ledger, a twin of Mastodon that counts, and what goes wrong
//! between them.

use crate::{
    loopback::Loopback,
    sandbox::{Ran, Running, Sandbox},
};
use std::{net::TcpListener, path::PathBuf};

/// A bare repository and clones of it, in one folder.
pub(crate) struct Fleet {
    pub(crate) sandbox: Sandbox,
    pub(crate) server: Loopback,
}

impl Fleet {
    /// Makes the remote with a workspace of these posts, which go to an account on the twin.
    pub(crate) fn new(posts: &[(&str, &str)]) -> Self {
        let server = Loopback::start("mastodon");
        let mut sandbox = Sandbox::new();
        sandbox.set("TWIN_TOKEN", server.token);
        let fleet = Self { sandbox, server };
        fleet.git(&["init", "-q", "--bare", "-b", "main", "origin.git"]);
        fleet.git(&["clone", "-q", "origin.git", "one"]);
        fleet.git(&["-C", "one", "checkout", "-q", "-B", "main"]);
        fleet.sandbox.write(
            "one/masthead.toml",
            format!(
                "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\n\n[accounts.brand]\nnetwork = \"mastodon\"\n\
                 endpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n",
                fleet.server.endpoint
            ),
        );
        for (id, copy) in posts {
            fleet.sandbox.write(
                &format!("one/content/{id}.md"),
                format!("+++\nid = \"{id}\"\nto = [\"brand\"]\n+++\n\n{copy}\n"),
            );
        }
        fleet.git(&["-C", "one", "add", "-A"]);
        fleet.git(&["-C", "one", "commit", "-q", "-m", "posts"]);
        fleet.git(&["-C", "one", "push", "-q", "-u", "origin", "main"]);
        fleet
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.sandbox.git(arguments)
    }

    /// Clones the remote once more.
    pub(crate) fn clone(&self, name: &str, options: &[&str]) {
        let from = format!("file://{}", self.sandbox.file("origin.git").display());
        self.git(&[&["clone", "-q"], options, &[&from, name]].concat());
    }

    pub(crate) fn folder(&self, clone: &str) -> PathBuf {
        self.sandbox.file(clone)
    }

    pub(crate) fn run(&self, clone: &str, arguments: &[&str]) -> Ran {
        self.sandbox.run_in(&self.folder(clone), arguments)
    }

    pub(crate) fn start(&self, clone: &str, arguments: &[&str]) -> Running {
        self.sandbox.start_in(&self.folder(clone), arguments)
    }

    pub(crate) fn made(&self) -> usize {
        self.server.seen().made
    }

    #[track_caller]
    fn holds_that_nothing_was_asked(&self) {
        assert!(self.server.seen().requests.is_empty(), "{:?}", self.server.seen().requests);
    }
}

fn one_post() -> Fleet {
    Fleet::new(&[("a", "The news of today.")])
}

#[test]
fn what_one_clone_has_published_another_leaves() {
    let fleet = one_post();
    fleet.clone("two", &[]);
    fleet.run("one", &["publish"]).done().says("published 1 post");
    let requests = fleet.server.seen().requests;
    fleet.run("two", &["publish"]).done().says("nothing was published");
    assert_eq!((fleet.made(), fleet.server.seen().requests), (1, requests));
    fleet.run("two", &["status"]).done().says("published").says(&fleet.server.seen().live[0].url);
    assert!(fleet.git(&["-C", "origin.git", "log", "masthead-ledger"]).contains("brand"));
}

#[test]
fn publishers_that_start_at_once_post_each_post_once() {
    let fleet = Fleet::new(&[("a", "The news of today."), ("b", "A hoodie, black."), ("c", "See you in Rome!")]);
    fleet.clone("two", &[]);
    let running: Vec<Running> = ["one", "two"].map(|clone| fleet.start(clone, &["publish"])).into();
    for running in running {
        let _ = running.finish().done();
    }
    // Whoever lost a race leaves the post to the winner; what nobody has begun is left to the next run.
    fleet.run("two", &["publish"]).done();
    let mut texts: Vec<String> = fleet.server.seen().live.into_iter().map(|live| live.text).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["A hoodie, black.", "See you in Rome!", "The news of today."]);
    assert_eq!(fleet.made(), 3);
}

#[test]
fn what_is_pushed_stops_a_publisher_that_is_in_the_middle_and_has_not_pulled() {
    let thread = "One.\n\n---\n\nTwo.\n\n---\n\nThree.";
    for by_file in [false, true] {
        let fleet = Fleet::new(&[("a", thread)]);
        fleet.clone("two", &[]);
        fleet.server.hold();
        let running = fleet.start("one", &["publish"]);
        fleet.server.wait_for_held();
        if by_file {
            fleet.sandbox.write("two/freeze.toml", "reason = \"a crisis\"\n");
            fleet.git(&["-C", "two", "add", "-A"]);
            fleet.git(&["-C", "two", "commit", "-q", "-m", "stop"]);
            fleet.git(&["-C", "two", "push", "-q", "origin", "main"]);
        } else {
            fleet.run("two", &["freeze", "--reason", "a crisis"]).done().says("under way  a (part 1)");
        }
        fleet.server.release();
        let _ = running.finish();
        assert_eq!(fleet.made(), 1, "by file: {by_file}");
        fleet.run("one", &["publish"]).done().says("a crisis").says("nothing was published");
        fleet.run("one", &["plan"]).done().says("a crisis");
        if by_file {
            fleet.git(&["-C", "two", "rm", "-q", "freeze.toml"]);
            fleet.git(&["-C", "two", "commit", "-q", "-m", "go on"]);
            fleet.git(&["-C", "two", "push", "-q", "origin", "main"]);
        } else {
            fleet.run("one", &["thaw"]).done().says("thawed everything");
        }
        fleet.run("one", &["publish"]).done().says("published a (3/3) to brand");
        assert_eq!(fleet.made(), 3);
    }
}

#[test]
fn a_remote_that_can_not_be_reached_stops_everything() {
    let fleet = one_post();
    fleet.git(&["-C", "one", "remote", "set-url", "origin", "/nowhere/at/all.git"]);
    fleet.run("one", &["publish"]).code(1).says("can't reach the remote `origin`");
    // A port that was free a moment ago, so that the connection is refused at once.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let address = format!("http://ada:canary-5521@127.0.0.1:{port}/acme.git");
    fleet.git(&["-C", "one", "remote", "set-url", "origin", &address]);
    fleet.run("one", &["publish"]).code(1).says("can't reach the remote `origin`").never_says("canary-5521");
    fleet.run("one", &["-v", "plan"]).code(1).never_says("canary-5521");
    fleet.holds_that_nothing_was_asked();
    fleet.run("one", &["doctor"]).code(1).says("bad  ledger: can't reach the remote `origin`");
}

#[test]
fn a_remote_that_is_not_there_says_how_to_add_it() {
    let fleet = one_post();
    fleet.git(&["-C", "one", "remote", "remove", "origin"]);
    fleet.run("one", &["publish"]).code(1).says("there is no git remote `origin`").says("git remote add origin");
    fleet.holds_that_nothing_was_asked();
}

#[test]
fn a_remote_that_takes_no_pushes_stops_everything() {
    let fleet = one_post();
    fleet.sandbox.write("origin.git/hooks/pre-receive", "#!/bin/sh\necho 'protected branch' >&2\nexit 1\n");
    fleet.git(&["-C", "origin.git", "config", "core.hooksPath", "hooks"]);
    let hook = fleet.sandbox.file("origin.git/hooks/pre-receive");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(hook, mode).expect("changed");
    fleet.run("one", &["publish"]).code(1).says("can't write to the ledger `masthead-ledger`");
    fleet.holds_that_nothing_was_asked();
}

#[test]
fn a_ledger_that_was_deleted_on_the_remote_is_not_begun_anew() {
    let fleet = one_post();
    fleet.run("one", &["publish"]).done();
    let tip = fleet.git(&["-C", "origin.git", "rev-parse", "masthead-ledger"]);
    let requests = fleet.server.seen().requests;
    fleet.git(&["-C", "origin.git", "branch", "-D", "masthead-ledger"]);
    fleet.run("one", &["publish"]).code(1).says("is gone from the remote `origin`").says(&tip);
    fleet.run("one", &["plan"]).code(1).says("is gone");
    assert_eq!(fleet.server.seen().requests, requests);
    fleet.run("one", &["doctor"]).code(1).says("bad  ledger:");
    // As the hint says.
    fleet.git(&["-C", "one", "push", "-q", "origin", &format!("{tip}:refs/heads/masthead-ledger")]);
    fleet.run("one", &["publish"]).done().says("nothing was published");
    assert_eq!(fleet.made(), 1);
}

#[test]
fn a_checkout_as_ci_makes_it_publishes_once() {
    let fleet = one_post();
    for clone in ["ci-1", "ci-2"] {
        fleet.clone(clone, &["--depth", "1"]);
        fleet.git(&["-C", clone, "checkout", "-q", "--detach"]);
        fleet.git(&["-C", clone, "branch", "-q", "-D", "main"]);
    }
    fleet.run("ci-1", &["publish"]).done().says("published a to brand");
    fleet.run("ci-2", &["publish"]).done().says("nothing was published");
    assert_eq!(fleet.made(), 1);
}

#[test]
fn a_publisher_that_was_killed_while_it_sent_is_waited_for() {
    let fleet = one_post();
    fleet.server.hold();
    let running = fleet.start("one", &["publish"]);
    fleet.server.wait_for_held();
    running.kill();
    fleet.server.release();
    // At once, here and elsewhere: the answer was lost, and only its lease tells when to ask the network.
    fleet.clone("two", &[]);
    for clone in ["one", "two"] {
        fleet.run(clone, &["publish"]).done().says("believed to be sending it").says("1 waiting");
        fleet.run(clone, &["status"]).done().says("wait");
    }
    assert_eq!(fleet.made(), 1);
    let log = fleet.run("one", &["log"]).done();
    assert_eq!(log.stdout.lines().count(), 1, "{log:#?}");
    let _ = log.says("intent");
}

#[test]
fn an_interrupt_lets_what_is_under_way_end_and_begins_nothing_more() {
    let fleet = Fleet::new(&[("a", "The news of today."), ("b", "A hoodie, black.")]);
    fleet.server.hold();
    let mut running = fleet.start("one", &["publish"]);
    fleet.server.wait_for_held();
    running.interrupt();
    running.wait_until_it_says("stopping: nothing more is begun");
    fleet.server.release();
    running.finish().code(1).says("published 1 post, 1 still to publish");
    fleet.run("one", &["publish"]).done().says("published 1 post");
    assert_eq!(fleet.made(), 2);
}

#[test]
fn a_second_interrupt_stops_at_once_and_loses_nothing() {
    let fleet = one_post();
    fleet.server.hold();
    let mut running = fleet.start("one", &["publish"]);
    fleet.server.wait_for_held();
    running.interrupt();
    running.wait_until_it_says("once more stops at once");
    running.interrupt();
    running.finish().code(1).says("stopped while something was under way");
    fleet.run("one", &["publish"]).done().says("believed to be sending it");
    assert_eq!(fleet.made(), 1);
}

#[test]
fn verbosely_it_says_what_is_asked_of_whom() {
    let fleet = one_post();
    let request = format!("POST {}/api/v1/statuses: 200", fleet.server.endpoint);
    fleet.run("one", &["publish", "--dry-run"]).done().never_says("ls-remote");
    fleet
        .run("one", &["-v", "publish"])
        .done()
        .says("git ls-remote")
        .says("git push")
        .says(&request)
        .never_says(fleet.server.token);
}

#[test]
fn doctor_tells_what_is_well_and_what_is_not() {
    let mut fleet = one_post();
    fleet
        .run("one", &["doctor"])
        .done()
        .says("ok   repository: publishes `main`")
        .says("ok   ledger: can be begun, on the remote `origin`")
        .says("ok   brand: ");
    fleet.run("one", &["publish"]).done();
    fleet
        .run("one", &["doctor"])
        .done()
        .says("ok   ledger: can be read and written, on the remote `origin`: 1 delivery");
    fleet.sandbox.set("TWIN_TOKEN", "wrong-canary-8471");
    fleet
        .run("one", &["doctor"])
        .code(1)
        .says("bad  brand: ")
        .says("make a new credential")
        .never_says("wrong-canary-8471");
    fleet.git(&["-C", "one", "branch", "-m", "main", "trunk"]);
    fleet.git(&["-C", "one", "update-ref", "-d", "refs/remotes/origin/main"]);
    fleet.run("one", &["doctor", "--json"]).code(1).says("there is no branch `main` to publish from");
    assert_eq!(fleet.made(), 1);
}

#[test]
fn doctor_says_which_server_does_not_answer() {
    let mut sandbox = Sandbox::with_config(
        "[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"http://127.0.0.1:1\"\ntoken = \"env:TWIN_TOKEN\"\n",
    );
    sandbox.set("TWIN_TOKEN", "canary-7719");
    sandbox.commit();
    sandbox.run(&["doctor"]).code(1).says("bad  brand: ").says("is the server up").never_says("canary-7719");
}
