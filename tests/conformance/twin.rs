//! What a twin is: a small in-memory model of a network which enforces its real limits and remembers what it was told.

use chrono::{TimeZone as _, Utc};
use masthead::{
    engine::Outgoing,
    model::{Account, MediaKind, OptionValue, Timestamp},
    network::{Effect, Method, Response},
};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// A small in-memory model of a network.
///
/// It refuses what the real one refuses, with the same statuses and bodies, and it answers for what is live there. It
/// takes `&self`: state is behind a `RefCell`.
pub(crate) trait Twin {
    /// Returns an account on it, as `masthead.toml` would describe it. Its token is `env:TWIN_TOKEN`.
    fn account(&self) -> Account;

    /// Returns the server that it asks without a secret, beside the account's endpoint.
    fn server(&self) -> Option<&'static str> {
        None
    }

    /// Returns the account's secret. It is a canary: it must appear in nothing that can be printed.
    fn token(&self) -> &'static str;

    /// Returns further canaries: the secrets that sign-in hands out. May change as the run goes on.
    fn canaries(&self) -> Vec<String> {
        Vec::new()
    }

    /// Answers a request.
    fn handle(&self, request: &TwinRequest) -> Response;

    /// Returns our account's posts as the public sees them now, oldest first.
    fn live(&self) -> Vec<Live>;

    /// Returns how many posts our account ever made through the API, deleted ones included: the oracle of "never twice".
    fn made(&self) -> usize;

    /// Makes a public post of somebody else, to be answered, quoted or passed on.
    fn plant(&self, text: &str) -> Planted;

    /// Makes a post of our own account behind our back, as a person with the app would, at a time.
    fn post_by_hand(&self, text: &str, at: Timestamp);

    /// Lowers the limits that the server tells, as its administrator may: that of texts or of images at least.
    fn tighten(&self) {}

    /// Makes every session that it handed out invalid, so that the next call is told to sign in again.
    fn expire(&self) {}

    /// Returns whether an expired session can be renewed without the account's own secret.
    fn renews(&self) -> bool {
        false
    }

    /// Returns whether the account's secret opens a session once and never again, so that sessions must be kept.
    fn token_serves_once(&self) -> bool {
        false
    }

    /// Turns into a server that speaks the same language but forgets every key; false if there is none like it.
    fn forget_keys(&self) -> bool {
        false
    }

    /// Turns into a server that knows every key again, and returns the account that says so; none if there is none like it.
    fn keep_keys(&self) -> Option<Account> {
        None
    }

    /// Returns an account that sends to each of [`RECIPIENTS`] by themselves, kept where `LIST` and `LIST_KEY` of the environment
    /// say; none if there is none like it. The last of them is unknown to the server, which says so by name.
    fn to_recipients(&self) -> Option<Account> {
        None
    }

    /// Returns a value for each option of a post in the profile, and the fact of [`Live::facts`] that it must lead to.
    fn samples(&self) -> Vec<Sample> {
        Vec::new()
    }

    /// Returns what must be set beside an option for it to show, such as the address of a card beside its title.
    fn companions(&self, _key: &str) -> Vec<(&'static str, OptionValue)> {
        Vec::new()
    }

    /// Returns whether an option of a post shows only beside a poll.
    fn shows_with_a_poll(&self, _key: &str) -> bool {
        false
    }

    /// Returns whether an option of a post shows only beside an image.
    fn shows_with_media(&self, _key: &str) -> bool {
        false
    }

    /// Returns whether an option of a post shows only beside a video.
    fn shows_with_a_video(&self, _key: &str) -> bool {
        false
    }

    /// Returns whether posts there carry a language.
    fn has_languages(&self) -> bool {
        true
    }

    /// Returns whether it knows tags, instead of words that begin with `#`.
    fn has_tags(&self) -> bool {
        true
    }

    /// Returns whether its threads have one level: every part of a thread, and every answer to an answer, goes below the
    /// first message.
    fn has_flat_threads(&self) -> bool {
        false
    }

    /// Returns whether a change there touches the words alone, so that images keep what was said of them.
    fn changes_words_alone(&self) -> bool {
        false
    }

    /// Returns whether it tells limits that its administrator may lower, see [`Twin::tighten`].
    fn tells_limits(&self) -> bool {
        true
    }

    /// Returns whether every post there carries an image or video.
    fn needs_media(&self) -> bool {
        false
    }

    /// Returns whether videos have descriptions there, where images do.
    fn describes_videos(&self) -> bool {
        true
    }

    /// Returns whether its answers carry a date. Mail servers' don't.
    fn tells_time(&self) -> bool {
        true
    }

    /// Returns whether a reader of a poll may choose more than one answer.
    fn takes_several_answers(&self) -> bool {
        true
    }

    /// Returns a handle that exists there, without the first `@`, as people write it in a post.
    fn handle_of_somebody(&self) -> &'static str;
}

