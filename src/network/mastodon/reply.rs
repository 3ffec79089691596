//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::{html, quirks};
use crate::{
    model::{MediaKind, Remote, Timestamp},
    network::{ErrorKind, Limits, NetworkError, PreparedMedia, Receipt, Response},
    text::Measure,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The name under which [`Remote::extra`] keeps the ids of the media, separated by spaces.
const MEDIA: &str = "media";
/// The name under which [`Remote::extra`] keeps the kind and size of each of the media, separated by spaces.
const MEDIA_SEEN: &str = "media_seen";
/// The name under which [`Remote::extra`] keeps the id of the status that was passed on.
pub(super) const BOOSTED: &str = "boosted";
/// The name under which [`Remote::extra`] keeps what a person should know of the publication.
const NOTE: &str = "note";

/// A status, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Status {
    pub(super) id: String,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    pub(super) in_reply_to_id: Option<String>,
    #[serde(default)]
    media_attachments: Vec<Attachment>,
    #[serde(default)]
    pub(super) reblog: Option<Box<Self>>,
}

/// An uploaded image or video.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attachment {
    pub(super) id: String,
}

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Upload {
    /// It can be attached.
    Ready(String),
    /// It is being processed.
    Processing(String),
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Me {
    pub(super) id: String,
    #[serde(default)]
    pub(super) acct: Option<String>,
}

/// An application, as its token's bearer sees it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Application {
    #[serde(default)]
    pub(super) scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct SearchResults {
    #[serde(default)]
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

/// A server's description of itself, in any of the versions that are about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Instance {
    pub(super) version: Option<String>,
    /// The host of handles, from version 2 on.
    domain: Option<String>,
    /// The host, in version 1.
    uri: Option<String>,
    pub(super) source_url: Option<String>,
    api_versions: Option<ApiVersions>,
    configuration: Option<Configuration>,
    max_toot_chars: Option<u64>,
    upload_limit: Option<u64>,
    description_limit: Option<u64>,
    poll_limits: Option<OldPolls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ApiVersions {
    mastodon: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration {
    statuses: Statuses,
    media_attachments: Attachments,
    polls: Polls,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Statuses {
    max_characters: Option<u64>,
    max_media_attachments: Option<u64>,
    characters_reserved_per_url: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Attachments {
    supported_mime_types: Option<Vec<String>>,
    description_limit: Option<u64>,
    image_size_limit: Option<u64>,
    image_matrix_limit: Option<u64>,
    video_size_limit: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Polls {
    max_options: Option<u64>,
    max_characters_per_option: Option<u64>,
    min_expiration: Option<u64>,
    max_expiration: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OldPolls {
    max_options: Option<u64>,
    max_option_chars: Option<u64>,
    min_expiration: Option<u64>,
    max_expiration: Option<u64>,
}

/// Turns an answer that is no success into an error.
///
/// Bodies of errors are JSON on Mastodon, and plain text, HTML or nothing on servers that speak its language.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let body: Option<Refusal> = serde_json::from_slice(&response.body).ok();
    let words = body.and_then(|body| body.error_description.or(body.error));
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let mut error = response.refusal(words.map(|words| clean(&words)));
    if (400..500).contains(&response.status) {
        if said.contains("finished processing") {
            error.kind = ErrorKind::NotReady;
        } else if said.contains("idempotency key") {
            error.kind = ErrorKind::Duplicate;
        }
    }
    error
}

/// Reads the answer to creating, editing or passing on.
pub(super) fn status(response: &Response) -> Result<Status, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.json()
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    match response.status {
        404 | 410 => Ok(()),
        _ if response.is_success() => Ok(()),
        _ => Err(refusal(response)),
    }
}

/// Reads the answer to an upload, or to the question where it stands.
pub(super) fn upload(response: &Response) -> Result<Upload, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let attachment: Attachment = response.json()?;
    Ok(match response.status {
        202 | 206 => Upload::Processing(attachment.id),
        _ => Upload::Ready(attachment.id),
    })
}

/// Reads the answer to looking up a web address: the id of the status there.
pub(super) fn looked_up(response: &Response, url: &str) -> Result<String, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let results: SearchResults = response.json()?;
    let exact = results.statuses.iter().find(|status| status.is_at(url));
    match (exact, results.statuses.as_slice()) {
        (Some(status), _) | (None, [status]) => Ok(status.id.clone()),
        (None, _) => Err(NetworkError::new(ErrorKind::NotFound, format!("the server finds no post at `{url}`"))),
    }
}

/// Reads who we are.
pub(super) fn me(response: &Response) -> Result<Me, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.json()
}

/// Reads a page of a listing.
pub(super) fn page(response: &Response) -> Result<Vec<Status>, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.json()
}

/// Reads what an application may do; nothing where the server doesn't tell.
pub(super) fn scopes(response: &Response) -> Vec<String> {
    let application: Application = response.json().unwrap_or_default();
    if response.is_success() { application.scopes.unwrap_or_default() } else { Vec::new() }
}

/// Reads a server's description of itself.
pub(super) fn instance(response: &Response) -> Result<Instance, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.json()
}

