//! The twin of LinkedIn: a member, or an organisation's page, and the servers for signing in and for images.
//!
//! Statuses and words of errors are those of the real one, as read in its documentation and in clients' issues (to August 2026).

mod little;
mod posts;
mod videos;

use self::videos::Film;
use crate::{
    fixtures,
    twin::{
        CLIENT_SECRET, CODE, Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, answer, json,
        percent_decode,
    },
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

const API: &str = "https://api.linkedin.com/";
const OAUTH: &str = "https://www.linkedin.com/oauth/v2/";
const UPLOADS: &str = "https://www.linkedin.com/dms-uploads/";
const REDIRECT: &str = "http://127.0.0.1:8910/";
/// How often a page's image is asked for before it has been processed.
const BUSY: u32 = 2;

/// Who posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// A member.
    Member,
    /// An organisation.
    Page,
}

impl Flavour {
    /// A secret of its own: the two are told apart by it.
    fn token(self) -> &'static str {
        match self {
            Self::Member => "canary-linkedin-member-7d1e90",
            Self::Page => "canary-linkedin-page-2b44f1",
        }
    }

    fn author(self) -> &'static str {
        match self {
            Self::Member => "urn:li:person:aCmE_9x",
            Self::Page => "urn:li:organization:2414183",
        }
    }

    fn scopes(self) -> &'static str {
        match self {
            Self::Member => "openid,profile,w_member_social",
            Self::Page => "r_organization_social,w_organization_social",
        }
    }
}

