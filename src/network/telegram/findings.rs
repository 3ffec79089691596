//! What Telegram minds beyond its profile.

use super::{CAPTION, DESCRIPTION, QUESTION, address, request};
use crate::{
    diag::{Code, Diagnostic, Level, Span, words},
    model::{Media, Post, Reference},
    network::{Draft, DraftPart},
    text::{self, Unit},
};

/// The codes of what is found here.
pub(super) static CODES: &[&Code] = &[&CAPTION_TOO_LONG, &POLL, &ALBUM, &REFERENCE];

static CAPTION_TOO_LONG: Code = Code {
    name: "telegram-caption",
    summary: "the text beside an image or video is too long for Telegram",
    level: Level::Error,
    fixed: true,
    explain: "A message of Telegram holds 4,096 characters, but beside an image or video only 1,024, and is refused with \
              more.\n\n\
              Shorten the text, begin a new part of the thread with `---` where the image may stay behind, or let \
              `thread = \"auto\"` do it.",
};

static POLL: Code = Code {
    name: "telegram-poll",
    summary: "a text that doesn't fit a poll on Telegram",
    level: Level::Error,
    fixed: true,
    explain: "On Telegram the first line of the text is the question of the poll, in at most 300 characters, and the rest \
              is its description, in at most 1,024. A question is plain: it holds no links.\n\n\
              ```markdown\nWhich hoodie shall we make?\n\nBoth are warm. [More](https://acme.example/hoodies)\n```\n\n\
              Write a short question as the first paragraph, and links below it.",
};

static ALBUM: Code = Code {
    name: "telegram-album",
    summary: "an animation beside other images on Telegram",
    level: Level::Error,
    fixed: true,
    explain: "On Telegram a GIF is an animation, which is a message of its own and can't stand beside other images.\n\n\
              Give it a part of the thread of its own, after `---`, or make it a still image.",
};

static REFERENCE: Code = Code {
    name: "telegram-reference",
    summary: "an address to answer or pass on that is no Telegram message",
    level: Level::Error,
    fixed: true,
    explain: "On Telegram only messages of channels and groups there can be answered or passed on.\n\n\
              ```toml\nreply_to = \"https://t.me/acme_news/42\"\n```\n\n\
              Name the message as `https://t.me/NAME/NUMBER`, which *Copy link* gives, or, if it is one of ours, by its id.",
};

/// Returns what Telegram minds in a draft.
pub(super) fn of(post: &Post, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, part) in draft.parts.iter().enumerate() {
        if index > 0 || draft.poll.is_none() {
            findings.extend(caption(part));
        } else {
            findings.extend(poll(post, part));
        }
        findings.extend(album(part));
    }
    for (key, reference) in [("reply_to", &post.reply_to), ("boost", &post.boost)] {
        if let Some(reference) = reference
            && let Reference::Url(url) = &reference.value
            && address::parse(url).is_none()
        {
            let message = format!("`{key}` is not the address of a Telegram message");
            let help = "name the message as `https://t.me/NAME/NUMBER`, or leave this account out of `to`";
            findings.push(Diagnostic::new(&REFERENCE, reference.span, message).label("no message").help(help));
        }
    }
    findings
}

fn caption(part: &DraftPart) -> Option<Diagnostic> {
    let length = text::count(part.text.text.trim(), Unit::CodePoints);
    let over = length.checked_sub(CAPTION.value).filter(|over| *over > 0 && !part.media.is_empty())?;
    let message = format!(
        "the text beside {} is {} over Telegram's limit of {}",
        if part.media.len() == 1 { "an image or video" } else { "images or videos" },
        words::count(over, "character", "characters"),
        words::number(CAPTION.value),
    );
    let help = "shorten it, or end the part with `---` where the image may stay behind";
    Some(Diagnostic::new(&CAPTION_TOO_LONG, beyond(part, CAPTION.value), message).help(help))
}

