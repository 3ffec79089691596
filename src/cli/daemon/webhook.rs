//! Whether a webhook comes from somebody who knows the secret. What it says is never read: it only wakes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How far the time that a signature covers may be from ours, as the Standard Webhooks have it. The other forms cover none:
/// an old request sent again wakes us again, and no more.
const SKEW: u64 = 5 * 60;

/// What marks a secret of GitLab's signed form: the rest of it is the key in base64.
const SIGNING: &str = "whsec_";

/// A forge's secret, as keys.
#[derive(Clone, Debug)]
pub(super) struct Verifier {
    /// The secret as it is written.
    plain: hmac::Key,
    /// The key of GitLab's signed form, if the secret is one.
    signing: Option<hmac::Key>,
}

/// A request whose body is still to come.
#[derive(Debug)]
pub(super) struct Pending {
    context: hmac::Context,
    expected: Vec<Vec<u8>>,
}

/// What there is to check of a request.
#[derive(Debug)]
pub(super) enum Claim {
    /// It is who it says, whatever the body is.
    Proven,
    /// The body's signature tells.
    Signed(Box<Pending>),
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It has no signature of a form that is known.
    Unsigned,
    /// Its signature or token is not ours.
    Wrong,
    /// Its signature is of another time.
    Stale,
}

impl Verifier {
    pub(super) fn new(secret: &str) -> Self {
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let signing = secret.strip_prefix(SIGNING).and_then(|rest| STANDARD.decode(rest).ok());
        Self { plain: key(secret.as_bytes()), signing: signing.map(|bytes| key(&bytes)) }
    }

    /// Looks at the head of a request. `header` finds a header by its name in lowercase. Of several signatures the first
    /// that is known counts, and a good one does not make up for a bad one.
    pub(super) fn begin<'h>(&self, header: impl Fn(&str) -> Option<&'h str>, now: Duration) -> Result<Claim, Doubt> {
        if let (Some(key), Some(signatures)) = (&self.signing, header("webhook-signature")) {
            let (Some(id), Some(sent)) = (header("webhook-id"), header("webhook-timestamp")) else {
                return Err(Doubt::Unsigned);
            };
            let at: u64 = sent.parse().map_err(|_| Doubt::Wrong)?;
            if now.as_secs().abs_diff(at) > SKEW {
                return Err(Doubt::Stale);
            }
            let decode = |one: &str| STANDARD.decode(one.strip_prefix("v1,")?).ok();
            let expected = signatures.split(' ').filter_map(decode).collect();
            let mut context = hmac::Context::with_key(key);
            context.update(format!("{id}.{sent}.").as_bytes());
            return Ok(Claim::Signed(Box::new(Pending { context, expected })));
        }
        let github = header("x-hub-signature-256").map(|value| value.strip_prefix("sha256=").unwrap_or_default());
        let bare = ["x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"];
        if let Some(digits) = github.or_else(|| bare.iter().find_map(|name| header(name))) {
            let expected = vec![hex(digits).ok_or(Doubt::Wrong)?];
            let context = hmac::Context::with_key(&self.plain);
            return Ok(Claim::Signed(Box::new(Pending { context, expected })));
        }
        let Some(token) = header("x-gitlab-token") else { return Err(Doubt::Unsigned) };
        // Both under a key, so that nothing of the secret shows in the time, not even its length.
        let ours = hmac::sign(&self.plain, b"masthead");
        let theirs = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), b"masthead");
        if bool::from(ours.as_ref().ct_eq(theirs.as_ref())) { Ok(Claim::Proven) } else { Err(Doubt::Wrong) }
    }
}

impl Pending {
    /// Takes a piece of the body, of which nothing is kept.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    pub(super) fn finish(self) -> Result<(), Doubt> {
        let ours = self.context.sign();
        let good = self.expected.iter().any(|theirs| bool::from(ours.as_ref().ct_eq(theirs)));
        if good { Ok(()) } else { Err(Doubt::Wrong) }
    }
}

