//! The requests, one function each. Pure: values in, a request out.

use super::{address::Address, options};
use crate::{
    model::{Account, MediaKind, Timestamp},
    network::{
        Credential, Effect, ErrorKind, Field, Job, Method, NetworkError, Payload, Place, PreparedMedia, Request,
    },
};
use serde_json::{Map, Value};

/// The server, unless the account names another.
const SERVER: &str = "https://graph.threads.net";

/// How many posts a page of a listing has.
const PAGE: usize = 100;

/// What a listing tells of each post.
const LISTED: &str = "id,media_type,permalink,text,timestamp,replied_to,quoted_post,reposted_post,children";

/// What the first part of a post refers to.
#[derive(Clone, Debug, Default)]
pub(super) struct Refers {
    /// The post that is answered.
    pub(super) answered: Option<String>,
    /// The post that is quoted.
    pub(super) quoted: Option<String>,
}

/// Returns where a code is exchanged, and where the token that it gives.
pub(super) fn exchanges(account: &Account) -> (String, String) {
    let server = account.endpoint.as_ref().map_or(SERVER, |endpoint| endpoint.value.trim_end_matches('/'));
    (format!("{server}/oauth/access_token"), format!("{server}/access_token"))
}

/// Asks who we are.
pub(super) fn me(account: &Account) -> Request {
    get(account, "read own account", "me?fields=id,username")
}

/// Asks what the token may do, and until when.
pub(super) fn token(account: &Account) -> Request {
    get(account, "read token", "debug_token?input_token={secret}&access_token={secret}").place(Place::Url)
}

/// Makes one image or video of several ready.
pub(super) fn item(job: &Job<'_>, media: &PreparedMedia) -> Result<Request, NetworkError> {
    let mut fields = medium(media)?;
    fields.push(Field::text("is_carousel_item", "true"));
    if options::is_spoiler(job) {
        fields.push(Field::text("is_spoiler_media", "true"));
    }
    Ok(send(job.account, "make item ready", "me/threads", fields, Effect::Prepare))
}

/// Makes a part ready. `children` are what was made ready of several images and videos.
pub(super) fn container(job: &Job<'_>, children: &[String], refers: &Refers) -> Result<Request, NetworkError> {
    let mut fields = match job.media {
        [] => vec![Field::text("media_type", "TEXT")],
        [one] => medium(one)?,
        _ => vec![Field::text("media_type", "CAROUSEL"), Field::text("children", children.join(","))],
    };
    let text = &job.draft_part().text.text;
    if !text.is_empty() {
        fields.push(Field::text("text", text));
    }
    fields.extend(refers.answered.iter().map(|id| Field::text("reply_to_id", id)));
    fields.extend(refers.quoted.iter().map(|id| Field::text("quote_post_id", id)));
    if job.media.len() == 1 && options::is_spoiler(job) {
        fields.push(Field::text("is_spoiler_media", "true"));
    }
    if job.part == 0 {
        fields.extend(options::fields(job));
        if let Some(poll) = &job.draft.poll {
            let letters = ["option_a", "option_b", "option_c", "option_d"];
            let answers = letters.iter().zip(&poll.options);
            let poll: Map<String, Value> =
                answers.map(|(letter, option)| ((*letter).to_owned(), option.value.as_str().into())).collect();
            fields.push(Field::text("poll_attachment", Value::Object(poll).to_string()));
        }
    }
    Ok(send(job.account, "make post ready", "me/threads", fields, Effect::Prepare))
}

/// Asks whether something can be published.
pub(super) fn state(account: &Account, container: &str) -> Request {
    get(account, "read state", &format!("{container}?fields=id,status,error_message"))
}

/// Publishes what was made ready.
pub(super) fn publish(account: &Account, container: &str) -> Request {
    let fields = vec![Field::text("creation_id", container)];
    send(account, "publish", "me/threads_publish", fields, Effect::Publish)
}

/// Passes a post on.
pub(super) fn repost(account: &Account, id: &str) -> Request {
    send(account, "repost", &format!("{id}/repost"), Vec::new(), Effect::Publish)
}

/// Asks for the link of a post.
pub(super) fn link(account: &Account, id: &str) -> Request {
    get(account, "read link", &format!("{id}?fields=id,permalink"))
}

/// Asks for our own posts of a time, newest first; answers are listed apart.
pub(super) fn own(account: &Account, answers: bool, window: (Timestamp, Timestamp), after: Option<&str>) -> Request {
    let what = if answers { "me/replies" } else { "me/threads" };
    let (from, to) = (window.0.millis().div_euclid(1000), window.1.millis().div_euclid(1000) + 1);
    let path = format!("{what}?fields={LISTED}&since={from}&until={to}&limit={PAGE}{}", cursor(after));
    get(account, "list own posts", &path)
}

/// Asks for somebody's posts, or for ours, to find one by its address.
pub(super) fn posts_of(account: &Account, address: &Address, after: Option<&str>) -> Request {
    let own = account.handle.as_ref().is_some_and(|handle| handle.value.eq_ignore_ascii_case(&address.user));
    let whose = if own { "me/threads?".to_owned() } else { format!("profile_posts?username={}&", address.user) };
    get(account, "look for post", &format!("{whose}fields=id,permalink&limit={PAGE}{}", cursor(after)))
}

/// Deletes a post.
pub(super) fn delete(account: &Account, id: &str) -> Request {
    let url = url(account, id);
    Request::send("delete post", Method::Delete, url, Payload::Empty, Effect::Publish).credential(Credential::Token)
}

fn medium(media: &PreparedMedia) -> Result<Vec<Field>, NetworkError> {
    let Some(address) = &media.address else {
        let message = "Threads fetches images and videos, and there is no public address of this one";
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    };
    let (kind, field) = match media.info.kind {
        MediaKind::Jpeg | MediaKind::Png => ("IMAGE", "image_url"),
        MediaKind::Mp4 => ("VIDEO", "video_url"),
        other => return Err(NetworkError::unsupported(&format!("show `{}` files", other.mime()))),
    };
    let mut fields = vec![Field::text("media_type", kind), Field::text(field, address)];
    if !media.alt.is_empty() {
        fields.push(Field::text("alt_text", &media.alt));
    }
    Ok(fields)
}

fn cursor(after: Option<&str>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.~".contains(c);
    after.filter(|after| after.chars().all(plain)).map(|after| format!("&after={after}")).unwrap_or_default()
}

fn get(account: &Account, label: &'static str, path: &str) -> Request {
    Request::get(label, url(account, path)).credential(Credential::Token)
}

fn send(account: &Account, label: &'static str, path: &str, fields: Vec<Field>, effect: Effect) -> Request {
    let payload = if fields.is_empty() { Payload::Empty } else { Payload::Form(fields) };
    Request::send(label, Method::Post, url(account, path), payload, effect).credential(Credential::Token)
}

fn url(account: &Account, path: &str) -> String {
    let server = account.endpoint.as_ref().map_or(SERVER, |endpoint| endpoint.value.trim_end_matches('/'));
    format!("{server}/v1.0/{path}")
}
