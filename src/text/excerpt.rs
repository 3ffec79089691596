use super::{Unit, count};
use unicode_segmentation::UnicodeSegmentation as _;

/// Makes one line of a text: line ends become spaces, and what is over `max_graphemes` is cut at the end of a word and
/// replaced by `…`, which counts.
pub fn excerpt(text: &str, max_graphemes: usize) -> String {
    let mut line = String::with_capacity(text.len().min(max_graphemes.saturating_mul(4)));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if count(&line, Unit::Graphemes) <= max_graphemes as u64 {
        return line;
    }
    let Some(room) = max_graphemes.checked_sub(1) else { return String::new() };
    let hard = line.grapheme_indices(true).nth(room).map_or(line.len(), |(at, _)| at);
    // A word that begins in the first half is cut rather than left out with all that follows.
    let word = match line[hard..].starts_with(' ') {
        true => Some(hard),
        false => line[..hard].rfind(' ').filter(|space| *space * 2 >= hard),
    };
    line.truncate(word.unwrap_or(hard));
    line.truncate(line.trim_end_matches([' ', ',', ';', ':', '–', '—', '-']).len());
    line.push('…');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, max: usize, expect: &str) {
        assert_eq!(excerpt(text, max), expect);
    }

    #[test]
    fn short_texts_become_one_line() {
        check("", 5, "");
        check(" One\n\n• two\t three ", 20, "One • two three");
    }

    #[test]
    fn long_texts_are_cut_at_words() {
        check("One two three", 13, "One two three");
        check("One two three", 12, "One two…");
        check("One two three", 8, "One two…");
        check("One two, three", 9, "One two…");
    }

    #[test]
    fn long_words_are_cut_between_clusters() {
        check("a incomprehensible", 10, "a incompr…");
        check("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 2, "👩‍👩‍👧‍👦…");
    }

    #[test]
    fn no_room_gives_nothing() {
        check("word", 0, "");
        check("word", 1, "…");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn an_excerpt_is_one_line_and_never_over(text in crate::model::fixtures::words(), max in 0usize..20) {
            let excerpt = excerpt(&text, max);
            prop_assert!(excerpt.graphemes(true).count() <= max);
            prop_assert!(!excerpt.contains('\n'));
        }
    }
}
