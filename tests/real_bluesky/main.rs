//! The built program against a real Bluesky server: what `masthead publish` sends is read back through the server's API.
//!
//! It runs where `MASTHEAD_REAL_PDS` names a server, as `tests/servers/pds.sh start` starts one, and says so elsewhere.

mod crash;
mod kept;
mod server;
mod video;

use serde_json::Value;
use server::Server;
use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write as _},
    path::Path,
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

const COPY: &str = "🎉 Dress your Sims 👩🏽‍🚀 in the @acme-friend.test hoodie: read more #TheSims #日本";
const LINK: &str = "https://acme.example/hoodie?from=sky#top";
const ALT: &str = "A Sim in a black hoodie, seen from the front";
const PARTS: [&str; 3] = ["One: why a hoodie? 🤔", "Two: because it is cold. ❄️", "Three: that is all."];

#[test]
fn posts_arrive_once_and_whole() {
    let Some((_turn, server)) = server() else { return };
    let workspace = workspace(&server);
    let before = server.posts();

    let output = publish(&workspace, &server);
    assert!(output.status.success(), "the first publish failed:\n{}", told(&output));
    let mut made = server.posts();
    made.retain(|uri, _| !before.contains_key(uri));
    assert_eq!(made.len(), 4, "one record each for a post and the three parts of a thread: {made:#?}");
    check_launch(&server, &made);
    check_thread(&server, &made);

    let after = server.posts();
    let writes = server.writes();
    assert!(writes.is_none_or(|writes| writes >= 4), "the server's log tells of {writes:?} writes");
    let nothing_sent = |when: &str, output: &Output| {
        assert_eq!(server.posts(), after, "{when}, something was published:\n{}", told(output));
        assert_eq!(server.writes(), writes, "{when}, something was sent:\n{}", told(output));
    };

    let output = publish(&workspace, &server);
    assert!(output.status.success(), "the second publish failed:\n{}", told(&output));
    nothing_sent("a second time", &output);

    let content = workspace.path().join("content");
    fs::create_dir(content.join("2026")).expect("a folder can be made");
    for (from, to) in [("launch.md", "2026/renamed.md"), ("hoodie.png", "2026/hoodie.png")] {
        fs::rename(content.join(from), content.join(to)).expect("a file can be moved");
    }
    commit(&workspace, "Move the launch");
    nothing_sent("after moving and renaming", &publish(&workspace, &server));

    let thread = fs::read_to_string(content.join("thread.md")).expect("the thread is there");
    fs::write(content.join("thread.md"), thread.replace("that is all", "that was all")).expect("it can be written");
    commit(&workspace, "Edit the thread");
    nothing_sent("after editing", &publish(&workspace, &server));

    fs::remove_dir_all(&content).expect("a folder can be removed");
    commit(&workspace, "Delete everything");
    nothing_sent("after deleting", &publish(&workspace, &server));
}

/// Held by whoever counts what the account has.
static TURN: Mutex<()> = Mutex::new(());

/// Returns the server to try, for one test at a time, or says that there is none.
fn server() -> Option<(MutexGuard<'static, ()>, Server)> {
    // Another test may have failed.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::from_environment();
    if server.is_none() {
        // Straight to stderr, so that the test harness does not swallow it.
        let _ =
            writeln!(std::io::stderr(), "skipped: start a server with tests/servers/pds.sh and set MASTHEAD_REAL_PDS");
    }
    server.map(|server| (turn, server))
}

/// The post with everything: each facet is where its words are, counted in bytes.
fn check_launch(server: &Server, made: &BTreeMap<String, Value>) {
    let launch = record(made, COPY);
    assert_eq!(launch["langs"], serde_json::json!(["en"]));
    let friend = server.get(&format!("com.atproto.identity.resolveHandle?handle={}", server.friend));
    let facet = |words: &str, kind: &str, key: &str, value: &str| {
        let start = COPY.find(words).expect("the words are in the copy");
        serde_json::json!({
            "index": { "byteStart": start, "byteEnd": start + words.len() },
            "features": [{ "$type": format!("app.bsky.richtext.facet#{kind}"), key: value }],
        })
    };
    let expect = [
        facet("@acme-friend.test", "mention", "did", friend["did"].as_str().expect("a DID")),
        facet("read more", "link", "uri", LINK),
        facet("#TheSims", "tag", "tag", "TheSims"),
        facet("#日本", "tag", "tag", "日本"),
    ];
    assert_eq!(launch["facets"], serde_json::json!(expect));
    let images = &launch["embed"]["images"];
    assert_eq!(
        (&launch["embed"]["$type"], images.as_array().map(Vec::len)),
        (&"app.bsky.embed.images".into(), Some(1))
    );
    assert_eq!(images[0]["alt"], ALT);
    assert_eq!(images[0]["aspectRatio"], serde_json::json!({ "width": 64, "height": 48 }));
    let image = server.blob(&images[0]["image"]);
    assert_eq!((image.width(), image.height()), (64, 48));
}

