use super::reference::AtUri;
use crate::network::{Credential, Effect, Method, Payload, PreparedMedia, Request};
use serde_json::{Value, json};

const ACCESS: Credential = Credential::Session("access");

/// Opens a session by handle and app password.
pub(super) fn create_session(endpoint: &str, handle: &str) -> Request {
    let payload = Payload::JsonWithSecret {
        value: json!({ "identifier": handle }),
        key: "password",
        credential: Credential::Token,
    };
    let url = format!("{endpoint}/xrpc/com.atproto.server.createSession");
    Request::send("create session", Method::Post, url, payload, Effect::Prepare)
}

/// Opens a session by the refresh token of the one before.
pub(super) fn refresh_session(pds: &str) -> Request {
    let url = format!("{pds}/xrpc/com.atproto.server.refreshSession");
    Request::send("refresh session", Method::Post, url, Payload::Empty, Effect::Exchange)
        .credential(Credential::Session("refresh"))
}

/// Asks who we are.
pub(super) fn get_session(pds: &str) -> Request {
    Request::get("get session", format!("{pds}/xrpc/com.atproto.server.getSession")).credential(ACCESS)
}

/// Asks what the server is.
pub(super) fn describe_server(pds: &str) -> Request {
    Request::get("describe server", format!("{pds}/xrpc/com.atproto.server.describeServer"))
}

/// Asks whose handle it is.
pub(super) fn resolve_handle(pds: &str, handle: &str) -> Request {
    let handle = encode(&handle.to_lowercase());
    Request::get("resolve handle", format!("{pds}/xrpc/com.atproto.identity.resolveHandle?handle={handle}"))
        .credential(ACCESS)
}

/// Sends the bytes of an image or video. The same bytes are the same blob, so it may be repeated.
pub(super) fn upload_blob(pds: &str, medium: &PreparedMedia) -> Request {
    let label = if medium.info.kind.is_video() { "upload video" } else { "upload image" };
    let url = format!("{pds}/xrpc/com.atproto.repo.uploadBlob");
    Request::send(label, Method::Post, url, Payload::Media(medium.key), Effect::Prepare).credential(ACCESS)
}

/// Reads a record.
pub(super) fn get_record(pds: &str, uri: &AtUri) -> Request {
    let (repo, collection, rkey) = (encode(&uri.authority), encode(&uri.collection), encode(&uri.rkey));
    let query = format!("repo={repo}&collection={collection}&rkey={rkey}");
    Request::get("get record", format!("{pds}/xrpc/com.atproto.repo.getRecord?{query}")).credential(ACCESS)
}

/// Writes a record under a key of ours. The same record again changes nothing; another record under the key is refused,
/// because `swapRecord: null` says that there is none.
pub(super) fn put_record(label: &'static str, pds: &str, uri: &AtUri, record: Value) -> Request {
    let payload = json!({
        "repo": uri.authority,
        "collection": uri.collection,
        "rkey": uri.rkey,
        "record": record,
        "swapRecord": null,
    });
    let url = format!("{pds}/xrpc/com.atproto.repo.putRecord");
    Request::send(label, Method::Post, url, Payload::Json(payload), Effect::Publish).credential(ACCESS)
}

/// Deletes a record. Deleting what is gone succeeds.
pub(super) fn delete_record(pds: &str, uri: &AtUri) -> Request {
    let payload = json!({ "repo": uri.authority, "collection": uri.collection, "rkey": uri.rkey });
    let url = format!("{pds}/xrpc/com.atproto.repo.deleteRecord");
    Request::send("delete record", Method::Post, url, Payload::Json(payload), Effect::Publish).credential(ACCESS)
}

/// Encodes a value for a query: everything but unreserved characters.
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{MediaInfo, MediaKind},
        network::MediaKey,
    };

    #[track_caller]
    fn check(request: &Request, expect: &str) {
        assert_eq!(format!("{} {}", request.method.as_str(), request.url), expect);
    }

    #[test]
    fn queries_are_encoded() {
        check(
            &get_record("https://p.example", &AtUri::new("did:plc:a", "app.bsky.feed.post", "3k")),
            "GET https://p.example/xrpc/com.atproto.repo.getRecord?repo=did%3Aplc%3Aa&collection=app.bsky.feed.post&rkey=3k",
        );
        check(
            &resolve_handle("https://p.example", "Café.Example&x=1"),
            "GET https://p.example/xrpc/com.atproto.identity.resolveHandle?handle=caf%C3%A9.example%26x%3D1",
        );
    }

    #[test]
    fn only_writing_and_deleting_are_seen_by_people() {
        let uri = AtUri::new("did:plc:a", "app.bsky.feed.post", "3k");
        let info = MediaInfo { kind: MediaKind::Png, bytes: 9, width: 3, height: 2, clip: None };
        let image = PreparedMedia { key: MediaKey(0), info, sha256: [0; 32], alt: String::new(), address: None };
        let effects = [
            create_session("https://p.example", "acme.example").effect,
            refresh_session("https://p.example").effect,
            upload_blob("https://p.example", &image).effect,
            put_record("create post", "https://p.example", &uri, Value::Null).effect,
            delete_record("https://p.example", &uri).effect,
        ];
        assert_eq!(effects, [Effect::Prepare, Effect::Exchange, Effect::Prepare, Effect::Publish, Effect::Publish]);
    }

    #[test]
    fn the_password_is_named_and_not_held() {
        let request = create_session("https://p.example", "acme.example");
        let Payload::JsonWithSecret { key, credential, .. } = request.payload else { panic!("no secret is named") };
        assert_eq!((key, credential, request.credential), ("password", Credential::Token, Credential::None));
    }
}
