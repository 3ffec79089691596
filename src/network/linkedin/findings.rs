//! What LinkedIn minds beyond its profiles.

use super::{address, options, poll};
use crate::{
    diag::{Code, Diagnostic, Level, Span},
    model::{Account, Post, Reference},
    network::Draft,
};

/// The codes of what is found here.
pub(super) static CODES: &[&Code] = &[&ACCOUNT, &CARD, &POLL, &RESHARE];

static ACCOUNT: Code = Code {
    name: "linkedin-account",
    summary: "an account on LinkedIn that doesn't say whose it is, or names no month of the API",
    level: Level::Error,
    fixed: true,
    explain: "A page's account says which organisation posts, and a member's may say which member, by the name that the API has \
              for them. `version` is a month of the API, if the one that is built in is no longer served.\n\n\
              ```toml\n[accounts.company]\nnetwork = \"linkedin-page\"\nauthor = \"urn:li:organization:2414183\"\nversion = \"202608\"\n```\n\n\
              The number of an organisation stands in the address of its page's admin view.",
};

static CARD: Code = Code {
    name: "linkedin-card",
    summary: "a link card that LinkedIn will not show",
    level: Level::Error,
    fixed: true,
    explain: "LinkedIn doesn't read the page that a link leads to: a card has the title that the post gives it. It needs an address, \
              and there is none beside images, a poll or another post.\n\n\
              ```toml\n[linkedin]\ncard_title = \"The new hoodie\"\ncard_url = \"https://acme.example/hoodie\"\n```\n\n\
              Give a title and an address, or take the `card_` options out.",
};

static POLL: Code = Code {
    name: "linkedin-poll",
    summary: "a poll that LinkedIn doesn't take",
    level: Level::Error,
    fixed: true,
    explain: "On LinkedIn the first line of the text is the question of a poll, in about 140 characters, and the rest stands above \
              it. A poll is open for 1, 3, 7 or 14 days, and people choose one answer.\n\n\
              ```toml\n[poll]\noptions = [\"Black\", \"White\"]\nduration = \"7d\"\n```\n\n\
              Write a short question as the first line, choose one of these times, and leave `multiple` out.",
};

static RESHARE: Code = Code {
    name: "linkedin-reshare",
    summary: "something that LinkedIn can't quote or pass on, or not in this way",
    level: Level::Error,
    fixed: true,
    explain: "Only posts on LinkedIn can be quoted and passed on there, and a post that does so shows no images and no poll of its \
              own.\n\n\
              ```toml\nquote = \"https://www.linkedin.com/feed/update/urn:li:share:7123\"\n```\n\n\
              Name the post as *Copy link to post* gives it, or, if it is one of ours, by its id.",
};

/// Returns what LinkedIn minds in a post of an account whose author is of a kind: `person` or `organization`.
pub(super) fn of(post: &Post, draft: &Draft, account: &Account, kind: &str) -> Vec<Diagnostic> {
    let mut findings = whose(account, kind);
    findings.extend(card(draft));
    findings.extend(poll(draft));
    findings.extend(reshare(post, draft));
    findings
}

fn whose(account: &Account, kind: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let is_needed = kind == "organization" || account.options.text("author").is_some();
    if is_needed && options::author(account, kind).is_none() {
        let span = account.options.span("author").unwrap_or(account.span);
        let message = format!("account `{}` has no `author`, such as `urn:li:{kind}:…`", account.id);
        let help = format!("write whom it posts as, as in `author = \"urn:li:{kind}:123\"`");
        findings.push(Diagnostic::new(&ACCOUNT, span, message).help(help));
    }
    if let Some(version) = account.options.text("version").filter(|version| !options::is_version(version)) {
        let span = account.options.span("version").unwrap_or(account.span);
        findings.push(
            Diagnostic::new(&ACCOUNT, span, format!("`{version}` is no month of LinkedIn's API"))
                .help(format!("write year and month, as in `version = \"{}\"`", options::VERSION)),
        );
    }
    findings
}

fn card(draft: &Draft) -> Option<Diagnostic> {
    let keys = ["card_title", "card_url", "card_description"];
    let span = keys.into_iter().find_map(|key| draft.options.span(key))?;
    let part = draft.parts.first()?;
    let (message, help) = match options::card(draft) {
        None => ("the link card has no title", "give `card_title`"),
        Some(_) if draft.boost.is_some() || draft.quote.is_some() => {
            ("a post that quotes or passes on another shows no link card", "take the `card_` options out")
        }
        Some(_) if draft.poll.is_some() || !part.media.is_empty() => {
            ("beside images or a poll there is no link card", "take those or the `card_` options out")
        }
        Some(card) if card.url.is_none() => {
            ("the link card has no address", "give `card_url`, or write a link in the text")
        }
        Some(_) => return None,
    };
    Some(Diagnostic::new(&CARD, span, message).help(help))
}

fn poll(draft: &Draft) -> Vec<Diagnostic> {
    let Some(asked) = &draft.poll else { return Vec::new() };
    let mut findings = Vec::new();
    let mut find = |span: Span, message: String, help: &'static str| {
        findings.push(Diagnostic::new(&POLL, span, message).help(help));
    };
    if poll::duration(asked.duration.value).is_none() {
        let help = "choose `1d`, `3d`, `7d` or `14d`";
        find(asked.duration.span, "a poll on LinkedIn is open for 1, 3, 7 or 14 days".to_owned(), help);
    }
    if asked.multiple {
        let help = "leave `multiple` out, or this account out of `to`";
        find(asked.span, "people choose one answer of a poll on LinkedIn".to_owned(), help);
    }
    if let Some(part) = draft.parts.first().filter(|part| poll::part(&part.text).0.is_empty()) {
        find(part.span, "a poll on LinkedIn has no question".to_owned(), "write it as the first line of the text");
    }
    findings
}

