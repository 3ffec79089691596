//! What a pull request is told of itself.

use super::{
    compare::{Comparison, compare},
    whole::{Known, Whole},
};
use crate::{
    cli::{Failure, Ui, time},
    model::PostId,
    plan::Row,
    report::{
        Comment, CommentPost, Removed, Words, comment,
        pages::{CheckFile, Line, title},
    },
    workspace::{Disk, Repo, Source as _},
};
use std::{collections::BTreeMap, path::Path};

/// A comment, and whether something in it must be mended.
pub(in crate::cli) struct Told {
    pub(in crate::cli) text: String,
    pub(in crate::cli) errors: usize,
    pub(in crate::cli) warnings: usize,
}

/// Says what has changed since the working directory and a commit parted ways.
pub(in crate::cli) fn tell(root: &Path, base: &str, ui: &Ui) -> Result<Told, Failure> {
    let disk = Disk::new(root);
    let repository = Repo::open(root).ok();
    let now = time::now();
    let whole = Whole::read(&disk, repository.as_ref(), now, ui)?;
    let comparison = compare(base, &whole, repository.as_ref(), now, ui)?;
    let texts: BTreeMap<_, String> =
        whole.others.keys().map(|file| (*file, disk.read(whole.files().path(*file)).unwrap_or_default())).collect();
    let changed: Vec<&Known> = whole.posts.iter().filter(|known| comparison.posts.contains_key(&known.id)).collect();
    let others =
        whole.others.iter().map(|(file, findings)| CheckFile { file: *file, text: &texts[file], post: None, findings });
    let in_posts = changed.iter().map(|known| CheckFile {
        file: known.file,
        text: &known.text,
        post: Some(&known.id),
        findings: &known.findings,
    });
    let mut findings: Vec<CheckFile<'_>> = others.chain(in_posts).collect();
    findings.sort_by_key(|file| whole.files().path(file.file));
    let count = |level| {
        let all = findings.iter().flat_map(|file| file.findings);
        all.filter(|finding| finding.level == level).count()
    };
    let (errors, warnings) = (count(crate::diag::Level::Error), count(crate::diag::Level::Warning));
    let text = comment(&Comment {
        summary: comparison.words(),
        zone: whole.reading.config.zone,
        posts: changed.into_iter().map(|known| post(&whole, known, &comparison)).collect(),
        removed: comparison.removed.iter().map(|(id, path)| removed(&whole, id, path)).collect(),
        findings: &findings,
        files: whole.files(),
    });
    Ok(Told { text, errors, warnings })
}

fn post<'a>(whole: &'a Whole<'_>, known: &'a Known, comparison: &'a Comparison) -> CommentPost<'a> {
    let rows = whole.rows(known);
    let difference = &comparison.posts[&known.id];
    CommentPost {
        path: &known.path,
        title: rows.iter().find_map(|row| row.draft()).map(|draft| title(draft, &known.findings)),
        change: difference.change,
        what: &difference.what,
        words: words(&rows, known),
        lines: rows.into_iter().map(|row| Line::of(row, &known.findings)).collect(),
    }
}

/// Returns what is sent, once for all accounts that are sent the same; nothing if there is a secret in it.
fn words<'a>(rows: &[&'a Row], known: &Known) -> Vec<Words<'a>> {
    let mut words: Vec<Words<'a>> = Vec::new();
    if known.findings.iter().any(|finding| finding.masked) {
        return words;
    }
    for row in rows {
        let Some(draft) = row.draft() else { continue };
        let parts: Vec<&str> = draft.parts.iter().map(|part| part.text.text.as_str()).collect();
        if parts.iter().all(|part| part.is_empty()) {
            continue;
        }
        match words.iter_mut().find(|known| known.parts == parts) {
            Some(known) => known.accounts.push(&row.account),
            None => words.push(Words { accounts: vec![&row.account], parts }),
        }
    }
    words
}

/// Returns where a post that is gone is still to be seen.
fn removed<'a>(whole: &'a Whole<'_>, id: &PostId, path: &'a str) -> Removed<'a> {
    let live = whole.all_rows(id).filter(|row| row.done > 0).map(|row| &row.account).collect();
    Removed { path, live }
}
