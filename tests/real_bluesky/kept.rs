//! A session that is kept in the vault between runs.

use crate::{commit, publisher, server, told, workspace};
use std::{fs, process::Command};

/// With a vault the second run opens the session that the first has kept, and has no password to send.
#[test]
fn a_session_is_kept_between_runs() {
    let Some((_turn, server)) = server() else { return };
    let workspace = workspace(&server);
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
        command.current_dir(workspace.path()).env_remove("ACME_BLUESKY_APP_PASSWORD");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    };
    let made = program().args(["vault", "init"]).output().expect("the program runs");
    let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    let config = fs::read_to_string(workspace.path().join("masthead.toml")).expect("the configuration");
    let config = format!("{config}\n[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\n");
    fs::write(workspace.path().join("masthead.toml"), config).expect("it can be written");
    commit(&workspace, "A vault");
    let run = |mut command: Command| {
        let output = command.env("MASTHEAD_VAULT_KEY", &key).output().expect("the program runs");
        assert!(output.status.success(), "{command:?}:\n{}", told(&output));
        output
    };
    let with = |word: &str| {
        let mut command = program();
        command.arg(word);
        command
    };

    let before = server.sign_ins();
    run(publisher(&workspace, &server));
    if let (Some(before), Some(after)) = (before, server.sign_ins()) {
        assert_eq!(after, before + 1, "the first run signs in");
    }
    let post = "+++\nid = \"later\"\nto = [\"sky\"]\n+++\n\nSomething else, after a while.\n";
    fs::write(workspace.path().join("content/later.md"), post).expect("it can be written");
    commit(&workspace, "Another post");
    let (before, posts) = (server.sign_ins(), server.posts().len());
    run(with("publish"));
    assert_eq!((server.sign_ins(), server.posts().len()), (before, posts + 1), "the second does not");

    let mut list = with("vault");
    list.arg("list");
    let listed = told(&run(list));
    assert!(listed.contains("session  sky") && listed.contains("can be renewed until"), "{listed}");
}
