//! The flows against scripted answers: which calls are made, in which order, and what comes of the answers.

mod stage;

use self::stage::{Script, nowhere, part, stage};
use super::*;
use crate::{
    diag::Spanned,
    model::{MediaInfo, Reference},
    network::{MediaKey, Method, Payload, PreparedMedia, Session},
    text::{Range, RangeKind},
};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use std::time::Duration;

const URI: &str = "at://did:plc:us/app.bsky.feed.post/3mmwu7vak224h";

fn written() -> (u16, Value) {
    (200, json!({ "uri": URI, "cid": "c1", "validationStatus": "valid" }))
}

fn mention(start: usize, end: usize, handle: &str) -> Range {
    Range { start, end, kind: RangeKind::Mention { handle: handle.to_owned() } }
}

#[test]
fn a_text_is_one_call() {
    let mut script = Script::new([written()]);
    let receipt = stage(vec![part("hello", Vec::new())]).publish(&mut script).expect("published");
    assert_eq!(receipt.remote.id, URI);
    assert_eq!(receipt.remote.url.as_deref(), Some("https://bsky.app/profile/acme.example/post/3mmwu7vak224h"));
    assert_eq!(receipt.remote.extra, BTreeMap::from([("cid".to_owned(), "c1".to_owned())]));
    let [request] = &script.asked[..] else { panic!("{:?}", script.calls()) };
    assert_eq!(
        (request.method, request.url.as_str()),
        (Method::Post, "https://pds.example/xrpc/com.atproto.repo.putRecord")
    );
    let expect = json!({
        "repo": "did:plc:us",
        "collection": "app.bsky.feed.post",
        "rkey": "3mmwu7vak224h",
        "swapRecord": null,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "hello",
            "createdAt": "2026-05-28T20:26:40.000Z",
            "langs": ["en"],
        },
    });
    assert_eq!(request.payload, Payload::Json(expect));
}

#[test]
fn a_repetition_of_an_attempt_is_the_same_request() {
    let stage = stage(vec![part("hello", Vec::new())]);
    let (mut first, mut second) = (Script::new([written()]), Script::new([written()]));
    stage.publish(&mut first).expect("published");
    stage.publish(&mut second).expect("published");
    assert_eq!(first.asked, second.asked);
}

#[test]
fn handles_are_resolved_once_and_nobodys_stay_text() {
    let text = "@a.example @b.example @a.example";
    let ranges = vec![mention(0, 10, "a.example"), mention(11, 21, "b.example"), mention(22, 32, "a.example")];
    let mut script = Script::new([
        (200, json!({ "did": "did:plc:a" })),
        (400, json!({ "error": "HandleNotFound", "message": "Unable to resolve handle" })),
        written(),
    ]);
    stage(vec![part(text, ranges)]).publish(&mut script).expect("published");
    assert_eq!(script.calls(), ["resolve handle", "resolve handle", "create post"]);
    let facets = script.last_record()["facets"].clone();
    let places: Vec<_> = facets.as_array().expect("a list").iter().map(|facet| facet["index"].clone()).collect();
    assert_eq!(places, [json!({ "byteStart": 0, "byteEnd": 10 }), json!({ "byteStart": 22, "byteEnd": 32 })]);
}

#[test]
fn after_a_fault_before_the_post_nothing_is_written() {
    let ranges = vec![mention(0, 10, "a.example")];
    let mut script = Script::new([(502, Value::Null)]);
    let error = stage(vec![part("@a.example", ranges.clone())]).publish(&mut script).expect_err("a fault");
    assert_eq!((error.kind, script.calls()), (ErrorKind::Ambiguous, vec!["resolve handle"]));
    let mut script = Script::new([(200, json!("<html>"))]);
    let error = stage(vec![part("@a.example", ranges)]).publish(&mut script).expect_err("no server of this kind");
    assert_eq!((error.kind, script.calls()), (ErrorKind::Unreadable, vec!["resolve handle"]));
}

