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

/// A folder whose defaults have a mistake, with two posts and one elsewhere.
fn with_broken_defaults(accounts: &str, defaults: &str) -> Sandbox {
    let sandbox = Sandbox::with_config(accounts);
    sandbox.write("content/news/_defaults.toml", defaults);
    for name in ["a", "deep/b"] {
        sandbox.write(&format!("content/news/{name}.md"), format!("We say {name} once, and only once.\n"));
    }
    sandbox.write("content/c.md", "+++\nto = [\"home\"]\n+++\n\nElsewhere.\n");
    sandbox.commit();
    sandbox
}

#[test]
fn what_is_wrong_with_defaults_is_told_once_wherever_a_post_inherits_it() {
    let sandbox = with_broken_defaults(
        &format!("{SITE}\n[accounts.team]\nnetwork = \"site\"\noutput = \"content\"\n"),
        "to = [\"home\", \"team\"]\ndraft = \"no\"\n# ghp_0123456789abcdefghijklmnopqrstuvwxyz\n",
    );
    let all: [&[&str]; 5] = [
        &["check"],
        &["check", "content/news"],
        &["check", "content/news/a.md"],
        &["check", "content/news/deep/b.md"],
        &["check", "content/news/_defaults.toml", "content/news/a.md", "masthead.toml"],
    ];
    for arguments in all {
        let ran = sandbox.run(arguments).code(1);
        let count = |text: &str| ran.stdout.matches(text).count();
        assert_eq!(count("error[wrong-type]"), 1, "{arguments:?}: {}", ran.stdout);
        assert_eq!(count("error[secret-in-text]"), 1, "{arguments:?}: {}", ran.stdout);
        assert_eq!(count("error[site-output]"), 1, "{arguments:?}: {}", ran.stdout);
        assert!(!ran.stdout.contains("ghp_"), "{}", ran.stdout);
    }
    sandbox.run(&["check", "content/news/_defaults.toml"]).code(1).says("2 errors in 1 file");
    sandbox.run(&["check", "content/c.md"]).done().says("no findings");
}

#[test]
fn a_post_that_inherits_a_mistake_is_not_published() {
    let sandbox = with_broken_defaults(SITE, "to = [\"home\"]\ndraft = \"yes\"\n");
    let ran = sandbox.run(&["publish"]).done().says("published 1 post, 2 held");
    let held = |post: &str| ran.stdout.lines().any(|line| line.starts_with("held") && line.contains(post));
    assert!(held("news/a") && held("news/deep/b"), "{}", ran.stdout);
    assert!(!sandbox.read("public/index.html").contains("only once"));
}

#[test]
fn a_second_use_of_an_id_names_the_line_of_the_first() {
    let sandbox = Sandbox::with_config("[accounts.home]\nnetwork = \"site\"\n");
    for name in ["a", "b"] {
        let text = format!("+++\nto = [\"home\"]\nid = \"same\"\n+++\n\nThe post {name}.\n");
        sandbox.write(&format!("content/{name}.md"), text);
    }
    sandbox.run(&["check"]).code(1).says("content/b.md:3").says("content/a.md:3");
}
