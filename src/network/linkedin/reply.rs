//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::address;
use crate::{
    model::{Remote, Timestamp},
    network::{ErrorKind, NetworkError, Receipt, Response, SignIn},
};
use serde::Deserialize;
use std::{collections::BTreeMap, time::Duration};

/// The name under which [`Remote::extra`] keeps what a change can't touch.
pub(super) const KEPT: &str = "kept";

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: Option<String>,
    #[serde(default, rename = "errorDetails")]
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default, rename = "inputErrors")]
    inputs: Vec<InputError>,
}

#[derive(Deserialize)]
struct InputError {
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Introspection {
    active: bool,
    #[serde(default)]
    expires_at: Option<i64>,
    #[serde(default)]
    scope: Option<String>,
}

/// What LinkedIn says of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenState {
    pub(super) expires: Option<Timestamp>,
    pub(super) scopes: Vec<String>,
}

/// Who we are.
#[derive(Deserialize)]
pub(super) struct Me {
    sub: String,
    #[serde(default)]
    pub(super) name: Option<String>,
}

impl Me {
    /// Returns our name as an author.
    pub(super) fn urn(&self) -> String {
        format!("urn:li:person:{}", self.sub)
    }
}

#[derive(Deserialize)]
struct PlaceAnswer {
    value: Place,
}

/// Where an image may be sent.
#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(rename = "uploadUrl")]
    pub(super) upload_url: String,
    pub(super) image: String,
}

#[derive(Deserialize)]
struct VideoAnswer {
    value: VideoPlaces,
}

/// Where the pieces of a video may be sent.
#[derive(Deserialize)]
pub(super) struct VideoPlaces {
    pub(super) video: String,
    #[serde(default, rename = "uploadToken")]
    pub(super) token: String,
    #[serde(rename = "uploadInstructions")]
    pub(super) pieces: Vec<Piece>,
}

/// Which bytes are sent where.
#[derive(Deserialize)]
pub(super) struct Piece {
    #[serde(rename = "uploadUrl")]
    pub(super) url: String,
    #[serde(rename = "firstByte")]
    pub(super) first: u64,
    #[serde(rename = "lastByte")]
    pub(super) last: u64,
}

#[derive(Deserialize)]
struct ImageAnswer {
    status: String,
}

/// A page of posts.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) elements: Vec<Post>,
}

/// A post of a listing, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    #[serde(default)]
    pub(super) commentary: String,
    #[serde(default, rename = "createdAt")]
    created_at: Option<i64>,
    #[serde(default, rename = "publishedAt")]
    published_at: Option<i64>,
    #[serde(default)]
    content: Option<serde_json::Value>,
    #[serde(default, rename = "reshareContext")]
    reshared: Option<Reshared>,
}

#[derive(Clone, Debug, Deserialize)]
struct Reshared {
    #[serde(default)]
    parent: Option<String>,
}

impl Post {
    /// Returns when it came to be.
    pub(super) fn made(&self) -> Option<Timestamp> {
        self.published_at.or(self.created_at).map(Timestamp::from_millis)
    }

    /// Returns what it quotes or passes on.
    pub(super) fn parent(&self) -> Option<&str> {
        self.reshared.as_ref()?.parent.as_deref()
    }

    /// Returns how many images it shows.
    pub(super) fn images(&self) -> usize {
        let Some(content) = &self.content else { return 0 };
        let several = content["multiImage"]["images"].as_array().map_or(0, Vec::len);
        several + usize::from(content["media"].is_object())
    }
}

/// Makes the receipt of a post.
pub(super) fn receipt(urn: &str, kept: Option<String>) -> Receipt {
    let extra: BTreeMap<String, String> = kept.map(|kept| (KEPT.to_owned(), kept)).into_iter().collect();
    Receipt { remote: Remote { id: urn.to_owned(), url: Some(address::of(urn)), extra } }
}

/// Turns an answer that is no success into an error.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let body: Option<Refusal> = serde_json::from_slice(&response.body).ok();
    let details = body.as_ref().and_then(|body| body.details.as_ref());
    let codes = details.map(|details| details.inputs.as_slice()).unwrap_or_default();
    let is_duplicate = codes.iter().any(|input| input.code.as_deref() == Some("DUPLICATE_POST"));
    let words = body.and_then(|body| body.message).map(|words| words.trim().to_owned());
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let mut error = response.refusal(words);
    if response.status == 426 {
        error.kind = ErrorKind::Misconfigured;
        error.message =
            "LinkedIn no longer serves this month of its API: set `version` of the account to a newer one, or \
                         update masthead"
                .to_owned();
    } else if (400..500).contains(&response.status) {
        if is_duplicate || said.contains("content is a duplicate") {
            // It is evidence, but a post that was deleted is named too: nobody but a listing or a person can tell.
            error.kind = ErrorKind::Duplicate;
        } else if matches!(response.status, 400 | 422)
            && said.contains("not ready")
            && ["image", "video", "asset", "media"].iter().any(|word| said.contains(word))
        {
            error.kind = ErrorKind::NotReady;
        }
    }
    error
}

