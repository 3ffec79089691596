//! A workspace as values: its files are given as text, and every page is made of it.

use masthead::{
    check,
    config::{self, Config},
    content::{self, Defaults},
    diag::{Diagnostic, FileId, Files},
    ledger::{self, Event, Ledger},
    model::{MediaInfo, MediaKind, MediaLibrary, MediaProblem, Post, PostId, Timestamp},
    network,
    plan::{self, Plan, Policy, Row},
    report::pages::{
        CalendarPage, CalendarPost, Changes, CheckFile, CheckPage, Counts, Line, Live, Month, Pages, PlanPage,
        PostPage, View, common_date, post_path, title,
    },
};
use std::{borrow::Cow, collections::BTreeMap};

/// Noon in Rome.
pub(crate) const NOW: &str = "2026-11-22T11:00:00Z";

pub(crate) const CONFIG: &str = r#"
[workspace]
name = "Acme"
timezone = "Europe/Rome"

[accounts.brand]
network = "mastodon"
endpoint = "https://mastodon.example"
token = "env:TOKEN"

[accounts.sky]
network = "bluesky"
handle = "acme.example"
token = "env:TOKEN"

[accounts.home]
network = "site"
title = "Acme News"

[groups]
everywhere = ["brand", "sky", "home"]
"#;

/// Files, parsed.
pub(crate) struct Desk {
    pub(crate) config: Config,
    files: Files,
    posts: Vec<Parsed>,
    config_findings: Vec<Diagnostic>,
    plan: Plan,
    ledger: Ledger,
    pub(crate) events: Vec<Event>,
    pub(crate) changes: Option<Changes>,
    pub(crate) notice: Option<String>,
    pub(crate) live: bool,
    overrides: BTreeMap<String, String>,
}

struct Parsed {
    file: FileId,
    id: PostId,
    path: String,
    text: String,
    post: Option<Post>,
    findings: Vec<Diagnostic>,
}

impl Desk {
    /// Reads a configuration and posts by path.
    pub(crate) fn new(config: &str, posts: &[(&str, &str)], events: Vec<Event>) -> Self {
        let mut files = Files::new();
        let file = files.add("masthead.toml", Some(config));
        let (parsed, config_findings) = config::parse(file, config, network::specs());
        let config = parsed.unwrap_or_else(|| panic!("{config_findings:?}"));
        let limits = BTreeMap::new();
        let now = Timestamp::parse(NOW).expect("a time");
        let cx = check::Context { config: &config, limits: &limits, media: &Shelf, now, published: None, fresh: false };
        let mut parsed = Vec::new();
        for (path, text) in posts {
            let file = files.add(*path, Some(text));
            let (post, mut findings) = content::parse(file, path, text, &config, &Defaults::default());
            if let Some(post) = &post {
                findings.extend(check::check_post(post, path, text, &cx));
            }
            findings = check::apply_levels(findings, &[], &config.check.levels);
            findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
            let from_path = path.trim_start_matches("content/").trim_end_matches(".md");
            let id = post.as_ref().map_or_else(|| PostId::new(from_path), |post| post.id.value.clone());
            parsed.push(Parsed { file, id, path: (*path).to_owned(), text: (*text).to_owned(), post, findings });
        }
        let ledger = ledger::fold(None, events.iter().cloned().zip(1..).map(|(event, number)| (number, event)));
        let posts: Vec<(&str, &Post)> =
            parsed.iter().filter_map(|parsed| Some((parsed.path.as_str(), parsed.post.as_ref()?))).collect();
        let has_errors = |post: &Post| {
            parsed.iter().any(|parsed| parsed.file == post.file && parsed.findings.iter().any(Diagnostic::is_error))
        };
        let desired = plan::desire(&posts, &config, &limits, &Shelf, &has_errors);
        let plan = plan::plan(desired, &ledger, &Policy::new(&config, &[]), now, None);
        Self {
            config,
            files,
            posts: parsed,
            config_findings,
            plan,
            ledger,
            events,
            changes: None,
            notice: None,
            live: false,
            overrides: BTreeMap::new(),
        }
    }

    /// Lays a template over one of the program's.
    pub(crate) fn template(mut self, name: &str, text: &str) -> Self {
        self.overrides.insert(format!("templates/preview/{name}"), text.to_owned());
        self
    }

    pub(crate) fn pages(&self) -> Pages {
        Pages::new(&self.overrides).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn view(&self) -> View<'_> {
        let count = |is: fn(&Diagnostic) -> bool| {
            self.posts.iter().flat_map(|post| &post.findings).filter(|finding| is(finding)).count()
        };
        View {
            config: &self.config,
            now: Timestamp::parse(NOW).expect("a time"),
            counts: Counts {
                errors: count(Diagnostic::is_error),
                warnings: count(|finding| !finding.is_error()),
                posts: self.posts.len(),
            },
            notice: self.notice.as_deref(),
            changes: self.changes.as_ref(),
            months: None,
            live: self.live.then_some(Live { token: "t0ken", version: 7 }),
        }
    }

