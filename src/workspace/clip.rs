//! What a video's header says: how large its picture is, how long it runs and how it is coded.
//!
//! Read by hand and from slices alone: the libraries that know these codecs believe the counts that a file claims, and the file
//! is a stranger's. What is not understood is unknown and no mistake; nothing is decoded.

use crate::model::{Clip, MediaKind, MediaProblem, VideoCodec};
use std::{
    io::{Read, Seek, SeekFrom},
    time::Duration,
};

/// The longest index that is read.
const LONGEST_INDEX: u64 = 16 << 20;
/// How far a WebM file is read: what tells of it stands before the pictures.
const WEBM_HEAD: u64 = 1 << 20;
/// How many boxes a file may begin with before its index.
const MOST_BOXES: usize = 10_000;

/// What was found: the size of the picture as shown, each 0 if unknown, and the rest.
type Found = (u32, u32, Clip);

/// Reads what the header of a video of `len` bytes says.
pub(super) fn clip(file: &mut (impl Read + Seek), len: u64, kind: MediaKind) -> Result<Found, MediaProblem> {
    let unreadable = |error: std::io::Error| MediaProblem::Unreadable(error.to_string());
    if kind == MediaKind::Webm {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        file.take(WEBM_HEAD).read_to_end(&mut head).map_err(unreadable)?;
        return Ok(webm(&head));
    }
    match index(file, len).map_err(unreadable)? {
        Some(index) => Ok(mp4(&index)),
        None => {
            let why = "it has no index (`moov`), as of a recording or a copy that was cut short";
            Err(MediaProblem::Damaged(why.to_owned()))
        }
    }
}

/// Finds the index of an MP4 file, which may stand at its end, and reads it.
fn index(file: &mut (impl Read + Seek), len: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut at = 0;
    for _ in 0..MOST_BOXES {
        let mut head = [0; 16];
        if len.saturating_sub(at) < 8 {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let whole = usize::try_from((len - at).min(16)).unwrap_or(16);
        file.read_exact(&mut head[..whole])?;
        let (size, before) = match u64::from(u32_at(&head, 0).unwrap_or(0)) {
            0 => (len - at, 8),
            1 => (u64_at(&head, 8).unwrap_or(0), 16),
            size => (size, 8),
        };
        if size < before {
            break;
        }
        if &head[4..8] == b"moov" {
            let mut body = Vec::new();
            file.seek(SeekFrom::Start(at + before))?;
            file.take((size - before).min(LONGEST_INDEX)).read_to_end(&mut body)?;
            return Ok(Some(body));
        }
        let Some(next) = at.checked_add(size) else { break };
        at = next;
    }
    Ok(None)
}

/// Reads the index of an MP4 file (ISO/IEC 14496-12).
fn mp4(index: &[u8]) -> Found {
    let (mut width, mut height, mut clip) = (0, 0, Clip::default());
    for (kind, body) in boxes(index) {
        match &kind {
            b"mvhd" => clip.duration = movie_duration(body),
            b"trak" => {
                let media = find(body, b"mdia").unwrap_or_default();
                let handler = find(media, b"hdlr").and_then(|body| body.get(8..12));
                let coding =
                    find(media, b"minf").and_then(|body| find(body, b"stbl")).and_then(|body| find(body, b"stsd"));
                let coding = coding.and_then(|body| body.get(12..16)).unwrap_or_default();
                match handler {
                    Some(b"vide") if clip.codec.is_none() => {
                        (width, height) = find(body, b"tkhd").and_then(picture).unwrap_or_default();
                        clip.codec = Some(match coding {
                            b"avc1" | b"avc3" => VideoCodec::H264,
                            b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => VideoCodec::Hevc,
                            b"av01" => VideoCodec::Av1,
                            b"vp09" => VideoCodec::Vp9,
                            b"vp08" => VideoCodec::Vp8,
                            _ => VideoCodec::Other,
                        });
                    }
                    Some(b"soun") => clip.has_sound = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    (width, height, clip)
}

fn movie_duration(body: &[u8]) -> Option<Duration> {
    let (scale, length) = match body.first()? {
        0 => (u32_at(body, 12)?, u64::from(u32_at(body, 16).filter(|length| *length != u32::MAX)?)),
        1 => (u32_at(body, 20)?, u64_at(body, 24).filter(|length| *length != u64::MAX)?),
        _ => return None,
    };
    seconds(length as f64 / f64::from(scale))
}

/// Reads the size of a track's picture, turned as its matrix says.
fn picture(body: &[u8]) -> Option<(u32, u32)> {
    let more = if *body.first()? == 1 { 12 } else { 0 };
    // Fixed point, 16.16.
    let (width, height) = (u32_at(body, 76 + more)? >> 16, u32_at(body, 80 + more)? >> 16);
    let lies_on_its_side = u32_at(body, 40 + more)? == 0 && u32_at(body, 56 + more)? == 0;
    Some(if lies_on_its_side { (height, width) } else { (width, height) })
}

/// Returns the boxes of a box, as far as they are whole.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let kind = rest.get(4..8)?.try_into().ok()?;
        let (size, before) = match u32_at(rest, 0)? {
            0 => (rest.len(), 8),
            1 => (usize::try_from(u64_at(rest, 8)?).ok()?, 16),
            size => (usize::try_from(size).ok()?, 8),
        };
        let body = rest.get(before..size)?;
        rest = &rest[size..];
        Some((kind, body))
    })
}

fn find<'b>(body: &'b [u8], kind: &[u8; 4]) -> Option<&'b [u8]> {
    boxes(body).find(|(found, _)| found == kind).map(|(_, body)| body)
}

