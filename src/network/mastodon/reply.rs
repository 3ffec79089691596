//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

mod instance;
mod status;

pub(super) use self::{
    instance::{Instance, instance},
    status::{Attachment, BOOSTED, Status, kept_media},
};
use crate::network::{ErrorKind, NetworkError, Response, SignIn};
use serde::Deserialize;

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
struct Token {
    access_token: String,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

/// Turns an answer that is no success into an error.
///
/// Bodies of errors are JSON on Mastodon, and plain text, HTML or nothing on servers that speak its language.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let body: Option<Refusal> = serde_json::from_slice(&response.body).ok();
    let words = body.and_then(|body| body.error_description.or(body.error));
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let mut error = response.refusal(words);
    if (400..500).contains(&response.status) {
        if said.contains("finished processing") {
            error.kind = ErrorKind::NotReady;
        } else if said.contains("idempotency key") {
            error.kind = ErrorKind::Duplicate;
        }
    }
    error
}

/// Reads the token that a code was exchanged for. It does not end.
pub(super) fn token(response: &Response) -> Result<SignIn, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let token: Token = response.json_of_secrets()?;
    Ok(SignIn { secrets: vec![("token", token.access_token.into())], ..SignIn::default() })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{MediaInfo, MediaKind},
        network::{MediaKey, PreparedMedia, mastodon::PROFILE},
    };
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn media(bytes: u64) -> PreparedMedia {
        let info = MediaInfo { kind: MediaKind::Png, bytes, width: 1, height: 1, clip: None };
        PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: String::new(), address: None }
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status_code in 0u16..700, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let response = Response { status: status_code, headers: Vec::new(), body };
            let _ = (refusal(&response), deleted(&response), upload(&response), me(&response), page(&response));
            let _ = (looked_up(&response, "https://a.example"), scopes(&response));
            let _ = status(&response).map(|status| (status.receipt(&[media(1)]), status.boost_receipt(), status.words()));
            let _ = instance(&response).map(|instance| (instance.limits(PROFILE.limits()), instance.software()));
        }

        #[test]
        fn odd_json_is_an_error_and_no_panic(value in "[\\[\\]{}:,\"a-z0-9]{0,40}") {
            let response = Response { status: 200, headers: Vec::new(), body: value.into_bytes() };
            let _ = (status(&response).is_ok(), page(&response).is_ok(), instance(&response).is_ok());
        }
    }
}
