//! Putting images and videos where networks can fetch them.
//!
//! Owns [`MediaHost`], the place of `[media.host]`: a folder that a web server serves, or a bucket of an S3-compatible storage,
//! and the only part that knows that library. A file is named by the digest of what is sent, put there before anything is
//! claimed, looked at as the network will, and taken away once the part that needed it has come to its end. What a crash
//! leaves is swept later. When a part has come to its end is for `delivery` to say. Start at [`PublicHost`].

mod bucket;
mod folder;
mod look;
mod name;
mod needs;
mod sweep;

use self::{bucket::BucketPlace, folder::FolderPlace};
use super::{HttpTransport, SecretSource, Web};
use crate::{
    config::{HostPlace, HostSettings},
    model::{MediaKind, Timestamp},
    network::Flow,
};
use std::{fmt, path::Path, sync::Arc};

pub(super) use self::needs::Needs;
pub use self::{
    name::{is_ours, name_of},
    sweep::{Broom, Swept, sweep},
};

/// A public place for files that networks fetch.
pub trait MediaHost {
    /// Returns the address that a file has there.
    fn address(&self, name: &str) -> String;

    /// Puts a file there, over one of the same name.
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], kind: MediaKind) -> Flow<'a, Result<(), HostError>>;

    /// Looks at a file's public address, as a network will: these very bytes must be there.
    fn look<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> Flow<'a, Result<(), HostError>>;

    /// Returns the files of ours that are there, and no others.
    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>>;

    /// Takes a file away. Taking away what is gone succeeds.
    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>>;
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// When it was put there.
    pub since: Timestamp,
}

/// Why a place can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do, in the imperative.
    pub help: String,
}

impl HostError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// Says that there is no place.
    pub fn none() -> Self {
        Self::new(
            "the network fetches images and videos from a public address, and there is no `[media.host]`",
            "say in masthead.toml where they can be put; docs/media.md tells how",
        )
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

/// Where files are kept, whatever their public address is.
trait Place: fmt::Debug + Send + Sync {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], kind: MediaKind) -> Flow<'a, Result<(), HostError>>;
    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>>;
    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>>;
}

/// Tries a place: puts a file there, looks at it as a network will, and takes it away again.
pub async fn try_host(host: &dyn MediaHost) -> Result<(), HostError> {
    /// One clear pixel.
    const PIXEL: &[u8] =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let name = name_of(PIXEL, MediaKind::Gif);
    host.put(&name, PIXEL, MediaKind::Gif).await?;
    let looked = host.look(&name, PIXEL).await;
    host.remove(&name).await?;
    looked
}

/// The place of `[media.host]`.
#[derive(Debug)]
pub struct PublicHost {
    url: String,
    place: Box<dyn Place>,
    web: HttpTransport,
}

impl PublicHost {
    /// Opens the place of a workspace. Nothing is asked or written yet, but the key of a storage is fetched.
    pub fn open(settings: &HostSettings, root: &Path, secrets: &dyn SecretSource) -> Result<Self, HostError> {
        let place: Box<dyn Place> = match &settings.place {
            HostPlace::Folder(folder) => Box::new(FolderPlace::new(root.join(folder))),
            HostPlace::Bucket(bucket) => {
                let secret = secrets.get(&bucket.secret.value).map_err(|why| {
                    HostError::new(
                        format!("the secret of `[media.host]` can't be had: {why}"),
                        "put it where `secret` says",
                    )
                })?;
                Box::new(BucketPlace::new(bucket, &secret, Arc::new(HttpTransport::new()))?)
            }
        };
        Ok(Self { url: settings.url.clone(), place, web: HttpTransport::new() })
    }

    fn web(&self) -> &dyn Web {
        &self.web
    }
}

impl MediaHost for PublicHost {
    fn address(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }

    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], kind: MediaKind) -> Flow<'a, Result<(), HostError>> {
        self.place.put(name, bytes, kind)
    }

    fn look<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> Flow<'a, Result<(), HostError>> {
        Box::pin(async move { look::look(self.web(), &self.address(name), bytes).await })
    }

    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>> {
        self.place.held()
    }

    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>> {
        self.place.remove(name)
    }
}
