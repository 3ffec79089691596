use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level, Span},
    network::DraftPart,
};

pub(super) static EMPTY_COPY: Code = Code {
    name: "empty-copy",
    summary: "there is nothing to send",
    level: Level::Error,
    fixed: true,
    explain: "An account would get a post, or a part of a thread, with neither text nor image. Often the copy stands under \
              a heading for other accounts and the default copy, which all the others get, was left empty; or a thread has \
              two `---` lines with nothing between them.\n\n\
              ```markdown\n+++\nto = [\"brand\", \"sky\"]\n+++\n\n# @brand\n\nOnly `brand` gets this.\n```\n\n\
              Write the copy, or take the account out of `to`. A post with `draft = true` may be empty.",
};

/// Reports accounts that would get nothing.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    let post = case.post;
    if post.draft || post.boost.is_some() {
        return;
    }
    for variant in &case.variants {
        let parts = &variant.draft.parts;
        for (i, part) in parts.iter().enumerate().filter(|(_, part)| is_empty(part)) {
            // What is quoted speaks for itself.
            if i == 0 && parts.len() == 1 && post.quote.is_some() {
                continue;
            }
            let accounts = variant.accounts();
            let finding = if parts.len() == 1 {
                let message = format!("there is nothing to send to {accounts}");
                let copy = post.copy_for(variant.target());
                let span = match copy.audience.as_slice() {
                    [] => variant.target().account.span,
                    [first, .., last] => first.span.to(last.span),
                    [only] => only.span,
                };
                let help = if copy.audience.is_empty() && post.copies.len() > 1 {
                    format!(
                        "write copy before the first heading, or one of its own under `# @{}`",
                        variant.target().account.value
                    )
                } else {
                    "write something, attach an image, or take the account out of `to`".to_owned()
                };
                Diagnostic::new(&EMPTY_COPY, span, message).help(help)
            } else {
                let message = format!("part {} of the thread for {accounts} is empty", i + 1);
                let at = part.span.start as usize;
                let span = Span::new(post.file, at..at);
                Diagnostic::new(&EMPTY_COPY, span, message).help("write it, or take one of the two `---` lines out")
            };
            // Accounts of several networks share a copy; its emptiness is told once for each place.
            if !found.iter().any(|known| known.code == finding.code && known.primary.span == finding.primary.span) {
                found.push(finding);
            }
        }
    }
}

fn is_empty(part: &DraftPart) -> bool {
    part.text.text.trim().is_empty() && part.media.is_empty() && part.rich.is_empty()
}
