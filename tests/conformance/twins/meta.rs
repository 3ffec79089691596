//! What the twins of Meta's networks have in common: the envelope of refusals, containers that are made ready in their own time, and
//! pages of listings.

use crate::{
    fixtures,
    twin::{LiveMedia, TwinRequest, json},
};
use masthead::{
    model::{MediaKind, Timestamp},
    network::Response,
};
use serde_json::{Value, json};
use std::time::Duration;

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
