//! The twin of a Ghost blog: 6.65 with a custom integration's key.
//!
//! Statuses and words of errors are those of the real one, as it answered on 2026-11-22.

use super::page;
use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, Sample, Twin, TwinRequest, json},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{Method, Response},
};
use ring::hmac;
use serde_json::{Map, Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

const BASE: &str = "https://ghost.example";
const API: &str = "https://ghost.example/ghost/api/admin/";
const KEY_ID: &str = "6b037aa6d0ec3a5da018a6b9";
const KEY: [u8; 16] = *b"canary-ghost-key";
const TOKEN: &str = "6b037aa6d0ec3a5da018a6b9:63616e6172792d67686f73742d6b6579";
const CARD: (&str, &str) = ("<!--kg-card-begin: html-->", "<!--kg-card-end: html-->");

/// The twin.
#[derive(Default)]
pub(crate) struct GhostTwin {
    posts: RefCell<Vec<Post>>,
    uploads: RefCell<Vec<Upload>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    slug: String,
    status: String,
    at: Timestamp,
    changed: Timestamp,
    fields: Map<String, Value>,
    email: Option<Value>,
    edits: usize,
}

#[derive(Clone, Debug)]
struct Upload {
    url: String,
    kind: MediaKind,
    bytes: usize,
}

/// A refusal: the status, the type, the code and the words.
type Refusal = (u16, &'static str, Option<&'static str>, &'static str);

const NOT_FOUND: Refusal = (404, "NotFoundError", None, "Resource not found error, cannot read post.");
const INVALID_TOKEN: Refusal = (400, "BadRequestError", Some("INVALID_JWT"), "Invalid token");

impl GhostTwin {
    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn route(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        assert_eq!(request.header("accept-version"), Some("v5.0"));
        let segments = request.segments();
        let path = &segments[3..];
        if path == ["site"] {
            return Ok((200, json!({ "site": { "title": "Acme", "url": format!("{BASE}/"), "version": "6.65" } })));
        }
        check_token(request)?;
        match (request.method, path) {
            (Method::Get, ["posts"]) => Ok((200, json!({ "posts": [] }))),
            (Method::Get, ["newsletters"]) => {
                Ok((200, json!({ "newsletters": [{ "slug": "weekly", "status": "active" }] })))
            }
            (Method::Get, ["posts", "slug", slug]) => {
                self.with(|post| post.slug == *slug, |post| Ok((200, shown(post))))
            }
            (Method::Get, ["posts", id]) => self.with(|post| post.id == *id, |post| Ok((200, shown(post)))),
            (Method::Post, ["posts"]) => self.create(request),
            (Method::Put, ["posts", id]) => self.change(id, request),
            (Method::Delete, ["posts", id]) => {
                let before = self.posts.borrow().len();
                self.posts.borrow_mut().retain(|post| post.id != *id);
                if self.posts.borrow().len() < before { Ok((204, Value::Null)) } else { Err(NOT_FOUND) }
            }
            (Method::Post, ["images" | "media", "upload"]) => self.upload(path[0], request),
            _ => Err((404, "NotFoundError", None, "Resource not found")),
        }
    }

    fn with<T>(
        &self,
        which: impl Fn(&Post) -> bool,
        run: impl FnOnce(&mut Post) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut posts = self.posts.borrow_mut();
        run(posts.iter_mut().find(|post| which(post)).ok_or(NOT_FOUND)?)
    }

    fn create(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let mut asked = fields(request)?;
        let wanted = asked.remove("slug").and_then(|slug| slug.as_str().map(str::to_owned)).expect("a slug");
        assert_eq!(asked.remove("status"), Some("draft".into()), "nothing is published before it is whole");
        let is_taken = |slug: &str| self.posts.borrow().iter().any(|post| post.slug == slug);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let slug = std::iter::once(wanted.clone()).chain(numbered).find(|slug| !is_taken(slug)).expect("a free one");
        let post = Post {
            id: format!("6b037b50d0ec3a5da018{:04x}", self.next()),
            slug,
            status: "draft".to_owned(),
            at: request.at,
            changed: request.at,
            fields: asked,
            email: None,
            edits: 0,
        };
        let shown = shown(&post);
        self.posts.borrow_mut().push(post);
        Ok((201, shown))
    }

    fn change(&self, id: &str, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let mut asked = fields(request)?;
        let goes_by = asked.remove("updated_at").expect("the state that it goes by");
        let publishes = asked.remove("status").is_some_and(|status| status == "published");
        let newsletter = request.query("newsletter");
        let segment = request.query("email_segment");
        self.with(
            |post| post.id == id,
            |post| {
                let changes = publishes && post.status == "draft"
                    || asked.iter().any(|(name, value)| post.fields.get(name) != Some(value));
                if changes && goes_by != moment(post.changed) {
                    let words = "Saving failed! Someone else is editing this post.";
                    return Err((409, "UpdateCollisionError", Some("UPDATE_COLLISION"), words));
                }
                let only = asked.remove("email_only").is_some_and(|only| only == true);
                if publishes && post.status == "draft" {
                    if newsletter.as_deref().is_some_and(|newsletter| newsletter != "weekly") {
                        return Err((500, "EmailError", None, "Error sending email!"));
                    }
                    // Who isn't named gets it all the same: this is what the adapter must not let happen.
                    let segment = segment.unwrap_or_else(|| "all".to_owned());
                    post.email = newsletter.map(|_| json!({ "status": "pending", "recipient_filter": segment }));
                    post.status = if only { "sent" } else { "published" }.to_owned();
                    post.at = request.at;
                    self.made.set(self.made.get() + 1);
                } else if post.status != "draft" && asked.contains_key("html") {
                    post.edits += 1;
                }
                post.fields.extend(asked);
                post.changed = request.at;
                Ok((200, shown(post)))
            },
        )
    }

    fn upload(&self, folder: &str, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let form = request.form().expect("a form");
        let file = form.iter().find(|field| field.name == "file").expect("a file");
        let kind = fixtures::sniff(&file.bytes).filter(|kind| file.mime.as_deref() == Some(kind.mime()));
        let kind = kind.filter(|kind| kind.is_video() == (folder == "media"));
        let words = "Request not understood error, cannot upload image.";
        let kind = kind.ok_or((400, "BadRequestError", None, words))?;
        let url = format!("{BASE}/content/{folder}/2026/11/media-{}.{}", self.next(), kind.extension());
        self.uploads.borrow_mut().push(Upload { url: url.clone(), kind, bytes: file.bytes.len() });
        let answer = json!([{ "url": url, "ref": null }]);
        Ok((201, if folder == "media" { json!({ "media": answer }) } else { json!({ "images": answer }) }))
    }

    fn live_of(&self, post: &Post) -> Live {
        let text = |name: &str| post.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let page = page::read(&text("html"));
        let uploads = self.uploads.borrow();
        let live_media = |(url, alt): (String, String)| {
            let upload = uploads.iter().find(|upload| upload.url == url).expect("an upload of the blog");
            LiveMedia { kind: upload.kind, bytes: upload.bytes, alt }
        };
        let tags = post.fields.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
        let email = post.email.as_ref().map_or("none", |email| email["recipient_filter"].as_str().expect("a filter"));
        let image = text("feature_image");
        let facts = BTreeMap::from([
            ("slug", post.slug.clone()),
            ("excerpt", text("custom_excerpt")),
            ("featured_image", if image.is_empty() { "none".to_owned() } else { image }),
            ("canonical_url", text("canonical_url")),
            ("visibility", text("visibility")),
            ("featured", post.fields.get("featured").and_then(Value::as_bool).unwrap_or_default().to_string()),
            ("email", email.to_owned()),
            ("status", post.status.clone()),
            ("email_subject", text("email_subject")),
        ]);
        Live {
            id: post.id.clone(),
            url: link(post),
            text: page.text,
            links: page.links,
            tags: tags.iter().map(|tag| tag.as_str().expect("a name").to_owned()).collect(),
            media: page.media.into_iter().map(live_media).collect(),
            language: page.language,
            facts,
            edits: post.edits,
            ..Live::default()
        }
    }
}

/// Takes a token that the key has signed for the administration, and that holds now.
fn check_token(request: &TwinRequest) -> Result<(), Refusal> {
    let token = request.authorization.as_deref().and_then(|value| value.strip_prefix("Ghost ")).ok_or((
        401,
        "UnauthorizedError",
        Some("INVALID_AUTH_HEADER"),
        "Authorization header format is \"Authorization: Ghost [token]\"",
    ))?;
    let (signed, signature) = token.rsplit_once('.').ok_or(INVALID_TOKEN)?;
    let (head, claims) = signed.split_once('.').ok_or(INVALID_TOKEN)?;
    let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| INVALID_TOKEN);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &KEY);
    hmac::verify(&key, signed.as_bytes(), &bytes(signature)?).map_err(|_| INVALID_TOKEN)?;
    let read =
        |text: &str| -> Result<Value, Refusal> { serde_json::from_slice(&bytes(text)?).map_err(|_| INVALID_TOKEN) };
    let (head, claims) = (read(head)?, read(claims)?);
    let now = request.at.millis() / 1000;
    let holds = claims["iat"].as_i64().is_some_and(|at| at <= now && now - at < 300);
    if head["kid"] == KEY_ID && claims["aud"] == "/admin/" && holds { Ok(()) } else { Err(INVALID_TOKEN) }
}

