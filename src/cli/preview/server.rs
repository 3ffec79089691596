//! What is answered over HTTP: pages, their media, the stream of changes, and the few changes that a page may ask for.
//!
//! Everything lies below the session's token, so that neither another site's page nor another user of the machine can ask for
//! anything; the loopback's guard has turned away foreign hosts and origins before. Nothing here publishes, and nothing reads
//! a secret.

use super::{
    desk::Desk,
    edits::{Asked, Editor},
    live::{self, Live},
    token::Token,
};
use crate::{
    cli::loopback::{Answer, answer, plain},
    engine,
    model::MediaLibrary as _,
    report::pages::{self, Month, PageError},
    workspace::{Disk, Source as _},
};
use futures_util::stream;
use http_body_util::{BodyExt as _, Limited, StreamBody};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Frame, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};

/// The largest request for a change: a long post.
const LARGEST: usize = 300 * 1024;
/// How long one may take to come.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest address.
const LONGEST: usize = 2048;
/// How many pages may listen at once, so that some connections are always left for others.
const LISTENERS: usize = 20;
/// How often a page that listens is told that nothing happens, which finds out whether it is still there.
const PULSE: Duration = Duration::from_secs(30);
/// The largest image or video that is shown.
const LARGEST_MEDIUM: u64 = 100 << 20;

/// What a browser lets a page of ours do: load from here, and talk to here.
const POLICY: &str = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// What answers.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) desk: Arc<Desk>,
    pub(super) live: Live,
    pub(super) editor: Editor,
    pub(super) token: Token,
    /// Whether the workspace has been read; until then, requests wait.
    pub(super) ready: watch::Receiver<bool>,
}

