//! The twin of a mail server with a list behind it: it takes a message, and shows what subscribers see of it.
//!
//! Its answers are those of `transport/smtp.rs`, which tells SMTP's as HTTP would; the words are Postfix's. It refuses what
//! RFC 5321 and 5322 forbid.

mod mime;

use self::mime::Entity;
use super::page;
use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, RECIPIENTS, Sample, Twin, TwinRequest, http_date, json},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Effect, Response},
};
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

const SERVER: &str = "smtps://mail.example";
const TOKEN: &str = "canary-mail-password";
const FROM: &str = "news@acme.example";
const LIST: &str = "news@lists.example";

/// The twin.
#[derive(Default)]
pub(crate) struct EmailTwin {
    posts: RefCell<Vec<(Timestamp, Live)>>,
    made: Cell<usize>,
}

/// A refusal: the status, SMTP's number and the words.
type Refusal = (u16, u16, &'static str);

impl EmailTwin {
    fn route(&self, request: &TwinRequest) -> Result<&'static str, Refusal> {
        let pair = BASE64_STANDARD.encode(format!("{FROM}:{TOKEN}"));
        if request.authorization.as_deref() != Some(format!("Basic {pair}").as_str()) {
            return Err((401, 535, "5.7.8 Error: authentication failed"));
        }
        if request.body.is_empty() {
            assert_eq!(request.effect, Effect::Read, "a look changes nothing");
            return Ok("");
        }
        assert_eq!(request.header("content-type"), Some("message/rfc822"));
        if request.header("mail-from") != Some(FROM) {
            return Err((422, 553, "5.7.1 Sender address rejected: not owned by user"));
        }
        let to = request.header("rcpt-to").unwrap_or_default();
        let (gone, known) = RECIPIENTS.split_last().expect("some");
        if to == *gone {
            return Err((422, 550, "5.1.1 <gone@people.example>: Recipient address rejected: no mailbox gone here"));
        }
        if to != LIST && !known.contains(&to) {
            return Err((422, 550, "5.1.1 Recipient address rejected: User unknown"));
        }
        let message = std::str::from_utf8(&request.body).expect("a message of ASCII characters");
        assert!(message.is_ascii(), "8-bit characters need 8BITMIME");
        assert!(message.replace("\r\n", "").chars().all(|c| c != '\r' && c != '\n'), "lines end with CR LF");
        assert!(message.split("\r\n").all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
        self.made.set(self.made.get() + 1);
        self.posts.borrow_mut().push((request.at, live_of(message)));
        Ok("2.0.0 Ok: queued as 4F1C2A0B")
    }
}

/// Reads a message as a mail program does.
fn live_of(message: &str) -> Live {
    let message = mime::read(message);
    for (name, most) in [("from", 1), ("to", 1), ("subject", 1), ("date", 1), ("message-id", 1), ("mime-version", 1)] {
        assert_eq!(message.all(name).len(), most, "RFC 5322, 3.6: {name}");
    }
    for name in ["bcc", "cc", "return-path", "received"] {
        assert!(message.all(name).is_empty(), "a message has no `{name}` of its own");
    }
    assert_eq!(message.kind(), "multipart/alternative");
    let [text, rich] = message.parts.as_slice() else { panic!("text and HTML, not {:?}", message.parts) };
    assert_eq!(text.kind(), "text/plain", "the best alternative is the last");
    let (html, images): (&Entity, &[Entity]) = match rich.kind() {
        "multipart/related" => rich.parts.split_first().expect("a page with its images"),
        _ => (rich, &[]),
    };
    assert_eq!(html.kind(), "text/html");
    let html = String::from_utf8(html.body.clone()).expect("UTF-8");
    assert!(!html.contains("src=\"http"), "nothing is fetched when a mail is read");
    let language =
        html.split_once("<html lang=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(tag, _)| tag.to_owned());
    let inside = html.split_once("<body>").and_then(|(_, rest)| rest.split_once("</body>")).expect("a body").0;
    let page = page::read(inside);
    let mut shown = 0;
    let media = page.media.into_iter().map(|(src, alt)| {
        let id = src.strip_prefix("cid:").expect("an image of the message");
        let is_it = |image: &&Entity| image.all("content-id") == [format!("<{id}>")];
        let image = images.iter().find(is_it).expect("an image that is there");
        let kind = fixtures::sniff(&image.body).filter(|kind| kind.mime() == image.kind());
        shown += 1;
        LiveMedia { kind: kind.expect("an image of the kind that it says"), bytes: image.body.len(), alt }
    });
    let media: Vec<LiveMedia> = media.collect();
    assert!(images.len() <= shown, "an image that nobody sees");
    let plain = String::from_utf8(text.body.clone()).expect("UTF-8");
    assert!(media.iter().all(|media| plain.contains(media.alt.trim())), "the text tells what the images show: {plain}");
    let one = |name: &str| message.all(name).first().cloned().unwrap_or_default();
    if !one("list-unsubscribe-post").is_empty() {
        assert_eq!(one("list-unsubscribe-post"), "List-Unsubscribe=One-Click");
        assert!(one("list-unsubscribe").starts_with("<https://"), "RFC 8058, 3.1");
    }
    assert!(one("list-id").ends_with('>'), "RFC 2919");
    let tags = one("keywords");
    Live {
        id: one("message-id").trim_matches(['<', '>']).to_owned(),
        text: page.text,
        links: page.links,
        tags: tags.split(", ").filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        media,
        language,
        facts: BTreeMap::from([
            ("subject", one("subject")),
            ("plain", plain),
            ("date", one("date")),
            ("to", one("to")),
            ("unsubscribe", one("list-unsubscribe")),
        ]),
        ..Live::default()
    }
}

impl Twin for EmailTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut account = Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            ..Account::new(AccountId::new("trial"), NetworkId("email"), span)
        };
        let settings = [
            ("server", SERVER),
            ("from", "Acme News <news@acme.example>"),
            ("to", LIST),
            ("unsubscribe", "https://acme.example/unsubscribe"),
        ];
        for (key, value) in settings {
            account.options.set(key, Spanned { value: OptionValue::Text(value.to_owned()), span });
        }
        account
    }

    fn to_recipients(&self) -> Option<Account> {
        let mut account = self.account();
        let span = fixtures::span();
        account.options = account.options.iter().filter(|(key, _)| *key != "to").fold(
            Options::default(),
            |mut options, (key, value)| {
                options.set(key, Spanned { value: value.clone(), span });
                options
            },
        );
        let unsubscribe = OptionValue::Text("https://acme.example/unsubscribe/{recipient}".to_owned());
        account.options.set("unsubscribe", Spanned { value: unsubscribe, span });
        for (key, name) in [("recipients", "LIST"), ("recipients_key", "LIST_KEY")] {
            let value = OptionValue::Secret(SecretRef::Env(name.to_owned()));
            account.options.set(key, Spanned { value, span });
        }
        Some(account)
    }

    fn server(&self) -> Option<&'static str> {
        Some(SERVER)
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn canaries(&self) -> Vec<String> {
        vec![BASE64_STANDARD.encode(format!("{FROM}:{TOKEN}"))]
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert_eq!(request.url, SERVER, "a request to somewhere else: {request:?}");
        let said = self.route(request);
        let mut response = match said {
            Ok("") => {
                json(request, 200, &json!({ "code": 250, "text": "", "server": "mail.example", "encrypted": true }))
            }
            Ok(words) => json(request, 200, &json!({ "code": 250, "text": words })),
            Err((status, code, words)) => json(request, status, &json!({ "code": code, "text": words })),
        };
        // A mail server tells no time.
        response.headers.retain(|(_, value)| *value != http_date(request.at));
        response
    }

    fn live(&self) -> Vec<Live> {
        let mut posts = self.posts.borrow().clone();
        posts.sort_by_key(|(at, _)| *at);
        posts.into_iter().map(|(_, live)| live).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        Planted { id: "1".to_owned(), url: format!("https://somebody.example/{}", text.len()) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let live = Live { id: format!("{}@elsewhere.example", at.millis()), text: text.to_owned(), ..Live::default() };
        self.posts.borrow_mut().push((at, live));
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |value: &str| Sample {
            key: "subject",
            value: OptionValue::Text(value.to_owned()),
            fact: ("subject", value.to_owned()),
        };
        vec![sample("It is here"), sample("Käse & <Brot>, für 3 €: 🧀")]
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn tells_time(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
