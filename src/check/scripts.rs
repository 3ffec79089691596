//! Letters of other alphabets that look like Latin ones.

/// The alphabets whose letters are mistaken for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// A to Z, with or without marks.
    Latin,
    /// As in Russian.
    Cyrillic,
    /// As in Greek.
    Greek,
    /// As in Armenian.
    Armenian,
    /// As in Cherokee.
    Cherokee,
}

impl Script {
    /// Returns the alphabet of a letter; none for digits, signs and letters of scripts that look like no other.
    pub(super) fn of(c: char) -> Option<Self> {
        match c {
            'a'..='z' | 'A'..='Z' | 'ª' | 'º' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{2AF}' | '\u{1E00}'..='\u{1EFF}' => {
                Some(Self::Latin)
            }
            '\u{2C60}'..='\u{2C7F}' | '\u{A722}'..='\u{A7FF}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
                Some(Self::Latin)
            }
            '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Some(Self::Greek),
            '\u{400}'..='\u{52F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' | '\u{A640}'..='\u{A69F}' => {
                Some(Self::Cyrillic)
            }
            '\u{531}'..='\u{58F}' => Some(Self::Armenian),
            '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(Self::Cherokee),
            _ => None,
        }
    }

    /// Returns its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Cyrillic => "Cyrillic",
            Self::Greek => "Greek",
            Self::Armenian => "Armenian",
            Self::Cherokee => "Cherokee",
        }
    }
}

/// Returns the letter of a word that doesn't go with the others, with both alphabets. Next to Latin letters the other one is
/// odd, wherever it stands.
pub(super) fn mixed(word: &str) -> Option<(char, Script, Script)> {
    let letters = || word.chars().filter_map(|c| Some((c, Script::of(c)?)));
    let has_latin = letters().any(|(_, script)| script == Script::Latin);
    let first = if has_latin { Script::Latin } else { letters().next()?.1 };
    letters().find(|(_, script)| *script != first).map(|(c, script)| (c, first, script))
}

/// Returns the ASCII text that a text looks like, if every letter beyond ASCII has a twin there. ASCII stays as it is.
pub(super) fn ascii_twin(text: &str) -> Option<String> {
    text.chars().map(|c| if c.is_ascii() { Some(c) } else { twin(c) }).collect()
}

/// Returns the ASCII letter that a letter is mistaken for.
fn twin(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' | 'ɑ' => 'a',
        'Ь' | 'ƅ' => 'b',
        'с' | 'ϲ' | 'ᴄ' => 'c',
        'ԁ' | 'ɗ' => 'd',
        'е' | 'ҽ' | 'ё' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'հ' => 'h',
        'і' | 'ı' | 'ι' | 'ӏ' | 'ї' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'п' | 'ո' => 'n',
        'о' | 'ο' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | 'զ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' | 'ц' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ѡ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ү' => 'y',
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'С' | 'Ϲ' => 'C',
        'Е' | 'Ε' => 'E',
        'Н' | 'Η' => 'H',
        'І' | 'Ι' | 'Ӏ' => 'I',
        'Ј' => 'J',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'Ѕ' => 'S',
        'Т' | 'Τ' => 'T',
        'У' | 'Υ' => 'Y',
        'Х' | 'Χ' => 'X',
        'Ζ' => 'Z',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0)?,
        _ => return None,
    })
}

/// Reduces an ASCII name to what the eye makes of it, so that `rnary`, `MARY` and `mary` are the same.
pub(super) fn blurred(name: &str) -> String {
    let name = name.to_ascii_lowercase().replace("rn", "m").replace("vv", "w");
    name.chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'l' | '|' => 'i',
            '5' => 's',
            '-' | '.' => '_',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixtures_name_the_odd_letter() {
        assert_eq!(mixed("mоschino"), Some(('о', Script::Latin, Script::Cyrillic)));
        assert_eq!(mixed("мoschino"), Some(('м', Script::Latin, Script::Cyrillic)));
        assert_eq!(mixed("москва2026"), None);
        assert_eq!(mixed("café_東京"), None);
    }

    #[test]
    fn twins_are_found_only_for_whole_words() {
        assert_eq!(ascii_twin("mоѕсhino").as_deref(), Some("moschino"));
        assert_eq!(ascii_twin("москва"), None);
        assert_eq!(ascii_twin("ａｃｍｅ").as_deref(), Some("acme"));
    }

    #[test]
    fn the_eye_mistakes_digits_and_pairs() {
        assert_eq!(blurred("rn0schin0"), blurred("Moschino"));
        assert_ne!(blurred("prada"), blurred("gucci"));
    }
}
