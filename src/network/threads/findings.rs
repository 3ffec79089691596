use super::{address, options};
use crate::{
    diag::{Code, Diagnostic, Level, words},
    model::{Post, Reference},
    network::{Draft, DraftPart},
    text::RangeKind,
};
use std::collections::BTreeSet;

/// What Threads minds beyond its profile.
pub(super) static CODES: &[&Code] = &[&LINKS, &OPTION, &REFERENCE];

/// How many links a post may have.
const MOST_LINKS: usize = 5;
/// The longest topic, in characters.
const LONGEST_TOPIC: usize = 50;
/// The longest attached text, in characters.
const LONGEST_TEXT: usize = 10_000;

static LINKS: Code = Code {
    name: "threads-links",
    summary: "more links than Threads takes in one post",
    level: Level::Error,
    fixed: true,
    explain: "Threads takes at most five different links in one post, that of `link_attachment` among them; it refuses a post with more \
              (`THREADS_API__LINK_LIMIT_EXCEEDED`).\n\n\
              Spread them over a thread: what stands between two `---` lines is one part. Or give it a copy of its own under \
              `# @threads`.",
};

static OPTION: Code = Code {
    name: "threads-option",
    summary: "a setting of `[threads]` that doesn't fit the post",
    level: Level::Error,
    fixed: true,
    explain: "A topic has 1 to 50 characters and neither `.` nor `&`. The preview of a link and a long text can be attached to a post \
              without images, videos and poll only, and a long text has at most 10,000 characters. A poll takes one answer of each \
              reader.\n\n\
              ```toml\n[threads]\ntopic_tag = \"The Sims\"\n```",
};

static REFERENCE: Code = Code {
    name: "threads-reference",
    summary: "an address to answer, quote or pass on that is no post on Threads",
    level: Level::Error,
    fixed: true,
    explain: "On Threads only posts of Threads can be answered, quoted and passed on. They are found among those of their author, which \
              needs `threads_profile_discovery` for somebody else's.\n\n\
              ```toml\nreply_to = \"https://www.threads.net/@acme/post/DAbCdEfGhIj\"\n```\n\n\
              Name the post by *Copy link*, or, if it is one of ours, by its id. For this account alone, write it in its own table.",
};

/// Returns what Threads minds in a draft.
pub(super) fn of(post: &Post, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (key, reference) in [("reply_to", &post.reply_to), ("quote", &post.quote), ("boost", &post.boost)] {
        if let Some(reference) = reference
            && let Reference::Url(url) = &reference.value
            && address::read(url).is_none()
        {
            let message = format!("`{key}` is not the address of a post on Threads");
            findings.push(
                Diagnostic::new(&REFERENCE, reference.span, message)
                    .label("no post there")
                    .help("name it as *Copy link* gives it, or leave this account out of `to`"),
            );
        }
    }
    let attached = options::said(&draft.options, options::LINK);
    for (index, part) in draft.parts.iter().enumerate() {
        findings.extend(links(part, attached.filter(|_| index == 0)));
    }
    findings.extend(settings(draft));
    findings
}

fn links(part: &DraftPart, attached: Option<&str>) -> Option<Diagnostic> {
    let written = part.text.ranges.iter().filter_map(|range| match &range.kind {
        RangeKind::Link { url } => Some(url.as_str()),
        RangeKind::Mention { .. } | RangeKind::Tag { .. } => None,
    });
    let all: BTreeSet<&str> = written.chain(attached).collect();
    (all.len() > MOST_LINKS).then(|| {
        let count = words::count(all.len(), "link", "links");
        Diagnostic::new(&LINKS, part.span, format!("the post has {count}, and Threads takes {MOST_LINKS}"))
            .help("spread them over a thread, or write a copy of its own under `# @threads`")
    })
}

