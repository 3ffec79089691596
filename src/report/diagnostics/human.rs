use super::{
    Lines, Source,
    lines::{ceil_boundary, floor_boundary},
    mask::Mask,
    plain::Plain,
};
use crate::{
    diag::{Diagnostic, Label, Level, LineColumn, Span},
    report::{Style, printable, printable::printable_in_place},
};
use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};
use std::{borrow::Cow, ops::Range};

/// How much of a file is shown around a finding at most. Whoever writes a megabyte on one line still gets an answer at
/// once, with the part of the line that it is about.
const WINDOW: usize = 4096;

/// How many bytes are kept before and after the place, where the window is too small for whole lines.
const AROUND: usize = 160;

/// How many findings of one file are shown with their source. The rest get a line each, which keeps a file that was
/// never meant to be a post from burying the others.
const SHOWN: usize = 100;

/// Renders each finding as rustc does: what, where, the place underlined, and how to mend it.
pub(super) fn render(source: &Source<'_>, findings: &[Diagnostic], style: &Style) -> Vec<String> {
    let renderer = if style.color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width);
    let mask = Mask::new(source.file, source.text, findings);
    let file = File { lines: Lines::of(source.text), path: printable(source.files.path(source.file)), mask, source };
    findings
        .iter()
        .filter(|finding| finding.level != Level::Off)
        .enumerate()
        .map(|(i, finding)| match file.plain(finding, style) {
            _ if i >= SHOWN => file.short(finding, style),
            Some(rendered) => rendered,
            None => file.long(finding, &renderer),
        })
        .collect()
}

struct File<'a> {
    lines: Lines,
    path: Cow<'a, str>,
    mask: Mask<'a>,
    source: &'a Source<'a>,
}

