/// Returns whether a sentence ends right before `position`, where a word ends.
///
/// A full stop after an abbreviation, an initial or the number of a list item ends none, nor does one before a lowercase
/// letter. What closes a quotation or bracket belongs to its sentence. When in doubt the answer is no: another place
/// is found.
pub(super) fn ends_before(text: &str, position: usize) -> bool {
    let before = text[..position].trim_end_matches(is_closing);
    let Some(last) = before.chars().next_back() else { return false };
    if is_full_width_end(last) {
        return true;
    }
    if !matches!(last, '.' | '!' | '?' | '…' | '؟' | '۔' | '।' | '‽') {
        return false;
    }
    let after = &text[position..];
    let next = after.trim_start().chars().find(|&c| !is_opening(c));
    if !after.is_empty() && !after.starts_with(char::is_whitespace) || next.is_some_and(char::is_lowercase) {
        return false;
    }
    last != '.' || next.is_none_or(|next| !is_abbreviated(before, next))
}

/// Returns whether a character ends a sentence without a space after it.
pub(super) fn is_full_width_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '．' | '｡')
}

/// Returns whether a character closes what was opened before, and so belongs to the sentence before it.
pub(super) fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}' | '」' | '』' | '）' | '】' | '》' | '〉' | '＂')
}

fn is_opening(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '‘' | '«' | '‹' | '(' | '[' | '{' | '¿' | '¡')
}

/// Returns whether the word that a text ends with, its full stop included, is short for something.
fn is_abbreviated(before: &str, next: char) -> bool {
    let is_last_space = |(_, c): &(usize, char)| c.is_whitespace();
    let word_start = before.char_indices().rfind(is_last_space).map_or(0, |(space, c)| space + c.len_utf8());
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let word = before[word_start..].trim_start_matches(|c: char| !c.is_alphanumeric());
    let word = word.trim_end_matches('.');
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let is_inner = word.contains('.') && word.split('.').all(|piece| piece.chars().count() == 1);
    let starts_line = !before[line_start..word_start.max(line_start)].contains(char::is_alphanumeric);
    let is_number = starts_line && !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    let is_numero = word.eq_ignore_ascii_case("no") && next.is_ascii_digit();
    is_initial
        || is_inner
        || is_number
        || is_numero
        || ABBREVIATIONS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// What is usually followed by a name or a number in languages that posts are often written in.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "approx", "fig", "vol", "p", "pp", "ca", "cf",
    "inc", "ltd", "co", "hr", "fr", "bzw", "usw", "nr", "str", "sig", "dott", "ing", "avv", "mme", "mlle", "sra",
    "dra",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks the places between words, and after full-width ends, where a sentence ends.
    #[track_caller]
    fn check(marked: &str) {
        let text = marked.replace('|', "");
        let mut found = String::new();
        let mut before = None;
        for (at, c) in text.char_indices() {
            let at_word_end = c.is_whitespace() && before.is_some_and(|before: char| !before.is_whitespace());
            let at_full_width_end = before.is_some_and(is_full_width_end) && !is_closing(c);
            if (at_word_end || at_full_width_end) && ends_before(&text, at) {
                found.push('|');
            }
            found.push(c);
            before = Some(c);
        }
        assert_eq!(found, marked);
    }

    #[test]
    fn marks_end_sentences() {
        check("One.| Two!| Three?| Four…| Five");
        check("Wait...| What?!| Yes");
        check("هل؟| نعم");
    }

    #[test]
    fn a_space_may_be_wider_than_a_byte() {
        assert!(is_abbreviated("5.\u{3000}\u{3000}Dr.", 'N'));
        assert!(!is_abbreviated("words\u{3000}words.", 'N'));
    }

    #[test]
    fn full_width_marks_need_no_space() {
        check("一つ。|二つ！|三つ？|四つ");
        check("「一つ。」二つ");
    }

    #[test]
    fn closing_marks_belong_to_the_sentence() {
        check("He said “go.”| She (the other.)| Left \"now!\"| Yes");
    }

    #[test]
    fn a_lowercase_letter_goes_on() {
        check("Yahoo! is here… and there. e.g. this");
        check("Say “Go!” she said");
    }

    #[test]
    fn abbreviations_initials_and_numbers_do_not_end() {
        check("Dr. Who met J. R. R. Tolkien, U.S. Marshal, at No. 5 etc. Thanks");
        check("1. First\n2. Second.| Third\n• 3. Fourth");
        check("She said no.| They left");
        check("It was 2026.| Then");
    }

    #[test]
    fn decimals_and_addresses_do_not_end() {
        check("Version 1.2.3 of example.org costs 3.14 now");
    }
}
