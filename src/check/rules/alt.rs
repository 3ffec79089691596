use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level, words},
    model::{Media, MediaSource},
};

pub(super) static MISSING: Code = Code {
    name: "alt-missing",
    summary: "an image or video has no description",
    level: Level::Warning,
    fixed: false,
    explain: "People who can't see an image hear its description instead; without one they hear nothing, or a file name. \
              Many will not pass on a post without it.\n\n\
              ```markdown\n![A Sim in a black hoodie, seen from the front](hoodie.jpg)\n```\n\n\
              Say in a sentence what matters in the picture, with any text that stands in it.",
};

pub(super) static TOO_LONG: Code = Code {
    name: "alt-too-long",
    summary: "a description is longer than the network takes",
    level: Level::Error,
    fixed: true,
    explain: "Networks limit the length of a description, and refuse the post or cut the text if it is longer.\n\n\
              Shorten it: what matters most first, in a sentence or two. What needs more space belongs into the post or a \
              linked page.",
};

pub(super) static LOST: Code = Code {
    name: "alt-lost",
    summary: "a description that the network can't show",
    level: Level::Warning,
    fixed: false,
    explain: "Some networks have no field for descriptions. The image is published there without one, and people who can't \
              see it miss what it says.\n\n\
              Say in the text what matters in the picture, or silence this for the post:\n\n\
              ```toml\n[allow]\nalt-lost = \"the text says it all\"\n```",
};

pub(super) static IS_FILENAME: Code = Code {
    name: "alt-is-filename",
    summary: "a description is only the name of the file",
    level: Level::Warning,
    fixed: false,
    explain: "Some editors fill in the name of the file as the description. Read aloud, `IMG_2041.jpg` tells nobody \
              anything.\n\n\
              ```markdown\n![A Sim in a black hoodie, seen from the front](IMG_2041.jpg)\n```\n\n\
              Say in a sentence what matters in the picture.",
};

/// Reports media that are described badly, or not at all.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for media in &case.nodes.media {
        if media.alt.trim().is_empty() {
            let message = format!("`{}` has no description", media.source.as_str());
            let help = "say between `![` and `]` what there is to see, for those who can't";
            found.push(Diagnostic::new(&MISSING, media.span, message).help(help));
        } else if is_filename(media) {
            let message = format!("the description of `{}` is only a file name", media.source.as_str());
            let help = "say what there is to see, for those who can't";
            found.push(Diagnostic::new(&IS_FILENAME, media.span, message).help(help));
        }
    }
    for variant in &case.variants {
        let Some(max) = variant.limits.alt else { continue };
        for media in variant.draft.parts.iter().flat_map(|part| &part.media) {
            // Code points are never fewer than what a network counts as characters: nothing gets through that it refuses.
            let length = media.alt.chars().count() as u64;
            if max == 0 {
                if !media.alt.trim().is_empty() {
                    let message = format!("{} can't show the description of an image", variant.network());
                    let help = "say in the text what matters in the picture";
                    found.push(Diagnostic::new(&LOST, media.span, message).help(help));
                }
            } else if length > max {
                let over = words::count(length - max, "character", "characters");
                let message =
                    format!("the description is {over} over {}'s limit of {}", variant.network(), words::number(max));
                found.push(
                    Diagnostic::new(&TOO_LONG, media.span, message).help("shorten it, with what matters most first"),
                );
            }
        }
    }
}

/// Tells whether a description is the file's name, with or without its ending, or one that a camera gave.
fn is_filename(media: &Media) -> bool {
    let alt = media.alt.trim();
    if alt.contains(char::is_whitespace) {
        return false;
    }
    let path = match &media.source {
        MediaSource::File(path) => path.as_str(),
        MediaSource::Url(url) => url.split(['?', '#']).next().unwrap_or(url),
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if alt.eq_ignore_ascii_case(name) {
        return true;
    }
    let ending = alt.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    if ending.is_some_and(|ending| ["jpg", "jpeg", "png", "gif", "webp", "mp4", "mov", "webm"].contains(&&*ending)) {
        return true;
    }
    // One plain word may well be both a fair description and the name of the file; `hoodie-front_2` is not.
    alt.eq_ignore_ascii_case(stem) && alt.contains(['-', '_', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};

    #[track_caller]
    fn check(alt: &str, path: &str, expect: bool) {
        let source = MediaSource::File(path.to_owned());
        let media = Media { source, alt: alt.to_owned(), span: Span::new(FileId(0), 0..0) };
        assert_eq!(is_filename(&media), expect, "{alt:?}");
    }

    #[test]
    fn names_of_files_are_no_descriptions() {
        check("hoodie.jpg", "content/hoodie.jpg", true);
        check("IMG_2041", "content/img_2041.jpg", true);
        check("other.PNG", "content/hoodie.jpg", true);
        check("hoodie-front", "content/hoodie-front.jpg", true);
    }

    #[test]
    fn words_are_descriptions() {
        check("hoodie", "content/hoodie.jpg", false);
        check("A hoodie.jpg on a screen", "content/hoodie.jpg", false);
        check("Version2", "content/a.jpg", false);
    }
}
