//! What a branch changes: the posts as they are, against those of a commit.

use super::whole::{Known, Whole};
use crate::{
    cli::{Failure, Ui},
    diag::words,
    model::{AccountId, PostId, Timestamp, Zone},
    plan::Desired,
    report::pages::{Change, Changes},
    workspace::Repo,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How the posts differ from those of a commit.
pub(super) struct Comparison {
    /// What they are compared with, as it was named.
    base: String,
    /// The posts that differ.
    pub(super) posts: BTreeMap<PostId, Difference>,
    /// The posts that are no longer there, with their files.
    pub(super) removed: BTreeMap<PostId, String>,
}

/// How a post differs.
pub(super) struct Difference {
    pub(super) change: Change,
    /// What of a post that was there is different, in words.
    pub(super) what: Vec<String>,
}

impl Comparison {
    /// Returns what the pages show of it.
    pub(super) fn changes(&self) -> Changes {
        Changes {
            base: self.base.clone(),
            posts: self.posts.iter().map(|(id, difference)| (id.clone(), difference.change)).collect(),
            removed: self.removed.values().cloned().collect(),
        }
    }

    /// Says how many differ.
    pub(super) fn words(&self) -> String {
        let of = |change| self.posts.values().filter(|known| known.change == change).count() as u64;
        format!(
            "compared with {}: {} new, {} changed, {} removed",
            self.base,
            words::number(of(Change::New)),
            words::number(of(Change::Changed)),
            words::number(self.removed.len() as u64)
        )
    }
}

/// Finds the posts that are different from what they were when the working directory and a commit parted ways.
pub(super) fn compare(
    base: &str,
    whole: &Whole<'_>,
    repository: Option<&Repo>,
    now: Timestamp,
    ui: &Ui,
) -> Result<Comparison, Failure> {
    let repository = repository.ok_or_else(|| {
        Failure::usage("the workspace is in no git repository, so there is nothing to compare it with")
            .hint("run `git init`")
    })?;
    let commit = repository.parting(base)?;
    let before = Whole::read(&commit, None, now, ui)?;
    let zone = whole.reading.config.zone;
    let old: HashMap<&PostId, &Known> = before.posts.iter().map(|known| (&known.id, known)).collect();
    let mut posts = BTreeMap::new();
    for known in &whole.posts {
        let difference = match old.get(&known.id) {
            None => Difference { change: Change::New, what: Vec::new() },
            Some(known_before) => {
                let what = what_differs(&sent(&before, known_before), &sent(whole, known), zone);
                if what.is_empty() && known_before.text == known.text {
                    continue;
                }
                Difference { change: Change::Changed, what }
            }
        };
        posts.insert(known.id.clone(), difference);
    }
    let ids: BTreeSet<&PostId> = whole.posts.iter().map(|known| &known.id).collect();
    let gone = before.posts.iter().filter(|known| !ids.contains(&known.id));
    let removed = gone.map(|known| (known.id.clone(), known.path.clone())).collect();
    Ok(Comparison { base: base.to_owned(), posts, removed })
}

/// What each account is sent, and when.
type Sent<'a> = BTreeMap<&'a AccountId, &'a Desired>;

fn sent<'a>(whole: &'a Whole<'_>, known: &Known) -> Sent<'a> {
    let desired = whole.rows(known).into_iter().filter_map(|row| row.desired.as_deref());
    desired.map(|desired| (&desired.draft.account, desired)).collect()
}

/// Says what of a post is different.
fn what_differs(old: &Sent<'_>, new: &Sent<'_>, zone: Zone) -> Vec<String> {
    let names = |accounts: Vec<&AccountId>| words::names(accounts.into_iter().map(AccountId::as_str));
    let both = || new.iter().filter_map(|(account, now)| Some((*account, *old.get(account)?, *now)));
    let mut what = Vec::new();
    let added: Vec<_> = new.keys().filter(|account| !old.contains_key(*account)).copied().collect();
    if !added.is_empty() {
        what.push(format!("goes to {} too", names(added)));
    }
    let dropped: Vec<_> = old.keys().filter(|account| !new.contains_key(*account)).copied().collect();
    if !dropped.is_empty() {
        what.push(format!("no longer goes to {}", names(dropped)));
    }
    let said: Vec<_> = both().filter(|(_, old, new)| old.digest != new.digest).map(|(account, ..)| account).collect();
    if !said.is_empty() {
        what.push(format!("says something else on {}", names(said)));
    }
    let shown = |when: Option<Timestamp>| when.map_or_else(|| "no date".to_owned(), |when| when.display_in(zone));
    let mut moved: BTreeMap<(Option<Timestamp>, Option<Timestamp>), Vec<&AccountId>> = BTreeMap::new();
    for (account, old, new) in both().filter(|(_, old, new)| old.when != new.when) {
        moved.entry((old.when, new.when)).or_default().push(account);
    }
    for ((old, new), accounts) in moved {
        what.push(format!("moved from {} to {} on {}", shown(old), shown(new), names(accounts)));
    }
    let turned = |is: fn(&Desired) -> bool| {
        let mut pairs = both().map(|(_, old, new)| (is(old), is(new)));
        pairs.find(|(old, new)| old != new).map(|(_, new)| new)
    };
    match turned(|desired| desired.is_draft) {
        Some(true) => what.push("is a draft now".to_owned()),
        Some(false) => what.push("is no longer a draft".to_owned()),
        None => {}
    }
    match turned(|desired| desired.retract) {
        Some(true) => what.push("is to be taken back".to_owned()),
        Some(false) => what.push("is no longer to be taken back".to_owned()),
        None => {}
    }
    what
}
