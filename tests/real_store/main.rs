//! The built program against a real S3-compatible store: a network that fetches media finds them there, and they are gone
//! afterwards.
//!
//! It runs where `MASTHEAD_REAL_STORE` names a store, as `tests/servers/s3rver.sh start` starts one, and says so elsewhere. The network
//! is a twin on the loopback, which fetches what it is told of from the store's public address.

#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/fixtures.rs"]
mod fixtures;
#[expect(dead_code, reason = "shared with the end-to-end tests, which use more of it")]
#[path = "../it/loopback.rs"]
mod loopback;
#[expect(dead_code, reason = "shared with the end-to-end tests, which use more of it")]
#[path = "../it/sandbox.rs"]
mod sandbox;
#[expect(dead_code, reason = "shared with the conformance suite, which uses more of it")]
#[path = "../conformance/twin.rs"]
mod twin;
#[path = "../conformance/twins/mod.rs"]
mod twins;

use crate::{loopback::Loopback, sandbox::Sandbox};
use std::{
    fs,
    io::{Cursor, Write as _},
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// A store that was started for us.
struct Store {
    endpoint: String,
    bucket: String,
    key_id: String,
    secret: String,
    folder: PathBuf,
}

impl Store {
    /// Finds it; none if there is none, which is said straight to stderr, so that the test harness does not swallow it.
    fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(endpoint) = variable("MASTHEAD_REAL_STORE") else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: start a store with tests/servers/s3rver.sh and set MASTHEAD_REAL_STORE"
            );
            return None;
        };
        let needed = |name: &str| variable(name).unwrap_or_else(|| panic!("{name} is set beside the store"));
        Some(Self {
            endpoint,
            bucket: needed("MASTHEAD_REAL_STORE_BUCKET"),
            key_id: needed("MASTHEAD_REAL_STORE_KEY_ID"),
            secret: needed("MASTHEAD_REAL_STORE_SECRET"),
            folder: needed("MASTHEAD_REAL_STORE_FOLDER").into(),
        })
    }

    /// Returns `[media.host]` for a prefix of its own.
    fn settings(&self, prefix: &str) -> String {
        let Self { endpoint, bucket, key_id, .. } = self;
        format!(
            "[media.host]\nbucket = \"{bucket}\"\nendpoint = \"{endpoint}\"\nprefix = \"{prefix}\"\nkey_id = \"{key_id}\"\n\
             secret = \"env:STORE_SECRET\"\nurl = \"{endpoint}/{bucket}/{prefix}\"\n\n"
        )
    }

    /// Returns the files below a prefix.
    fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.folder.join(prefix)) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.to_string_lossy().ends_with("._S3rver_object")).collect()
    }
}

/// A workspace with an account on a twin of Threads on this machine, and a post with a picture.
fn workspace(host: &str, secret: &str) -> (Sandbox, Loopback) {
    let server = Loopback::start("threads");
    let account = format!(
        "[accounts.brand]\nnetwork = \"threads\"\nendpoint = \"{}\"\ntoken = \"env:TWIN_TOKEN\"\n",
        server.endpoint
    );
    let mut sandbox = Sandbox::with_config(&format!("{host}{account}"));
    sandbox.set("TWIN_TOKEN", server.token);
    sandbox.set("STORE_SECRET", secret);
    sandbox.write("content/hoodie.png", picture());
    sandbox.write("content/a.md", "+++\nid = \"a\"\nto = [\"brand\"]\n+++\n\nLook.\n\n![A hoodie](hoodie.png)\n");
    sandbox.commit();
    (sandbox, server)
}

fn picture() -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("an image can be encoded");
    bytes.into_inner()
}

#[test]
fn a_picture_is_put_there_fetched_and_taken_away() {
    let Some(store) = Store::find() else { return };
    let (sandbox, server) = workspace(&store.settings("fetched/it"), &store.secret);
    sandbox.run(&["doctor"]).done().says("media.host: files can be put there, fetched from").says("and taken away");
    assert!(store.files("fetched/it").is_empty(), "what doctor tried is gone");
    sandbox.run(&["publish"]).done().says("published a to brand").never_says(&store.secret);
    let seen = server.seen();
    assert_eq!((seen.made, seen.live[0].media.len(), seen.live[0].media[0].alt.as_str()), (1, 1, "A hoodie"));
    assert_eq!(seen.live[0].media[0].bytes, picture().len(), "the twin has fetched all of it");
    assert!(store.files("fetched/it").is_empty(), "it is gone");
    sandbox.run(&["publish"]).done();
    assert_eq!(server.seen().made, 1);
    let ledger = sandbox.git(&["log", "-p", "masthead-ledger"]);
    assert!(
        !ledger.contains("masthead-ledger/") && !ledger.contains(&store.endpoint),
        "the ledger knows nothing of it"
    );
}

#[test]
fn a_wrong_key_is_told_and_nothing_is_published() {
    let Some(store) = Store::find() else { return };
    let (sandbox, server) = workspace(&store.settings("key"), "not the secret");
    sandbox
        .run(&["publish"])
        .code(1)
        .says("failed to put a file into the bucket `acme-media`: SignatureDoesNotMatch")
        .says("see `key_id` and `secret` of `[media.host]`")
        .never_says("not the secret");
    assert_eq!((server.seen().made, posted(&server)), (0, 0));
    sandbox.run(&["doctor"]).code(1).says("bad  media.host: failed to put").says("see `key_id`");
}

#[test]
fn a_bucket_that_is_not_there_is_told() {
    let Some(store) = Store::find() else { return };
    let settings = store.settings("none").replace("bucket = \"acme-media\"", "bucket = \"nobodys\"");
    let (sandbox, server) = workspace(&settings, &store.secret);
    sandbox
        .run(&["publish"])
        .code(1)
        .says("the bucket `nobodys`: the storage has no such bucket")
        .says("make it, or correct");
    assert_eq!((server.seen().made, posted(&server)), (0, 0));
}

#[test]
fn an_address_that_leads_nowhere_is_told_and_what_was_put_there_is_swept() {
    let Some(store) = Store::find() else { return };
    let settings = store.settings("lost");
    let wrong = settings.replace("acme-media/lost", "acme-media/elsewhere");
    let (sandbox, server) = workspace(&wrong, &store.secret);
    sandbox
        .run(&["publish"])
        .code(1)
        .says("can't be fetched from there: there is nothing (status 404)")
        .says("see that `url` of `[media.host]` is the public address of that place");
    assert_eq!((server.seen().made, posted(&server)), (0, 0));
    let [left] = &store.files("lost")[..] else { panic!("what was put there: {:?}", store.files("lost")) };

    sandbox.run(&["media", "sweep"]).done().says("0 files went").says("1 file put there within the last hour");
    let long_ago = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    fs::File::options().write(true).open(left).expect("a file").set_modified(long_ago).expect("set back");
    sandbox.run(&["media", "sweep", "--dry-run"]).done().says("masthead-").says("1 file would go");
    assert_eq!(store.files("lost").len(), 1);
    sandbox.run(&["media", "sweep", "--json"]).done().says("\"removed\": [\n    \"masthead-");
    assert!(store.files("lost").is_empty());
}

/// Counts what was asked of the network beyond looking.
fn posted(server: &Loopback) -> usize {
    server.seen().requests.iter().filter(|request| request.starts_with("POST")).count()
}
