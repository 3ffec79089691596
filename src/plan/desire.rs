use crate::{
    config::Config,
    model::{AccountId, MediaLibrary, Post, Timestamp},
    network::{self, Draft, Limits},
};
use std::collections::BTreeMap;

/// What a post wants of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// What is to be sent.
    pub draft: Draft,
    /// The digest of the draft and its media.
    pub digest: String,
    /// The limits that it was made for.
    pub limits: Limits,
    /// When it is due; at once if absent.
    pub when: Option<Timestamp>,
    /// Whether it is a draft, which is never due.
    pub is_draft: bool,
    /// Whether it is taken back.
    pub retract: bool,
    /// The campaign of its post.
    pub campaign: Option<String>,
    /// Whether its post has errors.
    pub invalid: bool,
    /// Whether the post's id is written in the file.
    pub id_written: bool,
    /// What each part is estimated to cost, in millionths of a US dollar; empty where the network charges nothing.
    pub costs: Vec<u64>,
    /// The path of its file.
    pub path: String,
}

/// Makes what the posts want: one [`Desired`] for each post and account, in order.
///
/// `limits` are those that servers have told, by account; `invalid` tells whether a post has errors.
pub fn desire(
    posts: &[(&str, &Post)],
    config: &Config,
    limits: &BTreeMap<AccountId, Limits>,
    media: &dyn MediaLibrary,
    invalid: &dyn Fn(&Post) -> bool,
) -> Vec<Desired> {
    let mut all = Vec::new();
    for (path, post) in posts {
        let invalid = invalid(post);
        for target in &post.targets {
            let id = &target.account.value;
            let (Some(account), Some(network)) = (config.accounts.get(id), network::find(target.network)) else {
                continue;
            };
            let limits = limits.get(id).cloned().unwrap_or_else(|| network.profile().limits());
            let draft = network.compose(post, target, account, &limits).draft.with_lines();
            all.push(Desired {
                digest: super::digest(&draft, media),
                costs: network::estimate(network.profile(), &draft),
                draft,
                limits,
                when: target.when.as_ref().map(|when| when.value.at),
                is_draft: post.draft,
                retract: post.retract,
                campaign: post.campaign.as_ref().map(|campaign| campaign.value.clone()),
                invalid,
                id_written: post.id_written,
                path: (*path).to_owned(),
            });
        }
    }
    all
}
