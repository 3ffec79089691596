use super::{
    super::{BlobProblem, read_blob},
    StoreError, StoreProblem, git_problem,
};
use crate::{
    ledger::{
        self, Brake, BrakeEvent, CodecError, DeliveryKey, DeliveryState, Event, FREEZES, FileName, GENESIS, Genesis,
        Ledger, POSTS,
    },
    model::{AccountId, PostId},
};
use git2::{ErrorCode, ObjectType, Oid, Repository, Tree};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::resume_unwind,
    path::Path,
    sync::Arc,
    thread,
};

pub(super) const BLOB: i32 = 0o100_644;
/// Ours are under 4 kB; nobody's should be much larger.
const LARGEST: u64 = 64 << 10;
/// So few posts are read by one thread.
const POSTS_A_TURN: usize = 32;

/// A ledger as it was read, and where.
pub(super) struct Snapshot {
    pub(super) tree: Oid,
    pub(super) ledger: Ledger,
    /// How many deliveries were read since what was kept of it.
    pub(super) fresh: usize,
}

/// Reads the first file of the ledger at a commit.
pub(super) fn genesis(git: &Repository, commit: Oid, branch: &str) -> Result<Genesis, StoreError> {
    let tree = tree_of(git, commit)?;
    let entry = tree.get_name(GENESIS).filter(|entry| entry.kind() == Some(ObjectType::Blob));
    let Some(entry) = entry else {
        let message = format!("the branch `{branch}` is not a ledger: it has no `{GENESIS}`");
        return Err(StoreError::new(StoreProblem::Foreign, message)
            .hint("name another branch in `branch` of `[ledger]`, and leave this one to its owner"));
    };
    ledger::decode_genesis(&read_text(git, entry.id(), GENESIS)?).map_err(|error| codec_problem(GENESIS, error))
}

/// Reads the ledger at a commit. What an older snapshot shares with it is not read again.
pub(super) fn read(git: &Repository, commit: Oid, branch: &str, old: Option<Snapshot>) -> Result<Snapshot, StoreError> {
    let genesis = genesis(git, commit, branch)?;
    let tree = tree_of(git, commit)?;
    let (old_tree, mut deliveries, mut fresh) = match old {
        // Another ledger, or one that has lost something, shares nothing.
        Some(old) if old.ledger.genesis.as_ref() == Some(&genesis) && holds(git, old.tree, tree.id()) == Some(true) => {
            (Some(old.tree), old.ledger.deliveries, old.fresh)
        }
        _ => (None, BTreeMap::new(), 0),
    };
    if old_tree != Some(tree.id()) {
        let old = old_tree.and_then(|old| git.find_tree(old).ok()).and_then(|old| Some(old.get_name(POSTS)?.id()));
        for (key, state) in changed(git, &tree, old)? {
            deliveries.insert(key, Arc::new(state));
            fresh += 1;
        }
    }
    let (genesis, commit, brakes) = (Some(genesis), Some(commit.to_string()), brakes_in(git, &tree)?);
    Ok(Snapshot { tree: tree.id(), ledger: Ledger { genesis, commit, brakes, deliveries }, fresh })
}

/// A folder that may differ from what it was.
struct Folder {
    path: String,
    id: Oid,
    kind: Option<ObjectType>,
    /// What it was, if it was there.
    old: Option<Oid>,
}

impl Folder {
    fn tree<'git>(&self, git: &'git Repository) -> Result<Tree<'git>, StoreError> {
        if self.kind != Some(ObjectType::Tree) {
            return Err(damaged(&self.path, "it is not a folder"));
        }
        find_tree(git, self.id, &self.path)
    }

    fn old_tree<'git>(&self, git: &'git Repository) -> Option<Tree<'git>> {
        git.find_tree(self.old?).ok()
    }

    /// Returns the folders in it that are not what they were.
    fn changed(&self, git: &Repository) -> Result<Vec<Self>, StoreError> {
        if self.old == Some(self.id) {
            return Ok(Vec::new());
        }
        let (tree, old) = (self.tree(git)?, self.old_tree(git));
        let below = tree.iter().map(|entry| Self {
            path: format!("{}/{}", self.path, String::from_utf8_lossy(entry.name_bytes())),
            id: entry.id(),
            kind: entry.kind(),
            old: old.as_ref().and_then(|old| Some(old.get_name_bytes(entry.name_bytes())?.id())),
        });
        Ok(below.filter(|folder| folder.old != Some(folder.id)).collect())
    }
}

