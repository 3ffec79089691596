//! The requests, one function each. Pure: values in, a request out.

use super::options;
use crate::{
    model::{Account, Poll},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Job, Method, NetworkError, Payload, PreparedMedia, Request,
        escape,
    },
};
use serde_json::{Map, Value, json};

/// How many posts a page of a listing holds: as many as the server gives.
pub(super) const PAGE: usize = 40;

/// What a status refers to, by the server's own ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct References {
    /// The status that it answers.
    pub(super) reply_to: Option<String>,
    /// The status that it quotes.
    pub(super) quote: Option<String>,
}

/// Returns the server's base address.
pub(super) fn base(account: &Account) -> Result<&str, NetworkError> {
    match &account.endpoint {
        Some(endpoint) => Ok(endpoint.value.trim_end_matches('/')),
        None => Err(NetworkError::new(
            ErrorKind::Misconfigured,
            format!("account `{}` has no `endpoint`, the address of its server", account.id),
        )),
    }
}

/// Exchanges a code for a token.
pub(super) fn exchange(base: &str, account: &Account, redirect: &str) -> Result<Request, NetworkError> {
    let client = account.client.as_ref().map(|client| client.id.value.as_str()).ok_or_else(|| {
        NetworkError::new(ErrorKind::Misconfigured, format!("account `{}` has no `client_id`", account.id))
    })?;
    let fields = vec![
        Field::text("grant_type", "authorization_code"),
        Field::text("client_id", client),
        Field::new("client_secret", FieldValue::Secret(Credential::Client)),
        Field::text("redirect_uri", redirect),
        Field::new("code", FieldValue::Secret(Credential::Session("code"))),
        Field::new("code_verifier", FieldValue::Secret(Credential::Session("verifier"))),
    ];
    let url = format!("{base}/oauth/token");
    Ok(Request::send("exchange code", Method::Post, url, Payload::Form(fields), Effect::Exchange))
}

/// Asks for the limits and the version: Mastodon 4.0 and later.
pub(super) fn instance(base: &str) -> Request {
    Request::get("read instance", format!("{base}/api/v2/instance"))
}

/// Asks for the limits and the version: older and other servers.
pub(super) fn instance_v1(base: &str) -> Request {
    Request::get("read instance", format!("{base}/api/v1/instance"))
}

/// Asks who we are.
pub(super) fn who_am_i(base: &str) -> Request {
    Request::get("read own account", format!("{base}/api/v1/accounts/verify_credentials")).credential(Credential::Token)
}

/// Asks what the token may do.
pub(super) fn application(base: &str) -> Request {
    Request::get("read application", format!("{base}/api/v1/apps/verify_credentials")).credential(Credential::Token)
}

/// Asks for a post by its web address; the server fetches it if it doesn't have it yet.
pub(super) fn look_up(base: &str, url: &str) -> Request {
    let query = escape(url);
    Request::get("look up post", format!("{base}/api/v2/search?type=statuses&resolve=true&limit=5&q={query}"))
        .credential(Credential::Token)
}

/// Asks for a page of our own posts, newest first, before `older_than`.
pub(super) fn own_posts(base: &str, account: &str, boosts: bool, older_than: Option<&str>) -> Request {
    let id = escape(account);
    let mut url = format!("{base}/api/v1/accounts/{id}/statuses?limit={PAGE}&exclude_reblogs={}", !boosts);
    if let Some(older_than) = older_than {
        url.push_str("&max_id=");
        url.push_str(&escape(older_than));
    }
    Request::get("list own posts", url).credential(Credential::Token)
}

/// Uploads an image or video with its description.
pub(super) fn upload(base: &str, version: &str, media: &PreparedMedia) -> Request {
    let mut fields = vec![Field::new("file", FieldValue::Media(media.key))];
    if !media.alt.is_empty() {
        fields.push(Field::text("description", media.alt.clone()));
    }
    let url = format!("{base}/api/{version}/media");
    Request::send("upload media", Method::Post, url, Payload::Multipart(fields), Effect::Prepare)
        .credential(Credential::Token)
}

/// Asks whether an upload has been processed.
pub(super) fn upload_state(base: &str, id: &str) -> Request {
    Request::get("wait for media", format!("{base}/api/v1/media/{}", escape(id))).credential(Credential::Token)
}

/// Publishes a status.
pub(super) fn create(base: &str, job: &Job<'_>, media: &[String], references: &References) -> Request {
    let mut body = content(job, media);
    body.insert("visibility".into(), options::visibility(job).into());
    if let Some(id) = &references.reply_to {
        body.insert("in_reply_to_id".into(), id.as_str().into());
    }
    if let Some(id) = &references.quote {
        body.insert("quoted_status_id".into(), id.as_str().into());
    }
    let url = format!("{base}/api/v1/statuses");
    Request::send("create status", Method::Post, url, Payload::Json(body.into()), Effect::Publish)
        .header("idempotency-key", job.attempt.key.as_str())
        .credential(Credential::Token)
}

