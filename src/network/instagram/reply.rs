//! The answers: one parser each. Pure, and none panics on any bytes.

use crate::{
    model::Remote,
    network::{Job, Receipt, graph::moment, listing::Listed},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Who we are.
#[derive(Deserialize)]
pub(super) struct Me {
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// A page of posts.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) data: Vec<Post>,
    #[serde(default)]
    paging: Option<Value>,
}

/// A post of a listing.
#[derive(Deserialize)]
pub(super) struct Post {
    id: String,
    #[serde(default)]
    caption: Option<String>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    pub(super) permalink: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    children: Option<Value>,
}

impl Page {
    /// Returns where the next page begins; none after the last.
    pub(super) fn after(&self) -> Option<String> {
        let after = self.paging.as_ref()?["cursors"]["after"].as_str()?;
        (!after.is_empty() && !self.data.is_empty()).then(|| after.to_owned())
    }
}

impl Post {
    /// Compares it with what a job would have made.
    pub(super) fn listed(self, job: &Job<'_>) -> Listed {
        let items = self.children.as_ref().and_then(|it| it["data"].as_array()).map_or(0, Vec::len);
        let fits = match (self.media_type.as_deref(), job.media) {
            (Some("IMAGE"), [one]) => !one.info.kind.is_video(),
            (Some("VIDEO"), [one]) => one.info.kind.is_video(),
            (Some("CAROUSEL_ALBUM"), several) => several.len() > 1 && (items == 0 || items == several.len()),
            _ => false,
        };
        Listed {
            at: self.timestamp.as_deref().and_then(moment),
            text: self.caption.unwrap_or_default(),
            fits,
            receipt: receipt(self.id, self.permalink),
        }
    }
}

/// Makes a receipt.
pub(super) fn receipt(id: String, url: Option<String>) -> Receipt {
    Receipt { remote: Remote { id, url, extra: BTreeMap::new() } }
}
