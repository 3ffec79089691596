//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::request::{ACCESS, REFRESH};
use crate::{
    model::Timestamp,
    network::{ErrorKind, NetworkError, Response, Session, SignIn},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, time::Duration};

/// The fact of a session that is open: what it may do.
pub(super) const SCOPES: &str = "scopes";

/// The mend where a session can't be renewed.
const LOG_IN: &str = "run `masthead login` for the account";

/// What a post refers to, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refers {
    pub(super) answered: Option<String>,
    pub(super) quoted: Option<String>,
}

/// A refusal (RFC 9457), or an older one.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    errors: Vec<Inner>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// Who we are.
#[derive(Debug, Deserialize)]
pub(super) struct Me {
    pub(super) id: String,
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// What making something answers.
#[derive(Debug, Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
}

#[derive(Deserialize)]
struct Deleted {
    #[serde(default)]
    deleted: bool,
}

/// An image or video that was uploaded.
#[derive(Debug, Deserialize)]
pub(super) struct Upload {
    pub(super) id: String,
    #[serde(default)]
    processing_info: Option<Processing>,
}

#[derive(Debug, Deserialize)]
struct Processing {
    #[serde(default)]
    state: String,
    #[serde(default)]
    check_after_secs: Option<u64>,
}

impl Upload {
    /// Returns how long to wait until it is asked for again; none if it can be shown.
    pub(super) fn wait(&self) -> Result<Option<Duration>, NetworkError> {
        let Some(processing) = &self.processing_info else { return Ok(None) };
        match processing.state.as_str() {
            "failed" => Err(NetworkError::new(ErrorKind::Refused, "X can't process an image or video")),
            "pending" | "in_progress" => {
                Ok(Some(Duration::from_secs(processing.check_after_secs.unwrap_or(1).clamp(1, 30))))
            }
            _ => Ok(None),
        }
    }
}

/// A page of posts.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) data: Vec<Post>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    next_token: Option<String>,
}

impl Page {
    /// Returns where the next page begins.
    pub(super) fn after(&mut self) -> Option<String> {
        self.meta.next_token.take()
    }
}

/// A post of a listing, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    entities: Entities,
    #[serde(default)]
    attachments: Attachments,
    #[serde(default, alias = "referenced_posts")]
    referenced_tweets: Vec<Reference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Entities {
    #[serde(default)]
    urls: Vec<UrlEntity>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct UrlEntity {
    pub(super) url: String,
    #[serde(default)]
    pub(super) expanded_url: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Attachments {
    #[serde(default)]
    media_keys: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

impl Post {
    /// Returns when it came to be.
    pub(super) fn made(&self) -> Option<Timestamp> {
        Timestamp::parse(self.created_at.as_deref()?)
    }

    /// Returns how many images it shows.
    pub(super) fn images(&self) -> usize {
        self.attachments.media_keys.len()
    }

    /// Returns what it refers to.
    pub(super) fn refers(&self) -> Refers {
        let find = |kind: &str| self.referenced_tweets.iter().find(|it| it.kind == kind).map(|it| it.id.clone());
        Refers { answered: find("replied_to"), quoted: find("quoted") }
    }

    /// Returns the links in its text, as X has shortened them.
    pub(super) fn urls(&self) -> &[UrlEntity] {
        &self.entities.urls
    }
}

/// Reads what an answer holds.
pub(super) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response, false));
    }
    response.json::<Data<T>>().map(|answer| answer.data)
}

/// Reads what a post is called that was made. `refers` is whether it answers or quotes somebody else's.
pub(super) fn created(response: &Response, refers: bool) -> Result<Made, NetworkError> {
    if response.is_success() { read(response) } else { Err(refusal(response, refers)) }
}

/// Reads a page of posts.
pub(super) fn page(response: &Response) -> Result<Page, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response, false)) }
}

/// Reads an answer of which nothing matters but that it is done.
pub(super) fn done(response: &Response) -> Result<(), NetworkError> {
    if !response.is_success() {
        return Err(refusal(response, false));
    }
    response.json::<serde_json::Value>().map(drop)
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    if matches!(response.status, 404 | 410) {
        return Ok(());
    }
    let answer: Deleted = read(response)?;
    if answer.deleted {
        return Ok(());
    }
    Err(NetworkError::new(ErrorKind::Unreadable, "X doesn't say that it is deleted").detail(response.excerpt()))
}

/// Reads a session that was opened. What can't be read is never quoted, since it may hold tokens.
pub(super) fn session(response: &Response) -> Result<SignIn, NetworkError> {
    if !response.is_success() {
        let mut error = refusal(response, false);
        // An exchanged or revoked token is answered with 400.
        if matches!(response.status, 400 | 401) {
            error.kind = ErrorKind::SignedOut;
            error.message = format!("{}: {LOG_IN}", error.message);
        }
        return Err(error);
    }
    let token: Token = response.json_of_secrets()?;
    let Some(refresh) = token.refresh_token else {
        let message =
            "X gave no refresh token, so the account would be signed out in two hours: allow `offline.access`";
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    };
    let expires = response.date().zip(token.expires_in).map(|(now, seconds)| now.plus(Duration::from_secs(seconds)));
    Ok(SignIn {
        session: Session { facts: BTreeMap::from([(SCOPES, token.scope.unwrap_or_default())]) },
        secrets: vec![(ACCESS, token.access_token.into()), (REFRESH, refresh.into())],
        expires,
        refresh_expires: None,
    })
}

