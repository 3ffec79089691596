use super::clip::clip;
use crate::model::{MediaInfo, MediaKind, MediaProblem};
use image::{ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};
use std::io::{Cursor, Read, Seek};

/// How much of a file usually tells what it is.
const HEADER: u64 = 64 << 10;

/// Tells what a file of `len` bytes is. Of a video, its index is looked for wherever it stands; of an image, the header is
/// read, and more only where that does not tell, up to `most` bytes.
pub(super) fn examine(file: &mut (impl Read + Seek), len: u64, most: u64) -> Result<MediaInfo, MediaProblem> {
    let unreadable = |error: std::io::Error| MediaProblem::Unreadable(error.to_string());
    let mut header = Vec::new();
    file.take(HEADER).read_to_end(&mut header).map_err(unreadable)?;
    match tell(&header, len) {
        Err(MediaProblem::Damaged(_)) if HEADER < len && len <= most => {
            file.take(most - HEADER).read_to_end(&mut header).map_err(unreadable)?;
            tell(&header, len)
        }
        Ok(info) if info.kind.is_video() => {
            let (width, height, clip) = clip(file, len, info.kind)?;
            Ok(MediaInfo { width, height, clip: Some(clip), ..info })
        }
        told => told,
    }
}

/// Tells what bytes are.
pub fn sniff(bytes: &[u8]) -> Result<MediaInfo, MediaProblem> {
    let len = bytes.len() as u64;
    examine(&mut Cursor::new(bytes), len, len)
}

/// Tells from its first bytes what a file of `len` bytes is. Nothing is decoded but the header.
///
/// Some files need more than [`HEADER`] bytes to tell, such as photographs with a large preview: then it answers
/// `Damaged`.
fn tell(header: &[u8], len: u64) -> Result<MediaInfo, MediaProblem> {
    if len == 0 || header.is_empty() {
        return Err(MediaProblem::Damaged("it is empty".to_owned()));
    }
    if header.starts_with(b"version https://git-lfs") {
        return Err(MediaProblem::Damaged("it is a Git LFS pointer and not the file itself".to_owned()));
    }
    let kind = kind(header).ok_or(MediaProblem::UnknownKind)?;
    let (width, height) = match kind {
        MediaKind::Jpeg => dimensions(header, ImageFormat::Jpeg)?,
        MediaKind::Png => dimensions(header, ImageFormat::Png)?,
        MediaKind::Gif => dimensions(header, ImageFormat::Gif)?,
        MediaKind::Webp => dimensions(header, ImageFormat::WebP)?,
        MediaKind::Mp4 | MediaKind::Webm => (0, 0),
    };
    Ok(MediaInfo { kind, bytes: len, width, height, clip: None })
}

