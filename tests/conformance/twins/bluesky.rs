//! A server of the AT Protocol in memory: sessions, blobs, and records that must fit their lexicons.
//!
//! Statuses, error names and words are those of `@atproto/pds` 0.5.35, tried on 2026-11-22. It is stricter in one thing:
//! a facet must lie inside the text and on character boundaries, which the real one leaves to its readers.

mod lexicon;

use crate::{
    fixtures,
    twin::{Live, LiveMedia, Planted, Sample, Twin, TwinRequest, json},
};
use masthead::{
    diag::{FileId, Span, Spanned},
    model::{Account, AccountId, NetworkId, OptionValue, SecretRef, Timestamp},
    network::{Method, Response},
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// The entryway, where accounts sign in.
const ENTRYWAY: &str = "https://entryway.example";
/// The server that holds the account's records, as its identity document says.
const PDS: &str = "https://pds.example";
const US: (&str, &str) = ("did:plc:twinacme", "acme.example");
const FRIEND: (&str, &str) = ("did:plc:twinfriend", "friend.example");
const TOKEN: &str = "twin-canary-app-password";
const POST: &str = "app.bsky.feed.post";
const REPOST: &str = "app.bsky.feed.repost";
/// The hard limit of an upload; the lexicon's limit of an image is lower.
const BLOB_LIMIT: usize = 5 * 1024 * 1024;

/// The twin.
#[derive(Default)]
pub(crate) struct Bluesky {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<Key, Record>,
    blobs: BTreeMap<String, Blob>,
    /// How many records of ours were ever made.
    made: usize,
    /// How many records were ever made by anybody, for keys and for order.
    sequence: u64,
    sessions: u64,
    /// The tokens that are taken now; those handed out before are expired.
    access: BTreeSet<String>,
    refresh: BTreeSet<String>,
    canaries: Vec<String>,
    tight: bool,
}

/// Owner, collection and record key.
type Key = (String, String, String);

struct Record {
    value: Value,
    cid: String,
    order: u64,
}

struct Blob {
    mime: String,
    bytes: Vec<u8>,
}

/// A refusal: status, name and words.
struct Refusal(u16, &'static str, String);

impl Refusal {
    fn invalid(words: impl Into<String>) -> Self {
        Self(400, "InvalidRequest", words.into())
    }
}

type Answer = Result<Value, Refusal>;

impl Twin for Bluesky {
    fn account(&self) -> Account {
        let span = Span::new(FileId(0), 0..0);
        Account {
            endpoint: Some(Spanned::new(ENTRYWAY.to_owned(), span)),
            handle: Some(Spanned::new(US.1.to_owned(), span)),
            token: Some(Spanned::new(SecretRef::Env("TWIN_TOKEN".to_owned()), span)),
            ..Account::new(AccountId::new("trial"), NetworkId("bluesky"), span)
        }
    }

    fn token(&self) -> &'static str {
        TOKEN
    }

    fn canaries(&self) -> Vec<String> {
        self.state.borrow().canaries.clone()
    }

    fn handle(&self, request: &TwinRequest) -> Response {
        match self.state.borrow_mut().answer(request) {
            Ok(value) => json(request, 200, &value),
            Err(Refusal(status, name, words)) => json(request, status, &json!({ "error": name, "message": words })),
        }
    }

    fn live(&self) -> Vec<Live> {
        let state = self.state.borrow();
        let ours = state.records.iter().filter(|((owner, _, _), _)| owner == US.0);
        let mut live: Vec<_> = ours.map(|(key, record)| (record.order, state.show(key, record))).collect();
        live.sort_by_key(|(order, _)| *order);
        live.into_iter().map(|(_, live)| live).collect()
    }

    fn made(&self) -> usize {
        self.state.borrow().made
    }

    fn plant(&self, text: &str) -> Planted {
        let record = json!({ "$type": POST, "text": text, "createdAt": "2026-11-30T12:00:00.000Z" });
        let mut state = self.state.borrow_mut();
        let rkey = state.next_key();
        let id = state.write((FRIEND.0.to_owned(), POST.to_owned(), rkey.clone()), record).0;
        Planted { id, url: format!("https://bsky.app/profile/{}/post/{rkey}", FRIEND.1) }
    }

    fn post_by_hand(&self, text: &str, at: Timestamp) {
        let record = json!({ "$type": POST, "text": text, "createdAt": at.to_string() });
        let mut state = self.state.borrow_mut();
        let rkey = state.next_key();
        state.write((US.0.to_owned(), POST.to_owned(), rkey), record);
    }

    fn tighten(&self) {
        self.state.borrow_mut().tight = true;
    }

    fn expire(&self) {
        self.state.borrow_mut().access.clear();
    }

    fn renews(&self) -> bool {
        true
    }

    fn samples(&self) -> Vec<Sample> {
        let text = |key, value: &str| Sample {
            key,
            value: OptionValue::Text(value.to_owned()),
            fact: (key, value.to_owned()),
        };
        vec![
            Sample {
                key: "labels",
                value: OptionValue::List(vec!["nudity".to_owned(), "graphic-media".to_owned()]),
                fact: ("labels", "nudity graphic-media".to_owned()),
            },
            text("card_url", "https://acme.example/hoodie"),
            text("card_title", "The new hoodie"),
            text("card_description", "Black, with a hood."),
        ]
    }

    fn companions(&self, key: &str) -> Vec<(&'static str, OptionValue)> {
        if !key.starts_with("card_") {
            return Vec::new();
        }
        [("card_title", "Title"), ("card_url", "https://acme.example/")]
            .map(|(key, value)| (key, OptionValue::Text(value.to_owned())))
            .into()
    }

    fn handle_of_somebody(&self) -> &'static str {
        FRIEND.1
    }
}

