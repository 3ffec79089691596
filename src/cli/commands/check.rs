use crate::{
    check,
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        load::{Reading, folders_of},
        preview::comment,
        time,
    },
    diag::{Diagnostic, FileId, Files},
    engine::Probes,
    model::{AccountId, PostId},
    network,
    report::diagnostics::{self, Format, Printer, Rendered, Summary},
    workspace::{self, Disk, GitStore, Repo, Source},
};
use clap::ValueEnum;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Find what is wrong with posts, and say how to mend it
///
/// Reads the working directory; needs no secret and asks no server. Findings go to stdout. Exits with 1 if there are
/// errors, or warnings and `--deny-warnings`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Report only these files, and those below these folders
    paths: Vec<PathBuf>,

    /// How findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FormatName,

    /// Print JSON (version 1), as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Report only what is staged for the next commit, for a pre-commit hook
    #[arg(long, conflicts_with_all = ["paths", "since"])]
    staged: bool,

    /// Report only what has changed since this commit and the working directory parted ways, for a pull request
    #[arg(long, value_name = "REV", conflicts_with = "paths")]
    since: Option<String>,

    /// Check the files of this commit instead of those of the working directory
    #[arg(long, value_name = "REV", conflicts_with_all = ["staged", "paths"])]
    rev: Option<String>,

    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// For people, with the place underlined
    Human,
    /// One JSON object (version 1)
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A summary in Markdown for a pull request: what changes since `--since`, where and when it goes out, what is wrong
    GithubComment,
}

impl FormatName {
    /// Returns how findings are rendered; none for what is no list of findings.
    fn of_findings(self, ui: &Ui) -> Option<Format> {
        match self {
            Self::Human => Some(Format::Human(ui.style())),
            Self::Json => Some(Format::Json),
            Self::Github => Some(Format::Github),
            Self::Sarif => Some(Format::Sarif),
            Self::GithubComment => None,
        }
    }
}

impl Args {
    fn format(&self) -> FormatName {
        if self.json { FormatName::Json } else { self.format }
    }
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let root = workspace::find_root(start)?;
    let Some(format) = args.format().of_findings(ui) else { return comment(args, &root, ui) };
    let disk = Disk::new(&root);
    let repository = Repo::open(&root).ok();
    let chosen = chosen(args, start, &root, repository.as_ref())?;
    let committed;
    let source: &dyn Source = match (&repository, args.staged, &args.rev) {
        (Some(repository), true, _) => {
            committed = repository.staged_files()?;
            &committed
        }
        (Some(repository), false, Some(rev)) => {
            committed = repository.commit_at(rev)?;
            &committed
        }
        (None, _, Some(_)) => return Err(no_repository()),
        _ => &disk,
    };
    let reading = Reading::open(source, ui).map_err(|failure| match args.staged && !has_config(source) {
        true => failure.hint("stage it first: `git add masthead.toml`"),
        false => failure,
    })?;
    let summary = report(format, &reading, repository.as_ref(), chosen.as_ref(), ui);
    let fails = summary.errors > 0 || (args.deny_warnings && summary.warnings > 0);
    Ok(if fails { FINDINGS } else { DONE })
}

/// Prints what a pull request changes.
fn comment(args: &Args, root: &Path, ui: &Ui) -> Done {
    let (Some(base), None) = (&args.since, &args.rev) else {
        return Err(Failure::usage("a comment is about what a branch changes")
            .hint("say what it is compared with, as in `--since origin/main`, and no `--rev`"));
    };
    let told = comment::tell(root, base, ui)?;
    ui.data(&told.text);
    let fails = told.errors > 0 || (args.deny_warnings && told.warnings > 0);
    Ok(if fails { FINDINGS } else { DONE })
}

fn no_repository() -> Failure {
    Failure::usage("the workspace is in no git repository, so nothing is staged or changed").hint("run `git init`")
}

fn has_config(source: &dyn Source) -> bool {
    source.read(workspace::CONFIG).is_ok()
}

