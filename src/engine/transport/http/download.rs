use super::{HttpTransport, describe, never_left, with_roots};
use crate::{
    engine::transport::{TransportError, Visit, Visited, Web},
    network::Flow,
};
use reqwest::{
    Client, ClientBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, LOCATION},
    redirect::Policy,
    retry,
};
use std::{
    future::ready,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

impl Web for HttpTransport {
    fn resolve<'a>(&'a self, host: &'a str, within: Duration) -> Flow<'a, Result<Vec<IpAddr>, TransportError>> {
        Box::pin(async move {
            let host = host.to_owned();
            // The system's resolver blocks, and can't be stopped; who waits for it can.
            let asked = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs());
            match tokio::time::timeout(within.min(self.settings.times.connect_timeout), asked).await {
                Ok(Ok(Ok(found))) => Ok(found.map(|address| address.ip()).collect()),
                Ok(Ok(Err(_)) | Err(_)) => Err(never_left("its host can't be found".to_owned())),
                Err(_) => Err(never_left("nobody tells where its host is".to_owned())),
            }
        })
    }

    fn visit<'a>(&'a self, visit: Visit<'a>) -> Flow<'a, Result<Visited, TransportError>> {
        Box::pin(get(visit, self.settings.times.connect_timeout))
    }
}

/// Knows the addresses that were checked, and asks nobody: a name that leads elsewhere the second time gains nothing.
#[derive(Clone, Debug)]
struct Checked(Vec<SocketAddr>);

impl Resolve for Checked {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(ready(Ok(addresses)))
    }
}

/// A client for one visit. Proxies are left out: they find hosts by themselves, and nobody would have checked where.
fn configure(visit: &Visit<'_>, connect: Duration) -> ClientBuilder {
    let addresses = visit.addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect();
    Client::builder()
        .user_agent(concat!("masthead/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .dns_resolver(Arc::new(Checked(addresses)))
        .redirect(Policy::none())
        .referer(false)
        .retry(retry::never())
        .connect_timeout(connect.min(visit.within))
        .timeout(visit.within)
        .pool_max_idle_per_host(0)
}

async fn get(visit: Visit<'_>, connect: Duration) -> Result<Visited, TransportError> {
    let client = with_roots(|| configure(&visit, connect)).map_err(|error| never_left(describe(error)))?;
    let request = client.get(visit.url).header(ACCEPT, "image/*, video/*;q=0.9, */*;q=0.1").build();
    let request = request.map_err(|error| never_left(describe(error)))?;
    // Two readings of one address must not differ, or another host would be visited than was checked.
    if request.url().host_str() != Some(visit.host) {
        return Err(never_left("the address can be read in two ways".to_owned()));
    }
    let response = client.execute(request).await.map_err(|error| lost(None, error))?;
    match response.remote_addr() {
        Some(there) if visit.addresses.contains(&there.ip()) => {}
        // Checked by whom we are in fact talking to, whatever the library may do.
        Some(_) | None => return Err(never_left("the answer comes from an address that was not checked".to_owned())),
    }
    match response.status().as_u16() {
        200 => read(response, visit.most).await,
        status @ (301 | 302 | 303 | 307 | 308) => Ok(moved(&response).unwrap_or(Visited::Refused { status })),
        status => Ok(Visited::Refused { status }),
    }
}

fn moved(response: &Response) -> Option<Visited> {
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    let to = response.url().join(to).ok()?;
    Some(Visited::Moved { to: to.into() })
}

async fn read(mut response: Response, most: u64) -> Result<Visited, TransportError> {
    if response.content_length().is_some_and(|length| length > most) {
        return Ok(Visited::TooLarge);
    }
    let mut page = Vec::new();
    // What a server says of the length is a promise; what counts is what comes.
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(Some(200), error))? {
        if (page.len() + chunk.len()) as u64 > most {
            return Ok(Visited::TooLarge);
        }
        page.extend_from_slice(&chunk);
    }
    Ok(Visited::Page(page))
}

fn lost(status: Option<u16>, error: reqwest::Error) -> TransportError {
    let not_sent = error.is_connect() || error.is_builder();
    let message = if error.is_timeout() { "it takes too long to answer".to_owned() } else { describe(error) };
    TransportError { not_sent, status, message }
}
