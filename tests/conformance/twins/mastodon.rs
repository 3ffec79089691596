//! The twin of a Mastodon server: 4.5 with its usual limits.
//!
//! Statuses and words of errors are those of the real one, as read in its documentation and sources (July 2026).

mod text;

use self::text::Entity;
use crate::{
    fixtures,
    twin::{FormField, Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, answer, json},
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, Options, SecretRef, Timestamp, Voice},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

const BASE: &str = "https://masto.example";
const TOKEN: &str = "canary-mastodon-token-5f2c";
const OURS: &str = "109000000000000001";
const SOMEBODY: &str = "amy@friends.example";
/// For how long an idempotency key is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);
const VIDEO_POLLS: u32 = 2;

/// What a request may ask of a status.
const FIELDS: &[&str] = &[
    "status",
    "media_ids",
    "media_attributes",
    "poll",
    "in_reply_to_id",
    "sensitive",
    "spoiler_text",
    "visibility",
    "language",
    "quoted_status_id",
    "quote_approval_policy",
];

/// The twin.
pub(crate) struct MastodonTwin {
    statuses: RefCell<Vec<Status>>,
    media: RefCell<Vec<Upload>>,
    keys: RefCell<BTreeMap<String, (Timestamp, u64)>>,
    max_characters: Cell<usize>,
    serial: Cell<u64>,
    made: Cell<usize>,
    /// Whether it is a server of another make, which takes keys and forgets them.
    forgets_keys: Cell<bool>,
}

#[derive(Clone, Debug)]
struct Status {
    id: u64,
    url: String,
    /// Whether it is our account's.
    ours: bool,
    at: Timestamp,
    body: Body,
    reply_to: Option<u64>,
    quote: Option<u64>,
    boost: Option<u64>,
    visibility: String,
    edits: usize,
    gone: bool,
}

#[derive(Clone, Debug, Default)]
struct Body {
    text: String,
    warning: String,
    sensitive: bool,
    language: Option<String>,
    policy: Option<String>,
    media: Vec<u64>,
    poll: Option<(LivePoll, bool)>,
}

#[derive(Clone, Debug)]
struct Upload {
    id: u64,
    kind: MediaKind,
    bytes: usize,
    alt: String,
    /// How often it will still say that it is being processed.
    busy: u32,
    attached: Option<u64>,
}

/// A refusal: the status and the words.
type Refusal = (u16, String);

fn refuse<T>(status: u16, words: &str) -> Result<T, Refusal> {
    Err((status, words.to_owned()))
}

impl MastodonTwin {
    /// Makes an empty server with our account.
    pub(crate) fn new() -> Self {
        Self {
            statuses: RefCell::default(),
            media: RefCell::default(),
            keys: RefCell::default(),
            max_characters: Cell::new(500),
            serial: Cell::new(0),
            made: Cell::new(0),
            forgets_keys: Cell::new(false),
        }
    }

    /// Makes an id that grows with time, as the real ones do.
    fn next_id(&self, at: Timestamp) -> u64 {
        self.serial.set(self.serial.get() + 1);
        (u64::try_from(at.millis()).expect("after 1970") << 16) + self.serial.get()
    }

    fn route(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().skip(1).copied().collect();
        match (request.method, path.as_slice()) {
            (Method::Get, ["v2", "instance"]) => return Ok((200, self.instance())),
            _ if request.bearer.as_deref() != Some(TOKEN) => return refuse(401, "The access token is invalid"),
            _ => {}
        }
        match (request.method, path.as_slice()) {
            (Method::Get, ["v1", "accounts", "verify_credentials"]) => {
                Ok((200, json!({ "id": OURS, "username": "acme", "acct": "acme", "url": format!("{BASE}/@acme") })))
            }
            (Method::Get, ["v1", "apps", "verify_credentials"]) => {
                Ok((200, json!({ "name": "Masthead", "scopes": ["read", "write:statuses", "write:media"] })))
            }
            (Method::Get, ["v1", "accounts", OURS, "statuses"]) => Ok((200, self.list(request))),
            (Method::Get, ["v2", "search"]) => Ok((200, self.search(request))),
            (Method::Post, ["v2", "media"]) => self.upload(request),
            (Method::Get, ["v1", "media", id]) => self.upload_state(id),
            (Method::Post, ["v1", "statuses"]) => self.create(request).map(|id| (200, self.status(id))),
            (Method::Put, ["v1", "statuses", id]) => self.edit(request, id).map(|id| (200, self.status(id))),
            (Method::Delete, ["v1", "statuses", id]) => self.delete(id),
            (Method::Post, ["v1", "statuses", id, "reblog"]) => {
                self.boost(request, id).map(|id| (200, self.status(id)))
            }
            (Method::Post, ["v1", "statuses", id, "unreblog"]) => self.unboost(id),
            _ => refuse(404, "Record not found"),
        }
    }

