use crate::{
    check::scripts::Script,
    diag::{Code, Diagnostic, FileId, Level, Span, TextEdit},
};

pub(in crate::check) static BIDI_CONTROL: Code = Code {
    name: "bidi-control",
    summary: "a character changes the direction of writing",
    level: Level::Error,
    fixed: false,
    explain: "Some characters can't be seen but turn the direction of what follows, so that a reviewer reads something else \
              than what is published. Attacks on source code have been hidden this way.\n\n\
              Delete it: text in Arabic or Hebrew is shown right without them. Where an isolate is really needed, silence \
              this in the post with the reason:\n\n\
              ```toml\n[allow]\nbidi-control = \"a product code inside a Hebrew sentence\"\n```",
};

pub(in crate::check) static INVISIBLE_CHARACTER: Code = Code {
    name: "invisible-character",
    summary: "a character that can't be seen",
    level: Level::Warning,
    fixed: false,
    explain: "Zero-width spaces, soft hyphens and the like come along when text is pasted from a web \
              page or a word processor. They count against limits, break words and links for search and screen readers, and can \
              carry a hidden mark.\n\n\
              What holds an emoji together or joins letters in scripts that need it is not reported.\n\n\
              ```markdown\nA zero⟨U+200B⟩width space stands in this line.\n```\n\n\
              Delete it.",
};

/// Reports characters that hide something in any text.
pub(in crate::check) fn check(file: FileId, text: &str, found: &mut Vec<Diagnostic>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    // Nearly all bytes are ASCII: that is told of many together.
    while let Some(ahead) = beyond_ascii(&bytes[at..]) {
        at += ahead;
        // Most of what is beyond comes in characters of several bytes, and in words.
        while bytes.get(at).is_some_and(|byte| !byte.is_ascii()) {
            at = look(file, text, at, found);
        }
    }
}

/// Returns where the first byte is that is not ASCII.
fn beyond_ascii(bytes: &[u8]) -> Option<usize> {
    const STRETCH: usize = 32;
    let ascii = bytes.chunks(STRETCH).take_while(|stretch| stretch.is_ascii()).count() * STRETCH;
    let rest = bytes.get(ascii..)?;
    rest.iter().position(|byte| !byte.is_ascii()).map(|at| ascii + at)
}

/// Looks at the character that starts at a byte, if one does, and returns where to go on.
fn look(file: FileId, text: &str, at: usize, found: &mut Vec<Diagnostic>) -> usize {
    if !may_hide(&text.as_bytes()[at..]) {
        return at + 1;
    }
    let c = text[at..].chars().next().expect("a character starts here");
    let next = at + c.len_utf8();
    match kind(c) {
        Some(kind) if kind == Kind::Direction || !is_needed(c, &text[..at], &text[next..]) => {
            let end = next + same_run(kind, &text[next..]);
            found.push(finding(kind, Span::new(file, at..end), &text[at..end]));
            end
        }
        _ => next,
    }
}

/// Tells by its first two bytes whether a character may be one of [`kind`]'s, so that text of any script is passed over
/// without being decoded. The bytes inside of a character are none that can start one.
fn may_hide(bytes: &[u8]) -> bool {
    let second = bytes.get(1).copied().unwrap_or_default();
    match bytes[0] {
        0xC2 | 0xCD | 0xD8 | 0xF3 => true,
        0xE1 => matches!(second, 0x85 | 0x9E | 0xA0),
        0xE2 => matches!(second, 0x80 | 0x81),
        0xE3 => second == 0x85,
        0xEF => matches!(second, 0xB8 | 0xBB | 0xBE | 0xBF),
        0xF0 => second == 0x9D,
        _ => false,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Direction,
    Invisible,
}

fn kind(c: char) -> Option<Kind> {
    match c {
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Kind::Direction),
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' => Some(Kind::Invisible),
        '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}' | '\u{2029}' => Some(Kind::Invisible),
        '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' => {
            Some(Kind::Invisible)
        }
        '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' => Some(Kind::Invisible),
        '\u{E0000}'..='\u{E0FFF}' => Some(Kind::Invisible),
        _ => None,
    }
}

/// Returns how many bytes the same kind of characters goes on for. A selector may be needed by what stands before it, so
/// only characters that never are join a run.
fn same_run(first: Kind, rest: &str) -> usize {
    let joins = |c: char| kind(c) == Some(first) && (first == Kind::Direction || !is_needed(c, "", ""));
    rest.char_indices().find(|(_, c)| !joins(*c)).map_or(rest.len(), |(at, _)| at)
}

/// Tells whether an invisible character does something that its neighbours need.
fn is_needed(c: char, before: &str, after: &str) -> bool {
    let previous = before.chars().next_back();
    let next = after.chars().next();
    match c {
        // The mark at the start of a file that says that it is UTF-8.
        '\u{FEFF}' => before.is_empty() && !after.is_empty(),
        // Joiners: inside emoji, and in scripts whose letters join.
        '\u{200C}' | '\u{200D}' => {
            let joined_emoji = c == '\u{200D}' && previous.is_some_and(is_emoji_end) && next.is_some_and(is_emoji);
            joined_emoji || previous.is_some_and(joins_letters)
        }
        // Variation selectors: emoji or text style, and forms of ideographs.
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
            previous.is_some_and(|c| kind(c).is_none() && (!c.is_ascii() || c.is_ascii_digit() || c == '#' || c == '*'))
        }
        '\u{180B}'..='\u{180E}' => previous.is_some_and(|c| ('\u{1800}'..='\u{18AF}').contains(&c)),
        // Flags of regions are a black flag followed by tags.
        '\u{E0020}'..='\u{E007F}' => {
            before.trim_end_matches(|c| ('\u{E0020}'..='\u{E007E}').contains(&c)).ends_with('\u{1F3F4}')
        }
        // Marks of direction, where there is writing from right to left in the line.
        '\u{200E}' | '\u{200F}' | '\u{61C}' => {
            let line_before = before.rsplit('\n').next().unwrap_or_default();
            let line_after = after.split('\n').next().unwrap_or_default();
            line_before.chars().chain(line_after.chars()).any(is_right_to_left)
        }
        // Word ends, in scripts without spaces.
        '\u{200B}' => previous.is_some_and(|c| {
            ('\u{E00}'..='\u{EFF}').contains(&c)
                || ('\u{1000}'..='\u{109F}').contains(&c)
                || ('\u{1780}'..='\u{17FF}').contains(&c)
        }),
        _ => false,
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '©' | '®' | '\u{3030}' | '\u{303D}')
}

