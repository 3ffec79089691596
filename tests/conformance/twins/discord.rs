//! The twin of Discord: a server with a channel, a bot of ours in it, and a webhook.
//!
//! Statuses, codes and words of errors are those of the real one, as read in its documentation (August 2026).

mod asked;
mod markup;
mod messages;

use crate::{
    fixtures,
    twin::{Live, LiveMedia, LivePoll, Planted, Sample, Twin, TwinRequest, answer, json},
};
use masthead::{
    diag::Spanned,
    model::{Account, AccountId, NetworkId, OptionValue, Options, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

const API: &str = "https://discord.com/api/v10";
const BOT_TOKEN: &str = "canary-discord-bot.5f2c";
const HOOK: &str = "https://discord.com/api/webhooks/1100000000000000003/canary-discord-hook-9b1d7c33a0";
const HOOK_TOKEN: &str = "canary-discord-hook-9b1d7c33a0";
const GUILD: &str = "1100000000000000001";
const CHANNEL: &str = "1100000000000000002";
const OURS: &str = "1100000000000000004";
const HOOKS_OWN: &str = "1100000000000000003";
const SOMEBODY: &str = "80351110224678912";
/// For how long a nonce is remembered.
const REMEMBERED: Duration = Duration::from_secs(3 * 60);
/// The moment from which ids count.
const EPOCH: i64 = 1_420_070_400_000;

/// By what it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// A bot.
    Bot,
    /// A webhook.
    Webhook,
}

/// The twin.
pub(crate) struct DiscordTwin {
    flavour: Flavour,
    messages: RefCell<Vec<Message>>,
    serial: Cell<u64>,
    made: Cell<usize>,
}

#[derive(Clone, Debug)]
struct Message {
    id: u64,
    author: &'static str,
    at: Timestamp,
    nonce: Option<String>,
    body: Body,
    edits: usize,
    gone: bool,
}

#[derive(Clone, Debug, Default)]
struct Body {
    content: String,
    files: Vec<LiveMedia>,
    poll: Option<(String, LivePoll)>,
    reply_to: Option<u64>,
    flags: u64,
    /// Whose mentions notify; none if it wasn't said, which is everybody's.
    pings: Option<Vec<String>>,
}

/// A refusal: the status, Discord's code and the words, with the field that they are about.
struct Refusal {
    status: u16,
    code: u64,
    message: &'static str,
    field: Option<(&'static str, String)>,
}

fn refuse<T>(status: u16, code: u64, message: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, code, message, field: None })
}

/// Refuses a form, by the field that is wrong.
fn invalid<T>(field: &'static str, words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { status: 400, code: 50_035, message: "Invalid Form Body", field: Some((field, words.into())) })
}

impl DiscordTwin {
    /// Makes a server with an empty channel.
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self { flavour, messages: RefCell::default(), serial: Cell::new(0), made: Cell::new(0) }
    }

    fn next_id(&self, at: Timestamp) -> u64 {
        self.serial.set(self.serial.get() + 1);
        (u64::try_from(at.millis() - EPOCH).expect("after 2015") << 22) + self.serial.get()
    }

    fn route(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let segments = request.segments();
        match segments.as_slice() {
            ["api", "webhooks", rest @ ..] if self.flavour == Flavour::Webhook => self.route_hook(request, rest),
            ["api", "v10", rest @ ..] if self.flavour == Flavour::Bot => self.route_bot(request, rest),
            _ => refuse(404, 0, "404: Not Found"),
        }
    }

    fn route_bot(&self, request: &TwinRequest, path: &[&str]) -> Result<(u16, Value), Refusal> {
        if request.authorization.as_deref() != Some(&format!("Bot {BOT_TOKEN}")) {
            return refuse(401, 0, "401: Unauthorized");
        }
        match (request.method, path) {
            (Method::Get, ["users", "@me"]) => Ok((200, json!({ "id": OURS, "username": "acme-bot", "bot": true }))),
            (_, ["channels", channel, ..]) if *channel != CHANNEL => refuse(404, 10_003, "Unknown Channel"),
            (Method::Get, ["channels", _]) => {
                Ok((200, json!({ "id": CHANNEL, "type": 0, "guild_id": GUILD, "name": "news" })))
            }
            (Method::Get, ["channels", _, "messages"]) => Ok((200, self.list(request))),
            (Method::Post, ["channels", _, "messages"]) => self.create(request).map(|id| (200, self.message(id))),
            (Method::Patch, ["channels", _, "messages", id]) => {
                self.edit(request, id).map(|id| (200, self.message(id)))
            }
            (Method::Delete, ["channels", _, "messages", id]) => self.delete(id),
            _ => refuse(404, 0, "404: Not Found"),
        }
    }

    fn route_hook(&self, request: &TwinRequest, path: &[&str]) -> Result<(u16, Value), Refusal> {
        match (request.method, path) {
            (_, [hook, ..]) if *hook != HOOKS_OWN => refuse(404, 10_015, "Unknown Webhook"),
            (_, [_, token, ..]) if *token != HOOK_TOKEN => refuse(401, 50_027, "Invalid Webhook Token"),
            // The real one tells its own secret, too.
            (Method::Get, [id, token]) => Ok((
                200,
                json!({
                    "id": id, "type": 1, "name": "News", "channel_id": CHANNEL, "guild_id": GUILD,
                    "token": token, "url": HOOK,
                }),
            )),
            (Method::Post, [_, _]) => {
                let id = self.create(request)?;
                let waits = request.query("wait").as_deref() == Some("true");
                Ok(if waits { (200, self.message(id)) } else { (204, Value::Null) })
            }
            (Method::Patch, [_, _, "messages", id]) => self.edit(request, id).map(|id| (200, self.message(id))),
            (Method::Delete, [_, _, "messages", id]) => self.delete(id),
            _ => refuse(404, 0, "404: Not Found"),
        }
    }

    fn us(&self) -> &'static str {
        match self.flavour {
            Flavour::Bot => OURS,
            Flavour::Webhook => HOOKS_OWN,
        }
    }
}

