use super::{
    super::{BlobProblem, read_blob},
    StoreError, StoreProblem, git_problem,
};
use crate::{
    ledger::{
        self, Append, Appended, Brake, BrakeEvent, CodecError, DeliveryKey, DeliveryState, Event, EventId, FREEZES,
        GENESIS, Genesis, Ledger, POSTS, PartKey,
    },
    model::{AccountId, PostId, Timestamp},
};
use git2::{ErrorCode, ObjectType, Oid, Repository, Signature, Tree};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

const BLOB: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;
/// Ours are under 4 kB; nobody's should be much larger.
const LARGEST: u64 = 64 << 10;

/// A ledger as it was read, and where.
pub(super) struct Snapshot {
    tree: Oid,
    pub(super) ledger: Ledger,
}

/// An event to write, and where.
pub(super) struct NewFile<'a> {
    pub(super) path: String,
    pub(super) news: News<'a>,
}

/// An event of a post or of the brakes.
#[derive(Clone, Copy)]
pub(super) enum News<'a> {
    Event(&'a Event),
    Brake(&'a BrakeEvent),
}

impl News<'_> {
    /// Returns when it happened.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.at,
            Self::Brake(event) => event.at,
        }
    }

    fn encode(&self) -> String {
        match self {
            Self::Event(event) => ledger::encode(event),
            Self::Brake(event) => ledger::encode_brake(event),
        }
    }
}

/// What may be written of a batch.
pub(super) struct Judged<'a> {
    /// One answer for each event of the batch.
    pub(super) answers: Vec<Appended>,
    /// Those that are not there yet.
    pub(super) files: Vec<NewFile<'a>>,
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
    let (old_tree, deliveries) = match old {
        // Another ledger, or one that has lost something, shares nothing.
        Some(old) if old.ledger.genesis.as_ref() == Some(&genesis) && holds(git, old.tree, tree.id()) == Some(true) => {
            (Some(old.tree), old.ledger.deliveries)
        }
        _ => (None, BTreeMap::new()),
    };
    let mut reader = Reader { git, deliveries };
    if old_tree != Some(tree.id()) {
        let old = old_tree.and_then(|old| git.find_tree(old).ok()).and_then(|old| Some(old.get_name(POSTS)?.id()));
        if let Some(posts) = tree.get_name(POSTS) {
            reader.folder(POSTS, posts.id(), posts.kind(), old, 0)?;
        }
    }
    let ledger = Ledger {
        genesis: Some(genesis),
        commit: Some(commit.to_string()),
        brakes: brakes_in(git, &tree)?,
        deliveries: reader.deliveries,
    };
    Ok(Snapshot { tree: tree.id(), ledger })
}

/// Reads the brakes at a commit.
pub(super) fn brakes(git: &Repository, commit: Oid) -> Result<Vec<Brake>, StoreError> {
    brakes_in(git, &tree_of(git, commit)?)
}

fn brakes_in(git: &Repository, tree: &Tree<'_>) -> Result<Vec<Brake>, StoreError> {
    Ok(ledger::fold_brakes(&brake_files(git, Some(tree))?.into_iter().map(|(_, event)| event).collect::<Vec<_>>()))
}

/// Reads all events of the brakes, with their sequence. There are few, even after years.
fn brake_files(git: &Repository, tree: Option<&Tree<'_>>) -> Result<Vec<(u16, BrakeEvent)>, StoreError> {
    let Some(entry) = tree.and_then(|tree| tree.get_name(FREEZES)) else { return Ok(Vec::new()) };
    if entry.kind() != Some(ObjectType::Tree) {
        return Err(damaged(FREEZES, "it is not a folder"));
    }
    let mut events = Vec::new();
    for entry in &find_tree(git, entry.id(), FREEZES)? {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let path = format!("{FREEZES}/{name}");
        let sequence = ledger::parse_file_name(&name).filter(|_| entry.kind() == Some(ObjectType::Blob));
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

/// Returns the events of the brakes that are not at the tip yet, each with its place there.
pub(super) fn new_brakes<'a>(
    git: &Repository,
    tip: Option<Oid>,
    events: &'a [BrakeEvent],
) -> Result<Vec<NewFile<'a>>, StoreError> {
    let tree = tip.map(|tip| tree_of(git, tip)).transpose()?;
    let known = if events.is_empty() { Vec::new() } else { brake_files(git, tree.as_ref())? };
    let mut last = known.iter().map(|(sequence, _)| *sequence).max().unwrap_or(0);
    let mut files = Vec::new();
    for event in events.iter().filter(|event| !known.iter().any(|(_, known)| known.id == event.id)) {
        last = last.checked_add(1).ok_or_else(|| damaged(FREEZES, "it has no room for more"))?;
        let path = format!("{FREEZES}/{}", ledger::brake_file_name(event, last));
        files.push(NewFile { path, news: News::Brake(event) });
    }
    Ok(files)
}

