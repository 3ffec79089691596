use super::{
    days::{Day, Month},
    input::{CalendarPage, CalendarPost, Line, View},
    page::{MomentView, PageView, change, month_path},
    state::State,
};
use crate::{model::Timestamp, network};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many posts a day shows, and the tray.
const MOST: usize = 100;

/// What the calendar's page of a month knows.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    page: PageView<'a>,
    month: MonthView,
    previous: Option<MonthView>,
    next: Option<MonthView>,
    /// The present month, where the page is of another.
    present: Option<MonthView>,
    weeks: Vec<WeekView<'a>>,
    /// Posts without a date.
    tray: Vec<EntryView<'a>>,
    tray_more: usize,
    /// How many deliveries of the month are in each state.
    tally: Vec<TallyView>,
    accounts: Vec<AccountView<'a>>,
    campaigns: Vec<&'a str>,
    changes: Option<ChangesView<'a>>,
    /// Whether there is nothing at all on the page.
    is_empty: bool,
}

#[derive(Serialize)]
struct MonthView {
    iso: String,
    words: String,
    href: String,
}

#[derive(Serialize)]
struct WeekView<'a> {
    number: i64,
    id: String,
    is_now: bool,
    /// From when to when.
    words: String,
    days: Vec<DayView<'a>>,
}

#[derive(Serialize)]
struct DayView<'a> {
    iso: String,
    number: u32,
    weekday: &'static str,
    month: &'static str,
    in_month: bool,
    is_now: bool,
    is_past: bool,
    entries: Vec<EntryView<'a>>,
    more: usize,
}

/// A post at a time, for all accounts that get it then.
#[derive(Clone, Serialize)]
struct EntryView<'a> {
    post: &'a str,
    href: String,
    path: &'a str,
    title: &'a str,
    language: Option<&'a str>,
    campaign: Option<&'a str>,
    digest: &'a str,
    at: Option<MomentView>,
    /// The word for the most urgent of the accounts.
    state: &'static str,
    /// Whether the accounts differ.
    mixed: bool,
    accounts: Vec<OnView<'a>>,
    errors: usize,
    draft: bool,
    change: Option<&'static str>,
    /// Whether it may be moved: nothing of it is out, and it stands here by the post's date rather than an account's own.
    movable: bool,
}

#[derive(Clone, Serialize)]
struct OnView<'a> {
    account: &'a str,
    network: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
struct TallyView {
    state: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct AccountView<'a> {
    id: &'a str,
    network: &'static str,
}

#[derive(Serialize)]
struct ChangesView<'a> {
    base: &'a str,
    posts: Vec<EntryView<'a>>,
    removed: &'a [String],
}

pub(super) fn context<'a>(view: &View<'a>, input: &CalendarPage<'a>) -> Context<'a> {
    let (zone, now) = (view.config.zone, view.now);
    let month = input.month;
    let heading = month.words();
    let page = PageView::new(view, "calendar", month_path(month, now, zone), &heading);
    let mut days: BTreeMap<Day, Vec<(Timestamp, EntryView<'a>)>> = BTreeMap::new();
    let mut tray = Vec::new();
    let mut tally: BTreeMap<State, usize> = BTreeMap::new();
    let make = Making { view, page: &page };
    for post in input.posts {
        let mut times: BTreeMap<Option<Timestamp>, Vec<&Line<'a>>> = BTreeMap::new();
        for line in &post.lines {
            // What goes to several accounts at the same minute is one thing to look at.
            let minute = line.at.map(|at| Timestamp::from_millis(at.millis().div_euclid(60_000) * 60_000));
            times.entry(minute).or_default().push(line);
        }
        if times.is_empty() {
            tray.push(make.entry(post, None, &[]));
        }
        for (at, lines) in times {
            let Some(at) = at else {
                tray.push(make.entry(post, None, &lines));
                continue;
            };
            let day = Day::of(at, zone);
            if day.month() == month {
                lines.iter().for_each(|line| *tally.entry(state(line)).or_default() += 1);
            }
            days.entry(day).or_default().push((at, make.entry(post, Some(at), &lines)));
        }
    }
    let today = Day::of(now, zone);
    let weeks: Vec<WeekView<'a>> = month.weeks().iter().map(|week| make.week(week, month, today, &mut days)).collect();
    let campaigns: BTreeSet<&str> = input.posts.iter().filter_map(|post| post.campaign).collect();
    let changes = view.changes.filter(|_| month == Month::of(now, zone)).map(|changes| ChangesView {
        base: &changes.base,
        posts: make.changed(input.posts),
        removed: &changes.removed,
    });
    let has_entries = weeks.iter().flat_map(|week| &week.days).any(|day| !day.entries.is_empty());
    let tray_more = tray.len().saturating_sub(MOST);
    tray.truncate(MOST);
    let link = |month: Month| MonthView {
        iso: month.iso(),
        words: month.words(),
        href: page.href(&month_path(month, now, zone)),
    };
    // A page that is served is made when it is asked for, so there is one of every month.
    let exists = |month: &Month| view.months.is_none_or(|(first, last)| (first..=last).contains(month));
    let present = Month::of(now, zone);
    Context {
        month: link(month),
        previous: Some(month.previous()).filter(exists).map(link),
        next: Some(month.next()).filter(exists).map(link),
        present: (present != month).then(|| link(present)),
        weeks,
        is_empty: !has_entries && tray.is_empty(),
        tray,
        tray_more,
        tally: tally.into_iter().map(|(state, count)| TallyView { state: state.word(), count }).collect(),
        accounts: accounts(view),
        campaigns: campaigns.into_iter().collect(),
        changes,
        page,
    }
}

/// Returns where a delivery stands, as one looks for it.
fn state(line: &Line<'_>) -> State {
    State::of(line.verdict, &line.reason)
}

fn accounts<'a>(view: &View<'a>) -> Vec<AccountView<'a>> {
    let name = |id| network::find(id).map_or("", |network| network.profile().name);
    let accounts = view.config.accounts.values();
    accounts.map(|account| AccountView { id: account.id.as_str(), network: name(account.network) }).collect()
}