/// Reads the deliveries that an older `posts/` has not, or not so.
fn changed(
    git: &Repository,
    tree: &Tree<'_>,
    old: Option<Oid>,
) -> Result<Vec<(DeliveryKey, DeliveryState)>, StoreError> {
    let Some(entry) = tree.get_name(POSTS) else { return Ok(Vec::new()) };
    let top = Folder { path: POSTS.to_owned(), id: entry.id(), kind: entry.kind(), old };
    let mut posts = Vec::new();
    for shard in top.changed(git)? {
        posts.extend(shard.changed(git)?);
    }
    let read = |git: &Repository, posts: &[Folder]| -> Result<Vec<_>, StoreError> {
        let mut deliveries = Vec::new();
        for post in posts {
            let changed = events(git, post, &|_| true)?;
            deliveries.extend(changed.into_iter().map(|(key, parts)| (key, ledger::fold_delivery(parts))));
        }
        Ok(deliveries)
    };
    if posts.len() <= POSTS_A_TURN {
        return read(git, &posts);
    }
    // Most of the time goes into unpacking objects, and each thread needs a repository of its own for that.
    let place = git.path();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = posts.len().div_ceil(cores).max(POSTS_A_TURN);
    let turns: Vec<Result<_, StoreError>> = thread::scope(|scope| {
        let turn = |posts: &[Folder]| {
            let git = Repository::open(place).map_err(|error| git_problem("open the repository", &error))?;
            read(&git, posts)
        };
        let running: Vec<_> = posts.chunks(share).map(|posts| scope.spawn(move || turn(posts))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut deliveries = Vec::new();
    for turn in turns {
        deliveries.append(&mut turn?);
    }
    Ok(deliveries)
}

/// The events of a delivery, by part, each with the sequence of its file's name.
type Parts = BTreeMap<u16, Vec<(u16, Event)>>;

/// Reads the events of a post's deliveries: of those that have changed and that are `meant`, by the account as files have it.
fn events(
    git: &Repository,
    post: &Folder,
    meant: &dyn Fn(&str) -> bool,
) -> Result<Vec<(DeliveryKey, Parts)>, StoreError> {
    let (tree, old) = (post.tree(git)?, post.old_tree(git));
    let mut files: BTreeMap<String, (bool, Vec<(String, Oid)>)> = BTreeMap::new();
    for entry in &tree {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let parsed = ledger::parse_file_name(&name).filter(|_| entry.filemode() == BLOB);
        let Some(FileName { account, .. }) = parsed else {
            return Err(damaged(&format!("{}/{name}", post.path), "it is not the file of an event"));
        };
        let before = old.as_ref().and_then(|old| old.get_name_bytes(entry.name_bytes()));
        let is_new = before.is_none_or(|before| before.id() != entry.id());
        let (has_changed, files) = match files.get_mut(account) {
            Some(files) => files,
            None => files.entry(account.to_owned()).or_default(),
        };
        *has_changed |= is_new;
        files.push((name.into_owned(), entry.id()));
    }
    let read = files.into_iter().filter(|(account, (has_changed, _))| *has_changed && meant(account));
    let mut id: Option<PostId> = None;
    read.map(|(_, (_, files))| delivery(git, &post.path, &files, &mut id)).collect()
}

/// Reads the events of one delivery. All deliveries of a post share its name in memory.
fn delivery(
    git: &Repository,
    folder: &str,
    files: &[(String, Oid)],
    post: &mut Option<PostId>,
) -> Result<(DeliveryKey, Parts), StoreError> {
    let mut parts = Parts::new();
    let mut account: Option<AccountId> = None;
    for (name, id) in files {
        let path = || format!("{folder}/{name}");
        let Some(FileName { part, sequence, .. }) = ledger::parse_file_name(name) else { continue };
        let mut event =
            ledger::decode(&read_text(git, *id, &path())?).map_err(|error| codec_problem(&path(), error))?;
        // Names are made the same way that they were made when it was written, so they can only agree.
        let agrees = event.key.part == part
            && ledger::file_name(&event, sequence) == *name
            && post.as_ref().map_or_else(|| ledger::post_folder(&event.key.post) == folder, |id| event.key.post == *id)
            && account.as_ref().is_none_or(|account| event.key.account == *account);
        if !agrees {
            return Err(damaged(&path(), "it is not about what its path says"));
        }
        event.key.post = post.get_or_insert(event.key.post).clone();
        event.key.account = account.get_or_insert(event.key.account).clone();
        parts.entry(part).or_default().push((sequence, event));
    }
    let (Some(post), Some(account)) = (post.clone(), account) else {
        return Err(damaged(folder, "it has no events"));
    };
    Ok((DeliveryKey { post, account }, parts))
}

/// Reads the events of deliveries, each one's in the order of its parts.
pub(super) fn history<'a>(
    git: &Repository,
    commit: Oid,
    keys: impl Iterator<Item = &'a DeliveryKey>,
) -> Result<Vec<Event>, StoreError> {
    let tree = tree_of(git, commit)?;
    let mut posts: BTreeMap<&PostId, BTreeSet<String>> = BTreeMap::new();
    for DeliveryKey { post, account } in keys {
        posts.entry(post).or_default().insert(ledger::escape(account.as_str()));
    }
    let mut history = Vec::new();
    for (post, accounts) in posts {
        let path = ledger::post_folder(post);
        let Some(found) = folder(git, &tree, &path)? else { continue };
        let post = Folder { path, id: found.id(), kind: Some(ObjectType::Tree), old: None };
        for (_, parts) in events(git, &post, &|account| accounts.contains(account))? {
            for (_, mut events) in parts {
                events.sort_by_key(|(sequence, _)| *sequence);
                history.extend(events.into_iter().map(|(_, event)| event));
            }
        }
    }
    Ok(history)
}

/// Reads the brakes at a commit.
pub(super) fn brakes(git: &Repository, commit: Oid) -> Result<Vec<Brake>, StoreError> {
    brakes_in(git, &tree_of(git, commit)?)
}

fn brakes_in(git: &Repository, tree: &Tree<'_>) -> Result<Vec<Brake>, StoreError> {
    Ok(ledger::fold_brakes(&brake_files(git, Some(tree))?.into_iter().map(|(_, event)| event).collect::<Vec<_>>()))
}

/// Reads all events of the brakes, with their sequence. There are few, even after years.
pub(super) fn brake_files(git: &Repository, tree: Option<&Tree<'_>>) -> Result<Vec<(u16, BrakeEvent)>, StoreError> {
    let Some(entry) = tree.and_then(|tree| tree.get_name(FREEZES)) else { return Ok(Vec::new()) };
    if entry.kind() != Some(ObjectType::Tree) {
        return Err(damaged(FREEZES, "it is not a folder"));
    }
    let mut events = Vec::new();
    for entry in &find_tree(git, entry.id(), FREEZES)? {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let path = format!("{FREEZES}/{name}");
        let sequence = ledger::parse_brake_file_name(&name).filter(|_| entry.filemode() == BLOB);
        let (sequence, _, _) = sequence.ok_or_else(|| damaged(&path, "it is not the file of an event"))?;
        let text = read_text(git, entry.id(), &path)?;
        let event = ledger::decode_brake(&text).map_err(|error| codec_problem(&path, error))?;
        if ledger::brake_file_name(&event, sequence) != name {
            return Err(damaged(&path, "it is not about what its path says"));
        }
        events.push((sequence, event));
    }
    Ok(events)
}

/// Tells whether a commit's tree has all files of an older one's; none if the older one is not here.
pub(super) fn contains(git: &Repository, old: Oid, new: Oid) -> Option<bool> {
    let tree = |commit: Oid| git.find_commit(commit).ok().map(|commit| commit.tree_id());
    holds(git, tree(old)?, tree(new)?)
}

fn holds(git: &Repository, old: Oid, new: Oid) -> Option<bool> {
    holds_below(git, old, new, DEEPEST)
}

/// How deep a ledger is looked into: events lie three folders down, and a tree may have been made to exhaust the stack.
const DEEPEST: u8 = 16;

fn holds_below(git: &Repository, old: Oid, new: Oid, depth: u8) -> Option<bool> {
    if old == new {
        return Some(true);
    }
    let Some(depth) = depth.checked_sub(1) else { return Some(false) };
    let (old, new) = (git.find_tree(old).ok()?, git.find_tree(new).ok()?);
    for entry in &old {
        let Some(now) = new.get_name_bytes(entry.name_bytes()) else { return Some(false) };
        if now.id() == entry.id() {
            continue;
        }
        let are_folders = entry.kind() == Some(ObjectType::Tree) && now.kind() == Some(ObjectType::Tree);
        if !are_folders {
            return Some(false);
        }
        match holds_below(git, entry.id(), now.id(), depth) {
            Some(true) => {}
            other => return other,
        }
    }
    Some(true)
}

/// Finds a folder below a tree.
pub(super) fn folder<'git>(
    git: &'git Repository,
    tree: &Tree<'_>,
    path: &str,
) -> Result<Option<Tree<'git>>, StoreError> {
    match tree.get_path(Path::new(path)) {
        Ok(entry) if entry.kind() == Some(ObjectType::Tree) => find_tree(git, entry.id(), path).map(Some),
        Ok(_) => Err(damaged(path, "it is not a folder")),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(git_problem(&format!("read `{path}` of the ledger"), &error)),
    }
}

