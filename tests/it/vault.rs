//! The vault, with the program itself: a token that is nowhere but there publishes, and nothing of it can be read.

use crate::{loopback::Loopback, sandbox::Sandbox};

const NO_VAULT: &str = "[accounts.home]\nnetwork = \"site\"\n";

/// Makes a key: the secret half and the public half.
pub(crate) fn make_key() -> (String, String) {
    let sandbox = Sandbox::with_config(NO_VAULT);
    let ran = sandbox.run(&["vault", "init"]).done();
    let secret = ran.stdout.trim().to_owned();
    assert!(secret.starts_with("AGE-SECRET-KEY-1") && !ran.stderr.contains(&secret), "{ran:?}");
    let public = ran.stderr.split('"').find(|word| word.starts_with("age1")).expect("the public half").to_owned();
    assert_eq!(sandbox.git(&["branch", "--list"]), "", "nothing is written but what a person writes");
    (secret, public)
}

fn with_vault(server: &Loopback, key: &str, recipients: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with_config(&config(server, recipients));
    sandbox.set("MASTHEAD_VAULT_KEY", key);
    sandbox.write("content/hello.md", "+++\nid = \"hello\"\nto = [\"brand\"]\n+++\n\nHello.\n");
    sandbox.commit();
    sandbox
}

fn config(server: &Loopback, recipients: &[&str]) -> String {
    format!(
        "[vault]\nkey = \"env:MASTHEAD_VAULT_KEY\"\nrecipients = {recipients:?}\n\n\
         [accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"{}\"\ntoken = \"vault:brand\"\n",
        server.endpoint
    )
}

#[test]
fn a_token_of_the_vault_publishes_and_is_nowhere_to_be_read() {
    let (server, (key, public)) = (Loopback::start("mastodon"), make_key());
    let mut sandbox = with_vault(&server, &key, &[&public]);
    sandbox.run(&["vault", "init"]).done().says("began the vault on the branch `masthead-vault`");
    sandbox.run(&["vault", "init"]).done().says("is there already");
    sandbox.run(&["publish"]).code(1).says("the vault has no secret `brand`").says("masthead vault set brand");
    sandbox.run_with(&["vault", "set", "brand", "--expires", "2099-01-31"], server.token).done();
    sandbox.run(&["publish"]).done().says("published hello");
    sandbox.run(&["vault", "list"]).done().says("secret   brand").says("2099");
    sandbox.run(&["doctor"]).done().says("vault: keeps 1 secret or session, for 1 key");

    // Without the key everything but the secret can be seen.
    sandbox.set("MASTHEAD_VAULT_KEY", "");
    sandbox.run(&["vault", "list"]).done().says("secret   brand");
    sandbox.run(&["plan"]).done();
    sandbox.run(&["doctor"]).code(1).says("its key can't be had");
    sandbox.set("MASTHEAD_VAULT_KEY", &key);

    let all = sandbox.git(&["log", "--all", "--patch", "--text"]);
    assert!(all.contains("age-encryption.org/v1"), "the vault is in the repository");
    for secret in [server.token, key.as_str()] {
        assert!(!all.contains(secret), "a secret is in the repository");
    }
    sandbox.run(&["vault", "rm", "brand"]).done().says("removed the secret `brand`");
    sandbox.run(&["vault", "rm", "brand"]).code(2).says("has no secret `brand`");
    sandbox.run(&["vault", "rm", "--session", "brand"]).code(2).says("has no session `brand`");
}

#[test]
fn a_vault_is_encrypted_anew_for_another_key() {
    let (server, (key, public), (new, new_public)) = (Loopback::start("mastodon"), make_key(), make_key());
    let mut sandbox = with_vault(&server, &key, &[&public]);
    sandbox.run_with(&["vault", "set", "brand"], server.token).done();
    sandbox.write("masthead.toml", sandbox.read("masthead.toml").replace(&public, &new_public));
    sandbox.commit();
    sandbox.run(&["doctor"]).done().says("run `masthead vault rekey`");
    sandbox.run(&["vault", "rekey"]).done().says("encrypted 1 file anew");
    sandbox.set("MASTHEAD_VAULT_KEY", &new);
    sandbox.run(&["publish"]).done().says("published hello");
}

