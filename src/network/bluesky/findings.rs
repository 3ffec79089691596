use super::{options, record, reference::AtUri};
use crate::{
    diag::{Code, Diagnostic, Level, Span},
    model::{Post, Reference},
    network::{Draft, DraftPart},
    text::RangeKind,
};

/// What Bluesky minds beyond its profile.
pub(super) static CODES: &[&Code] = &[&LINK, &REFERENCE, &CARD];

static LINK: Code = Code {
    name: "bluesky-link",
    summary: "a link that Bluesky can't lead to",
    level: Level::Error,
    fixed: true,
    explain: "Bluesky refuses a post with a link that has no scheme or holds white space, and shows links without their \
              address, so such a link can't be sent as text either.\n\n\
              ```markdown\n[the manual](manual.html)\n```\n\n\
              Write the whole address, as in `[the manual](https://acme.example/manual.html)`, and white space as `%20`.",
};

static REFERENCE: Code = Code {
    name: "bluesky-reference",
    summary: "an address to answer, quote or pass on that is no Bluesky post",
    level: Level::Error,
    fixed: true,
    explain: "On Bluesky only posts of the same network can be answered, quoted or passed on.\n\n\
              ```toml\nreply_to = \"https://mastodon.example/@acme/1\"\n```\n\n\
              Name the post by its page, as in `https://bsky.app/profile/acme.example/post/3l3qo2vutsw2b`, by its `at://` \
              address, or, if it is one of ours, by its id.",
};

static CARD: Code = Code {
    name: "bluesky-card",
    summary: "a link card that will not be shown",
    level: Level::Warning,
    fixed: false,
    explain: "A Bluesky post shows images, a video or a link card, never two of them, and a card needs a title and an address. Cards are \
              written here and not fetched from the page, so that what was reviewed is what goes out.\n\n\
              ```toml\n[bluesky]\ncard_title = \"The new hoodie\"\ncard_url = \"https://acme.example/hoodie\"\n```\n\n\
              Give both, or a link in the first part, and attach no image or video to that part.",
};

/// Returns what Bluesky minds in a draft.
pub(super) fn of(post: &Post, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = draft.parts.iter().flat_map(links).collect();
    for (key, reference) in [("reply_to", &post.reply_to), ("quote", &post.quote), ("boost", &post.boost)] {
        if let Some(reference) = reference
            && let Reference::Url(url) = &reference.value
            && AtUri::parse_link(url).is_none()
        {
            let message = format!("`{key}` is not the address of a Bluesky post");
            findings.push(
                Diagnostic::new(&REFERENCE, reference.span, message).label("no Bluesky post").help(
                    "name the post as `https://bsky.app/profile/NAME/post/KEY`, or leave this account out of `to`",
                ),
            );
        }
    }
    findings.extend(card(draft));
    findings
}

fn links(part: &DraftPart) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for range in &part.text.ranges {
        let RangeKind::Link { url } = &range.kind else { continue };
        if record::is_uri(url) {
            continue;
        }
        let place = |position| part.text.source_of(position).filter(|at| part.span.range().contains(at));
        let span = match place(range.start) {
            Some(start) => {
                let end = place(range.end.saturating_sub(1)).map_or(start, |last| last + 1).max(start);
                Span::new(part.span.file, start..end)
            }
            None => part.span,
        };
        let message = format!("Bluesky can't link to `{url}`");
        findings.push(
            Diagnostic::new(&LINK, span, message)
                .label("leads nowhere")
                .help("write the whole address, with `https://` and without white space"),
        );
    }
    findings
}

