use super::{Rules, stamp};
use crate::{
    check,
    cli::load::Read,
    content,
    diag::{Diagnostic, FileId, Level},
    ledger::Ledger,
    model::{AccountId, MediaSource, Post, PostId, Timestamp},
    workspace::{Disk, FileProblem},
};

/// What is remembered of a post's file: not the post, which is read again when it is shown.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its id; where that can't be read, the last that could be, or that of its path.
    pub(super) id: PostId,
    /// Of the text, to know whether it has changed.
    pub(super) stamp: u64,
    /// What is wrong with it, at its level, sorted by place; nothing of a file that was not checked yet.
    pub(super) findings: Box<[Diagnostic]>,
    pub(super) is_checked: bool,
    /// None where the file can't be read as a post.
    pub(super) facts: Option<Facts>,
}

/// What is remembered of a post.
#[derive(Debug, PartialEq)]
pub(super) struct Facts {
    /// When it is due, the earliest first.
    pub(super) dates: Box<[Timestamp]>,
    /// Whether it has no date on some account.
    pub(super) undated: bool,
    /// The images and videos that it names, by path.
    pub(super) media: Box<[Box<str>]>,
    /// What is compared with other posts.
    pub(super) summary: check::Summary,
}

/// How much is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// What the front matter says: when a post is due, and what it is called. The rest takes four times as long.
    Front,
    /// All that the file says, and what is wrong with it.
    Checked,
}

/// What posts are read with.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) rules: &'a Rules,
    pub(super) disk: &'a Disk,
    pub(super) ledger: Option<&'a Ledger>,
    pub(super) now: Timestamp,
}

impl Reader<'_> {
    /// Makes what is remembered of a file.
    pub(super) fn entry(
        &self,
        file: FileId,
        path: &str,
        text: Result<&str, FileProblem>,
        depth: Depth,
        known: Option<&Entry>,
    ) -> Entry {
        let stamp = text.as_ref().map_or(0, |text| stamp(text));
        let (post, findings) = match (&text, depth) {
            (Ok(text), Depth::Front) => self.rules.parse(file, path, content::front_matter(text)),
            (Ok(text), Depth::Checked) => self.rules.parse(file, path, text),
            (Err(_), _) => (None, Vec::new()),
        };
        let (mut findings, post) = match depth {
            // Without its text it lacks what it does not lack.
            Depth::Front => (Vec::new(), post),
            Depth::Checked => {
                let published = |post: &PostId, account: &AccountId| {
                    self.ledger.is_some_and(|ledger| ledger.delivery(post, account).is_some())
                };
                let cx = check::Context {
                    config: &self.rules.config,
                    limits: &self.rules.limits,
                    media: self.disk,
                    now: self.now,
                    published: self.ledger.is_some().then_some(&published as &check::Published<'_>),
                    fresh: false,
                };
                Read { file, path, text, post, findings }.check(&cx)
            }
        };
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let id = match (&post, known) {
            (Some(post), _) => post.id.value.clone(),
            (None, Some(known)) => known.id.clone(),
            (None, None) => content::path_id(path),
        };
        let is_checked = depth == Depth::Checked;
        Entry { id, stamp, findings: findings.into(), is_checked, facts: post.as_ref().map(Facts::of) }
    }
}

impl Facts {
    fn of(post: &Post) -> Self {
        let whens = || post.targets.iter().map(|target| target.when.map(|when| when.value.at));
        let mut dates: Vec<Timestamp> = whens().flatten().collect();
        dates.sort_unstable();
        dates.dedup();
        let parts = post.copies.iter().flat_map(|copy| &copy.body.parts);
        let mut media: Vec<Box<str>> = parts
            .flat_map(|part| part.media())
            .filter_map(|media| match &media.source {
                MediaSource::File(path) => Some(path.as_str().into()),
                MediaSource::Url(_) => None,
            })
            .collect();
        media.sort_unstable();
        media.dedup();
        Self {
            dates: dates.into(),
            undated: whens().any(|when| when.is_none()),
            media: media.into(),
            summary: check::Summary::of(post),
        }
    }
}

impl Entry {
    /// Returns whether pages show the same for both.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        let same_facts = match (&self.facts, &other.facts) {
            // Of one that was not checked yet, nothing else is known.
            (Some(mine), Some(theirs)) if self.is_checked != other.is_checked => {
                (&mine.dates, mine.undated) == (&theirs.dates, theirs.undated)
            }
            (mine, theirs) => mine == theirs,
        };
        self.stamp == other.stamp && self.id == other.id && self.findings == other.findings && same_facts
    }

    /// Returns how many of its findings have a level.
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}
