//! The git hooks, in a real repository and in a bare one that is pushed to.

use crate::{loopback::Loopback, sandbox::Sandbox};

const SITE: &str = "[accounts.home]\nnetwork = \"site\"\n";
const GOOD: &str = "+++\nid = \"a\"\nto = [\"home\"]\n+++\n\nHello.\n";
const BAD: &str = "+++\nid = \"b\"\nto = [\"hoem\"]\n+++\n\nHello.\n";

fn with_hooks() -> Sandbox {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.write("content/a.md", GOOD);
    sandbox.commit();
    sandbox.run(&["hooks", "install"]).done().says("pre-commit").says("pre-push").says("post-merge");
    sandbox
}

fn git(sandbox: &Sandbox, arguments: &[&str]) -> crate::sandbox::Ran {
    sandbox.git_with_program(sandbox.path(), arguments)
}

#[test]
fn a_commit_of_a_mistake_is_refused() {
    let sandbox = with_hooks();
    sandbox.write("content/b.md", BAD);
    let _ = git(&sandbox, &["add", "-A"]).done();
    git(&sandbox, &["commit", "-q", "-m", "x"]).code(1).says("did you mean `home`?");
    let _ = git(&sandbox, &["commit", "-q", "--no-verify", "-m", "x"]).done();
    sandbox.write("content/c.md", GOOD.replace("\"a\"", "\"c\""));
    let _ = git(&sandbox, &["add", "-A"]).done();
    git(&sandbox, &["commit", "-q", "-m", "y"]).done().never_says("masthead");
}

#[test]
fn a_push_is_checked_by_what_it_brings() {
    let sandbox = with_hooks();
    sandbox.git(&["init", "-q", "--bare", "origin.git"]);
    sandbox.git(&["remote", "add", "origin", "origin.git"]);
    let _ = git(&sandbox, &["push", "-q", "origin", "main"]).done();
    sandbox.write("content/b.md", BAD);
    sandbox.git(&["add", "content"]);
    sandbox.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    git(&sandbox, &["push", "-q", "origin", "main"]).code(1).says("did you mean `home`?");
    git(&sandbox, &["push", "-q", "origin", "main:refs/heads/new"]).code(1).says("did you mean `home`?");
    // What lies in the working tree is not what is pushed.
    sandbox.git(&["reset", "-q", "--hard", "HEAD^"]);
    sandbox.write("content/b.md", BAD);
    sandbox.write("content/c.md", GOOD.replace("\"a\"", "\"c\""));
    sandbox.git(&["add", "content/c.md"]);
    sandbox.git(&["commit", "-q", "--no-verify", "-m", "y"]);
    let _ = git(&sandbox, &["push", "-q", "origin", "main", "main:refs/heads/new"]).done();
    let _ = git(&sandbox, &["push", "-q", "origin", ":refs/heads/new"]).done();
}

#[test]
fn a_pull_reminds_of_what_is_due() {
    let sandbox = with_hooks();
    sandbox.run(&["publish"]).done();
    sandbox.git(&["checkout", "-q", "-b", "draft"]);
    sandbox.write("content/c.md", "+++\nid = \"c\"\nto = [\"home\"]\n+++\n\nSomething else.\n");
    sandbox.commit();
    sandbox.git(&["checkout", "-q", "main"]);
    git(&sandbox, &["merge", "-q", "draft"]).done().says("masthead: 1 to publish (see `masthead plan`)");
    sandbox.run(&["plan", "--offline", "--summary"]).done().says("1 to publish");
    sandbox.run(&["publish"]).done();
    sandbox.git(&["checkout", "-q", "draft"]);
    sandbox.commit();
    sandbox.git(&["checkout", "-q", "main"]);
    git(&sandbox, &["merge", "-q", "draft"]).done().never_says("masthead");
}

#[test]
fn hooks_without_the_program_let_everything_pass_and_say_so() {
    let sandbox = with_hooks();
    sandbox.write("content/b.md", BAD);
    sandbox.git(&["add", "-A"]);
    let path = tempfile::tempdir().expect("a folder");
    for tool in ["git", "sh"] {
        let folders = std::env::var_os("PATH").expect("a search path");
        let place = std::env::split_paths(&folders).map(|folder| folder.join(tool)).find(|place| place.is_file());
        std::os::unix::fs::symlink(place.expect("it is there"), path.path().join(tool)).expect("a link");
    }
    sandbox
        .git_with_path(path.path().as_os_str(), sandbox.path(), &["commit", "-q", "-m", "x"])
        .done()
        .says("masthead is not in PATH");
}

