use super::sign;
use crate::{
    config::Config,
    model::{Account, AccountId, MediaKind, Timestamp},
    network::{self, Limits, nip19::hex},
    workspace::{self, WorkspaceError},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What servers have said of their limits, remembered in this clone: a file for each account below git's own folder.
/// Losing them loses nothing; the profile's numbers hold then.
#[derive(Clone, Debug)]
pub struct Probes {
    folder: PathBuf,
}

/// The file's shape, version 1.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    v: u32,
    /// When the server said it.
    at: String,
    /// Which server said it: another endpoint has other limits.
    endpoint: Option<String>,
    network: String,
    /// What the program itself knew of the network then, as a sum: a newer one may know more of it than the answer tells.
    #[serde(default)]
    profile: String,
    text: Option<u64>,
    text_bytes: Option<u64>,
    url_weight: Option<u32>,
    images: u64,
    videos: u64,
    kinds: Vec<String>,
    image_bytes: Option<u64>,
    image_pixels: Option<u64>,
    video_bytes: Option<u64>,
    alt: Option<u64>,
    poll_options: u64,
    poll_option: u64,
    poll_min_seconds: u64,
    poll_max_seconds: u64,
}

const VERSION: u32 = 1;

const KINDS: [MediaKind; 6] =
    [MediaKind::Jpeg, MediaKind::Png, MediaKind::Gif, MediaKind::Webp, MediaKind::Mp4, MediaKind::Webm];

impl Probes {
    /// Opens the memory of a clone, by the folder that [`workspace::Repo::state_folder`] names.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("probes") }
    }

    /// Returns the limits that servers have said, by account. What can't be read, is of another server or another version is
    /// left out.
    pub fn limits(&self, config: &Config) -> BTreeMap<AccountId, Limits> {
        let known = config.accounts.values().filter_map(|account| Some((account.id.clone(), self.recall(account)?)));
        known.collect()
    }

    /// Remembers what a server said.
    pub fn remember(&self, account: &Account, limits: &Limits, now: Timestamp) -> Result<(), WorkspaceError> {
        let remembered = Remembered {
            v: VERSION,
            at: now.to_string(),
            endpoint: account.endpoint.as_ref().map(|endpoint| endpoint.value.clone()),
            network: account.network.to_string(),
            profile: network::find(account.network).map(|network| sum(&network.profile().limits())).unwrap_or_default(),
            text: limits.text,
            text_bytes: limits.text_bytes,
            url_weight: limits.measure.url,
            images: limits.images,
            videos: limits.videos,
            kinds: limits.kinds.iter().map(|kind| kind.mime().to_owned()).collect(),
            image_bytes: limits.image_bytes,
            image_pixels: limits.image_pixels,
            video_bytes: limits.video_bytes,
            alt: limits.alt,
            poll_options: limits.poll_options,
            poll_option: limits.poll_option,
            poll_min_seconds: limits.poll_seconds.0,
            poll_max_seconds: limits.poll_seconds.1,
        };
        let text = serde_json::to_string_pretty(&remembered).expect("texts and numbers");
        workspace::write_file(&self.path(&account.id), text.as_bytes())
    }

    fn path(&self, account: &AccountId) -> PathBuf {
        self.folder.join(format!("{account}.json"))
    }

    fn recall(&self, account: &Account) -> Option<Limits> {
        let text = fs::read_to_string(self.path(&account.id)).ok()?;
        let told: Remembered = serde_json::from_str(&text).ok()?;
        let same_server = told.endpoint.as_deref() == account.endpoint.as_ref().map(|endpoint| endpoint.value.as_str());
        let mut limits = network::find(account.network)?.profile().limits();
        let same_network = told.network == account.network.as_str() && told.profile == sum(&limits);
        if told.v != VERSION || !same_network || !same_server {
            return None;
        }
        limits.measure.url = told.url_weight;
        Some(Limits {
            text: told.text,
            text_bytes: told.text_bytes,
            images: told.images,
            videos: told.videos,
            kinds: KINDS.into_iter().filter(|kind| told.kinds.iter().any(|mime| mime == kind.mime())).collect(),
            image_bytes: told.image_bytes,
            image_pixels: told.image_pixels,
            video_bytes: told.video_bytes,
            alt: told.alt,
            poll_options: told.poll_options,
            poll_option: told.poll_option,
            poll_seconds: (told.poll_min_seconds, told.poll_max_seconds),
            ..limits
        })
    }
}

fn sum(limits: &Limits) -> String {
    hex(&sign::sha256(format!("{limits:?}").as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{FileId, Span},
        model::NetworkId,
    };

    #[test]
    fn what_was_told_holds_until_the_program_knows_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let probes = Probes::new(folder.path());
        let place = Span::new(FileId(0), 0..0);
        let account = Account::new(AccountId::new("brand"), NetworkId("mastodon"), place);
        let mut limits = network::find(account.network).expect("a network").profile().limits();
        limits.text = Some(5_000);
        probes.remember(&account, &limits, Timestamp::EPOCH).expect("kept");
        assert_eq!(probes.recall(&account), Some(limits));
        let path = probes.path(&account.id);
        let kept = fs::read_to_string(&path).expect("a file");
        let profile = sum(&network::find(account.network).expect("a network").profile().limits());
        assert!(kept.contains(&profile));
        fs::write(&path, kept.replace(&profile, "0123456789abcdef")).expect("a file");
        assert_eq!(probes.recall(&account), None, "another version told it");
    }
}
