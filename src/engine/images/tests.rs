use super::*;
use crate::{
    network::Limits,
    text::{Measure, MentionWeight, Unit},
    workspace,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::Cursor;

/// What a photograph tells about its maker.
const PLACE: &[u8] = b"GPS 45.4642 N 9.1900 E, Mario's phone";

fn prepare(bytes: Vec<u8>, kind: MediaKind, limits: &Limits, shrink: bool) -> Result<(Vec<u8>, MediaInfo), String> {
    let found = MediaInfo { kind, bytes: bytes.len() as u64, width: 0, height: 0, clip: None };
    super::prepare(bytes, &found, limits, shrink)
}

fn limits(bytes: u64, pixels: u64) -> Limits {
    Limits {
        text: None,
        text_bytes: None,
        measure: Measure { unit: Unit::Graphemes, url: None, mention: MentionWeight::Full },
        images: 4,
        videos: 1,
        kinds: vec![MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4],
        image_bytes: Some(bytes),
        image_pixels: Some(pixels),
        video_bytes: Some(bytes),
        alt: None,
        poll_options: 0,
        poll_option: 0,
        poll_seconds: (0, 0),
    }
}

fn roomy() -> Limits {
    limits(10 << 20, 100 << 20)
}

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }).into()
}

/// A picture that can't be packed well.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
    .into()
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("an image");
    bytes.into_inner()
}

/// An EXIF block with an orientation and a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    tiff.extend_from_slice(PLACE);
    tiff
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a short segment");
    [&[0xff, marker], length.to_be_bytes().as_slice(), content].concat()
}

/// A photograph with everything in it that tells on people.
fn photograph(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let plain = written(image, ImageFormat::Jpeg);
    let exif = [b"Exif\0\0".as_slice(), &exif(orientation)].concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), PLACE].concat();
    let iptc = [b"Photoshop 3.0\0".as_slice(), PLACE].concat();
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), b"colours"].concat();
    let segments = [
        segment(0xe1, &exif),
        segment(0xe1, &xmp),
        segment(0xe2, &profile),
        segment(0xed, &iptc),
        segment(0xfe, PLACE),
    ];
    [&plain[..2], &segments.concat(), &plain[2..], PLACE].concat()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let crc = crc32(&[name.as_slice(), content].concat());
    let length = u32::try_from(content.len()).expect("a short chunk");
    [length.to_be_bytes().as_slice(), name, content, &crc.to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn kind_of(bytes: &[u8]) -> Option<MediaKind> {
    workspace::sniff(bytes).ok().map(|info| info.kind)
}

#[track_caller]
fn prepared(bytes: &[u8], limits: &Limits, shrink: bool) -> (Vec<u8>, MediaInfo) {
    let kind = kind_of(bytes).expect("a known kind");
    let (out, info) = prepare(bytes.to_vec(), kind, limits, shrink).expect("it can be sent");
    assert_eq!((info.bytes, kind_of(&out)), (out.len() as u64, Some(info.kind)));
    assert!(!contains(&out, b"45.4642"), "the place is still in it");
    if !info.kind.is_video() {
        let read = image::load_from_memory(&out).expect("it can be decoded");
        assert_eq!((read.width(), read.height()), (info.width, info.height));
    }
    (out, info)
}

#[test]
fn a_photograph_loses_its_place_and_keeps_its_pixels_and_colours() {
    let image = halves(64, 32);
    let bytes = photograph(&image, 1);
    assert!(contains(&bytes, b"45.4642"));
    let (out, info) = prepared(&bytes, &roomy(), true);
    assert_eq!((info.kind, info.width, info.height), (MediaKind::Jpeg, 64, 32));
    assert!(contains(&out, b"ICC_PROFILE\0\x01\x01colours"));
    for gone in [b"Exif\0\0".as_slice(), b"ns.adobe.com", b"Photoshop", b"Mario"] {
        assert!(!contains(&out, gone), "{}", String::from_utf8_lossy(gone));
    }
    let plain = image::load_from_memory(&written(&image, ImageFormat::Jpeg)).expect("an image");
    assert_eq!(image::load_from_memory(&out).expect("an image"), plain);
}

#[test]
fn a_photograph_on_its_side_is_turned() {
    // Stored lying: the top of the scene is at the right or at the left.
    for (orientation, red_on_top) in [(6, true), (8, false)] {
        let (out, info) = prepared(&photograph(&halves(64, 32), orientation), &roomy(), false);
        assert_eq!((info.kind, info.width, info.height), (MediaKind::Jpeg, 32, 64));
        let image = image::load_from_memory(&out).expect("an image").to_rgb8();
        let (top, bottom) = (image.get_pixel(16, 4).0, image.get_pixel(16, 60).0);
        assert_eq!((top[0] > top[2], bottom[0] > bottom[2]), (red_on_top, !red_on_top), "{orientation}");
    }
    let (out, info) = prepared(&photograph(&halves(64, 32), 3), &roomy(), false);
    let image = image::load_from_memory(&out).expect("an image").to_rgb8();
    assert_eq!((info.width, info.height), (64, 32));
    assert!(image.get_pixel(4, 16).0[2] > 150 && image.get_pixel(60, 16).0[0] > 150);
}

#[test]
fn a_png_loses_its_texts() {
    let plain = written(&halves(20, 10), ImageFormat::Png);
    // After the header chunk, which is always 25 bytes.
    let private: Vec<u8> = [b"tEXt", b"iTXt", b"zTXt", b"tIME"].iter().flat_map(|name| chunk(name, PLACE)).collect();
    let bytes = [&plain[..33], &private, &plain[33..], PLACE].concat();
    let (out, info) = prepared(&bytes, &roomy(), true);
    assert_eq!((out, info.width, info.height), (plain.clone(), 20, 10));

    let turned = [&plain[..33], &chunk(b"eXIf", &exif(6)), &plain[33..]].concat();
    let (_, info) = prepared(&turned, &roomy(), true);
    assert_eq!((info.kind, info.width, info.height), (MediaKind::Png, 10, 20));
}

#[test]
fn a_webp_loses_its_private_chunks() {
    let plain = written(&halves(20, 10), ImageFormat::WebP);
    let riff = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).expect("a short chunk");
        let mut chunk = [name.as_slice(), &length.to_le_bytes(), content].concat();
        if content.len() % 2 == 1 {
            chunk.push(0);
        }
        chunk
    };
    let extended = riff(b"VP8X", &[0x0c, 0, 0, 0, 19, 0, 0, 9, 0, 0]);
    let body = [b"WEBP".as_slice(), &extended, &plain[12..], &riff(b"EXIF", &exif(1)), &riff(b"XMP ", PLACE)].concat();
    let length = u32::try_from(body.len()).expect("a short file");
    let bytes = [b"RIFF".as_slice(), &length.to_le_bytes(), &body, PLACE].concat();
    let (out, info) = prepared(&bytes, &roomy(), true);
    assert_eq!((info.kind, info.width, info.height), (MediaKind::Webp, 20, 10));
    assert_eq!(out[20], 0, "the flags say so");
}

