//! The preview as a static site.

use super::{
    compare::{Comparison, compare},
    memory,
    whole::{Known, Whole},
};
use crate::{
    cli::{Failure, Ui, project::template_failure},
    engine,
    model::{MediaLibrary as _, Timestamp},
    network,
    plan::Row,
    report::pages::{
        ASSETS, CHECK, CalendarPage, CalendarPost, Changes, CheckFile, CheckPage, FEED, Line, Month, PLAN, Pages,
        PlanPage, PostPage, View, fitted_path, media_path, month_path, post_path,
    },
    workspace::{self, Disk, Repo, Source as _, Written},
};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// Says that a folder is a preview that an earlier run wrote.
const MARKER: &str = ".masthead-preview";
/// What stands in it.
const MARKED: &str = "This folder is written by `masthead build`, which removes what it wrote before.\n";
/// How many months before and after the present one have a page.
const MOST_MONTHS: usize = 120;

/// What is to be written, and where.
pub(in crate::cli) struct Order<'a> {
    /// The workspace's root.
    pub(in crate::cli) root: &'a Path,
    /// The folder.
    pub(in crate::cli) out: PathBuf,
    /// What the posts are compared with.
    pub(in crate::cli) base: Option<&'a str>,
    /// The moment that the pages are for; local times are read in the workspace's zone.
    pub(in crate::cli) at: Option<&'a str>,
}

/// What was written.
#[derive(Debug)]
pub(in crate::cli) struct Built {
    pub(in crate::cli) folder: PathBuf,
    pub(in crate::cli) posts: usize,
    pub(in crate::cli) errors: usize,
    /// What differs from the base, in words.
    pub(in crate::cli) changes: Option<String>,
    pub(in crate::cli) written: Written,
    /// What could not be shown.
    pub(in crate::cli) warnings: Vec<String>,
}

/// Writes the preview.
pub(in crate::cli) fn build(order: &Order<'_>, ui: &Ui) -> Result<Built, Failure> {
    refuse_folders_of_others(order.root, &order.out)?;
    let disk = Disk::new(order.root);
    let repository = Repo::open(order.root).ok();
    let (_, config) = crate::cli::load::config(order.root, ui)?;
    let now = crate::cli::time::moment(order.at, config.zone)?;
    let whole = Whole::read(&disk, repository.as_ref(), now, ui)?;
    let comparison = order.base.map(|base| compare(base, &whole, repository.as_ref(), now, ui)).transpose()?;
    let changes = comparison.as_ref().map(Comparison::changes);
    let site = Site { whole: &whole, now, changes: changes.as_ref(), pages: pages(&whole)? };
    let mut files = site.texts()?;
    let mut warnings = Vec::new();
    files.extend(media(&whole, &disk, &mut warnings));
    let written = workspace::write_tree(&order.out, &files)?;
    Ok(Built {
        folder: order.out.clone(),
        posts: whole.posts.len(),
        errors: whole.counts().errors,
        changes: comparison.map(|comparison| comparison.words()),
        written,
        warnings,
    })
}

/// Writes only into folders that are empty or ours: an earlier run's files are removed, and nobody else's should be among
/// the pages.
fn refuse_folders_of_others(root: &Path, out: &Path) -> Result<(), Failure> {
    let refuse = |why: &str| {
        let message = format!("failed to write the preview to `{}`: {why}", out.display());
        Err(Failure::usage(message).hint("name a folder of its own with `--out`, such as `preview`"))
    };
    let below = |folder: &str| out.starts_with(root.join(folder));
    if root.starts_with(out) || [workspace::CONTENT, workspace::TEMPLATES, ".git"].into_iter().any(below) {
        return refuse("the workspace's own files are there");
    }
    let Ok(mut entries) = std::fs::read_dir(out) else { return Ok(()) };
    if entries.next().is_some() && !workspace::written_before(out)?.contains(MARKER) {
        return refuse("it isn't empty, and no earlier build wrote it");
    }
    Ok(())
}

fn pages(whole: &Whole<'_>) -> Result<Pages, Failure> {
    let mut overrides = BTreeMap::new();
    for path in &whole.reading.listing.templates {
        let text = whole.reading.source.read(path).map_err(|problem| {
            Failure::usage(format!("failed to read the template `{path}`: {}", problem.message())).hint(problem.help())
        })?;
        overrides.insert(path.clone(), text);
    }
    if !overrides.is_empty() {
        memory::bound(whole.reading.listing.posts.len());
    }
    Pages::new(&overrides).map_err(template_failure)
}

struct Site<'a> {
    whole: &'a Whole<'a>,
    now: Timestamp,
    changes: Option<&'a Changes>,
    pages: Pages,
}