/// What a person's yes gave in a trial, what proves that we asked for it, and the secret of the application as which we did.
pub(crate) const CODE: &str = "trial-code-5c0de";
pub(crate) const VERIFIER: &str = "trial-verifier-0f-43-characters-or-more-5afe";
/// Who is on a list of recipients.
pub(crate) const RECIPIENTS: [&str; 7] = [
    "amy@people.example",
    "bo@people.example",
    "caffe@people.example",
    "dua.lindqvist@people.example",
    "emre@people.example",
    "fay@people.example",
    "gone@people.example",
];

pub(crate) const CLIENT_SECRET: &str = "trial-client-5ec2e7";

/// A request as it arrives at a twin.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TwinRequest {
    /// What it is for.
    pub(crate) label: &'static str,
    /// The method.
    pub(crate) method: Method,
    /// The whole address, with the secret in it where it holds one.
    pub(crate) url: String,
    /// The headers, by lowercase name, without `Authorization`.
    pub(crate) headers: Vec<(String, String)>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// What it does, as the adapter says.
    pub(crate) effect: Effect,
    /// When it arrives, by the twin's clock.
    pub(crate) at: Timestamp,
    /// What anybody could fetch at that moment, by address.
    pub(crate) hosted: BTreeMap<String, Arc<[u8]>>,
}

/// A post as the public sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// The id, as in [`masthead::model::Remote::id`]; empty if the network tells none.
    pub(crate) id: String,
    /// The public link; empty if the network tells none.
    pub(crate) url: String,
    /// The text as shown.
    pub(crate) text: String,
    /// The stretches of the text that lead somewhere: what is shown, and where it leads.
    pub(crate) links: Vec<(String, String)>,
    /// The stretches that are set in a style: what is shown, and the style's name; by where they start, outer ones first.
    pub(crate) styles: Vec<(String, &'static str)>,
    /// The tags that the network knows of, without `#`.
    pub(crate) tags: Vec<String>,
    /// The people whom it tells, as the network calls them.
    pub(crate) mentions: Vec<String>,
    /// The media, in order.
    pub(crate) media: Vec<LiveMedia>,
    /// The poll.
    pub(crate) poll: Option<LivePoll>,
    /// The language.
    pub(crate) language: Option<String>,
    /// The content warning.
    pub(crate) warning: Option<String>,
    /// The id of the post that it answers.
    pub(crate) reply_to: Option<String>,
    /// The id of the post that it quotes.
    pub(crate) quote: Option<String>,
    /// The id of the post that it passes on.
    pub(crate) boost: Option<String>,
    /// Whatever the options of a post lead to, by name.
    pub(crate) facts: BTreeMap<&'static str, String>,
    /// How often it was changed.
    pub(crate) edits: usize,
}

/// An image or video of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveMedia {
    /// Its kind.
    pub(crate) kind: MediaKind,
    /// How many bytes arrived.
    pub(crate) bytes: usize,
    /// The description.
    pub(crate) alt: String,
}

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LivePoll {
    /// The answers to choose from.
    pub(crate) options: Vec<String>,
    /// How long it is open, in seconds.
    pub(crate) seconds: u64,
    /// Whether more than one may be chosen.
    pub(crate) multiple: bool,
}

/// A post of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planted {
    /// Its id.
    pub(crate) id: String,
    /// Its public link.
    pub(crate) url: String,
}