/// Returns the ids of the media of a published status, if they are still those that a draft wants.
pub(super) fn kept_media(remote: &Remote, wanted: &[PreparedMedia]) -> Option<Vec<String>> {
    let ids: Vec<String> = remote.extra.get(MEDIA)?.split(' ').map(str::to_owned).collect();
    (ids.len() == wanted.len() && *remote.extra.get(MEDIA_SEEN)? == seen(wanted)).then_some(ids)
}

/// Writes what tells one file from another as far as a receipt can keep it.
fn seen(media: &[PreparedMedia]) -> String {
    let marks: Vec<String> =
        media.iter().map(|media| format!("{}:{}", media.info.kind.extension(), media.info.bytes)).collect();
    marks.join(" ")
}

impl Status {
    /// Makes the receipt of a publication, with a note if the server left out media that were sent.
    pub(super) fn receipt(&self, sent: &[PreparedMedia]) -> Receipt {
        let mut extra = BTreeMap::new();
        let shown = self.media_attachments.len();
        if shown > 0 {
            let ids: Vec<&str> = self.media_attachments.iter().map(|media| media.id.as_str()).collect();
            extra.insert(MEDIA.to_owned(), ids.join(" "));
        }
        if shown == sent.len() && shown > 0 {
            extra.insert(MEDIA_SEEN.to_owned(), seen(sent));
        }
        if shown < sent.len() {
            extra.insert(NOTE.to_owned(), format!("the server shows {shown} of {} media", sent.len()));
        }
        Receipt { remote: Remote { id: self.id.clone(), url: self.link(), extra } }
    }

    /// Makes the receipt of a boost. Its link is that of what was passed on: the boost itself has no page.
    pub(super) fn boost_receipt(&self) -> Receipt {
        let original = self.reblog.as_deref();
        let url = original.and_then(Self::link).or_else(|| self.link());
        let extra = original.map(|original| (BOOSTED.to_owned(), original.id.clone())).into_iter().collect();
        Receipt { remote: Remote { id: self.id.clone(), url, extra } }
    }

    /// Returns when it was made, if that can be read.
    pub(super) fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(Timestamp::parse)
    }

    /// Returns its words, in the form that is compared.
    pub(super) fn words(&self) -> String {
        html::text_of(self.content.as_deref().unwrap_or_default())
    }

    /// Returns how many media it shows.
    pub(super) fn media(&self) -> usize {
        self.media_attachments.len()
    }

    fn link(&self) -> Option<String> {
        let links = [self.url.as_ref(), self.uri.as_ref()];
        links.into_iter().flatten().find(|link| link.starts_with("http")).cloned()
    }

    fn is_at(&self, url: &str) -> bool {
        [&self.url, &self.uri]
            .into_iter()
            .flatten()
            .any(|known| known.trim_end_matches('/') == url.trim_end_matches('/'))
    }
}

impl Instance {
    /// Returns whether statuses may quote others.
    pub(super) fn can_quote(&self) -> bool {
        const FIRST_WITH_QUOTES: u64 = 7;
        self.api_versions.as_ref().and_then(|versions| versions.mastodon).is_some_and(|at| at >= FIRST_WITH_QUOTES)
    }

    /// Returns whether a repetition with the same key makes no second post.
    pub(super) fn keeps_keys(&self) -> bool {
        quirks::keeps_keys(self.version.as_deref().unwrap_or_default(), self.source_url.as_deref())
    }

    /// Returns the host of the server's own handles.
    pub(super) fn host(&self) -> Option<&str> {
        let named = self.domain.as_deref().or(self.uri.as_deref())?;
        let host = named.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        (!host.is_empty()).then_some(host)
    }

    /// Returns what runs there, for people.
    pub(super) fn software(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        Some(quirks::software(version, self.source_url.as_deref()))
    }

