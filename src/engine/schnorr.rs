//! Signatures of Nostr: BIP-340 over secp256k1, by a key that stays here.

use crate::{
    model::Timestamp,
    network::{
        Credential, RelayCall, RelayEvent, RelaySays,
        nip19::{hex, key},
    },
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use k256::schnorr::SigningKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// The name of a question to a relay. Each connection has one.
const QUESTION: &str = "masthead";

/// For how long what is signed for one request is good, in seconds: whoever sees it could use it as long. Some servers take
/// nothing that is good for longer.
const LIFETIME: i64 = 2 * 60;
/// By how much its time is put back: it must not lie in the future, and the server's clock may be behind.
const BEHIND: i64 = 5;

/// Writes what is said to each relay. `secret` finds the key, which must belong to the public key that the call names.
pub(super) fn frame(
    call: &RelayCall,
    secret: impl Fn(Credential) -> Result<SecretString, String>,
    now: Timestamp,
) -> Result<Value, String> {
    let signer = match &call.signer {
        Some(signer) => Some((signing_key(secret(signer.credential)?.expose_secret())?, signer)),
        None => None,
    };
    if let Some((key, signer)) = &signer {
        belongs(key, &signer.public_key)?;
    }
    let event = match &call.says {
        RelaySays::Tell(filters) => {
            let mut frame = vec![json!("REQ"), json!(QUESTION)];
            frame.extend(filters.iter().cloned());
            return Ok(Value::Array(frame));
        }
        RelaySays::Take(event) => event.clone(),
        RelaySays::TakeNow(event) => RelayEvent { created_at: now.millis().div_euclid(1000), ..event.clone() },
    };
    let Some((key, _)) = signer.filter(|(_, signer)| signer.public_key == event.public_key) else {
        return Err("the adapter sends an event that nobody signs".to_owned());
    };
    Ok(json!(["EVENT", sign(&key, &event)?]))
}

/// Writes what goes with an HTTP request after the word `Nostr`: an event of now that ends soon, in base64.
///
/// Newer texts want the alphabet of addresses without padding, older ones the usual with it (BUD-11 and BUD-01 of Blossom, NIP-98).
/// Of ASCII without `>`, `?` and `~` both make the same, and with blanks at its end it needs no padding.
pub(super) fn authorization(event: &RelayEvent, secret: &str, now: Timestamp) -> Result<String, String> {
    let key = signing_key(secret)?;
    belongs(&key, &event.public_key)?;
    let created_at = now.millis().div_euclid(1000) - BEHIND;
    let mut event = RelayEvent { created_at, ..event.clone() };
    event.tags.push(vec!["expiration".to_owned(), (created_at + LIFETIME).to_string()]);
    let mut text = sign(&key, &event)?.to_string();
    let blanks = text.len().next_multiple_of(3) - text.len();
    text.extend(std::iter::repeat_n(' ', blanks));
    Ok(BASE64_URL_SAFE_NO_PAD.encode(text))
}

/// Signs an event.
fn sign(key: &SigningKey, event: &RelayEvent) -> Result<Value, String> {
    // Without randomness, so that a repetition is the same to the last byte. BIP-340 allows it.
    let signature = key.sign_raw(&event.id(), &[0; 32]).map_err(|_| "the event can't be signed".to_owned())?;
    Ok(event.signed(&signature.to_bytes()))
}

/// Refuses a key that is not the secret half of a public one.
fn belongs(key: &SigningKey, public_key: &str) -> Result<(), String> {
    if hex(&key.verifying_key().to_bytes()) == public_key {
        return Ok(());
    }
    Err("the secret key does not belong to the account's `handle`: one of the two is another's".to_owned())
}

fn signing_key(secret: &str) -> Result<SigningKey, String> {
    let wrong = || "the secret is no secret key of Nostr: `nsec1…`, or 64 hexadecimal digits".to_owned();
    let bytes = key("nsec", secret.trim()).ok_or_else(wrong)?;
    SigningKey::from_slice(&bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Signer, nip19::from_hex};
    use base64::prelude::BASE64_STANDARD;
    use k256::schnorr::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier as _};

    /// The vectors of BIP-340 that sign 32 bytes: secret, public, randomness, message, signature
    /// (<https://github.com/bitcoin/bips/blob/master/bip-0340/test-vectors.csv>).
    const VECTORS: [[&str; 5]; 4] = [
        [
            "0000000000000000000000000000000000000000000000000000000000000003",
            "F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA821525F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0",
        ],
        [
            "B7E151628AED2A6ABF7158809CF4F3C762E7160F38B4DA56A784D9045190CFEF",
            "DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89",
            "6896BD60EEAE296DB48A229FF71DFE071BDE413E6D43F917DC8DCF8C78DE33418906D11AC976ABCCB20B091292BFF4EA897EFCB639EA871CFA95F6DE339E4B0A",
        ],
        [
            "C90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B14E5C9",
            "DD308AFEC5777E13121FA72B9CC1B7CC0139715309B086C960E18FD969774EB8",
            "C87AA53824B4D7AE2EB035A2B5BBBCCC080E76CDC6D1692C4B0B62D798E6D906",
            "7E2D58D8B3BCDF1ABADEC7829054F90DDA9805AAB56C77333024B9D0A508B75C",
            "5831AAEED7B44BB74E5EAB94BA9D4294C49BCF2A60728D8B4C200F50DD313C1BAB745879A5AD954A72C45A91C3A51D3C7ADEA98D82F8481E0E1E03674A6F3FB7",
        ],
        [
            "0B432B2677937381AEF05BB02A66ECD012773062CF3FA2549E44F58ED2401710",
            "25D1DFF95105F5253C4022F628A996AD3A0D95FBF21D468A1B33F8C160D8F517",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "7EB0509757E246F19449885651611CB965ECC1A187DD51B64FDA1EDC9637D5EC97582B9CB13DB3933705B32BA982AF5AF25FD78881EBB32771FC5922EFC66EA3",
        ],
    ];

    fn call(public_key: &str, content: &str) -> RelayCall {
        let event = RelayEvent {
            public_key: public_key.to_owned(),
            created_at: 1_800_000_000,
            kind: 1,
            tags: Vec::new(),
            content: content.to_owned(),
        };
        RelayCall {
            relays: vec!["wss://relay.example".to_owned()],
            signer: Some(Signer { credential: Credential::Token, public_key: public_key.to_owned() }),
            says: RelaySays::Take(event),
        }
    }

    #[test]
    fn signatures_are_those_of_bip_340() {
        for [secret, public, random, message, signature] in VECTORS {
            let bytes = |text: &str| from_hex(text).expect("hexadecimal");
            let key = signing_key(secret).expect("a key");
            assert_eq!(key.verifying_key().to_bytes().to_vec(), bytes(public));
            let random: [u8; 32] = bytes(random).try_into().expect("32 bytes");
            let made = key.sign_raw(&bytes(message), &random).expect("a signature");
            assert_eq!(made.to_bytes().to_vec(), bytes(signature));
        }
    }

    #[test]
    fn an_event_is_signed_the_same_each_time_and_anybody_can_check_it() {
        let [secret, public, ..] = VECTORS[1].map(str::to_lowercase);
        let sign = || frame(&call(&public, "Hello"), |_| Ok(secret.clone().into()), Timestamp::EPOCH).expect("signed");
        let made = sign();
        assert_eq!(made, sign());
        assert_eq!(made[0], "EVENT");
        assert_eq!(verify(&made[1]).public_key, public);
        assert!(!made.to_string().contains(&secret));
    }

    /// Checks the signature of an event as others do.
    #[track_caller]
    fn verify(signed: &Value) -> RelayEvent {
        let event = RelayEvent::read(signed).expect("an event");
        let bytes = |key: &str| from_hex(signed[key].as_str().expect("a text")).expect("hexadecimal");
        let signature = Signature::try_from(bytes("sig").as_slice()).expect("a signature");
        let key = VerifyingKey::from_slice(&bytes("pubkey")).expect("a key");
        key.verify_prehash(&event.id(), &signature).expect("it holds");
        event
    }

    #[test]
    fn an_event_goes_with_a_request_in_both_ways_of_writing_it() {
        let [secret, public, ..] = VECTORS[2].map(str::to_lowercase);
        let now = Timestamp::from_millis(1_800_000_000_999);
        for content in ["Upload", "Upload a", "Upload an", "Upload a file"] {
            let event = RelayEvent {
                public_key: public.clone(),
                created_at: 0,
                kind: 24242,
                tags: vec![vec!["t".to_owned(), "upload".to_owned()]],
                content: content.to_owned(),
            };
            let written = authorization(&event, &secret, now).expect("signed");
            let decoded = BASE64_URL_SAFE_NO_PAD.decode(&written).expect("base64 of addresses");
            assert_eq!(BASE64_STANDARD.decode(&written).as_ref(), Ok(&decoded), "the usual is the same");
            let made = verify(&serde_json::from_slice(&decoded).expect("JSON"));
            let expiration = vec!["expiration".to_owned(), "1800000115".to_owned()];
            let tags = vec![event.tags[0].clone(), expiration];
            assert_eq!(made, RelayEvent { created_at: 1_799_999_995, tags, ..event.clone() });
            assert!(!String::from_utf8_lossy(&decoded).contains(&secret));
            let refused = authorization(&event, VECTORS[1][0], now).expect_err("another's key");
            assert!(refused.contains("handle") && !refused.contains(VECTORS[1][0]), "{refused}");
        }
    }

    #[test]
    fn the_example_of_blossom_is_read_and_holds() {
        // What BUD-01 shows after `Authorization: Nostr` (<https://github.com/hzrd149/blossom/blob/master/buds/01.md>).
        let example = "eyJpZCI6IjhlY2JkY2RkNTMyOTIwMDEwNTUyNGExNDI4NzkxMzg4MWIzOWQxNDA5ZDhiOTBjY2RiNGI0M2Y4ZjBmYzlkMGMiLCJwdWJrZXkiOiI5ZjBjYzE3MDIzYjJjZjUwOWUwZjFkMzA1NzkzZDIwZTdjNzIyNzY5MjhmZDliZjg1NTM2ODg3YWM1NzBhMjgwIiwiY3JlYXRlZF9hdCI6MTcwODc3MTIyNywia2luZCI6MjQyNDIsInRhZ3MiOltbInQiLCJnZXQiXSxbImV4cGlyYXRpb24iLCIxNzA4ODU3NTQwIl1dLCJjb250ZW50IjoiR2V0IEJsb2JzIiwic2lnIjoiMDJmMGQyYWIyM2IwNDQ0NjI4NGIwNzFhOTVjOThjNjE2YjVlOGM3NWFmMDY2N2Y5NmNlMmIzMWM1M2UwN2I0MjFmOGVmYWRhYzZkOTBiYTc1NTFlMzA4NWJhN2M0ZjU2NzRmZWJkMTVlYjQ4NTFjZTM5MGI4MzI4MjJiNDcwZDIifQ==";
        let decoded = BASE64_STANDARD.decode(example).expect("base64");
        let event = verify(&serde_json::from_slice(&decoded).expect("JSON"));
        assert_eq!((event.kind, event.content.as_str(), event.tags[0][1].as_str()), (24242, "Get Blobs", "get"));
    }

    #[test]
    fn a_key_of_somebody_else_is_not_used() {
        let other = VECTORS[0][1].to_lowercase();
        let secret = VECTORS[1][0];
        let refused =
            frame(&call(&other, "Hello"), |_| Ok(secret.into()), Timestamp::EPOCH).expect_err("another's key");
        assert!(refused.contains("handle") && !refused.contains(secret), "{refused}");
        for nonsense in ["", "hunter2", "nsec1qqqq", &"0".repeat(64), &"f".repeat(64)] {
            let refused = frame(&call(&other, "Hello"), |_| Ok(nonsense.into()), Timestamp::EPOCH).expect_err("no key");
            assert!(refused.contains("nsec1"), "{refused}");
        }
        let unsigned = RelayCall { signer: None, ..call(&other, "Hello") };
        assert!(frame(&unsigned, |_| Ok(secret.into()), Timestamp::EPOCH).is_err());
    }
}
