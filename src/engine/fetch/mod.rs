//! Fetching images and videos by web address.
//!
//! Owns which addresses may be fetched and from where, the limits, and what is kept of it in this clone. The bytes come over
//! [`Web`], and what happens to them afterwards is the same as for a file of the workspace. Start at [`fetch`].

mod guard;
mod kept;

pub use self::kept::KeptMedia;
use super::{Clock, TransportError, Visit, Visited, Web, address::Origin, prepare::describe};
use crate::{
    config::Config,
    model::{MediaInfo, MediaProblem},
    workspace::sniff,
};
use std::{net::IpAddr, time::Duration};

/// The largest image or video that is fetched, in bytes.
pub const LARGEST: u64 = 64 << 20;

/// How often an address may say that it is elsewhere.
const REDIRECTS: usize = 3;

/// How long all of it may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest address, in bytes.
const LONGEST: usize = 2000;

/// What may be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// What anybody could fetch.
    #[default]
    Public,
    /// Also what the post itself says is on this machine, for tests and for work on a workspace.
    ThisMachine,
}

/// An image or video that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes, as they came.
    pub bytes: Vec<u8>,
    /// What its header says.
    pub info: MediaInfo,
    /// The BLAKE3 digest of the bytes, in hexadecimal.
    pub digest: String,
}

/// Why an image or video can't be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// What is wrong: a lowercase fragment about the address, which it doesn't name.
    pub message: String,
    /// What to do, in the imperative.
    pub help: &'static str,
}

impl Reach {
    /// Tells from the configuration: a workspace with an account whose endpoint is this machine is one for tests, and was
    /// reviewed as such.
    pub fn of(config: &Config) -> Self {
        let endpoints = config.accounts.values().filter_map(|account| account.endpoint.as_ref());
        let mut origins = endpoints.filter_map(|endpoint| Origin::of(&endpoint.value));
        if origins.any(|origin| origin.is_loopback()) { Self::ThisMachine } else { Self::Public }
    }
}

impl Fetched {
    /// Looks at bytes, or tells why they are no image or video.
    pub fn new(bytes: Vec<u8>) -> Result<Self, MediaProblem> {
        let info = sniff(&bytes)?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        Ok(Self { bytes, info, digest })
    }
}

impl FetchError {
    fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }
}

/// What to do where the address is at fault.
const OTHERWISE: &str = "put the file beside the post and name it there";

/// Fetches an image or video: encrypted, from public addresses alone, with no credential, cookie or referrer.
///
/// Each host is looked up once, all its addresses are checked, and only those are connected to; that holds for each of
/// at most three redirects too. What comes is told by its first bytes, whatever its server says of it.
pub async fn fetch(web: &dyn Web, clock: &dyn Clock, url: &str, reach: Reach) -> Result<Fetched, FetchError> {
    let deadline = clock.boottime() + TIMEOUT;
    let here = reach == Reach::ThisMachine && Origin::of(url).is_some_and(|origin| origin.is_loopback());
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS {
        let within = deadline.saturating_sub(clock.boottime());
        if within.is_zero() {
            return Err(FetchError::new(
                "it takes too long to answer",
                "try again later, or keep the file beside the post",
            ));
        }
        let origin = origin(&url, here)?;
        let addresses = addresses(web, &origin, here, within).await?;
        let visit = Visit { url: &url, host: &origin.host, addresses: &addresses, most: LARGEST, within };
        match web.visit(visit).await.map_err(passing)? {
            Visited::Page(bytes) => return look(bytes),
            Visited::Moved { to } => url = to,
            Visited::TooLarge => {
                let most = LARGEST >> 20;
                return Err(FetchError::new(format!("it is larger than {most} MiB"), OTHERWISE));
            }
            Visited::Refused { status } => return Err(refused(status)),
        }
    }
    Err(FetchError::new(format!("it is elsewhere more than {REDIRECTS} times in a row"), OTHERWISE))
}

