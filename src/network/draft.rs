use crate::{
    diag::{Diagnostic, Span},
    model::{AccountId, Block, Media, NetworkId, Options, Poll, PostId, Reference},
    text::{self, Flat, Measure},
};
use std::sync::Arc;

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
    /// The text on networks with plain text; on those with rich text, the same as lines for excerpts, which
    /// [`Draft::with_lines`] writes where nothing asked for them before.
    pub text: Flat,
    /// The content on networks with rich text; elsewhere empty.
    pub rich: Arc<[Block]>,
    /// The media attached, in order.
    pub media: Vec<Media>,
    /// What options that count weigh beside the text, in the network's unit.
    pub beside: u64,
    /// Where it was written.
    pub span: Span,
}

impl Draft {
    /// Writes the lines of rich content that nothing weighed. Checks of a network without limits don't need them.
    #[must_use]
    pub fn with_lines(mut self) -> Self {
        for part in self.parts.iter_mut().filter(|part| part.text.text.is_empty()) {
            part.text = text::plain(&part.rich, self.network);
        }
        self
    }
}

impl DraftPart {
    /// Weighs the text in the network's unit, options that count included.
    pub fn weight(&self, measure: &Measure) -> u64 {
        text::weigh(&self.text, measure) + self.beside
    }

    /// Returns how many bytes of UTF-8 the text has.
    pub fn bytes(&self) -> u64 {
        self.text.text.len() as u64
    }
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
