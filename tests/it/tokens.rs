//! T12 with the program itself: processes in clones of their own share a session over a remote, at once and killed in
//! between, and no family of tokens burns.

use crate::{
    families::{CANARY, Families, Moment, PASSWORD},
    sandbox::{Ran, Sandbox},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

const RUNNERS: usize = 8;

/// Opens the session that is kept, and says all that can be said.
const ASK: &[&str] = &["doctor", "sky", "--verbose"];

/// A remote, clones of it, and a server that burns.
struct Fleet {
    sandbox: Sandbox,
    server: Families,
    key: String,
}

impl Fleet {
    /// Makes so many clones. The first has signed in and keeps the session; none has a password from then on.
    fn new(clones: usize) -> Self {
        let (mut sandbox, server) = (Sandbox::new(), Families::start());
        sandbox.git(&["init", "-q", "--bare", "-b", "main", "origin.git"]);
        sandbox.git(&["clone", "-q", "origin.git", "0"]);
        sandbox.git(&["-C", "0", "checkout", "-q", "-B", "main"]);
        let account = format!(
            "[accounts.sky]\nnetwork = \"bluesky\"\nendpoint = \"{}\"\nhandle = \"acme.example\"\ntoken = \"env:PASSWORD\"\n",
            server.endpoint
        );
        sandbox.write("0/masthead.toml", format!("[workspace]\nname = \"Acme\"\n\n{account}"));
        let made = sandbox.run_in(&sandbox.file("0"), &["vault", "init"]).done();
        let key = made.stdout.trim().to_owned();
        let vault = "[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\n";
        sandbox.write("0/masthead.toml", format!("[workspace]\nname = \"Acme\"\n\n{vault}\n{account}"));
        sandbox.write("0/content/hello.md", "+++\nid = \"hello\"\nto = [\"sky\"]\n+++\n\nHello.\n");
        sandbox.git(&["-C", "0", "add", "-A"]);
        sandbox.git(&["-C", "0", "commit", "-q", "-m", "start"]);
        sandbox.git(&["-C", "0", "push", "-q", "-u", "origin", "main"]);
        for clone in 1..clones {
            sandbox.git(&["clone", "-q", "origin.git", &clone.to_string()]);
        }
        sandbox.set("MASTHEAD_VAULT_KEY", &key);
        let mut fleet = Self { sandbox, server, key };
        fleet.signing_in().says("sky: @acme.example on");
        fleet
    }

    /// Asks the server who we are, with the session that is kept.
    fn ask(&self, clone: usize) -> Ran {
        self.sandbox.run_in(&self.sandbox.file(&clone.to_string()), ASK)
    }

    /// The same on a machine that has the password.
    fn signing_in(&mut self) -> Ran {
        self.sandbox.set("PASSWORD", PASSWORD);
        let ran = self.ask(0).done();
        self.sandbox.set("PASSWORD", "");
        ran
    }

    /// Holds how many families there are, and that none is burnt.
    #[track_caller]
    fn holds(&self, families: usize, refreshes: usize) {
        let state = self.server.state();
        assert_eq!((state.burnt.len(), state.families, state.refreshes), (0, families, refreshes));
    }

    /// Kills whoever pushes a commit of this subject, when it has arrived.
    fn kill_at_push(&self, subject: &str) {
        let hook = format!(
            "#!/bin/sh\ngit log -1 --format=%s masthead-vault | grep -q '^{subject} ' || exit 0\n\
             while ! test -s victim; do sleep 0.01; done\nkill -9 \"$(cat victim)\"\nrm victim hooks/post-receive\n"
        );
        self.sandbox.write("origin.git/hooks/post-receive", hook);
        let place = self.sandbox.file("origin.git/hooks/post-receive");
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).expect("permissions");
    }

    /// Starts somebody who is killed.
    fn die(&self) {
        let victim = self.sandbox.start_in(&self.sandbox.file("0"), ASK);
        self.server.name_victim(victim.id());
        self.sandbox.write("origin.git/victim", victim.id().to_string());
        let ran = victim.finish();
        assert_eq!(ran.code, -1, "it was not killed: {ran:#?}");
    }

    /// Lets the lease of every refresh that is under way lapse.
    fn lapse(&self) {
        self.sandbox.git(&["clone", "-q", "-b", "masthead-vault", "origin.git", "vault"]);
        for intent in self.sandbox.git(&["-C", "vault", "ls-files", "refreshes"]).lines() {
            let path = format!("vault/{intent}");
            let mut wire: serde_json::Value = serde_json::from_str(&self.sandbox.read(&path)).expect("JSON");
            wire["at"] = "2020-01-01T00:00:00Z".into();
            self.sandbox.write(&path, wire.to_string());
        }
        self.sandbox.git(&["-C", "vault", "commit", "-q", "-a", "-m", "time passes"]);
        self.sandbox.git(&["-C", "vault", "push", "-q"]);
    }

    /// Holds that no secret is anywhere: in what was said, in the repository's history, or in a file.
    fn assert_no_secret(&self, said: &[Ran]) {
        let all = self.sandbox.git(&["-C", "origin.git", "log", "--all", "--patch", "--text"]);
        assert!(all.contains("age-encryption.org/v1"), "the vault is in the repository");
        let said = said.iter().map(|ran| format!("{ran:?}"));
        for text in said.chain([all]).chain(texts_below(self.sandbox.path())) {
            for secret in [CANARY, PASSWORD, self.key.as_str()] {
                assert!(!text.contains(secret), "a secret: {text}");
            }
        }
    }
}

