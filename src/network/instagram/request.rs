//! The requests, one function each. Pure: values in, a request out.

use super::options;
use crate::{
    model::{Account, MediaKind},
    network::{Credential, Effect, ErrorKind, Field, Job, Method, NetworkError, Payload, PreparedMedia, Request},
};

/// The server, unless the account names another.
const SERVER: &str = "https://graph.instagram.com";

/// How many posts a page of a listing has.
const PAGE: usize = 100;

/// What a listing tells of each post.
const LISTED: &str = "id,caption,media_type,permalink,timestamp,children";

/// Where a code is exchanged.
const CODES: &str = "https://api.instagram.com";

/// Returns where a code is exchanged, and where the token that it gives.
pub(super) fn exchanges(account: &Account) -> (String, String) {
    let own = account.endpoint.as_ref().map(|endpoint| endpoint.value.trim_end_matches('/'));
    (format!("{}/oauth/access_token", own.unwrap_or(CODES)), format!("{}/access_token", own.unwrap_or(SERVER)))
}

/// Asks who we are.
pub(super) fn me(account: &Account) -> Request {
    get(account, "read own account", "me?fields=user_id,username,account_type")
}

/// Makes one image or video of several ready.
pub(super) fn item(job: &Job<'_>, user: &str, media: &PreparedMedia) -> Result<Request, NetworkError> {
    let mut fields = medium(media, true)?;
    if media.info.kind.is_video() {
        fields.push(Field::text("media_type", "VIDEO"));
    }
    fields.push(Field::text("is_carousel_item", "true"));
    Ok(send(job.account, "make item ready", &format!("{user}/media"), fields, Effect::Prepare))
}

/// Makes a post ready. `children` are what was made ready of several images and videos.
pub(super) fn container(job: &Job<'_>, user: &str, children: &[String]) -> Result<Request, NetworkError> {
    let is_story = options::is_story(&job.draft.options);
    let mut fields = match job.media {
        [one] => {
            let mut fields = medium(one, !is_story)?;
            let kind = if is_story { Some("STORIES") } else { one.info.kind.is_video().then_some("REELS") };
            fields.extend(kind.map(|kind| Field::text("media_type", kind)));
            fields
        }
        _ => vec![Field::text("media_type", "CAROUSEL"), Field::text("children", children.join(","))],
    };
    let caption = &job.draft_part().text.text;
    if !caption.is_empty() && !is_story {
        fields.push(Field::text("caption", caption));
    }
    fields.extend(options::fields(&job.draft.options));
    Ok(send(job.account, "make post ready", &format!("{user}/media"), fields, Effect::Prepare))
}

/// Asks whether something can be published.
pub(super) fn state(account: &Account, container: &str) -> Request {
    get(account, "read state", &format!("{container}?fields=id,status_code,status"))
}

/// Publishes what was made ready.
pub(super) fn publish(account: &Account, user: &str, container: &str) -> Request {
    let fields = vec![Field::text("creation_id", container)];
    send(account, "publish", &format!("{user}/media_publish"), fields, Effect::Publish)
}

/// Asks for the link of a post.
pub(super) fn link(account: &Account, id: &str) -> Request {
    get(account, "read link", &format!("{id}?fields=id,permalink"))
}

/// Asks for our own posts, newest first; stories are listed apart.
pub(super) fn own(account: &Account, user: &str, stories: bool, after: Option<&str>) -> Request {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.~".contains(c);
    let after = after.filter(|after| after.chars().all(plain)).map(|after| format!("&after={after}"));
    let what = if stories { "stories" } else { "media" };
    let path = format!("{user}/{what}?fields={LISTED}&limit={PAGE}{}", after.unwrap_or_default());
    get(account, "list own posts", &path)
}

fn medium(media: &PreparedMedia, described: bool) -> Result<Vec<Field>, NetworkError> {
    let Some(address) = &media.address else {
        let message = "Instagram fetches images and videos, and there is no public address of this one";
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    };
    let field = match media.info.kind {
        MediaKind::Jpeg => "image_url",
        MediaKind::Mp4 => "video_url",
        other => return Err(NetworkError::unsupported(&format!("show `{}` files", other.mime()))),
    };
    let mut fields = vec![Field::text(field, address)];
    if described && !media.alt.is_empty() && !media.info.kind.is_video() {
        fields.push(Field::text("alt_text", &media.alt));
    }
    Ok(fields)
}

fn get(account: &Account, label: &'static str, path: &str) -> Request {
    Request::get(label, url(account, path)).credential(Credential::Token)
}

fn send(account: &Account, label: &'static str, path: &str, fields: Vec<Field>, effect: Effect) -> Request {
    Request::send(label, Method::Post, url(account, path), Payload::Form(fields), effect).credential(Credential::Token)
}

fn url(account: &Account, path: &str) -> String {
    let server = account.endpoint.as_ref().map_or(SERVER, |endpoint| endpoint.value.trim_end_matches('/'));
    format!("{server}/v25.0/{path}")
}
