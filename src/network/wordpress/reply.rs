//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use crate::network::{
    ErrorKind, NetworkError, Response,
    article::{self, Mark},
    one_line,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A post, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Written")]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) status: String,
    pub(super) link: String,
    title: String,
    content: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Written {
    id: u64,
    slug: String,
    status: String,
    link: String,
    #[serde(default)]
    title: Text,
    #[serde(default)]
    content: Text,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Text {
    /// As it was written: only those who may edit see it.
    #[serde(default)]
    raw: String,
}

/// An uploaded file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Upload {
    pub(super) id: u64,
    pub(super) source_url: String,
}

/// A tag or a category.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Term {
    pub(super) id: u64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    slug: String,
}

/// Who we are.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Me {
    pub(super) username: String,
    #[serde(default)]
    pub(super) capabilities: BTreeMap<String, bool>,
}

/// What the site is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Index {
    pub(super) name: String,
    #[serde(default)]
    namespaces: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<RefusalData>,
}

#[derive(Clone, Debug, Deserialize)]
struct RefusalData {
    #[serde(default)]
    term_id: Option<u64>,
}

impl From<Written> for Post {
    fn from(written: Written) -> Self {
        let Written { id, slug, status, link, title, content } = written;
        Self { id: id.to_string(), slug, status, link, title: title.raw, content: content.raw }
    }
}

impl Post {
    /// Returns whether nobody but those who write there can see it.
    pub(super) fn is_draft(&self) -> bool {
        matches!(self.status.as_str(), "draft" | "auto-draft" | "pending")
    }

    /// Returns the mark that it carries.
    pub(super) fn mark(&self) -> Option<Mark> {
        Mark::find(&self.content)
    }

    /// Returns the [`article::essence`] of what it says.
    pub(super) fn essence(&self) -> String {
        article::essence(&self.title, &self.content)
    }
}

impl Term {
    /// Returns whether it goes by a name, or by a slug.
    pub(super) fn is_called(&self, name: &str) -> bool {
        // Names come escaped, and case makes no other term.
        let plain = self.name.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        plain.to_lowercase() == name.to_lowercase() || self.slug == name
    }
}

/// Turns an answer that is no success into an error.
///
/// WordPress itself answers in JSON; what stands before it, a firewall or a cache, with pages.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let Some(said) = serde_json::from_slice::<Refusal>(&response.body).ok() else {
        let mut error = response.refusal(None);
        if error.kind == ErrorKind::NotFound {
            error.kind = ErrorKind::Misconfigured;
            error.message =
                "there is no WordPress at the account's `endpoint`, or its REST API is turned off".to_owned();
        } else if error.kind == ErrorKind::Forbidden {
            error.message =
                "something before WordPress refuses the request: a firewall or a security plugin".to_owned();
        }
        return error;
    };
    let mut error = response.refusal(Some(format!("{} (`{}`)", one_line(&said.message), said.code)));
    match said.code.as_str() {
        "rest_no_route" => error.kind = ErrorKind::Misconfigured,
        // The status is 500 for files that it doesn't take, too.
        code if code.starts_with("rest_upload_") => error.kind = ErrorKind::Refused,
        "rest_cannot_create" | "rest_cannot_edit" | "rest_not_logged_in" if response.status == 401 => {
            error.message.push_str("; if the password is right, the web server doesn't pass `Authorization` on");
        }
        _ => {}
    }
    error
}

fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Reads a post.
pub(super) fn post(response: &Response) -> Result<Post, NetworkError> {
    read(response)
}

/// Reads a list of posts.
pub(super) fn posts(response: &Response) -> Result<Vec<Post>, NetworkError> {
    read(response)
}

/// Reads the answer to an upload.
pub(super) fn upload(response: &Response) -> Result<Upload, NetworkError> {
    read(response)
}

/// Reads a list of uploads.
pub(super) fn uploads(response: &Response) -> Result<Vec<Upload>, NetworkError> {
    read(response)
}

/// Reads a list of terms.
pub(super) fn terms(response: &Response) -> Result<Vec<Term>, NetworkError> {
    read(response)
}