    /// Lays what the server says over the limits of the profile. Zeros and gaps are no limits.
    pub(super) fn limits(&self, mut limits: Limits) -> Limits {
        let configuration = self.configuration.clone().unwrap_or_default();
        let Configuration { statuses, media_attachments: media, polls } = configuration;
        let old_polls = self.poll_limits.clone().unwrap_or_default();
        let some = |value: Option<u64>| value.filter(|value| *value > 0);
        limits.text = some(statuses.max_characters).or(some(self.max_toot_chars)).or(limits.text);
        limits.measure = self.measure(limits.measure, statuses.characters_reserved_per_url);
        limits.images = some(statuses.max_media_attachments).unwrap_or(limits.images);
        limits.image_bytes = some(media.image_size_limit).or(some(self.upload_limit)).or(limits.image_bytes);
        limits.image_pixels = some(media.image_matrix_limit).or(limits.image_pixels);
        limits.video_bytes = some(media.video_size_limit).or(some(self.upload_limit)).or(limits.video_bytes);
        limits.alt = some(media.description_limit).or(some(self.description_limit)).or(limits.alt);
        if let Some(types) = media.supported_mime_types.filter(|types| !types.is_empty()) {
            limits.kinds.retain(|kind| takes(&types, *kind));
        }
        limits.poll_options = some(polls.max_options).or(some(old_polls.max_options)).unwrap_or(limits.poll_options);
        limits.poll_option =
            some(polls.max_characters_per_option).or(some(old_polls.max_option_chars)).unwrap_or(limits.poll_option);
        let (shortest, longest) = limits.poll_seconds;
        limits.poll_seconds = (
            polls.min_expiration.or(old_polls.min_expiration).unwrap_or(shortest),
            some(polls.max_expiration).or(some(old_polls.max_expiration)).unwrap_or(longest),
        );
        limits
    }

    fn measure(&self, usual: Measure, url: Option<u32>) -> Measure {
        let version = self.version.as_deref().unwrap_or_default();
        match quirks::measure(version, self.source_url.as_deref()) {
            Some(measure) => measure,
            None => Measure { url: url.filter(|each| *each > 0).or(usual.url), ..usual },
        }
    }
}

/// Returns whether a server's list of media types holds a kind; QuickTime files are MP4 to us.
fn takes(types: &[String], kind: MediaKind) -> bool {
    types.iter().any(|known| {
        known.eq_ignore_ascii_case(kind.mime())
            || (kind == MediaKind::Mp4 && known.eq_ignore_ascii_case("video/quicktime"))
    })
}

