//! Where in a text a secret may be, found without looking at most of it.

use super::{JSON_OBJECT, KEY_BEGINS, TOKENS, is_secret_name};
use aho_corasick::{AhoCorasick, MatchKind};
use std::{ops::Range, sync::LazyLock};

/// How tokens and keys begin, sought many bytes at a time.
pub(super) static BEGINNINGS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = TOKENS.iter().map(|token| token.prefix).chain([JSON_OBJECT, KEY_BEGINS]);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).expect("a few short words")
});

/// Returns where something is that all others have that [`look`](super::look) finds, in a run or before it. Hardly any prose has it.
pub(super) fn signs(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let places = memchr::memchr3_iter(b'-', b'=', b':', bytes).filter_map(move |at| {
        let rest = &bytes[at + 1..];
        match bytes[at] {
            // The groups of an app password.
            b'-' => (rest.get(4) == Some(&b'-') && rest.get(9) == Some(&b'-')).then_some([at; 2]),
            b':' if follows_number(&bytes[..at]) || has_user(rest) => Some([at; 2]),
            _ if is_secret_name(&text[..at]) => {
                // The value may stand apart.
                let gap = rest.iter().take_while(|byte| matches!(byte, b' ' | b'"' | b'\'')).count();
                Some([at, at + 1 + gap])
            }
            _ => None,
        }
    });
    places.flatten()
}

/// Returns the run of bytes that can be inside a token around one of them; empty if it can't be.
pub(super) fn run_around(bytes: &[u8], at: usize) -> Range<usize> {
    let start = bytes[..at].iter().rposition(|byte| !in_run(*byte)).map_or(0, |gap| gap + 1);
    let end = bytes[at..].iter().position(|byte| !in_run(*byte)).map_or(bytes.len(), |gap| at + gap);
    start.min(end)..end
}

/// Whether as many digits stand at the end as the token of a bot has at its beginning.
fn follows_number(before: &[u8]) -> bool {
    before.last_chunk::<8>().is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// Whether the rest of an address after the colon of its scheme begins with a host that a user stands before.
fn has_user(rest: &[u8]) -> bool {
    let authority = rest.strip_prefix(b"//").unwrap_or_default();
    authority.iter().take_while(|byte| in_run(**byte) && !b"/?#".contains(byte)).any(|byte| *byte == b'@')
}

/// Tells whether a byte can be inside a token, an assignment or an address.
pub(super) fn in_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.=/+:@%~$!#&?*".contains(&byte)
}