fn card(draft: &Draft) -> Option<Diagnostic> {
    let keys = ["card_title", "card_url", "card_description"];
    let span = keys.into_iter().find_map(|key| draft.options.span(key))?;
    let part = draft.parts.first()?;
    let (message, help) = match options::card(&draft.options) {
        None => ("the link card has no title", "give `card_title`"),
        Some(_) if draft.boost.is_some() => {
            ("a post that is passed on gets no link card", "take the `card_` options out")
        }
        Some(_) if !part.media.is_empty() => {
            ("the first part has media, so its link card is not shown", "take the media or the `card_` options out")
        }
        Some(card) if record::card_url(&card, &part.text).is_none() => {
            ("the link card has no address", "give `card_url`, or write a link in the first part")
        }
        Some(_) => return None,
    };
    Some(Diagnostic::new(&CARD, span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Spanned},
        model::{AccountId, Media, MediaSource, OptionValue, Options, PostId},
        text::{Flat, Range},
    };

    fn place(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start..end)
    }

    /// A post whose copy starts at byte 10 of its file.
    fn post() -> Post {
        Post {
            id: Spanned::new(PostId::new("news"), place(0, 0)),
            id_written: true,
            file: FileId(0),
            targets: Vec::new(),
            draft: false,
            campaign: None,
            retract: false,
            copies: Vec::new(),
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            auto_thread: false,
            silenced: Vec::new(),
        }
    }

    fn draft(text: &str, link: Option<(usize, usize, &str)>, options: &[(&'static str, &str)]) -> Draft {
        let kind = |url: &str| RangeKind::Link { url: url.to_owned() };
        let ranges = link.map(|(start, end, url)| Range { start, end, kind: kind(url) }).into_iter().collect();
        let part = DraftPart {
            text: Flat { text: text.to_owned(), ranges, anchors: vec![(0, 10)], ..Flat::default() },
            rich: [].into(),
            media: Vec::new(),
            beside: 0,
            span: place(10, 10 + text.len()),
        };
        let mut set = Options::default();
        for (at, (key, value)) in options.iter().enumerate() {
            set.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), place(at, at + 1)));
        }
        Draft {
            post: PostId::new("news"),
            account: AccountId::new("sky"),
            network: super::super::ID,
            title: None,
            language: None,
            tags: Vec::new(),
            parts: vec![part],
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: set,
        }
    }

    #[track_caller]
    fn check(post: &Post, draft: &Draft, expect: &[(&str, usize, usize)]) {
        let found: Vec<_> = of(post, draft)
            .iter()
            .map(|finding| (finding.code.name, finding.primary.span.range().start, finding.primary.span.range().end))
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_whole_link_is_fine() {
        check(&post(), &draft("see it", Some((4, 6, "https://acme.example")), &[]), &[]);
    }

    #[test]
    fn a_link_to_a_file_is_pointed_at() {
        check(&post(), &draft("see it", Some((4, 6, "manual.html")), &[]), &[("bluesky-link", 14, 16)]);
        check(&post(), &draft("see it", Some((4, 6, "https://acme.example/a b")), &[]), &[("bluesky-link", 14, 16)]);
    }

    #[test]
    fn only_posts_of_bluesky_can_be_answered() {
        let mut post = post();
        let reference = |url: &str| Some(Spanned::new(Reference::Url(url.to_owned()), place(3, 8)));
        post.reply_to = reference("https://bsky.app/profile/a.example/post/3k");
        post.quote = Some(Spanned::new(Reference::Post(PostId::new("other")), place(3, 8)));
        check(&post, &draft("hi", None, &[]), &[]);
        post.boost = reference("https://mastodon.example/@a/1");
        check(&post, &draft("hi", None, &[]), &[("bluesky-reference", 3, 8)]);
    }

    #[test]
    fn a_card_needs_a_title_an_address_and_room() {
        let link = Some((0, 2, "https://acme.example"));
        let titled = [("card_title", "New")];
        check(&post(), &draft("hi", link, &titled), &[]);
        check(&post(), &draft("hi", None, &[("card_title", "New"), ("card_url", "https://acme.example")]), &[]);
        check(&post(), &draft("hi", None, &titled), &[("bluesky-card", 0, 1)]);
        check(&post(), &draft("hi", link, &[("card_description", "It is.")]), &[("bluesky-card", 0, 1)]);
        let mut illustrated = draft("hi", link, &titled);
        let source = MediaSource::File("content/a.png".to_owned());
        illustrated.parts[0].media.push(Media { source, alt: String::new(), span: place(0, 0) });
        check(&post(), &illustrated, &[("bluesky-card", 0, 1)]);
    }
}
