//! What Facebook minds beyond its profile.

use super::options;
use crate::{
    diag::{Code, Diagnostic, Level},
    model::Account,
    network::Draft,
};

/// The codes of what is found here.
pub(super) static CODES: &[&Code] = &[&PAGE, &LINK, &STORY];

static PAGE: Code = Code {
    name: "facebook-page",
    summary: "an account on Facebook that doesn't say which Page it is, or how it is spoken to",
    level: Level::Error,
    fixed: true,
    explain: "A Page is named by its id, a number, and the Graph API by its version.\n\n\
              ```toml\n[accounts.page]\nnetwork = \"facebook\"\npage = \"104857600012345\"\nversion = \"v25.0\"\n```\n\n\
              `me/accounts` in the Graph API Explorer tells the id. `version` may be left out.",
};

static LINK: Code = Code {
    name: "facebook-link",
    summary: "a link card on Facebook that images leave no place for",
    level: Level::Warning,
    fixed: false,
    explain: "A post on Facebook shows its images or the card of a link, and not both: beside images, `link` is not sent.\n\n\
              Leave `link` out, and write the address into the text, or leave the images out.",
};

static STORY: Code = Code {
    name: "facebook-story",
    summary: "a story or reel on Facebook that it can't show like this",
    level: Level::Error,
    fixed: true,
    explain: "A story shows one image or video and no words: what the post says beside it would be lost. A reel is one video, with words.\n\n\
              ```toml\n[facebook]\nreel = true\n```\n\n\
              Give it a copy of its own under `# @facebook`, with the one image or video, or leave the line out.",
};

/// Returns what Facebook minds in a draft for an account.
pub(super) fn of(account: &Account, draft: &Draft) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if options::page(account).is_none() {
        let span = account.options.span("page").unwrap_or(account.span);
        let message = format!("account `{}` has no `page`, the id of its Page", account.id);
        findings.push(
            Diagnostic::new(&PAGE, span, message)
                .help("write the number that `me/accounts` tells, as in `page = \"104857600012345\"`"),
        );
    }
    if let Some(version) = account.options.text("version").filter(|version| !options::is_version(version)) {
        let span = account.options.span("version").unwrap_or(account.span);
        findings.push(
            Diagnostic::new(&PAGE, span, format!("`{version}` is not a version of the Graph API"))
                .help(format!("write it as in `version = \"{}\"`, or leave it out", options::VERSION)),
        );
    }
    if draft.parts.iter().any(|part| !part.media.is_empty())
        && let (Some(_), Some(span)) = (draft.options.text("link"), draft.options.span("link"))
    {
        findings.push(
            Diagnostic::new(&LINK, span, "beside images no card of a link is shown, and `link` is not sent")
                .help("leave it out and write the address into the text, or leave the images out"),
        );
    }
    findings.extend(story(draft));
    findings
}

fn story(draft: &Draft) -> Option<Diagnostic> {
    let asked = |key| draft.options.span(key).filter(|_| draft.options.flag(key) == Some(true));
    let part = draft.parts.first()?;
    let count = part.media.len();
    let alone = "leave one, or delete the line";
    let (span, message, help) = match (asked(options::STORY), asked(options::REEL)) {
        (Some(_), Some(span)) => {
            (span, "a post is a story or a reel, and not both".to_owned(), "delete one of the two lines")
        }
        (Some(span), None) if count != 1 => {
            (span, format!("a story shows one image or video, and the post has {count}"), alone)
        }
        (Some(span), None) if !part.text.text.trim().is_empty() => (
            span,
            "a story has no words, so what the post says would be lost".to_owned(),
            "write a copy of its own under `# @facebook` with the image or video alone",
        ),
        (None, Some(span)) if count != 1 => (span, format!("a reel shows one video, and the post has {count}"), alone),
        _ => return None,
    };
    Some(Diagnostic::new(&STORY, span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::{AccountId, NetworkId, OptionValue, Options, fixtures::media_of},
        network::fixtures::{draft, flat},
    };

    fn found(options: &[(&'static str, &str)]) -> Vec<(&'static str, usize)> {
        let place = |start: usize| Span::new(FileId(0), start..start + 1);
        let mut set = Options::default();
        for (at, (key, value)) in (20..).zip(options) {
            set.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), place(at)));
        }
        let account =
            Account { options: set, ..Account::new(AccountId::new("page"), NetworkId("facebook"), place(10)) };
        let draft = draft(flat("", &[]), Vec::new(), &[]);
        of(&account, &draft).iter().map(|it| (it.code.name, it.primary.span.range().start)).collect()
    }

    #[test]
    fn an_account_says_which_page_it_is() {
        assert_eq!(found(&[("page", "104857600012345")]), []);
        assert_eq!(found(&[]), [("facebook-page", 10)]);
        assert_eq!(found(&[("page", "acme")]), [("facebook-page", 20)]);
    }

    #[test]
    fn a_story_and_a_reel_show_one_thing() {
        let found = |text: &str, media: usize, keys: &[&'static str]| {
            let flags: Vec<_> = keys.iter().map(|key| (*key, OptionValue::Flag(true))).collect();
            let media = (0..media).map(|_| media_of("a.mp4", "")).collect();
            story(&draft(flat(text, &[]), media, &flags)).map(|it| it.primary.span.range().start)
        };
        assert_eq!(found("", 1, &["story"]), None);
        assert_eq!(found("Words", 1, &["reel"]), None);
        assert_eq!(found("Words", 2, &[]), None);
        assert_eq!(found("Words", 1, &["story"]), Some(20));
        assert_eq!(found("", 2, &["story"]), Some(20));
        assert_eq!(found("", 0, &["story"]), Some(20));
        assert_eq!(found("Words", 2, &["reel"]), Some(20));
        assert_eq!(found("", 1, &["story", "reel"]), Some(21));
    }

    #[test]
    fn a_version_is_one() {
        assert_eq!(found(&[("page", "1"), ("version", "v26.0")]), []);
        assert_eq!(found(&[("page", "1"), ("version", "26")]), [("facebook-page", 21)]);
    }
}
