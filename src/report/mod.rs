//! How results look: terminal, JSON, SARIF, GitHub's annotations, HTML.
//!
//! Owns every shape that a person or another program sees: findings ([`diagnostics`]), the story of a rule
//! ([`explain`]), plans ([`plan`]), what has happened ([`log`], [`status`], [`show`]), accounts, the pages
//! of the docs, and the site that a projected network becomes ([`site`]). It
//! prints nothing: each renderer returns text, and the caller says whether there is colour and how wide it may be
//! ([`Style`]). Start at [`diagnostics::Printer`].

mod accounts;
mod brakes;
mod comment;
pub mod diagnostics;
mod errands;
mod explain;
mod history;
mod network_page;
pub mod pages;
mod plan;
mod printable;
pub mod site;
mod status;
mod style;
mod table;
mod templates;
mod tone;

pub use self::{
    accounts::{accounts, accounts_json},
    brakes::{Brakes, SHORT_ID, UnderWay, brakes, brakes_json, short_id, under_way},
    comment::{Comment, CommentPost, Removed, Words, comment},
    errands::{Errand, errands},
    explain::{explain, list_codes, rule_page, rules_index},
    history::{Entry, entries, in_time, log, log_json},
    network_page::{network_page, networks_index},
    plan::{Rows, plan, plan_json, plan_rows, plan_summary},
    printable::printable,
    status::{show, show_json, status, status_json},
    style::Style,
    templates::{TemplateError, Templates},
};
pub use crate::diag::words;
use serde::Serialize;

/// Writes a value of our own as indented JSON with a final newline.
fn json_text(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("our own types are texts, numbers, lists and objects");
    text.push('\n');
    text
}
