use crate::model::Remote;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The collection of posts.
pub(super) const POST: &str = "app.bsky.feed.post";
/// The collection of reposts.
pub(super) const REPOST: &str = "app.bsky.feed.repost";

/// The address of a record: `at://AUTHORITY/COLLECTION/KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AtUri {
    /// A DID, or a handle where a person wrote it.
    pub(super) authority: String,
    /// The collection.
    pub(super) collection: String,
    /// The record's key.
    pub(super) rkey: String,
}

/// A record in one of its versions, as other records name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StrongRef {
    /// Its address, with a DID.
    pub(super) uri: String,
    /// The hash of its content.
    pub(super) cid: String,
}

/// A post that another one answers, quotes or passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// The post itself.
    pub(super) this: StrongRef,
    /// The first post of its thread, if it is an answer itself.
    pub(super) root: Option<StrongRef>,
}

impl AtUri {
    /// Joins an address.
    pub(super) fn new(authority: &str, collection: &str, rkey: &str) -> Self {
        Self { authority: authority.to_owned(), collection: collection.to_owned(), rkey: rkey.to_owned() }
    }

    /// Parses `at://AUTHORITY/COLLECTION/KEY`.
    pub(super) fn parse(uri: &str) -> Option<Self> {
        let mut segments = uri.strip_prefix("at://")?.split('/');
        let (authority, collection, rkey) = (segments.next()?, segments.next()?, segments.next()?);
        let whole = segments.next().is_none() && [authority, collection, rkey].into_iter().all(is_segment);
        whole.then(|| Self::new(authority, collection, rkey))
    }

    /// Parses the address of a post as people copy it: `https://bsky.app/profile/NAME/post/KEY`, or `at://…`.
    ///
    /// Other web clients have pages of the same shape, so any host will do; the look-up tells whether there is such a post.
    pub(super) fn parse_link(link: &str) -> Option<Self> {
        if link.starts_with("at://") {
            return Self::parse(link).filter(|uri| uri.collection == POST);
        }
        let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"))?;
        let (_, path) = rest.split_once('/')?;
        let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
        let ["profile", name, "post", rkey] = path.split('/').collect::<Vec<_>>()[..] else { return None };
        let name = name.replace("%3A", ":").replace("%3a", ":");
        (is_segment(&name) && is_segment(rkey)).then(|| Self::new(&name, POST, rkey))
    }

    /// Returns the page that shows the post.
    pub(super) fn page(&self) -> String {
        format!("https://bsky.app/profile/{}/post/{}", self.authority, self.rkey)
    }
}

impl fmt::Display for AtUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at://{}/{}/{}", self.authority, self.collection, self.rkey)
    }
}

impl Subject {
    /// Recalls a post of ours from its receipt, if that holds all that is needed.
    pub(super) fn recall(remote: &Remote) -> Option<Self> {
        AtUri::parse(&remote.id)?;
        let root = match (remote.extra.get("root"), remote.extra.get("root_cid")) {
            (Some(uri), Some(cid)) => Some(StrongRef { uri: uri.clone(), cid: cid.clone() }),
            _ => None,
        };
        Some(Self { this: StrongRef { uri: remote.id.clone(), cid: remote.extra.get("cid")?.clone() }, root })
    }

    /// Returns the first post of the thread.
    pub(super) fn root(&self) -> &StrongRef {
        self.root.as_ref().unwrap_or(&self.this)
    }
}

/// Returns whether a segment may stand in an address: the characters of DIDs, handles, collections and keys.
fn is_segment(segment: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:-%".contains(&byte);
    !segment.is_empty() && segment.len() <= 2048 && segment.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::proptest;
    use std::collections::BTreeMap;

    #[track_caller]
    fn check(link: &str, expect: Option<&str>) {
        assert_eq!(AtUri::parse_link(link).map(|uri| uri.to_string()).as_deref(), expect, "{link}");
    }

    #[test]
    fn links_of_posts_are_understood() {
        let expect = Some("at://acme.example/app.bsky.feed.post/3l3qo2vutsw2b");
        check("https://bsky.app/profile/acme.example/post/3l3qo2vutsw2b", expect);
        check("https://bsky.app/profile/acme.example/post/3l3qo2vutsw2b/?ref=x#y", expect);
        check("https://deer.social/profile/acme.example/post/3l3qo2vutsw2b", expect);
        check("at://acme.example/app.bsky.feed.post/3l3qo2vutsw2b", expect);
        check("https://bsky.app/profile/did:plc:abc/post/3k", Some("at://did:plc:abc/app.bsky.feed.post/3k"));
        check("https://bsky.app/profile/did%3Aplc%3Aabc/post/3k", Some("at://did:plc:abc/app.bsky.feed.post/3k"));
    }

    #[test]
    fn other_addresses_are_not() {
        check("https://bsky.app/profile/acme.example", None);
        check("https://bsky.app/profile/acme.example/post/", None);
        check("https://bsky.app/profile/acme.example/post/3k/liked-by", None);
        check("https://bsky.app/profile/acme example/post/3k", None);
        check("https://mastodon.example/@acme/1", None);
        check("https://bsky.app", None);
        check("at://did:plc:abc/app.bsky.feed.like/3k", None);
        check("at://did:plc:abc", None);
        check("", None);
    }

    fn remote(id: &str, extra: &[(&str, &str)]) -> Remote {
        let extra: BTreeMap<_, _> = extra.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Remote { id: id.to_owned(), url: None, extra }
    }

    #[test]
    fn a_receipt_recalls_its_thread() {
        let id = "at://did:plc:a/app.bsky.feed.post/3k";
        let first = Subject::recall(&remote(id, &[("cid", "c1")])).expect("whole");
        assert_eq!((first.root().uri.as_str(), first.root().cid.as_str()), (id, "c1"));
        let later =
            Subject::recall(&remote(id, &[("cid", "c2"), ("root", "at://r"), ("root_cid", "c0")])).expect("whole");
        assert_eq!((later.root().uri.as_str(), later.root().cid.as_str()), ("at://r", "c0"));
    }

    #[test]
    fn a_receipt_without_a_hash_must_be_looked_up() {
        assert_eq!(Subject::recall(&remote("at://did:plc:a/app.bsky.feed.post/3k", &[])), None);
        assert_eq!(Subject::recall(&remote("https://bsky.app/x", &[("cid", "c")])), None);
    }

    proptest! {
        #[test]
        fn addresses_never_panic_and_round_trip(link in ".*") {
            if let Some(uri) = AtUri::parse(&link) {
                assert_eq!(uri.to_string(), link);
            }
            if let Some(uri) = AtUri::parse_link(&link) {
                assert_eq!(AtUri::parse_link(&uri.page()), Some(uri.clone()));
                assert_eq!(AtUri::parse(&uri.to_string()), Some(uri));
            }
        }
    }
}
