//! The pages of the preview: a post as each network shows it, the calendar, the plan and what is wrong.
//!
//! Owns how they look and what they are called. The same pages are served by `masthead watch` and written by `masthead
//! build`; links between them are relative, so they work from a disk, below any path of a server and when served. What
//! is drawn of a post is the very [`Draft`](crate::network::Draft) that would be sent. Nothing here reads a file or a
//! clock. Templates are the program's, with a workspace's `templates/preview/` laid over them. Start at [`Pages`].

mod calendar;
mod card;
mod days;
mod finding;
mod ics;
mod input;
mod page;
mod plan;
mod post;
mod problems;
mod segment;
mod state;
mod tally;

pub use self::{
    days::{Day, Month},
    input::{
        CalendarPage, CalendarPost, Change, Changes, CheckFile, CheckPage, Counts, Line, Live, PlanPage, PostPage,
        View, title,
    },
    page::{fitted_path, media_path, month_path, post_path},
    post::common_date,
    state::State,
};
use super::{TemplateError, Templates, templates::Set};
use std::collections::BTreeMap;

/// Why a page can't be made: a template is at fault.
pub type PageError = TemplateError;

/// The templates by their path below `templates/`, as the program brings them.
const BUILTIN: &[(&str, &str)] = &[
    ("preview/base.html", include_str!("../../../templates/preview/base.html")),
    ("preview/calendar.html", include_str!("../../../templates/preview/calendar.html")),
    ("preview/post.html", include_str!("../../../templates/preview/post.html")),
    ("preview/plan.html", include_str!("../../../templates/preview/plan.html")),
    ("preview/check.html", include_str!("../../../templates/preview/check.html")),
    ("preview/_macros.html", include_str!("../../../templates/preview/_macros.html")),
    ("preview/_finding.html", include_str!("../../../templates/preview/_finding.html")),
    ("preview/_entry.html", include_str!("../../../templates/preview/_entry.html")),
    ("preview/_counter.html", include_str!("../../../templates/preview/_counter.html")),
    ("preview/_references.html", include_str!("../../../templates/preview/_references.html")),
    ("preview/_part.html", include_str!("../../../templates/preview/_part.html")),
    ("preview/_card.html", include_str!("../../../templates/preview/_card.html")),
    ("preview/_card-bluesky.html", include_str!("../../../templates/preview/_card-bluesky.html")),
    ("preview/_card-mastodon.html", include_str!("../../../templates/preview/_card-mastodon.html")),
    ("preview/_card-site.html", include_str!("../../../templates/preview/_card-site.html")),
];

/// Files that are copied as they are, since `{` means something else in them.
const PLAIN: &[(&str, &str)] = &[
    ("preview/style.css", include_str!("../../../templates/preview/style.css")),
    ("preview/script.js", include_str!("../../../templates/preview/script.js")),
    ("preview/icon.svg", include_str!("../../../templates/preview/icon.svg")),
];

/// What the pages are made with.
static SET: Set = Set { folder: "preview", of: "the preview", builtin: BUILTIN, plain: PLAIN };

/// The path of the plan's page.
pub const PLAN: &str = "plan.html";
/// The path of the page of findings.
pub const CHECK: &str = "check.html";
/// The path of the calendar's page of the present month, which is the first page.
pub const INDEX: &str = "index.html";
/// The path of the feed for calendar programs.
pub const FEED: &str = "calendar.ics";
/// The files beside the pages, which [`Pages::asset`] has.
pub const ASSETS: &[&str] = &["style.css", "script.js", "icon.svg"];

/// Makes pages.
#[derive(Debug)]
pub struct Pages {
    templates: Templates,
}

impl Pages {
    /// Makes what makes pages. `overrides` are the workspace's templates by their path from its root, as
    /// `templates/preview/post.html`; those that are not below `templates/preview/` are somebody else's.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Self, PageError> {
        Ok(Self { templates: Templates::new(&SET, overrides)? })
    }

    /// Makes the page of a post, for [`post_path`].
    pub fn post(&self, view: &View<'_>, page: &PostPage<'_>) -> Result<String, PageError> {
        self.templates.render("preview/post.html", post::context(view, page))
    }

    /// Makes the calendar's page of a month, for [`month_path`].
    pub fn calendar(&self, view: &View<'_>, page: &CalendarPage<'_>) -> Result<String, PageError> {
        self.templates.render("preview/calendar.html", calendar::context(view, page))
    }

    /// Makes the plan's page, for [`PLAN`].
    pub fn plan(&self, view: &View<'_>, page: &PlanPage<'_>) -> Result<String, PageError> {
        self.templates.render("preview/plan.html", plan::context(view, page))
    }

    /// Makes the page of findings, for [`CHECK`].
    pub fn check(&self, view: &View<'_>, page: &CheckPage<'_>) -> Result<String, PageError> {
        self.templates.render("preview/check.html", problems::context(view, page))
    }

    /// Makes the feed for calendar programs, for [`FEED`].
    pub fn feed(&self, view: &View<'_>, posts: &[CalendarPost<'_>]) -> String {
        ics::feed(view, posts)
    }

    /// Returns a file of [`ASSETS`].
    pub fn asset(&self, name: &str) -> Option<&str> {
        let path = ASSETS.contains(&name).then(|| format!("preview/{name}"))?;
        Some(self.templates.plain(&path))
    }
}
