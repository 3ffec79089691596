//! The workspaces that people meet first: the sample at the project's root, and the one that `init` makes.

use super::html;
use crate::sandbox::Sandbox;
use std::{fs, path::Path};

/// Copies the sample workspace of the project.
fn sample() -> Sandbox {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    sandbox.write("masthead.toml", fs::read(root.join("masthead.toml")).expect("the sample's configuration"));
    for entry in fs::read_dir(root.join("content")).expect("the sample's posts") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        sandbox.write(&format!("content/{name}"), fs::read(entry.path()).expect("a readable file"));
    }
    sandbox.commit();
    sandbox
}

/// Reads every page below a folder and returns how many there are.
fn check_pages(folder: &Path) -> usize {
    let mut pages = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            pages += check_pages(&path);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let page = html::read(&fs::read_to_string(&path).expect("a page"));
            assert_eq!(page.errors, Vec::<String>::new(), "{}", path.display());
            pages += 1;
        }
    }
    pages
}

#[test]
fn the_sample_has_no_findings_and_becomes_a_valid_site() {
    let sandbox = sample();
    sandbox.run(&["check", "--deny-warnings"]).done().says("no findings");
    sandbox.run(&["publish"]).done();
    // The index, four posts that are due, two tags.
    assert_eq!(check_pages(&sandbox.file("public")), 7);
    let index = sandbox.read("public/index.html");
    assert!(index.find("Welcome aboard") < index.find("One source, many networks"), "the welcome is on top");
    assert!(!index.contains("Hello, 2030") && !index.contains("A draft is checked"));
}

#[test]
fn an_empty_machine_makes_the_same_site() {
    let sandbox = sample();
    sandbox.run(&["publish"]).done();
    let read = || ["public/index.html", "public/feed.xml", "public/feed.json"].map(|path| sandbox.read(path));
    let before = read();
    fs::remove_dir_all(sandbox.file("public")).expect("removed");
    sandbox.run(&["publish"]).done();
    assert_eq!(before, read());
}

#[test]
fn what_init_and_new_write_has_no_findings() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init", "--name", "Acme", "--timezone", "Europe/Rome"]).done();
    sandbox.run(&["new", "A new hoodie", "--date", "2030-01-01T09:00"]).done();
    sandbox.run(&["check", "--deny-warnings"]).done();
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    assert!(sandbox.read("public/index.html").contains("Hello"));
    every_place_is_filled(&sandbox, &["masthead.toml", "content/hello.md", ".gitignore"]);
}

#[test]
fn workflows_come_with_a_ledger_on_a_remote() {
    let sandbox = Sandbox::new();
    sandbox.git(&["checkout", "-q", "-b", "trunk"]);
    sandbox.run(&["init", "--name", "Acme", "--github"]).done().says("git remote add origin");
    sandbox.run(&["check", "--deny-warnings"]).done();
    let (check, publish) = (".github/workflows/masthead-check.yml", ".github/workflows/masthead-publish.yml");
    every_place_is_filled(&sandbox, &["masthead.toml", check, publish]);
    assert!(sandbox.read(publish).contains("${{ secrets.") && sandbox.read(publish).contains("[trunk]"));
    let config = sandbox.read("masthead.toml");
    assert!(config.contains("branch = \"trunk\"") && config.contains("remote = \"origin\""), "{config}");
    // In a clone that is new each time, a ledger of its own would be empty each time.
    sandbox.run(&["init", "other", "--github", "--remote", "false"]).code(2).says("would publish everything again");
    sandbox.run(&["init", "other", "--remote", "false"]).done();
    sandbox.run(&["init", "other", "--github"]).code(2).says("would publish everything again");
    assert!(!sandbox.file("other/.github").exists());
}

#[test]
fn init_leaves_what_is_there_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("content/hello.md", "mine");
    sandbox.write(".gitignore", "/target");
    sandbox.run(&["init"]).done().says("kept content/hello.md").says("added lines to .gitignore");
    assert_eq!(sandbox.read("content/hello.md"), "mine");
    assert_eq!(sandbox.read(".gitignore"), "/target\n# Made by masthead\n/public/\n/preview/\n/.masthead/cache/\n");
    sandbox.run(&["init"]).done().says("kept masthead.toml").says("kept .gitignore").never_says("next:");
}

#[track_caller]
fn every_place_is_filled(sandbox: &Sandbox, files: &[&str]) {
    for file in files {
        let text = sandbox.read(file);
        assert!(!text.replace("${{", "").contains("{{"), "{file} has a place that nobody filled:\n{text}");
    }
}

#[test]
fn a_committed_template_is_used_and_a_mistake_in_one_is_told() {
    let sandbox = sample();
    sandbox.write("templates/site/style.css", "body { color: red }");
    sandbox.write("templates/site/_tags.html", "mine {{ entry.heading }}");
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    assert_eq!(sandbox.read("public/style.css"), "body { color: red }");
    assert!(sandbox.read("public/index.html").contains("mine Welcome aboard"));
    sandbox.write("templates/site/_tags.html", "mine\n{{ entry.headline }}");
    sandbox.commit();
    let ran = sandbox.run(&["publish"]).says("templates/site/_tags.html").says("line 2").says("`entry.headline`");
    assert_ne!(ran.code, 0);
}
