use super::{jwt, reply, request};
use crate::{
    model::Account,
    network::{ErrorKind, NetworkError, Session, SignIn, Wire},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The entryway that knows where every hosted account lives.
const ENTRYWAY: &str = "https://bsky.social";

/// Who we are, as sign-in learnt it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Us<'a> {
    /// Our permanent id.
    pub(super) did: &'a str,
    /// Our handle.
    pub(super) handle: &'a str,
    /// The base address of the server that holds our records.
    pub(super) pds: &'a str,
}

/// The answer to a sign-in or a refresh, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    did: String,
    handle: String,
    access_jwt: String,
    refresh_jwt: String,
    #[serde(default)]
    did_doc: Option<DidDoc>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Default, Deserialize)]
struct DidDoc {
    #[serde(default)]
    service: Vec<serde_json::Value>,
}

impl<'a> Us<'a> {
    /// Reads a session.
    pub(super) fn of(session: &'a Session) -> Result<Self, NetworkError> {
        let fact = |name| {
            session
                .facts
                .get(name)
                .map(String::as_str)
                .ok_or_else(|| NetworkError::new(ErrorKind::SignedOut, "no session is open"))
        };
        Ok(Self { did: fact("did")?, handle: fact("handle")?, pds: fact("pds")? })
    }

    /// Returns the name that stands in links: the handle, or the DID where the handle is broken.
    pub(super) fn name(&self) -> &'a str {
        if self.handle.is_empty() || self.handle == "handle.invalid" { self.did } else { self.handle }
    }
}

/// Opens a session: by the last one's refresh token where there is one, since passwords may be sent 300 times a day only,
/// else by handle and app password.
pub(super) async fn sign_in(account: &Account, wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
    let endpoint = account.endpoint.as_ref().map_or(ENTRYWAY, |endpoint| endpoint.value.trim_end_matches('/'));
    if Us::of(wire.session()).is_ok() {
        match refresh(wire).await {
            Ok(sign_in) => return Ok(sign_in),
            Err(error) if matches!(error.kind, ErrorKind::RateLimited | ErrorKind::NotSent) => return Err(error),
            // Whatever is wrong with the old session, the password opens a new one.
            Err(_) => {}
        }
    }
    let Some(handle) = &account.handle else {
        return Err(NetworkError::new(ErrorKind::Misconfigured, "the account has no `handle` to sign in with"));
    };
    let response = wire.call(request::create_session(endpoint, &handle.value)).await?;
    reply::check(&response)?;
    opened(&response.body, endpoint)
}

/// Opens a session by the refresh token of the one before, which that uses up.
pub(super) async fn refresh(wire: &mut Wire<'_>) -> Result<SignIn, NetworkError> {
    let us = Us::of(wire.session())?;
    let response = wire.call(request::refresh_session(us.pds)).await?;
    reply::check(&response)?;
    opened(&response.body, us.pds)
}

/// Reads an opened session. What can't be read is never quoted, since it may hold tokens.
fn opened(body: &[u8], endpoint: &str) -> Result<SignIn, NetworkError> {
    let opened: Opened = serde_json::from_slice(body).map_err(|_| {
        NetworkError::new(
            ErrorKind::Misconfigured,
            format!("`{endpoint}` does not answer a sign-in as a Bluesky server does"),
        )
    })?;
    if !opened.did.starts_with("did:") {
        return Err(NetworkError::new(
            ErrorKind::Misconfigured,
            format!("`{endpoint}` answers a sign-in without a DID"),
        ));
    }
    if opened.active == Some(false) {
        let status = opened.status.unwrap_or_else(|| "not active".to_owned());
        return Err(NetworkError::new(ErrorKind::Forbidden, format!("the account is {status}")));
    }
    let pds = opened.did_doc.as_ref().and_then(|doc| service(doc, endpoint)).unwrap_or_else(|| endpoint.to_owned());
    let facts = BTreeMap::from([("did", opened.did), ("handle", opened.handle), ("pds", pds)]);
    let (expires, refresh_expires) = (jwt::expires(&opened.access_jwt), jwt::expires(&opened.refresh_jwt));
    let secrets = vec![("access", opened.access_jwt.into()), ("refresh", opened.refresh_jwt.into())];
    Ok(SignIn { session: Session { facts }, secrets, expires, refresh_expires })
}

