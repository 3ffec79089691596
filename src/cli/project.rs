//! Writing the sites: what is projected from the ledger and the commit.

use super::{
    Failure,
    committed::Committed,
    web_media::{WebMedia, file_names, published_with},
};
use crate::{
    diag::words,
    engine::{self, shown_address},
    ledger::Ledger,
    model::{Account, Media, MediaInfo, MediaLibrary, MediaProblem, MediaSource, change_media},
    network::{self, Draft},
    plan::Desired,
    report::{
        self, TemplateError,
        site::{self, Elsewhere, OutContent, Site, SitePost},
    },
    workspace::{self, Commit, Written},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// A site that was written.
#[derive(Debug)]
pub(super) struct Projected {
    folder: PathBuf,
    posts: usize,
    written: Written,
    warnings: Vec<String>,
}

/// What every site is made from.
struct Facts<'a> {
    committed: &'a Committed,
    ledger: &'a Ledger,
    desired: &'a [Desired],
}

/// What a site shows of the web: a copy of its own, since a page must ask nobody else for anything. In drafts a copy stands
/// under a path that no file of a commit can have.
struct Shown<'a> {
    files: &'a Commit,
    web: &'a WebMedia,
    copies: BTreeMap<String, Copied>,
    warnings: Vec<String>,
}

struct Copied {
    bytes: Vec<u8>,
    info: MediaInfo,
    digest: String,
}

impl Projected {
    /// Returns what could not be shown.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns whether anything of it was written or removed.
    pub(super) fn has_changed(&self) -> bool {
        !self.written.written.is_empty() || !self.written.removed.is_empty()
    }

    /// Says what was written, and where to look.
    pub(super) fn words(&self) -> String {
        let index = self.folder.join("index.html");
        let posts = words::count(self.posts, "post", "posts");
        match self.written.written.len() + self.written.removed.len() {
            0 => format!("the site is as it was: {posts}, see {}", index.display()),
            _ => format!("wrote the site: {posts}, see {}", index.display()),
        }
    }
}

/// Makes every site anew, whole, from the ledger and what the commit wants.
pub(super) fn project(committed: &Committed, ledger: &Ledger, desired: &[Desired]) -> Result<Vec<Projected>, Failure> {
    let is_projected =
        |account: &&Account| network::find(account.network).is_some_and(|network| network.profile().projected);
    let facts = Facts { committed, ledger, desired };
    let mut projected: Vec<Projected> = Vec::new();
    let mut templates = None;
    for account in committed.config.accounts.values().filter(is_projected) {
        let folder = committed.root.join(output(account)?);
        if projected.iter().any(|other| other.folder == folder) {
            let message =
                format!("two sites are written to `{}`, where each would remove the other's pages", folder.display());
            return Err(Failure::usage(message).hint("give each of the accounts an `output` of its own"));
        }
        let templates = match &mut templates {
            Some(templates) => templates,
            none => none.insert(site::templates(committed.templates()).map_err(template_failure)?),
        };
        projected.push(one(&facts, account, folder, templates)?);
    }
    Ok(projected)
}

