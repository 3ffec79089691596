use super::{
    options::{self, Card},
    reference::{POST, REPOST, StrongRef, Subject},
};
use crate::{
    model::{MediaInfo, Options, Timestamp},
    network::{DraftPart, PreparedMedia},
    text::{Flat, Range, RangeKind, Unit, count},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that a post's record is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostParts<'a> {
    /// The copy.
    pub(super) part: &'a DraftPart,
    /// The network's options.
    pub(super) options: &'a Options,
    /// The BCP 47 tag of the language.
    pub(super) language: Option<&'a str>,
    /// The time of the claim.
    pub(super) at: Timestamp,
    /// The DIDs of the handles mentioned; a handle that is not here stays plain text.
    pub(super) people: &'a BTreeMap<String, String>,
    /// The images, or the one video, with what the server called them.
    pub(super) media: &'a [(&'a PreparedMedia, Value)],
    /// The thread that it answers: its first post and the one before.
    pub(super) reply: Option<(&'a StrongRef, &'a StrongRef)>,
    /// What it quotes.
    pub(super) quote: Option<&'a StrongRef>,
    /// A link card.
    pub(super) card: Option<Card<'a>>,
}

/// Makes the record of a post.
pub(super) fn post(parts: &PostParts<'_>) -> Value {
    let mut record = json!({
        "$type": POST,
        "text": parts.part.text.text,
        "createdAt": datetime(parts.at),
    });
    let facets = facets(&parts.part.text, parts.people);
    if !facets.is_empty() {
        record["facets"] = Value::Array(facets);
    }
    if let Some(language) = parts.language.and_then(language) {
        record["langs"] = json!([language]);
    }
    let labels: Vec<Value> = options::labels(parts.options).iter().map(|label| json!({ "val": label })).collect();
    if !labels.is_empty() {
        record["labels"] = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": labels });
    }
    if let Some((root, parent)) = parts.reply {
        record["reply"] = json!({ "root": root, "parent": parent });
    }
    if let Some(embed) = embed(parts) {
        record["embed"] = embed;
    }
    record
}

/// Makes the record that passes a post on.
pub(super) fn repost(subject: &Subject, at: Timestamp) -> Value {
    json!({ "$type": REPOST, "subject": subject.this, "createdAt": datetime(at) })
}

/// Writes a time as records hold it: RFC 3339 in UTC, always with milliseconds.
pub(super) fn datetime(at: Timestamp) -> String {
    let text = at.to_string();
    if text.contains('.') { text } else { text.replace('Z', ".000Z") }
}

/// Returns the handles that a text mentions, each once.
pub(super) fn handles(text: &Flat) -> Vec<&str> {
    let mut handles = Vec::new();
    for range in &text.ranges {
        if let RangeKind::Mention { handle } = &range.kind
            && !handles.contains(&handle.as_str())
        {
            handles.push(handle.as_str());
        }
    }
    handles
}

/// Returns whether the server takes an address as the target of a link: a scheme, and no white space.
pub(super) fn is_uri(url: &str) -> bool {
    const MAX_BYTES: usize = 8192;
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !rest.is_empty()
        && !rest.starts_with('/')
        && !rest.contains(|c: char| c.is_whitespace() || c == '\u{feff}')
        && url.len() <= MAX_BYTES
}

/// Returns the card's address: its own, or the first link of the part.
pub(super) fn card_url<'a>(card: &Card<'a>, text: &'a Flat) -> Option<&'a str> {
    let first_link = || {
        text.ranges.iter().find_map(|range| match &range.kind {
            RangeKind::Link { url } => Some(url.as_str()),
            RangeKind::Tag { .. } | RangeKind::Mention { .. } => None,
        })
    };
    card.url.or_else(first_link).filter(|url| is_uri(url))
}

/// Makes the ranges of links, tags and mentions, in bytes of UTF-8.
fn facets(text: &Flat, people: &BTreeMap<String, String>) -> Vec<Value> {
    text.ranges.iter().filter_map(|range| facet(&text.text, range, people)).collect()
}

fn facet(text: &str, range: &Range, people: &BTreeMap<String, String>) -> Option<Value> {
    text.get(range.start..range.end).filter(|stretch| !stretch.is_empty())?;
    let feature = match &range.kind {
        RangeKind::Link { url } if is_uri(url) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": url }),
        RangeKind::Tag { tag } if is_tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
        RangeKind::Mention { handle } => {
            json!({ "$type": "app.bsky.richtext.facet#mention", "did": people.get(handle)? })
        }
        RangeKind::Link { .. } | RangeKind::Tag { .. } => return None,
    };
    Some(json!({ "index": { "byteStart": range.start, "byteEnd": range.end }, "features": [feature] }))
}

