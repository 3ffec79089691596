//! Changing and taking back what is out, with the program itself against a twin of Mastodon.

use crate::publishing::{mastodon, post};

#[test]
fn an_update_changes_the_one_post() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    sandbox.run(&["update", "a"]).done().says("nothing of `a` that is out has changed");
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo, mended."));
    sandbox.run(&["update", "a"]).done().says("not committed");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("nothing was published");
    sandbox.run(&["status"]).done().says("`masthead update a` sends the change");
    sandbox.run(&["update", "content/a.md"]).done().says("updated a (2/2) to brand: http");
    let texts: Vec<String> = server.seen().live.into_iter().map(|live| live.text).collect();
    assert_eq!((texts, server.seen().made), (vec!["One.".to_owned(), "Two, mended.".to_owned()], 2));
    sandbox.run(&["plan"]).done().says("nothing to do");
    sandbox.run(&["log"]).done().says("edit").says("(said by Ada)");
}

#[test]
fn an_update_says_where_the_change_can_not_be_sent() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    sandbox.write("content/a.md", post("a", "brand", "One.\n\n---\n\nTwo."));
    sandbox.commit();
    let requests = server.seen().requests.len();
    sandbox.run(&["update", "a"]).code(1).says("can't be sent everywhere").says("drift");
    assert_eq!(server.seen().requests.len(), requests);
    sandbox.run(&["update", "b"]).code(2).says("there is no post `b`");
    sandbox.run(&["update", "a", "--account", "brnd"]).code(2).says("did you mean `brand`?");
}

#[test]
fn an_update_is_refused_while_frozen() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    sandbox.write("content/a.md", post("a", "brand", "One, mended."));
    sandbox.commit();
    sandbox.run(&["freeze", "--account", "brand", "--reason", "a crisis"]).done();
    let requests = server.seen().requests.len();
    sandbox.run(&["update", "a"]).code(1).says("account `brand` is frozen by Ada: a crisis");
    assert_eq!(server.seen().requests.len(), requests);
}

#[test]
fn a_retraction_deletes_it_even_while_frozen_and_with_its_file_gone() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\n+++\n\nOne.\n\n---\n\nTwo.\n");
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    assert_eq!(server.seen().live.len(), 2);
    sandbox.run(&["freeze", "--reason", "a crisis"]).done();
    sandbox.git(&["rm", "-q", "content/a.md"]);
    sandbox.commit();
    sandbox.run(&["retract", "a", "--account", "home"]).done().says("took back a");
    assert_eq!(server.seen().live.len(), 2);
    assert!(!sandbox.read("public/index.html").contains("One."));
    sandbox.run(&["retract", "a", "--reason", "it was wrong"]).done().says("took back a (2/2) to brand");
    assert!(server.seen().live.is_empty(), "{:?}", server.seen().live);
    sandbox.run(&["retract", "a"]).done().says("nothing of `a` is out");
    sandbox.run(&["log"]).done().says("taken back: it was wrong (said by Ada)");
    sandbox.run(&["status"]).done().says("retracted  a");
    sandbox.run(&["thaw"]).done();
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\n+++\n\nOne.\n\n---\n\nTwo.\n");
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("nothing was published");
    assert_eq!(server.seen().made, 2);
}

#[test]
fn a_retraction_says_what_still_goes_out() {
    let (sandbox, server) = mastodon();
    sandbox.write(
        "content/a.md",
        "+++\nid = \"a\"\nto = [\"brand\", \"home\"]\n[brand]\ndate = 2099-01-01T09:00:00\n+++\n\nOne.\n",
    );
    sandbox.commit();
    sandbox.run(&["publish"]).done().says("published a to home");
    sandbox.run(&["retract", "a"]).done().says("took back a to home").says("still goes out").says("retract = true");
    assert!(server.seen().requests.is_empty());
}

#[test]
fn a_retraction_that_fails_is_told_and_can_be_repeated() {
    let (mut sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    sandbox.set("TWIN_TOKEN", "wrong-canary-8471");
    sandbox.run(&["retract", "a"]).code(1).says("still out").never_says("wrong-canary-8471");
    assert_eq!(server.seen().live.len(), 1);
    sandbox.set("TWIN_TOKEN", server.token);
    let ran = sandbox.run(&["retract", "a", "--json"]).done();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&json["version"], &json["settled"][0]["outcome"]), (&1.into(), &"retracted".into()));
    assert!(server.seen().live.is_empty());
}

#[test]
fn a_post_that_says_so_is_taken_back_by_publish() {
    let (sandbox, server) = mastodon();
    sandbox.write("content/a.md", post("a", "brand", "One."));
    sandbox.commit();
    sandbox.run(&["publish"]).done();
    // What would be wrong with it if it were sent does not matter any more.
    let long = "word ".repeat(400);
    sandbox.write(
        "content/a.md",
        format!(
            "+++\nid = \"a\"\nto = [\"brand\"]\nretract = true\nreply_to = \"gone\"\n[allow]\nalt-missing = \"x\"\n+++\n\n\
             {long}\n\n![](missing.png)\n"
        ),
    );
    sandbox.run(&["check", "--deny-warnings"]).done().says("no findings");
    sandbox.commit();
    sandbox.run(&["plan"]).done().says("retract  a");
    sandbox.run(&["publish"]).done().says("took back a to brand");
    assert!(server.seen().live.is_empty());
    sandbox.run(&["publish"]).done().says("nothing was published");
    sandbox.run(&["log"]).done().says("its post says `retract = true`");
}
