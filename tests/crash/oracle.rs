//! What must hold after any crash: the ledger, the servers' own logs and what was printed, held against each other.

use crate::{
    fleet::{Fleet, files},
    server::{Fault, Publication, Server},
};
use git2::{Delta, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use serde_json::Value;
use std::{collections::BTreeMap, fs, process::Command};

/// The ledger's branch.
const BRANCH: &str = "refs/heads/masthead-ledger";

/// A part of a delivery: post, account and part.
type Key = (String, String, u64);

/// The events of a ledger by part, in order.
type Events = BTreeMap<Key, Vec<Value>>;

/// Where all deliveries have come to rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rest {
    /// How many deliveries are out, all of them.
    pub(crate) done: usize,
    /// How many need a person.
    pub(crate) attention: usize,
    /// How many are neither.
    pub(crate) open: usize,
}

impl Rest {
    /// Asks `masthead status` in a clone, once the ledger looks as if nothing were open; none before.
    pub(crate) fn reached(fleet: &Fleet, clone: &str) -> Result<Option<Self>, String> {
        let Ok(ledger) = Repository::open(fleet.ledger_repository()) else { return Ok(None) };
        let Ok(events) = read(&ledger, &mut Vec::new()) else { return Ok(None) };
        let ends = |post: &str, account: &str, part: usize, kinds: &[&str]| {
            let key = (post.to_owned(), account.to_owned(), part as u64 + 1);
            let has = |event: &Value| event["kind"].as_str().is_some_and(|kind| kinds.contains(&kind));
            events.get(&key).is_some_and(|events| events.iter().any(has))
        };
        for server in &fleet.servers {
            let account = Fleet::account(server);
            for post in &fleet.posts {
                let is_over = |part| ends(&post.id, account, part, &["receipt"]);
                let is_stuck = |part| ends(&post.id, account, part, &["fail", "hold"]);
                let count = post.parts.len();
                if !(0..count).all(is_over) && !(0..count).any(is_stuck) {
                    return Ok(None);
                }
            }
        }
        let rest = Self::of(fleet, clone)?;
        Ok((rest.open == 0).then_some(rest))
    }

    /// Asks `masthead status` in a clone.
    pub(crate) fn of(fleet: &Fleet, clone: &str) -> Result<Self, String> {
        let ran = fleet.run(clone, &["status", "--json"]);
        let json: Value = serde_json::from_str(&ran.stdout).map_err(|error| format!("status: {error}: {ran:?}"))?;
        let mut rest = Self::default();
        for row in json["rows"].as_array().into_iter().flatten() {
            match row["verdict"].as_str() {
                Some("done") => rest.done += 1,
                Some("attention") => rest.attention += 1,
                _ => rest.open += 1,
            }
        }
        let expected = i32::from(rest.attention > 0);
        if ran.code != Some(expected) {
            return Err(format!("`status` ended with {:?} instead of {expected}: {ran:?}", ran.code));
        }
        Ok(rest)
    }
}

/// Holds everything that must hold once nothing is under way any more. Returns how many events of each kind there are.
pub(crate) fn check(fleet: &Fleet) -> Result<BTreeMap<String, usize>, String> {
    let mut wrong = Vec::new();
    let ledger = Repository::open(fleet.ledger_repository()).map_err(|error| error.to_string())?;
    let events = read(&ledger, &mut wrong)?;
    for server in &fleet.servers {
        check_server(fleet, server, &events, &mut wrong);
    }
    check_secrets(fleet, &events, &mut wrong);
    check_repositories(fleet, &mut wrong);
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let mut kinds = BTreeMap::new();
    for event in events.values().flatten() {
        *kinds.entry(event["kind"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
    }
    Ok(kinds)
}

/// Reads the whole ledger, and sees that every commit only added to the one before.
fn read(git: &Repository, wrong: &mut Vec<String>) -> Result<Events, String> {
    let told = |error: git2::Error| format!("the ledger can't be read: {error}");
    let tip = git.refname_to_id(BRANCH).map_err(told)?;
    let mut walk = git.revwalk().map_err(told)?;
    walk.push(tip).map_err(told)?;
    for id in walk {
        let commit = git.find_commit(id.map_err(told)?).map_err(told)?;
        if commit.parent_count() > 1 {
            wrong.push(format!("the ledger has a merge: {}", commit.id()));
        }
        let (old, new) = (commit.parent(0).and_then(|parent| parent.tree()).ok(), commit.tree().map_err(told)?);
        let diff = git.diff_tree_to_tree(old.as_ref(), Some(&new), None).map_err(told)?;
        for delta in diff.deltas().filter(|delta| delta.status() != Delta::Added) {
            wrong.push(format!("the ledger was changed: {:?} {:?}", delta.status(), delta.new_file().path()));
        }
    }
    let mut blobs: Vec<(String, Oid)> = Vec::new();
    let tree = git.find_commit(tip).and_then(|commit| commit.tree()).map_err(told)?;
    tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
        if entry.kind() == Some(ObjectType::Blob) && folder.starts_with("posts/") {
            blobs.push((format!("{folder}{}", String::from_utf8_lossy(entry.name_bytes())), entry.id()));
        }
        TreeWalkResult::Ok
    })
    .map_err(told)?;
    blobs.sort();
    let mut events = Events::new();
    for (path, id) in blobs {
        let blob = git.find_blob(id).map_err(told)?;
        let event: Value = serde_json::from_slice(blob.content()).map_err(|error| format!("{path}: {error}"))?;
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let key = (text("post"), text("account"), event["part"].as_u64().unwrap_or_default());
        events.entry(key).or_default().push(event);
    }
    Ok(events)
}