/// A value of an option, and what it must lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// The option's key.
    pub(crate) key: &'static str,
    /// The value.
    pub(crate) value: OptionValue,
    /// The name of the fact and its value.
    pub(crate) fact: (&'static str, String),
}

impl TwinRequest {
    /// Takes what the engine would put on the wire.
    pub(crate) fn new(outgoing: &Outgoing, at: Timestamp) -> Self {
        Self {
            label: outgoing.label,
            method: outgoing.method,
            url: outgoing.address().to_owned(),
            headers: outgoing.headers.clone(),
            authorization: outgoing.authorization.as_ref().map(|secret| secret.expose_secret().to_owned()),
            body: outgoing.body.0.clone(),
            effect: outgoing.effect,
            at,
            hosted: BTreeMap::new(),
        }
    }

    /// Says what anybody could fetch at the moment when it arrives.
    pub(crate) fn with_hosted(mut self, hosted: BTreeMap<String, Arc<[u8]>>) -> Self {
        self.hosted = hosted;
        self
    }

    /// Fetches what is at a public address, as a network does that takes media by address.
    pub(crate) fn hosted(&self, url: &str) -> Option<&[u8]> {
        self.hosted.get(url).map(AsRef::as_ref)
    }

    /// Returns the bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }

    /// Returns the path of the address, without the query.
    pub(crate) fn path(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        path.split('?').next().unwrap_or(path)
    }

    /// Returns the segments of the path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path().split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// Returns the first value of a name in the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.url.split_once('?')?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key) == name).then(|| percent_decode(value))
        })
    }

    /// Returns a header by its lowercase name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON, if it says that it is.
    pub(crate) fn json(&self) -> Option<Value> {
        self.header("content-type")?.starts_with("application/json").then_some(())?;
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the fields of a form as the address bar writes it.
    pub(crate) fn fields(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Returns the fields of a multipart form, in order.
    pub(crate) fn form(&self) -> Option<Vec<FormField>> {
        let kind = self.header("content-type")?.strip_prefix("multipart/form-data")?;
        let boundary = kind.split("boundary=").nth(1)?.trim_matches('"');
        parse_form(&self.body, boundary)
    }
}

impl std::fmt::Debug for TwinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.method.as_str(), self.url, self.label)
    }
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormField {
    /// The name.
    pub(crate) name: String,
    /// The file name, if it is a file.
    pub(crate) file: Option<String>,
    /// The media type, if one is given.
    pub(crate) mime: Option<String>,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

fn parse_form(body: &[u8], boundary: &str) -> Option<Vec<FormField>> {
    let mark = format!("--{boundary}");
    let mut rest = &body[find(body, mark.as_bytes())? + mark.len()..];
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&rest[..head_end]).ok()?;
        rest = &rest[head_end + 4..];
        let end = find(rest, format!("\r\n{mark}").as_bytes())?;
        let mut field = FormField { name: String::new(), file: None, mime: None, bytes: rest[..end].to_vec() };
        for line in head.split("\r\n") {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" => {
                    field.name = parameter(value, "name")?;
                    field.file = parameter(value, "filename");
                }
                "content-type" => field.mime = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        fields.push(field);
        rest = &rest[end + 2 + mark.len()..];
    }
    Some(fields)
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"').to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Resolves `%41` and `+` of a query.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Makes an answer in JSON, dated by the twin's clock.
pub(crate) fn json(request: &TwinRequest, status: u16, value: &Value) -> Response {
    answer(request, status, "application/json; charset=utf-8", value.to_string().into_bytes())
}

/// Makes any answer, dated by the twin's clock.
pub(crate) fn answer(request: &TwinRequest, status: u16, kind: &str, body: Vec<u8>) -> Response {
    let headers = vec![("date".to_owned(), http_date(request.at)), ("content-type".to_owned(), kind.to_owned())];
    Response { status, headers, body }
}

/// Writes a moment as the `date` header does.
pub(crate) fn http_date(at: Timestamp) -> String {
    let moment = Utc.timestamp_millis_opt(at.millis()).single().expect("a moment of our time");
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
