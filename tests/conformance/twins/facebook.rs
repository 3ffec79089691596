//! The twin of the Graph API for one Page, with a token that may publish there.
//!
//! Codes and words of errors are those of the real one, as read in its documentation (v25.0, November 2026).

mod films;

use self::films::Films;
use super::meta::REDIRECT;
use crate::{
    fixtures,
    twin::{CLIENT_SECRET, CODE, Live, LiveMedia, Planted, Sample, Twin, TwinRequest, json},
};
use chrono::{TimeZone as _, Utc};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

const TOKEN: &str = "EAAcanaryFacebookToken9c1";
const SERVER: &str = "https://graph.facebook.com/v25.0/";
/// Where videos go, and where reels and stories do.
const VIDEOS: &str = "https://graph-video.facebook.com/v25.0/";
const UPLOADS: &str = "https://rupload.facebook.com/video-upload/v25.0/";
const PAGE: &str = "104857600012345";
/// The largest image, in bytes.
const LARGEST: usize = 10_000_000;
/// How many images a post takes.
const MOST: usize = 10;

/// The twin.
#[derive(Default)]
pub(crate) struct FacebookTwin {
    posts: RefCell<Vec<Post>>,
    /// What was uploaded, by id, and the post that shows it.
    photos: RefCell<BTreeMap<String, LiveMedia>>,
    used: RefCell<BTreeSet<String>>,
    films: RefCell<Films>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    message: String,
    link: Option<String>,
    media: Vec<LiveMedia>,
    /// As what it is shown, if not as a post: `video`, `reel` or `story`.
    shown: Option<&'static str>,
    at: Timestamp,
    edits: usize,
}

/// A refusal: the status, the code, its subcode and the words.
type Refusal = (u16, i64, i64, String);

fn refuse<T>(code: i64, subcode: i64, words: &str) -> Result<T, Refusal> {
    Err((400, code, subcode, words.to_owned()))
}

fn gone<T>(id: &str) -> Result<T, Refusal> {
    refuse(100, 33, &format!("Unsupported request. Object with ID '{id}' does not exist"))
}

impl FacebookTwin {
    fn next_id(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        122_000_000_000_000 + self.serial.get()
    }

    fn route(&self, request: &TwinRequest, below: &str) -> Result<Value, Refusal> {
        let path = below.split('?').next().unwrap_or(below);
        if path == "debug_token" {
            let both = [request.query("input_token"), request.query("access_token")];
            assert_eq!(both, [Some(TOKEN.to_owned()), Some(TOKEN.to_owned())], "a token is told of itself");
            let scopes = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"];
            return Ok(json!({ "data": { "type": "PAGE", "is_valid": true, "expires_at": 0, "scopes": scopes } }));
        }
        let asks = |name: &str, value: &str| request.query(name).as_deref() == Some(value);
        if path == "oauth/access_token" {
            let is_ours = asks("client_id", "trial-client") && asks("client_secret", CLIENT_SECRET);
            let given = if asks("code", CODE) && asks("redirect_uri", REDIRECT) {
                "EAAcanaryShort"
            } else if asks("grant_type", "fb_exchange_token") && asks("fb_exchange_token", "EAAcanaryShort") {
                "EAAcanaryLong"
            } else {
                return refuse(100, 36_009, "This authorization code has been used.");
            };
            let told = json!({ "access_token": given, "token_type": "bearer", "expires_in": 5_183_944 });
            return if is_ours { Ok(told) } else { refuse(101, 0, "Error validating application.") };
        }
        if path == "me/accounts" && request.bearer() == Some("EAAcanaryLong") {
            let another = json!({ "id": "104857600099999", "access_token": "EAAcanaryOther" });
            return Ok(json!({ "data": [another, { "id": PAGE, "access_token": TOKEN }] }));
        }
        if request.bearer() != Some(TOKEN) {
            return refuse(190, 0, "Invalid OAuth access token - Cannot parse access token");
        }
        match (request.method, path.split('/').collect::<Vec<_>>().as_slice()) {
            (Method::Get, ["me"]) => Ok(json!({ "id": PAGE, "name": "Acme" })),
            (Method::Post, [PAGE, "photos"]) => self.upload(request),
            (Method::Post, [PAGE, "feed"]) => self.publish(request),
            (Method::Post, [PAGE, edge @ ("videos" | "video_reels" | "video_stories")]) => self.film(request, edge),
            (Method::Post, [PAGE, "photo_stories"]) => self.photo_story(request),
            (Method::Get, [PAGE, edge @ ("published_posts" | "videos" | "video_reels" | "stories")]) => {
                Ok(self.list(request, edge))
            }
            (Method::Post, [id]) => self.edit(request, id),
            (Method::Delete, [id]) => {
                let mut posts = self.posts.borrow_mut();
                let Some(at) = posts.iter().position(|post| post.id == *id) else { return gone(id) };
                posts.remove(at);
                Ok(json!({ "success": true }))
            }
            _ => refuse(2500, 0, &format!("Unknown path components: /{path}")),
        }
    }

