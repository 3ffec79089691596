//! What a simulation's workspace wants.

use super::{chance::Chance, time::START};
use crate::{
    engine::tests::stage::{at, row_of},
    model::{PostId, Reference, Timestamp},
    plan::Desired,
};
use std::{collections::BTreeMap, time::Duration};

/// How big a simulation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// A thread without a date and a post with one, on one account.
    Small,
    /// Forty deliveries on five accounts: threads, dates, replies, and a few that the network refuses.
    Large,
}

/// What a text that the network refuses ends with.
pub(super) const REFUSED: &str = " (refused)";

/// A part of what is wanted, by its text, which no other has.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The text of the part before, on which it hangs.
    pub(super) after: Option<String>,
    pub(super) due: Option<Timestamp>,
}

/// Makes the posts.
pub(super) fn load(size: Size, chance: &Chance) -> Vec<Desired> {
    match size {
        Size::Small => {
            let thread = one("hello", "brand", &["One", "Two", "Three"].map(str::to_owned));
            let news = one("news", "brand", &["News".to_owned()]);
            vec![thread, Desired { when: Some(after(600)), ..news }]
        }
        Size::Large => (0..40).map(|number| any(number, chance)).collect(),
    }
}

/// Returns all parts by text.
pub(super) fn wanted(desired: &[Desired]) -> BTreeMap<String, Wanted> {
    let parts = desired.iter().flat_map(|desired| {
        let texts = desired.draft.parts.iter().map(|part| part.text.text.clone());
        let before = [None].into_iter().chain(texts.clone().map(Some));
        texts.zip(before).map(|(text, after)| (text, Wanted { after, due: desired.when }))
    });
    parts.collect()
}

fn any(number: u64, chance: &Chance) -> Desired {
    const ACCOUNTS: [&str; 5] = ["brand", "sky", "team", "shop", "home"];
    const LENGTHS: [u64; 8] = [1, 1, 1, 1, 2, 2, 3, 5];
    let place = usize::try_from(number).expect("few");
    let account = ACCOUNTS[place % ACCOUNTS.len()];
    let length = LENGTHS[usize::try_from(chance.below(8)).expect("few")];
    let refused = chance.percent(4).then(|| chance.below(length));
    let text = |part| format!("Post {number}, part {part}{}", if refused == Some(part) { REFUSED } else { "" });
    let texts: Vec<String> = (0..length).map(text).collect();
    let mut desired = one(&format!("post-{number:02}"), account, &texts);
    if chance.percent(60) {
        desired.when = Some(after(chance.below(2 * 3600)));
    }
    if place >= ACCOUNTS.len() && chance.percent(15) {
        // To the one before it on the same account.
        let to = format!("post-{:02}", place - ACCOUNTS.len());
        desired.draft.reply_to = Some(Reference::Post(PostId::new(to)));
    }
    desired
}

fn one(post: &str, account: &str, texts: &[String]) -> Desired {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    *row_of(post, account, &texts).desired.expect("a draft")
}

fn after(seconds: u64) -> Timestamp {
    at(START).plus(Duration::from_secs(seconds))
}
