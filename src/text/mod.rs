//! A body as one network shows it.
//!
//! Owns flattening Markdown into a network's [`Dialect`], counting in its [`Unit`], the ranges of links, tags and
//! mentions, splitting into threads, and HTML for networks with rich text. It does not know networks: their rules come in
//! as values. Start at [`flatten`] for plain text and [`html`](fn@html) for rich.

mod count;
mod dialect;
mod domains;
mod escape;
mod excerpt;
mod fit;
mod flat;
mod flatten;
mod html;
mod join;
mod pieces;
mod sentence;
mod split;
mod url;
mod weighted;

pub use self::{
    count::{at_most, count, weigh},
    dialect::{Dialect, HandleStyle, LinkStyle, Measure, MentionWeight, Unit},
    escape::escape_html,
    excerpt::excerpt,
    fit::{Overrun, overrun},
    flat::{Flat, Range, RangeKind, Style, Styled},
    flatten::{flatten, plain},
    html::{Figure, HtmlOptions, html},
    join::join,
    pieces::{Mark, Piece, pieces},
    split::split,
    url::is_web,
};
