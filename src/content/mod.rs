//! A file's text → a post and diagnostics.
//!
//! Owns fences, front matter in TOML and YAML, folder defaults, Markdown with its places, copy sections, and the
//! resolving of every precedence into one [`Target`](crate::model::Target) for each account. It reads no files and
//! doesn't judge whether a post can be published: limits, media and copy that is missing are `check`'s. Parsing never
//! fails on any text; it returns what it could and the findings. Start at [`parse`].

mod codes;
mod copy;
mod date;
mod defaults;
mod edit;
mod fence;
mod freeze;
mod front;
mod id;
mod keys;
mod markdown;
mod media;
mod parse;
mod plain_toml;
mod resolve;
mod retarget;
mod run;
mod scan;
#[cfg(test)]
mod tests;
mod yaml;

pub use self::{
    codes::CODES,
    defaults::{Defaults, parse_defaults},
    edit::{Change, Edit, Refused, edit, named},
    fence::front_matter,
    freeze::{freeze_schema, parse_freeze, unreadable_freeze},
    id::path_id,
    keys::schema,
    parse::parse,
    retarget::retarget,
};
