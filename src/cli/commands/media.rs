mod sweep;

use crate::{
    cli::{
        DONE, Done, FINDINGS, Failure, Ui,
        load::Reading,
        web_media::{WebMedia, file_names},
    },
    content,
    diag::{FileId, did_you_mean},
    engine::{Fetched, shown_address},
    model::{Media, MediaSource, Post},
    workspace::{self, Disk, Repo, Source as _},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Look after the images and videos that posts name
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Pull(Pull),
    Sweep(sweep::Sweep),
}

/// Bring what posts name by web address beside them, and rewrite the links
///
/// Reads the working directory. Each image or video is fetched with the limits of publishing, written beside the post under
/// the last part of its address, and named there instead of the address; nothing else of the post changes, and no file is
/// ever overwritten. Review and commit what it did. Exits with 1 if something could not be brought.
#[derive(Debug, clap::Args)]
struct Pull {
    /// Files or ids of posts, or folders; all without any
    #[arg(value_name = "POST")]
    posts: Vec<String>,

    /// Print what was brought as JSON (version 1)
    #[arg(long)]
    json: bool,
}

/// What was done, as it is printed.
#[derive(Debug, Default, Serialize)]
struct Report {
    version: u32,
    pulled: Vec<Pulled>,
    failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
struct Pulled {
    post: String,
    line: usize,
    url: String,
    file: String,
}

#[derive(Debug, Serialize)]
struct Failed {
    post: String,
    line: usize,
    url: String,
    message: String,
    help: String,
}

/// A post's file with what it names by web address.
struct Found {
    file: FileId,
    path: String,
    id: String,
    text: String,
    remote: bool,
}

pub(in crate::cli) fn run(args: &Args, start: &Path, ui: &Ui) -> Done {
    match &args.action {
        Action::Pull(args) => pull(args, start, ui),
        Action::Sweep(args) => sweep::run(args, start, ui),
    }
}

fn pull(args: &Pull, start: &Path, ui: &Ui) -> Done {
    let root = workspace::find_root(start)?;
    let disk = Disk::new(&root);
    let reading = Reading::open(&disk, ui)?;
    let state = Repo::open(&root).ok().map(|repository| repository.state_folder());
    let puller = Puller {
        web: WebMedia::new(&reading.config, state.as_deref()),
        root: root.clone(),
        disk: &disk,
        reading: &reading,
    };
    let mut report = Report { version: 1, ..Report::default() };
    for found in chosen(&args.posts, start, &root, &reading)?.into_iter().filter(|found| found.remote) {
        puller.post(&found, &mut report);
    }
    if args.json {
        let text = serde_json::to_string_pretty(&report).expect("texts and numbers are JSON");
        ui.data(&format!("{text}\n"));
    }
    for Pulled { post, line, url, file } in &report.pulled {
        let words = format!("{post}:{line}: `{}` is now `{file}`\n", shown_address(url));
        if !args.json {
            ui.data(&words);
        }
    }
    for Failed { post, line, url, message, help } in &report.failed {
        ui.error(&format!("{post}:{line}: failed to bring `{}` beside the post: {message}", shown_address(url)));
        ui.hint(help);
    }
    match (report.pulled.is_empty(), report.failed.is_empty()) {
        (true, true) => ui.status("no image or video is named by web address"),
        (false, _) => ui.hint("look at what came, and commit it with the posts"),
        (true, false) => {}
    }
    Ok(if report.failed.is_empty() { DONE } else { FINDINGS })
}

/// Finds the posts that are meant.
fn chosen(names: &[String], start: &Path, root: &Path, reading: &Reading<'_>) -> Result<Vec<Found>, Failure> {
    let all: Vec<Found> = reading
        .each(|read| {
            let (text, post) = (read.text.ok()?, read.post?);
            let remote = media_of(&post).into_iter().any(|media| matches!(media.source, MediaSource::Url(_)));
            let id = post.id.value.as_str().to_owned();
            Some(Found { file: read.file, path: read.path.to_owned(), id, text: text.to_owned(), remote })
        })
        .into_iter()
        .flatten()
        .collect();
    if names.is_empty() {
        return Ok(all);
    }
    let mut paths: BTreeSet<String> = BTreeSet::new();
    for name in names {
        if let Some(found) = all.iter().find(|found| found.id == *name) {
            paths.insert(found.path.clone());
        } else if start.join(name).exists() {
            paths.extend(workspace::files_below(root, &start.join(name))?);
        } else {
            let failure = Failure::usage(format!("there is no post `{name}`"));
            return Err(match did_you_mean(name, all.iter().map(|found| found.id.as_str())) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("name the file of a post, its id, or a folder"),
            });
        }
    }
    Ok(all.into_iter().filter(|found| paths.contains(&found.path)).collect())
}

