use crate::{
    check::case::{Case, Variant},
    diag::{Code, Diagnostic, Level, words},
    model::{Media, MediaInfo, MediaKind, MediaSource},
    network::{DraftPart, Form},
};

pub(super) static KIND: Code = Code {
    name: "media-kind",
    summary: "the network doesn't take this kind of image or video",
    level: Level::Error,
    fixed: true,
    explain: "Networks take some kinds of files and refuse others: a WebM video that one shows is an error on the next. \
              What counts is what the file is, not how it is named.\n\n\
              Convert the file to a kind that all of the post's networks take (JPEG or PNG for images, MP4 for videos), or \
              give the network a copy of its own with another file:\n\n\
              ```markdown\n# @bluesky\n\n![The hoodie turning](hoodie.mp4)\n```",
};

pub(super) static TOO_LARGE: Code = Code {
    name: "media-too-large",
    summary: "an image or video is larger than the network takes",
    level: Level::Error,
    fixed: true,
    explain: "Networks limit the size of files in bytes, and some the number of pixels. An image is scaled down by itself \
              where the network's rules allow for it; a video never is.\n\n\
              Export it smaller, or give the network a copy of its own with another file.",
};

pub(super) static TOO_MANY: Code = Code {
    name: "media-too-many",
    summary: "more images or videos than the network takes in one post",
    level: Level::Error,
    fixed: true,
    explain: "Each post, and each part of a thread, may carry only so many images or videos. The network would refuse the \
              rest, and Masthead doesn't choose for you which to drop.\n\n\
              Take some out, or spread them over a thread: what stands between two `---` lines is one part.\n\n\
              ```markdown\n![One](1.jpg)\n\n---\n\n![Two](2.jpg)\n```",
};

pub(super) static MIXED: Code = Code {
    name: "media-mixed",
    summary: "images and a video in one post",
    level: Level::Error,
    fixed: true,
    explain: "On social networks a post shows either images or a video, not both.\n\n\
              Put the video into a part of its own, after a line with `---`, or give the network a copy with one of the two.",
};

pub(super) static SHAPE: Code = Code {
    name: "media-shape",
    summary: "an image is taller or wider than the network shows in a post",
    level: Level::Warning,
    fixed: false,
    explain: "Some networks take images of certain shapes only, as of four to five or two to one, and refuse others. Masthead scales images \
              but doesn't cut them: what can be left out is for you to say. A story may have other shapes than a post.\n\n\
              Crop the image, or give the network a copy of its own with another file.",
};

/// Reports media that an account's network doesn't take as they are.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for variant in &case.variants {
        if variant.profile.media.is_none() {
            continue;
        }
        for part in &variant.draft.parts {
            let infos: Vec<Option<MediaInfo>> = part.media.iter().map(|media| look(case, media)).collect();
            for (media, info) in part.media.iter().zip(&infos) {
                if let Some(info) = info {
                    fits(variant, media, info, found);
                }
            }
            count(variant, part, &infos, found);
        }
    }
}

/// Looks up what is known of an image or video.
pub(super) fn look(case: &Case<'_>, media: &Media) -> Option<MediaInfo> {
    match &media.source {
        MediaSource::File(path) => case.cx.media.look(path).ok(),
        // Nobody knows before it is fetched; `media-remote` says so.
        MediaSource::Url(_) => None,
    }
}

/// Reports a file of a kind or size that isn't taken.
fn fits(variant: &Variant<'_>, media: &Media, info: &MediaInfo, found: &mut Vec<Diagnostic>) {
    let (limits, network) = (&variant.limits, variant.network());
    let path = media.source.as_str();
    let own = variant.profile.id;
    let shrinks = !info.kind.is_video() && variant.profile.media.as_ref().is_some_and(|rules| rules.shrink);
    // A GIF may move, and what moves can't be made to fit.
    let is_converted = shrinks
        && info.kind != MediaKind::Gif
        && [MediaKind::Jpeg, MediaKind::Png].iter().any(|kind| limits.kinds.contains(kind));
    if !limits.kinds.contains(&info.kind) && !is_converted {
        let mut message = format!("{network} takes no {}", noun(info.kind));
        message += &format!(", which `{path}` is");
        let taken = limits.kinds.iter().filter(|kind| kind.is_video() == info.kind.is_video());
        let taken: Vec<&str> = taken.map(|kind| kind.extension()).collect();
        let finding = Diagnostic::new(&KIND, media.span, message);
        found.push(if taken.is_empty() {
            finding.help(format!("leave it out of a copy of its own under `# @{own}`"))
        } else {
            finding.help(format!("convert it to {}, or write a copy of its own under `# @{own}`", words::choice(taken)))
        });
        return;
    }
    shape(variant, media, info, found);
    if shrinks {
        return;
    }
    let max = if info.kind.is_video() { limits.video_bytes } else { limits.image_bytes };
    if let Some(max) = max.filter(|max| info.bytes > *max) {
        let (mut is, mut limit) = (words::bytes(info.bytes), words::bytes(max));
        if is == limit {
            (is, limit) = (words::count(info.bytes, "byte", "bytes"), words::count(max, "byte", "bytes"));
        }
        let message = format!("`{path}` is {is}, more than the {limit} that {network} takes");
        found.push(Diagnostic::new(&TOO_LARGE, media.span, message).help("export it smaller"));
    }
    let pixels = u64::from(info.width) * u64::from(info.height);
    if let Some(max) = limits.image_pixels.filter(|max| !info.kind.is_video() && pixels > *max) {
        let (width, height) = (info.width, info.height);
        let message = format!(
            "`{path}` is {width} × {height} pixels, {} in all, more than the {} that {network} takes",
            words::number(pixels),
            words::number(max)
        );
        found.push(Diagnostic::new(&TOO_LARGE, media.span, message).help("export it with fewer pixels"));
    }
}

