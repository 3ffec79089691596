//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::address;
use crate::{
    model::{Remote, Timestamp},
    network::{ErrorKind, NetworkError, Receipt, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The names under which [`Remote::extra`] keeps where a message is.
pub(super) const CHANNEL: &str = "channel";
pub(super) const THREAD: &str = "thread";

/// What Discord's own codes mean, where the status doesn't say it. See
/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json> (read August 2026).
const UNKNOWN_MESSAGE: u64 = 10_008;
const UNKNOWN_WEBHOOK: u64 = 10_015;
const BAD_WEBHOOK_TOKEN: u64 = 50_027;
/// Slow mode, limits on writing to a channel and a server, too many changes of an old message, busy services: later.
const LATER: &[u64] = &[20_016, 20_028, 20_029, 30_046, 40_062, 130_000];

/// A message, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) channel_id: String,
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    pub(super) author: Option<Named>,
    #[serde(default)]
    pub(super) attachments: Vec<Value>,
    #[serde(default)]
    pub(super) message_reference: Option<Referred>,
    #[serde(default)]
    pub(super) poll: Option<Poll>,
}

/// A user or anything else with an id and a name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// What a message answers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Referred {
    #[serde(default)]
    pub(super) message_id: Option<String>,
}

/// A poll.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Poll {
    pub(super) question: Question,
}

/// The question of a poll.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    pub(super) text: Option<String>,
}

/// A channel, or the channel of a webhook.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) guild_id: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: Option<u64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    retry_after: Option<f64>,
}

impl Message {
    /// Makes the receipt of a publication on a server; in a thread of a webhook's channel, if one is named.
    pub(super) fn receipt(&self, guild: Option<&str>, thread: Option<&str>) -> Receipt {
        let mut extra = BTreeMap::from([(CHANNEL.to_owned(), self.channel_id.clone())]);
        extra.extend(thread.map(|thread| (THREAD.to_owned(), thread.to_owned())));
        let url = address::of_message(guild, &self.channel_id, &self.id);
        Receipt { remote: Remote { id: self.id.clone(), url: Some(url), extra } }
    }

    /// Returns when it was made.
    pub(super) fn made(&self) -> Option<Timestamp> {
        address::time_of(&self.id)
    }
}

/// Turns an answer that is no success into an error.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let body: Option<Refusal> = serde_json::from_slice(&response.body).ok();
    let Some(body) = body else { return response.refusal(None) };
    let words = match (body.message.as_deref(), reasons(&body.errors)) {
        (Some(message), reasons) if !reasons.is_empty() => Some(format!("{message}: {}", reasons.join("; "))),
        (message, _) => message.map(str::to_owned),
    };
    let mut error = response.refusal(words);
    match body.code {
        Some(code) if LATER.contains(&code) => error.kind = ErrorKind::RateLimited,
        Some(UNKNOWN_WEBHOOK | BAD_WEBHOOK_TOKEN) => error.kind = ErrorKind::SignedOut,
        Some(_) | None => {}
    }
    if error.kind == ErrorKind::RateLimited && error.wait.is_none() {
        error.wait = body.retry_after.and_then(|wait| Duration::try_from_secs_f64(wait.clamp(0.0, 86_400.0)).ok());
    }
    error
}

/// Reads the answer to publishing or changing.
pub(super) fn message(response: &Response) -> Result<Message, NetworkError> {
    read(response)
}

/// Reads a page of messages.
pub(super) fn page(response: &Response) -> Result<Vec<Message>, NetworkError> {
    read(response)
}

/// Reads who the bot is.
pub(super) fn me(response: &Response) -> Result<Named, NetworkError> {
    read(response)
}

/// Reads what a channel is.
pub(super) fn channel(response: &Response) -> Result<Place, NetworkError> {
    read(response)
}

