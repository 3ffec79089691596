//! What is wrong with posts.
//!
//! Owns the rules: one file each under `rules/`, with its codes, levels, explanations and mends. A rule is a pure function of a
//! [`Context`] and what was parsed; it reads capabilities from a network's profile and never asks which network it is.
//! What parsing itself minds is reported by `config` and `content`. Levels and silencing are laid over all findings of
//! a file at the end, by [`apply_levels`]. Start at [`check_post`].

mod across;
mod case;
mod config_file;
mod context;
#[cfg(test)]
mod fixture;
mod hosts;
mod levels;
mod nodes;
mod rules;
mod scripts;
#[cfg(test)]
mod tests;
mod unreadable;

pub use self::{
    across::{Across, Summary},
    config_file::check_config,
    context::{Context, Published},
    levels::apply_levels,
    unreadable::unreadable,
};
use crate::{
    config::{self, Config},
    content,
    diag::{Code, Diagnostic, FileId},
    model::Post,
    network,
};
use case::Case;

/// Checks a post for all the accounts that it goes to.
///
/// `path` is the file's path from the workspace's root and `text` all that it holds. The findings are in no order and at
/// their usual levels; see [`apply_levels`].
pub fn check_post(post: &Post, path: &str, text: &str, cx: &Context<'_>) -> Vec<Diagnostic> {
    check_case(Case::new(post, path, text, cx))
}

fn check_case(mut case: Case<'_>) -> Vec<Diagnostic> {
    let mut found = check_text(case.post.file, case.text);
    // What is taken back is sent nowhere any more, so how it would look there does not matter.
    if case.post.retract {
        return found;
    }
    for variant in &mut case.variants {
        found.append(&mut variant.findings);
    }
    for rule in rules::OF_POSTS {
        rule(&case, &mut found);
    }
    found
}

/// Checks what can be told of any text, such as secrets and characters that hide something: for files that could not be
/// parsed, and for those that are no posts. [`check_post`] includes it.
pub fn check_text(file: FileId, text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    rules::secret::check(file, text, &mut found);
    rules::hidden_characters::check(file, text, &mut found);
    found
}

/// Checks the text of the configuration for the same, at the levels that it sets: findings in it end most commands.
pub fn check_config_text(config: &Config, text: &str) -> Vec<Diagnostic> {
    apply_levels(check_text(config.file, text), &[], &config.check.levels)
}

/// Returns every code that there is, of all modules, by name.
pub fn codes() -> Vec<&'static Code> {
    let networks = network::ALL.iter().map(|network| network.codes());
    let own = [
        config::CODES,
        content::CODES,
        rules::CODES,
        config_file::CODES,
        across::CODES,
        levels::CODES,
        unreadable::CODES,
    ];
    let mut codes: Vec<_> = own.into_iter().chain(networks).flatten().copied().collect();
    codes.sort_by_key(|code| code.name);
    // Two networks of one folder have some in common.
    codes.dedup_by(|one, other| std::ptr::eq(*one, *other));
    codes
}