#[test]
fn a_hook_of_somebody_is_left_alone_and_can_call_ours() {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.git(&["config", "core.hooksPath", "tools/hooks"]);
    let own = "#!/bin/sh\necho mine\n";
    sandbox.write("tools/hooks/pre-commit", own);
    let place = sandbox.file("tools/hooks/pre-commit");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&place, mode).expect("changed");
    let ran = sandbox.run(&["hooks", "install"]).done().says("is a hook of yours").says("tools/hooks/pre-push");
    assert_eq!(sandbox.read("tools/hooks/pre-commit"), own);
    sandbox.write("tools/hooks/pre-commit", format!("{own}{}", ran.stdout));
    sandbox.write("content/b.md", BAD);
    sandbox.git(&["add", "-A"]);
    git(&sandbox, &["commit", "-q", "-m", "x"]).code(1).says("mine").says("did you mean `home`?");
    sandbox.run(&["hooks", "uninstall"]).done().says("masthead-pre-commit").says("pre-push");
    assert!(sandbox.read("tools/hooks/pre-commit").starts_with(own));
    assert!(
        !sandbox.file("tools/hooks/pre-push").exists() && !sandbox.file("tools/hooks/masthead-pre-commit").exists()
    );
    sandbox.run(&["hooks", "uninstall"]).done().says("no hook of Masthead's");
}

#[test]
fn a_workspace_in_a_folder_with_an_odd_name_is_found() {
    let sandbox = Sandbox::new();
    let folder = "our 'social' $posts";
    sandbox.write(
        &format!("{folder}/masthead.toml"),
        format!("[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\n\n[ledger]\nremote = false\n\n{SITE}"),
    );
    sandbox.write(&format!("{folder}/content/b.md"), BAD);
    sandbox.run_in(&sandbox.file(folder), &["hooks", "install"]).done().says(".git/hooks/pre-commit");
    sandbox.git(&["add", "-A"]);
    git(&sandbox, &["commit", "-q", "-m", "x"]).code(1).says("did you mean `home`?");
    sandbox.git(&["commit", "-q", "--no-verify", "-m", "x"]);
    sandbox.git(&["init", "-q", "--bare", "origin.git"]);
    sandbox.git(&["remote", "add", "origin", "origin.git"]);
    git(&sandbox, &["push", "-q", "origin", "main"]).code(1).says("did you mean `home`?");
}

#[test]
fn a_push_to_a_server_publishes_and_tells_the_pusher() {
    let server = Loopback::start("mastodon");
    let mut sandbox = Sandbox::new();
    sandbox.set("TWIN_TOKEN", server.token);
    sandbox.git(&["init", "-q", "--bare", "-b", "main", "origin.git"]);
    let bare = sandbox.file("origin.git");
    sandbox.run_in(&bare, &["hooks", "install"]).done().says("hooks/post-receive").says("no commit yet");
    sandbox.git(&["remote", "add", "origin", "origin.git"]);
    sandbox.write(
        "masthead.toml",
        format!(
            "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\n\n[accounts.brand]\nnetwork = \"mastodon\"\n\
             endpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n",
            server.endpoint
        ),
    );
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\"]\n+++\n\nThe news of today.\n");
    sandbox.write(".gitignore", "origin.git\n");
    sandbox.commit();
    git(&sandbox, &["push", "origin", "main:refs/heads/draft"]).done().never_says("published");
    git(&sandbox, &["push", "origin", "main"]).done().says("published a to brand: http");
    assert_eq!(server.seen().made, 1);
    // The ledger is where the clone looks for it: on the remote.
    sandbox.run(&["status"]).done().says("published  a");
    sandbox.run(&["freeze", "--reason", "a crisis"]).done();
    sandbox.write("content/b.md", "+++\nid = \"b\"\nto = [\"brand\"]\n+++\n\nA hoodie, black.\n");
    sandbox.commit();
    git(&sandbox, &["push", "origin", "main"]).done().says("frozen by Ada: a crisis");
    assert_eq!(server.seen().made, 1);
    // A publisher that fails does not fail the push.
    sandbox.run(&["thaw"]).done();
    sandbox.set("TWIN_TOKEN", "");
    sandbox.commit();
    git(&sandbox, &["push", "origin", "main"]).done().says("TWIN_TOKEN").says("not everything is as it should be");
    sandbox.run_in(&bare, &["hooks", "uninstall"]).done().says("removed");
}
