//! Messages: how they come to be, change and go.

use super::{CHANNEL, Message, OURS, Refusal, SlackTwin, WORKSPACE, blocks, refuse};
use crate::twin::TwinRequest;
use masthead::model::Timestamp;
use serde_json::{Value, json};

/// What may be asked of a message.
const FIELDS: &[&str] =
    &["channel", "text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media", "ts", "mrkdwn"];

/// The longest text that can be changed later. The real one takes more in the first place, but it cuts or tears that.
const LONGEST: usize = 4_000;

impl SlackTwin {
    pub(super) fn create(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = asked(request)?;
        in_channel(&asked)?;
        let shown = self.read(&asked)?;
        let thread = asked["thread_ts"].as_str().map(str::to_owned);
        if let Some(thread) = &thread {
            let messages = self.messages.borrow();
            let head = messages.iter().find(|message| message.ts == *thread && !message.gone);
            // Never a reply's name.
            if head.is_none_or(|head| head.thread.is_some()) {
                return refuse("thread_not_found");
            }
        }
        let metadata = Some(asked["metadata"].clone()).filter(Value::is_object);
        let ts = self.add(OURS, shown, request.at, thread, metadata, asked["unfurl_links"].as_bool());
        self.made.set(self.made.get() + 1);
        Ok(json!({ "channel": CHANNEL, "ts": ts, "message": { "text": asked["text"] } }))
    }

    pub(super) fn edit(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = asked(request)?;
        in_channel(&asked)?;
        if asked["text"].as_str().is_some_and(|text| text.chars().count() > LONGEST) {
            return refuse("msg_too_long");
        }
        let shown = self.read(&asked)?;
        let at = self.own(&asked, "cant_update_message")?;
        let mut messages = self.messages.borrow_mut();
        messages[at].shown = shown;
        messages[at].edits += 1;
        Ok(json!({ "channel": CHANNEL, "ts": messages[at].ts, "text": asked["text"] }))
    }

    pub(super) fn delete(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = asked(request)?;
        in_channel(&asked)?;
        let at = self.own(&asked, "cant_delete_message")?;
        self.messages.borrow_mut()[at].gone = true;
        Ok(json!({ "channel": CHANNEL, "ts": asked["ts"] }))
    }

    /// Lists a stretch of a channel, newest first, or of a thread, its head and then the oldest first.
    pub(super) fn list(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        if request.query("channel").as_deref() != Some(CHANNEL) {
            return refuse("channel_not_found");
        }
        let head = request.query("ts");
        let (from, to) =
            (request.query("oldest").unwrap_or_default(), request.query("latest").unwrap_or("9".repeat(20)));
        let limit: usize = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100).min(999);
        let skip: usize = match request.query("cursor") {
            Some(cursor) => match cursor.strip_prefix("bmV4dDo").and_then(|rest| rest.strip_suffix("==")?.parse().ok())
            {
                Some(skip) => skip,
                None => return refuse("invalid_cursor"),
            },
            None => 0,
        };
        let messages = self.messages.borrow();
        let mut listed: Vec<&Message> = messages
            .iter()
            .filter(|message| !message.gone && message.thread == head && message.ts >= from && message.ts <= to)
            .collect();
        listed.sort_by(|one, other| one.ts.cmp(&other.ts));
        if head.is_none() {
            listed.reverse();
        }
        let of_thread = messages.iter().filter(|message| head.as_ref() == Some(&message.ts) && skip == 0);
        let more = listed.len() > skip + limit;
        let has_metadata = request.query("include_all_metadata").as_deref() == Some("true");
        let page: Vec<Value> = of_thread
            .chain(listed.into_iter().skip(skip).take(limit))
            .map(|message| {
                let mut value = json!({ "ts": message.ts, "user": message.user, "text": message.shown.text });
                if let Some(metadata) = message.metadata.as_ref().filter(|_| has_metadata) {
                    value["metadata"] = metadata.clone();
                }
                value
            })
            .collect();
        let cursor = if more { format!("bmV4dDo{}==", skip + limit) } else { String::new() };
        Ok(json!({ "messages": page, "has_more": more, "response_metadata": { "next_cursor": cursor } }))
    }

    /// Takes what comes by the webhook. Returns the status and the word.
    pub(super) fn hook(&self, request: &TwinRequest) -> (u16, &'static str) {
        let Ok(asked) = asked(request) else { return (400, "invalid_payload") };
        if asked.get("channel").is_some() || asked.get("thread_ts").is_some() {
            return (400, "invalid_payload");
        }
        match self.read(&asked) {
            Err(Refusal("no_text", _)) => (400, "no_text"),
            Err(_) => (400, "invalid_payload"),
            Ok(shown) => {
                self.add(OURS, shown, request.at, None, None, asked["unfurl_links"].as_bool());
                self.made.set(self.made.get() + 1);
                (200, "ok")
            }
        }
    }

    /// Makes a message that didn't come through our hands.
    pub(super) fn put(&self, user: &'static str, text: &str, at: Timestamp) -> String {
        let shown = blocks::Shown { text: text.to_owned(), ..blocks::Shown::default() };
        self.add(user, shown, at, None, None, None)
    }

    fn add(
        &self,
        user: &'static str,
        shown: blocks::Shown,
        at: Timestamp,
        thread: Option<String>,
        metadata: Option<Value>,
        previews: Option<bool>,
    ) -> String {
        let (millis, serial) = (at.millis(), self.next());
        let ts =
            format!("{}.{:06}", millis / 1000, millis % 1000 * 1000 + i64::try_from(serial % 1000).expect("small"));
        let message = Message { ts: ts.clone(), user, thread, shown, metadata, previews, edits: 0, gone: false };
        self.messages.borrow_mut().push(message);
        ts
    }

    fn read(&self, asked: &Value) -> Result<blocks::Shown, Refusal> {
        let shown = blocks::read(&asked["blocks"]).map_err(|reason| Refusal("invalid_blocks", Some(reason)))?;
        if shown.text.is_empty() && shown.images.is_empty() {
            return refuse("no_text");
        }
        if shown.text.chars().count() > LONGEST {
            return refuse("msg_blocks_too_long");
        }
        self.check_files(&shown.images)?;
        Ok(shown)
    }

    fn own(&self, asked: &Value, word: &'static str) -> Result<usize, Refusal> {
        let messages = self.messages.borrow();
        let found = messages.iter().position(|message| asked["ts"] == message.ts.as_str() && !message.gone);
        match found {
            Some(at) if messages[at].user == OURS => Ok(at),
            Some(_) => refuse(word),
            None => refuse("message_not_found"),
        }
    }
}

/// Writes the address of a message, as `chat.getPermalink` tells it.
pub(super) fn address(ts: &str, thread: Option<&str>) -> String {
    let thread = thread.map(|thread| format!("?thread_ts={thread}&cid={CHANNEL}")).unwrap_or_default();
    format!("{WORKSPACE}/archives/{CHANNEL}/p{}{thread}", ts.replace('.', ""))
}

/// Returns what is asked; a field that the API doesn't have is a mistake of ours.
fn asked(request: &TwinRequest) -> Result<Value, Refusal> {
    let Some(Value::Object(asked)) = request.json() else { return refuse("invalid_json") };
    match asked.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        Some(key) => Err(Refusal("invalid_arguments", Some(format!("the API has no field `{key}`")))),
        None => Ok(asked.into()),
    }
}

fn in_channel(asked: &Value) -> Result<(), Refusal> {
    if asked["channel"] == CHANNEL { Ok(()) } else { refuse("channel_not_found") }
}
