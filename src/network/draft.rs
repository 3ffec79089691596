use crate::{
    diag::{Diagnostic, Span},
    model::{AccountId, Block, Media, NetworkId, Options, Poll, PostId, Reference},
    text::Flat,
};

/// What one account is to be sent. The preview shows this very value and `publish` sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The post it is of.
    pub post: PostId,
    /// The account it is for.
    pub account: AccountId,
    /// The account's network.
    pub network: NetworkId,
    /// The title, where the network shows one.
    pub title: Option<String>,
    /// The BCP 47 tag of the language.
    pub language: Option<String>,
    /// The labels, without `#`.
    pub tags: Vec<String>,
    /// The parts of the thread, in order; at least one. A boost has one empty part.
    pub parts: Vec<DraftPart>,
    /// The poll, which goes with the first part.
    pub poll: Option<Poll>,
    /// What the first part answers.
    pub reply_to: Option<Reference>,
    /// What the first part quotes.
    pub quote: Option<Reference>,
    /// What is passed on; then nothing else is sent.
    pub boost: Option<Reference>,
    /// The network's options.
    pub options: Options,
}

/// One part of a thread as one network shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftPart {
    /// The text on networks with plain text; on those with rich text, the same as lines for excerpts.
    pub text: Flat,
    /// The content on networks with rich text; elsewhere empty.
    pub rich: Vec<Block>,
    /// The media attached, in order.
    pub media: Vec<Media>,
    /// What the text weighs in the network's unit, options that count included.
    pub weight: u64,
    /// What the text weighs in bytes of UTF-8.
    pub bytes: u64,
    /// Where it was written.
    pub span: Span,
}

/// What composing gives: a draft, always, and what is wrong with it in this network's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The draft.
    pub draft: Draft,
    /// What only this network minds. What can be told from the profile is `check`'s to tell.
    pub findings: Vec<Diagnostic>,
}

/// Names an image or video of a part for uploading: its place in [`DraftPart::media`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaKey(pub usize);
