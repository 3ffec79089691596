//! The twin of Slack: a workspace with a channel, an app of ours in it, and an incoming webhook.
//!
//! Words of errors are those of the real one, as read in its documentation (to November 2026).

mod blocks;
mod files;
mod messages;

use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, Sample, Twin, TwinRequest, answer, json},
};
use files::File;
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};

const API: &str = "https://slack.com/api/";
const FILES: &str = "https://files.slack.com/upload/v1/";
const HOOK: &str = "https://hooks.slack.com/services/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0";
const TOKEN: &str = "canary-xoxb-slack-5f2c";
const WORKSPACE: &str = "https://acme.slack.com";
const CHANNEL: &str = "C012AB3CD";
const OURS: &str = "U0OURS12345";
const SOMEBODY: &str = "U0AMY123456";
const SCOPES: &str = "chat:write,files:write,files:read,channels:read,channels:history,incoming-webhook";

/// By what it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// An app's bot.
    Bot,
    /// An incoming webhook.
    Webhook,
}

/// The twin.
pub(crate) struct SlackTwin {
    flavour: Flavour,
    messages: RefCell<Vec<Message>>,
    files: RefCell<Vec<File>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Message {
    ts: String,
    user: &'static str,
    thread: Option<String>,
    shown: blocks::Shown,
    metadata: Option<Value>,
    previews: Option<bool>,
    edits: usize,
    gone: bool,
}

/// A refusal: Slack's word, and what it says besides.
struct Refusal(&'static str, Option<String>);

fn refuse<T>(word: &'static str) -> Result<T, Refusal> {
    Err(Refusal(word, None))
}

impl SlackTwin {
    /// Makes a workspace with an empty channel.
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            messages: RefCell::default(),
            files: RefCell::default(),
            serial: Cell::new(0),
            made: Cell::new(0),
        }
    }

    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn method(&self, request: &TwinRequest, method: &str) -> Result<Value, Refusal> {
        if request.bearer() != Some(TOKEN) {
            return refuse("invalid_auth");
        }
        match (request.method, method) {
            (Method::Get, "auth.test") => {
                Ok(json!({ "url": format!("{WORKSPACE}/"), "team": "Acme", "user": "acme-app", "user_id": OURS }))
            }
            (Method::Get, "conversations.info") if request.query("channel").as_deref() == Some(CHANNEL) => {
                Ok(json!({ "channel": { "id": CHANNEL, "name": "news" } }))
            }
            (Method::Get, "conversations.info") => refuse("channel_not_found"),
            (Method::Get, "conversations.history" | "conversations.replies") => self.list(request),
            (Method::Get, "files.info") => self.file(request),
            (Method::Post, "files.getUploadURLExternal") => self.upload_place(request),
            (Method::Post, "files.completeUploadExternal") => self.complete(request),
            (Method::Post, "chat.postMessage") => self.create(request),
            (Method::Post, "chat.update") => self.edit(request),
            (Method::Post, "chat.delete") => self.delete(request),
            _ => refuse("unknown_method"),
        }
    }
}

impl Twin for SlackTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        if self.flavour == Flavour::Bot {
            options.set("channel", Spanned { value: OptionValue::Text(CHANNEL.to_owned()), span });
        }
        let network = match self.flavour {
            Flavour::Bot => "slack",
            Flavour::Webhook => "slack-webhook",
        };
        Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new("trial"), NetworkId(network), span)
        }
    }

    fn server(&self) -> Option<&'static str> {
        (self.flavour == Flavour::Webhook).then_some("https://slack.com")
    }

    fn token(&self) -> &'static str {
        match self.flavour {
            Flavour::Bot => TOKEN,
            Flavour::Webhook => HOOK,
        }
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        if request.url == HOOK && self.flavour == Flavour::Webhook {
            let (status, word) = self.hook(request);
            return answer(request, status, "text/html", word.as_bytes().to_vec());
        }
        if let Some(place) = request.url.strip_prefix(FILES) {
            let (status, words) = self.take(request, place);
            return answer(request, status, "text/plain", words.into_bytes());
        }
        assert!(request.url.starts_with(API), "a request to somewhere else: {request:?}");
        let segments = request.segments();
        let outcome = match segments.as_slice() {
            ["api", "api.test"] => Ok(json!({})),
            ["api", method] => self.method(request, method),
            _ => refuse("unknown_method"),
        };
        let body = match outcome {
            Ok(mut body) => {
                body["ok"] = true.into();
                body
            }
            Err(Refusal(word, None)) => json!({ "ok": false, "error": word }),
            Err(Refusal(word, Some(reason))) => {
                json!({ "ok": false, "error": word, "response_metadata": { "messages": [format!("[ERROR] {reason}")] } })
            }
        };
        let mut response = json(request, 200, &body);
        response.headers.push(("x-oauth-scopes".to_owned(), SCOPES.to_owned()));
        response
    }

    fn live(&self) -> Vec<Live> {
        let messages = self.messages.borrow();
        let mut ours: Vec<&Message> = messages.iter().filter(|message| message.user == OURS && !message.gone).collect();
        ours.sort_by(|one, other| one.ts.cmp(&other.ts));
        ours.into_iter().map(|message| self.show(message)).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let at = Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp");
        let ts = self.put(SOMEBODY, text, at);
        Planted { url: messages::address(&ts, None), id: ts }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.put(OURS, text, at);
    }

    fn samples(&self) -> Vec<Sample> {
        let flag = |value: bool| Sample {
            key: "previews",
            value: OptionValue::Flag(value),
            fact: ("previews", value.to_string()),
        };
        vec![flag(true), flag(false)]
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

    fn has_flat_threads(&self) -> bool {
        true
    }

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}

impl SlackTwin {
    fn show(&self, message: &Message) -> Live {
        let shown = &message.shown;
        let cut = |from: usize, to: usize| shown.text[from..to].to_owned();
        let files = self.files.borrow();
        let media = shown.images.iter().map(|(id, alt)| {
            let file = files.iter().find(|file| file.id == *id).expect("a file that was taken");
            LiveMedia { kind: file.kind.expect("a picture"), bytes: file.bytes, alt: alt.clone() }
        });
        // What a webhook posts is there, but nobody is told where.
        let is_named = self.flavour == Flavour::Bot;
        let url = messages::address(&message.ts, message.thread.as_deref());
        let mut live = Live {
            id: if is_named { message.ts.clone() } else { String::new() },
            url: if is_named { url } else { String::new() },
            text: shown.text.clone(),
            links: shown.links.iter().map(|(from, to, url)| (cut(*from, *to), url.clone())).collect(),
            styles: shown.styles.iter().map(|(from, to, name)| (cut(*from, *to), *name)).collect(),
            mentions: shown.mentions.clone(),
            media: media.collect(),
            reply_to: message.thread.clone(),
            edits: message.edits,
            ..Live::default()
        };
        live.facts.insert("previews", message.previews.map(|on| on.to_string()).unwrap_or_default());
        live
    }
}
