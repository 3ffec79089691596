//! The events: what a receiver is told, by a schema of ours. Pure.
//!
//! The schema is written down in `quirks.md` beside this, which becomes the network's page; `v` grows when something that was
//! there changes its meaning or goes, not when something is added.

use super::options;
use crate::{
    model::{Block, Media, MediaSource, Poll, Remote, Timestamp},
    network::{Draft, DraftPart, Job, PreparedMedia, Referent},
    text::{self, Figure, HtmlOptions, RangeKind},
};
use serde_json::{Map, Value, json};

/// The version of the schema.
const VERSION: u64 = 1;

/// Makes the event of a post that is published.
pub(super) fn published(job: &Job<'_>) -> Value {
    event("post.published", job.attempt.at, of(job))
}

/// Makes the event of a post that has changed: all of it, as it is now.
pub(super) fn updated(job: &Job<'_>, remote: &Remote) -> Value {
    let mut data = of(job);
    name(&mut data, remote);
    event("post.updated", job.attempt.at, data)
}

/// Makes the data of the event of a post that is taken back. It has no moment: the headers tell when it was sent.
pub(super) fn deleted(account: &str, remote: &Remote) -> Value {
    let mut data = Map::new();
    data.insert("v".to_owned(), VERSION.into());
    data.insert("account".to_owned(), account.into());
    name(&mut data, remote);
    json!({ "type": "post.deleted", "data": data })
}

/// Makes what a draft alone tells, to weigh it before anything is prepared.
pub(super) fn drafted(draft: &Draft) -> Value {
    event("post.published", Timestamp::EPOCH, data(draft, &[]))
}

fn event(kind: &str, at: Timestamp, data: Map<String, Value>) -> Value {
    json!({ "type": kind, "timestamp": at.to_string(), "data": data })
}

fn name(data: &mut Map<String, Value>, remote: &Remote) {
    data.insert("id".to_owned(), remote.id.as_str().into());
    if let Some(url) = &remote.url {
        data.insert("url".to_owned(), url.as_str().into());
    }
}

fn of(job: &Job<'_>) -> Map<String, Value> {
    let mut data = data(job.draft, job.media);
    for (key, referent) in [("reply_to", job.reply_to), ("quote", job.quote), ("boost", job.boost)] {
        if let Some(referent) = referent {
            data.insert(key.to_owned(), reference(referent));
        }
    }
    data
}

fn data(draft: &Draft, prepared: &[PreparedMedia]) -> Map<String, Value> {
    let mut data = Map::new();
    let mut put = |key: &str, value: Value| {
        data.insert(key.to_owned(), value);
    };
    put("v", VERSION.into());
    put("post", draft.post.as_str().into());
    put("account", draft.account.as_str().into());
    put("title", draft.title.as_deref().into());
    put("language", draft.language.as_deref().into());
    put("labels", draft.tags.as_slice().into());
    if let Some(part) = draft.parts.first() {
        let flat = text::plain(&part.rich, draft.network);
        put("text", flat.text.as_str().into());
        put("html", html(&part.rich).into());
        let tags = flat.ranges.iter().filter_map(|range| match &range.kind {
            RangeKind::Tag { tag } => Some(tag.as_str()),
            RangeKind::Link { .. } | RangeKind::Mention { .. } => None,
        });
        put("hashtags", tags.collect());
        put("parts", parts(part, draft));
        put("media", media(part, prepared));
    }
    if let Some(poll) = &draft.poll {
        put("poll", poll_value(poll));
    }
    put("options", options::of(draft).into());
    data
}

/// Writes the parts of a thread, which stand between rules; none where there is but one.
fn parts(part: &DraftPart, draft: &Draft) -> Value {
    let pieces: Vec<&[Block]> = part.rich.split(|block| matches!(block, Block::Rule { .. })).collect();
    if pieces.len() < 2 {
        return json!([]);
    }
    let one = |blocks: &&[Block]| json!({ "text": text::plain(blocks, draft.network).text, "html": html(blocks) });
    pieces.iter().filter(|blocks| !blocks.is_empty()).map(one).collect()
}

/// Describes the media. An image of the workspace has no public address, so its description and its measures must do.
fn media(part: &DraftPart, prepared: &[PreparedMedia]) -> Value {
    let one = |(index, media): (usize, &Media)| {
        let mut value = json!({ "alt": media.alt });
        if let MediaSource::Url(url) = &media.source {
            value["url"] = url.as_str().into();
        }
        if let Some(PreparedMedia { info, .. }) = prepared.get(index) {
            value["type"] = info.kind.mime().into();
            value["bytes"] = info.bytes.into();
            value["width"] = info.width.into();
            value["height"] = info.height.into();
        }
        value
    };
    part.media.iter().enumerate().map(one).collect()
}

