use super::{Context, nodes::Nodes};
use crate::{
    diag::{Diagnostic, Span, words},
    model::{Account, NetworkId, Post, Target},
    network::{self, AnyNetwork, Composed, Draft, Limits, Profile, VideoRules},
};
use std::borrow::Cow;

/// A post with all that the rules ask of it, worked out once.
pub(super) struct Case<'a> {
    /// The post.
    pub(super) post: &'a Post,
    /// The path of its file.
    pub(super) path: &'a str,
    /// All that its file holds.
    pub(super) text: &'a str,
    /// What it is checked against.
    pub(super) cx: &'a Context<'a>,
    /// What stands in its copies.
    pub(super) nodes: Nodes<'a>,
    /// What goes out, once for all accounts that get the same.
    pub(super) variants: Vec<Variant<'a>>,
}

/// What the accounts of one network get that are sent the same.
pub(super) struct Variant<'a> {
    /// What their network can do.
    pub(super) profile: &'static Profile,
    /// The limits that hold.
    pub(super) limits: Cow<'a, Limits>,
    /// What a video of theirs must be.
    pub(super) video: VideoRules,
    /// What they are sent.
    pub(super) draft: Draft,
    /// What only their network minds.
    pub(super) findings: Vec<Diagnostic>,
    /// The accounts.
    pub(super) targets: Vec<&'a Target>,
}

impl<'a> Case<'a> {
    /// Composes what each account gets.
    pub(super) fn new(post: &'a Post, path: &'a str, text: &'a str, cx: &'a Context<'a>) -> Self {
        Self::with(post, path, text, cx, network::find)
    }

    /// As [`Case::new`], with networks found otherwise.
    pub(super) fn with(
        post: &'a Post,
        path: &'a str,
        text: &'a str,
        cx: &'a Context<'a>,
        find: fn(NetworkId) -> Option<&'static dyn AnyNetwork>,
    ) -> Self {
        let mut variants: Vec<Variant<'a>> = Vec::with_capacity(post.targets.len());
        for target in &post.targets {
            let id = &target.account.value;
            let (Some(account), Some(network)) = (cx.config.accounts.get(id), find(target.network)) else {
                // Config and content have reported what isn't known.
                continue;
            };
            let profile = network.profile();
            let limits = cx.limits.get(id).map_or_else(|| Cow::Owned(profile.limits()), Cow::Borrowed);
            if let Some(variant) = variants.iter_mut().find(|variant| variant.serves(target, account, &limits, cx)) {
                variant.targets.push(target);
                continue;
            }
            let Composed { draft, findings } = network.compose(post, target, account, &limits);
            let video = network.video_rules(&draft.options);
            variants.push(Variant { profile, limits, video, draft, findings, targets: vec![target] });
        }
        Self { post, path, text, cx, nodes: Nodes::of(post), variants }
    }

    /// Returns the whole line that a place is on, from the place to the line's end.
    pub(super) fn rest_of_line(&self, from: usize) -> Span {
        let mut start = from.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let rest = &self.text[start..];
        let end = start + rest.find('\n').map_or(rest, |newline| &rest[..newline]).trim_end().len();
        Span::new(self.post.file, start..end)
    }
}

impl<'a> Variant<'a> {
    /// Returns whether another account would be sent just the same.
    fn serves(&self, target: &Target, account: &Account, limits: &Limits, cx: &Context<'_>) -> bool {
        let mine = self.target();
        mine.network == target.network
            && mine.copy == target.copy
            && mine.title == target.title
            && mine.language == target.language
            && mine.tags == target.tags
            && mine.hashtags == target.hashtags
            && mine.options == target.options
            && *self.limits == *limits
            && cx.config.accounts.get(&mine.account.value).is_some_and(|known| known.options == account.options)
    }

    /// Returns the first account's target, which speaks for all.
    pub(super) fn target(&self) -> &'a Target {
        self.targets[0]
    }

    /// Returns the accounts' names for a message.
    pub(super) fn accounts(&self) -> String {
        words::names(self.targets.iter().map(|target| target.account.value.as_str()))
    }

    /// Returns the network's name for a message.
    pub(super) fn network(&self) -> &'static str {
        self.profile.name
    }
}
