//! From a Markdown file to a published post, with the program itself: the site, a twin of Mastodon on the loopback, and
//! the ledger in git.

use crate::{loopback::Loopback, sandbox::Sandbox};

const SITE: &str = "[accounts.home]\nnetwork = \"site\"\n";

pub(crate) fn post(id: &str, to: &str, body: &str) -> String {
    format!("+++\nid = \"{id}\"\nto = [\"{to}\"]\n+++\n\n{body}\n")
}

fn site() -> Sandbox {
    let sandbox = Sandbox::with_config(SITE);
    sandbox.write("content/hello.md", post("hello", "home", "Hello, world."));
    sandbox.commit();
    sandbox
}

/// A workspace with an account on a twin of Mastodon.
pub(crate) fn mastodon() -> (Sandbox, Loopback) {
    let server = Loopback::start("mastodon");
    let account = format!(
        "[accounts.brand]\nnetwork = \"mastodon\"\nendpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n\n{SITE}",
        server.endpoint
    );
    let mut sandbox = Sandbox::with_config(&account);
    sandbox.set("TWIN_TOKEN", server.token);
    (sandbox, server)
}

fn ledger_length(sandbox: &Sandbox) -> usize {
    sandbox.git(&["rev-list", "--count", "masthead-ledger"]).parse().expect("a number")
}

#[test]
fn a_committed_post_is_a_page_and_a_receipt() {
    let sandbox = site();
    sandbox.run(&["publish"]).done().says("public/index.html");
    assert!(sandbox.read("public/index.html").contains("Hello, world."));
    assert!(sandbox.read("public/feed.xml").contains("Hello, world."));
    assert!(sandbox.git(&["log", "masthead-ledger"]).contains("hello"));
    sandbox.run(&["status"]).done().says("published").says("hello");
    sandbox.run(&["log"]).done().says("receipt");
    sandbox.run(&["show", "hello"]).done().says("Hello, world.");
}

#[test]
fn what_is_not_committed_is_not_published() {
    let sandbox = site();
    sandbox.write("content/other.md", post("other", "home", "Not yet."));
    sandbox.run(&["publish"]).done().says("not committed");
    assert!(!sandbox.read("public/index.html").contains("Not yet."));
}

#[test]
fn a_second_publish_changes_nothing() {
    let sandbox = site();
    sandbox.run(&["publish"]).done().says("published");
    let (length, page) = (ledger_length(&sandbox), sandbox.read("public/index.html"));
    sandbox.run(&["publish"]).done().says("nothing was published");
    assert_eq!((ledger_length(&sandbox), sandbox.read("public/index.html")), (length, page));
}

#[test]
fn an_empty_machine_makes_the_same_site() {
    let sandbox = site();
    sandbox.run(&["publish"]).done().says("published");
    let before = sandbox.read("public/index.html");
    std::fs::remove_dir_all(sandbox.file("public")).expect("removed");
    sandbox.run(&["publish"]).done().says("wrote the site");
    assert_eq!(sandbox.read("public/index.html"), before);
}

#[test]
fn a_file_of_somebody_else_in_the_output_is_left_alone() {
    let sandbox = site();
    sandbox.write("public/CNAME", "acme.example\n");
    sandbox.run(&["publish"]).done().says("published");
    assert_eq!(sandbox.read("public/CNAME"), "acme.example\n");
}

#[test]
fn a_post_with_an_error_is_held_and_the_rest_goes_out() {
    let sandbox = site();
    sandbox.write("content/bad.md", "+++\nid = \"bad\"\nto = [\"home\"]\ndat = 2026-01-01\n+++\n\nBad.\n");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("held").says("hello");
    assert!(!sandbox.read("public/index.html").contains("Bad."));
}

#[test]
fn a_post_goes_to_mastodon_once_whatever_becomes_of_its_file() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nto = [\"brand\"]\n+++\n\nThe news of today. https://acme.example/news #acme\n");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to brand: http");
    assert_eq!(server.seen().made, 1);
    assert_eq!(server.seen().live[0].text, "The news of today. https://acme.example/news #acme");
    let requests = server.seen().requests.len();

    sandbox.run(&["publish"]).done().says("nothing was published");
    sandbox.write(
        "content/a.md",
        "+++\nto = [\"brand\"]\n+++\n\nThe news of today, mended. https://acme.example/news #acme\n",
    );
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("nothing was published");
    sandbox.run(&["plan"]).done().says("update");
    sandbox.git(&["mv", "content/a.md", "content/b.md"]);
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("held");
    sandbox.git(&["rm", "-q", "content/b.md"]);
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("nothing was published");
    assert_eq!(server.seen().requests.len(), requests, "{:?}", server.seen().requests);
}

#[test]
fn a_thread_is_a_chain() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo.\n\n---\n\nThree."));
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a (3/3) to brand");
    let live = server.seen().live;
    let chain: Vec<_> = live.iter().map(|post| (post.text.as_str(), post.reply_to.clone())).collect();
    let id = |at: usize| Some(live[at].id.clone());
    assert_eq!(chain, [("One.", None), ("Two.", id(0)), ("Three.", id(1))]);
}

