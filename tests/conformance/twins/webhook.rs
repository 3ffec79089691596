//! The twin of a receiver of webhooks: it checks signatures as Standard Webhooks 1.0.0 says, keeps what it is told, and names what
//! it made of it.

use crate::{
    fixtures,
    twin::{Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, answer, json},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Method, Response},
};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

const ENDPOINT: &str = "https://shop.example/hooks/masthead";
/// `canary-webhook-secret-41a7!` is what it holds.
const SECRET: &str = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTQxYTch";
/// The oldest signature that is taken, in seconds.
const TOLERANCE: i64 = 300;
/// The largest event that is taken, in bytes.
const LARGEST: usize = 20_000;

/// The twin.
pub(crate) struct WebhookTwin {
    posts: RefCell<Vec<Post>>,
    /// The answers by the ids of their events, where it knows them again.
    known: RefCell<BTreeMap<String, Value>>,
    keeps_keys: Cell<bool>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    ours: bool,
    data: Value,
    edits: usize,
}

/// A refusal: the status and the words.
type Refusal = (u16, String);

fn refuse<T>(status: u16, words: &str) -> Result<T, Refusal> {
    Err((status, words.to_owned()))
}

impl WebhookTwin {
    /// Makes a receiver that knows no event again.
    pub(crate) fn new() -> Self {
        Self {
            posts: RefCell::default(),
            known: RefCell::default(),
            keeps_keys: Cell::new(false),
            serial: Cell::new(0),
            made: Cell::new(0),
        }
    }

    fn next_id(&self) -> String {
        self.serial.set(self.serial.get() + 1);
        format!("p-{}", self.serial.get())
    }

    fn receive(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let id = verify(request)?;
        if request.body.len() > LARGEST {
            return refuse(413, "too large");
        }
        let Some(event) = request.json() else { return refuse(400, "no JSON") };
        if let Some(known) = self.known.borrow().get(&id) {
            return Ok(known.clone());
        }
        let data = &event["data"];
        assert_eq!(data["v"], json!(1), "the schema has a version: {event:#}");
        let made = match event["type"].as_str() {
            Some("post.published") => self.publish(&event)?,
            Some("post.updated") => self.update(data)?,
            Some("post.deleted") => {
                self.posts.borrow_mut().retain(|post| Some(post.id.as_str()) != data["id"].as_str());
                Value::Null
            }
            _ => return refuse(422, "no such type"),
        };
        if self.keeps_keys.get() {
            self.known.borrow_mut().insert(id, made.clone());
        }
        Ok(made)
    }

    fn publish(&self, event: &Value) -> Result<Value, Refusal> {
        let moment = event["timestamp"].as_str().and_then(Timestamp::parse);
        assert!(moment.is_some(), "an event has a moment: {event:#}");
        let mut data = event["data"].clone();
        for key in ["reply_to", "quote", "boost"] {
            if data.get(key).is_some() {
                let Some(id) = self.resolve(&data[key]) else { return refuse(422, "no such post") };
                data[key] = json!(id);
            }
        }
        let id = self.next_id();
        self.made.set(self.made.get() + 1);
        self.posts.borrow_mut().push(Post { id: id.clone(), ours: true, data, edits: 0 });
        Ok(json!({ "id": id, "url": address(&id) }))
    }

    fn update(&self, data: &Value) -> Result<Value, Refusal> {
        let mut posts = self.posts.borrow_mut();
        let Some(post) = posts.iter_mut().find(|post| Some(post.id.as_str()) == data["id"].as_str()) else {
            return refuse(422, "no such post");
        };
        post.data = data.clone();
        post.edits += 1;
        Ok(json!({ "id": post.id, "url": address(&post.id) }))
    }

    /// Finds the post that a reference names.
    fn resolve(&self, reference: &Value) -> Option<String> {
        let named = |post: &&Post| {
            reference["id"].as_str() == Some(post.id.as_str()) || reference["url"].as_str() == Some(&address(&post.id))
        };
        self.posts.borrow().iter().find(named).map(|post| post.id.clone())
    }
}