fn check_server(fleet: &Fleet, server: &Server, events: &Events, wrong: &mut Vec<String>) {
    let (live, log, account) = (server.live(), server.log(), Fleet::account(server));
    let mut expected = 0;
    for post in &fleet.posts {
        let mut above: Option<String> = None;
        let mut is_torn = false;
        for (index, text) in post.parts.iter().enumerate() {
            let key = (post.id.clone(), account.to_owned(), index as u64 + 1);
            let name = format!("{} on {account}, part {}", post.id, index + 1);
            let none = Vec::new();
            let events = events.get(&key).unwrap_or(&none);
            let here: Vec<_> = live.iter().filter(|live| live.text == *text).collect();
            let sent: Vec<&Publication> = log.iter().filter(|sent| sent.text == *text).collect();
            expected += here.len();
            check_part(&name, events, &here.iter().map(|live| live.id.as_str()).collect::<Vec<_>>(), &sent, wrong);
            let Some(here) = here.first() else {
                is_torn = true;
                continue;
            };
            if is_torn {
                wrong.push(format!("{name} is out and an earlier part is not"));
            }
            if here.reply_to != above {
                wrong.push(format!("{name} answers {:?} instead of {above:?}", here.reply_to));
            }
            above = Some(here.id.clone());
        }
    }
    if live.len() != expected {
        wrong.push(format!("on {account} there are posts that nobody wrote: {live:#?}"));
    }
}

fn check_part(name: &str, events: &[Value], live: &[&str], sent: &[&Publication], wrong: &mut Vec<String>) {
    let mut say = |what: String| wrong.push(format!("{name}: {what}; events: {events:#?}; sent: {sent:#?}"));
    let count =
        |kinds: &[&str]| events.iter().filter(|event| kinds.contains(&event["kind"].as_str().unwrap_or(""))).count();
    let made = sent.iter().filter(|sent| sent.made).count();
    if live.len() > 1 || made > 1 {
        say(format!("live {} times, made {made} times", live.len()));
    }
    // Each request that people can see was announced.
    let announced = count(&["intent", "repeat"]);
    if sent.len() > announced {
        say(format!("{} requests and {announced} announcements", sent.len()));
    }
    // A second attempt only after the first was ended, by a proof or by a person.
    let ended = count(&["release", "defer", "absent", "fail"]);
    if count(&["intent"]) > ended + 1 {
        say("an attempt was begun while another was open".to_owned());
    }
    let mut keys: Vec<&str> = sent.iter().map(|sent| sent.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > count(&["intent"]) {
        say("there are more keys than attempts".to_owned());
    }
    let mut receipts: Vec<&str> = events
        .iter()
        .filter(|event| event["kind"] == "receipt")
        .map(|event| event["what"]["remote"]["id"].as_str().unwrap_or_default())
        .collect();
    receipts.dedup();
    if receipts != live {
        say(format!("the ledger has receipts for {receipts:?}, and {live:?} is live"));
    }
    let refused = sent.iter().any(|sent| sent.fault == Fault::Refused);
    if !refused && count(&["fail"]) > 0 {
        say("it failed, and nobody refused it".to_owned());
    }
}

/// No secret is in anything that was printed, in the ledger or in any other file of the clones.
fn check_secrets(fleet: &Fleet, events: &Events, wrong: &mut Vec<String>) {
    let canaries: Vec<String> = fleet.servers.iter().flat_map(Server::canaries).collect();
    let mut look = |text: &str, place: &str| {
        if let Some(canary) = canaries.iter().find(|canary| text.contains(canary.as_str())) {
            wrong.push(format!("the secret `{canary}` is in {place}"));
        }
    };
    look(&fleet.printed(), "what was printed");
    for event in events.values().flatten() {
        look(&event.to_string(), "an event");
    }
    for file in files(&fleet.clone_folder("one")) {
        let bytes = fs::read(&file).unwrap_or_default();
        look(&String::from_utf8_lossy(&bytes), &file.display().to_string());
    }
}

/// The repositories are whole, and what is the user's is as it was.
fn check_repositories(fleet: &Fleet, wrong: &mut Vec<String>) {
    let mut folders = vec![fleet.clone_folder("one"), fleet.ledger_repository()];
    folders.dedup();
    for folder in folders {
        let output = Command::new("git").args(["fsck", "--no-dangling", "--no-progress"]).current_dir(&folder).output();
        let output = output.expect("git runs");
        if !output.status.success() {
            wrong.push(format!("git fsck: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    for left in ["index.lock", "HEAD.lock", "config.lock"] {
        if fleet.clone_folder("one").join(".git").join(left).exists() {
            wrong.push(format!("`{left}` was left"));
        }
    }
}