    fn instance(&self) -> Value {
        let (version, source) = if self.forgets_keys.get() {
            ("0.20.0+git-1a2b3c4", "https://codeberg.org/superseriousbusiness/gotosocial")
        } else {
            ("4.5.0", "https://github.com/mastodon/mastodon")
        };
        json!({
            "domain": "masto.example",
            "title": "Twin",
            "version": version,
            "source_url": source,
            "api_versions": { "mastodon": 7 },
            "configuration": {
                "statuses": {
                    "max_characters": self.max_characters.get(),
                    "max_media_attachments": 4,
                    "characters_reserved_per_url": 23,
                },
                "media_attachments": {
                    "supported_mime_types": [
                        "image/jpeg", "image/png", "image/gif", "image/webp", "video/webm", "video/mp4", "video/quicktime"
                    ],
                    "description_limit": 1500,
                    "image_size_limit": 16_777_216,
                    "image_matrix_limit": 33_177_600,
                    "video_size_limit": 103_809_024,
                },
                "polls": {
                    "max_options": 4,
                    "max_characters_per_option": 50,
                    "min_expiration": 300,
                    "max_expiration": 2_629_746,
                },
            },
        })
    }

    fn list(&self, request: &TwinRequest) -> Value {
        let limit = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20).min(40);
        let before: u64 = request.query("max_id").and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
        let boosts = request.query("exclude_reblogs").as_deref() != Some("true");
        let mut ids: Vec<u64> = self
            .statuses
            .borrow()
            .iter()
            .filter(|status| status.ours && !status.gone && status.id < before && (boosts || status.boost.is_none()))
            .map(|status| status.id)
            .collect();
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        ids.into_iter().take(limit).map(|id| self.status(id)).collect()
    }

    fn search(&self, request: &TwinRequest) -> Value {
        let wanted = request.query("q").unwrap_or_default();
        let resolves = request.query("resolve").as_deref() == Some("true");
        let found =
            self.statuses.borrow().iter().find(|status| status.url == wanted && !status.gone && resolves).map(|s| s.id);
        let statuses: Vec<Value> = found.into_iter().map(|id| self.status(id)).collect();
        json!({ "accounts": [], "statuses": statuses, "hashtags": [] })
    }

    fn upload(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let Some(fields) = request.form() else { return refuse(422, "Validation failed: File can't be blank") };
        let field = |name: &str| fields.iter().find(|field| field.name == name);
        let Some(FormField { file: Some(_), mime: Some(mime), bytes, .. }) = field("file") else {
            return refuse(422, "Validation failed: File can't be blank");
        };
        let Some(kind) = fixtures::sniff(bytes).filter(|kind| kind.mime() == mime.as_str()) else {
            return refuse(422, "Validation failed: File content type is invalid");
        };
        let alt =
            field("description").map_or_else(String::new, |field| String::from_utf8_lossy(&field.bytes).into_owned());
        if alt.chars().count() > 1500 {
            return refuse(422, "Validation failed: Description is too long (maximum is 1500 characters)");
        }
        let id = self.next_id(request.at);
        let busy = if kind.is_video() || kind == MediaKind::Gif { VIDEO_POLLS } else { 0 };
        self.media.borrow_mut().push(Upload { id, kind, bytes: bytes.len(), alt, busy, attached: None });
        let url = (busy == 0).then(|| format!("{BASE}/media/{id}"));
        Ok((if busy > 0 { 202 } else { 200 }, json!({ "id": id.to_string(), "type": "unknown", "url": url })))
    }

    fn upload_state(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let mut media = self.media.borrow_mut();
        let Some(upload) = media.iter_mut().find(|upload| upload.id.to_string() == id) else {
            return refuse(404, "Record not found");
        };
        let body = json!({ "id": id, "type": "unknown" });
        upload.busy = upload.busy.saturating_sub(1);
        Ok((if upload.busy > 0 { 206 } else { 200 }, body))
    }

    fn create(&self, request: &TwinRequest) -> Result<u64, Refusal> {
        let key = request.header("idempotency-key").filter(|key| !key.is_empty() && !self.forgets_keys.get());
        if let Some(id) = key.and_then(|key| self.known(key, request.at)) {
            return if self.exists(id) { Ok(id) } else { refuse(404, "Record not found") };
        }
        let asked = body_of(request)?;
        let body = self.read_body(&asked, None)?;
        let visibility = word(&asked, "visibility", &["public", "unlisted", "private", "direct"])?;
        let reply_to = self.reference(&asked, "in_reply_to_id")?;
        let quote = self.reference(&asked, "quoted_status_id")?;
        if quote.is_some() && (!body.media.is_empty() || body.poll.is_some()) {
            return refuse(422, "Validation failed: Quoting is not allowed with media or polls");
        }
        let id = self.next_id(request.at);
        self.made.set(self.made.get() + 1);
        self.attach(id, &body.media);
        let visibility = visibility.unwrap_or_else(|| "public".to_owned());
        let url = format!("{BASE}/@acme/{id}");
        self.statuses.borrow_mut().push(Status {
            id,
            url,
            ours: true,
            at: request.at,
            body,
            reply_to,
            quote,
            boost: None,
            visibility,
            edits: 0,
            gone: false,
        });
        if let Some(key) = key {
            self.keys.borrow_mut().insert(key.to_owned(), (request.at, id));
        }
        Ok(id)
    }

    fn edit(&self, request: &TwinRequest, id: &str) -> Result<u64, Refusal> {
        let id = self.own(id)?;
        let asked = body_of(request)?;
        let mut body = self.read_body(&asked, Some(id))?;
        for attributes in asked["media_attributes"].as_array().into_iter().flatten() {
            let alt = attributes["description"].as_str().unwrap_or_default().to_owned();
            let mut media = self.media.borrow_mut();
            let named = media.iter_mut().find(|upload| number(&attributes["id"]) == Some(upload.id));
            named
                .filter(|upload| body.media.contains(&upload.id))
                .into_iter()
                .for_each(|upload| upload.alt.clone_from(&alt));
        }
        self.attach(id, &body.media);
        let mut statuses = self.statuses.borrow_mut();
        let status = statuses.iter_mut().find(|status| status.id == id).expect("an own status");
        body.policy = body.policy.or_else(|| status.body.policy.clone());
        status.body = body;
        status.edits += 1;
        Ok(id)
    }

    fn delete(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let id = self.own(id)?;
        let body = self.status(id);
        self.remove(id);
        Ok((200, body))
    }

    fn boost(&self, request: &TwinRequest, id: &str) -> Result<u64, Refusal> {
        let original = self.existing(id)?;
        let asked = request.json().unwrap_or_default();
        let visibility = word(&asked, "visibility", &["public", "unlisted", "private"])?;
        let earlier = self.statuses.borrow().iter().find(|s| s.boost == Some(original) && !s.gone).map(|s| s.id);
        if let Some(earlier) = earlier {
            return Ok(earlier);
        }
        let id = self.next_id(request.at);
        self.made.set(self.made.get() + 1);
        self.statuses.borrow_mut().push(Status {
            id,
            url: format!("{BASE}/users/acme/statuses/{id}/activity"),
            ours: true,
            at: request.at,
            body: Body::default(),
            reply_to: None,
            quote: None,
            boost: Some(original),
            visibility: visibility.unwrap_or_else(|| "public".to_owned()),
            edits: 0,
            gone: false,
        });
        Ok(id)
    }

    fn unboost(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let original = self.existing(id)?;
        let boost = self.statuses.borrow().iter().find(|s| s.boost == Some(original) && !s.gone).map(|s| s.id);
        boost.into_iter().for_each(|id| self.remove(id));
        Ok((200, self.status(original)))
    }

    /// Reads what creating and editing have in common, and refuses what the real one refuses.
    fn read_body(&self, asked: &Value, editing: Option<u64>) -> Result<Body, Refusal> {
        let text = string(asked, "status")?.unwrap_or_default();
        let warning = string(asked, "spoiler_text")?.unwrap_or_default();
        let media = self.read_media(asked, editing)?;
        let poll = self.read_poll(asked)?;
        if text.trim().is_empty() && media.is_empty() && poll.is_none() {
            return refuse(422, "Validation failed: Text can't be blank");
        }
        if poll.is_some() && !media.is_empty() {
            return refuse(422, "Cannot attach more than 4 files");
        }
        let limit = self.max_characters.get();
        if text::length(&text) + text::graphemes(&warning) > limit {
            return refuse(422, &format!("Validation failed: Text character limit of {limit} exceeded"));
        }
        let sensitive = match &asked["sensitive"] {
            Value::Null => false,
            Value::Bool(sensitive) => *sensitive,
            other => return refuse(422, &format!("sensitive: {other}")),
        };
        let language = string(asked, "language")?
            .filter(|tag| matches!(tag.as_str(), "zh-CN" | "zh-TW" | "zh-HK") || (2..=3).contains(&tag.len()));
        let policy = word(asked, "quote_approval_policy", &["public", "followers", "nobody"])?;
        let sensitive = sensitive || !warning.is_empty();
        Ok(Body { text, warning, sensitive, language, policy, media, poll })
    }

    fn read_media(&self, asked: &Value, editing: Option<u64>) -> Result<Vec<u64>, Refusal> {
        let ids = asked["media_ids"].as_array().cloned().unwrap_or_default();
        if ids.len() > 4 {
            return refuse(422, "Cannot attach more than 4 files");
        }
        let media = self.media.borrow();
        let mut found: Vec<&Upload> = Vec::new();
        for id in &ids {
            let upload = media.iter().find(|upload| number(id) == Some(upload.id));
            let free = upload.filter(|upload| upload.attached.is_none() || upload.attached == editing);
            let Some(upload) = free else {
                return refuse(422, &format!("Media {id} not found or already attached to another post"));
            };
            found.push(upload);
        }
        if found.len() > 1 && found.iter().any(|upload| upload.kind.is_video()) {
            return refuse(422, "Cannot attach a video to a post that already contains images");
        }
        if found.iter().any(|upload| upload.busy > 0) {
            return refuse(422, "Cannot attach files that have not finished processing. Try again in a moment!");
        }
        Ok(found.into_iter().map(|upload| upload.id).collect())
    }

    fn read_poll(&self, asked: &Value) -> Result<Option<(LivePoll, bool)>, Refusal> {
        let Some(poll) = asked["poll"].as_object() else { return Ok(None) };
        let options: Vec<String> = poll["options"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|option| option.as_str().unwrap_or_default().to_owned())
            .collect();
        let seconds = poll["expires_in"].as_u64().unwrap_or_default();
        if options.len() < 2 || options.iter().any(|option| option.trim().is_empty()) {
            return refuse(422, "Validation failed: Options must be more than one item");
        }
        if options.len() > 4 {
            return refuse(422, "Validation failed: Options can't contain more than 4 items");
        }
        if options.iter().any(|option| text::graphemes(option) > 50) {
            return refuse(422, "Validation failed: Options can't be longer than 50 characters each");
        }
        if !(300..=2_629_746).contains(&seconds) {
            return refuse(422, "Validation failed: Expires at is too soon");
        }
        let multiple = poll.get("multiple").and_then(Value::as_bool).unwrap_or_default();
        let hidden = poll.get("hide_totals").and_then(Value::as_bool).unwrap_or_default();
        Ok(Some((LivePoll { options, seconds, multiple }, hidden)))
    }

    fn known(&self, key: &str, at: Timestamp) -> Option<u64> {
        let keys = self.keys.borrow();
        let (since, id) = keys.get(key)?;
        (at.since(*since) < REMEMBERED).then_some(*id)
    }

    fn exists(&self, id: u64) -> bool {
        self.statuses.borrow().iter().any(|status| status.id == id && !status.gone)
    }

    fn existing(&self, id: &str) -> Result<u64, Refusal> {
        let found = id.parse().ok().filter(|id| self.exists(*id));
        found.map_or_else(|| refuse(404, "Record not found"), Ok)
    }

    fn own(&self, id: &str) -> Result<u64, Refusal> {
        let id = self.existing(id)?;
        let ours = self.statuses.borrow().iter().any(|status| status.id == id && status.ours);
        if ours { Ok(id) } else { refuse(404, "Record not found") }
    }

    fn reference(&self, asked: &Value, name: &str) -> Result<Option<u64>, Refusal> {
        match string(asked, name)? {
            None => Ok(None),
            Some(id) => self.existing(&id).map(Some).map_err(|_| {
                (404, "The post you are trying to reply to or quote does not appear to exist.".to_owned())
            }),
        }
    }

    fn attach(&self, id: u64, media: &[u64]) {
        for upload in self.media.borrow_mut().iter_mut().filter(|upload| media.contains(&upload.id)) {
            upload.attached = Some(id);
        }
    }

    fn remove(&self, id: u64) {
        let mut statuses = self.statuses.borrow_mut();
        statuses
            .iter_mut()
            .filter(|status| status.id == id || status.boost == Some(id))
            .for_each(|status| status.gone = true);
    }

    /// Writes a status as the API does.
    fn status(&self, id: u64) -> Value {
        let status = self.statuses.borrow().iter().find(|status| status.id == id).cloned().expect("a status");
        let attachments: Vec<Value> = status
            .body
            .media
            .iter()
            .filter_map(|id| self.media.borrow().iter().find(|upload| upload.id == *id).cloned())
            .map(|upload| json!({ "id": upload.id.to_string(), "description": upload.alt }))
            .collect();
        json!({
            "id": id.to_string(),
            "uri": format!("{BASE}/users/acme/statuses/{id}"),
            "url": status.url,
            "created_at": status.at.to_string(),
            "content": text::html(&status.body.text),
            "visibility": status.visibility,
            "spoiler_text": status.body.warning,
            "sensitive": status.body.sensitive,
            "language": status.body.language,
            "in_reply_to_id": status.reply_to.map(|id| id.to_string()),
            "media_attachments": attachments,
            "reblog": status.boost.map(|original| self.status(original)),
            "quote": status.quote.map(|id| json!({ "state": "accepted", "quoted_status": { "id": id.to_string() } })),
        })
    }

    /// Makes a status that didn't come through the API.
    fn put(&self, ours: bool, words: &str, at: Timestamp) -> Planted {
        let id = self.next_id(at);
        let url = if ours { format!("{BASE}/@acme/{id}") } else { format!("https://elsewhere.example/@bob/{id}") };
        self.statuses.borrow_mut().push(Status {
            id,
            url: url.clone(),
            ours,
            at,
            body: Body { text: words.to_owned(), ..Body::default() },
            reply_to: None,
            quote: None,
            boost: None,
            visibility: "public".to_owned(),
            edits: 0,
            gone: false,
        });
        Planted { id: id.to_string(), url }
    }

    fn show(&self, status: &Status) -> Live {
        let entities = text::entities(&status.body.text);
        let media = status.body.media.iter().filter_map(|id| {
            let media = self.media.borrow();
            let upload = media.iter().find(|upload| upload.id == *id)?;
            Some(LiveMedia { kind: upload.kind, bytes: upload.bytes, alt: upload.alt.clone() })
        });
        let mut live = Live {
            id: status.id.to_string(),
            url: status.url.clone(),
            text: status.body.text.clone(),
            media: media.collect(),
            poll: status.body.poll.as_ref().map(|(poll, _)| poll.clone()),
            language: status.body.language.clone(),
            warning: Some(status.body.warning.clone()).filter(|warning| !warning.is_empty()),
            reply_to: status.reply_to.map(|id| id.to_string()),
            quote: status.quote.map(|id| id.to_string()),
            boost: status.boost.map(|id| id.to_string()),
            edits: status.edits,
            ..Live::default()
        };
        for (range, entity) in entities {
            let shown = status.body.text[range].to_owned();
            match entity {
                Entity::Url => live.links.push((shown.clone(), shown)),
                Entity::Tag => live.tags.push(shown[1..].to_owned()),
                Entity::Mention if &shown[1..] == SOMEBODY => live.mentions.push(SOMEBODY.to_owned()),
                Entity::Mention => {}
            }
        }
        live.facts.insert("visibility", status.visibility.clone());
        live.facts.insert("sensitive", status.body.sensitive.to_string());
        live.facts.insert("content_warning", status.body.warning.clone());
        live.facts.insert("quote_policy", status.body.policy.clone().unwrap_or_default());
        live
    }
}

