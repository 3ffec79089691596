use crate::model::Timestamp;
use serde::Deserialize;

/// Returns when a token ends, if it says so. Nothing is proven by it: the server alone decides.
pub(super) fn expires(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = token.split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
    claims.exp.checked_mul(1000).map(Timestamp::from_millis)
}

/// Decodes base64 as web addresses carry it.
fn decode(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::proptest;

    #[test]
    fn a_token_tells_when_it_ends() {
        // {"alg":"none"} . {"exp":1795348800,"sub":"did:plc:a"}
        let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTUzNDg4MDAsInN1YiI6ImRpZDpwbGM6YSJ9.c2ln";
        assert_eq!(expires(token), Timestamp::parse("2026-11-22T12:00:00Z"));
    }

    #[test]
    fn what_is_no_such_token_tells_nothing() {
        for token in ["", "AAA", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln", "..", "a.e30.b"] {
            assert_eq!(expires(token), None, "{token}");
        }
    }

    #[test]
    fn base64_is_read_with_and_without_its_end() {
        for text in ["Zm9vYg", "Zm9vYg=="] {
            assert_eq!(decode(text).as_deref(), Some(&b"foob"[..]));
        }
        assert_eq!(decode("_-8").as_deref(), Some(&[0xff, 0xef][..]));
        assert_eq!(decode("a+b"), None);
    }

    proptest! {
        #[test]
        fn no_token_is_too_strange(token in ".*") {
            let _ = expires(&token);
        }
    }
}
