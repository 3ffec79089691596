//! `masthead check --format github-comment`: what a pull request is told of itself.

use crate::sandbox::Sandbox;
use std::fs;

const ACCOUNTS: &str = "[accounts.home]\nnetwork = \"site\"\n\n[accounts.sky]\nnetwork = \"bluesky\"\n\
                        handle = \"acme.example\"\ntoken = \"env:NONE\"\n";

fn post(to: &str, date: &str, text: &str) -> String {
    format!("+++\nto = [{to}]\ndate = {date}\n+++\n\n{text}\n")
}

/// A branch that brings a post, changes two and removes one.
fn branch() -> Sandbox {
    let sandbox = Sandbox::with_config(ACCOUNTS);
    for name in ["kept", "moved", "reworded", "dropped"] {
        sandbox.write(&format!("content/{name}.md"), post("\"sky\"", "2090-01-01T09:00:00", &format!("It is {name}.")));
    }
    sandbox.commit();
    sandbox.write("content/moved.md", post("\"sky\"", "2090-01-02T10:30:00", "It is moved."));
    sandbox.write("content/reworded.md", post("\"sky\", \"home\"", "2090-01-01T09:00:00", "Other words."));
    sandbox.write(
        "content/new.md",
        post("\"sky\"", "2090-03-01T09:00:00", "Hello @ada, <b>see</b> #12\n\n```\ncode\n```"),
    );
    fs::remove_file(sandbox.file("content/dropped.md")).expect("removed");
    sandbox
}

#[test]
fn it_says_what_goes_out_where_and_when_and_what_is_different() {
    let sandbox = branch();
    let ran = sandbox.run(&["check", "--format", "github-comment", "--since", "HEAD"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    insta::assert_snapshot!(ran.stdout, @r#"
    ### Masthead

    compared with HEAD: 1 new, 2 changed, 1 removed

    #### Changed: It is moved.

    `content/moved.md`

    - **planned**, 2090-01-02 10:30 +01:00 on `sky`: scheduled
    - moved from 2090-01-01 09:00 +01:00 to 2090-01-02 10:30 +01:00 on `sky`

    <details><summary>What it says</summary>

    `sky`

    ```text
    It is moved.
    ```

    </details>

    #### New: Hello @<!-- -->ada, &lt;b&gt;see&lt;/b&gt; #<!-- -->12

    `content/new.md`

    - **planned**, 2090-03-01 09:00 +01:00 on `sky`: scheduled

    <details><summary>What it says</summary>

    `sky`

    ```text
    Hello @ada, <b>see</b> #12

    code
    ```

    </details>

    #### Changed: Other words.

    `content/reworded.md`

    - **planned**, 2090-01-01 09:00 +01:00 on `home` and `sky`: scheduled
    - goes to `home` too
    - says something else on `sky`

    <details><summary>What it says</summary>

    `home` and `sky`

    ```text
    Other words.
    ```

    </details>

    #### Removed: `content/dropped.md`

    - it is out nowhere, and stays unsent

    Nothing is wrong with them.
    "#);
}

#[test]
fn what_is_wrong_is_told_and_fails() {
    let sandbox = branch();
    sandbox.write("content/new.md", post("\"sky\", \"nobody\"", "2090-03-01T09:00:00", &"long ".repeat(70)));
    let ran = sandbox.run(&["check", "--format", "github-comment", "--since", "HEAD"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let (_, findings) = ran.stdout.split_once("<details open><summary>").expect("findings are shown at once");
    insta::assert_snapshot!(findings, @r#"
    2 errors</summary>

    - **error** `content/new.md:2`: unknown account or group `nobody`; name an account or group of `masthead.toml` (`unknown-account`)
    - **error** `content/new.md:6`: the text for `sky` is 49 characters over Bluesky's limit of 300; shorten it, write a copy of its own under `# @bluesky`, or split it with `thread = "auto"` (`text-too-long`)

    </details>
    "#);
}

#[test]
fn a_secret_is_not_repeated() {
    let sandbox = branch();
    let secret = ["ghp", "_", "0123456789abcdefghijklmnopqrstuvwxyz"].concat();
    sandbox.write("content/new.md", post("\"sky\"", "2090-03-01T09:00:00", &format!("The token is {secret}.")));
    let ran = sandbox.run(&["check", "--format", "github-comment", "--since", "HEAD"]);
    assert!(ran.stdout.contains("secret-in-text") && !ran.stdout.contains(&secret[4..]), "{ran:?}");
}

#[test]
fn hundreds_of_posts_fit_into_a_comment() {
    let sandbox = branch();
    for index in 0..300 {
        sandbox
            .write(&format!("content/many/{index}.md"), post("\"sky\", \"home\"", "2090-01-01", &"word ".repeat(500)));
    }
    let ran = sandbox.run(&["check", "--format", "github-comment", "--since", "HEAD"]);
    assert!(ran.stdout.chars().count() < 65_536, "{}", ran.stdout.chars().count());
    assert!(ran.stdout.contains("and 283 more that differ"), "{}", &ran.stdout[..400]);
}

#[test]
fn it_must_know_what_to_compare_with() {
    let sandbox = branch();
    let ran = sandbox.run(&["check", "--format", "github-comment"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--since origin/main"), "{ran:?}");
}

#[test]
fn a_plan_can_be_of_what_a_branch_has_changed() {
    let sandbox = branch();
    sandbox.commit();
    let ran = sandbox.run(&["plan", "--since", "HEAD~1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("moved") && ran.stdout.contains("new") && !ran.stdout.contains("kept"), "{ran:?}");
}
