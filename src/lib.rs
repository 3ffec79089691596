//! Masthead: social posts as code.
//!
//! Posts are Markdown files in a git repository; what is due on the publish branch is published once on every network
//! that it names, and what happened is written to a ledger branch. This is the map. Data flows one way:
//!
//! ```text
//! disk or commit ──workspace──▶ Files ──content──▶ Posts + diagnostics ──check──▶ diagnostics
//! Posts, Config, ledger, now ──plan──▶ Plan ──report──▶ text | JSON | HTML
//! Plan ──engine──▶ stream of progress ──▶ ledger, terminal
//! ```
//!
//! In reading order; all but the last three are pure (no file, clock, randomness, network or printing):
//!
//! | module | owns |
//! | --- | --- |
//! | [`diag`] | places in files and findings about them |
//! | [`model`] | the nouns: posts, copy, accounts, people, references, times |
//! | [`config`] | `masthead.toml`, validated |
//! | [`text`] | a body as one network shows it: flattening, counting, splitting, ranges |
//! | [`content`] | a file's text → a post and diagnostics |
//! | [`ledger`] | what has happened: events, their codec, the state of every delivery |
//! | [`network`] | what each network can do and how it is spoken to; one adapter a folder |
//! | [`check`] | the rules, one file each |
//! | [`plan`] | what would happen, and why |
//! | [`report`] | how results look: terminal, JSON, SARIF, HTML |
//! | [`workspace`] | disk and git: the root, files, commits, atomic writes, the ledger branch |
//! | [`engine`] | the world: transport, claims and receipts, retry, secrets, images, the clock |
//! | [`cli`] | the commands |

pub mod check;
pub mod cli;
pub mod config;
pub mod content;
pub mod diag;
pub mod engine;
pub mod ledger;
pub mod model;
pub mod network;
pub mod plan;
pub mod report;
pub mod text;
pub mod workspace;
