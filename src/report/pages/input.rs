use super::days::Month;
use crate::{
    config::Config,
    diag::{Diagnostic, FileId, Files},
    ledger::{Brake, Event},
    model::{AccountId, MediaLibrary, NetworkId, Post, PostId, Timestamp},
    network::Draft,
    plan::{Reason, Row, Verdict},
    text,
};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// How much of a post's text stands for it where it has no title, in characters.
const LONGEST_TITLE: usize = 80;

/// What every page knows.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The configuration; the last good one if the file is broken.
    pub config: &'a Config,
    /// The moment that the pages are for.
    pub now: Timestamp,
    /// How much is wrong in the whole workspace.
    pub counts: Counts,
    /// What is different from how it should be, for the top of each page: a configuration that is broken, a ledger that
    /// was never read. Plain text.
    pub notice: Option<&'a str>,
    /// What a branch changes, if that is asked for.
    pub changes: Option<&'a Changes>,
    /// The first and the last month that there is a page for. The month of `now` has one always.
    pub months: Option<(Month, Month)>,
    /// There only when the page is served by a program that follows changes and takes edits.
    pub live: Option<Live<'a>>,
}

/// How a served page reaches the program that served it.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// What every changing request must carry.
    pub token: &'a str,
    /// Which state of the workspace the page shows: every change counts one up.
    pub version: u64,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many posts.
    pub posts: usize,
}

/// What a branch changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What it is compared with, as it was named.
    pub base: String,
    /// The posts that differ.
    pub posts: BTreeMap<PostId, Change>,
    /// The files of posts that are no longer there.
    pub removed: Vec<String>,
}

/// How a post differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    New,
    /// It was there, and is different now.
    Changed,
}

/// A post and everything that is known of it.
#[derive(Clone, Copy)]
pub struct PostPage<'a> {
    /// Its id; that of its path if it can't be read.
    pub id: &'a PostId,
    /// Its file.
    pub file: FileId,
    /// The file's path from the workspace's root.
    pub path: &'a str,
    /// What the file holds; empty if it can't be read.
    pub text: &'a str,
    /// A digest of the file, which an edit names, so that nothing that was written meanwhile is lost.
    pub digest: &'a str,
    /// The post, as far as it could be read.
    pub post: Option<&'a Post>,
    /// The accounts and groups that its own text names, for those who may choose others.
    pub named: &'a [String],
    /// The plan's rows for it. Their drafts are what is drawn.
    pub rows: &'a [Row],
    /// What is wrong with it, sorted by place.
    pub findings: &'a [Diagnostic],
    /// The files that findings may point at.
    pub files: &'a Files,
    /// What the ledger tells of it, oldest first.
    pub events: &'a [Event],
    /// What is known of images and videos.
    pub media: &'a dyn MediaLibrary,
}

/// A month of posts, and those without a date.
#[derive(Clone, Copy, Debug)]
pub struct CalendarPage<'a> {
    /// The month.
    pub month: Month,
    /// At least the posts of the weeks that the month touches, and those without a date. Others are passed over.
    pub posts: &'a [CalendarPost<'a>],
}

/// A post on the calendar.
#[derive(Clone, Debug)]
pub struct CalendarPost<'a> {
    /// Its id.
    pub id: &'a PostId,
    /// Its file.
    pub path: &'a str,
    /// What stands for it; see [`title`].
    pub title: Cow<'a, str>,
    /// The BCP 47 tag of the title's language.
    pub language: Option<&'a str>,
    /// Its campaign.
    pub campaign: Option<&'a str>,
    /// A digest of the file, as on the post's page.
    pub digest: Cow<'a, str>,
    /// The date that may be changed here, as [`common_date`](super::common_date) tells it.
    pub date: Option<Timestamp>,
    /// Whether it is a draft.
    pub draft: bool,
    /// How many errors it has.
    pub errors: usize,
    /// What becomes of it, one line for each account.
    pub lines: Vec<Line<'a>>,
}

/// What becomes of a post on one account: a row of the plan without its draft.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The post.
    pub post: &'a PostId,
    /// The account.
    pub account: &'a AccountId,
    /// The account's network, if the post is there.
    pub network: Option<NetworkId>,
    /// What would happen.
    pub verdict: Verdict,
    /// Why.
    pub reason: Cow<'a, Reason>,
    /// When it is or was due, or will be tried again.
    pub at: Option<Timestamp>,
    /// How many parts it has.
    pub parts: usize,
    /// How many of them are out.
    pub done: usize,
    /// What the rest is estimated to cost, in millionths of a US dollar.
    pub cost: Option<u64>,
    /// The public link of the first part, if it is out.
    pub url: Option<Cow<'a, str>>,
    /// The post's file, if it is there.
    pub path: Option<&'a str>,
    /// What stands for the post; see [`title`].
    pub title: Cow<'a, str>,
}

/// Everything that would happen, and why.
#[derive(Clone, Copy, Debug)]
pub struct PlanPage<'a> {
    /// The rows, in the plan's order.
    pub lines: &'a [Line<'a>],
    /// The stops that hold.
    pub brakes: &'a [Brake],
}

/// Everything that is wrong.
#[derive(Clone, Copy, Debug)]
pub struct CheckPage<'a> {
    /// The files that something is wrong with, sorted by path.
    pub findings: &'a [CheckFile<'a>],
    /// The files that findings may point at.
    pub files: &'a Files,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug)]
pub struct CheckFile<'a> {
    /// The file.
    pub file: FileId,
    /// What it holds; empty if it can't be read.
    pub text: &'a str,
    /// The post that it holds, if it is a post's.
    pub post: Option<&'a PostId>,
    /// What is wrong with it, sorted by place.
    pub findings: &'a [Diagnostic],
}

impl fmt::Debug for PostPage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostPage").field("id", &self.id).field("path", &self.path).finish_non_exhaustive()
    }
}

impl<'a> Line<'a> {
    /// Returns a row of the plan without its draft. The findings are those of its post, as for [`title`].
    pub fn of(row: &'a Row, findings: &[Diagnostic]) -> Self {
        Self {
            post: &row.post,
            account: &row.account,
            network: row.draft().map(|draft| draft.network),
            verdict: row.verdict,
            reason: Cow::Borrowed(&row.reason),
            at: row.at,
            parts: row.parts,
            done: row.done,
            cost: row.cost(),
            url: row.url.as_deref().map(Cow::Borrowed),
            path: row.desired.as_ref().map(|desired| desired.path.as_str()),
            title: row.draft().map_or(Cow::Borrowed(row.post.as_str()), |draft| Cow::Owned(title(draft, findings))),
        }
    }
}

/// Returns what stands for a draft in lists: its title, or how its text begins, or its id. By the findings of the post
/// it is told whether there is a secret in it, which no list may show.
pub fn title(draft: &Draft, findings: &[Diagnostic]) -> String {
    if findings.iter().any(|finding| finding.masked) {
        return draft.post.to_string();
    }
    if let Some(title) = draft.title.as_deref().map(str::trim).filter(|title| !title.is_empty()) {
        return title.to_owned();
    }
    let first = draft.parts.iter().flat_map(|part| part.text.text.lines()).find(|line| !line.trim().is_empty());
    match first {
        Some(line) => text::excerpt(line, LONGEST_TITLE),
        None => draft.post.to_string(),
    }
}