/// Returns whether a tag fits the lexicon; a number alone, such as the `1` of `#1`, is no tag in the app.
fn is_tag(tag: &str) -> bool {
    const MAX_GRAPHEMES: u64 = 64;
    const MAX_BYTES: usize = 640;
    !tag.is_empty()
        && !tag.chars().all(|c| c.is_ascii_digit())
        && tag.len() <= MAX_BYTES
        && count(tag, Unit::Graphemes) <= MAX_GRAPHEMES
}

/// Returns a language tag as the lexicon wants it, or nothing if it is none.
fn language(tag: &str) -> Option<String> {
    let mut subtags = tag.split('-');
    let primary = subtags.next()?.to_ascii_lowercase();
    let well_formed = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_lowercase())
        && subtags.all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric()));
    well_formed.then(|| format!("{primary}{}", &tag[primary.len()..]))
}

/// Makes the one embed of a post: its images, video or card, beside what it quotes.
fn embed(parts: &PostParts<'_>) -> Option<Value> {
    let media = match parts.media {
        [] => external(parts),
        [(medium, blob)] if medium.info.kind.is_video() => Some(video(medium, blob)),
        several => Some(images(several)),
    };
    let quoted = |record: &StrongRef| json!({ "$type": "app.bsky.embed.record", "record": record });
    match (media, parts.quote) {
        (Some(media), Some(quote)) => {
            Some(json!({ "$type": "app.bsky.embed.recordWithMedia", "record": quoted(quote), "media": media }))
        }
        (Some(media), None) => Some(media),
        (None, quote) => quote.map(quoted),
    }
}

fn images(images: &[(&PreparedMedia, Value)]) -> Value {
    let images: Vec<Value> = images
        .iter()
        .map(|(media, blob)| {
            let mut image = json!({ "alt": media.alt, "image": blob });
            shape(&mut image, &media.info);
            image
        })
        .collect();
    json!({ "$type": "app.bsky.embed.images", "images": images })
}

/// An image must have a description, even an empty one; a video needn't.
fn video(medium: &PreparedMedia, blob: &Value) -> Value {
    let mut video = json!({ "$type": "app.bsky.embed.video", "video": blob });
    if !medium.alt.is_empty() {
        video["alt"] = medium.alt.as_str().into();
    }
    shape(&mut video, &medium.info);
    video
}

/// Tells the shape of what is shown, so that readers keep room for it; an unknown one is left out.
fn shape(shown: &mut Value, info: &MediaInfo) {
    if info.width > 0 && info.height > 0 {
        shown["aspectRatio"] = json!({ "width": info.width, "height": info.height });
    }
}

