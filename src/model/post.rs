use super::{AccountId, Body, GroupId, NetworkId, Options, PostId, Reference, When};
use crate::diag::{FileId, Span, Spanned};
use std::{sync::Arc, time::Duration};

/// A post: one Markdown file, validated, with everything inherited and every precedence resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// What the ledger knows it by. The span is the `id` key's value, or the file's first byte.
    pub id: Spanned<PostId>,
    /// Whether `id` was written, so that the file may be renamed freely.
    pub id_written: bool,
    /// Its file.
    pub file: FileId,
    /// Where it goes, in the order of `to`, each account once.
    pub targets: Vec<Target>,
    /// Whether it is a draft, which is never due.
    pub draft: bool,
    /// Whether it is taken back: deleted wherever it is out, and sent nowhere any more.
    pub retract: bool,
    /// The campaign it belongs to.
    pub campaign: Option<Spanned<String>>,
    /// The copy: index 0 is the default copy, which may be empty.
    pub copies: Vec<Copy>,
    /// The poll.
    pub poll: Option<Poll>,
    /// What it answers.
    pub reply_to: Option<Spanned<Reference>>,
    /// What it quotes.
    pub quote: Option<Spanned<Reference>>,
    /// What it passes on instead of saying something of its own.
    pub boost: Option<Spanned<Reference>>,
    /// Whether copy that is too long is split into a thread (`thread = "auto"`).
    pub auto_thread: bool,
    /// Findings silenced in place by `[allow]`.
    pub silenced: Vec<Silence>,
}

/// One account that a post goes to, with what holds there: account before network before post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The account. The span is its name, or its group's, in `to`.
    pub account: Spanned<AccountId>,
    /// The account's network.
    pub network: NetworkId,
    /// The index in [`Post::copies`] of the copy that it gets.
    pub copy: usize,
    /// When it is due; at once if absent.
    pub when: Option<Spanned<When>>,
    /// The title, where the network shows one.
    pub title: Option<Spanned<String>>,
    /// The BCP 47 tag of the language.
    pub language: Option<String>,
    /// The labels of the post; the tags on blogs. Without `#`.
    pub tags: Arc<[Spanned<String>]>,
    /// Put at the end of the copy where it does not have them. Without `#`.
    pub hashtags: Arc<[Spanned<String>]>,
    /// The network's own options.
    pub options: Options,
}

/// What was written for some of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// For whom; empty for the default copy.
    pub audience: Vec<Spanned<Audience>>,
    /// What.
    pub body: Body,
}

/// A name in a copy heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// An account: the most specific.
    Account(AccountId),
    /// A group of accounts.
    Group(GroupId),
    /// All accounts of a network.
    Network(NetworkId),
    /// All accounts that write in a language: the least specific.
    Language(String),
}

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The answers to choose from.
    pub options: Vec<Spanned<String>>,
    /// How long it is open.
    pub duration: Spanned<Duration>,
    /// Whether more than one answer may be chosen.
    pub multiple: bool,
    /// Whether the counts stay hidden until it closes.
    pub hide_totals: bool,
    /// Where the table stands.
    pub span: Span,
}

/// A finding silenced in place: `[allow]` maps a code to the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The code's name.
    pub code: Spanned<String>,
    /// Why.
    pub reason: Spanned<String>,
}

impl Post {
    /// Returns the copy that a target gets.
    pub fn copy_for(&self, target: &Target) -> &Copy {
        &self.copies[target.copy]
    }
}
