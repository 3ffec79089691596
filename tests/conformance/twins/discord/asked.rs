//! What a request asks for, read and refused as the real one does.

use super::{Body, Refusal, invalid, refuse};
use crate::{
    fixtures,
    twin::{FormField, LiveMedia, LivePoll, TwinRequest},
};
use serde_json::Value;

/// What a bot may ask of a new message.
pub(super) const BOT: &[&str] = &[
    "content",
    "allowed_mentions",
    "flags",
    "poll",
    "attachments",
    "nonce",
    "enforce_nonce",
    "message_reference",
    "embeds",
    "tts",
    "sticker_ids",
    "components",
];

/// What a webhook may.
pub(super) const WEBHOOK: &[&str] = &[
    "content",
    "allowed_mentions",
    "flags",
    "poll",
    "attachments",
    "username",
    "avatar_url",
    "embeds",
    "tts",
    "components",
    "thread_name",
    "applied_tags",
];

/// What a change may say.
pub(super) const EDIT: &[&str] = &["content", "allowed_mentions", "flags", "attachments", "embeds", "components"];

const FILE_BYTES: usize = 10 * 1024 * 1024;
const REQUEST_BYTES: usize = 25 * 1024 * 1024;

/// Returns what is asked, and the files that come with it. A field that the API doesn't have is a mistake of ours.
pub(super) fn form(request: &TwinRequest, fields: &[&str]) -> Result<(Value, Vec<FormField>), Refusal> {
    if request.body.len() > REQUEST_BYTES {
        return refuse(413, 40_005, "Request entity too large");
    }
    let (asked, files) = match request.form() {
        Some(form) => {
            let (json, files): (Vec<_>, Vec<_>) = form.into_iter().partition(|field| field.name == "payload_json");
            let asked = json.first().and_then(|field| serde_json::from_slice(&field.bytes).ok());
            (asked, files)
        }
        None => (request.json(), Vec::new()),
    };
    let Some(Value::Object(asked)) = asked else {
        return refuse(400, 50_109, "The request body contains invalid JSON.");
    };
    match asked.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(key) => invalid("body", format!("the API has no field `{key}`")),
        None => Ok((asked.into(), files)),
    }
}

/// Reads what creating and changing have in common.
pub(super) fn body(asked: &Value, files: &[FormField], exists: impl Fn(u64) -> bool) -> Result<Body, Refusal> {
    let content = asked["content"].as_str().unwrap_or_default().trim().to_owned();
    if content.chars().count() > 2000 {
        return invalid("content", "Must be 2000 or fewer in length.");
    }
    if asked["nonce"].as_str().is_some_and(|nonce| nonce.chars().count() > 25) {
        return invalid("nonce", "Must be 25 or fewer in length.");
    }
    if asked["username"].as_str().is_some_and(|name| !(1..=80).contains(&name.chars().count())) {
        return invalid("username", "Must be between 1 and 80 in length.");
    }
    let reply_to = asked["message_reference"]["message_id"].as_str().map(|id| id.parse::<u64>().unwrap_or_default());
    if reply_to.is_some_and(|id| !exists(id)) {
        return invalid("message_reference", "Unknown message");
    }
    let flags = asked["flags"].as_u64().unwrap_or_default();
    if flags & !(4 | 4096) != 0 {
        return invalid("flags", "One or more of the flags can't be set.");
    }
    Ok(Body {
        content,
        files: attachments(&asked["attachments"], files)?,
        poll: poll(&asked["poll"])?,
        reply_to,
        flags,
        pings: pings(&asked["allowed_mentions"])?,
    })
}

fn pings(asked: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let Some(parse) = asked["parse"].as_array() else { return Ok(None) };
    let words: Vec<String> = parse.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match words.iter().find(|word| !["users", "roles", "everyone"].contains(&word.as_str())) {
        Some(_) => invalid("allowed_mentions", "Value must be one of {'users', 'roles', 'everyone'}."),
        None => Ok(Some(words)),
    }
}

/// Joins what is said of the files with the files.
fn attachments(asked: &Value, files: &[FormField]) -> Result<Vec<LiveMedia>, Refusal> {
    let list = asked.as_array().cloned().unwrap_or_default();
    if list.len() > 10 || files.len() > 10 {
        return invalid("attachments", "Must be 10 or fewer in length.");
    }
    if files.len() != list.len() {
        return invalid("attachments", "each file is described, and nothing else");
    }
    let mut media = Vec::new();
    for attachment in &list {
        let id = attachment["id"].as_u64().unwrap_or(u64::MAX);
        let Some(file) = files.iter().find(|file| file.name == format!("files[{id}]")) else {
            return invalid("attachments", "an attachment without a file");
        };
        if file.bytes.len() > FILE_BYTES {
            return refuse(413, 40_005, "Request entity too large");
        }
        if attachment["filename"].as_str() != file.file.as_deref() {
            return invalid("attachments", "the name is another than that of the file");
        }
        let alt = attachment["description"].as_str().unwrap_or_default().to_owned();
        if alt.chars().count() > 1024 {
            return invalid("attachments", "Must be 1024 or fewer in length.");
        }
        // It shows by its name what it shows as a picture, whatever the bytes are.
        let Some(kind) = fixtures::sniff(&file.bytes) else { return invalid("attachments", "not a picture") };
        if !file.file.as_deref().is_some_and(|name| name.ends_with(kind.extension())) {
            return invalid("attachments", "the name hides what it is");
        }
        media.push(LiveMedia { kind, bytes: file.bytes.len(), alt });
    }
    Ok(media)
}

fn poll(asked: &Value) -> Result<Option<(String, LivePoll)>, Refusal> {
    if asked.is_null() {
        return Ok(None);
    }
    let question = asked["question"]["text"].as_str().unwrap_or_default().to_owned();
    if !(1..=300).contains(&question.chars().count()) {
        return invalid("poll", "question: Must be between 1 and 300 in length.");
    }
    let answers = asked["answers"].as_array().cloned().unwrap_or_default();
    let options: Vec<String> =
        answers.iter().map(|answer| answer["poll_media"]["text"].as_str().unwrap_or_default().to_owned()).collect();
    if !(1..=10).contains(&options.len()) {
        return invalid("poll", "answers: Must be between 1 and 10 in length.");
    }
    if options.iter().any(|option| !(1..=55).contains(&option.chars().count())) {
        return invalid("poll", "answers: Must be between 1 and 55 in length.");
    }
    let hours = asked["duration"].as_u64().unwrap_or(24);
    if !(1..=768).contains(&hours) {
        return invalid("poll", "duration: Must be between 1 and 768.");
    }
    let multiple = asked["allow_multiselect"].as_bool().unwrap_or_default();
    Ok(Some((question, LivePoll { options, seconds: hours * 3600, multiple })))
}
