use super::{
    StoreError, StoreProblem, git_problem,
    read::{BLOB, brake_files, damaged, folder, tree_of},
};
use crate::{
    ledger::{self, Append, Appended, BrakeEvent, Event, EventId, FREEZES, GENESIS, Genesis, PartKey},
    model::Timestamp,
};
use git2::{Oid, Repository, Signature, Tree};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const FOLDER: i32 = 0o040_000;
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

/// What is known of a part.
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
    let path = ledger::post_folder(&key.post);
    let Some(tree) = tree.map_or(Ok(None), |tree| folder(git, tree, &path))? else { return Ok(part) };
    let account = ledger::escape(key.account.as_str());
    for entry in &tree {
        let name = String::from_utf8_lossy(entry.name_bytes());
        let parsed = ledger::parse_file_name(&name);
        let parsed = parsed.ok_or_else(|| damaged(&format!("{path}/{name}"), "it is not the file of an event"))?;
        if parsed.account == account && parsed.part == key.part {
            part.last = part.last.max(parsed.sequence);
            part.ids.insert(parsed.id);
        }
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
