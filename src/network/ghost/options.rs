//! The options of a post, and what they come to.

mod findings;

pub(super) use self::findings::{CODES, findings};
use crate::{
    model::{OptionKind, OptionSpec, Options},
    network::{Draft, ErrorKind, Job, NetworkError, article, is_slug, slug_of},
};

/// The keys of `[ghost]` in a post.
pub(super) static POST: &[OptionSpec] = &[
    OptionSpec {
        key: "slug",
        kind: OptionKind::Text,
        doc: "The last part of the post's address, made of `a-z`, `0-9` and hyphens; made from the post's id if it isn't set.",
    },
    OptionSpec {
        key: "excerpt",
        kind: OptionKind::Text,
        doc: "One or two sentences for lists and previews, of at most 300 characters; the start of the text if it isn't set.",
    },
    OptionSpec {
        key: "featured_image",
        kind: OptionKind::Text,
        doc: "One of the post's images, by its path as it is written there: the theme shows it, and it is left out of the text.",
    },
    OptionSpec {
        key: "canonical_url",
        kind: OptionKind::Url,
        doc: "Where the text first appeared, for search engines.",
    },
    OptionSpec {
        key: "visibility",
        kind: OptionKind::OneOf(&["public", "members", "paid"]),
        doc: "Who may read it: everyone, members, or paying members; everyone if it isn't set.",
    },
    OptionSpec { key: "featured", kind: OptionKind::Flag, doc: "Whether the theme puts it forward." },
    OptionSpec {
        key: "newsletter",
        kind: OptionKind::Text,
        doc: "The slug of the newsletter that it is sent with by e-mail; without it no e-mail is sent.",
    },
    OptionSpec {
        key: "email_segment",
        kind: OptionKind::OneOf(&["all", "free", "paid"]),
        doc: "Who gets the e-mail: all subscribers, those who don't pay, or those who do; must be said with `newsletter`.",
    },
    OptionSpec {
        key: "email_only",
        kind: OptionKind::Flag,
        doc: "Whether it is sent by e-mail and does not appear on the blog.",
    },
    OptionSpec {
        key: "email_subject",
        kind: OptionKind::Text,
        doc: "The subject of the e-mail; the title if it isn't set.",
    },
];

/// The e-mail that goes with a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mail<'a> {
    /// The newsletter's slug.
    pub(super) newsletter: &'a str,
    /// Who gets it, in Ghost's words for an address.
    pub(super) segment: &'static str,
    /// Whether that is all that is done with the post.
    pub(super) only: bool,
}

/// Returns the slug of a post: the wanted one as it is, else one from the post's id, which no other post has.
pub(super) fn slug(draft: &Draft) -> String {
    match draft.options.text("slug") {
        Some(slug) if is_slug(slug) => slug.to_owned(),
        wanted => slug_of(&draft.post, wanted),
    }
}

/// Returns which of the part's media is the featured image.
pub(super) fn featured(job: &Job<'_>) -> Option<usize> {
    article::named(&job.draft_part().media, job.draft.options.text("featured_image")?)
}

/// Returns the e-mail that a post asks for. Nothing is sent to anybody who isn't named: Ghost itself would take everyone.
pub(super) fn mail(options: &Options) -> Result<Option<Mail<'_>>, NetworkError> {
    let only = options.flag("email_only").unwrap_or(false);
    let refuse = |why| Err(NetworkError::new(ErrorKind::Refused, why));
    let Some(newsletter) = options.text("newsletter") else {
        return if only { refuse("a post for e-mail alone names no `newsletter`") } else { Ok(None) };
    };
    let segment = match options.text("email_segment") {
        Some("all") => "all",
        Some("free") => "status:free",
        Some("paid") => "status:-free",
        Some(_) | None => return refuse("the post names a `newsletter`, but no `email_segment` says who gets it"),
    };
    if !is_slug(newsletter) {
        return refuse("the `newsletter` is no slug");
    }
    Ok(Some(Mail { newsletter, segment, only }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span, Spanned},
        model::OptionValue,
    };

    fn options(set: &[(&'static str, &str)]) -> Options {
        let mut options = Options::default();
        for (key, value) in set {
            let value = match *value {
                "true" => OptionValue::Flag(true),
                value => OptionValue::Text(value.to_owned()),
            };
            options.set(key, Spanned::new(value, Span::new(FileId(0), 0..0)));
        }
        options
    }

    #[test]
    fn nobody_gets_an_e_mail_unless_it_is_said_who() {
        assert_eq!(mail(&options(&[])), Ok(None));
        assert_eq!(mail(&options(&[("email_segment", "all")])), Ok(None));
        assert!(mail(&options(&[("newsletter", "weekly")])).is_err());
        assert!(mail(&options(&[("email_only", "true")])).is_err());
        let paid = Mail { newsletter: "weekly", segment: "status:-free", only: false };
        assert_eq!(mail(&options(&[("newsletter", "weekly"), ("email_segment", "paid")])), Ok(Some(paid)));
        let only = options(&[("newsletter", "weekly"), ("email_segment", "paid"), ("email_only", "true")]);
        assert_eq!(mail(&only), Ok(Some(Mail { only: true, ..paid })));
    }
}
