mod outlook;

use self::outlook::{Content, drop_content, references};
use super::{
    Effect, Entry, Rules, State, Trouble,
    entry::{Depth, Reader},
};
use crate::{
    check,
    cli::time,
    content,
    diag::{Diagnostic, FileId, Level},
    ledger::{Brake, Ledger},
    model::{Post, PostId, Timestamp},
    plan::{self, Row},
    report::{
        self,
        pages::{
            CalendarPage, CalendarPost, CheckFile, CheckPage, Counts, Line, Live, Month, PageError, PlanPage, PostPage,
            View, common_date, month_path, post_path, title,
        },
    },
    workspace::{self, Disk, Source as _, blob_id},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How many posts without a date a calendar gets.
const UNDATED: usize = 300;
/// How many files the page of findings shows; those with errors first.
const FILES: usize = 300;
/// Where the pages of months are, all of which show what has no date.
const MONTHS: &str = "calendar/";
/// A month's page shows days of its neighbours, and zones differ by a day.
const AROUND: Duration = Duration::from_secs(9 * 86_400);

/// What is known at one moment, to make pages of. Posts that are shown are read again.
#[derive(Debug)]
pub(in crate::cli::preview) struct Sight {
    root: PathBuf,
    state: Arc<State>,
    now: Timestamp,
    notice: OnceLock<Option<String>>,
}

/// A post that was read again.
struct Shown {
    entry: Arc<Entry>,
    path: String,
    text: String,
    post: Post,
}

impl Shown {
    /// Returns what is wrong with the text, as far as it must not be shown.
    fn findings(&self) -> Cow<'_, [Diagnostic]> {
        match self.entry.is_checked && super::stamp(&self.text) == self.entry.stamp {
            true => Cow::Borrowed(&self.entry.findings),
            false => Cow::Owned(check::check_text(self.post.file, &self.text)),
        }
    }
}

impl Sight {
    pub(super) fn new(root: &Path, state: Arc<State>) -> Self {
        Self { root: root.to_owned(), state, now: time::now(), notice: OnceLock::new() }
    }

    /// Returns which state of the workspace it is.
    pub(in crate::cli::preview) fn version(&self) -> u64 {
        self.state.version
    }

    /// Returns what holds for every post; none if the configuration could not be used yet.
    pub(in crate::cli::preview) fn rules(&self) -> Option<&Arc<Rules>> {
        self.state.rules.as_ref()
    }

    /// Returns what is wrong with the configuration.
    pub(in crate::cli::preview) fn trouble(&self) -> Option<&Trouble> {
        self.state.trouble.as_deref()
    }

    /// Returns why the workspace can't be read at all.
    pub(in crate::cli::preview) fn gone(&self) -> Option<&str> {
        self.state.gone.as_deref()
    }

    /// Returns the number of a post's file, and its path.
    pub(in crate::cli::preview) fn find(&self, id: &str) -> Option<(FileId, &str)> {
        self.file_of(&post_path(&PostId::new(id)))
            .filter(|(file, _)| self.state.entry(*file).is_some_and(|entry| entry.id.as_str() == id))
    }

    /// Returns the pages that show what has become different: posts' own and those of overviews; one that ends with `/` is all
    /// that are below it.
    pub(in crate::cli::preview) fn pages_of(&self, effect: &Effect) -> Vec<String> {
        let mut pages: BTreeSet<String> =
            [report::pages::INDEX, report::pages::PLAN, report::pages::CHECK].map(str::to_owned).into();
        pages.extend(effect.posts.iter().map(post_path));
        if let Some(rules) = self.rules() {
            let zone = rules.config.zone;
            for date in effect.dates.iter().flatten() {
                // Where it was is as different as where it is, and months show some days of their neighbours.
                let shown = [date.minus(AROUND), *date, date.plus(AROUND)];
                pages.extend(shown.map(|at| month_path(Month::of(at, zone), self.now, zone)));
            }
        }
        if effect.dates.contains(&None) {
            pages.insert(MONTHS.to_owned());
        }
        pages.into_iter().collect()
    }

    /// Returns all that is wrong, by file.
    pub(in crate::cli::preview) fn findings(&self) -> BTreeMap<FileId, Vec<&Diagnostic>> {
        by_file(self.others().chain(self.state.entries.iter().flatten().flat_map(|entry| entry.findings.iter())))
    }

    /// Returns what is wrong with some posts' files.
    pub(in crate::cli::preview) fn findings_of(&self, ids: &BTreeSet<PostId>) -> BTreeMap<FileId, Vec<&Diagnostic>> {
        let files = self.files_of(ids);
        let others = self.others().filter(|finding| files.contains(&finding.primary.span.file));
        let entries = files.iter().filter_map(|file| self.state.entry(*file));
        let own = entries.flat_map(|entry| entry.findings.iter());
        by_file(others.chain(own.filter(|finding| files.contains(&finding.primary.span.file))))
    }