#[test]
fn a_fault_while_it_is_written_proves_nothing() {
    let stage = stage(vec![part("hello", Vec::new())]);
    assert_eq!(stage.publish(&mut Script::new([(502, Value::Null)])).expect_err("a fault").kind, ErrorKind::Ambiguous);
    assert_eq!(stage.publish(&mut Script::new([(200, json!([]))])).expect_err("no id").kind, ErrorKind::Unreadable);
}

fn image(place: usize, alt: &str) -> PreparedMedia {
    let info = MediaInfo { kind: MediaKind::Png, bytes: 9, width: 3, height: 2, clip: None };
    PreparedMedia { key: MediaKey(place), info, sha256: [0; 32], alt: alt.to_owned(), address: None }
}

fn blob(name: &str) -> Value {
    json!({ "$type": "blob", "ref": { "$link": name }, "mimeType": "image/png", "size": 9 })
}

#[test]
fn images_are_uploaded_first_and_named_as_the_server_does() {
    let mut stage = stage(vec![part("", Vec::new())]);
    stage.media = vec![image(0, "a hoodie"), image(1, "")];
    let mut script =
        Script::new([(200, json!({ "blob": blob("b0") })), (200, json!({ "blob": blob("b1") })), written()]);
    stage.publish(&mut script).expect("published");
    assert_eq!(script.calls(), ["upload image", "upload image", "create post"]);
    assert_eq!(script.asked[1].payload, Payload::Media(MediaKey(1)));
    let expect = json!({ "$type": "app.bsky.embed.images", "images": [
        { "alt": "a hoodie", "image": blob("b0"), "aspectRatio": { "width": 3, "height": 2 } },
        { "alt": "", "image": blob("b1"), "aspectRatio": { "width": 3, "height": 2 } },
    ]});
    assert_eq!(script.last_record()["embed"], expect);
}

fn film(alt: &str) -> PreparedMedia {
    let mut film = image(0, alt);
    film.info.kind = MediaKind::Mp4;
    film
}

fn film_blob(mime: &str) -> Value {
    json!({ "$type": "blob", "ref": { "$link": "b0" }, "mimeType": mime, "size": 9 })
}

#[test]
fn a_video_is_uploaded_whole_and_shown() {
    let mut stage = stage(vec![part("look", Vec::new())]);
    stage.media = vec![film("A walk")];
    let blob = film_blob("video/mp4");
    let mut script = Script::new([(200, json!({ "blob": blob })), written()]);
    stage.publish(&mut script).expect("published");
    assert_eq!(script.calls(), ["upload video", "create post"]);
    assert_eq!(script.asked[0].url, "https://pds.example/xrpc/com.atproto.repo.uploadBlob");
    assert_eq!(script.asked[0].payload, Payload::Media(MediaKey(0)));
    let expect = json!({ "$type": "app.bsky.embed.video", "video": blob, "alt": "A walk",
        "aspectRatio": { "width": 3, "height": 2 } });
    assert_eq!(script.last_record()["embed"], expect);
}

#[test]
fn a_video_that_is_no_mp4_stops_the_post() {
    let mut stage = stage(vec![part("look", Vec::new())]);
    stage.media = vec![film("")];
    let mut script = Script::new([(200, json!({ "blob": film_blob("video/quicktime") }))]);
    assert_eq!(stage.publish(&mut script).expect_err("QuickTime").kind, ErrorKind::Refused);
    assert_eq!(script.calls(), ["upload video"]);
}

#[test]
fn an_image_that_is_refused_stops_the_post() {
    let mut stage = stage(vec![part("", Vec::new())]);
    stage.media = vec![image(0, "")];
    let mut script = Script::new([(413, json!({ "error": "PayloadTooLarge", "message": "request entity too large" }))]);
    assert_eq!(stage.publish(&mut script).expect_err("too large").kind, ErrorKind::Refused);
    assert_eq!(script.calls(), ["upload image"]);
}

fn ours(uri: &str, extra: &[(&str, &str)]) -> Remote {
    let extra = extra.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Remote { id: uri.to_owned(), url: None, extra }
}

