use super::reference::{StrongRef, Subject};
use crate::{
    model::MediaKind,
    network::{ErrorKind, NetworkError, Response},
};
use serde::Deserialize;
use serde_json::Value;

/// How a server tells what is wrong.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    error: String,
    #[serde(default)]
    message: String,
}

/// A record as it was read back.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    uri: String,
    cid: Option<String>,
    #[serde(default)]
    value: Value,
}

/// Who a server says we are.
#[derive(Debug, Deserialize)]
pub(super) struct Whoami {
    /// Our handle.
    pub(super) handle: String,
    /// Whether the account may be used.
    pub(super) active: Option<bool>,
    /// Why it may not.
    pub(super) status: Option<String>,
}

/// What a server says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct About {
    /// Its identity.
    pub(super) did: String,
    /// The greatest blob, in bytes.
    pub(super) blob_upload_limit: Option<u64>,
}

/// Lets successes through and turns everything else into an error.
pub(super) fn check(response: &Response) -> Result<(), NetworkError> {
    if response.is_success() { Ok(()) } else { Err(refused(response)) }
}

/// Turns a refusal into an error, by its name where it has one: an expired token, for instance, is a 400.
pub(super) fn refused(response: &Response) -> NetworkError {
    // A proxy's refusal is HTML, so the body is no more than a hint.
    let problem: Problem = serde_json::from_slice(&response.body).unwrap_or_default();
    let message = if problem.message.is_empty() { problem.error.clone() } else { problem.message };
    let mut error = response.refusal(Some(message));
    if !(400..500).contains(&response.status) {
        return error;
    }
    match problem.error.as_str() {
        "ExpiredToken" | "InvalidToken" | "AuthMissing" | "AuthenticationRequired" => error.kind = ErrorKind::SignedOut,
        "AuthFactorTokenRequired" => {
            error.kind = ErrorKind::Forbidden;
            error.message =
                "the account asks for a code by e-mail: use an app password (Settings, Privacy and security, App passwords)"
                    .to_owned();
        }
        "AccountTakedown" | "AccountSuspended" | "AccountDeactivated" | "AccountNotFound" => {
            error.kind = ErrorKind::Forbidden;
        }
        "RateLimitExceeded" => error.kind = ErrorKind::RateLimited,
        "RecordNotFound" => error.kind = ErrorKind::NotFound,
        // Another record is under our key: it may be an earlier attempt's.
        "InvalidSwap" => error.kind = ErrorKind::Duplicate,
        "InvalidRequest" | "InvalidMimeType" | "BlobTooLarge" | "PayloadTooLarge" => error.kind = ErrorKind::Refused,
        _ => {}
    }
    error
}

/// Reads what a record became.
pub(super) fn written(response: &Response) -> Result<StrongRef, NetworkError> {
    check(response)?;
    let written: StrongRef = response.json()?;
    if written.uri.is_empty() || written.cid.is_empty() {
        return Err(unreadable(response, "the answer names no record"));
    }
    Ok(written)
}

/// Reads the reference to an uploaded blob, which goes into the record as it is.
///
/// A server tells by itself what was sent, and a record that names anything but MP4 as a video is refused. QuickTime films look
/// much the same, so only here that comes out.
pub(super) fn blob(response: &Response, kind: MediaKind) -> Result<Value, NetworkError> {
    check(response)?;
    let mut answer: Value = response.json()?;
    let blob = answer.get_mut("blob").map(Value::take).filter(|blob| blob["$type"] == "blob");
    let blob = blob.ok_or_else(|| unreadable(response, "the answer names no blob"))?;
    match blob["mimeType"].as_str() {
        Some(told) if kind.is_video() && told != kind.mime() => {
            let message = format!("the server takes the video for `{told}`, which no post can show: export it as MP4");
            Err(NetworkError::new(ErrorKind::Refused, message))
        }
        _ => Ok(blob),
    }
}

/// Reads whose handle it is; nobody's, if the server says so.
pub(super) fn resolved(response: &Response) -> Result<Option<String>, NetworkError> {
    #[derive(Deserialize)]
    struct Resolved {
        did: String,
    }
    if !is_there(response, |error| matches!(error.kind, ErrorKind::Refused | ErrorKind::NotFound))? {
        return Ok(None);
    }
    let resolved: Resolved = response.json()?;
    Ok(Some(resolved.did).filter(|did| did.starts_with("did:")))
}