/// Reads the head of a WebM file (RFC 8794 and RFC 9559).
fn webm(head: &[u8]) -> Found {
    const SEGMENT: u32 = 0x1853_8067;
    const INFO: u32 = 0x1549_a966;
    const TRACKS: u32 = 0x1654_ae6b;
    const CLUSTER: u32 = 0x1f43_b675;
    let (mut width, mut height, mut clip) = (0, 0, Clip::default());
    let segment = elements(head).find(|(id, _)| *id == SEGMENT).map_or(&[][..], |(_, body)| body);
    for (id, body) in elements(segment).take_while(|(id, _)| *id != CLUSTER) {
        match id {
            INFO => {
                let scale = element(body, 0x2a_d7b1).map_or(1_000_000, whole);
                let length = element(body, 0x4489).and_then(fraction);
                clip.duration = length.and_then(|length| seconds(length * scale as f64 / 1e9));
            }
            TRACKS => {
                for (_, track) in elements(body).filter(|(id, _)| *id == 0xae) {
                    match element(track, 0x83).map(whole) {
                        Some(1) if clip.codec.is_none() => {
                            let video = element(track, 0xe0).unwrap_or_default();
                            let size = |id| element(video, id).map_or(0, whole).try_into().unwrap_or(0);
                            (width, height) = (size(0xb0), size(0xba));
                            clip.codec = Some(match element(track, 0x86).unwrap_or_default() {
                                b"V_VP8" => VideoCodec::Vp8,
                                b"V_VP9" => VideoCodec::Vp9,
                                b"V_AV1" => VideoCodec::Av1,
                                b"V_MPEG4/ISO/AVC" => VideoCodec::H264,
                                b"V_MPEGH/ISO/HEVC" => VideoCodec::Hevc,
                                _ => VideoCodec::Other,
                            });
                        }
                        Some(2) => clip.has_sound = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    (width, height, clip)
}

/// Returns the elements of an element; the last one as far as it is there, since files are read only in part.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, id_len) = number(rest, 4, true)?;
        let (size, size_len) = number(rest.get(id_len..)?, 8, false)?;
        let body = rest.get(id_len + size_len..)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(body.len());
        rest = &body[size..];
        Some((u32::try_from(id).ok()?, &body[..size]))
    })
}

/// Reads a number of variable length: with its marker for ids, and without for sizes, of which one of all ones is unknown.
fn number(bytes: &[u8], longest: usize, with_marker: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    let all = bytes.get(..len).filter(|_| len <= longest)?;
    let value = all.iter().fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
    let marker = 1 << (7 * len);
    match (with_marker, value - marker) {
        (true, _) => Some((value, len)),
        (false, size) if size == marker - 1 => Some((u64::MAX, len)),
        (false, size) => Some((size, len)),
    }
}

fn element(body: &[u8], id: u32) -> Option<&[u8]> {
    elements(body).find(|(found, _)| *found == id).map(|(_, body)| body)
}

fn whole(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn fraction(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f32::from_be_bytes(body.try_into().ok()?).into()),
        8 => Some(f64::from_be_bytes(body.try_into().ok()?)),
        _ => None,
    }
}

/// Makes a duration; none of what is no time, or none that anybody films.
fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value).ok().filter(|time| !time.is_zero() && time.as_secs() < 1_000_000)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_be_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8).and_then(|word| word.try_into().ok()).map(u64::from_be_bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};
    use std::io::Cursor;

    /// A box.
    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).expect("short").to_be_bytes(), &kind[..], body].concat()
    }

    fn track(handler: &[u8; 4], coding: &[u8; 4], size: (u16, u16), turned: bool) -> Vec<u8> {
        let mut header = vec![0; 84];
        let matrix: [u32; 9] = if turned {
            [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000]
        } else {
            [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
        };
        for (at, value) in (40..).step_by(4).zip(matrix) {
            header[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        header[76..78].copy_from_slice(&size.0.to_be_bytes());
        header[80..82].copy_from_slice(&size.1.to_be_bytes());
        let handler = boxed(b"hdlr", &[&[0; 8], &handler[..], &[0; 12]].concat());
        let entry = boxed(coding, &[0; 70]);
        let coding = boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &entry[..]].concat());
        let media = boxed(b"mdia", &[handler, boxed(b"minf", &boxed(b"stbl", &coding))].concat());
        boxed(b"trak", &[boxed(b"tkhd", &header), media].concat())
    }

    /// An MP4 file with its index behind its pictures, as cameras write it.
    pub(crate) fn film(codec: &[u8; 4], millis: u32, size: (u16, u16), turned: bool) -> Vec<u8> {
        let mut movie = vec![0; 100];
        movie[12..16].copy_from_slice(&1000u32.to_be_bytes());
        movie[16..20].copy_from_slice(&millis.to_be_bytes());
        let tracks = [track(b"soun", b"mp4a", (0, 0), false), track(b"vide", codec, size, turned)].concat();
        let index = boxed(b"moov", &[boxed(b"mvhd", &movie), tracks].concat());
        [boxed(b"ftyp", b"isom\0\0\x02\0"), boxed(b"mdat", &[7; 999]), index].concat()
    }

    fn read(bytes: &[u8], kind: MediaKind) -> Result<Found, MediaProblem> {
        clip(&mut Cursor::new(bytes), bytes.len() as u64, kind)
    }

    #[track_caller]
    fn check(bytes: &[u8], kind: MediaKind, size: (u32, u32), millis: u64, codec: VideoCodec, has_sound: bool) {
        let (width, height, clip) = read(bytes, kind).expect("a film");
        assert_eq!((width, height), size);
        let duration = (millis > 0).then(|| Duration::from_millis(millis));
        assert_eq!(clip, Clip { duration, codec: Some(codec), has_sound });
    }

    #[test]
    fn an_mp4_tells_what_is_in_it() {
        for (fourcc, codec) in [
            (b"avc1", VideoCodec::H264),
            (b"hvc1", VideoCodec::Hevc),
            (b"av01", VideoCodec::Av1),
            (b"vp09", VideoCodec::Vp9),
            (b"ap4h", VideoCodec::Other),
        ] {
            check(&film(fourcc, 12_500, (1920, 1080), false), MediaKind::Mp4, (1920, 1080), 12_500, codec, true);
        }
        check(&film(b"avc1", 1, (1920, 1080), true), MediaKind::Mp4, (1080, 1920), 1, VideoCodec::H264, true);
        check(&film(b"avc1", u32::MAX, (2, 4), false), MediaKind::Mp4, (2, 4), 0, VideoCodec::H264, true);
    }

    #[test]
    fn a_film_without_its_index_was_cut_short() {
        let whole = film(b"avc1", 1_000, (2, 2), false);
        for len in [16, 500, whole.len() - 700] {
            let problem = read(&whole[..len], MediaKind::Mp4).expect_err("it has no index");
            assert!(matches!(problem, MediaProblem::Damaged(why) if why.contains("cut short")));
        }
    }

    #[test]
    fn a_webm_tells_what_is_in_it() {
        let element = |id: &[u8], body: &[u8]| {
            [id, &[0x40 | u8::try_from(body.len() >> 8).expect("short"), (body.len() & 0xff) as u8], body].concat()
        };
        let info = element(b"\x15\x49\xa9\x66", &element(b"\x44\x89", &2500f64.to_be_bytes()));
        let video = element(b"\xe0", &[element(b"\xb0", &[2, 128]), element(b"\xba", &[1, 104])].concat());
        let picture = [element(b"\x83", &[1]), element(b"\x86", b"V_VP9"), video].concat();
        let sound = [element(b"\x83", &[2]), element(b"\x86", b"A_OPUS")].concat();
        let tracks = element(b"\x16\x54\xae\x6b", &[element(b"\xae", &picture), element(b"\xae", &sound)].concat());
        // A live recording does not know its own size.
        let segment = [b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", &info[..], &tracks].concat();
        let file = [element(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm"), segment].concat();
        check(&file, MediaKind::Webm, (640, 360), 2_500, VideoCodec::Vp9, true);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..1500) {
            let mut film = film(b"avc1", 1_000, (2, 2), false);
            let at = at.min(film.len());
            film.splice(at..(at + bytes.len()).min(film.len()), bytes.iter().copied());
            let webm = [b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", &bytes[..]].concat();
            let _ = (read(&film, MediaKind::Mp4), read(&bytes, MediaKind::Mp4), read(&webm, MediaKind::Webm));
        }
    }
}
