//! Files: where they may be sent, and when they can be shown.

use super::{FILES, Refusal, SlackTwin, refuse};
use crate::{
    fixtures,
    twin::{TwinRequest, percent_decode},
};
use masthead::model::MediaKind;
use serde_json::{Value, json};

/// How often a file is asked for before it has been processed.
const BUSY: u32 = 2;

/// A file on its way, or arrived.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) id: String,
    length: usize,
    pub(super) bytes: usize,
    pub(super) kind: Option<MediaKind>,
    complete: bool,
    busy: u32,
}

impl SlackTwin {
    pub(super) fn upload_place(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        if request.header("content-type") != Some("application/x-www-form-urlencoded") {
            return refuse("invalid_arguments");
        }
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let field = |name: &str| {
            form.split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, v)| percent_decode(v))
        };
        let (Some(_), Some(length)) = (field("filename"), field("length").and_then(|length| length.parse().ok()))
        else {
            return refuse("invalid_arguments");
        };
        let id = format!("F0{:07}", self.next());
        let file = File { id: id.clone(), length, bytes: 0, kind: None, complete: false, busy: BUSY };
        self.files.borrow_mut().push(file);
        Ok(json!({ "upload_url": format!("{FILES}{id}"), "file_id": id }))
    }

    /// Takes the bytes. The place is a secret by itself, so our token has no business there.
    pub(super) fn take(&self, request: &TwinRequest, place: &str) -> (u16, String) {
        assert!(request.authorization.is_none(), "a secret went to a place for files");
        let mut files = self.files.borrow_mut();
        let Some(file) = files.iter_mut().find(|file| file.id == place) else {
            return (404, "no such upload".to_owned());
        };
        if file.length != request.body.len() {
            return (400, "another length was said".to_owned());
        }
        file.bytes = request.body.len();
        file.kind = fixtures::sniff(&request.body);
        (200, format!("OK - {}", file.bytes))
    }

    pub(super) fn complete(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let asked = request.json().unwrap_or_default();
        if asked.get("channel_id").is_some() || asked.get("channels").is_some() {
            return Err(Refusal("invalid_arguments", Some("this would post a message of its own".to_owned())));
        }
        let list = asked["files"].as_array().cloned().unwrap_or_default();
        let mut files = self.files.borrow_mut();
        for asked in &list {
            let file = files.iter_mut().find(|file| asked["id"] == file.id.as_str() && file.bytes > 0);
            let Some(file) = file else { return refuse("file_not_found") };
            file.complete = true;
        }
        Ok(json!({ "files": list }))
    }

    pub(super) fn file(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let id = request.query("file").unwrap_or_default();
        let mut files = self.files.borrow_mut();
        let Some(file) = files.iter_mut().find(|file| file.id == id && file.complete) else {
            return refuse("file_not_found");
        };
        file.busy = file.busy.saturating_sub(1);
        let mime = file.kind.filter(|_| file.busy == 0).map_or("", MediaKind::mime);
        Ok(json!({ "file": { "id": id, "mimetype": mime } }))
    }

    /// Refuses to show what isn't a picture that has been processed.
    pub(super) fn check_files(&self, ids: &[(String, String)]) -> Result<(), Refusal> {
        const SHOWN: &[MediaKind] = &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif];
        let files = self.files.borrow();
        let fits =
            |file: &&File| file.complete && file.busy == 0 && file.kind.is_some_and(|kind| SHOWN.contains(&kind));
        for (id, _) in ids {
            if !files.iter().filter(fits).any(|file| file.id == *id) {
                return Err(Refusal(
                    "invalid_blocks",
                    Some("invalid slack file [json-pointer:/blocks/slack_file]".to_owned()),
                ));
            }
        }
        Ok(())
    }
}
