//! The requests, one function each. Pure: values in, a request out.

use super::options;
use crate::{
    model::{Account, Timestamp},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia,
        Request, escape,
    },
};
use serde_json::json;

/// The server, unless the account names another.
const SERVER: &str = "https://graph.facebook.com";

/// How many posts a page of a listing has: as many as the server gives.
const PAGE: usize = 100;

/// Returns the id of the account's Page.
pub(super) fn page(account: &Account) -> Result<&str, NetworkError> {
    options::page(account).ok_or_else(|| {
        let why = format!("account `{}` has no `page`, the id of its Page", account.id);
        NetworkError::new(ErrorKind::Misconfigured, why)
    })
}

/// Asks whose token it is.
pub(super) fn me(account: &Account) -> Request {
    get(account, "read own page", "me?fields=id,name")
}

/// Asks for the Pages of a person, with their tokens.
pub(super) fn pages(account: &Account, person: Credential) -> Request {
    Request::get("list pages", url(account, "me/accounts?fields=id,access_token&limit=100")).credential(person)
}

/// Asks what the token may do, and until when.
pub(super) fn token(account: &Account) -> Request {
    get(account, "read token", "debug_token?input_token={secret}&access_token={secret}").place(Place::Url)
}

/// Uploads an image that nobody sees yet.
pub(super) fn photo(account: &Account, page: &str, media: &PreparedMedia) -> Request {
    let mut fields = vec![Field::text("published", "false")];
    if !media.alt.is_empty() {
        fields.push(Field::text("alt_text_custom", media.alt.as_str()));
    }
    fields.push(Field::new("source", FieldValue::Media(media.key)));
    let url = url(account, &format!("{page}/photos"));
    Request::send("upload photo", Method::Post, url, Payload::Multipart(fields), Effect::Prepare)
        .credential(Credential::Token)
}

/// Publishes a post with images that were uploaded.
pub(super) fn create(job: &Job<'_>, page: &str, photos: &[String]) -> Request {
    let mut fields = message(job);
    for (index, photo) in photos.iter().enumerate() {
        let value = json!({ "media_fbid": photo }).to_string();
        fields.push(Field::text(format!("attached_media[{index}]"), value));
    }
    if let Some(link) = options::link(job.draft, job.draft_part()) {
        fields.push(Field::text("link", link));
    }
    fields.push(Field::text("fields", "id,permalink_url"));
    send(job.account, "create post", &format!("{page}/feed"), fields, Effect::Publish)
}

/// Changes the text of a post.
pub(super) fn edit(job: &Job<'_>, id: &str) -> Request {
    send(job.account, "edit post", &escape(id), message(job), Effect::Publish)
}

/// Changes the words beside a video or reel.
pub(super) fn edit_film(job: &Job<'_>, id: &str) -> Request {
    send(job.account, "edit video", &escape(id), description(job), Effect::Publish)
}

/// Deletes a post.
pub(super) fn delete(account: &Account, id: &str) -> Request {
    let url = url(account, &escape(id));
    Request::send("delete post", Method::Delete, url, Payload::Empty, Effect::Publish).credential(Credential::Token)
}

/// Asks for a page of our posts since a moment, newest first.
pub(super) fn own_posts(account: &Account, page: &str, since: Timestamp, after: Option<&str>) -> Request {
    const FIELDS: &str =
        "id,message,created_time,permalink_url,attachments%7Bmedia_type,subattachments%7Bmedia_type%7D%7D";
    let since = since.millis().div_euclid(1000);
    let path = format!("{page}/published_posts?fields={FIELDS}&limit={PAGE}&since={since}{}", onwards(after));
    get(account, "list own posts", &path)
}

/// Asks for a page of our videos, reels or stories, newest first.
pub(super) fn own(account: &Account, page: &str, what: &str, fields: &str, after: Option<&str>) -> Request {
    let sign = if what.contains('?') { '&' } else { '?' };
    get(account, "list own posts", &format!("{page}/{what}{sign}fields={fields}&limit={PAGE}{}", onwards(after)))
}

fn onwards(after: Option<&str>) -> String {
    after.map(|after| format!("&after={}", escape(after))).unwrap_or_default()
}

fn message(job: &Job<'_>) -> Vec<Field> {
    vec![Field::text("message", job.draft_part().text.text.as_str())]
}

/// Returns the words beside a video or reel.
pub(super) fn description(job: &Job<'_>) -> Vec<Field> {
    let words = job.draft_part().text.text.as_str();
    if words.is_empty() { Vec::new() } else { vec![Field::text("description", words)] }
}

/// Sends a form.
pub(super) fn send(account: &Account, label: &'static str, path: &str, fields: Vec<Field>, effect: Effect) -> Request {
    Request::send(label, Method::Post, url(account, path), Payload::Form(fields), effect).credential(Credential::Token)
}

fn get(account: &Account, label: &'static str, path: &str) -> Request {
    Request::get(label, url(account, path)).credential(Credential::Token)
}

pub(super) fn url(account: &Account, path: &str) -> String {
    url_at(SERVER, account, path)
}

/// Writes an address on a server, unless the account names another.
pub(super) fn url_at(server: &str, account: &Account, path: &str) -> String {
    let server = account.endpoint.as_ref().map_or(server, |endpoint| endpoint.value.trim_end_matches('/'));
    format!("{server}/{}/{path}", options::version(account))
}
