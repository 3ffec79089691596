//! The answers: one parser each, and what a refusal means. Pure, and none panics on any bytes.

use crate::network::{
    ErrorKind, NetworkError, Response,
    article::{self, Mark},
};
use serde::Deserialize;

/// A post, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) status: String,
    pub(super) url: String,
    pub(super) updated_at: String,
    #[serde(default)]
    pub(super) email: Option<Email>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    html: Option<String>,
    #[serde(default)]
    codeinjection_head: Option<String>,
}

/// The e-mail of a post.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Email {
    pub(super) status: String,
    #[serde(default)]
    pub(super) recipient_filter: String,
}

/// What the blog is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Site {
    pub(super) title: String,
    pub(super) version: String,
}

#[derive(Deserialize)]
struct Posts {
    posts: Vec<Post>,
}

#[derive(Deserialize)]
struct SiteAnswer {
    site: Site,
}

#[derive(Deserialize)]
struct Newsletters {
    newsletters: Vec<Newsletter>,
}

#[derive(Deserialize)]
struct Newsletter {
    slug: String,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Uploads {
    #[serde(default, alias = "media")]
    images: Vec<Upload>,
}

#[derive(Deserialize)]
struct Upload {
    url: String,
}

#[derive(Deserialize)]
struct Refusals {
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
    #[serde(default)]
    context: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

impl Post {
    /// Returns whether nobody but those who write there can see it.
    pub(super) fn is_draft(&self) -> bool {
        self.status == "draft"
    }

    /// Returns the mark that it carries.
    pub(super) fn mark(&self) -> Option<Mark> {
        Mark::find(self.codeinjection_head.as_deref()?)
    }

