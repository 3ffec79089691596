//! What a request asks for, read as the real one reads it.

use super::{Body, FIELDS, MastodonTwin, Refusal, refuse, text};
use crate::twin::{LivePoll, TwinRequest};
use serde_json::Value;

impl MastodonTwin {
    /// Reads what creating and editing have in common, and refuses what the real one refuses.
    pub(super) fn read_body(&self, asked: &Value, editing: Option<u64>) -> Result<Body, Refusal> {
        let text = string(asked, "status")?.unwrap_or_default();
        let warning = string(asked, "spoiler_text")?.unwrap_or_default();
        let media = self.read_media(asked, editing)?;
        let poll = self.read_poll(asked)?;
        if text.trim().is_empty() && media.is_empty() && poll.is_none() {
            return refuse(422, "Validation failed: Text can't be blank");
        }
        if poll.is_some() && !media.is_empty() {
            return refuse(422, "Cannot attach more than 4 files");
        }
        let limit = self.max_characters.get();
        if text::length(&text) + text::graphemes(&warning) > limit {
            return refuse(422, &format!("Validation failed: Text character limit of {limit} exceeded"));
        }
        let sensitive = match &asked["sensitive"] {
            Value::Null => false,
            Value::Bool(sensitive) => *sensitive,
            other => return refuse(422, &format!("sensitive: {other}")),
        };
        let language = string(asked, "language")?
            .filter(|tag| matches!(tag.as_str(), "zh-CN" | "zh-TW" | "zh-HK") || (2..=3).contains(&tag.len()));
        let policy = word(asked, "quote_approval_policy", &["public", "followers", "nobody"])?;
        let sensitive = sensitive || !warning.is_empty();
        Ok(Body { text, warning, sensitive, language, policy, media, poll })
    }

    pub(super) fn read_poll(&self, asked: &Value) -> Result<Option<(LivePoll, bool)>, Refusal> {
        let Some(poll) = asked["poll"].as_object() else { return Ok(None) };
        let options: Vec<String> = poll["options"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|option| option.as_str().unwrap_or_default().to_owned())
            .collect();
        let seconds = poll["expires_in"].as_u64().unwrap_or_default();
        if options.len() < 2 || options.iter().any(|option| option.trim().is_empty()) {
            return refuse(422, "Validation failed: Options must be more than one item");
        }
        if options.len() > 4 {
            return refuse(422, "Validation failed: Options can't contain more than 4 items");
        }
        if options.iter().any(|option| text::graphemes(option) > 50) {
            return refuse(422, "Validation failed: Options can't be longer than 50 characters each");
        }
        if !(300..=2_629_746).contains(&seconds) {
            return refuse(422, "Validation failed: Expires at is too soon");
        }
        let multiple = poll.get("multiple").and_then(Value::as_bool).unwrap_or_default();
        let hidden = poll.get("hide_totals").and_then(Value::as_bool).unwrap_or_default();
        Ok(Some((LivePoll { options, seconds, multiple }, hidden)))
    }
}

/// Returns what is asked of a status; a field that the API doesn't have is a mistake of ours.
pub(super) fn body_of(request: &TwinRequest) -> Result<Value, Refusal> {
    let Some(Value::Object(fields)) = request.json() else { return refuse(400, "Bad request") };
    match fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        Some(key) => refuse(422, &format!("the API has no field `{key}`")),
        None => Ok(Value::Object(fields)),
    }
}

/// Reads an id, which the API writes as a text.
pub(super) fn number(id: &Value) -> Option<u64> {
    id.as_str()?.parse().ok()
}

pub(super) fn string(asked: &Value, name: &str) -> Result<Option<String>, Refusal> {
    match &asked[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => refuse(422, &format!("{name}: {other}")),
    }
}

pub(super) fn word(asked: &Value, name: &str, known: &[&str]) -> Result<Option<String>, Refusal> {
    match string(asked, name)? {
        Some(word) if !known.contains(&word.as_str()) => {
            refuse(422, &format!("Validation failed: {name} is not included in the list"))
        }
        found => Ok(found),
    }
}
