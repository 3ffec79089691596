use crate::network::NetworkError;
use secrecy::{ExposeSecret as _, SecretString};
use std::{cell::RefCell, fmt};

/// What stands where a secret was.
const MASK: &str = "[secret]";

/// Shorter secrets aren't masked: they would tear words apart, and protect nothing.
const SHORTEST: usize = 4;

/// A piece of a secret that is an address or a key with its id, from which on it is a secret by itself.
const LONG_PIECE: usize = 16;

/// Takes the secrets that it has been told out of texts, also as they look in base64, in addresses and in JSON.
#[derive(Default)]
pub struct Redactor {
    /// The longest first, so that no rest of one stays.
    forms: RefCell<Vec<SecretString>>,
}

impl Redactor {
    /// Learns a secret.
    pub fn learn(&self, secret: &SecretString) {
        let mut forms = self.forms.borrow_mut();
        let whole = secret.expose_secret();
        let pieces = whole.split(|c: char| "/:?&= ,".contains(c)).filter(|piece| piece.len() >= LONG_PIECE);
        for form in std::iter::once(whole).chain(pieces).flat_map(forms_of) {
            if form.len() >= SHORTEST && !forms.iter().any(|known| known.expose_secret() == form) {
                forms.push(form.into());
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.expose_secret().len()));
    }

    /// Returns the text with every known secret masked.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for form in self.forms.borrow().iter() {
            if text.contains(form.expose_secret()) {
                text = text.replace(form.expose_secret(), MASK);
            }
        }
        text
    }

    /// Returns the error with every known secret masked.
    pub fn error(&self, error: NetworkError) -> NetworkError {
        NetworkError {
            message: self.text(&error.message),
            detail: error.detail.map(|detail| self.text(&detail)),
            kind: error.kind,
            wait: error.wait,
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} forms)", self.forms.borrow().len())
    }
}

fn forms_of(secret: &str) -> Vec<String> {
    let percent = |upper: bool, space: &str| -> String {
        let mut text = String::new();
        for byte in secret.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
                b' ' => text.push_str(space),
                _ if upper => text.push_str(&format!("%{byte:02X}")),
                _ => text.push_str(&format!("%{byte:02x}")),
            }
        }
        text
    };
    let quoted = |text: String| text[1..text.len() - 1].to_owned();
    let mut forms = vec![
        secret.to_owned(),
        base64(secret.as_bytes(), b'+', b'/'),
        base64(secret.as_bytes(), b'-', b'_'),
        percent(true, "%20"),
        percent(false, "%20"),
        percent(true, "+"),
        quoted(serde_json::Value::from(secret).to_string()),
        quoted(format!("{secret:?}")),
    ];
    forms.extend(within_base64(secret.as_bytes()));
    forms
}

/// Returns how bytes look within the base64 of more than themselves, such as a name and a password: it depends on how many
/// bytes stand before. What they share with the bytes beside is left out.
fn within_base64(bytes: &[u8]) -> impl Iterator<Item = String> {
    [0, 1, 2].into_iter().flat_map(move |before| {
        let padded = [&[0; 2][..before], bytes].concat();
        let (start, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        [(b'+', b'/'), (b'-', b'_')]
            .map(|(plus, slash)| base64(&padded, plus, slash).get(start..end).unwrap_or_default().to_owned())
    })
}

/// Encodes without padding, so that both ways of writing the end are found.
fn base64(bytes: &[u8], plus: u8, slash: u8) -> String {
    let digit = |value: u32| match (value & 63) as u8 {
        value @ 0..26 => b'A' + value,
        value @ 26..52 => b'a' + value - 26,
        value @ 52..62 => b'0' + value - 52,
        62 => plus,
        _ => slash,
    };
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for shift in [18, 12, 6, 0].into_iter().take(chunk.len() + 1) {
            text.push(digit(bits >> shift).into());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::ErrorKind;

    #[track_caller]
    fn check(secret: &str, text: &str, expect: &str) {
        let redactor = Redactor::default();
        redactor.learn(&secret.into());
        assert_eq!(redactor.text(text), expect);
    }

    #[test]
    fn secrets_are_masked_in_every_form() {
        check("s3cr3t/token+1", "a s3cr3t/token+1 b", "a [secret] b");
        check("s3cr3t/token+1", "?t=s3cr3t%2Ftoken%2B1&x", "?t=[secret]&x");
        check("s3cr3t/token+1", "?t=s3cr3t%2ftoken%2b1&x", "?t=[secret]&x");
        check("two words", "q=two+words, two%20words", "q=[secret], [secret]");
        check("hunter22", "Basic aHVudGVyMjI=", "Basic [secret]=");
        // `AUTH PLAIN` with a name of each length: the letters that are shared with it stay.
        check("hunter22", "AHVzZXIAaHVudGVyMjI=", "AHVzZXIA[secret]=");
        check("hunter22", "AGFiAGh1bnRlcjIy", "AGFiAG[secret]");
        check("hunter22", "AGFiYwBodW50ZXIyMg==", "AGFiYwB[secret]g==");
        check("a\"quoted\\one", r#"{"password":"a\"quoted\\one"}"#, r#"{"password":"[secret]"}"#);
        check("pass-\u{e9}", "pass-%C3%A9", "[secret]");
    }

    #[test]
    fn the_secret_pieces_of_an_address_or_key_are_masked_too() {
        let hook = "https://chat.example/hooks/1234/abcdefghijklmnopqrstuvwx";
        check(hook, &format!("{hook}?wait=true"), "[secret]?wait=true");
        check(hook, "not found: /hooks/1234/abcdefghijklmnopqrstuvwx", "not found: /hooks/1234/[secret]");
        check("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "bot AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "bot [secret]");
    }

    #[test]
    fn base64_is_as_everybody_writes_it() {
        assert_eq!(base64(b"", b'+', b'/'), "");
        assert_eq!(base64(b"f", b'+', b'/'), "Zg");
        assert_eq!(base64(b"fo", b'+', b'/'), "Zm8");
        assert_eq!(base64(b"foobar", b'+', b'/'), "Zm9vYmFy");
        assert_eq!(base64(&[0xfb, 0xff], b'-', b'_'), "-_8");
    }

    #[test]
    fn a_longer_secret_is_masked_whole() {
        let redactor = Redactor::default();
        redactor.learn(&"abcd".into());
        redactor.learn(&"abcdefgh".into());
        assert_eq!(redactor.text("abcdefgh abcd"), "[secret] [secret]");
    }

    #[test]
    fn tiny_secrets_tear_no_words_apart() {
        check("e", "the ledger", "the ledger");
    }

    #[test]
    fn errors_and_debugging_hold_none() {
        let redactor = Redactor::default();
        redactor.learn(&"canary-token".into());
        let error = NetworkError::new(ErrorKind::Refused, "bad canary-token").detail("HTTP 400: canary-token");
        assert_eq!(
            redactor.error(error),
            NetworkError::new(ErrorKind::Refused, "bad [secret]").detail("HTTP 400: [secret]")
        );
        assert!(!format!("{redactor:?}").contains("canary"));
    }
}