impl State {
    fn answer(&mut self, request: &TwinRequest) -> Answer {
        let path = request.path().to_owned();
        let method = path.strip_prefix("/xrpc/").ok_or_else(|| Refusal(404, "NotFound", "Not found".to_owned()))?;
        let host = request.url.strip_suffix(request.url.split_at(request.url.find("/xrpc/").unwrap_or(0)).1);
        match (request.method, method) {
            (Method::Post, "com.atproto.server.createSession") => return self.create_session(request),
            (Method::Post, "com.atproto.server.refreshSession") => return self.refresh_session(request),
            (Method::Get, "com.atproto.server.describeServer") => return Ok(self.describe()),
            _ => {}
        }
        if host != Some(PDS) {
            return Err(Refusal::invalid("Could not find repo"));
        }
        self.authorize(request)?;
        match (request.method, method) {
            (Method::Get, "com.atproto.server.getSession") => Ok(
                json!({ "did": US.0, "handle": US.1, "email": "acme@example.org", "emailConfirmed": true, "active": true }),
            ),
            (Method::Get, "com.atproto.identity.resolveHandle") => resolve(request),
            (Method::Get, "com.atproto.repo.getRecord") => self.get_record(request),
            (Method::Post, "com.atproto.repo.uploadBlob") => self.upload(request),
            (Method::Post, "com.atproto.repo.putRecord") => self.put_record(request),
            (Method::Post, "com.atproto.repo.createRecord") => self.create_record(request),
            (Method::Post, "com.atproto.repo.deleteRecord") => self.delete_record(request),
            _ => Err(Refusal(501, "MethodNotImplemented", "Method Not Implemented".to_owned())),
        }
    }

    fn create_session(&mut self, request: &TwinRequest) -> Answer {
        let input = request.json().ok_or_else(|| Refusal::invalid("Request encoding (Content-Type) required"))?;
        if input["identifier"] != US.1 || input["password"] != TOKEN {
            return Err(Refusal(401, "AuthenticationRequired", "Invalid identifier or password".to_owned()));
        }
        Ok(self.open())
    }

