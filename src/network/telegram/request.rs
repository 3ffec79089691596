//! The requests, one function each. Pure: values in, a request out.

use super::{address, entities::Said, options};
use crate::{
    model::{Account, MediaKind},
    network::{
        Credential, Effect, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia, Request,
    },
    text::Flat,
};
use serde_json::{Map, Value, json};

/// The server, unless the account names one of its own.
const SERVER: &str = "https://api.telegram.org";

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// Its chat, if it is another than the account's.
    pub(super) chat: Option<String>,
    /// The message.
    pub(super) id: u64,
}

/// Asks who we are.
pub(super) fn me(account: &Account) -> Request {
    ready(Request::get("read own account", url(account, "getMe")))
}

/// Asks for the chat that the account posts to.
pub(super) fn chat(account: &Account) -> Result<Request, NetworkError> {
    let body = json!({ "chat_id": address::value(&address::chat(account)?) });
    Ok(call(account, "read chat", "getChat", body, Effect::Read))
}

/// Asks what we may do there.
pub(super) fn member(account: &Account, user: i64) -> Result<Request, NetworkError> {
    let body = json!({ "chat_id": address::value(&address::chat(account)?), "user_id": user });
    Ok(call(account, "read rights", "getChatMember", body, Effect::Read))
}

/// Publishes a text.
pub(super) fn message(job: &Job<'_>, answered: Option<&Answered>) -> Result<Request, NetworkError> {
    let mut body = start(job, answered)?;
    let said = Said::all(&job.draft_part().text);
    put_said(&mut body, &said, "text", "entities");
    put_preview(job, &mut body);
    Ok(publishing(job.account, "send message", "sendMessage", body))
}

/// Publishes one image or video, with the text as its caption.
pub(super) fn medium(
    job: &Job<'_>,
    media: &PreparedMedia,
    answered: Option<&Answered>,
) -> Result<Request, NetworkError> {
    let mut body = start(job, answered)?;
    put_said(&mut body, &Said::all(&job.draft_part().text), "caption", "caption_entities");
    if options::spoiler(job) {
        body.insert("has_spoiler".to_owned(), true.into());
    }
    let (label, method, field) = match media.info.kind {
        MediaKind::Gif => ("send animation", "sendAnimation", "animation"),
        kind if kind.is_video() => ("send video", "sendVideo", "video"),
        _ => ("send photo", "sendPhoto", "photo"),
    };
    let fields = form(body).chain([Field::new(field, FieldValue::Media(media.key))]).collect();
    let request =
        Request::send(label, Method::Post, url(job.account, method), Payload::Multipart(fields), Effect::Publish);
    Ok(ready(request))
}

/// Publishes several images or videos as one album, with the text as the caption of the first.
pub(super) fn album(job: &Job<'_>, answered: Option<&Answered>) -> Result<Request, NetworkError> {
    let mut body = start(job, answered)?;
    let mut said = Some(Said::all(&job.draft_part().text));
    let item = |media: &PreparedMedia| {
        let mut item = Map::new();
        item.insert("type".to_owned(), if media.info.kind.is_video() { "video" } else { "photo" }.into());
        item.insert("media".to_owned(), format!("attach://{}", name(media)).into());
        if options::spoiler(job) {
            item.insert("has_spoiler".to_owned(), true.into());
        }
        if let Some(said) = said.take() {
            put_said(&mut item, &said, "caption", "caption_entities");
        }
        Value::Object(item)
    };
    let items: Vec<Value> = job.media.iter().map(item).collect();
    body.insert("media".to_owned(), items.into());
    let files = job.media.iter().map(|media| Field::new(name(media), FieldValue::Media(media.key)));
    let fields = form(body).chain(files).collect();
    let url = url(job.account, "sendMediaGroup");
    let request = Request::send("send album", Method::Post, url, Payload::Multipart(fields), Effect::Publish);
    Ok(ready(request))
}

/// Publishes a poll: the first line of the text is its question, the rest its description.
pub(super) fn poll(job: &Job<'_>, answered: Option<&Answered>) -> Result<Option<Request>, NetworkError> {
    let Some(poll) = &job.draft.poll else { return Ok(None) };
    let mut body = start(job, answered)?;
    let (question, description) = question(&job.draft_part().text);
    body.insert("question".to_owned(), question.text.into());
    put_said(&mut body, &description, "description", "description_entities");
    let answers = poll.options.iter().map(|option| json!({ "text": option.value }));
    body.insert("options".to_owned(), answers.collect());
    body.insert("is_anonymous".to_owned(), true.into());
    body.insert("allows_multiple_answers".to_owned(), poll.multiple.into());
    if poll.hide_totals {
        body.insert("hide_results_until_closes".to_owned(), true.into());
    }
    body.insert("open_period".to_owned(), poll.duration.value.as_secs().into());
    Ok(Some(publishing(job.account, "send poll", "sendPoll", body)))
}