    fn upload(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let form = request.form().expect("a photo comes in a form");
        let field = |name: &str| form.iter().find(|field| field.name == name);
        let text = |name: &str| field(name).map(|field| String::from_utf8_lossy(&field.bytes).into_owned());
        assert_eq!(text("published").as_deref(), Some("false"), "nobody may see it yet");
        let Some(source) = field("source") else {
            return refuse(324, 0, "(#324) Requires upload file");
        };
        let kind = fixtures::sniff(&source.bytes);
        let taken = [MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif];
        let Some(kind) = kind.filter(|kind| taken.contains(kind) && source.bytes.len() <= LARGEST) else {
            return refuse(
                1,
                1_366_046,
                "Your photos couldn't be uploaded. Photos should be saved as JPG, PNG, GIF, TIFF",
            );
        };
        let media = LiveMedia { kind, bytes: source.bytes.len(), alt: text("alt_text_custom").unwrap_or_default() };
        let id = self.next_id().to_string();
        self.photos.borrow_mut().insert(id.clone(), media);
        Ok(json!({ "id": id }))
    }

    fn publish(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let fields = request.fields();
        let message = fields.get("message").cloned().unwrap_or_default();
        let mut media = Vec::new();
        for index in 0.. {
            let Some(attached) = fields.get(&format!("attached_media[{index}]")) else { break };
            let attached: Value = serde_json::from_str(attached).expect("JSON in a field");
            let id = attached["media_fbid"].as_str().unwrap_or_default();
            let Some(photo) = self.photos.borrow().get(id).cloned() else {
                return refuse(100, 0, "(#100) Invalid parameter");
            };
            if !self.used.borrow_mut().insert(id.to_owned()) {
                return refuse(324, 1_366_051, "These photos were already posted.");
            }
            media.push(photo);
        }
        let link = fields.get("link").cloned();
        if media.len() > MOST || (link.is_some() && !media.is_empty()) {
            return refuse(100, 0, "(#100) Invalid parameter");
        }
        if message.trim().is_empty() && media.is_empty() && link.is_none() {
            return refuse(100, 0, "(#100) Missing message or attachment");
        }
        let id = format!("{PAGE}_{}", self.next_id());
        let mut answer = json!({ "id": id });
        if fields.get("fields").is_some_and(|fields| fields.split(',').any(|field| field == "permalink_url")) {
            answer["permalink_url"] = permalink(&id).into();
        }
        self.make(Post { id, message, link, media, shown: None, at: request.at, edits: 0 });
        Ok(answer)
    }

    fn make(&self, post: Post) {
        self.made.set(self.made.get() + 1);
        self.posts.borrow_mut().push(post);
    }

    fn edit(&self, request: &TwinRequest, id: &str) -> Result<Value, Refusal> {
        let fields = request.fields();
        let mut posts = self.posts.borrow_mut();
        let Some(post) = posts.iter_mut().find(|post| post.id == id) else { return gone(id) };
        let words = match post.shown {
            None => "message",
            Some("video" | "reel") => "description",
            Some(_) => return refuse(100, 0, "(#100) Invalid parameter"),
        };
        assert!(fields.keys().all(|name| name == words), "images can't be exchanged: {fields:?}");
        post.message = fields.get(words).cloned().unwrap_or_default();
        post.edits += 1;
        Ok(json!({ "success": true }))
    }

    fn list(&self, request: &TwinRequest, edge: &str) -> Value {
        let number = |name: &str| request.query(name).and_then(|value| value.parse::<i64>().ok());
        let since = number("since").unwrap_or(0);
        let limit = number("limit").and_then(|limit| usize::try_from(limit.min(100)).ok()).unwrap_or(25);
        let mut posts = self.posts.borrow().clone();
        posts.retain(|post| post.at.millis() >= since * 1000 && films::is_listed(post, edge));
        posts.sort_by_key(|post| std::cmp::Reverse(post.at.millis()));
        let start = request.query("after").and_then(|after| after.parse().ok()).unwrap_or(0);
        let end = (start + limit).min(posts.len());
        let data: Vec<Value> = posts[start.min(end)..end]
            .iter()
            .map(|post| films::listed(post, edge).unwrap_or_else(|| listed(post)))
            .collect();
        let mut page = json!({ "data": data });
        if !data.is_empty() {
            page["paging"] = json!({ "cursors": { "before": start.to_string(), "after": end.to_string() } });
            if end < posts.len() {
                page["paging"]["next"] = format!("{SERVER}{PAGE}/{edge}?after={end}").into();
            }
        }
        page
    }
}