impl Twin for DiscordTwin {
    fn account(&self) -> Account {
        let span = fixtures::span();
        let mut options = Options::default();
        let (network, id) = match self.flavour {
            Flavour::Bot => ("discord", "trial"),
            Flavour::Webhook => ("discord-webhook", "trial"),
        };
        if self.flavour == Flavour::Bot {
            options.set("channel", Spanned { value: OptionValue::Text(CHANNEL.to_owned()), span });
        }
        Account {
            token: Some(Spanned { value: SecretRef::Env("TWIN_TOKEN".to_owned()), span }),
            options,
            ..Account::new(AccountId::new(id), NetworkId(network), span)
        }
    }

    fn token(&self) -> &'static str {
        match self.flavour {
            Flavour::Bot => BOT_TOKEN,
            Flavour::Webhook => HOOK,
        }
    }

    fn canaries(&self) -> Vec<String> {
        vec![HOOK_TOKEN.to_owned()]
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        assert!(
            request.url.starts_with(API) || request.url.starts_with(HOOK),
            "a request to somewhere else: {request:?}"
        );
        if !request.header("user-agent").is_some_and(|agent| agent.starts_with("DiscordBot (https://")) {
            return answer(request, 403, "text/plain", b"error code: 1010".to_vec());
        }
        match self.route(request) {
            Ok((204, _)) => answer(request, 204, "text/html", Vec::new()),
            Ok((status, body)) => json(request, status, &body),
            Err(Refusal { status, code, message, field }) => {
                let mut body = json!({ "code": code, "message": message });
                if let Some((field, words)) = field {
                    body["errors"] = json!({ field: { "_errors": [{ "code": "INVALID", "message": words }] } });
                }
                json(request, status, &body)
            }
        }
    }

    fn live(&self) -> Vec<Live> {
        let messages = self.messages.borrow();
        let ours = messages.iter().filter(|message| message.author == self.us() && !message.gone);
        let mut live: Vec<(u64, Live)> = ours.map(|message| (message.id, message.show())).collect();
        live.sort_by_key(|(id, _)| *id);
        live.into_iter().map(|(_, live)| live).collect()
    }

    fn made(&self) -> usize {
        self.made.get()
    }

    fn plant(&self, text: &str) -> Planted {
        let id = self.put(SOMEBODY, text, Timestamp::parse("2026-11-30T12:00:00Z").expect("a timestamp"));
        Planted { id: id.to_string(), url: address(id) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        self.put(self.us(), text, at);
    }

    fn samples(&self) -> Vec<Sample> {
        let pings = |words: &[&str]| Sample {
            key: "pings",
            value: OptionValue::List(words.iter().map(|word| (*word).to_owned()).collect()),
            fact: ("pings", words.join(" ")),
        };
        let flag = |key: &'static str, value: bool| Sample {
            key,
            value: OptionValue::Flag(value),
            fact: (key, value.to_string()),
        };
        vec![
            pings(&["users"]),
            pings(&["roles", "everyone"]),
            flag("previews", true),
            flag("previews", false),
            flag("silent", true),
            flag("silent", false),
            Sample {
                key: "poll_question",
                value: OptionValue::Text("Which one?".to_owned()),
                fact: ("poll_question", "Which one?".to_owned()),
            },
        ]
    }

    fn shows_with_a_poll(&self, key: &str) -> bool {
        key == "poll_question"
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

    fn handle_of_somebody(&self) -> &'static str {
        SOMEBODY
    }
}

fn address(id: u64) -> String {
    format!("https://discord.com/channels/{GUILD}/{CHANNEL}/{id}")
}

impl Message {
    fn show(&self) -> Live {
        let shown = markup::read(&self.body.content);
        let cut = |from: usize, to: usize| shown.text[from..to].to_owned();
        let pings = self.body.pings.clone().unwrap_or_else(|| vec!["users".into(), "roles".into(), "everyone".into()]);
        let allowed = |mention: &&String| match mention.as_str() {
            mention if mention.starts_with("<#") => false,
            mention if mention.starts_with("<@&") => pings.contains(&"roles".to_owned()),
            _ => pings.contains(&"users".to_owned()),
        };
        let mut live = Live {
            id: self.id.to_string(),
            url: address(self.id),
            text: shown.text.clone(),
            links: shown.links.iter().map(|(from, to, url)| (cut(*from, *to), url.clone())).collect(),
            styles: shown.styles.iter().map(|(from, to, name)| (cut(*from, *to), *name)).collect(),
            mentions: shown.mentions.iter().filter(allowed).cloned().collect(),
            media: self.body.files.clone(),
            poll: self.body.poll.as_ref().map(|(_, poll)| poll.clone()),
            reply_to: self.body.reply_to.map(|id| id.to_string()),
            edits: self.edits,
            ..Live::default()
        };
        live.facts.insert("pings", pings.join(" "));
        live.facts.insert("previews", (self.body.flags & 4 == 0).to_string());
        live.facts.insert("silent", (self.body.flags & 4096 != 0).to_string());
        live.facts
            .insert("poll_question", self.body.poll.as_ref().map(|(question, _)| question.clone()).unwrap_or_default());
        live
    }
}
