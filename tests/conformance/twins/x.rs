//! The twin of X: an account of ours, somebody else's, sessions whose refresh tokens serve once, and images.
//!
//! Statuses and words of errors are those of the real one, as read in its documentation and in clients' issues (to August 2026).

mod media;
mod text;

use self::{
    media::Image,
    text::{links, told, weight},
};
use crate::{
    fixtures,
    twin::{CLIENT_SECRET, CODE, Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, json, percent_decode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, Client, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, time::Duration};

const API: &str = "https://api.x.com/2/";
const TOKEN: &str = "canary-x-refresh-0";
const US: (&str, &str) = ("2244994945", "acme");
const SOMEBODY: &str = "amy_sims";
const REDIRECT: &str = "http://127.0.0.1:8910/";
const LIMIT: usize = 280;
/// For how long the same post is refused, also once it is deleted. The real one compares the words alone.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// What a session is for, and how long.
const SCOPES: &str = "tweet.read tweet.write users.read media.write offline.access";
const LASTS: Duration = Duration::from_secs(2 * 60 * 60);
/// What may be asked of a post.
const FIELDS: &[&str] =
    &["text", "media", "reply", "quote_tweet_id", "poll", "reply_settings", "made_with_ai", "paid_partnership"];

/// The twin.
pub(crate) struct XTwin(RefCell<State>);

struct State {
    posts: Vec<Post>,
    images: BTreeMap<String, Image>,
    /// Videos that are being sent: how long they will be, and their pieces.
    coming: BTreeMap<String, (u64, BTreeMap<u64, Vec<u8>>)>,
    /// Access tokens, each with its end.
    access: BTreeMap<String, Timestamp>,
    refresh: Vec<String>,
    canaries: Vec<String>,
    serial: u64,
    made: usize,
}

#[derive(Clone)]
struct Post {
    id: String,
    asked: Value,
    ours: bool,
    at: Timestamp,
    gone: bool,
}

/// A refusal: the status, the title and the detail.
struct Refusal(u16, &'static str, String);

type Answer = Result<(u16, Value), Refusal>;

fn refuse<T>(status: u16, title: &'static str, detail: &str) -> Result<T, Refusal> {
    Err(Refusal(status, title, detail.to_owned()))
}

fn invalid<T>(detail: &str) -> Result<T, Refusal> {
    refuse(400, "Invalid Request", detail)
}

impl XTwin {
    /// Makes a place without posts.
    pub(crate) fn new() -> Self {
        Self(RefCell::new(State {
            posts: Vec::new(),
            images: BTreeMap::new(),
            coming: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: vec![TOKEN.to_owned()],
            canaries: Vec::new(),
            serial: 0,
            made: 0,
        }))
    }
}

impl State {
    fn answer(&mut self, request: &TwinRequest) -> Answer {
        let segments = request.segments();
        if segments == ["2", "oauth2", "token"] {
            return self.token(request);
        }
        let bearer = request.bearer().unwrap_or_default();
        if self.access.get(bearer).is_none_or(|end| request.at > *end) {
            return refuse(401, "Unauthorized", "Unauthorized");
        }
        match (request.method, segments.get(1..).unwrap_or_default()) {
            (Method::Get, ["users", "me"]) => {
                Ok((200, json!({ "data": { "id": US.0, "name": "Acme", "username": US.1 } })))
            }
            (Method::Get, ["users", id, "tweets"]) if *id == US.0 => self.list(request),
            (Method::Post, ["tweets"]) => self.create(request),
            (Method::Delete, ["tweets", id]) => self.delete(id),
            (Method::Post, ["media", "upload"]) => self.upload(request),
            (Method::Post, ["media", "upload", "initialize"]) => self.begin(request),
            (Method::Post, ["media", "upload", id, "append"]) => self.append(request, id),
            (Method::Post, ["media", "upload", id, "finalize"]) => self.finish(request, id),
            (Method::Get, ["media", "upload"]) => self.image_state(request),
            (Method::Post, ["media", "metadata"]) => self.describe(request),
            _ => refuse(404, "Not Found", "Not Found"),
        }
    }

    fn token(&mut self, request: &TwinRequest) -> Answer {
        let fields = request.fields();
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let pair = BASE64_STANDARD.encode(format!("trial-client:{CLIENT_SECRET}"));
        let is_confidential = request.authorization.as_deref() == Some(format!("Basic {pair}").as_str());
        if !is_confidential && (request.authorization.is_some() || field("client_id") != "trial-client") {
            return refuse(401, "unauthorized_client", "Missing valid authorization header");
        }
        let is_good = match field("grant_type") {
            "authorization_code" => {
                field("code") == CODE && field("code_verifier").len() >= 43 && field("redirect_uri") == REDIRECT
            }
            // Each serves once.
            "refresh_token" => match self.refresh.iter().position(|known| known == field("refresh_token")) {
                Some(at) => {
                    self.refresh.remove(at);
                    true
                }
                None => false,
            },
            _ => false,
        };
        if !is_good {
            return refuse(400, "invalid_request", "Value passed for the token was invalid.");
        }
        self.serial += 1;
        let (access, refresh) =
            (format!("canary-x-access-{}", self.serial), format!("canary-x-refresh-{}", self.serial));
        self.access.insert(access.clone(), request.at.plus(LASTS));
        self.refresh.push(refresh.clone());
        self.canaries.extend([access.clone(), refresh.clone()]);
        let seconds = LASTS.as_secs();
        Ok((
            200,
            json!({ "token_type": "bearer", "expires_in": seconds, "access_token": access, "scope": SCOPES, "refresh_token": refresh }),
        ))
    }

    fn create(&mut self, request: &TwinRequest) -> Answer {
        let Some(asked) = request.json() else { return invalid("The body is no JSON") };
        if !asked.as_object().is_some_and(|asked| asked.keys().all(|key| FIELDS.contains(&key.as_str()))) {
            return invalid("One or more parameters to your request was invalid.");
        }
        let text = asked["text"].as_str().unwrap_or_default();
        let images: Vec<&str> =
            asked["media"]["media_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if text.is_empty() && images.is_empty() {
            return invalid("Tweet text is empty");
        }
        if weight(text) > LIMIT {
            return invalid(
                "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
            );
        }
        let has_poll = asked.get("poll").is_some();
        if [!images.is_empty(), has_poll, asked.get("quote_tweet_id").is_some()].iter().filter(|it| **it).count() > 1 {
            return invalid("$.media, $.poll and $.quote_tweet_id are mutually exclusive");
        }
        self.check_images(&images, request.at)?;
        check_poll(&asked["poll"])?;
        let who = ["following", "mentionedUsers", "subscribers", "verified"];
        if asked.get("reply_settings").is_some_and(|set| !who.iter().any(|word| set == word)) {
            return invalid("$.reply_settings: is not one of the values");
        }
        for id in
            [&asked["reply"]["in_reply_to_tweet_id"], &asked["quote_tweet_id"]].into_iter().filter(|id| !id.is_null())
        {
            if !self.posts.iter().any(|post| *id == post.id.as_str() && !post.gone) {
                return refuse(
                    403,
                    "Forbidden",
                    "You attempted to reply to a Tweet that is deleted or not visible to you.",
                );
            }
        }
        let is_double = |post: &Post| post.ours && post.asked == asked && request.at.since(post.at) < REMEMBERED;
        if self.posts.iter().any(is_double) {
            return refuse(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.");
        }
        self.made += 1;
        let id = self.add(asked.clone(), request.at, true);
        Ok((201, json!({ "data": { "id": id, "text": asked["text"], "edit_history_tweet_ids": [id] } })))
    }

    fn delete(&mut self, id: &str) -> Answer {
        match self.posts.iter_mut().find(|post| post.id == percent_decode(id) && !post.gone) {
            Some(post) if post.ours => {
                post.gone = true;
                Ok((200, json!({ "data": { "deleted": true } })))
            }
            Some(_) => refuse(403, "Forbidden", "You are not authorized to delete this Tweet."),
            None => refuse(404, "Not Found Error", "Could not find tweet"),
        }
    }

    /// Lists our posts, newest first, with their links shortened and their text escaped.
    fn list(&self, request: &TwinRequest) -> Answer {
        let number = |name: &str| request.query(name).and_then(|number| number.parse::<usize>().ok());
        let count = number("max_results").unwrap_or(10);
        let since = request.query("start_time");
        let since = since.map(|since| Timestamp::parse(&since).filter(|_| !since.contains('.')));
        if !(5..=100).contains(&count) || since == Some(None) {
            return invalid("The query parameters are not valid");
        }
        let mut ours: Vec<&Post> = self.posts.iter().filter(|post| post.ours && !post.gone).collect();
        ours.retain(|post| since.flatten().is_none_or(|since| post.at >= since));
        ours.sort_by_key(|post| std::cmp::Reverse(post.at));
        let start = number("pagination_token").unwrap_or(0);
        let page: Vec<Value> = ours.iter().skip(start).take(count).map(|post| told(post)).collect();
        let mut meta = json!({ "result_count": page.len() });
        if start + page.len() < ours.len() {
            meta["next_token"] = (start + page.len()).to_string().into();
        }
        if page.is_empty() {
            Ok((200, json!({ "meta": meta })))
        } else {
            Ok((200, json!({ "data": page, "meta": meta })))
        }
    }

    fn add(&mut self, asked: Value, at: Timestamp, ours: bool) -> String {
        self.serial += 1;
        let id = (1_990_000_000_000_000_000_u64 + self.serial).to_string();
        self.posts.push(Post { id: id.clone(), asked, ours, at, gone: false });
        id
    }

    fn show(&self, post: &Post) -> Live {
        let asked = &post.asked;
        let text = asked["text"].as_str().unwrap_or_default();
        let words = |first: char| {
            let words = text.split(|c: char| c.is_whitespace() || "()!:，：".contains(c));
            words.filter_map(move |word| word.strip_prefix(first)).map(str::to_owned)
        };
        let media = asked["media"]["media_ids"].as_array().into_iter().flatten().map(|id| {
            let image = &self.images[id.as_str().expect("an id")];
            LiveMedia { kind: image.kind, bytes: image.bytes, alt: image.alt.clone() }
        });
        let poll = asked.get("poll").map(|poll| LivePoll {
            options: poll["options"]
                .as_array()
                .expect("answers")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            seconds: poll["duration_minutes"].as_u64().expect("minutes") * 60,
            multiple: false,
        });
        let id_of = |value: &Value| value.as_str().map(str::to_owned);
        let mut facts =
            BTreeMap::from([("reply_settings", asked["reply_settings"].as_str().unwrap_or_default().to_owned())]);
        for label in ["made_with_ai", "paid_partnership"] {
            facts.insert(label, (asked[label] == true).to_string());
        }
        Live {
            id: post.id.clone(),
            url: format!("https://x.com/{}/status/{}", US.1, post.id),
            text: text.to_owned(),
            links: links(text).map(|url| (url.to_owned(), url.to_owned())).collect(),
            tags: words('#').collect(),
            mentions: words('@').collect(),
            media: media.collect(),
            poll,
            reply_to: id_of(&asked["reply"]["in_reply_to_tweet_id"]),
            quote: id_of(&asked["quote_tweet_id"]),
            facts,
            ..Live::default()
        }
    }
}

fn check_poll(poll: &Value) -> Result<(), Refusal> {
    if poll.is_null() {
        return Ok(());
    }
    let options = poll["options"].as_array().cloned().unwrap_or_default();
    let fits = |option: &Value| (1..=25).contains(&option.as_str().unwrap_or_default().chars().count());
    let is_fine = (2..=4).contains(&options.len())
        && options.iter().all(fits)
        && poll["duration_minutes"].as_u64().is_some_and(|minutes| (5..=10_080).contains(&minutes));
    if is_fine { Ok(()) } else { invalid("$.poll: is not valid") }
}

impl Twin for XTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            handle: Some(Spanned::new(US.1.to_owned(), span)),
            token: Some(Spanned::new(SecretRef::Env("TWIN_TOKEN".to_owned()), span)),
            client: Some(Client { id: Spanned::new("trial-client".to_owned(), span), secret: None, redirect: None }),
            ..Account::new(AccountId::new("trial"), NetworkId("x"), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        Some("https://api.x.com")
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn token_serves_once(&self) -> bool {
        true
    }

    fn canaries(&self) -> Vec<String> {
        self.0.borrow().canaries.clone()
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(request.url.starts_with(API), "a request to somewhere else: {request:?}");
        match self.0.borrow_mut().answer(request) {
            Ok((status, body)) => json(request, status, &body),
            Err(Refusal(status, title, detail)) if request.path().contains("oauth2") => {
                json(request, status, &json!({ "error": title, "error_description": detail }))
            }
            Err(Refusal(status, title, detail)) => {
                let body = json!({ "title": title, "detail": detail, "type": "about:blank", "status": status });
                json(request, status, &body)
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        let state = self.0.borrow();
        let mut ours: Vec<&Post> = state.posts.iter().filter(|post| post.ours && !post.gone).collect();
        ours.sort_by_key(|post| post.at);
        ours.into_iter().map(|post| state.show(post)).collect()
    }

    fn made(&self) -> usize {
        self.0.borrow().made
    }

    fn plant(&self, text: &str) -> Planted {
        let at = Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp");
        let id = self.0.borrow_mut().add(json!({ "text": text }), at, false);
        Planted { url: format!("https://x.com/{SOMEBODY}/status/{id}"), id }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.0.borrow_mut().add(json!({ "text": text }), at, true);
    }

    fn expire(&self) {
        self.0.borrow_mut().access.clear();
    }

    fn renews(&self) -> bool {
        true
    }

    fn samples(&self) -> Vec<Sample> {
        let who = |word: &str, fact: &str| Sample {
            key: "reply_settings",
            value: OptionValue::Text(word.to_owned()),
            fact: ("reply_settings", fact.to_owned()),
        };
        let label = |key| Sample { key, value: OptionValue::Flag(true), fact: (key, "true".to_owned()) };
        vec![
            who("following", "following"),
            who("mentioned", "mentionedUsers"),
            who("subscribers", "subscribers"),
            who("verified", "verified"),
            label("made_with_ai"),
            label("paid_partnership"),
        ]
    }

    fn has_languages(&self) -> bool {
        false
    }

    fn takes_several_answers(&self) -> bool {
        false
    }

    fn describes_videos(&self) -> bool {
        false
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}