struct Reader<'a> {
    git: &'a Repository,
    deliveries: BTreeMap<DeliveryKey, DeliveryState>,
}

/// How far below `posts/` the folders of deliveries are: the digest's digits, the post, the account.
const DELIVERY: u8 = 3;

impl Reader<'_> {
    /// Reads what differs from the old tree below a folder.
    fn folder(
        &mut self,
        path: &str,
        id: Oid,
        kind: Option<ObjectType>,
        old: Option<Oid>,
        depth: u8,
    ) -> Result<(), StoreError> {
        if old == Some(id) {
            return Ok(());
        }
        if kind != Some(ObjectType::Tree) {
            return Err(damaged(path, "it is not a folder"));
        }
        let tree = find_tree(self.git, id, path)?;
        if depth == DELIVERY {
            return self.delivery(path, &tree);
        }
        let old = old.and_then(|old| self.git.find_tree(old).ok());
        for entry in &tree {
            let path = format!("{path}/{}", String::from_utf8_lossy(entry.name_bytes()));
            let old = old.as_ref().and_then(|old| Some(old.get_name_bytes(entry.name_bytes())?.id()));
            self.folder(&path, entry.id(), entry.kind(), old, depth + 1)?;
        }
        Ok(())
    }

    /// Reads all events of a delivery.
    fn delivery(&mut self, path: &str, tree: &Tree<'_>) -> Result<(), StoreError> {
        let mut parts = BTreeMap::new();
        let mut key: Option<(PostId, AccountId)> = None;
        for entry in tree {
            let path = format!("{path}/{}", String::from_utf8_lossy(entry.name_bytes()));
            let part = entry.name().ok().and_then(ledger::parse_part);
            let part = part.filter(|_| entry.kind() == Some(ObjectType::Tree));
            let part = part.ok_or_else(|| damaged(&path, "it is not the folder of a part"))?;
            let mut events: Vec<(u16, Event)> = Vec::new();
            for entry in &find_tree(self.git, entry.id(), &path)? {
                let name = String::from_utf8_lossy(entry.name_bytes());
                let place = || format!("{path}/{name}");
                let parsed = ledger::parse_file_name(&name).filter(|_| entry.filemode() == BLOB);
                let (sequence, ..) = parsed.ok_or_else(|| damaged(&place(), "it is not the file of an event"))?;
                let text = read_text(self.git, entry.id(), &place())?;
                let mut event = ledger::decode(&text).map_err(|error| codec_problem(&place(), error))?;
                // All events of a delivery share its names in memory.
                let (post, account) = key.get_or_insert_with(|| (event.key.post.clone(), event.key.account.clone()));
                // Names are made the same way that they were made when it was written, so they can only agree.
                let is_first = events.is_empty();
                let agrees = event.key.post == *post
                    && event.key.account == *account
                    && event.key.part == part
                    && ledger::file_name(&event, sequence) == name
                    && !(is_first && ledger::part_folder(&event.key) != path);
                if !agrees {
                    return Err(damaged(&place(), "it is not about what its path says"));
                }
                (event.key.post, event.key.account) = (post.clone(), account.clone());
                events.push((sequence, event));
            }
            parts.insert(part, events);
        }
        if let Some((post, account)) = key {
            self.deliveries.insert(DeliveryKey { post, account }, ledger::fold_delivery(parts));
        }
        Ok(())
    }
}

/// Tells whether a commit's tree has all files of an older one's; none if the older one is not here.
pub(super) fn contains(git: &Repository, old: Oid, new: Oid) -> Option<bool> {
    let tree = |commit: Oid| git.find_commit(commit).ok().map(|commit| commit.tree_id());
    holds(git, tree(old)?, tree(new)?)
}

fn holds(git: &Repository, old: Oid, new: Oid) -> Option<bool> {
    if old == new {
        return Some(true);
    }
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
        match holds(git, entry.id(), now.id()) {
            Some(true) => {}
            other => return other,
        }
    }
    Some(true)
}

/// What a part's folder holds.
struct Part {
    ids: BTreeSet<EventId>,
    last: u16,
}

