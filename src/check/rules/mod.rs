//! The rules of posts. One file holds one rule, or a few that look at the same thing; to add one, write its file and
//! name it in [`OF_POSTS`] and [`CODES`].

mod alt;
mod date_past;
mod empty_copy;
pub(super) mod hidden_characters;
mod link_look_alike;
mod link_target;
mod link_text;
mod media_file;
mod media_host;
mod media_limits;
mod media_remote;
mod mention;
mod poll;
mod raw_html;
mod same_copy;
pub(super) mod secret;
mod text_too_long;
mod unsupported;
mod video;

use super::case::Case;
use crate::diag::{Code, Diagnostic};

/// A rule: looks at a post and tells what is wrong.
pub(super) type Rule = fn(&Case<'_>, &mut Vec<Diagnostic>);

/// All rules that need a parsed post.
pub(super) static OF_POSTS: &[Rule] = &[
    alt::check,
    date_past::check,
    empty_copy::check,
    link_look_alike::check,
    link_target::check,
    link_text::check,
    media_file::check,
    media_host::check,
    media_limits::check,
    media_remote::check,
    mention::check,
    poll::check,
    raw_html::check,
    same_copy::check,
    text_too_long::check,
    unsupported::check,
    video::check,
];

/// All codes that the rules report.
pub(super) static CODES: &[&Code] = &[
    &alt::MISSING,
    &alt::TOO_LONG,
    &alt::LOST,
    &alt::IS_FILENAME,
    &date_past::DATE_PAST,
    &empty_copy::EMPTY_COPY,
    &hidden_characters::BIDI_CONTROL,
    &hidden_characters::INVISIBLE_CHARACTER,
    &link_look_alike::LOOK_ALIKE_LINK,
    &link_target::LINK_EMPTY,
    &link_target::LINK_NOWHERE,
    &link_text::LINK_TEXT_MISMATCH,
    &media_file::MISSING,
    &media_file::NOT_A_FILE,
    &media_file::UNKNOWN_KIND,
    &media_file::DAMAGED,
    &media_file::UNREADABLE,
    &media_host::NO_HOST,
    &media_limits::KIND,
    &media_limits::SHAPE,
    &media_limits::TOO_LARGE,
    &media_limits::TOO_MANY,
    &media_limits::MIXED,
    &media_remote::REMOTE,
    &media_remote::ADDRESS,
    &mention::LOOK_ALIKE_MENTION,
    &mention::MENTION_MISSPELT,
    &poll::POLL_INVALID,
    &raw_html::RAW_HTML,
    &same_copy::SAME_COPY,
    &secret::SECRET_IN_TEXT,
    &text_too_long::TEXT_TOO_LONG,
    &unsupported::UNSUPPORTED,
    &video::CODEC,
    &video::LENGTH,
];
