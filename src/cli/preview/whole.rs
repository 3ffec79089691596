use crate::{
    check,
    cli::{
        Failure, Ui,
        load::{Reading, folders_of},
        reach::freezes,
    },
    content,
    diag::{Diagnostic, FileId, Files, Level},
    engine::Probes,
    ledger::{Brake, Event, Ledger},
    model::{AccountId, FREEZE_FILE, Freeze, Post, PostId, Timestamp},
    plan::{self, Plan, Policy, Row},
    report::{
        self,
        pages::{CalendarPost, Counts, Line, common_date, title},
    },
    workspace::{FileProblem, GitStore, Repo, Source},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// A workspace read whole at a moment: its posts with what is wrong with them, the plan and what the ledger tells.
pub(super) struct Whole<'a> {
    pub(super) reading: Reading<'a>,
    pub(super) posts: Vec<Known>,
    /// What is wrong with files that are no posts, by file.
    pub(super) others: BTreeMap<FileId, Vec<Diagnostic>>,
    pub(super) plan: Plan,
    pub(super) brakes: Vec<Brake>,
    /// Everything that happened to each post, oldest first.
    pub(super) events: HashMap<PostId, Vec<Event>>,
    /// Whether the ledger was found where it should be.
    pub(super) has_ledger: bool,
    rows: HashMap<PostId, Vec<usize>>,
}

/// A post's file and what is known of it.
pub(super) struct Known {
    pub(super) file: FileId,
    pub(super) path: String,
    pub(super) text: String,
    /// The post's id; that of its path if it can't be read.
    pub(super) id: PostId,
    pub(super) post: Option<Post>,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) digest: String,
}

impl<'a> Whole<'a> {
    /// Reads the files of a source, and the ledger of the repository around them if there is one.
    pub(super) fn read(
        source: &'a dyn Source,
        repository: Option<&Repo>,
        now: Timestamp,
        ui: &Ui,
    ) -> Result<Self, Failure> {
        let reading = Reading::open(source, ui)?;
        let limits = repository
            .map(|repository| Probes::new(&repository.state_folder()).limits(&reading.config))
            .unwrap_or_default();
        let store = repository.and_then(|repository| GitStore::open(repository, &reading.config.ledger).ok());
        let known = store.as_ref().and_then(GitStore::read_known);
        let has_ledger = known.is_some() || reading.config.ledger.remote.is_none();
        let mut ledger = known.unwrap_or_default();
        let history = store.as_ref().and_then(|store| store.known_history(&|_| true).ok()).unwrap_or_default();
        match reading.source.read(FREEZE_FILE) {
            Err(FileProblem::Missing) => {}
            file => ledger.brakes.extend(freezes(file.as_deref(), &reading.config).into_iter().map(Brake::of_file)),
        }
        let published = |post: &PostId, account: &AccountId| has_ledger && ledger.delivery(post, account).is_some();
        let cx = check::Context {
            config: &reading.config,
            limits: &limits,
            media: reading.source,
            now,
            published: has_ledger.then_some(&published as &check::Published<'_>),
            fresh: false,
        };
        let mut posts = reading.each(|read| {
            let (file, path) = (read.file, read.path.to_owned());
            let text = read.text.as_ref().map_or_else(|_| String::new(), |text| (*text).to_owned());
            let (findings, post) = read.check(&cx);
            let id = post.as_ref().map_or_else(|| content::path_id(&path), |post| post.id.value.clone());
            let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
            Known { file, path, text, id, post, findings, digest }
        });
        let others = share_out(&reading, &mut posts);
        let misled = reading.misled();
        let invalid: BTreeSet<FileId> = posts
            .iter()
            .filter(|known| {
                folders_of(&known.path).any(|folder| misled.contains(folder))
                    || known.findings.iter().any(Diagnostic::is_error)
            })
            .map(|known| known.file)
            .collect();
        let wanted: Vec<(&str, &Post)> =
            posts.iter().filter_map(|known| Some((known.path.as_str(), known.post.as_ref()?))).collect();
        let has_errors = |post: &Post| invalid.contains(&post.file);
        let desired = plan::desire(&wanted, &reading.config, &limits, reading.source, &has_errors);
        let plan = planned(desired, &ledger, &reading, now);
        let mut rows: HashMap<PostId, Vec<usize>> = HashMap::new();
        for (index, row) in plan.rows.iter().enumerate() {
            rows.entry(row.post.clone()).or_default().push(index);
        }
        let events = by_post(history);
        Ok(Self { reading, posts, others, plan, brakes: ledger.brakes, events, has_ledger, rows })
    }

    /// Returns the plan's rows of a post.
    pub(super) fn rows(&self, known: &Known) -> Vec<&Row> {
        self.all_rows(&known.id).filter(|row| is_of(row, known)).collect()
    }

    /// Returns the plan's rows without their drafts.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let findings: HashMap<&str, &Known> = self.posts.iter().map(|known| (known.path.as_str(), known)).collect();
        let of = |row: &Row| {
            let path = row.desired.as_ref().map(|desired| desired.path.as_str());
            path.and_then(|path| findings.get(path)).map_or(&[][..], |known| &known.findings)
        };
        self.plan.rows.iter().map(|row| Line::of(row, of(row))).collect()
    }

