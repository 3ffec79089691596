//! The requests, one function each. Pure: values in, a request out.

use super::{markup, options};
use crate::{
    model::{Account, Poll},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia,
        Request,
    },
};
use serde_json::{Map, Value, json};

const API: &str = "https://discord.com/api/v10";

/// How Discord wants programs to name themselves; others may be kept out.
const USER_AGENT: &str = concat!("DiscordBot (https://docs.rs/masthead, ", env!("CARGO_PKG_VERSION"), ")");

/// How many characters a key may have.
const NONCE: usize = 25;

/// The longest question of a poll.
pub(super) const LONGEST_QUESTION: usize = 300;

/// How many messages a page holds: as many as the server gives.
pub(super) const PAGE: usize = 100;

/// Asks who the bot is.
pub(super) fn who_am_i(account: &Account) -> Request {
    bot(Request::get("read own user", format!("{}/users/@me", base(account))))
}

/// Asks for the channel, which tells its server.
pub(super) fn channel(account: &Account, channel: &str) -> Request {
    bot(Request::get("read channel", format!("{}/channels/{channel}", base(account))))
}

/// Asks for the messages after an id, the oldest of which make a page.
pub(super) fn messages_after(account: &Account, channel: &str, after: u64) -> Request {
    let url = format!("{}/channels/{channel}/messages?limit={PAGE}&after={after}", base(account));
    bot(Request::get("list messages", url))
}

/// Publishes a message. The key makes the server answer a repetition with the first message for some minutes.
pub(super) fn create(channel: &str, job: &Job<'_>, answers: Option<&str>) -> Result<Request, NetworkError> {
    let mut body = message(job)?;
    let key = job.attempt.key.as_str();
    body.insert("nonce".into(), key.get(..NONCE).unwrap_or(key).into());
    body.insert("enforce_nonce".into(), true.into());
    if let Some(id) = answers {
        body.insert("message_reference".into(), json!({ "message_id": id, "fail_if_not_exists": true }));
    }
    let url = format!("{}/channels/{channel}/messages", base(job.account));
    Ok(bot(Request::send("create message", Method::Post, url, payload(body, job.media), Effect::Publish)))
}

/// Changes a message.
pub(super) fn edit(channel: &str, id: &str, job: &Job<'_>) -> Request {
    let url = format!("{}/channels/{channel}/messages/{id}", base(job.account));
    bot(Request::send("edit message", Method::Patch, url, payload(change(job), job.media), Effect::Publish))
}

/// Deletes a message.
pub(super) fn delete(account: &Account, channel: &str, id: &str) -> Request {
    let url = format!("{}/channels/{channel}/messages/{id}", base(account));
    bot(Request::send("delete message", Method::Delete, url, Payload::Empty, Effect::Publish))
}

/// Asks what a webhook is: whose channel, on which server. Its answer repeats the secret.
pub(super) fn webhook() -> Request {
    hook(Request::get("read webhook", "{secret}"))
}

/// Publishes a message by a webhook. Without `wait` the server says yes before it knows, and tells no id.
pub(super) fn execute(job: &Job<'_>) -> Result<Request, NetworkError> {
    let mut body = message(job)?;
    for (key, field) in [("username", "username"), ("avatar", "avatar_url")] {
        if let Some(value) = job.account.options.text(key).filter(|value| !value.trim().is_empty()) {
            body.insert(field.into(), value.into());
        }
    }
    let thread = options::thread(job.account).map(|id| format!("&thread_id={id}")).unwrap_or_default();
    let url = format!("{{secret}}?wait=true{thread}");
    Ok(hook(Request::send("execute webhook", Method::Post, url, payload(body, job.media), Effect::Publish)))
}

/// Changes a message of a webhook.
pub(super) fn edit_by_webhook(thread: Option<&str>, id: &str, job: &Job<'_>) -> Request {
    let body = payload(change(job), job.media);
    hook(Request::send("edit message", Method::Patch, of_webhook(thread, id), body, Effect::Publish))
}

/// Deletes a message of a webhook.
pub(super) fn delete_by_webhook(thread: Option<&str>, id: &str) -> Request {
    hook(Request::send("delete message", Method::Delete, of_webhook(thread, id), Payload::Empty, Effect::Publish))
}

/// Returns the question of the draft's poll, and whether it takes the place of the text.
pub(super) fn question<'a>(job: &Job<'a>) -> Option<(&'a str, bool)> {
    job.draft.poll.as_ref().filter(|_| job.part == 0)?;
    Some(match options::poll_question(job.draft) {
        Some(question) => (question, false),
        None => (job.draft_part().text.text.as_str(), true),
    })
}

fn base(account: &Account) -> &str {
    account.endpoint.as_ref().map_or(API, |endpoint| endpoint.value.trim_end_matches('/'))
}

fn bot(request: Request) -> Request {
    request.credential(Credential::Token).place(Place::Scheme("Bot")).header("user-agent", USER_AGENT)
}

fn hook(request: Request) -> Request {
    request.credential(Credential::Token).place(Place::Url).header("user-agent", USER_AGENT)
}

fn of_webhook(thread: Option<&str>, id: &str) -> String {
    let thread = thread.map(|thread| format!("?thread_id={thread}")).unwrap_or_default();
    format!("{{secret}}/messages/{id}{thread}")
}

