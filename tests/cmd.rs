//! The command line as documents: what each command says, word for word, in `tests/cmd/*.md`. After a change on purpose,
//! `TRYCMD=overwrite cargo test --test cmd` writes them anew; read the difference before it is committed.

use std::{env, path::PathBuf};

#[test]
fn every_command_says_what_its_document_says() {
    let cases = trycmd::TestCases::new();
    cases
        .register_bin("git", trycmd::schema::Bin::Path(git()))
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "Europe/Rome")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@acme.example")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@acme.example")
        .case("tests/cmd/*.md");
}

/// Finds the `git` program, which the documents use as people would.
fn git() -> PathBuf {
    let path = env::var_os("PATH").expect("a search path");
    env::split_paths(&path).map(|folder| folder.join("git")).find(|place| place.is_file()).expect("git is installed")
}
