//! Media by web address: fetched once in a run, and kept in the clone.

use super::committed::Committed;
use crate::{
    config::Config,
    engine::{
        self, FetchError, Fetched, HostError, HttpTransport, KeptMedia, MediaHost, MediaSource, Reach, SystemClock,
    },
    ledger::DeliveryState,
    model::{MediaKind, MediaProblem},
    network::Flow,
    workspace::Source as _,
};
use std::{collections::BTreeMap, path::Path};
use tokio::sync::Mutex;

/// What posts name by web address, for one run.
#[derive(Debug)]
pub(super) struct WebMedia {
    web: HttpTransport,
    reach: Reach,
    /// None outside of a repository.
    kept: Option<KeptMedia>,
    /// What this run has found: the digest by address. It is held while something is fetched, so that accounts that go on side by
    /// side send the same.
    found: Mutex<BTreeMap<String, String>>,
}

impl WebMedia {
    /// Makes one that keeps what it finds in a clone's folder, if there is a clone.
    pub(super) fn new(config: &Config, state: Option<&Path>) -> Self {
        Self {
            web: HttpTransport::new(),
            reach: Reach::of(config),
            kept: state.map(KeptMedia::new),
            found: Mutex::default(),
        }
    }

    /// Returns what is at an address, once for the whole run; or what has the pinned digest, if that is kept.
    pub(super) async fn fetch(&self, url: &str, pinned: Option<&str>) -> Result<Fetched, FetchError> {
        let mut found = self.found.lock().await;
        let known = [pinned, found.get(url).map(String::as_str)];
        if let Some(kept) = known.into_iter().flatten().find_map(|digest| self.content(digest)) {
            return Ok(kept);
        }
        let fetched = engine::fetch(&self.web, &SystemClock, url, self.reach).await?;
        // What can't be kept is fetched again, which costs time and nothing else.
        if self.kept.as_ref().is_some_and(|kept| kept.keep(url, &fetched).is_ok()) {
            found.insert(url.to_owned(), fetched.digest.clone());
        }
        Ok(fetched)
    }

    /// Does the same from where nothing can wait, on a thread of its own.
    pub(super) fn fetch_now(&self, url: &str, pinned: Option<&str>) -> Result<Fetched, FetchError> {
        let failed = || FetchError { message: "nothing can be fetched by this process".to_owned(), help: "try again" };
        let fetch = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| failed())?;
            runtime.block_on(self.fetch(url, pinned))
        };
        std::thread::scope(|scope| scope.spawn(fetch).join()).unwrap_or_else(|_| Err(failed()))
    }

    /// Returns what a page shows: what was published, or what was last found there. Nothing is fetched that is kept, so that a site can
    /// be made again without the network and does not change by itself.
    pub(super) fn for_page(&self, url: &str, pinned: Option<&str>) -> Result<Fetched, String> {
        let kept = match pinned {
            Some(digest) => self.content(digest),
            None => self.kept.as_ref().and_then(|kept| kept.last(url)),
        };
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let fetched = self.fetch_now(url, pinned).map_err(|error| format!("it can't be fetched: {}", error.message))?;
        if pinned.is_some_and(|digest| digest != fetched.digest) {
            return Err("what is there is no longer what was published".to_owned());
        }
        Ok(fetched)
    }

    fn content(&self, digest: &str) -> Option<Fetched> {
        self.kept.as_ref()?.content(digest)
    }
}

/// Lets the engine read the commit's images and videos, and fetch those that it names by web address.
impl MediaSource for Committed {
    fn bytes(&self, path: &str) -> Result<Vec<u8>, MediaProblem> {
        self.snapshot().bytes(path)
    }

    fn fetch<'a>(&'a self, url: &'a str, pinned: Option<&'a str>) -> Flow<'a, Result<Fetched, FetchError>> {
        Box::pin(self.web_media().fetch(url, pinned))
    }

    fn host(&self) -> Result<&dyn MediaHost, HostError> {
        self.public_place()
    }
}

/// Returns what a delivery was published with: the digest by address, from its receipts.
pub(super) fn published_with(delivery: &DeliveryState) -> BTreeMap<&str, &str> {
    let out = (0..delivery.parts.len()).filter_map(|index| delivery.published(index));
    out.flat_map(|published| &published.media).map(|(url, digest)| (url.as_str(), digest.as_str())).collect()
}

/// Names a file after the last part of its address, with the ending that fits what it is; none if that part says nothing.
pub(super) fn file_stem(url: &str) -> Option<String> {
    const MOST: usize = 60;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let (_, last) = path.rsplit_once('/')?;
    let stem = match last.rsplit_once('.') {
        Some((stem, ending)) if (1..=5).contains(&ending.len()) => stem,
        _ => last,
    };
    let mut name = String::new();
    for c in stem.replace("%20", "-").chars() {
        let c = if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
        if c != '-' || !name.ends_with('-') {
            name.push(c);
        }
    }
    name.truncate(MOST);
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Names a file for what was fetched from an address; each name is less likely to be taken than the one before.
pub(super) fn file_names(url: &str, kind: MediaKind, digest: &str) -> Vec<String> {
    let (ending, short) = (kind.extension(), &digest[..digest.len().min(12)]);
    let mut names = Vec::new();
    if let Some(stem) = file_stem(url) {
        names.push(format!("{stem}.{ending}"));
        names.push(format!("{stem}-{short}.{ending}"));
    }
    names.extend([format!("{short}.{ending}"), format!("{digest}.{ending}")]);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: &str) {
        let digest = "0123456789abcdef0123";
        assert_eq!(file_names(url, MediaKind::Jpeg, digest)[0], expect, "{url}");
    }

    #[test]
    fn files_are_named_after_the_end_of_their_address() {
        check("https://img.example/2026/My%20Hoodie_2.PNG?x=/a.gif#b", "my-hoodie_2.jpg");
        check("https://img.example/assets/7f0c-11", "7f0c-11.jpg");
        check("https://img.example/v1.2.final", "v1-2.jpg");
        check("https://img.example/..%2f..%2fetc", "2f-2fetc.jpg");
        check("https://img.example/.htaccess", "htaccess.jpg");
        check(&format!("https://img.example/{}", "x".repeat(300)), &format!("{}.jpg", "x".repeat(60)));
    }

    #[test]
    fn an_address_that_says_nothing_leaves_the_digest() {
        for url in
            ["https://img.example", "https://img.example/", "https://img.example/?a.png", "https://img.example/日本"]
        {
            check(url, "0123456789ab.jpg");
        }
    }
}
