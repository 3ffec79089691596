//! What clients show of an event.

use super::{
    address,
    blossom::{Blossom, PLACE},
    tags,
};
use crate::twin::{Live, LiveMedia};
use masthead::network::nip19;
use serde_json::Value;
use std::collections::BTreeMap;

/// Shows a file that a note names: its bytes as they are served, and what the next tag of its address says of it.
fn shown_file(url: &str, said: &mut Vec<Value>, media: &Blossom) -> LiveMedia {
    let (kind, bytes) =
        media.served(url.rsplit('/').next().expect("a name")).unwrap_or_else(|| panic!("{url} is nowhere"));
    let field = |tag: &Value, name: &str| {
        let fields = tag.as_array().expect("a tag").iter().filter_map(Value::as_str);
        fields
            .filter_map(|field| field.split_once(' '))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let at = said.iter().position(|tag| field(tag, "url").as_deref() == Some(url)).expect("what is said of it");
    let tag = said.remove(at);
    let hash = nip19::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    assert_eq!(field(&tag, "x"), Some(hash));
    assert_eq!(field(&tag, "m").as_deref(), Some(kind.mime()));
    // The film of the trials doesn't tell its size.
    let size = field(&tag, "dim");
    assert!(size.as_deref() == Some("4x3") || (kind.is_video() && size.is_none()), "{tag}");
    LiveMedia { kind, bytes: bytes.len(), alt: field(&tag, "alt").unwrap_or_default() }
}

/// Shows an event.
pub(super) fn show(event: &Value, media: &Blossom) -> Live {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let first = |name: &str| tags(event, name).next().and_then(|tag| text(&tag[1]));
    let content = text(&event["content"]).expect("text");
    let id = text(&event["id"]).expect("an id");
    let mut live = Live { id, url: address(event), ..Live::default() };
    if event["kind"] != 1 {
        live.boost = first("e");
        let whole: Value = serde_json::from_str(&content).expect("the event that is passed on, as JSON");
        assert_eq!(text(&whole["id"]), live.boost, "the same one");
        super::verify(&whole).expect("with the signature of whoever wrote it");
        return live;
    }
    let marked = |marker: &str| tags(event, "e").find(|tag| tag[3] == marker).and_then(|tag| text(&tag[1]));
    live.reply_to = marked("reply").or_else(|| marked("root"));
    live.quote = first("q");
    live.warning = first("content-warning");
    live.facts = BTreeMap::new();
    live.facts.extend(live.warning.clone().map(|warning| ("content_warning", warning)));
    live.language = tags(event, "l").find(|tag| tag[2] == "ISO-639-1").and_then(|tag| text(&tag[1]));
    let told: Vec<String> = tags(event, "p").filter_map(|tag| text(&tag[1])).collect();
    let known: Vec<String> = tags(event, "t").filter_map(|tag| text(&tag[1])).collect();
    let mut shown = Vec::new();
    let mut said: Vec<Value> = tags(event, "imeta").cloned().collect();
    for word in content.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        if let Some(tag) = bare.strip_prefix('#')
            && known.contains(&tag.to_lowercase())
        {
            live.tags.push(tag.to_owned());
        }
        // Nor is the address of an image read.
        if bare.starts_with(PLACE) {
            live.media.push(shown_file(bare, &mut said, media));
            continue;
        }
        let link = bare.trim_start_matches('(').trim_end_matches(')');
        if link.starts_with("https://") {
            live.links.push((link.to_owned(), link.to_owned()));
        }
        // A note that is quoted is drawn below.
        if bare.starts_with("nostr:nevent1") {
            continue;
        }
        match word.find("nostr:npub1") {
            Some(at) => {
                let name = &word[at + "nostr:".len()..][.."npub1".len() + 58];
                let key = nip19::key("npub", name).expect("a public key");
                if told.contains(&nip19::hex(&key)) {
                    live.mentions.push(name.to_owned());
                }
                shown.push(word.replacen("nostr:", "@", 1));
            }
            None => shown.push(word.to_owned()),
        }
    }
    assert!(said.is_empty(), "it says something of files that it doesn't name: {said:?}");
    live.text = shown.concat().trim_end().to_owned();
    live
}