/// The twin.
pub(crate) struct LinkedInTwin {
    flavour: Flavour,
    posts: RefCell<Vec<Post>>,
    images: RefCell<Vec<Image>>,
    /// Videos that are being sent.
    films: RefCell<Vec<Film>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Post {
    urn: String,
    asked: Value,
    ours: bool,
    at: Timestamp,
    edits: usize,
    gone: bool,
}

#[derive(Clone, Debug)]
struct Image {
    urn: String,
    kind: Option<MediaKind>,
    bytes: usize,
    busy: u32,
    /// When it arrived.
    at: Timestamp,
}

/// A refusal, as LinkedIn writes it.
struct Refusal {
    status: u16,
    message: String,
    code: Option<&'static str>,
}

fn refuse<T>(status: u16, message: &str) -> Result<T, Refusal> {
    Err(Refusal { status, message: message.to_owned(), code: None })
}

impl LinkedInTwin {
    /// Makes a place without posts.
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            posts: RefCell::default(),
            images: RefCell::default(),
            films: RefCell::default(),
            serial: Cell::new(0),
            made: Cell::new(0),
        }
    }

    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn api(&self, request: &TwinRequest) -> Result<Response, Refusal> {
        if request.bearer() != Some(self.flavour.token()) {
            return refuse(401, "Invalid access token");
        }
        let segments = request.segments();
        if segments[0] == "rest" {
            match request.header("linkedin-version") {
                Some(version) if version.len() == 6 && version >= "202508" => {}
                Some(_) => return refuse(426, "Requested version is not active"),
                None => {
                    return refuse(
                        400,
                        "A version must be present. Please specify a version by adding the LinkedIn-Version header.",
                    );
                }
            }
            if request.header("x-restli-protocol-version") != Some("2.0.0") || request.path().contains(':') {
                return refuse(400, "Syntax exception in path variables");
            }
        }
        let fine = |status: u16, body: &Value| Ok(json(request, status, body));
        match (request.method, segments.as_slice()) {
            (Method::Get, ["v2", "userinfo"]) if self.flavour == Flavour::Member => fine(
                200,
                &json!({ "sub": "aCmE_9x", "name": "Ana Acme", "locale": { "country": "IT", "language": "it" } }),
            ),
            (Method::Get, ["rest", "posts"]) => fine(200, &self.list(request)?),
            (Method::Post, ["rest", "posts"]) => {
                let urn = self.create(request)?;
                let mut made = answer(request, 201, "application/json", Vec::new());
                made.headers.push(("x-restli-id".to_owned(), urn));
                Ok(made)
            }
            (Method::Post, ["rest", "posts", urn]) => {
                self.edit(request, urn)?;
                Ok(answer(request, 204, "application/json", Vec::new()))
            }
            (Method::Delete, ["rest", "posts", urn]) => {
                self.delete(urn)?;
                Ok(answer(request, 204, "application/json", Vec::new()))
            }
            (Method::Post, ["rest", "images"]) => fine(200, &self.upload_place(request)?),
            (Method::Post, ["rest", "videos"]) => fine(200, &self.video(request)?),
            (Method::Get, ["rest", "videos", urn]) => fine(200, &self.image(urn)?),
            (Method::Get, ["rest", "images", urn]) => fine(200, &self.image(urn)?),
            _ => refuse(404, "No virtual resource found"),
        }
    }

    fn upload_place(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = request.json().unwrap_or_default();
        if request.query("action").as_deref() != Some("initializeUpload") {
            return refuse(400, "no such action");
        }
        if asked["initializeUploadRequest"]["owner"] != self.flavour.author() {
            return refuse(403, "Not enough permissions to access: ACTION initializeUpload /images");
        }
        let id = format!("C4E22AQ{:06}", self.next());
        let image = Image { urn: format!("urn:li:image:{id}"), kind: None, bytes: 0, busy: BUSY, at: request.at };
        let answer = json!({ "value": { "uploadUrl": format!("{UPLOADS}{id}/upload?m=1"), "image": image.urn } });
        self.images.borrow_mut().push(image);
        Ok(answer)
    }

    fn take(&self, request: &TwinRequest) -> Result<Response, Refusal> {
        if let Some(taken) = self.take_piece(request) {
            return taken;
        }
        let id = request.segments()[1].to_owned();
        let mut images = self.images.borrow_mut();
        let Some(image) = images.iter_mut().find(|image| image.urn.ends_with(&id)) else {
            return refuse(404, "no such upload");
        };
        let kind = fixtures::sniff(&request.body);
        if !matches!(kind, Some(MediaKind::Jpeg | MediaKind::Png | MediaKind::Gif)) || request.method != Method::Put {
            return refuse(400, "no picture");
        }
        (image.kind, image.bytes, image.at) = (kind, request.body.len(), request.at);
        Ok(answer(request, 201, "text/plain", Vec::new()))
    }

    fn image(&self, urn: &str) -> Result<Value, Refusal> {
        if self.flavour == Flavour::Member {
            return refuse(403, "Not enough permissions to access: GET /images");
        }
        let mut images = self.images.borrow_mut();
        let urn = percent_decode(urn);
        let Some(image) = images.iter_mut().find(|image| image.urn == urn) else { return refuse(404, "Not Found") };
        image.busy = image.busy.saturating_sub(1);
        let status = match (image.kind, image.busy) {
            (None, _) => "WAITING_UPLOAD",
            (Some(_), 0) => "AVAILABLE",
            (Some(_), _) => "PROCESSING",
        };
        Ok(json!({ "id": urn, "status": status, "owner": self.flavour.author() }))
    }

    /// Lets a code in once, and tells what a token may do.
    fn oauth(&self, request: &TwinRequest, what: &str) -> Result<Response, Refusal> {
        let fields = request.fields();
        let is = |name: &str, value: &str| fields.get(name).is_some_and(|there| there == value);
        if !is("client_id", "trial-client") || !is("client_secret", CLIENT_SECRET) {
            return refuse(401, "Client authentication failed");
        }
        match what {
            "accessToken" if is("code", CODE) && is("redirect_uri", REDIRECT) => Ok(json(
                request,
                200,
                &json!({ "access_token": self.flavour.token(), "expires_in": 5_184_000, "scope": self.flavour.scopes() }),
            )),
            "introspectToken" => {
                let ends = request.at.plus(Duration::from_secs(30 * 24 * 60 * 60)).millis() / 1000;
                let state = json!({ "active": is("token", self.flavour.token()), "expires_at": ends, "scope": self.flavour.scopes() });
                Ok(json(request, 200, &state))
            }
            _ => refuse(400, "Unable to retrieve access token: appid/redirect uri/code verifier does not match"),
        }
    }
}

