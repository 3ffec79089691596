use super::{
    State,
    input::{Line, View},
    page::{MomentView, PageView},
};
use crate::{
    network,
    report::plan::{Why, because, reason_word},
    text::is_web,
};
use serde::Serialize;

/// One delivery, as templates know it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LineView {
    pub(super) post: String,
    pub(super) href: String,
    /// Whether the post is still there, so that `href` leads somewhere.
    pub(super) is_there: bool,
    pub(super) title: String,
    pub(super) account: String,
    /// The network's name for people.
    pub(super) network: Option<&'static str>,
    /// The word for where it stands.
    pub(super) state: &'static str,
    pub(super) verdict: &'static str,
    pub(super) reason: &'static str,
    pub(super) why: String,
    pub(super) at: Option<MomentView>,
    pub(super) parts: usize,
    pub(super) done: usize,
    /// The live post.
    pub(super) url: Option<String>,
}

impl LineView {
    pub(super) fn new(line: &Line<'_>, view: &View<'_>, page: &PageView<'_>) -> Self {
        let zone = view.config.zone;
        let Line { post, account, verdict, reason, at, parts, .. } = line;
        let why = because(&Why { post, account, verdict: *verdict, reason, at: *at, parts: *parts }, zone);
        Self {
            post: post.to_string(),
            href: page.post(post),
            is_there: line.path.is_some(),
            title: line.title.to_string(),
            account: account.to_string(),
            network: line.network.and_then(network::find).map(|network| network.profile().name),
            state: State::of(*verdict, reason).word(),
            verdict: verdict.as_str(),
            reason: reason_word(reason),
            why,
            at: at.map(|at| MomentView::new(at, view.now, zone)),
            parts: *parts,
            done: line.done,
            // What the ledger has of a site may be a path, which leads nowhere from here.
            url: line.url.as_deref().filter(|url| is_web(url)).map(str::to_owned),
        }
    }
}
