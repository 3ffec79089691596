use crate::diag::{Diagnostic, FileId};
use std::borrow::Cow;

/// Keeps the secrets of one file out of everything that is rendered about it.
///
/// Every finding about the file is rendered through this, not only the one that found the secret: another finding on
/// the same line would show it as well.
#[derive(Debug)]
pub(in crate::report) struct Mask<'a> {
    text: Cow<'a, str>,
    secrets: Vec<&'a str>,
}

const STAND_IN: &str = "[masked]";

impl<'a> Mask<'a> {
    /// Collects what must not be shown: the places of all masked findings in the file.
    pub(in crate::report) fn new(file: FileId, text: &'a str, findings: &[Diagnostic]) -> Self {
        let mut spans: Vec<_> = findings
            .iter()
            .filter(|finding| finding.masked && finding.primary.span.file == file)
            .map(|finding| finding.primary.span.range())
            .collect();
        if spans.is_empty() {
            return Self { text: Cow::Borrowed(text), secrets: Vec::new() };
        }
        let mut bytes = text.as_bytes().to_vec();
        let mut secrets = Vec::new();
        for span in &mut spans {
            span.start = super::lines::floor_boundary(text, span.start);
            span.end = super::lines::ceil_boundary(text, span.end.max(span.start));
            // Line ends stay, so that lines do.
            bytes[span.clone()].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
            // A few characters are no secret and would be replaced in every word that has them.
            secrets.extend(text[span.clone()].lines().map(str::trim).filter(|line| line.len() >= 6));
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        let text = String::from_utf8(bytes).expect("whole characters became ASCII");
        Self { text: Cow::Owned(text), secrets }
    }

    /// Returns the text with stars for secrets, as long as it was.
    pub(in crate::report) fn text(&self) -> &str {
        &self.text
    }

    /// Takes the secrets out of words about the file.
    pub(in crate::report) fn clean<'w>(&self, words: &'w str) -> Cow<'w, str> {
        let mut words = Cow::Borrowed(words);
        for secret in &self.secrets {
            if words.contains(secret) {
                words = Cow::Owned(words.replace(secret, STAND_IN));
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Level, Span};

    static CODE: Code = Code { name: "test", summary: "", level: Level::Error, fixed: false, explain: "" };

    #[test]
    fn a_secret_is_starred_in_the_text_and_cut_from_words() {
        let text = "key hunter2é\nmore";
        let file = FileId(0);
        let finding = Diagnostic::new(&CODE, Span::new(file, 4..13), "x").masked();
        let mask = Mask::new(file, text, &[finding]);
        assert_eq!(mask.text(), "key *********\nmore");
        assert_eq!(mask.text().len(), text.len());
        assert_eq!(mask.clean("`hunter2é` is odd"), "`[masked]` is odd");
        assert_eq!(mask.clean("nothing here"), "nothing here");
    }

    #[test]
    fn findings_of_other_files_mask_nothing_here() {
        let finding = Diagnostic::new(&CODE, Span::new(FileId(1), 0..3), "x").masked();
        assert_eq!(Mask::new(FileId(0), "key", &[finding]).text(), "key");
    }
}
