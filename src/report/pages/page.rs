use super::{
    CHECK, FEED, INDEX, PLAN,
    days::{Day, Month},
    input::{Change, View},
};
use crate::{
    diag::words,
    model::{AccountId, GroupId, MediaSource, PostId, Timestamp, Zone},
    network::slug_of,
};
use serde::Serialize;
use std::fmt::Write as _;

/// The folder of the posts' files, which their media are named from.
const CONTENT: &str = "content/";

/// What every template knows as `page`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PageView<'a> {
    /// What leads to the first page's folder: empty or `../`.
    root: &'static str,
    /// The page's own path from there.
    path: String,
    /// `calendar`, `post`, `plan` or `check`.
    kind: &'static str,
    title: String,
    heading: String,
    workspace: &'a str,
    language: &'a str,
    zone: &'static str,
    now: MomentView,
    home: String,
    plan: String,
    check: String,
    feed: String,
    errors: usize,
    warnings: usize,
    posts: usize,
    notice: Option<&'a str>,
    /// What the pages are compared with.
    base: Option<&'a str>,
    live: Option<LiveView<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct LiveView<'a> {
    token: &'a str,
    version: u64,
    /// The accounts and groups that a post may go to.
    to: Vec<ChoiceView<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct ChoiceView<'a> {
    name: &'a str,
    /// How many accounts a group has.
    accounts: Option<usize>,
}

/// A moment, as templates know it, in the workspace's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct MomentView {
    /// RFC 3339 with the zone's offset.
    pub(super) machine: String,
    /// `2026-12-01T09:00`, as fields for dates hold it.
    pub(super) local: String,
    /// `Tuesday, 1 December 2026`.
    pub(super) day: String,
    /// `Tue 1 Dec 2026`.
    pub(super) short: String,
    /// `09:00`.
    pub(super) time: String,
    /// `in 3 days` or `2 hours ago`.
    pub(super) distance: String,
}

impl<'a> PageView<'a> {
    /// Starts a page at a path.
    pub(super) fn new(view: &View<'a>, kind: &'static str, path: String, heading: &str) -> Self {
        let root = if path.contains('/') { "../" } else { "" };
        let config = view.config;
        let names = || {
            let accounts = config.accounts.keys().map(|id| ChoiceView { name: id.as_str(), accounts: None });
            let group = |(id, all): (&'a GroupId, &'a Vec<AccountId>)| ChoiceView {
                name: id.as_str(),
                accounts: Some(all.len()),
            };
            config.groups.iter().map(group).chain(accounts).collect()
        };
        Self {
            root,
            path,
            kind,
            title: format!("{heading} · {}", config.name),
            heading: heading.to_owned(),
            workspace: &config.name,
            language: config.language.as_deref().unwrap_or("en"),
            zone: config.zone.name(),
            now: MomentView::new(view.now, view.now, config.zone),
            home: format!("{root}{INDEX}"),
            plan: format!("{root}{PLAN}"),
            check: format!("{root}{CHECK}"),
            feed: format!("{root}{FEED}"),
            errors: view.counts.errors,
            warnings: view.counts.warnings,
            posts: view.counts.posts,
            notice: view.notice,
            base: view.changes.map(|changes| changes.base.as_str()),
            live: view.live.map(|live| LiveView { token: live.token, version: live.version, to: names() }),
        }
    }

    /// Returns the address of a file by its path from the first page's folder.
    pub(super) fn href(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }
}

impl MomentView {
    pub(super) fn new(at: Timestamp, now: Timestamp, zone: Zone) -> Self {
        let machine = at.rfc3339_in(zone);
        let day = Day::of(at, zone);
        let time = machine.get(11..16).unwrap_or_default().to_owned();
        Self {
            local: machine.get(..16).unwrap_or_default().to_owned(),
            day: format!("{}, {} {}", day.weekday(), day.words(), day.year),
            short: format!("{} {} {} {}", &day.weekday()[..3], day.day, &day.month().name()[..3], day.year),
            distance: distance(at, now),
            time,
            machine,
        }
    }
}

