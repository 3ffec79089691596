//! Videos, reels and stories: each is uploaded first, and made visible by one last call.
//!
//! A video goes in the pieces that Facebook asks for, to a server of its own; a reel or a video story goes whole to the place that
//! the first call names; a story of an image is an image that was uploaded as for a post.

use super::{
    PAGES, reply,
    request::{self, description},
    shape::Shape,
};
use crate::{
    model::{Account, Timestamp},
    network::{
        Credential, Effect, ErrorKind, Field, FieldValue, Found, Job, Method, NetworkError, Payload, Place,
        PreparedMedia, Receipt, Request, Slice, Wire,
        graph::moment,
        https_host,
        listing::{Listed, Search},
    },
};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Where the pieces of a video go, unless the account names a server.
const SERVER: &str = "https://graph-video.facebook.com";

/// How long uploading may have taken before the attempt: a video is as old as its upload.
const UPLOADING: Duration = Duration::from_secs(60 * 60);

/// What beginning to upload a video answers.
#[derive(Deserialize)]
struct Begun {
    video_id: String,
    upload_session_id: String,
    #[serde(flatten)]
    piece: Piece,
}

/// Which bytes are asked for next. The numbers are written as text.
#[derive(Deserialize)]
struct Piece {
    start_offset: Value,
    end_offset: Value,
}

/// What beginning to upload a reel or a story answers.
#[derive(Deserialize)]
struct Opened {
    video_id: String,
    upload_url: String,
}

/// What publishing a story answers.
#[derive(Deserialize)]
struct Told {
    post_id: Value,
}

/// A video or reel of a listing.
#[derive(Deserialize)]
struct Film {
    id: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    created_time: Option<String>,
    #[serde(default)]
    published: Option<bool>,
    #[serde(default)]
    status: Value,
}

