//! The twin of Instagram: a professional account of ours, and containers that are published.
//!
//! Words and codes are those of the real one, as read in its documentation and in issues about it (to November 2026).

use super::meta::{self, Refusal, invalid, page, refuse, respond, unknown, written};
use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, Sample, Twin, TwinRequest},
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
};

const SERVER: &str = "https://graph.instagram.com/v25.0/";
const TOKEN: &str = "canary-IGAA-instagram-77b0";
const USER: &str = "17841400000000002";
const SOMEBODY: &str = "amy.sims";

/// The twin.
#[derive(Default)]
pub(crate) struct InstagramTwin {
    containers: RefCell<BTreeMap<String, Container>>,
    posts: RefCell<Vec<Post>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Container {
    at: Timestamp,
    is_item: bool,
    published: bool,
    failed: Option<String>,
    said: Said,
}

#[derive(Clone, Debug, Default)]
struct Said {
    caption: String,
    media: Vec<LiveMedia>,
    is_story: bool,
    facts: BTreeMap<&'static str, String>,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    at: Timestamp,
    said: Said,
}

impl Post {
    fn permalink(&self) -> String {
        let what = match (self.said.is_story, self.said.media.as_slice()) {
            (true, _) => "stories/acme",
            (false, [one]) if one.kind.is_video() => "reel",
            (false, _) => "p",
        };
        format!("https://www.instagram.com/{what}/C{}/", self.id)
    }

    fn kind(&self) -> &'static str {
        match self.said.media.as_slice() {
            [one] if one.kind.is_video() => "VIDEO",
            [_] | [] => "IMAGE",
            _ => "CAROUSEL_ALBUM",
        }
    }
}

impl InstagramTwin {
    fn next(&self) -> String {
        self.serial.set(self.serial.get() + 1);
        (18_000_000_000_000_000_u64 + self.serial.get()).to_string()
    }

    fn route(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let segments = request.segments();
        if request.bearer() != Some(TOKEN) {
            return refuse(400, 190, 463, "Error validating access token: Session has expired");
        }
        match (request.method, segments.get(1..).unwrap_or_default()) {
            (Method::Get, ["me"]) => Ok(json!({ "user_id": USER, "username": "acme", "account_type": "BUSINESS" })),
            (Method::Post, [user, "media"]) if *user == USER => self.create(request),
            (Method::Post, [user, "media_publish"]) if *user == USER => self.publish(request),
            (Method::Get, [user, which @ ("media" | "stories")]) if *user == USER => {
                Ok(self.list(request, *which == "stories"))
            }
            (Method::Get, [id]) => self.look(request, id),
            (_, path) => unknown(&path.join("/")),
        }
    }

