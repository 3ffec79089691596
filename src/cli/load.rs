use super::{
    Failure, Ui,
    reach::{bare, meets_here},
};
use crate::{
    check,
    config::{self, Config},
    content::{self, Defaults},
    diag::{Diagnostic, FileId, Files},
    model::{FREEZE_FILE, Post, Silence},
    network,
    report::diagnostics,
    workspace::{self, Disk, FileProblem, Listing, Source},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// A workspace whose configuration has been read, and whose posts can be.
pub(super) struct Reading<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) listing: Listing,
    /// `masthead.toml`, then the defaults, `freeze.toml` if there is one, then the posts.
    pub(super) files: Files,
    pub(super) config: Config,
    /// What is wrong with the configuration and the defaults.
    pub(super) findings: Vec<Diagnostic>,
    /// What holds below a folder, by the folder's path.
    defaults: BTreeMap<String, Defaults>,
    first_post: u32,
}

/// A post's file, read.
pub(super) struct Read<'a> {
    pub(super) file: FileId,
    pub(super) path: &'a str,
    /// The text, or why there is none.
    pub(super) text: Result<&'a str, FileProblem>,
    pub(super) post: Option<Post>,
    pub(super) findings: Vec<Diagnostic>,
}

impl<'a> Reading<'a> {
    /// Reads the configuration and the folder defaults. A configuration that can't be used is a failure, with its findings
    /// shown; one with mistakes is used as far as it goes.
    pub(super) fn open(source: &'a dyn Source, ui: &Ui) -> Result<Self, Failure> {
        let listing = source.list()?;
        let mut files = Files::new();
        let text = source.read(workspace::CONFIG).map_err(|problem| {
            Failure::usage(format!("failed to read `{}`: {}", workspace::CONFIG, problem.message()))
                .hint(problem.help())
        })?;
        let file = files.add(workspace::CONFIG, Some(&text));
        let (config, mut findings) = config::parse(file, &text, network::specs());
        let Some(config) = config else {
            findings.extend(check::check_text(file, &text));
            show(&files, file, &findings, ui);
            return Err(Failure::usage(format!("`{}` can't be used", workspace::CONFIG)));
        };
        findings.extend(check::check_config_text(&config, &text));
        let number = &mut |path: &str, text: Option<&str>| files.add(path, text);
        let defaults = read_defaults(source, &listing.defaults, &config, number, &mut findings);
        match source.read(FREEZE_FILE) {
            Err(FileProblem::Missing) => {}
            Ok(text) => {
                let file = files.add(FREEZE_FILE, Some(&text));
                findings.extend(content::parse_freeze(file, &text, &config).1);
                findings.extend(check::check_text(file, &text));
            }
            Err(problem) => {
                let file = files.add(FREEZE_FILE, None);
                findings.push(check::unreadable(file, &problem.message(), problem.help()));
            }
        }
        let first_post = u32::try_from(files.len()).expect("fewer than 2^32 files");
        for path in &listing.posts {
            files.add(path.as_str(), None);
        }
        for (path, problem) in &listing.problems {
            let file = files.add(path.as_str(), None);
            findings.push(check::unreadable(file, &problem.message(), problem.help()));
        }
        Ok(Self { source, listing, files, config, findings, defaults, first_post })
    }

