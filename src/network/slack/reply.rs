//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use super::{address, request::EVENT};
use crate::{
    model::{MEDIA_IDS, Remote},
    network::{ErrorKind, NetworkError, PreparedMedia, Receipt, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// The names under which [`Remote::extra`] keeps where a message is, and what its media were.
pub(super) const CHANNEL: &str = "channel";
pub(super) const THREAD: &str = "thread";
const MEDIA_SEEN: &str = "media_seen";
/// The name under which [`Remote::extra`] keeps what a person should know of the publication.
const NOTE: &str = "note";

/// What every answer says. Failure comes with status 200.
#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    needed: Option<String>,
    #[serde(default)]
    response_metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default)]
    next_cursor: Option<String>,
}

/// Who we are.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Me {
    /// The address of the workspace.
    pub(super) url: String,
    #[serde(default)]
    pub(super) team: Option<String>,
    #[serde(default)]
    pub(super) user: Option<String>,
}

/// What posting and changing answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Posted {
    pub(super) channel: String,
    pub(super) ts: String,
}

/// A page of messages.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    response_metadata: Option<Metadata>,
}

/// A message of a listing, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Message {
    pub(super) ts: String,
    #[serde(default)]
    metadata: Option<Value>,
}

/// Where a file may be sent.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct UploadPlace {
    pub(super) upload_url: String,
    pub(super) file_id: String,
}

#[derive(Deserialize)]
struct ChannelAnswer {
    channel: ChannelInfo,
}

#[derive(Deserialize)]
struct ChannelInfo {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct FileAnswer {
    file: FileInfo,
}

#[derive(Deserialize)]
struct FileInfo {
    #[serde(default)]
    mimetype: Option<String>,
}

impl Page {
    /// Returns where the next page begins.
    pub(super) fn cursor(&self) -> Option<String> {
        let metadata = self.response_metadata.as_ref()?;
        metadata.next_cursor.clone().filter(|cursor| !cursor.is_empty())
    }
}

impl Message {
    /// Returns whether an attempt of ours wrote its key beside it.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let Some(metadata) = &self.metadata else { return false };
        metadata["event_type"] == EVENT && metadata["event_payload"]["key"] == key
    }
}

/// Makes the receipt of a message. `thread` is the one at the head of its thread.
pub(super) fn receipt(
    workspace: &str,
    posted: &Posted,
    thread: Option<&str>,
    files: &[String],
    sent: &[PreparedMedia],
) -> Receipt {
    let mut extra = BTreeMap::from([(CHANNEL.to_owned(), posted.channel.clone())]);
    extra.extend(thread.map(|thread| (THREAD.to_owned(), thread.to_owned())));
    if !files.is_empty() {
        extra.insert(MEDIA_IDS.to_owned(), files.join(" "));
        extra.insert(MEDIA_SEEN.to_owned(), seen(sent));
    }
    let url = address::of_message(workspace, &posted.channel, &posted.ts, thread);
    Receipt { remote: Remote { id: posted.ts.clone(), url: Some(url), extra } }
}

/// Makes the receipt of what a webhook has posted. Slack tells no name for it, so the attempt's own key is its id.
pub(super) fn unnamed(key: &str) -> Receipt {
    let note = "Slack does not tell what a webhook's message is called, nor where it is".to_owned();
    let extra = BTreeMap::from([(NOTE.to_owned(), note)]);
    Receipt { remote: Remote { id: key.to_owned(), url: None, extra } }
}

/// Returns the files of a published message, if they are still those that a draft wants.
pub(super) fn kept_files(remote: &Remote, wanted: &[PreparedMedia]) -> Option<Vec<String>> {
    let ids: Vec<String> = remote.extra.get(MEDIA_IDS)?.split(' ').map(str::to_owned).collect();
    (ids.len() == wanted.len() && *remote.extra.get(MEDIA_SEEN)? == seen(wanted)).then_some(ids)
}

/// Writes what tells one file from another as far as a receipt can keep it.
fn seen(media: &[PreparedMedia]) -> String {
    let marks: Vec<String> =
        media.iter().map(|media| format!("{}:{}", media.info.kind.extension(), media.info.bytes)).collect();
    marks.join(" ")
}

/// Reads an answer; failure under status 200 is an error like any other.
pub(super) fn read<T: DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if !response.is_success() {
        return Err(response.refusal(None));
    }
    let envelope: Envelope = response.json()?;
    if !envelope.ok {
        return Err(refusal(response, &envelope));
    }
    response.json()
}

/// Reads an answer that says nothing but that it is done.
pub(super) fn done(response: &Response) -> Result<(), NetworkError> {
    read::<Value>(response).map(drop)
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    let gone = |envelope: Envelope| !envelope.ok && envelope.error.as_deref() == Some("message_not_found");
    if response.is_success() && serde_json::from_slice(&response.body).is_ok_and(gone) {
        return Ok(());
    }
    done(response)
}

/// Reads the answer to sending a file. It is plain text, and its words are not promised.
pub(super) fn uploaded(response: &Response) -> Result<(), NetworkError> {
    if !response.is_success() {
        return Err(response.refusal(None));
    }
    if response.excerpt().starts_with('<') {
        let error = NetworkError::new(ErrorKind::Unreadable, "the answer to the upload is a web page");
        return Err(error.detail(response.excerpt()));
    }
    Ok(())
}

/// Reads whether a file has been processed: only then is it known what it is.
pub(super) fn is_ready(response: &Response) -> Result<bool, NetworkError> {
    let answer: FileAnswer = read(response)?;
    Ok(answer.file.mimetype.is_some_and(|mime| !mime.is_empty()))
}

