//! The requests, one function each. Pure: values in, a request out.

use super::{
    html,
    options::{self, Mail},
    reply::Post,
};
use crate::{
    model::{Account, MediaInfo},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, Place, PreparedMedia,
        Request,
        article::{self, Mark},
    },
    text::Figure,
};
use serde_json::{Map, Value, json};

/// The version that is spoken: what is used here is the same in 6.
const VERSION: &str = "v5.0";

/// Returns where the blog's administration is.
pub(super) fn base(account: &Account) -> Result<&str, NetworkError> {
    match &account.endpoint {
        Some(endpoint) => Ok(endpoint.value.trim_end_matches('/').trim_end_matches("/ghost")),
        None => Err(NetworkError::new(ErrorKind::Misconfigured, "the account has no `endpoint`")),
    }
}

fn at(base: &str, path: &str) -> String {
    format!("{base}/ghost/api/admin/{path}")
}

fn sign(request: Request) -> Request {
    request
        .header("accept-version", VERSION)
        .credential(Credential::Token)
        .place(Place::Jwt { audience: "/admin/", word: "Ghost" })
}

fn get(label: &'static str, base: &str, path: &str) -> Request {
    sign(Request::get(label, at(base, path)))
}

fn send(label: &'static str, method: Method, url: String, post: Value, effect: Effect) -> Request {
    sign(Request::send(label, method, url, Payload::Json(json!({ "posts": [post] })), effect))
}

/// Asks what the blog is; anybody may.
pub(super) fn site(base: &str) -> Request {
    Request::get("look at the blog", at(base, "site/")).header("accept-version", VERSION)
}

/// Asks for little, to hear whether the key is taken.
pub(super) fn try_key(base: &str) -> Request {
    get("try the key", base, "posts/?limit=1&fields=id")
}

/// Asks which newsletters there are.
pub(super) fn newsletters(base: &str) -> Request {
    get("list newsletters", base, "newsletters/?limit=100&fields=slug,status")
}

/// Asks for a post by its slug, whatever its status.
pub(super) fn by_slug(base: &str, slug: &str) -> Request {
    // A slug is made of letters, digits and hyphens alone.
    get("look up slug", base, &format!("posts/slug/{slug}/?formats=html"))
}

/// Asks for a post by its id.
pub(super) fn by_id(base: &str, id: &str) -> Request {
    get("look at post", base, &format!("posts/{}/?formats=html", clean(id)))
}

/// Uploads an image or video.
pub(super) fn upload(base: &str, media: &PreparedMedia) -> Request {
    let (path, mut fields) = match media.info.kind.is_video() {
        true => ("media/upload/", Vec::new()),
        false => ("images/upload/", vec![Field::text("purpose", "image")]),
    };
    fields.push(Field::new("file", FieldValue::Media(media.key)));
    sign(Request::send("upload media", Method::Post, at(base, path), Payload::Multipart(fields), Effect::Prepare))
}

/// Returns how an upload is shown.
pub(super) fn figure(url: &str, info: &MediaInfo) -> Figure {
    Figure { src: url.to_owned(), width: info.width, height: info.height, video: info.kind.is_video() }
}

/// Makes a draft.
pub(super) fn create(base: &str, job: &Job<'_>, slug: &str, uploads: &[Figure]) -> Request {
    let mut body = post(job, uploads);
    body.insert("status".into(), "draft".into());
    body.insert("slug".into(), slug.into());
    let url = at(base, "posts/?source=html&formats=html");
    send("create draft", Method::Post, url, body.into(), Effect::Prepare)
}

/// Writes a draft that was left behind anew. Should a late call of the earlier attempt publish it meanwhile, this is refused
/// with 409.
pub(super) fn rewrite(base: &str, job: &Job<'_>, left: &Post, uploads: &[Figure]) -> Request {
    let mut body = post(job, uploads);
    body.insert("updated_at".into(), left.updated_at.clone().into());
    send("rewrite draft", Method::Put, of(base, &left.id), body.into(), Effect::Prepare)
}

/// Takes back a draft that nobody has seen.
pub(super) fn discard(base: &str, id: &str) -> Request {
    let url = at(base, &format!("posts/{}/", clean(id)));
    sign(Request::send("discard draft", Method::Delete, url, Payload::Empty, Effect::Prepare))
}

/// Publishes a draft, and sends the e-mail if there is to be one.
pub(super) fn publish(base: &str, draft: &Post, mail: Option<&Mail<'_>>) -> Request {
    let mut url = at(base, &format!("posts/{}/?formats=html", clean(&draft.id)));
    let mut body = json!({ "status": "published", "updated_at": draft.updated_at });
    if let Some(mail) = mail {
        url.push_str(&format!("&newsletter={}&email_segment={}", mail.newsletter, mail.segment));
        body["email_only"] = mail.only.into();
    }
    send("publish post", Method::Put, url, body, Effect::Publish)
}

/// Changes a published post. What it is called by, its slug, stays, and no e-mail is sent.
pub(super) fn edit(base: &str, job: &Job<'_>, now: &Post, uploads: &[Figure]) -> Request {
    let mut body = post(job, uploads);
    body.insert("updated_at".into(), now.updated_at.clone().into());
    send("edit post", Method::Put, of(base, &now.id), body.into(), Effect::Publish)
}

/// Deletes a post.
pub(super) fn delete(base: &str, id: &str) -> Request {
    let url = at(base, &format!("posts/{}/", clean(id)));
    sign(Request::send("delete post", Method::Delete, url, Payload::Empty, Effect::Publish))
}

/// Returns the [`article::essence`] of what a job says.
pub(super) fn said(job: &Job<'_>, uploads: &[Figure]) -> String {
    article::essence(job.draft.title.as_deref().unwrap_or_default(), &html_of(job, uploads))
}

fn of(base: &str, id: &str) -> String {
    at(base, &format!("posts/{}/?source=html&formats=html", clean(id)))
}

/// Ids are digits and letters; whatever else a ledger holds stays out of the path.
fn clean(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn post(job: &Job<'_>, uploads: &[Figure]) -> Map<String, Value> {
    let options = &job.draft.options;
    let mut body = Map::new();
    let mut set = |key: &str, value: Value| drop(body.insert(key.to_owned(), value));
    set("title", job.draft.title.as_deref().unwrap_or_default().into());
    set("html", html::for_ghost(&html_of(job, uploads), article::language(job)).into());
    set("codeinjection_head", Mark::of(job, said(job, uploads)).to_string().into());
    set("tags", article::tags(job.draft).into());
    set("custom_excerpt", options.text("excerpt").map_or(Value::Null, Into::into));
    set("canonical_url", options.text("canonical_url").map_or(Value::Null, Into::into));
    set("visibility", options.text("visibility").unwrap_or("public").into());
    set("featured", options.flag("featured").unwrap_or(false).into());
    let featured = options::featured(job);
    let image = featured.and_then(|index| uploads.get(index)).map(|figure| figure.src.clone());
    let alt = featured.map(|index| job.media[index].alt.clone()).filter(|alt| !alt.is_empty());
    set("feature_image", image.into());
    set("feature_image_alt", alt.into());
    if let Some(subject) = options.text("email_subject") {
        set("email_subject", subject.into());
    }
    body
}

fn html_of(job: &Job<'_>, uploads: &[Figure]) -> String {
    let part = job.draft_part();
    let without = options::featured(job).map(|index| &part.media[index].source);
    article::body(&part.rich, &part.media, without, &|index| uploads.get(index).cloned())
}
