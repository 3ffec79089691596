use crate::{
    check::{case::Case, scripts},
    diag::{Code, Diagnostic, Level, Span, TextEdit, did_you_mean},
};

pub(super) static LOOK_ALIKE_MENTION: Code = Code {
    name: "look-alike-mention",
    summary: "a mention is written with characters that look like others",
    level: Level::Error,
    fixed: false,
    explain: "A handle with a letter of another alphabet, or with `1` for `l` or `rn` for `m`, reads like the one you \
              know and is somebody else's. Reviewers can't see the difference.\n\n\
              ```markdown\nThanks to @m\u{43e}schino!   # the `o` is Cyrillic\n```\n\n\
              Type the name anew. If that person really is meant, silence this with the reason.",
};

pub(super) static MENTION_MISSPELT: Code = Code {
    name: "mention-misspelt",
    summary: "a mention is nearly the key of somebody in `[people]`",
    level: Level::Warning,
    fixed: false,
    explain: "`@name` of somebody in `[people]` becomes their handle on each network. One that is nearly such a key is most \
              likely mistyped: it would mention a stranger, or nobody.\n\n\
              ```markdown\nThanks to @moshcino!   # `@moschino` is in [people]\n```\n\n\
              Correct it, or add the person to `[people]`.",
};

/// Reports mentions that aren't of whom they seem to be.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    if !case.text.is_ascii() {
        foreign_letters(case, found);
    }
    let people = &case.cx.config.people;
    for (handle, span) in &case.nodes.mentions {
        // A handle with its host is meant as it is written.
        if !handle.is_ascii() || handle.contains(['@', '.']) || people.contains_key(*handle) {
            continue;
        }
        let blurred = scripts::blurred(handle);
        if let Some(key) = people.keys().find(|key| scripts::blurred(key) == blurred) {
            let message = format!("`@{handle}` looks like `@{key}`, but is somebody else");
            found.push(mend(Diagnostic::new(&LOOK_ALIKE_MENTION, *span, message), *span, key));
        } else if let Some(key) = did_you_mean(handle, people.keys().map(String::as_str)) {
            let message = format!("`@{handle}` is nobody in `[people]`");
            let finding = mend(Diagnostic::new(&MENTION_MISSPELT, *span, message), *span, key);
            found.push(finding.help(format!("did you mean `@{key}`?")));
        }
    }
}

fn mend(finding: Diagnostic, span: Span, key: &str) -> Diagnostic {
    let edit = TextEdit { span, text: format!("@{key}").into() };
    finding.help(format!("write `@{key}`")).fix(format!("write `@{key}`"), vec![edit])
}

/// Looks at the text itself: what is written with foreign letters may not have been taken for a mention at all.
fn foreign_letters(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for at in memchr::memchr_iter(b'@', case.text.as_bytes()) {
        let handle = &case.text[at + 1..];
        // Nearly all are ASCII, up to something that can't be in a handle.
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@');
        if handle.bytes().find(|byte| !is_plain(byte)).is_none_or(|end| end.is_ascii()) {
            continue;
        }
        let follows_word = case.text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let end =
            handle.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '@')).unwrap_or(handle.len());
        let handle = handle[..end].trim_end_matches(['.', '-', '@']);
        if follows_word || handle.is_ascii() {
            continue;
        }
        let span = Span::new(case.post.file, at..at + 1 + handle.len());
        let known = scripts::ascii_twin(handle).and_then(|twin| whom(case, &twin));
        if let Some(known) = known {
            let odd = handle.chars().find(|c| !c.is_ascii()).expect("it isn't all ASCII");
            let message = format!("`@{handle}` looks like `@{known}`, but `{odd}` in it is U+{:04X}", u32::from(odd));
            found.push(mend(Diagnostic::new(&LOOK_ALIKE_MENTION, span, message), span, known));
        } else if let Some((letter, first, other)) = handle.split(['.', '@', '-', '_']).find_map(scripts::mixed) {
            let (first, other, code) = (first.name(), other.name(), u32::from(letter));
            let message = format!("`@{handle}` mixes {first} and {other} letters (`{letter}` is U+{code:04X})");
            found.push(Diagnostic::new(&LOOK_ALIKE_MENTION, span, message).help("type the handle anew"));
        }
    }
}

/// Finds whom a name is the key or a handle of.
fn whom<'a>(case: &Case<'a>, name: &str) -> Option<&'a str> {
    case.cx.config.people.iter().find_map(|(key, person)| {
        let is_handle = person.handles.values().any(|handle| handle.eq_ignore_ascii_case(name));
        (key.eq_ignore_ascii_case(name) || is_handle).then_some(key.as_str())
    })
}