fn is_emoji_end(c: char) -> bool {
    is_emoji(c) || c == '\u{FE0F}'
}

fn joins_letters(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{F00}'..='\u{109F}' | '\u{1780}'..='\u{18AF}'
        | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{11000}'..='\u{11FFF}')
}

fn is_right_to_left(c: char) -> bool {
    Script::of(c).is_none()
        && matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}')
        && c != '\u{61C}'
}

fn finding(kind: Kind, span: Span, run: &str) -> Diagnostic {
    let first = run.chars().next().expect("a run has a character");
    let more = run.chars().count() - 1;
    let mut message = format!("{} (U+{:04X})", name(first), u32::from(first));
    if more > 0 {
        message += &format!(" and {more} more");
    }
    let (code, what) = match kind {
        Kind::Direction => (&BIDI_CONTROL, "changes how this line is read"),
        Kind::Invisible => (&INVISIBLE_CHARACTER, "stands here and can't be seen"),
    };
    let edit = TextEdit { span, text: "".into() };
    Diagnostic::new(code, span, format!("{message} {what}")).help("delete it").fix("delete it", vec![edit])
}

fn name(c: char) -> &'static str {
    match c {
        '\u{202A}' => "a left-to-right embedding",
        '\u{202B}' => "a right-to-left embedding",
        '\u{202C}' => "the end of an embedding",
        '\u{202D}' => "a left-to-right override",
        '\u{202E}' => "a right-to-left override",
        '\u{2066}' => "a left-to-right isolate",
        '\u{2067}' => "a right-to-left isolate",
        '\u{2068}' => "an isolate",
        '\u{2069}' => "the end of an isolate",
        '\u{AD}' => "a soft hyphen",
        '\u{200B}' => "a zero-width space",
        '\u{200C}' => "a zero-width non-joiner",
        '\u{200D}' => "a zero-width joiner",
        '\u{200E}' => "a left-to-right mark",
        '\u{200F}' | '\u{61C}' => "a right-to-left mark",
        '\u{2028}' => "a line separator",
        '\u{2029}' => "a paragraph separator",
        '\u{2060}' => "a word joiner",
        '\u{FEFF}' => "a byte order mark",
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' => "a variation selector",
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => "a Hangul filler",
        '\u{E0000}'..='\u{E007F}' => "a tag character",
        _ => "an invisible character",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, expect: &[(&str, std::ops::Range<usize>)]) {
        let mut found = Vec::new();
        check(FileId(0), text, &mut found);
        let found: Vec<_> = found.iter().map(|finding| (finding.code.name, finding.primary.span.range())).collect();
        assert_eq!(found, expect, "{text:?}");
    }

    #[test]
    fn no_character_is_passed_over_by_its_first_bytes() {
        for c in ('\u{80}'..=char::MAX).filter(|c| kind(*c).is_some()) {
            assert!(may_hide(c.encode_utf8(&mut [0; 4]).as_bytes()), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn plain_and_foreign_text_is_fine() {
        check_text("plain\ttext\r\n", &[]);
        check_text("naïve 日本語 שלום مرحبا", &[]);
        check_text("\u{FEFF}a file that says it is UTF-8", &[]);
    }

    #[test]
    fn what_emoji_and_scripts_need_is_fine() {
        check_text("👩‍👩‍👧‍👦 ❤️ 1️⃣ 🏳️‍🌈 👍🏽", &[]);
        check_text("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", &[]);
        check_text("می\u{200C}خواهم क्\u{200D}ष", &[]);
        check_text("שלום \u{200F}(!)", &[]);
    }

    #[test]
    fn directions_are_told_once_a_run() {
        check_text("a\u{202E}\u{2066}b", &[("bidi-control", 1..7)]);
        check_text("a\u{202E}b\u{202C}", &[("bidi-control", 1..4), ("bidi-control", 5..8)]);
    }

    #[test]
    fn the_invisible_is_told() {
        check_text("zero\u{200B}width", &[("invisible-character", 4..7)]);
        check_text("a\u{200D}b", &[("invisible-character", 1..4)]);
        check_text("a\u{FE0F}", &[("invisible-character", 1..4)]);
        check_text("a\u{FEFF}", &[("invisible-character", 1..4)]);
        // Control characters are told by the parser.
        check_text("esc\u{1B}[31m\u{9B}", &[]);
        check_text("so\u{AD}\u{AD}ft", &[("invisible-character", 2..6)]);
        check_text("a\u{E0041}\u{E0042}", &[("invisible-character", 1..9)]);
        check_text("left \u{200E}alone", &[("invisible-character", 5..8)]);
    }
}