impl File<'_> {
    fn long(&self, finding: &Diagnostic, renderer: &Renderer) -> String {
        let here = self.source.file;
        let title = level(finding.level).primary_title(self.say(&finding.message)).id(finding.code.name);
        let mut group = Group::with_title(title);

        let primary = self.clamp(finding.primary.span);
        let mut near = vec![(&finding.primary, primary.clone())];
        let mut far = Vec::new();
        if finding.primary.span.file == here {
            let mut window = self.window(primary.clone());
            for other in &finding.others {
                let range = self.clamp(other.span);
                let wider = window.start.min(range.start)..window.end.max(range.end);
                if other.span.file == here && self.whole_lines(&wider).len() <= WINDOW {
                    window = self.whole_lines(&wider);
                    near.push((other, range));
                } else {
                    far.push(other);
                }
            }
            let place = self.lines.locate(self.source.text, primary.start);
            let snippet = self.snippet(&window, place.line, &near);
            group = if self.starts_a_line(window.start) {
                group.element(snippet.path(self.path.clone().into_owned()))
            } else {
                // The renderer would count columns from the window's start.
                group.element(origin(&self.path, place)).element(snippet)
            };
        } else {
            // A finding about another file than the one it is rendered with has its place named, not shown.
            group = group.element(Origin::path(self.path_of(finding.primary.span)));
            far.extend(&finding.others);
        }
        for other in far {
            group = self.elsewhere(group, other);
        }
        if let Some(help) = finding.help.as_deref().or(finding.fix.as_ref().map(|fix| &*fix.title)) {
            group = group.element(Title::HELP.message(self.say(help)));
        }
        let mut out = renderer.render(&[group]);
        out.push('\n');
        out
    }

    /// Renders most findings that are written to a file or pipe.
    fn plain(&self, finding: &Diagnostic, style: &Style) -> Option<String> {
        let is_here = finding.primary.span.file == self.source.file;
        if style.color || !is_here || !finding.others.is_empty() {
            return None;
        }
        let range = self.clamp(finding.primary.span);
        let line = self.whole_lines(&range);
        let is_one_line = self.lines.line(line.start) == self.lines.line(range.end) && line.len() <= WINDOW;
        if !is_one_line || range.end > line.end {
            return None;
        }
        let help = finding.help.as_deref().or(finding.fix.as_ref().map(|fix| &*fix.title));
        Plain {
            level: finding.level,
            code: finding.code.name,
            message: &self.say(&finding.message),
            path: &self.path,
            line: self.lines.locate(self.source.text, line.start).line,
            source: &printable_in_place(&self.mask.text()[line.clone()]),
            range: range.start - line.start..range.end - line.start,
            label: &self.say(&finding.primary.text),
            help: help.map(|help| self.say(help)).as_deref(),
            width: style.width,
        }
        .render()
    }

    /// One line: what and where.
    fn short(&self, finding: &Diagnostic, style: &Style) -> String {
        let level = style.level(finding.level, &format!("{}[{}]", finding.level, finding.code.name));
        let place = if finding.primary.span.file == self.source.file {
            let LineColumn { line, column } = self.lines.locate(self.source.text, finding.primary.span.start as usize);
            format!("{}:{line}:{column}", self.path)
        } else {
            self.path_of(finding.primary.span)
        };
        format!("{place}: {level}: {}", self.say(&finding.message))
    }

    fn snippet<'s>(
        &self,
        window: &Range<usize>,
        primary_line: u32,
        labels: &[(&Label, Range<usize>)],
    ) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        let first_line =
            if self.starts_a_line(window.start) { self.lines.line(window.start) + 1 } else { primary_line as usize };
        let shown = printable_in_place(&self.mask.text()[window.clone()]).into_owned();
        let annotations = labels.iter().enumerate().map(|(i, (label, range))| {
            let kind = if i == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let clip = |at: usize| at.clamp(window.start, window.end) - window.start;
            let words = Some(&*label.text).filter(|words| !words.is_empty());
            kind.span(clip(range.start)..clip(range.end)).label(words.map(|words| self.say(words)))
        });
        Snippet::source(shown).line_start(first_line).annotations(annotations.collect::<Vec<_>>())
    }

    /// Adds a label that is shown by itself: in another file, or too far away.
    fn elsewhere<'g>(&self, group: Group<'g>, label: &Label) -> Group<'g> {
        let path = self.path_of(label.span);
        let here = label.span.file == self.source.file;
        let text = if here { Some(self.mask.text()) } else { self.source.files.text(label.span.file) };
        let words = self.say(&label.text);
        let Some(text) = text else {
            return group.element(Origin::path(path)).element(Title::NOTE.message(words));
        };
        let start = floor_boundary(text, label.span.start as usize);
        let end = ceil_boundary(text, label.span.end as usize).max(start);
        let place = crate::diag::line_column(text, start);
        let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let from = if start - line > WINDOW { floor_boundary(text, start - AROUND) } else { line };
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let until = line_end.min(ceil_boundary(text, start + WINDOW));
        let words = Some(words).filter(|words| !words.is_empty());
        let annotation = AnnotationKind::Context.span(start - from..end.clamp(start, until) - from).label(words);
        let shown = printable_in_place(&text[from..until]).into_owned();
        let snippet = Snippet::source(shown).line_start(place.line as usize).annotation(annotation);
        if from == line {
            group.element(snippet.path(path))
        } else {
            group.element(origin(&path, place)).element(snippet)
        }
    }

    /// Returns what is shown for a place: its whole lines, or a window of a line that is too long.
    fn window(&self, range: Range<usize>) -> Range<usize> {
        let lines = self.whole_lines(&range);
        if lines.len() <= WINDOW {
            return lines;
        }
        let text = self.source.text;
        let start = floor_boundary(text, range.start.saturating_sub(AROUND)).max(lines.start);
        let end = range.end.min(range.start + WINDOW / 2);
        let line_end = text[range.start..].find('\n').map_or(text.len(), |newline| range.start + newline);
        start..ceil_boundary(text, end + AROUND).min(line_end.max(range.start))
    }

    fn whole_lines(&self, range: &Range<usize>) -> Range<usize> {
        let text = self.source.text;
        let start = self.lines.start(text, self.lines.line(range.start));
        // A range that ends with a line end stays on its line.
        let last = range.end.saturating_sub(1).max(range.start);
        let end = self.lines.start(text, self.lines.line(last) + 1);
        start..text[start..end].trim_end_matches(['\n', '\r']).len().max(range.start.saturating_sub(start)) + start
    }

    fn starts_a_line(&self, position: usize) -> bool {
        self.lines.start(self.source.text, self.lines.line(position)) == position
    }

    fn clamp(&self, span: Span) -> Range<usize> {
        let text = self.source.text;
        let start = floor_boundary(text, span.start as usize);
        start..ceil_boundary(text, span.end as usize).max(start)
    }

    fn path_of(&self, span: Span) -> String {
        printable(self.source.files.path(span.file)).into_owned()
    }

    fn say(&self, words: &str) -> String {
        printable(&self.mask.clean(words)).into_owned()
    }
}

fn origin<'a>(path: &str, place: LineColumn) -> Origin<'a> {
    Origin::path(path.to_owned()).line(place.line as usize).char_column(place.column as usize)
}

