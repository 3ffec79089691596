//! Images and videos: how they arrive, and when they can be shown.

use super::{Answer, Refusal, State, invalid, refuse};
use crate::{fixtures, twin::TwinRequest};
use masthead::model::{MediaKind, Timestamp};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How long an animation takes to be processed.
const PROCESSING: Duration = Duration::from_secs(4);

pub(super) struct Image {
    pub(super) kind: MediaKind,
    pub(super) bytes: usize,
    pub(super) alt: String,
    at: Timestamp,
}

impl State {
    pub(super) fn check_images(&self, images: &[&str], now: Timestamp) -> Result<(), Refusal> {
        let known: Vec<&Image> = images.iter().filter_map(|id| self.images.get(*id)).collect();
        let stands_alone = known.iter().any(|image| image.is_slow());
        if images.len() > 4 || known.len() < images.len() || (stands_alone && known.len() > 1) {
            return invalid("Your media IDs are invalid.");
        }
        if known.iter().any(|image| !image.is_ready(now)) {
            return invalid("Your media is still being processed.");
        }
        Ok(())
    }

    pub(super) fn upload(&mut self, request: &TwinRequest) -> Answer {
        let form = request.form().unwrap_or_default();
        let field = |name: &str| form.iter().find(|field| field.name == name).map(|field| field.bytes.as_slice());
        let Some(bytes) = field("media") else { return invalid("no media") };
        let category = String::from_utf8_lossy(field("media_category").unwrap_or_default()).into_owned();
        let kind = fixtures::sniff(bytes).filter(|kind| !kind.is_video());
        let fits = |kind: MediaKind| category == if kind == MediaKind::Gif { "tweet_gif" } else { "tweet_image" };
        let Some(kind) = kind.filter(|kind| fits(*kind) && bytes.len() <= 5_000_000) else {
            return invalid("media type unrecognized.");
        };
        self.serial += 1;
        let id = (1_880_000_000_000_000_000_u64 + self.serial).to_string();
        let image = Image { kind, bytes: bytes.len(), alt: String::new(), at: request.at };
        let answer = self.told(&id, &image, request.at);
        self.images.insert(id, image);
        Ok((200, answer))
    }

    pub(super) fn begin(&mut self, request: &TwinRequest) -> Answer {
        let asked = request.json().unwrap_or_default();
        let bytes = asked["total_bytes"].as_u64().filter(|bytes| (1..=8_000_000_000).contains(bytes));
        let is_fine = asked["media_type"] == "video/mp4" && asked["media_category"] == "tweet_video";
        let Some(bytes) = bytes.filter(|_| is_fine) else { return invalid("$.media_type: is not valid") };
        self.serial += 1;
        let id = (1_880_000_000_000_000_000_u64 + self.serial).to_string();
        self.coming.insert(id.clone(), (bytes, BTreeMap::new()));
        Ok((200, json!({ "data": { "id": id, "media_key": format!("13_{id}"), "expires_after_secs": 86_400 } })))
    }

    pub(super) fn append(&mut self, request: &TwinRequest, id: &str) -> Answer {
        let form = request.form().unwrap_or_default();
        let field = |name: &str| form.iter().find(|field| field.name == name).map(|field| field.bytes.clone());
        let number = field("segment_index").and_then(|number| String::from_utf8(number).ok()?.parse().ok());
        let Some((_, pieces)) = self.coming.get_mut(id) else { return invalid("media id not found") };
        match (number, field("media")) {
            (Some(number @ 0..1_000), Some(piece)) if piece.len() <= 5_000_000 => pieces.insert(number, piece),
            _ => return invalid("$.segment_index: is not valid"),
        };
        Ok((200, json!({ "data": { "expires_at": request.at.millis() / 1000 } })))
    }

    pub(super) fn finish(&mut self, request: &TwinRequest, id: &str) -> Answer {
        let Some((bytes, pieces)) = self.coming.remove(id) else { return invalid("media id not found") };
        let whole: Vec<u8> = pieces.into_values().flatten().collect();
        let kind = fixtures::sniff(&whole).filter(|kind| *kind == MediaKind::Mp4);
        let Some(kind) = kind.filter(|_| whole.len() as u64 == bytes) else { return invalid("segments do not add up") };
        let image = Image { kind, bytes: whole.len(), alt: String::new(), at: request.at };
        let answer = self.told(id, &image, request.at);
        self.images.insert(id.to_owned(), image);
        Ok((200, answer))
    }

    pub(super) fn image_state(&self, request: &TwinRequest) -> Answer {
        let id = request.query("media_id").unwrap_or_default();
        match self.images.get(&id).filter(|_| request.query("command").as_deref() == Some("STATUS")) {
            Some(image) => Ok((200, self.told(&id, image, request.at))),
            None => refuse(404, "Not Found", "no such media"),
        }
    }

    fn told(&self, id: &str, image: &Image, now: Timestamp) -> Value {
        let mut data =
            json!({ "id": id, "media_key": format!("3_{id}"), "size": image.bytes, "expires_after_secs": 86_400 });
        if image.is_slow() {
            let state = if image.is_ready(now) { "succeeded" } else { "pending" };
            data["processing_info"] = json!({ "state": state, "check_after_secs": 2 });
        }
        json!({ "data": data })
    }

    pub(super) fn describe(&mut self, request: &TwinRequest) -> Answer {
        let asked = request.json().unwrap_or_default();
        let alt = asked["metadata"]["alt_text"]["text"].as_str().unwrap_or_default().to_owned();
        let id = asked["id"].as_str().unwrap_or_default();
        let Some(image) = self.images.get_mut(id) else { return refuse(404, "Not Found", "no such media") };
        if alt.is_empty() || alt.chars().count() > 1_000 {
            return invalid("$.metadata.alt_text.text: must be 1 to 1000 characters long");
        }
        image.alt = alt;
        Ok((200, json!({ "data": { "id": id, "associated_metadata": {} } })))
    }
}

impl Image {
    /// Returns whether it moves, so that it stands alone and is processed first.
    fn is_slow(&self) -> bool {
        self.kind == MediaKind::Gif || self.kind.is_video()
    }

    fn is_ready(&self, now: Timestamp) -> bool {
        !self.is_slow() || now.since(self.at) >= PROCESSING
    }
}