    /// Returns the plan's rows of an id, whichever file they are of.
    pub(super) fn all_rows(&self, id: &PostId) -> impl Iterator<Item = &Row> {
        self.rows.get(id).into_iter().flatten().map(|index| &self.plan.rows[*index])
    }

    /// Returns the posts as the calendar shows them.
    pub(super) fn on_calendar(&self) -> Vec<CalendarPost<'_>> {
        let shown = self.posts.iter().map(|known| {
            let rows = self.rows(known);
            let draft = rows.iter().find_map(|row| row.draft());
            CalendarPost {
                id: &known.id,
                path: &known.path,
                title: draft
                    .map_or(Cow::Borrowed(known.id.as_str()), |draft| Cow::Owned(title(draft, &known.findings))),
                language: known.post.as_ref().and_then(|post| post.targets.first()?.language.as_deref()),
                campaign: known.post.as_ref().and_then(|post| post.campaign.as_ref()).map(|c| c.value.as_str()),
                digest: Cow::Borrowed(&known.digest),
                date: known.post.as_ref().and_then(common_date),
                draft: known.post.as_ref().is_some_and(|post| post.draft),
                errors: known.findings.iter().filter(|finding| finding.is_error()).count(),
                lines: rows.into_iter().map(|row| Line::of(row, &known.findings)).collect(),
            }
        });
        shown.collect()
    }

    /// Counts what is wrong.
    pub(super) fn counts(&self) -> Counts {
        let all = || self.posts.iter().map(|known| &known.findings).chain(self.others.values()).flatten();
        Counts {
            errors: all().filter(|finding| finding.level == Level::Error).count(),
            warnings: all().filter(|finding| finding.level == Level::Warning).count(),
            posts: self.posts.len(),
        }
    }

    /// Returns the files that findings may point at.
    pub(super) fn files(&self) -> &Files {
        &self.reading.files
    }
}

/// Returns whether a row is of a file, where two claim the same id.
fn is_of(row: &Row, known: &Known) -> bool {
    row.desired.as_ref().is_none_or(|desired| desired.path == known.path)
}

fn planned(desired: Vec<plan::Desired>, ledger: &Ledger, reading: &Reading<'_>, now: Timestamp) -> Plan {
    let freezes: Vec<Freeze> = ledger.freezes().cloned().collect();
    plan::plan(desired, ledger, &Policy::new(&reading.config, &freezes), now, None)
}

/// Adds to the posts what is only found when all are looked at together, and returns what is wrong with other files.
fn share_out(reading: &Reading<'_>, posts: &mut [Known]) -> BTreeMap<FileId, Vec<Diagnostic>> {
    let levels = &reading.config.check.levels;
    let mut across = check::Across::new();
    posts.iter().filter_map(|known| known.post.as_ref()).for_each(|post| across.add(check::Summary::of(post)));
    let mut loose = reading.findings.clone();
    loose.extend(check::check_config(&reading.config));
    loose.extend(across.finish());
    let mut loose = check::apply_levels(loose, &[], levels);
    // What is found in a post may be about what it inherits, or about its account.
    for known in &mut *posts {
        let file = known.file;
        loose.extend(known.findings.extract_if(.., |finding| finding.primary.span.file != file));
    }
    let mut by_file: BTreeMap<FileId, Vec<Diagnostic>> = BTreeMap::new();
    for finding in loose {
        by_file.entry(finding.primary.span.file).or_default().push(finding);
    }
    for known in &mut *posts {
        known.findings.extend(by_file.remove(&known.file).unwrap_or_default());
        known.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    }
    for findings in by_file.values_mut() {
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings.dedup_by(|a, b| a.sort_key() == b.sort_key());
    }
    by_file
}

fn by_post(mut events: Vec<Event>) -> HashMap<PostId, Vec<Event>> {
    report::in_time(&mut events);
    let mut posts: HashMap<PostId, Vec<Event>> = HashMap::new();
    for event in events {
        posts.entry(event.key.post.clone()).or_default().push(event);
    }
    posts
}
