//! The media server beside the relays: Blossom, as its BUDs say (<https://github.com/hzrd149/blossom/tree/master/buds>). It looks
//! at what authorises an upload by itself, in both ways in which that may be written.

use super::{OURS, public, tags, verify};
use crate::{
    fixtures,
    twin::{TwinRequest, answer, json},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use masthead::{
    model::MediaKind,
    network::{Method, Response, nip19},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap};

/// Where it is.
pub(super) const PLACE: &str = "https://media.example";
/// The most that it takes, in bytes.
const LARGEST: usize = 1_000_000;
const KINDS: [MediaKind; 5] = [MediaKind::Jpeg, MediaKind::Png, MediaKind::Webp, MediaKind::Gif, MediaKind::Mp4];

/// The media server.
#[derive(Default)]
pub(super) struct Blossom {
    /// What it holds, by hash.
    held: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Blossom {
    /// Answers a request.
    pub(super) fn handle(&self, request: &TwinRequest) -> Response {
        match (request.method, request.path()) {
            (Method::Put, "/upload") => self.put(request),
            (Method::Get, path) => {
                assert_eq!(request.authorization, None, "what is public needs nobody's word");
                match self.served(path.trim_start_matches('/')) {
                    Some((kind, bytes)) => answer(request, 200, kind.mime(), bytes),
                    None => refuse(request, 404, "Blob not found"),
                }
            }
            other => panic!("a request that no media server knows: {other:?}"),
        }
    }

    /// Returns what it serves under the end of an address: a hash, and an ending that says what it is.
    pub(super) fn served(&self, name: &str) -> Option<(MediaKind, Vec<u8>)> {
        let hash = name.split('.').next()?;
        let bytes = self.held.borrow().get(hash)?.clone();
        let kind = fixtures::sniff(&bytes).expect("it was looked at when it came");
        assert!([hash.to_owned(), format!("{hash}.{}", kind.extension())].iter().any(|it| it == name), "{name}");
        Some((kind, bytes))
    }

    fn put(&self, request: &TwinRequest) -> Response {
        let hash = nip19::hex(&<sha2::Sha256 as sha2::Digest>::digest(&request.body));
        if let Err((status, why)) = authorised(request, &hash) {
            return refuse(request, status, why);
        }
        if request.header("x-sha-256") != Some(hash.as_str()) {
            return refuse(request, 409, "X-SHA-256 does not match the body");
        }
        if request.body.len() > LARGEST {
            return refuse(request, 413, "File too large. Max allowed size is 1MB");
        }
        let kind = fixtures::sniff(&request.body).filter(|kind| KINDS.contains(kind));
        let Some(kind) = kind.filter(|kind| request.header("content-type") == Some(kind.mime())) else {
            return refuse(request, 415, "Unsupported media type");
        };
        let before = self.held.borrow_mut().insert(hash.clone(), request.body.clone());
        let descriptor = json!({
            "url": format!("{PLACE}/{hash}.{}", kind.extension()),
            "sha256": hash,
            "size": request.body.len(),
            "type": kind.mime(),
            "uploaded": request.at.millis() / 1000,
        });
        json(request, if before.is_some() { 200 } else { 201 }, &descriptor)
    }
}

/// Looks at what a request says for itself.
fn authorised(request: &TwinRequest, hash: &str) -> Result<(), (u16, &'static str)> {
    let written = request.authorization.as_deref().and_then(|value| value.strip_prefix("Nostr "));
    let written = written.ok_or((401, "Missing Auth event"))?;
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(written).expect("the base64 of addresses, without padding");
    assert_eq!(BASE64_STANDARD.decode(written).as_ref(), Ok(&decoded), "older servers read the usual base64");
    let event: Value = serde_json::from_slice(&decoded).expect("JSON");
    verify(&event).map_err(|_| (401, "Invalid Auth event"))?;
    let now = request.at.millis() / 1000;
    let first = |name: &'static str| tags(&event, name).next().map_or("", |tag| tag[1].as_str().expect("a text"));
    let until: i64 = first("expiration").parse().unwrap_or_default();
    let since = event["created_at"].as_i64().expect("a time");
    assert!(!event["content"].as_str().expect("a text").is_empty(), "it tells people what it is for");
    match () {
        () if event["kind"] != 24242 => Err((401, "Incorrect Auth kind")),
        () if since > now => Err((401, "Auth event is from the future")),
        () if until <= now => Err((401, "Auth expired")),
        // As a server that takes no word that is good for longer.
        () if until > since + 120 || since < now - 60 => Err((401, "Auth is good for too long")),
        () if first("t") != "upload" => Err((401, "Incorrect Auth type")),
        () if first("x") != hash => Err((403, "Auth event is missing the sha256")),
        () if event["pubkey"] != json!(nip19::hex(&public(&OURS))) => Err((403, "Not one of ours")),
        () => Ok(()),
    }
}

/// Refuses with words in the header, as newer servers do.
fn refuse(request: &TwinRequest, status: u16, why: &str) -> Response {
    let mut response = answer(request, status, "text/plain", Vec::new());
    response.headers.push(("x-reason".to_owned(), why.to_owned()));
    response
}