    /// Reads and parses every post, on many threads, and does something with each. Returns what came of each, in order.
    pub(super) fn each<T: Send>(&self, then: impl Fn(Read<'_>) -> T + Sync) -> Vec<T> {
        workspace::read_all(self.source, &self.listing.posts, |index, path, text| {
            let file = FileId(self.first_post + u32::try_from(index).expect("fewer than 2^32 files"));
            self.then(file, path, text, &then)
        })
    }

    /// Does so with some posts again.
    pub(super) fn again<T: Send>(&self, posts: &[FileId], then: impl Fn(Read<'_>) -> T + Sync) -> Vec<T> {
        let paths: Vec<String> = posts.iter().map(|file| self.files.path(*file).to_owned()).collect();
        workspace::read_all(self.source, &paths, |index, path, text| self.then(posts[index], path, text, &then))
    }

    /// Returns the files of the posts, in order.
    pub(super) fn posts(&self) -> impl Iterator<Item = FileId> {
        (self.first_post..).map(FileId).take(self.listing.posts.len())
    }

    fn then<T>(&self, file: FileId, path: &str, text: Result<String, FileProblem>, then: &impl Fn(Read<'_>) -> T) -> T {
        match text {
            Ok(text) => {
                let defaults = self.defaults_of(path);
                let (post, findings) =
                    content::parse(file, path, &text, &self.config, defaults.unwrap_or(&Defaults::default()));
                then(Read { file, path, text: Ok(&text), post, findings })
            }
            Err(problem) => then(Read { file, path, text: Err(problem), post: None, findings: Vec::new() }),
        }
    }

    fn defaults_of(&self, path: &str) -> Option<&Defaults> {
        nearest(&self.defaults, path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }
}

impl Reading<'_> {
    /// Returns the folders whose defaults have errors: what the posts below inherit is not what was meant.
    pub(super) fn misled(&self) -> BTreeSet<&str> {
        let findings = check::apply_levels(self.findings.clone(), &[], &self.config.check.levels);
        let errors = findings.iter().filter(|finding| finding.is_error());
        let paths = errors.map(|finding| self.files.path(finding.primary.span.file));
        paths.filter_map(|path| path.strip_suffix(workspace::DEFAULTS)?.strip_suffix('/')).collect()
    }

    /// Parses the text of a post as if it stood in its file.
    pub(super) fn parse(&self, file: FileId, path: &str, text: &str) -> Option<Post> {
        let defaults = self.defaults_of(path);
        content::parse(file, path, text, &self.config, defaults.unwrap_or(&Defaults::default())).0
    }
}

impl Read<'_> {
    /// Checks the post, as far as it could be read, and lays the levels over all that was found.
    pub(super) fn check(self, cx: &check::Context<'_>) -> (Vec<Diagnostic>, Option<Post>) {
        let mut findings = self.findings;
        let is_retracted = self.post.as_ref().is_some_and(|post| post.retract);
        if is_retracted {
            findings.retain(Diagnostic::is_error);
        }
        match (&self.text, &self.post) {
            (Ok(text), Some(post)) => findings.extend(check::check_post(post, self.path, text, cx)),
            (Ok(text), None) => findings.extend(check::check_text(self.file, text)),
            (Err(problem), _) => findings.push(check::unreadable(self.file, &problem.message(), problem.help())),
        }
        let silenced = self.post.as_ref().map_or(&[][..], |post| &post.silenced);
        // What was silenced for a post that went out is not found any more once it is taken back.
        let is_used = |silence: &&Silence| findings.iter().any(|found| found.code.name == silence.code.value);
        let used: Vec<Silence>;
        let silenced = match is_retracted {
            true => {
                used = silenced.iter().filter(is_used).cloned().collect();
                &used[..]
            }
            false => silenced,
        };
        (check::apply_levels(findings, silenced, &cx.config.check.levels), self.post)
    }
}

/// Reads what holds below folders, by the folder's path. Each file gets its number from `number`, which is told what it
/// holds, too.
pub(super) fn read_defaults(
    source: &dyn Source,
    paths: &[String],
    config: &Config,
    number: &mut dyn FnMut(&str, Option<&str>) -> FileId,
    findings: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Defaults> {
    let mut defaults: BTreeMap<String, Defaults> = BTreeMap::new();
    // Sorted paths put a folder before those below it, so what is above is known already.
    for path in paths {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = source.read(path);
        let file = number(path, text.as_deref().ok());
        match text {
            Ok(text) => {
                let (own, problems) = content::parse_defaults(file, &text, config);
                findings.extend(problems);
                findings.extend(check::check_text(file, &text));
                if let Some(own) = own {
                    let merged = nearest(&defaults, folder).map_or_else(|| own.clone(), |above| above.below(&own));
                    defaults.insert(folder.to_owned(), merged);
                }
            }
            Err(problem) => findings.push(check::unreadable(file, &problem.message(), problem.help())),
        }
    }
    defaults
}

/// Returns the folders that a file is in, the nearest first.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder)).skip(1)
}

/// Finds what holds in a folder: the defaults of the nearest one above that has some.
pub(super) fn nearest<'a>(defaults: &'a BTreeMap<String, Defaults>, folder: &str) -> Option<&'a Defaults> {
    if defaults.is_empty() {
        return None;
    }
    let mut folder = folder;
    loop {
        if let Some(found) = defaults.get(folder) {
            return Some(found);
        }
        folder = folder.rsplit_once('/')?.0;
    }
}

/// Finds the root and what says which branch of which remote is published: the configuration on disk, or in a bare
/// repository that of the commit that it says is checked out.
pub(super) fn place(start: &Path, ui: &Ui) -> Result<(PathBuf, Config), Failure> {
    let Some(repository) = bare(start) else {
        let root = workspace::find_root(start)?;
        let disk = Disk::new(&root);
        let reading = Reading::open(&disk, ui)?;
        usable(&reading, ui)?;
        return Ok((root, reading.config));
    };
    let commit = repository.commit_at("HEAD")?;
    let reading = Reading::open(&commit, ui)?;
    usable(&reading, ui)?;
    let mut config = reading.config;
    meets_here(&mut config, &repository);
    Ok((start.to_owned(), config))
}

/// Reads the configuration on disk. Mistakes in it are shown and end the command.
pub(super) fn config(start: &Path, ui: &Ui) -> Result<(PathBuf, Config), Failure> {
    let root = workspace::find_root(start)?;
    let disk = Disk::new(&root);
    let reading = Reading::open(&disk, ui)?;
    usable(&reading, ui)?;
    Ok((root, reading.config))
}

/// Ends the command if the configuration has errors, with them shown.
pub(super) fn usable(reading: &Reading<'_>, ui: &Ui) -> Result<(), Failure> {
    let mut findings = reading.findings.clone();
    findings.retain(Diagnostic::is_error);
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let in_config = findings.iter().any(|finding| finding.primary.span.file == reading.config.file);
    if !in_config {
        return Ok(());
    }
    findings.retain(|finding| finding.primary.span.file == reading.config.file);
    show(&reading.files, reading.config.file, &findings, ui);
    Err(Failure::usage(format!("`{}` has errors", workspace::CONFIG)))
}

fn show(files: &Files, file: FileId, findings: &[Diagnostic], ui: &Ui) {
    let source = diagnostics::Source { file, text: files.text(file).unwrap_or_default(), files };
    let format = diagnostics::Format::Human(ui.stderr_style());
    ui.findings(diagnostics::Rendered::new(format, &source, findings).text());
}

impl From<workspace::WorkspaceError> for Failure {
    fn from(error: workspace::WorkspaceError) -> Self {
        Self { message: error.message, hint: error.hint, code: super::USAGE }
    }
}
