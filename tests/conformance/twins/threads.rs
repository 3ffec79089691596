//! The twin of Threads: an account of ours, somebody else's, and containers that are published.
//!
//! Words and codes are those of the real one, as read in its documentation and in issues about it (to November 2026).

use super::meta::{self, Refusal, invalid, page, refuse, respond, unknown, written};
use crate::{
    fixtures,
    twin::{Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest},
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

const SERVER: &str = "https://graph.threads.net/v1.0/";
const TOKEN: &str = "canary-THAA-threads-8e21";
const OURS: &str = "acme";
const SOMEBODY: &str = "amy.sims";
const KINDS: [MediaKind; 3] = [MediaKind::Jpeg, MediaKind::Png, MediaKind::Mp4];
const REPLIES: [&str; 5] =
    ["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"];

/// The twin.
#[derive(Default)]
pub(crate) struct ThreadsTwin {
    containers: RefCell<BTreeMap<String, Container>>,
    posts: RefCell<Vec<Post>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Container {
    at: Timestamp,
    kind: &'static str,
    is_item: bool,
    published: bool,
    failed: Option<String>,
    said: Said,
}

#[derive(Clone, Debug, Default)]
struct Said {
    text: String,
    media: Vec<LiveMedia>,
    poll: Option<LivePoll>,
    reply_to: Option<String>,
    quote: Option<String>,
    boost: Option<String>,
    facts: BTreeMap<&'static str, String>,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    user: &'static str,
    at: Timestamp,
    kind: &'static str,
    said: Said,
    gone: bool,
}

impl Post {
    fn permalink(&self) -> String {
        format!("https://www.threads.com/@{}/post/D{}", self.user, self.id)
    }
}

impl ThreadsTwin {
    fn next(&self) -> String {
        self.serial.set(self.serial.get() + 1);
        (17_900_000_000_000_000_u64 + self.serial.get()).to_string()
    }

    fn route(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let segments = request.segments();
        let path = segments.get(1..).unwrap_or_default();
        let has_token = request.bearer() == Some(TOKEN) || request.query("access_token").as_deref() == Some(TOKEN);
        if !has_token {
            return refuse(400, 190, 463, "Error validating access token: Session has expired");
        }
        match (request.method, path) {
            (Method::Get, ["me"]) => Ok(json!({ "id": "17841400000000001", "username": OURS })),
            (Method::Get, ["debug_token"]) => Ok(json!({ "data": {
                "type": "USER", "application": "Acme", "is_valid": true, "user_id": "17841400000000001",
                "expires_at": request.at.millis() / 1000 + 30 * 24 * 60 * 60,
                "scopes": ["threads_basic", "threads_content_publish", "threads_delete"],
            } })),
            (Method::Get, ["me", which @ ("threads" | "replies")]) => Ok(self.list(request, OURS, *which == "replies")),
            (Method::Get, ["profile_posts"]) => {
                let user = request.query("username").unwrap_or_default();
                Ok(self.list(request, if user == SOMEBODY { SOMEBODY } else { "nobody" }, false))
            }
            (Method::Post, ["me", "threads"]) => self.create(request),
            (Method::Post, ["me", "threads_publish"]) => self.publish(request),
            (Method::Post, [id, "repost"]) => self.repost(request, id),
            (Method::Get, [id]) => self.look(request, id),
            (Method::Delete, [id]) => self.delete(id),
            _ => unknown(&path.join("/")),
        }
    }

    fn create(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let fields = request.fields();
        let field = |name: &str| fields.get(name).map(String::as_str);
        let is_item = field("is_carousel_item") == Some("true");
        let kind = match field("media_type") {
            Some("TEXT") => "TEXT_POST",
            Some("IMAGE") => "IMAGE",
            Some("VIDEO") => "VIDEO",
            Some("CAROUSEL") => "CAROUSEL_ALBUM",
            _ => return invalid("Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}"),
        };
        let mut said = Said { text: field("text").unwrap_or_default().to_owned(), ..Said::default() };
        if said.text.len() > 500 {
            return invalid("Param text must be at most 500 characters long.");
        }
        let alt = field("alt_text").unwrap_or_default();
        if alt.chars().count() > 1000 {
            return invalid("Param alt_text must be at most 1000 characters long.");
        }
        let mut failed = None;
        match kind {
            "IMAGE" | "VIDEO" => {
                let (name, is_video) = if kind == "IMAGE" { ("image_url", false) } else { ("video_url", true) };
                let Some(url) = field(name) else { return invalid(&format!("The parameter {name} is required.")) };
                let kinds: Vec<MediaKind> = KINDS.into_iter().filter(|kind| kind.is_video() == is_video).collect();
                match meta::fetch(request, url, &kinds, alt) {
                    Ok(media) => said.media.push(media),
                    Err(why) => failed = Some(why),
                }
            }
            "CAROUSEL_ALBUM" => {
                let ids: Vec<&str> = field("children").unwrap_or_default().split(',').collect();
                if !(2..=20).contains(&ids.len()) {
                    return invalid("Param children must have between 2 and 20 items.");
                }
                let containers = self.containers.borrow();
                for id in ids {
                    match containers.get(id).filter(|item| item.is_item && item.failed.is_none()) {
                        Some(item) => said.media.extend(item.said.media.iter().cloned()),
                        None => return invalid(&format!("Param children[{id}] is not a carousel item.")),
                    }
                }
            }
            _ if said.text.is_empty() => return invalid("The parameter text is required."),
            _ => {}
        }
        if !is_item {
            self.refer(&fields, &mut said)?;
            options(&fields, kind, &mut said)?;
        }
        if field("is_spoiler_media") == Some("true") && kind != "TEXT_POST" {
            said.facts.insert("spoiler", "true".to_owned());
        }
        let id = self.next();
        let container = Container { at: request.at, kind, is_item, published: false, failed, said };
        self.containers.borrow_mut().insert(id.clone(), container);
        Ok(json!({ "id": id }))
    }

    fn refer(&self, fields: &BTreeMap<String, String>, said: &mut Said) -> Result<(), Refusal> {
        for (name, there) in [("reply_to_id", &mut said.reply_to), ("quote_post_id", &mut said.quote)] {
            let Some(id) = fields.get(name) else { continue };
            if !self.posts.borrow().iter().any(|post| post.id == *id && !post.gone) {
                return invalid(&format!("Param {name} is not a valid post"));
            }
            *there = Some(id.clone());
        }
        Ok(())
    }

    fn publish(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let fields = request.fields();
        let id = fields.get("creation_id").map(String::as_str).unwrap_or_default();
        let mut containers = self.containers.borrow_mut();
        let Some(container) = containers.get_mut(id).filter(|container| !container.is_item) else {
            return refuse(400, 24, 4_279_009, "The requested resource does not exist");
        };
        let is_video = container.said.media.iter().any(|media| media.kind.is_video());
        let failed = container.failed.as_deref();
        if meta::state(container.at, request.at, is_video, container.published, failed) != "FINISHED" {
            return refuse(400, 24, 4_279_009, "Media Not Found");
        }
        container.published = true;
        let (kind, said) = (container.kind, container.said.clone());
        Ok(json!({ "id": self.put(OURS, request.at, kind, said) }))
    }

    fn put(&self, user: &'static str, at: Timestamp, kind: &'static str, said: Said) -> String {
        let id = self.next();
        self.posts.borrow_mut().push(Post { id: id.clone(), user, at, kind, said, gone: false });
        if user == OURS {
            self.made.set(self.made.get() + 1);
        }
        id
    }

    fn repost(&self, request: &TwinRequest, id: &str) -> Result<Value, Refusal> {
        if !self.posts.borrow().iter().any(|post| post.id == id && !post.gone) {
            return unknown(id);
        }
        let said = Said { boost: Some(id.to_owned()), ..Said::default() };
        Ok(json!({ "id": self.put(OURS, request.at, "REPOST_FACADE", said) }))
    }

    fn look(&self, request: &TwinRequest, id: &str) -> Result<Value, Refusal> {
        if let Some(container) = self.containers.borrow().get(id) {
            let is_video = container.said.media.iter().any(|media| media.kind.is_video());
            let failed = container.failed.as_deref();
            let state = meta::state(container.at, request.at, is_video, container.published, failed);
            let mut told = json!({ "id": id, "status": state });
            if let Some(why) = failed {
                told["error_message"] = why.into();
            }
            return Ok(told);
        }
        match self.posts.borrow().iter().find(|post| post.id == id && !post.gone) {
            Some(post) => Ok(json!({ "id": id, "permalink": post.permalink() })),
            None => unknown(id),
        }
    }

    fn delete(&self, id: &str) -> Result<Value, Refusal> {
        let mut posts = self.posts.borrow_mut();
        match posts.iter_mut().find(|post| post.id == id && post.user == OURS && !post.gone) {
            Some(post) => {
                post.gone = true;
                Ok(json!({ "success": true, "deleted_id": id }))
            }
            None => unknown(id),
        }
    }

    /// Lists posts of a time, newest first; answers apart.
    fn list(&self, request: &TwinRequest, user: &str, answers: bool) -> Value {
        let bound = |name: &str| request.query(name).and_then(|text| text.parse::<i64>().ok());
        let (since, until) = (bound("since").unwrap_or(i64::MIN), bound("until").unwrap_or(i64::MAX));
        let posts = self.posts.borrow();
        let mut fitting: Vec<&Post> = posts
            .iter()
            .filter(|post| post.user == user && !post.gone && post.said.reply_to.is_some() == answers)
            .filter(|post| (since..=until).contains(&post.at.millis().div_euclid(1000)))
            .collect();
        fitting.sort_by_key(|post| std::cmp::Reverse((post.at, post.id.clone())));
        page(request, fitting.into_iter().map(told).collect())
    }
}

fn told(post: &Post) -> Value {
    let mut told = json!({
        "id": post.id, "media_type": post.kind, "permalink": post.permalink(), "timestamp": written(post.at),
    });
    if !post.said.text.is_empty() {
        told["text"] = post.said.text.as_str().into();
    }
    for (name, id) in
        [("replied_to", &post.said.reply_to), ("quoted_post", &post.said.quote), ("reposted_post", &post.said.boost)]
    {
        if let Some(id) = id {
            told[name] = json!({ "id": id });
        }
    }
    if post.kind == "CAROUSEL_ALBUM" {
        let children: Vec<Value> =
            post.said.media.iter().enumerate().map(|(at, _)| json!({ "id": at.to_string() })).collect();
        told["children"] = json!({ "data": children });
    }
    told
}

fn options(fields: &BTreeMap<String, String>, kind: &str, said: &mut Said) -> Result<(), Refusal> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    if let Some(control) = field("reply_control") {
        if !REPLIES.contains(&control) {
            return invalid("Param reply_control must be one of the allowed values");
        }
        said.facts.insert("reply_control", control.to_owned());
    }
    if let Some(topic) = field("topic_tag") {
        if !(1..=50).contains(&topic.chars().count()) || topic.contains(['.', '&']) {
            return invalid("Param topic_tag is invalid");
        }
        said.facts.insert("topic_tag", topic.to_owned());
    }
    let polls = field("poll_attachment");
    for name in ["link_attachment", "text_attachment"] {
        let Some(text) = field(name) else { continue };
        if kind != "TEXT_POST" || polls.is_some() {
            return invalid(&format!("Param {name} can only be used with text posts"));
        }
        let value = match name {
            "link_attachment" => text.to_owned(),
            _ => {
                let long: Value = serde_json::from_str(text).unwrap_or_default();
                let plain = long["plaintext"].as_str().unwrap_or_default().to_owned();
                if !(1..=10_000).contains(&plain.chars().count()) {
                    return invalid("Param text_attachment must have a plaintext of at most 10000 characters");
                }
                plain
            }
        };
        said.facts.insert(if name == "link_attachment" { "link_attachment" } else { "text_attachment" }, value);
    }
    let links: BTreeSet<String> = links(&said.text).into_iter().map(|(_, url)| url).collect();
    let extra = said.facts.get("link_attachment").is_some_and(|url| !links.contains(url));
    if links.len() + usize::from(extra) > 5 {
        return invalid("THREADS_API__LINK_LIMIT_EXCEEDED");
    }
    if let Some(poll) = polls {
        let poll: Value = serde_json::from_str(poll).unwrap_or_default();
        let letters = ["option_a", "option_b", "option_c", "option_d"];
        let options: Vec<String> =
            letters.iter().filter_map(|letter| poll[*letter].as_str()).map(str::to_owned).collect();
        let fits = |option: &String| (1..=25).contains(&option.chars().count());
        if kind != "TEXT_POST" || options.len() < 2 || !options.iter().all(fits) {
            return invalid("Param poll_attachment is invalid");
        }
        said.poll = Some(LivePoll { options, seconds: 24 * 60 * 60, multiple: false });
    }
    Ok(())
}

/// Finds the addresses in a text, as the app links them.
fn links(text: &str) -> Vec<(String, String)> {
    let ends = |c: char| c.is_whitespace() || c == ')';
    text.match_indices("https://")
        .map(|(at, _)| {
            let rest = &text[at..];
            let url = &rest[..rest.find(ends).unwrap_or(rest.len())];
            (url.to_owned(), url.to_owned())
        })
        .collect()
}

fn mentions(text: &str) -> Vec<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let names = text.split('@').skip(1).map(|rest| rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())].to_owned());
    names.filter(|name| name == SOMEBODY).collect()
}