#[test]
fn a_gif_keeps_its_pictures_and_loses_its_comments() {
    let mut bytes = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        encoder.set_repeat(image::codecs::gif::Repeat::Infinite).expect("a loop");
        let frames = [halves(16, 8), noise(16, 8)].map(|image| image::Frame::new(image.to_rgba8()));
        encoder.encode_frames(frames).expect("a film");
    }
    // Before the end: a comment, as long as one block may be.
    let comment = [&[0x21, 0xfe, PLACE.len() as u8], PLACE, &[0]].concat();
    bytes.splice(bytes.len() - 1..bytes.len() - 1, comment);
    let (out, info) = prepared(&bytes, &roomy(), true);
    assert_eq!((info.kind, info.width, info.height), (MediaKind::Gif, 16, 8));
    assert!(contains(&out, b"NETSCAPE2.0") && strip::is_animated(&out, MediaKind::Gif));
    assert!(!strip::is_animated(&written(&halves(8, 8), ImageFormat::Gif), MediaKind::Gif));

    let tight = limits(out.len() as u64 - 1, 1 << 20);
    let error = prepare(bytes, MediaKind::Gif, &tight, true).expect_err("a film can't be scaled");
    assert!(error.ends_with("an animated image can't be scaled down"), "{error}");
}

#[test]
fn an_image_within_the_limits_keeps_every_byte_that_shows() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = written(&halves(40, 30), format);
        let exact = limits(bytes.len() as u64, 1200);
        assert_eq!(prepared(&bytes, &exact, false).0, bytes, "{format:?}");
    }
}

#[test]
fn an_image_over_the_limits_is_scaled_if_the_network_does_that() {
    let bytes = photograph(&noise(300, 200), 1);
    for (tight, what) in [(limits(10_000, 1 << 30), "10 kB"), (limits(1 << 30, 5_000), "5,000")] {
        let error = prepare(bytes.clone(), MediaKind::Jpeg, &tight, false).expect_err("too much");
        assert!(error.contains(what), "{error}");
        let (_, info) = prepared(&bytes, &tight, true);
        assert!(info.bytes <= tight.image_bytes.expect("a limit"));
        assert!(u64::from(info.width) * u64::from(info.height) <= tight.image_pixels.expect("a limit"));
        let ratio = f64::from(info.width) / f64::from(info.height);
        assert!((1.45..1.55).contains(&ratio), "{info:?}");
        assert_eq!(info.kind, MediaKind::Jpeg);
    }
}