fn poll_value(poll: &Poll) -> Value {
    let answers: Vec<&str> = poll.options.iter().map(|option| option.value.as_str()).collect();
    json!({
        "options": answers,
        "seconds": poll.duration.value.as_secs(),
        "multiple": poll.multiple,
        "hide_totals": poll.hide_totals,
    })
}

fn reference(referent: &Referent) -> Value {
    match referent {
        Referent::Ours(Remote { id, url, .. }) => json!({ "id": id, "url": url }),
        Referent::Url(url) => json!({ "id": null, "url": url }),
    }
}

fn html(blocks: &[Block]) -> String {
    let figure = |media: &Media| match &media.source {
        MediaSource::Url(url) => Some(Figure { src: url.clone(), width: 0, height: 0, video: false }),
        MediaSource::File(_) => None,
    };
    text::html(blocks, &HtmlOptions { media: &figure, person: &|_| None, heading_shift: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AccountId, NetworkId, Options, PostId,
        fixtures::{NOWHERE, RULE, media_of, paragraph, tag, text as words},
    };

    fn draft(blocks: Vec<Block>, media: Vec<Media>) -> Draft {
        let part = DraftPart { text: text::Flat::default(), rich: blocks.into(), media, beside: 0, span: NOWHERE };
        Draft {
            post: PostId::new("2026/hoodie"),
            account: AccountId::new("shop"),
            network: NetworkId("webhook"),
            title: Some("The new hoodie".to_owned()),
            language: None,
            tags: vec!["news".to_owned()],
            parts: vec![part],
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: Options::default(),
        }
    }

    #[test]
    fn a_post_is_told_as_text_and_as_html() {
        let event = drafted(&draft(vec![paragraph(vec![words("A < B "), tag("hoodie")])], Vec::new()));
        assert_eq!(event["type"], "post.published");
        let data = &event["data"];
        assert_eq!(data["text"], "A < B #hoodie");
        assert_eq!(data["html"], "<p>A &lt; B #hoodie</p>\n");
        assert_eq!((&data["hashtags"], &data["labels"]), (&json!(["hoodie"]), &json!(["news"])));
        assert_eq!((&data["title"], &data["language"]), (&json!("The new hoodie"), &Value::Null));
        assert_eq!(data["parts"], json!([]), "one part is the whole");
    }

    #[test]
    fn a_thread_is_told_by_its_parts_too() {
        let blocks = vec![paragraph(vec![words("One")]), RULE, paragraph(vec![words("Two")])];
        let data = &drafted(&draft(blocks, Vec::new()))["data"];
        assert_eq!(data["html"], "<p>One</p>\n<hr />\n<p>Two</p>\n");
        let parts = [("One", "<p>One</p>\n"), ("Two", "<p>Two</p>\n")];
        let parts: Vec<Value> = parts.iter().map(|(text, html)| json!({ "text": text, "html": html })).collect();
        assert_eq!(data["parts"], json!(parts));
    }

    #[test]
    fn an_image_is_told_by_its_address_only_where_it_has_one() {
        let url = "https://acme.example/a.png".to_owned();
        let public = Media { source: MediaSource::Url(url.clone()), alt: "An image".to_owned(), span: NOWHERE };
        let data = &drafted(&draft(Vec::new(), vec![media_of("content/secret-plan.png", "A plan"), public]))["data"];
        assert_eq!(data["media"], json!([{ "alt": "A plan" }, { "alt": "An image", "url": url }]));
    }

    #[test]
    fn a_deletion_names_the_post_as_the_receiver_does() {
        let remote = Remote { id: "p-17".to_owned(), ..Remote::default() };
        let expect = json!({ "type": "post.deleted", "data": { "v": 1, "account": "shop", "id": "p-17" } });
        assert_eq!(deleted("shop", &remote), expect);
    }

    #[test]
    fn a_large_event_is_found_before_it_is_sent() {
        let found = |length| super::super::large(&draft(vec![paragraph(vec![words(&"x".repeat(length))])], Vec::new()));
        assert!(found(9_000).is_none());
        let message = found(11_000).expect("too large").message;
        assert!(message.ends_with("over the 20 kB that receivers take"), "{message}");
    }
}