/// Reads a record; none, if the server says that there is none.
pub(super) fn record(response: &Response) -> Result<Option<Record>, NetworkError> {
    // Older servers, and the one that answers for other servers' records, know no error name of its own for this.
    let is_missing = |error: &NetworkError| {
        error.kind == ErrorKind::NotFound
            || error.kind == ErrorKind::Refused && error.message.starts_with("Could not locate record")
    };
    is_there(response, is_missing)?.then(|| response.json()).transpose()
}

/// Reads whether a record is gone; one that never was is gone too.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    let problem: Problem = serde_json::from_slice(&response.body).unwrap_or_default();
    if response.status == 400 && problem.error == "RecordNotFound" { Ok(()) } else { check(response) }
}

/// Reads an answer that is nothing but what it says.
pub(super) fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    check(response)?;
    response.json()
}

/// Returns whether a response is a success, and not a refusal that says that there is nothing.
fn is_there(response: &Response, says_nothing: impl FnOnce(&NetworkError) -> bool) -> Result<bool, NetworkError> {
    match check(response) {
        Ok(()) => Ok(true),
        Err(error) if says_nothing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn unreadable(response: &Response, message: &str) -> NetworkError {
    NetworkError::new(ErrorKind::Unreadable, message).detail(response.excerpt())
}

impl Record {
    /// Returns it as something to answer, quote or pass on.
    pub(super) fn subject(self) -> Option<Subject> {
        let root = serde_json::from_value(self.value["reply"]["root"].clone()).ok();
        Some(Subject { this: StrongRef { uri: self.uri, cid: self.cid? }, root })
    }

    /// Returns the address of the post that it passes on, if it is a repost.
    pub(super) fn passed_on(&self) -> Option<&str> {
        self.value["subject"]["uri"].as_str()
    }

    /// Returns the time that it was made, as it says.
    pub(super) fn created_at(&self) -> Option<&str> {
        self.value["createdAt"].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{
        collection::vec,
        prelude::{any, proptest},
    };
    use std::time::Duration;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, name: &str, expect: ErrorKind) {
        let body = format!(r#"{{"error":"{name}","message":"words"}}"#);
        let error = refused(&answer(status, &body));
        assert_eq!(error.kind, expect, "{status} {name}");
        assert!(error.detail.expect("evidence").contains(name));
    }

    #[test]
    fn names_win_over_statuses_below_500() {
        check(400, "ExpiredToken", ErrorKind::SignedOut);
        check(400, "InvalidToken", ErrorKind::SignedOut);
        check(401, "ExpiredToken", ErrorKind::SignedOut);
        check(401, "AuthenticationRequired", ErrorKind::SignedOut);
        check(401, "AuthFactorTokenRequired", ErrorKind::Forbidden);
        check(401, "AccountTakedown", ErrorKind::Forbidden);
        check(403, "AccountNotFound", ErrorKind::Forbidden);
        check(429, "RateLimitExceeded", ErrorKind::RateLimited);
        check(400, "InvalidRequest", ErrorKind::Refused);
        check(413, "BlobTooLarge", ErrorKind::Refused);
        check(400, "InvalidSwap", ErrorKind::Duplicate);
        check(400, "RecordNotFound", ErrorKind::NotFound);
        check(400, "SomethingNew", ErrorKind::Refused);
    }

    #[test]
    fn a_fault_proves_nothing_whatever_it_is_called() {
        check(500, "InternalServerError", ErrorKind::Ambiguous);
        check(502, "UpstreamFailure", ErrorKind::Ambiguous);
        check(500, "InvalidRequest", ErrorKind::Ambiguous);
    }

    #[test]
    fn a_page_instead_of_json_goes_by_its_status() {
        assert_eq!(refused(&answer(503, "<html>busy</html>")).kind, ErrorKind::Ambiguous);
        assert_eq!(refused(&answer(403, "<html>no</html>")).kind, ErrorKind::Forbidden);
        assert_eq!(refused(&answer(301, "")).kind, ErrorKind::Misconfigured);
        assert_eq!(written(&answer(200, "<html>")).expect_err("no JSON").kind, ErrorKind::Unreadable);
    }

    #[test]
    fn a_code_by_mail_is_explained() {
        let error = refused(&answer(401, r#"{"error":"AuthFactorTokenRequired"}"#));
        assert!(error.message.contains("app password"));
    }

    #[test]
    fn the_wait_is_kept() {
        let mut response = answer(429, r#"{"error":"RateLimitExceeded"}"#);
        response.headers.push(("retry-after".to_owned(), "30".to_owned()));
        assert_eq!(refused(&response).wait, Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_handle_of_nobody_is_no_error() {
        let nobody = r#"{"error":"InvalidRequest","message":"Unable to resolve handle"}"#;
        assert_eq!(resolved(&answer(400, nobody)), Ok(None));
        assert_eq!(resolved(&answer(400, r#"{"error":"HandleNotFound"}"#)), Ok(None));
        assert_eq!(resolved(&answer(200, r#"{"did":"did:plc:a"}"#)), Ok(Some("did:plc:a".to_owned())));
        assert_eq!(resolved(&answer(200, r#"{"did":"x"}"#)), Ok(None));
        assert_eq!(resolved(&answer(502, "")).expect_err("a fault").kind, ErrorKind::Ambiguous);
    }

    #[test]
    fn a_missing_record_is_told_from_a_refusal() {
        let missing = |body: &str| record(&answer(400, body)).map(|found| found.is_none());
        assert_eq!(missing(r#"{"error":"RecordNotFound","message":"Could not locate record: at://x"}"#), Ok(true));
        assert_eq!(missing(r#"{"error":"InvalidRequest","message":"Could not locate record"}"#), Ok(true));
        assert!(missing(r#"{"error":"InvalidRequest","message":"bad key"}"#).is_err());
        assert!(missing("").is_err());
    }

    #[test]
    fn deleting_what_is_gone_succeeds() {
        assert_eq!(deleted(&answer(200, "{}")), Ok(()));
        assert_eq!(deleted(&answer(400, r#"{"error":"RecordNotFound"}"#)), Ok(()));
        assert_eq!(deleted(&answer(404, "<html>")).expect_err("a wrong endpoint").kind, ErrorKind::NotFound);
    }

    #[test]
    fn a_video_is_what_the_server_says_it_is() {
        let uploaded = |mime: &str| answer(200, &format!(r#"{{"blob":{{"$type":"blob","mimeType":"{mime}"}}}}"#));
        assert!(blob(&uploaded("video/mp4"), MediaKind::Mp4).is_ok());
        assert!(blob(&uploaded("image/png"), MediaKind::Jpeg).is_ok(), "of images it takes any");
        let refused = blob(&uploaded("video/quicktime"), MediaKind::Mp4).expect_err("no MP4");
        assert_eq!(refused.kind, ErrorKind::Refused);
        assert!(refused.message.contains("`video/quicktime`"), "{}", refused.message);
    }

    #[test]
    fn a_record_knows_its_thread() {
        let body =
            r#"{"uri":"at://u","cid":"c","value":{"createdAt":"t","reply":{"root":{"uri":"at://r","cid":"rc"}}}}"#;
        let found = record(&answer(200, body)).expect("readable").expect("there");
        assert_eq!(found.created_at(), Some("t"));
        let subject = found.subject().expect("a hash");
        assert_eq!((subject.this.uri.as_str(), subject.root().uri.as_str()), ("at://u", "at://r"));
    }

    proptest! {
        #[test]
        fn nothing_that_a_server_says_makes_it_panic(status in 100u16..600, body in vec(any::<u8>(), 0..300)) {
            let response = Response { status, headers: Vec::new(), body };
            let _ = (written(&response), blob(&response, MediaKind::Mp4), resolved(&response), read::<About>(&response));
            let _ = read::<Whoami>(&response);
            if let Ok(Some(found)) = record(&response) {
                let _ = found.subject();
            }
        }

        #[test]
        fn no_shape_of_json_makes_it_panic(body in r#"[\{\}\[\]":,a-z0-9\\ ]{0,80}"#) {
            let response = answer(200, &format!(r#"{{"uri":"u","cid":"c","value":{body}}}"#));
            if let Ok(Some(found)) = record(&response) {
                let _ = found.subject();
            }
            let _ = blob(&answer(200, &format!(r#"{{"blob":{body}}}"#)), MediaKind::Mp4);
        }
    }
}