/// Reads the token that a code was exchanged for.
pub(super) fn token(response: &Response) -> Result<SignIn, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let token: Token = response.json_of_secrets()?;
    let expires = response.date().zip(token.expires_in).map(|(now, seconds)| now.plus(Duration::from_secs(seconds)));
    Ok(SignIn { secrets: vec![("token", token.access_token.into())], expires, ..SignIn::default() })
}

/// Reads what LinkedIn says of a token; nothing if the application may not ask, which takes nothing from the token.
pub(super) fn token_state(response: &Response) -> Result<Option<TokenState>, NetworkError> {
    if !response.is_success() {
        return Ok(None);
    }
    let state: Introspection = response.json()?;
    if !state.active {
        return Err(NetworkError::new(ErrorKind::SignedOut, "the token has expired or was revoked"));
    }
    let scopes = state.scope.unwrap_or_default();
    let scopes = scopes.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let expires = state.expires_at.and_then(|seconds| seconds.checked_mul(1000)).map(Timestamp::from_millis);
    Ok(Some(TokenState { expires, scopes }))
}

/// Reads who we are.
pub(super) fn me(response: &Response) -> Result<Me, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Reads a page of posts.
pub(super) fn page(response: &Response) -> Result<Page, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Reads where an image may be sent.
pub(super) fn upload_place(response: &Response) -> Result<Place, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let answer: PlaceAnswer = response.json()?;
    Ok(answer.value)
}

/// Reads where the pieces of a video may be sent.
pub(super) fn video_places(response: &Response) -> Result<VideoPlaces, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let answer: VideoAnswer = response.json()?;
    Ok(answer.value)
}

/// Reads what a piece of a video that was sent is called: a header tells it.
pub(super) fn piece(response: &Response) -> Result<String, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let name = response.header("etag").map(|name| name.trim_matches('"')).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| {
        NetworkError::new(ErrorKind::Unreadable, "the answer doesn't tell what a piece of the video is called")
            .detail(response.excerpt())
    })
}

/// Reads the answer to sending an image, which says nothing.
pub(super) fn uploaded(response: &Response) -> Result<(), NetworkError> {
    done(response)
}

/// Reads whether an image or video can be shown.
pub(super) fn is_ready(response: &Response) -> Result<bool, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let image: ImageAnswer = response.json()?;
    match image.status.as_str() {
        "AVAILABLE" => Ok(true),
        "PROCESSING_FAILED" => Err(NetworkError::new(ErrorKind::Refused, "LinkedIn can't process an image or video")),
        _ => Ok(false),
    }
}

/// Reads the name of a post that was made: a header tells it, and nothing else does.
pub(super) fn created(response: &Response) -> Result<String, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    response.header("x-restli-id").filter(|urn| urn.starts_with("urn:li:")).map(str::to_owned).ok_or_else(|| {
        NetworkError::new(ErrorKind::Unreadable, "the answer doesn't tell what the post is called")
            .detail(response.excerpt())
    })
}

/// Reads an answer that says nothing but that it is done.
pub(super) fn done(response: &Response) -> Result<(), NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    if response.excerpt().starts_with('<') {
        return Err(NetworkError::new(ErrorKind::Unreadable, "the answer is a web page").detail(response.excerpt()));
    }
    Ok(())
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    if matches!(response.status, 404 | 410) { Ok(()) } else { done(response) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, body: &str, kind: ErrorKind, words: &str) {
        let error = refusal(&answer(status, body));
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.message.contains(words), "{error:?}");
    }

    #[test]
    fn a_duplicate_is_evidence_and_names_the_earlier_post() {
        let body = r#"{"message":"Content is a duplicate of urn:li:share:71","status":422,
            "errorDetails":{"inputErrors":[{"code":"DUPLICATE_POST"}]}}"#;
        check(422, body, ErrorKind::Duplicate, "urn:li:share:71");
        assert!(!ErrorKind::Duplicate.proves_absence());
        check(422, r#"{"message":"commentary is too long","status":422}"#, ErrorKind::Refused, "too long");
    }

    #[test]
    fn a_month_that_is_over_is_said_with_its_mend() {
        check(426, r#"{"message":"NONEXISTENT_VERSION"}"#, ErrorKind::Misconfigured, "`version`");
    }

    #[test]
    fn other_refusals_keep_their_kind() {
        check(401, r#"{"serviceErrorCode":65601,"message":"revoked"}"#, ErrorKind::SignedOut, "revoked");
        check(403, r#"{"message":"no role"}"#, ErrorKind::Forbidden, "no role");
        check(500, "<html>", ErrorKind::Ambiguous, "500");
        check(400, r#"{"message":"Image is not ready"}"#, ErrorKind::NotReady, "not ready");
    }

    #[test]
    fn a_token_tells_when_it_ends() {
        let state = token_state(&answer(200, r#"{"active":true,"expires_at":1795338300,"scope":"openid,profile"}"#));
        let state = state.expect("it can be read").expect("it is told");
        assert_eq!(state.expires, Timestamp::parse("2026-11-22T09:05:00Z"));
        assert_eq!(state.scopes, ["openid", "profile"]);
        let over = token_state(&answer(200, r#"{"active":false}"#)).expect_err("it is over");
        assert_eq!(over.kind, ErrorKind::SignedOut);
        assert_eq!(token_state(&answer(401, r#"{"error":"invalid_client"}"#)), Ok(None));
    }
}
