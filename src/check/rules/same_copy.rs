use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level},
};

pub(super) static SAME_COPY: Code = Code {
    name: "same-copy",
    summary: "several networks get the same copy",
    level: Level::Note,
    fixed: false,
    explain: "Each network has its own length, tone and habits: hashtags that help on one look odd on the next, and people \
              who follow you on several notice the same words. Copy of its own for each network does better.\n\n\
              ```markdown\nFor everybody.\n\n# @bluesky\n\nThe same news, told for people there.\n```\n\n\
              Write a section for each network. Pages that are written from the same files don't count.",
};

/// Reports the first copy that several networks share.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    if case.post.boost.is_some() {
        return;
    }
    let sent: Vec<_> = case.variants.iter().filter(|variant| !variant.profile.projected).collect();
    for (i, first) in sent.iter().enumerate() {
        let copy = first.target().copy;
        let same = |network| sent[..i].iter().any(|other| other.target().copy == copy && other.profile.id == network);
        if same(first.profile.id) {
            continue;
        }
        let mut others = Vec::new();
        for variant in &sent[i + 1..] {
            let is_new = variant.profile.id != first.profile.id
                && !others
                    .iter()
                    .any(|other: &&&super::super::case::Variant<'_>| other.profile.id == variant.profile.id);
            if variant.target().copy == copy && is_new {
                others.push(variant);
            }
        }
        let Some(last) = others.last() else { continue };
        let names: Vec<&str> = others.iter().map(|variant| variant.network()).collect();
        let (tail, head) = names.split_last().expect("at least one");
        let list = head.iter().fold(first.network().to_owned(), |list, name| format!("{list}, {name}"));
        let span = first.target().account.span.to(last.target().account.span);
        found.push(
            Diagnostic::new(&SAME_COPY, span, format!("{list} and {tail} get the same copy"))
                .help(format!("write a copy of its own under `# @{}`", last.profile.id)),
        );
        return;
    }
}
