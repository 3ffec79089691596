//! Images, ready to be uploaded.
//!
//! Owns what happens between a file of the commit and the bytes that a network gets: private metadata (place, camera, names)
//! is always taken out, a picture that lies on its side is turned, and one over the account's limits is scaled down
//! where the network's profile says so. Otherwise the bytes stay as they are. Pure: bytes in, bytes out.
//! Start at [`prepare`].

mod pixels;
mod strip;

use self::pixels::Picture;
use crate::{
    model::{MediaInfo, MediaKind},
    network::Limits,
};

/// Makes a copy that anybody may see: upright, without what tells where and by whom it was made. Nothing else changes.
pub fn public_copy(bytes: Vec<u8>, kind: MediaKind) -> Result<Vec<u8>, String> {
    if kind.is_video() {
        let mut bytes = bytes;
        strip::blank_private_boxes(&mut bytes);
        return Ok(bytes);
    }
    if pixels::header(&bytes, kind)?.is_upright() {
        return strip::strip(&bytes, kind);
    }
    Picture::open(&bytes, kind)?.encode(kind).map(|turned| turned.bytes)
}

/// Makes a copy of an image as an account's network is sent it, or tells why it can't be sent.
pub fn fitted_copy(bytes: Vec<u8>, found: &MediaInfo, limits: &Limits) -> Result<(Vec<u8>, MediaInfo), String> {
    prepare(bytes, found, limits, true)
}

/// Prepares an image or video, of which it is known what it is, for an account's limits, or tells why it can't be sent.
///
/// Videos are never decoded: their private boxes are blanked and their size is compared.
pub(super) fn prepare(
    bytes: Vec<u8>,
    found: &MediaInfo,
    limits: &Limits,
    shrink: bool,
) -> Result<(Vec<u8>, MediaInfo), String> {
    let kind = found.kind;
    if kind.is_video() {
        return video(bytes, found, limits);
    }
    let stripped = strip::strip(&bytes, kind)?;
    let header = pixels::header(&bytes, kind)?;
    let (width, height) = header.shown();
    let info = MediaInfo { kind, bytes: stripped.len() as u64, width, height, clip: None };
    let Some(problem) = limits.over(&info) else {
        if header.is_upright() {
            return Ok((stripped, info));
        }
        let picture = Picture::open(&bytes, kind)?;
        let turned = picture.encode(if kind == MediaKind::Jpeg { MediaKind::Jpeg } else { MediaKind::Png })?;
        let info = MediaInfo { bytes: turned.bytes.len() as u64, kind: turned.kind, width, height, clip: None };
        return match limits.over(&info) {
            None => Ok((turned.bytes, info)),
            Some(problem) if !shrink => Err(problem),
            Some(_) => pixels::shrink(&picture, limits),
        };
    };
    if !shrink {
        return Err(problem);
    }
    if strip::is_animated(&bytes, kind) {
        return Err(format!("{problem}, and an animated image can't be scaled down"));
    }
    pixels::shrink(&Picture::open(&bytes, kind)?, limits)
}

fn video(mut bytes: Vec<u8>, found: &MediaInfo, limits: &Limits) -> Result<(Vec<u8>, MediaInfo), String> {
    let kind = found.kind;
    if !limits.kinds.contains(&kind) {
        return Err(format!("the network takes no `{}`", kind.mime()));
    }
    if let Some(most) = limits.video_bytes.filter(|most| bytes.len() as u64 > *most) {
        return Err(format!("{} bytes are more than the {most} that the network takes", bytes.len()));
    }
    if kind == MediaKind::Mp4 {
        strip::blank_private_boxes(&mut bytes);
    }
    let info = MediaInfo { bytes: bytes.len() as u64, ..found.clone() };
    Ok((bytes, info))
}

#[cfg(test)]
mod tests;
