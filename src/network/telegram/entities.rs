//! A text with entities: what Telegram calls the stretches that are set or lead somewhere, placed in units of UTF-16.

use crate::text::{Flat, RangeKind, Style};
use serde_json::{Value, json};

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The words, without white space at the ends, as the server would trim them.
    pub(super) text: String,
    /// What is set or leads somewhere, by where it starts, outer ones first.
    pub(super) entities: Vec<Entity>,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entity {
    /// Where it starts, in units of UTF-16.
    pub(super) offset: usize,
    /// How long it is, in the same.
    pub(super) length: usize,
    /// What it is.
    pub(super) kind: Kind,
}

/// What an entity is. Addresses, tags and mentions are found by the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It leads to an address.
    Link(String),
    /// It is set in a way that has no value.
    Set(&'static str),
    /// Lines of code, in a language.
    Pre(Option<String>),
}

impl Kind {
    /// Returns whether nothing may be set within it.
    fn is_code(&self) -> bool {
        matches!(self, Self::Pre(_) | Self::Set("code"))
    }
}

impl Said {
    /// Reads a whole text.
    pub(super) fn all(flat: &Flat) -> Self {
        Self::part(flat, 0, flat.text.len())
    }

    /// Reads the bytes from `start` to `end` of a text.
    pub(super) fn part(flat: &Flat, start: usize, end: usize) -> Self {
        let slice = &flat.text[start..end];
        let start = start + slice.len() - slice.trim_start().len();
        let text = slice.trim();
        let end = start + text.len();
        let links = flat.ranges.iter().filter_map(|range| match &range.kind {
            RangeKind::Link { url } => Some((range.start, range.end, Kind::Link(url.clone()))),
            RangeKind::Tag { .. } | RangeKind::Mention { .. } => None,
        });
        let styles = flat.styles.iter().map(|styled| (styled.start, styled.end, kind(&styled.style)));
        let clamped = styles.chain(links).map(|(from, to, kind)| (from.max(start), to.min(end), kind));
        let mut stretches: Vec<_> = clamped.filter(|(from, to, _)| has_words(&flat.text, *from, *to)).collect();
        stretches.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        drop_what_may_not_nest(&mut stretches);
        let units = |from: usize, to: usize| flat.text[from..to].encode_utf16().count();
        let entities = stretches
            .into_iter()
            .map(|(from, to, kind)| Entity { offset: units(start, from), length: units(from, to), kind })
            .collect();
        Self { text: text.to_owned(), entities }
    }

    /// Returns the entities as the API writes them.
    pub(super) fn entities(&self) -> Value {
        let entity = |entity: &Entity| {
            let mut value = json!({ "offset": entity.offset, "length": entity.length });
            match &entity.kind {
                Kind::Link(url) => {
                    value["type"] = "text_link".into();
                    value["url"] = url.as_str().into();
                }
                Kind::Set(name) => value["type"] = (*name).into(),
                Kind::Pre(language) => {
                    value["type"] = "pre".into();
                    if let Some(language) = language {
                        value["language"] = language.as_str().into();
                    }
                }
            }
            value
        };
        self.entities.iter().map(entity).collect()
    }
}

fn has_words(text: &str, from: usize, to: usize) -> bool {
    from < to && !text[from..to].trim().is_empty()
}

/// Returns what a style is called there. There are no headings: they are written bold, as people do.
fn kind(style: &Style) -> Kind {
    match style {
        Style::Strong | Style::Heading { .. } => Kind::Set("bold"),
        Style::Emphasis => Kind::Set("italic"),
        Style::Strike => Kind::Set("strikethrough"),
        Style::Code => Kind::Set("code"),
        Style::CodeBlock { language } => Kind::Pre(language.clone()),
        Style::Quote => Kind::Set("blockquote"),
    }
}

