use super::{
    card::{CardView, Drawing},
    finding::{FindingView, counted, tell},
    input::{Line, PostPage, View},
    page::{MomentView, PageView, change, post_path},
    tally::{GroupView, groups},
};
use crate::{
    ledger::Event,
    model::{Post, Timestamp},
    plan::Row,
    report::history,
    text::{self, is_web},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many lines of a file are shown.
const MOST_LINES: usize = 2_000;
/// How many characters of a line are shown.
const LONGEST_LINE: usize = 4_000;
/// How many cards stand open by themselves.
const MOST_OPEN: usize = 8;
/// The longest heading, in characters.
const LONGEST_HEADING: usize = 90;

/// What the page of a post knows.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    page: PageView<'a>,
    post: PostView<'a>,
    deliveries: Vec<GroupView>,
    cards: Vec<CardView>,
    /// Whether cards stand open by themselves.
    open: bool,
    counted: String,
    source: Vec<SourceView>,
    /// How many lines are not shown.
    more: usize,
    /// What is wrong, of which no line of this file is to be shown.
    findings: Vec<FindingView>,
    events: Vec<EventView>,
}

#[derive(Serialize)]
struct PostView<'a> {
    id: &'a str,
    path: &'a str,
    digest: &'a str,
    heading: String,
    /// `new` or `changed` where the pages are compared with something.
    change: Option<&'static str>,
    draft: bool,
    retract: bool,
    campaign: Option<&'a str>,
    tags: Vec<String>,
    to: Vec<&'a str>,
    /// The date that holds for most accounts, if all have one.
    when: Option<MomentView>,
    /// Whether it could be read.
    is_read: bool,
    errors: usize,
}

#[derive(Serialize)]
struct SourceView {
    number: u32,
    text: String,
    /// The level of the worst finding that begins here.
    level: Option<&'static str>,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
struct EventView {
    at: MomentView,
    kind: &'static str,
    account: String,
    part: Option<u16>,
    told: String,
    url: Option<String>,
    by: String,
}

pub(super) fn context<'a>(view: &View<'a>, input: &PostPage<'a>) -> Context<'a> {
    let path = post_path(input.id);
    // Cards stand in the order in which the post names its accounts.
    let place = |row: &&Row| input.post?.targets.iter().position(|to| to.account.value == row.account);
    let mut rows: Vec<&Row> = input.rows.iter().collect();
    rows.sort_by_key(|row| place(row).unwrap_or(usize::MAX));
    let told = tell(input.file, input.text, input.files, input.findings, None);
    let drafts = || rows.iter().filter_map(|row| row.draft());
    let heading =
        drafts().map(|draft| super::title(draft, input.findings)).next().unwrap_or_else(|| input.id.to_string());
    let heading = text::excerpt(&told.mask.clean(&heading), LONGEST_HEADING);
    let page = PageView::new(view, "post", path, &heading);
    let drawing = Drawing { view, page: &page, media: input.media, mask: &told.mask };
    let cards: Vec<CardView> = rows.iter().filter_map(|row| drawing.card(row)).collect();
    let lines: Vec<Line<'_>> = rows.iter().map(|row| Line::of(row, input.findings)).collect();
    let deliveries = groups(&lines, view, &page);
    let counted = counted(&told.findings);
    let (source, findings, more) = source(told.mask.text(), told.findings);
    let events = events(view, input.events);
    let post = PostView {
        id: input.id.as_str(),
        path: input.path,
        digest: input.digest,
        heading,
        change: change(view, input.id),
        draft: input.post.is_some_and(|post| post.draft),
        retract: input.post.is_some_and(|post| post.retract),
        campaign: input.post.and_then(|post| post.campaign.as_ref()).map(|campaign| campaign.value.as_str()),
        tags: drafts().next().map(|draft| draft.tags.clone()).unwrap_or_default(),
        to: chosen(input),
        when: input.post.and_then(common_date).map(|at| MomentView::new(at, view.now, view.config.zone)),
        is_read: input.post.is_some(),
        errors: input.findings.iter().filter(|finding| finding.is_error()).count(),
    };
    Context { page, post, deliveries, open: cards.len() <= MOST_OPEN, cards, counted, source, more, findings, events }
}

/// Returns the accounts and groups that are named, or those that the post inherits.
fn chosen<'a>(input: &PostPage<'a>) -> Vec<&'a str> {
    match (input.named, input.post) {
        ([], Some(post)) => post.targets.iter().map(|to| to.account.value.as_str()).collect(),
        (named, _) => named.iter().map(String::as_str).collect(),
    }
}

/// Returns the date that most accounts share, which is the post's own unless each has one of its own; none if some have none.
pub fn common_date(post: &Post) -> Option<Timestamp> {
    let mut dates: BTreeMap<Timestamp, usize> = BTreeMap::new();
    for target in &post.targets {
        *dates.entry(target.when.as_ref()?.value.at).or_default() += 1;
    }
    dates.into_iter().max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at))).map(|(at, _)| at)
}

/// Puts findings below the lines that they begin on. Returns the lines, what is left over, and how many lines are not shown.
fn source(text: &str, findings: Vec<FindingView>) -> (Vec<SourceView>, Vec<FindingView>, usize) {
    let mut lines: Vec<SourceView> = (1..)
        .zip(text.lines())
        .take(MOST_LINES)
        .map(|(number, line)| SourceView {
            number,
            text: line.chars().take(LONGEST_LINE).collect(),
            level: None,
            findings: Vec::new(),
        })
        .collect();
    let more = text.lines().count() - lines.len();
    let mut rest = Vec::new();
    for finding in findings {
        let index = usize::try_from(finding.line).unwrap_or(usize::MAX).checked_sub(1);
        match index.and_then(|index| lines.get_mut(index)) {
            Some(line) => {
                let worse = |level: &'static str| ["error", "warning", "note"].iter().position(|known| *known == level);
                if line.level.is_none_or(|known| worse(finding.level()) < worse(known)) {
                    line.level = Some(finding.level());
                }
                line.findings.push(finding);
            }
            None => rest.push(finding),
        }
    }
    (lines, rest, more)
}

fn events(view: &View<'_>, events: &[Event]) -> Vec<EventView> {
    let threads: BTreeSet<_> =
        events.iter().filter(|event| event.key.part > 1).map(|event| &event.key.account).collect();
    let shown = events.iter().map(|event| {
        let told = history::told(event, view.config.zone);
        EventView {
            at: MomentView::new(event.at, view.now, view.config.zone),
            kind: event.what.kind(),
            account: event.key.account.to_string(),
            part: threads.contains(&event.key.account).then_some(event.key.part),
            url: Some(told.clone()).filter(|told| is_web(told) && !told.contains(char::is_whitespace)),
            told,
            by: event.by.name().to_owned(),
        }
    });
    shown.collect()
}
