//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::shape::Shape;
use crate::{
    model::{Remote, Timestamp},
    network::{
        ErrorKind, Job, NetworkError, PreparedMedia, Receipt, Response,
        graph::{moment, regained},
        listing,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Where [`Remote::extra`] keeps what was uploaded, so that a change of it is seen.
pub(super) const FILES: &str = "files";

/// Whose token it is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Me {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// What was made.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
    #[serde(default)]
    permalink_url: Option<String>,
}

/// A post of a listing.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Listed {
    id: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    created_time: Option<String>,
    #[serde(default)]
    permalink_url: Option<String>,
    #[serde(default)]
    attachments: Option<List<Attachment>>,
}

/// A page of a listing.
#[derive(Clone, Debug, Deserialize)]
struct Listing<T> {
    data: Vec<T>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Clone, Debug, Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Clone, Debug, Deserialize)]
struct Attachment {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    subattachments: Option<List<Value>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Option<Cursors>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Cursors {
    #[serde(default)]
    after: Option<String>,
}

/// What a token may do, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) scopes: Vec<String>,
    pub(super) expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Told {
    data: TokenData,
}

#[derive(Deserialize)]
struct TokenData {
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: i64,
}

#[derive(Deserialize)]
struct Refusal {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    code: i64,
    #[serde(default)]
    error_subcode: i64,
    #[serde(default)]
    is_transient: bool,
    #[serde(default)]
    error_user_msg: Option<String>,
}

impl Listed {
    /// Returns how many images or videos it shows.
    fn media(&self) -> usize {
        let shown = self.attachments.iter().flat_map(|list| &list.data).map(|attachment| {
            let several = attachment.subattachments.as_ref().map_or(0, |list| list.data.len());
            let one = matches!(attachment.media_type.as_deref(), Some("photo" | "video" | "album"));
            several.max(usize::from(one))
        });
        shown.sum()
    }