fn kind(header: &[u8]) -> Option<MediaKind> {
    match header {
        [0xff, 0xd8, 0xff, ..] => Some(MediaKind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(MediaKind::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaKind::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaKind::Webp),
        [0, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => mp4(brand.get(..4)?),
        // The EBML head of Matroska and WebM; the document type tells them apart.
        [0x1a, 0x45, 0xdf, 0xa3, rest @ ..] => {
            rest[..rest.len().min(64)].windows(4).any(|word| word == b"webm").then_some(MediaKind::Webm)
        }
        _ => None,
    }
}

/// The same container holds still images (HEIC, AVIF) and sound, which are not videos.
fn mp4(brand: &[u8]) -> Option<MediaKind> {
    let is_other = matches!(
        brand,
        b"heic"
            | b"heix"
            | b"heim"
            | b"heis"
            | b"hevc"
            | b"hevx"
            | b"mif1"
            | b"msf1"
            | b"avif"
            | b"avis"
            | b"M4A "
            | b"M4B "
    );
    (!is_other).then_some(MediaKind::Mp4)
}

/// Returns width and height as shown.
fn dimensions(header: &[u8], format: ImageFormat) -> Result<(u32, u32), MediaProblem> {
    let damaged = |error: image::ImageError| MediaProblem::Damaged(error.to_string());
    let mut reader = ImageReader::with_format(Cursor::new(header), format);
    let mut limits = Limits::default();
    // For the header alone: metadata that claims more than this is not read.
    limits.max_alloc = Some(64 << 20);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(MediaProblem::Damaged("it has no pixels".to_owned()));
    }
    // Metadata that can't be read doesn't make an image unusable: it is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok(match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use image::{DynamicImage, RgbImage};
    use proptest::prelude::{any, proptest};

    /// An image of that format and size.
    pub(crate) fn image(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::new(width, height)).write_to(&mut bytes, format).expect("an image");
        bytes.into_inner()
    }

    #[track_caller]
    fn check(bytes: &[u8], expect: Result<(MediaKind, u32, u32), MediaProblem>) {
        let len = bytes.len() as u64;
        let told = tell(bytes, len).map(|info| {
            assert_eq!(info.bytes, len);
            (info.kind, info.width, info.height)
        });
        assert_eq!(told, expect);
    }

    #[test]
    fn images_are_told_with_their_size() {
        check(&image(ImageFormat::Png, 3, 5), Ok((MediaKind::Png, 3, 5)));
        check(&image(ImageFormat::Jpeg, 3, 5), Ok((MediaKind::Jpeg, 3, 5)));
        check(&image(ImageFormat::Gif, 3, 5), Ok((MediaKind::Gif, 3, 5)));
        check(&image(ImageFormat::WebP, 3, 5), Ok((MediaKind::Webp, 3, 5)));
    }

    /// Puts an EXIF block with an orientation behind the first two bytes of a JPEG.
    fn turned(orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let jpeg = image(ImageFormat::Jpeg, 3, 5);
        let mut bytes = jpeg[..2].to_vec();
        bytes.extend([0xff, 0xe1, 0, u8::try_from(exif.len() + 2).expect("short")]);
        bytes.extend(exif);
        bytes.extend(&jpeg[2..]);
        bytes
    }

    #[test]
    fn a_photograph_on_its_side_is_measured_as_shown() {
        for (orientation, width, height) in [(1, 3, 5), (3, 3, 5), (6, 5, 3), (8, 5, 3), (99, 3, 5)] {
            check(&turned(orientation), Ok((MediaKind::Jpeg, width, height)));
        }
    }

    #[test]
    fn videos_are_told_without_a_size() {
        check(b"\0\0\0\x20ftypisom\0\0\x02\0", Ok((MediaKind::Mp4, 0, 0)));
        check(b"\0\0\0\x14ftypqt  \0\0\0\0", Ok((MediaKind::Mp4, 0, 0)));
        check(b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm", Ok((MediaKind::Webm, 0, 0)));
    }

    #[test]
    fn other_files_are_not_media() {
        check(b"# A post\n", Err(MediaProblem::UnknownKind));
        check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Err(MediaProblem::UnknownKind));
        check(b"\0\0\0\x18ftypheic\0\0\0\0", Err(MediaProblem::UnknownKind));
        check(b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska", Err(MediaProblem::UnknownKind));
        check(b"\xff\xd8", Err(MediaProblem::UnknownKind));
    }

    #[test]
    fn empty_files_and_pointers_are_named() {
        check(b"", Err(MediaProblem::Damaged("it is empty".to_owned())));
        check(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            Err(MediaProblem::Damaged("it is a Git LFS pointer and not the file itself".to_owned())),
        );
    }

    #[test]
    fn a_cut_header_is_damaged() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let bytes = image(format, 3, 5);
            assert!(matches!(tell(&bytes[..12], 900), Err(MediaProblem::Damaged(_))), "{format:?}");
        }
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(256))]

        #[test]
        fn no_bytes_make_it_panic(
            start in proptest::sample::select(vec![
                &b"\xff\xd8\xff\xe1"[..], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"GIF89a", b"RIFF\xff\0\0\0WEBPVP8X", b"",
            ]),
            rest in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [start, &rest].concat();
            let _ = tell(&bytes, bytes.len() as u64);
        }
    }
}