/// Turns an answer that is no success into an error. `refers` is whether it was to a post that answers or quotes.
pub(super) fn refusal(response: &Response, refers: bool) -> NetworkError {
    let problem: Problem = serde_json::from_slice(&response.body).unwrap_or_default();
    let inner = problem.errors.into_iter().find_map(|inner| inner.message);
    let words = [problem.detail, inner, problem.error_description, problem.title, problem.error];
    let words = words.into_iter().flatten().find(|words| !words.trim().is_empty());
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let kind = problem.kind.unwrap_or_default();
    let mut error = response.refusal(words);
    let mend = |error: &mut NetworkError, kind: ErrorKind, what: &str| {
        error.kind = kind;
        error.message = format!("{}: {what}", error.message);
    };
    if response.status == 402 || kind.ends_with("/usage-capped") {
        let what = "the application's credits are used up, or its cap is reached; see the console, console.x.com";
        mend(&mut error, ErrorKind::Misconfigured, what);
    } else if problem.reason.as_deref() == Some("client-not-enrolled") {
        let what = "attach the application to a project in the console, console.x.com";
        mend(&mut error, ErrorKind::Misconfigured, what);
    } else if response.status == 403 && said.contains("duplicate content") {
        // Evidence that it is out; but one that was deleted counts, too, so a listing or a person tells.
        error.kind = ErrorKind::Duplicate;
    } else if response.status == 403 && refers && said.contains("not permitted") {
        let what =
            "X lets programs answer only posts whose author mentions or quotes the account, and may not let them quote";
        mend(&mut error, ErrorKind::Refused, what);
    } else if response.status == 403 && said.contains("deleted or not visible") {
        error.kind = ErrorKind::NotFound;
    } else if response.status == 403 && ["cashtag", "url", "too long", "shorter"].iter().any(|word| said.contains(word))
    {
        error.kind = ErrorKind::Refused;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, body: &str, refers: bool, kind: ErrorKind, words: &str) {
        let error = refusal(&answer(status, body), refers);
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.message.contains(words), "{error:?}");
    }

    #[test]
    fn refusals_say_what_they_mean() {
        let duplicate = r#"{"detail":"You are not allowed to create a Tweet with duplicate content.","title":"Forbidden","type":"about:blank","status":403}"#;
        check(403, duplicate, false, ErrorKind::Duplicate, "duplicate");
        assert!(!ErrorKind::Duplicate.proves_absence());
        let policy = r#"{"detail":"You are not permitted to perform this action.","title":"Forbidden","status":403}"#;
        check(403, policy, true, ErrorKind::Refused, "mentions or quotes");
        check(403, policy, false, ErrorKind::Forbidden, "not permitted");
        check(
            403,
            r#"{"reason":"client-not-enrolled","detail":"When authenticating"}"#,
            false,
            ErrorKind::Misconfigured,
            "project",
        );
        check(402, r#"{"title":"CreditsDepleted","detail":"no credits"}"#, false, ErrorKind::Misconfigured, "credits");
        let capped =
            r#"{"type":"https://api.twitter.com/2/problems/usage-capped","title":"UsageCapExceeded","detail":"cap"}"#;
        check(429, capped, false, ErrorKind::Misconfigured, "cap");
        check(429, r#"{"title":"Too Many Requests"}"#, false, ErrorKind::RateLimited, "Too Many");
        check(
            400,
            r#"{"errors":[{"message":"Your Tweet text is too long."}],"title":"Invalid Request"}"#,
            false,
            ErrorKind::Refused,
            "too long",
        );
        check(503, "<html>", false, ErrorKind::Ambiguous, "503");
    }

    #[test]
    fn a_session_without_a_way_back_is_none() {
        let error = session(&answer(200, r#"{"access_token":"AAA","expires_in":7200}"#)).expect_err("no refresh token");
        assert!(error.kind == ErrorKind::Misconfigured && error.message.contains("offline.access"), "{error:?}");
        let error = session(&answer(
            400,
            r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#,
        ));
        let error = error.expect_err("it was used");
        assert!(error.kind == ErrorKind::SignedOut && error.message.contains("masthead login"), "{error:?}");
        let error = session(&answer(200, r#"{"access_token":"AAA"#)).expect_err("cut");
        assert!(!format!("{error:?}").contains("AAA"));
    }

    #[test]
    fn an_upload_says_how_long_to_wait() {
        let wait = |info: &str| {
            let upload: Upload = read(&answer(200, &format!(r#"{{"data":{{"id":"7"{info}}}}}"#))).expect("an upload");
            upload.wait().map(|wait| wait.map(|wait| wait.as_secs())).map_err(|error| error.kind)
        };
        assert_eq!(wait(""), Ok(None));
        assert_eq!(wait(r#","processing_info":{"state":"pending","check_after_secs":5}"#), Ok(Some(5)));
        assert_eq!(wait(r#","processing_info":{"state":"succeeded"}"#), Ok(None));
        assert_eq!(wait(r#","processing_info":{"state":"failed"}"#), Err(ErrorKind::Refused));
    }
}
