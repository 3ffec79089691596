//! Bad input gets a clear error and loses nothing.

use crate::sandbox::Sandbox;
use std::{fs, path::Path};

const SITE: &str = "[accounts.home]\nnetwork = \"site\"\n";

fn site() -> Sandbox {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"home\"]\n+++\n\nHello.\n");
    sandbox.commit();
    sandbox
}

#[test]
fn no_workspace() {
    let sandbox = Sandbox::new();
    sandbox.run(&["check"]).code(2).says("masthead.toml").says("masthead init");
}

#[test]
fn no_repository() {
    let sandbox = site();
    fs::remove_dir_all(sandbox.file(".git")).expect("removed");
    sandbox.run(&["check"]).done().says("no findings");
    sandbox.run(&["publish"]).code(2).says("git init");
    sandbox.run(&["check", "--staged"]).code(2).says("git");
}

#[test]
fn no_commit_yet() {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.run(&["publish"]).code(2).says("no commit yet").says("commit your posts");
}

#[test]
fn no_publish_branch() {
    let sandbox = site();
    sandbox.git(&["branch", "-m", "main", "trunk"]);
    sandbox.run(&["publish"]).code(2).says("`main`").says("trunk");
}

#[test]
fn a_detached_head_does_not_matter() {
    let sandbox = site();
    sandbox.git(&["checkout", "-q", "--detach"]);
    sandbox.run(&["publish"]).done().says("published a to home");
}

#[test]
fn a_bare_clone_publishes() {
    let sandbox = site();
    sandbox.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    sandbox.run_in(&sandbox.file("bare.git"), &["publish"]).done().says("published a to home");
}

#[test]
fn a_shallow_clone_publishes() {
    let sandbox = site();
    sandbox.commit();
    let from = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "-q", "--depth", "1", &from, "shallow"]);
    sandbox.run_in(&sandbox.file("shallow"), &["publish"]).done().says("published a to home");
}

#[test]
fn a_ledger_branch_that_is_not_ours_is_refused() {
    let sandbox = site();
    sandbox.git(&["branch", "masthead-ledger", "main"]);
    let before = sandbox.git(&["rev-parse", "masthead-ledger"]);
    sandbox.run(&["publish"]).code(1).says("masthead-ledger");
    assert_eq!(sandbox.git(&["rev-parse", "masthead-ledger"]), before);
    assert!(!sandbox.file("public").exists());
}

#[test]
fn a_ledger_that_a_newer_program_has_written_to_publishes_nothing() {
    let sandbox = site();
    sandbox.run(&["publish"]).done();
    fs::remove_dir_all(sandbox.file("public")).expect("removed");
    sandbox.write("content/b.md", "+++\nid = \"b\"\nto = [\"home\"]\n+++\n\nBye.\n");
    sandbox.commit();
    sandbox.git(&["worktree", "add", "-q", ".git/by-hand", "masthead-ledger"]);
    let genesis = sandbox.read(".git/by-hand/genesis.json");
    let check = |path: &str, text: &str, says: &str| {
        sandbox.write(&format!(".git/by-hand/{path}"), text);
        sandbox.git(&["-C", ".git/by-hand", "add", "-A"]);
        sandbox.git(&["-C", ".git/by-hand", "commit", "-q", "-m", "newer"]);
        let before = sandbox.git(&["rev-parse", "masthead-ledger"]);
        for arguments in [&["publish"][..], &["retract", "a"], &["update", "a"], &["status"]] {
            sandbox.run(arguments).code(1).says(says).says("update this");
        }
        assert_eq!(sandbox.git(&["rev-parse", "masthead-ledger"]), before);
        assert!(!sandbox.file("public").exists());
        sandbox.git(&["-C", ".git/by-hand", "reset", "-q", "--hard", "HEAD~1"]);
        fs::remove_dir_all(sandbox.file(".git/masthead")).expect("removed");
    };
    check("genesis.json", &genesis.replace("\"min_reader\": 1", "\"min_reader\": 2"), "readers of version 2");
    check("posts/3f/x/home+1-0001-pin-5.json", "{\"v\": 1, \"kind\": \"pin\"}", "isn't known, `pin`");
    check("freezes/0001-slow-5.json", "{\"v\": 1, \"kind\": \"slow\"}", "isn't known, `slow`");
    // What it adds beside is no reason to stop.
    sandbox.write(".git/by-hand/genesis.json", genesis.replace("\"v\": 1", "\"colour\": 7,\n  \"v\": 2"));
    sandbox.write(".git/by-hand/notes/1.json", "{}");
    sandbox.git(&["-C", ".git/by-hand", "add", "-A"]);
    sandbox.git(&["-C", ".git/by-hand", "commit", "-q", "-m", "newer"]);
    sandbox.run(&["publish"]).done().says("published b to home");
    assert!(sandbox.git(&["show", "masthead-ledger:genesis.json"]).contains("colour"));
}

