//! The state of a workspace that is watched, held compactly.
//!
//! Owns what is known of every file: for a post that is what overviews need and what is wrong with it; the post itself is
//! read again when it is shown. A change makes the desk read what it touches and nothing else: a file; all that inherits from
//! it; or whatever differs from what was known, where nobody can tell. It knows nothing of watching or serving. One thread
//! tends it, in small steps ([`Desk::change`], [`Desk::step`]), and any number may look ([`Desk::look`]) meanwhile.

mod effect;
mod entry;
mod rules;
mod sight;
#[cfg(test)]
mod tests;

use self::entry::{Depth, Entry, Reader};
pub(super) use self::{
    effect::Effect,
    rules::{Rules, Trouble},
    sight::Sight,
};
use super::watcher::Changes;
use crate::{
    check,
    cli::time,
    diag::{Diagnostic, FileId, Files, Level},
    ledger::Ledger,
    model::{FREEZE_FILE, Timestamp},
    report::pages::post_path,
    workspace::{self, Disk, FileProblem, GitStore, Repo, Source as _},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many posts are read at most before it is looked whether something else has changed meanwhile.
const STEP: usize = 256;

/// A workspace that is watched.
#[derive(Debug)]
pub(super) struct Desk {
    root: PathBuf,
    /// Whoever looks takes what is known now, and keeps it however long that is.
    state: RwLock<Arc<State>>,
    /// How many posts were checked since the start.
    checked: AtomicU64,
}

/// What is known.
#[derive(Clone, Debug, Default)]
struct State {
    book: Book,
    /// What was good last; none if it never was.
    rules: Option<Arc<Rules>>,
    trouble: Option<Arc<Trouble>>,
    /// Why the workspace can't be read at all.
    gone: Option<String>,
    ledger: Option<Arc<Ledger>>,
    /// What is known of each post, by the number of its file.
    entries: Vec<Option<Arc<Entry>>>,
    /// The posts by the path of their page; an id that is taken twice has several.
    by_page: BTreeSet<(Box<str>, FileId)>,
    /// The posts by every date that they have.
    by_date: BTreeSet<(Timestamp, FileId)>,
    /// The posts that have none on some account.
    undated: BTreeSet<FileId>,
    /// How many errors and warnings the posts have.
    errors: usize,
    warnings: usize,
    /// What is wrong between posts, at its level.
    across: Arc<[Diagnostic]>,
    /// Whether `across` must be found out again.
    stale: bool,
    /// What is still to be read.
    backlog: VecDeque<FileId>,
    version: u64,
}

/// The numbers of files, which never change.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) files: Arc<Files>,
    ids: Arc<BTreeMap<Box<str>, FileId>>,
}

impl Book {
    /// Returns the number of a file, a new one if it has none.
    fn id(&mut self, path: &str) -> FileId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = Arc::make_mut(&mut self.files).add(path, None);
        Arc::make_mut(&mut self.ids).insert(path.into(), id);
        id
    }
}

