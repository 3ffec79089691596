//! Messages: how they come to be, change and go.

use super::{CHANNEL, DiscordTwin, Flavour, Message, REMEMBERED, Refusal, asked, refuse};
use crate::twin::TwinRequest;
use masthead::model::Timestamp;
use serde_json::{Value, json};

impl DiscordTwin {
    pub(super) fn create(&self, request: &TwinRequest) -> Result<u64, Refusal> {
        let fields = match self.flavour {
            Flavour::Bot => asked::BOT,
            Flavour::Webhook => asked::WEBHOOK,
        };
        let (asked, files) = asked::form(request, fields)?;
        let nonce = asked["nonce"].as_str().map(str::to_owned);
        if asked["enforce_nonce"] == json!(true)
            && let Some(id) = nonce.as_deref().and_then(|nonce| self.known(nonce, request.at))
        {
            return Ok(id);
        }
        let body = asked::body(&asked, &files, |id| self.exists(id))?;
        if body.content.is_empty() && body.files.is_empty() && body.poll.is_none() {
            return refuse(400, 50_006, "Cannot send an empty message");
        }
        let id = self.next_id(request.at);
        self.made.set(self.made.get() + 1);
        let message = Message { id, author: self.us(), at: request.at, nonce, body, edits: 0, gone: false };
        self.messages.borrow_mut().push(message);
        Ok(id)
    }

    pub(super) fn edit(&self, request: &TwinRequest, id: &str) -> Result<u64, Refusal> {
        let (asked, files) = asked::form(request, asked::EDIT)?;
        let body = asked::body(&asked, &files, |id| self.exists(id))?;
        let id = self.own(id)?;
        let mut messages = self.messages.borrow_mut();
        let message = messages.iter_mut().find(|message| message.id == id).expect("an own message");
        if message.body.poll.is_some() {
            return refuse(400, 50_021, "Cannot execute action on this message");
        }
        message.body.content = body.content;
        message.body.files = body.files;
        // What was allowed before doesn't hold for a change.
        message.body.pings = body.pings;
        message.edits += 1;
        Ok(id)
    }

    pub(super) fn delete(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let id = self.own(id)?;
        self.messages
            .borrow_mut()
            .iter_mut()
            .filter(|message| message.id == id)
            .for_each(|message| message.gone = true);
        Ok((204, Value::Null))
    }

    /// Lists what comes after an id: the oldest of it, written newest first.
    pub(super) fn list(&self, request: &TwinRequest) -> Value {
        let limit = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50).min(100);
        let after: Option<u64> = request.query("after").and_then(|id| id.parse().ok());
        let mut ids: Vec<u64> = self
            .messages
            .borrow()
            .iter()
            .filter(|message| !message.gone && after.is_none_or(|after| message.id > after))
            .map(|message| message.id)
            .collect();
        ids.sort_unstable();
        if after.is_none() {
            ids.reverse();
        }
        ids.truncate(limit);
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        ids.into_iter().map(|id| self.message(id)).collect()
    }

    /// Writes a message as the API does. The nonce is told to nobody who asks later.
    pub(super) fn message(&self, id: u64) -> Value {
        let messages = self.messages.borrow();
        let message = messages.iter().find(|message| message.id == id).expect("a message");
        let files = message.body.files.iter().enumerate();
        let files: Vec<Value> = files
            .map(|(at, file)| json!({ "id": at.to_string(), "description": file.alt, "size": file.bytes }))
            .collect();
        let mut value = json!({
            "id": id.to_string(),
            "channel_id": CHANNEL,
            "author": { "id": message.author, "username": "acme-bot" },
            "content": message.body.content,
            "timestamp": message.at.to_string(),
            "attachments": files,
        });
        if let Some(answered) = message.body.reply_to {
            value["message_reference"] = json!({ "message_id": answered.to_string(), "channel_id": CHANNEL });
        }
        if let Some((question, _)) = &message.body.poll {
            value["poll"] = json!({ "question": { "text": question } });
        }
        value
    }

    /// Makes a message that didn't come through our hands.
    pub(super) fn put(&self, author: &'static str, text: &str, at: Timestamp) -> u64 {
        let id = self.next_id(at);
        let body = super::Body { content: text.to_owned(), ..super::Body::default() };
        self.messages.borrow_mut().push(Message { id, author, at, nonce: None, body, edits: 0, gone: false });
        id
    }

    fn known(&self, nonce: &str, at: Timestamp) -> Option<u64> {
        let messages = self.messages.borrow();
        let fits = |message: &&Message| message.nonce.as_deref() == Some(nonce) && at.since(message.at) < REMEMBERED;
        messages.iter().find(fits).map(|message| message.id)
    }

    fn exists(&self, id: u64) -> bool {
        self.messages.borrow().iter().any(|message| message.id == id && !message.gone)
    }

    fn own(&self, id: &str) -> Result<u64, Refusal> {
        let found = id.parse().ok().filter(|id| self.exists(*id));
        let Some(id) = found else { return refuse(404, 10_008, "Unknown Message") };
        let ours = self.messages.borrow().iter().any(|message| message.id == id && message.author == self.us());
        if ours { Ok(id) } else { refuse(403, 50_005, "Cannot edit a message authored by another user") }
    }
}
