//! Disk and git.
//!
//! Owns finding the root, listing and reading files on disk or in a commit, looking at images, atomic writes, and the
//! ledger branch. It does not parse posts and decides nothing: what can't be read comes back as a [`FileProblem`] or a
//! [`WorkspaceError`] that says what to do. All that names git2 is below [`git`]. Start at [`Source`], which is either a
//! [`Disk`] or a [`Commit`], and at [`GitStore`].

mod atomic;
mod clip;
mod disk;
mod error;
pub mod git;
mod hooks;
mod new_files;
mod obstacle;
mod root;
mod sniff;
mod source;
mod tree;
#[doc(hidden)]
pub mod trial;

pub use self::{
    atomic::write_file,
    disk::Disk,
    error::WorkspaceError,
    git::{Braked, Changes, Commit, FileSet, GitStore, ReadFreeze, Repo, SharedFiles, blob_id},
    hooks::{HookFile, hook_file, remove_hook, write_hook},
    new_files::{append_missing_lines, files_below, folder_name, write_new},
    root::{CONFIG, find_root},
    sniff::sniff,
    source::{CONTENT, DEFAULTS, FileProblem, LARGEST_MEDIA, LARGEST_TEXT, Listing, Source, TEMPLATES, read_all},
    tree::{Written, write_tree, written_before},
};