impl Twin for LinkedInTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        options.set("author", Spanned { value: OptionValue::Text(self.flavour.author().to_owned()), span });
        let network = match self.flavour {
            Flavour::Member => "linkedin",
            Flavour::Page => "linkedin-page",
        };
        Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new("trial"), NetworkId(network), span)
        }
    }

    fn token(&self) -> &'static str {
        self.flavour.token()
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        // What a member's token may not ask takes its time all the same.
        if self.flavour == Flavour::Member {
            for image in self.images.borrow_mut().iter_mut().filter(|image| image.kind.is_some()) {
                let waited = request.at.since(image.at) >= Duration::from_secs(3);
                image.busy = if waited { 0 } else { image.busy };
            }
        }
        let outcome = if let Some(what) = request.url.strip_prefix(OAUTH) {
            self.oauth(request, what)
        } else if request.url.starts_with(UPLOADS) {
            self.take(request)
        } else {
            assert!(request.url.starts_with(API), "a request to somewhere else: {request:?}");
            self.api(request)
        };
        outcome.unwrap_or_else(|refusal| {
            let mut body = json!({ "status": refusal.status, "message": refusal.message });
            if let Some(code) = refusal.code {
                body["errorDetails"] = json!({ "inputErrors": [{ "code": code }] });
            }
            json(request, refusal.status, &body)
        })
    }

    fn live(&self) -> Vec<Live> {
        let posts = self.posts.borrow();
        let mut ours: Vec<&Post> = posts.iter().filter(|post| post.ours && !post.gone).collect();
        ours.sort_by_key(|post| post.at);
        ours.into_iter().map(|post| self.show(post)).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let at = Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp");
        let urn = self.add(json!({ "commentary": text }), at, false);
        Planted { url: format!("https://www.linkedin.com/feed/update/{urn}"), id: urn }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        // As the page's own editor writes it.
        let escaped: String =
            text.chars().flat_map(|c| r"\|{}@[]()<>#*_~".contains(c).then_some('\\').into_iter().chain([c])).collect();
        self.add(json!({ "commentary": escaped, "author": self.flavour.author() }), at, true);
    }

    fn samples(&self) -> Vec<Sample> {
        let text = |key, value: &str, fact, shown: &str| Sample {
            key,
            value: OptionValue::Text(value.to_owned()),
            fact: (fact, shown.to_owned()),
        };
        let mut samples = vec![
            text("visibility", "public", "visibility", "PUBLIC"),
            text("visibility", "logged-in", "visibility", "LOGGED_IN"),
            Sample { key: "no_reshare", value: OptionValue::Flag(true), fact: ("no_reshare", "true".to_owned()) },
            text("card_title", "The new hoodie", "title", "The new hoodie"),
            text("card_description", "It is warm.", "description", "It is warm."),
            text("card_url", "https://acme.example/other", "source", "https://acme.example/other"),
        ];
        if self.flavour == Flavour::Member {
            samples.push(text("visibility", "connections", "visibility", "CONNECTIONS"));
        }
        samples
    }

    fn companions(&self, key: &str) -> Vec<(&'static str, OptionValue)> {
        let text = |text: &str| OptionValue::Text(text.to_owned());
        match key {
            "card_title" => vec![("card_url", text("https://acme.example/hoodie"))],
            "card_description" => {
                vec![("card_url", text("https://acme.example/hoodie")), ("card_title", text("A card"))]
            }
            "card_url" => vec![("card_title", text("A card"))],
            _ => Vec::new(),
        }
    }

    fn has_languages(&self) -> bool {
        false
    }

    fn describes_videos(&self) -> bool {
        false
    }

    fn changes_words_alone(&self) -> bool {
        true
    }

    fn takes_several_answers(&self) -> bool {
        false
    }

    fn tells_limits(&self) -> bool {
        false
    }

    fn handle_of_somebody(&self) -> &'static str {
        "amy"
    }
}

impl LinkedInTwin {
    fn show(&self, post: &Post) -> Live {
        let (asked, content) = (&post.asked, &post.asked["content"]);
        let shown = little::read(asked["commentary"].as_str().unwrap_or_default());
        let images = self.images.borrow();
        let several = content["multiImage"]["images"].as_array().cloned().unwrap_or_default();
        let one = Some(content["media"].clone()).filter(Value::is_object);
        let media = several.iter().chain(&one).map(|shown| {
            let image = images.iter().find(|image| shown["id"] == image.urn.as_str()).expect("an image that was taken");
            let alt = shown["altText"].as_str().unwrap_or_default().to_owned();
            LiveMedia { kind: image.kind.expect("a picture"), bytes: image.bytes, alt }
        });
        let poll = content.get("poll").map(|poll| {
            let days = match poll["settings"]["duration"].as_str() {
                Some("ONE_DAY") => 1,
                Some("THREE_DAYS") => 3,
                Some("SEVEN_DAYS") => 7,
                _ => 14,
            };
            let options = poll["options"].as_array().expect("answers").iter();
            let options = options.map(|option| option["text"].as_str().expect("words").to_owned()).collect();
            LivePoll { options, seconds: days * 24 * 60 * 60, multiple: false }
        });
        let parent = asked["reshareContext"]["parent"].as_str().map(str::to_owned);
        let is_quote = !shown.text.is_empty();
        let mut live = Live {
            id: post.urn.clone(),
            url: format!("https://www.linkedin.com/feed/update/{}", post.urn),
            links: shown.links.iter().map(|url| (url.clone(), url.clone())).collect(),
            text: shown.text,
            tags: shown.tags,
            media: media.collect(),
            poll,
            quote: parent.clone().filter(|_| is_quote),
            boost: parent.filter(|_| !is_quote),
            edits: post.edits,
            ..Live::default()
        };
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        live.facts.insert("visibility", words(&asked["visibility"]));
        live.facts.insert("no_reshare", (asked["isReshareDisabledByAuthor"] == true).to_string());
        for fact in ["title", "description", "source"] {
            live.facts.insert(fact, words(&content["article"][fact]));
        }
        live
    }
}
