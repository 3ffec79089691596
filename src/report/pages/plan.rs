use super::{
    PLAN,
    input::{Line, PlanPage, View},
    page::{MomentView, PageView},
    tally::{GroupView, groups},
};
use crate::plan::{Reason, Verdict};
use serde::Serialize;

/// How many rows a section shows.
const MOST: usize = 400;

/// What the plan's page knows.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    page: PageView<'a>,
    brakes: Vec<BrakeView>,
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct BrakeView {
    scope: String,
    by: String,
    why: String,
    until: Option<MomentView>,
}

#[derive(Serialize)]
struct SectionView {
    id: &'static str,
    heading: &'static str,
    about: &'static str,
    count: usize,
    groups: Vec<GroupView>,
    /// How many are not shown.
    more: usize,
}

/// The sections in their order: which rows, under which heading, and what a person should know of them.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("attention", "A person must look", "Nothing a machine can do."),
    ("held", "Held", "Due, but something holds it."),
    ("now", "Now", "What a publisher would do at once."),
    ("planned", "Later", "Goes out at its time, by itself."),
    ("changed", "Changed since", "Out, but the file says something else by now. Nothing is sent by itself."),
    ("drafts", "Drafts", "Never due."),
    ("done", "Out", "Published as it stands."),
];

fn section(line: &Line<'_>) -> &'static str {
    match line.verdict {
        Verdict::Attention => "attention",
        Verdict::Held => "held",
        Verdict::Publish | Verdict::Settle | Verdict::Retract => "now",
        Verdict::Wait if matches!(*line.reason, Reason::Draft) => "drafts",
        Verdict::Wait => "planned",
        Verdict::Update | Verdict::Drift => "changed",
        Verdict::Done => "done",
    }
}

pub(super) fn context<'a>(view: &View<'a>, input: &PlanPage<'_>) -> Context<'a> {
    let page = PageView::new(view, "plan", PLAN.to_owned(), "Plan");
    let brakes = input.brakes.iter().filter(|brake| brake.freeze.holds(view.now)).map(|brake| BrakeView {
        scope: brake.freeze.scope.to_string().replace('`', ""),
        by: brake.freeze.by.clone(),
        why: brake.freeze.reason.clone(),
        until: brake.freeze.until.map(|until| MomentView::new(until, view.now, view.config.zone)),
    });
    let brakes = brakes.collect();
    let sections = SECTIONS.iter().filter_map(|(id, heading, about)| {
        let mut lines: Vec<&Line<'_>> = input.lines.iter().filter(|line| section(line) == *id).collect();
        if *id == "done" || *id == "changed" {
            lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        }
        let count = lines.len();
        lines.truncate(MOST);
        let more = count - lines.len();
        let groups = groups(lines, view, &page);
        (count > 0).then_some(SectionView { id, heading, about, count, groups, more })
    });
    let sections = sections.collect();
    Context { page, brakes, sections }
}