/// Brings a server's words to one line of reasonable length.
fn clean(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::MediaInfo,
        network::MediaKey,
        text::{MentionWeight, Unit},
    };
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn limits() -> Limits {
        super::super::PROFILE.limits()
    }

    fn media(bytes: u64) -> PreparedMedia {
        let info = MediaInfo { kind: MediaKind::Png, bytes, width: 1, height: 1 };
        PreparedMedia { key: MediaKey(0), info, alt: String::new() }
    }

    #[track_caller]
    fn check_refusal(status: u16, body: &str, kind: ErrorKind, message: &str) {
        let error = refusal(&response(status, body));
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn refusals_speak_the_networks_words() {
        let long = r#"{"error":"Validation failed: Text character limit of 500 exceeded"}"#;
        check_refusal(422, long, ErrorKind::Refused, "Validation failed: Text character limit of 500 exceeded");
        check_refusal(
            401,
            r#"{"error":"The access token is invalid"}"#,
            ErrorKind::SignedOut,
            "The access token is invalid",
        );
        check_refusal(429, r#"{"error":"Too many requests"}"#, ErrorKind::RateLimited, "Too many requests");
        let described = r#"{"error":"invalid_grant","error_description":"The grant is invalid"}"#;
        check_refusal(400, described, ErrorKind::Refused, "The grant is invalid");
    }

    #[test]
    fn refusals_without_json_still_say_something() {
        check_refusal(400, "Invalid token", ErrorKind::Refused, "the server answered 400");
        check_refusal(500, "<html>oops</html>", ErrorKind::Ambiguous, "the server answered 500");
        check_refusal(422, "", ErrorKind::Refused, "the server answered 422");
        assert_eq!(refusal(&response(400, "Invalid token")).detail.as_deref(), Some("HTTP 400: Invalid token"));
    }

    #[test]
    fn media_that_is_not_processed_is_no_refusal() {
        let early = "Cannot attach files that have not finished processing. Try again in a moment!";
        check_refusal(422, &format!(r#"{{"error":"{early}"}}"#), ErrorKind::NotReady, early);
    }

    #[test]
    fn a_repeated_key_is_evidence() {
        let repeated = r#"{"error":"Duplicate idempotency key."}"#;
        check_refusal(400, repeated, ErrorKind::Duplicate, "Duplicate idempotency key.");
        check_refusal(500, repeated, ErrorKind::Ambiguous, "Duplicate idempotency key.");
    }

    #[test]
    fn a_dropped_medium_is_noted() {
        let body = r#"{"id":"1","url":"https://a.example/1","media_attachments":[{"id":"7"}]}"#;
        let receipt = status(&response(200, body)).expect("a status").receipt(&[media(10), media(20)]);
        assert_eq!(receipt.remote.extra[MEDIA], "7");
        assert_eq!(receipt.remote.extra[NOTE], "the server shows 1 of 2 media");
    }

    #[test]
    fn an_edit_keeps_the_media_unless_they_changed() {
        let body = r#"{"id":"1","media_attachments":[{"id":"7"},{"id":"8"}]}"#;
        let remote = status(&response(200, body)).expect("a status").receipt(&[media(10), media(20)]).remote;
        assert_eq!(kept_media(&remote, &[media(10), media(20)]), Some(vec!["7".to_owned(), "8".to_owned()]));
        assert_eq!(kept_media(&remote, &[media(20), media(10)]), None);
        assert_eq!(kept_media(&remote, &[media(10)]), None);
    }

    #[test]
    fn an_answer_that_is_a_page_is_unreadable() {
        let error = status(&response(200, "<!doctype html>hello")).expect_err("not JSON");
        assert_eq!((error.kind, error.detail.as_deref()), (ErrorKind::Unreadable, Some("<!doctype html>hello")));
    }

    #[test]
    fn what_is_gone_counts_as_deleted() {
        assert_eq!(deleted(&response(404, r#"{"error":"Record not found"}"#)), Ok(()));
        assert_eq!(deleted(&response(200, "{}")), Ok(()));
        assert_eq!(deleted(&response(403, "")).expect_err("forbidden").kind, ErrorKind::Forbidden);
    }

    #[test]
    fn a_search_takes_the_post_at_that_address() {
        let body = r#"{"statuses":[{"id":"1","url":"https://a.example/1"},{"id":"2","uri":"https://a.example/2"}]}"#;
        assert_eq!(looked_up(&response(200, body), "https://a.example/2").as_deref(), Ok("2"));
        let error = looked_up(&response(200, body), "https://a.example/3").expect_err("neither");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::NotFound, "the server finds no post at `https://a.example/3`")
        );
    }

    #[test]
    fn a_server_lays_its_limits_over_the_profile() {
        let body = r#"{"domain":"a.example","version":"4.5.0","api_versions":{"mastodon":7},"configuration":{
            "statuses":{"max_characters":1000,"max_media_attachments":0,"characters_reserved_per_url":30},
            "media_attachments":{"supported_mime_types":["image/png","video/quicktime"],"description_limit":200},
            "polls":{"max_options":6}}}"#;
        let instance = instance(&response(200, body)).expect("an instance");
        let told = instance.limits(limits());
        assert_eq!((told.text, told.images, told.measure.url, told.alt), (Some(1000), 4, Some(30), Some(200)));
        assert_eq!(told.kinds, [MediaKind::Png, MediaKind::Mp4]);
        assert_eq!((told.poll_options, told.poll_option), (6, 50));
        assert!(instance.can_quote());
        assert_eq!(instance.software().as_deref(), Some("Mastodon 4.5.0"));
    }

    #[test]
    fn an_old_or_other_server_is_read_too() {
        let body = r#"{"uri":"https://p.example/","version":"2.7.2 (compatible; Pleroma 2.9.1)","max_toot_chars":5000,
            "upload_limit":16000000,"poll_limits":{"max_options":20,"min_expiration":0}}"#;
        let instance = instance(&response(200, body)).expect("an instance");
        let told = instance.limits(limits());
        assert_eq!((told.text, told.image_bytes, told.poll_options), (Some(5000), Some(16_000_000), 20));
        assert_eq!(told.poll_seconds.0, 0);
        assert_eq!((told.measure.url, told.measure.mention), (None, MentionWeight::Full));
        assert_eq!((instance.host(), instance.software().as_deref()), (Some("p.example"), Some("Pleroma 2.9.1")));
        assert!(!instance.can_quote());
    }

    #[test]
    fn gotosocial_counts_code_points() {
        let body = r#"{"domain":"g.example","version":"0.20.0","source_url":"https://codeberg.org/superseriousbusiness/gotosocial"}"#;
        let instance = instance(&response(200, body)).expect("an instance");
        assert_eq!(instance.limits(limits()).measure.unit, Unit::CodePoints);
        assert_eq!(instance.software().as_deref(), Some("GoToSocial 0.20.0"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status_code in 0u16..700, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let response = Response { status: status_code, headers: Vec::new(), body };
            let _ = (refusal(&response), deleted(&response), upload(&response), me(&response), page(&response));
            let _ = (looked_up(&response, "https://a.example"), scopes(&response));
            let _ = status(&response).map(|status| (status.receipt(&[media(1)]), status.boost_receipt(), status.words()));
            let _ = instance(&response).map(|instance| (instance.limits(limits()), instance.software()));
        }

        #[test]
        fn odd_json_is_an_error_and_no_panic(value in "[\\[\\]{}:,\"a-z0-9]{0,40}") {
            let response = Response { status: 200, headers: Vec::new(), body: value.into_bytes() };
            let _ = (status(&response).is_ok(), page(&response).is_ok(), instance(&response).is_ok());
        }
    }
}