impl Twin for MastodonTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            id: AccountId::new("trial"),
            network: NetworkId("mastodon"),
            endpoint: Some(Spanned { value: BASE.to_owned(), span }),
            handle: None,
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            voice: Voice::Brand,
            language: None,
            options: Options::default(),
            span,
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(request.url.starts_with(&format!("{BASE}/api/")), "a request to somewhere else: {request:?}");
        match self.route(request) {
            Ok((status, body)) => json(request, status, &body),
            Err((404, _)) if request.method == Method::Get => answer(
                request,
                404,
                "text/html",
                b"<!DOCTYPE html><title>The page you are looking for isn't here</title>".to_vec(),
            ),
            Err((status, words)) => json(request, status, &json!({ "error": words })),
        }
    }

    fn live(&self) -> Vec<Live> {
        let mut statuses: Vec<Status> =
            self.statuses.borrow().iter().filter(|status| status.ours && !status.gone).cloned().collect();
        statuses.sort_by_key(|status| status.id);
        statuses.iter().map(|status| self.show(status)).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        self.put(false, text, Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp"))
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.put(true, text, at);
    }

    fn forget_keys(&self) -> bool {
        self.forgets_keys.set(true);
        true
    }

    fn tighten(&self) {
        self.max_characters.set(200);
    }

    fn samples(&self) -> Vec<Sample> {
        let words = |key: &'static str, words: &[&str]| {
            let sample = |word: &&str| Sample {
                key,
                value: OptionValue::Text((*word).to_owned()),
                fact: (key, (*word).to_owned()),
            };
            words.iter().map(sample).collect::<Vec<_>>()
        };
        let flag = |value: bool| Sample {
            key: "sensitive",
            value: OptionValue::Flag(value),
            fact: ("sensitive", value.to_string()),
        };
        [
            words("visibility", &["public", "unlisted", "private", "direct"]),
            words("content_warning", &["Flashing lights"]),
            words("quote_policy", &["public", "followers", "nobody"]),
            vec![flag(true), flag(false)],
        ]
        .concat()
    }

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}

/// Returns what is asked of a status; a field that the API doesn't have is a mistake of ours.
fn body_of(request: &TwinRequest) -> Result<Value, Refusal> {
    let Some(Value::Object(fields)) = request.json() else { return refuse(400, "Bad request") };
    match fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        Some(key) => refuse(422, &format!("the API has no field `{key}`")),
        None => Ok(Value::Object(fields)),
    }
}

/// Reads an id, which the API writes as a text.
fn number(id: &Value) -> Option<u64> {
    id.as_str()?.parse().ok()
}

fn string(asked: &Value, name: &str) -> Result<Option<String>, Refusal> {
    match &asked[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => refuse(422, &format!("{name}: {other}")),
    }
}

fn word(asked: &Value, name: &str, known: &[&str]) -> Result<Option<String>, Refusal> {
    match string(asked, name)? {
        Some(word) if !known.contains(&word.as_str()) => {
            refuse(422, &format!("Validation failed: {name} is not included in the list"))
        }
        found => Ok(found),
    }
}