impl Desk {
    /// Makes the desk of a workspace that nothing is known of yet.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), state: RwLock::default(), checked: AtomicU64::new(0) }
    }

    /// Returns the workspace's root.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks at what is known now.
    pub(super) fn look(&self) -> Sight {
        Sight::new(&self.root, self.read())
    }

    /// Returns how many posts were checked since the start.
    #[cfg(test)]
    fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// Reads everything for the first time, as far as pages need it; what is wrong is found out by the steps that follow.
    pub(super) fn open(&self) {
        self.refresh_rules(&[String::new()]);
        let (rules, files, posts) = {
            let state = self.read();
            (state.rules.clone(), Arc::clone(&state.book.files), state.backlog.iter().copied().collect::<Vec<_>>())
        };
        if let Some(rules) = rules {
            self.enter(&rules, &files, &posts, Depth::Front, &mut Effect::default());
        }
        self.refresh_ledger();
        self.write(|state| {
            state.stale = true;
            state.version += 1;
        });
    }

    /// Follows changes on disk. What they touch is read at once if it is little; otherwise the next steps do it.
    pub(super) fn change(&self, changes: &Changes) -> Effect {
        let mut effect = Effect::default();
        if changes.references {
            effect.all |= self.refresh_ledger();
        }
        let is_known = |path: &str| self.read().book.ids.contains_key(path);
        // The folders whose posts may say anything: `""` is all.
        let mut folders: Vec<String> = changes.all.then(String::new).into_iter().collect();
        let (mut rules, mut posts, mut media) = (false, Vec::new(), HashSet::new());
        for path in &changes.paths {
            match path.as_str() {
                workspace::CONFIG | FREEZE_FILE => rules = true,
                path if is_post(path) => posts.push(path),
                path if path.starts_with("templates/") || is_defaults(path) => rules = true,
                path if is_known(path) || !self.is_folder(path) => drop(media.insert(path)),
                // A folder came, went or was renamed, with whatever is below it.
                path => folders.push(format!("{path}/")),
            }
        }
        let read: Vec<(&str, Result<String, FileProblem>)> = match changes.all {
            true => Vec::new(),
            false => posts.iter().map(|path| (*path, Disk::new(&self.root).read(path))).collect(),
        };
        // That something is no file at all is told by listing.
        let is_odd = |result: &Result<String, FileProblem>| {
            matches!(result, Err(FileProblem::Symlink | FileProblem::NotAFile | FileProblem::BadName))
        };
        let names_badly = |path: &str| path.contains('\\') || path.chars().any(char::is_control);
        let is_odd = read.iter().any(|(path, result)| is_odd(result) || names_badly(path));
        if rules || is_odd || !folders.is_empty() {
            effect.all = true;
            self.refresh_rules(&folders);
        }
        if !is_odd {
            self.refresh_posts(&read, &mut effect);
        }
        self.refresh_media(&media);
        // Of a few posts it is told at once what is wrong with them.
        if self.read().backlog.len() <= STEP {
            effect.add(self.read_backlog());
        }
        if !effect.is_none() {
            self.write(|state| state.version += 1);
        }
        effect
    }

    /// Returns whether something is left to do.
    pub(super) fn has_more(&self) -> bool {
        let state = self.read();
        !state.backlog.is_empty() || state.stale
    }

    /// Does a part of what is left to do.
    pub(super) fn step(&self) -> Effect {
        let mut effect = self.read_backlog();
        if self.read().backlog.is_empty() && self.read().stale {
            effect.all |= self.compare();
        }
        if !effect.is_none() {
            self.write(|state| state.version += 1);
        }
        effect
    }

    /// Returns whether there is such a folder, or was before.
    fn is_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let state = self.read();
        let from = (std::ops::Bound::Included(below.as_str()), std::ops::Bound::Unbounded);
        let known = state.book.ids.range::<str, _>(from).take_while(|(known, _)| known.starts_with(&below));
        let was = known.into_iter().any(|(known, id)| state.entry(*id).is_some() || is_defaults(known));
        drop(state);
        was || self.root.join(path).symlink_metadata().is_ok_and(|metadata| !metadata.is_file())
    }

    /// Lists all files and reads the rules; puts onto the backlog what must be read again, which is whatever differs below
    /// some folders.
    fn refresh_rules(&self, folders: &[String]) {
        let listing = match Disk::new(&self.root).list() {
            Ok(listing) => listing,
            Err(error) => return self.write(|state| state.gone = Some(error.to_string())),
        };
        let (mut book, before, trouble) = {
            let state = self.read();
            (state.book.clone(), state.rules.clone(), state.trouble.is_some())
        };
        let rules = Rules::read(&self.root, &listing, &mut book);
        let posts: Vec<FileId> = listing.posts.iter().map(|path| book.id(path)).collect();
        let changed = match &rules {
            Ok(rules) => rules.changed_since(before.as_deref()),
            Err(_) => Vec::new(),
        };
        let differing = self.differing(&listing.posts, folders);
        let listed: HashSet<FileId> = posts.iter().copied().collect();
        self.write(|state| {
            state.gone = None;
            state.book = book;
            state.entries.resize(state.book.files.len(), None);
            match rules {
                Ok(rules) => {
                    // Levels are laid over what is between posts, too.
                    state.stale |= !changed.is_empty() || trouble;
                    state.rules = Some(Arc::new(rules));
                    state.trouble = None;
                }
                Err(trouble) => state.trouble = Some(Arc::from(trouble)),
            }
            for file in (0..).map(FileId).take(state.entries.len()) {
                if !listed.contains(&file) {
                    state.replace(file, None);
                }
            }
            let waiting: HashSet<FileId> = state.backlog.iter().copied().collect();
            for file in posts.into_iter().filter(|file| !waiting.contains(file)) {
                let path = state.book.files.path(file);
                let inherits = changed.iter().any(|folder| path.starts_with(folder.as_str()));
                if inherits || state.entry(file).is_none() || differing.contains(&file) {
                    state.backlog.push_back(file);
                }
            }
        });
    }

    /// Finds the posts below some folders that don't say what they said. Of those that nothing is known of, nothing is read.
    fn differing(&self, posts: &[String], folders: &[String]) -> HashSet<FileId> {
        let state = self.read();
        let is_meant = |path: &&String| folders.iter().any(|folder| path.starts_with(folder.as_str()));
        let is_known =
            |path: &&String| state.book.ids.get(path.as_str()).is_some_and(|file| state.entry(*file).is_some());
        let posts: Vec<String> = posts.iter().filter(is_meant).filter(is_known).cloned().collect();
        let differing = workspace::read_all(&Disk::new(&self.root), &posts, |_, path, text| {
            let file = *state.book.ids.get(path)?;
            let entry = state.entry(file)?;
            let is_same = text.is_ok_and(|text| stamp(&text) == entry.stamp);
            (!is_same).then_some(file)
        });
        differing.into_iter().flatten().collect()
    }

    /// Puts posts that were written, made or deleted onto the backlog.
    fn refresh_posts(&self, read: &[(&str, Result<String, FileProblem>)], effect: &mut Effect) {
        self.write(|state| {
            for (path, result) in read {
                let known = state.book.ids.get(*path).copied();
                let entry = known.and_then(|file| state.entry(file));
                match (known, result) {
                    (None, Err(FileProblem::Missing)) => {}
                    (Some(file), Err(FileProblem::Missing)) => {
                        if let Some(entry) = entry {
                            effect.add_post(entry);
                        }
                        effect.all |= state.replace(file, None);
                        state.backlog.retain(|other| *other != file);
                    }
                    (_, Ok(text)) if entry.is_some_and(|entry| stamp(text) == entry.stamp) => {}
                    _ => {
                        let file = state.book.id(path);
                        state.entries.resize(state.book.files.len(), None);
                        // What is saved now is looked at first, whatever else there is to do.
                        state.backlog.retain(|other| *other != file);
                        state.backlog.push_front(file);
                    }
                }
            }
        });
    }

    /// Puts posts that name images or videos onto the backlog.
    fn refresh_media(&self, media: &HashSet<&str>) {
        if media.is_empty() {
            return;
        }
        self.write(|state| {
            let waiting: HashSet<FileId> = state.backlog.iter().copied().collect();
            for (file, entry) in (0..).map(FileId).zip(&state.entries) {
                let Some(facts) = entry.as_ref().and_then(|entry| entry.facts.as_ref()) else { continue };
                if facts.media.iter().any(|path| media.contains(&**path)) && !waiting.contains(&file) {
                    state.backlog.push_back(file);
                }
            }
        });
    }

    /// Reads the ledger as this clone knows it, if it has moved. Returns whether it has.
    fn refresh_ledger(&self) -> bool {
        let Some(rules) = self.read().rules.clone() else { return false };
        let known = Repo::open(&self.root).ok().and_then(|repository| {
            let store = GitStore::open(&repository, &rules.config.ledger).ok()?;
            let tip = store.known_commit()?;
            if self.read().ledger.as_ref().is_some_and(|ledger| ledger.commit.as_deref() == Some(tip.as_str())) {
                return Some(None);
            }
            store.read_known().map(Some)
        });
        self.write(|state| match known {
            Some(None) => false,
            Some(Some(ledger)) => {
                state.ledger = Some(Arc::new(ledger));
                true
            }
            None => state.ledger.take().is_some(),
        })
    }

    /// Reads and checks some of what is on the backlog.
    fn read_backlog(&self) -> Effect {
        let mut effect = Effect::default();
        let next = self.write(|state| {
            let Some(rules) = state.rules.clone() else {
                state.backlog.clear();
                return None;
            };
            let count = state.backlog.len().min(STEP);
            let posts: Vec<FileId> = state.backlog.drain(..count).collect();
            Some((rules, Arc::clone(&state.book.files), posts))
        });
        if let Some((rules, files, posts)) = next {
            self.enter(&rules, &files, &posts, Depth::Checked, &mut effect);
        }
        effect
    }

    /// Reads posts and remembers what they say.
    fn enter(&self, rules: &Rules, files: &Files, posts: &[FileId], depth: Depth, effect: &mut Effect) {
        if posts.is_empty() {
            return;
        }
        let (ledger, known): (_, Vec<Option<Arc<Entry>>>) = {
            let state = self.read();
            (state.ledger.clone(), posts.iter().map(|file| state.entry(*file).cloned()).collect())
        };
        let disk = Disk::new(&self.root);
        let reader = Reader { rules, disk: &disk, ledger: ledger.as_deref(), now: time::now() };
        let paths: Vec<String> = posts.iter().map(|file| files.path(*file).to_owned()).collect();
        let entries = workspace::read_all(&disk, &paths, |index, path, text| match text {
            Err(FileProblem::Missing) => None,
            text => {
                let text = text.as_deref().map_err(Clone::clone);
                Some(Arc::new(reader.entry(posts[index], path, text, depth, known[index].as_deref())))
            }
        });
        if depth == Depth::Checked {
            self.checked.fetch_add(posts.len() as u64, Ordering::Relaxed);
        }
        self.write(|state| {
            for (file, entry) in posts.iter().zip(entries) {
                let before = state.entry(*file).cloned();
                let is_same = before.as_ref().zip(entry.as_ref()).is_some_and(|(before, entry)| before.says_as(entry));
                if !is_same {
                    before.iter().chain(&entry).for_each(|entry| effect.add_post(entry));
                }
                state.replace(*file, entry);
            }
        });
    }

    /// Compares the posts with one another. Returns whether something else is wrong now.
    fn compare(&self) -> bool {
        let state = self.read();
        let Some(rules) = state.rules.clone() else { return false };
        let mut across = check::Across::new();
        for facts in state.entries.iter().flatten().filter_map(|entry| entry.facts.as_ref()) {
            across.add(facts.summary.clone());
        }
        drop(state);
        let found = check::apply_levels(across.finish(), &[], &rules.config.check.levels);
        self.write(|state| {
            state.stale = false;
            let is_different = *state.across != *found;
            state.across = found.into();
            is_different
        })
    }

    fn read(&self) -> Arc<State> {
        // What is inside is whole between any two statements.
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // If somebody looks just now, they keep what they see.
        change(Arc::make_mut(&mut self.state.write().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl State {
    fn entry(&self, file: FileId) -> Option<&Arc<Entry>> {
        self.entries.get(file.0 as usize)?.as_ref()
    }

    /// Puts what is known of a file in the place of what was. Returns whether overviews show something else.
    fn replace(&mut self, file: FileId, entry: Option<Arc<Entry>>) -> bool {
        let Some(slot) = self.entries.get_mut(file.0 as usize) else { return false };
        let before = std::mem::replace(slot, entry);
        let after = slot.clone();
        for entry in before.iter() {
            self.errors -= entry.count(Level::Error);
            self.warnings -= entry.count(Level::Warning);
        }
        for entry in after.iter() {
            self.errors += entry.count(Level::Error);
            self.warnings += entry.count(Level::Warning);
        }
        if before.as_ref().map(|entry| &entry.id) != after.as_ref().map(|entry| &entry.id) {
            if let Some(entry) = &before {
                self.by_page.remove(&(post_path(&entry.id).into(), file));
            }
            self.by_page.extend(after.as_ref().map(|entry| (post_path(&entry.id).into(), file)));
        }
        let before = before.as_ref().and_then(|entry| entry.facts.as_ref());
        let after = after.as_ref().and_then(|entry| entry.facts.as_ref());
        if before == after {
            return false;
        }
        self.stale |= before.map(|facts| &facts.summary) != after.map(|facts| &facts.summary);
        if let Some(facts) = before {
            for date in &facts.dates {
                self.by_date.remove(&(*date, file));
            }
            self.undated.remove(&file);
        }
        if let Some(facts) = after {
            self.by_date.extend(facts.dates.iter().map(|date| (*date, file)));
            self.undated.extend(facts.undated.then_some(file));
        }
        true
    }
}

/// Returns a number for a text that no other is likely to have, and never zero.
fn stamp(text: &str) -> u64 {
    let digest = blake3::hash(text.as_bytes());
    let (start, _) = digest.as_bytes().split_first_chunk::<8>().expect("a digest has 32 bytes");
    u64::from_le_bytes(*start).max(1)
}

fn is_post(path: &str) -> bool {
    path.starts_with("content/") && path.ends_with(".md")
}

fn is_defaults(path: &str) -> bool {
    path.starts_with("content/") && path.rsplit('/').next() == Some(workspace::DEFAULTS)
}
