//! The nouns: posts, their copy, accounts, people, references, times.
//!
//! Owns the values that everything else speaks of. They are made by `config` and `content`, already validated and with
//! every precedence resolved: a [`Post`] carries one [`Target`] for each account it goes to, and nobody downstream asks
//! again which table or heading wins. Nothing here is written to disk as it is: types on disk are their owner's.
//! Start at [`Post`].

mod account;
mod body;
#[cfg(test)]
pub(crate) mod fixtures;
mod freeze;
mod media;
mod names;
mod options;
mod post;
mod reference;
mod when;

pub use self::{
    account::{Account, Client, Person, SecretRef, Voice},
    body::{Block, Body, Inline, Part, change_media},
    freeze::{FREEZE_FILE, Freeze, Scope},
    media::{Clip, Media, MediaInfo, MediaKind, MediaLibrary, MediaProblem, MediaSource, VideoCodec},
    names::{AccountId, GroupId, NetworkId, PostId},
    options::{NetworkSpec, OptionKind, OptionSpec, OptionValue, Options},
    post::{Audience, Copy, Poll, Post, Silence, Target},
    reference::{MEDIA_IDS, Reference, Remote},
    when::{LocalTime, Resolved, Timestamp, When, Zone, ZoneError},
};
