use crate::{
    check::case::{Case, Variant},
    diag::{Code, Diagnostic, Level, Span},
    network::{Form, Threads},
};

pub(super) static UNSUPPORTED: Code = Code {
    name: "unsupported",
    summary: "the post asks for something that a network doesn't have",
    level: Level::Error,
    fixed: false,
    explain: "Not every network has polls, replies, quotes, boosts, threads or images. Where the post would lose what it is \
              about, this is an error; where it still makes sense, as on a page that is written from the same files or \
              where a thread becomes one text with rules between its parts, it is a warning.\n\n\
              ```toml\nto = [\"brand\", \"sky\"]   # `sky` is on a network without polls\n\n\
              [poll]\noptions = [\"Black\", \"White\"]\n```\n\n\
              Take the account out of `to` and write a post of its own for it, or leave out what it can't have.",
};

/// Reports what an account's network can't do with the post.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    let post = case.post;
    for variant in &case.variants {
        let profile = variant.profile;
        if let (Some(poll), None) = (&post.poll, &profile.poll) {
            found.push(finding(variant, poll.span, "polls", "poll"));
        }
        for (reference, able, have, what) in [
            (&post.reply_to, profile.reply, "replies", "reply"),
            (&post.quote, profile.quote, "quotes", "quote"),
            (&post.boost, profile.boost, "boosts", "boost"),
        ] {
            if let (Some(reference), false) = (reference, able) {
                found.push(finding(variant, reference.span, have, what));
            }
        }
        let media = variant.draft.parts.iter().flat_map(|part| &part.media).next();
        if let (Some(media), None) = (media, &profile.media) {
            found.push(finding(variant, media.span, "images or videos", "image or video"));
        }
        let parts = &post.copy_for(variant.target()).body.parts;
        let joins = matches!((profile.threads, profile.text.form), (Threads::None, Form::Plain(_)));
        if let (true, [_, second, ..]) = (joins, &parts[..]) {
            let mut finding = finding(variant, case.rest_of_line(second.span.start as usize), "threads", "part")
                .help(format!("write a copy of its own under `# @{}`, or leave it as one text with rules", profile.id));
            finding.level = Level::Warning;
            found.push(finding);
        }
    }
}

fn finding(variant: &Variant<'_>, span: Span, have: &str, what: &str) -> Diagnostic {
    let (network, accounts) = (variant.network(), variant.accounts());
    let mut finding = Diagnostic::new(&UNSUPPORTED, span, format!("{network} has no {have}"))
        .label(format!("this {what} goes to {accounts}"))
        .help(format!("take {accounts} out of `to`, or leave the {what} out"));
    if variant.profile.projected {
        finding.level = Level::Warning;
    }
    finding
}
