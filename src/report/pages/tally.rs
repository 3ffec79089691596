use super::{
    State,
    input::{Line, View},
    page::{MomentView, PageView},
};
use crate::{
    network,
    report::plan::{Why, because},
    text::is_web,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What becomes of a post at a time, for all accounts of which the same is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct GroupView {
    post: String,
    href: String,
    /// Whether the post is still there, so that `href` leads somewhere.
    is_there: bool,
    title: String,
    /// The word for where it stands.
    state: &'static str,
    why: String,
    at: Option<MomentView>,
    parts: usize,
    done: usize,
    accounts: Vec<OnView>,
}

/// An account on which something becomes of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OnView {
    account: String,
    /// The network's name for people.
    network: Option<&'static str>,
    /// The live post.
    url: Option<String>,
}

/// Puts together what is the same but for the account, in the order of the first of each.
pub(super) fn groups<'a>(
    lines: impl IntoIterator<Item = &'a Line<'a>>,
    view: &View<'_>,
    page: &PageView<'_>,
) -> Vec<GroupView> {
    let mut groups: Vec<GroupView> = Vec::new();
    let mut places: BTreeMap<(String, &str, String, Option<String>, usize, usize), usize> = BTreeMap::new();
    for line in lines {
        let group = group(line, view, page);
        let on = OnView {
            account: line.account.to_string(),
            network: line.network.and_then(network::find).map(|network| network.profile().name),
            url: live(line.url.as_deref()),
        };
        let at = group.at.as_ref().map(|at| at.machine.clone());
        let key = (group.post.clone(), group.state, group.why.clone(), at, group.parts, group.done);
        let place = *places.entry(key).or_insert(groups.len());
        if place == groups.len() {
            groups.push(group);
        }
        groups[place].accounts.push(on);
    }
    groups
}

/// Returns the address of the live post. What the ledger has of a site may be a path, which leads nowhere from here.
pub(super) fn live(url: Option<&str>) -> Option<String> {
    url.filter(|url| is_web(url)).map(str::to_owned)
}

fn group(line: &Line<'_>, view: &View<'_>, page: &PageView<'_>) -> GroupView {
    let zone = view.config.zone;
    let Line { post, account, verdict, reason, at, parts, .. } = line;
    let why = because(&Why { post, account, verdict: *verdict, reason, at: *at, parts: *parts }, zone);
    GroupView {
        post: post.to_string(),
        href: page.post(post),
        is_there: line.path.is_some(),
        title: line.title.to_string(),
        state: State::of(*verdict, reason).word(),
        why,
        at: at.map(|at| MomentView::new(at, view.now, zone)),
        parts: *parts,
        done: line.done,
        accounts: Vec::new(),
    }
}