impl Doubt {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Unsigned => "the webhook is not signed",
            Self::Wrong => "the webhook's signature is not made with our secret",
            Self::Stale => "the webhook's signature is of another time",
        }
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let bytes = digits.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    /// The example of GitHub's documentation: this secret, this body, this signature.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const SIGNATURE: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[track_caller]
    fn check(secret: &str, headers: &[(&str, &str)], body: &str, expect: Result<(), Doubt>) {
        let header = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let got = Verifier::new(secret).begin(header, Duration::from_secs(NOW)).and_then(|claim| match claim {
            Claim::Proven => Ok(()),
            Claim::Signed(mut pending) => {
                // As it comes in pieces.
                body.as_bytes().chunks(3).for_each(|piece| pending.update(piece));
                pending.finish()
            }
        });
        assert_eq!(got, expect, "{headers:?}");
    }

    #[test]
    fn github_signs_the_body() {
        let good = format!("sha256={SIGNATURE}");
        check(SECRET, &[("x-hub-signature-256", &good)], BODY, Ok(()));
        check(SECRET, &[("x-hub-signature-256", &good)], "Hello, World?", Err(Doubt::Wrong));
        check("another", &[("x-hub-signature-256", &good)], BODY, Err(Doubt::Wrong));
        for bad in [SIGNATURE, "sha256=", "sha256=75", "sha256=zz", "sha1=75", "", &good[..70]] {
            check(SECRET, &[("x-hub-signature-256", bad)], BODY, Err(Doubt::Wrong));
        }
        check(
            SECRET,
            &[("x-hub-signature", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d")],
            BODY,
            Err(Doubt::Unsigned),
        );
        check(SECRET, &[], BODY, Err(Doubt::Unsigned));
    }

    #[test]
    fn gitea_and_forgejo_sign_it_without_a_prefix() {
        for name in ["x-gitea-signature", "x-forgejo-signature", "x-gogs-signature"] {
            check(SECRET, &[(name, SIGNATURE)], BODY, Ok(()));
            check(SECRET, &[(name, &SIGNATURE.to_uppercase())], BODY, Ok(()));
            check(SECRET, &[(name, SIGNATURE)], "", Err(Doubt::Wrong));
            check(SECRET, &[(name, "")], BODY, Err(Doubt::Wrong));
        }
    }

    #[test]
    fn a_good_signature_does_not_make_up_for_a_bad_one() {
        let both = [("x-hub-signature-256", "sha256=00"), ("x-gitea-signature", SIGNATURE)];
        check(SECRET, &both, BODY, Err(Doubt::Wrong));
    }

    #[test]
    fn gitlab_shows_the_secret() {
        check(SECRET, &[("x-gitlab-token", SECRET)], BODY, Ok(()));
        check(SECRET, &[("x-gitlab-token", SECRET)], "", Ok(()));
        for wrong in ["", "It's a Secret to Everybod", "It's a Secret to Everybody!", "it's a secret to everybody"] {
            check(SECRET, &[("x-gitlab-token", wrong)], BODY, Err(Doubt::Wrong));
        }
    }

    #[test]
    fn gitlab_signs_the_body_with_an_id_and_a_time() {
        // 32 bytes of 0x07, and what Python's `hmac` says of `id-1.1800000000.Hello, World!`.
        let secret = "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let good = "v1,aB6afGbHBbxfmUr/7NlsA088SObrur3UBtzUsrpiO8o=";
        let head = |sent: &'static str, signature: &'static str| {
            [("webhook-id", "id-1"), ("webhook-timestamp", sent), ("webhook-signature", signature)]
        };
        check(secret, &head("1800000000", good), BODY, Ok(()));
        check(
            secret,
            &head("1800000000", "v1,AAAA v2,BBBB v1,aB6afGbHBbxfmUr/7NlsA088SObrur3UBtzUsrpiO8o="),
            BODY,
            Ok(()),
        );
        check(secret, &head("1800000000", good), "Hello", Err(Doubt::Wrong));
        check(secret, &head("1800000001", good), BODY, Err(Doubt::Wrong));
        check(secret, &head("1799999699", good), BODY, Err(Doubt::Stale));
        check(secret, &head("1800000301", good), BODY, Err(Doubt::Stale));
        check(secret, &head("now", good), BODY, Err(Doubt::Wrong));
        check(secret, &head("1800000000", ""), BODY, Err(Doubt::Wrong));
        check(secret, &[("webhook-signature", good)], BODY, Err(Doubt::Unsigned));
        // With a secret of the other form nothing is known of it.
        check(SECRET, &head("1800000000", good), BODY, Err(Doubt::Unsigned));
    }
}
