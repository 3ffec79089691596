//! Images and videos: a media server (Blossom) keeps each under the hash of its bytes, and a note names their addresses.
//!
//! The address is made of the server's and the hash, as BUD-01 says, and not taken from the server's answer: a repetition must be
//! the same note to the last byte. So it is known before anything is sent. See
//! <https://github.com/hzrd149/blossom/tree/master/buds> (BUDs 01, 02, 06 and 11, read November 2026).

use super::{event, options::Us};
use crate::{
    model::{Media, MediaKind},
    network::{
        DraftPart, Effect, ErrorKind, Job, Limit, MediaRules, Method, NetworkError, Payload, Place, PreparedMedia,
        RelayEvent, Request, Response, VideoRules, Wire, nip19::hex, one_line,
    },
};
use serde::Deserialize;
use serde_json::Value;

/// What is told to be taken. Each server has limits of its own, which it tells by refusing.
pub(super) const RULES: MediaRules = MediaRules {
    max_images: Limit { value: 20, source: "ours: notes have no limit (NIP-92, read 2026-11-23)" },
    max_videos: 20,
    kinds: &[MediaKind::Jpeg, MediaKind::Png, MediaKind::Webp, MediaKind::Gif, MediaKind::Mp4],
    max_image_bytes: LARGEST,
    max_image_pixels: None,
    max_video_bytes: LARGEST,
    video: VideoRules::ANY,
    max_alt: None,
    shrink: false,
    by_address: false,
    shape: None,
};

const LARGEST: Option<Limit> = Some(Limit {
    value: 100_000_000,
    source: "the example of a server's limit in BUD-06, read 2026-11-23; each server has its own, and many take less",
});

/// The kind of what authorises a request to a media server.
const AUTHORISATION: u32 = 24_242;

/// How files are told of in a note (NIP-92).
const IMETA: &str = "imeta";

/// The SHA-256 of nothing, which a media server may be asked for without being asked for much.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A file as a note names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Where it is.
    pub(super) url: String,
    /// What is said of it.
    pub(super) tag: Vec<String>,
}

/// Returns the files of a part as its note names them.
pub(super) fn of(job: &Job<'_>, us: &Us<'_>) -> Result<Vec<File>, NetworkError> {
    if job.media.is_empty() {
        return Ok(Vec::new());
    }
    let server = server(job, us)?;
    Ok(job.media.iter().map(|media| file(server, media)).collect())
}

/// Returns the files that a note names, whoever made it.
pub(super) fn named_in(event: &RelayEvent) -> Vec<File> {
    let tags = event.tags.iter().filter(|tag| tag.first().is_some_and(|name| name == IMETA));
    let url = |tag: &Vec<String>| tag.iter().find_map(|field| field.strip_prefix("url ").map(str::to_owned));
    tags.filter_map(|tag| Some(File { url: url(tag)?, tag: tag.clone() })).collect()
}

/// Adds addresses to a text, each on a line of its own.
pub(super) fn append<'u>(content: &mut String, urls: impl Iterator<Item = &'u str>) {
    for (place, url) in urls.enumerate() {
        if !content.is_empty() {
            content.push_str(if place == 0 { "\n\n" } else { "\n" });
        }
        content.push_str(url);
    }
}

/// Writes the text of a part as long as its note's will be: what the addresses are is not known before the files are prepared,
/// but how long they are is.
pub(super) fn weighed(part: &DraftPart, server: Option<&str>) -> String {
    let mut content = event::written(&part.text);
    if let Some(server) = server {
        let urls: Vec<String> = part.media.iter().map(|media| address(server, &[0; 32], extension_of(media))).collect();
        append(&mut content, urls.iter().map(String::as_str));
    }
    content
}

/// Puts the files of a part on the media server. What it has already is put there again, which changes nothing.
pub(super) async fn upload(job: &Job<'_>, us: &Us<'_>, wire: &mut Wire<'_>) -> Result<(), NetworkError> {
    for (place, media) in job.media.iter().enumerate() {
        if job.media[..place].iter().all(|before| before.sha256 != media.sha256) {
            let server = server(job, us)?;
            uploaded(&wire.call(put(us, server, media)).await?, server, media)?;
        }
    }
    Ok(())
}