    fn create(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let fields = request.fields();
        let field = |name: &str| fields.get(name).map(String::as_str);
        let (is_item, kind) = (field("is_carousel_item") == Some("true"), field("media_type"));
        let mut said = Said { caption: field("caption").unwrap_or_default().to_owned(), ..Said::default() };
        said.is_story = kind == Some("STORIES");
        check_caption(&said.caption)?;
        if said.is_story && !said.caption.is_empty() {
            return invalid("The caption is not supported for stories");
        }
        let mut failed = None;
        if kind == Some("CAROUSEL") {
            let ids: Vec<&str> = field("children").unwrap_or_default().split(',').collect();
            if !(2..=10).contains(&ids.len()) {
                return refuse(400, 100, 2_207_028, "The carousel must have at least 2 and at most 10 items.");
            }
            let containers = self.containers.borrow();
            for id in ids {
                match containers.get(id).filter(|item| item.is_item && item.failed.is_none()) {
                    Some(item) => said.media.extend(item.said.media.iter().cloned()),
                    None => return refuse(400, 100, 2_207_028, "The carousel item is not valid."),
                }
            }
        } else {
            let (name, kinds, fits) = match (field("image_url"), field("video_url")) {
                (Some(_), None) => ("image_url", [MediaKind::Jpeg], matches!(kind, None | Some("STORIES"))),
                (None, Some(_)) => {
                    let fitting = if is_item { ["VIDEO", "VIDEO"] } else { ["REELS", "STORIES"] };
                    ("video_url", [MediaKind::Mp4], kind.is_some_and(|kind| fitting.contains(&kind)))
                }
                _ => return refuse(400, 100, 2_207_023, "Only photo or video can be accepted as media type."),
            };
            if !fits {
                return refuse(400, 100, 2_207_023, "The media type is unknown.");
            }
            let alt = field("alt_text").unwrap_or_default();
            if !alt.is_empty() && (name == "video_url" || said.is_story) {
                return invalid("The alt_text field is only supported for images");
            }
            match meta::fetch(request, field(name).unwrap_or_default(), &kinds, alt) {
                Ok(media) => said.media.push(media),
                Err(why) if why.starts_with("FAILED") => {
                    return refuse(400, 9004, 2_207_052, "The media could not be fetched from this URI");
                }
                Err(_) => failed = Some("Error: Media upload has failed with error code 2207005".to_owned()),
            }
        }
        if let Some(names) = field("collaborators") {
            let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
            if names.len() > 3 {
                return invalid("Too many collaborators");
            }
            said.facts.insert("collaborators", names.join(" "));
        }
        if let Some(place) = field("location_id") {
            said.facts.insert("location", place.to_owned());
        }
        said.facts.insert("story", said.is_story.to_string());
        let id = self.next();
        self.containers
            .borrow_mut()
            .insert(id.clone(), Container { at: request.at, is_item, published: false, failed, said });
        Ok(json!({ "id": id }))
    }

    fn publish(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let fields = request.fields();
        let id = fields.get("creation_id").map(String::as_str).unwrap_or_default();
        let mut containers = self.containers.borrow_mut();
        let Some(container) = containers.get_mut(id).filter(|container| !container.is_item) else {
            return refuse(400, 24, 2_207_006, "The media with this ID can not be found");
        };
        if state(container, request.at) != "FINISHED" {
            return refuse(400, 9007, 2_207_027, "Media ID is not available");
        }
        container.published = true;
        Ok(json!({ "id": self.put(request.at, container.said.clone()) }))
    }

    fn put(&self, at: Timestamp, said: Said) -> String {
        let id = self.next();
        self.posts.borrow_mut().push(Post { id: id.clone(), at, said });
        self.made.set(self.made.get() + 1);
        id
    }

    fn look(&self, request: &TwinRequest, id: &str) -> Result<Value, Refusal> {
        if let Some(container) = self.containers.borrow().get(id) {
            let mut told = json!({ "id": id, "status_code": state(container, request.at) });
            if let Some(why) = &container.failed {
                told["status"] = why.as_str().into();
            }
            return Ok(told);
        }
        match self.posts.borrow().iter().find(|post| post.id == id) {
            Some(post) => Ok(json!({ "id": id, "permalink": post.permalink() })),
            None => unknown(id),
        }
    }

    fn list(&self, request: &TwinRequest, stories: bool) -> Value {
        let posts = self.posts.borrow();
        let mut fitting: Vec<&Post> = posts.iter().filter(|post| post.said.is_story == stories).collect();
        fitting.sort_by_key(|post| std::cmp::Reverse((post.at, post.id.clone())));
        page(request, fitting.into_iter().map(told).collect())
    }
}

fn state(container: &Container, now: Timestamp) -> &'static str {
    let is_video = container.said.media.iter().any(|media| media.kind.is_video());
    meta::state(container.at, now, is_video, container.published, container.failed.as_deref())
}

