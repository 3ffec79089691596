//! The twin of a Mastodon server: 4.5 with its usual limits.
//!
//! Statuses and words of errors are those of the real one, as read in its documentation and sources (July 2026).

mod asked;
mod media;
mod shown;
mod statuses;
mod text;

use crate::{
    fixtures,
    twin::{CLIENT_SECRET, CODE, Live, LivePoll, Planted, Sample, Twin, TwinRequest, answer, json},
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, SecretRef, Timestamp},
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
            (Method::Post, ["token"]) => return exchange(request),
            _ if request.bearer() != Some(TOKEN) => return refuse(401, "The access token is invalid"),
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
}

/// Exchanges a code for our account's token, for who proves to have asked for it.
fn exchange(request: &TwinRequest) -> Result<(u16, Value), Refusal> {
    let given = request.fields();
    let expect = [
        ("grant_type", "authorization_code"),
        ("client_id", "trial-client"),
        ("client_secret", CLIENT_SECRET),
        ("code", CODE),
    ];
    let has = |name: &str, fits: fn(&str) -> bool| given.get(name).is_some_and(|value| fits(value));
    // RFC 7636, 4.1: what was asked before is not known here, but what a verifier looks like is.
    let proves = has("code_verifier", |verifier| (43..=128).contains(&verifier.len()));
    if !proves || !has("redirect_uri", |redirect| redirect.starts_with("http://127.0.0.1:")) {
        return refuse(400, "The provided authorization grant is invalid");
    }
    match expect.iter().find(|(name, value)| given.get(*name).map(String::as_str) != Some(value)) {
        None => Ok((200, json!({ "access_token": TOKEN, "token_type": "Bearer", "scope": "read write" }))),
        Some(("client_id" | "client_secret", _)) => refuse(401, "Client authentication failed"),
        Some(_) => refuse(400, "The provided authorization grant is invalid"),
    }
}

impl Twin for MastodonTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            endpoint: Some(Spanned { value: BASE.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            ..Account::new(AccountId::new("trial"), NetworkId("mastodon"), span)
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        let below = request.url.strip_prefix(BASE).unwrap_or_default();
        assert!(below.starts_with("/api/") || below == "/oauth/token", "a request to somewhere else: {request:?}");
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
