use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level, words},
};

pub(super) static DATE_PAST: Code = Code {
    name: "date-past",
    summary: "the date is so long ago that the post won't go out by itself",
    level: Level::Warning,
    fixed: false,
    explain: "A post that is later than the grace period (24 hours unless `[publish]` says otherwise) is held: news that \
              goes out days late is worse than none. A date in the past is most often a mistyped year or month.\n\n\
              ```toml\ndate = 2025-12-01T09:00:00   # 2026 was meant\n```\n\n\
              Correct the date. Without one the post is due as soon as it is on the publish branch. Posts that are out are \
              never reported.",
};

/// Reports dates past the grace period, of deliveries that aren't out.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    let (post, cx) = (case.post, case.cx);
    if post.draft {
        return;
    }
    let grace = cx.config.publish.grace;
    for target in &post.targets {
        let Some(when) = &target.when else { continue };
        let due = when.value.at;
        if due.plus(grace) >= cx.now {
            continue;
        }
        let is_out = match cx.published {
            Some(published) => published(&post.id.value, &target.account.value),
            // Without a ledger, only what is new is known not to be history.
            None => !cx.fresh,
        };
        let told = || found.iter().any(|known| known.code == &DATE_PAST && known.primary.span == when.span);
        if is_out || told() {
            continue;
        }
        let ago = words::duration(cx.now.since(due));
        let message = format!("this was due {ago} ago, longer than the grace period of {}", words::duration(grace));
        found.push(
            Diagnostic::new(&DATE_PAST, when.span, message)
                .label(due.display_in(cx.config.zone))
                .help("correct the date, or leave it out to publish as soon as the post is merged"),
        );
    }
}