impl Site {
    /// Answers a request that has passed the guard.
    pub(super) async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let mut answer = self.route(request).await;
        let headers = answer.headers_mut();
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer
    }

    async fn route(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if !reads && *request.method() != Method::POST {
            return with(plain(StatusCode::METHOD_NOT_ALLOWED, "this is not done here"), "GET, HEAD, POST");
        }
        let path = request.uri().path();
        if path.len() > LONGEST {
            return plain(StatusCode::URI_TOO_LONG, "no address here is that long");
        }
        let below = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        let Some((_, below)) = below.filter(|(token, _)| self.token.is(token)) else {
            return plain(
                StatusCode::NOT_FOUND,
                "open the whole address that `masthead watch` printed when it started",
            );
        };
        let Some(below) = decoded(below) else { return missing() };
        // If nobody can tell any more, what is known is as good as it gets.
        let _ = self.ready.clone().wait_for(|ready| *ready).await;
        match (below.as_str(), reads) {
            ("edit", false) => self.edit(request).await,
            ("edit", true) => with(plain(StatusCode::METHOD_NOT_ALLOWED, "this is not done here"), "POST"),
            (_, false) => with(plain(StatusCode::METHOD_NOT_ALLOWED, "this is not done here"), "GET, HEAD"),
            ("events", true) => self.events(),
            (_, true) => {
                self.live.ask();
                let own = Arc::clone(&self);
                // A page takes a while, in which others want to be heard.
                let made = tokio::task::spawn_blocking(move || own.page(&below)).await;
                made.unwrap_or_else(|_| {
                    plain(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made: please report it")
                })
            }
        }
    }

    fn page(&self, path: &str) -> Answer {
        let sight = self.desk.look();
        let live = pages::Live { token: self.token.as_str(), version: sight.version() };
        if let Some(media) = path.strip_prefix("media/") {
            return self.medium(media);
        }
        if let Some(fitted) = path.strip_prefix("fitted/") {
            return self.fitted(fitted, &sight);
        }
        if let Some(asset) = pages::ASSETS.iter().find(|asset| **asset == path) {
            let own;
            let made = match sight.rules() {
                Some(rules) => &rules.pages,
                None => match pages::Pages::new(&std::collections::BTreeMap::new()) {
                    Ok(pages) => {
                        own = pages;
                        &own
                    }
                    Err(_) => return missing(),
                },
            };
            return made.asset(asset).map_or_else(missing, |text| answer(StatusCode::OK, kind(asset), text.to_owned()));
        }
        if sight.rules().is_none() {
            return self.nothing(&sight);
        }
        let month = path.strip_prefix("calendar/").and_then(|rest| rest.strip_suffix(".html")).and_then(Month::parse);
        let made = match path {
            "" | pages::INDEX => sight.calendar(None, live),
            pages::PLAN => sight.plan(live),
            pages::CHECK => sight.check(live),
            pages::FEED => {
                return sight.feed(live).map_or_else(missing, |feed| answer(StatusCode::OK, kind(path), feed));
            }
            _ if month.is_some() => sight.calendar(month, live),
            path if path.starts_with("posts/") => sight.post(path, live),
            _ => None,
        };
        match made {
            Some(Ok(page)) => answer(StatusCode::OK, kind("x.html"), page),
            Some(Err(error)) => faulty(&error),
            None => missing(),
        }
    }

    /// Answers while nothing can be shown: says why, and is asked again soon.
    fn nothing(&self, sight: &super::desk::Sight) -> Answer {
        let words = match (sight.gone(), sight.trouble()) {
            (Some(why), _) => format!("the workspace can't be read: {why}"),
            (None, Some(trouble)) => super::terminal::plain_findings(sight, trouble),
            (None, None) => "the workspace can't be read".to_owned(),
        };
        let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, &words);
        answer.headers_mut().insert(HeaderName::from_static("refresh"), HeaderValue::from_static("1"));
        answer
    }

    /// Answers with an image or video of the workspace: by the same safe way as posts are read, and of the kinds we know.
    fn medium(&self, below: &str) -> Answer {
        let path = format!("content/{below}");
        let disk = Disk::new(self.desk.root());
        let Ok(info) = disk.look(&path) else { return missing() };
        if info.bytes > LARGEST_MEDIUM {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, "it is too large to be shown here");
        }
        disk.bytes(&path).map_or_else(|_| missing(), |bytes| answer(StatusCode::OK, info.kind.mime(), bytes))
    }

    /// Answers with an image as an account's network is sent it.
    fn fitted(&self, below: &str, sight: &super::desk::Sight) -> Answer {
        let found = below.split_once('/').zip(sight.rules());
        let limits = found.and_then(|((account, _), rules)| rules.limits_of(account));
        let (Some(((_, below), _)), Some(limits)) = (found, limits) else { return missing() };
        let path = format!("content/{below}");
        let disk = Disk::new(self.desk.root());
        let image = disk.look(&path).ok().filter(|info| !info.kind.is_video() && info.bytes <= LARGEST_MEDIUM);
        let made = image.zip(disk.bytes(&path).ok()).map(|(info, bytes)| engine::fitted_copy(bytes, &info, &limits));
        match made {
            Some(Ok((bytes, info))) => answer(StatusCode::OK, info.kind.mime(), bytes),
            Some(Err(why)) => plain(StatusCode::NOT_FOUND, &format!("it can't be sent: {why}")),
            None => missing(),
        }
    }

    /// Begins the stream of changes, with the state that holds now: nothing is missed between a page and its stream.
    fn events(&self) -> Answer {
        if self.live.listeners() >= LISTENERS {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open");
        }
        let receiver = self.live.listen();
        let version = self.desk.look().version();
        // A page knows which state it shows, and takes this for nothing if it is that one.
        let first = format!("retry: 500\n\n{}", live::change(version, None));
        let desk = Arc::clone(&self.desk);
        let events = stream::unfold((Some(first), receiver, desk), |(first, mut receiver, desk)| async move {
            let text = match first {
                Some(first) => Bytes::from(first),
                None => next(&mut receiver, &desk).await?,
            };
            Some((Ok::<_, Infallible>(Frame::data(text)), (None, receiver, desk)))
        });
        let mut answer = Response::new(StreamBody::new(events).boxed_unsync());
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(hyper::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }

    async fn edit(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let headers = request.headers();
        // The token of the address may be in a history; a changing request proves that it comes from a page of ours.
        if !header(headers, "x-masthead-token").is_some_and(|token| self.token.is(token)) {
            return plain(StatusCode::FORBIDDEN, "the request doesn't carry the session's token");
        }
        if !matches!(header(headers, "sec-fetch-site"), None | Some("same-origin")) {
            return plain(StatusCode::FORBIDDEN, "the request comes from another site's page");
        }
        let is_json = header(headers, "content-type")
            .is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"));
        if !is_json {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON");
        }
        let body = match tokio::time::timeout(TIMEOUT, Limited::new(request.into_body(), LARGEST).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large, or was cut off"),
            Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request took too long to come"),
        };
        let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
            return plain(StatusCode::BAD_REQUEST, "the request can't be read");
        };
        let made = tokio::task::spawn_blocking(move || self.editor.make(&self.desk, &asked)).await;
        let (status, told) = match made {
            Ok(Ok(done)) => {
                let told = serde_json::json!({ "ok": true, "path": done.path, "diff": done.diff, "page": done.page });
                (StatusCode::OK, told)
            }
            Ok(Err(failure)) => {
                let told = serde_json::json!({ "ok": false, "message": failure.message, "hint": failure.hint });
                (StatusCode::CONFLICT, told)
            }
            Err(_) => return plain(StatusCode::INTERNAL_SERVER_ERROR, "it could not be done: please report it"),
        };
        answer(status, "application/json", told.to_string())
    }
}

/// Waits for what is told next; nothing once nobody can tell any more.
async fn next(receiver: &mut Receiver<Arc<str>>, desk: &Desk) -> Option<Bytes> {
    match tokio::time::timeout(PULSE, receiver.recv()).await {
        Ok(Ok(event)) => Some(Bytes::from(event.as_bytes().to_vec())),
        Ok(Err(RecvError::Lagged(_))) => Some(Bytes::from(live::change(desk.look().version(), None))),
        Ok(Err(RecvError::Closed)) => None,
        Err(_) => Some(Bytes::from_static(b":\n\n")),
    }
}

fn missing() -> Answer {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}

fn faulty(error: &PageError) -> Answer {
    plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("the template {error}"))
}

fn with(mut answer: Answer, methods: &'static str) -> Answer {
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// Returns the value of a header that is there once.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "ics" => "text/calendar; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Decodes the escapes of an address; none if it is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(decoded("media/a%20b%c3%A9.jpg").as_deref(), Some("media/a bé.jpg"));
        assert_eq!(decoded("%2e%2e%2f").as_deref(), Some("../"));
        for bad in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