/// A story of a listing.
#[derive(Deserialize)]
struct Story {
    post_id: Value,
    #[serde(default)]
    creation_time: Value,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl Piece {
    /// Returns what to send next, which begins at `least` or later; none if all of it is there.
    fn slice(&self, film: &PreparedMedia, least: u64) -> Result<Option<Slice>, NetworkError> {
        let number = |value| word(value).and_then(|word| word.parse::<u64>().ok());
        match (number(&self.start_offset), number(&self.end_offset)) {
            (Some(from), _) if from == film.info.bytes => Ok(None),
            (Some(from), Some(to)) if least <= from && from < to && to <= film.info.bytes => {
                Ok(Some(Slice { key: film.key, from, to }))
            }
            _ => {
                let message = "the server asks for a piece of the video that can't be sent";
                let detail = format!("{} to {} of {}", self.start_offset, self.end_offset, film.info.bytes);
                Err(NetworkError::new(ErrorKind::Unreadable, message).detail(detail))
            }
        }
    }
}

impl Film {
    /// Compares it with what a job would have made; none if it will never be out. What isn't out yet may be a draft of a person.
    fn listed(self, job: &Job<'_>, page: &str) -> Option<Listed> {
        (self.status["video_status"] != "error").then(|| Listed {
            at: self.created_time.as_deref().and_then(moment),
            text: self.description.unwrap_or_default(),
            fits: self.published != Some(false),
            receipt: receipt(Shape::of_job(job), page, &self.id, job.media),
        })
    }
}

impl Story {
    fn listed(self, job: &Job<'_>) -> Option<Listed> {
        let is_film = job.media.iter().any(|media| media.info.kind.is_video());
        let made = word(&self.creation_time)?;
        let seconds = made.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
        Some(Listed {
            at: seconds.map(Timestamp::from_millis).or_else(|| moment(&made)),
            text: String::new(),
            fits: self.media_type.as_deref() == Some(if is_film { "video" } else { "photo" }),
            receipt: reply::receipt_as(Shape::Story, &word(&self.post_id)?, self.url, job.media),
        })
    }
}

/// Publishes a video among the Page's posts.
pub(super) async fn publish_video(
    job: &Job<'_>,
    page: &str,
    film: &PreparedMedia,
    wire: &mut Wire<'_>,
) -> Result<Receipt, NetworkError> {
    let begun: Begun = reply::read(&wire.call(begin(job.account, page, film.info.bytes)).await?)?;
    let session = &begun.upload_session_id;
    let mut next = begun.piece.slice(film, 0)?;
    while let Some(slice) = next {
        let piece: Piece = reply::read(&wire.call(transfer(job.account, page, session, slice)).await?)?;
        next = piece.slice(film, slice.from + 1)?;
    }
    let mut fields = vec![Field::text("upload_phase", "finish"), Field::text("upload_session_id", session)];
    fields.extend(description(job));
    let call = to_videos(job.account, "publish video", page, Payload::Form(fields), Effect::Publish);
    reply::done(&wire.call(call).await?)?;
    Ok(receipt(Shape::Video, page, &begun.video_id, job.media))
}

/// Publishes a reel.
pub(super) async fn publish_reel(
    job: &Job<'_>,
    page: &str,
    film: &PreparedMedia,
    wire: &mut Wire<'_>,
) -> Result<Receipt, NetworkError> {
    let edge = format!("{page}/video_reels");
    let video = upload(job.account, &edge, film, wire).await?;
    let mut fields = vec![
        Field::text("upload_phase", "finish"),
        Field::text("video_id", video.as_str()),
        Field::text("video_state", "PUBLISHED"),
    ];
    fields.extend(description(job));
    reply::done(&wire.call(request::send(job.account, "publish reel", &edge, fields, Effect::Publish)).await?)?;
    Ok(receipt(Shape::Reel, page, &video, job.media))
}

/// Publishes a story.
pub(super) async fn publish_story(
    job: &Job<'_>,
    page: &str,
    medium: &PreparedMedia,
    wire: &mut Wire<'_>,
) -> Result<Receipt, NetworkError> {
    let (edge, fields) = if medium.info.kind.is_video() {
        let edge = format!("{page}/video_stories");
        let video = upload(job.account, &edge, medium, wire).await?;
        (edge, vec![Field::text("upload_phase", "finish"), Field::text("video_id", video)])
    } else {
        let photo = reply::made(&wire.call(request::photo(job.account, page, medium)).await?)?.id;
        (format!("{page}/photo_stories"), vec![Field::text("photo_id", photo)])
    };
    let call = request::send(job.account, "publish story", &edge, fields, Effect::Publish);
    let told: Told = reply::read(&wire.call(call).await?)?;
    let id = word(&told.post_id)
        .ok_or_else(|| NetworkError::new(ErrorKind::Unreadable, "the answer doesn't tell the story's id"))?;
    Ok(reply::receipt_as(Shape::Story, &id, None, job.media))
}

/// Looks for a video or reel. Facebook may show each of them among the others, so both listings are read; and it may list none that
/// it hasn't processed, so that none is found proves nothing.
pub(super) async fn find_film(job: &Job<'_>, page: &str, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
    const FIELDS: &str = "id,description,created_time,published,status";
    let mut search = Search::new(job, &job.draft_part().text.text);
    search.from = job.attempt.at.minus(UPLOADING);
    for what in ["videos?type=uploaded", "video_reels"] {
        let own = async |after: Option<&str>| {
            let call = request::own(job.account, page, what, FIELDS, after);
            reply::page(&wire.call(call).await?, |film: Film| film.listed(job, page))
        };
        search.read(PAGES, own).await?;
    }
    Ok(seen(search, "no such video is listed, and one that Facebook still works on may not be"))
}

/// Looks for a story. Where a Page keeps no archive of its stories they aren't listed, so that none is found proves nothing.
pub(super) async fn find_story(job: &Job<'_>, page: &str, wire: &mut Wire<'_>) -> Result<Found, NetworkError> {
    const FIELDS: &str = "post_id,status,creation_time,media_type,url";
    let mut search = Search::new(job, "");
    let own = async |after: Option<&str>| {
        let call = request::own(job.account, page, "stories", FIELDS, after);
        reply::page(&wire.call(call).await?, |story: Story| story.listed(job))
    };
    search.read(PAGES, own).await?;
    Ok(seen(search, "no such story is listed, and a Page without an archive of its stories lists none"))
}

/// Returns the verdict, in which nothing that was found is no proof.
fn seen(search: Search, why: &str) -> Found {
    match search.verdict(true) {
        Found::Absent => Found::Unclear(why.to_owned()),
        found => found,
    }
}

/// Uploads a reel or a story to the place that Facebook names. Returns the video's id.
async fn upload(
    account: &Account,
    edge: &str,
    film: &PreparedMedia,
    wire: &mut Wire<'_>,
) -> Result<String, NetworkError> {
    let fields = vec![Field::text("upload_phase", "start")];
    let begin = request::send(account, "begin upload", edge, fields, Effect::Prepare);
    let opened: Opened = reply::read(&wire.call(begin).await?)?;
    reply::done(&wire.call(send_whole(&opened.upload_url, film)?).await?)?;
    Ok(opened.video_id)
}

/// Asks which pieces of a video of so many bytes are wanted.
fn begin(account: &Account, page: &str, bytes: u64) -> Request {
    let fields = vec![Field::text("upload_phase", "start"), Field::text("file_size", bytes.to_string())];
    to_videos(account, "begin upload", page, Payload::Form(fields), Effect::Prepare)
}

/// Sends a piece of a video.
fn transfer(account: &Account, page: &str, session: &str, slice: Slice) -> Request {
    let fields = vec![
        Field::text("upload_phase", "transfer"),
        Field::text("upload_session_id", session),
        Field::text("start_offset", slice.from.to_string()),
        Field::new("video_file_chunk", FieldValue::MediaSlice(slice)),
    ];
    to_videos(account, "upload piece", page, Payload::Multipart(fields), Effect::Prepare)
}

fn to_videos(account: &Account, label: &'static str, page: &str, payload: Payload, effect: Effect) -> Request {
    let url = request::url_at(SERVER, account, &format!("{page}/videos"));
    Request::send(label, Method::Post, url, payload, effect).credential(Credential::Token)
}

/// Sends a whole video to where Facebook said, which must be one of its own servers: our token goes along.
fn send_whole(url: &str, film: &PreparedMedia) -> Result<Request, NetworkError> {
    if !https_host(url).is_some_and(|host| host.ends_with(".facebook.com")) {
        let message = "Facebook names a place for uploads that isn't one of its own servers";
        return Err(NetworkError::new(ErrorKind::Misconfigured, message));
    }
    let request = Request::send("upload video", Method::Post, url, Payload::Media(film.key), Effect::Prepare);
    Ok(request
        .credential(Credential::Token)
        .place(Place::Scheme("OAuth"))
        .header("offset", "0")
        .header("file_size", film.info.bytes.to_string()))
}

/// Makes the receipt of a video or reel, whose addresses are made of its id.
fn receipt(shape: Shape, page: &str, id: &str, media: &[PreparedMedia]) -> Receipt {
    let path = if shape == Shape::Reel { format!("reel/{id}") } else { format!("{page}/videos/{id}") };
    reply::receipt_as(shape, id, Some(format!("https://www.facebook.com/{path}")), media)
}

/// Reads a number or a text as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{MediaInfo, MediaKind},
        network::MediaKey,
    };
    use serde_json::json;

    fn film(bytes: u64) -> PreparedMedia {
        let info = MediaInfo { kind: MediaKind::Mp4, bytes, width: 4, height: 3, clip: None };
        PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: String::new(), address: None }
    }

    #[track_caller]
    fn check(piece: (Value, Value), least: u64, expect: Option<Option<(u64, u64)>>) {
        let piece = Piece { start_offset: piece.0, end_offset: piece.1 };
        let slice = piece.slice(&film(10), least).ok().map(|slice| slice.map(|slice| (slice.from, slice.to)));
        assert_eq!(slice, expect);
    }

    #[test]
    fn only_pieces_that_go_on_are_sent() {
        check((json!("0"), json!("4")), 0, Some(Some((0, 4))));
        check((json!(4), json!(10)), 1, Some(Some((4, 10))));
        check((json!("10"), json!("10")), 5, Some(None));
        // Asked for again, beyond the end, backwards, or nothing that can be read.
        check((json!("0"), json!("4")), 1, None);
        check((json!("4"), json!("11")), 1, None);
        check((json!("4"), json!("4")), 1, None);
        check((json!("-1"), json!(null)), 0, None);
    }

    #[test]
    fn a_token_goes_to_their_servers_alone() {
        assert!(send_whole("https://rupload.facebook.com/video-upload/v25.0/1", &film(10)).is_ok());
        for url in [
            "http://rupload.facebook.com/1",
            "https://rupload.facebook.com.evil.example/1",
            "https://evil.example/rupload.facebook.com",
            "https://evil.example@rupload.facebook.com/",
            "https://facebook.com:1@evil.example/",
            "https://rupload.facebook.com:1@evil.example/",
            "https://evil.example\\.facebook.com/",
        ] {
            assert_eq!(send_whole(url, &film(10)).map_err(|error| error.kind), Err(ErrorKind::Misconfigured), "{url}");
        }
    }
}
