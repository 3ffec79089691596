//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::address;
use crate::{
    model::{MEDIA_IDS, Remote},
    network::{ErrorKind, NetworkError, PreparedMedia, Receipt, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, time::Duration};

/// Where [`Remote::extra`] keeps the number of the chat.
pub(super) const CHAT: &str = "chat";
/// Where it keeps the ids of an album, all of them.
pub(super) const MESSAGES: &str = "messages";
/// Where it keeps what sort of message it is.
pub(super) const FORM: &str = "form";
/// Where it keeps what was uploaded, so that a change of it is seen.
pub(super) const FILES: &str = "files";

/// The id that stands for none: the message was taken, but will be sent later.
pub(super) const UNKNOWN: &str = "0";

/// A sort of message; each is changed in a way of its own, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Media,
    Poll,
    Forward,
}

/// Who we are.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Me {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// A chat.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) username: Option<String>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
}

/// What we may do in a chat. What isn't told isn't allowed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Member {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) can_post_messages: bool,
    #[serde(default)]
    pub(super) can_edit_messages: bool,
    #[serde(default)]
    pub(super) can_delete_messages: bool,
}

/// A message, as the answer to sending one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    message_id: u64,
    chat: Chat,
}

#[derive(Deserialize)]
struct Envelope<T> {
    ok: bool,
    #[serde(default = "none")]
    result: Option<T>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    retry_after: Option<u64>,
    #[serde(default)]
    migrate_to_chat_id: Option<i64>,
}

fn none<T>() -> Option<T> {
    None
}

impl Form {
    const ALL: [Self; 4] = [Self::Text, Self::Media, Self::Poll, Self::Forward];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Media => "media",
            Self::Poll => "poll",
            Self::Forward => "forward",
        }
    }

    /// Returns what sort of message was published. Of one that was adopted by its address nothing is known; it is taken for
    /// text.
    pub(super) fn of(remote: &Remote) -> Self {
        let written = remote.extra.get(FORM);
        Self::ALL.into_iter().find(|form| written.is_some_and(|word| word == form.as_str())).unwrap_or(Self::Text)
    }
}

/// Reads an answer that holds something.
pub(super) fn result<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let envelope: Envelope<T> = response.json()?;
    match envelope.result {
        Some(result) if envelope.ok => Ok(result),
        _ => Err(refusal(response)),
    }
}

/// Reads the answer to sending one message.
pub(super) fn sent(response: &Response, form: Form, media: &[PreparedMedia]) -> Result<Receipt, NetworkError> {
    let message: Message = result(response)?;
    Ok(receipt(&[message], form, media))
}

/// Reads the answer to sending an album: a message for each of its images.
pub(super) fn sent_album(response: &Response, media: &[PreparedMedia]) -> Result<Receipt, NetworkError> {
    let messages: Vec<Message> = result(response)?;
    if messages.is_empty() {
        return Err(NetworkError::new(ErrorKind::Unreadable, "the answer names no message").detail(response.excerpt()));
    }
    Ok(receipt(&messages, Form::Media, media))
}

/// Reads the answer to a change. One that changes nothing is as good.
pub(super) fn changed(response: &Response) -> Result<(), NetworkError> {
    let error = match result::<serde_json::Value>(response) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if error.message.to_lowercase().contains("message is not modified") { Ok(()) } else { Err(error) }
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    let error = match result::<bool>(response) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if error.message.to_lowercase().contains("message to delete not found") { Ok(()) } else { Err(error) }
}