/// Reads what a webhook is. The answer holds its secret, so no piece of it may get into an error.
pub(super) fn webhook(response: &Response) -> Result<Place, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    serde_json::from_slice(&response.body)
        .map_err(|_| NetworkError::new(ErrorKind::Unreadable, "the answer is not that of a Discord webhook"))
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    let code = || serde_json::from_slice::<Refusal>(&response.body).ok().and_then(|body| body.code);
    if response.is_success() || (response.status == 404 && code() == Some(UNKNOWN_MESSAGE)) {
        return Ok(());
    }
    Err(refusal(response))
}

fn read<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Collects the reasons out of the tree in which Discord tells them, by the names of the fields.
fn reasons(errors: &Value) -> Vec<String> {
    const MOST: usize = 3;
    let mut reasons = Vec::new();
    let mut open = vec![(String::new(), errors)];
    while let Some((path, value)) = open.pop() {
        let Some(fields) = value.as_object() else { continue };
        for (name, value) in fields.iter().rev() {
            match value.as_array() {
                Some(list) if name == "_errors" => reasons.extend(
                    list.iter()
                        .filter_map(|reason| reason["message"].as_str())
                        .map(|reason| if path.is_empty() { reason.to_owned() } else { format!("`{path}`: {reason}") }),
                ),
                Some(_) | None => {
                    open.push((if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value));
                }
            }
        }
    }
    reasons.truncate(MOST);
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(status: u16, body: &str, kind: ErrorKind, message: &str) {
        let error = refusal(&response(status, body));
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn refusals_name_the_fields() {
        let long = r#"{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[
            {"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 2000 or fewer in length."}]}}}"#;
        check(400, long, ErrorKind::Refused, "Invalid Form Body: `content`: Must be 2000 or fewer in length.");
        check(403, r#"{"code":50013,"message":"Missing Permissions"}"#, ErrorKind::Forbidden, "Missing Permissions");
        check(502, "<html>", ErrorKind::Ambiguous, "the server answered 502");
    }

    #[test]
    fn a_webhook_that_is_gone_is_a_credential_that_is_gone() {
        check(404, r#"{"code":10015,"message":"Unknown Webhook"}"#, ErrorKind::SignedOut, "Unknown Webhook");
        check(
            401,
            r#"{"code":50027,"message":"Invalid Webhook Token"}"#,
            ErrorKind::SignedOut,
            "Invalid Webhook Token",
        );
    }

    #[test]
    fn waits_stand_in_the_body_too() {
        let slow = r#"{"code":20016,"message":"This action cannot be performed due to slowmode rate limit.","retry_after":4.5}"#;
        let error = refusal(&response(429, slow));
        assert_eq!((error.kind, error.wait), (ErrorKind::RateLimited, Some(Duration::from_millis(4500))));
        let busy = r#"{"code":130000,"message":"API resource is currently overloaded. Try again a little later"}"#;
        assert_eq!(refusal(&response(503, busy)).kind, ErrorKind::RateLimited);
    }

    #[test]
    fn only_a_message_that_is_gone_counts_as_deleted() {
        assert_eq!(deleted(&response(204, "")), Ok(()));
        assert_eq!(deleted(&response(404, r#"{"code":10008,"message":"Unknown Message"}"#)), Ok(()));
        let error = deleted(&response(404, r#"{"code":10003,"message":"Unknown Channel"}"#)).expect_err("no channel");
        assert_eq!(error.kind, ErrorKind::NotFound);
    }

    #[test]
    fn what_a_webhook_says_of_itself_is_not_repeated() {
        let error = webhook(&response(200, r#"{"guild_id":1,"token":"canary"}"#)).expect_err("a number");
        assert!(!format!("{error:?}").contains("canary"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status in 0u16..700, body in "[\\[\\]{}:,\"a-z0-9_]{0,60}") {
            let response = response(status, &body);
            let _ = (refusal(&response), deleted(&response), page(&response).is_ok(), webhook(&response).is_ok());
            let _ = message(&response).map(|message| (message.receipt(None, None), message.made()));
        }
    }
}
