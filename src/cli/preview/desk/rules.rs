use super::{Book, stamp};
use crate::{
    check,
    cli::{
        load::{nearest, read_defaults},
        preview::memory,
    },
    config::{self, Config},
    content::{self, Defaults},
    diag::{Diagnostic, FileId},
    engine::Probes,
    model::{AccountId, FREEZE_FILE, Freeze, Post},
    network::{self, Limits},
    report::pages::Pages,
    workspace::{self, Disk, FileProblem, Listing, Repo, Source as _},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What holds for every post: the configuration, the defaults, the limits, the templates.
#[derive(Debug)]
pub(in crate::cli::preview) struct Rules {
    pub(in crate::cli::preview) config: Config,
    pub(in crate::cli::preview) limits: BTreeMap<AccountId, Limits>,
    /// What `freeze.toml` stops.
    pub(in crate::cli::preview) freezes: Vec<Freeze>,
    pub(in crate::cli::preview) pages: Pages,
    /// What is wrong with the templates, if the program's own are used instead.
    pub(in crate::cli::preview) templates: Option<String>,
    /// What is wrong with all that, and with files that can't be posts, at its level.
    pub(super) findings: Vec<Diagnostic>,
    /// What holds below a folder, by the folder's path.
    defaults: BTreeMap<String, Defaults>,
    /// The folders whose defaults have errors.
    misled: BTreeSet<String>,
    /// What the configuration and the defaults were read from, to know which have changed.
    stamps: BTreeMap<String, u64>,
}

/// A configuration that can't be used.
#[derive(Clone, Debug)]
pub(in crate::cli::preview) struct Trouble {
    pub(in crate::cli::preview) findings: Vec<Diagnostic>,
    /// In one line.
    pub(in crate::cli::preview) words: String,
    /// The file's text, which the findings point into.
    pub(in crate::cli::preview) text: String,
    pub(in crate::cli::preview) file: FileId,
}

impl Rules {
    /// Reads all of it. What was read before is of use where it has not changed.
    pub(super) fn read(root: &Path, listing: &Listing, book: &mut Book) -> Result<Self, Box<Trouble>> {
        let disk = Disk::new(root);
        let file = book.id(workspace::CONFIG);
        let text = disk.read(workspace::CONFIG).map_err(|problem| {
            let words = format!("`{}` can't be read: {}", workspace::CONFIG, problem.message());
            let findings = vec![check::unreadable(file, &problem.message(), problem.help())];
            Box::new(Trouble { findings, words, text: String::new(), file })
        })?;
        let (config, found) = config::parse(file, &text, network::specs());
        let is_broken = found.iter().any(Diagnostic::is_error);
        let Some(config) = config.filter(|_| !is_broken) else {
            let mut findings = found;
            findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
            let words = format!("`{}` has errors: what it said before holds until they are mended", workspace::CONFIG);
            return Err(Box::new(Trouble { findings, words, text, file }));
        };
        let mut findings = found;
        findings.extend(check::check_config(&config));
        findings.extend(check::check_config_text(&config, &text));
        let mut stamps = BTreeMap::from([(workspace::CONFIG.to_owned(), stamp(&text))]);
        let number = &mut |path: &str, text: Option<&str>| {
            stamps.extend(text.map(|text| (path.to_owned(), stamp(text))));
            book.id(path)
        };
        let defaults = read_defaults(&disk, &listing.defaults, &config, number, &mut findings);
        let mut freezes = Vec::new();
        match disk.read(FREEZE_FILE) {
            Err(FileProblem::Missing) => {}
            Ok(text) => {
                let file = book.id(FREEZE_FILE);
                let (stops, problems) = content::parse_freeze(file, &text, &config);
                freezes = stops;
                findings.extend(problems);
                findings.extend(check::check_text(file, &text));
            }
            Err(problem) => {
                let file = book.id(FREEZE_FILE);
                freezes.push(content::unreadable_freeze(&problem.message()));
                findings.push(check::unreadable(file, &problem.message(), problem.help()));
            }
        }
        for (path, problem) in &listing.problems {
            findings.push(check::unreadable(book.id(path), &problem.message(), problem.help()));
        }
        let findings = check::apply_levels(findings, &[], &config.check.levels);
        let errors = findings.iter().filter(|finding| finding.is_error());
        let paths = errors.map(|finding| book.files.path(finding.primary.span.file));
        let misled = paths.filter_map(|path| path.strip_suffix(workspace::DEFAULTS)?.strip_suffix('/'));
        let misled = misled.map(str::to_owned).collect();
        let limits = Repo::open(root)
            .map(|repository| Probes::new(&repository.state_folder()).limits(&config))
            .unwrap_or_default();
        let (pages, templates) = templates(&disk, listing);
        Ok(Self { config, limits, freezes, pages, templates, findings, defaults, misled, stamps })
    }

    /// Returns what a post inherits.
    fn defaults_of(&self, path: &str) -> Option<&Defaults> {
        nearest(&self.defaults, path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }

    /// Returns the limits that hold for an account.
    pub(in crate::cli::preview) fn limits_of(&self, account: &str) -> Option<Limits> {
        let account = self.config.accounts.get(account)?;
        let usual = || network::find(account.network).map(|network| network.profile().limits());
        self.limits.get(&account.id).cloned().or_else(usual)
    }

    /// Returns whether a post inherits from defaults with errors.
    pub(super) fn misleads(&self, path: &str) -> bool {
        crate::cli::load::folders_of(path).any(|folder| self.misled.contains(folder))
    }

    /// Parses a text as if it stood in a post's file.
    pub(in crate::cli::preview) fn parse(
        &self,
        file: FileId,
        path: &str,
        text: &str,
    ) -> (Option<Post>, Vec<Diagnostic>) {
        let none = Defaults::default();
        content::parse(file, path, text, &self.config, self.defaults_of(path).unwrap_or(&none))
    }

    /// Tells below which folders posts must be read again after these rules took the place of others: `""` is all.
    pub(super) fn changed_since(&self, before: Option<&Self>) -> Vec<String> {
        let Some(before) = before else { return vec![String::new()] };
        let names: BTreeSet<&String> = self.stamps.keys().chain(before.stamps.keys()).collect();
        let changed = names.into_iter().filter(|name| self.stamps.get(*name) != before.stamps.get(*name));
        changed.map(|name| name.strip_suffix(workspace::DEFAULTS).unwrap_or_default().to_owned()).collect()
    }
}

/// Makes the pages' templates: the workspace's, or the program's own where those can't be used.
fn templates(disk: &Disk, listing: &Listing) -> (Pages, Option<String>) {
    let mut overrides = BTreeMap::new();
    for path in &listing.templates {
        if let Ok(text) = disk.read(path) {
            overrides.insert(path.clone(), text);
        }
    }
    if !overrides.is_empty() {
        memory::bound(listing.posts.len());
    }
    match Pages::new(&overrides) {
        Ok(pages) => (pages, None),
        Err(error) => {
            let own = Pages::new(&BTreeMap::new()).expect("the program's own templates can be used");
            (own, Some(format!("the template {error}")))
        }
    }
}