/// Looks at one address, with the same care and without going on where it leads. One of this machine may be looked at, since
/// it comes from the configuration and not from a post.
pub(super) async fn look_at(web: &dyn Web, url: &str, most: u64, within: Duration) -> Result<Visited, FetchError> {
    let origin = origin(url, true)?;
    let addresses = addresses(web, &origin, true, within).await?;
    web.visit(Visit { url, host: &origin.host, addresses: &addresses, most, within }).await.map_err(passing)
}

/// Returns an address as it is shown to people: without a user name, without its query, which may hold a key, and not too long.
pub fn shown_address(url: &str) -> String {
    const MOST: usize = 120;
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url[..end].split_once("://").map_or(("", &url[..end]), |(scheme, rest)| (scheme, rest));
    let authority = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..authority].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let mut shown = format!("{scheme}://{rest}");
    if shown.chars().count() > MOST {
        shown = shown.chars().take(MOST).collect();
        shown.push('…');
    } else if end < url.len() {
        shown.push_str("?…");
    }
    shown
}

/// Reads an address, if it may be fetched at all.
fn origin(url: &str, here: bool) -> Result<Origin, FetchError> {
    if url.len() > LONGEST {
        return Err(FetchError::new(format!("the address is longer than {LONGEST} bytes"), OTHERWISE));
    }
    let read = Origin::of(url).filter(|origin| !is_odd_number(&origin.host));
    let Some(origin) = read else {
        let help = "write it in full and in ASCII, without a user name, as https://example.com/a.png";
        return Err(FetchError::new("the address can't be read, or can be read in two ways", help));
    };
    if origin.secure || here && origin.is_loopback() {
        return Ok(origin);
    }
    Err(FetchError::new(format!("`{}` would be spoken to without encryption", origin.host), "use its https address"))
}

/// Tells hosts that some programs take for an IPv4 address and others for a name, such as `127.1`, `0x7f000001` and
/// `2130706433`.
fn is_odd_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let digits = last.strip_prefix("0x").map_or_else(
        || !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
        |hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
    );
    digits && host.parse::<std::net::Ipv4Addr>().is_err()
}

/// Finds a host and checks where it is. One bad address among good ones is enough to stop: an honest host has none.
async fn addresses(web: &dyn Web, origin: &Origin, here: bool, within: Duration) -> Result<Vec<IpAddr>, FetchError> {
    let literal = origin.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let found = match literal {
        Ok(address) => vec![address],
        Err(_) => web.resolve(&origin.host, within).await.map_err(passing)?,
    };
    if found.is_empty() {
        return Err(passing(TransportError {
            not_sent: true,
            status: None,
            message: "its host has no address".to_owned(),
        }));
    }
    let allowed = |address: &IpAddr| {
        if here && origin.is_loopback() { address.is_loopback() } else { guard::is_public(*address) }
    };
    match found.iter().find(|address| !allowed(address)) {
        None => Ok(found),
        Some(address) if found.len() == 1 && literal.is_ok() => {
            Err(FetchError::new(format!("`{address}` is no address of the public internet"), OTHERWISE))
        }
        Some(address) => Err(FetchError::new(
            format!("`{}` leads to `{address}`, which is no address of the public internet", origin.host),
            OTHERWISE,
        )),
    }
}

fn look(bytes: Vec<u8>) -> Result<Fetched, FetchError> {
    let is_page = bytes.trim_ascii_start().starts_with(b"<");
    Fetched::new(bytes).map_err(|problem| match problem {
        MediaProblem::UnknownKind if is_page => FetchError::new(
            "it is a page or a drawing in markup, and no image or video",
            "use the address of the image itself",
        ),
        problem => FetchError::new(format!("it {}", describe(&problem)), OTHERWISE),
    })
}

fn refused(status: u16) -> FetchError {
    match status {
        401 | 403 | 404 | 410 => FetchError::new(
            format!("its server doesn't give it to everybody (status {status})"),
            "see that it opens in a private window, or keep the file beside the post",
        ),
        _ => FetchError::new(
            format!("its server answers with status {status}"),
            "try again later, or keep the file beside the post",
        ),
    }
}

fn passing(error: TransportError) -> FetchError {
    FetchError::new(error.message, "try again later, or keep the file beside the post")
}

#[cfg(test)]
mod tests;
