//! A small HTTP server for this machine alone.
//!
//! Owns listening, the limits of a connection and the [`Guard`] that every request passes; what is answered is its user's.
//! It never listens where other machines could reach it.

mod guard;

pub(super) use self::guard::Guard;
use super::Failure;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, future::Future, io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};

/// What is answered: a text, or whatever comes as long as somebody listens.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// How many connections there may be at once; more wait.
const CONNECTIONS: usize = 32;
/// How long the head of a request may take to come, also that of the next one on the same connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins to listen at an address of this machine.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::usage(format!("`{address}` can be reached from other machines"))
            .hint("listen on `127.0.0.1`, and put a web server with TLS before it for a forge's webhooks"));
    }
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::usage(format!("can't listen on `{address}`: {error}"));
        match error.kind() {
            ErrorKind::AddrInUse => failure.hint("another program listens there: stop it, or choose another port"),
            ErrorKind::PermissionDenied => failure.hint("choose a port above 1023"),
            _ => failure,
        }
    })
}

/// Answers requests for as long as it is polled.
pub(super) async fn serve<H, F>(listener: TcpListener, handle: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send,
{
    let Ok(address) = listener.local_addr() else { return };
    let guard = Arc::new(Guard::new(address));
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely there are too many open files, which passes.
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let (guard, handle) = (Arc::clone(&guard), handle.clone());
        let guarded = service_fn(move |request: Request<Incoming>| {
            let (passed, handle) = (guard.check(&request), handle.clone());
            async move {
                Ok::<_, Infallible>(match passed {
                    Ok(()) => handle(request).await,
                    Err(refused) => plain(refused.status, refused.why),
                })
            }
        });
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(64 * 1024);
            // Whoever goes away in the middle is no concern of ours.
            let _ = server.serve_connection(TokioIo::new(stream), guarded).await;
            drop(permit);
        });
    }
}

/// Makes an answer of one line of text.
pub(super) fn plain(status: StatusCode, line: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", format!("{line}\n"))
}

/// Makes an answer that no browser keeps or takes for something else.
pub(super) fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()).boxed_unsync());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, hyper::header::HeaderValue::from_static("nosniff"));
    answer
}