fn external(parts: &PostParts<'_>) -> Option<Value> {
    let card = parts.card?;
    let uri = card_url(&card, &parts.part.text)?;
    Some(json!({
        "$type": "app.bsky.embed.external",
        "external": { "uri": uri, "title": card.title, "description": card.description },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::{MediaKind, OptionValue},
        network::{Form, MediaKey},
        text::flatten,
    };
    use proptest::{
        collection::vec,
        prelude::{Just, Strategy, any, prop_oneof, proptest},
    };

    fn link(start: usize, end: usize, url: &str) -> Range {
        Range { start, end, kind: RangeKind::Link { url: url.to_owned() } }
    }

    fn tag(start: usize, end: usize, tag: &str) -> Range {
        Range { start, end, kind: RangeKind::Tag { tag: tag.to_owned() } }
    }

    fn mention(start: usize, end: usize, handle: &str) -> Range {
        Range { start, end, kind: RangeKind::Mention { handle: handle.to_owned() } }
    }

    fn part(text: &str, ranges: Vec<Range>) -> DraftPart {
        let span = Span::new(FileId(0), 0..0);
        let text = Flat { text: text.to_owned(), ranges, anchors: Vec::new(), ..Flat::default() };
        DraftPart { text, rich: [].into(), media: Vec::new(), beside: 0, span }
    }

    fn options(pairs: &[(&'static str, OptionValue)]) -> Options {
        let mut options = Options::default();
        for (key, value) in pairs {
            options.set(key, Spanned::new(value.clone(), Span::new(FileId(0), 0..0)));
        }
        options
    }

    fn text(value: &str) -> OptionValue {
        OptionValue::Text(value.to_owned())
    }

    fn make(part: &DraftPart, options: &Options, language: Option<&str>) -> Value {
        let people = BTreeMap::from([("a.example".to_owned(), "did:plc:a".to_owned())]);
        post(&PostParts {
            part,
            options,
            language,
            at: Timestamp::from_millis(1_780_000_000_001),
            people: &people,
            media: &[],
            reply: None,
            quote: None,
            card: options::card(options),
        })
    }

    #[test]
    fn a_plain_post_holds_nothing_more_than_it_must() {
        let record = make(&part("hi", Vec::new()), &Options::default(), None);
        assert_eq!(record, json!({ "$type": POST, "text": "hi", "createdAt": "2026-05-28T20:26:40.001Z" }));
    }

    #[test]
    fn ranges_count_bytes_after_emoji_and_other_scripts() {
        let copy = "👩🏽‍🚀 今日 مرحبا é #ねこ @a.example site";
        let at = |needle: &str| copy.find(needle).map(|start| (start, start + needle.len())).expect("in the copy");
        let ((tag_start, tag_end), (who_start, who_end), (link_start, link_end)) =
            (at("#ねこ"), at("@a.example"), at("site"));
        let ranges = vec![
            tag(tag_start, tag_end, "ねこ"),
            mention(who_start, who_end, "a.example"),
            link(link_start, link_end, "https://acme.example/é"),
        ];
        let record = make(&part(copy, ranges), &Options::default(), None);
        assert_eq!(
            record["facets"],
            json!([
                { "index": { "byteStart": 37, "byteEnd": 44 },
                  "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "ねこ" }] },
                { "index": { "byteStart": 45, "byteEnd": 55 },
                  "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": "did:plc:a" }] },
                { "index": { "byteStart": 56, "byteEnd": 60 },
                  "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "https://acme.example/é" }] },
            ])
        );
    }

    #[test]
    fn what_the_server_would_refuse_stays_text() {
        let long = "x".repeat(65);
        let copy = format!("#1 @b.example page #{long}");
        let ranges = vec![tag(0, 2, "1"), mention(3, 13, "b.example"), link(14, 18, "page.html"), tag(19, 85, &long)];
        let record = make(&part(&copy, ranges), &Options::default(), None);
        assert_eq!((record.get("facets"), &record["text"]), (None, &json!(copy)));
    }

    #[track_caller]
    fn check_uri(url: &str, expect: bool) {
        assert_eq!(is_uri(url), expect, "{url}");
    }

    #[test]
    fn addresses_are_judged_as_the_server_does() {
        check_uri("https://acme.example", true);
        check_uri("https://acme.example/a?b=c#d", true);
        check_uri("mailto:press@acme.example", true);
        check_uri("acme.example", false);
        check_uri("/page", false);
        check_uri("https://", false);
        check_uri("https:///x", false);
        check_uri("https://acme.example/a b", false);
        check_uri("", false);
        check_uri(&format!("https://{}", "x".repeat(8192)), false);
    }

    #[track_caller]
    fn check_language(tag: &str, expect: Option<&str>) {
        assert_eq!(language(tag).as_deref(), expect, "{tag}");
    }

    #[test]
    fn languages_are_tags_or_left_out() {
        check_language("en", Some("en"));
        check_language("EN-gb", Some("en-gb"));
        check_language("zh-Hant-TW", Some("zh-Hant-TW"));
        check_language("english", None);
        check_language("en_GB", None);
        check_language("en-", None);
        check_language("", None);
    }

    #[test]
    fn labels_warn_readers() {
        let options = options(&[("labels", OptionValue::List(vec!["nudity".to_owned(), "sexual".to_owned()]))]);
        let expect = json!({ "$type": "com.atproto.label.defs#selfLabels",
            "values": [{ "val": "nudity" }, { "val": "sexual" }] });
        assert_eq!(make(&part("hi", Vec::new()), &options, None)["labels"], expect);
    }

    #[test]
    fn a_card_leads_to_its_own_address_or_the_first_link() {
        let linked = part("one two", vec![tag(0, 3, "x"), link(4, 7, "https://two.example")]);
        let titled = options(&[("card_title", text("Two")), ("card_description", text("It is."))]);
        let external = |uri: &str, description: &str| {
            json!({ "$type": "app.bsky.embed.external",
                "external": { "uri": uri, "title": "Two", "description": description } })
        };
        assert_eq!(make(&linked, &titled, None)["embed"], external("https://two.example", "It is."));
        let addressed = options(&[("card_title", text("Two")), ("card_url", text("https://other.example"))]);
        assert_eq!(make(&linked, &addressed, None)["embed"], external("https://other.example", ""));
        assert_eq!(make(&part("none", Vec::new()), &titled, None).get("embed"), None);
        assert_eq!(make(&linked, &Options::default(), None).get("embed"), None);
    }

    #[test]
    fn images_come_before_a_card_and_unknown_sizes_are_left_out() {
        let info = MediaInfo { kind: MediaKind::Jpeg, bytes: 1, width: 0, height: 0, clip: None };
        let image = PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: "alt".to_owned(), address: None };
        let linked = part("two", vec![link(0, 3, "https://two.example")]);
        let titled = options(&[("card_title", text("Two"))]);
        let record = post(&PostParts {
            part: &linked,
            options: &titled,
            language: None,
            at: Timestamp::EPOCH,
            people: &BTreeMap::new(),
            media: &[(&image, json!("blob"))],
            reply: None,
            quote: None,
            card: options::card(&titled),
        });
        let expect = json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": "alt", "image": "blob" }] });
        assert_eq!((&record["embed"], &record["createdAt"]), (&expect, &json!("1970-01-01T00:00:00.000Z")));
    }

    #[test]
    fn a_video_is_an_embed_of_its_own_and_needs_no_description() {
        let info = MediaInfo { kind: MediaKind::Mp4, bytes: 1, width: 1080, height: 1920, clip: None };
        let described =
            PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: "A walk".to_owned(), address: None };
        let mut bare = PreparedMedia { alt: String::new(), ..described.clone() };
        bare.info.width = 0;
        let quote = StrongRef { uri: "at://did:plc:b/app.bsky.feed.post/3p".to_owned(), cid: "cp".to_owned() };
        let make = |video: &PreparedMedia, quote: Option<&StrongRef>| {
            let record = post(&PostParts {
                part: &part("look", Vec::new()),
                options: &Options::default(),
                language: None,
                at: Timestamp::EPOCH,
                people: &BTreeMap::new(),
                media: &[(video, json!("blob"))],
                reply: None,
                quote,
                card: None,
            });
            record["embed"].clone()
        };
        let whole = json!({ "$type": "app.bsky.embed.video", "video": "blob", "alt": "A walk",
            "aspectRatio": { "width": 1080, "height": 1920 } });
        assert_eq!(make(&described, None), whole);
        assert_eq!(make(&bare, None), json!({ "$type": "app.bsky.embed.video", "video": "blob" }));
        let beside = json!({ "$type": "app.bsky.embed.recordWithMedia", "media": whole,
            "record": { "$type": "app.bsky.embed.record", "record": quote } });
        assert_eq!(make(&described, Some(&quote)), beside);
    }

    fn kind() -> impl Strategy<Value = RangeKind> {
        prop_oneof![
            ".{0,12}".prop_map(|url| RangeKind::Link { url }),
            Just(RangeKind::Link { url: "https://acme.example".to_owned() }),
            ".{0,12}".prop_map(|tag| RangeKind::Tag { tag }),
            Just(RangeKind::Mention { handle: "a.example".to_owned() }),
        ]
    }

    proptest! {
        #[test]
        fn whatever_the_ranges_facets_lie_on_characters(
            copy in ".{0,40}",
            ranges in vec((0usize..60, 0usize..60, kind()), 0..6),
            language in ".{0,8}",
            has_language in any::<bool>(),
        ) {
            let ranges = ranges.into_iter().map(|(start, end, kind)| Range { start, end, kind }).collect();
            let record = make(&part(&copy, ranges), &Options::default(), has_language.then_some(language.as_str()));
            for facet in record["facets"].as_array().into_iter().flatten() {
                let at = |key: &str| usize::try_from(facet["index"][key].as_u64().expect("a number")).expect("small");
                assert!(copy.get(at("byteStart")..at("byteEnd")).is_some_and(|stretch| !stretch.is_empty()));
            }
            assert_eq!(&record["text"], &json!(copy));
        }

        #[test]
        fn every_link_of_any_copy_is_where_its_words_are(blocks in crate::model::fixtures::blocks()) {
            let Form::Plain(dialect) = super::super::PROFILE.text.form else { panic!("Bluesky has plain text") };
            let flat = flatten(&blocks, &dialect);
            let whole = |range: &&Range| match &range.kind {
                RangeKind::Link { url } => is_uri(url),
                RangeKind::Tag { tag } => is_tag(tag),
                RangeKind::Mention { .. } => false,
            };
            let expect: Vec<_> = flat.ranges.iter().filter(whole).map(|range| (range.start, range.end)).collect();
            let found = facets(&flat, &BTreeMap::new());
            let found: Vec<_> = found.iter().map(|facet| (facet["index"]["byteStart"].clone(), facet["index"]["byteEnd"].clone())).collect();
            assert_eq!(found, expect.iter().map(|(start, end)| (json!(start), json!(end))).collect::<Vec<_>>());
            assert!(expect.iter().all(|(start, end)| flat.text.is_char_boundary(*start) && flat.text.is_char_boundary(*end)));
        }
    }
}
