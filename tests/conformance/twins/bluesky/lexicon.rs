//! The lexicons of posts and reposts, as far as they set limits; the words are the real server's.

use super::{POST, REPOST, Refusal};
use masthead::model::Timestamp;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;

/// Finds a blob: its media type and size.
pub(super) type Blobs<'a> = &'a dyn Fn(&str) -> Option<(&'a str, usize)>;

type Checked = Result<(), Refusal>;

/// Checks a record.
pub(super) fn check(collection: &str, rkey: &str, record: &Value, blobs: Blobs<'_>) -> Checked {
    if record["$type"] != collection {
        return Err(Refusal::invalid(format!("Invalid $type: expected {collection}, got {}", record["$type"])));
    }
    let digits = |byte: u8| b"234567abcdefghijklmnopqrstuvwxyz".contains(&byte);
    if rkey.len() != 13 || !rkey.bytes().all(digits) || rkey.as_bytes()[0] > b'j' {
        return Err(Refusal::invalid(format!(
            "Invalid record key for {collection}: Invalid TID string (got \"{rkey}\") at $"
        )));
    }
    let checked = match collection {
        POST => post(record, blobs),
        REPOST => strong_ref(&record["subject"], "subject").and_then(|()| created_at(record)),
        _ => Err(format!("Lexicon not found: {collection}")),
    };
    checked.map_err(|words| match words.split_once(' ') {
        Some(("mime", words)) => Refusal(400, "InvalidMimeType", words.to_owned()),
        Some(("size", words)) => Refusal(400, "InvalidSize", words.to_owned()),
        _ => Refusal::invalid(format!("Invalid {collection} record: {words}")),
    })
}

type Words = Result<(), String>;

fn post(record: &Value, blobs: Blobs<'_>) -> Words {
    known(record, &["$type", "text", "createdAt", "facets", "langs", "labels", "reply", "embed", "tags"])?;
    created_at(record)?;
    let text = record["text"].as_str().ok_or("Missing required key \"text\" at $.record")?;
    limit("string", text.len(), 3000, "text")?;
    limit("grapheme", text.graphemes(true).count(), 300, "text")?;
    for facet in list(record, "facets")? {
        check_facet(facet, text)?;
    }
    let langs = list(record, "langs")?;
    limit("array", langs.len(), 3, "langs")?;
    for lang in langs {
        let subtags = lang.as_str().unwrap_or_default().split('-').collect::<Vec<_>>();
        let fits = (2..=3).contains(&subtags[0].len())
            && subtags.iter().all(|tag| tag.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !fits {
            return Err(format!("Invalid language (got {lang}) at $.record.langs[0]"));
        }
    }
    if let Some(labels) = record.get("labels") {
        expect(labels, "com.atproto.label.defs#selfLabels", "labels")?;
        limit("array", list(labels, "values")?.len(), 10, "labels.values")?;
    }
    if let Some(reply) = record.get("reply") {
        strong_ref(&reply["root"], "reply.root")?;
        strong_ref(&reply["parent"], "reply.parent")?;
    }
    record.get("embed").map_or(Ok(()), |embed| check_embed(embed, blobs, true))
}

fn check_facet(facet: &Value, text: &str) -> Words {
    let at = |name: &str| {
        let place = facet["index"][name].as_u64().and_then(|at| usize::try_from(at).ok());
        place.ok_or_else(|| format!("Missing required key \"{name}\" at $.record.facets"))
    };
    let (start, end) = (at("byteStart")?, at("byteEnd")?);
    if text.get(start..end).is_none_or(str::is_empty) {
        return Err(format!("facet {start}..{end} is no stretch of the text"));
    }
    let features = list(facet, "features")?;
    if features.is_empty() {
        return Err("Missing required key \"features\" at $.record.facets".to_owned());
    }
    for feature in features {
        match feature["$type"].as_str() {
            Some("app.bsky.richtext.facet#link") => {
                let uri = feature["uri"].as_str().unwrap_or_default();
                if !uri.contains(':') || uri.contains(char::is_whitespace) {
                    return Err(format!("Invalid uri (got \"{uri}\") at $.record.facets[0].features[0].uri"));
                }
            }
            Some("app.bsky.richtext.facet#tag") => {
                let tag = feature["tag"].as_str().ok_or("Missing required key \"tag\"")?;
                limit("grapheme", tag.graphemes(true).count(), 64, "facets[0].features[0].tag")?;
                limit("string", tag.len(), 640, "facets[0].features[0].tag")?;
            }
            Some("app.bsky.richtext.facet#mention") => {
                let did = feature["did"].as_str().unwrap_or_default();
                if !did.starts_with("did:") {
                    return Err(format!("Invalid DID (got \"{did}\") at $.record.facets[0].features[0].did"));
                }
            }
            other => return Err(format!("unknown facet feature {other:?}")),
        }
    }
    Ok(())
}

fn check_embed(embed: &Value, blobs: Blobs<'_>, outer: bool) -> Words {
    match embed["$type"].as_str() {
        Some("app.bsky.embed.images") => {
            let images = list(embed, "images")?;
            limit("array", images.len(), 4, "embed.images")?;
            images.iter().try_for_each(|image| check_image(image, blobs))
        }
        Some("app.bsky.embed.video") => check_video(embed, blobs),
        Some("app.bsky.embed.external") => {
            let missing =
                ["uri", "title", "description"].into_iter().find(|name| !embed["external"][*name].is_string());
            missing.map_or(Ok(()), |name| Err(format!("Missing required key \"{name}\" at $.record.embed.external")))
        }
        Some("app.bsky.embed.record") if outer => strong_ref(&embed["record"], "embed.record"),
        Some("app.bsky.embed.recordWithMedia") if outer => {
            expect(&embed["record"], "app.bsky.embed.record", "embed.record")?;
            strong_ref(&embed["record"]["record"], "embed.record.record")?;
            check_embed(&embed["media"], blobs, false)
        }
        other => Err(format!("unknown embed {other:?}")),
    }
}

fn check_image(image: &Value, blobs: Blobs<'_>) -> Words {
    known(image, &["alt", "image", "aspectRatio"])?;
    if !image["alt"].is_string() {
        return Err("Missing required key \"alt\" at $.record.embed.images[0]".to_owned());
    }
    check_ratio(image, "embed.images[0]")?;
    // The limit of the lexicon that many servers still hold; the newest one allows twice as much.
    check_blob(&image["image"], blobs, "image/*", 1_000_000, "embed.images[0].image")
}

fn check_video(embed: &Value, blobs: Blobs<'_>) -> Words {
    known(embed, &["$type", "video", "alt", "aspectRatio"])?;
    if embed.get("video").is_none() {
        return Err("Missing required key \"video\" at $.record.embed".to_owned());
    }
    if let Some(alt) = embed.get("alt").filter(|alt| !alt.is_string()) {
        return Err(format!("Expected string value type (got {alt}) at $.record.embed.alt"));
    }
    check_ratio(embed, "embed")?;
    // Of the lexicon of before, again; the newest one allows three times as much.
    check_blob(&embed["video"], blobs, "video/mp4", 100_000_000, "embed.video")
}

fn check_ratio(shown: &Value, place: &str) -> Words {
    let Some(ratio) = shown.get("aspectRatio") else { return Ok(()) };
    let flat = ["width", "height"].into_iter().find(|side| ratio[*side].as_u64().is_none_or(|pixels| pixels == 0));
    flat.map_or(Ok(()), |side| Err(format!("integer too small (minimum 1) at $.record.{place}.aspectRatio.{side}")))
}

/// First what a record says of its blob is held against the lexicon, then against what was uploaded.
fn check_blob(blob: &Value, blobs: Blobs<'_>, accept: &str, maximum: usize, place: &str) -> Words {
    expect(blob, "blob", place)?;
    let (told, size) = (blob["mimeType"].as_str().unwrap_or_default(), blob["size"].as_u64().unwrap_or_default());
    let is_taken = accept.strip_suffix('*').map_or(told == accept, |prefix| told.starts_with(prefix));
    if !is_taken {
        return Err(format!("Expected \"{accept}\" (got \"{told}\") at $.record.{place}.mimeType"));
    }
    limit("blob", usize::try_from(size).unwrap_or(usize::MAX), maximum, place)?;
    let cid = blob["ref"]["$link"].as_str().unwrap_or_default();
    let (mime, stored) = blobs(cid).ok_or_else(|| format!("Could not find blob: {cid}"))?;
    if told != mime {
        return Err(format!("mime Referenced Mimetype does not match stored blob. Expected: {mime}, Got: {told}"));
    }
    if usize::try_from(size) != Ok(stored) {
        return Err(format!("size Referenced Size does not match stored blob. Expected: {stored}, Got: {size}"));
    }
    Ok(())
}

fn created_at(record: &Value) -> Words {
    let at = record["createdAt"].as_str().ok_or("Missing required key \"createdAt\" at $.record")?;
    Timestamp::parse(at).map(|_| ()).ok_or_else(|| format!("Invalid datetime (got \"{at}\") at $.record.createdAt"))
}

fn strong_ref(reference: &Value, place: &str) -> Words {
    known(reference, &["uri", "cid", "$type"])?;
    let uri = reference["uri"].as_str().filter(|uri| uri.starts_with("at://did:"));
    if uri.is_none() || reference["cid"].as_str().is_none_or(|cid| !cid.starts_with("baf")) {
        return Err(format!("Invalid AT-URI or CID at $.record.{place}"));
    }
    Ok(())
}

fn expect(value: &Value, kind: &str, place: &str) -> Words {
    if value["$type"] == kind {
        Ok(())
    } else {
        Err(format!("Expected {kind} (got {}) at $.record.{place}", value["$type"]))
    }
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match value.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("Expected array value type at $.record.{key}")),
    }
}

/// The real server lets unknown keys through; here they are a mistake of the adapter's.
fn known(value: &Value, keys: &[&str]) -> Words {
    let unknown = value.as_object().and_then(|object| object.keys().find(|key| !keys.contains(&key.as_str())));
    unknown.map_or(Ok(()), |key| Err(format!("unknown key \"{key}\"")))
}

fn limit(what: &str, got: usize, maximum: usize, place: &str) -> Words {
    if got <= maximum {
        Ok(())
    } else {
        Err(format!("{what} too big (maximum {maximum}, got {got}) at $.record.{place}"))
    }
}