/// Returns the place in the file of what stands behind so many characters.
fn beyond(part: &DraftPart, characters: u64) -> Span {
    let text = &part.text.text;
    let lead = text.len() - text.trim_start().len();
    let nth = usize::try_from(characters).unwrap_or(usize::MAX);
    let at = text[lead..].char_indices().nth(nth).map(|(at, _)| lead + at);
    match at.and_then(|at| part.text.source_of(at)).filter(|at| part.span.range().contains(at)) {
        Some(start) => Span::new(part.span.file, start..part.span.range().end),
        None => part.span,
    }
}

fn poll(post: &Post, part: &DraftPart) -> Vec<Diagnostic> {
    let span = post.poll.as_ref().map_or(part.span, |poll| poll.span);
    let (question, description) = request::question(&part.text);
    let mut findings = Vec::new();
    if question.text.is_empty() {
        let message = "the poll has no question, which Telegram demands";
        findings
            .push(Diagnostic::new(&POLL, span, message).help("write the question as the first paragraph of the copy"));
    }
    for (what, said, max) in [("question", &question, QUESTION), ("description", &description, DESCRIPTION)] {
        let length = text::count(&said.text, Unit::CodePoints);
        if length > max.value {
            let over = words::count(length - max.value, "character", "characters");
            let message = format!("the poll's {what} is {over} over Telegram's limit of {}", words::number(max.value));
            findings.push(Diagnostic::new(&POLL, part.span, message).help(match what {
                "question" => "ask in a short first paragraph, and write the rest below it",
                _ => "shorten what stands below the first paragraph",
            }));
        }
    }
    if question.entities.iter().any(|entity| matches!(entity.kind, super::entities::Kind::Link(_))) {
        let message = "the poll's question holds a link, which Telegram would drop";
        findings.push(Diagnostic::new(&POLL, part.span, message).help("put the link below the first paragraph"));
    }
    findings
}

fn album(part: &DraftPart) -> Option<Diagnostic> {
    let is_gif = |media: &&Media| {
        let path = media.source.as_str().split(['?', '#']).next().unwrap_or_default();
        path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("gif"))
    };
    let gif = part.media.iter().find(is_gif).filter(|_| part.media.len() > 1)?;
    let message = "on Telegram an animation can't stand beside other images";
    Some(Diagnostic::new(&ALBUM, gif.span, message).help("give it a part of its own, after `---`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::FileId, model::MediaSource, network::fixtures::flat};
    use std::sync::Arc;

    fn part(text: &str, media: &[&str]) -> DraftPart {
        let span = Span::new(FileId(0), 0..text.len());
        let media =
            media.iter().map(|path| Media { source: MediaSource::File((*path).to_owned()), alt: String::new(), span });
        DraftPart { text: flat(text, &[]), rich: Arc::default(), media: media.collect(), beside: 0, span }
    }

    #[track_caller]
    fn check_caption(length: usize, media: &[&str], expect: Option<&str>) {
        let found = caption(&part(&"é".repeat(length), media));
        assert_eq!(found.map(|finding| finding.message).as_deref(), expect);
    }

    #[test]
    fn a_caption_is_shorter_than_a_text() {
        check_caption(1_025, &[], None);
        check_caption(1_024, &["a.png"], None);
        let over = "the text beside an image or video is 2 characters over Telegram's limit of 1,024";
        check_caption(1_026, &["a.png"], Some(over));
    }

    #[test]
    fn the_place_is_what_is_too_much() {
        let finding = caption(&part(&"é".repeat(1_030), &["a.png"])).expect("too long");
        assert_eq!(finding.primary.span.range(), 2_048..2_060);
    }

    #[test]
    fn an_animation_stands_alone() {
        assert!(album(&part("", &["a.gif"])).is_none());
        assert!(album(&part("", &["a.png", "b.jpg"])).is_none());
        assert!(album(&part("", &["a.png", "b.GIF"])).is_some());
    }
}