/// Asks a media server for something, to see whether it is there.
pub(super) fn look(server: &str) -> Request {
    Request::get("look at media server", format!("{server}/{OF_NOTHING}"))
}

fn put(us: &Us<'_>, server: &str, media: &PreparedMedia) -> Request {
    let hash = hex(&media.sha256);
    let tags = [["t", "upload"], ["x", hash.as_str()]].map(|tag| tag.map(str::to_owned).to_vec()).to_vec();
    let content = format!("Upload a file of type {}", media.info.kind.mime());
    // It is given its time when it is sent: servers take none that is old.
    let event = RelayEvent { public_key: us.hex(), created_at: 0, kind: AUTHORISATION, tags, content };
    let url = format!("{server}/upload");
    Request::send("upload file", Method::Put, url, Payload::Media(media.key), Effect::Prepare)
        .credential(us.signer().credential)
        .place(Place::Event(event))
        .header("x-sha-256", hash)
}

/// What a media server answers to an upload.
#[derive(Debug, Deserialize)]
struct Descriptor {
    sha256: String,
}

fn uploaded(response: &Response, server: &str, media: &PreparedMedia) -> Result<(), NetworkError> {
    if !response.is_success() {
        return Err(refusal(response, server));
    }
    let Descriptor { sha256 } = response.json()?;
    if sha256.eq_ignore_ascii_case(&hex(&media.sha256)) {
        return Ok(());
    }
    let message = format!("`{server}` keeps another file than it was sent, so it can't be the `media_server`");
    Err(NetworkError::new(ErrorKind::Misconfigured, message))
}

fn refusal(response: &Response, server: &str) -> NetworkError {
    let words = words(response).unwrap_or_else(|| format!("it answered {}", response.status));
    let mut error = response.refusal(Some(format!("the media server `{server}`: {words}")));
    match response.status {
        402 => {
            error.kind = ErrorKind::Forbidden;
            error.message.push_str("; it wants to be paid");
        }
        404 | 405 => {
            error.kind = ErrorKind::Misconfigured;
            error.message.push_str("; nothing takes files there: is it a Blossom server?");
        }
        // What arrived is not what was announced.
        409 => error.kind = ErrorKind::Refused,
        // The account's room there is used up.
        507 => error.kind = ErrorKind::Forbidden,
        _ => {}
    }
    error
}

/// Returns a media server's own words: those of its header, or of older servers' JSON.
fn words(response: &Response) -> Option<String> {
    let in_body = || {
        let body: Value = serde_json::from_slice(&response.body).ok()?;
        ["message", "error", "reason"].iter().find_map(|key| body[*key].as_str().map(str::to_owned))
    };
    let said = response.header("x-reason").map(str::to_owned).or_else(in_body)?;
    Some(one_line(&said)).filter(|said| !said.is_empty())
}

fn server<'u>(job: &Job<'_>, us: &Us<'u>) -> Result<&'u str, NetworkError> {
    us.media_server.ok_or_else(|| {
        let account = &job.account.id;
        NetworkError::new(ErrorKind::Misconfigured, format!("account `{account}` has no `media_server` for its files"))
    })
}

fn file(server: &str, media: &PreparedMedia) -> File {
    let info = &media.info;
    let url = address(server, &media.sha256, info.kind.extension());
    let mut tag = vec![IMETA.to_owned(), format!("url {url}"), format!("m {}", info.kind.mime())];
    if info.width > 0 && info.height > 0 {
        tag.push(format!("dim {}x{}", info.width, info.height));
    }
    let alt = media.alt.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty());
    let alt = alt.collect::<Vec<_>>().join(" ");
    if !alt.is_empty() {
        tag.push(format!("alt {alt}"));
    }
    tag.push(format!("x {}", hex(&media.sha256)));
    File { url, tag }
}

fn address(server: &str, sha256: &[u8; 32], extension: &str) -> String {
    format!("{server}/{}.{extension}", hex(sha256))
}

/// Returns what a file's address will end with, as far as its name tells.
fn extension_of(media: &Media) -> &'static str {
    let name = media.source.as_str().to_ascii_lowercase();
    let fits = |kind: &&MediaKind| name.ends_with(&format!(".{}", kind.extension()));
    RULES.kinds.iter().find(fits).map_or(MediaKind::Jpeg.extension(), |kind| kind.extension())
}

#[cfg(test)]
mod tests;
