//! What goes with a request in place of the secret itself: proof that we hold it.

use crate::model::Timestamp;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ring::{digest, hmac};
use serde_json::json;

/// For how long a token of our own is good, in seconds: the longest that servers take.
const LIFETIME: i64 = 5 * 60;

/// Makes a JSON Web Token (RFC 7519, HS256) of a key as `id:secret`, the secret in hexadecimal. It is good for five minutes.
pub(super) fn json_web_token(key: &str, audience: &str, now: Timestamp) -> Result<String, String> {
    let parts = key.split_once(':').and_then(|(id, secret)| Some((id, bytes_of_hex(secret)?)));
    let Some((id, secret)) = parts.filter(|(id, secret)| !id.is_empty() && !secret.is_empty()) else {
        return Err("the secret is no key of the form `id:secret`, the latter in hexadecimal".to_owned());
    };
    let now = now.millis().div_euclid(1000);
    let head = json!({ "alg": "HS256", "kid": id, "typ": "JWT" });
    let claims = json!({ "aud": audience, "exp": now + LIFETIME, "iat": now });
    let [head, claims] = [head, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{head}.{claims}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed.as_bytes());
    Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

/// Signs a message as Standard Webhooks does (<https://www.standardwebhooks.com>, 1.0.0), once with each of the secrets: several
/// are known while one takes over from another. Returns the headers.
pub(super) fn webhook(
    secrets: &str,
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<Vec<(&'static str, String)>, String> {
    if id.is_empty() || id.contains('.') {
        return Err("the adapter signs a message whose id could be read in two ways".to_owned());
    }
    let at = now.millis().div_euclid(1000).to_string();
    let mut signatures = Vec::new();
    for secret in secrets.split([' ', ',']).filter(|secret| !secret.is_empty()) {
        let key = secret.strip_prefix("whsec_").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        let Some(key) = key.filter(|key| !key.is_empty()) else {
            return Err("the secret is none of Standard Webhooks: `whsec_` and base64".to_owned());
        };
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        [id.as_bytes(), b".", at.as_bytes(), b".", body].into_iter().for_each(|part| context.update(part));
        signatures.push(format!("v1,{}", BASE64_STANDARD.encode(context.sign())));
    }
    if signatures.is_empty() {
        return Err("the secret is empty".to_owned());
    }
    Ok(vec![("webhook-id", id.to_owned()), ("webhook-timestamp", at), ("webhook-signature", signatures.join(" "))])
}

/// Returns the SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().try_into().expect("256 bits are 32 bytes")
}

/// Writes what `Authorization: Basic` carries (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> Result<String, String> {
    if user.contains(':') {
        return Err("the user name has a colon, which can't be sent".to_owned());
    }
    Ok(BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::EPOCH.plus(std::time::Duration::from_secs(seconds.unsigned_abs()))
    }

    #[test]
    fn a_token_is_what_others_make_of_the_same() {
        // By Python: `hmac.new(bytes.fromhex(secret), head + b"." + claims, "sha256")`.
        let token = json_web_token("6489af:00ff10", "/admin/", at(1_800_000_000)).expect("a token");
        let parts: Vec<&str> = token.split('.').collect();
        let text = |part: &str| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("text");
        assert_eq!(text(parts[0]), r#"{"alg":"HS256","kid":"6489af","typ":"JWT"}"#);
        assert_eq!(text(parts[1]), r#"{"aud":"/admin/","exp":1800000300,"iat":1800000000}"#);
        assert_eq!(parts[2], "EYekLj5_3T9at7LEIjZSyqeEcaEV-dFesaBgYXVxiTA");
    }

    #[test]
    fn a_key_that_is_none_is_told() {
        for key in ["", "only", "id:", ":00", "id:0", "id:zz", "id:\u{e4}"] {
            assert!(json_web_token(key, "/admin/", at(0)).is_err(), "{key}");
        }
    }

    #[test]
    fn a_webhook_is_signed_as_others_sign_it() {
        // 32 bytes of 0x07, and what Python's `hmac` says of `id-1.1800000000.Hello, World!`.
        let secret = format!("whsec_{}", BASE64_STANDARD.encode([7; 32]));
        let headers = webhook(&secret, "id-1", at(1_800_000_000), b"Hello, World!").expect("a signature");
        assert_eq!(
            headers,
            [
                ("webhook-id", "id-1".to_owned()),
                ("webhook-timestamp", "1800000000".to_owned()),
                ("webhook-signature", "v1,aB6afGbHBbxfmUr/7NlsA088SObrur3UBtzUsrpiO8o=".to_owned()),
            ]
        );
        let two = webhook(&format!("{secret} {secret}"), "id-1", at(0), b"").expect("signatures");
        assert_eq!(two[2].1.split(' ').count(), 2, "one by each secret");
    }

    #[test]
    fn what_can_not_be_signed_is_told() {
        for (secret, id) in [("whsec_AAAA", "a.b"), ("whsec_AAAA", ""), ("AAAA", "a"), ("whsec_", "a"), ("", "a")] {
            assert!(webhook(secret, id, at(0), b"").is_err(), "{secret} {id}");
        }
    }

    #[test]
    fn a_password_is_told_as_rfc_7617_says() {
        assert_eq!(basic("Aladdin", "open sesame").as_deref(), Ok("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert!(basic("a:b", "c").is_err());
    }
}