/// The thread: each part answers the one before and names the first.
fn check_thread(server: &Server, made: &BTreeMap<String, Value>) {
    let named = |part: &str| {
        let found = made.values().find(|entry| entry["value"]["text"] == part);
        let found = found.unwrap_or_else(|| panic!("no record says `{part}`: {made:#?}"));
        serde_json::json!({ "uri": found["uri"], "cid": found["cid"] })
    };
    let [one, two, three] = PARTS;
    assert_eq!(record(made, one).get("reply"), None);
    assert_eq!(record(made, two)["reply"], serde_json::json!({ "root": named(one), "parent": named(one) }));
    assert_eq!(record(made, three)["reply"], serde_json::json!({ "root": named(one), "parent": named(two) }));
    let keys: Vec<_> = PARTS.map(|part| named(part)["uri"].to_string()).into();
    assert!(keys.is_sorted(), "the keys are not in order: {keys:?}");

    let image = &record(made, two)["embed"]["images"][0]["image"];
    assert!(image["size"].as_u64().is_some_and(|size| size <= 1_000_000), "a large image is scaled down: {image}");
    let image = server.blob(image);
    assert_eq!(image.width(), image.height(), "its shape is kept");
}

fn record<'a>(made: &'a BTreeMap<String, Value>, text: &str) -> &'a Value {
    let found = made.values().find(|entry| entry["value"]["text"] == text);
    &found.unwrap_or_else(|| panic!("no record says `{text}`: {made:#?}"))["value"]
}

/// A configuration with the account that publishes.
fn config(server: &Server) -> String {
    format!(
        "[workspace]\nname = \"Acme\"\ntimezone = \"Europe/Rome\"\nbranch = \"main\"\n\n\
         [ledger]\nremote = false\n\n\
         [accounts.sky]\nnetwork = \"bluesky\"\nendpoint = \"{}\"\nhandle = \"{}\"\n\
         token = \"env:ACME_BLUESKY_APP_PASSWORD\"\nlanguage = \"en\"\n\n\
         [people.friend]\nname = \"The Friend\"\nbluesky = \"{}\"\n",
        server.url, server.handle, server.friend
    )
}

/// Makes a workspace with a post and a thread, committed.
fn workspace(server: &Server) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let root = folder.path();
    let write = |path: &str, text: &str| fs::write(root.join(path), text).expect("a file can be written");
    fs::create_dir(root.join("content")).expect("a folder can be made");
    write("masthead.toml", &config(server));
    write(
        "content/launch.md",
        &format!(
            "+++\nid = \"launch\"\nto = [\"sky\"]\n+++\n\n\
             🎉 Dress your Sims 👩🏽‍🚀 in the @friend hoodie: [read more]({LINK}) #TheSims #日本\n\n\
             ![{ALT}](hoodie.png)\n"
        ),
    );
    let [one, two, three] = PARTS;
    write(
        "content/thread.md",
        &format!(
            "+++\nid = \"thread\"\nto = [\"sky\"]\n+++\n\n{one}\n\n---\n\n{two}\n\n![Snow](snow.png)\n\n---\n\n{three}\n"
        ),
    );
    picture(&root.join("content/hoodie.png"), 64, 48);
    picture(&root.join("content/snow.png"), 900, 900);
    assert!(fs::metadata(root.join("content/snow.png")).expect("it is there").len() > 2_000_000);
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder, "Start");
    folder
}

/// Writes a picture that can't be compressed.
fn picture(path: &Path, width: u32, height: u32) {
    let mut state = 1u32;
    let pixels = image::RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([(); 3].map(|()| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }))
    });
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("an image can be encoded");
    fs::write(path, bytes.into_inner()).expect("a file can be written");
}

fn publish(workspace: &TempDir, server: &Server) -> Output {
    publisher(workspace, server).output().expect("the program runs")
}

fn publisher(workspace: &TempDir, server: &Server) -> Command {
    program(workspace, server, "publish")
}

fn program(workspace: &TempDir, server: &Server, word: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_masthead"));
    command
        .arg(word)
        .current_dir(workspace.path())
        .env("ACME_BLUESKY_APP_PASSWORD", &server.password)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

fn commit(workspace: &TempDir, message: &str) {
    git(workspace.path(), &["add", "--all"]);
    git(workspace.path(), &["commit", "--quiet", "--message", message]);
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@acme.example", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}:\n{}", told(&output));
}

/// What a program printed.
fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
