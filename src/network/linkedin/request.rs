//! The requests, one function each. Pure: values in, a request out.

use super::{little, options, poll};
use crate::{
    model::Account,
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, PreparedMedia, Request,
        escape, https_host,
    },
    text::Flat,
};
use serde_json::{Map, Value, json};

const API: &str = "https://api.linkedin.com";
const OAUTH: &str = "https://www.linkedin.com/oauth/v2";

/// How many posts a page of a listing holds: as many as LinkedIn gives.
pub(super) const PAGE: usize = 100;

/// Exchanges a code for a token.
pub(super) fn exchange(account: &Account, redirect: &str) -> Result<Request, NetworkError> {
    let client = account.client.as_ref().map(|client| client.id.value.as_str()).ok_or_else(|| {
        NetworkError::new(ErrorKind::Misconfigured, format!("account `{}` has no `client_id`", account.id))
    })?;
    let fields = vec![
        Field::text("grant_type", "authorization_code"),
        Field::new("code", FieldValue::Secret(Credential::Session("code"))),
        Field::text("client_id", client),
        Field::new("client_secret", FieldValue::Secret(Credential::Client)),
        Field::text("redirect_uri", redirect),
    ];
    let url = format!("{OAUTH}/accessToken");
    Ok(Request::send("exchange code", Method::Post, url, Payload::Form(fields), Effect::Exchange))
}

/// Asks how long the token serves, as the application that it was given to.
pub(super) fn introspect(client: &str) -> Request {
    let fields = vec![
        Field::text("client_id", client),
        Field::new("client_secret", FieldValue::Secret(Credential::Client)),
        Field::new("token", FieldValue::Secret(Credential::Token)),
    ];
    let url = format!("{OAUTH}/introspectToken");
    Request::send("read token", Method::Post, url, Payload::Form(fields), Effect::Prepare)
}

/// Asks who we are.
pub(super) fn who_am_i(account: &Account) -> Request {
    Request::get("read own identity", format!("{}/v2/userinfo", base(account))).credential(Credential::Token)
}

/// Asks for a page of an author's posts, newest first.
pub(super) fn own_posts(account: &Account, author: &str, start: usize, count: usize) -> Request {
    let author = escape(author);
    let url =
        format!("{}/rest/posts?q=author&author={author}&start={start}&count={count}&sortBy=CREATED", base(account));
    versioned(Request::get("list own posts", url), account).header("x-restli-method", "FINDER")
}

/// Asks where an image may be sent.
pub(super) fn upload_place(account: &Account, author: &str) -> Request {
    let body = json!({ "initializeUploadRequest": { "owner": author } });
    let url = format!("{}/rest/images?action=initializeUpload", base(account));
    versioned(Request::send("begin upload", Method::Post, url, Payload::Json(body), Effect::Prepare), account)
}

/// Asks where the pieces of a video may be sent.
pub(super) fn video_places(account: &Account, author: &str, bytes: u64) -> Request {
    let asked = json!({ "owner": author, "fileSizeBytes": bytes, "uploadCaptions": false, "uploadThumbnail": false });
    let body = json!({ "initializeUploadRequest": asked });
    let url = format!("{}/rest/videos?action=initializeUpload", base(account));
    versioned(Request::send("begin upload", Method::Post, url, Payload::Json(body), Effect::Prepare), account)
}

/// Says that all pieces of a video were sent, each by the name that it was answered with.
pub(super) fn finish_video(account: &Account, video: &str, token: &str, pieces: &[String]) -> Request {
    let asked = json!({ "video": video, "uploadToken": token, "uploadedPartIds": pieces });
    let body = json!({ "finalizeUploadRequest": asked });
    let url = format!("{}/rest/videos?action=finalizeUpload", base(account));
    versioned(Request::send("finish upload", Method::Post, url, Payload::Json(body), Effect::Prepare), account)
}

/// Sends an image, or a piece of a video, to where LinkedIn said. Our token goes along to LinkedIn's own servers alone.
pub(super) fn upload(url: &str, payload: Payload) -> Result<Request, NetworkError> {
    let Some(host) = https_host(url) else {
        return Err(NetworkError::new(ErrorKind::Misconfigured, "LinkedIn names a place for uploads that isn't safe"));
    };
    let request = Request::send("upload media", Method::Put, url, payload, Effect::Prepare);
    let is_theirs = host == "linkedin.com" || host.ends_with(".linkedin.com");
    Ok(if is_theirs { request.credential(Credential::Token) } else { request })
}

/// Asks whether an image or video can be shown.
pub(super) fn medium(account: &Account, urn: &str) -> Request {
    let kind = if urn.starts_with("urn:li:video:") { "videos" } else { "images" };
    let url = format!("{}/rest/{kind}/{}", base(account), escape(urn));
    versioned(Request::get("wait for media", url), account)
}

