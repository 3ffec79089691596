use crate::{
    check,
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        load::{Read, Reading, folders_of},
        time,
    },
    diag::{Diagnostic, FileId},
    engine::Probes,
    model::{AccountId, PostId},
    report::diagnostics::{self, Format, Printer, Summary},
    workspace::{self, Disk, GitStore, Repo, Source},
};
use clap::ValueEnum;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
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
}

impl Args {
    fn format(&self) -> FormatName {
        if self.json { FormatName::Json } else { self.format }
    }
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    let root = workspace::find_root(start)?;
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
    let findings = findings(&reading, repository.as_ref(), chosen.as_ref());
    let summary = print(args, &reading, source, &findings, ui);
    let fails = summary.errors > 0 || (args.deny_warnings && summary.warnings > 0);
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

/// Checks every post, since ids and references cross files, and keeps what is about the chosen ones, sorted by place.
fn findings(reading: &Reading<'_>, repository: Option<&Repo>, chosen: Option<&HashSet<String>>) -> Vec<Diagnostic> {
    let limits: BTreeMap<_, _> = repository
        .map(|repository| Probes::new(&repository.state_folder()).limits(&reading.config))
        .unwrap_or_default();
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
    let keep = |findings: &mut Vec<Diagnostic>| {
        findings.retain(|finding| is_chosen(reading.files.path(finding.primary.span.file)));
    };
    let checked = reading.each(|read: Read<'_>| {
        // What is found in a chosen post is told wherever it points: it may be inherited, or be about its account.
        let is_chosen = is_chosen(read.path);
        let (mut findings, post) = read.check(&cx);
        if !is_chosen {
            keep(&mut findings);
        }
        (findings, post.as_ref().map(check::Summary::of))
    });
    let levels = &reading.config.check.levels;
    let mut own = reading.findings.clone();
    own.extend(check::check_config(&reading.config));
    let mut across = check::Across::new();
    let mut of_posts = Vec::new();
    for (findings, summary) in checked {
        of_posts.extend(findings);
        if let Some(summary) = summary {
            across.add(summary);
        }
    }
    own.extend(across.finish());
    let mut all = check::apply_levels(own, &[], levels);
    keep(&mut all);
    all.extend(of_posts);
    all.par_sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    // What several posts inherit is found in each of them.
    all.dedup_by(|a, b| a.sort_key() == b.sort_key());
    all
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

/// Prints findings that are sorted by file. Texts are read again where there are findings: keeping the text of every file
/// would cost more memory than all the rest.
fn print(args: &Args, reading: &Reading<'_>, source: &dyn Source, findings: &[Diagnostic], ui: &Ui) -> Summary {
    let format = match args.format() {
        FormatName::Human => Format::Human(ui.style()),
        FormatName::Json => Format::Json,
        FormatName::Github => Format::Github,
        FormatName::Sarif => Format::Sarif,
    };
    let mut printer = Printer::new(format, check::codes());
    ui.data(&printer.start());
    let groups: Vec<&[Diagnostic]> = findings.chunk_by(|a, b| a.primary.span.file == b.primary.span.file).collect();
    // As many files at a time as keep every core busy without holding everything rendered in memory.
    for groups in groups.chunks(256) {
        let rendered: Vec<Vec<String>> =
            groups.par_iter().map(|group| render(format, reading, source, group)).collect();
        for (group, rendered) in groups.iter().zip(rendered) {
            ui.data(&printer.append(group, &rendered));
        }
    }
    ui.data(&printer.finish());
    if args.format() == FormatName::Human {
        ui.status(&printer.summary().line(&ui.stderr_style()));
    }
    printer.summary().clone()
}

fn render(format: Format, reading: &Reading<'_>, source: &dyn Source, group: &[Diagnostic]) -> Vec<String> {
    let file: FileId = group[0].primary.span.file;
    let text = source.read(reading.files.path(file)).unwrap_or_default();
    Printer::render(format, &diagnostics::Source { file, text: &text, files: &reading.files }, group)
}
