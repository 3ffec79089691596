use super::across;
use crate::{
    diag::{Code, Diagnostic, Level, Spanned, did_you_mean},
    model::Silence,
};
use std::collections::BTreeMap;

static ALLOW_UNKNOWN: Code = Code {
    name: "allow-unknown",
    summary: "`[allow]` names a code that there isn't",
    level: Level::Error,
    fixed: true,
    explain: "A post silences a finding by its code. A code that doesn't exist silences nothing, and the finding that was \
              meant stays.\n\n\
              ```toml\n[allow]\nalt-mising = \"a decorative line\"   # alt-missing\n```\n\n\
              `masthead explain` lists the codes; every finding shows its own in brackets.",
};

static ALLOW_FIXED: Code = Code {
    name: "allow-fixed",
    summary: "`[allow]` names a code that can't be silenced",
    level: Level::Error,
    fixed: true,
    explain: "Some findings stand for posts that can't be read, or that a network would refuse, or that would go out \
              twice. Not seeing them would not make them go away.\n\n\
              ```toml\n[allow]\ntext-too-long = \"it must be this long\"\n```\n\n\
              Delete the line and mend what it is about.",
};

static ALLOW_UNUSED: Code = Code {
    name: "allow-unused",
    summary: "`[allow]` silences something that isn't there",
    level: Level::Warning,
    fixed: true,
    explain: "What was silenced has been mended, or has never been found. Left standing, the line would hide the next \
              mistake of its kind.\n\n\
              ```toml\n[allow]\nalt-missing = \"a decorative line\"   # all images have a description now\n```\n\n\
              Delete the line.",
};

pub(super) static CODES: &[&Code] = &[&ALLOW_UNKNOWN, &ALLOW_FIXED, &ALLOW_UNUSED];

/// Lays `[allow]` of a file and `[check]` of the workspace over the findings of the file: what is silenced or off goes, and
/// what is wrong with the silencing is told. The rest comes back sorted by place.
///
/// What is found by comparing files is silenced by [`super::Across`].
pub fn apply_levels(
    findings: Vec<Diagnostic>,
    silenced: &[Silence],
    levels: &BTreeMap<String, Spanned<Level>>,
) -> Vec<Diagnostic> {
    let mut used = vec![false; silenced.len()];
    let mut kept = Vec::with_capacity(findings.len());
    for mut finding in findings {
        if !finding.code.fixed {
            let silence = silenced.iter().position(|silence| silence.code.value == finding.code.name);
            if let Some(at) = silence {
                used[at] = true;
                continue;
            }
            if let Some(level) = levels.get(finding.code.name) {
                finding.level = level.value;
            }
        }
        if finding.level != Level::Off {
            kept.push(finding);
        }
    }
    if !silenced.is_empty() {
        let codes = super::codes();
        kept.extend(silenced.iter().zip(used).filter_map(|(silence, used)| problem(silence, used, &codes)));
    }
    kept.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    kept
}

/// Returns what is wrong with a line of `[allow]`.
fn problem(silence: &Silence, used: bool, codes: &[&'static Code]) -> Option<Diagnostic> {
    let (name, span) = (silence.code.value.as_str(), silence.code.span);
    let Some(code) = codes.iter().find(|code| code.name == name) else {
        let finding = Diagnostic::new(&ALLOW_UNKNOWN, span, format!("there is no code `{name}`"));
        return Some(match did_you_mean(name, codes.iter().map(|code| code.name)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("take the code from the brackets of the finding"),
        });
    };
    if code.fixed {
        let message = format!("`{name}` can't be silenced");
        return Some(Diagnostic::new(&ALLOW_FIXED, span, message).help("delete the line and mend what it is about"));
    }
    let elsewhere = across::CODES.contains(code);
    (!used && !elsewhere).then(|| {
        let message = format!("`{name}` is silenced, but there is none");
        Diagnostic::new(&ALLOW_UNUSED, span, message).help("delete the line")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Span};

    static SOFT: Code = Code { name: "raw-html", summary: "", level: Level::Warning, fixed: false, explain: "" };
    static HARD: Code = Code { name: "text-too-long", summary: "", level: Level::Error, fixed: true, explain: "" };

    fn at(place: usize) -> Span {
        Span::new(FileId(0), place..place)
    }

    #[track_caller]
    fn check(codes: &[&'static Code], allow: &[(&str, &str)], levels: &[(&str, Level)], expect: &[(&str, Level)]) {
        let findings = codes.iter().map(|code| Diagnostic::new(code, at(10), "x")).collect();
        let silence = |(code, reason): &(&str, &str)| Silence {
            code: Spanned::new((*code).to_owned(), at(1)),
            reason: Spanned::new((*reason).to_owned(), at(2)),
        };
        let silenced: Vec<_> = allow.iter().map(silence).collect();
        let levels = levels.iter().map(|(code, level)| ((*code).to_owned(), Spanned::new(*level, at(0)))).collect();
        let kept = apply_levels(findings, &silenced, &levels);
        let kept: Vec<_> = kept.iter().map(|finding| (finding.code.name, finding.level)).collect();
        assert_eq!(kept, expect);
    }

    #[test]
    fn nothing_is_changed_by_itself() {
        check(&[&SOFT, &HARD], &[], &[], &[("raw-html", Level::Warning), ("text-too-long", Level::Error)]);
    }

    #[test]
    fn a_reason_silences() {
        check(&[&SOFT, &SOFT], &[("raw-html", "a tag is meant")], &[], &[]);
    }

    #[test]
    fn levels_are_laid_over_but_not_over_fixed_codes() {
        check(&[&SOFT], &[], &[("raw-html", Level::Error)], &[("raw-html", Level::Error)]);
        check(&[&SOFT], &[], &[("raw-html", Level::Off)], &[]);
        check(&[&HARD], &[], &[("text-too-long", Level::Off)], &[("text-too-long", Level::Error)]);
    }

    #[test]
    fn bad_silencing_is_told() {
        check(&[], &[("raw-html", "x")], &[], &[("allow-unused", Level::Warning)]);
        check(&[], &[("raw-htm", "x")], &[], &[("allow-unknown", Level::Error)]);
        check(
            &[&HARD],
            &[("text-too-long", "x")],
            &[],
            &[("allow-fixed", Level::Error), ("text-too-long", Level::Error)],
        );
    }

    #[test]
    fn what_only_other_files_tell_is_not_called_unused() {
        check(&[], &[("reference-draft", "it comes out of draft tomorrow")], &[], &[]);
    }
}