#[test]
fn a_reply_to_a_post_of_the_same_run_goes_out_after_it() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\"]\nreply_to = \"z\"\n+++\n\nAn answer.\n");
    sandbox.write("content/z.md", post("z", "brand", "A question."));
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to brand");
    let live = server.seen().live;
    assert_eq!(live[1].reply_to.as_deref(), Some(live[0].id.as_str()));
}

#[test]
fn the_plan_moves_in_time_and_sends_nothing() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\"]\ndate = 2099-06-01T09:00:00\n+++\n\nLater.\n");
    sandbox.commit();
    sandbox.run(&["plan"]).done().says("wait").says("2099-06-01 09:00 +02:00");
    sandbox.run(&["publish"]).done().says("1 waiting");
    sandbox.run(&["plan", "--at", "2099-06-01T08:59"]).done().says("wait");
    sandbox.run(&["plan", "--at", "2099-06-01T09:00"]).done().says("publish");
    assert!(server.seen().requests.is_empty());
}

#[test]
fn only_narrows_by_account_and_by_post() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\n+++\n\nFirst news.\n");
    sandbox.write("content/b.md", "+++\nid = \"b\"\nto = [\"brand\", \"home\"]\n+++\n\nSecond story.\n");
    sandbox.commit();
    sandbox.run(&["publish", "--only", "home"]).done().says("published a to home");
    assert_eq!(server.seen().made, 0);
    sandbox.run(&["publish", "--only", "brand", "--only", "b"]).done().says("published b to brand");
    assert_eq!(server.seen().made, 1);
    sandbox.run(&["publish", "--only", "brend"]).code(2).says("did you mean `brand`?");
}

#[test]
fn a_wrong_token_is_said_and_nothing_is_lost() {
    let (mut sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "Hello."));
    sandbox.commit();
    sandbox.set("TWIN_TOKEN", "wrong-canary-8471");
    sandbox.run(&["publish"]).code(1).never_says("wrong-canary-8471").says("brand");
    assert_eq!(server.seen().made, 0);
    sandbox.set("TWIN_TOKEN", server.token);
    sandbox.run(&["publish"]).done().says("published a to brand").never_says(server.token);
    assert_eq!(server.seen().made, 1);
    assert!(!sandbox.git(&["log", "-p", "masthead-ledger"]).contains(server.token));
}

#[test]
fn a_missing_secret_says_which() {
    let (mut sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "Hello."));
    sandbox.commit();
    sandbox.set("TWIN_TOKEN", "");
    sandbox.run(&["publish"]).code(1).says("TWIN_TOKEN");
    sandbox.run(&["doctor"]).code(1).says("TWIN_TOKEN");
    assert!(server.seen().requests.is_empty());
}

#[test]
fn doctor_learns_the_limits_and_check_holds_to_them() {
    let (sandbox, _server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "Hello."));
    sandbox.commit();
    sandbox.run(&["doctor"]).done().says("ok   brand:");
}

#[test]
fn json_has_a_version() {
    let sandbox = site();
    for arguments in [
        &["plan", "--json"][..],
        &["publish", "--json"],
        &["status", "--json"],
        &["log", "--json"],
        &["show", "hello", "--json"],
        &["accounts", "--json"],
        &["check", "--format", "json"],
        &["doctor", "--json"],
    ] {
        let ran = sandbox.run(arguments).done();
        let json: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        assert_eq!(json["version"], 1, "{arguments:?}");
    }
}

#[test]
fn an_event_of_a_post_that_is_gone_can_still_be_read() {
    let sandbox = site();
    sandbox.run(&["publish"]).done();
    sandbox.git(&["rm", "-q", "content/hello.md"]);
    sandbox.write("content/other.md", post("other", "home", "Something else."));
    sandbox.commit();
    sandbox.run(&["log", "--only", "hello"]).done().says("receipt");
    sandbox.run(&["show", "hello"]).done().says("its post is no longer there");
    sandbox.run(&["log", "--only", "other"]).done().says("nothing has happened to it yet");
}

#[test]
fn a_time_is_shown_only_where_one_is_known() {
    let sandbox = site();
    sandbox.write("content/draft.md", "+++\nid = \"draft\"\nto = [\"home\"]\ndraft = true\n+++\n\nNot yet.\n");
    sandbox.commit();
    let plan = sandbox.run(&["plan"]).done();
    let lines: Vec<&str> = plan.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "publish  hello  home  now  has no date: due as soon as it is on the branch",
            "wait     draft  home       a draft",
            "1 to publish, 1 waiting",
        ]
    );
}

#[test]
fn a_summary_counts_posts_and_accounts() {
    let (sandbox, _server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\n+++\n\nOne.\n\n---\n\nTwo.\n");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published 1 post on 2 accounts\n");
    sandbox.run(&["log"]).done().says("a (part 2)");
}