/// Reads a post that is asked for, within Ghost's limits and as it keeps it.
fn fields(request: &TwinRequest) -> Result<Map<String, Value>, Refusal> {
    let body = request.json().expect("JSON");
    let mut asked = body["posts"][0].as_object().expect("a post").clone();
    let too_long = (422, "ValidationError", None, "Validation error, cannot save post.");
    for (name, most) in [("title", 255), ("custom_excerpt", 300), ("feature_image_alt", 191)] {
        let length = asked.get(name).and_then(Value::as_str).unwrap_or_default().chars().count();
        if length > most {
            return Err(too_long);
        }
    }
    if let Some(html) = asked.get("html").and_then(Value::as_str) {
        assert_eq!(request.query("source").as_deref(), Some("html"), "else Ghost reads no HTML");
        asked["html"] = kept(html).into();
    }
    Ok(asked)
}

/// Keeps of HTML what Ghost keeps: no comment but those of cards, no video outside them, and no element that it doesn't know.
fn kept(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(CARD.0) {
        let (card, after) = after.split_once(CARD.1).expect("a card that ends");
        out.push_str(&converted(before));
        out.push_str(&format!("{}{}{}", CARD.0, without_comments(card), CARD.1));
        rest = after;
    }
    out + &converted(rest)
}

