//! A thread is a chain in the order of writing, and everything that belongs to its first part stays there.

use super::{Case, is_sent};
use crate::fixtures::{self, Say};
use masthead::network::{Profile, Threads};

pub(crate) const CASES: &[Case] = &[Case {
    name: "thread",
    holds: has_threads,
    run: |stage| {
        let part = |text: &str| Say::new(stage.profile).text(text).part();
        let draft = fixtures::draft(stage.profile, vec![part("One of three"), part("Two of three"), part("Three")]);
        let receipts = stage.publish(&draft).expect("a thread is published");
        let live = stage.live();
        let texts: Vec<&str> = live.iter().map(|post| post.text.as_str()).collect();
        assert_eq!(texts, ["One of three", "Two of three", "Three"]);
        let ids: Vec<&str> = receipts.iter().map(|receipt| receipt.remote.id.as_str()).collect();
        assert_eq!(live.iter().map(|post| post.id.as_str()).collect::<Vec<_>>(), ids);
        let answers: Vec<Option<&str>> = live.iter().map(|post| post.reply_to.as_deref()).collect();
        let third = if stage.twin.has_flat_threads() { ids[0] } else { ids[1] };
        assert_eq!(answers, [None, Some(ids[0]), Some(third)]);
    },
    inverse: None,
    golden: true,
}];

fn has_threads(profile: &Profile) -> bool {
    is_sent(profile) && profile.threads == Threads::Replies
}