/// Reports an image of a shape that isn't taken.
fn shape(variant: &Variant<'_>, media: &Media, info: &MediaInfo, found: &mut Vec<Diagnostic>) {
    let Some(shape) = variant.profile.media.as_ref().and_then(|rules| rules.shape) else { return };
    let MediaInfo { kind, width, height, .. } = *info;
    if kind.is_video() || width == 0 || height == 0 || shape.fits(width, height) {
        return;
    }
    let (what, (w, h)) =
        if u64::from(width) * u64::from(shape.tallest.1) < u64::from(height) * u64::from(shape.tallest.0) {
            ("taller", shape.tallest)
        } else {
            ("wider", shape.widest)
        };
    let (path, network) = (media.source.as_str(), variant.network());
    let message =
        format!("`{path}` is {width} × {height} pixels, {what} than the {w}:{h} that {network} takes in a post");
    let help = format!("crop it, or write a copy of its own under `# @{}`", variant.profile.id);
    found.push(Diagnostic::new(&SHAPE, media.span, message).help(help));
}

/// Reports more media in a part than are taken, or kinds that don't go together.
fn count(variant: &Variant<'_>, part: &DraftPart, infos: &[Option<MediaInfo>], found: &mut Vec<Diagnostic>) {
    let is_video: Vec<bool> =
        part.media.iter().zip(infos).map(|(media, info)| is_video(media, info.as_ref())).collect();
    let of =
        |video: bool| part.media.iter().zip(&is_video).filter(move |(_, is)| **is == video).map(|(media, _)| media);
    let network = variant.network();
    for (video, max, one, many) in
        [(false, variant.limits.images, "image", "images"), (true, variant.limits.videos, "video", "videos")]
    {
        let Some(first_over) = of(video).nth(usize::try_from(max).unwrap_or(usize::MAX)) else { continue };
        // Kinds that aren't taken at all have been reported by themselves.
        if max == 0 {
            continue;
        }
        let there = words::count(of(video).count(), one, many);
        let message =
            format!("{there} in one post for {}, but {network} takes {}", variant.accounts(), words::number(max));
        found.push(
            Diagnostic::new(&TOO_MANY, first_over.span, message)
                .label("the first too many")
                .help("take some out, or spread them over a thread with `---` lines"),
        );
    }
    let stays_in_place = matches!(variant.profile.text.form, Form::Rich);
    if let (false, Some(image), Some(video)) = (stays_in_place, of(false).next(), of(true).next()) {
        let message = format!("{network} shows either images or a video in one post, not both");
        found.push(
            Diagnostic::new(&MIXED, video.span, message)
                .label("the video")
                .also(image.span, "an image")
                .help("put the video into a part of its own, after a `---` line"),
        );
    }
}

/// Tells a video by its first bytes or, where they aren't at hand, by its name.
fn is_video(media: &Media, info: Option<&MediaInfo>) -> bool {
    info.map_or_else(
        || {
            let path = media.source.as_str();
            let path = path.split(['?', '#']).next().unwrap_or(path);
            let extension = path.rsplit('.').next().unwrap_or_default();
            ["mp4", "m4v", "mov", "webm"].iter().any(|video| extension.eq_ignore_ascii_case(video))
        },
        |info| info.kind.is_video(),
    )
}

fn noun(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg => "JPEG images",
        MediaKind::Png => "PNG images",
        MediaKind::Gif => "GIF images",
        MediaKind::Webp => "WebP images",
        MediaKind::Mp4 => "MP4 videos",
        MediaKind::Webm => "WebM videos",
    }
}