/// Passes a message on.
pub(super) fn forward(job: &Job<'_>, from: &str, id: u64) -> Result<Request, NetworkError> {
    let mut body = start(job, None)?;
    body.insert("from_chat_id".to_owned(), address::value(from));
    body.insert("message_id".to_owned(), id.into());
    Ok(publishing(job.account, "forward message", "forwardMessage", body))
}

/// Changes the text of a message.
pub(super) fn edit_text(job: &Job<'_>, chat: &str, id: u64) -> Request {
    let mut body = named(chat, id);
    put_said(&mut body, &Said::all(&job.draft_part().text), "text", "entities");
    put_preview(job, &mut body);
    publishing(job.account, "edit text", "editMessageText", body)
}

/// Changes the caption of a message. Sent without one, it is taken away.
pub(super) fn edit_caption(job: &Job<'_>, chat: &str, id: u64) -> Request {
    let mut body = named(chat, id);
    put_said(&mut body, &Said::all(&job.draft_part().text), "caption", "caption_entities");
    publishing(job.account, "edit caption", "editMessageCaption", body)
}

/// Deletes messages; of several, those that are gone are passed over.
pub(super) fn delete(account: &Account, chat: &str, ids: &[u64]) -> Request {
    let mut body = Map::new();
    body.insert("chat_id".to_owned(), address::value(chat));
    match ids {
        [id] => {
            body.insert("message_id".to_owned(), (*id).into());
            publishing(account, "delete message", "deleteMessage", body)
        }
        _ => {
            body.insert("message_ids".to_owned(), ids.into());
            publishing(account, "delete messages", "deleteMessages", body)
        }
    }
}

/// Splits a text into the question of a poll and what is written below it.
pub(super) fn question(flat: &Flat) -> (Said, Said) {
    let start = flat.text.len() - flat.text.trim_start().len();
    let end = flat.text[start..].find('\n').map_or(flat.text.len(), |at| start + at);
    (Said::part(flat, start, end), Said::part(flat, end, flat.text.len()))
}

fn start(job: &Job<'_>, answered: Option<&Answered>) -> Result<Map<String, Value>, NetworkError> {
    let mut body = Map::new();
    body.insert("chat_id".to_owned(), address::value(&address::chat(job.account)?));
    options::delivery(job, &mut body);
    if let Some(Answered { chat, id }) = answered {
        let mut parameters = json!({ "message_id": id });
        if let Some(chat) = chat {
            parameters["chat_id"] = address::value(chat);
        }
        body.insert("reply_parameters".to_owned(), parameters);
    }
    Ok(body)
}

fn put_said(body: &mut Map<String, Value>, said: &Said, text: &str, entities: &str) {
    if said.text.is_empty() {
        return;
    }
    body.insert(text.to_owned(), said.text.as_str().into());
    if !said.entities.is_empty() {
        body.insert(entities.to_owned(), said.entities());
    }
}

fn put_preview(job: &Job<'_>, body: &mut Map<String, Value>) {
    if let Some(preview) = options::link_preview(job) {
        body.insert("link_preview_options".to_owned(), preview);
    }
}

fn named(chat: &str, id: u64) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("chat_id".to_owned(), address::value(chat));
    body.insert("message_id".to_owned(), id.into());
    body
}

/// Writes a body as fields of a form: what is no text goes as JSON, as the API wants it.
fn form(body: Map<String, Value>) -> impl Iterator<Item = Field> {
    body.into_iter().map(|(name, value)| match value {
        Value::String(text) => Field::text(name, text),
        value => Field::text(name, value.to_string()),
    })
}

fn name(media: &PreparedMedia) -> String {
    format!("file{}", media.key.0)
}

fn publishing(account: &Account, label: &'static str, method: &str, body: Map<String, Value>) -> Request {
    call(account, label, method, body.into(), Effect::Publish)
}

fn call(account: &Account, label: &'static str, method: &str, body: Value, effect: Effect) -> Request {
    ready(Request::send(label, Method::Post, url(account, method), Payload::Json(body), effect))
}

fn url(account: &Account, method: &str) -> String {
    let server = account.endpoint.as_ref().map_or(SERVER, |endpoint| endpoint.value.trim_end_matches('/'));
    format!("{server}/bot{{secret}}/{method}")
}

fn ready(request: Request) -> Request {
    request.credential(Credential::Token).place(Place::Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, asks: &str, describes: &str) {
        let flat = Flat { text: text.to_owned(), ..Flat::default() };
        let (question, description) = question(&flat);
        assert_eq!((question.text.as_str(), description.text.as_str()), (asks, describes));
    }

    #[test]
    fn the_first_line_asks() {
        check("Which one?", "Which one?", "");
        check("\n Which one? \n\nBoth are warm.\nReally.", "Which one?", "Both are warm.\nReally.");
        check("", "", "");
    }
}