    fn rows(&self, id: &PostId) -> Vec<Row> {
        self.plan.rows.iter().filter(|row| row.post == *id).cloned().collect()
    }

    /// Makes the page of the post in a file.
    pub(crate) fn post(&self, path: &str) -> String {
        let parsed = self.posts.iter().find(|post| post.path == path).expect("a post");
        let rows = self.rows(&parsed.id);
        let events: Vec<Event> = self.events.iter().filter(|event| event.key.post == parsed.id).cloned().collect();
        let page = PostPage {
            named: &[],
            id: &parsed.id,
            file: parsed.file,
            path: &parsed.path,
            text: &parsed.text,
            digest: "d1gest",
            post: parsed.post.as_ref(),
            rows: &rows,
            findings: &parsed.findings,
            files: &self.files,
            events: &events,
            media: &Shelf,
        };
        self.pages().post(&self.view(), &page).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn on_calendar(&self) -> Vec<CalendarPost<'_>> {
        let lines = |parsed: &Parsed| {
            let rows = self.plan.rows.iter().filter(|row| row.post == parsed.id);
            rows.map(|row| Line::of(row, &parsed.findings)).collect::<Vec<_>>()
        };
        self.posts
            .iter()
            .map(|parsed| {
                let lines = lines(parsed);
                let draft = self.plan.rows.iter().filter(|row| row.post == parsed.id).find_map(Row::draft);
                CalendarPost {
                    id: &parsed.id,
                    path: &parsed.path,
                    title: draft
                        .map_or(Cow::Borrowed(parsed.id.as_str()), |draft| Cow::Owned(title(draft, &parsed.findings))),
                    language: None,
                    campaign: parsed.post.as_ref().and_then(|post| post.campaign.as_ref()).map(|c| c.value.as_str()),
                    digest: Cow::Borrowed("d1gest"),
                    date: parsed.post.as_ref().and_then(common_date),
                    draft: parsed.post.as_ref().is_some_and(|post| post.draft),
                    errors: parsed.findings.iter().filter(|finding| finding.is_error()).count(),
                    lines,
                }
            })
            .collect()
    }

    pub(crate) fn calendar(&self, month: &str) -> String {
        let posts = self.on_calendar();
        let page = CalendarPage { month: Month::parse(month).expect("a month"), posts: &posts };
        self.pages().calendar(&self.view(), &page).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn plan(&self) -> String {
        let lines: Vec<Line<'_>> =
            self.plan.rows.iter().map(|row| Line::of(row, self.findings_of(&row.post))).collect();
        let page = PlanPage { lines: &lines, brakes: &self.ledger.brakes };
        self.pages().plan(&self.view(), &page).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn check(&self) -> String {
        let mut found = vec![CheckFile {
            file: FileId(0),
            text: self.files.text(FileId(0)).expect("the configuration"),
            post: None,
            findings: &self.config_findings,
        }];
        found.extend(self.posts.iter().map(|parsed| CheckFile {
            file: parsed.file,
            text: &parsed.text,
            post: Some(&parsed.id),
            findings: &parsed.findings,
        }));
        let page = CheckPage { findings: &found, files: &self.files };
        self.pages().check(&self.view(), &page).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes every page, by path.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> =
            self.posts.iter().map(|parsed| (post_path(&parsed.id), self.post(&parsed.path))).collect();
        all.push(("index.html".to_owned(), self.calendar("2026-11")));
        all.push(("calendar/2026-12.html".to_owned(), self.calendar("2026-12")));
        all.push(("plan.html".to_owned(), self.plan()));
        all.push(("check.html".to_owned(), self.check()));
        all
    }

    fn findings_of(&self, id: &PostId) -> &[Diagnostic] {
        self.posts.iter().find(|parsed| parsed.id == *id).map_or(&[], |parsed| &parsed.findings)
    }
}

/// A folder of media: whatever has a kind in its name is there.
pub(crate) struct Shelf;

impl MediaLibrary for Shelf {
    fn look(&self, path: &str) -> Result<MediaInfo, MediaProblem> {
        let info = |kind| Ok(MediaInfo { kind, bytes: 1_000, width: 1_200, height: 800, clip: None });
        match path.rsplit('.').next() {
            Some("jpg") => info(MediaKind::Jpeg),
            Some("png") => info(MediaKind::Png),
            Some("mp4") => info(MediaKind::Mp4),
            _ => Err(MediaProblem::Missing { near: None }),
        }
    }

    fn digest(&self, _path: &str) -> Option<String> {
        None
    }
}