fn level(level: Level) -> Title<'static> {
    match level {
        Level::Off | Level::Note => Title::NOTE,
        Level::Warning => Title::WARNING,
        Level::Error => Title::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::FileId,
        report::diagnostics::{
            Format,
            printer::tests::{KEY, ODD, at, print},
        },
    };
    use proptest::prelude::*;

    fn show(text: &str, findings: &[Diagnostic]) -> String {
        print(Format::Human(Style::PLAIN), text, findings)
    }

    #[test]
    fn a_finding_shows_its_place_label_and_help() {
        let finding = Diagnostic::new(&ODD, at(12..15), "`odd` is odd").label("here").help("write `even`");
        insta::assert_snapshot!(show("first\nit is odd now\nlast\n", &[finding]), @r#"
        warning[odd-word]: `odd` is odd
         --> content/a.md:2:7
          |
        2 | it is odd now
          |       ^^^ here
          |
          = help: write `even`
        "#);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn plain_findings_look_as_the_renderer_shows_them(
            text in prop_oneof![
                "(\\n{0,3}|\\n{96,99})[ ]{0,9}[a-zéж—” .]{1,20}([a-zéж—” .]{1,60}){0,12}[ ]{0,2}\\r?(\\nlast\\n)?",
                "[ ]{0,9}([a-z]{0,30}|[é日🎉\\t\\u{301}\\u{200d}]){0,9}",
                "([a-z ]{0,12}|[日🎉❤\\u{fe0f}\\u{200d}مé\\u{301}\\u{2028}]{1,4}){0,40}",
            ],
            place in any::<(u16, u8)>(),
            label in prop_oneof![Just(""), Just("the limit is passed here"), Just("日")],
            help in "[a-zé\u{200d}]{0,9}",
            width in 40usize..140,
        ) {
            let start = text.floor_char_boundary(usize::from(place.0) % (text.len() + 1));
            let end = text.ceil_char_boundary((start + usize::from(place.1)).min(text.len()));
            let finding = Diagnostic::new(&ODD, at(start..end), "`odd` is odd").label(label);
            let finding = if help.is_empty() { finding } else { finding.help(&*help) };
            let mut files = crate::diag::Files::new();
            let source = Source { file: files.add("content/a.md", Some(&text)), text: &text, files: &files };
            let (lines, mask) = (Lines::of(&text), Mask::new(source.file, &text, &[]));
            let file = File { lines, path: "content/a.md".into(), mask, source: &source };
            let style = Style { color: false, width };
            let plain = file.plain(&finding, &style);
            // Not everything is left to the other renderer.
            let is_usual = text.starts_with('a') && text.is_ascii() && help.is_ascii() && label.is_ascii();
            let line_end = text.find(['\r', '\n']).unwrap_or(text.len());
            let is_short = start < end && end <= line_end && end - start < width / 2;
            prop_assert!(plain.is_some() || !is_usual || !is_short, "it is plain");
            if let Some(plain) = plain {
                prop_assert_eq!(plain, file.long(&finding, &Renderer::plain().term_width(width)));
            }
        }
    }

    #[test]
    fn labels_in_this_and_other_files_are_shown() {
        let finding = Diagnostic::new(&KEY, at(0..1), "twice")
            .also(at(4..5), "again")
            .also(Span::new(FileId(1), 6..12), "and here")
            .also(Span::new(FileId(2), 6..12), "and in a file that isn't loaded");
        insta::assert_snapshot!(show("a\nb\nc\n", &[finding]), @r#"
        error[a-key]: twice
         --> content/a.md:1:1
          |
        1 | a
          | ^
        2 | b
        3 | c
          | - again
          |
         ::: content/b.md:2:1
          |
        2 | second line
          | ------ and here
         ::: content/c.md
          = note: and in a file that isn't loaded
        "#);
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        let text = "a \u{1b}[31m \u{9b}0m \u{202e}x\u{200b} \u{7} b\n";
        let finding = Diagnostic::new(&ODD, at(0..text.len()), format!("`{text}`")).label(text).help(text);
        let out = show(text, &[finding]);
        assert!(
            !out.chars().any(|c| (c.is_control() && c != '\n') || ('\u{200b}'..='\u{202e}').contains(&c)),
            "{out:?}"
        );
    }

    #[test]
    fn a_very_long_line_is_shown_in_part() {
        let text = format!("{}odd{}", "é ".repeat(200_000), "z ".repeat(200_000));
        let at = at(600_000..600_003);
        let findings: Vec<_> = (0..50).map(|_| Diagnostic::new(&ODD, at, "odd")).collect();
        let out = show(&text, &findings);
        assert!(out.contains("--> content/a.md:1:400001"), "{}", &out[..500]);
        assert!(out.contains("oddz z"), "{}", &out[..500]);
    }

    #[test]
    fn places_off_the_text_do_no_harm() {
        for (text, range) in [("", 0..0), ("", 5..9), ("é", 1..1), ("a\n", 2..2), ("a\n\nb", 2..3), ("a\r\nb", 1..3)] {
            assert!(
                show(text, &[Diagnostic::new(&ODD, at(range.clone()), "odd")]).contains("odd"),
                "{text:?} {range:?}"
            );
        }
    }

    #[test]
    fn the_hundred_and_first_finding_is_one_line() {
        let findings: Vec<_> = (0..101).map(|_| Diagnostic::new(&ODD, at(2..5), "odd")).collect();
        let out = show("a odd", &findings);
        assert!(out.ends_with("\ncontent/a.md:1:3: warning[odd-word]: odd\n"), "{out}");
    }
}
