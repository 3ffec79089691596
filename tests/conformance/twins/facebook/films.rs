//! Videos, reels and stories: how they are uploaded, published and listed.

use super::{FacebookTwin, PAGE, Post, Refusal, TOKEN, UPLOADS, refuse, written};
use crate::{
    fixtures,
    twin::{LiveMedia, TwinRequest, json},
};
use masthead::{model::MediaKind, network::Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many bytes of a video are asked for at once: few, so that the small samples go in several pieces.
const PIECE: u64 = 60;

/// What is on its way.
#[derive(Debug, Default)]
pub(super) struct Films {
    /// By the id of its video, or of the session in which a video's pieces come.
    coming: BTreeMap<String, Coming>,
}

#[derive(Clone, Debug)]
struct Coming {
    /// Where it was begun.
    edge: String,
    video: String,
    /// How many bytes it is said to have; unknown of what comes whole.
    size: Option<u64>,
    bytes: Vec<u8>,
}

impl Coming {
    /// Returns which bytes are wanted next.
    fn wanted(&self) -> Value {
        let (from, size) = (self.bytes.len() as u64, self.size.unwrap_or_default());
        json!({ "start_offset": from.to_string(), "end_offset": size.min(from + PIECE).to_string() })
    }

    /// Returns what came, if it is a whole video.
    fn whole(&self) -> Option<LiveMedia> {
        let is_whole = self.size.is_none_or(|size| size == self.bytes.len() as u64);
        let kind = fixtures::sniff(&self.bytes).filter(|kind| is_whole && *kind == MediaKind::Mp4)?;
        Some(LiveMedia { kind, bytes: self.bytes.len(), alt: String::new() })
    }
}

impl Films {
    /// Takes a reel or a story at the place that was named for it.
    pub(super) fn take_whole(&mut self, request: &TwinRequest, id: &str) -> Response {
        let coming = self.coming.get_mut(id);
        let size = request.header("file_size").and_then(|size| size.parse::<usize>().ok());
        match coming.filter(|_| request.authorization.as_deref() == Some(&format!("OAuth {TOKEN}"))) {
            Some(coming) if request.header("offset") == Some("0") && size == Some(request.body.len()) => {
                coming.bytes.clone_from(&request.body);
                json(request, 200, &json!({ "success": true }))
            }
            _ => {
                let told = json!({ "retriable": false, "type": "NotAuthorizedError", "message": "Not authorized" });
                json(request, 400, &json!({ "debug_info": told }))
            }
        }
    }
}

impl FacebookTwin {
    /// Serves what begins, goes on with and ends an upload.
    pub(super) fn film(&self, request: &TwinRequest, edge: &str) -> Result<Value, Refusal> {
        let form: BTreeMap<String, Vec<u8>> = match request.form() {
            Some(fields) => fields.into_iter().map(|field| (field.name, field.bytes)).collect(),
            None => request.fields().into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
        };
        let text = |name: &str| form.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let is_whole = edge != "videos";
        match (text("upload_phase").as_deref(), is_whole) {
            (Some("start"), _) => {
                let video = self.next_id().to_string();
                let size = text("file_size").and_then(|size| size.parse().ok());
                if size.is_none() != is_whole {
                    return refuse(100, 0, "(#100) Param file_size must be a number");
                }
                let coming = Coming { edge: edge.to_owned(), video: video.clone(), size, bytes: Vec::new() };
                let mut told = if is_whole { json!({}) } else { coming.wanted() };
                let name = if is_whole { video.clone() } else { self.next_id().to_string() };
                let mut add = |key: &str, value: &str| told[key] = value.into();
                add("video_id", &video);
                if is_whole {
                    add("upload_url", &format!("{UPLOADS}{video}"));
                } else {
                    add("upload_session_id", &name);
                }
                self.films.borrow_mut().coming.insert(name, coming);
                Ok(told)
            }
            (Some("transfer"), false) => {
                let mut films = self.films.borrow_mut();
                let session = text("upload_session_id").unwrap_or_default();
                let Some(coming) = films.coming.get_mut(&session) else { return refuse(100, 33, "no such session") };
                let chunk = form.get("video_file_chunk").map_or(&[][..], Vec::as_slice);
                let fits = text("start_offset") == Some(coming.bytes.len().to_string());
                if !fits || chunk.is_empty() || chunk.len() as u64 > PIECE {
                    return refuse(6000, 1_363_037, "There was a problem uploading your video file chunk.");
                }
                coming.bytes.extend_from_slice(chunk);
                Ok(coming.wanted())
            }
            (Some("finish"), _) => {
                let name = text(if is_whole { "video_id" } else { "upload_session_id" }).unwrap_or_default();
                // A session ends with the first call that ends it.
                let coming = self.films.borrow_mut().coming.remove(&name);
                let Some(coming) = coming.filter(|coming| coming.edge == edge) else {
                    return refuse(100, 33, "no such upload");
                };
                let Some(medium) = coming.whole() else {
                    return refuse(6000, 1_363_030, "Your video upload timed out before it could be completed.");
                };
                let (shown, told) = match edge {
                    "videos" => ("video", json!({ "success": true })),
                    "video_reels" if text("video_state").as_deref() != Some("PUBLISHED") => {
                        return refuse(100, 0, "(#100) Param video_state must be one of PUBLISHED, DRAFT, SCHEDULED");
                    }
                    "video_reels" => ("reel", json!({ "success": true })),
                    _ => ("story", json!({ "success": true, "post_id": coming.video })),
                };
                let message = text("description").unwrap_or_default();
                assert!(shown != "story" || message.is_empty(), "a story has no words");
                self.show_film(coming.video, message, medium, shown, request);
                Ok(told)
            }
            _ => refuse(100, 0, "(#100) Param upload_phase must be one of START, TRANSFER, FINISH"),
        }
    }

    /// Makes a story of an image that was uploaded.
    pub(super) fn photo_story(&self, request: &TwinRequest) -> Result<Value, Refusal> {
        let photo = request.fields().get("photo_id").cloned().unwrap_or_default();
        let Some(medium) = self.photos.borrow_mut().remove(&photo) else {
            return refuse(100, 33, "no such photo");
        };
        let id = self.next_id();
        self.show_film(id.to_string(), String::new(), medium, "story", request);
        Ok(json!({ "success": true, "post_id": id }))
    }

    fn show_film(&self, id: String, message: String, medium: LiveMedia, shown: &'static str, request: &TwinRequest) {
        let shown = Some(shown);
        self.make(Post { id, message, link: None, media: vec![medium], shown, at: request.at, edits: 0 });
    }
}

/// Whether a post is in one of the listings. Reels are among the videos too.
pub(super) fn is_listed(post: &Post, edge: &str) -> bool {
    match edge {
        "videos" => matches!(post.shown, Some("video" | "reel")),
        "video_reels" => post.shown == Some("reel"),
        "stories" => post.shown == Some("story"),
        _ => post.shown.is_none(),
    }
}

/// Tells of a post as such a listing does; none of that of posts.
pub(super) fn listed(post: &Post, edge: &str) -> Option<Value> {
    match edge {
        "videos" | "video_reels" => Some(json!({
            "id": post.id,
            "description": post.message,
            "created_time": written(post.at),
            "published": true,
            "status": { "video_status": "ready" },
        })),
        "stories" => Some(json!({
            "post_id": post.id,
            "status": "PUBLISHED",
            "creation_time": (post.at.millis() / 1000).to_string(),
            "media_type": if post.media[0].kind.is_video() { "video" } else { "photo" },
            "url": "https://facebook.com/stories/1",
        })),
        _ => None,
    }
}

/// Returns the address of what isn't a post; of a story nothing is told when it is made.
pub(super) fn address(post: &Post) -> Option<String> {
    match post.shown? {
        "video" => Some(format!("https://www.facebook.com/{PAGE}/videos/{}", post.id)),
        "reel" => Some(format!("https://www.facebook.com/reel/{}", post.id)),
        _ => Some(String::new()),
    }
}
