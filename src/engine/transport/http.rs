mod download;

use super::{Outgoing, Transport, TransportError};
use crate::{
    config::Times,
    engine::address::Origin,
    network::{Effect, Flow, Method, Response},
};
use reqwest::{
    Certificate, Client, ClientBuilder, RequestBuilder,
    header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
    redirect::{Attempt, Policy},
    retry,
};
use secrecy::ExposeSecret as _;
use std::{
    error::Error as _,
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// What a transport goes by.
#[derive(Clone, Debug)]
struct Settings {
    /// How long connections and calls may take.
    times: Times,
    /// How long an upload may take. No claim is open meanwhile.
    upload: Duration,
    /// Authorities that are trusted instead of the usual ones; tests bring theirs.
    authorities: Vec<Certificate>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { times: Times::default(), upload: Duration::from_secs(10 * 60), authorities: Vec::new() }
    }
}

/// HTTP.
///
/// Encrypted, except to this machine. What changes something goes over a connection of its own, without redirects and
/// without any retry by the library: a second request can only be ours. Looks share connections, and follow
/// redirects on the same server. Proxies are taken from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, but never for this
/// machine. Certificates are the system's, or those of Mozilla where the system has none.
#[derive(Debug, Default)]
pub struct HttpTransport {
    settings: Settings,
    reading: OnceLock<Client>,
    mutating: OnceLock<Client>,
    reading_here: OnceLock<Client>,
    mutating_here: OnceLock<Client>,
}

impl HttpTransport {
    /// Makes one. Connections and certificates are only looked for when something is sent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one that gives up sooner, and trusts a test's authority alone.
    #[cfg(test)]
    pub(in crate::engine) fn in_test(request: Duration, authority: Option<&[u8]>) -> Self {
        let authorities = authority.map(|der| Certificate::from_der(der).expect("a certificate")).into_iter().collect();
        let times = Times { request_timeout: request, ..Times::default() };
        let settings = Settings { times, upload: request, authorities };
        Self { settings, ..Self::default() }
    }

    /// Takes the time-outs from the configuration.
    #[must_use]
    pub fn with_times(self, times: Times) -> Self {
        Self { settings: Settings { times, ..self.settings }, ..self }
    }

    fn client(&self, reads: bool, here: bool) -> Result<&Client, TransportError> {
        let cell = match (reads, here) {
            (true, false) => &self.reading,
            (false, false) => &self.mutating,
            (true, true) => &self.reading_here,
            (false, true) => &self.mutating_here,
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let built = self.settings.build(reads, here).map_err(|error| never_left(describe(error)))?;
        Ok(cell.get_or_init(|| built))
    }

    async fn carry(&self, request: Outgoing) -> Result<Response, TransportError> {
        let origin = Origin::of(request.address()).ok_or_else(|| never_left("the address can't be read".to_owned()))?;
        if !origin.is_safe() {
            return Err(never_left(format!("`{}` would be spoken to without encryption", origin.host)));
        }
        let reads = request.effect == Effect::Read;
        let client = self.client(reads, origin.is_loopback())?;
        let built = fill(client, request, self.settings.upload).build().map_err(|error| never_left(describe(error)))?;
        // Two readings of one address must not differ, or a secret could go to somebody else.
        if built.url().host_str() != Some(origin.host.as_str()) {
            return Err(never_left("the address can be read in two ways".to_owned()));
        }
        let response = client.execute(built).await.map_err(|error| TransportError {
            not_sent: error.is_connect() || error.is_builder(),
            status: None,
            message: describe(error),
        })?;
        receive(response).await
    }

    /// Carries a request and tells of it, for whoever wants to see what is asked of whom.
    async fn tell(&self, request: Outgoing) -> Result<Response, TransportError> {
        let (method, url, label) = (request.method.as_str(), request.url.clone(), request.label);
        let begun = Instant::now();
        let answer = self.carry(request).await;
        let millis = begun.elapsed().as_millis();
        match &answer {
            Ok(response) => tracing::debug!("{label}: {method} {url}: {} in {millis} ms", response.status),
            Err(error) => tracing::debug!("{label}: {method} {url}: {} after {millis} ms", error.message),
        }
        answer
    }
}

impl HttpTransport {
    /// Carries a request of the storage of media, by the same rules as those of networks.
    pub(in crate::engine) async fn exchange(&self, request: Outgoing) -> Result<Response, TransportError> {
        self.tell(request).await
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(self.tell(request))
    }
}

impl Settings {
    fn build(&self, reads: bool, here: bool) -> Result<Client, reqwest::Error> {
        with_roots(|| self.configure(reads, here))
    }

    fn configure(&self, reads: bool, here: bool) -> ClientBuilder {
        let mut builder = Client::builder()
            .user_agent(concat!("masthead/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.times.connect_timeout)
            .timeout(self.times.request_timeout)
            .https_only(!here)
            .referer(false)
            // By itself reqwest sends again what a server turned away on HTTP/2. We decide, so that each send has its claim.
            .retry(retry::never());
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        {
            // The system gives up when we do, instead of delivering our bytes a quarter of an hour later.
            builder = builder.tcp_user_timeout(self.times.request_timeout);
        }
        if here {
            builder = builder.no_proxy();
        }
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_only(self.authorities.clone());
        }
        if reads {
            let follow = |attempt: Attempt<'_>| if same_server(&attempt) { attempt.follow() } else { attempt.stop() };
            builder.redirect(Policy::custom(follow))
        } else {
            // An idle connection may be closed under a request, and then nobody knows whether it arrived.
            builder.redirect(Policy::none()).pool_max_idle_per_host(0)
        }
    }
}

/// Builds a client with the system's certificates, or with Mozilla's.
fn with_roots(builder: impl Fn() -> ClientBuilder) -> Result<Client, reqwest::Error> {
    // Twice is no harm: the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder().build().or_else(|_| {
        // A machine without certificates, such as a bare container.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|root| Certificate::from_der(root).ok());
        builder().tls_certs_merge(roots).build()
    })
}

fn same_server(attempt: &Attempt<'_>) -> bool {
    const MOST: usize = 3;
    attempt.previous().len() <= MOST
        && attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin())
}

fn fill(client: &Client, request: Outgoing, upload: Duration) -> RequestBuilder {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = client.request(method, request.address());
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                headers.append(name, value);
            }
            // Let the builder tell, so that there is one way to fail.
            _ => builder = builder.header(name.as_str(), value.as_str()),
        }
    }
    builder = builder.headers(headers);
    if let Some(value) = &request.authorization {
        builder = match HeaderValue::from_str(value.expose_secret()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                builder.header(AUTHORIZATION, value)
            }
            Err(_) => builder.header(AUTHORIZATION, value.expose_secret()),
        };
    }
    if request.effect == Effect::Prepare {
        builder = builder.timeout(upload);
    }
    // An empty body still has a length to tell on methods that may carry one.
    if request.body.0.is_empty() && matches!(request.method, Method::Get | Method::Delete) {
        builder
    } else {
        builder.body(request.body.0)
    }
}

async fn receive(mut response: reqwest::Response) -> Result<Response, TransportError> {
    let status = response.status().as_u16();
    let lost = |message: String| TransportError { not_sent: false, status: Some(status), message };
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(describe(error)))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(lost(format!("the answer is longer than {LONGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

fn never_left(message: String) -> TransportError {
    TransportError { not_sent: true, status: None, message }
}

/// Tells an error and what it stems from, without the address.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !message.contains(&cause_text) {
            message.push_str(": ");
            message.push_str(&cause_text);
        }
        source = cause.source();
    }
    message
}

#[cfg(test)]
mod tests;