fn listed(post: &Post) -> Value {
    let mut listed = json!({
        "id": post.id,
        "created_time": written(post.at),
        "permalink_url": permalink(&post.id),
    });
    if !post.message.is_empty() {
        listed["message"] = post.message.as_str().into();
    }
    let photo = json!({ "media_type": "photo" });
    match post.media.len() {
        0 if post.link.is_some() => listed["attachments"] = json!({ "data": [{ "media_type": "link" }] }),
        0 => {}
        1 => listed["attachments"] = json!({ "data": [photo] }),
        count => {
            let all = vec![photo; count];
            listed["attachments"] = json!({ "data": [{ "media_type": "album", "subattachments": { "data": all } }] });
        }
    }
    listed
}

fn written(at: Timestamp) -> String {
    let at = Utc.timestamp_millis_opt(at.millis()).single().expect("a moment of our time");
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn permalink(id: &str) -> String {
    format!("https://www.facebook.com/{PAGE}/posts/{}", id.split('_').next_back().unwrap_or(id))
}

/// Shows a post as Facebook does, which finds addresses and tags by itself.
fn show(post: &Post) -> Live {
    let words = || post.message.split([' ', '\n', '(', ')']);
    let links = words().filter(|word| word.starts_with("https://")).map(|url| (url.to_owned(), url.to_owned()));
    let tags = words().filter_map(|word| word.strip_prefix('#')).filter(|tag| tag.chars().all(char::is_alphanumeric));
    let mut facts = BTreeMap::new();
    facts.extend(post.link.clone().map(|link| ("link", link)));
    facts.extend(post.shown.map(|shown| ("shown", shown.to_owned())));
    Live {
        id: post.id.clone(),
        url: films::address(post).unwrap_or_else(|| permalink(&post.id)),
        text: post.message.clone(),
        links: links.collect(),
        tags: tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        media: post.media.clone(),
        facts,
        edits: post.edits,
        ..Live::default()
    }
}

impl Twin for FacebookTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        options.set("page", Spanned { value: OptionValue::Text(PAGE.to_owned()), span });
        Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new("trial"), NetworkId("facebook"), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        Some("https://graph.facebook.com")
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        if let Some(id) = request.url.strip_prefix(UPLOADS) {
            return self.films.borrow_mut().take_whole(request, id);
        }
        let below = request
            .url
            .strip_prefix(SERVER)
            .or_else(|| request.url.strip_prefix(VIDEOS).filter(|below| *below == format!("{PAGE}/videos")));
        let below = below.unwrap_or_else(|| panic!("a request to somewhere else: {request:?}"));
        match self.route(request, below) {
            Ok(body) => json(request, 200, &body),
            Err((status, code, subcode, words)) => {
                let mut error =
                    json!({ "message": words, "type": "OAuthException", "code": code, "fbtrace_id": "A1b2" });
                if subcode != 0 {
                    error["error_subcode"] = subcode.into();
                }
                json(request, status, &json!({ "error": error }))
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        self.posts.borrow().iter().map(show).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, _text: &str) -> Planted {
        panic!("nobody is answered, quoted or passed on there")
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let id = format!("{PAGE}_{}", self.next_id());
        let post = Post { id, message: text.to_owned(), link: None, media: Vec::new(), shown: None, at, edits: 0 };
        self.posts.borrow_mut().push(post);
    }

    fn samples(&self) -> Vec<Sample> {
        let url = "https://acme.example/shop".to_owned();
        let flag = |key, shown: &str| Sample { key, value: OptionValue::Flag(true), fact: ("shown", shown.to_owned()) };
        let link = Sample { key: "link", value: OptionValue::Text(url.clone()), fact: ("link", url) };
        vec![link, flag("reel", "reel"), flag("story", "story")]
    }

    fn shows_with_media(&self, key: &str) -> bool {
        key == "story"
    }

    fn shows_with_a_video(&self, key: &str) -> bool {
        key == "reel"
    }

    fn describes_videos(&self) -> bool {
        false
    }

    fn has_languages(&self) -> bool {
        false
    }

    fn changes_words_alone(&self) -> bool {
        true
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        "nobody"
    }
}
