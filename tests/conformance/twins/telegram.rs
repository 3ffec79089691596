//! The twin of the Bot API, with a bot that is an administrator of the public channel `@acme_news`.
//!
//! Limits and words of errors are those of the real one, as read in its documentation and sources (Bot API 10.1, November 2026).

mod asked;

use self::asked::{Asked, Stretch, Words, limited};
use crate::{
    fixtures,
    twin::{Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, json},
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, MediaKind, NetworkId, OptionValue, SecretRef, Timestamp},
    network::Response,
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

const TOKEN: &str = "7310000001:canary-telegram-token-8e1d";
const SERVER: &str = "https://api.telegram.org";
const CHANNEL: &str = "acme_news";
const CHANNEL_ID: i64 = -1_001_234_567_890;
const OTHERS: &str = "friends_news";
const BOT: i64 = 7_310_000_001;
const SOMEBODY: &str = "amy_friends";

/// What goes as a photo.
const PHOTOS: &[MediaKind] = &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Webp];

/// What every message may be sent with.
const SENDING: &[&str] = &["chat_id", "disable_notification", "protect_content", "reply_parameters"];

/// The twin.
pub(crate) struct TelegramTwin {
    messages: RefCell<Vec<Message>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug, Default)]
struct Message {
    id: u64,
    /// The further messages of an album.
    others: Vec<u64>,
    /// Whether it is in our channel.
    ours: bool,
    words: Words,
    media: Vec<Medium>,
    poll: Option<LivePoll>,
    reply_to: Option<u64>,
    forwarded: Option<u64>,
    preview: Option<String>,
    silent: bool,
    protected: bool,
    edits: usize,
}

#[derive(Clone, Debug)]
struct Medium {
    kind: MediaKind,
    bytes: usize,
    hidden: bool,
}

/// A refusal: the status and the words.
type Refusal = (u16, String);

fn refuse<T>(status: u16, words: &str) -> Result<T, Refusal> {
    Err((status, words.to_owned()))
}

