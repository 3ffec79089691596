//! The answers: one parser each. Pure, and none panics on any bytes.

use crate::{
    model::{Remote, Timestamp},
    network::{
        ErrorKind, Job, NetworkError, Receipt, Response,
        graph::{moment, read},
        listing::Listed,
    },
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Who we are.
#[derive(Deserialize)]
pub(super) struct Me {
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// What a token is.
#[derive(Deserialize)]
struct Looked {
    data: Token,
}

#[derive(Default, Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    expires_at: i64,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
}

/// A page of posts.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) data: Vec<Post>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Option<Cursors>,
}

#[derive(Deserialize)]
struct Cursors {
    #[serde(default)]
    after: Option<String>,
}

/// A post of a listing.
#[derive(Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    pub(super) permalink: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    replied_to: Option<Value>,
    #[serde(default)]
    quoted_post: Option<Value>,
    #[serde(default)]
    reposted_post: Option<Value>,
    #[serde(default)]
    children: Option<Value>,
}

impl Page {
    /// Returns where the next page begins; none after the last.
    pub(super) fn after(&self) -> Option<String> {
        let cursors = self.paging.as_ref()?.cursors.as_ref()?;
        cursors.after.clone().filter(|after| !after.is_empty() && !self.data.is_empty())
    }
}

impl Post {
    /// Compares it with what a job would have made, which refers to `other` if to anything.
    pub(super) fn listed(self, job: &Job<'_>, other: Option<&str>) -> Listed {
        let id_of = |value: &Option<Value>| value.as_ref().and_then(|value| value["id"].as_str()).map(str::to_owned);
        let refers = [&self.replied_to, &self.quoted_post, &self.reposted_post].into_iter().find_map(id_of);
        let pictures = self.children.as_ref().and_then(|it| it["data"].as_array()).map_or(0, Vec::len);
        let is = self.media_type.as_deref().unwrap_or_default();
        let carries = match (job.boost, job.media.len()) {
            (Some(_), _) => is == "REPOST_FACADE",
            (None, 0) => is == "TEXT_POST",
            (None, 1) => is == "IMAGE" || is == "VIDEO",
            (None, several) => is == "CAROUSEL_ALBUM" && (pictures == 0 || pictures == several),
        };
        Listed {
            at: self.timestamp.as_deref().and_then(moment),
            text: self.text.unwrap_or_default(),
            fits: carries && refers.as_deref() == other,
            receipt: receipt(self.id, self.permalink),
        }
    }
}

/// Makes a receipt.
pub(super) fn receipt(id: String, url: Option<String>) -> Receipt {
    Receipt { remote: Remote { id, url, extra: BTreeMap::new() } }
}

/// Reads when a token ends, and what it may do.
pub(super) fn token(response: &Response) -> Result<(Option<Timestamp>, Vec<String>), NetworkError> {
    let Token { expires_at, scopes } = read::<Looked>(response)?.data;
    let ends = expires_at.checked_mul(1000).filter(|millis| *millis > 0).map(Timestamp::from_millis);
    Ok((ends, scopes))
}

/// Says that nothing is at an address.
pub(super) fn nothing_at(url: &str) -> NetworkError {
    let message = format!("there is no post at `{url}` that we could find among those of its author");
    NetworkError::new(ErrorKind::NotFound, message)
}