/// Judges each event by what the tip holds and what stands before it in the batch.
pub(super) fn judge<'a>(git: &Repository, tip: Option<Oid>, batch: &'a [Append]) -> Result<Judged<'a>, StoreError> {
    let tree = tip.map(|tip| tree_of(git, tip)).transpose()?;
    let mut parts: HashMap<&PartKey, Part> = HashMap::new();
    let mut judged = Judged { answers: Vec::new(), files: Vec::new() };
    for Append { event, seen } in batch {
        if !parts.contains_key(&event.key) {
            parts.insert(&event.key, part(git, tree.as_ref(), &event.key)?);
        }
        let part = parts.get_mut(&event.key).expect("it was put there");
        if part.ids.contains(&event.id) {
            judged.answers.push(Appended::Written);
            continue;
        }
        if seen.is_some_and(|seen| usize::from(seen) != part.ids.len()) {
            judged.answers.push(Appended::Beaten);
            continue;
        }
        let sequence = part.last.checked_add(1).ok_or_else(|| {
            let message = format!("`{}` on `{}` has too many events", event.key.post, event.key.account);
            StoreError::new(StoreProblem::Refused, message).hint("give the post another id")
        })?;
        part.last = sequence;
        part.ids.insert(event.id.clone());
        judged.answers.push(Appended::Written);
        judged.files.push(NewFile { path: ledger::event_path(event, sequence), news: News::Event(event) });
    }
    Ok(judged)
}

fn part(git: &Repository, tree: Option<&Tree<'_>>, key: &PartKey) -> Result<Part, StoreError> {
    let mut part = Part { ids: BTreeSet::new(), last: 0 };
    let path = ledger::part_folder(key);
    let Some(tree) = tree else { return Ok(part) };
    let entry = match tree.get_path(Path::new(&path)) {
        Ok(entry) if entry.kind() == Some(ObjectType::Tree) => entry,
        Ok(_) => return Err(damaged(&path, "it is not a folder")),
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(part),
        Err(error) => return Err(git_problem(&format!("read `{path}` of the ledger"), &error)),
    };
    for entry in &find_tree(git, entry.id(), &path)? {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let parsed = ledger::parse_file_name(&name);
        let (sequence, _, id) =
            parsed.ok_or_else(|| damaged(&format!("{path}/{name}"), "it is not the file of an event"))?;
        part.ids.insert(id);
        part.last = part.last.max(sequence);
    }
    Ok(part)
}

/// Builds a commit that adds files to the tip and changes nothing else. No reference is moved.
pub(super) fn build(
    git: &Repository,
    tip: Option<Oid>,
    genesis: &Genesis,
    files: &[NewFile<'_>],
    message: &str,
    author: &Signature<'_>,
) -> Result<Oid, StoreError> {
    let failed = |error: git2::Error| git_problem("write to the ledger", &error);
    let parent = tip.map(|tip| git.find_commit(tip)).transpose().map_err(failed)?;
    let base = parent.as_ref().map(|parent| parent.tree()).transpose().map_err(failed)?;
    let mut blobs = Vec::new();
    if base.is_none() {
        blobs.push((GENESIS, git.blob(ledger::encode_genesis(genesis).as_bytes()).map_err(failed)?));
    }
    for file in files {
        blobs.push((file.path.as_str(), git.blob(file.news.encode().as_bytes()).map_err(failed)?));
    }
    let tree = add(git, base.as_ref(), &blobs).and_then(|tree| git.find_tree(tree)).map_err(failed)?;
    let parents: Vec<_> = parent.iter().collect();
    git.commit(None, author, author, message, &tree, &parents).map_err(failed)
}

/// Adds blobs by path to a tree and returns the new one.
fn add(git: &Repository, base: Option<&Tree<'_>>, blobs: &[(&str, Oid)]) -> Result<Oid, git2::Error> {
    let mut builder = git.treebuilder(base)?;
    let mut folders: BTreeMap<&str, Vec<(&str, Oid)>> = BTreeMap::new();
    for (path, blob) in blobs {
        match path.split_once('/') {
            Some((folder, rest)) => folders.entry(folder).or_default().push((rest, *blob)),
            None => {
                builder.insert(path, *blob, BLOB)?;
            }
        }
    }
    for (name, blobs) in folders {
        let old = base.and_then(|base| base.get_name(name)).map(|entry| git.find_tree(entry.id())).transpose()?;
        builder.insert(name, add(git, old.as_ref(), &blobs)?, FOLDER)?;
    }
    builder.write()
}

fn tree_of(git: &Repository, commit: Oid) -> Result<Tree<'_>, StoreError> {
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

fn damaged(path: &str, why: &str) -> StoreError {
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
