//! The posts that a generated ledger is about.

use super::{generate, git};
use std::{fmt::Write as _, fs, path::Path};

/// Makes a repository with a workspace of so many posts, committed.
pub(crate) fn write(folder: &Path, posts: usize) {
    fs::create_dir_all(folder.join("content")).expect("a folder");
    let mut config = "[workspace]\nname = \"Scale\"\ntimezone = \"UTC\"\nbranch = \"main\"\n\n\
                      [ledger]\nremote = false\n"
        .to_owned();
    let mut names = Vec::new();
    for number in 0..generate::ACCOUNTS {
        let name = generate::account(number);
        write!(
            config,
            "\n[accounts.{name}]\nnetwork = \"mastodon\"\nendpoint = \"https://m{number}.example\"\ntoken = \"env:T\"\n"
        )
        .expect("a string");
        names.push(format!("\"{name}\""));
    }
    fs::write(folder.join("masthead.toml"), config).expect("a file");
    for number in 0..posts {
        let id = generate::post(number);
        let text = format!(
            "+++\nid = \"{id}\"\nto = [{}]\ndate = 2024-01-01T00:00:00Z\n+++\n\nThe words of post {number}.\n",
            names.join(", ")
        );
        let below = folder.join(format!("content/{:02}", number % 50));
        fs::create_dir_all(&below).expect("a folder");
        fs::write(below.join(format!("{id}.md")), text).expect("a file");
    }
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    git(folder, &["add", "--all"]);
    git(folder, &["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "posts"]);
}
