//! Uploads: what is taken, and to which status it belongs.

use super::{BASE, MastodonTwin, Refusal, Upload, VIDEO_POLLS, asked::number, refuse};
use crate::{
    fixtures,
    twin::{FormField, TwinRequest},
};
use masthead::model::MediaKind;
use serde_json::{Value, json};

impl MastodonTwin {
    pub(super) fn upload(&self, request: &TwinRequest) -> Result<(u16, Value), Refusal> {
        let Some(fields) = request.form() else { return refuse(422, "Validation failed: File can't be blank") };
        let field = |name: &str| fields.iter().find(|field| field.name == name);
        let Some(FormField { file: Some(_), mime: Some(mime), bytes, .. }) = field("file") else {
            return refuse(422, "Validation failed: File can't be blank");
        };
        let Some(kind) = fixtures::sniff(bytes).filter(|kind| kind.mime() == mime.as_str()) else {
            return refuse(422, "Validation failed: File content type is invalid");
        };
        let alt =
            field("description").map_or_else(String::new, |field| String::from_utf8_lossy(&field.bytes).into_owned());
        if alt.chars().count() > 1500 {
            return refuse(422, "Validation failed: Description is too long (maximum is 1500 characters)");
        }
        let id = self.next_id(request.at);
        let busy = if kind.is_video() || kind == MediaKind::Gif { VIDEO_POLLS } else { 0 };
        self.media.borrow_mut().push(Upload { id, kind, bytes: bytes.len(), alt, busy, attached: None });
        let url = (busy == 0).then(|| format!("{BASE}/media/{id}"));
        Ok((if busy > 0 { 202 } else { 200 }, json!({ "id": id.to_string(), "type": "unknown", "url": url })))
    }

    pub(super) fn upload_state(&self, id: &str) -> Result<(u16, Value), Refusal> {
        let mut media = self.media.borrow_mut();
        let Some(upload) = media.iter_mut().find(|upload| upload.id.to_string() == id) else {
            return refuse(404, "Record not found");
        };
        let body = json!({ "id": id, "type": "unknown" });
        upload.busy = upload.busy.saturating_sub(1);
        Ok((if upload.busy > 0 { 206 } else { 200 }, body))
    }

    pub(super) fn read_media(&self, asked: &Value, editing: Option<u64>) -> Result<Vec<u64>, Refusal> {
        let ids = asked["media_ids"].as_array().cloned().unwrap_or_default();
        if ids.len() > 4 {
            return refuse(422, "Cannot attach more than 4 files");
        }
        let media = self.media.borrow();
        let mut found: Vec<&Upload> = Vec::new();
        for id in &ids {
            let upload = media.iter().find(|upload| number(id) == Some(upload.id));
            let free = upload.filter(|upload| upload.attached.is_none() || upload.attached == editing);
            let Some(upload) = free else {
                return refuse(422, &format!("Media {id} not found or already attached to another post"));
            };
            found.push(upload);
        }
        if found.len() > 1 && found.iter().any(|upload| upload.kind.is_video()) {
            return refuse(422, "Cannot attach a video to a post that already contains images");
        }
        if found.iter().any(|upload| upload.busy > 0) {
            return refuse(422, "Cannot attach files that have not finished processing. Try again in a moment!");
        }
        Ok(found.into_iter().map(|upload| upload.id).collect())
    }

    pub(super) fn attach(&self, id: u64, media: &[u64]) {
        for upload in self.media.borrow_mut().iter_mut().filter(|upload| media.contains(&upload.id)) {
            upload.attached = Some(id);
        }
    }
}