/// Says how far a moment is from now, in its greatest unit.
fn distance(at: Timestamp, now: Timestamp) -> String {
    let length = if at > now { at.since(now) } else { now.since(at) };
    let seconds = length.as_secs();
    let words = match seconds {
        0..60 => return "now".to_owned(),
        60..3_600 => words::count(seconds / 60, "minute", "minutes"),
        3_600..172_800 => words::count(seconds / 3_600, "hour", "hours"),
        172_800..5_184_000 => words::count(seconds / 86_400, "day", "days"),
        5_184_000..63_072_000 => words::count(seconds / 2_592_000, "month", "months"),
        _ => words::count(seconds / 31_536_000, "year", "years"),
    };
    if at > now { format!("in {words}") } else { format!("{words} ago") }
}

/// Returns the path of a post's page from the first page's folder.
pub fn post_path(id: &PostId) -> String {
    format!("posts/{}.html", slug_of(id, None))
}

/// Returns the path of a month's page from the first page's folder: the present month's is the first page.
pub fn month_path(month: Month, now: Timestamp, zone: Zone) -> String {
    if month == Month::of(now, zone) { INDEX.to_owned() } else { format!("calendar/{}.html", month.iso()) }
}

/// Returns the path of a copy of an image or video from the first page's folder; none for what is not below `content/`, or
/// is on the web, from which pages fetch nothing.
pub fn media_path(source: &MediaSource) -> Option<String> {
    match source {
        MediaSource::File(path) => path.strip_prefix(CONTENT).map(|below| format!("media/{below}")),
        MediaSource::Url(_) => None,
    }
}

/// Returns where the copy of an image is shown that was made to fit an account's network.
pub fn fitted_path(account: &AccountId, source: &MediaSource) -> Option<String> {
    media_path(source)?.strip_prefix("media/").map(|below| format!("fitted/{account}/{below}"))
}

/// Writes a path as an address holds it.
pub(super) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => write!(out, "%{byte:02X}").expect("a string takes everything"),
        }
    }
    out
}

/// Returns the word for how a post differs from what the pages are compared with, if it does.
pub(super) fn change(view: &View<'_>, post: &PostId) -> Option<&'static str> {
    Some(match view.changes?.posts.get(post)? {
        Change::New => "new",
        Change::Changed => "changed",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at: &str, expect: &str) {
        let time = |text: &str| Timestamp::parse(text).expect("a time");
        assert_eq!(distance(time(at), time("2026-11-22T12:00:00Z")), expect, "{at}");
    }

    #[test]
    fn distances_are_said_in_one_unit() {
        check("2026-11-22T12:00:59Z", "now");
        check("2026-11-22T11:59:00Z", "1 minute ago");
        check("2026-11-23T09:00:00Z", "in 21 hours");
        check("2026-12-01T09:00:00Z", "in 8 days");
        check("2026-06-01T09:00:00Z", "5 months ago");
        check("2030-01-01T09:00:00Z", "in 3 years");
    }

    #[test]
    fn paths_are_safe_whatever_an_id_or_a_file_is_called() {
        assert_eq!(post_path(&PostId::new("welcome")), "posts/welcome.html");
        assert_eq!(post_path(&PostId::new("../2026/Hoodie launch")), "posts/2026-hoodie-launch-e3fc9f.html");
        let file = |path: &str| media_path(&MediaSource::File(path.to_owned()));
        assert_eq!(file("content/2026/a b.jpg").as_deref(), Some("media/2026/a b.jpg"));
        assert_eq!(file("templates/a.jpg"), None);
        assert_eq!(media_path(&MediaSource::Url("https://acme.example/a.jpg".to_owned())), None);
        assert_eq!(encoded("media/a b\"é?#.jpg"), "media/a%20b%22%C3%A9%3F%23.jpg");
    }
}
