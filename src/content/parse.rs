use super::{
    Defaults, codes, copy, fence,
    front::{Owner, front},
    id::id_of_path,
    markdown::Source,
    resolve::{Recipients, targets},
};
use crate::{
    config::{Config, codes as shared},
    diag::{Diagnostic, FileId, Span, TextEdit},
    model::Post,
};
use std::collections::BTreeSet;

/// The most bytes of a post.
const MAX_BYTES: usize = 256 * 1024;

/// How many control characters one finding points at.
const POINTED: usize = 20;

/// Reads a post. `path` is from the workspace's root, such as `content/2026/a.md`.
///
/// There is no post only where nobody could say what is front matter and what is copy; otherwise it holds what could be
/// read, and the findings say what is wrong with it.
pub fn parse(
    file: FileId,
    path: &str,
    text: &str,
    config: &Config,
    defaults: &Defaults,
) -> (Option<Post>, Vec<Diagnostic>) {
    let mut out = Vec::new();
    if text.len() > MAX_BYTES {
        let message = format!("the post has {} bytes", text.len());
        let finding = Diagnostic::new(&shared::FILE_TOO_LARGE, Span::new(file, 0..0), message);
        out.push(finding.help("keep it under 256 KiB, or move what is no post out of `content/`"));
        return (None, out);
    }
    control_characters(file, text, &mut out);
    let Some(cut) = fence::cut(file, text, &mut out) else { return (None, out) };
    let (table, clean) = fence::read(file, text, &cut, &mut out);
    let id_written = table.get("id").is_some();
    let mut front = front(table, config, Owner::Post, &mut out);
    defaults.fill(&mut front);
    if front.to.is_none() && clean {
        let place = cut.front.as_ref().map_or(0..0, |(_, range)| range.start..range.start);
        let finding = Diagnostic::new(&codes::MISSING_TO, Span::new(file, place), "the post doesn't say where it goes");
        out.push(finding.help(match &cut.front {
            Some(_) => "add `to` with the names of accounts or groups",
            None => "begin the file with front matter: a line of `+++`, `to = [\"…\"]`, and a line of `+++`",
        }));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let source = Source { file, text: &text[cut.body..], start: cut.body, folder, people: &config.people };
    let sections = copy::sections(source, &mut out);
    let complete = clean && front.to.is_some() && !front.to_broken;
    let recipients = if complete { Recipients::Known } else { Recipients::Incomplete };
    let (targets, copies) = targets(&front, sections, config, recipients, &mut out);
    let id = front.id.unwrap_or_else(|| {
        // An `id` that can't be one has been told; what the path gives is no further mistake.
        let mut about_the_path = Vec::new();
        let id = id_of_path(file, path, &mut about_the_path);
        if !id_written {
            out.append(&mut about_the_path);
        }
        id
    });
    if !clean {
        drop_consequences(text, &mut out);
    }
    let post = Post {
        id,
        id_written,
        file,
        targets,
        draft: front.draft.unwrap_or_default(),
        retract: front.retract.unwrap_or(false),
        campaign: front.campaign,
        copies,
        poll: front.poll,
        reply_to: front.reply_to,
        quote: front.quote,
        boost: front.boost,
        auto_thread: front.auto_thread.unwrap_or_default(),
        silenced: front.silenced,
    };
    (Some(post), out)
}

/// Keeps one finding of each line with a syntax error: whatever else stands there was not meant so.
fn drop_consequences(text: &str, out: &mut Vec<Diagnostic>) {
    let line_of = |finding: &Diagnostic| {
        let place = finding.primary.span;
        // Some point into the defaults.
        (place.file, text[..text.floor_char_boundary(place.start as usize)].rfind('\n'))
    };
    let is_syntax = |finding: &&Diagnostic| finding.code.name == shared::SYNTAX.name;
    let broken: BTreeSet<_> = out.iter().filter(is_syntax).map(line_of).collect();
    let mut told = BTreeSet::new();
    out.retain(|finding| {
        let line = line_of(finding);
        !broken.contains(&line) || (is_syntax(&finding) && told.insert(line))
    });
}

/// Tells of control characters other than tabs and line ends, with one finding for the file.
fn control_characters(file: FileId, text: &str, out: &mut Vec<Diagnostic>) {
    // Most files hold none, and this loop has no branch that would keep it from being vectorised.
    let suspicious = text.bytes().fold(false, |found, byte| {
        found | ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0x7f) | (byte == 0xc2)
    });
    if !suspicious {
        return;
    }
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let all: Vec<(usize, &str)> = text.match_indices(is_control).collect();
    let Some((first, c)) = all.first() else { return };
    let span = |(start, c): &(usize, &str)| Span::new(file, *start..*start + c.len());
    let message = match all.len() {
        1 => format!("a control character, U+{:04X}", c.chars().next().map_or(0, u32::from)),
        count => format!("{count} control characters, the first U+{:04X}", c.chars().next().map_or(0, u32::from)),
    };
    let mut finding = Diagnostic::new(&codes::CONTROL_CHARACTER, span(&(*first, *c)), message).help("delete it");
    if all.len() > 1 {
        finding = finding.help("delete them");
        for other in all.iter().skip(1).take(POINTED) {
            finding = finding.also(span(other), "another");
        }
    }
    let edits = all.iter().map(|place| TextEdit { span: span(place), text: "".into() }).collect();
    out.push(finding.fix("delete the control characters", edits));
}
