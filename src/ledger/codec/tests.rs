use super::*;
use crate::ledger::fixture;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

#[test]
fn an_intent_is_written_as_documented() {
    insta::assert_snapshot!(encode(&fixture::intent("hello", "brand", 1, "0a1b")), @r#"
    {
      "account": "brand",
      "at": "1970-01-01T00:00:00Z",
      "by": {
        "run": "run",
        "version": "0.1.0"
      },
      "id": "0a1b",
      "kind": "intent",
      "part": 1,
      "post": "hello",
      "v": 1,
      "what": {
        "attempt": 1,
        "commit": "c0ffee",
        "digest": "d1",
        "key": "k1",
        "lease": 70,
        "nonce": 18446744073709551615
      }
    }
    "#);
}

#[test]
fn a_receipt_is_written_as_documented() {
    insta::assert_snapshot!(encode(&fixture::receipt("hello", "brand", 1, "0c", "0a1b", "109")), @r#"
    {
      "account": "brand",
      "at": "1970-01-01T00:00:00Z",
      "by": {
        "run": "run",
        "version": "0.1.0"
      },
      "id": "0c",
      "kind": "receipt",
      "of": "0a1b",
      "part": 1,
      "post": "hello",
      "v": 1,
      "what": {
        "commit": "c0ffee",
        "digest": "d1",
        "excerpt": "Dress your Sims",
        "parts": 1,
        "remote": {
          "id": "109",
          "url": "https://mastodon.example/@brand/109"
        },
        "via": "answer"
      }
    }
    "#);
}

#[test]
fn the_genesis_is_written_as_documented() {
    let genesis = Genesis { id: "f00d".to_owned(), created: Timestamp::EPOCH };
    let text = encode_genesis(&genesis);
    insta::assert_snapshot!(text, @r#"
    {
      "created": "1970-01-01T00:00:00Z",
      "id": "f00d",
      "min_reader": 1,
      "v": 1
    }
    "#);
    assert_eq!(decode_genesis(&text), Ok(genesis));
}

#[test]
fn fetched_media_is_written_with_its_digest() {
    let mut event = fixture::receipt("hello", "brand", 1, "0c", "0a1b", "109");
    assert!(!encode(&event).contains("media"), "nothing was fetched");
    let Happening::Receipt { media, .. } = &mut event.what else { panic!("a receipt") };
    media.insert("https://img.example/a.png?b".to_owned(), "d1".to_owned());
    let text = encode(&event);
    assert!(text.contains("\"media\": {\n      \"https://img.example/a.png?b\": \"d1\"\n    }"), "{text}");
    assert_eq!(decode(&text), Ok(event));
}

#[track_caller]
fn check_decode(change: impl FnOnce(String) -> String, expect: Result<(), CodecError>) {
    let text = change(encode(&fixture::hold("hello", "brand", 1, "0c", "0a1b")));
    assert_eq!(decode(&text).map(|_| ()), expect, "{text}");
}

fn newer(message: &str) -> Result<(), CodecError> {
    Err(CodecError::Newer(message.to_owned()))
}

#[test]
fn unknown_fields_are_ignored() {
    check_decode(|text| text.replace("\"part\"", "\"mood\": {\"a\": [1]}, \"part\""), Ok(()));
    check_decode(|text| text.replace("\"reason\"", "\"mood\": null, \"reason\""), Ok(()));
}

#[test]
fn a_newer_version_or_kind_is_refused_as_newer() {
    check_decode(
        |text| text.replace("\"v\": 1", "\"v\": 2"),
        newer("an event of version 2, and this program knows up to 1"),
    );
    check_decode(|text| text.replace("\"hold\"", "\"pin\""), newer("an event of a kind that isn't known, `pin`"));
    check_decode(
        |_| "{\"v\": 7, \"kind\": 3}".to_owned(),
        newer("an event of version 7, and this program knows up to 1"),
    );
}

#[track_caller]
fn check_damaged(change: impl FnOnce(String) -> String) {
    let text = change(encode(&fixture::hold("hello", "brand", 1, "0c", "0a1b")));
    assert!(matches!(decode(&text), Err(CodecError::Damaged(_))), "{text}: {:?}", decode(&text));
}

#[test]
fn damage_is_refused() {
    check_damaged(|_| String::new());
    check_damaged(|text| text[..text.len() / 2].to_owned());
    check_damaged(|text| text.replace("\"v\": 1", "\"v\": 0"));
    check_damaged(|text| text.replace("\"part\": 1", "\"part\": 0"));
    check_damaged(|text| text.replace("\"part\": 1", "\"part\": 60000"));
    check_damaged(|text| text.replace("\"part\": 1", "\"part\": 1, \"part\": 2"));
    check_damaged(|text| text.replace("\"hello\"", "\"\""));
    check_damaged(|text| text.replace("1970-", "yesterday-"));
}

#[test]
fn a_genesis_for_newer_readers_is_refused_whatever_it_holds() {
    assert_eq!(
        decode_genesis("{\"min_reader\": 2, \"shape\": \"new\"}"),
        Err(CodecError::Newer("the ledger asks for readers of version 2, and this one is of version 1".to_owned()))
    );
    assert!(matches!(decode_genesis("{}"), Err(CodecError::Damaged(_))));
}

#[test]
fn a_long_message_is_cut_on_a_boundary() {
    assert_eq!(shorten("héé", 4), "hé");
    assert_eq!(shorten("a\"b", 3), "a\"");
    assert_eq!(shorten("a\"b", 2), "a");
    assert_eq!(shorten("\0", 5), "");
    let mut event = fixture::hold("hello", "brand", 1, "0c", "0a1b");
    for char in ["x", "é", "\0", "\"", "🦀", "\u{7f}"] {
        event.what = Happening::Fail { kind: "refused".to_owned(), message: char.repeat(9000) };
        let text = encode(&event);
        assert!(text.len() < 4096, "{}", text.len());
        assert!(text.len() > 2000, "{}", text.len());
        let read = decode(&text).expect("an event");
        assert_eq!(encode(&read), text);
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(128))]

    #[test]
    fn what_is_written_reads_back(event in fixture::any_event()) {
        let text = encode(&event);
        prop_assert_eq!(decode(&text), Ok(event));
        prop_assert!(text.ends_with('\n'));
        // Canonical: what any JSON library that sorts would write.
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(serde_json::to_string_pretty(&value).expect("JSON") + "\n", text);
    }

    #[test]
    fn any_text_is_refused_or_read(text in "\\PC{0,200}") {
        let _ = decode(&text);
        let _ = decode_genesis(&text);
    }
}
