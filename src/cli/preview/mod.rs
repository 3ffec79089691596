//! The preview: everything that its pages are made of, and where they go.
//!
//! Owns reading a workspace as it lies on disk, with its ledger as this clone knows it ([`build::Whole`]), and writing
//! the pages as a static site. How they look is `report::pages`. Nothing in here asks a server, reads a secret or
//! publishes.

pub(super) mod build;
pub(super) mod comment;
mod compare;
mod whole;
