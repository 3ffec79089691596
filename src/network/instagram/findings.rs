use super::options;
use crate::{
    diag::{Code, Diagnostic, Level, words},
    network::Draft,
    text::RangeKind,
};

/// What Instagram minds beyond its profile.
pub(super) static CODES: &[&Code] = &[&MEDIA, &TAGS, &STORY];

const MOST_TAGS: usize = 30;
const MOST_MENTIONS: usize = 20;
const MOST_COLLABORATORS: usize = 3;

static MEDIA: Code = Code {
    name: "instagram-media",
    summary: "a post for Instagram without an image or video",
    level: Level::Error,
    fixed: true,
    explain: "Instagram has no posts of text alone: each shows one image or video, or a carousel of two to ten.\n\n\
              ```markdown\n![A Sim in a black hoodie](hoodie.jpg)\n```\n\n\
              Attach one, give Instagram a copy of its own under `# @instagram`, or leave the account out of `to`.",
};

static TAGS: Code = Code {
    name: "instagram-tags",
    summary: "more hashtags, mentions or collaborators than Instagram takes",
    level: Level::Error,
    fixed: true,
    explain: "A caption on Instagram has at most 30 hashtags and 20 mentions, and a post at most three collaborators; it refuses more.\n\n\
              Take some out, or write a copy of its own under `# @instagram`.",
};

static STORY: Code = Code {
    name: "instagram-story",
    summary: "a story on Instagram that it can't show like this",
    level: Level::Error,
    fixed: true,
    explain: "A story shows one image or video and no caption: what the post says beside it would be lost.\n\n\
              ```toml\n[instagram]\nstory = true\n```\n\n\
              Give it a copy of its own with the image or video alone.",
};

/// Returns what Instagram minds in a draft.
pub(super) fn of(draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let Some(part) = draft.parts.first() else { return findings };
    if part.media.is_empty() {
        findings.push(
            Diagnostic::new(&MEDIA, part.span, "a post on Instagram needs an image or video")
                .help("attach one, or leave this account out of `to`"),
        );
    }
    let count = |is: fn(&RangeKind) -> bool| part.text.ranges.iter().filter(|range| is(&range.kind)).count();
    let tags = count(|kind| matches!(kind, RangeKind::Tag { .. }));
    let mentions = count(|kind| matches!(kind, RangeKind::Mention { .. }));
    let few = "take some out, or write a copy of its own under `# @instagram`";
    for (count, most, one, many) in
        [(tags, MOST_TAGS, "hashtag", "hashtags"), (mentions, MOST_MENTIONS, "mention", "mentions")]
    {
        if count > most {
            let message = format!("the caption has {}, and Instagram takes {most}", words::count(count, one, many));
            findings.push(Diagnostic::new(&TAGS, part.span, message).help(few));
        }
    }
    let collaborators = draft.options.list(options::COLLABORATORS).len();
    if let Some(span) = draft.options.span(options::COLLABORATORS).filter(|_| collaborators > MOST_COLLABORATORS) {
        let message = format!("the post has {collaborators} collaborators, and Instagram takes {MOST_COLLABORATORS}");
        findings.push(Diagnostic::new(&TAGS, span, message).help("name three at most"));
    }
    if let Some(span) = draft.options.span(options::STORY).filter(|_| options::is_story(&draft.options)) {
        if part.media.len() > 1 {
            let message = format!("a story shows one image or video, and the post has {}", part.media.len());
            findings.push(Diagnostic::new(&STORY, span, message).help("leave one, or delete the line"));
        } else if !part.text.text.trim().is_empty() {
            let message = "a story has no caption, so what the post says would be lost";
            let help = "write a copy of its own under `# @instagram` with the image or video alone";
            findings.push(Diagnostic::new(&STORY, span, message).help(help));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{OptionValue, fixtures::media_of},
        network::fixtures::{draft, flat},
    };

    #[track_caller]
    fn check(draft: &Draft, expect: &[(&str, u32)]) {
        let found: Vec<_> = of(draft).iter().map(|it| (it.code.name, it.primary.span.start)).collect();
        assert_eq!(found, expect);
    }

    fn tagged(count: usize, kind: &'static str) -> Draft {
        let ranges: Vec<_> = (0..count).map(|at| (at..at + 1, kind, "x")).collect();
        draft(flat(&"x".repeat(count), &ranges), vec![media_of("a.jpg", "")], &[])
    }

    #[test]
    fn a_post_shows_something_and_has_few_tags() {
        check(&draft(flat("Hello", &[]), Vec::new(), &[]), &[("instagram-media", 50)]);
        for (kind, most) in [("tag", 30), ("mention", 20)] {
            check(&tagged(most, kind), &[]);
            check(&tagged(most + 1, kind), &[("instagram-tags", 50)]);
        }
        let names = |count: usize| OptionValue::List(vec!["amy".to_owned(); count]);
        let of = |count| draft(flat("x", &[]), vec![media_of("a.jpg", "")], &[(options::COLLABORATORS, names(count))]);
        check(&of(3), &[]);
        check(&of(4), &[("instagram-tags", 20)]);
    }

    #[test]
    fn a_story_has_one_image_and_no_caption() {
        let story = |text: &str, count: usize| {
            let media = (0..count).map(|_| media_of("a.jpg", "")).collect();
            draft(flat(text, &[]), media, &[(options::STORY, OptionValue::Flag(true))])
        };
        check(&story("", 1), &[]);
        check(&story("Lost", 1), &[("instagram-story", 20)]);
        check(&story("", 2), &[("instagram-story", 20)]);
    }
}
