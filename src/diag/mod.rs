//! What is wrong, where, and how to mend it.
//!
//! Owns places in files ([`Span`], [`Spanned`], [`Files`]) and findings about them ([`Code`], [`Level`], [`Diagnostic`],
//! [`Fix`]), and how numbers read in a sentence ([`words`]). It does not decide what is a mistake (that is `config`, `content` and `check`) and does not draw
//! anything (that is `report`). Start at [`Diagnostic`].

mod code;
mod diagnostic;
mod files;
mod span;
mod suggest;
pub mod words;

pub use self::{
    code::{Code, Level},
    diagnostic::{Diagnostic, Fix, Label, TextEdit},
    files::{FileId, Files, LineColumn, line_column},
    span::{Span, Spanned},
    suggest::did_you_mean,
};
