use super::{super::Nostr, *};
use crate::{
    diag::{FileId, Span, Spanned},
    model::{Account, AccountId, MediaInfo, MediaSource, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{
        Attempt, Draft, Flow, Found, Hand, MediaKey, Network as _, RelayAnswer, Session, fixtures, fixtures::flat,
        nip19::from_hex,
    },
};
use futures_util::FutureExt as _;
use serde_json::json;
use std::time::Duration;

const SERVER: &str = "https://media.example";
const NPUB: &str = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";

fn span() -> Span {
    Span::new(FileId(0), 0..1)
}

fn account(server: Option<&str>) -> Account {
    let mut account = Account::new(AccountId::new("notes"), NetworkId("nostr"), span());
    let relays = ["wss://a.example", "wss://b.example", "wss://c.example"].map(str::to_owned).to_vec();
    account.options.set("relays", Spanned::new(OptionValue::List(relays), span()));
    if let Some(server) = server {
        account.options.set("media_server", Spanned::new(OptionValue::Text(server.to_owned()), span()));
    }
    account.handle = Some(Spanned::new(NPUB.to_owned(), span()));
    account.token = Some(Spanned::new(SecretRef::Env("KEY".to_owned()), span()));
    account
}

fn prepared(place: usize, kind: MediaKind, sha256: u8, alt: &str) -> PreparedMedia {
    let info = MediaInfo { kind, bytes: 9, width: 640, height: 480, clip: None };
    PreparedMedia { key: MediaKey(place), info, sha256: [sha256; 32], alt: alt.to_owned(), address: None }
}

fn media(path: &str) -> Media {
    Media { source: MediaSource::File(path.to_owned()), alt: String::new(), span: span() }
}

fn draft(text: &str, paths: &[&str]) -> Draft {
    fixtures::draft(flat(text, &[]), paths.iter().map(|path| media(path)).collect(), &[])
}

fn attempt() -> Attempt {
    Attempt { key: String::new(), at: Timestamp::from_millis(1_800_000_000_500), nonce: 1 }
}

/// Everything that a job is made from.
struct Stage {
    draft: Draft,
    account: Account,
    attempt: Attempt,
    limits: crate::network::Limits,
    media: Vec<PreparedMedia>,
}

impl Stage {
    fn new(paths: &[&str], media: Vec<PreparedMedia>) -> Self {
        let limits = Nostr.profile().limits();
        Self { draft: draft("Look", paths), account: account(Some(SERVER)), attempt: attempt(), limits, media }
    }

    fn job(&self) -> Job<'_> {
        Job {
            draft: &self.draft,
            part: 0,
            account: &self.account,
            limits: &self.limits,
            attempt: &self.attempt,
            media: &self.media,
            root: None,
            parent: None,
            reply_to: None,
            quote: None,
            boost: None,
            recipient: None,
        }
    }

    /// Makes the note as it is sent.
    fn note(&self) -> RelayEvent {
        let us = Us::of(&self.account).expect("an account");
        let files = of(&self.job(), &us).expect("files");
        event::note(&self.job(), &us, &event::Around::default(), &files)
    }

    /// Looks for the note where relays hold these.
    #[track_caller]
    fn find(&self, held: [&[&RelayEvent]; 3]) -> Found {
        let relays = self.account.options.list("relays");
        let answers = relays.iter().zip(held).map(|(relay, held)| RelayAnswer {
            relay: relay.clone(),
            sent: true,
            frames: held.iter().map(|event| json!(["EVENT", "masthead", event.signed(&[1; 64])])).collect(),
            trouble: None,
        });
        let body = serde_json::to_vec(&answers.collect::<Vec<_>>()).expect("JSON");
        let mut hand = Told(Response { status: 200, headers: Vec::new(), body });
        let session = Session::default();
        let mut wire = Wire::new(&mut hand, &session);
        Nostr.find(&self.job(), &mut wire).now_or_never().expect("no wait").expect("an answer")
    }
}

/// A hand that answers everything with the same.
struct Told(Response);

