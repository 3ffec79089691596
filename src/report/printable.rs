use std::borrow::Cow;

/// Makes text that came from a file or a server safe for a terminal: whatever would move the cursor, change the
/// direction of writing or not be seen at all becomes a visible stand-in. Line ends become spaces.
pub fn printable(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(stand_in).collect())
}

/// Tells whether a text is made of ASCII that can be seen, and spaces.
pub(super) fn is_plain(text: &str) -> bool {
    // Without a way out of the loop, many bytes are looked at together.
    text.bytes().fold(true, |is_plain, byte| is_plain & matches!(byte, b' '..=b'~'))
}

/// As [`printable`], with stand-ins as long in UTF-8 as what they replace, so that places stay right. Line ends, tabs
/// and control characters below U+0020 are left to the renderer, which shows them by itself.
pub(super) fn printable_in_place(text: &str) -> Cow<'_, str> {
    let changes = |c: char| c >= '\u{80}' && is_hidden(c);
    if text.is_ascii() || !text.chars().any(changes) {
        return Cow::Borrowed(text);
    }
    let stand_in = |c: char| match c.len_utf8() {
        2 => '¿',
        3 => '\u{FFFD}',
        _ => '\u{1F5CC}',
    };
    Cow::Owned(text.chars().map(|c| if changes(c) { stand_in(c) } else { c }).collect())
}

/// Whether a character acts on the terminal or is not seen. Joiners stay: scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

fn stand_in(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(c)).expect("the control pictures"),
        '\u{7F}' => '\u{2421}',
        c if is_hidden(c) => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(printable(text), expect);
    }

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(printable("né 👩‍👩‍👧 שלום"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_and_directions_are_seen() {
        check("a\u{1b}[31mb", "a␛[31mb");
        check("a\nb\tc", "a b c");
        check("\u{9b}31m", "\u{FFFD}31m");
        check("a\u{202E}b\u{7f}", "a\u{FFFD}b␡");
    }

    #[test]
    fn in_place_keeps_every_position() {
        let text = "a\u{9b}b\u{202e}c\u{ad}d\n\u{1b}";
        let shown = printable_in_place(text);
        assert_eq!(shown, "a¿b\u{FFFD}c¿d\n\u{1b}");
        assert_eq!(shown.len(), text.len());
    }
}