/// Finds the server that holds our records. The tokens will go there, so it must be safe to send them.
fn service(doc: &DidDoc, endpoint: &str) -> Option<String> {
    let found = doc.service.iter().find(|service| {
        service["id"].as_str().is_some_and(|id| id.ends_with("#atproto_pds"))
            && service["type"].as_str().is_none_or(|kind| kind == "AtprotoPersonalDataServer")
    })?;
    let address = found["serviceEndpoint"].as_str()?.trim_end_matches('/');
    let safe = match origin(address)? {
        ("https", _) => true,
        ("http", host) => {
            matches!(host, "localhost" | "127.0.0.1" | "[::1]")
                && origin(endpoint).is_some_and(|(_, ours)| ours == host)
        }
        _ => false,
    };
    safe.then(|| address.to_owned())
}

/// Splits an address that is a scheme, a host and perhaps a port, and nothing else.
fn origin(address: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = address.split_once("://")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "0"),
    };
    let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_plain = match name {
        Some(name) => !name.is_empty() && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'),
    };
    (host_is_plain && port.parse::<u16>().is_ok()).then_some((scheme, host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{
        collection::vec,
        prelude::{any, proptest},
    };
    use secrecy::ExposeSecret as _;

    fn doc(address: &str) -> DidDoc {
        DidDoc {
            service: vec![
                serde_json::json!({ "id": "#other", "type": "Other", "serviceEndpoint": "https://other.example" }),
                serde_json::json!({ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": address }),
            ],
        }
    }

    #[track_caller]
    fn check(address: &str, endpoint: &str, expect: Option<&str>) {
        assert_eq!(service(&doc(address), endpoint).as_deref(), expect, "{address}");
    }

    #[test]
    fn the_server_of_the_identity_is_used() {
        check("https://pds.example", "https://bsky.social", Some("https://pds.example"));
        check("https://pds.example/", "https://bsky.social", Some("https://pds.example"));
        check("http://localhost:2583", "http://localhost:2583", Some("http://localhost:2583"));
        check("http://[::1]:2583", "http://[::1]:1", Some("http://[::1]:2583"));
    }

    #[test]
    fn tokens_go_nowhere_that_could_be_overheard() {
        check("http://pds.example", "https://bsky.social", None);
        check("http://pds.example", "http://localhost:2583", None);
        check("http://localhost:2583", "https://bsky.social", None);
        check("http://localhost@evil.example", "http://localhost:2583", None);
        check("http://localhost:80@evil.example", "http://localhost:2583", None);
        check("https://pds.example/path", "https://bsky.social", None);
        check("https://pds.example\\@evil.example", "https://bsky.social", None);
        check("ftp://pds.example", "https://bsky.social", None);
        check("", "https://bsky.social", None);
    }

    const WHOLE: &str = r##"{"did":"did:plc:a","handle":"acme.example","accessJwt":"AAA","refreshJwt":"RRR","active":true,
        "didDoc":{"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://p.example"}]}}"##;

    #[test]
    fn a_session_holds_facts_and_secrets_apart() {
        let signed = opened(WHOLE.as_bytes(), ENTRYWAY).expect("whole");
        let us = Us::of(&signed.session).expect("facts");
        assert_eq!((us.did, us.handle, us.pds), ("did:plc:a", "acme.example", "https://p.example"));
        let secrets: Vec<_> = signed.secrets.iter().map(|(name, secret)| (*name, secret.expose_secret())).collect();
        assert_eq!(secrets, [("access", "AAA"), ("refresh", "RRR")]);
        assert!(!format!("{signed:?}").contains("AAA"));
    }

    #[test]
    fn without_an_identity_document_the_endpoint_serves() {
        let body = br#"{"did":"did:plc:a","handle":"acme.example","accessJwt":"AAA","refreshJwt":"RRR"}"#;
        let signed = opened(body, "http://localhost:1").expect("whole");
        assert_eq!(signed.session.facts["pds"], "http://localhost:1");
    }

    #[test]
    fn a_broken_answer_is_never_quoted() {
        let error = opened(br#"{"accessJwt":"AAA","refreshJwt":"RRR"}"#, ENTRYWAY).expect_err("no did");
        assert_eq!(error.kind, ErrorKind::Misconfigured);
        assert!(!format!("{error:?}").contains("AAA"));
    }

    #[test]
    fn an_account_that_is_switched_off_is_told_so() {
        let body = WHOLE.replace("true", "false").replace("\"active\"", "\"status\":\"deactivated\",\"active\"");
        let error = opened(body.as_bytes(), ENTRYWAY).expect_err("switched off");
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Forbidden, "the account is deactivated"));
    }

    proptest! {
        #[test]
        fn reading_a_session_never_panics(body in vec(any::<u8>(), 0..200), address in ".*") {
            let _ = opened(&body, ENTRYWAY);
            let _ = service(&doc(&address), ENTRYWAY);
        }
    }
}
