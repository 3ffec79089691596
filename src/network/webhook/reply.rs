//! The answers of receivers, which may be anything. Pure, and none panics on any bytes.

use crate::network::{ErrorKind, NetworkError, Response};
use serde::Deserialize;
use serde_json::Value;

/// What a receiver may say of what it made of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    /// What it calls it.
    pub(super) id: Option<String>,
    /// Where it can be seen.
    pub(super) url: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    url: Value,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    error: Value,
    #[serde(default)]
    message: Value,
}

/// The longest id that is kept.
const LONGEST_ID: usize = 200;

/// Reads an answer. Any 2xx means that the event was taken, with an empty body or a word; a page is none, since it comes from
/// something else on the way.
pub(super) fn taken(response: &Response) -> Result<Made, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let body = response.body.trim_ascii();
    if body.starts_with(b"<") {
        let message = "a page came back instead of a receiver's answer";
        return Err(NetworkError::new(ErrorKind::Unreadable, message).detail(response.excerpt()));
    }
    let Ok(told) = serde_json::from_slice::<Told>(body) else { return Ok(Made::default()) };
    let id = match told.id {
        Value::String(id) => Some(id).filter(|id| is_plain(id)),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    let url = told.url.as_str().filter(|url| crate::text::is_web(url) && !url.contains(char::is_control));
    Ok(Made { id, url: url.map(str::to_owned) })
}

/// Turns an answer that is no success into an error.
fn refusal(response: &Response) -> NetworkError {
    let complaint = serde_json::from_slice::<Complaint>(&response.body).ok();
    let words = complaint.and_then(|it| it.message.as_str().or(it.error.as_str()).map(str::to_owned));
    let mut error = response.refusal(words);
    if response.status == 410 {
        error.kind = ErrorKind::Misconfigured;
        "the receiver says that its endpoint is gone for good".clone_into(&mut error.message);
    }
    error
}

fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && !id.contains(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(body: &str, id: Option<&str>, url: Option<&str>) {
        let made = taken(&response(200, body)).expect("taken");
        assert_eq!((made.id.as_deref(), made.url.as_deref()), (id, url), "{body}");
    }

    #[test]
    fn a_receiver_may_name_what_it_made() {
        check(r#"{"id":"p-1","url":"https://acme.example/p/1"}"#, Some("p-1"), Some("https://acme.example/p/1"));
        check(r#"{"id":17}"#, Some("17"), None);
        check(r#"{"url":"javascript:alert(1)","id":null}"#, None, None);
        check(r#"{"id":"","status":"ok"}"#, None, None);
    }

    #[test]
    fn a_receiver_may_say_nothing() {
        check("", None, None);
        check("ok", None, None);
        check("[]", None, None);
    }

    #[test]
    fn a_page_is_no_answer() {
        let error = taken(&response(200, "\n<!doctype html>Welcome")).expect_err("a page");
        assert_eq!((error.kind, error.detail.as_deref()), (ErrorKind::Unreadable, Some("<!doctype html>Welcome")));
    }

    #[track_caller]
    fn check_refusal(status: u16, body: &str, kind: ErrorKind, message: &str) {
        let error = taken(&response(status, body)).expect_err("refused");
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn refusals_speak_the_receivers_words() {
        check_refusal(422, r#"{"error":"no such topic"}"#, ErrorKind::Refused, "no such topic");
        check_refusal(400, r#"{"error":true,"message":"bad\nsignature"}"#, ErrorKind::Refused, "bad signature");
        check_refusal(400, "nope", ErrorKind::Refused, "the server answered 400");
        check_refusal(410, "", ErrorKind::Misconfigured, "the receiver says that its endpoint is gone for good");
        check_refusal(302, "", ErrorKind::Misconfigured, "the server answered 302");
        check_refusal(504, "", ErrorKind::Ambiguous, "the server answered 504");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = taken(&Response { status, headers: Vec::new(), body });
        }
    }
}
