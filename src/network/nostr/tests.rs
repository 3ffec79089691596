use super::*;
use crate::{
    diag::{FileId, Span, Spanned},
    model::{AccountId, Media, MediaSource, OptionValue, PostId, Reference, SecretRef},
    network::{RelayAnswer, Response, fixtures, fixtures::flat},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NPUB: &str = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";

fn span() -> Span {
    Span::new(FileId(0), 0..1)
}

fn account(relays: &[&str], accept: Option<i64>, handle: &str) -> Account {
    let mut account = Account::new(AccountId::new("nostr"), ID, span());
    let list = relays.iter().map(|&relay| relay.to_owned()).collect();
    account.options.set("relays", Spanned::new(OptionValue::List(list), span()));
    if let Some(accept) = accept {
        account.options.set("accept", Spanned::new(OptionValue::Integer(accept), span()));
    }
    account.handle = Some(Spanned::new(handle.to_owned(), span()));
    account.token = Some(Spanned::new(SecretRef::Env("KEY".to_owned()), span()));
    account
}

fn three(accept: Option<i64>) -> Account {
    account(&["wss://a.example", "wss://b.example", "wss://c.example"], accept, NPUB)
}

/// What a relay says of the note `aa`; none if it can't be reached.
fn answer(said: Option<Value>) -> RelayAnswer {
    let trouble = said.as_ref().is_none_or(|said| said[0] != "OK").then(|| "silence".to_owned());
    RelayAnswer {
        relay: "wss://x.example".to_owned(),
        sent: said.is_some(),
        frames: said.into_iter().collect(),
        trouble,
    }
}

fn ok(taken: bool, words: &str) -> Option<Value> {
    Some(json!(["OK", "aa", taken, words]))
}

#[track_caller]
fn check(said: [Option<Value>; 3], expect: Option<ErrorKind>) {
    let account = three(None);
    let us = Us::of(&account).expect("an account");
    assert_eq!(us.accept, 2, "half of three, rounded up");
    let body = serde_json::to_vec(&said.map(answer)).expect("JSON");
    let response = Response { status: 200, headers: Vec::new(), body };
    let outcome = reply::taken(&response, Some("aa"), &us);
    assert_eq!(outcome.as_ref().err().map(|error| error.kind), expect, "{outcome:?}");
}

#[test]
fn enough_relays_are_a_success_however_they_say_it() {
    check([ok(true, ""), ok(true, ""), None], None);
    check([ok(true, "duplicate: have it"), ok(false, "duplicate: exists"), ok(false, "blocked: no")], None);
}

#[test]
fn too_few_that_took_it_are_no_refusal() {
    check([ok(true, ""), None, None], Some(ErrorKind::Ambiguous));
    check([ok(true, ""), ok(false, "blocked: no"), ok(false, "pow: 20 bits")], Some(ErrorKind::Ambiguous));
}

#[test]
fn what_is_no_answer_leaves_it_open() {
    let other = Some(json!(["OK", "bb", false, "invalid: another's"]));
    let empty = Some(json!(["OK", "", false, "invalid: bad"]));
    let notice = Some(json!(["NOTICE", "max event size exceeded"]));
    let silence = Some(json!(["AUTH", "challenge"]));
    for said in [other, empty, notice, silence] {
        check([said, ok(false, "invalid: no"), ok(false, "invalid: no")], Some(ErrorKind::Ambiguous));
    }
}

#[test]
fn a_refusal_by_all_that_matter_is_one() {
    for words in ["invalid: no", "blocked: no", "pow: 20 bits", "restricted: members", "mute: no", "who knows", ""] {
        check([ok(false, words), ok(false, words), None], Some(ErrorKind::Refused));
    }
    let auth = || ok(false, "auth-required: sign in");
    check([auth(), auth(), None], Some(ErrorKind::Forbidden));
}

#[test]
fn what_may_be_taken_later_is_put_off() {
    check([ok(false, "rate-limited: slow down"), None, None], Some(ErrorKind::RateLimited));
    check([ok(false, "error: disk full"), ok(false, "invalid: no"), None], Some(ErrorKind::NotReady));
    check([ok(false, "invalid: no"), None, None], Some(ErrorKind::NotSent));
    check([None, None, None], Some(ErrorKind::NotSent));
}

#[test]
fn half_of_the_relays_must_take_a_note_unless_it_is_said() {
    for (many, expect) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
        let relays: Vec<String> = (0..many).map(|number| format!("wss://r{number}.example")).collect();
        let relays: Vec<&str> = relays.iter().map(String::as_str).collect();
        assert_eq!(options::accept(&account(&relays, None, NPUB)), expect);
    }
    assert_eq!(options::accept(&three(Some(3))), 3);
}

fn post(reply_to: Option<&str>) -> Post {
    Post {
        id: Spanned::new(PostId::new("news"), span()),
        id_written: true,
        file: FileId(0),
        targets: Vec::new(),
        draft: false,
        campaign: None,
        retract: false,
        copies: Vec::new(),
        poll: None,
        reply_to: reply_to.map(|url| Spanned::new(Reference::Url(url.to_owned()), span())),
        quote: None,
        boost: None,
        auto_thread: false,
        silenced: Vec::new(),
    }
}