/// Makes what stands on the calendar.
struct Making<'v, 'a> {
    view: &'v View<'a>,
    page: &'v PageView<'a>,
}

impl<'a> Making<'_, 'a> {
    fn week(
        &self,
        week: &[Day; 7],
        month: Month,
        today: Day,
        days: &mut BTreeMap<Day, Vec<(Timestamp, EntryView<'a>)>>,
    ) -> WeekView<'a> {
        let views = week.iter().map(|day| {
            let mut entries = days.remove(day).unwrap_or_default();
            entries.sort_by(|(at, one), (other_at, other)| (at, one.post).cmp(&(other_at, other.post)));
            let more = entries.len().saturating_sub(MOST);
            DayView {
                iso: day.iso(),
                number: day.day,
                weekday: day.weekday(),
                month: day.month().name(),
                in_month: day.month() == month,
                is_now: *day == today,
                is_past: *day < today,
                entries: entries.into_iter().take(MOST).map(|(_, entry)| entry).collect(),
                more,
            }
        });
        WeekView {
            number: week[0].week(),
            id: format!("week-{}", week[0].iso()),
            is_now: week.contains(&today),
            words: format!("{} to {}", week[0].words(), week[6].words()),
            days: views.collect(),
        }
    }

    fn entry(&self, post: &'a CalendarPost<'_>, at: Option<Timestamp>, lines: &[&Line<'a>]) -> EntryView<'a> {
        let states: BTreeSet<State> = lines.iter().map(|line| state(line)).collect();
        let first = states.first().copied();
        let network = |line: &Line<'_>| line.network.and_then(network::find).map_or("", |found| found.profile().name);
        let is_ours = |state: &State| matches!(state, State::Planned | State::Draft | State::Held | State::Due);
        EntryView {
            post: post.id.as_str(),
            href: self.page.post(post.id),
            path: post.path,
            title: &post.title,
            language: post.language,
            campaign: post.campaign,
            digest: &post.digest,
            at: at.map(|at| MomentView::new(at, self.view.now, self.view.config.zone)),
            state: first.unwrap_or(if post.errors > 0 { State::Failed } else { State::Draft }).word(),
            mixed: states.len() > 1,
            accounts: lines
                .iter()
                .map(|line| OnView {
                    account: line.account.as_str(),
                    network: network(line),
                    state: state(line).word(),
                })
                .collect(),
            errors: post.errors,
            draft: post.draft,
            change: change(self.view, post.id),
            movable: post.date == at && post.lines.iter().all(|line| line.done == 0 && is_ours(&state(line))),
        }
    }

    /// Returns the posts that differ, the new ones first.
    fn changed(&self, posts: &'a [CalendarPost<'a>]) -> Vec<EntryView<'a>> {
        let differs = posts.iter().filter(|post| change(self.view, post.id).is_some());
        let mut all: Vec<EntryView<'a>> = differs
            .map(|post| {
                let lines: Vec<&Line<'a>> = post.lines.iter().collect();
                self.entry(post, lines.iter().filter_map(|line| line.at).min(), &lines)
            })
            .collect();
        let at = |entry: &EntryView<'_>| entry.at.as_ref().map(|at| at.machine.clone());
        all.sort_by(|a, b| (b.change, at(a), a.post).cmp(&(a.change, at(b), b.post)));
        all
    }
}
