//! The words of a post: what they weigh, and how a listing tells them.

use super::{Post, SOMEBODY, US};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

/// Finds the addresses in a text.
pub(super) fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("https://").map(|(at, _)| {
        let rest = &text[at..];
        &rest[..rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len())]
    })
}

/// Weighs a text as X does: a link 23, an emoji two, most letters one.
pub(super) fn weight(text: &str) -> usize {
    let addresses: Vec<&str> = links(text).collect();
    let rest = addresses.iter().fold(text.to_owned(), |rest, url| rest.replacen(url, "", 1));
    let is_light = |c: char| matches!(u32::from(c), 0..=0x10ff | 0x2000..=0x200d | 0x2010..=0x201f | 0x2032..=0x2037);
    let is_emoji =
        |cluster: &str| cluster.chars().any(|c| matches!(u32::from(c), 0x1f000..=0x1faff | 0x2600..=0x27bf | 0xfe0f));
    let of = |cluster: &str| match is_emoji(cluster) {
        true => 2,
        false => cluster.chars().map(|c| if is_light(c) { 1 } else { 2 }).sum(),
    };
    rest.graphemes(true).map(of).sum::<usize>() + 23 * addresses.len()
}

/// Writes a post as a listing tells it.
pub(super) fn told(post: &Post) -> Value {
    let text = post.asked["text"].as_str().unwrap_or_default();
    let mut shown = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut urls = Vec::new();
    for (number, url) in links(text).enumerate() {
        let short = format!("https://t.co/{}{number}", &post.id[12..]);
        shown = shown.replacen(&url.replace('&', "&amp;"), &short, 1);
        let slash = if url.matches('/').count() == 2 { "/" } else { "" };
        urls.push(json!({ "url": short, "expanded_url": format!("{url}{slash}"), "display_url": url }));
    }
    let keys: Vec<String> = post.asked["media"]["media_ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| format!("3_{id}"))
        .collect();
    if !keys.is_empty() {
        let short = format!("https://t.co/m{}", &post.id[12..]);
        shown = format!("{shown} {short}");
        let expanded = format!("https://x.com/{}/status/{}/photo/1", US.1, post.id);
        urls.extend(keys.iter().map(|key| json!({ "url": short, "expanded_url": expanded, "media_key": key })));
    }
    let mut referenced = Vec::new();
    if let Some(id) = post.asked["reply"]["in_reply_to_tweet_id"].as_str() {
        referenced.push(json!({ "type": "replied_to", "id": id }));
    }
    if let Some(id) = post.asked["quote_tweet_id"].as_str() {
        referenced.push(json!({ "type": "quoted", "id": id }));
        let short = format!("https://t.co/q{}", &post.id[12..]);
        shown = format!("{shown} {short}");
        urls.push(json!({ "url": short, "expanded_url": format!("https://twitter.com/{SOMEBODY}/status/{id}") }));
    }
    let mut told =
        json!({ "id": post.id, "text": shown, "created_at": post.at.to_string(), "entities": { "urls": urls } });
    if !keys.is_empty() {
        told["attachments"] = json!({ "media_keys": keys });
    }
    if !referenced.is_empty() {
        told["referenced_tweets"] = referenced.into();
    }
    told
}
