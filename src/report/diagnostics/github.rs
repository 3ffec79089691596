use super::{Lines, Source, mask::Mask};
use crate::diag::{Diagnostic, Level};

/// Renders each finding as a workflow command.
pub(super) fn render(source: &Source<'_>, findings: &[Diagnostic]) -> Vec<String> {
    let mask = Mask::new(source.file, source.text, findings);
    let lines = Lines::of(source.text);
    findings
        .iter()
        .filter_map(|finding| {
            let command = match finding.level {
                Level::Off => return None,
                Level::Note => "notice",
                Level::Warning => "warning",
                Level::Error => "error",
            };
            let span = finding.primary.span;
            let file = property(source.files.path(span.file));
            let place = if span.file == source.file {
                let start = lines.locate(source.text, span.start as usize);
                let end = lines.locate(source.text, span.end as usize);
                // Columns are refused for a place on several lines.
                if start.line == end.line {
                    let last = end.column.max(start.column + 1) - 1;
                    format!(",line={},endLine={},col={},endColumn={last}", start.line, end.line, start.column)
                } else {
                    format!(",line={},endLine={}", start.line, end.line)
                }
            } else {
                String::new()
            };
            let mut message = mask.clean(&finding.message).into_owned();
            if let Some(help) = &finding.help {
                message += "\nhelp: ";
                message += &mask.clean(help);
            }
            let (title, message) = (property(finding.code.name), data(&message));
            Some(format!("::{command} file={file}{place},title={title}::{message}"))
        })
        .collect()
}

/// Escapes what would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what would end the property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::diagnostics::{
        Format,
        printer::tests::{KEY, ODD, at, print},
    };

    #[test]
    fn places_and_help_are_given() {
        let text = "né\nis odd\nlast\n";
        let findings = [
            Diagnostic::new(&ODD, at(7..10), "`odd` is 100% odd").help("write `even`"),
            Diagnostic::new(&KEY, at(4..14), "on two lines"),
            Diagnostic::new(&KEY, at(4..4), "nowhere"),
        ];
        insta::assert_snapshot!(print(Format::Github, text, &findings), @r#"
        ::warning file=content/a.md,line=2,endLine=2,col=4,endColumn=6,title=odd-word::`odd` is 100%25 odd%0Ahelp: write `even`
        ::error file=content/a.md,line=2,endLine=3,title=a-key::on two lines
        ::error file=content/a.md,line=2,endLine=2,col=1,endColumn=1,title=a-key::nowhere
        "#);
    }

    #[test]
    fn a_message_can_start_no_command_of_its_own() {
        assert_eq!(data("a\n::error::b%0A"), "a%0A::error::b%250A");
        assert_eq!(property("a:b,c\r"), "a%3Ab%2Cc%0D");
    }
}
