use super::PostId;
use std::collections::BTreeMap;

/// Names another post: one of ours or anybody's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// One of ours, by id.
    Post(PostId),
    /// Anybody's, by its address on the web or on its network.
    Url(String),
}

/// The name under which [`Remote::extra`] keeps the ids of the media, separated by spaces, where a network counts them.
pub const MEDIA_IDS: &str = "media";

/// What a network calls something that was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// The network's id, opaque to us.
    pub id: String,
    /// The public link.
    pub url: Option<String>,
    /// Whatever else the network wants to hear again, such as a content hash for replies.
    pub extra: BTreeMap<String, String>,
}
