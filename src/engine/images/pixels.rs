use crate::{
    model::{MediaInfo, MediaKind},
    network::Limits,
};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, ImageFormat, ImageReader,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
    metadata::Orientation,
};
use std::io::Cursor;

/// What a header says.
pub(super) struct Header {
    width: u32,
    height: u32,
    orientation: Orientation,
}

/// A decoded image, upright.
pub(super) struct Picture {
    image: DynamicImage,
    /// The colour profile.
    profile: Option<Vec<u8>>,
    clear: bool,
}

/// Bytes and what they are.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: MediaKind,
}

impl Header {
    /// Returns width and height as people see them.
    pub(super) fn shown(&self) -> (u32, u32) {
        match self.orientation {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (self.height, self.width),
            Orientation::NoTransforms
            | Orientation::Rotate180
            | Orientation::FlipHorizontal
            | Orientation::FlipVertical => (self.width, self.height),
        }
    }

    /// Returns whether the pixels stand as they are shown.
    pub(super) fn is_upright(&self) -> bool {
        self.orientation == Orientation::NoTransforms
    }
}

/// Reads a header. Images that are too large to be decoded safely are refused before anything is decoded.
pub(super) fn header(bytes: &[u8], kind: MediaKind) -> Result<Header, String> {
    let mut decoder = decoder(bytes, kind)?;
    let (width, height) = decoder.dimensions();
    Ok(Header { width, height, orientation: decoder.orientation().unwrap_or(Orientation::NoTransforms) })
}

fn decoder(bytes: &[u8], kind: MediaKind) -> Result<impl ImageDecoder + '_, String> {
    let format = match kind {
        MediaKind::Jpeg => ImageFormat::Jpeg,
        MediaKind::Png => ImageFormat::Png,
        MediaKind::Gif => ImageFormat::Gif,
        MediaKind::Webp => ImageFormat::WebP,
        MediaKind::Mp4 | MediaKind::Webm => return Err("a video can't be decoded".to_owned()),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(12_000);
    limits.max_image_height = Some(12_000);
    limits.max_alloc = Some(256 << 20);
    reader.limits(limits);
    reader.into_decoder().map_err(|error| format!("it can't be decoded: {error}"))
}

impl Picture {
    /// Decodes and turns it upright.
    pub(super) fn open(bytes: &[u8], kind: MediaKind) -> Result<Self, String> {
        let mut decoder = decoder(bytes, kind)?;
        let profile = decoder.icc_profile().ok().flatten();
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        // The allocation limit of the decoder does not hold for the image that it fills.
        if decoder.total_bytes() > 256 << 20 {
            return Err("it is too large to be decoded".to_owned());
        }
        let mut image = DynamicImage::from_decoder(decoder).map_err(|error| format!("it can't be decoded: {error}"))?;
        image.apply_orientation(orientation);
        let clear = image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] != u8::MAX);
        Ok(Self { image, profile, clear })
    }

    /// Encodes it: JPEG at a quality that nobody sees, PNG without loss.
    pub(super) fn encode(&self, kind: MediaKind) -> Result<Encoded, String> {
        encode(&self.image, self.profile.as_deref(), kind, 90)
    }
}

/// Scales a picture until it fits: first less quality, then fewer pixels.
pub(super) fn shrink(picture: &Picture, limits: &Limits) -> Result<(Vec<u8>, MediaInfo), String> {
    const SMALLEST: u32 = 64;
    let takes = |kind| limits.kinds.contains(&kind);
    let kind = match (picture.clear, takes(MediaKind::Jpeg), takes(MediaKind::Png)) {
        (true, _, true) | (_, false, true) => MediaKind::Png,
        (_, true, _) => MediaKind::Jpeg,
        (_, false, false) => return Err("the network takes neither JPEG nor PNG".to_owned()),
    };
    let qualities: &[u8] = if kind == MediaKind::Jpeg { &[90, 80] } else { &[100] };
    let pixels = f64::from(picture.image.width()) * f64::from(picture.image.height());
    let mut scale = limits.image_pixels.map_or(1.0, |most| (most as f64 / pixels).sqrt().min(1.0));
    let mut problem = String::new();
    loop {
        // Rounded down, so that the product can't be over the limit again.
        let side = |length: u32| ((f64::from(length) * scale).floor() as u32).max(1);
        let (width, height) = (side(picture.image.width()), side(picture.image.height()));
        let resized;
        let image = if scale < 1.0 {
            resized = picture.image.resize_exact(width, height, FilterType::Lanczos3);
            &resized
        } else {
            &picture.image
        };
        let mut least = f64::INFINITY;
        for quality in qualities {
            let encoded = encode(image, picture.profile.as_deref(), kind, *quality)?;
            let info = MediaInfo { kind, bytes: encoded.bytes.len() as u64, width, height, clip: None };
            match limits.over(&info) {
                None => return Ok((encoded.bytes, info)),
                Some(over) => problem = over,
            }
            least = info.bytes as f64;
        }
        if width.min(height) <= SMALLEST {
            return Err(format!("even scaled down, {problem}"));
        }
        // Bytes go about with the pixels: aim a little below, and always make progress.
        let aim = limits.image_bytes.map_or(0.8, |most| (most as f64 / least).sqrt() * 0.95);
        scale *= aim.clamp(0.3, 0.9);
    }
}

fn encode(image: &DynamicImage, profile: Option<&[u8]>, kind: MediaKind, quality: u8) -> Result<Encoded, String> {
    let mut bytes = Vec::new();
    let (width, height) = (image.width(), image.height());
    let written = if kind == MediaKind::Jpeg {
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        if let Some(profile) = profile {
            let _ = encoder.set_icc_profile(profile.to_vec());
        }
        let image = flat(image);
        encoder.write_image(&image, width, height, ExtendedColorType::Rgb8)
    } else {
        let mut encoder = PngEncoder::new(&mut bytes);
        if let Some(profile) = profile {
            let _ = encoder.set_icc_profile(profile.to_vec());
        }
        encoder.write_image(&image.to_rgba8(), width, height, ExtendedColorType::Rgba8)
    };
    written.map_err(|error| format!("it can't be encoded: {error}"))?;
    Ok(Encoded { bytes, kind })
}

/// Lays an image with transparency on white, as pages do.
fn flat(image: &DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let clear = image.to_rgba8();
    image::RgbImage::from_fn(clear.width(), clear.height(), |x, y| {
        let [red, green, blue, alpha] = clear.get_pixel(x, y).0.map(u32::from);
        let over_white = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        image::Rgb([over_white(red), over_white(green), over_white(blue)])
    })
}
