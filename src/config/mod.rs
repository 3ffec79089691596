//! `masthead.toml`, validated.
//!
//! Owns the shape of the configuration and its layers (defaults < file < environment < flags, as values). It does not
//! read files or the environment, and knows of networks only what [`NetworkSpec`](crate::model::NetworkSpec) says. It
//! also owns what front matter is read with: the spanned tree that TOML becomes, the demands on its values, and the
//! reading of a network's options. Start at [`parse`].

mod accounts;
pub(crate) mod codes;
mod daemon;
mod duration;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
pub(crate) mod keys;
pub(crate) mod lexical;
mod media;
mod options;
mod parse;
mod people;
mod publish;
pub(crate) mod read;
mod schema;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
mod toml_reader;
mod value;
mod vault;

#[cfg(test)]
pub(crate) use self::accounts::RESERVED;
pub use self::{
    codes::CODES,
    duration::parse_duration,
    parse::parse,
    schema::schema,
    settings::{
        Bucket, CheckSettings, Config, DaemonSettings, HostPlace, HostSettings, LedgerSettings, PublishSettings,
        QuietHours, Times, VaultSettings,
    },
};
pub(crate) use self::{
    groups::unknown_account,
    options::read_option,
    read::{duration, language},
    toml_reader::{Fragment, read_toml},
    value::{Entry, Node, Table, Value},
};