/// Publishes a post.
pub(super) fn create(job: &Job<'_>, author: &str, content: Option<Value>, parent: Option<&str>) -> Request {
    let mut body = Map::new();
    body.insert("author".into(), author.into());
    body.insert("commentary".into(), commentary(job).into());
    body.insert("visibility".into(), options::seen_by(&job.draft.options).into());
    body.insert(
        "distribution".into(),
        json!({ "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] }),
    );
    body.insert("lifecycleState".into(), "PUBLISHED".into());
    let is_kept = job.draft.options.flag("no_reshare") == Some(true);
    body.insert("isReshareDisabledByAuthor".into(), is_kept.into());
    body.extend(content.map(|content| ("content".to_owned(), content)));
    body.extend(parent.map(|parent| ("reshareContext".to_owned(), json!({ "parent": parent }))));
    let url = format!("{}/rest/posts", base(job.account));
    let request = Request::send("create post", Method::Post, url, Payload::Json(body.into()), Effect::Publish);
    versioned(request, job.account)
}

/// Changes the words of a post.
pub(super) fn edit(job: &Job<'_>, urn: &str) -> Request {
    let body = json!({ "patch": { "$set": { "commentary": commentary(job) } } });
    let url = format!("{}/rest/posts/{}", base(job.account), escape(urn));
    let request = Request::send("edit post", Method::Post, url, Payload::Json(body), Effect::Publish);
    versioned(request, job.account).header("x-restli-method", "PARTIAL_UPDATE")
}

/// Deletes a post.
pub(super) fn delete(account: &Account, urn: &str) -> Request {
    let url = format!("{}/rest/posts/{}", base(account), escape(urn));
    versioned(Request::send("delete post", Method::Delete, url, Payload::Empty, Effect::Publish), account)
        .header("x-restli-method", "DELETE")
}

/// Makes what stands below the words: images, a poll or a card.
pub(super) fn content(job: &Job<'_>, images: &[String]) -> Result<Option<Value>, NetworkError> {
    if job.boost.is_some() || job.quote.is_some() {
        return Ok(None);
    }
    if let Some(asked) = &job.draft.poll {
        let (question, _) = poll::part(&job.draft_part().text);
        let Some(open) = poll::duration(asked.duration.value) else {
            let message = "a poll on LinkedIn is open for 1, 3, 7 or 14 days";
            return Err(NetworkError::new(ErrorKind::Refused, message));
        };
        let options: Vec<Value> = asked.options.iter().map(|option| json!({ "text": option.value })).collect();
        let poll = json!({ "question": question, "options": options, "settings": { "duration": open } });
        return Ok(Some(json!({ "poll": poll })));
    }
    let described = |(urn, media): (&String, &PreparedMedia)| {
        let mut image = json!({ "id": urn });
        if !media.alt.is_empty() && !media.info.kind.is_video() {
            image["altText"] = media.alt.as_str().into();
        }
        image
    };
    let mut images: Vec<Value> = images.iter().zip(job.media).map(described).collect();
    Ok(match images.len() {
        0 => card(job),
        1 => Some(json!({ "media": images.remove(0) })),
        _ => Some(json!({ "multiImage": { "images": images } })),
    })
}

/// Writes what a change can't touch, so that one that would have to is recognised.
pub(super) fn kept(job: &Job<'_>) -> String {
    let media: Vec<Value> =
        job.media.iter().map(|media| json!([media.info.kind.extension(), media.info.bytes, media.alt])).collect();
    let poll = job.draft.poll.as_ref().map(|poll| {
        let options: Vec<&str> = poll.options.iter().map(|option| option.value.as_str()).collect();
        json!([poll::part(&job.draft_part().text).0, options, poll.duration.value.as_secs()])
    });
    let options = &job.draft.options;
    let is_kept = options.flag("no_reshare") == Some(true);
    let all = json!([media, poll, card(job), options::seen_by(options), is_kept]).to_string();
    format!("{:016x}", fnv(all.as_bytes()))
}

/// A sum that stays the same between versions of the program. It guards against nobody.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn card(job: &Job<'_>) -> Option<Value> {
    let card = options::card(job.draft)?;
    let mut article = json!({ "source": card.url?, "title": card.title });
    if let Some(description) = card.description {
        article["description"] = description.into();
    }
    Some(json!({ "article": article }))
}

/// Writes the words above everything else.
pub(super) fn commentary(job: &Job<'_>) -> String {
    let nobody = |_: &str| None;
    if job.boost.is_some() {
        return String::new();
    }
    let text: &Flat = &job.draft_part().text;
    if job.draft.poll.is_some() { little::little(&poll::part(text).1, &nobody) } else { little::little(text, &nobody) }
}

fn base(account: &Account) -> &str {
    account.endpoint.as_ref().map_or(API, |endpoint| endpoint.value.trim_end_matches('/'))
}

fn versioned(request: Request, account: &Account) -> Request {
    request
        .credential(Credential::Token)
        .header("linkedin-version", options::version(account))
        .header("x-restli-protocol-version", "2.0.0")
}
