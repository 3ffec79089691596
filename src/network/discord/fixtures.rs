//! Accounts and drafts made by hand.

use crate::{
    diag::{FileId, Span, Spanned},
    model::{Account, AccountId, NetworkId, OptionValue, Options, Poll, PostId},
    network::{Draft, DraftPart},
    text::Flat,
};
use std::time::Duration;

/// A place in a file.
pub(super) fn place(start: usize, end: usize) -> Span {
    Span::new(FileId(0), start..end)
}

/// An account with options, the first of which is written at byte 20.
pub(super) fn account(options: &[(&'static str, &str)]) -> Account {
    let mut set = Options::default();
    for (at, (key, value)) in (20..).zip(options) {
        set.set(key, Spanned::new(OptionValue::Text((*value).to_owned()), place(at, at + 1)));
    }
    Account { options: set, ..Account::new(AccountId::new("chat"), NetworkId("discord"), place(10, 12)) }
}

/// A draft with a poll, if one is asked for.
pub(super) fn draft(text: &str, question: Option<&str>, has_poll: bool) -> Draft {
    let mut options = Options::default();
    if let Some(question) = question {
        let value = OptionValue::Text(question.to_owned());
        options.set("poll_question", Spanned::new(value, place(40, 41)));
    }
    let poll = Poll {
        options: Vec::new(),
        duration: Spanned::new(Duration::from_secs(3600), place(0, 0)),
        multiple: false,
        hide_totals: false,
        span: place(30, 31),
    };
    let flat = Flat { text: text.to_owned(), ..Flat::default() };
    let part = DraftPart { text: flat, rich: [].into(), media: Vec::new(), beside: 0, span: place(50, 60) };
    Draft {
        post: PostId::new("news"),
        account: AccountId::new("chat"),
        network: NetworkId("discord"),
        title: None,
        language: None,
        tags: Vec::new(),
        parts: vec![part],
        poll: has_poll.then_some(poll),
        reply_to: None,
        quote: None,
        boost: None,
        options,
    }
}