fn converted(html: &str) -> String {
    let mut html = without_comments(html).replace("<del>", "").replace("</del>", "");
    while let Some((before, after)) = html.split_once("<video ") {
        html = format!("{before}{}", after.split_once("</video>").expect("a video that ends").1);
    }
    html
}

fn without_comments(html: &str) -> String {
    let mut html = html.to_owned();
    while let Some((before, after)) = html.split_once("<!--") {
        html = format!("{before}{}", after.split_once("-->").expect("a comment that ends").1);
    }
    html
}

fn moment(at: Timestamp) -> String {
    // Whole seconds, as its database keeps them.
    Timestamp::from_millis(at.millis() / 1000 * 1000).to_string()
}

fn link(post: &Post) -> String {
    match post.status.as_str() {
        "published" => format!("{BASE}/{}/", post.slug),
        "sent" => format!("{BASE}/email/{}/", post.id),
        _ => format!("{BASE}/p/{}/", post.id),
    }
}

fn shown(post: &Post) -> Value {
    let mut shown = post.fields.clone();
    shown.insert("id".to_owned(), post.id.clone().into());
    shown.insert("slug".to_owned(), post.slug.clone().into());
    shown.insert("status".to_owned(), post.status.clone().into());
    shown.insert("url".to_owned(), link(post).into());
    shown.insert("updated_at".to_owned(), moment(post.changed).into());
    shown.insert("email".to_owned(), post.email.clone().into());
    json!({ "posts": [shown] })
}