fn one(
    facts: &Facts<'_>,
    account: &Account,
    folder: PathBuf,
    templates: &report::Templates,
) -> Result<Projected, Failure> {
    let Facts { committed, ledger, desired } = *facts;
    let mut shown = Shown {
        files: committed.snapshot(),
        web: committed.web_media(),
        copies: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let drafts: Vec<(Draft, &Desired)> = desired
        .iter()
        .filter(|desired| desired.draft.account == account.id)
        .filter_map(|desired| {
            let delivery = ledger.delivery(&desired.draft.post, &account.id)?;
            delivery.published(0)?;
            Some((shown.draft(&desired.draft, &published_with(delivery)), desired))
        })
        .collect();
    let posts: Vec<SitePost<'_>> = drafts
        .iter()
        .filter_map(|(draft, desired)| {
            let receipt = ledger.delivery(&desired.draft.post, &account.id)?.published(0)?;
            Some(SitePost {
                draft,
                // A post that was written for a date in the past appears at that date, as in an archive.
                published_at: desired.when.map_or(receipt.at, |when| when.min(receipt.at)),
                updated_at: None,
                remote: &receipt.remote,
                elsewhere: elsewhere(facts, account, desired),
            })
        })
        .collect();
    let input =
        Site { account, config: &committed.config, genesis: ledger.genesis.as_ref(), posts: &posts, media: &shown };
    let mut files = BTreeMap::new();
    for file in site::render(&input, templates).map_err(template_failure)? {
        let bytes = match file.content {
            OutContent::Text(text) => text.into_bytes(),
            OutContent::Media { source } => match shown.copies.get(&source) {
                Some(copied) => copied.bytes.clone(),
                None => committed
                    .public_media(&source)
                    .map_err(|why| Failure::doing(format!("failed to read `{source}` for the site: {why}")))?,
            },
        };
        files.insert(file.path, bytes);
    }
    let written = workspace::write_tree(&folder, &files)?;
    Ok(Projected { folder, posts: posts.len(), written, warnings: shown.warnings })
}

impl Shown<'_> {
    /// Returns a draft with a copy in the place of each web address. What can't be had stays an address, and the page
    /// shows its description and a link instead.
    fn draft(&mut self, draft: &Draft, published: &BTreeMap<&str, &str>) -> Draft {
        let mut draft = draft.clone();
        let mut paths: BTreeMap<String, Option<String>> = BTreeMap::new();
        for media in draft.parts.iter().flat_map(|part| &part.media) {
            if let MediaSource::Url(url) = &media.source
                && !paths.contains_key(url)
            {
                let path = self.copy(url, published.get(url.as_str()).copied());
                let path = path.map_err(|why| {
                    let (post, url) = (&draft.post, shown_address(url));
                    self.warnings.push(format!("the page of `{post}` links to `{url}` instead of showing it: {why}"));
                });
                paths.insert(url.clone(), path.ok());
            }
        }
        let mut change = |media: &mut Media| {
            if let MediaSource::Url(url) = &media.source
                && let Some(Some(path)) = paths.get(url)
            {
                media.source = MediaSource::File(path.clone());
            }
        };
        for part in &mut draft.parts {
            part.media.iter_mut().for_each(&mut change);
            change_media(Arc::make_mut(&mut part.rich), &mut change);
        }
        draft
    }

    /// Makes a copy that anybody may see, and returns its path.
    fn copy(&mut self, url: &str, published: Option<&str>) -> Result<String, String> {
        let fetched = self.web.for_page(url, published)?;
        let name = file_names(url, fetched.info.kind, &fetched.digest).swap_remove(0);
        let path = format!("//{}/{name}", fetched.digest);
        if !self.copies.contains_key(&path) {
            let bytes = engine::public_copy(fetched.bytes, fetched.info.kind)?;
            let copied = Copied { bytes, info: fetched.info, digest: fetched.digest };
            self.copies.insert(path.clone(), copied);
        }
        Ok(path)
    }
}

impl MediaLibrary for Shown<'_> {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        match self.copies.get(path) {
            Some(copied) => Ok(copied.info.clone()),
            None => self.files.look(path),
        }
    }

    fn digest(&self, path: &str) -> Option<String> {
        match self.copies.get(path) {
            Some(copied) => Some(copied.digest.clone()),
            None => self.files.digest(path),
        }
    }
}

/// Returns the links of a post on other accounts, in the order of their names.
fn elsewhere(facts: &Facts<'_>, here: &Account, desired: &Desired) -> Vec<Elsewhere> {
    let others = facts.committed.config.accounts.values().filter(|account| account.id != here.id);
    others
        .filter_map(|account| {
            let receipt = facts.ledger.delivery(&desired.draft.post, &account.id)?.published(0)?;
            let name = network::find(account.network)?.profile().name.to_owned();
            Some(Elsewhere { name, url: receipt.remote.url.clone()? })
        })
        .filter(|elsewhere| elsewhere.url.starts_with("https://") || elsewhere.url.starts_with("http://"))
        .collect()
}

/// Returns the folder of a site, from the root.
fn output(account: &Account) -> Result<&str, Failure> {
    network::site::folder(account).map_err(|why| {
        Failure::usage(format!("the `output` of the account `{}` {why}", account.id))
            .hint("name a folder of its own inside the workspace, such as `public`")
    })
}

pub(super) fn template_failure(error: TemplateError) -> Failure {
    let place = error.line.map_or_else(String::new, |line| format!(", line {line}"));
    let failure = Failure::usage(format!("the template `{}`{place} can't be used: {}", error.path, error.message));
    match error.help {
        Some(help) => failure.hint(help),
        None => failure,
    }
}