/// Drops what the server refuses or drops itself: anything within code, and a quote within a quote.
fn drop_what_may_not_nest(stretches: &mut Vec<(usize, usize, Kind)>) {
    let (mut code, mut quote) = (0, 0);
    stretches.retain(|(from, to, kind)| {
        if *from < code {
            return false;
        }
        if kind.is_code() {
            code = *to;
        } else if *kind == Kind::Set("blockquote") {
            if *from < quote {
                return false;
            }
            quote = *to;
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Range, Styled};
    use proptest::prelude::*;

    /// Sets what stands between `[` and `]` bold.
    fn marked(marked: &str) -> Flat {
        let (before, rest) = marked.split_once('[').expect("a mark");
        let (inside, after) = rest.split_once(']').expect("its end");
        let styled = Styled { start: before.len(), end: before.len() + inside.len(), style: Style::Strong };
        Flat { text: [before, inside, after].concat(), styles: vec![styled], ..Flat::default() }
    }

    #[track_caller]
    fn check(text: &str, offset: usize, length: usize) {
        let said = Said::all(&marked(text));
        assert_eq!(said.entities, [Entity { offset, length, kind: Kind::Set("bold") }]);
    }

    #[test]
    fn plain_letters_are_one_unit() {
        check("The [new] hoodie", 4, 3);
    }

    #[test]
    fn emoji_are_two_units() {
        check("👋 [hi]", 3, 2);
        check("[👋] hi", 0, 2);
        // A flag is two characters of two units.
        check("🇮🇹[x]", 4, 1);
    }

    #[test]
    fn joined_emoji_are_all_of_their_units() {
        // Four people of two units, and three joiners.
        check("👩‍👩‍👧‍👦 [x]", 12, 1);
        check("[👩‍👩‍👧‍👦]", 0, 11);
        // A white flag, a variation selector, a joiner and a rainbow.
        check("🏳️‍🌈[x]", 6, 1);
    }

    #[test]
    fn combining_marks_are_units_of_their_own() {
        check("Cafe\u{301} [x]", 6, 1);
        check("[e\u{301}\u{323}]", 0, 3);
    }

    #[test]
    fn cjk_is_one_unit_unless_it_is_rare() {
        check("新しい[東京]", 3, 2);
        check("𠮷[野]", 2, 1);
    }

    #[test]
    fn right_to_left_is_counted_as_it_is_stored() {
        check("שלום [עולם]!", 5, 4);
        check("\u{200f}هذا [مهم]", 5, 3);
    }

    #[test]
    fn what_is_trimmed_moves_the_rest() {
        let said = Said::all(&marked("\n  a [b] \n"));
        assert_eq!(
            (said.text.as_str(), &said.entities[0]),
            ("a b", &Entity { offset: 2, length: 1, kind: Kind::Set("bold") })
        );
        let all = Said::all(&marked(" [ b ] "));
        assert_eq!(
            (all.text.as_str(), &all.entities[0]),
            ("b", &Entity { offset: 0, length: 1, kind: Kind::Set("bold") })
        );
        assert_eq!(Said::all(&marked("a[  ]b")).entities, []);
    }

    #[test]
    fn a_part_counts_from_its_own_start() {
        let flat = marked("👋 first\nthe [rest]");
        let at = flat.text.find('\n').expect("there");
        let rest = Said::part(&flat, at, flat.text.len());
        assert_eq!(
            (rest.text.as_str(), &rest.entities[0]),
            ("the rest", &Entity { offset: 4, length: 4, kind: Kind::Set("bold") })
        );
        assert_eq!(Said::part(&flat, 0, at).entities, []);
    }

    #[test]
    fn links_stand_within_styles_and_nothing_within_code() {
        let styled = |start, end, style| Styled { start, end, style };
        let link = |start, end| Range { start, end, kind: RangeKind::Link { url: "https://acme.example".to_owned() } };
        let flat = Flat {
            text: "bold link code".to_owned(),
            styles: vec![styled(0, 9, Style::Strong), styled(10, 14, Style::Code), styled(11, 12, Style::Emphasis)],
            ranges: vec![link(5, 9), link(10, 12)],
            ..Flat::default()
        };
        let entities = Said::all(&flat).entities();
        assert_eq!(
            entities,
            json!([
                { "type": "bold", "offset": 0, "length": 9 },
                { "type": "text_link", "offset": 5, "length": 4, "url": "https://acme.example" },
                { "type": "code", "offset": 10, "length": 4 },
            ])
        );
    }

    #[test]
    fn a_quote_within_a_quote_is_one() {
        let quote = |start, end| Styled { start, end, style: Style::Quote };
        let flat = Flat { text: "a b c".to_owned(), styles: vec![quote(0, 5), quote(2, 3)], ..Flat::default() };
        assert_eq!(Said::all(&flat).entities.len(), 1);
    }

    proptest! {
        #[test]
        fn an_entity_covers_its_words(before in "\\PC{0,8}", inside in "\\PC{1,8}", after in "\\PC{0,8}") {
            prop_assume!(!inside.trim().is_empty());
            let text = [before.as_str(), &inside, &after].concat();
            let styled = Styled { start: before.len(), end: before.len() + inside.len(), style: Style::Strong };
            let said = Said::all(&Flat { text, styles: vec![styled], ..Flat::default() });
            let units: Vec<u16> = said.text.encode_utf16().collect();
            let Entity { offset, length, .. } = said.entities[0];
            let covered = String::from_utf16(&units[offset..offset + length]).expect("whole characters");
            prop_assert_eq!(covered.trim(), inside.trim());
        }
    }
}