struct Puller<'a> {
    web: WebMedia,
    root: PathBuf,
    disk: &'a Disk,
    reading: &'a Reading<'a>,
}

impl Puller<'_> {
    /// Brings what a post names by web address, and writes the post once.
    fn post(&self, found: &Found, report: &mut Report) {
        let folder = found.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let parse = |text: &str| self.reading.parse(found.file, &found.path, text);
        let mut text = found.text.clone();
        let mut given_up: BTreeSet<String> = BTreeSet::new();
        let mut pulled = Vec::new();
        let mut brought: BTreeMap<String, String> = BTreeMap::new();
        let fail = |line, url: &str, (message, help): (String, String)| Failed {
            post: found.path.clone(),
            line,
            url: url.to_owned(),
            message,
            help,
        };
        // Each turn changes the text, so places are read anew.
        while let Some(post) = parse(&text) {
            let next = media_of(&post).into_iter().find_map(|media| match &media.source {
                MediaSource::Url(url) if !given_up.contains(url) => Some((media, url)),
                MediaSource::Url(_) | MediaSource::File(_) => None,
            });
            let Some((media, url)) = next else { break };
            let line = text[..media.span.range().start].matches('\n').count() + 1;
            let name = brought.get(url).cloned().map_or_else(|| self.bring(url, folder), Ok);
            let done = name.and_then(|name| {
                let rewritten = content::retarget(&text, folder, media, &name, &parse).ok_or_else(|| {
                    let what = format!("the file is here as `{name}`, but the link can't be rewritten by itself");
                    (what, format!("write `{name}` there instead of the address"))
                })?;
                Ok((name, rewritten))
            });
            match done {
                Ok((file, rewritten)) => {
                    brought.insert(url.clone(), file.clone());
                    pulled.push(Pulled { post: found.path.clone(), line, url: url.clone(), file });
                    text = rewritten;
                }
                Err(problem) => {
                    given_up.insert(url.clone());
                    report.failed.push(fail(line, url, problem));
                }
            }
        }
        if pulled.is_empty() {
            return;
        }
        match self.write(found, &text) {
            Ok(()) => report.pulled.append(&mut pulled),
            Err(problem) => {
                report.failed.extend(pulled.into_iter().map(|it| fail(it.line, &it.url, problem.clone())));
            }
        }
    }

    /// Fetches what is at an address and writes it into a folder. Returns the file's name.
    fn bring(&self, url: &str, folder: &str) -> Result<String, (String, String)> {
        let fetched = self.web.fetch_now(url, None).map_err(|error| (error.message, error.help.to_owned()))?;
        let Fetched { bytes, info, digest } = &fetched;
        for name in file_names(url, info.kind, digest) {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let is_new = workspace::write_new(&self.root, &path, bytes).map_err(|error| {
                let help = error.hint.unwrap_or_else(|| "see that the post's folder can be written".to_owned());
                (error.message, help)
            })?;
            if is_new || self.disk.bytes(&path).is_ok_and(|old| old == *bytes) {
                return Ok(name);
            }
        }
        Err(("every name that fits is taken by another file".to_owned(), "rename one of them".to_owned()))
    }

    /// Writes the post, unless somebody has changed it meanwhile.
    fn write(&self, found: &Found, text: &str) -> Result<(), (String, String)> {
        if self.disk.read(&found.path).ok().as_deref() != Some(found.text.as_str()) {
            return Err(("the post was changed meanwhile".to_owned(), "save it and run this again".to_owned()));
        }
        workspace::write_file(&self.root.join(&found.path), text.as_bytes()).map_err(|error| {
            let help = error.hint.unwrap_or_else(|| "see that the post can be written".to_owned());
            (error.message, help)
        })
    }
}

/// Returns the images and videos of all copies, in order.
fn media_of(post: &Post) -> Vec<&Media> {
    post.copies.iter().flat_map(|copy| &copy.body.parts).flat_map(|part| part.media()).collect()
}