fn reshare(post: &Post, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (key, reference) in [("quote", &post.quote), ("boost", &post.boost)] {
        let Some(reference) = reference else { continue };
        if let Reference::Url(url) = &reference.value
            && address::urn_in(url).is_none()
        {
            let message = format!("`{key}` is not the address of a post on LinkedIn");
            let help = "name the post as *Copy link to post* gives it, or leave this account out of `to`";
            findings.push(Diagnostic::new(&RESHARE, reference.span, message).label("no post there").help(help));
        }
        if key == "quote" && (draft.poll.is_some() || draft.parts.iter().any(|part| !part.media.is_empty())) {
            let message = "a post that quotes another shows no images and no poll on LinkedIn";
            let help = "take them out, or leave this account out of `to`";
            findings.push(Diagnostic::new(&RESHARE, reference.span, message).help(help));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Spanned},
        model::{AccountId, Media, MediaSource, NetworkId, OptionValue, Options, Poll, PostId},
        network::{DraftPart, fixtures::flat},
        text::Flat,
    };
    use std::time::Duration;

    const DAY: u64 = 24 * 60 * 60;

    fn place(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start..end)
    }

    fn options(entries: &[(&'static str, &str)]) -> Options {
        let mut set = Options::default();
        for (at, (key, value)) in (20..).zip(entries) {
            set.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), place(at, at + 1)));
        }
        set
    }

    fn account(entries: &[(&'static str, &str)]) -> Account {
        let account = Account::new(AccountId::new("company"), NetworkId("linkedin-page"), place(10, 12));
        Account { options: options(entries), ..account }
    }

    fn post(quote: Option<&str>) -> Post {
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
            quote: quote.map(|url| Spanned::new(Reference::Url(url.to_owned()), place(3, 8))),
            boost: None,
            auto_thread: false,
            silenced: Vec::new(),
        }
    }

    fn draft(text: Flat, entries: &[(&'static str, &str)]) -> Draft {
        let part = DraftPart { text, rich: [].into(), media: Vec::new(), beside: 0, span: place(30, 40) };
        Draft {
            post: PostId::new("news"),
            account: AccountId::new("company"),
            network: NetworkId("linkedin-page"),
            title: None,
            language: None,
            tags: Vec::new(),
            parts: vec![part],
            poll: None,
            reply_to: None,
            quote: None,
            boost: None,
            options: options(entries),
        }
    }

    fn asked(days: u64, multiple: bool) -> Option<Poll> {
        let duration = Spanned::new(Duration::from_secs(days * DAY), place(50, 52));
        Some(Poll { options: Vec::new(), duration, multiple, hide_totals: false, span: place(45, 60) })
    }

    fn image() -> Media {
        Media { source: MediaSource::File("a.png".to_owned()), alt: String::new(), span: place(31, 32) }
    }

    #[track_caller]
    fn check(found: &[Diagnostic], expect: &[(&str, usize)]) {
        let found: Vec<_> = found.iter().map(|it| (it.code.name, it.primary.span.range().start)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_page_says_whose_it_is_and_a_member_may() {
        check(&whose(&account(&[("author", "urn:li:organization:1")]), "organization"), &[]);
        check(&whose(&account(&[]), "organization"), &[("linkedin-account", 10)]);
        check(&whose(&account(&[("author", "urn:li:person:a")]), "organization"), &[("linkedin-account", 20)]);
        check(&whose(&account(&[]), "person"), &[]);
        check(&whose(&account(&[("author", "amy")]), "person"), &[("linkedin-account", 20)]);
        check(&whose(&account(&[("version", "2026-08")]), "person"), &[("linkedin-account", 20)]);
    }

    #[test]
    fn a_card_needs_a_title_an_address_and_room() {
        let titled = [("card_title", "New")];
        let found = |draft: &Draft| card(draft).into_iter().collect::<Vec<_>>();
        let url = "https://acme.example";
        let linked = flat(url, &[(0..url.len(), "link", url)]);
        check(&found(&draft(linked.clone(), &titled)), &[]);
        check(&found(&draft(flat("hi", &[]), &titled)), &[("linkedin-card", 20)]);
        check(&found(&draft(linked.clone(), &[("card_description", "It is.")])), &[("linkedin-card", 20)]);
        let mut illustrated = draft(linked, &titled);
        illustrated.parts[0].media.push(image());
        check(&found(&illustrated), &[("linkedin-card", 20)]);
    }

    #[test]
    fn a_poll_has_a_question_a_known_time_and_one_choice() {
        let of = |text: &str, poll: Option<Poll>| super::poll(&Draft { poll, ..draft(flat(text, &[]), &[]) });
        check(&of("Which?", asked(7, false)), &[]);
        check(&of("Which?", asked(2, false)), &[("linkedin-poll", 50)]);
        check(&of("Which?", asked(1, true)), &[("linkedin-poll", 45)]);
        check(&of("", asked(1, false)), &[("linkedin-poll", 30)]);
    }

    #[test]
    fn only_posts_there_are_quoted_and_without_images() {
        let there = "https://www.linkedin.com/feed/update/urn:li:share:7";
        let mut plain = draft(flat("So true", &[]), &[]);
        check(&reshare(&post(Some(there)), &plain), &[]);
        check(&reshare(&post(Some("https://acme.example/1")), &plain), &[("linkedin-reshare", 3)]);
        plain.parts[0].media.push(image());
        check(&reshare(&post(Some(there)), &plain), &[("linkedin-reshare", 3)]);
    }
}
