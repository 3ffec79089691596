//! What clients show of an event.

use super::{address, tags};
use crate::twin::Live;
use masthead::network::nip19;
use serde_json::Value;
use std::collections::BTreeMap;

/// Shows an event.
pub(super) fn show(event: &Value) -> Live {
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
    for word in content.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        if let Some(tag) = bare.strip_prefix('#')
            && known.contains(&tag.to_lowercase())
        {
            live.tags.push(tag.to_owned());
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
    live.text = shown.concat().trim_end().to_owned();
    live
}
