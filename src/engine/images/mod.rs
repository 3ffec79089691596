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

/// Prepares an image or video for an account's limits, or tells why it can't be sent.
///
/// Videos are never decoded: their private boxes are blanked and their size is compared.
pub(super) fn prepare(
    bytes: Vec<u8>,
    kind: MediaKind,
    limits: &Limits,
    shrink: bool,
) -> Result<(Vec<u8>, MediaInfo), String> {
    if kind.is_video() {
        return video(bytes, kind, limits);
    }
    let stripped = strip::strip(&bytes, kind)?;
    let header = pixels::header(&bytes, kind)?;
    let (width, height) = header.shown();
    let info = MediaInfo { kind, bytes: stripped.len() as u64, width, height };
    let Some(problem) = over(&info, limits) else {
        if header.is_upright() {
            return Ok((stripped, info));
        }
        let picture = Picture::open(&bytes, kind)?;
        let turned = picture.encode(if kind == MediaKind::Jpeg { MediaKind::Jpeg } else { MediaKind::Png })?;
        let info = MediaInfo { bytes: turned.bytes.len() as u64, kind: turned.kind, width, height };
        return match over(&info, limits) {
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

fn video(mut bytes: Vec<u8>, kind: MediaKind, limits: &Limits) -> Result<(Vec<u8>, MediaInfo), String> {
    if !limits.kinds.contains(&kind) {
        return Err(format!("the network takes no `{}`", kind.mime()));
    }
    if let Some(most) = limits.video_bytes.filter(|most| bytes.len() as u64 > *most) {
        return Err(format!("{} bytes are more than the {most} that the network takes", bytes.len()));
    }
    if kind == MediaKind::Mp4 {
        strip::blank_private_boxes(&mut bytes);
    }
    let info = MediaInfo { kind, bytes: bytes.len() as u64, width: 0, height: 0 };
    Ok((bytes, info))
}

/// Returns what is over the limits, if anything is.
fn over(info: &MediaInfo, limits: &Limits) -> Option<String> {
    let pixels = u64::from(info.width) * u64::from(info.height);
    if !limits.kinds.contains(&info.kind) {
        Some(format!("the network takes no `{}`", info.kind.mime()))
    } else if let Some(most) = limits.image_bytes.filter(|most| info.bytes > *most) {
        Some(format!("{} bytes are more than the {most} that the network takes", info.bytes))
    } else {
        let most = limits.image_pixels.filter(|most| pixels > *most)?;
        Some(format!("{pixels} pixels are more than the {most} that the network takes"))
    }
}

#[cfg(test)]
mod tests;
