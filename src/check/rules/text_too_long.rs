use crate::{
    check::case::{Case, Variant},
    diag::{Code, Diagnostic, Level, Span, words},
    network::{DraftPart, Threads},
    text::{self, Measure, MentionWeight, Overrun, Unit},
};

pub(super) static TEXT_TOO_LONG: Code = Code {
    name: "text-too-long",
    summary: "the text is longer than the network takes",
    level: Level::Error,
    fixed: true,
    explain: "Every network sets a limit on the length of a post and counts in its own way: a link may weigh the same \
              however long it is, an emoji one character or many, and a content warning may count too. The network would refuse \
              the post, so nothing is sent.\n\n\
              The place underlined is where the limit is passed; hashtags that are put at the end count as well.\n\n\
              Shorten the copy, or write a shorter one for that network under a heading of its own:\n\n\
              ```markdown\n# @bluesky\n\nThe short version.\n```\n\n\
              On a network with threads, a line with `---` splits the copy by hand, and `thread = \"auto\"` in the front \
              matter splits it at sentence ends.",
};

/// Reports each part that weighs more than an account's limit.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for variant in &case.variants {
        let limits = &variant.limits;
        for (i, part) in variant.draft.parts.iter().enumerate() {
            let in_units = limits.text.and_then(|max| excess(part, max, limits.measure, part.beside));
            let in_bytes = || limits.text_bytes.and_then(|max| excess(part, max, BYTES, 0));
            if let Some(excess) = in_units.or_else(in_bytes) {
                found.push(finding(case, variant, i, &excess));
            }
        }
    }
}

const BYTES: Measure = Measure { unit: Unit::Bytes, url: None, mention: MentionWeight::Full };

/// How a part is over a limit.
struct Excess {
    max: u64,
    /// What all of it weighs.
    weight: u64,
    /// The byte of the text from which on it is over.
    at: usize,
    measure: Measure,
}

fn excess(part: &DraftPart, max: u64, measure: Measure, beside: u64) -> Option<Excess> {
    if text::at_most(&part.text, &measure) + beside <= max {
        return None;
    }
    // What counts beside the text, such as a content warning, leaves less for it, or nothing.
    match text::overrun(&part.text, &measure, max.saturating_sub(beside)) {
        Some(Overrun { weight, fits }) => Some(Excess { max, weight: weight + beside, at: fits, measure }),
        None => (beside > max).then_some(Excess { max, weight: beside, at: 0, measure }),
    }
}

fn finding(case: &Case<'_>, variant: &Variant<'_>, index: usize, excess: &Excess) -> Diagnostic {
    let part = &variant.draft.parts[index];
    let (one, many) = excess.measure.unit.nouns();
    let over = words::count(excess.weight - excess.max, one, many);
    let which = match variant.draft.parts.len() {
        1 => "the text".to_owned(),
        _ => format!("part {} of the thread", index + 1),
    };
    let (accounts, network) = (variant.accounts(), variant.network());
    let message = format!("{which} for {accounts} is {over} over {network}'s limit of {}", words::number(excess.max));
    let span = place(case, variant, part, excess.at);
    let finding = Diagnostic::new(&TEXT_TOO_LONG, span, message).label("the limit is passed here");
    let own_copy = format!("write a copy of its own under `# @{}`", variant.profile.id);
    finding.help(match variant.profile.threads {
        Threads::Replies if !case.post.auto_thread => {
            format!("shorten it, {own_copy}, or split it with `thread = \"auto\"`")
        }
        Threads::Replies | Threads::None => format!("shorten it or {own_copy}"),
    })
}

/// Returns where in the file the limit is passed: in the copy, or in `hashtags` if those are too many.
fn place(case: &Case<'_>, variant: &Variant<'_>, part: &DraftPart, at: usize) -> Span {
    let file = case.post.file;
    let hashtags = variant.target().hashtags.iter().map(|tag| tag.span).filter(|span| span.file == file);
    let source = part.text.source_of(at).filter(|source| {
        let holds = |span: Span| span.range().contains(source);
        holds(part.span) || hashtags.into_iter().any(holds)
    });
    source.map_or_else(
        || {
            let written = case.text.get(part.span.range()).unwrap_or_default().trim_end();
            let last_line = written.rfind('\n').map_or(0, |newline| newline + 1);
            case.rest_of_line(part.span.start as usize + last_line)
        },
        |source| case.rest_of_line(source),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::FileId,
        text::{Flat, Range, RangeKind},
    };

    const CHARACTERS: Measure = Measure { unit: Unit::Graphemes, url: Some(23), mention: MentionWeight::Full };

    #[track_caller]
    fn check(text: &str, link: Option<(usize, usize)>, max: u64, beside: u64, expect: usize) {
        let kind = RangeKind::Link { url: "https://acme.example/a".to_owned() };
        let ranges = link.map(|(start, end)| Range { start, end, kind }).into_iter().collect();
        let flat = Flat { text: text.to_owned(), ranges, anchors: Vec::new(), ..Flat::default() };
        let weight = text::weigh(&flat, &CHARACTERS) + beside;
        let span = Span::new(FileId(0), 0..0);
        let part = DraftPart { text: flat, rich: [].into(), media: Vec::new(), beside, span };
        let told = excess(&part, max, CHARACTERS, beside).expect("it is over");
        assert_eq!((told.at, told.weight), (expect, weight));
    }

    #[test]
    fn the_first_character_too_many_is_found() {
        check("abcdef", None, 4, 0, 4);
        check("éééé", None, 3, 0, 6);
        check("a👩‍👩‍👧b", None, 2, 0, 1 + "👩‍👩‍👧".len());
    }

    #[test]
    fn a_link_is_never_cut() {
        let text = "see https://acme.example/a now";
        check(text, Some((4, 26)), 20, 0, 4);
        check(text, Some((4, 26)), 28, 0, 27);
    }

    #[test]
    fn what_counts_beside_the_text_is_taken_off() {
        check("abcdef", None, 6, 2, 4);
        check("abcdef", None, 6, 9, 0);
    }
}