#[test]
fn a_later_part_names_the_first_and_the_one_before() {
    let mut stage = stage(vec![part("1", Vec::new()), part("2", Vec::new()), part("3", Vec::new())]);
    stage.part = 2;
    stage.root = Some(ours("at://did:plc:us/app.bsky.feed.post/3a", &[("cid", "ca")]));
    let root = [("cid", "cb"), ("root", "at://did:plc:us/app.bsky.feed.post/3a"), ("root_cid", "ca")];
    stage.parent = Some(ours("at://did:plc:us/app.bsky.feed.post/3b", &root));
    let mut script = Script::new([written()]);
    let receipt = stage.publish(&mut script).expect("published");
    let expect = json!({
        "root": { "uri": "at://did:plc:us/app.bsky.feed.post/3a", "cid": "ca" },
        "parent": { "uri": "at://did:plc:us/app.bsky.feed.post/3b", "cid": "cb" },
    });
    assert_eq!(script.last_record()["reply"], expect);
    assert_eq!(receipt.remote.extra["root_cid"], "ca");
}

#[test]
fn a_later_part_does_not_go_without_the_one_before() {
    let mut stage = stage(vec![part("1", Vec::new()), part("2", Vec::new())]);
    stage.part = 1;
    let mut script = Script::default();
    assert_eq!(stage.publish(&mut script).expect_err("no parent").kind, ErrorKind::NotReady);
    assert!(script.asked.is_empty());
}

#[test]
fn an_answer_to_an_answer_keeps_the_thread() {
    let mut stage = stage(vec![part("yes", Vec::new())]);
    stage.reply_to = Some(Referent::Url("https://bsky.app/profile/b.example/post/3p".to_owned()));
    let found = json!({ "uri": "at://did:plc:b/app.bsky.feed.post/3p", "cid": "cp", "value": {
        "reply": { "root": { "uri": "at://did:plc:r/app.bsky.feed.post/3r", "cid": "cr" }, "parent": {} } } });
    let mut script = Script::new([(200, json!({ "did": "did:plc:b" })), (200, found), written()]);
    stage.publish(&mut script).expect("published");
    assert_eq!(script.calls(), ["resolve handle", "get record", "create post"]);
    let reply = script.last_record()["reply"].clone();
    assert_eq!((&reply["root"]["cid"], &reply["parent"]["cid"]), (&json!("cr"), &json!("cp")));
}

#[test]
fn an_answer_to_nothing_is_not_sent() {
    let mut stage = stage(vec![part("yes", Vec::new())]);
    stage.reply_to = Some(Referent::Url("https://bsky.app/profile/did:plc:b/post/3p".to_owned()));
    let mut script = Script::new([(400, json!({ "error": "RecordNotFound", "message": "Could not locate record" }))]);
    assert_eq!(stage.publish(&mut script).expect_err("no post").kind, ErrorKind::NotFound);
    stage.reply_to = Some(Referent::Url("https://mastodon.example/@a/1".to_owned()));
    let mut script = Script::default();
    assert_eq!(stage.publish(&mut script).expect_err("no post").kind, ErrorKind::Refused);
}

#[test]
fn a_quote_stands_alone_or_beside_images() {
    let mut stage = stage(vec![part("look", Vec::new())]);
    stage.quote = Some(Referent::Ours(ours("at://did:plc:us/app.bsky.feed.post/3q", &[("cid", "cq")])));
    let quoted = json!({ "$type": "app.bsky.embed.record",
        "record": { "uri": "at://did:plc:us/app.bsky.feed.post/3q", "cid": "cq" } });
    let mut script = Script::new([written()]);
    stage.publish(&mut script).expect("published");
    assert_eq!(script.last_record()["embed"], quoted);

    stage.media = vec![image(0, "")];
    let mut script = Script::new([(200, json!({ "blob": blob("b0") })), written()]);
    stage.publish(&mut script).expect("published");
    let embed = script.last_record()["embed"].clone();
    assert_eq!((&embed["$type"], &embed["record"]), (&json!("app.bsky.embed.recordWithMedia"), &quoted));
    assert_eq!(embed["media"]["$type"], "app.bsky.embed.images");
}

