//! What the twins of Meta's networks have in common: the envelope of refusals, containers that are made ready in their own time, and
//! pages of listings.

use crate::{
    fixtures,
    twin::{CLIENT_SECRET, CODE, LiveMedia, TwinRequest, json},
};
use masthead::{
    model::{MediaKind, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Where a person is sent back to.
pub(super) const REDIRECT: &str = "http://127.0.0.1:8910/";
/// How long it takes to make a video ready.
const PROCESSING: Duration = Duration::from_secs(12);
/// How long a container lasts.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// A refusal: the status, code and subcode, and the words.
pub(super) struct Refusal(pub(super) u16, pub(super) i64, pub(super) i64, pub(super) String);

pub(super) fn refuse<T>(status: u16, code: i64, subcode: i64, words: &str) -> Result<T, Refusal> {
    Err(Refusal(status, code, subcode, words.to_owned()))
}

/// Refuses a parameter.
pub(super) fn invalid<T>(words: &str) -> Result<T, Refusal> {
    refuse(400, 100, 0, words)
}

/// Says that nothing has an id, as Graph does.
pub(super) fn unknown<T>(id: &str) -> Result<T, Refusal> {
    let words = format!(
        "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not \
         support this operation"
    );
    refuse(400, 100, 33, &words)
}

/// Writes an answer.
pub(super) fn respond(request: &TwinRequest, outcome: Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(body) => json(request, 200, &body),
        Err(Refusal(status, code, subcode, message)) => {
            let kind = if code == 190 { "OAuthException" } else { "GraphMethodException" };
            let mut error = json!({ "message": message, "type": kind, "code": code, "fbtrace_id": "AXyZ" });
            if subcode != 0 {
                error["error_subcode"] = subcode.into();
            }
            json(request, status, &json!({ "error": error }))
        }
    }
}

/// What a code is exchanged for first.
const SHORT: &str = "canary-meta-short-41d7";

/// Lets a code in, and lengthens what it gives to the account's token; none if something else is asked. `listed` is whether the
/// first token comes in a list.
pub(super) fn log_in(request: &TwinRequest, token: &str, grant: &str, listed: bool) -> Option<Result<Value, Refusal>> {
    let fields = request.fields();
    let is = |name: &str, value: &str| fields.get(name).is_some_and(|there| there == value);
    let asks = |name: &str, value: &str| request.query(name).as_deref() == Some(value);
    Some(match (request.method, request.path()) {
        (Method::Post, "/oauth/access_token") => {
            let is_ours = is("client_id", "trial-client") && is("client_secret", CLIENT_SECRET);
            let is_good = is("code", CODE) && is("redirect_uri", REDIRECT) && is("grant_type", "authorization_code");
            let told = json!({ "access_token": SHORT, "user_id": "17841400000000001" });
            match (is_ours && is_good, listed) {
                (false, _) => refuse(400, 1, 0, "Error validating verification code."),
                (true, true) => Ok(json!({ "data": [told] })),
                (true, false) => Ok(told),
            }
        }
        (Method::Get, "/access_token") => {
            let is_good =
                asks("grant_type", grant) && asks("client_secret", CLIENT_SECRET) && asks("access_token", SHORT);
            match is_good {
                true => Ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": 5_183_944 })),
                false => refuse(400, 190, 0, "Invalid OAuth access token."),
            }
        }
        _ => return None,
    })
}

/// Fetches a file from its public address and looks what it is.
pub(super) fn fetch(request: &TwinRequest, url: &str, kinds: &[MediaKind], alt: &str) -> Result<LiveMedia, String> {
    let Some(bytes) = request.hosted(url) else { return Err("FAILED_DOWNLOADING_MEDIA".to_owned()) };
    match fixtures::sniff(bytes).filter(|kind| kinds.contains(kind)) {
        Some(kind) => Ok(LiveMedia { kind, bytes: bytes.len(), alt: alt.to_owned() }),
        None => Err("INVALID_FORMAT".to_owned()),
    }
}

/// What a container's state is.
pub(super) fn state(
    made: Timestamp,
    now: Timestamp,
    is_video: bool,
    published: bool,
    failed: Option<&str>,
) -> &'static str {
    if published {
        "PUBLISHED"
    } else if failed.is_some() {
        "ERROR"
    } else if now > made.plus(LASTS) {
        "EXPIRED"
    } else if is_video && now < made.plus(PROCESSING) {
        "IN_PROGRESS"
    } else {
        "FINISHED"
    }
}

/// Cuts a page out of a listing, newest first.
pub(super) fn page(request: &TwinRequest, all: Vec<Value>) -> Value {
    let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
    let (start, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(25).min(100));
    let end = (start + limit).min(all.len());
    let data: Vec<Value> = all.get(start..end).unwrap_or_default().to_vec();
    match data.is_empty() {
        true => json!({ "data": data }),
        false if end < all.len() => json!({ "data": data, "paging": { "cursors": { "after": end.to_string() } } }),
        false => json!({ "data": data, "paging": { "cursors": { "before": "0" } } }),
    }
}

/// Writes a time as Graph does.
pub(super) fn written(at: Timestamp) -> String {
    at.rfc3339_in(masthead::model::Zone::UTC).replace('Z', "+0000").replace("+00:00", "+0000")
}