    /// Returns the [`article::essence`] of what it says.
    pub(super) fn essence(&self) -> String {
        article::essence(self.title.as_deref().unwrap_or_default(), self.html.as_deref().unwrap_or_default())
    }
}

/// Turns an answer that is no success into an error.
pub(super) fn refusal(response: &Response) -> NetworkError {
    let said = serde_json::from_slice::<Refusals>(&response.body).ok().and_then(|said| said.errors.into_iter().next());
    let Some(said) = said else {
        let mut error = response.refusal(None);
        if error.kind == ErrorKind::NotFound {
            error.kind = ErrorKind::Misconfigured;
            error.message = "there is no Ghost at the account's `endpoint`".to_owned();
        }
        return error;
    };
    let words = match said.context.filter(|context| *context != said.message && !context.is_empty()) {
        Some(context) => format!("{} {context}", said.message),
        None => said.message,
    };
    let mut error = response.refusal(Some(words));
    match (said.kind.as_deref(), said.code.as_deref()) {
        // The status is 400.
        (_, Some("INVALID_JWT" | "UNKNOWN_ADMIN_API_KEY" | "INVALID_AUTH_HEADER")) => {
            error.kind = ErrorKind::SignedOut;
            error.message.push_str(" (the key may be another blog's, or a clock wrong)");
        }
        // Nothing was written: what it goes by is read anew with the next attempt.
        (Some("UpdateCollisionError"), _) => error.kind = ErrorKind::NotReady,
        (Some("HostLimitError"), _) => error.kind = ErrorKind::Forbidden,
        _ => {}
    }
    error
}

/// The error for a post that a person has changed.
pub(super) fn changed_there() -> NetworkError {
    NetworkError::new(
        ErrorKind::Refused,
        "somebody has changed the post in Ghost since it was sent: bring the change into the file, or undo it there",
    )
}

fn read<T: serde::de::DeserializeOwned>(response: &Response) -> Result<T, NetworkError> {
    if response.is_success() { response.json() } else { Err(refusal(response)) }
}

/// Reads a post.
pub(super) fn post(response: &Response) -> Result<Post, NetworkError> {
    let Posts { posts } = read(response)?;
    let first = posts.into_iter().next();
    first.ok_or_else(|| NetworkError::new(ErrorKind::Unreadable, "the answer holds no post").detail(response.excerpt()))
}

/// Reads a post that needn't be there.
pub(super) fn post_if_any(response: &Response) -> Result<Option<Post>, NetworkError> {
    match post(response) {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// Reads the answer to publishing.
pub(super) fn published(response: &Response) -> Result<Post, NetworkError> {
    let published = post(response)?;
    if published.is_draft() {
        return Err(NetworkError::new(ErrorKind::NotReady, "Ghost keeps the post as a draft"));
    }
    Ok(published)
}

/// Reads the answer to a change.
pub(super) fn edited(response: &Response) -> Result<Post, NetworkError> {
    // Somebody was quicker between our look and our change.
    post(response).map_err(|error| if error.kind == ErrorKind::NotReady { changed_there() } else { error })
}

/// Reads the answer to an upload: where it lies.
pub(super) fn upload(response: &Response) -> Result<String, NetworkError> {
    let Uploads { images } = read(response)?;
    let first = images.into_iter().next().map(|upload| upload.url);
    first.ok_or_else(|| {
        NetworkError::new(ErrorKind::Unreadable, "the answer holds no upload").detail(response.excerpt())
    })
}

/// Reads the newsletters and looks for one that may be sent.
pub(super) fn newsletter(response: &Response, wanted: &str) -> Result<(), NetworkError> {
    let Newsletters { newsletters } = read(response)?;
    let is_active = |newsletter: &&Newsletter| newsletter.status.as_deref().is_none_or(|status| status == "active");
    let active: Vec<Newsletter> = newsletters.into_iter().filter(|newsletter| is_active(&newsletter)).collect();
    if active.iter().any(|newsletter| newsletter.slug == wanted) {
        return Ok(());
    }
    let names: Vec<String> = active.iter().map(|newsletter| format!("`{}`", newsletter.slug)).collect();
    let message = format!("the blog has no newsletter `{wanted}`, but {}", names.join(", "));
    Err(NetworkError::new(ErrorKind::Refused, message))
}

/// Reads what the blog is.
pub(super) fn site(response: &Response) -> Result<Site, NetworkError> {
    read(response).map(|SiteAnswer { site }| site)
}

/// Reads whether the key is taken.
pub(super) fn key_is_good(response: &Response) -> Result<(), NetworkError> {
    read::<serde_json::Value>(response).map(drop)
}

/// Reads the answer to deleting: what is gone already is as good.
pub(super) fn deleted(response: &Response) -> Result<(), NetworkError> {
    match response.status {
        204 => Ok(()),
        _ if response.is_success() => {
            Err(NetworkError::new(ErrorKind::Unreadable, "something else answers for Ghost").detail(response.excerpt()))
        }
        _ => match refusal(response) {
            error if error.kind == ErrorKind::NotFound => Ok(()),
            error => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn said(kind: &str, code: &str) -> String {
        format!(r#"{{"errors":[{{"message":"Saving failed!","context":"Why.","type":"{kind}","code":"{code}"}}]}}"#)
    }

    #[track_caller]
    fn check(status: u16, body: &str, kind: ErrorKind, message: &str) {
        let error = refusal(&response(status, body));
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
    }

    #[test]
    fn refusals_speak_the_networks_words() {
        check(422, &said("ValidationError", ""), ErrorKind::Refused, "Saving failed! Why.");
        check(409, &said("UpdateCollisionError", "UPDATE_COLLISION"), ErrorKind::NotReady, "Saving failed! Why.");
        check(404, &said("NotFoundError", ""), ErrorKind::NotFound, "Saving failed! Why.");
        check(
            400,
            &said("BadRequestError", "INVALID_JWT"),
            ErrorKind::SignedOut,
            "Saving failed! Why. (the key may be another blog's, or a clock wrong)",
        );
        check(500, &said("EmailError", ""), ErrorKind::Ambiguous, "Saving failed! Why.");
        check(404, "<html></html>", ErrorKind::Misconfigured, "there is no Ghost at the account's `endpoint`");
        check(413, "<html></html>", ErrorKind::Refused, "the server answered 413");
    }

    #[test]
    fn a_newsletter_must_be_there_and_active() {
        let list = r#"{"newsletters":[{"slug":"weekly","status":"active"},{"slug":"old","status":"archived"}]}"#;
        assert_eq!(newsletter(&response(200, list), "weekly"), Ok(()));
        let error = newsletter(&response(200, list), "old").expect_err("it is archived");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Refused, "the blog has no newsletter `old`, but `weekly`")
        );
    }

    #[test]
    fn a_collision_with_a_person_is_told_and_not_tried_again() {
        let error = edited(&response(409, &said("UpdateCollisionError", ""))).expect_err("a collision");
        assert_eq!(error.kind, ErrorKind::Refused);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn nothing_makes_a_parser_panic(status in 0u16..700, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let response = Response { status, headers: Vec::new(), body };
            let _ = (refusal(&response), deleted(&response), upload(&response), site(&response), published(&response));
            let _ = (newsletter(&response, "x"), key_is_good(&response), post_if_any(&response), edited(&response));
            let _ = post(&response).map(|post| (post.mark(), post.essence(), post.is_draft()));
        }
    }
}
