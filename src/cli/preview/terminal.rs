use super::desk::{Desk, Effect, Sight, Trouble};
use crate::{
    cli::Ui,
    diag::{Diagnostic, FileId, Level, words},
    report::{
        Style,
        diagnostics::{Format, Rendered, Source},
        pages::CHECK,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// How many files are told of at once on a terminal; the page has all.
const FILES: usize = 4;
/// How many findings of one file.
const FINDINGS: usize = 6;
/// How many lines are said at once elsewhere.
const LINES: usize = 20;

/// Tells in the terminal what is wrong now: on a real one as a block that is replaced, elsewhere as lines that say what is new.
#[derive(Debug)]
pub(super) struct Terminal {
    ui: Ui,
    /// The block that stands there.
    block: String,
    /// What was told of each file, as digests of the lines.
    told: BTreeMap<FileId, BTreeSet<u64>>,
    /// What was said of the whole.
    summary: String,
}

impl Terminal {
    pub(super) fn new(ui: Ui) -> Self {
        Self { ui, block: String::new(), told: BTreeMap::new(), summary: String::new() }
    }

    /// Tells what an effect made of what is wrong, if it made anything of it.
    pub(super) fn show(&mut self, desk: &Desk, effect: &Effect) {
        let sight = desk.look();
        let summary = summary(&sight);
        if self.ui.interactive {
            self.replace(&sight, summary);
        } else {
            self.add(&sight, summary, effect);
        }
    }

    /// Puts a block in the place of the last one.
    fn replace(&mut self, sight: &Sight, summary: String) {
        let style = self.ui.stderr_style();
        let (first, more) = sight.worst(FILES);
        let mut block = String::new();
        for findings in &first {
            block += &rendered(sight, &findings[..findings.len().min(FINDINGS)], style);
        }
        if more > 0 {
            block += &format!("and in {}: see {CHECK}\n", words::count(more, "other file", "other files"));
        }
        block += &summary;
        block.push('\n');
        if block == self.block {
            return;
        }
        let lines = self.block.lines().count();
        let back = if lines > 0 { format!("\x1b[{lines}A\x1b[J") } else { String::new() };
        self.ui.findings(&format!("{back}{block}"));
        self.block = block;
    }

    /// Says what came and what went.
    fn add(&mut self, sight: &Sight, summary: String, effect: &Effect) {
        let found = if effect.all { sight.findings() } else { sight.findings_of(&effect.posts) };
        let mut said = Vec::new();
        let mut gone: BTreeSet<FileId> = match effect.all {
            true => self.told.keys().copied().collect(),
            false => sight.files_of(&effect.posts),
        };
        for (file, findings) in found {
            let mut digests = BTreeSet::new();
            let before = self.told.get(&file);
            for finding in findings.into_iter().filter(|finding| finding.level >= Level::Warning) {
                let line = line(sight, finding);
                let digest = digest(&line);
                if before.is_none_or(|before| !before.contains(&digest)) && digests.insert(digest) {
                    said.push(line);
                }
                digests.insert(digest);
            }
            if !digests.is_empty() {
                gone.remove(&file);
                self.told.insert(file, digests);
            }
        }
        for file in gone {
            if self.told.remove(&file).is_some() {
                said.push(format!("{}: mended", sight.files().path(file)));
            }
        }
        if said.len() > LINES {
            let more = said.len() - LINES;
            said.truncate(LINES);
            said.push(format!("and {}: see {CHECK}", words::count(more, "other line", "other lines")));
        }
        if summary != self.summary {
            said.push(summary.clone());
            self.summary = summary;
        }
        if !said.is_empty() {
            self.ui.findings(&(said.join("\n") + "\n"));
        }
    }
}

/// Writes the findings of a configuration that can't be used, for people.
pub(super) fn plain_findings(sight: &Sight, trouble: &Trouble) -> String {
    let style = Style { color: false, width: 100 };
    format!("{}\n\n{}", trouble.words, rendered(sight, &trouble.findings, style))
}

fn rendered(sight: &Sight, findings: &[Diagnostic], style: Style) -> String {
    let Some(file) = findings.first().map(|finding| finding.primary.span.file) else { return String::new() };
    let text = sight.text(file);
    let source = Source { file, text: &text, files: sight.files() };
    Rendered::new(Format::Human(style), &source, findings).text().to_owned()
}

/// Writes a finding in one line, without a place: that moves with every line that is written above it.
fn line(sight: &Sight, finding: &Diagnostic) -> String {
    let level = if finding.is_error() { "error" } else { "warning" };
    let path = sight.files().path(finding.primary.span.file);
    format!("{path}: {level}[{}]: {}", finding.code.name, finding.message)
}

fn digest(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

fn summary(sight: &Sight) -> String {
    if let Some(why) = sight.gone() {
        return format!("the workspace can't be read: {why}");
    }
    let counts = sight.counts();
    let posts = words::count(counts.posts, "post", "posts");
    match (counts.errors, counts.warnings) {
        (0, 0) => format!("{posts}, nothing is wrong"),
        (errors, 0) => format!("{posts}, {}", words::count(errors, "error", "errors")),
        (0, warnings) => format!("{posts}, {}", words::count(warnings, "warning", "warnings")),
        (errors, warnings) => format!(
            "{posts}, {} and {}",
            words::count(errors, "error", "errors"),
            words::count(warnings, "warning", "warnings")
        ),
    }
}