#[test]
fn what_is_transparent_stays_so() {
    let clear: DynamicImage =
        RgbaImage::from_fn(200, 100, |x, y| Rgba([(x * y) as u8, (x ^ y) as u8, y as u8, (x * 7) as u8])).into();
    let bytes = written(&clear, ImageFormat::Png);
    let (out, info) = prepared(&bytes, &limits(bytes.len() as u64 / 3, 1 << 20), true);
    assert_eq!(info.kind, MediaKind::Png);
    assert!(image::load_from_memory(&out).expect("an image").to_rgba8().pixels().any(|pixel| pixel.0[3] < 255));

    // Without transparency a picture is better off as JPEG.
    let bytes = written(&noise(200, 100), ImageFormat::Png);
    assert_eq!(prepared(&bytes, &limits(20_000, 1 << 20), true).1.kind, MediaKind::Jpeg);
}

#[test]
fn a_kind_that_a_network_does_not_take_becomes_one_that_it_takes() {
    let bytes = written(&halves(20, 10), ImageFormat::WebP);
    let choosy = Limits { kinds: vec![MediaKind::Jpeg], ..roomy() };
    assert_eq!(prepared(&bytes, &choosy, true).1.kind, MediaKind::Jpeg);
    assert_eq!(prepare(bytes, MediaKind::Webp, &choosy, false), Err("the network takes no `image/webp`".to_owned()));
}

#[test]
fn limits_that_nothing_can_meet_are_an_error() {
    let error = prepare(written(&noise(300, 200), ImageFormat::Jpeg), MediaKind::Jpeg, &limits(100, 1 << 20), true);
    assert!(error.expect_err("too tight").starts_with("even scaled down, "));
}

#[test]
fn damaged_and_huge_images_are_refused() {
    let whole = photograph(&halves(64, 32), 1);
    for length in [0, 2, 3, 10, 60, 200, whole.len() / 2] {
        assert!(prepare(whole[..length].to_vec(), MediaKind::Jpeg, &roomy(), true).is_err(), "{length}");
    }
    let png = written(&halves(64, 32), ImageFormat::Png);
    for length in [8, 20, 40, png.len() - 4] {
        assert!(prepare(png[..length].to_vec(), MediaKind::Png, &roomy(), true).is_err(), "{length}");
    }
    // A bomb: a header that promises far more than there is.
    let header = [&20_000_u32.to_be_bytes()[..], &20_000_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let bomb = [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header), &chunk(b"IDAT", &[0]), &chunk(b"IEND", &[])]
        .concat();
    assert!(prepare(bomb, MediaKind::Png, &roomy(), true).expect_err("a bomb").contains("can't be decoded"));
}

#[test]
fn a_film_loses_its_place_without_moving_a_byte() {
    let atom = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).expect("a short box");
        [&length.to_be_bytes(), name.as_slice(), content].concat()
    };
    let track = atom(b"trak", &[atom(b"tkhd", &[7; 12]), atom(b"udta", PLACE)].concat());
    let movie = atom(b"moov", &[atom(b"mvhd", &[1; 20]), track, atom(b"udta", &atom(b"\xa9xyz", PLACE))].concat());
    let bytes = [atom(b"ftyp", b"mp42\0\0\0\0"), movie, atom(b"mdat", &[9; 64]), atom(b"uuid", PLACE)].concat();
    let (out, info) = prepared(&bytes, &roomy(), true);
    assert_eq!((out.len(), info.kind), (bytes.len(), MediaKind::Mp4));
    assert!(contains(&out, b"mvhd") && contains(&out, &[7; 12]) && contains(&out, &[9; 64]) && contains(&out, b"free"));

    let tight = Limits { video_bytes: Some(10), ..roomy() };
    assert!(prepare(bytes.clone(), MediaKind::Mp4, &tight, true).is_err());
    assert!(prepare(bytes, MediaKind::Mp4, &Limits { kinds: Vec::new(), ..roomy() }, true).is_err());
}

#[test]
fn arbitrary_bytes_never_panic() {
    let kinds = [MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4];
    let seeds = [
        photograph(&halves(16, 8), 6),
        written(&halves(16, 8), ImageFormat::Png),
        written(&halves(16, 8), ImageFormat::Gif),
        written(&halves(16, 8), ImageFormat::WebP),
        b"\0\0\0\x18ftypmp42\0\0\0\0\0\0\0\0\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
    ];
    proptest::proptest!(proptest::test_runner::Config::with_cases(256), |(
        which in 0..5_usize,
        changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 0..8),
        cut in proptest::prelude::any::<proptest::sample::Index>(),
    )| {
        let mut bytes = seeds[which].clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.index(bytes.len() * 2) + 1);
        let _ = prepare(bytes, kinds[which], &limits(4_000, 100), true);
    });
}
