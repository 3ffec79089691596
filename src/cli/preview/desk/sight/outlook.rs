//! What would become of posts, as they lie on disk, and what the ledger tells of them.

use super::{Shown, Sight};
use crate::{
    cli::preview::desk::Rules,
    diag::{Diagnostic, Level},
    ledger::{DeliveryKey, Event, Ledger},
    model::{Freeze, Post, PostId, Reference},
    network::DraftPart,
    plan::{self, Policy, Row},
    report::{self, pages::title},
    workspace::{Disk, GitStore, Repo},
};
use std::sync::Arc;

impl Sight {
    /// Plans a few posts, as far as others don't matter to them.
    pub(super) fn rows(&self, rules: &Rules, posts: &[Shown]) -> Vec<Row> {
        let shown: Vec<&Shown> = posts.iter().collect();
        let desired = self.desired(rules, &shown, Content::Kept);
        let meant: Vec<PostId> = posts
            .iter()
            .flat_map(|shown| references(&shown.post).into_iter().chain([shown.entry.id.clone()]))
            .collect();
        let mut rows = self.decide(rules, desired, &self.ledger_of(rules, &meant));
        rows.retain(|row| posts.iter().any(|shown| shown.entry.id == row.post));
        rows
    }

    pub(super) fn desired(&self, rules: &Rules, posts: &[&Shown], content: Content) -> Vec<plan::Desired> {
        let disk = Disk::new(&self.root);
        let pairs: Vec<(&str, &Post)> = posts.iter().map(|shown| (shown.path.as_str(), &shown.post)).collect();
        let invalid = |post: &Post| {
            let file = post.file;
            let points_here = |finding: &Diagnostic| {
                finding.is_error()
                    && (finding.primary.span.file == file || finding.others.iter().any(|other| other.span.file == file))
            };
            let path = self.state.book.files.path(file);
            let own = posts.iter().find(|shown| shown.post.file == file);
            own.is_some_and(|shown| shown.entry.count(Level::Error) > 0)
                || self.state.across.iter().any(points_here)
                || rules.misleads(path)
        };
        let mut desired = plan::desire(&pairs, &rules.config, &rules.limits, &disk, &invalid);
        if content == Content::Dropped {
            for desired in &mut desired {
                let shown = posts.iter().find(|shown| shown.path == desired.path);
                let findings = shown.map(|shown| shown.findings()).unwrap_or_default();
                desired.draft.title = Some(title(&desired.draft, &findings));
                drop_content(desired);
            }
        }
        desired
    }

    pub(super) fn decide(&self, rules: &Rules, desired: Vec<plan::Desired>, ledger: &Ledger) -> Vec<Row> {
        let freezes: Vec<Freeze> = ledger.freezes().cloned().chain(rules.freezes.iter().cloned()).collect();
        let policy = Policy::new(&rules.config, &freezes);
        plan::plan(desired, ledger, &policy, self.now, None).rows
    }

    /// Returns what the ledger tells of some posts alone.
    pub(super) fn ledger_of(&self, rules: &Rules, posts: &[PostId]) -> Ledger {
        let Some(ledger) = &self.state.ledger else { return Ledger::default() };
        let accounts = rules.config.accounts.keys();
        let keys = posts.iter().flat_map(|post| {
            accounts.clone().map(|account| DeliveryKey { post: post.clone(), account: account.clone() })
        });
        let deliveries = keys.filter_map(|key| Some((key.clone(), Arc::clone(ledger.deliveries.get(&key)?)))).collect();
        Ledger {
            genesis: ledger.genesis.clone(),
            commit: ledger.commit.clone(),
            brakes: ledger.brakes.clone(),
            deliveries,
        }
    }

    /// Reads what the ledger tells of deliveries, oldest first.
    pub(super) fn events(&self, rules: &Rules, rows: &[Row]) -> Vec<Event> {
        let Some(ledger) = &self.state.ledger else { return Vec::new() };
        let keys = rows.iter().map(|row| DeliveryKey { post: row.post.clone(), account: row.account.clone() });
        let keys: Vec<DeliveryKey> = keys.filter(|key| ledger.deliveries.contains_key(key)).collect();
        if keys.is_empty() {
            return Vec::new();
        }
        let Ok(repository) = Repo::open(&self.root) else { return Vec::new() };
        let Ok(store) = GitStore::open(&repository, &rules.config.ledger) else { return Vec::new() };
        let mut events = store.known_history_of(&keys).unwrap_or_default();
        report::in_time(&mut events);
        events
    }
}

/// Whether drafts keep what would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Kept,
    /// All that the plan needs stays: how many parts there are.
    Dropped,
}

pub(super) fn drop_content(desired: &mut plan::Desired) {
    for part in &mut desired.draft.parts {
        *part = DraftPart {
            text: Default::default(),
            rich: Vec::new().into(),
            media: Vec::new(),
            beside: 0,
            span: part.span,
        };
    }
}

/// Returns the posts of this workspace that a post refers to.
pub(super) fn references(post: &Post) -> Vec<PostId> {
    let all = [&post.reply_to, &post.quote, &post.boost].into_iter().flatten();
    all.filter_map(|reference| match &reference.value {
        Reference::Post(id) => Some(id.clone()),
        Reference::Url(_) => None,
    })
    .collect()
}