#[test]
fn a_wrong_key_or_use_says_what_to_do_and_no_secret() {
    let (server, (key, public), (other, _)) = (Loopback::start("mastodon"), make_key(), make_key());
    let mut sandbox = with_vault(&server, &key, &[&public]);
    sandbox.run_with(&["vault", "set", "brand"], server.token).done();
    for wrong in [other.as_str(), "AGE-SECRET-KEY-1CANARY", ""] {
        sandbox.set("MASTHEAD_VAULT_KEY", wrong);
        let ran = sandbox.run(&["publish"]).code(1).says("could not begin").never_says(server.token);
        assert!(wrong.is_empty() || !format!("{ran:?}").contains(wrong), "{ran:?}");
    }
    sandbox.set("MASTHEAD_VAULT_KEY", &other);
    sandbox.run(&["vault", "rekey"]).code(1).says("was not encrypted for the key").says("hint: write that public half");
    sandbox.set("MASTHEAD_VAULT_KEY", "");
    sandbox
        .run(&["vault", "rekey"])
        .code(1)
        .says("key can't be had")
        .says("hint: put it where `key` of `[vault]` says");
    for (arguments, input, part) in [
        (&["vault", "set", "brand"][..], "", "the secret is empty"),
        (&["vault", "set", "brand"][..], "one\ntwo\n", "more than one line"),
        (&["vault", "set", "Canary Secret"][..], "x", "can't be the name of a secret"),
        (&["vault", "set", "brand", "--expires", "soon"][..], "x", "is no time"),
    ] {
        sandbox.run_with(arguments, input).code(2).says(part).never_says("Canary");
    }
    Sandbox::with_config(NO_VAULT).run(&["vault", "list"]).code(2).says("run `masthead vault init`");
}

#[test]
fn a_vault_that_is_broken_says_how_it_is_mended() {
    let (server, (key, public)) = (Loopback::start("mastodon"), make_key());
    let sandbox = with_vault(&server, &key, &[&public]);
    sandbox.run_with(&["vault", "set", "brand"], server.token).done();
    let good = sandbox.git(&["rev-parse", "masthead-vault"]);
    let overwrite = |path: &str, bytes: &[u8]| {
        sandbox.git(&["update-ref", "refs/heads/masthead-vault", &good]);
        sandbox.git(&["worktree", "add", "-q", "-f", "vault", "masthead-vault"]);
        sandbox.write(&format!("vault/{path}"), bytes);
        sandbox.git(&["-C", "vault", "add", "-A"]);
        sandbox.git(&["-C", "vault", "commit", "-q", "-m", "a slip"]);
        sandbox.git(&["worktree", "remove", "--force", "vault"]);
    };
    overwrite("secrets/brand.age", b"age-encryption.org/v1\nnothing");
    sandbox.run(&["publish"]).code(1).says("`secrets/brand.age` of the vault is damaged").says("put it there again");
    overwrite("secrets/brand.json", b"{");
    sandbox
        .run(&["vault", "list"])
        .code(1)
        .says("can't be read")
        .says("hint: put it there again with `masthead vault set");
    sandbox.run(&["plan"]).done().says("what the vault knows of tokens is left out");
    sandbox.run(&["doctor"]).code(1).says("bad  vault: `secrets/brand.json` of the vault can't be read");
    sandbox.run_with(&["vault", "set", "brand"], server.token).done();
    overwrite("vault.json", b"{\"v\":2}");
    sandbox.run(&["vault", "list"]).code(1).says("newer program").says("hint: update this program");
    sandbox.git(&["update-ref", "refs/heads/masthead-vault", "main"]);
    for arguments in [&["vault", "list"][..], &["vault", "init"], &["vault", "rekey"]] {
        sandbox.run(arguments).code(1).says("holds something else").says("hint: name another in `branch` of `[vault]`");
    }
    assert_eq!(sandbox.git(&["rev-parse", "masthead-vault"]), sandbox.git(&["rev-parse", "main"]), "it is left alone");
    sandbox.git(&["update-ref", "refs/heads/masthead-vault", &good]);
    sandbox.run(&["publish"]).done().says("published hello");
}

#[test]
fn a_token_that_ends_is_told_of_ahead() {
    let server = Loopback::start("mastodon");
    let account = |ends: &str| {
        let mut sandbox = Sandbox::with_config(&format!(
            "[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n\
             token_expires = {ends}\n",
            server.endpoint
        ));
        sandbox.set("TWIN_TOKEN", server.token);
        let post = "+++\nid = \"hello\"\nto = [\"brand\"]\ndate = 2099-06-01T12:00:00\n+++\n\nHello.\n";
        sandbox.write("content/hello.md", post);
        sandbox.commit();
        sandbox
    };
    let sandbox = account("2099-05-31");
    sandbox.run(&["plan"]).done().says("the token of `brand` ends").says("before `hello` is due");
    sandbox.run(&["doctor"]).done().never_says("the token");
    let sandbox = account("2099-06-02");
    sandbox.run(&["plan"]).done().never_says("the token");
    account("2020-01-01").run(&["doctor"]).code(1).says("the token has ended");
}
