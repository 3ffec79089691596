//! The twin of a WordPress site: 6.1 with an author's account.
//!
//! Statuses and words of errors are those of the real one, as it answered on 2026-11-22.

use super::page;
use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, Sample, Twin, TwinRequest, answer, json},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

const BASE: &str = "https://blog.example";
const USER: &str = "acme";
const TOKEN: &str = "canary wordpress 7f3a 91bc";

/// The twin.
#[derive(Default)]
pub(crate) struct WordPressTwin {
    posts: RefCell<Vec<Post>>,
    media: RefCell<Vec<Upload>>,
    terms: RefCell<Vec<Term>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Post {
    id: u64,
    slug: String,
    status: String,
    at: Timestamp,
    fields: BTreeMap<String, Value>,
    edits: usize,
    /// Whether it was ever seen.
    was_public: bool,
}

#[derive(Clone, Debug)]
struct Upload {
    id: u64,
    url: String,
    kind: MediaKind,
    bytes: usize,
    alt: String,
}

#[derive(Clone, Debug)]
struct Term {
    id: u64,
    taxonomy: String,
    name: String,
}

/// A refusal: the status, the code and the words.
type Refusal = (u16, &'static str, &'static str);

impl WordPressTwin {
    fn next_id(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn route(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let route = request.query("rest_route").unwrap_or_default();
        let path: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
        if path.is_empty() {
            return Ok((200, json!({ "name": "Acme", "namespaces": ["oembed/1.0", "wp/v2"] })));
        }
        if request.authorization.as_deref()
            != Some(&format!("Basic {}", BASE64_STANDARD.encode(format!("{USER}:{TOKEN}"))))
        {
            return Err((401, "rest_not_logged_in", "You are not currently logged in."));
        }
        let [_, "v2", path @ ..] = path.as_slice() else { return Err(NO_ROUTE) };
        match (request.method, path) {
            (Method::Get, ["users", "me"]) => Ok((200, me())),
            (Method::Get, ["posts"]) => {
                let wanted = request.query("slug").expect("a slug");
                assert_eq!(request.query("status").as_deref(), Some("any"), "drafts are asked for, too");
                let posts = self.posts.borrow();
                let found = posts.iter().filter(|post| post.slug == wanted && post.status != "trash");
                Ok((200, found.map(|post| self.shown(post)).collect()))
            }
            (Method::Post, ["posts"]) => self.create(request),
            (Method::Get, ["posts", id]) => self.with(id, |post| Ok((200, self.shown(post)))),
            (Method::Post, ["posts", id]) => self.change(id, request),
            (Method::Delete, ["posts", id]) => self.delete(id, request),
            (Method::Get, ["media"]) => {
                let ids = request.query("include").unwrap_or_default();
                let media = self.media.borrow();
                let asked = media.iter().filter(|upload| ids.split(',').any(|id| id == upload.id.to_string()));
                Ok((200, asked.map(|upload| json!({ "id": upload.id, "source_url": upload.url })).collect()))
            }
            (Method::Post, ["media"]) => self.upload(request),
            (Method::Get, [taxonomy @ ("tags" | "categories")]) => {
                let words = request.query("search").unwrap_or_default().to_lowercase();
                let terms = self.terms.borrow();
                let found =
                    terms.iter().filter(|term| term.taxonomy == *taxonomy && term.name.to_lowercase().contains(&words));
                Ok((200, found.map(|term| json!({ "id": term.id, "name": term.name, "slug": "" })).collect()))
            }
            (Method::Post, [taxonomy @ ("tags" | "categories")]) => self.term(taxonomy, request),
            _ => Err(NO_ROUTE),
        }
    }

    fn create(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let asked = fields(request);
        let wanted = asked["slug"].as_str().expect("a slug");
        let is_taken = |slug: &str| self.posts.borrow().iter().any(|post| post.slug == slug);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let slug = std::iter::once(wanted.to_owned()).chain(numbered).find(|slug| !is_taken(slug)).expect("a free one");
        let mut post = Post {
            id: self.next_id(),
            slug,
            status: "draft".to_owned(),
            at: request.at,
            fields: BTreeMap::new(),
            edits: 0,
            was_public: false,
        };
        self.set(&mut post, asked);
        let shown = self.shown(&post);
        self.posts.borrow_mut().push(post);
        Ok((201, shown))
    }

    fn change(&self, id: &str, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let asked = fields(request);
        self.with(id, |post| {
            post.edits += usize::from(post.status == "publish" && asked.contains_key("content"));
            self.set(post, asked);
            Ok((200, self.shown(post)))
        })
    }

    fn set(&self, post: &mut Post, asked: BTreeMap<String, Value>) {
        for (name, value) in asked {
            match name.as_str() {
                "slug" => {}
                "status" => value.as_str().expect("a word").clone_into(&mut post.status),
                _ => drop(post.fields.insert(name, value)),
            }
        }
        if post.status == "publish" && !post.was_public {
            post.was_public = true;
            self.made.set(self.made.get() + 1);
        }
    }

    fn delete(&self, id: &str, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        if request.query("force").as_deref() == Some("true") {
            let before = self.posts.borrow().len();
            self.posts.borrow_mut().retain(|post| post.id.to_string() != id);
            return if self.posts.borrow().len() < before {
                Ok((200, json!({ "deleted": true })))
            } else {
                Err(NO_POST)
            };
        }
        self.with(id, |post| {
            if post.status == "trash" {
                return Err((410, "rest_already_trashed", "The post has already been deleted."));
            }
            "trash".clone_into(&mut post.status);
            post.slug.push_str("__trashed");
            Ok((200, json!({ "id": post.id, "status": "trash" })))
        })
    }

    fn with<T>(&self, id: &str, run: impl FnOnce(&mut Post) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut posts = self.posts.borrow_mut();
        run(posts.iter_mut().find(|post| post.id.to_string() == id).ok_or(NO_POST)?)
    }

    fn upload(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let form = request.form().ok_or((400, "rest_upload_no_data", "No data supplied."))?;
        let field = |name: &str| form.iter().find(|field| field.name == name);
        let file = field("file").ok_or((400, "rest_upload_no_data", "No data supplied."))?;
        let kind = fixtures::sniff(&file.bytes).filter(|kind| file.mime.as_deref() == Some(kind.mime()));
        let not_taken = (500, "rest_upload_unknown_error", "Sorry, you are not allowed to upload this file type.");
        let kind = kind.ok_or(not_taken)?;
        let id = self.next_id();
        let alt = field("alt_text").map(|alt| String::from_utf8_lossy(&alt.bytes).into_owned()).unwrap_or_default();
        let url = format!("{BASE}/wp-content/uploads/2026/11/media-{id}.{}", kind.extension());
        self.media.borrow_mut().push(Upload { id, url: url.clone(), kind, bytes: file.bytes.len(), alt });
        Ok((201, json!({ "id": id, "source_url": url })))
    }

    fn term(&self, taxonomy: &str, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let name = page_escaped(fields(request)["name"].as_str().expect("a name"));
        let mut terms = self.terms.borrow_mut();
        if terms.iter().any(|term| term.taxonomy == taxonomy && term.name.to_lowercase() == name.to_lowercase()) {
            return Err((400, "term_exists", "A term with the name provided already exists in this taxonomy."));
        }
        let id = self.next_id();
        terms.push(Term { id, taxonomy: taxonomy.to_owned(), name: name.clone() });
        Ok((201, json!({ "id": id, "name": name, "slug": "" })))
    }

    fn shown(&self, post: &Post) -> Value {
        let raw = |name: &str| json!({ "raw": post.fields.get(name).cloned().unwrap_or_default() });
        json!({
            "id": post.id,
            "slug": post.slug,
            "status": post.status,
            "link": link(post),
            "title": raw("title"),
            "content": raw("content"),
        })
    }

    fn names(&self, post: &Post, taxonomy: &str) -> Vec<String> {
        let terms = self.terms.borrow();
        let ids = post.fields.get(taxonomy).and_then(Value::as_array).cloned().unwrap_or_default();
        let name = |id: &Value| terms.iter().find(|term| term.taxonomy == taxonomy && id.as_u64() == Some(term.id));
        ids.iter().map(|id| page::plain(&name(id).expect("a term of the site").name)).collect()
    }

    fn live_of(&self, post: &Post) -> Live {
        let text = |name: &str| post.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let page = page::read(&text("content"));
        let media = self.media.borrow();
        let live_media = |(url, alt): (String, String)| {
            let upload = media.iter().find(|upload| upload.url == url).expect("an upload of the site");
            LiveMedia { kind: upload.kind, bytes: upload.bytes, alt }
        };
        let featured = post.fields.get("featured_media").and_then(Value::as_u64).filter(|id| *id > 0);
        let featured = featured.and_then(|id| media.iter().find(|upload| upload.id == id));
        let flag = |name: &str| post.fields.get(name).and_then(Value::as_bool).unwrap_or_default().to_string();
        let facts = BTreeMap::from([
            ("slug", post.slug.clone()),
            ("excerpt", page::plain(&text("excerpt"))),
            ("featured_image", featured.map_or_else(|| "none".to_owned(), |upload| upload.alt.clone())),
            ("categories", self.names(post, "categories").join(", ")),
            ("sticky", flag("sticky")),
            ("comments", text("comment_status")),
        ]);
        Live {
            id: post.id.to_string(),
            url: link(post),
            text: page.text,
            links: page.links,
            tags: self.names(post, "tags"),
            media: page.media.into_iter().map(live_media).collect(),
            language: page.language,
            facts,
            edits: post.edits,
            ..Live::default()
        }
    }
}

const NO_ROUTE: Refusal = (404, "rest_no_route", "No route was found matching the URL and request method.");
const NO_POST: Refusal = (404, "rest_post_invalid_id", "Invalid post ID.");

fn fields(request: &TwinRequest) -> BTreeMap<String, Value> {
    let body = request.json().expect("JSON");
    body.as_object().expect("an object").clone().into_iter().collect()
}

/// Keeps a name as WordPress does.
fn page_escaped(name: &str) -> String {
    name.replace('&', "&amp;")
}

fn link(post: &Post) -> String {
    if post.was_public { format!("{BASE}/2026/12/{}/", post.slug) } else { format!("{BASE}/?p={}", post.id) }
}

fn me() -> Value {
    let may = ["upload_files", "edit_posts", "edit_published_posts", "publish_posts", "read", "delete_published_posts"];
    let capabilities: BTreeMap<&str, bool> = may.into_iter().map(|name| (name, true)).collect();
    json!({ "id": 2, "username": USER, "capabilities": capabilities })
}

impl Twin for WordPressTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            endpoint: Some(Spanned { value: BASE.to_owned(), span }),
            handle: Some(Spanned { value: USER.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            language: Some("en".to_owned()),
            ..Account::new(AccountId::new("trial"), NetworkId("wordpress"), span)
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(request.url.starts_with(&format!("{BASE}/?rest_route=/")), "a request to somewhere else: {request:?}");
        match self.route(request) {
            Ok((status, body)) => json(request, status, &body),
            Err((400, "term_exists", words)) => {
                let name = page_escaped(fields(request)["name"].as_str().expect("a name"));
                let terms = self.terms.borrow();
                let id = terms.iter().find(|term| term.name.to_lowercase() == name.to_lowercase()).map(|term| term.id);
                let body = json!({ "code": "term_exists", "message": words, "data": { "status": 400, "term_id": id } });
                json(request, 400, &body)
            }
            Err((status, "", _)) => answer(request, status, "text/html", b"<html><h1>Error</h1></html>".to_vec()),
            Err((status, code, words)) => {
                json(request, status, &json!({ "code": code, "message": words, "data": { "status": status } }))
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        let mut posts: Vec<Post> =
            self.posts.borrow().iter().filter(|post| post.status == "publish").cloned().collect();
        posts.sort_by_key(|post| (post.at, post.id));
        posts.iter().map(|post| self.live_of(post)).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        Planted { id: "1".to_owned(), url: format!("https://somebody.example/{}", text.len()) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let id = self.next_id();
        self.posts.borrow_mut().push(Post {
            id,
            slug: format!("by-hand-{id}"),
            status: "publish".to_owned(),
            at,
            fields: BTreeMap::from([(
                "content".to_owned(),
                format!("<p>{}</p>", page_escaped(text).replace('<', "&lt;")).into(),
            )]),
            edits: 0,
            was_public: true,
        });
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |key, value, fact: &str| Sample { key, value, fact: (key, fact.to_owned()) };
        let text = |key, value: &str| sample(key, OptionValue::Text(value.to_owned()), value);
        let categories = vec!["News & more".to_owned(), "Hoodies".to_owned()];
        vec![
            text("slug", "a-new-hoodie"),
            text("excerpt", "Warm <3 & soft"),
            // The posts of the case hold no image; what is done with one is tried below and on a real server.
            sample("featured_image", OptionValue::Text("hoodie.png".to_owned()), "none"),
            sample("categories", OptionValue::List(categories.clone()), "News & more, Hoodies"),
            sample("categories", OptionValue::List(categories), "News & more, Hoodies"),
            sample("sticky", OptionValue::Flag(true), "true"),
            sample("comments", OptionValue::Flag(true), "open"),
            sample("comments", OptionValue::Flag(false), "closed"),
        ]
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
