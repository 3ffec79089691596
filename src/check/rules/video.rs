use super::media_limits::look;
use crate::{
    check::case::{Case, Variant},
    diag::{Code, Diagnostic, Level, words},
    model::{Clip, Media},
};
use std::time::Duration;

pub(super) static CODEC: Code = Code {
    name: "video-codec",
    summary: "a video is coded in a way that the network doesn't take",
    level: Level::Error,
    fixed: false,
    explain: "A file that ends in `.mp4` may hold pictures that are coded in many ways. Phones film in HEVC, editing programs keep \
              ProRes; a network that doesn't take that refuses the video after it was uploaded, or shows it black. What counts is \
              what the file's header says. Masthead doesn't change a video: that takes minutes, and choices that are yours.\n\n\
              Export it again as H.264, which every network takes:\n\n\
              ```sh\nffmpeg -i film.mov -c:v libx264 -pix_fmt yuv420p -c:a aac -movflags +faststart film.mp4\n```",
};

pub(super) static LENGTH: Code = Code {
    name: "video-length",
    summary: "a video is longer or shorter than the network takes",
    level: Level::Error,
    fixed: false,
    explain: "Networks take videos of certain lengths: one of two minutes that Mastodon shows is refused elsewhere, and so is one of \
              a second.\n\n\
              Cut it, or give the network a copy of its own with another film:\n\n\
              ```markdown\n# @x\n\n![The hoodie turning](hoodie-short.mp4)\n```",
};

/// Reports videos that an account's network would refuse for what is in them.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for variant in &case.variants {
        for media in variant.draft.parts.iter().flat_map(|part| &part.media) {
            let Some(info) = look(case, media) else { continue };
            let Some(clip) = info.clip.filter(|_| variant.limits.kinds.contains(&info.kind)) else { continue };
            fits(variant, media, &clip, found);
        }
    }
}

fn fits(variant: &Variant<'_>, media: &Media, clip: &Clip, found: &mut Vec<Diagnostic>) {
    let rules = &variant.video;
    let (path, network) = (media.source.as_str(), variant.network());
    if let Some(codec) = clip.codec.filter(|codec| !rules.codecs.is_empty() && !rules.codecs.contains(codec)) {
        let taken: Vec<&str> = rules.codecs.iter().map(|codec| codec.name()).collect();
        let taken = taken.join(" or ");
        let message = format!("`{path}` is coded as {}, and {network} takes {taken}", codec.name());
        found.push(Diagnostic::new(&CODEC, media.span, message).help("export it as H.264, which every network takes"));
    }
    let Some(duration) = clip.duration else { return };
    let (longest, shortest) = (rules.longest.map(|limit| limit.value), rules.shortest.map(|limit| limit.value));
    let is = words::duration(duration);
    if let Some(longest) = longest.filter(|longest| duration > Duration::from_secs(*longest)) {
        let most = words::duration(Duration::from_secs(longest));
        let message = format!("`{path}` runs {is}, longer than the {most} that {network} takes");
        found.push(Diagnostic::new(&LENGTH, media.span, message).help("cut it"));
    }
    if let Some(shortest) = shortest.filter(|shortest| duration < Duration::from_secs(*shortest)) {
        let least = words::duration(Duration::from_secs(shortest));
        let message = format!("`{path}` runs {is}, shorter than the {least} that {network} wants");
        found.push(Diagnostic::new(&LENGTH, media.span, message).help("take a longer one"));
    }
}
