//! Counting as X does: the rules that it publishes as `twitter-text`, version 3 of their configuration.
//!
//! The text is normalised to NFC. Latin, Greek, Cyrillic and their neighbours weigh one, everything else two, and so does an
//! emoji however many characters it is made of. See
//! <https://github.com/twitter/twitter-text/blob/master/config/v3.json> and `conformance/` beside it (read 2026-11-22).

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation as _;

/// Weighs a text. What a link weighs is the measure's to say.
pub(super) fn weigh(text: &str) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => weigh_normal(text),
        IsNormalized::No | IsNormalized::Maybe => weigh_normal(&text.nfc().collect::<String>()),
    }
}

fn weigh_normal(text: &str) -> u64 {
    text.graphemes(true).map(weigh_cluster).sum()
}

/// Weighs a cluster: an emoji at its start is one however it is made, and whatever follows weighs by itself.
fn weigh_cluster(cluster: &str) -> u64 {
    let emoji = emoji_length(cluster);
    let start = if emoji > 0 { 2 } else { 0 };
    start + cluster[emoji..].chars().map(weight).sum::<u64>()
}

/// The ranges that weigh one, of the configuration; all else weighs two.
const fn weight(c: char) -> u64 {
    match c {
        '\0'..='\u{10FF}' | '\u{2000}'..='\u{200D}' | '\u{2010}'..='\u{201F}' | '\u{2032}'..='\u{2037}' => 1,
        _ => 2,
    }
}

const VARIATION: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const JOINER: char = '\u{200D}';

/// Returns how many bytes of a cluster are an emoji.
///
/// Follows the grammar of Unicode's report 51: a flag, a keycap, or pictures that are joined, each with its skin tone.
fn emoji_length(cluster: &str) -> usize {
    let chars: Vec<(usize, char)> = cluster.char_indices().collect();
    let end = |count: usize| chars.get(count).map_or(cluster.len(), |(at, _)| *at);
    let is = |at: usize, wanted: fn(char) -> bool| chars.get(at).is_some_and(|(_, c)| wanted(*c));
    if is(0, is_flag_letter) && is(1, is_flag_letter) {
        return end(2);
    }
    if is(0, |c| c.is_ascii_digit() || matches!(c, '#' | '*')) {
        let variation = usize::from(is(1, |c| c == VARIATION));
        return if is(1 + variation, |c| c == KEYCAP) { end(2 + variation) } else { 0 };
    }
    let mut at = 0;
    loop {
        if !is(at, is_picture) {
            break;
        }
        at += 1;
        let has_variation = is(at, |c| c == VARIATION);
        // The signs of copyright and trade are text unless something says otherwise.
        if at == 1 && is(0, |c| c < '\u{100}') && !has_variation {
            return 0;
        }
        at += usize::from(has_variation);
        at += usize::from(is(at, |c| matches!(c, '\u{1F3FB}'..='\u{1F3FF}')));
        at += usize::from(is(at, |c| c == VARIATION));
        while is(at, |c| matches!(c, '\u{E0020}'..='\u{E007F}')) {
            at += 1;
        }
        if !(is(at, |c| c == JOINER) && is(at + 1, is_picture)) {
            break;
        }
        at += 1;
    }
    if at == 0 { 0 } else { end(at) }
}

const fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Whether a character can be an emoji: the blocks of symbols and pictures that hold any.
const fn is_picture(c: char) -> bool {
    matches!(
        c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}'
        | '\u{24C2}'
        | '\u{25A0}'..='\u{27BF}'
        | '\u{2934}'..='\u{2935}'
        | '\u{2B00}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1F1E5}'
        | '\u{1F200}'..='\u{1F3FA}'
        | '\u{1F400}'..='\u{1FAFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expect: u64) {
        assert_eq!(weigh(text), expect, "{text}");
    }

    /// The facts of the conformance suite's `WeightedTweetsCounterTest` and of its cases for emoji.
    #[test]
    fn it_counts_as_the_official_cases_do() {
        check("This is a test.", 15);
        check(&"故人西辞黄鹤楼，".repeat(20), 320);
        check(&format!("the{}", "故人西辞黄鹤楼，".repeat(20)), 323);
        check(&"😷".repeat(160), 320);
        check("A\u{301}B", 2);
        check("A\u{fb2c}", 4);
        check("😷👾😡🔥💩", 10);
        check("H🐱☺👨\u{200d}👩\u{200d}👧\u{200d}👦", 7);
        check("🙋🏽👨\u{200d}🎤", 4);
        let spaces = "\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{200B}";
        let marks = "\u{200C}\u{200D} ‐ ‑ ‒ – — ― ‖  ‗ ‘ ’ ‚ ‛ “ ” „ ‟ ′ ″ ‴ ‵ ‶ ‷";
        check(&format!("This is a tweet with general punctuation characters: {spaces}{marks}"), 112);
    }

    #[test]
    fn scripts_weigh_one_or_two() {
        check("", 0);
        check("Grüße, Žižek, Ελλάδα, Москва, שלום, مرحبا", 41);
        check("नमस्ते", 6);
        check("日本語", 6);
        check("한국", 4);
        check("\u{10ff}\u{1100}", 3);
    }

    #[test]
    fn an_emoji_weighs_two_however_it_is_made() {
        for emoji in [
            "👋",
            "👋🏽",
            "❤️",
            "❤",
            "🇮🇹",
            "1️⃣",
            "#⃣",
            "🏳️\u{200d}🌈",
            "👩🏽\u{200d}🚀",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "©️",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        ] {
            check(emoji, 2);
        }
        check("©", 1);
        check("12", 2);
        check("🇮🇹🇫🇷", 4);
        check("👋\u{301}", 3);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_ascii_counts_one_each(text in "\\PC{0,60}", words in "[a-z .]{0,40}") {
            let _ = weigh(&text);
            prop_assert_eq!(weigh(&words), words.len() as u64);
        }

        #[test]
        fn how_it_is_composed_does_not_matter(text in "\\PC{0,40}") {
            prop_assert_eq!(weigh(&text), weigh(&text.nfd().collect::<String>()));
        }
    }
}
