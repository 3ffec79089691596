use crate::model::{OptionKind, OptionSpec, Options};

/// The labels that an author may put on a post.
///
/// Source: https://docs.bsky.app/docs/advanced-guides/moderation, read 2026-11-22.
const LABELS: &[&str] = &["porn", "sexual", "nudity", "graphic-media"];

/// The keys of `[bluesky]` in a post.
pub(super) const POST_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: "labels",
        kind: OptionKind::ListOf(LABELS),
        doc: "Content labels that the author puts on every part, so that readers are warned.",
    },
    OptionSpec {
        key: "card_title",
        kind: OptionKind::Text,
        doc: "The title of a link card below the first part; without it no card is made.",
    },
    OptionSpec { key: "card_description", kind: OptionKind::Text, doc: "A sentence or two below the card's title." },
    OptionSpec {
        key: "card_url",
        kind: OptionKind::Url,
        doc: "The address that the card leads to; the first link of the first part unless given.",
    },
];

/// A link card, as written: what was reviewed is what goes out, so nothing is fetched from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Card<'a> {
    /// The address, unless it is the first link's.
    pub(super) url: Option<&'a str>,
    /// The title.
    pub(super) title: &'a str,
    /// The description; may be empty.
    pub(super) description: &'a str,
}

/// Returns the labels.
pub(super) fn labels(options: &Options) -> &[String] {
    options.list("labels")
}

/// Returns the card, if a title asks for one.
pub(super) fn card(options: &Options) -> Option<Card<'_>> {
    let title = options.text("card_title").map(str::trim).filter(|title| !title.is_empty())?;
    let description = options.text("card_description").unwrap_or_default();
    Some(Card { url: options.text("card_url"), title, description })
}