/// Describes what was uploaded, so that a change of it is seen.
pub(super) fn files(media: &[PreparedMedia]) -> String {
    let one = |media: &PreparedMedia| {
        let info = &media.info;
        format!("{}:{}:{}x{}", info.kind.extension(), info.bytes, info.width, info.height)
    };
    media.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Turns an answer that is no success into an error.
fn refusal(response: &Response) -> NetworkError {
    let Ok(told) = serde_json::from_slice::<Refusal>(&response.body) else { return response.refusal(None) };
    let says = |words: &str| {
        ["Bad Request: ", "Forbidden: "].iter().find_map(|kind| words.strip_prefix(kind)).unwrap_or(words).to_owned()
    };
    let words = told.description.as_deref().map(says);
    let said = words.as_deref().unwrap_or_default().to_lowercase();
    let mut error = match told.error_code.filter(|_| response.is_success()) {
        // A proxy may have made a success of it.
        Some(status) => Response { status, ..response.clone() }.refusal(words),
        None => response.refusal(words),
    };
    error.wait = told.parameters.retry_after.map(Duration::from_secs).or(error.wait);
    if let Some(chat) = told.parameters.migrate_to_chat_id {
        error.kind = ErrorKind::Misconfigured;
        error.message = format!("{}: write `handle = \"{chat}\"` in the account", error.message);
    } else if error.kind == ErrorKind::NotFound && said == "not found" {
        // The server knows the methods; what it doesn't know is a token of this form.
        error.kind = ErrorKind::SignedOut;
        "the token has not the form of a bot's token".clone_into(&mut error.message);
    } else if said.contains("chat not found") {
        error.kind = ErrorKind::Misconfigured;
    } else if said.contains("replied") && said.contains("not found") || said.contains("message to forward not found") {
        error.kind = ErrorKind::NotFound;
    } else if said.contains("not enough rights")
        || said.contains("have no rights")
        || said.contains("need administrator")
    {
        error.kind = ErrorKind::Forbidden;
    } else if error.kind == ErrorKind::Duplicate {
        // 409 is about who fetches updates, and says nothing of a post.
        error.kind = ErrorKind::Refused;
    }
    error
}

fn receipt(messages: &[Message], form: Form, media: &[PreparedMedia]) -> Receipt {
    let Some(first) = messages.first() else { return Receipt::default() };
    let chat = &first.chat;
    let ids: Vec<String> = messages.iter().map(|message| message.message_id.to_string()).collect();
    let mut extra =
        BTreeMap::from([(CHAT.to_owned(), chat.id.to_string()), (FORM.to_owned(), form.as_str().to_owned())]);
    if ids.len() > 1 {
        extra.insert(MESSAGES.to_owned(), ids.join(" "));
    }
    if !media.is_empty() {
        extra.insert(FILES.to_owned(), files(media));
        extra.insert(MEDIA_IDS.to_owned(), ids.join(" "));
    }
    let url = match first.message_id {
        0 => None,
        id => address::url(chat.id, chat.username.as_deref(), id),
    };
    Receipt { remote: Remote { id: first.message_id.to_string(), url, extra } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn error(status: u16, description: &str) -> NetworkError {
        let body = format!(r#"{{"ok":false,"error_code":{status},"description":"{description}"}}"#);
        result::<Message>(&response(status, &body)).expect_err("a refusal")
    }

    #[track_caller]
    fn check(status: u16, description: &str, kind: ErrorKind, message: &str) {
        let error = error(status, description);
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn refusals_speak_the_networks_words() {
        check(400, "Bad Request: message is too long", ErrorKind::Refused, "message is too long");
        check(400, "Bad Request: chat not found", ErrorKind::Misconfigured, "chat not found");
        check(
            400,
            "Bad Request: message to be replied not found",
            ErrorKind::NotFound,
            "message to be replied not found",
        );
        check(
            400,
            "Bad Request: not enough rights to send photos to the chat",
            ErrorKind::Forbidden,
            "not enough rights to send photos to the chat",
        );
        check(
            403,
            "Forbidden: bot was kicked from the channel chat",
            ErrorKind::Forbidden,
            "bot was kicked from the channel chat",
        );
        check(401, "Unauthorized", ErrorKind::SignedOut, "Unauthorized");
        check(404, "Not Found", ErrorKind::SignedOut, "the token has not the form of a bot's token");
        check(500, "Internal Server Error", ErrorKind::Ambiguous, "Internal Server Error");
        check(
            409,
            "Conflict: terminated by other getUpdates request",
            ErrorKind::Refused,
            "Conflict: terminated by other getUpdates request",
        );
    }

    #[test]
    fn a_wait_stands_in_the_body() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
        let error = result::<Message>(&response(429, body)).expect_err("a refusal");
        assert_eq!((error.kind, error.wait), (ErrorKind::RateLimited, Some(Duration::from_secs(7))));
    }

    #[test]
    fn a_group_that_moved_says_where_to() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234}}"#;
        let error = result::<Message>(&response(400, body)).expect_err("a refusal");
        assert_eq!(error.kind, ErrorKind::Misconfigured);
        assert!(error.message.ends_with("write `handle = \"-1001234\"` in the account"), "{error}");
    }

    #[test]
    fn a_failure_under_a_success_is_one() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}"#;
        assert_eq!(result::<Message>(&response(200, body)).expect_err("a refusal").kind, ErrorKind::Refused);
    }

    #[test]
    fn an_album_keeps_all_its_ids() {
        let chat = r#"{"id":-1001234,"username":"acme"}"#;
        let body =
            format!(r#"{{"ok":true,"result":[{{"message_id":7,"chat":{chat}}},{{"message_id":8,"chat":{chat}}}]}}"#);
        let remote = sent_album(&response(200, &body), &[]).expect("sent").remote;
        assert_eq!((remote.id.as_str(), remote.url.as_deref()), ("7", Some("https://t.me/acme/7")));
        assert_eq!(remote.extra.get(MESSAGES).map(String::as_str), Some("7 8"));
        let empty = sent_album(&response(200, r#"{"ok":true,"result":[]}"#), &[]).expect_err("no message");
        assert_eq!(empty.kind, ErrorKind::Unreadable);
    }

    #[test]
    fn a_message_that_is_sent_later_has_no_address() {
        let body = r#"{"ok":true,"result":{"message_id":0,"chat":{"id":-1001234,"username":"acme"}}}"#;
        let remote = sent(&response(200, body), Form::Text, &[]).expect("sent").remote;
        assert_eq!((remote.id.as_str(), remote.url), (UNKNOWN, None));
    }

    #[test]
    fn what_is_as_wanted_is_a_success() {
        let same = r#"{"ok":false,"error_code":400,"description":"Bad Request: message is not modified: specified new message content is the same"}"#;
        assert_eq!(changed(&response(400, same)), Ok(()));
        assert_eq!(changed(&response(200, r#"{"ok":true,"result":true}"#)), Ok(()));
        let gone = r#"{"ok":false,"error_code":400,"description":"Bad Request: message to delete not found"}"#;
        assert_eq!(deleted(&response(400, gone)), Ok(()));
        let old = r#"{"ok":false,"error_code":400,"description":"Bad Request: message can't be deleted for everyone"}"#;
        assert_eq!(deleted(&response(400, old)).expect_err("refused").kind, ErrorKind::Refused);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(status in 100_u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let response = Response { status, headers: Vec::new(), body };
            let _ = (sent(&response, Form::Text, &[]), sent_album(&response, &[]), changed(&response), deleted(&response));
        }
    }
}
