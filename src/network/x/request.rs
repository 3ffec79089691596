//! The requests, one function each. Pure: values in, a request out.

use super::{options, reply::Refers};
use crate::{
    model::{Account, MediaKind, Timestamp},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia,
        Request, Slice, escape,
    },
};
use serde_json::{Map, json};

const API: &str = "https://api.x.com";

/// The name of the access token in a session.
pub(super) const ACCESS: &str = "access";
/// The name of the refresh token in a session.
pub(super) const REFRESH: &str = "refresh";

/// Opens a session by a refresh token, which that uses up.
pub(super) fn refresh(account: &Account, token: Credential) -> Result<Request, NetworkError> {
    let fields =
        vec![Field::text("grant_type", "refresh_token"), Field::new("refresh_token", FieldValue::Secret(token))];
    exchange(account, "refresh session", fields)
}

/// Opens a session by a code.
pub(super) fn log_in(account: &Account, redirect: &str) -> Result<Request, NetworkError> {
    let fields = vec![
        Field::text("grant_type", "authorization_code"),
        Field::new("code", FieldValue::Secret(Credential::Session("code"))),
        Field::text("redirect_uri", redirect),
        Field::new("code_verifier", FieldValue::Secret(Credential::Session("verifier"))),
    ];
    exchange(account, "exchange code", fields)
}

/// Says as which application: one with a secret tells it, one without names itself.
fn exchange(account: &Account, label: &'static str, mut fields: Vec<Field>) -> Result<Request, NetworkError> {
    let Some(client) = &account.client else {
        let message = format!("account `{}` has no `client_id`, the application as which it is let in", account.id);
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    };
    let url = format!("{}/2/oauth2/token", base(account));
    let user = client.id.value.clone();
    if client.secret.is_none() {
        fields.push(Field::text("client_id", user));
        return Ok(Request::send(label, Method::Post, url, Payload::Form(fields), Effect::Exchange));
    }
    let request = Request::send(label, Method::Post, url, Payload::Form(fields), Effect::Exchange);
    Ok(request.credential(Credential::Client).place(Place::Basic { user }))
}

/// Asks who we are.
pub(super) fn me(account: &Account) -> Request {
    get("read own account", format!("{}/2/users/me?user.fields=username,verified_type", base(account)))
}

/// Asks nothing that X answers without knowing who asks: its refusal tells the time, and is not charged for.
pub(super) fn knock(account: &Account) -> Request {
    Request::get("hear the time", format!("{}/2/users/me", base(account)))
}

/// How X calls posts in its questions: its guides say `tweet`, and its description of the API `post` since 2026 (version 2.167).
pub(super) const NAMES: [&str; 2] = ["tweet", "post"];

/// Lists posts of ours since a moment, newest first. `name` is what a post is called.
pub(super) fn own(account: &Account, id: &str, since: Timestamp, after: Option<&str>, name: &str) -> Request {
    // X wants whole seconds.
    let since = Timestamp::from_millis(since.millis() / 1000 * 1000).to_string();
    let mut url = format!(
        "{}/2/users/{id}/tweets?max_results=100&exclude=retweets&start_time={}&{name}.fields=created_at,entities,attachments,\
         referenced_{name}s",
        base(account),
        escape(&since)
    );
    if let Some(after) = after {
        url.push_str("&pagination_token=");
        url.push_str(&escape(after));
    }
    get("list own posts", url)
}

/// Uploads an image.
pub(super) fn upload(account: &Account, media: &PreparedMedia) -> Request {
    let category = if media.info.kind == MediaKind::Gif { "tweet_gif" } else { "tweet_image" };
    let fields = vec![Field::text("media_category", category), Field::new("media", FieldValue::Media(media.key))];
    let url = format!("{}/2/media/upload", base(account));
    send("upload image", Method::Post, url, Payload::Multipart(fields), Effect::Prepare)
}

/// Begins to send a video.
pub(super) fn begin(account: &Account, video: &PreparedMedia) -> Request {
    let body = json!({
        "media_type": video.info.kind.mime(), "total_bytes": video.info.bytes, "media_category": "tweet_video",
    });
    let url = format!("{}/2/media/upload/initialize", base(account));
    send("begin video", Method::Post, url, Payload::Json(body), Effect::Prepare)
}

/// Sends a piece of a video.
pub(super) fn append(account: &Account, id: &str, number: usize, piece: Slice) -> Request {
    let fields =
        vec![Field::text("segment_index", number.to_string()), Field::new("media", FieldValue::MediaSlice(piece))];
    let url = format!("{}/2/media/upload/{}/append", base(account), escape(id));
    send("send piece of video", Method::Post, url, Payload::Multipart(fields), Effect::Prepare)
}

/// Says that all of a video was sent.
pub(super) fn finish(account: &Account, id: &str) -> Request {
    let url = format!("{}/2/media/upload/{}/finalize", base(account), escape(id));
    send("finish video", Method::Post, url, Payload::Empty, Effect::Prepare)
}

/// Asks how far an image or video is.
pub(super) fn upload_state(account: &Account, id: &str) -> Request {
    get("wait for media", format!("{}/2/media/upload?command=STATUS&media_id={}", base(account), escape(id)))
}

/// Describes an image.
pub(super) fn describe(account: &Account, id: &str, alt: &str) -> Request {
    let body = json!({ "id": id, "metadata": { "alt_text": { "text": alt } } });
    let url = format!("{}/2/media/metadata", base(account));
    send("describe image", Method::Post, url, Payload::Json(body), Effect::Prepare)
}

/// Publishes a post.
pub(super) fn create(job: &Job<'_>, media: &[String], refers: &Refers) -> Request {
    let mut body = Map::new();
    let text = &job.draft_part().text.text;
    if !text.is_empty() {
        body.insert("text".to_owned(), text.as_str().into());
    }
    if !media.is_empty() {
        body.insert("media".to_owned(), json!({ "media_ids": media }));
    }
    if let Some(id) = &refers.answered {
        body.insert("reply".to_owned(), json!({ "in_reply_to_tweet_id": id }));
    }
    if let Some(id) = &refers.quoted {
        body.insert("quote_tweet_id".to_owned(), id.as_str().into());
    }
    if let Some(poll) = job.draft.poll.as_ref().filter(|_| job.part == 0) {
        let options: Vec<&str> = poll.options.iter().map(|option| option.value.as_str()).collect();
        let poll = json!({ "options": options, "duration_minutes": poll.duration.value.as_secs() / 60 });
        body.insert("poll".to_owned(), poll);
    }
    if let Some(who) = options::who(&job.draft.options).filter(|_| job.parent.is_none()) {
        body.insert("reply_settings".to_owned(), who.into());
    }
    for label in options::labels(job.draft) {
        body.insert(label.to_owned(), true.into());
    }
    let url = format!("{}/2/tweets", base(job.account));
    send("create post", Method::Post, url, Payload::Json(body.into()), Effect::Publish)
}

/// Deletes a post.
pub(super) fn delete(account: &Account, id: &str) -> Request {
    let url = format!("{}/2/tweets/{}", base(account), escape(id));
    send("delete post", Method::Delete, url, Payload::Empty, Effect::Publish)
}

fn base(account: &Account) -> &str {
    account.endpoint.as_ref().map_or(API, |endpoint| endpoint.value.trim_end_matches('/'))
}

fn get(label: &'static str, url: String) -> Request {
    Request::get(label, url).credential(Credential::Session(ACCESS))
}

fn send(label: &'static str, method: Method, url: String, payload: Payload, effect: Effect) -> Request {
    Request::send(label, method, url, payload, effect).credential(Credential::Session(ACCESS))
}