#[test]
fn passing_on_is_a_record_of_its_own_kind() {
    let mut stage = stage(vec![part("", Vec::new())]);
    stage.draft.boost = Some(Reference::Url("https://bsky.app/profile/did:plc:b/post/3p".to_owned()));
    stage.boost = Some(Referent::Url("https://bsky.app/profile/did:plc:b/post/3p".to_owned()));
    let found = json!({ "uri": "at://did:plc:b/app.bsky.feed.post/3p", "cid": "cp", "value": {} });
    let repost = json!({ "uri": "at://did:plc:us/app.bsky.feed.repost/3mmwu7vak224h", "cid": "c1" });
    let mut script = Script::new([(200, found), (200, repost.clone())]);
    let receipt = stage.publish(&mut script).expect("published");
    assert_eq!(script.calls(), ["get record", "create repost"]);
    let expect = json!({
        "$type": "app.bsky.feed.repost",
        "subject": { "uri": "at://did:plc:b/app.bsky.feed.post/3p", "cid": "cp" },
        "createdAt": "2026-05-28T20:26:40.000Z",
    });
    assert_eq!(script.last_record(), expect);
    assert_eq!(receipt.remote.url.as_deref(), Some("https://bsky.app/profile/did:plc:b/post/3p"));

    let mut read_back = repost;
    read_back["value"] = expect;
    let found = stage.find(&mut Script::new([(200, read_back)])).expect("an answer");
    assert_eq!(found, Found::Here(receipt));
}

#[test]
fn an_earlier_attempt_is_found_by_its_own_key() {
    let stage = stage(vec![part("hello", Vec::new())]);
    let record = |at: &str| json!({ "uri": URI, "cid": "c1", "value": { "text": "hello", "createdAt": at } });
    let mut script = Script::new([(200, record("2026-05-28T20:26:40.000Z"))]);
    let found = stage.find(&mut script).expect("an answer");
    assert_eq!(found, Found::Here(stage.publish(&mut Script::new([written()])).expect("published")));
    assert!(script.asked[0].url.ends_with("collection=app.bsky.feed.post&rkey=3mmwu7vak224h"));

    let missing = json!({ "error": "RecordNotFound", "message": "Could not locate record" });
    assert_eq!(stage.find(&mut Script::new([(400, missing)])), Ok(Found::Absent));
    let foreign = stage.find(&mut Script::new([(200, record("2026-05-28T20:26:40.001Z"))])).expect("an answer");
    assert!(matches!(foreign, Found::Unclear(_)), "{foreign:?}");
    assert_eq!(stage.find(&mut Script::new([(503, Value::Null)])).expect_err("a fault").kind, ErrorKind::Ambiguous);
}

#[test]
fn deleting_names_the_record() {
    let stage = stage(vec![part("", Vec::new())]);
    let delete = |remote: &Remote, script: &mut Script| {
        let mut wire = Wire::new(script, &stage.session);
        Bluesky.delete(&stage.account, remote, &mut wire).now_or_never().expect("a script never waits")
    };
    let mut script = Script::new([(200, json!({}))]);
    delete(&ours(URI, &[]), &mut script).expect("gone");
    let expect = json!({ "repo": "did:plc:us", "collection": "app.bsky.feed.post", "rkey": "3mmwu7vak224h" });
    assert_eq!(script.asked[0].payload, Payload::Json(expect));
    let mut script = Script::default();
    assert_eq!(delete(&ours("17", &[]), &mut script).expect_err("no address").kind, ErrorKind::Refused);
}

