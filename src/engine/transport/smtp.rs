use super::{Outgoing, Transport, TransportError};
use crate::{
    config::Times,
    engine::address::Origin,
    network::{Flow, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::{Data, Mail, Noop, Rcpt},
        extension::ClientId,
        response::Response as Reply,
    },
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// How long we wait for a server to say goodbye. What it said before holds.
const GOODBYE: Duration = Duration::from_secs(1);

/// SMTP: one message to one recipient over a connection of its own (RFC 5321).
///
/// `smtps:` is encrypted from the start (RFC 8314), and `smtp:` by STARTTLS before anything of ours is said, which only a
/// server on this machine may lack. The message and its envelope come as a body with the headers `mail-from` and `rcpt-to`;
/// without a body the server is only asked whether it lets us in. Until the message itself is on its way everything that
/// breaks off has provably sent nothing; from then on only the server's own word counts.
///
/// What a server says is told as HTTP would, so that one table of verdicts serves all: 2yz is 200, 4yz (not now) 429, a
/// refused password 401 and any other 5yz 422. Its own number and words are in the body, as JSON.
#[derive(Debug, Default)]
pub(super) struct SmtpTransport {
    times: Times,
}

/// How a talk ended early.
enum Broken {
    /// The server said no.
    Said { code: u16, words: String },
    /// It could not go on, and not because of anything that the server said.
    Off(String),
}

impl SmtpTransport {
    /// Takes the time-outs from the configuration.
    pub(super) fn with_times(self, times: Times) -> Self {
        Self { times }
    }

    async fn carry(&self, request: &Outgoing) -> Result<Response, TransportError> {
        let handed_over = Cell::new(false);
        let talk = tokio::time::timeout(self.times.request_timeout, self.talk(request, &handed_over)).await;
        let lost = |message: String| TransportError { not_sent: !handed_over.get(), status: None, message };
        match talk {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(Broken::Said { code, words })) => Ok(answer(code, &words)),
            Ok(Err(Broken::Off(why))) => Err(lost(why)),
            Err(_) => Err(lost("the mail server took too long".to_owned())),
        }
    }

    async fn talk(&self, request: &Outgoing, handed_over: &Cell<bool>) -> Result<Response, Broken> {
        let mut connection = self.connect(request.address()).await?;
        self.authenticate(&mut connection, request).await?;
        if request.body.0.is_empty() {
            connection.command(Noop).await?;
            let server = connection.server_info().name().to_owned();
            let encrypted = connection.is_encrypted();
            goodbye(connection).await;
            let said = json!({ "code": 250, "text": "", "server": server, "encrypted": encrypted });
            return Ok(Response { status: 200, body: said.to_string().into_bytes(), ..Response::default() });
        }
        let address = |header: &str| -> Result<Address, Broken> {
            let value = request.headers.iter().find(|(name, _)| name == header).map(|(_, value)| value.as_str());
            let read = value.and_then(|value| value.parse().ok());
            read.ok_or_else(|| Broken::Off(format!("the message has no `{header}`")))
        };
        connection.command(Mail::new(Some(address("mail-from")?), Vec::new())).await?;
        connection.command(Rcpt::new(address("rcpt-to")?, Vec::new())).await?;
        connection.command(Data).await?;
        handed_over.set(true);
        let reply = connection.message(&request.body.0).await?;
        goodbye(connection).await;
        Ok(answer(reply.code().into(), &words(&reply)))
    }

    async fn connect(&self, url: &str) -> Result<AsyncSmtpConnection, Broken> {
        let off = |why: &str| Broken::Off(why.to_owned());
        let origin = Origin::of(url).ok_or_else(|| off("the address can't be read"))?;
        let from_the_start = url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("smtps:"));
        let host = origin.host.trim_matches(['[', ']']).to_owned();
        let name = ClientId::default();
        let tls = || tls(&host);
        let wrapped = if from_the_start { Some(tls()?) } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host.as_str(), origin.port),
            Some(self.times.connect_timeout),
            &name,
            wrapped,
            None,
        );
        let mut connection = connecting.await?;
        if connection.can_starttls() {
            connection.starttls(tls()?, &name).await?;
        }
        if !connection.is_encrypted() && !origin.is_loopback() {
            return Err(off("the mail server offers no encryption (STARTTLS), so nothing was said to it"));
        }
        Ok(connection)
    }

    async fn authenticate(&self, connection: &mut AsyncSmtpConnection, request: &Outgoing) -> Result<(), Broken> {
        const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login];
        let Some(basic) = &request.authorization else { return Ok(()) };
        let off = |why: &str| Broken::Off(why.to_owned());
        let encoded = basic.expose_secret().strip_prefix("Basic ").ok_or_else(|| off("no name and password"))?;
        let pair = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.ok_or_else(|| off("no name and password"))?;
        let (user, password) = pair.split_once(':').ok_or_else(|| off("no name and password"))?;
        if connection.server_info().get_auth_mechanism(MECHANISMS).is_none() {
            return Err(off("the mail server takes no name and password (AUTH PLAIN or LOGIN)"));
        }
        connection.auth(MECHANISMS, &Credentials::new(user.to_owned(), password.to_owned())).await?;
        Ok(())
    }

    /// Carries a message and tells of it. Nothing of whom it is for.
    async fn tell(&self, request: Outgoing) -> Result<Response, TransportError> {
        let begun = Instant::now();
        let answer = self.carry(&request).await;
        let (label, url, millis) = (request.label, &request.url, begun.elapsed().as_millis());
        match &answer {
            Ok(response) => tracing::debug!("{label}: {url}: {} in {millis} ms", response.status),
            Err(error) => tracing::debug!("{label}: {url}: {} after {millis} ms", error.message),
        }
        answer
    }
}

impl Transport for SmtpTransport {
    fn send(&self, request: Outgoing) -> Flow<'_, Result<Response, TransportError>> {
        Box::pin(self.tell(request))
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        let words = std::error::Error::source(&error).map(ToString::to_string);
        match error.status() {
            Some(code) => Self::Said { code: code.into(), words: words.unwrap_or_default() },
            None => Self::Off(error.to_string()),
        }
    }
}

/// Trusts the system's certificates, or Mozilla's on a machine without any.
fn tls(host: &str) -> Result<TlsParameters, Broken> {
    let builder = || TlsParameters::builder(host.to_owned());
    let built = builder().build().or_else(|_| {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let roots = roots.filter_map(|root| Certificate::from_der(root.to_vec()).ok());
        let bare = builder().certificate_store(CertificateStore::None);
        roots.fold(bare, |builder, root| builder.add_root_certificate(root)).build()
    });
    built.map_err(Broken::from)
}

async fn goodbye(mut connection: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
}

fn words(reply: &Reply) -> String {
    reply.message().collect::<Vec<_>>().join(" ")
}

/// Tells a reply as HTTP would.
fn answer(code: u16, words: &str) -> Response {
    let status = match code {
        200..=399 => 200,
        530 | 534 | 535 | 538 => 401,
        400..=499 => 429,
        _ => 422,
    };
    let said = json!({ "code": code, "text": words.split_whitespace().collect::<Vec<_>>().join(" ") });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: said.to_string().into_bytes() }
}

#[cfg(test)]
mod tests;