/// Changes a status: the whole state is sent, since what is left out is cleared.
pub(super) fn edit(base: &str, id: &str, job: &Job<'_>, media: &[String]) -> Request {
    let mut body = content(job, media);
    body.entry("spoiler_text").or_insert_with(|| "".into());
    body.entry("sensitive").or_insert_with(|| false.into());
    body.entry("media_ids").or_insert_with(|| json!([]));
    if !media.is_empty() {
        let attributes = media.iter().zip(job.media).map(|(id, media)| json!({ "id": id, "description": media.alt }));
        body.insert("media_attributes".into(), attributes.collect());
    }
    let url = format!("{base}/api/v1/statuses/{}", escape(id));
    Request::send("edit status", Method::Put, url, Payload::Json(body.into()), Effect::Publish)
        .credential(Credential::Token)
}

/// Deletes a status.
pub(super) fn delete(base: &str, id: &str) -> Request {
    let url = format!("{base}/api/v1/statuses/{}", escape(id));
    Request::send("delete status", Method::Delete, url, Payload::Empty, Effect::Publish).credential(Credential::Token)
}

/// Passes a status on. A second time gives the same boost.
pub(super) fn boost(base: &str, job: &Job<'_>, id: &str) -> Request {
    let url = format!("{base}/api/v1/statuses/{}/reblog", escape(id));
    let body = json!({ "visibility": options::visibility(job) });
    Request::send("boost status", Method::Post, url, Payload::Json(body), Effect::Publish).credential(Credential::Token)
}

/// Takes a boost back, by the id of the status that was passed on.
pub(super) fn unboost(base: &str, id: &str) -> Request {
    let url = format!("{base}/api/v1/statuses/{}/unreblog", escape(id));
    Request::send("take boost back", Method::Post, url, Payload::Empty, Effect::Publish).credential(Credential::Token)
}

/// Makes what creating and editing have in common.
fn content(job: &Job<'_>, media: &[String]) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("status".into(), job.draft_part().text.text.as_str().into());
    if !media.is_empty() {
        body.insert("media_ids".into(), media.iter().map(String::as_str).collect());
    }
    if let Some(warning) = options::content_warning(job) {
        body.insert("spoiler_text".into(), warning.into());
    }
    if let Some(sensitive) = options::sensitive(job) {
        body.insert("sensitive".into(), sensitive.into());
    }
    if let Some(language) = job.draft.language.as_deref().and_then(language) {
        body.insert("language".into(), language.into());
    }
    if let Some(policy) = options::quote_policy(job) {
        body.insert("quote_approval_policy".into(), policy.into());
    }
    if let Some(poll) = job.draft.poll.as_ref().filter(|_| job.part == 0) {
        body.insert("poll".into(), poll_value(poll));
    }
    body
}

fn poll_value(poll: &Poll) -> Value {
    let options: Vec<&str> = poll.options.iter().map(|option| option.value.as_str()).collect();
    json!({
        "options": options,
        "expires_in": poll.duration.value.as_secs(),
        "multiple": poll.multiple,
        "hide_totals": poll.hide_totals,
    })
}

/// Returns what a server makes of a BCP 47 tag: the language alone, but Chinese with its region or script, since the
/// written languages differ.
fn language(tag: &str) -> Option<String> {
    let mut subtags = tag.split(['-', '_']);
    let primary = subtags.next().filter(|primary| (2..=3).contains(&primary.len()))?.to_ascii_lowercase();
    if primary != "zh" {
        return Some(primary);
    }
    let region = subtags.find_map(|subtag| match subtag.to_ascii_lowercase().as_str() {
        "cn" | "hans" | "sg" => Some("CN"),
        "tw" | "hant" => Some("TW"),
        "hk" | "mo" => Some("HK"),
        _ => None,
    });
    Some(region.map_or_else(|| primary.clone(), |region| format!("zh-{region}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_language(tag: &str, expect: Option<&str>) {
        assert_eq!(language(tag).as_deref(), expect);
    }

    #[test]
    fn languages_lose_what_servers_do_not_know() {
        check_language("en", Some("en"));
        check_language("en-GB", Some("en"));
        check_language("gsw", Some("gsw"));
        check_language("zh-Hant-HK", Some("zh-TW"));
        check_language("zh-CN", Some("zh-CN"));
        check_language("zh", Some("zh"));
        check_language("", None);
        check_language("english", None);
    }
}