/// Reads the name of a channel.
pub(super) fn channel_name(response: &Response) -> Result<Option<String>, NetworkError> {
    let answer: ChannelAnswer = read(response)?;
    Ok(answer.channel.name)
}

/// Reads what a token may do, which stands in a header.
pub(super) fn scopes(response: &Response) -> Vec<String> {
    let scopes = response.header("x-oauth-scopes").unwrap_or_default();
    scopes.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect()
}

/// Reads the answer of a webhook: `ok`, or a word for what is wrong.
pub(super) fn hooked(response: &Response) -> Result<(), NetworkError> {
    let word = response.excerpt();
    if response.is_success() {
        let unreadable = || NetworkError::new(ErrorKind::Unreadable, "the answer is not that of a Slack webhook");
        return if word == "ok" { Ok(()) } else { Err(unreadable().detail(word)) };
    }
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let mut error = response.refusal(is_word.then(|| format!("Slack says `{word}`")));
    if response.status < 500 && response.status != 429 && is_word {
        error.kind = match word.as_str() {
            "invalid_token" | "no_service" | "no_service_id" | "no_active_hooks" | "no_team" | "team_disabled" => {
                ErrorKind::SignedOut
            }
            word => kind_of(word),
        };
    }
    error.wait = response.wait(None);
    Err(error)
}

fn refusal(response: &Response, envelope: &Envelope) -> NetworkError {
    let word = envelope.error.as_deref().unwrap_or("no reason");
    let mut message = format!("Slack says `{word}`");
    if let Some(needed) = &envelope.needed {
        message.push_str(&format!(": the token lacks `{needed}`"));
    }
    let reason = envelope.response_metadata.as_ref().and_then(|metadata| metadata.messages.first());
    if let Some(reason) = reason {
        message.push_str(&format!(": {reason}"));
    }
    let mut error = NetworkError::new(kind_of(word), message).detail(response.excerpt());
    error.wait = response.wait(None);
    error
}

/// Returns what Slack's words mean. See the errors of <https://docs.slack.dev/reference/methods/chat.postMessage>.
fn kind_of(word: &str) -> ErrorKind {
    match word {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => ErrorKind::SignedOut,
        "ratelimited" | "rate_limited" => ErrorKind::RateLimited,
        "service_unavailable" | "request_timeout" | "team_added_to_org" => ErrorKind::NotReady,
        "internal_error" | "fatal_error" => ErrorKind::Ambiguous,
        "channel_not_found" | "message_not_found" | "thread_not_found" | "user_not_found" | "file_not_found" => {
            ErrorKind::NotFound
        }
        "missing_scope"
        | "not_in_channel"
        | "no_permission"
        | "not_allowed_token_type"
        | "access_denied"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "cant_update_message"
        | "cant_delete_message"
        | "edit_window_closed"
        | "action_prohibited"
        | "posting_to_general_channel_denied" => ErrorKind::Forbidden,
        word if word.starts_with("restricted_action") => ErrorKind::Forbidden,
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[track_caller]
    fn check(body: &str, kind: ErrorKind, message: &str) {
        let error = done(&response(200, body)).expect_err("a failure under status 200");
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn failure_comes_with_status_200() {
        check(r#"{"ok":false,"error":"invalid_auth"}"#, ErrorKind::SignedOut, "Slack says `invalid_auth`");
        check(r#"{"ok":false,"error":"internal_error"}"#, ErrorKind::Ambiguous, "Slack says `internal_error`");
        check(
            r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"x"}"#,
            ErrorKind::Forbidden,
            "Slack says `missing_scope`: the token lacks `chat:write`",
        );
        check(
            r#"{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] invalid slack file"]}}"#,
            ErrorKind::Refused,
            "Slack says `invalid_blocks`: [ERROR] invalid slack file",
        );
        assert_eq!(done(&response(200, "{}")).expect_err("no `ok`").kind, ErrorKind::Unreadable);
    }

    #[test]
    fn what_is_gone_counts_as_deleted() {
        assert_eq!(deleted(&response(200, r#"{"ok":false,"error":"message_not_found"}"#)), Ok(()));
        let error = deleted(&response(200, r#"{"ok":false,"error":"cant_delete_message"}"#)).expect_err("not ours");
        assert_eq!(error.kind, ErrorKind::Forbidden);
    }

    #[test]
    fn a_webhook_speaks_in_words() {
        assert_eq!(hooked(&response(200, "ok")), Ok(()));
        for (status, word, kind) in [
            (404, "no_service", ErrorKind::SignedOut),
            (403, "action_prohibited", ErrorKind::Forbidden),
            (404, "channel_not_found", ErrorKind::NotFound),
            (410, "channel_is_archived", ErrorKind::Refused),
            (400, "invalid_payload", ErrorKind::Refused),
            (500, "rollup_error", ErrorKind::Ambiguous),
            (200, "fine", ErrorKind::Unreadable),
        ] {
            assert_eq!(hooked(&response(status, word)).expect_err(word).kind, kind, "{word}");
        }
    }

    #[test]
    fn our_key_is_found() {
        let body = r#"{"ok":true,"messages":[{"ts":"1.2","metadata":{"event_type":"masthead_post","event_payload":{"key":"k"}}}]}"#;
        let page: Page = read(&response(200, body)).expect("a page");
        assert!(page.messages[0].has_key("k"));
        assert!(!page.messages[0].has_key("other"));
        assert_eq!(page.cursor(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status in 0u16..700, body in "[\\[\\]{}:,\"a-z0-9_]{0,60}") {
            let response = response(status, &body);
            let _ = (done(&response), deleted(&response), hooked(&response), uploaded(&response), is_ready(&response));
            let _ = (read::<Page>(&response).is_ok(), read::<Me>(&response).is_ok(), scopes(&response));
        }
    }
}
