//! How findings look: for people, as JSON, as SARIF and as GitHub's annotations.
//!
//! A [`Printer`] is told the format, then what one file's findings were [`Rendered`] to after another, in the order in
//! which they are to be shown; what it returns is printed as it is. Rendering one file needs no state and may happen on
//! any thread. Findings marked as masked keep their text out of every format. Start at [`Printer`].

mod github;
mod human;
mod json;
mod lines;
mod mask;
mod plain;
mod printer;
mod sarif;
mod summary;

pub(in crate::report) use self::{json::tell, mask::Mask};
pub use self::{
    json::{JSON_VERSION, JsonEdit, JsonFinding, JsonFix, JsonLabel, JsonPlace, JsonSummary},
    lines::Lines,
    printer::{Format, Printer, Rendered, Source},
    summary::Summary,
};