impl Hand for Told {
    fn call(&mut self, request: Request) -> Flow<'_, Result<Response, NetworkError>> {
        assert_eq!((request.label, request.effect), ("find note", Effect::Read), "a look changes nothing");
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    fn learn(&mut self, _: &'static str, _: secrecy::SecretString) {}

    fn pause(&mut self, _: &'static str, _: Duration) -> Flow<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[track_caller]
fn refused(status: u16, reason: Option<&str>, body: &str, kind: ErrorKind, says: &str) {
    let headers = reason.map(|reason| ("x-reason".to_owned(), reason.to_owned())).into_iter().collect();
    let response = Response { status, headers, body: body.as_bytes().to_vec() };
    let error = uploaded(&response, SERVER, &prepared(0, MediaKind::Png, 1, "")).expect_err("no success");
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(error.message.contains(says) && error.message.contains(SERVER), "{error:?}");
}

#[test]
fn refusals_are_told_in_the_servers_words() {
    refused(402, Some("10 sats please"), "", ErrorKind::Forbidden, "10 sats please; it wants to be paid");
    refused(403, Some("not on the list"), "", ErrorKind::Forbidden, "not on the list");
    refused(413, Some("1MB at most"), "", ErrorKind::Refused, "1MB at most");
    refused(415, None, r#"{"message":"no GIFs"}"#, ErrorKind::Refused, "no GIFs");
    refused(400, None, r#"{"error":"a bad day"}"#, ErrorKind::Refused, "a bad day");
    refused(409, None, "", ErrorKind::Refused, "it answered 409");
    refused(429, Some("slower"), "", ErrorKind::RateLimited, "slower");
    refused(507, None, r#"{"error":"quota exceeded"}"#, ErrorKind::Forbidden, "quota exceeded");
    refused(401, Some("Auth expired"), "", ErrorKind::SignedOut, "Auth expired");
    refused(404, None, "<html>", ErrorKind::Misconfigured, "is it a Blossom server?");
    refused(405, None, "", ErrorKind::Misconfigured, "is it a Blossom server?");
    refused(503, None, "", ErrorKind::Ambiguous, "it answered 503");
    refused(413, Some(" \u{1b}[31mred\r\n"), "", ErrorKind::Refused, ": [31mred");
}

#[test]
fn a_server_that_keeps_something_else_is_not_believed() {
    let media = prepared(0, MediaKind::Png, 0xab, "");
    let answer = |sha256: &str| {
        let body = json!({ "url": "https://elsewhere.example/x", "sha256": sha256 }).to_string().into_bytes();
        uploaded(&Response { status: 201, headers: Vec::new(), body }, SERVER, &media)
    };
    assert_eq!(answer(&"ab".repeat(32)), Ok(()));
    assert_eq!(answer(&"AB".repeat(32)), Ok(()));
    let error = answer(&"ac".repeat(32)).expect_err("another file");
    assert_eq!(error.kind, ErrorKind::Misconfigured, "{error:?}");
    let page = Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
    assert_eq!(uploaded(&page, SERVER, &media).expect_err("a page").kind, ErrorKind::Unreadable);
}

#[test]
fn what_is_said_of_a_file_is_one_line_and_what_is_known() {
    let tag = |media: &PreparedMedia| file(SERVER, media).tag[3..].to_vec();
    let hash = format!("x {}", "07".repeat(32));
    let mut media = prepared(0, MediaKind::Mp4, 7, "Two\r\nlines\u{7} of  it");
    assert_eq!(tag(&media), ["dim 640x480", "alt Two lines of it", hash.as_str()]);
    media.info.width = 0;
    media.alt = " \n".to_owned();
    assert_eq!(tag(&media), [hash]);
}

#[test]
fn an_address_is_the_same_however_the_server_is_written() {
    for server in [SERVER, "https://media.example/", "https://media.example//"] {
        let mut stage = Stage::new(&["a.png"], vec![prepared(0, MediaKind::Png, 1, "")]);
        stage.account = account(Some(server));
        let expect = format!("Look\n\nhttps://media.example/{}.png", "01".repeat(32));
        assert_eq!(stage.note().content, expect);
    }
}

#[test]
fn addresses_weigh_as_much_as_they_will() {
    let kinds = [
        ("a.JPG", MediaKind::Jpeg),
        ("b.webp", MediaKind::Webp),
        ("c.jpeg", MediaKind::Jpeg),
        ("d.mp4", MediaKind::Mp4),
    ];
    let media = kinds.iter().enumerate().map(|(at, (_, kind))| prepared(at, *kind, 1, "")).collect();
    let mut stage = Stage::new(&kinds.map(|(path, _)| path), media);
    for text in ["Look", ""] {
        stage.draft.parts[0].text = flat(text, &[]);
        let weighed = weighed(&stage.draft.parts[0], Some(SERVER));
        assert_eq!(weighed.chars().count(), stage.note().content.chars().count(), "{weighed}");
    }
    assert_eq!(weighed(&stage.draft.parts[0], None), "", "of what can't be published nothing is known");
}

#[test]
fn a_note_with_files_is_found_wherever_they_are() {
    let stage = Stage::new(&["a.png"], vec![prepared(0, MediaKind::Png, 1, "A cat")]);
    let note = stage.note();
    let id = hex(&note.id());
    let is_here = |found: Found| matches!(found, Found::Here(receipt) if receipt.remote.id == id);
    assert!(is_here(stage.find([&[&note], &[&note], &[]])));
    assert_eq!(stage.find([&[&note], &[], &[]]), Found::Absent, "on too few it is sent again, and is the same");
    assert_eq!(stage.find([&[], &[], &[]]), Found::Absent);

    // The account has another server now, the picture is written otherwise, or it is gone: it is that note all the same.
    let changes: [fn(&mut Stage); 4] = [
        |stage| stage.account = account(Some("https://other.example")),
        |stage| stage.account = account(None),
        |stage| stage.media[0].sha256 = [2; 32],
        |stage| stage.media.clear(),
    ];
    for change in changes {
        let mut stage = Stage::new(&["a.png"], vec![prepared(0, MediaKind::Png, 1, "A cat")]);
        change(&mut stage);
        assert!(is_here(stage.find([&[&note], &[&note], &[]])));
        let found = stage.find([&[&note], &[], &[]]);
        assert!(matches!(found, Found::Unclear(_)), "the same can't be sent again: {found:?}");
    }
}

#[test]
fn what_says_something_else_is_another_note() {
    let stage = Stage::new(&["a.png"], vec![prepared(0, MediaKind::Png, 1, "A cat")]);
    let note = stage.note();
    let bare = RelayEvent { content: "Look".to_owned(), tags: Vec::new(), ..note.clone() };
    let other = RelayEvent { content: note.content.replace("Look", "See"), ..note.clone() };
    let warned = [note.tags.clone(), vec![vec!["content-warning".to_owned(), "cats".to_owned()]]].concat();
    let warned = RelayEvent { tags: warned, ..note.clone() };
    let theirs = RelayEvent { public_key: hex(&[7; 32]), ..note.clone() };
    let later = RelayEvent { created_at: note.created_at + 1, ..note.clone() };
    for other in [&bare, &other, &warned, &theirs, &later] {
        assert_eq!(stage.find([&[other], &[other], &[other]]), Found::Absent, "{other:?}");
    }
}

#[test]
fn the_event_of_an_upload_is_for_this_file_alone() {
    let account = account(Some(SERVER));
    let us = Us::of(&account).expect("an account");
    let request = put(&us, SERVER, &prepared(3, MediaKind::Webp, 9, "Secret plans"));
    let Place::Event(event) = &request.place else { panic!("{request:?}") };
    let hash = "09".repeat(32);
    assert_eq!(event.tags, [["t", "upload"], ["x", hash.as_str()]]);
    assert_eq!((event.kind, event.content.as_str()), (24_242, "Upload a file of type image/webp"));
    assert_eq!(from_hex(&event.public_key).map(|key| key == us.key), Some(true));
    assert_eq!((request.payload, request.effect), (Payload::Media(MediaKey(3)), Effect::Prepare));
    assert_eq!(request.headers, [("x-sha-256", hash)]);
}