/// Finds the paths that are reported, from the workspace's root; none means all.
fn chosen(
    args: &Args,
    start: &Path,
    root: &Path,
    repository: Option<&Repo>,
) -> Result<Option<HashSet<String>>, Failure> {
    if args.staged {
        let changes = repository.ok_or_else(no_repository)?.staged()?;
        return Ok(Some(changes.changed.into_iter().collect()));
    }
    if let Some(since) = &args.since {
        let repository = repository.ok_or_else(no_repository)?;
        let changes = match &args.rev {
            Some(rev) => repository.changed_between(since, rev)?,
            None => repository.changed_since(since)?,
        };
        return Ok(Some(changes.changed.into_iter().collect()));
    }
    if args.paths.is_empty() {
        return Ok(None);
    }
    let mut chosen = HashSet::new();
    for path in &args.paths {
        chosen.extend(workspace::files_below(root, &start.join(path))?);
    }
    Ok(Some(chosen))
}

/// Checks every post, since ids and references cross files, and prints what is about the chosen ones, sorted by place.
fn report(
    format: Format,
    reading: &Reading<'_>,
    repository: Option<&Repo>,
    chosen: Option<&HashSet<String>>,
    ui: &Ui,
) -> Summary {
    let mut limits: BTreeMap<_, _> = repository
        .map(|repository| Probes::new(&repository.state_folder()).limits(&reading.config))
        .unwrap_or_default();
    // Once, and not for each post.
    for account in reading.config.accounts.values() {
        if let (false, Some(network)) = (limits.contains_key(&account.id), network::find(account.network)) {
            limits.insert(account.id.clone(), network.profile().limits());
        }
    }
    let published = repository.and_then(|repository| published(repository, reading));
    let published = published.as_ref().map(|known| {
        move |post: &PostId, account: &AccountId| {
            known.get(post.as_str()).is_some_and(|accounts| accounts.contains(account))
        }
    });
    let cx = check::Context {
        config: &reading.config,
        limits: &limits,
        media: reading.source,
        now: time::now(),
        published: published.as_ref().map(|published| published as &check::Published<'_>),
        fresh: chosen.is_some(),
    };
    let inherited: HashSet<String> = chosen.into_iter().flatten().flat_map(|path| defaults_of(path)).collect();
    let is_chosen = |path: &str| chosen.is_none_or(|chosen| chosen.contains(path) || inherited.contains(path));
    let render = |files: &Files, file: FileId, text: &str, findings: &[Diagnostic]| {
        Rendered::new(format, &diagnostics::Source { file, text, files }, findings)
    };

    let across = Mutex::new(check::Across::new());
    // What is printed of a post is made while its text is at hand: neither that nor the findings are kept.
    let of_posts = reading.each(|read| {
        let (file, path, text) = (read.file, read.path, read.text.as_ref().copied().unwrap_or_default());
        let (mut findings, post) = read.check(&cx);
        // What must be remembered of all posts takes less memory together than one by one.
        if let Some(summary) = post.as_ref().map(check::Summary::of) {
            across.lock().unwrap_or_else(PoisonError::into_inner).add(summary);
        }
        let mut elsewhere: Vec<_> = findings.extract_if(.., |finding| finding.primary.span.file != file).collect();
        // What is found in a chosen post is told wherever it points: it may be inherited, or be about its account.
        if !is_chosen(path) {
            elsewhere.retain(|finding| is_chosen(reading.files.path(finding.primary.span.file)));
        }
        let rendered =
            (!findings.is_empty() && is_chosen(path)).then(|| Box::new(render(&reading.files, file, text, &findings)));
        (rendered, elsewhere)
    });
    let across = across.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
    let (of_posts, elsewhere): (Vec<_>, Vec<_>) = of_posts.into_iter().unzip();
    let rest = rest(reading, elsewhere.into_iter().flatten(), across, &is_chosen);
    let pointed_at = pointed_at(reading, &rest);
    let again: Vec<FileId> = reading.posts().filter(|file| rest.contains_key(file)).collect();
    let of_posts_again = reading.again(&again, |read| {
        let (file, text) = (read.file, read.text.as_ref().copied().unwrap_or_default());
        let mut findings = read.check(&cx).0;
        findings.retain(|finding| finding.primary.span.file == file);
        findings.extend_from_slice(&rest[&file]);
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        Box::new(render(&pointed_at, file, text, &findings))
    });

    let mut rendered: BTreeMap<FileId, Box<Rendered>> =
        reading.posts().zip(of_posts).filter_map(|(file, rendered)| Some((file, rendered?))).collect();
    for (file, findings) in rest.iter().filter(|(file, _)| again.binary_search(file).is_err()) {
        let text = reading.source.read(reading.files.path(*file)).unwrap_or_default();
        rendered.insert(*file, Box::new(render(&pointed_at, *file, &text, findings)));
    }
    rendered.extend(again.into_iter().zip(of_posts_again));
    print(format, rendered.into_values(), ui)
}

/// Returns the findings about the configuration, about files that are no posts, about what posts inherit, and about how they
/// go together, by file and sorted by place.
fn rest(
    reading: &Reading<'_>,
    elsewhere: impl Iterator<Item = Diagnostic>,
    across: Vec<Diagnostic>,
    is_chosen: &dyn Fn(&str) -> bool,
) -> BTreeMap<FileId, Vec<Diagnostic>> {
    let levels = &reading.config.check.levels;
    let mut own = reading.findings.clone();
    own.extend(check::check_config(&reading.config));
    let mut rest: BTreeMap<FileId, Vec<Diagnostic>> = BTreeMap::new();
    let own = check::apply_levels(own, &[], levels).into_iter().chain(check::apply_levels(across, &[], levels));
    let own = own.filter(|finding| is_chosen(reading.files.path(finding.primary.span.file)));
    for finding in own.chain(elsewhere) {
        rest.entry(finding.primary.span.file).or_default().push(finding);
    }
    for findings in rest.values_mut() {
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        // What several posts inherit is found in each of them.
        findings.dedup_by(|a, b| a.sort_key() == b.sort_key());
    }
    rest
}

/// Returns the files with the texts of those that findings point at besides their own, so that a line can be told.
fn pointed_at<'a>(reading: &'a Reading<'_>, findings: &BTreeMap<FileId, Vec<Diagnostic>>) -> Cow<'a, Files> {
    let mut files = Cow::Borrowed(&reading.files);
    let others = findings.values().flatten().flat_map(|finding| &finding.others).map(|other| other.span.file);
    for file in others.collect::<BTreeSet<_>>() {
        if files.text(file).is_none()
            && let Ok(text) = reading.source.read(reading.files.path(file))
        {
            files.to_mut().load(file, &text);
        }
    }
    files
}

/// Returns where the defaults of a post may be.
fn defaults_of(path: &str) -> impl Iterator<Item = String> {
    folders_of(path).map(|folder| format!("{folder}/{}", workspace::DEFAULTS))
}

/// Returns what has been published, from the ledger as this clone knows it; none if it knows none. Nothing is fetched.
fn published(repository: &Repo, reading: &Reading<'_>) -> Option<HashMap<String, Vec<AccountId>>> {
    let ledger = GitStore::open(repository, &reading.config.ledger).ok()?.read_known()?;
    let mut known: HashMap<String, Vec<AccountId>> = HashMap::new();
    for key in ledger.deliveries.into_keys() {
        known.entry(key.post.as_str().to_owned()).or_default().push(key.account);
    }
    Some(known)
}

/// Prints what was rendered, file by file.
fn print(format: Format, files: impl Iterator<Item = Box<Rendered>>, ui: &Ui) -> Summary {
    let mut printer = Printer::new(format, check::codes());
    let mut out = printer.start();
    for rendered in files {
        printer.append(&rendered, &mut out);
        // Every call is one of the system's, too.
        if out.len() > 64 * 1024 {
            ui.data(&out);
            out.clear();
        }
    }
    out += &printer.finish();
    ui.data(&out);
    if let Format::Human(_) = format {
        ui.status(&printer.summary().line(&ui.stderr_style()));
    }
    printer.summary()
}