/// Makes what every new message has.
fn message(job: &Job<'_>) -> Result<Map<String, Value>, NetworkError> {
    let mut body = Map::new();
    let question = question(job);
    if question.is_none_or(|(_, instead)| !instead) {
        body.insert("content".into(), markup::write(&job.draft_part().text).into());
    }
    body.insert("allowed_mentions".into(), pings(job));
    if let Some(flags) = options::flags(job.draft) {
        body.insert("flags".into(), flags.into());
    }
    if let (Some(poll), Some((question, _))) = (&job.draft.poll, question) {
        if question.is_empty() || question.chars().count() > LONGEST_QUESTION {
            let message = format!("a poll needs a question of at most {LONGEST_QUESTION} characters");
            return Err(NetworkError::new(ErrorKind::Refused, message));
        }
        body.insert("poll".into(), poll_value(poll, question));
    }
    if !job.media.is_empty() {
        body.insert("attachments".into(), attachments(job.media));
    }
    Ok(body)
}

/// Makes what a change says: all of the text, and all media anew, since those that aren't named go.
fn change(job: &Job<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("content".into(), markup::write(&job.draft_part().text).into());
    body.insert("allowed_mentions".into(), pings(job));
    body.insert("attachments".into(), attachments(job.media));
    body
}

/// Says whom mentions notify. It is always said: without it a bot's text would notify everyone that it names.
fn pings(job: &Job<'_>) -> Value {
    json!({ "parse": job.draft.options.list("pings") })
}

fn attachments(media: &[PreparedMedia]) -> Value {
    let attachment = |(index, media): (usize, &PreparedMedia)| {
        let mut value = json!({ "id": index, "filename": file_name(index, media) });
        if !media.alt.is_empty() {
            value["description"] = media.alt.as_str().into();
        }
        value
    };
    media.iter().enumerate().map(attachment).collect()
}

fn file_name(index: usize, media: &PreparedMedia) -> String {
    format!("media-{}.{}", index + 1, media.info.kind.extension())
}

fn payload(body: Map<String, Value>, media: &[PreparedMedia]) -> Payload {
    if media.is_empty() {
        return Payload::Json(body.into());
    }
    let mut fields = vec![Field { name: "payload_json".into(), value: FieldValue::Json(body.into()) }];
    fields.extend(
        media.iter().enumerate().map(|(index, media)| Field {
            name: format!("files[{index}]").into(),
            value: FieldValue::Media(media.key),
        }),
    );
    Payload::Multipart(fields)
}

/// Polls are open for whole hours.
fn poll_value(poll: &Poll, question: &str) -> Value {
    let answers: Vec<Value> =
        poll.options.iter().map(|option| json!({ "poll_media": { "text": option.value } })).collect();
    json!({
        "question": { "text": question },
        "answers": answers,
        "duration": poll.duration.value.as_secs().div_ceil(60 * 60),
        "allow_multiselect": poll.multiple,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixtures::{account, draft},
        *,
    };
    use crate::{
        model::Timestamp,
        network::{Attempt, Draft, Network as _, discord::DiscordWebhook},
    };

    /// Renders the call of a webhook's account with options.
    fn executed(draft: &Draft, options: &[(&'static str, &str)]) -> Result<Request, NetworkError> {
        let attempt = Attempt { key: "0123456789abcdef".repeat(2), at: Timestamp::EPOCH, nonce: 0 };
        let job = Job {
            draft,
            part: 0,
            account: &account(options),
            limits: &DiscordWebhook.profile().limits(),
            attempt: &attempt,
            media: &[],
            root: None,
            parent: None,
            reply_to: None,
            quote: None,
            boost: None,
            recipient: None,
        };
        execute(&job)
    }

    #[track_caller]
    fn check(options: &[(&'static str, &str)], url: &str, body: Value) {
        let request = executed(&draft("Hello", None, false), options).expect("it can be sent");
        assert_eq!((request.url.as_str(), request.payload), (url, Payload::Json(body)));
    }

    #[test]
    fn a_webhook_speaks_by_the_name_and_in_the_thread_of_its_account() {
        let quiet = || json!({ "content": "Hello", "allowed_mentions": { "parse": [] } });
        check(&[], "{secret}?wait=true", quiet());
        check(&[("thread", "1100000000000000002")], "{secret}?wait=true&thread_id=1100000000000000002", quiet());
        let mut named = quiet();
        named["username"] = "Acme".into();
        named["avatar_url"] = "https://acme.example/a.png".into();
        check(&[("username", "Acme"), ("avatar", "https://acme.example/a.png")], "{secret}?wait=true", named);
    }

    #[test]
    fn a_poll_has_a_question_that_fits_and_whole_hours() {
        let request = executed(&draft("Which?", None, true), &[]).expect("it can be sent");
        let Payload::Json(body) = request.payload else { panic!("no file is sent") };
        assert_eq!((&body["poll"]["question"]["text"], &body["poll"]["duration"]), (&json!("Which?"), &json!(1)));
        assert_eq!(body.get("content"), None, "the text is the question");
        let error = executed(&draft(&"x".repeat(301), None, true), &[]).expect_err("too long");
        assert_eq!(error.kind, ErrorKind::Refused);
    }
}
