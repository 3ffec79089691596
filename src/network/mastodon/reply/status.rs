use super::super::html;
use crate::{
    model::{MEDIA_IDS, Remote, Timestamp},
    network::{PreparedMedia, Receipt},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The name under which [`Remote::extra`] keeps the kind and size of each of the media, separated by spaces.
const MEDIA_SEEN: &str = "media_seen";
/// The name under which [`Remote::extra`] keeps the id of the status that was passed on.
pub(in crate::network::mastodon) const BOOSTED: &str = "boosted";
/// The name under which [`Remote::extra`] keeps what a person should know of the publication.
const NOTE: &str = "note";

/// A status, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::network::mastodon) struct Status {
    pub(in crate::network::mastodon) id: String,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    pub(in crate::network::mastodon) in_reply_to_id: Option<String>,
    #[serde(default)]
    media_attachments: Vec<Attachment>,
    #[serde(default)]
    pub(in crate::network::mastodon) reblog: Option<Box<Self>>,
}

/// An uploaded image or video.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::network::mastodon) struct Attachment {
    pub(in crate::network::mastodon) id: String,
}

/// Returns the ids of the media of a published status, if they are still those that a draft wants.
pub(in crate::network::mastodon) fn kept_media(remote: &Remote, wanted: &[PreparedMedia]) -> Option<Vec<String>> {
    let ids: Vec<String> = remote.extra.get(MEDIA_IDS)?.split(' ').map(str::to_owned).collect();
    (ids.len() == wanted.len() && *remote.extra.get(MEDIA_SEEN)? == seen(wanted)).then_some(ids)
}

/// Writes what tells one file from another as far as a receipt can keep it.
fn seen(media: &[PreparedMedia]) -> String {
    let marks: Vec<String> =
        media.iter().map(|media| format!("{}:{}", media.info.kind.extension(), media.info.bytes)).collect();
    marks.join(" ")
}

impl Status {
    /// Makes the receipt of a publication, with a note if the server left out media that were sent.
    pub(in crate::network::mastodon) fn receipt(&self, sent: &[PreparedMedia]) -> Receipt {
        let mut extra = BTreeMap::new();
        let shown = self.media_attachments.len();
        if shown > 0 {
            let ids: Vec<&str> = self.media_attachments.iter().map(|media| media.id.as_str()).collect();
            extra.insert(MEDIA_IDS.to_owned(), ids.join(" "));
        }
        if shown == sent.len() && shown > 0 {
            extra.insert(MEDIA_SEEN.to_owned(), seen(sent));
        }
        if shown < sent.len() {
            extra.insert(NOTE.to_owned(), format!("the server shows {shown} of {} media", sent.len()));
        }
        Receipt { remote: Remote { id: self.id.clone(), url: self.link(), extra } }
    }

    /// Makes the receipt of a boost. Its link is that of what was passed on: the boost itself has no page.
    pub(in crate::network::mastodon) fn boost_receipt(&self) -> Receipt {
        let original = self.reblog.as_deref();
        let url = original.and_then(Self::link).or_else(|| self.link());
        let extra = original.map(|original| (BOOSTED.to_owned(), original.id.clone())).into_iter().collect();
        Receipt { remote: Remote { id: self.id.clone(), url, extra } }
    }

    /// Returns when it was made, if that can be read.
    pub(in crate::network::mastodon) fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(Timestamp::parse)
    }

    /// Returns its words, in the form that is compared.
    pub(in crate::network::mastodon) fn words(&self) -> String {
        html::text_of(self.content.as_deref().unwrap_or_default())
    }

    /// Returns how many media it shows.
    pub(in crate::network::mastodon) fn media(&self) -> usize {
        self.media_attachments.len()
    }

    fn link(&self) -> Option<String> {
        let links = [self.url.as_ref(), self.uri.as_ref()];
        links.into_iter().flatten().find(|link| link.starts_with("http")).cloned()
    }

    pub(super) fn is_at(&self, url: &str) -> bool {
        [&self.url, &self.uri]
            .into_iter()
            .flatten()
            .any(|known| known.trim_end_matches('/') == url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{MediaInfo, MediaKind},
        network::MediaKey,
    };

    fn media(bytes: u64) -> PreparedMedia {
        let info = MediaInfo { kind: MediaKind::Png, bytes, width: 1, height: 1, clip: None };
        PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: String::new(), address: None }
    }

    fn status(body: &str) -> Status {
        serde_json::from_str(body).expect("a status")
    }

    #[test]
    fn a_dropped_medium_is_noted() {
        let body = r#"{"id":"1","url":"https://a.example/1","media_attachments":[{"id":"7"}]}"#;
        let receipt = status(body).receipt(&[media(10), media(20)]);
        assert_eq!(receipt.remote.extra[MEDIA_IDS], "7");
        assert_eq!(receipt.remote.extra[NOTE], "the server shows 1 of 2 media");
    }

    #[test]
    fn an_edit_keeps_the_media_unless_they_changed() {
        let body = r#"{"id":"1","media_attachments":[{"id":"7"},{"id":"8"}]}"#;
        let remote = status(body).receipt(&[media(10), media(20)]).remote;
        assert_eq!(kept_media(&remote, &[media(10), media(20)]), Some(vec!["7".to_owned(), "8".to_owned()]));
        assert_eq!(kept_media(&remote, &[media(20), media(10)]), None);
        assert_eq!(kept_media(&remote, &[media(10)]), None);
    }
}