/// Checks the signature of a message. Returns its id.
fn verify(request: &TwinRequest) -> Result<String, Refusal> {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    if id.is_empty() || id.contains('.') {
        return refuse(400, "bad webhook-id");
    }
    let age = at.parse::<i64>().ok().map(|at| (request.at.millis() / 1000 - at).abs());
    if age.is_none_or(|age| age > TOLERANCE) {
        return refuse(400, "bad webhook-timestamp");
    }
    let secret = SECRET.strip_prefix("whsec_").expect("a secret");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(secret).expect("base64"));
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", &request.body].concat();
    let holds = |signature: &str| {
        let tag = signature.strip_prefix("v1,").and_then(|tag| BASE64_STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    };
    if header("webhook-signature").split(' ').any(holds) { Ok(id.to_owned()) } else { refuse(401, "bad signature") }
}

fn address(id: &str) -> String {
    format!("https://shop.example/news/{id}")
}

fn show(post: &Post) -> Live {
    let data = &post.data;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect::<Vec<_>>();
    let media = data["media"].as_array().into_iter().flatten().map(|medium| {
        let kind = fixtures::KINDS.into_iter().find(|kind| Some(kind.mime()) == medium["type"].as_str());
        LiveMedia {
            kind: kind.expect("a kind that is known"),
            bytes: medium["bytes"].as_u64().and_then(|bytes| bytes.try_into().ok()).expect("a size"),
            alt: text(&medium["alt"]).expect("a description"),
        }
    });
    let poll = data.get("poll").map(|poll| LivePoll {
        options: list(&poll["options"]),
        seconds: poll["seconds"].as_u64().expect("a time"),
        multiple: poll["multiple"].as_bool().expect("one or several"),
    });
    let options = &data["options"];
    let mut facts = BTreeMap::new();
    facts.extend(text(&options["topic"]).map(|topic| ("topic", topic)));
    facts.insert("labels", list(&options["labels"]).join(", "));
    Live {
        id: post.id.clone(),
        url: address(&post.id),
        text: text(&data["text"]).unwrap_or_default(),
        links: links(data["html"].as_str().unwrap_or_default()),
        tags: list(&data["hashtags"]),
        media: media.collect(),
        poll,
        language: text(&data["language"]),
        reply_to: text(&data["reply_to"]),
        quote: text(&data["quote"]),
        boost: text(&data["boost"]),
        facts,
        edits: post.edits,
        ..Live::default()
    }
}

/// Reads the links of HTML, as a browser would.
fn links(html: &str) -> Vec<(String, String)> {
    let plain =
        |text: &str| text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let mut links = Vec::new();
    for piece in html.split("<a href=\"").skip(1) {
        let (url, rest) = piece.split_once('"').expect("the end of an address");
        let (_, rest) = rest.split_once('>').expect("the end of a tag");
        let (shown, _) = rest.split_once("</a>").expect("the end of a link");
        links.push((plain(shown), plain(url)));
    }
    links
}

impl Twin for WebhookTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        options.set("idempotent", Spanned { value: OptionValue::Flag(self.keeps_keys.get()), span });
        Account {
            endpoint: Some(Spanned { value: ENDPOINT.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new("trial"), NetworkId("webhook"), span)
        }
    }

    fn token(&self) -> &'static str {
        SECRET
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        if (request.method, request.url.as_str()) == (Method::Get, "https://shop.example/") {
            return answer(request, 200, "text/html", b"<title>Shop</title>".to_vec());
        }
        assert_eq!((request.method, request.url.as_str()), (Method::Post, ENDPOINT), "a request to somewhere else");
        match self.receive(request) {
            Ok(Value::Null) => answer(request, 204, "text/plain", Vec::new()),
            Ok(made) => json(request, 200, &made),
            Err((status, words)) => json(request, status, &json!({ "error": words })),
        }
    }

    fn live(&self) -> Vec<Live> {
        self.posts.borrow().iter().filter(|post| post.ours).map(show).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let id = self.next_id();
        self.posts.borrow_mut().push(Post { id: id.clone(), ours: false, data: json!({ "text": text }), edits: 0 });
        Planted { url: address(&id), id }
    }

    fn post_by_hand(&self, _text: &str, _at: Timestamp) {
        panic!("nobody posts to a receiver but through its events")
    }

    fn keep_keys(&self) -> Option<Account> {
        self.keeps_keys.set(true);
        Some(self.account())
    }

    fn samples(&self) -> Vec<Sample> {
        let labels = vec!["front".to_owned(), "sale".to_owned()];
        vec![
            Sample { key: "topic", value: OptionValue::Text("shop".to_owned()), fact: ("topic", "shop".to_owned()) },
            Sample { key: "labels", value: OptionValue::List(labels), fact: ("labels", "front, sale".to_owned()) },
        ]
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