    fn refresh_session(&mut self, request: &TwinRequest) -> Answer {
        let token = request.bearer().unwrap_or_default();
        if !self.refresh.remove(token) {
            return Err(Refusal(400, "ExpiredToken", "Token has been revoked".to_owned()));
        }
        Ok(self.open())
    }

    fn open(&mut self) -> Value {
        self.sessions += 1;
        let access = format!("twin-canary-access-{}", self.sessions);
        let refresh = format!("twin-canary-refresh-{}", self.sessions);
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        self.canaries.extend([access.clone(), refresh.clone()]);
        json!({
            "did": US.0,
            "handle": US.1,
            "accessJwt": access,
            "refreshJwt": refresh,
            "active": true,
            "didDoc": {
                "@context": ["https://www.w3.org/ns/did/v1"],
                "id": US.0,
                "service": [{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS }],
            },
        })
    }

    fn authorize(&self, request: &TwinRequest) -> Result<(), Refusal> {
        match request.bearer() {
            Some(token) if self.access.contains(token) => Ok(()),
            Some(token) if self.canaries.iter().any(|known| known == token) => {
                Err(Refusal(400, "ExpiredToken", "Token has expired".to_owned()))
            }
            Some(_) => Err(Refusal(400, "InvalidToken", "Token could not be verified".to_owned())),
            None => Err(Refusal(401, "AuthMissing", "Authentication Required".to_owned())),
        }
    }

    /// The server tells the limit of uploads and no other, so that is what can be tightened.
    fn describe(&self) -> Value {
        let limit = if self.tight { 500_000 } else { BLOB_LIMIT };
        json!({ "did": "did:web:pds.example", "availableUserDomains": [".example"], "inviteCodeRequired": false,
            "blobUploadLimit": limit, "links": {}, "contact": {} })
    }

    fn upload(&mut self, request: &TwinRequest) -> Answer {
        let mime = request
            .header("content-type")
            .ok_or_else(|| Refusal::invalid("Request encoding (Content-Type) required"))?;
        if request.body.len() > BLOB_LIMIT {
            return Err(Refusal(413, "PayloadTooLarge", "request entity too large".to_owned()));
        }
        // What the bytes are wins over what the request says of them.
        let mime = fixtures::sniff(&request.body).map_or(mime, |kind| kind.mime());
        let cid = cid("bafkrei", &request.body);
        let blob = json!({ "$type": "blob", "ref": { "$link": cid }, "mimeType": mime, "size": request.body.len() });
        self.blobs.insert(cid, Blob { mime: mime.to_owned(), bytes: request.body.clone() });
        Ok(json!({ "blob": blob }))
    }

    fn get_record(&self, request: &TwinRequest) -> Answer {
        let parameter = |name: &str| {
            request
                .query(name)
                .ok_or_else(|| Refusal::invalid(format!("Error: Params must have the property \"{name}\"")))
        };
        let (repo, collection, rkey) = (parameter("repo")?, parameter("collection")?, parameter("rkey")?);
        let uri = format!("at://{repo}/{collection}/{rkey}");
        let record = self.records.get(&(repo, collection, rkey));
        let record = record.ok_or_else(|| Refusal(400, "RecordNotFound", format!("Could not locate record: {uri}")))?;
        Ok(json!({ "uri": uri, "cid": record.cid, "value": record.value }))
    }

    fn put_record(&mut self, request: &TwinRequest) -> Answer {
        let (key, input) = self.input(request)?;
        let record = input["record"].clone();
        lexicon::check(&key.1, &key.2, &record, &|cid| {
            self.blobs.get(cid).map(|blob| (blob.mime.as_str(), blob.bytes.len()))
        })?;
        if let Some(current) = self.records.get(&key) {
            if current.value == record {
                return Ok(json!({ "uri": uri(&key), "cid": current.cid, "validationStatus": "valid" }));
            }
            if input.get("swapRecord").is_some_and(|swap| *swap != json!(current.cid)) {
                return Err(Refusal(400, "InvalidSwap", format!("Record was at {}", current.cid)));
            }
        }
        let (uri, cid) = self.write(key, record);
        Ok(json!({ "uri": uri, "cid": cid, "commit": { "cid": cid, "rev": "3twin" }, "validationStatus": "valid" }))
    }

