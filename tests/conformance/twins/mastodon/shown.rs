//! What the server shows: to its API, and to the public.

use super::{
    BASE, MastodonTwin, SOMEBODY, Status,
    text::{self, Entity},
};
use crate::twin::{Live, LiveMedia, TwinRequest};
use serde_json::{Value, json};

impl MastodonTwin {
    pub(super) fn instance(&self) -> Value {
        let (version, source) = if self.forgets_keys.get() {
            ("0.20.0+git-1a2b3c4", "https://codeberg.org/superseriousbusiness/gotosocial")
        } else {
            ("4.5.0", "https://github.com/mastodon/mastodon")
        };
        json!({
            "domain": "masto.example",
            "title": "Twin",
            "version": version,
            "source_url": source,
            "api_versions": { "mastodon": 7 },
            "configuration": {
                "statuses": {
                    "max_characters": self.max_characters.get(),
                    "max_media_attachments": 4,
                    "characters_reserved_per_url": 23,
                },
                "media_attachments": {
                    "supported_mime_types": [
                        "image/jpeg", "image/png", "image/gif", "image/webp", "video/webm", "video/mp4", "video/quicktime"
                    ],
                    "description_limit": 1500,
                    "image_size_limit": 16_777_216,
                    "image_matrix_limit": 33_177_600,
                    "video_size_limit": 103_809_024,
                },
                "polls": {
                    "max_options": 4,
                    "max_characters_per_option": 50,
                    "min_expiration": 300,
                    "max_expiration": 2_629_746,
                },
            },
        })
    }

    pub(super) fn list(&self, request: &TwinRequest) -> Value {
        let limit = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20).min(40);
        let before: u64 = request.query("max_id").and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
        let boosts = request.query("exclude_reblogs").as_deref() != Some("true");
        let mut ids: Vec<u64> = self
            .statuses
            .borrow()
            .iter()
            .filter(|status| status.ours && !status.gone && status.id < before && (boosts || status.boost.is_none()))
            .map(|status| status.id)
            .collect();
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        ids.into_iter().take(limit).map(|id| self.status(id)).collect()
    }

    pub(super) fn search(&self, request: &TwinRequest) -> Value {
        let wanted = request.query("q").unwrap_or_default();
        let resolves = request.query("resolve").as_deref() == Some("true");
        let found =
            self.statuses.borrow().iter().find(|status| status.url == wanted && !status.gone && resolves).map(|s| s.id);
        let statuses: Vec<Value> = found.into_iter().map(|id| self.status(id)).collect();
        json!({ "accounts": [], "statuses": statuses, "hashtags": [] })
    }

    /// Writes a status as the API does.
    pub(super) fn status(&self, id: u64) -> Value {
        let status = self.statuses.borrow().iter().find(|status| status.id == id).cloned().expect("a status");
        let attachments: Vec<Value> = status
            .body
            .media
            .iter()
            .filter_map(|id| self.media.borrow().iter().find(|upload| upload.id == *id).cloned())
            .map(|upload| json!({ "id": upload.id.to_string(), "description": upload.alt }))
            .collect();
        json!({
            "id": id.to_string(),
            "uri": format!("{BASE}/users/acme/statuses/{id}"),
            "url": status.url,
            "created_at": status.at.to_string(),
            "content": text::html(&status.body.text),
            "visibility": status.visibility,
            "spoiler_text": status.body.warning,
            "sensitive": status.body.sensitive,
            "language": status.body.language,
            "in_reply_to_id": status.reply_to.map(|id| id.to_string()),
            "media_attachments": attachments,
            "reblog": status.boost.map(|original| self.status(original)),
            "quote": status.quote.map(|id| json!({ "state": "accepted", "quoted_status": { "id": id.to_string() } })),
        })
    }

    pub(super) fn show(&self, status: &Status) -> Live {
        let entities = text::entities(&status.body.text);
        let media = status.body.media.iter().filter_map(|id| {
            let media = self.media.borrow();
            let upload = media.iter().find(|upload| upload.id == *id)?;
            Some(LiveMedia { kind: upload.kind, bytes: upload.bytes, alt: upload.alt.clone() })
        });
        let mut live = Live {
            id: status.id.to_string(),
            url: status.url.clone(),
            text: status.body.text.clone(),
            media: media.collect(),
            poll: status.body.poll.as_ref().map(|(poll, _)| poll.clone()),
            language: status.body.language.clone(),
            warning: Some(status.body.warning.clone()).filter(|warning| !warning.is_empty()),
            reply_to: status.reply_to.map(|id| id.to_string()),
            quote: status.quote.map(|id| id.to_string()),
            boost: status.boost.map(|id| id.to_string()),
            edits: status.edits,
            ..Live::default()
        };
        for (range, entity) in entities {
            let shown = status.body.text[range].to_owned();
            match entity {
                Entity::Url => live.links.push((shown.clone(), shown)),
                Entity::Tag => live.tags.push(shown[1..].to_owned()),
                Entity::Mention if &shown[1..] == SOMEBODY => live.mentions.push(SOMEBODY.to_owned()),
                Entity::Mention => {}
            }
        }
        live.facts.insert("visibility", status.visibility.clone());
        live.facts.insert("sensitive", status.body.sensitive.to_string());
        live.facts.insert("content_warning", status.body.warning.clone());
        live.facts.insert("quote_policy", status.body.policy.clone().unwrap_or_default());
        live
    }
}