impl Twin for ThreadsTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            handle: Some(Spanned { value: OURS.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            ..Account::new(AccountId::new("trial"), NetworkId("threads"), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        Some("https://graph.threads.net")
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        if let Some(let_in) = meta::log_in(request, TOKEN, "th_exchange_token", false) {
            return respond(request, let_in);
        }
        // Also reached over the loopback, where only the path tells.
        assert!(
            request.url.starts_with(SERVER) || request.path().starts_with("/v1.0/"),
            "to somewhere else: {request:?}"
        );
        respond(request, self.route(request))
    }

    fn live(&self) -> Vec<Live> {
        let posts = self.posts.borrow();
        let mut ours: Vec<&Post> = posts.iter().filter(|post| post.user == OURS && !post.gone).collect();
        ours.sort_by_key(|post| (post.at, post.id.clone()));
        ours.into_iter().map(show).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let at = Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp");
        let id = self.put(SOMEBODY, at, "TEXT_POST", Said { text: text.to_owned(), ..Said::default() });
        Planted { url: format!("https://www.threads.net/@{SOMEBODY}/post/D{id}"), id }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.put(OURS, at, "TEXT_POST", Said { text: text.to_owned(), ..Said::default() });
    }

    fn samples(&self) -> Vec<Sample> {
        let text = |key: &'static str, value: &str| Sample {
            key,
            value: OptionValue::Text(value.to_owned()),
            fact: (key, value.to_owned()),
        };
        let mut samples: Vec<Sample> = REPLIES.into_iter().map(|control| text("reply_control", control)).collect();
        samples.extend([
            text("topic_tag", "The Sims 4"),
            text("link_attachment", "https://acme.example/hoodie"),
            text("text_attachment", "All about the hoodie. ".repeat(40).trim()),
            Sample { key: "spoiler", value: OptionValue::Flag(true), fact: ("spoiler", "true".to_owned()) },
        ]);
        samples
    }

    fn shows_with_media(&self, key: &str) -> bool {
        key == "spoiler"
    }

    fn has_languages(&self) -> bool {
        false
    }

    fn has_tags(&self) -> bool {
        false
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn takes_several_answers(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}

fn show(post: &Post) -> Live {
    let said = &post.said;
    Live {
        id: post.id.clone(),
        url: post.permalink(),
        text: said.text.clone(),
        links: links(&said.text),
        mentions: mentions(&said.text),
        media: said.media.clone(),
        poll: said.poll.clone(),
        reply_to: said.reply_to.clone(),
        quote: said.quote.clone(),
        boost: said.boost.clone(),
        facts: said.facts.clone(),
        ..Live::default()
    }
}
