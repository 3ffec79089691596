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
    for line in lines {
        let group = group(line, view, page);
        let on = OnView {
            account: line.account.to_string(),
            network: line.network.and_then(network::find).map(|network| network.profile().name),
            url: live(line.url.as_deref()),
        };
        match groups.iter_mut().find(|known| known.is_as(&group)) {
            Some(known) => known.accounts.push(on),
            None => groups.push(GroupView { accounts: vec![on], ..group }),
        }
    }
    groups
}

impl GroupView {
    /// Returns whether the same is to be said of two, whichever their accounts are.
    fn is_as(&self, other: &Self) -> bool {
        let key = |group: &Self| (group.state, group.parts, group.done);
        key(self) == key(other) && self.post == other.post && self.at == other.at && self.why == other.why
    }
}

/// Returns the address of the live post. What the ledger has of a site may be a path, which leads nowhere from here.
pub(super) fn live(url: Option<&str>) -> Option<String> {
    url.filter(|url| is_web(url)).map(str::to_owned)
}

fn group(line: &Line<'_>, view: &View<'_>, page: &PageView<'_>) -> GroupView {
    let zone = view.config.zone;
    let Line { post, account, verdict, reason, at, parts, cost, .. } = line;
    let why = because(&Why { post, account, verdict: *verdict, reason, at: *at, parts: *parts, cost: *cost }, zone);
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