    /// Returns the files of some posts.
    pub(in crate::cli::preview) fn files_of(&self, ids: &BTreeSet<PostId>) -> BTreeSet<FileId> {
        ids.iter().filter_map(|id| self.file_of(&post_path(id))).map(|(file, _)| file).collect()
    }

    /// Returns the findings of the few files that matter most, those with errors first, and how many more files there are.
    pub(in crate::cli::preview) fn worst(&self, most: usize) -> (Vec<Vec<Diagnostic>>, usize) {
        let mut found: Vec<(Level, FileId, Vec<&Diagnostic>)> = self
            .findings()
            .into_iter()
            .map(|(file, mut findings)| {
                findings.retain(|finding| finding.level >= Level::Warning);
                (findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Off), file, findings)
            })
            .filter(|(_, _, findings)| !findings.is_empty())
            .collect();
        let path = |file: &FileId| self.state.book.files.path(*file);
        found.sort_by(|(a, first, _), (b, second, _)| b.cmp(a).then_with(|| path(first).cmp(path(second))));
        let more = found.len().saturating_sub(most);
        let first = found.into_iter().take(most).map(|(_, _, findings)| findings.into_iter().cloned().collect());
        (first.collect(), more)
    }

    /// Returns what is wrong, but for what is found in single posts.
    fn others(&self) -> impl Iterator<Item = &Diagnostic> {
        let state = &*self.state;
        let trouble = state.trouble.as_deref();
        // What is wrong with a configuration now takes the place of what was wrong with the last good one.
        let is_now =
            move |finding: &&Diagnostic| trouble.is_none_or(|trouble| finding.primary.span.file != trouble.file);
        let rules = state.rules.iter().flat_map(|rules| &rules.findings).filter(is_now);
        rules.chain(trouble.into_iter().flat_map(|trouble| &trouble.findings)).chain(state.across.iter())
    }

    /// Returns how much there is, and how much is wrong with it.
    pub(in crate::cli::preview) fn counts(&self) -> Counts {
        let state = &*self.state;
        let count = |level| self.others().filter(|finding| finding.level == level).count();
        Counts {
            errors: state.errors + count(Level::Error),
            warnings: state.warnings + count(Level::Warning),
            posts: state.by_page.len(),
        }
    }

    /// Reads a file that findings point into.
    pub(in crate::cli::preview) fn text(&self, file: FileId) -> String {
        match &self.state.trouble {
            Some(trouble) if trouble.file == file => trouble.text.clone(),
            _ => Disk::new(&self.root).read(self.state.book.files.path(file)).unwrap_or_default(),
        }
    }

    /// Returns the paths of all files by their number.
    pub(in crate::cli::preview) fn files(&self) -> &crate::diag::Files {
        &self.state.book.files
    }

    /// Makes the page of a post; none if there is no such post.
    pub(in crate::cli::preview) fn post(&self, page: &str, live: Live<'_>) -> Option<Result<String, PageError>> {
        let rules = self.rules()?;
        let (file, path) = self.file_of(page)?;
        let entry = self.state.entry(file)?;
        let disk = Disk::new(&self.root);
        let read = disk.read(path);
        let reader = self.reader(rules, &disk);
        // It may have been saved just now, or not been looked at yet.
        let is_known = entry.is_checked && read.as_ref().is_ok_and(|text| super::stamp(text) == entry.stamp);
        let fresh;
        let entry = if is_known {
            entry
        } else {
            let text = read.as_deref().map_err(Clone::clone);
            fresh = Arc::new(reader.entry(file, path, text, Depth::Checked, Some(entry)));
            &fresh
        };
        let text = read.unwrap_or_default();
        let (post, _) = rules.parse(file, path, &text);
        let mut findings = entry.findings.to_vec();
        let own = |finding: &&Diagnostic| finding.primary.span.file == file;
        findings.extend(self.state.across.iter().chain(&rules.findings).filter(own).cloned());
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        let shown =
            post.map(|post| Shown { entry: Arc::clone(entry), path: path.to_owned(), text: text.clone(), post });
        let rows = self.rows(rules, shown.as_slice());
        let events = self.events(rules, &rows);
        let page = PostPage {
            named: &content::named(&text),
            id: &entry.id,
            file,
            path,
            text: &text,
            digest: &blob_id(text.as_bytes()),
            post: shown.as_ref().map(|shown| &shown.post),
            rows: &rows,
            findings: &findings,
            files: &self.state.book.files,
            events: &events,
            media: &disk,
        };
        Some(rules.pages.post(&self.view(rules, live), &page))
    }

    /// Makes the calendar's page of a month.
    pub(in crate::cli::preview) fn calendar(
        &self,
        month: Option<Month>,
        live: Live<'_>,
    ) -> Option<Result<String, PageError>> {
        let rules = self.rules()?;
        let month = month.unwrap_or_else(|| Month::of(self.now, rules.config.zone));
        let start = |month: Month| Timestamp::parse(&format!("{}-01T00:00:00Z", month.iso()));
        let (from, to) = (start(month)?.minus(AROUND), start(month.next())?.plus(AROUND));
        let dated = self.state.by_date.range((from, FileId(0))..(to, FileId(0))).map(|(_, file)| *file);
        let undated = self.state.undated.iter().copied().take(UNDATED);
        let files: BTreeSet<FileId> = dated.chain(undated).collect();
        Some(self.with_posts(rules, &files, |posts| {
            rules.pages.calendar(&self.view(rules, live), &CalendarPage { month, posts })
        }))
    }

    /// Makes the feed for calendar programs.
    pub(in crate::cli::preview) fn feed(&self, live: Live<'_>) -> Option<String> {
        let rules = self.rules()?;
        let files: BTreeSet<FileId> = self.state.by_date.iter().map(|(_, file)| *file).collect();
        Some(self.with_posts(rules, &files, |posts| rules.pages.feed(&self.view(rules, live), posts)))
    }

    /// Makes the plan's page.
    pub(in crate::cli::preview) fn plan(&self, live: Live<'_>) -> Option<Result<String, PageError>> {
        let rules = self.rules()?;
        let files: BTreeSet<FileId> = self.state.by_page.iter().map(|(_, file)| *file).collect();
        let nothing = Ledger::default();
        let ledger = self.state.ledger.as_deref().unwrap_or(&nothing);
        let desired = self.read_each(rules, &files, |shown| self.desired(rules, &[shown], Content::Dropped));
        let rows = self.decide(rules, desired.into_iter().flatten().collect(), ledger);
        let lines: Vec<Line<'_>> = rows
            .iter()
            .map(|row| {
                let title = row.desired.as_ref().and_then(|desired| desired.draft.title.as_deref());
                Line { title: Cow::Borrowed(title.unwrap_or(row.post.as_str())), ..Line::of(row, &[]) }
            })
            .collect();
        let brakes: Vec<Brake> =
            ledger.brakes.iter().cloned().chain(rules.freezes.iter().cloned().map(Brake::of_file)).collect();
        Some(rules.pages.plan(&self.view(rules, live), &PlanPage { lines: &lines, brakes: &brakes }))
    }

    /// Makes the page of findings.
    pub(in crate::cli::preview) fn check(&self, live: Live<'_>) -> Option<Result<String, PageError>> {
        let rules = self.rules()?;
        let path = |file: &FileId| self.state.book.files.path(*file);
        let mut found: Vec<(FileId, Vec<&Diagnostic>)> = self.findings().into_iter().collect();
        if found.len() > FILES {
            found.sort_by_key(|(file, findings)| (!findings.iter().any(|finding| finding.is_error()), path(file)));
            found.truncate(FILES);
        }
        found.sort_by_key(|(file, _)| path(file));
        let read: Vec<(FileId, String, Vec<Diagnostic>)> = found
            .into_iter()
            .map(|(file, findings)| (file, self.text(file), findings.into_iter().cloned().collect()))
            .collect();
        let files: Vec<CheckFile<'_>> = read
            .iter()
            .map(|(file, text, findings)| {
                let post = self.state.entry(*file).map(|entry| &entry.id);
                CheckFile { file: *file, text, post, findings }
            })
            .collect();
        let page = CheckPage { findings: &files, files: &self.state.book.files };
        Some(rules.pages.check(&self.view(rules, live), &page))
    }

    fn file_of(&self, page: &str) -> Option<(FileId, &str)> {
        let (_, file) =
            self.state.by_page.range((page.into(), FileId(0))..).next().filter(|(known, _)| **known == *page)?;
        Some((*file, self.state.book.files.path(*file)))
    }

    fn view<'a>(&'a self, rules: &'a Rules, live: Live<'a>) -> View<'a> {
        let notice = self.notice.get_or_init(|| {
            let gone = self.state.gone.as_ref().map(|why| format!("the workspace can't be read: {why}"));
            let trouble = self.state.trouble.as_ref().map(|trouble| trouble.words.clone());
            let said: Vec<String> = [gone, trouble, rules.templates.clone()].into_iter().flatten().collect();
            (!said.is_empty()).then(|| said.join("; "))
        });
        let month = |entry: Option<&(Timestamp, FileId)>| entry.map(|(at, _)| Month::of(*at, rules.config.zone));
        let dates = &self.state.by_date;
        View {
            config: &rules.config,
            now: self.now,
            counts: self.counts(),
            notice: notice.as_deref(),
            changes: None,
            months: month(dates.first()).zip(month(dates.last())),
            live: Some(live),
        }
    }

    fn reader<'a>(&'a self, rules: &'a Rules, disk: &'a Disk) -> Reader<'a> {
        Reader { rules, disk, ledger: self.state.ledger.as_deref(), now: self.now }
    }

    /// Reads posts again and does something with each.
    fn read_each<T: Send>(&self, rules: &Rules, files: &BTreeSet<FileId>, each: impl Fn(&Shown) -> T + Sync) -> Vec<T> {
        let disk = Disk::new(&self.root);
        let known: Vec<(FileId, &Arc<Entry>)> =
            files.iter().filter_map(|file| Some((*file, self.state.entry(*file)?))).collect();
        let paths: Vec<String> = known.iter().map(|(file, _)| self.state.book.files.path(*file).to_owned()).collect();
        let done = workspace::read_all(&disk, &paths, |index, path, text| {
            let (file, entry) = known[index];
            let text = text.ok()?;
            let post = rules.parse(file, path, &text).0?;
            Some(each(&Shown { entry: Arc::clone(entry), path: path.to_owned(), text, post }))
        });
        done.into_iter().flatten().collect()
    }

    /// Reads posts again for the calendar.
    fn with_posts<T>(&self, rules: &Rules, files: &BTreeSet<FileId>, then: impl FnOnce(&[CalendarPost<'_>]) -> T) -> T {
        struct Read {
            entry: Arc<Entry>,
            path: String,
            digest: String,
            title: String,
            language: Option<String>,
            campaign: Option<String>,
            date: Option<Timestamp>,
            draft: bool,
            desired: Vec<plan::Desired>,
            references: Vec<PostId>,
        }
        let mut read = self.read_each(rules, files, |shown| {
            let mut desired = self.desired(rules, &[shown], Content::Kept);
            let first = desired.first().map(|desired| &desired.draft);
            let (title, language) = (
                first.map_or_else(|| shown.entry.id.to_string(), |draft| title(draft, &shown.findings())),
                first.and_then(|draft| draft.language.clone()),
            );
            desired.iter_mut().for_each(drop_content);
            Read {
                entry: Arc::clone(&shown.entry),
                path: shown.path.clone(),
                digest: blob_id(shown.text.as_bytes()),
                title,
                language,
                campaign: shown.post.campaign.as_ref().map(|campaign| campaign.value.clone()),
                date: common_date(&shown.post),
                draft: shown.post.draft,
                desired,
                references: references(&shown.post),
            }
        });
        let desired: Vec<plan::Desired> = read.iter_mut().flat_map(|read| std::mem::take(&mut read.desired)).collect();
        let meant: Vec<PostId> =
            read.iter().flat_map(|read| read.references.iter().chain([&read.entry.id])).cloned().collect();
        let rows = self.decide(rules, desired, &self.ledger_of(rules, &meant));
        let mut by_post: HashMap<&PostId, Vec<&Row>> = HashMap::new();
        for row in &rows {
            by_post.entry(&row.post).or_default().push(row);
        }
        let posts: Vec<CalendarPost<'_>> = read
            .iter()
            .map(|read| {
                let rows = by_post.get(&read.entry.id).map_or(&[][..], Vec::as_slice);
                let lines = rows.iter().map(|row| Line {
                    title: Cow::Borrowed(read.title.as_str()),
                    path: Some(&read.path),
                    ..Line::of(row, &[])
                });
                CalendarPost {
                    id: &read.entry.id,
                    path: &read.path,
                    title: Cow::Borrowed(&read.title),
                    language: read.language.as_deref(),
                    campaign: read.campaign.as_deref(),
                    digest: Cow::Borrowed(&read.digest),
                    date: read.date,
                    draft: read.draft,
                    errors: read.entry.count(Level::Error),
                    lines: lines.collect(),
                }
            })
            .collect();
        then(&posts)
    }
}

/// Sorts findings by file and place.
fn by_file<'a>(findings: impl Iterator<Item = &'a Diagnostic>) -> BTreeMap<FileId, Vec<&'a Diagnostic>> {
    let mut found: BTreeMap<FileId, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings {
        found.entry(finding.primary.span.file).or_default().push(finding);
    }
    for findings in found.values_mut() {
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        // What several posts inherit is found in each of them.
        findings.dedup_by(|a, b| a.sort_key() == b.sort_key());
    }
    found
}