/// Reads every file in a folder.
fn texts_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| match path.is_dir() {
        true => texts_below(&path),
        false => vec![String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned()],
    };
    entries.flat_map(read).collect()
}

/// How often eight processes are started at once.
fn rounds() -> usize {
    std::env::var("MASTHEAD_T12").ok().and_then(|text| text.parse().ok()).unwrap_or(200_usize).div_ceil(100)
}

#[test]
fn eight_processes_at_once_renew_a_session_once() {
    let fleet = Fleet::new(RUNNERS);
    let mut said = Vec::new();
    for round in 1..=rounds() {
        fleet.server.refuse_all();
        let start = |clone: usize| fleet.sandbox.start_in(&fleet.sandbox.file(&clone.to_string()), ASK);
        let running: Vec<_> = (0..RUNNERS).map(start).collect();
        said.extend(running.into_iter().map(|running| running.finish().done().says("sky: @acme.example on")));
        fleet.holds(1, round);
    }
    fleet.assert_no_secret(&said);
}

/// Kills somebody in the middle of a refresh that has taken effect or not, and looks at what others make of it.
fn killed(before: impl FnOnce(&Fleet), refreshes: usize) {
    let mut fleet = Fleet::new(2);
    before(&fleet);
    fleet.server.refuse_all();
    fleet.die();
    fleet.holds(1, refreshes);
    // The old access token serves, and nobody sends the refresh token again.
    fleet.server.forgive_all();
    let mut said = vec![fleet.ask(1).done()];
    fleet.server.refuse_all();
    fleet.lapse();
    said.push(fleet.ask(1).code(1).says("its answer was lost").says("`PASSWORD` is"));
    let plan = fleet.sandbox.run_in(&fleet.sandbox.file("1"), &["plan"]).done();
    said.push(plan.says("attention").says("its answer was lost"));
    fleet.holds(1, refreshes);
    // Whoever has the password mends it for all.
    said.push(fleet.signing_in());
    said.push(fleet.ask(1).done());
    fleet.holds(2, refreshes);
    fleet.assert_no_secret(&said);
}

#[test]
fn who_is_killed_after_the_claim_burns_nothing() {
    killed(|fleet| fleet.kill_at_push("refreshing"), 0);
}

#[test]
fn who_is_killed_while_the_request_is_under_way_burns_nothing() {
    killed(|fleet| fleet.server.kill_at(Moment::Asked), 0);
}

#[test]
fn who_is_killed_before_the_store_burns_nothing() {
    killed(|fleet| fleet.server.kill_at(Moment::Done), 1);
}

#[test]
fn who_is_killed_after_the_store_leaves_the_session_to_the_next() {
    let fleet = Fleet::new(2);
    fleet.kill_at_push("refreshed");
    fleet.server.refuse_all();
    fleet.die();
    let said = fleet.ask(1).done();
    fleet.holds(1, 1);
    fleet.assert_no_secret(&[said]);
}