#[test]
fn probing_tells_who_we_are_and_narrows_the_limits() {
    let stage = stage(vec![part("", Vec::new())]);
    let probe = |whoami: Value, about: Value| {
        let mut script = Script::new([(200, whoami), (200, about)]);
        let mut wire = Wire::new(&mut script, &stage.session);
        Bluesky.probe(&stage.account, &mut wire).now_or_never().expect("a script never waits").expect("answers")
    };
    let whoami = json!({ "did": "did:plc:us", "handle": "acme.example", "emailConfirmed": false, "active": true });
    let found = probe(whoami, json!({ "did": "did:web:pds.example", "blobUploadLimit": 500_000 }));
    assert_eq!(found.identity.as_deref(), Some("@acme.example"));
    assert_eq!(found.server.as_deref(), Some("AT Protocol server pds.example"));
    assert_eq!((found.limits.image_bytes, found.limits.text), (Some(500_000), Some(300)));
    assert_eq!(found.limits.video_bytes, Some(500_000));
    assert!(found.missing.is_empty());

    let whoami = json!({ "did": "did:plc:us", "handle": "acme.example", "active": false, "status": "suspended" });
    let found = probe(whoami, json!({ "did": "did:web:pds.example", "blobUploadLimit": 5_000_000 }));
    assert_eq!((found.limits.image_bytes, found.limits.video_bytes), (Some(1_000_000), Some(5_000_000)));
    assert_eq!(found.missing, ["an active account: this one is suspended"]);
}

fn opened(token: &str) -> (u16, Value) {
    (200, json!({ "did": "did:plc:us", "handle": "acme.example", "accessJwt": token, "refreshJwt": "r" }))
}

#[test]
fn the_first_sign_in_is_by_password() {
    let stage = stage(vec![part("", Vec::new())]);
    let mut script = Script::new([opened("a")]);
    let session = Session::default();
    let mut wire = Wire::new(&mut script, &session);
    let signed = Bluesky.sign_in(&stage.account, &mut wire).now_or_never().expect("no wait").expect("signed in");
    assert_eq!(signed.session.facts["pds"], "https://bsky.social");
    assert_eq!(script.asked[0].url, "https://bsky.social/xrpc/com.atproto.server.createSession");
}

#[test]
fn a_later_sign_in_is_by_refresh_token_and_falls_back() {
    let stage = stage(vec![part("", Vec::new())]);
    let sign_in = |script: &mut Script| {
        let mut wire = Wire::new(script, &stage.session);
        Bluesky.sign_in(&stage.account, &mut wire).now_or_never().expect("a script never waits")
    };
    let mut script = Script::new([opened("a")]);
    assert_eq!(sign_in(&mut script).expect("signed in").session.facts["pds"], "https://pds.example");
    assert_eq!(script.calls(), ["refresh session"]);

    let mut script = Script::new([(400, json!({ "error": "ExpiredToken" })), opened("a")]);
    sign_in(&mut script).expect("signed in");
    assert_eq!(script.calls(), ["refresh session", "create session"]);

    let mut script = Script::new([(429, json!({ "error": "RateLimitExceeded" }))]);
    assert_eq!(sign_in(&mut script).expect_err("too often").kind, ErrorKind::RateLimited);
}

#[test]
fn without_a_session_nothing_is_sent() {
    let mut stage = stage(vec![part("", Vec::new())]);
    stage.session = Session::default();
    let mut script = Script::default();
    assert_eq!(stage.publish(&mut script).expect_err("signed out").kind, ErrorKind::SignedOut);
    assert!(script.asked.is_empty());
}

#[test]
fn what_it_has_no_place_for_is_not_sent() {
    let mut poll = stage(vec![part("which?", Vec::new())]);
    poll.draft.poll = Some(model::Poll {
        options: Vec::new(),
        duration: Spanned::new(Duration::from_secs(60), nowhere()),
        multiple: false,
        hide_totals: false,
        span: nowhere(),
    });
    let showing = |media: Vec<PreparedMedia>| {
        let mut stage = stage(vec![part("look", Vec::new())]);
        stage.media = media;
        stage
    };
    let mut webm = film("");
    webm.info.kind = MediaKind::Webm;
    let too_many = (0..5).map(|place| image(place, "")).collect();
    for stage in [
        poll,
        showing(vec![webm]),
        showing(vec![film(""), film("")]),
        showing(vec![image(0, ""), film("")]),
        showing(too_many),
    ] {
        let mut script = Script::default();
        assert_eq!(stage.publish(&mut script).expect_err("no place").kind, ErrorKind::Unsupported);
        assert!(script.asked.is_empty());
    }
}
