use hyper::{
    Method, Request, StatusCode,
    header::{HOST, HeaderMap, HeaderName, ORIGIN},
};
use std::net::SocketAddr;

/// Tells which requests a server on the loopback answers at all: those that were meant for it.
///
/// A page in somebody's browser can send requests to this machine, and with a name of its own that it lets point here it
/// could read the answers too. Neither gets past the names that a browser must send truly.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Guard {
    /// What `Host` may be.
    hosts: Vec<String>,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Refused {
    pub(in crate::cli) status: StatusCode,
    /// For people.
    pub(in crate::cli) why: &'static str,
}

impl Guard {
    /// Makes the guard of a server by the address that it is bound to.
    pub(in crate::cli) fn new(address: SocketAddr) -> Self {
        let port = address.port();
        let mut hosts = vec![address.to_string(), format!("localhost:{port}")];
        if port == 80 {
            hosts.extend([address.to_string().trim_end_matches(":80").to_owned(), "localhost".to_owned()]);
        }
        Self { hosts }
    }

    /// Lets a request pass, or says why not.
    pub(in crate::cli) fn check<B>(&self, request: &Request<B>) -> Result<(), Refused> {
        let headers = request.headers();
        let named = self.is_named(only(headers, &HOST));
        let targeted = request.uri().authority().is_none_or(|authority| self.is_named(Some(authority.as_str())));
        if !named || !targeted {
            let why = "the request names another host: a web server before this one must pass on the address that it listens on";
            return Err(Refused { status: StatusCode::MISDIRECTED_REQUEST, why });
        }
        let foreign = Refused { status: StatusCode::FORBIDDEN, why: "the request comes from another site's page" };
        if headers.contains_key(ORIGIN) {
            let origin = only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
            if !self.is_named(origin) {
                return Err(foreign);
            }
        }
        // A link that somebody follows is theirs to follow; anything else that another site makes a browser do is not.
        let follows = request.method() == Method::GET && text(headers, "sec-fetch-mode") == Some("navigate");
        match text(headers, "sec-fetch-site") {
            Some("cross-site" | "same-site") if !follows => Err(foreign),
            _ => Ok(()),
        }
    }

    fn is_named(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)))
    }
}

/// Returns the value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: u16 = 200;

    #[track_caller]
    fn check(method: &str, target: &str, headers: &[(&str, &str)], expect: u16) {
        let guard = Guard::new("127.0.0.1:9464".parse().expect("an address"));
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let got =
            guard.check(&request.body(()).expect("a request")).map_or_else(|refused| refused.status.as_u16(), |()| OK);
        assert_eq!(got, expect, "{method} {target} {headers:?}");
    }

    #[test]
    fn only_this_host_is_answered_for() {
        check("GET", "/", &[("host", "127.0.0.1:9464")], OK);
        check("GET", "/", &[("host", "LOCALHOST:9464")], OK);
        check("GET", "http://127.0.0.1:9464/", &[("host", "127.0.0.1:9464")], OK);
        for host in
            ["127.0.0.1", "127.0.0.1:9465", "evil.example", "evil.example:9464", "127.0.0.1:9464.evil.example", ""]
        {
            check("GET", "/", &[("host", host)], 421);
        }
        check("GET", "/", &[], 421);
        check("GET", "/", &[("host", "127.0.0.1:9464"), ("host", "evil.example")], 421);
        check("GET", "http://evil.example/", &[("host", "127.0.0.1:9464")], 421);
    }

    #[test]
    fn other_sites_pages_are_refused() {
        let host = ("host", "127.0.0.1:9464");
        check("POST", "/", &[host, ("origin", "http://127.0.0.1:9464")], OK);
        for origin in ["https://evil.example", "null", "http://127.0.0.1:9465", "https://127.0.0.1:9464"] {
            check("GET", "/", &[host, ("origin", origin)], 403);
        }
        check("POST", "/", &[host, ("sec-fetch-site", "cross-site")], 403);
        check("GET", "/", &[host, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")], 403);
        check("GET", "/", &[host, ("sec-fetch-site", "same-origin")], OK);
    }

    #[test]
    fn a_link_may_be_followed_but_nothing_sent() {
        let from = [("host", "localhost:9464"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        check("GET", "/", &from, OK);
        check("POST", "/", &from, 403);
    }

    #[test]
    fn the_usual_port_need_not_be_named() {
        let request = |host: &str| Request::builder().header("host", host).body(()).expect("a request");
        for (address, host) in [("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "[::1]"), ("[::1]:80", "localhost")] {
            assert_eq!(Guard::new(address.parse().expect("an address")).check(&request(host)), Ok(()), "{host}");
        }
    }
}
