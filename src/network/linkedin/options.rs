//! The options of a post and of an account, and what they come to.

use crate::{
    model::{Account, OptionKind, OptionSpec, Options, Timestamp, Zone},
    network::{Draft, ErrorKind, NetworkError},
    text::RangeKind,
};

/// The month of the API that this adapter was written against. Each is served for a year at least.
pub(super) const VERSION: &str = "202608";

/// From how many months on a version is said to be old.
const OLD: u32 = 9;

const MEMBERS: &[&str] = &["public", "logged-in", "connections"];
const READERS: &[&str] = &["public", "logged-in"];

const NO_RESHARE: OptionSpec =
    OptionSpec { key: "no_reshare", kind: OptionKind::Flag, doc: "Whether others are kept from resharing the post." };
const CARD_TITLE: OptionSpec = OptionSpec {
    key: "card_title",
    kind: OptionKind::Text,
    doc: "The title of a link card; without it there is none, since LinkedIn doesn't read the page.",
};
const CARD_DESCRIPTION: OptionSpec =
    OptionSpec { key: "card_description", kind: OptionKind::Text, doc: "A sentence or two below the card's title." };
const CARD_URL: OptionSpec = OptionSpec {
    key: "card_url",
    kind: OptionKind::Url,
    doc: "The address that the card leads to; the first link of the text unless given.",
};
const API_VERSION: OptionSpec = OptionSpec {
    key: "version",
    kind: OptionKind::Text,
    doc: "The month of LinkedIn's API, such as `202608`, if the one that is built in is no longer served.",
};

const fn visibility(words: &'static [&'static str]) -> OptionSpec {
    OptionSpec {
        key: "visibility",
        kind: OptionKind::OneOf(words),
        doc: "Who sees the post: everyone, or only people who are logged in or (of a member) connected. Everyone if absent.",
    }
}

/// The keys of `[linkedin]` in a post.
pub(super) static MEMBER_POST: &[OptionSpec] =
    &[visibility(MEMBERS), NO_RESHARE, CARD_TITLE, CARD_DESCRIPTION, CARD_URL];

/// The keys of `[linkedin-page]` in a post.
pub(super) static PAGE_POST: &[OptionSpec] = &[visibility(READERS), NO_RESHARE, CARD_TITLE, CARD_DESCRIPTION, CARD_URL];

/// The keys of a member's account.
pub(super) static MEMBER_ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "author",
        kind: OptionKind::Text,
        doc: "Who posts, as `urn:li:person:…`; LinkedIn is asked if absent, which needs the scopes `openid` and `profile`.",
    },
    API_VERSION,
];

/// The keys of a page's account.
pub(super) static PAGE_ACCOUNT: &[OptionSpec] = &[
    OptionSpec {
        key: "author",
        kind: OptionKind::Text,
        doc: "The organisation whose page it is, as `urn:li:organization:…`: the number stands in the page's admin address.",
    },
    API_VERSION,
];

/// A link card, as written: nothing is fetched from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Card<'a> {
    pub(super) title: &'a str,
    pub(super) description: Option<&'a str>,
    /// The address; none if neither an option nor the text has one.
    pub(super) url: Option<&'a str>,
}

/// Returns the card, if a title asks for one.
pub(super) fn card(draft: &Draft) -> Option<Card<'_>> {
    let options = &draft.options;
    let title = options.text("card_title").map(str::trim).filter(|title| !title.is_empty())?;
    let ranges = draft.parts.first().map(|part| part.text.ranges.as_slice()).unwrap_or_default();
    let link = ranges.iter().find_map(|range| match &range.kind {
        RangeKind::Link { url } => Some(url.as_str()),
        RangeKind::Tag { .. } | RangeKind::Mention { .. } => None,
    });
    let description = options.text("card_description").filter(|description| !description.trim().is_empty());
    Some(Card { title, description, url: options.text("card_url").or(link) })
}

/// Returns LinkedIn's word for who sees a post.
pub(super) fn seen_by(options: &Options) -> &'static str {
    match options.text("visibility") {
        Some("connections") => "CONNECTIONS",
        Some("logged-in") => "LOGGED_IN",
        Some(_) | None => "PUBLIC",
    }
}

/// Returns the month of the API.
pub(super) fn version(account: &Account) -> &str {
    account.options.text("version").filter(|version| is_version(version)).unwrap_or(VERSION)
}

/// Says which month of the API is spoken, and how old that is by LinkedIn's clock once its end is near.
pub(super) fn server(account: &Account, now: Option<Timestamp>) -> String {
    let version = version(account);
    let said = format!("LinkedIn, version {version} of its API");
    let months = |year: u32, month: u32| year * 12 + month;
    let Ok(number) = version.parse::<u32>() else { return said };
    let age = now.map(|now| {
        let (year, month, _) = now.date_in(Zone::UTC);
        let year = u32::try_from(year).unwrap_or_default();
        months(year, month).saturating_sub(months(number / 100, number % 100))
    });
    match age {
        Some(age) if age > OLD => {
            format!("{said}, which is {age} months old and served for 12: set `version` to a newer one")
        }
        Some(_) | None => said,
    }
}

/// Returns whether a text is a month of the API.
pub(super) fn is_version(text: &str) -> bool {
    text.len() == 6
        && text.starts_with("20")
        && text.parse::<u32>().is_ok_and(|month| (1..=12).contains(&(month % 100)))
}

/// Returns the author of an account, if it names one of a kind: `person` or `organization`.
pub(super) fn author<'a>(account: &'a Account, kind: &str) -> Option<&'a str> {
    account.options.text("author").filter(|author| is_urn(author, kind))
}

/// Returns the page of an account.
pub(super) fn page(account: &Account) -> Result<&str, NetworkError> {
    author(account, "organization").ok_or_else(|| {
        let message = format!("account `{}` has no `author`, such as `urn:li:organization:123`", account.id);
        NetworkError::new(ErrorKind::Misconfigured, message)
    })
}

/// Returns whether a text names somebody of a kind.
pub(super) fn is_urn(text: &str, kind: &str) -> bool {
    let id =
        text.strip_prefix("urn:li:").and_then(|rest| rest.strip_prefix(kind)).and_then(|rest| rest.strip_prefix(':'));
    id.is_some_and(|id| {
        !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span},
        model::{AccountId, NetworkId},
    };

    #[test]
    fn versions_are_months() {
        for (text, expect) in [("202608", true), ("202613", false), ("202600", false), ("2026-8", false), ("", false)] {
            assert_eq!(is_version(text), expect, "{text}");
        }
        assert!(is_version(VERSION));
    }

    #[test]
    fn an_old_version_is_told() {
        let account = Account::new(AccountId::new("company"), NetworkId("linkedin"), Span::new(FileId(0), 0..0));
        let told = |now: &str| server(&account, Timestamp::parse(now));
        assert_eq!(told("2027-05-31T00:00:00Z"), "LinkedIn, version 202608 of its API");
        assert!(told("2027-06-01T00:00:00Z").contains("10 months old"));
        assert_eq!(server(&account, None), "LinkedIn, version 202608 of its API");
    }

    #[test]
    fn authors_are_of_a_kind() {
        assert!(is_urn("urn:li:person:aB_c-9", "person"));
        for other in ["urn:li:organization:1", "urn:li:person:", "urn:li:person:a:b", "person:1", "urn:li:personal:1"] {
            assert!(!is_urn(other, "person"), "{other}");
        }
    }
}