/// Reads the answer to making a term: the id of the new one, or of the one that is there.
pub(super) fn term(response: &Response, name: &str) -> Result<u64, NetworkError> {
    if response.is_success() {
        return response.json::<Term>().map(|term| term.id);
    }
    let known = serde_json::from_slice::<Refusal>(&response.body).ok().filter(|said| said.code == "term_exists");
    if let Some(id) = known.and_then(|said| said.data?.term_id) {
        return Ok(id);
    }
    let mut error = refusal(response);
    if error.kind == ErrorKind::Forbidden {
        error.message = format!("the site has no `{name}`, and the account may not make it: {}", error.message);
    }
    Err(error)
}

/// Reads who we are.
pub(super) fn me(response: &Response) -> Result<Me, NetworkError> {
    read(response)
}

/// Reads what the site is.
pub(super) fn index(response: &Response) -> Result<Index, NetworkError> {
    let index: Index = read(response)?;
    if index.namespaces.iter().any(|name| name == "wp/v2") {
        return Ok(index);
    }
    Err(NetworkError::new(ErrorKind::Misconfigured, "the site's REST API has no `wp/v2`: it is turned off, or too old"))
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    if response.is_success() {
        return response.json::<serde_json::Value>().map(drop);
    }
    let error = refusal(response);
    if error.kind == ErrorKind::NotFound { Ok(()) } else { Err(error) }
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
    fn refusals_speak_the_networks_words() {
        let said =
            |code: &str, words: &str| format!(r#"{{"code":"{code}","message":"{words}","data":{{"status":0}}}}"#);
        check(403, &said("rest_cannot_publish", "Sorry."), ErrorKind::Forbidden, "Sorry. (`rest_cannot_publish`)");
        check(404, &said("rest_no_route", "No route."), ErrorKind::Misconfigured, "No route. (`rest_no_route`)");
        check(404, &said("rest_post_invalid_id", "Invalid."), ErrorKind::NotFound, "Invalid. (`rest_post_invalid_id`)");
        let upload = said("rest_upload_unknown_error", "Not allowed.");
        check(500, &upload, ErrorKind::Refused, "Not allowed. (`rest_upload_unknown_error`)");
        check(500, &said("db_insert_error", "No."), ErrorKind::Ambiguous, "No. (`db_insert_error`)");
        check(
            401,
            &said("rest_not_logged_in", "Log in."),
            ErrorKind::SignedOut,
            "Log in. (`rest_not_logged_in`); if the password is right, the web server doesn't pass `Authorization` on",
        );
    }

    #[test]
    fn pages_are_no_words_of_wordpress() {
        let page = "<html><h1>Blocked</h1></html>";
        let firewall = "something before WordPress refuses the request: a firewall or a security plugin";
        check(403, page, ErrorKind::Forbidden, firewall);
        let nothing = "there is no WordPress at the account's `endpoint`, or its REST API is turned off";
        check(404, page, ErrorKind::Misconfigured, nothing);
        check(503, page, ErrorKind::Ambiguous, "the server answered 503");
        assert_eq!(post(&response(200, page)).expect_err("a page").kind, ErrorKind::Unreadable);
    }

    #[test]
    fn a_term_that_is_there_is_as_good_as_a_new_one() {
        let there = r#"{"code":"term_exists","message":"It exists.","data":{"status":400,"term_id":3}}"#;
        assert_eq!(term(&response(400, there), "x"), Ok(3));
        assert_eq!(term(&response(201, r#"{"id":4}"#), "x"), Ok(4));
        let not_ours = r#"{"code":"rest_cannot_create","message":"Sorry.","data":{"status":403}}"#;
        let error = term(&response(403, not_ours), "News").expect_err("not allowed");
        assert_eq!(
            error.message,
            "the site has no `News`, and the account may not make it: Sorry. (`rest_cannot_create`)"
        );
    }

    #[test]
    fn what_is_gone_counts_as_deleted() {
        assert_eq!(deleted(&response(410, r#"{"code":"rest_already_trashed","message":""}"#)), Ok(()));
        assert_eq!(deleted(&response(404, r#"{"code":"rest_post_invalid_id","message":""}"#)), Ok(()));
        let nowhere = deleted(&response(404, r#"{"code":"rest_no_route","message":""}"#));
        assert_eq!(nowhere.expect_err("not there").kind, ErrorKind::Misconfigured);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status in 0u16..700, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let response = Response { status, headers: Vec::new(), body };
            let _ = (refusal(&response), deleted(&response), upload(&response), uploads(&response), index(&response));
            let _ = (term(&response, "x"), terms(&response), me(&response), posts(&response));
            let _ = post(&response).map(|post| (post.mark(), post.essence(), post.is_draft()));
        }
    }
}
