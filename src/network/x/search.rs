//! Whether an earlier attempt arrived: how a post of ours reads in a listing. Pure.

use super::{
    address,
    reply::{Post, Refers},
};
use crate::{
    model::Remote,
    network::{Receipt, listing::Listed},
    text::{Flat, RangeKind},
};
use std::collections::BTreeMap;

/// Makes the receipt of a post.
pub(super) fn receipt(handle: Option<&str>, id: &str) -> Receipt {
    Receipt { remote: Remote { id: id.to_owned(), url: Some(address::of(handle, id)), extra: BTreeMap::new() } }
}

/// Reads a post of a listing, in the form in which [`wanted`] writes what was sent.
///
/// `images` and `refers` are those of what was sent.
pub(super) fn listed(post: &Post, images: usize, refers: &Refers, handle: Option<&str>) -> Listed {
    let mut text = post.text.clone();
    for url in post.urls() {
        // What X adds itself: the address of an image, or of the post that is quoted.
        let is_added = url.expanded_url.contains(&format!("/status/{}/", post.id))
            || refers.quoted.as_deref().is_some_and(|id| address::id_in(&url.expanded_url) == Some(id));
        let shown = if is_added { String::new() } else { bare(&url.expanded_url) };
        text = text.replace(&url.url, &shown);
    }
    // After the links, which it would change.
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    Listed {
        at: post.made(),
        text,
        fits: post.images() == images && post.refers() == *refers,
        receipt: receipt(handle, &post.id),
    }
}

/// Returns a text as a listing would tell it: links without what X changes about them.
pub(super) fn wanted(flat: &Flat) -> String {
    let mut text = String::with_capacity(flat.text.len());
    let mut at = 0;
    for range in &flat.ranges {
        let RangeKind::Link { url } = &range.kind else { continue };
        text.push_str(&flat.text[at..range.start]);
        text.push_str(&bare(url));
        at = range.end;
    }
    text.push_str(&flat.text[at..]);
    text
}

/// Takes from an address what stands in some forms of it and not in others.
fn bare(url: &str) -> String {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url);
    rest.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::fixtures::flat;
    use serde_json::json;

    #[test]
    fn links_are_compared_by_where_they_lead() {
        let url = "https://acme.example/?a=1&b=2";
        let text = format!("1 < 2 & {url} or acme.example");
        let (end, start) = (8 + url.len(), 8 + url.len() + 4);
        let sent = flat(&text, &[(8..end, "link", url), (start..text.len(), "link", "http://acme.example")]);
        assert_eq!(wanted(&sent), "1 < 2 & acme.example/?a=1&b=2 or acme.example");
        let post: Post = serde_json::from_value(json!({
            "id": "71",
            "text": "1 &lt; 2 &amp; https://t.co/AAA or https://t.co/BBB https://t.co/CCC",
            "entities": { "urls": [
                { "url": "https://t.co/AAA", "expanded_url": url },
                { "url": "https://t.co/BBB", "expanded_url": "http://acme.example/" },
                { "url": "https://t.co/CCC", "expanded_url": "https://x.com/acme/status/71/photo/1" },
            ] },
        }))
        .expect("a post");
        let read = listed(&post, 0, &Refers::default(), None);
        assert_eq!(read.text.trim_end(), wanted(&sent));
        assert!(read.fits && !listed(&post, 1, &Refers::default(), None).fits);
    }
}
