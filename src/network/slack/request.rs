//! The requests, one function each. Pure: values in, a request out.

use super::rich;
use crate::{
    model::Account,
    network::{Credential, Effect, Field, FieldValue, Job, Method, Payload, Place, PreparedMedia, Request, escape},
};
use serde_json::{Map, Value, json};

const API: &str = "https://slack.com/api";

/// How many messages a page of a listing holds.
const PAGE: usize = 200;

/// The name of what we write beside a message, by which it is found again. Everybody in the workspace may read it.
pub(super) const EVENT: &str = "masthead_post";

/// Asks who we are, and where the workspace is.
pub(super) fn who_am_i(account: &Account) -> Request {
    app(Request::get("read own identity", format!("{}/auth.test", base(account))))
}

/// Asks whether Slack is there. It needs no credential.
pub(super) fn are_you_there(account: &Account) -> Request {
    Request::get("say hello", format!("{}/api.test", base(account)))
}

/// Asks for the channel.
pub(super) fn channel(account: &Account, channel: &str) -> Request {
    app(Request::get("read channel", format!("{}/conversations.info?channel={channel}", base(account))))
}

/// What is listed: a channel, or a thread in it, between two moments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) channel: &'a str,
    pub(super) thread: Option<&'a str>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// Asks for the messages of a stretch of time, with what apps wrote beside them.
pub(super) fn messages(account: &Account, stretch: Stretch<'_>, cursor: Option<&str>) -> Request {
    let Stretch { channel, thread, from, to } = stretch;
    let what = match thread {
        Some(thread) => format!("conversations.replies?channel={channel}&ts={thread}"),
        None => format!("conversations.history?channel={channel}"),
    };
    let cursor = cursor.map(|cursor| format!("&cursor={}", escape(cursor))).unwrap_or_default();
    let rest = format!("oldest={from}&latest={to}&inclusive=true&include_all_metadata=true&limit={PAGE}{cursor}");
    app(Request::get("list messages", format!("{}/{what}&{rest}", base(account))))
}

/// Asks where a file may be sent.
pub(super) fn upload_place(account: &Account, media: &PreparedMedia) -> Request {
    let fields = vec![
        Field { name: "filename".into(), value: FieldValue::Text(file_name(media)) },
        Field { name: "length".into(), value: FieldValue::Text(media.info.bytes.to_string()) },
    ];
    let url = format!("{}/files.getUploadURLExternal", base(account));
    app(Request::send("begin upload", Method::Post, url, Payload::Form(fields), Effect::Prepare))
}

/// Sends a file to where Slack said, which is a secret place for a time: no credential goes there.
pub(super) fn upload(url: &str, media: &PreparedMedia) -> Request {
    Request::send("upload media", Method::Post, url, Payload::Media(media.key), Effect::Prepare)
}

/// Ends uploads without showing the files to anybody.
pub(super) fn uploaded(account: &Account, ids: &[String]) -> Request {
    let files: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let url = format!("{}/files.completeUploadExternal", base(account));
    app(Request::send("end upload", Method::Post, url, Payload::Json(json!({ "files": files })), Effect::Prepare))
}

/// Asks whether a file has been processed.
pub(super) fn file(account: &Account, id: &str) -> Request {
    app(Request::get("wait for media", format!("{}/files.info?file={id}", base(account))))
}

/// Publishes a message.
pub(super) fn create(channel: &str, job: &Job<'_>, files: &[String], thread: Option<&str>) -> Request {
    let mut body = content(job, files);
    body.insert("channel".into(), channel.into());
    body.insert("metadata".into(), json!({ "event_type": EVENT, "event_payload": { "key": job.attempt.key } }));
    if let Some(thread) = thread {
        body.insert("thread_ts".into(), thread.into());
    }
    let url = format!("{}/chat.postMessage", base(job.account));
    app(Request::send("post message", Method::Post, url, Payload::Json(body.into()), Effect::Publish))
}

/// Changes a message. What is written beside it stays.
pub(super) fn edit(channel: &str, ts: &str, job: &Job<'_>, files: &[String]) -> Request {
    let mut body = content(job, files);
    body.retain(|name, _| !name.starts_with("unfurl"));
    body.insert("channel".into(), channel.into());
    body.insert("ts".into(), ts.into());
    let url = format!("{}/chat.update", base(job.account));
    app(Request::send("update message", Method::Post, url, Payload::Json(body.into()), Effect::Publish))
}

/// Deletes a message.
pub(super) fn delete(account: &Account, channel: &str, ts: &str) -> Request {
    let body = json!({ "channel": channel, "ts": ts });
    let url = format!("{}/chat.delete", base(account));
    app(Request::send("delete message", Method::Post, url, Payload::Json(body), Effect::Publish))
}

/// Publishes a message by an incoming webhook.
pub(super) fn hook(job: &Job<'_>) -> Request {
    let body = Payload::Json(content(job, &[]).into());
    Request::send("post to webhook", Method::Post, "{secret}", body, Effect::Publish)
        .credential(Credential::Token)
        .place(Place::Url)
}

fn base(account: &Account) -> &str {
    account.endpoint.as_ref().map_or(API, |endpoint| endpoint.value.trim_end_matches('/'))
}

fn app(request: Request) -> Request {
    request.credential(Credential::Token)
}

/// Makes what every message has: the blocks that are shown, and words for notifications and screen readers.
fn content(job: &Job<'_>, files: &[String]) -> Map<String, Value> {
    let text = &job.draft_part().text;
    let mut blocks = rich::blocks(text);
    blocks.extend(files.iter().zip(job.media).map(|(id, media)| image(id, media)));
    let alts = job.media.iter().map(|media| media.alt.as_str());
    let words: Vec<&str> = std::iter::once(text.text.as_str()).chain(alts).filter(|words| !words.is_empty()).collect();
    let mut body = Map::new();
    body.insert("text".into(), rich::words(&words.join("\n\n")).into());
    body.insert("blocks".into(), blocks.into());
    if let Some(previews) = job.draft.options.flag("previews") {
        body.insert("unfurl_links".into(), previews.into());
        body.insert("unfurl_media".into(), previews.into());
    }
    body
}

/// An image must have a description there; a space stands for none.
fn image(id: &str, media: &PreparedMedia) -> Value {
    let alt = if media.alt.is_empty() { " " } else { media.alt.as_str() };
    json!({ "type": "image", "slack_file": { "id": id }, "alt_text": alt })
}

fn file_name(media: &PreparedMedia) -> String {
    format!("media-{}.{}", media.key.0 + 1, media.info.kind.extension())
}
