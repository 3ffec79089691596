//! What is answered over HTTP: health, metrics, and a webhook's knock at the door.

use super::{
    bucket::REFILL,
    metrics,
    shared::Shared,
    webhook::{Claim, Doubt, Pending},
};
use crate::cli::{
    loopback::{Answer, answer, plain},
    time,
};
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Incoming,
    header::{ALLOW, HeaderValue, RETRY_AFTER},
};
use std::time::Duration;

/// The largest webhook, as GitHub has it. Nothing of it is kept, so it costs no memory.
const LARGEST: usize = 25 * 1024 * 1024;
/// How long one may take to come.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Answers a request that has passed the guard.
pub(super) async fn handle(shared: &Shared, request: Request<Incoming>) -> Answer {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/healthz" if reads => {
            let now = time::now();
            let health = shared.health();
            let status = match health.trouble(now) {
                None => StatusCode::OK,
                Some(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            answer(status, "application/json", health.json(now))
        }
        "/metrics" if reads => {
            answer(StatusCode::OK, metrics::KIND, metrics::metrics(&shared.health(), env!("CARGO_PKG_VERSION")))
        }
        "/healthz" | "/metrics" => with(not_allowed(), "GET, HEAD"),
        "/webhook" if *request.method() == Method::POST => webhook(shared, request).await,
        "/webhook" => with(not_allowed(), "POST"),
        _ => plain(StatusCode::NOT_FOUND, "there are /healthz, /metrics and /webhook"),
    }
}

fn not_allowed() -> Answer {
    plain(StatusCode::METHOD_NOT_ALLOWED, "this is not done here")
}

fn with(mut answer: Answer, methods: &'static str) -> Answer {
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// Wakes the worker if the request is signed. What it says is not read.
async fn webhook(shared: &Shared, request: Request<Incoming>) -> Answer {
    if !shared.takes_webhook() {
        shared.health().webhooks.limited += 1;
        let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "too many webhooks at once");
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(REFILL.as_secs()));
        return answer;
    }
    let Some(verifier) = shared.verifier() else {
        let why = "no webhook is taken: `webhook_secret` in `[daemon]` is not set or can't be read";
        return plain(StatusCode::SERVICE_UNAVAILABLE, why);
    };
    let (head, body) = request.into_parts();
    let now = time::now().since(crate::model::Timestamp::EPOCH);
    let checked = match verifier.begin(|name| only(&head.headers, name), now) {
        Ok(Claim::Proven) => Ok(()),
        Ok(Claim::Signed(pending)) => match tokio::time::timeout(TIMEOUT, hear_out(pending, body)).await {
            Ok(checked) => checked,
            Err(_) => Err(plain(StatusCode::REQUEST_TIMEOUT, "the webhook took too long to come")),
        },
        Err(doubt) => Err(unauthorized(doubt)),
    };
    let mut health = shared.health();
    match checked {
        Ok(()) => {
            health.webhooks.accepted += 1;
            shared.hooked.notify_one();
            plain(StatusCode::ACCEPTED, "it looks again")
        }
        Err(refusal) => {
            health.webhooks.refused += 1;
            refusal
        }
    }
}

async fn hear_out(mut pending: Box<Pending>, mut body: Incoming) -> Result<(), Answer> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let cut = |_| plain(StatusCode::BAD_REQUEST, "the webhook was cut off");
        let Ok(data) = frame.map_err(cut)?.into_data() else { continue };
        length += data.len();
        if length > LARGEST {
            return Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "the webhook is larger than 25 MiB"));
        }
        pending.update(&data);
    }
    pending.finish().map_err(unauthorized)
}

fn unauthorized(doubt: Doubt) -> Answer {
    plain(StatusCode::UNAUTHORIZED, doubt.words())
}

/// Returns a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
