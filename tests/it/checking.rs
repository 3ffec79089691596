//! `check` in a repository: what is staged, and what has changed since a commit.

use crate::sandbox::Sandbox;

const SITE: &str = "[accounts.home]\nnetwork = \"site\"\n";

fn post(to: &str) -> String {
    format!("+++\nid = \"p\"\nto = [\"{to}\"]\n+++\n\nHello.\n")
}

/// A workspace with a committed post that has a mistake of its own, which is nobody's concern here.
fn with_an_old_mistake() -> Sandbox {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.write("content/old.md", "+++\nid = \"old\"\nto = [\"hoem\"]\n+++\n\nOld.\n");
    sandbox.commit();
    sandbox
}

#[test]
fn only_what_is_staged_is_reported() {
    let sandbox = with_an_old_mistake();
    sandbox.run(&["check", "--staged"]).done().says("no findings");
    sandbox.write("content/p.md", post("hoem"));
    sandbox.run(&["check", "--staged"]).done().says("no findings");
    sandbox.git(&["add", "content/p.md"]);
    sandbox.run(&["check", "--staged"]).code(1).says("content/p.md:3:7").says("1 error in 1 file");
    sandbox.run(&["check"]).code(1).says("2 errors in 2 files");
}

#[test]
fn a_file_is_read_as_it_is_staged() {
    let sandbox = with_an_old_mistake();
    sandbox.write("content/p.md", post("hoem"));
    sandbox.git(&["add", "content/p.md"]);
    sandbox.write("content/p.md", post("home"));
    sandbox.run(&["check", "--staged"]).code(1).says("`hoem`");
    sandbox.run(&["check", "content/p.md"]).done();
    sandbox.git(&["add", "content/p.md"]);
    sandbox.write("content/p.md", post("hoem"));
    sandbox.run(&["check", "--staged"]).done();
    sandbox.run(&["check", "content/p.md"]).code(1);
}

#[test]
fn a_picture_that_is_not_staged_is_missing() {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.commit();
    sandbox.write("content/pic.png", include_bytes!("../../content/one-source.png"));
    sandbox.write("content/p.md", format!("{}\n![A page and a pen](pic.png)\n", post("home")));
    sandbox.git(&["add", "content/p.md"]);
    sandbox.run(&["check", "content/p.md"]).done();
    sandbox.run(&["check", "--staged"]).code(1).says("`content/pic.png` doesn't exist");
    sandbox.git(&["add", "content/pic.png"]);
    sandbox.run(&["check", "--staged"]).done();
}

#[test]
fn a_workspace_that_is_not_staged_says_what_to_stage() {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.write("content/p.md", post("home"));
    sandbox.git(&["add", "content/p.md"]);
    sandbox.run(&["check", "--staged"]).code(2).says("git add masthead.toml");
}

#[test]
fn only_what_has_changed_since_a_commit_is_reported() {
    let sandbox = with_an_old_mistake();
    sandbox.git(&["checkout", "-q", "-b", "topic"]);
    sandbox.write("content/p.md", post("hoem"));
    sandbox.commit();
    sandbox.run(&["check", "--since", "main"]).code(1).says("content/p.md").says("1 error in 1 file");
    sandbox.write("content/q.md", "Not committed.\n");
    sandbox.run(&["check", "--since", "HEAD"]).code(1).says("content/q.md").says("1 error in 1 file");
    sandbox.run(&["check", "--since", "nowhere"]).code(2).says("git knows no single commit `nowhere`");
}

#[test]
fn in_a_subfolder_of_the_repository_the_paths_are_the_workspaces() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init", "social", "--name", "Acme"]).done().says("git add masthead.toml");
    sandbox.commit();
    let social = sandbox.file("social");
    sandbox.run_in(&social, &["check"]).done().says("no findings");
    sandbox.write("social/content/p.md", post("hoem"));
    sandbox.git(&["add", "-A"]);
    sandbox.run_in(&social, &["check", "--staged"]).code(1).says("content/p.md:3:7");
    sandbox.run_in(&social.join("content"), &["show", "hello.md"]).done().says("hello on home");
    sandbox.run_in(&social.join("content"), &["publish"]).done().says("published hello to home");
    sandbox.run_in(&social, &["plan", "--only", "content/hello.md"]).done().says("published and unchanged");
}
