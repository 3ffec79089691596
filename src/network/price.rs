//! What networks charge for, and what a draft would cost by that.
//!
//! Owns [`Price`] and [`estimate`]. An estimate is no bill: it counts what is sent if all goes well, by the prices that a network
//! publishes on the day that its facts were checked.

use super::{Draft, DraftPart, Profile};
use crate::text::RangeKind;

/// What a network charges for something, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// For what.
    pub of: Priced,
    /// How much, in millionths of a US dollar.
    pub micros: u64,
    /// Where it is written, with the date it was read.
    pub source: &'static str,
}

/// What a network charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priced {
    /// A post: each part of a thread is one.
    Post,
    /// A post with a link in its text, instead of [`Priced::Post`].
    LinkedPost,
    /// What is said of an image or video beside its bytes: its description, or that it is sensitive.
    Description,
    /// Deleting a post.
    Deletion,
    /// A post of our own that is read, as when a lost answer is looked up.
    Lookup,
}

/// Returns the price of something, in millionths of a US dollar; none if it isn't charged for.
pub fn price_of(of: Priced, prices: &[Price]) -> Option<u64> {
    prices.iter().find(|price| price.of == of).map(|price| price.micros)
}

/// Estimates what each part of a draft costs to send, in millionths of a US dollar. Empty where the network charges nothing.
pub fn estimate(profile: &Profile, draft: &Draft) -> Vec<u64> {
    let is_sensitive = profile.look.sensitive.is_some_and(|key| draft.options.flag(key) == Some(true));
    by_prices(profile.prices, is_sensitive, draft)
}

fn by_prices(prices: &[Price], is_sensitive: bool, draft: &Draft) -> Vec<u64> {
    let Some(post) = price_of(Priced::Post, prices) else { return Vec::new() };
    let linked = price_of(Priced::LinkedPost, prices).unwrap_or(post);
    let described = price_of(Priced::Description, prices).unwrap_or(0);
    let cost = |part: &DraftPart| {
        let has_link = part.text.ranges.iter().any(|range| matches!(range.kind, RangeKind::Link { .. }));
        let said = part.media.iter().filter(|media| is_sensitive || !media.alt.trim().is_empty()).count();
        let said = u64::try_from(said).unwrap_or(u64::MAX);
        (if has_link { linked } else { post }).saturating_add(described.saturating_mul(said))
    };
    draft.parts.iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::fixtures::media_of,
        network::fixtures::{draft, flat},
    };

    const fn price(of: Priced, micros: u64) -> Price {
        Price { of, micros, source: "a list, read today" }
    }

    const PRICES: &[Price] =
        &[price(Priced::Post, 15_000), price(Priced::LinkedPost, 200_000), price(Priced::Description, 5_000)];

    /// A thread: words alone, words with a link, and two images of which one is described.
    fn thread() -> Draft {
        let url = "https://acme.example";
        let mut thread = draft(flat("Words", &[(0..5, "tag", "Words")]), Vec::new(), &[]);
        let linked = draft(flat(url, &[(0..url.len(), "link", url)]), Vec::new(), &[]);
        let pictures = vec![media_of("a.png", "A hoodie"), media_of("b.png", " ")];
        let pictured = draft(flat("Look", &[]), pictures, &[]);
        thread.parts.extend(linked.parts.into_iter().chain(pictured.parts));
        thread
    }

    #[test]
    fn links_and_descriptions_cost_more() {
        assert_eq!(by_prices(PRICES, false, &thread()), [15_000, 200_000, 20_000]);
        assert_eq!(by_prices(PRICES, true, &thread()), [15_000, 200_000, 25_000]);
    }

    #[test]
    fn what_has_no_price_of_its_own_costs_what_a_post_does() {
        assert_eq!(by_prices(&PRICES[..1], true, &thread()), [15_000; 3]);
        assert!(by_prices(&[], true, &thread()).is_empty());
        assert!(by_prices(&PRICES[1..], true, &thread()).is_empty());
    }
}
