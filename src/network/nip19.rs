//! The names of Nostr as people write them: bech32 with a word before it (NIP-19,
//! <https://github.com/nostr-protocol/nips/blob/master/19.md>, read November 2026).

use bech32::{FromBase32 as _, ToBase32 as _, Variant};

/// The longest name that is read, as the standard advises.
const LONGEST: usize = 5000;

/// A note that a name points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventName {
    /// Its id.
    pub id: [u8; 32],
    /// Relays that may have it.
    pub relays: Vec<String>,
    /// Who wrote it.
    pub author: Option<[u8; 32]>,
    /// Its kind.
    pub kind: Option<u32>,
}

/// Reads a key: `npub1…` or `nsec1…` as the word says, or 64 hexadecimal digits.
pub fn key(word: &str, text: &str) -> Option<[u8; 32]> {
    if text.len() == 64
        && let Some(bytes) = from_hex(text)
    {
        return bytes.try_into().ok();
    }
    let (found, bytes) = decode(text)?;
    (found == word).then_some(())?;
    bytes.try_into().ok()
}

/// Writes a key, with `npub` or `nsec` before it.
pub fn key_name(word: &str, key: &[u8; 32]) -> String {
    encode(word, key)
}

/// Writes the name of a note, `nevent1…`.
pub fn event_name(event: &EventName) -> String {
    let mut bytes = Vec::new();
    let mut put = |kind: u8, value: &[u8]| {
        if let Ok(length) = u8::try_from(value.len()) {
            bytes.extend([kind, length]);
            bytes.extend(value);
        }
    };
    put(0, &event.id);
    event.relays.iter().for_each(|relay| put(1, relay.as_bytes()));
    if let Some(author) = &event.author {
        put(2, author);
    }
    if let Some(kind) = event.kind {
        put(3, &kind.to_be_bytes());
    }
    encode("nevent", &bytes)
}

/// Reads the name of a note: `nevent1…`, `note1…` or the id in hexadecimal, also behind `nostr:` or at the end of the address of
/// a page that shows it.
pub fn event(text: &str) -> Option<EventName> {
    let text = text.trim_end_matches('/');
    let text = text.rsplit(['/', ':']).next()?;
    let text = text.split(['?', '#']).next()?;
    if text.len() == 64 {
        return Some(EventName { id: from_hex(text)?.try_into().ok()?, ..EventName::default() });
    }
    let (word, bytes) = decode(text)?;
    match word.as_str() {
        "note" => Some(EventName { id: bytes.try_into().ok()?, ..EventName::default() }),
        "nevent" => fields(&bytes),
        _ => None,
    }
}

fn fields(mut bytes: &[u8]) -> Option<EventName> {
    let mut id = None;
    let mut event = EventName::default();
    while let [kind, length, rest @ ..] = bytes {
        let (value, after) = rest.split_at_checked(usize::from(*length))?;
        match kind {
            0 => id = id.or(Some(value.try_into().ok()?)),
            1 => event.relays.extend(String::from_utf8(value.to_vec()).ok()),
            2 => event.author = event.author.or(Some(value.try_into().ok()?)),
            3 => event.kind = event.kind.or(Some(u32::from_be_bytes(value.try_into().ok()?))),
            // What is not known is passed over, as the standard says.
            _ => {}
        }
        bytes = after;
    }
    Some(EventName { id: id?, ..event })
}

/// Writes bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hexadecimal.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}

fn encode(word: &str, bytes: &[u8]) -> String {
    // The words are ours, and right: nothing else can fail.
    bech32::encode(word, bytes.to_base32(), Variant::Bech32).unwrap_or_default()
}

fn decode(text: &str) -> Option<(String, Vec<u8>)> {
    (text.len() <= LONGEST).then_some(())?;
    let (word, data, variant) = bech32::decode(text).ok()?;
    (variant == Variant::Bech32).then_some(())?;
    Some((word, Vec::from_base32(&data).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The examples of the standard.
    const PUBLIC: &str = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";
    const NPUB: &str = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
    const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";
    const NSEC: &str = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";

    #[test]
    fn keys_are_as_the_standard_says() {
        for (word, name, written) in [("npub", NPUB, PUBLIC), ("nsec", NSEC, SECRET)] {
            let bytes = key(word, name).expect("a key");
            assert_eq!(hex(&bytes), written);
            assert_eq!(key_name(word, &bytes), name);
            assert_eq!(key(word, written), Some(bytes), "hexadecimal will do");
        }
        assert_eq!(key("npub", NSEC), None, "a secret is no public key");
        assert_eq!(key("nsec", NPUB), None);
        for wrong in ["", "npub1", &NPUB[..62], "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w7"] {
            assert_eq!(key("npub", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_profile_of_the_standard_is_no_note_but_can_be_decoded() {
        let name = "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p";
        assert_eq!(event(name), None);
        let read = fields(&decode(name).expect("bech32").1).expect("fields");
        assert_eq!(hex(&read.id), PUBLIC);
        assert_eq!(read.relays, ["wss://r.x.com", "wss://djbas.sadkb.com"]);
    }

    #[test]
    fn a_note_is_found_behind_whatever_shows_it() {
        let whole = EventName {
            id: [7; 32],
            relays: vec!["wss://relay.example".to_owned()],
            author: Some([9; 32]),
            kind: Some(1),
        };
        let name = event_name(&whole);
        for before in ["", "nostr:", "https://njump.me/", "https://primal.net/e/"] {
            assert_eq!(event(&format!("{before}{name}")), Some(whole.clone()), "{before}");
        }
        assert_eq!(event(&format!("{name}?a=b")), Some(whole));
        let note = encode("note", &[7; 32]);
        assert_eq!(event(&note).map(|it| it.id), Some([7; 32]));
        assert_eq!(event(&hex(&[7; 32])).map(|it| it.id), Some([7; 32]));
        for wrong in ["", "https://social.example/@amy/1", NPUB, "nevent1"] {
            assert_eq!(event(wrong), None, "{wrong}");
        }
    }
}