fn with(more: &[&'static str]) -> Vec<&'static str> {
    SENDING.iter().chain(more).copied().collect()
}

impl TelegramTwin {
    /// Makes an empty channel with our bot.
    pub(crate) fn new() -> Self {
        Self { messages: RefCell::default(), serial: Cell::new(0), made: Cell::new(0) }
    }

    fn next_id(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn route(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let segments = request.segments();
        let [bot, method] = segments.as_slice() else { return refuse(404, "Not Found") };
        match bot.strip_prefix("bot") {
            Some(TOKEN) => {}
            Some(token) if token.contains(':') => return refuse(401, "Unauthorized"),
            _ => return refuse(404, "Not Found"),
        }
        match *method {
            "getMe" => Ok(json!({ "id": BOT, "is_bot": true, "first_name": "Acme", "username": "acme_bot" })),
            "getChat" => Self::chat(&Asked::read(request, &["chat_id"])).map(|()| shown_chat()),
            "getChatMember" => {
                let asked = Asked::read(request, &["chat_id", "user_id"]);
                Self::chat(&asked)?;
                if asked.get("user_id") != &json!(BOT) {
                    return refuse(400, "Bad Request: user not found");
                }
                Ok(json!({
                    "status": "administrator",
                    "can_post_messages": true,
                    "can_edit_messages": false,
                    "can_delete_messages": true,
                }))
            }
            "sendMessage" => {
                let asked = Asked::read(request, &with(&["text", "entities", "link_preview_options"]));
                let words = text(&asked)?;
                let preview = preview(&asked);
                self.send(&asked, Message { words, preview, ..Message::default() })
            }
            "sendPhoto" => self.medium(request, "photo", PHOTOS),
            "sendVideo" => self.medium(request, "video", &[MediaKind::Mp4]),
            "sendAnimation" => self.medium(request, "animation", &[MediaKind::Gif, MediaKind::Mp4]),
            "sendMediaGroup" => {
                let asked = Asked::read(request, &with(&["media"]));
                let (media, words) = asked.album()?;
                self.send(&asked, Message { media, words, ..Message::default() })
            }
            "sendPoll" => self.poll(request),
            "forwardMessage" => self.forward(request),
            "editMessageText" => {
                let asked =
                    Asked::read(request, &["chat_id", "message_id", "text", "entities", "link_preview_options"]);
                let words = text(&asked)?;
                self.edit(&asked, &words, |message| message.media.is_empty() && message.poll.is_none(), "text")
            }
            "editMessageCaption" => {
                let asked = Asked::read(request, &["chat_id", "message_id", "caption", "caption_entities"]);
                let words = caption(&asked)?;
                self.edit(&asked, &words, |message| !message.media.is_empty(), "caption")
            }
            "deleteMessage" => {
                let asked = Asked::read(request, &["chat_id", "message_id"]);
                Self::chat(&asked)?;
                let id = asked.number("message_id").unwrap_or_default();
                if self.remove(&[id]) {
                    Ok(json!(true))
                } else {
                    refuse(400, "Bad Request: message to delete not found")
                }
            }
            "deleteMessages" => {
                let asked = Asked::read(request, &["chat_id", "message_ids"]);
                Self::chat(&asked)?;
                let ids: Vec<u64> =
                    asked.get("message_ids").as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
                self.remove(&ids);
                Ok(json!(true))
            }
            _ => refuse(404, "Not Found: method not found"),
        }
    }

    fn chat(asked: &Asked) -> Result<(), Refusal> {
        if is_ours(asked.get("chat_id")) { Ok(()) } else { refuse(400, "Bad Request: chat not found") }
    }

    fn medium(&self, request: &TwinRequest, name: &'static str, takes: &[MediaKind]) -> Result<Value, Refusal> {
        let asked = Asked::read(request, &with(&["caption", "caption_entities", "has_spoiler"]));
        let words = caption(&asked)?;
        let medium = Medium { hidden: asked.flag("has_spoiler"), ..asked.file(name, takes)? };
        self.send(&asked, Message { words, media: vec![medium], ..Message::default() })
    }

    fn poll(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let more = [
            "question",
            "options",
            "is_anonymous",
            "allows_multiple_answers",
            "hide_results_until_closes",
            "open_period",
            "description",
            "description_entities",
        ];
        let asked = Asked::read(request, &with(&more));
        let question = asked.words("question", "")?;
        let description = asked.words("description", "description_entities")?;
        limited(&question, 300, "poll question length must not exceed 300")?;
        limited(&description, 1024, "poll description length must not exceed 1024")?;
        let options = asked.get("options").as_array().cloned().unwrap_or_default();
        let options: Vec<String> =
            options.iter().filter_map(|option| option["text"].as_str().map(str::to_owned)).collect();
        if question.text.is_empty() {
            return refuse(400, "Bad Request: poll question must be non-empty");
        }
        if options.len() > 12 || options.is_empty() {
            return refuse(400, "Bad Request: poll can't have more than 12 options");
        }
        if options.iter().any(|option| option.is_empty() || option.chars().count() > 100) {
            return refuse(400, "Bad Request: poll options length must not exceed 100");
        }
        if asked.get("is_anonymous") == &json!(false) {
            return refuse(400, "Bad Request: non-anonymous polls can't be sent to channel chats");
        }
        let seconds = asked.number("open_period").unwrap_or_default();
        if !(5..=2_628_000).contains(&seconds) {
            return refuse(400, "Bad Request: wrong poll open period");
        }
        let mut words = description;
        let lead = if words.text.is_empty() { question.text } else { format!("{}\n\n", question.text) };
        words.stretches.iter_mut().for_each(|stretch| {
            stretch.start += lead.len();
            stretch.end += lead.len();
        });
        words.text.insert_str(0, &lead);
        let poll = LivePoll { options, seconds, multiple: asked.flag("allows_multiple_answers") };
        self.send(&asked, Message { words, poll: Some(poll), ..Message::default() })
    }

    fn forward(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let known = ["chat_id", "disable_notification", "protect_content", "from_chat_id", "message_id"];
        let asked = Asked::read(request, &known);
        let (from, id) = (asked.get("from_chat_id"), asked.number("message_id").unwrap_or_default());
        let original = self.messages.borrow().iter().find(|message| message.id == id).cloned();
        let Some(original) = original.filter(|message| message.ours == is_ours(from)) else {
            return refuse(400, "Bad Request: message to forward not found");
        };
        self.send(&asked, Message { forwarded: Some(id), edits: 0, ..original })
    }

    fn send(&self, asked: &Asked, message: Message) -> Result<Value, Refusal> {
        Self::chat(asked)?;
        let parameters = asked.get("reply_parameters");
        let reply_to = parameters["message_id"].as_u64();
        if !parameters.is_null() {
            let chat = &parameters["chat_id"];
            let ours = chat.is_null() || is_ours(chat);
            let known = self.messages.borrow().iter().any(|known| Some(known.id) == reply_to && known.ours == ours);
            if !known {
                return refuse(400, "Bad Request: message to be replied not found");
            }
        }
        let id = self.next_id();
        let others = message.media.iter().skip(1).map(|_| self.next_id()).collect();
        self.made.set(self.made.get() + 1);
        let (silent, protected) = (asked.flag("disable_notification"), asked.flag("protect_content"));
        let is_album = message.media.len() > 1;
        let message = Message { id, others, ours: true, reply_to, silent, protected, ..message };
        let all: Vec<Value> = [id].iter().chain(&message.others).map(|id| shown(*id)).collect();
        self.messages.borrow_mut().push(message);
        Ok(if is_album { all.into() } else { shown(id) })
    }

    fn edit(&self, asked: &Asked, words: &Words, fits: fn(&Message) -> bool, what: &str) -> Result<Value, Refusal> {
        Self::chat(asked)?;
        let id = asked.number("message_id");
        let mut messages = self.messages.borrow_mut();
        let Some(message) = messages.iter_mut().find(|message| message.ours && Some(message.id) == id) else {
            return refuse(400, "Bad Request: message to edit not found");
        };
        if !fits(message) {
            return refuse(400, &format!("Bad Request: there is no {what} in the message to edit"));
        }
        if message.words == *words {
            return refuse(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the \
                 same as a current content and reply markup of the message",
            );
        }
        message.words = words.clone();
        message.edits += 1;
        Ok(shown(message.id))
    }

    /// Deletes messages; an album is gone once all of its messages are.
    fn remove(&self, ids: &[u64]) -> bool {
        let mut messages = self.messages.borrow_mut();
        let before = messages.len();
        for message in messages.iter_mut().filter(|message| message.ours) {
            let mut left: Vec<u64> = [message.id].iter().chain(&message.others).copied().collect();
            left.retain(|id| !ids.contains(id));
            if left.len() > message.others.len() {
                continue;
            }
            message.media.truncate(left.len());
            message.others = left.iter().skip(1).copied().collect();
            message.id = left.first().copied().unwrap_or_default();
        }
        messages.retain(|message| message.id != 0);
        messages.len() < before
    }
}

fn is_ours(chat: &Value) -> bool {
    *chat == json!(CHANNEL_ID) || chat.as_str().is_some_and(|name| name.eq_ignore_ascii_case(&format!("@{CHANNEL}")))
}

fn shown_chat() -> Value {
    json!({ "id": CHANNEL_ID, "type": "channel", "title": "Acme News", "username": CHANNEL })
}

fn shown(id: u64) -> Value {
    json!({ "message_id": id, "date": 1_795_000_000, "chat": shown_chat() })
}

fn text(asked: &Asked) -> Result<Words, Refusal> {
    let words = asked.words("text", "entities")?;
    if words.text.is_empty() {
        return refuse(400, "Bad Request: message text is empty");
    }
    limited(&words, 4096, "message is too long")?;
    Ok(words)
}

fn caption(asked: &Asked) -> Result<Words, Refusal> {
    let words = asked.words("caption", "caption_entities")?;
    limited(&words, 1024, "message caption is too long")?;
    Ok(words)
}

fn preview(asked: &Asked) -> Option<String> {
    let chosen = asked.get("link_preview_options").as_object()?;
    let names = [
        ("is_disabled", "none"),
        ("prefer_small_media", "small"),
        ("prefer_large_media", "large"),
        ("show_above_text", "above"),
    ];
    let name = names.iter().find(|(key, _)| chosen.get(*key) == Some(&json!(true))).map(|(_, name)| *name);
    Some(name.unwrap_or_else(|| panic!("no such preview: {chosen:?}")).to_owned())
}

/// Returns the words that begin with a sign, as the server finds them outside of links and code.
fn found(words: &Words, sign: char, least: usize) -> Vec<String> {
    let taken = |at: usize| {
        words
            .stretches
            .iter()
            .any(|it| ["code", "pre", "text_link"].contains(&it.kind.as_str()) && (it.start..it.end).contains(&at))
    };
    let mut names = Vec::new();
    for (at, _) in words.text.match_indices(sign) {
        let before = words.text[..at].chars().next_back();
        if taken(at) || before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &words.text[at + sign.len_utf8()..];
        let inside = |c: char| {
            if sign == '@' { c.is_ascii_alphanumeric() || c == '_' } else { c.is_alphanumeric() || "_ー".contains(c) }
        };
        let name: String = rest.chars().take_while(|c| inside(*c)).collect();
        if name.chars().count() >= least && name.chars().any(char::is_alphabetic) {
            names.push(name);
        }
    }
    names
}

fn show(message: &Message) -> Live {
    let words = &message.words;
    let covered = |stretch: &Stretch| words.text[stretch.start..stretch.end].to_owned();
    let style = |stretch: &Stretch| match stretch.kind.as_str() {
        "bold" => Some("strong"),
        "italic" => Some("emphasis"),
        "strikethrough" => Some("strike"),
        "code" => Some("code"),
        "pre" => Some("code-block"),
        "blockquote" => Some("quote"),
        _ => None,
    };
    let mut facts = BTreeMap::from([
        ("silent", message.silent.to_string()),
        ("protect", message.protected.to_string()),
        ("spoiler", message.media.iter().any(|medium| medium.hidden).to_string()),
    ]);
    facts.extend(message.preview.clone().map(|preview| ("link_preview", preview)));
    let media = message.media.iter();
    Live {
        id: message.id.to_string(),
        url: format!("https://t.me/{CHANNEL}/{}", message.id),
        text: words.text.clone(),
        links: words.stretches.iter().filter_map(|it| Some((covered(it), it.url.clone()?))).collect(),
        styles: words.stretches.iter().filter_map(|it| Some((covered(it), style(it)?))).collect(),
        tags: found(words, '#', 1),
        mentions: found(words, '@', 5),
        media: media.map(|it| LiveMedia { kind: it.kind, bytes: it.bytes, alt: String::new() }).collect(),
        poll: message.poll.clone(),
        reply_to: message.reply_to.map(|id| id.to_string()),
        boost: message.forwarded.map(|id| id.to_string()),
        facts,
        edits: message.edits,
        ..Live::default()
    }
}

impl Twin for TelegramTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        Account {
            handle: Some(Spanned { value: CHANNEL.to_owned(), span }),
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            ..Account::new(AccountId::new("trial"), NetworkId("telegram"), span)
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(request.url.starts_with(&format!("{SERVER}/bot")), "a request to somewhere else: {request:?}");
        assert_eq!(request.authorization, None, "the token goes in the path");
        match self.route(request) {
            Ok(result) => json(request, 200, &json!({ "ok": true, "result": result })),
            Err((status, words)) => {
                json(request, status, &json!({ "ok": false, "error_code": status, "description": words }))
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        self.messages.borrow().iter().filter(|message| message.ours).map(show).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let id = self.next_id();
        let words = Words { text: text.to_owned(), stretches: Vec::new() };
        self.messages.borrow_mut().push(Message { id, words, ..Message::default() });
        Planted { id: id.to_string(), url: format!("https://t.me/{OTHERS}/{id}") }
    }

    fn post_by_hand(&self, text: &str, _at: Timestamp) {
        let words = Words { text: text.to_owned(), stretches: Vec::new() };
        self.messages.borrow_mut().push(Message { id: self.next_id(), ours: true, words, ..Message::default() });
    }

    fn samples(&self) -> Vec<Sample> {
        let flag = |key: &'static str, value: bool| Sample {
            key,
            value: OptionValue::Flag(value),
            fact: (key, value.to_string()),
        };
        let preview = |word: &str| Sample {
            key: "link_preview",
            value: OptionValue::Text(word.to_owned()),
            fact: ("link_preview", word.to_owned()),
        };
        let flags = ["silent", "protect", "spoiler"].into_iter().flat_map(|key| [flag(key, true), flag(key, false)]);
        flags.chain(["none", "small", "large", "above"].map(preview)).collect()
    }

    fn shows_with_media(&self, key: &str) -> bool {
        key == "spoiler"
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