fn settings(draft: &Draft) -> Vec<Diagnostic> {
    let options = &draft.options;
    let mut findings = Vec::new();
    let mut found = |key: &str, message: String, help: &'static str| {
        let span = options.span(key).or(draft.poll.as_ref().map(|poll| poll.span));
        if let Some(span) = span {
            findings.push(Diagnostic::new(&OPTION, span, message).help(help));
        }
    };
    if let Some(topic) = options.text(options::TOPIC) {
        let length = topic.trim().chars().count();
        if !(1..=LONGEST_TOPIC).contains(&length) {
            let message =
                format!("the topic has {}, and Threads takes 1 to 50", words::count(length, "character", "characters"));
            found(options::TOPIC, message, "write a short one, or delete the line");
        } else if topic.contains(['.', '&']) {
            found(options::TOPIC, "a topic on Threads has neither `.` nor `&`".to_owned(), "write it without");
        }
    }
    let carries = draft.poll.is_some() || draft.parts.first().is_some_and(|part| !part.media.is_empty());
    for key in [options::LINK, options::LONG] {
        if carries && options::said(options, key).is_some() {
            let message = format!("`{key}` can't stand beside images, videos or a poll");
            found(key, message, "delete the line, or leave the others out of the first part");
        }
    }
    if let Some(long) = options::said(options, options::LONG) {
        let length = long.chars().count();
        if length > LONGEST_TEXT {
            let message =
                format!("the attached text has {} characters, and Threads takes 10,000", words::number(length as u64));
            found(options::LONG, message, "shorten it");
        }
    }
    if draft.poll.as_ref().is_some_and(|poll| poll.multiple) {
        found("poll", "a poll on Threads takes one answer of each reader".to_owned(), "delete `multiple`");
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

    fn text(value: &str) -> OptionValue {
        OptionValue::Text(value.to_owned())
    }

    fn linked(count: usize) -> Draft {
        let ranges: Vec<(std::ops::Range<usize>, &str, String)> =
            (0..count).map(|at| (at..at + 1, "link", format!("https://acme.example/{at}"))).collect();
        let ranges: Vec<_> = ranges.iter().map(|(at, kind, url)| (at.clone(), *kind, url.as_str())).collect();
        draft(flat(&"x".repeat(count), &ranges), Vec::new(), &[])
    }

    #[track_caller]
    fn check(draft: &Draft, expect: &[(&str, u32)]) {
        let mut found: Vec<_> = settings(draft).iter().map(|it| (it.code.name, it.primary.span.start)).collect();
        let attached = options::said(&draft.options, options::LINK);
        found.extend(
            draft.parts.iter().filter_map(|part| links(part, attached)).map(|it| (it.code.name, it.primary.span.start)),
        );
        assert_eq!(found, expect);
    }

    #[test]
    fn five_different_links_are_taken() {
        check(&linked(5), &[]);
        check(&linked(6), &[("threads-links", 50)]);
        let mut attached = linked(5);
        let with = |url: &str| draft(flat("", &[]), Vec::new(), &[(options::LINK, text(url))]).options;
        attached.options = with("https://acme.example/3");
        check(&attached, &[]);
        attached.options = with("https://acme.example/more");
        check(&attached, &[("threads-links", 50)]);
    }

    #[test]
    fn settings_fit_the_post() {
        let of = |key: &'static str, value: &str| draft(flat("x", &[]), Vec::new(), &[(key, text(value))]);
        check(&of(options::TOPIC, "The Sims 4"), &[]);
        for wrong in ["", "a.b", "a & b", &"x".repeat(51)] {
            check(&of(options::TOPIC, wrong), &[("threads-option", 20)]);
        }
        check(&of(options::LONG, &"x".repeat(10_000)), &[]);
        check(&of(options::LONG, &"x".repeat(10_001)), &[("threads-option", 20)]);
        let beside = draft(flat("x", &[]), vec![media_of("a.png", "")], &[(options::LONG, text("long"))]);
        check(&beside, &[("threads-option", 20)]);
    }
}