#[test]
fn a_file_that_is_not_text_or_too_large_is_a_finding() {
    let sandbox = site();
    sandbox.write("content/binary.md", b"+++\nid = \"b\"\n+++\n\xff\xfe");
    sandbox.write("content/huge.md", vec![b'x'; 3 << 20]);
    sandbox.run(&["check"]).code(1).says("content/binary.md").says("UTF-8").says("content/huge.md").says("3145728");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to home");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_workspace_is_a_finding() {
    let sandbox = site();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.file("content/link.md")).expect("a link");
    std::os::unix::fs::symlink("/etc/hostname", sandbox.file("content/pic.png")).expect("a link");
    sandbox.write(
        "content/b.md",
        "+++\nid = \"b\"\nto = [\"home\"]\n+++\n\n![a picture](pic.png)\n\n![out](../../../etc/passwd)\n",
    );
    sandbox
        .run(&["check"])
        .code(1)
        .says("symbolic link")
        .says("pic.png")
        .says("../../../etc/passwd")
        .never_says("root:");
    sandbox.commit();
    sandbox.run(&["publish"]).done().never_says("root:");
}

#[test]
fn a_broken_configuration_is_shown_where_it_breaks() {
    let sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"sit\"\n");
    sandbox.write("content/a.md", "+++\nto = [\"home\"]\n+++\n\nHello.\n");
    sandbox.commit();
    sandbox.run(&["plan"]).code(2).says("masthead.toml").says("did you mean `site`?");
    sandbox.run(&["check"]).code(1).says("did you mean `site`?");
    sandbox.write("masthead.toml", "[workspace\n");
    sandbox.run(&["plan"]).code(2).says("masthead.toml:1");
}

#[test]
fn a_secret_in_the_configuration_is_not_repeated() {
    let sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"site\"\ntoken = \"canary-secret-5512\"\n");
    sandbox.run(&["check"]).code(1).says("token").never_says("canary-secret-5512");
    sandbox.run(&["check", "--format", "json"]).code(1).never_says("canary-secret-5512");
}

#[test]
fn a_secret_anywhere_in_the_configuration_is_found_and_not_repeated() {
    let secret = ["ghp_", "0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f"].concat();
    let comment = format!("# {secret}\n[accounts.home]\nnetwork = \"site\"\n");
    let key = ["-----BEGIN PRIV", "ATE KEY-----\n# MIIcanary\n# -----END PRIVATE KEY-----"].concat();
    for (accounts, says) in [
        (comment.clone(), "a GitHub token"),
        (format!("# {key}\n[accounts.home]\nnetwork = \"site\"\n"), "a private key"),
        // Also where it can't be read.
        (format!("{comment}what is this\n"), "a GitHub token"),
    ] {
        let sandbox = Sandbox::with_config(&accounts);
        sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"home\"]\n+++\n\nHello.\n");
        sandbox.commit();
        for arguments in [&["check"][..], &["check", "--format", "json"], &["publish"]] {
            let ran = sandbox.run(arguments);
            assert_ne!(ran.code, 0, "{ran:?}");
            assert!(format!("{}{}", ran.stdout, ran.stderr).contains(says), "{ran:?}");
            ran.never_says(&secret[4..]).never_says("MIIcanary");
        }
    }
    // What is an example can be told so.
    let sandbox = Sandbox::with_config(&format!("[check]\nsecret-in-text = \"warning\"\n\n{comment}"));
    sandbox.run(&["check"]).code(0).says("a GitHub token").never_says(&secret[4..]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_can_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = site();
    sandbox.write("public/keep.txt", "x");
    let lock = |mode| fs::set_permissions(sandbox.file("public"), fs::Permissions::from_mode(mode)).expect("changed");
    lock(0o555);
    let is_root = fs::write(sandbox.file("public/probe"), "").is_ok();
    let ran = sandbox.run(&["publish"]);
    lock(0o755);
    if is_root {
        // Whoever may write everywhere is not stopped by a mode.
        let _ = ran.done();
    } else {
        let _ = ran.code(2).says("public").says("permission denied");
    }
    sandbox.run(&["publish"]).done().says("site");
}

#[test]
fn a_template_of_the_workspace_that_breaks_is_named() {
    let sandbox = site();
    sandbox.write("templates/site/index.html", "{% for entry in entries %}\n{{ entry.");
    sandbox.commit();
    sandbox.run(&["publish"]).code(2).says("site/index.html");
}

#[test]
fn an_unknown_command_or_option_says_what_is_meant() {
    let sandbox = Sandbox::new();
    sandbox.run(&["publsh"]).code(2).says("publish");
    sandbox.run(&["explain", "text-to-long"]).code(2).says("did you mean `text-too-long`?");
    sandbox.run(&["man", "plam"]).code(2).says("did you mean `plan`?");
    assert!(!Path::new(&sandbox.file("public")).exists());
}