pub(super) fn tree_of(git: &Repository, commit: Oid) -> Result<Tree<'_>, StoreError> {
    git.find_commit(commit)
        .and_then(|commit| commit.tree())
        .map_err(|error| git_problem(&format!("read the ledger at `{commit}`"), &error))
}

fn find_tree<'git>(git: &'git Repository, id: Oid, path: &str) -> Result<Tree<'git>, StoreError> {
    git.find_tree(id).map_err(|error| git_problem(&format!("read `{path}` of the ledger"), &error))
}

fn read_text(git: &Repository, id: Oid, path: &str) -> Result<String, StoreError> {
    let bytes = match git.find_blob(id) {
        Ok(blob) if blob.size() as u64 > LARGEST => return Err(damaged(path, "it is too large for an event")),
        Ok(blob) => blob.content().to_vec(),
        Err(error) if error.code() == ErrorCode::NotFound => {
            read_blob(git, id, LARGEST).map_err(|problem| match problem {
                BlobProblem::TooLarge(_) => damaged(path, "it is too large for an event"),
                BlobProblem::Unreadable(why) => damaged(path, &why),
            })?
        }
        Err(error) => return Err(git_problem(&format!("read `{path}` of the ledger"), &error)),
    };
    String::from_utf8(bytes).map_err(|_| damaged(path, "it is not UTF-8"))
}

pub(super) fn damaged(path: &str, why: &str) -> StoreError {
    let message = format!("can't understand `{}` of the ledger: {why}", path.escape_debug());
    StoreError::new(StoreProblem::Damaged, message)
        .hint("somebody else has written there: look into the branch's history, and undo it with a commit")
}

fn codec_problem(path: &str, error: CodecError) -> StoreError {
    match error {
        CodecError::Newer(why) => StoreError::new(
            StoreProblem::Newer,
            format!("can't understand `{}` of the ledger: {why}", path.escape_debug()),
        )
        .hint("a newer version of this program wrote it: update this one"),
        CodecError::Damaged(why) => damaged(path, &why),
    }
}