fn told(post: &Post) -> Value {
    let mut told = json!({
        "id": post.id, "media_type": post.kind(), "permalink": post.permalink(), "timestamp": written(post.at),
    });
    if !post.said.caption.is_empty() {
        told["caption"] = post.said.caption.as_str().into();
    }
    if post.kind() == "CAROUSEL_ALBUM" {
        let items = post.said.media.iter().enumerate();
        told["children"] = json!({ "data": items.map(|(at, _)| json!({ "id": at.to_string() })).collect::<Vec<_>>() });
    }
    told
}

fn check_caption(caption: &str) -> Result<(), Refusal> {
    let too_long = caption.chars().count() > 2_200;
    if too_long || tags(caption).len() > 30 || caption.matches('@').count() > 20 {
        return refuse(400, 36_004, 2_207_010, "The caption was too long, or it has too many hashtags or mentions.");
    }
    Ok(())
}

fn tags(caption: &str) -> Vec<String> {
    let words = caption.split_whitespace().filter_map(|word| word.strip_prefix('#'));
    words.filter(|tag| tag.chars().next().is_some_and(char::is_alphabetic)).map(str::to_owned).collect()
}

/// Finds the addresses in a caption, which a reader has to copy.
fn links(caption: &str) -> Vec<(String, String)> {
    let ends = |c: char| c.is_whitespace() || c == ')';
    let starts = caption.match_indices("https://").map(|(at, _)| &caption[at..]);
    starts.map(|rest| rest[..rest.find(ends).unwrap_or(rest.len())].to_owned()).map(|url| (url.clone(), url)).collect()
}

impl Twin for InstagramTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            ..Account::new(AccountId::new("trial"), NetworkId("instagram"), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        Some("https://graph.instagram.com")
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        if let Some(let_in) = meta::log_in(request, TOKEN, "ig_exchange_token", true) {
            return respond(request, let_in);
        }
        // Also reached over the loopback, where only the path tells.
        assert!(
            request.url.starts_with(SERVER) || request.path().starts_with("/v25.0/"),
            "to somewhere else: {request:?}"
        );
        respond(request, self.route(request))
    }

    fn live(&self) -> Vec<Live> {
        let posts = self.posts.borrow();
        let mut ours: Vec<&Post> = posts.iter().collect();
        ours.sort_by_key(|post| (post.at, post.id.clone()));
        let show = |post: &Post| Live {
            id: post.id.clone(),
            url: post.permalink(),
            text: post.said.caption.clone(),
            links: links(&post.said.caption),
            tags: tags(&post.said.caption),
            mentions: (post.said.caption.contains(&format!("@{SOMEBODY}")))
                .then(|| SOMEBODY.to_owned())
                .into_iter()
                .collect(),
            media: post.said.media.clone(),
            facts: post.said.facts.clone(),
            ..Live::default()
        };
        ours.into_iter().map(show).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        Planted { id: "1".to_owned(), url: format!("https://www.instagram.com/p/C{}/", text.len()) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let media = vec![LiveMedia { kind: MediaKind::Jpeg, bytes: 7, alt: String::new() }];
        self.put(at, Said { caption: text.to_owned(), media, ..Said::default() });
    }

    fn samples(&self) -> Vec<Sample> {
        let names = vec!["amy.sims".to_owned(), "@bob".to_owned()];
        vec![
            Sample { key: "story", value: OptionValue::Flag(true), fact: ("story", "true".to_owned()) },
            Sample { key: "story", value: OptionValue::Flag(false), fact: ("story", "false".to_owned()) },
            Sample {
                key: "collaborators",
                value: OptionValue::List(names),
                fact: ("collaborators", "amy.sims bob".to_owned()),
            },
            Sample {
                key: "location",
                value: OptionValue::Text("7640348500".to_owned()),
                fact: ("location", "7640348500".to_owned()),
            },
        ]
    }

    fn needs_media(&self) -> bool {
        true
    }

    fn describes_videos(&self) -> bool {
        false
    }

    fn has_languages(&self) -> bool {
        false
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}