impl Twin for GhostTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            endpoint: Some(Spanned { value: BASE.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            language: Some("en".to_owned()),
            ..Account::new(AccountId::new("trial"), NetworkId("ghost"), span)
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn canaries(&self) -> Vec<String> {
        vec![TOKEN.split_once(':').expect("two parts").1.to_owned()]
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(request.url.starts_with(API), "a request to somewhere else: {request:?}");
        match self.route(request) {
            Ok((204, _)) => Response { body: Vec::new(), ..json(request, 204, &Value::Null) },
            Ok((status, body)) => json(request, status, &body),
            Err((status, kind, code, words)) => {
                let error = json!({ "message": words, "context": null, "type": kind, "code": code });
                json(request, status, &json!({ "errors": [error] }))
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        let mut posts: Vec<Post> = self.posts.borrow().iter().filter(|post| post.status != "draft").cloned().collect();
        posts.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        posts.iter().map(|post| self.live_of(post)).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        Planted { id: "1".to_owned(), url: format!("https://somebody.example/{}", text.len()) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let id = self.next();
        let html = format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;"));
        self.posts.borrow_mut().push(Post {
            id: format!("6b037b50d0ec3a5da018{id:04x}"),
            slug: format!("by-hand-{id}"),
            status: "published".to_owned(),
            at,
            changed: at,
            fields: Map::from_iter([("html".to_owned(), html.into())]),
            email: None,
            edits: 0,
        });
    }

    fn samples(&self) -> Vec<Sample> {
        let fact = |key, value, fact: &'static str, says: &str| Sample { key, value, fact: (fact, says.to_owned()) };
        let word = |key, value: &str, name, says: &str| fact(key, OptionValue::Text(value.to_owned()), name, says);
        let text = |key, value: &str| word(key, value, key, value);
        vec![
            text("slug", "a-new-hoodie"),
            text("excerpt", "Warm <3 & soft"),
            // The posts of the case hold no image; what is done with one is tried on a real server.
            word("featured_image", "hoodie.png", "featured_image", "none"),
            text("canonical_url", "https://acme.example/hoodie"),
            text("visibility", "public"),
            text("visibility", "members"),
            text("visibility", "paid"),
            fact("featured", OptionValue::Flag(true), "featured", "true"),
            word("newsletter", "weekly", "email", "status:free"),
            // Nobody gets an e-mail without a newsletter.
            word("email_segment", "all", "email", "all"),
            word("email_segment", "free", "email", "status:free"),
            word("email_segment", "paid", "email", "status:-free"),
            fact("email_only", OptionValue::Flag(true), "status", "sent"),
            fact("email_only", OptionValue::Flag(false), "status", "published"),
            text("email_subject", "It is here"),
        ]
    }

    fn companions(&self, key: &str) -> Vec<(&'static str, OptionValue)> {
        let text = |value: &str| OptionValue::Text(value.to_owned());
        let newsletter = ("newsletter", text("weekly"));
        let segment = ("email_segment", text("free"));
        match key {
            "newsletter" => vec![segment],
            "email_segment" => vec![newsletter],
            "email_only" | "email_subject" => vec![newsletter, segment],
            _ => Vec::new(),
        }
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