    /// Compares it with what a job would have made.
    pub(super) fn listed(self, job: &Job<'_>) -> listing::Listed {
        listing::Listed {
            at: self.created_time.as_deref().and_then(moment),
            fits: self.media() == job.media.len(),
            receipt: receipt_of(&self.id, self.permalink_url.as_deref(), job.media),
            text: self.message.unwrap_or_default(),
        }
    }
}

impl<T> Listing<T> {
    /// Returns where the next page begins, if there is one.
    fn after(&self) -> Option<String> {
        let paging = self.paging.as_ref().filter(|paging| paging.next.is_some())?;
        paging.cursors.as_ref()?.after.clone()
    }
}

/// Reads the answer to an upload.
pub(super) fn made(response: &Response) -> Result<Made, NetworkError> {
    read(response)
}

/// Reads the answer to publishing.
pub(super) fn receipt(response: &Response, media: &[PreparedMedia]) -> Result<Receipt, NetworkError> {
    let made: Made = read(response)?;
    Ok(receipt_of(&made.id, made.permalink_url.as_deref(), media))
}

/// Reads a page of a listing: its posts as `listed` tells them, and where the next page begins.
pub(super) fn page<T: DeserializeOwned>(
    response: &Response,
    listed: impl Fn(T) -> Option<listing::Listed>,
) -> Result<(Vec<listing::Listed>, Option<String>), NetworkError> {
    let page: Listing<T> = read(response)?;
    let after = page.after();
    Ok((page.data.into_iter().filter_map(listed).collect(), after))
}

/// Reads whose token it is.
pub(super) fn me(response: &Response) -> Result<Me, NetworkError> {
    read(response)
}

/// Reads what a token may do; nothing where the server doesn't tell.
pub(super) fn token(response: &Response) -> Token {
    let Ok(Told { data }) = read(response) else { return Token::default() };
    let expires = (data.expires_at > 0).then(|| Timestamp::from_millis(data.expires_at.saturating_mul(1000)));
    Token { scopes: data.scopes, expires }
}

/// Reads an answer that says no more than whether something was done.
pub(super) fn done(response: &Response) -> Result<(), NetworkError> {
    match read::<Value>(response)?["success"] {
        Value::Bool(false) => {
            Err(NetworkError::new(ErrorKind::Ambiguous, "the answer says that it wasn't done, and not why")
                .detail(response.excerpt()))
        }
        _ => Ok(()),
    }
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    match done(response) {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Describes what was uploaded, so that a change of it is seen.
pub(super) fn files(media: &[PreparedMedia]) -> String {
    let one = |media: &PreparedMedia| {
        let info = &media.info;
        format!("{}:{}:{}x{}:{}", info.kind.extension(), info.bytes, info.width, info.height, media.alt)
    };
    media.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn receipt_of(id: &str, permalink: Option<&str>, media: &[PreparedMedia]) -> Receipt {
    let url = permalink.map_or_else(|| format!("https://www.facebook.com/{id}"), str::to_owned);
    receipt_as(Shape::Post, id, Some(url), media)
}

/// Makes the receipt of what is shown as something.
pub(super) fn receipt_as(shape: Shape, id: &str, url: Option<String>, media: &[PreparedMedia]) -> Receipt {
    let mut extra = shape.kept();
    if !media.is_empty() {
        extra.insert(FILES.to_owned(), files(media));
    }
    Receipt { remote: Remote { id: id.to_owned(), url, extra } }
}

/// Reads a success, or tells what a refusal means.
pub(super) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    // Some errors come under a status that says yes.
    if !response.is_success() || serde_json::from_slice::<Refusal>(&response.body).is_ok() {
        return Err(refusal(response));
    }
    response.json()
}

/// Turns an answer that is no success into an error, by the code in its body.
fn refusal(response: &Response) -> NetworkError {
    let Ok(Refusal { error: told }) = serde_json::from_slice::<Refusal>(&response.body) else {
        return response.refusal(None);
    };
    let words = told.error_user_msg.or(told.message).map(|words| without_code(&words).to_owned());
    let mut error = response.refusal(words);
    error.kind = match (told.code, told.error_subcode) {
        _ if response.status >= 500 || told.is_transient => ErrorKind::Ambiguous,
        // The photo is at fault, whatever the code says.
        (_, 1_366_046) => ErrorKind::Refused,
        (1 | 2, _) => ErrorKind::Ambiguous,
        (506, _) | (_, 1_366_051) => ErrorKind::Duplicate,
        (4 | 17 | 32 | 341 | 613 | 80_000..=80_014, _) | (_, 1_390_008) => ErrorKind::RateLimited,
        (102 | 190, _) => ErrorKind::SignedOut,
        // Each asks something of a person: a permission, a proof of who they are, or patience with a block.
        (3 | 10 | 200..=299 | 368, _) | (_, 1_404_078 | 4_854_002 | 1_346_003) => ErrorKind::Forbidden,
        (100, 33) | (803, _) => ErrorKind::NotFound,
        (2635, _) => ErrorKind::Misconfigured,
        _ if response.status == 400 || response.is_success() => ErrorKind::Refused,
        _ => error.kind,
    };
    error.wait = error.wait.or_else(|| regained(response));
    error
}

/// Takes the code off the beginning of the server's words.
fn without_code(words: &str) -> &str {
    match words.strip_prefix("(#").and_then(|rest| rest.split_once(") ")) {
        Some((code, rest)) if code.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, code: i64, subcode: i64, kind: ErrorKind) {
        let body = format!(r#"{{"error":{{"message":"(#{code}) Words","code":{code},"error_subcode":{subcode}}}}}"#);
        let error = receipt(&response(status, &body), &[]).expect_err("a refusal");
        assert_eq!((error.kind, error.message.as_str()), (kind, "Words"), "{code}/{subcode}");
    }

    #[test]
    fn codes_tell_what_a_refusal_means() {
        check(500, 1, 0, ErrorKind::Ambiguous);
        check(400, 2, 0, ErrorKind::Ambiguous);
        check(500, 100, 0, ErrorKind::Ambiguous);
        check(400, 1, 1_366_046, ErrorKind::Refused);
        check(400, 4, 0, ErrorKind::RateLimited);
        check(400, 80_001, 0, ErrorKind::RateLimited);
        check(400, 100, 1_390_008, ErrorKind::RateLimited);
        check(400, 190, 463, ErrorKind::SignedOut);
        check(403, 200, 0, ErrorKind::Forbidden);
        check(400, 368, 0, ErrorKind::Forbidden);
        check(400, 100, 1_404_078, ErrorKind::Forbidden);
        check(400, 506, 0, ErrorKind::Duplicate);
        check(400, 324, 1_366_051, ErrorKind::Duplicate);
        check(400, 100, 33, ErrorKind::NotFound);
        check(400, 100, 0, ErrorKind::Refused);
        check(200, 100, 0, ErrorKind::Refused);
        check(400, 9_999, 0, ErrorKind::Refused);
    }

    #[test]
    fn what_is_called_transient_may_have_happened() {
        let body = r#"{"error":{"message":"later","code":99,"is_transient":true}}"#;
        assert_eq!(done(&response(400, body)).expect_err("a refusal").kind, ErrorKind::Ambiguous);
    }

    #[test]
    fn a_wait_is_the_longest_that_is_told() {
        let usage = r#"{"77":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":3},{"estimated_time_to_regain_access":19}]}"#;
        let mut response = response(400, r#"{"error":{"message":"(#80001) Too many","code":80001}}"#);
        response.headers.push(("x-business-use-case-usage".to_owned(), usage.to_owned()));
        let error = done(&response).expect_err("a refusal");
        assert_eq!((error.kind, error.wait), (ErrorKind::RateLimited, Some(Duration::from_secs(19 * 60))));
    }

    #[test]
    fn a_token_without_an_end_has_none() {
        let told = |expires: i64| {
            token(&response(200, &format!(r#"{{"data":{{"scopes":["a"],"expires_at":{expires}}}}}"#))).expires
        };
        assert_eq!(told(0), None);
        assert_eq!(told(1_800_000_000), Some(Timestamp::from_millis(1_800_000_000_000)));
        assert_eq!(token(&response(400, "{}")), Token::default());
    }

    #[test]
    fn what_is_gone_is_deleted() {
        let gone = r#"{"error":{"message":"Unsupported delete request.","code":100,"error_subcode":33}}"#;
        assert_eq!(deleted(&response(400, gone)), Ok(()));
        assert_eq!(deleted(&response(200, r#"{"success":true}"#)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let response = Response { status, headers: vec![("x-business-use-case-usage".to_owned(), String::from_utf8_lossy(&body).into_owned())], body };
            let _ = (receipt(&response, &[]), read::<Listing<Listed>>(&response), me(&response), token(&response), deleted(&response));
        }
    }
}