#[track_caller]
fn finds(account: &Account, reply_to: Option<&str>, expect: &[&str]) {
    let found = findings::of(&post(reply_to), account);
    assert_eq!(found.iter().map(|finding| finding.code.name).collect::<Vec<_>>(), expect, "{found:#?}");
}

#[test]
fn relays_that_can_not_be_used_are_told() {
    finds(&three(None), None, &[]);
    finds(&account(&["ws://127.0.0.1:7777", "ws://localhost", "ws://[::1]:1"], None, NPUB), None, &[]);
    for relays in [
        &[][..],
        &["https://a.example"],
        &["ws://a.example"],
        &["a.example"],
        &["wss://"],
        &["wss://me@a.example"],
        &["wss://a.example", "wss://A.example/"],
    ] {
        finds(&account(relays, None, NPUB), None, &["nostr-relays"]);
    }
    finds(&three(Some(4)), None, &["nostr-relays"]);
}

#[test]
fn files_need_a_server_that_keeps_them() {
    let file = || Media {
        source: MediaSource::File("a.png".to_owned()),
        alt: String::new(),
        span: Span::new(FileId(0), 7..9),
    };
    let finds = |server: Option<&str>, media: Vec<Media>| {
        let mut account = three(None);
        if let Some(server) = server {
            account.options.set("media_server", Spanned::new(OptionValue::Text(server.to_owned()), span()));
        }
        findings::of_files(&fixtures::draft(flat("Hi", &[]), media, &[]), &account)
    };
    assert_eq!(finds(None, Vec::new()), None);
    let found = finds(None, vec![file()]).expect("a finding");
    assert_eq!((found.code.name, found.primary.span), ("nostr-media", Span::new(FileId(0), 7..9)));
    for fine in
        ["https://m.example", "https://m.example:8443/", "http://127.0.0.1:3000", "http://localhost", "http://[::1]:1/"]
    {
        assert_eq!(finds(Some(fine), vec![file()]), None, "{fine}");
    }
    for not in [
        "",
        "m.example",
        "http://m.example",
        "wss://m.example",
        "https://",
        "https://me@m.example",
        "https://m.example/files",
        "https://m.example?a",
        "https://m.example/?a",
        "https://m.example/#a",
        "https://m example",
    ] {
        let found = finds(Some(not), Vec::new()).unwrap_or_else(|| panic!("{not} is none"));
        assert_eq!(found.code.name, "nostr-media");
    }
}

#[test]
fn a_key_and_a_reference_that_are_none_are_told() {
    let secret = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
    for handle in ["acme.example", secret, "npub1x"] {
        let account = account(&["wss://a.example"], None, handle);
        finds(&account, None, &["nostr-key"]);
        let found = findings::of(&post(None), &account);
        assert!(found.iter().all(|finding| finding.masked == (handle == secret)), "the line itself is shown, too");
        let printed = format!("{found:?}");
        assert!(!printed.contains(secret));
        assert!(Us::of(&account).is_err_and(|error| error.kind == ErrorKind::Misconfigured));
    }
    finds(&three(None), Some("https://social.example/@amy/1"), &["nostr-reference"]);
    finds(&three(None), Some(&format!("nostr:{}", "0".repeat(64))), &[]);
}

#[test]
fn an_answer_to_an_answer_names_the_root() {
    let event = |tags: Value| RelayEvent {
        public_key: "07".repeat(32),
        created_at: 1,
        kind: 1,
        tags: serde_json::from_value(tags).expect("tags"),
        content: String::new(),
    };
    let root = |tags: Value| event::theirs(&event(tags), "").root;
    assert_eq!(root(json!([])), None);
    assert_eq!(root(json!([["e", "r", "", "root"], ["e", "p", "", "reply"]])).as_deref(), Some("r"));
    assert_eq!(root(json!([["e", "r"], ["e", "p"]])).as_deref(), Some("r"), "as it was before markers");
    assert_eq!(root(json!([["e", "m", "", "mention"]])), None);
    let people = event::theirs(&event(json!([["p", "one"], ["p", "two"]])), "").people;
    assert_eq!(people, ["one", "two"]);
}

#[test]
fn people_are_named_by_their_keys_and_control_characters_are_left_out() {
    let text = format!("Hi @{NPUB}!\u{7}");
    let end = 4 + NPUB.len();
    assert_eq!(event::written(&flat(&text, &[(3..end, "mention", NPUB)])), format!("Hi nostr:{NPUB}!"));
}

#[test]
fn an_address_is_ours_unless_it_says_otherwise() {
    let account = three(None);
    let name = |author: Option<[u8; 32]>| {
        nip19::event_name(&nip19::EventName { id: [1; 32], relays: Vec::new(), author, kind: Some(6) })
    };
    let ours = nip19::key("npub", NPUB);
    let at = |author| Network::remote_at(&Nostr, &account, &format!("https://njump.me/{}", name(author)));
    let remote = at(ours).expect("ours");
    assert_eq!((remote.id.as_str(), event::kind_of(&remote)), ("01".repeat(32).as_str(), 6));
    assert!(at(None).is_some() && at(Some([2; 32])).is_none());
    let bare = Remote { id: "01".repeat(32), url: None, extra: BTreeMap::new() };
    assert_eq!(event::kind_of(&bare), event::NOTE);
}
