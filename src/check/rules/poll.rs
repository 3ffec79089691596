use crate::{
    check::case::{Case, Variant},
    diag::{Code, Diagnostic, Level, words},
    model::Poll,
};
use std::time::Duration;

pub(super) static POLL_INVALID: Code = Code {
    name: "poll-invalid",
    summary: "a poll isn't as the network takes it",
    level: Level::Error,
    fixed: true,
    explain: "Each network sets how many there may be, how long each may be, how \
              long the poll may stay open, and whether images may stand beside it. The network would refuse the post.\n\n\
              ```toml\n[poll]\noptions = [\"Black\", \"White\"]\nduration = \"2d\"\n```\n\n\
              Change the poll so that all of the post's networks take it, or take the networks that don't out of `to`.",
};

/// Reports polls that a network refuses.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for variant in &case.variants {
        // A network without polls is another rule's.
        if let (Some(rules), Some(poll)) = (&variant.profile.poll, &variant.draft.poll) {
            on_network(variant, poll, found);
            if let (false, Some(media)) =
                (rules.with_media, variant.draft.parts.first().and_then(|part| part.media.first()))
            {
                let message = format!("{} shows no images or videos beside a poll", variant.network());
                let help = "take one of the two out, or put the images into a later part of the thread";
                found.push(Diagnostic::new(&POLL_INVALID, media.span, message).also(poll.span, "the poll").help(help));
            }
        }
    }
}

fn on_network(variant: &Variant<'_>, poll: &Poll, found: &mut Vec<Diagnostic>) {
    let (limits, network) = (&variant.limits, variant.network());
    let max = usize::try_from(limits.poll_options).unwrap_or(usize::MAX);
    if let Some(first_over) = poll.options.get(max) {
        let message =
            format!("{} in the poll, but {network} takes {max}", words::count(poll.options.len(), "answer", "answers"));
        found
            .push(Diagnostic::new(&POLL_INVALID, first_over.span, message).help(format!("give at most {max} answers")));
    }
    for option in &poll.options {
        // Code points are never fewer than what a network counts as characters.
        let length = option.value.chars().count() as u64;
        if length > limits.poll_option {
            let over = words::count(length - limits.poll_option, "character", "characters");
            let limit = words::number(limits.poll_option);
            let message = format!("an answer of the poll is {over} over {network}'s limit of {limit}");
            found.push(Diagnostic::new(&POLL_INVALID, option.span, message).help("shorten it"));
        }
    }
    let (least, most) = limits.poll_seconds;
    let seconds = poll.duration.value.as_secs();
    if !(least..=most).contains(&seconds) {
        let [least, most] = [least, most].map(|seconds| words::duration(Duration::from_secs(seconds)));
        let message =
            format!("a poll of {}, but {network} takes {least} to {most}", words::duration(poll.duration.value));
        found.push(Diagnostic::new(&POLL_INVALID, poll.duration.span, message).help("choose another `duration`"));
    }
}