impl Site<'_> {
    /// Makes every page.
    fn texts(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let posts = self.whole.on_calendar();
        let months = self.months(&posts);
        let zone = self.whole.reading.config.zone;
        let view = self.view(months);
        let mut files = BTreeMap::from([(MARKER.to_owned(), MARKED.as_bytes().to_vec())]);
        let mut add = |path: String, text: String| files.insert(path, text.into_bytes());
        for known in &self.whole.posts {
            add(post_path(&known.id), self.post(&view, known)?);
        }
        let mut month = months.0;
        while month <= months.1 {
            let page = CalendarPage { month, posts: &posts };
            add(month_path(month, self.now, zone), self.pages.calendar(&view, &page).map_err(template_failure)?);
            month = month.next();
        }
        let lines: Vec<Line<'_>> = self.whole.lines();
        let page = PlanPage { lines: &lines, brakes: &self.whole.brakes };
        add(PLAN.to_owned(), self.pages.plan(&view, &page).map_err(template_failure)?);
        add(CHECK.to_owned(), self.check(&view)?);
        add(FEED.to_owned(), self.pages.feed(&view, &posts));
        for asset in ASSETS {
            add((*asset).to_owned(), self.pages.asset(asset).unwrap_or_default().to_owned());
        }
        Ok(files)
    }

    fn view(&self, months: (Month, Month)) -> View<'_> {
        View {
            config: &self.whole.reading.config,
            now: self.now,
            counts: self.whole.counts(),
            notice: (!self.whole.has_ledger).then_some(
                "This clone has not read the ledger, so what is out already looks as if it were not. \
                 Run `masthead status` once, then build again.",
            ),
            changes: self.changes,
            months: Some(months),
            live: None,
        }
    }

    /// Returns the first and the last month in which something stands, the present one among them.
    fn months(&self, posts: &[CalendarPost<'_>]) -> (Month, Month) {
        let zone = self.whole.reading.config.zone;
        let present = Month::of(self.now, zone);
        let ends = |step: fn(Month) -> Month| (0..MOST_MONTHS).fold(present, |month, _| step(month));
        let all = posts.iter().flat_map(|post| &post.lines).filter_map(|line| line.at).map(|at| Month::of(at, zone));
        let all = all.filter(|month| (ends(Month::previous)..=ends(Month::next)).contains(month));
        all.fold((present, present), |(first, last), month| (first.min(month), last.max(month)))
    }

    fn post(&self, view: &View<'_>, known: &Known) -> Result<String, Failure> {
        let rows: Vec<Row> = self.whole.rows(known).into_iter().cloned().collect();
        let page = PostPage {
            named: &[],
            id: &known.id,
            file: known.file,
            path: &known.path,
            text: &known.text,
            digest: &known.digest,
            post: known.post.as_ref(),
            rows: &rows,
            findings: &known.findings,
            files: self.whole.files(),
            events: self.whole.events.get(&known.id).map_or(&[], Vec::as_slice),
            media: self.whole.reading.source,
        };
        self.pages.post(view, &page).map_err(template_failure)
    }

    fn check(&self, view: &View<'_>) -> Result<String, Failure> {
        let files = self.whole.files();
        let texts: HashMap<_, String> = self
            .whole
            .others
            .keys()
            .map(|file| (*file, self.whole.reading.source.read(files.path(*file)).unwrap_or_default()))
            .collect();
        let others = self.whole.others.iter().map(|(file, findings)| CheckFile {
            file: *file,
            text: &texts[file],
            post: None,
            findings,
        });
        let posts = self.whole.posts.iter().filter(|known| !known.findings.is_empty()).map(|known| CheckFile {
            file: known.file,
            text: &known.text,
            post: Some(&known.id),
            findings: &known.findings,
        });
        let mut found: Vec<CheckFile<'_>> = others.chain(posts).collect();
        found.sort_by_key(|file| files.path(file.file));
        self.pages.check(view, &CheckPage { findings: &found, files }).map_err(template_failure)
    }
}

/// Reads the images and videos that the pages show: as anybody may see them, and as each network is sent them.
fn media(whole: &Whole<'_>, disk: &Disk, warnings: &mut Vec<String>) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for desired in whole.plan.rows.iter().filter_map(|row| row.desired.as_ref()) {
        let draft = &desired.draft;
        let rules = network::find(draft.network).and_then(|network| network.profile().media.as_ref());
        let shrinks = rules.is_some_and(|media| media.shrink);
        for source in draft.parts.iter().flat_map(|part| &part.media).map(|media| &media.source) {
            // What can't be used is among the findings already.
            let (Some(path), Ok(info)) = (media_path(source), disk.look(source.as_str())) else { continue };
            let is_fitted = shrinks && !info.kind.is_video() && desired.limits.over(&info).is_some();
            let path = if is_fitted { fitted_path(&draft.account, source) } else { Some(path) };
            let Some(path) = path.filter(|path| !files.contains_key(path)) else { continue };
            let bytes = disk.bytes(source.as_str()).map_err(|_| "it can't be read".to_owned());
            let made = bytes.and_then(|bytes| match is_fitted {
                true => engine::fitted_copy(bytes, &info, &desired.limits).map(|(bytes, _)| bytes),
                false => engine::public_copy(bytes, info.kind),
            });
            match made {
                Ok(bytes) => {
                    files.insert(path, bytes);
                }
                Err(why) => warnings.push(format!("`{}` is not shown: {why}", source.as_str())),
            }
        }
    }
    files
}
