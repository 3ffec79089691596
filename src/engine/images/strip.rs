use crate::model::MediaKind;

/// Takes everything out of an image that isn't needed to show it, without touching a pixel. Colour profiles stay.
pub(super) fn strip(bytes: &[u8], kind: MediaKind) -> Result<Vec<u8>, String> {
    let stripped = match kind {
        MediaKind::Jpeg => jpeg(bytes),
        MediaKind::Png => png(bytes),
        MediaKind::Gif => gif(bytes),
        MediaKind::Webp => webp(bytes),
        MediaKind::Mp4 | MediaKind::Webm => None,
    };
    // What can't be walked can't be cleaned, and is not sent: nobody knows what is in it.
    stripped.ok_or_else(|| format!("it is cut off or damaged, so it can't be read as `{}`", kind.mime()))
}

/// Keeps what decoding needs: no APP1 (EXIF with the place, XMP), APP13 (IPTC) or comments, and nothing after the end, where
/// phones keep a film or a second picture.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2)?.to_vec();
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill bytes may stand before a marker.
            0xff => at += 1,
            0xd9 => {
                out.extend_from_slice(&[0xff, 0xd9]);
                return Some(out);
            }
            0x01 | 0xd0..=0xd7 => {
                out.extend_from_slice(&[0xff, marker]);
                at += 2;
            }
            _ => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let segment = bytes.get(at..at + 2 + length.max(2))?;
                let content = &segment[4.min(segment.len())..];
                let keep = match marker {
                    0xe0 => content.starts_with(b"JFIF\0"),
                    0xe2 => content.starts_with(b"ICC_PROFILE\0"),
                    0xee => content.starts_with(b"Adobe"),
                    0xe1..=0xef | 0xfe => false,
                    _ => true,
                };
                if keep {
                    out.extend_from_slice(segment);
                }
                at += segment.len();
                if marker == 0xda {
                    let end = scan_end(bytes, at)?;
                    out.extend_from_slice(&bytes[at..end]);
                    at = end;
                }
            }
        }
    }
}

/// Returns where the compressed data of a scan ends: at the next marker that isn't part of it. Many files lack the last
/// marker, and then a scan ends with the file.
fn scan_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while at + 1 < bytes.len() {
        if bytes[at] == 0xff && !matches!(bytes[at + 1], 0x00 | 0xd0..=0xd7 | 0xff) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..8)?.to_vec();
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        let name = &chunk[4..8];
        if !matches!(name, b"eXIf" | b"tEXt" | b"iTXt" | b"zTXt" | b"tIME" | b"dSIG") {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(out);
        }
        at += chunk.len();
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const EXIF: u8 = 0x08;
    const XMP: u8 = 0x04;
    let size = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let file = bytes.get(..size.checked_add(8)?)?;
    let mut out = file.get(..12)?.to_vec();
    let mut at = 12;
    while at < file.len() {
        let length = usize::try_from(u32::from_le_bytes(file.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        let end = at.checked_add(length)?.checked_add(8)?;
        let chunk = file.get(at..end)?;
        if !matches!(&chunk[..4], b"EXIF" | b"XMP ") {
            let start = out.len();
            out.extend_from_slice(chunk);
            if chunk.starts_with(b"VP8X") {
                *out.get_mut(start + 8)? &= !(EXIF | XMP);
            }
            if length % 2 == 1 {
                out.push(0);
            }
        }
        at = end + length % 2;
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}

/// Keeps the pictures and how often they repeat; comments and other applications' blocks go.
fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut out = bytes.get(..at)?.to_vec();
    loop {
        let start = at;
        let keep = match *bytes.get(at)? {
            0x3b => {
                out.push(0x3b);
                return Some(out);
            }
            0x2c => {
                at += 10 + table(*bytes.get(at + 9)?) + 1;
                true
            }
            0x21 => {
                let label = *bytes.get(at + 1)?;
                at += 2;
                let name = bytes.get(at + 1..at + 12).unwrap_or_default();
                label == 0xf9 || (label == 0xff && matches!(name, b"NETSCAPE2.0" | b"ANIMEXTS1.0"))
            }
            _ => return None,
        };
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if keep {
            out.extend_from_slice(bytes.get(start..at)?);
        }
    }
}

/// Returns whether an image moves, so that scaling its first picture would lose the others.
pub(super) fn is_animated(bytes: &[u8], kind: MediaKind) -> bool {
    match kind {
        MediaKind::Png => bytes.windows(8).take(4096).any(|window| &window[4..] == b"acTL"),
        MediaKind::Webp => bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 0x02 != 0),
        MediaKind::Gif => gif_pictures(bytes) > 1,
        MediaKind::Jpeg | MediaKind::Mp4 | MediaKind::Webm => false,
    }
}

fn gif_pictures(bytes: &[u8]) -> usize {
    image::codecs::gif::GifDecoder::new(std::io::Cursor::new(bytes))
        .map_or(0, |decoder| image::AnimationDecoder::into_frames(decoder).take(2).filter(Result::is_ok).count())
}

/// Blanks the boxes of a film that tell where and with what it was made (`udta`, `meta`, `uuid` in `moov` and its tracks), in
/// place: a box that is named `free` is skipped by every player, and no offset moves.
pub(super) fn blank_private_boxes(bytes: &mut [u8]) {
    blank(bytes, 0);
}

fn blank(bytes: &mut [u8], depth: u32) {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 8) {
        let short = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let name = [head[4], head[5], head[6], head[7]];
        let (length, header) = match short {
            0 => (bytes.len() - at, 8),
            1 => {
                let long = bytes.get(at + 8..at + 16).and_then(|long| long.try_into().ok()).map(u64::from_be_bytes);
                (long.and_then(|long| usize::try_from(long).ok()).unwrap_or(0), 16)
            }
            _ => (short as usize, 8),
        };
        let Some(end) = at.checked_add(length).filter(|end| length >= header && *end <= bytes.len()) else {
            return;
        };
        match &name {
            b"moov" | b"trak" | b"mdia" if depth < 4 => blank(&mut bytes[at + header..end], depth + 1),
            b"udta" | b"uuid" | b"meta" => {
                bytes[at + 4..at + 8].copy_from_slice(b"free");
                bytes[at + header..end].fill(0);
            }
            _ => {}
        }
        at = end;
    }
}