    fn create_record(&mut self, request: &TwinRequest) -> Answer {
        let (key, input) = self.input(request)?;
        if self.records.contains_key(&key) {
            return Err(Refusal(500, "InternalServerError", "Internal Server Error".to_owned()));
        }
        let record = input["record"].clone();
        lexicon::check(&key.1, &key.2, &record, &|cid| {
            self.blobs.get(cid).map(|blob| (blob.mime.as_str(), blob.bytes.len()))
        })?;
        let (uri, cid) = self.write(key, record);
        Ok(json!({ "uri": uri, "cid": cid, "validationStatus": "valid" }))
    }

    fn delete_record(&mut self, request: &TwinRequest) -> Answer {
        let (key, _) = self.input(request)?;
        Ok(match self.records.remove(&key) {
            Some(record) => json!({ "commit": { "cid": record.cid, "rev": "3twin" } }),
            None => json!({}),
        })
    }

    /// Reads what every writing call has in common.
    fn input(&self, request: &TwinRequest) -> Result<(Key, Value), Refusal> {
        let input = request.json().ok_or_else(|| Refusal::invalid("Request encoding (Content-Type) required"))?;
        let text = |name: &str| {
            input[name]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| Refusal::invalid(format!("Missing required key \"{name}\"")))
        };
        let repo = text("repo")?;
        let owner = if repo == US.1 { US.0.to_owned() } else { repo };
        if owner != US.0 {
            return Err(Refusal(403, "AccountNotFound", "Account not found".to_owned()));
        }
        Ok(((owner, text("collection")?, text("rkey")?), input))
    }

    /// Writes a record; returns its address and hash.
    fn write(&mut self, key: Key, value: Value) -> (String, String) {
        let cid = cid("bafyrei", value.to_string().as_bytes());
        let uri = uri(&key);
        self.sequence += 1;
        let order = self.records.get(&key).map_or(self.sequence, |record| record.order);
        if key.0 == US.0 {
            self.made += 1;
        }
        self.records.insert(key, Record { value, cid: cid.clone(), order });
        (uri, cid)
    }

    /// Makes a key of the server's own, for records that no adapter writes.
    fn next_key(&self) -> String {
        let digits = b"234567abcdefghijklmnopqrstuvwxyz";
        let number = self.sequence as usize;
        format!("3kkkkkkkkkk{}{}", char::from(digits[number / 32 % 32]), char::from(digits[number % 32]))
    }

    /// Shows a record as its readers see it.
    fn show(&self, key: &Key, record: &Record) -> Live {
        let value = &record.value;
        if key.1 == REPOST {
            return Live { id: uri(key), boost: self.named(&value["subject"]), ..Live::default() };
        }
        let mut live = Live {
            id: uri(key),
            url: format!("https://bsky.app/profile/{}/post/{}", US.1, key.2),
            text: value["text"].as_str().unwrap_or_default().to_owned(),
            language: value["langs"][0].as_str().map(str::to_owned),
            reply_to: self.answered(&value["reply"]),
            ..Live::default()
        };
        for facet in value["facets"].as_array().into_iter().flatten() {
            let at =
                |name: &str| facet["index"][name].as_u64().and_then(|at| usize::try_from(at).ok()).expect("checked");
            let shown = live.text[at("byteStart")..at("byteEnd")].to_owned();
            let feature = &facet["features"][0];
            match feature["$type"].as_str().and_then(|kind| kind.split('#').nth(1)) {
                Some("link") => live.links.push((shown, feature["uri"].as_str().unwrap_or_default().to_owned())),
                Some("tag") => live.tags.push(feature["tag"].as_str().unwrap_or_default().to_owned()),
                Some("mention") => live.mentions.push(handle(feature["did"].as_str().unwrap_or_default())),
                _ => {}
            }
        }
        let labels: Vec<_> = value["labels"]["values"].as_array().into_iter().flatten().collect();
        let labels: Vec<_> = labels.iter().filter_map(|label| label["val"].as_str()).collect();
        if !labels.is_empty() {
            live.facts.insert("labels", labels.join(" "));
        }
        self.show_embed(&value["embed"], &mut live);
        live
    }

    fn show_embed(&self, embed: &Value, live: &mut Live) {
        match embed["$type"].as_str() {
            Some("app.bsky.embed.images") => {
                let images = embed["images"].as_array().into_iter().flatten();
                live.media.extend(images.map(|image| self.show_blob(&image["image"], &image["alt"])));
            }
            Some("app.bsky.embed.video") => live.media.push(self.show_blob(&embed["video"], &embed["alt"])),
            Some("app.bsky.embed.external") => {
                let external = &embed["external"];
                for (fact, name) in [("card_url", "uri"), ("card_title", "title"), ("card_description", "description")]
                {
                    live.facts.insert(fact, external[name].as_str().unwrap_or_default().to_owned());
                }
            }
            Some("app.bsky.embed.record") => live.quote = self.named(&embed["record"]),
            Some("app.bsky.embed.recordWithMedia") => {
                live.quote = self.named(&embed["record"]["record"]);
                self.show_embed(&embed["media"], live);
            }
            _ => {}
        }
    }

    fn show_blob(&self, reference: &Value, alt: &Value) -> LiveMedia {
        let blob = &self.blobs[reference["ref"]["$link"].as_str().expect("checked")];
        LiveMedia {
            kind: fixtures::sniff(&blob.bytes).expect("an image or video"),
            bytes: blob.bytes.len(),
            alt: alt.as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Returns the address of a record that is named by its address and its right hash.
    fn named(&self, reference: &Value) -> Option<String> {
        let uri = reference["uri"].as_str()?;
        let record = self.records.get(&key(uri)?)?;
        (reference["cid"] == record.cid.as_str()).then(|| uri.to_owned())
    }

    /// Returns the address of the post that is answered, if the whole chain is named rightly: a wrong root tears a thread.
    fn answered(&self, reply: &Value) -> Option<String> {
        let parent = self.named(&reply["parent"])?;
        let root = self.named(&reply["root"])?;
        let above = &self.records.get(&key(&parent)?)?.value["reply"]["root"]["uri"];
        (root == above.as_str().unwrap_or(&parent)).then_some(parent)
    }
}

fn resolve(request: &TwinRequest) -> Answer {
    let wanted =
        request.query("handle").ok_or_else(|| Refusal::invalid("Error: Params must have the property \"handle\""))?;
    let found = [US, FRIEND].into_iter().find(|(_, handle)| *handle == wanted);
    let (did, _) = found.ok_or_else(|| Refusal(400, "HandleNotFound", "Unable to resolve handle".to_owned()))?;
    Ok(json!({ "did": did }))
}

fn handle(did: &str) -> String {
    let found = [US, FRIEND].into_iter().find(|(known, _)| *known == did);
    found.map_or(did, |(_, handle)| handle).to_owned()
}

fn uri((owner, collection, rkey): &Key) -> String {
    format!("at://{owner}/{collection}/{rkey}")
}

fn key(uri: &str) -> Option<Key> {
    let mut segments = uri.strip_prefix("at://")?.split('/').map(str::to_owned);
    Some((segments.next()?, segments.next()?, segments.next()?))
}

/// Makes a hash of content, as long as a real one.
fn cid(prefix: &str, content: &[u8]) -> String {
    format!("{prefix}{}", &blake3::hash(content).to_hex()[..52])
}
